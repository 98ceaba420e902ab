from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import identity, settings, unit
from app.infra.db import db
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import NOW, PASSWORD, acting, context_of, person, system
from tests.making import Maker
from tests.slices.doing import do
from tests.working import line_up


@pytest.fixture(autouse=True)
def within_app(app: Flask) -> Any:
    with app.app_context():
        yield


def scalar(statement: str) -> Any:
    with db.engine.connect() as connection:
        return connection.execute(text(statement)).scalar_one()


def test_a_closed_category_is_reopened(maker: Maker) -> None:
    key = maker.in_state(registry["category"], "closed")

    assert do(system(), "category", key, "reopen").state == "open"


def test_a_setting_holds_from_the_next_request_on(app: Flask) -> None:
    do(acting("Administrator"), "setting", "identity.lock_minutes", "change", value="7")

    settings.forget(db.session())
    assert settings.get(db.session(), "identity.lock_minutes") == 7


@pytest.mark.parametrize("value", ["", "soon", "0", "99999999"])
def test_a_setting_takes_no_nonsense(app: Flask, value: str) -> None:
    with pytest.raises(Refused):
        do(acting("Administrator"), "setting", "identity.lock_minutes", "change", value=value)


def test_a_revoked_session_is_over_at_once(app: Flask) -> None:
    someone = person("jana.novak", "Requester")
    session_id = scalar("SELECT max(id) FROM login_session")
    do(someone.context(), "session", str(session_id), "revoke")

    assert identity.by_session(db.session(), someone.secret, NOW) is None


def test_a_revoked_token_opens_nothing(app: Flask) -> None:
    someone = person("jana.novak", "Requester")
    with unit.transaction(someone.context(), "test.token") as bound:
        token, secret = identity.issue_token(bound, "Export", ["supplier.read"], NOW.date() + timedelta(days=5))
        key = registry["token"].key_of(token)
    assert identity.by_token(db.session(), secret, NOW) is not None

    do(someone.context(), "token", key, "revoke")

    assert identity.by_token(db.session(), secret, NOW) is None


def test_a_dead_job_is_tried_again_or_given_up(app: Flask) -> None:
    first, second = line_up("search.reindex"), line_up("search.reindex")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE job SET state = 'dead', finished_at = now()"))

    do(system(), "job", str(first), "retry")
    do(system(), "job", str(second), "discard")

    assert scalar(f"SELECT state FROM job WHERE id = {first}") == "waiting"
    assert scalar(f"SELECT state FROM job WHERE id = {second}") == "discarded"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_short"),
        ("x" * 300, "password_long"),
        ("abababababababab", "password_simple"),
        ("jana likes long words", "password_personal"),
        (PASSWORD, None),
    ],
)
def test_a_password_is_long_and_not_about_the_person(password: str, code: str | None) -> None:
    found = identity.why_not_password(password, ("Jana", "Novák", "jana.novak"))

    assert [problem.code for problem in found] == ([code] if code else [])


def test_too_many_wrong_passwords_lock_the_account_for_a_while(app: Flask) -> None:
    person("jana.novak", "Requester")
    codes = [_sign_in("jana.novak", "wrong") for _ in range(10)]

    assert codes == ["sign_in_failed"] * 9 + ["locked"]
    assert _sign_in("jana.novak", PASSWORD) == "locked"
    assert _sign_in("jana.novak", PASSWORD, minutes=16) is None


def test_an_unknown_account_is_told_the_same_as_a_wrong_password(app: Flask) -> None:
    assert _sign_in("nobody.here", "wrong") == "sign_in_failed"


def _sign_in(login: str, password: str, minutes: int = 0) -> str | None:
    context = context_of(system().actor, now=NOW + timedelta(minutes=minutes))
    with unit.transaction(context, "test.sign_in") as bound:
        _, problem = identity.sign_in(bound, login, password, address="127.0.0.1", agent="test")
    return problem.code if problem else None


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"prices": "none"}, "not_a_list"),
        ({"prices": ["one"]}, "not_a_row"),
        ({"name": "two\nlines"}, "not_one_line"),
    ],
)
def test_a_form_of_the_wrong_shape_is_told(maker: Maker, raw: dict[str, Any], code: str) -> None:
    key = maker.create(registry["item"])

    with pytest.raises(Refused) as refusal:
        unit.save(system(), registry["item"], key, raw)

    assert [problem.code for problem in refusal.value.problems] == [code]
