"""What stands before every page: who is asking, from where the form came, and what a browser may do with the answer."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, g, redirect, request, session
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest

from app.infra import clock, identity, preferences, settings, telemetry
from app.infra.db import db, uuid7
from app.kernel.actor import Actor, Context

#: Pages for people who have not signed in; everything else asks them to.
OPEN = frozenset({"console.static", "SignInView.enter", "SignInView.check", "SignInView.invited", "SignInView.accept"})
ANOTHER_DOOR = ("/api/", "/healthz", "/readyz")
LARGEST_FORM = 5 * 1024 * 1024  # a document of a thousand rows fits; files travel as multipart and may be larger
_SAFE = ("GET", "HEAD", "OPTIONS")
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "private, no-store",
}
_csrf = CSRFProtect()


@dataclass(frozen=True, slots=True)
class Visit:
    """The request under way: the context its commands run in, and how the organisation tells time and its name."""

    context: Context
    zone: str
    organisation: str
    session_id: int
    fresh_at: datetime

    @property
    def actor(self) -> Actor:
        """Tell who is asking."""
        return self.context.actor


def guard(app: Flask) -> None:
    """Put the gate before every request of the console."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # the gate asks for it, and other doors have their own ways
    _csrf.init_app(app)
    app.before_request(_open)
    app.after_request(_protect)
    app.teardown_request(_close)


def visit() -> Visit:
    """Give the visit of somebody who is signed in."""
    found: Visit = g.outlay_visit
    return found


def visitor() -> Visit | None:
    """Give the visit, or nothing where nobody is signed in or the gate could not be reached."""
    found: Visit | None = g.get("outlay_visit")
    return found


def chosen(name: str, default: Any = None) -> Any:
    """Read what the person who asks chose about the console; asked of the database once in a request."""
    if "outlay_chosen" not in g:
        context = visit().context
        g.outlay_chosen = preferences.all_of(context.session, context.actor.id)
    return g.outlay_chosen.get(name, default)


def account_name() -> str:
    """Give the name by which the person who asks is mentioned."""
    signed_in = identity.current()
    return str(signed_in.user.username) if signed_in else ""


def request_id() -> str:
    """Name the request under way, for logs, the audit and error pages."""
    return str(g.get("outlay_request_id", ""))


def here() -> str:
    """Give the address of this page, to come back to."""
    return request.full_path.rstrip("?")


def safe_address(target: str) -> str:
    """Give an address inside Outlay; one that leads anywhere else becomes the first page."""
    parts = urlsplit(target)
    inside = target.startswith("/") and not target.startswith("//") and not (parts.scheme or parts.netloc)
    return target if inside and re.fullmatch(r"[!-\[\]-~]+", target) else "/"


def is_part() -> bool:
    """Say whether only a part of a page is asked for, by htmx or a script."""
    return "HX-Request" in request.headers or request.accept_mimetypes.best == "application/json"


def is_another_door() -> bool:
    """Say whether this request is for scripts, which sign in and are answered in their own way."""
    return request.path.startswith(ANOTHER_DOOR)


def _open() -> Any:
    if is_another_door():
        return None
    sent = request.headers.get("X-Request-ID", "")
    g.outlay_request_id = sent if _REQUEST_ID.fullmatch(sent) else uuid7().hex
    g.outlay_log = contextlib.ExitStack()
    g.outlay_log.enter_context(telemetry.bind(request_id=g.outlay_request_id))
    if request.endpoint == "console.static":
        return None
    _recognise()
    if visitor() is None and request.endpoint not in OPEN:
        return _to_sign_in()
    if request.method not in _SAFE:
        if request.mimetype == "application/x-www-form-urlencoded":
            request.max_content_length = LARGEST_FORM
        _csrf.protect()
    if _is_unfit():
        raise BadRequest
    return None


def _is_unfit() -> bool:
    """Say whether anything sent has the one sign that the database cannot store and nobody can type, or has no name."""
    sent = [*request.args.items(multi=True), *request.form.items(multi=True)]
    return "\0" in request.path or any(part is None or "\0" in part for pair in sent for part in pair)


def _recognise() -> None:
    secret = session.get("sid")
    now = clock.system.now()
    found = identity.by_session(db.session(), secret, now) if isinstance(secret, str) else None
    identity.set_current(found)
    if found is None or found.session_id is None or found.fresh_at is None:
        return
    zone = settings.get(db.session(), "organisation.time_zone")
    context = Context(
        actor=found.actor,
        now=now,
        today=clock.system.today(zone),
        request_id=request_id(),
        fresh_at=found.fresh_at,
        channel="console",
        session=db.session(),
    )
    organisation = settings.get(db.session(), "organisation.name")
    g.outlay_visit = Visit(context, zone, organisation, found.session_id, found.fresh_at)


def outside_context() -> Context:
    """Give the context of somebody who has not signed in yet."""
    from app.kernel.actor import SYSTEM

    now = clock.system.now()
    zone = settings.get(db.session(), "organisation.time_zone")
    return Context(SYSTEM, now, clock.system.today(zone), request_id(), "console", session=db.session())


def _to_sign_in() -> Response:
    """Ask for a sign-in, and come back here afterwards; a form that was sent comes back as its page."""
    target = f"/sign-in?next={quote(here() if request.method in _SAFE else request.path, safe='/')}"
    if not is_part():
        return redirect(target, 303)  # type: ignore[return-value]
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    back = f"{page.path}?{page.query}" if page.query else page.path or "/"
    answer = current_app.response_class("Your session has ended. Sign in again.", 401, mimetype="text/plain")
    answer.headers["HX-Redirect"] = f"/sign-in?next={quote(safe_address(back), safe='/')}"
    return answer


def _protect(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", content_security_policy())
    if request_id():
        response.headers.setdefault("X-Request-ID", request_id())
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def content_security_policy() -> str:
    """Write the policy of every page: nothing from elsewhere, nothing inline."""
    connect = " ".join(filter(None, ("'self'", live_origin())))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src {connect}; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def live_origin() -> str:
    """Tell where live updates come from: another port of this host, or, behind a proxy with TLS, this very origin."""
    host = request.host.rpartition(":")[0] if re.search(r":\d+$", request.host) else request.host
    if current_app.config["OUTLAY_BASE_URL"].startswith("https:") or not _HOST.fullmatch(host):
        return ""
    return f"http://{host}:{current_app.config['OUTLAY_LIVE_PORT']}"


def _close(_: BaseException | None) -> None:
    log = g.pop("outlay_log", None)
    if log is not None:
        log.close()
