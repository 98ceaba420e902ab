from __future__ import annotations

import io
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra.db import db
from tests.acting import person
from tests.api.calling import Caller, almighty, with_session

Make = Callable[..., str]
KEY = {"Idempotency-Key": "order-7/attempt"}


def count(app: Flask, table: str) -> int:
    with app.app_context(), db.engine.connect() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()


def requests(make: Make) -> list[tuple[str, dict[str, Any], dict[str, Any], str]]:
    """List every kind of POST, with another body each, and the table in which its effect would show twice."""
    make("category", code="IT")
    return [
        ("/categories", {"code": "A", "name": "A"}, {"code": "B", "name": "B"}, "category"),
        ("/categories/IT/close", {}, {"x": 1}, "outbox_event"),
        ("/categories/IT/comments", {"text": "hello"}, {"text": "bye"}, "comment"),
        ("/categories/reopen", {"keys": ["IT"]}, {"keys": ["IT", "A"]}, "outbox_event"),
    ]


def test_the_same_request_sent_twice_has_one_effect_and_one_answer(app: Flask, caller: Caller, make: Make) -> None:
    for path, body, other, table in requests(make):
        first = caller.post(path, json=body, headers={"Idempotency-Key": path})
        done = count(app, table)
        second = caller.post(path, json=body, headers={"Idempotency-Key": path})
        third = caller.post(path, json=other, headers={"Idempotency-Key": path})

        assert first.status_code in (200, 201), first.json
        assert "Idempotency-Replayed" not in first.headers
        assert (second.status_code, second.headers["Idempotency-Replayed"]) == (first.status_code, "true")
        assert second.text == first.text
        assert second.headers.get("ETag") == first.headers.get("ETag")
        assert second.headers.get("Location") == first.headers.get("Location")
        assert (third.status_code, third.json["problems"][0]["code"]) == (409, "idempotency_key_reused")
        assert count(app, table) == done


def test_a_repeated_answer_is_the_first_one_even_when_the_row_went_on(caller: Caller, make: Make) -> None:
    first = caller.post("/categories", json={"code": "A", "name": "A"}, headers=KEY)
    caller.post("/categories/A/close")
    again = caller.post("/categories", json={"code": "A", "name": "A"}, headers=KEY)

    assert again.json == first.json
    assert again.json["state"] == "open"


def test_a_token_asked_for_twice_is_made_once_and_its_secret_is_kept_nowhere(app: Flask) -> None:
    with app.app_context():
        page = with_session(app, person("jana.novak", "Buyer"))
    body = {"name": "nightly", "expires_on": _soon()}
    first = page.post("/me/tokens", json=body, headers=KEY)
    again = page.post("/me/tokens", json=body, headers=KEY)

    assert (first.status_code, again.status_code, count(app, "api_token")) == (201, 201, 1)
    assert {**again.json, "secret": None} == {**first.json, "secret": None}
    assert first.json["secret"].startswith("outlay_")
    assert again.json["secret"] is None
    with app.app_context(), db.engine.connect() as connection:
        kept = connection.execute(text("SELECT answer::text FROM idempotency_key")).scalar_one()
    assert first.json["secret"] not in kept


def test_a_file_sent_twice_is_attached_once(app: Flask, caller: Caller, make: Make) -> None:
    make("category", code="IT")

    def send(content: bytes) -> Any:
        form = {"file": (io.BytesIO(content), "note.txt")}
        return caller.post("/categories/IT/attachments", data=form, headers=KEY)

    first, again, other = send(b"terms\n"), send(b"terms\n"), send(b"other\n")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.json == first.json
    assert count(app, "attachment") == 1


def test_a_refused_request_does_not_use_up_its_key(caller: Caller) -> None:
    assert caller.post("/categories", json={"code": "A"}, headers=KEY).status_code == 422
    assert caller.post("/categories", json={"code": "A", "name": "A"}, headers=KEY).status_code == 201


def test_two_accounts_may_choose_the_same_key(app: Flask) -> None:
    one, other = almighty(app, "one"), almighty(app, "other")

    assert one.post("/categories", json={"code": "A", "name": "A"}, headers=KEY).status_code == 201
    assert other.post("/categories", json={"code": "B", "name": "B"}, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "with space", "x" * 201, "caf\xe9", "\x7f"])
def test_a_key_that_cannot_be_told_apart_is_refused(app: Flask, caller: Caller, key: str) -> None:
    response = caller.post("/categories", json={"code": "A", "name": "A"}, headers={"Idempotency-Key": key})

    assert (response.status_code, response.json["problems"][0]["code"]) == (400, "bad_idempotency_key")
    assert count(app, "category") == 0


def test_ten_at_once_have_one_effect(app: Flask, caller: Caller) -> None:
    answers: list[Any] = []

    def send() -> None:
        own = Caller(app.test_client(), caller.headers)
        answers.append(own.post("/categories", json={"code": "A", "name": "A"}, headers=KEY))

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status_code for answer in answers] == [201] * 10
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 9
    assert len({answer.text for answer in answers}) == 1
    assert count(app, "category") == 1
    assert count(app, "outbox_event") == 1


def test_without_a_key_two_requests_are_two(app: Flask, caller: Caller, make: Make) -> None:
    make("category", code="IT")
    for _ in range(2):
        assert caller.post("/categories/IT/comments", json={"text": "hello"}).status_code == 201

    assert count(app, "comment") == 2


def _soon() -> str:
    from app.infra import clock

    return (clock.system.now().date() + timedelta(days=9)).isoformat()
