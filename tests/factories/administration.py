"""How sessions, tokens, settings and audit entries come about: nobody enters them in a form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import text

from app.infra import identity, unit
from app.infra.db import db
from app.kernel.actor import Actor
from tests.acting import context_of, system


def session(maker: Any) -> str:
    """Sign the owner in once more."""
    with unit.transaction(system(), "test.sign_in") as bound:
        user = bound.session.get(User, maker.owner)
        identity.open_session(bound, user, address="127.0.0.1", agent=f"Browser {maker.next()}")
        bound.session.flush()
        return str(bound.session.execute(text("SELECT max(id) FROM login_session")).scalar_one())


def token(maker: Any) -> str:
    """Let the owner make a token."""
    with unit.transaction(context_of(Actor(maker.owner, "Owner")), "test.token") as bound:
        issued, _ = identity.issue_token(bound, f"Export {maker.next()}", [], bound.today + timedelta(days=30))
        return str(issued.id)


def setting(maker: Any) -> str:
    """Take a setting; a release has made them all."""
    return "organisation.name"


def audit_entry(maker: Any) -> str:
    """Take the latest entry, after something has been put on record."""
    maker.create(maker.resource("unit"))
    statement = text("SELECT id FROM audit_entry ORDER BY at DESC, id DESC LIMIT 1")
    with db.engine.connect() as connection:
        return str(connection.execute(statement).scalar_one())


ROWS = {"session": session, "token": token, "setting": setting, "audit_entry": audit_entry}

ARGUMENTS = {"setting.change": lambda maker, key: {"value": f"Outlay {maker.next()}"}}


OBSTRUCTED = {
    "session.revoke": lambda maker, key: unit.execute(system(), maker.resource("session"), key, "revoke", {}),
    "token.revoke": lambda maker, key: unit.execute(system(), maker.resource("token"), key, "revoke", {}),
}
