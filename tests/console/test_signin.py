"""Signing in and out, and the first password."""

from __future__ import annotations

import pytest

from app.console import signin
from app.infra import clock, identity, unit
from app.kernel.actor import SYSTEM
from tests.acting import PASSWORD, context_of, signed_in
from tests.console.browsing import form, post, text


@pytest.fixture
def jana(somebody):
    return somebody("jana.novak", "Buyer")


def send(client, name, password, **more):
    sent = form(client.get("/sign-in", query_string=more), "/sign-in")
    return client.post("/sign-in", data={**sent, "username": name, "password": password})


def test_the_right_password_opens_a_session_and_leads_back(app, jana):
    client = app.test_client()
    response = send(client, "jana.novak", PASSWORD, next="/suppliers?state=approved")
    assert (response.status_code, response.location) == (303, "/suppliers?state=approved")
    assert "Jana Novak" in client.get("/").text


def test_the_e_mail_address_is_as_good_as_the_name(app, jana):
    assert send(app.test_client(), "Jana.Novak@example.com", PASSWORD).location == "/"


def test_an_unknown_name_and_a_wrong_password_are_told_in_the_same_words(app, jana):
    wrong = send(app.test_client(), "jana.novak", "not this one at all")
    unknown = send(app.test_client(), "nobody.here", "not this one at all")
    assert wrong.status_code == unknown.status_code == 422
    for page in (wrong, unknown):
        assert "The name or the password is not right." in text(page)
        assert "<title>Error: Sign in" in page.text
    assert 'value="jana.novak"' in wrong.text
    assert "not this one at all" not in wrong.text


def test_too_many_wrong_passwords_lock_the_account_even_for_the_right_one(app, jana, monkeypatch):
    monkeypatch.setattr(signin, "ATTEMPTS", 100)
    client = app.test_client()
    for _ in range(10):
        answer = send(client, "jana.novak", "wrong wrong wrong")
    assert "Too many wrong passwords" in text(answer)
    locked = send(client, "jana.novak", PASSWORD)
    assert locked.status_code == 422
    assert "Too many wrong passwords" in text(locked)


def test_too_many_attempts_from_one_address_are_stopped_before_any_password_is_looked_at(app, jana):
    client = app.test_client()
    for _ in range(signin.ATTEMPTS):
        assert send(client, "nobody.here", "wrong").status_code == 422
    limited = send(client, "jana.novak", PASSWORD)
    assert limited.status_code == 429
    assert limited.headers["Retry-After"] == "60"
    assert "Too many attempts" in text(limited)
    assert client.get("/").status_code == 303


def test_the_cookie_of_before_the_sign_in_is_not_the_one_after(app, jana):
    client = app.test_client()
    client.get("/sign-in")
    with client.session_transaction() as before:
        planted = before["csrf_token"]
    send(client, "jana.novak", PASSWORD)
    with client.session_transaction() as after:
        assert after["sid"]
        assert after.get("csrf_token") != planted


def test_signing_out_ends_the_session_in_the_database(app, jana):
    client = signed_in(app, jana)
    response = post(client, "/sign-out")
    assert (response.status_code, response.location) == (303, "/sign-in?left")
    assert "You are signed out." in text(client.get("/sign-in?left"))
    again = signed_in(app, jana)
    assert again.get("/").status_code == 303


def test_signing_out_by_following_a_link_is_not_possible(app, jana):
    client = signed_in(app, jana)
    assert client.get("/sign-out").status_code == 405
    assert client.get("/").status_code == 200


@pytest.fixture
def invitation(app, jana):
    with app.app_context(), unit.transaction(context_of(SYSTEM, now=clock.system.now()), "test.invite") as bound:
        return identity.invite(bound, jana.id)


def test_an_invitation_sets_a_password_once(app, jana, invitation):
    client = app.test_client()
    page = client.get(f"/invitation/{invitation}")
    assert "You sign in as jana.novak" in text(page)
    sent = form(page, f"/invitation/{invitation}")
    response = client.post(f"/invitation/{invitation}", data={**sent, "password": "a new battery of horses"})
    assert "Your password is set" in text(response)
    assert send(client, "jana.novak", PASSWORD).status_code == 422
    assert send(client, "jana.novak", "a new battery of horses").status_code == 303
    assert app.test_client().get(f"/invitation/{invitation}").status_code == 404


def test_a_weak_first_password_is_refused_with_the_reason_and_the_link_stays_good(app, jana, invitation):
    client = app.test_client()
    sent = form(client.get(f"/invitation/{invitation}"), f"/invitation/{invitation}")
    response = client.post(f"/invitation/{invitation}", data={**sent, "password": "short"})
    assert response.status_code == 422
    assert text(response).count("Use at least 12 characters.") == 2
    assert client.get(f"/invitation/{invitation}").status_code == 200


def test_a_made_up_invitation_says_that_it_is_over(app):
    page = app.test_client().get("/invitation/made-up")
    assert page.status_code == 404
    assert "Ask an administrator for a new one" in text(page)
