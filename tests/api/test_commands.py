from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra.db import db
from tests.api.calling import Caller, holding

Make = Callable[..., str]


def codes(response: Any) -> list[str]:
    return [problem["code"] for problem in response.json["problems"]]


def left_behind(app: Flask) -> tuple[int, ...]:
    """Count what changes leave: audit entries, events, kept answers."""
    with app.app_context(), db.engine.connect() as connection:
        tables = ("audit_entry", "outbox_event", "idempotency_key")
        return tuple(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables)


def test_a_command_answers_what_it_led_to(caller: Caller, make: Make) -> None:
    make("category", code="IT")
    response = caller.post("/categories/IT/close")

    assert (response.status_code, response.headers["ETag"]) == (200, '"v2"')
    assert response.json == {
        "resource": "category",
        "key": "IT",
        "version": 2,
        "state": "closed",
        "events": [{"name": "category.closed", "code": "IT"}],
        "href": "/api/v1/categories/IT",
    }
    assert "Location" not in response.headers


def test_a_command_that_is_not_possible_says_why_and_leaves_nothing_behind(
    app: Flask, caller: Caller, make: Make
) -> None:
    make("category", code="IT")
    before = left_behind(app)
    response = caller.post("/categories/IT/reopen", headers={"Idempotency-Key": "k1"})

    assert (response.status_code, codes(response)) == (409, ["wrong_state"])
    assert response.json["problems"][0]["values"] == {"state": "open"}
    assert left_behind(app) == before


def test_the_commands_of_a_row_say_what_is_possible_and_what_stands_against_the_others(
    caller: Caller, make: Make
) -> None:
    make("category", code="IT")
    make("category", code="PC", parent="IT")
    offers = {offer["name"]: offer for offer in caller.get("/categories/IT/commands").json["data"]}

    assert set(offers) == {"close", "reopen"}
    assert (offers["close"]["possible"], offers["reopen"]["possible"]) == (False, False)
    assert [problem["code"] for problem in offers["close"]["problems"]] == ["open_parts"]
    assert [problem["code"] for problem in offers["reopen"]["problems"]] == ["wrong_state"]
    assert offers["close"]["href"] == "/api/v1/categories/IT/close"


def test_parameters_are_described_as_they_are_asked_for(caller: Caller, make: Make) -> None:
    person = make("person")
    offers = {offer["name"]: offer for offer in caller.get(f"/people/{person}/commands").json["data"]}

    assert offers["suspend"]["parameters"]["required"] == ["reason"]
    assert offers["suspend"]["parameters"]["properties"]["reason"]["title"] == "Reason"
    assert offers["leave"]["danger"] is True
    assert "{name}" not in offers["leave"]["confirm"]


def test_only_commands_that_are_held_are_offered(app: Flask, make: Make) -> None:
    make("category", code="IT")
    few = holding(app, "few", "category.read", "category.close")

    assert [offer["name"] for offer in few.get("/categories/IT/commands").json["data"]] == ["close"]
    assert few.post("/categories/IT/reopen").status_code == 403
    assert few.post("/categories/reopen", json={"keys": ["IT"]}).status_code == 403
    assert few.post("/categories/IT/close").status_code == 200


def test_parameters_that_are_wrong_are_told_at_once(caller: Caller, make: Make) -> None:
    person = make("person")
    response = caller.post(f"/people/{person}/revoke", json={"entity": "NOPE", "since": "x"})

    assert response.status_code == 422
    assert {(problem["code"], problem["field"]) for problem in response.json["problems"]} == {
        ("required", "role"),
        ("unknown_reference", "entity"),
        ("unknown_field", "since"),
    }


def test_a_command_about_an_older_version_is_refused(caller: Caller, make: Make) -> None:
    make("category", code="IT")
    caller.patch("/categories/IT", json={"name": "x"}, headers={"If-Match": "*"})
    stale = caller.post("/categories/IT/close", headers={"If-Match": '"v1"'})

    assert (stale.status_code, codes(stale)) == (412, ["changed_meanwhile"])
    assert caller.post("/categories/IT/close", headers={"If-Match": '"v2"'}).status_code == 200


@pytest.mark.parametrize("path", ["/categories/IT/dance", "/categories/dance"])
def test_an_unknown_command_names_those_there_are(caller: Caller, make: Make, path: str) -> None:
    make("category", code="IT")
    response = caller.post(path, json={"keys": ["IT"]})

    assert (response.status_code, codes(response)) == (404, ["unknown_command"])
    assert response.json["detail"].endswith("close, reopen.")


def test_several_rows_are_done_each_for_itself_and_nothing_is_skipped_silently(caller: Caller, make: Make) -> None:
    for code in ("A", "B", "C"):
        make("category", code=code)
    caller.post("/categories/B/close")
    response = caller.post("/categories/close", json={"keys": ["C", "B", "A", "NOPE", "A"]})

    assert (response.status_code, response.json["done"], response.json["refused"]) == (200, 2, 2)
    told = {each["key"]: each for each in response.json["data"]}
    assert list(told) == ["A", "B", "C", "NOPE"]
    assert told["A"]["outcome"]["state"] == "closed"
    assert [problem["code"] for problem in told["B"]["problems"]] == ["wrong_state"]
    assert (told["B"]["status"], told["NOPE"]["status"]) == (409, 404)
    assert caller.get("/categories/C").json["state"] == "closed"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"keys": []},
        {"keys": "A"},
        {"keys": [1]},
        {"keys": ["A"], "arguments": []},
        {"keys": ["A"], "more": 1},
        {"keys": ["A"] * 501},
    ],
)
def test_a_malformed_bulk_request_changes_nothing(app: Flask, caller: Caller, make: Make, body: dict[str, Any]) -> None:
    make("category", code="A")
    before = left_behind(app)

    assert caller.post("/categories/close", json=body).status_code == 422
    assert left_behind(app) == before


def test_what_a_script_does_is_on_record_with_its_request(app: Flask, caller: Caller, make: Make) -> None:
    make("category", code="IT")
    caller.post("/categories/IT/close", headers={"X-Request-Id": "night-run-0001"})
    account = caller.get("/me").json["account"]
    with app.app_context(), db.engine.connect() as connection:
        entry = connection.execute(text("SELECT * FROM audit_entry ORDER BY at DESC, position DESC LIMIT 1")).one()

    assert (entry.channel, entry.command) == ("rest", "category.close")
    assert caller.get("/categories/IT/history").json["data"][0]["actor"] == account["label"]
    assert entry.request_id == "night-run-0001"
