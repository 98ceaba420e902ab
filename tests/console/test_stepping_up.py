"""Sensitive commands ask for the password once more, in their own dialog, and then go on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from app.infra import clock, identity
from app.infra.db import db
from app.kernel.resource import registry
from tests.acting import PASSWORD, signed_in
from tests.console.browsing import form, post, text

URL = "/people/lena.fischer/suspend"


@pytest.fixture
def sensitive():
    """Let suspending somebody need a password that was entered lately."""
    command = registry["person"].command("suspend")
    object.__setattr__(command, "step_up", True)
    yield
    object.__setattr__(command, "step_up", False)


@pytest.fixture
def ada(app, somebody, sensitive):
    """Sign an administrator in, whose password is from this morning."""
    somebody("lena.fischer", "Requester")
    ada = somebody("ada.admin", "Administrator")
    grow_stale(app, ada)
    return ada


def grow_stale(app, someone):
    with app.app_context(), db.engine.begin() as own:
        statement = "UPDATE login_session SET fresh_at = fresh_at - interval '1 hour' WHERE user_id = :id"
        own.execute(sql(statement), {"id": someone.id})


def state(app):
    with app.app_context():
        return db.session.execute(sql("SELECT state FROM person WHERE code = 'lena.fischer'")).scalar()


def test_the_dialog_asks_for_the_password_and_the_command_goes_on(app, ada):
    client = signed_in(app, ada)
    dialog = client.get(URL)
    assert "Your password" in text(dialog)
    sent = {**form(dialog, URL), "reason": "Left her keys", "own_password": PASSWORD}
    assert client.post(URL, data=sent).status_code == 303
    assert state(app) == "suspended"
    assert "Your password" not in text(client.get("/people/lena.fischer/reinstate"))


def test_a_wrong_password_keeps_what_was_typed_and_changes_nothing(app, ada):
    client = signed_in(app, ada)
    refused = post(client, URL, {"reason": "Left her keys", "own_password": "guessed"})
    assert refused.status_code == 422
    assert "Your password is not right." in text(refused)
    assert form(refused, URL)["reason"] == "Left her keys"
    assert "guessed" not in refused.text
    assert state(app) == "active"
    with app.app_context():
        entries = db.session.execute(sql("SELECT action FROM audit_entry WHERE action LIKE 'sign-in refused%'"))
        assert [entry.action for entry in entries] == ["sign-in refused: wrong password"]


def test_a_dialog_that_grew_old_asks_for_the_password_instead_of_ending_there(app, ada):
    client = signed_in(app, ada)
    refused = post(client, URL, {"reason": "Left her keys"})
    assert refused.status_code == 403
    sent = {**form(refused, URL), "own_password": PASSWORD}
    assert sent["reason"] == "Left her keys"
    assert client.post(URL, data=sent).status_code == 303
    assert state(app) == "suspended"


def test_ten_wrong_passwords_lock_the_account_here_too(app, ada):
    client = signed_in(app, ada)
    answers = [text(post(client, URL, {"reason": "x", "own_password": "guessed"})) for _ in range(10)]
    assert "Too many wrong passwords. Try again in 15 minutes" in answers[-1]
    assert "Too many wrong passwords" in text(post(client, URL, {"reason": "x", "own_password": PASSWORD}))
    assert state(app) == "active"


def test_several_rows_ask_once(app, ada):
    client = signed_in(app, ada)
    keys = {"keys": "lena.fischer", "reason": "Left her keys"}
    asked = post(client, "/people/bulk/suspend", keys)
    assert "Your password" in text(asked)
    refused = post(client, "/people/bulk/suspend", {**keys, "confirmed": "1"})
    assert (refused.status_code, state(app)) == (403, "active")
    sent = {**keys, "confirmed": "1", "own_password": PASSWORD}
    assert "Done for 1 person" in text(post(client, "/people/bulk/suspend", sent))
    assert state(app) == "suspended"


def test_who_entered_the_password_just_now_is_not_asked_again(client_of, somebody, sensitive):
    somebody("lena.fischer", "Requester")
    assert "Your password" not in text(client_of("ada.admin", "Administrator").get(URL))


def test_what_moves_money_rights_or_rules_is_declared_sensitive():
    named = {
        f"{resource.name}.{command.name}" for resource in registry for command in resource.commands if command.step_up
    }
    assert named >= {"bank_account.confirm", "person.grant", "setting.change"}


def test_the_matrix_of_roles_asks_for_the_password_and_keeps_the_ticks(app, ada):
    client = signed_in(app, ada)
    page = client.get("/roles")
    assert "Your password" in text(page)
    sent = form(page, "/roles")
    role = text_of(app, "SELECT id FROM ab_role WHERE name = 'Receiver'")
    sent["grant"] = [*sent["grant"], f"{role}:supplier.edit"]
    refused = client.post("/roles", data=sent)
    assert (refused.status_code, "Your password is missing" in text(refused)) == (403, True)
    assert f'value="{role}:supplier.edit" checked' in refused.text
    assert not permits(app, "Receiver", "supplier.edit")
    assert client.post("/roles", data={**sent, "own_password": PASSWORD}).status_code == 303
    assert permits(app, "Receiver", "supplier.edit")


def test_a_token_is_made_by_who_has_just_entered_the_password(app, ada):
    client = signed_in(app, ada)
    day = (clock.system.now() + timedelta(days=30)).date().isoformat()
    refused = post(client, "/me/tokens", {"name": "Nightly export", "expires_on": day})
    assert (refused.status_code, form(refused, "/me/tokens")["name"]) == (403, "Nightly export")
    assert text_of(app, "SELECT count(*) FROM api_token") == 0
    made = post(client, "/me/tokens", {"name": "Nightly export", "expires_on": day, "own_password": PASSWORD})
    assert "Copy the token of Nightly export now" in text(made)


def test_a_terminal_asks_whoever_acts_for_their_password(app, ada):
    runner = app.test_cli_runner()
    words = ["outlay", "do", "person", "lena.fischer", "suspend", "reason=Left her keys", "--as", "ada.admin"]
    wrong = runner.invoke(args=words, input="guessed\n")
    assert (wrong.exit_code, state(app)) == (1, "active")
    assert "Your password is not right." in wrong.output
    assert "lena.fischer: suspended" in runner.invoke(args=words, input=f"{PASSWORD}\n").output


def text_of(app, statement):
    with app.app_context():
        return db.session.execute(sql(statement)).scalar()


def permits(app, role, permission):
    with app.app_context():
        return permission in identity.role_permissions(db.session())[role]
