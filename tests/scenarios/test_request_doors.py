"""Every door leads through the same one: no change slips past an approval, and several at once are each decided for itself."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.infra import identity, unit
from app.infra.db import db
from tests.acting import Someone, open_session, signed_in, system
from tests.api.calling import Caller, really, with_token
from tests.console.browsing import form, post
from tests.console.browsing import text as words_of
from tests.importing import as_csv, counts, imported
from tests.scenarios.office import Office


def script(app: Flask, someone: Someone) -> Caller:
    """Call REST with a token of somebody who works here."""
    identity._remembered.clear()
    context = really(someone.context().actor)
    with unit.transaction(context, "test.token") as bound:
        _, secret = identity.issue_token(bound, "script", [], bound.today.replace(year=bound.today.year + 1, day=1))
    return with_token(app, secret)


def browser(app: Flask, someone: Someone) -> Any:
    return signed_in(app, Someone(someone.user, someone.code, open_session(someone.user)))


def by_rest(app: Flask, office: Office, key: str) -> None:
    caller = script(app, office.lena)
    seen = caller.get(f"/requests/{key}").headers["ETag"]
    answer = caller.patch(f"/requests/{key}", json={"supplier": "VEGA"}, headers={"If-Match": seen})
    assert answer.status_code == 200, answer.json


def by_console(app: Flask, office: Office, key: str) -> None:
    client = browser(app, office.lena)
    sent = form(client.get(f"/requests/{key}/edit"), f"/requests/{key}/edit")
    answer = client.post(f"/requests/{key}/edit", data={**sent, "supplier": "VEGA"})
    assert answer.status_code in (200, 302, 303), words_of(answer)


def by_import(app: Flask, office: Office, key: str) -> None:
    run = imported("request", as_csv([["Number", "Supplier"], [key, "VEGA"]]), context=system())
    assert counts(run) == {"changed": 1}


@pytest.mark.parametrize("door", [by_rest, by_console, by_import])
@pytest.mark.parametrize("state", ["submitted", "approved"])
def test_no_door_keeps_an_approval_over_a_material_change(app: Flask, office: Office, door: Any, state: str) -> None:
    key = office.approved("6000") if state == "approved" else office.submitted("6000")
    if state == "submitted":
        office.act(office.sofia, key, "approve")
    assert office.waits_for(key) == ([] if state == "approved" else ["omar.haddad"])
    door(app, office, key)
    db.session.rollback()
    assert (office.state(key), office.look(key, lambda row: row.revision)) == ("submitted", 2)
    assert office.waits_for(key) == ["sofia.rossi"]


@pytest.fixture
def several(office: Office) -> tuple[str, str, str]:
    """Two that wait for Sofia, and one that she asks for herself."""
    return office.submitted("300"), office.submitted("400"), office.submitted("500", by=office.sofia)


@pytest.mark.parametrize(
    ("command", "state", "told"), [("reject", "rejected", "own_request"), ("request_changes", "draft", "own_request")]
)
def test_several_are_refused_with_one_reason_over_rest_and_each_that_is_not_is_named(
    app: Flask, office: Office, several: tuple[str, str, str], command: str, state: str, told: str
) -> None:
    first, second, own = several
    body = {"keys": list(several), "arguments": {"reason": "Ask again in January."}}
    answer = script(app, office.sofia).post(f"/requests/{command}", json=body)
    assert (answer.status_code, answer.json["done"], answer.json["refused"]) == (200, 2, 1)
    [refusal] = [each for each in answer.json["data"] if each["problems"]]
    assert (refusal["key"], [problem["code"] for problem in refusal["problems"]]) == (own, [told])
    assert [office.state(key) for key in (first, second, own)] == [state, state, "submitted"]
    reason = "state_reason" if command == "reject" else "returned_reason"
    assert {office.look(key, lambda row: getattr(row, reason)) for key in (first, second)} == {"Ask again in January."}


@pytest.mark.parametrize(("command", "state"), [("reject", "rejected"), ("request_changes", "draft")])
def test_several_are_refused_with_one_reason_from_the_list_and_each_that_is_not_is_named(
    app: Flask, office: Office, several: tuple[str, str, str], command: str, state: str
) -> None:
    first, second, own = several
    client = browser(app, office.sofia)
    asked = form(post(client, f"/requests/bulk/{command}", {"keys": list(several)}), f"/requests/bulk/{command}")
    answer = client.post(f"/requests/bulk/{command}", data={**asked, "reason": "Ask again in January."})
    told = words_of(answer)
    assert "Done for 2 requests." in told
    assert f"{own} You asked for it yourself. Someone else decides." in told
    assert [office.state(key) for key in (first, second, own)] == [state, state, "submitted"]


def test_a_script_with_a_token_decides_no_more_than_its_person(app: Flask, office: Office) -> None:
    key = office.submitted("500", by=office.sofia)
    answer = script(app, office.sofia).post(f"/requests/{key}/approve", json={})
    assert (answer.status_code, [each["code"] for each in answer.json["problems"]]) == (409, ["own_request"])
    assert office.state(key) == "submitted"
