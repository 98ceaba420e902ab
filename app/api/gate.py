"""The one guard of the API: who is calling, by token or by session, and the context in which the call is made."""

from __future__ import annotations

from contextlib import ExitStack

from flask import Flask, g, request, session
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError

from app.api import limits
from app.api.answers import request_id
from app.api.problems import Unfit
from app.infra import clock, identity, settings, telemetry
from app.infra.db import db
from app.infra.identity import SignedIn
from app.kernel.actor import Context

SAFE = ("GET", "HEAD", "OPTIONS")
SESSION_KEY = "sid"


def register(app: Flask) -> None:
    """Let go, after each request, of what the guard has bound."""
    app.teardown_request(_leave)


def enter() -> None:
    """Let a request pass, or refuse it; runs before every view of the API."""
    if request.method == "OPTIONS":
        return
    _bind(request_id=request_id())
    signed_in = _recognise()
    limits.count(_credential())
    if signed_in is None:
        raise _unknown()
    if "Authorization" not in request.headers and request.method not in SAFE:
        _check_csrf()
    identity.set_current(signed_in)
    zone = settings.get(db.session(), "organisation.time_zone")
    context = Context(
        actor=signed_in.actor,
        now=clock.system.now(),
        today=clock.system.today(zone),
        request_id=request_id(),
        fresh_at=signed_in.fresh_at,
        channel="rest",
        session=db.session(),
    )
    g.outlay_context = context


def context() -> Context:
    """Give the context of the request under way."""
    found: Context = g.outlay_context
    return found


def signed_in() -> SignedIn:
    """Tell who is behind the request under way."""
    found = identity.current()
    if found is None:
        raise _refused("Sign in, or send a token: Authorization: Bearer outlay_…")
    return found


def _credential() -> str:
    """Give what the caller shows of themselves, true or not; requests are counted by it."""
    return request.headers.get("Authorization") or str(session.get(SESSION_KEY) or "")


def _recognise() -> SignedIn | None:
    """Find who is behind what the caller shows."""
    if "Authorization" in request.headers:
        scheme, _, token = request.headers["Authorization"].partition(" ")
        is_token = scheme.lower() == "bearer"
        return identity.by_token(db.session(), token.strip(), clock.system.now()) if is_token else None
    secret = session.get(SESSION_KEY)
    if not isinstance(secret, str) or not secret:
        return None
    return identity.current() or identity.by_session(db.session(), secret, clock.system.now())


def _unknown() -> Unfit:
    """Say what is wrong with what the caller shows, or that it shows nothing."""
    if "Authorization" in request.headers:
        return _refused("This token is unknown, expired or revoked. Make a new one in the console.", "invalid_token")
    if session.get(SESSION_KEY):
        return _refused("Your session has ended. Sign in again.")
    return _refused("Sign in, or send a token: Authorization: Bearer outlay_…")


def _check_csrf() -> None:
    """Refuse a change that a page of somebody else made the browser send."""
    try:
        validate_csrf(request.headers.get("X-CSRFToken"))
    except ValidationError:
        message = "X-CSRFToken is missing or not of this session. Send the token of the page, or use an API token."
        raise Unfit(403, "csrf_failed", message) from None


def _refused(message: str, error: str = "") -> Unfit:
    challenge = 'Bearer realm="Outlay"' + (f', error="{error}"' if error else "")
    return Unfit(401, error or "not_signed_in", message, {"WWW-Authenticate": challenge})


def _bind(**fields: str) -> None:
    stack = ExitStack()
    stack.enter_context(telemetry.bind(**fields))
    g.outlay_bound = stack


def _leave(_: BaseException | None) -> None:
    stack = g.pop("outlay_bound", None)
    if stack is not None:
        stack.close()
