from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import identity, unit
from app.infra.db import db
from tests.acting import person, signed_in
from tests.api.calling import Caller, almighty, holding, really, with_session, with_token


def code_of(response: Any) -> str:
    return response.json["problems"][0]["code"]


def token_for(someone: Any, limits: list[str] | None = None) -> str:
    context = really(identity.actor_of(db.session(), someone.user))
    with unit.transaction(context, "test.token") as bound:
        return identity.issue_token(bound, "test", limits or [], bound.today + timedelta(days=1))[1]


def test_without_a_sign_in_nothing_is_told(app: Flask) -> None:
    response = app.test_client().get("/api/v1/suppliers")

    assert (response.status_code, code_of(response)) == (401, "not_signed_in")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Outlay"'
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer outlay_unknown",
        "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x",
        "Basic amFuYTpzZWNyZXQ=",
        "Digest username=x",
        "outlay_unknown",
        "Bearer outlay_\xff\xfe",
        "Bearer outlay_" + "x" * 5000,
        "",
        "  ",
    ],
)
def test_an_odd_authorization_header_is_a_401_and_never_an_error(app: Flask, header: str) -> None:
    response = app.test_client().get("/api/v1/suppliers", headers={"Authorization": header})

    assert (response.status_code, code_of(response)) == (401, "invalid_token")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Outlay", error="invalid_token"'


def test_a_token_acts_for_its_account(app: Flask, caller: Caller) -> None:
    assert caller.get("/me").json["account"]["key"] == "almighty"


def test_a_revoked_token_is_refused_at_once(app: Flask, caller: Caller) -> None:
    tokens = caller.get("/me/tokens").json["data"]

    assert caller.delete(f"/me/tokens/{tokens[0]['id']}").status_code == 204
    assert caller.get("/me").status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE api_token SET expires_on = '2020-01-01'",
        "UPDATE api_token SET revoked_at = now()",
        "UPDATE ab_user SET active = false WHERE username = 'almighty'",
    ],
)
def test_a_token_that_no_longer_holds_is_refused(app: Flask, caller: Caller, change: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text(change))

    assert caller.get("/me").status_code == 401


def test_a_limited_token_does_only_what_it_is_limited_to(app: Flask) -> None:
    with app.app_context():
        buyer = person("jana.novak", "Buyer")
        limited = with_token(app, token_for(buyer, ["supplier.read"]))

    assert limited.get("/suppliers").status_code == 200
    assert limited.get("/items").status_code == 403
    assert limited.post("/suppliers", json={"name": "x"}).status_code == 403
    assert limited.get("/me").json["limited_to"] == ["supplier.read"]


def test_a_token_that_ended_is_refused_even_beside_a_good_session(app: Flask) -> None:
    with app.app_context():
        client = signed_in(app, person("jana.novak", "Buyer"))

    assert client.get("/api/v1/me").status_code == 200
    assert client.get("/api/v1/me", headers={"Authorization": "Bearer outlay_old"}).status_code == 401


def test_a_session_reads_without_and_changes_only_with_its_csrf_token(app: Flask, make: Callable[..., str]) -> None:
    key = make("category", code="IT")
    with app.app_context():
        page = with_session(app, person("jana.novak", "Controller"))
    client, address = page.client, f"/api/v1/categories/{key}/close"

    assert client.get(f"/api/v1/categories/{key}").json["state"] == "open"
    for headers in ({}, {"X-CSRFToken": ""}, {"X-CSRFToken": "guessed"}):
        response = client.post(address, headers=headers)
        assert (response.status_code, code_of(response)) == (403, "csrf_failed")
    assert client.get(f"/api/v1/categories/{key}").json["state"] == "open"

    assert page.post(address).status_code == 200
    assert client.get(f"/api/v1/categories/{key}").json["state"] == "closed"


@pytest.mark.parametrize("sid", ["", "unknown", 7, ["x"], None])
def test_an_odd_session_is_a_401(app: Flask, sid: Any) -> None:
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["sid"] = sid

    assert client.get("/api/v1/me").status_code == 401


def test_a_session_that_was_signed_out_is_refused(app: Flask) -> None:
    with app.app_context():
        client = signed_in(app, person("jana.novak", "Buyer"))
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE login_session SET revoked_at = now()"))

    assert client.get("/api/v1/me").status_code == 401


def test_without_the_permission_a_resource_is_closed_and_unlisted(app: Flask, make: Callable[..., str]) -> None:
    make("supplier")
    few = holding(app, "few", "category.read")

    response = few.get("/suppliers")
    assert (response.status_code, code_of(response)) == (403, "forbidden")
    assert response.json["problems"][0]["values"] == {"permission": "supplier.read"}
    assert [entry["resource"] for entry in few.get("").json["data"]] == ["category"]


def test_health_needs_no_sign_in(app: Flask) -> None:
    client = app.test_client()

    assert (client.get("/healthz").status_code, client.get("/healthz").json) == (200, {"status": "ok"})
    assert client.get("/readyz").json == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "valkey": "ok"},
    }


def test_a_process_that_cannot_serve_says_what_is_missing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    import redis

    monkeypatch.setitem(app.extensions, "valkey", redis.Redis(unix_socket_path="/nowhere/valkey.sock"))
    response = app.test_client().get("/readyz")

    assert (response.status_code, response.json["checks"]["valkey"]) == (503, "does not answer")


def test_an_older_database_is_not_ready_and_a_newer_one_is(app: Flask) -> None:
    from app.api import health

    head, known = health._revisions()
    older = sorted(known - {head})
    with app.app_context():
        for revision, words in [("f" * 12, "ok"), *((each, "behind: run flask outlay migrate") for each in older[:1])]:
            with db.engine.begin() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
            assert app.test_client().get("/readyz").json["checks"]["migrations"] == words
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": head})


def test_two_accounts_have_two_tokens(app: Flask) -> None:
    one, other = almighty(app, "one"), almighty(app, "other")

    assert one.get("/me").json["account"]["label"] == "One Tester"
    assert other.get("/me").json["account"]["label"] == "Other Tester"
    assert len(one.get("/me/tokens").json["data"]) == 1
    identity_of_other = other.get("/me/tokens").json["data"][0]["id"]
    assert one.delete(f"/me/tokens/{identity_of_other}").status_code == 404
    assert other.get("/me").status_code == 200
