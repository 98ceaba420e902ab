"""Who the clients are: tokens and sessions of the people of the filled company, and what they look for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import text

from app.infra import clock, identity, unit
from app.infra.db import db
from app.kernel.actor import Context
from bench.operations import Sample

ACCOUNTS = {
    "buyer": "nadia.brandt",
    "head": "sofia.rossi",
    "receiver": "rita.kral",
    "clerk": "eva.horak",
    "requester": "lena.fischer",
}


def headers(application: Flask) -> dict[str, dict[str, str]]:
    """Make a token and a session for each of the people; gives the headers by which each is known."""
    found: dict[str, dict[str, str]] = {}
    with application.app_context():
        copied = _column(r"SELECT code FROM person WHERE code ~ '\.[0-9]+$' ORDER BY id LIMIT 150")
        # The first ones decide in a cost centre each, those behind only ask.
        accounts = {**ACCOUNTS, "decider": copied[4], "asker": copied[-1]}
        for name, login in accounts.items():
            user = identity.find_user(db.session(), login)
            assert user is not None, f"{login} is missing; fill the company first"
            found[name] = {"Authorization": f"Bearer {token(user)}"}
            found[f"page {name}"] = {
                "Cookie": f"{application.config['SESSION_COOKIE_NAME']}={_cookie(application, user)}"
            }
    return found


def _context(user: Any) -> Context:
    now = clock.system.now()
    return Context(identity.actor_of(db.session(), user), now, now.date(), "bench", "bench", fresh_at=now)


def token(user: Any) -> str:
    with unit.transaction(_context(user), "token.issue") as bound:
        _, secret = identity.issue_token(bound, "bench", [], bound.today + timedelta(days=2))
    return secret


def _cookie(application: Flask, user: Any) -> str:
    with unit.transaction(_context(user), "session.sign_in") as bound:
        secret = identity.open_session(bound, user, address="127.0.0.1", agent="bench")
    serializer = SecureCookieSessionInterface().get_signing_serializer(application)
    assert serializer is not None
    return str(serializer.dumps({"sid": secret}))


def sample(application: Flask) -> Sample:
    """Choose what is asked for: issued orders and suppliers all over the company, always the same ones."""
    with application.app_context():
        orders = _column("SELECT number FROM purchase_order WHERE state = 'issued' ORDER BY hashint8(id) LIMIT 200")
        invoices = _column("SELECT reference FROM invoice WHERE state = 'posted' ORDER BY hashint8(id) LIMIT 200")
        suppliers = db.session.execute(
            text(
                "SELECT code, lower(split_part(name, ' ', 2)) || '+' || split_part(name, ' ', 3) FROM supplier s WHERE code LIKE 'S-%' AND EXISTS"
                " (SELECT 1 FROM purchase_order o WHERE o.supplier_id = s.id AND o.state = 'issued')"
                " ORDER BY hashint8(id) LIMIT 50"
            )
        ).all()
        centres = _column("SELECT code FROM cost_centre WHERE code ~ '^C[0-9]{3}$' ORDER BY code")
        db.session.remove()
    return Sample(orders, invoices, [(code, word) for code, word in suppliers], centres)


def _column(statement: str) -> list[str]:
    return [str(value) for value in db.session.execute(text(statement)).scalars()]
