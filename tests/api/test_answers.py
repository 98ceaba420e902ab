from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
import redis
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from app.api import resources
from app.infra.db import db
from tests.api.calling import Caller

Make = Callable[..., str]


def codes(response: Any) -> list[str]:
    return [problem["code"] for problem in response.json["problems"]]


def test_a_problem_answer_says_everything_a_script_and_a_person_need(caller: Caller) -> None:
    response = caller.get("/categories/NOPE", headers={"X-Request-Id": "night-run-0001"})

    assert response.mimetype == "application/problem+json"
    assert response.json == {
        "type": "/api/v1/problems#not_found",
        "title": "Not found",
        "status": 404,
        "detail": "Category NOPE was not found.",
        "instance": "/api/v1/categories/NOPE",
        "request_id": "night-run-0001",
        "problems": [
            {"code": "not_found", "message": "Category NOPE was not found.", "field": None, "values": {}},
        ],
    }


def test_every_answer_is_private_and_named(caller: Caller, app: Flask) -> None:
    for response in (caller.get("/me"), caller.get("/nothing/at/all/there"), app.test_client().get("/api/v1/me")):
        assert len(response.headers["X-Request-Id"]) == 32
        assert response.headers["Cache-Control"] == "no-store"
        assert {"Authorization", "Cookie", "Accept-Encoding"} <= set(response.vary)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("sent", ["short", "with space in it", "x" * 101, "caf\xe9-caf\xe9", "<script>x</script>"])
