"""Problems that no rule of a slice tells: of forms that cannot be read, of passwords, of what the database refuses.

The other codes are brought about where they belong; test_registry_coverage sees that none is forgotten.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.infra import activity, identity, roles, unit
from app.infra.db import db
from app.infra.files import FileRefused
from app.kernel.actor import Context
from app.kernel.problem import Kind, Refused
from app.kernel.resource import Resource, registry
from tests.acting import NOW, PASSWORD, context_of, system
from tests.contract.doors import address
from tests.contract.house import RESOURCES, House, everything, traces

WITH_CHILDREN = [each for each in RESOURCES if any(not children.fixed for children in each.children)]
RECORDS = [each for each in RESOURCES if not activity.has_story(each)]


def codes(refusal: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.field) for problem in refusal.value.problems]


@pytest.mark.parametrize("resource", WITH_CHILDREN, ids=lambda resource: resource.name)
def test_child_rows_are_a_list_of_rows(house: House, resource: Resource) -> None:
    form, before = house.maker.form(resource), traces(resource)
    for children in (each for each in resource.children if not each.fixed):
        for sent, code, field in (("one", "not_a_list", children.name), (["one"], "not_a_row", f"{children.name}.0")):
            with pytest.raises(Refused) as refusal:
                unit.create(system(), resource, {**form, children.name: sent})
            assert codes(refusal) == [(code, field)]
    assert traces(resource) == before


@pytest.mark.parametrize(
    "resource", [each for each in RESOURCES if "name" in each.form], ids=lambda resource: resource.name
)
def test_a_name_is_written_on_one_line(house: House, resource: Resource) -> None:
    with pytest.raises(Refused) as refusal:
        unit.create(system(), resource, {**house.maker.form(resource), "name": "two\nlines"})
    assert codes(refusal) == [("not_one_line", "name")]


@pytest.mark.parametrize("resource", RECORDS, ids=lambda resource: resource.name)
def test_nothing_is_said_about_a_record_of_what_was_done(house: House, resource: Resource) -> None:
    almighty = house.almighty()
    path = address(resource, house.row(resource, owner=almighty.id))
    assert almighty.bearer
    before = everything()
    said = almighty.rest("POST", f"{path}/comments", json={"text": "Why?"})
    sent = almighty.rest("POST", f"{path}/attachments", data={"file": (io.BytesIO(b"Why?"), "why.txt")})

    for answer in (said, sent):
        assert (answer.status_code, answer.json["problems"][0]["code"]) == (409, "no_story")
    assert (
        almighty.rest("GET", f"{path}/comments").json
        == almighty.rest("GET", f"{path}/attachments").json
        == {"data": []}
    )
    assert everything() == before


def test_a_file_is_sent_in_a_form(house: House) -> None:
    almighty, resource = house.almighty(), WITH_CHILDREN[0]
    answer = almighty.rest("POST", f"{address(resource, house.row(resource))}/attachments", json={"file": "x"})
    assert (answer.status_code, answer.json["problems"][0]["code"]) == (415, "not_a_form")


def test_so_many_files_at_once_are_refused(house: House) -> None:
    almighty, resource = house.almighty(), WITH_CHILDREN[0]
    path = address(resource, house.row(resource))
    before = everything()
    many = [(io.BytesIO(f"File {number}".encode()), f"{number}.txt") for number in range(21)]
    answer = almighty.post(f"{path}/files", {"file": many})

    assert answer.status_code == 413
    assert "Send at most 20 files at once." in answer.text
    assert everything() == before


def test_a_file_that_is_gone_is_told_as_gone(house: House) -> None:
    with pytest.raises(FileRefused) as refusal:
        house.app.extensions["files"].open("0" * 64)
    assert (refusal.value.problems[0].code, refusal.value.kind) == ("file_missing", Kind.MISSING)


def test_a_search_begins_with_two_characters(house: House) -> None:
    answer = house.almighty().rest("GET", "/search?q=a")
    assert (answer.status_code, answer.json["problems"][0]["code"]) == (422, "too_short")


def an_unknown_grantee(bound: Context) -> None:
    bound.session.execute(text("INSERT INTO role_grant (user_id, role_id, granted_by) VALUES (999999, 1, 0)"))


def a_job_without_queue(bound: Context) -> None:
    bound.session.execute(text("UPDATE job SET queue = 'none'"))


def a_unit(**values: Any) -> Callable[[Context], None]:
    """Enter a unit past all rules in words, so that only those of the database are left."""
    usual = {"code": "X9", "name": "Piece", "decimals": 2, "active": True}
    return lambda bound: bound.session.add(registry["unit"].model(**{**usual, **values}))


@pytest.mark.parametrize(
    ("body", "kind", "code", "field"),
    [
        pytest.param(an_unknown_grantee, Kind.CONFLICT, "in_use", "user", id="a row that is not there"),
        pytest.param(a_unit(decimals=9), Kind.INVALID, "out_of_range", "decimals", id="a value against a check"),
        pytest.param(a_job_without_queue, Kind.INVALID, "not_allowed", "queue", id="a value against a check of ours"),
        pytest.param(a_unit(name=None), Kind.INVALID, "required", "name", id="no value"),
        pytest.param(a_unit(decimals=2**40), Kind.INVALID, "too_large", "decimals", id="a number out of range"),
        pytest.param(a_unit(name="x" * 5000), Kind.INVALID, "too_long", "name", id="a text out of bounds"),
    ],
)
def test_what_only_the_database_notices_is_told_in_words(
    house: House, body: Callable[[Context], None], kind: Kind, code: str, field: str
) -> None:
    house.row(registry["job"])
    before = everything()
    with pytest.raises(Refused) as refusal:
        unit.change(system(), "test.change", body)
    assert (refusal.value.kind, codes(refusal)) == (kind, [(code, field)])
    assert everything() == before


def test_who_waits_too_long_for_others_is_told_to_try_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    class Deadlock(Exception):
        pgcode = "40P01"

    attempts = []

    def body(bound: Context) -> None:
        attempts.append(bound)
        raise OperationalError("SELECT", {}, Deadlock())

    monkeypatch.setattr("app.infra.unit.time.sleep", lambda seconds: None)
    with pytest.raises(Refused) as refusal:
        unit.change(system(), "test.change", body)
    assert (refusal.value.kind, codes(refusal), len(attempts)) == (Kind.CONFLICT, [("busy", None)], unit.ATTEMPTS)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_short"),
        ("x" * 257, "password_long"),
        ("aaaaaaaabbbb", "password_simple"),
        ("the novak family 1", "password_personal"),
        (PASSWORD, ""),
    ],
)
def test_a_password_is_long_and_nobodys_name(password: str, code: str) -> None:
    problems = identity.why_not_password(password, ("Jana", "Novak", "jana.novak"))
    assert [(problem.code, problem.field) for problem in problems] == ([(code, "password")] if code else [])


def test_wrong_passwords_lock_an_account_for_a_while(house: House) -> None:
    name = house.visitor("jana.novak", "Buyer").code
    assert [sign_in(name, "wrong") for _ in range(10)] == ["sign_in_failed"] * 9 + ["locked"]
    assert sign_in(name, PASSWORD) == "locked"
    assert sign_in("nobody.known", PASSWORD) == "sign_in_failed"
    assert sign_in(name, PASSWORD, later=timedelta(minutes=16)) == ""


def test_who_proves_once_more_who_they_are_gives_their_password(house: House) -> None:
    visitor = house.visitor("petra.vesela", "Buyer")
    with db.engine.connect() as connection:
        statement = text("SELECT max(id) FROM login_session WHERE user_id = :user")
        session_id = int(connection.execute(statement, {"user": visitor.id}).scalar_one())
    told = []
    for password in ("wrong", PASSWORD):
        with unit.transaction(visitor.context(), "test.confirm") as bound:
            problem = identity.confirm(bound, session_id, password, address="127.0.0.1")
        told.append((problem.code, problem.field) if problem else None)
    assert told == [("wrong_password", "password"), None]


def sign_in(name: str, password: str, later: timedelta = timedelta(0)) -> str:
    """Try to sign in; give the code of what stands against it."""
    with unit.transaction(context_of(system().actor, now=NOW + later), "test.sign_in") as bound:
        secret, problem = identity.sign_in(bound, name, password, address="127.0.0.1", agent="test")
    assert (secret is None) == (problem is not None)
    return problem.code if problem else ""


def test_somebody_is_left_who_may_change_roles(house: House) -> None:
    administrator = house.of_role("Administrator")
    rights = roles.read(db.session())
    known = {permission for role in rights.roles for permission in role.permissions}
    holding = [role for role in rights.roles if roles.CHANGE in role.permissions]
    wanted: dict[int, Any] = {role.id: role.permissions - {roles.CHANGE} for role in holding}
    with pytest.raises(Refused) as refusal:
        roles.change(administrator.context(), wanted, known)
    db.session.rollback()
    assert codes(refusal) == [("last_administrator", None)]
    assert roles.read(db.session()) == rights
