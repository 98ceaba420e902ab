"""Everyone changes their own password; who does not know the present one does not."""

from __future__ import annotations

import pytest
from sqlalchemy import text as sql

from app.api.codes import all_codes
from app.infra.db import db
from tests.acting import PASSWORD, open_session, signed_in
from tests.console.browsing import form, post, text

NEW = "seven green kettles at dawn"
URL = "/me/password"


@pytest.fixture
def omar(somebody):
    return somebody("omar.haddad", "Buyer")


def sent(present=PASSWORD, password=NEW, repeated=None):
    return {"own_password": present, "password": password, "repeated": password if repeated is None else repeated}


def actions(app):
    with app.app_context():
        statement = "SELECT action FROM audit_entry WHERE resource = 'account' AND actor_name <> 'Outlay' ORDER BY id"
        return list(db.session.execute(sql(statement)).scalars())


def enters(app, password):
    client = app.test_client()
    page = client.get("/sign-in")
    answer = client.post("/sign-in", data={**form(page, "/sign-in"), "username": "omar.haddad", "password": password})
    return answer.status_code == 303


def test_the_page_stands_in_everyones_menu_and_tells_the_rules(app, omar):
    client = signed_in(app, omar)
    assert 'href="/me/password"' in client.get("/").text
    page = client.get(URL)
    assert "At least 12 characters, without your name and e-mail address." in text(page)
    assert set(form(page, URL)) == {"csrf_token", "own_password", "password", "repeated"}


def test_a_password_is_changed_and_every_other_session_ends(app, omar):
    here = signed_in(app, omar)
    with app.app_context():
        elsewhere = signed_in(app, type(omar)(omar.user, omar.code, open_session(omar.user)))
    answer = post(here, URL, sent())
    assert (answer.status_code, answer.location) == (303, "/")
    assert "Password changed. You were signed out everywhere else." in text(here.get("/"))
    assert elsewhere.get("/").status_code == 303
    assert (enters(app, PASSWORD), enters(app, NEW)) == (False, True)
    assert "password changed" in actions(app)


def test_a_token_goes_on_when_the_password_changes(app, omar):
    client = signed_in(app, omar)
    tomorrow = form(client.get("/me/tokens"), "/me/tokens")["expires_on"]
    page = post(client, "/me/tokens", {"name": "Nightly", "expires_on": tomorrow})
    secret = page.text.split('id="fresh-secret"')[1].split(">")[1].split("<")[0]
    post(client, URL, sent())
    assert app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        (sent(present="guessed"), "own_password", "wrong_password"),
        (sent(password="short"), "password", "password_short"),
        (sent(password="my dear omar.haddad"), "password", "password_personal"),
        (sent(password=PASSWORD), "password", "password_same"),
        (sent(repeated="another one entirely"), "repeated", "passwords_differ"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_changes(app, omar, values, field, code):
    client = signed_in(app, omar)
    refused = post(client, URL, values)
    assert refused.status_code == 422
    assert all_codes()[code][0] in text(refused)
    assert f'href="#f-{field}"' in refused.text
    assert f'value="{values["password"]}"' not in refused.text
    assert "password changed" not in actions(app)
    assert enters(app, PASSWORD)


def test_wrong_guesses_lock_the_account_as_at_the_sign_in(app, omar):
    client = signed_in(app, omar)
    answers = [text(post(client, URL, sent(present="guessed"))) for _ in range(10)]
    assert "Too many wrong passwords." in answers[-1]
    assert post(client, URL, sent()).status_code == 422
    assert "password changed" not in actions(app)