def test_a_request_id_that_could_deceive_a_log_is_replaced(caller: Caller, sent: str) -> None:
    assert caller.get("/me", headers={"X-Request-Id": sent}).headers["X-Request-Id"] != sent


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"\xff", "malformed_json"),
        (b"NaN", "malformed_json"),
        (b'{"name": "\\ud800"}', "malformed_json"),
        (b"[" * 100_000, "malformed_json"),
        (b'{"a": 1' + b"0" * 9000 + b"}", "malformed_json"),
        (b'{"a": 1e99999999999999999999}', "malformed_json"),
        (b"[]", "not_an_object"),
        (b'"x"', "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"name": "\\u0000"}', "invalid_character"),
        (b'{"x": {"y": ["\\u0000"]}}', "invalid_character"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_400(caller: Caller, body: bytes, code: str) -> None:
    response = caller.post("/categories", data=body, content_type="application/json")

    assert (response.status_code, codes(response)) == (400, [code])


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data", None]
)
def test_a_body_of_another_kind_is_a_415(caller: Caller, kind: str | None) -> None:
    response = caller.post("/categories", data=b'{"code": "A", "name": "A"}', content_type=kind)

    assert (response.status_code, codes(response)) == (415, ["not_json"])


def test_json_is_taken_under_both_its_names(caller: Caller, make: Make) -> None:
    make("category", code="IT")
    for kind in ("application/json; charset=utf-8", "application/merge-patch+json"):
        options: Any = {"data": b'{"name": "x"}', "content_type": kind, "headers": {"If-Match": "*"}}
        assert caller.patch("/categories/IT", **options).status_code == 200


@pytest.mark.parametrize("number", ["1e9999999", "1e-9999999", "-1e400", "0e-99999", "9" * 3000, "0." + "1" * 3000])
def test_a_huge_or_tiny_number_is_told_at_its_field(caller: Caller, make: Make, number: str) -> None:
    make("supplier", code="S-1")
    body = f'{{"discount_percent": {number}, "discount_days": 1}}'
    options: Any = {"data": body, "content_type": "application/json", "headers": {"If-Match": "*"}}

    assert caller.patch("/suppliers/S-1", **options).status_code in (200, 400, 422)


def test_a_body_that_is_too_large_is_a_413(caller: Caller) -> None:
    response = caller.post("/categories", data=b" " * (2 * 1024 * 1024 + 1), content_type="application/json")

    assert (response.status_code, codes(response)) == (413, ["too_large"])


def test_a_method_that_is_not_offered_names_those_that_are(caller: Caller) -> None:
    response = caller.call("PUT", "/categories")

    assert (response.status_code, codes(response)) == (405, ["method_not_allowed"])
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize("path", ["/api/v1/a/b/c/d/e", "/api/v2/suppliers", "/api/"])
def test_an_address_without_anything_behind_it_is_a_problem_answer_too(app: Flask, path: str) -> None:
    response = app.test_client().get(path)

    assert (response.status_code, codes(response)) == (404, ["unknown_path"])
    assert response.mimetype == "application/problem+json"


def test_head_and_options_answer_without_content(app: Flask, caller: Caller) -> None:
    head, options = caller.call("HEAD", "/me"), app.test_client().options("/api/v1/categories")

    assert (head.status_code, head.data) == (200, b"")
    assert (options.status_code, options.data) == (200, b"")
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_what_nobody_foresaw_is_told_without_its_inside(
    app: Flask, caller: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(resources.unit, "offers", fail)
    row = caller.post("/categories", json={"code": "A", "name": "A"}).json["href"]
    response = caller.get(f"{row}/commands", headers={"X-Request-Id": "night-run-0001"})

    assert (response.status_code, codes(response)) == (500, ["internal_error"])
    assert "inside" not in response.text
    assert "night-run-0001" in response.json["detail"]
    assert "the secret inside" in caplog.text


def test_what_takes_the_database_too_long_is_stopped_and_told(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(context: Any, *_: Any, **__: Any) -> None:
        context.session.execute(text("SET LOCAL statement_timeout = '20ms'"))
        context.session.execute(text("SELECT pg_sleep(5)"))

    with monkeypatch.context() as patched:
        patched.setattr(resources.listing, "page", slow)
        response = caller.get("/categories")

    assert (response.status_code, codes(response)) == (503, ["too_slow"])
    assert response.headers["Retry-After"] == "5"
    assert caller.get("/categories").status_code == 200


def test_a_database_that_is_away_is_a_503(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    monkeypatch.setattr(resources.listing, "page", away)
    response = caller.get("/categories")

    assert (response.status_code, codes(response)) == (503, ["unavailable"])
    assert response.headers["Retry-After"] == "5"


def test_a_row_that_did_not_change_is_not_sent_again(caller: Caller, make: Make) -> None:
    make("category", code="IT")
    tag = caller.get("/categories/IT").headers["ETag"]
    same = caller.get("/categories/IT", headers={"If-None-Match": tag})
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    assert caller.get("/categories/IT?fields=name", headers={"If-None-Match": tag}).status_code == 200

    caller.patch("/categories/IT", json={"name": "x"}, headers={"If-Match": tag})
    assert caller.get("/categories/IT", headers={"If-None-Match": tag}).status_code == 200


def test_what_is_derived_from_other_rows_makes_another_tag(caller: Caller, make: Make) -> None:
    make("category", code="IT")
    tag = caller.get("/categories/IT").headers["ETag"]
    make("category", code="PC", parent="IT")
    after = caller.get("/categories/IT", headers={"If-None-Match": tag})

    assert (after.status_code, after.json["version"]) == (200, 1)
    assert [child["key"] for child in after.json["children"]] == ["PC"]


def test_long_answers_are_compressed_for_who_can_read_it(caller: Caller) -> None:
    packed = caller.get("/api/v1/openapi.json", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    plain = caller.get("/api/v1/openapi.json", headers={"Accept-Encoding": "gzip;q=0, identity"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert json.loads(gzip.decompress(packed.data)) == plain.json
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in caller.get("/categories", headers={"Accept-Encoding": "gzip"}).headers


def set_limit(app: Flask, name: str, value: int) -> None:
    with app.app_context(), db.engine.begin() as connection:
        statement = text("UPDATE setting SET value = to_jsonb(CAST(:value AS int)) WHERE name = :name")
        connection.execute(statement, {"value": value, "name": name})


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock, so that a minute does not end within a test."""
    from app.infra import clock

    monkeypatch.setattr(clock, "system", clock.FrozenClock(clock.system.now()))


@pytest.mark.usefixtures("frozen")
def test_who_asks_too_often_is_told_when_to_come_back(app: Flask, caller: Caller) -> None:
    set_limit(app, "api.requests_per_minute", 3)
    answers = [caller.get("/me") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert '"caller";r=2;' in answers[0].headers["RateLimit"]
    assert '"caller";q=3;w=60' in answers[0].headers["RateLimit-Policy"]
    assert 1 <= int(answers[4].headers["Retry-After"]) <= 60
    assert codes(answers[4]) == ["too_many_requests"]


@pytest.mark.usefixtures("frozen")
def test_guessing_tokens_is_bounded_by_the_address(app: Flask) -> None:
    set_limit(app, "api.requests_per_minute_address", 4)
    client = app.test_client()
    answers = [client.get("/api/v1/me", headers={"Authorization": f"Bearer outlay_{n}"}) for n in range(6)]

    assert [answer.status_code for answer in answers] == [401] * 4 + [429] * 2


def test_without_valkey_requests_are_served_uncounted(
    app: Flask, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "valkey", redis.Redis(unix_socket_path="/nowhere/valkey.sock"))
    response = caller.get("/me")

    assert response.status_code == 200
    assert "RateLimit" not in response.headers


def test_who_waits_for_a_connection_in_vain_may_ask_again(
    app: Flask, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        pool: Any = db.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.05)
    with contextlib.ExitStack() as held:
        for _ in range(pool.size() + pool._max_overflow - pool.checkedout()):
            held.enter_context(contextlib.closing(pool.connect()))
        response = caller.get("/me")

    assert (response.status_code, codes(response)) == (503, ["unavailable"])
    assert response.headers["Retry-After"] == "5"
    assert caller.get("/me").status_code == 200


def queries(app: Flask, ask: Callable[[], Any]) -> list[str]:
    asked: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        asked.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert ask().status_code < 300
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return asked


def test_the_number_of_queries_does_not_grow_with_the_rows(app: Flask, caller: Caller, make: Make) -> None:
    def ask() -> Any:
        return caller.get("/items?expand=prices,category&count=true")

    def item(number: int) -> None:
        price = {"unit_price": "1", "minimum_quantity": "1", "valid_from": "2026-01-01"}
        prices = [{**price, "supplier": make("supplier"), "currency": "EUR"} for _ in range(2)]
        make("item", code=f"I{number}", category=make("category"), prices=prices)

    make("currency")
    item(1)
    ask()
    few = len(queries(app, ask))
    for number in range(2, 6):
        item(number)
    assert len(queries(app, ask)) == few


def test_a_plain_list_asks_few_questions(app: Flask, caller: Caller, make: Make) -> None:
    make("supplier")
    caller.get("/suppliers")

    asked = queries(app, lambda: caller.get("/suppliers"))
    assert len(asked) <= 4, asked
