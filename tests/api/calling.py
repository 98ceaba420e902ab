"""Scripts that call the API in tests: accounts with tokens, and a client that sends them along."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask, session
from flask_appbuilder.security.sqla.models import User
from flask_wtf.csrf import generate_csrf
from sqlalchemy import text

from app.infra import clock, identity, unit
from app.infra.db import db
from app.kernel.actor import SYSTEM, Context
from tests.acting import Someone, context_of, signed_in, system

EVERYTHING = "Everything"


@dataclass(frozen=True)
class Caller:
    """Calls the API with the same headers each time, under /api/v1."""

    client: Any
    headers: dict[str, str]

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Any:
        address = path if path.startswith("/api/") else f"/api/v1{path}"
        return self.client.open(
            address, method=method, headers=self.headers | (headers or {}), buffered=True, **options
        )

    def get(self, path: str, **options: Any) -> Any:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> Any:
        return self.call("POST", path, **options)

    def patch(self, path: str, **options: Any) -> Any:
        return self.call("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self.call("DELETE", path, **options)


def with_token(app: Flask, secret: str) -> Caller:
    """Call with an API token."""
    return Caller(app.test_client(), {"Authorization": f"Bearer {secret}"})


def with_session(app: Flask, someone: Someone) -> Caller:
    """Call as a page of the console does: with the cookie of a session and its CSRF token."""
    client = signed_in(app, someone)
    with client.session_transaction() as cookie:
        known = dict(cookie)
    with app.test_request_context():
        session.update(known)
        token = generate_csrf()
        raw = session["csrf_token"]
    with client.session_transaction() as cookie:
        cookie["csrf_token"] = raw
    return Caller(client, {"X-CSRFToken": token})


def really(actor: Any = SYSTEM) -> Context:
    """Make a context in real time, since tokens and sessions are checked against it."""
    return context_of(actor, now=clock.system.now())


def almighty(app: Flask, name: str = "almighty") -> Caller:
    """Make an account that may do everything, which no seeded role may, and give it a token."""
    with app.app_context():
        with unit.transaction(system(), "test.role") as bound:
            bound.session.execute(
                text("INSERT INTO ab_role (id, name) VALUES (nextval('ab_role_id_seq'), :name) ON CONFLICT DO NOTHING"),
                {"name": EVERYTHING},
            )
            bound.session.execute(
                text(
                    "INSERT INTO ab_permission_view_role (id, permission_view_id, role_id) "
                    "SELECT nextval('ab_permission_view_role_id_seq'), pv.id, r.id FROM ab_permission_view pv, ab_role r "
                    "WHERE r.name = :name ON CONFLICT DO NOTHING"
                ),
                {"name": EVERYTHING},
            )
            identity.access_changed(bound)
        return _with_token(app, _account(name, EVERYTHING))


def holding(app: Flask, name: str, *permissions: str, entity: int | None = None) -> Caller:
    """Make an account whose only role holds these permissions, everywhere or for one entity."""
    role = f"Role of {name}"
    with app.app_context():
        with unit.transaction(system(), "test.role") as bound:
            bound.session.execute(
                text("INSERT INTO ab_role (id, name) VALUES (nextval('ab_role_id_seq'), :name)"), {"name": role}
            )
            bound.session.execute(
                text(
                    "INSERT INTO ab_permission_view_role (id, permission_view_id, role_id) "
                    "SELECT nextval('ab_permission_view_role_id_seq'), pv.id, r.id FROM ab_permission_view pv "
                    "JOIN ab_permission p ON p.id = pv.permission_id JOIN ab_view_menu v ON v.id = pv.view_menu_id, ab_role r "
                    "WHERE r.name = :name AND v.name || '.' || p.name = ANY(:held)"
                ),
                {"name": role, "held": list(permissions)},
            )
            identity.access_changed(bound)
        return _with_token(app, _account(name, role, entity))


def _account(name: str, role: str, entity: int | None = None) -> Any:
    with unit.transaction(system(), "test.account") as bound:
        user = User(
            username=name,
            first_name=name.title(),
            last_name="Tester",
            email=f"{name}@example.com",
            active=True,
            password="-",
        )
        bound.session.add(user)
        bound.session.flush()
        role_id = bound.session.execute(text("SELECT id FROM ab_role WHERE name = :name"), {"name": role}).scalar_one()
        bound.session.add(identity.RoleGrant(user_id=user.id, role_id=role_id, entity_id=entity, granted_by=0))
        return user


def _with_token(app: Flask, user: Any) -> Caller:
    # Between tests the database goes back in time, and with it the version under which rights are remembered.
    identity._remembered.clear()
    context = really(identity.actor_of(db.session(), user))
    with unit.transaction(context, "test.token") as bound:
        _, secret = identity.issue_token(bound, "test", [], bound.today + timedelta(days=30))
    return with_token(app, secret)
