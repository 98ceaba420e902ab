"""Signing in and out, and setting a first password by the link of an invitation."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import redis
from flask import current_app, g, make_response, redirect, render_template, request, session
from flask_appbuilder.baseviews import BaseView

from app.console import gate
from app.console.host import open_page
from app.console.inputs import Input, Summary
from app.console.lists import Link
from app.infra import clock, identity, settings, unit
from app.infra.db import db
from app.kernel.problem import Problem, Refused

log = logging.getLogger(__name__)
ATTEMPTS = 10
WINDOW = 60
_COUNT = "outlay:sign-in:"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why somebody stands at this page again."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """The sign-in page."""

    company: str
    action: str = "/sign-in"
    next: str = ""
    user: str = ""
    problem: Trouble | None = None
    providers: tuple[Link, ...] = ()
    demo: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Invitation:
    """The page on which somebody sets a first password."""

    company: str
    title: str
    text: str
    action: str = ""
    fields: tuple[Input, ...] = ()
    problems: tuple[Summary, ...] = ()


class SignInView(BaseView):  # type: ignore[misc]
    """The pages for people who have not signed in, and the way out."""

    route_base = ""
    default_view = "enter"
    template_folder = None

    @open_page("/sign-in")
    def enter(self) -> Any:
        """Ask for name and password."""
        target = gate.safe_address(request.args.get("next", "/"))
        if gate.visitor() is not None:
            return redirect(target, 303)
        left = Trouble("signed_out", "You are signed out.") if "left" in request.args else None
        return _page(target, "", left)

    @open_page("/sign-in", "POST")
    def check(self) -> Any:
        """Check name and password; a session begins, under a cookie of its own."""
        target = gate.safe_address(request.form.get("next", "/"))
        name = request.form.get("username", "")[:200]
        if not _within_limit(request.remote_addr or ""):
            text = "Too many attempts from this address. Wait a minute, then try again."
            return _page(target, name, Trouble("limited", text), 429)
        secret, problem = _sign_in(name, request.form.get("password", "")[:1000])
        if problem is not None:
            kind = "locked" if problem.code == "locked" else "wrong"
            return _page(target, name, Trouble(kind, problem.message), 422)
        session.clear()
        session["sid"] = secret
        return redirect(target, 303)

    @open_page("/sign-out", "POST")
    def leave(self) -> Any:
        """End the session, here and in the database."""
        visit = gate.visit()
        with unit.transaction(visit.context, "session.sign_out") as bound:
            identity.sign_out(bound, visit.session_id)
        session.clear()
        return redirect("/sign-in?left", 303)

    @open_page("/invitation/<secret>")
    def invited(self, secret: str) -> Any:
        """Ask an invited person for a password."""
        user = identity.invited(db.session(), secret, clock.system.now())
        return _invitation(secret, user)

    @open_page("/invitation/<secret>", "POST")
    def accept(self, secret: str) -> Any:
        """Set the password of an invited person, who then signs in with it."""
        context = gate.outside_context()
        try:
            with unit.transaction(context, "account.accept_invitation") as bound:
                user = identity.invited(bound.session, secret, context.now)
                if user is None:
                    return _invitation(secret, None)
                name = user.username
                identity.set_password(bound, user, request.form.get("password", "")[:1000])
        except Refused as refusal:
            user = identity.invited(db.session(), secret, clock.system.now())
            return _invitation(secret, user, refusal)
        session.clear()
        g.pop("csrf_token", None)  # the form below needs one of the new session
        return _page("/", name, Trouble("signed_out", "Your password is set. Sign in with it."))


def _sign_in(name: str, password: str) -> tuple[str | None, Problem | None]:
    context = gate.outside_context()
    with unit.transaction(context, "session.sign_in") as bound:
        address, agent = request.remote_addr or "", request.headers.get("User-Agent", "")
        return identity.sign_in(bound, name, password, address=address, agent=agent)


def _within_limit(address: str) -> bool:
    """Count attempts by address; without Valkey the lock of each account still holds."""
    valkey: Any = current_app.extensions["valkey"]
    try:
        pipeline = valkey.pipeline()
        pipeline.incr(_COUNT + address)
        pipeline.expire(_COUNT + address, WINDOW, nx=True)
        return int(pipeline.execute()[0]) <= ATTEMPTS
    except redis.RedisError as error:
        log.warning("sign-ins are not counted: %s", error)
        return True


def _page(target: str, name: str, problem: Trouble | None, status: int = 200) -> Any:
    company = settings.get(db.session(), "organisation.name")
    shown = SignIn(company, next=target if target != "/" else "", user=name, problem=problem)
    response = make_response(render_template("sign_in.html", sign_in=shown), status)
    if status == 429:  # noqa: PLR2004
        response.headers["Retry-After"] = str(WINDOW)
    return response


def _invitation(secret: str, user: Any, refusal: Refused | None = None) -> Any:
    company = settings.get(db.session(), "organisation.name")
    if user is None:
        text = "This link was used already, or is too old. Ask an administrator for a new one."
        return make_response(
            render_template("invitation.html", invitation=Invitation(company, "This link is over", text)), 404
        )
    problems = refusal.problems if refusal else ()
    password = Input(
        "password",
        "New password",
        "password",
        required=True,
        help="At least 12 characters. Several words are easy to remember.",
        problems=tuple(problem.message for problem in problems),
        autocomplete="new-password",
        autofocus=True,
        span=6,
    )
    shown = Invitation(
        company,
        f"Welcome, {user.first_name}",
        f"You sign in as {user.username}. Choose a password.",
        action=f"/invitation/{secret}",
        fields=(password,),
        problems=tuple(Summary(problem.message, "f-password") for problem in problems),
    )
    return make_response(render_template("invitation.html", invitation=shown), refusal.kind.value if refusal else 200)
