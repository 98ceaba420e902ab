"""One's own sessions and API tokens as pages, and the warning on roles that hold too much."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import flash, jsonify, redirect, request
from flask_appbuilder.baseviews import BaseView

from app.console import cells, documents, gate, names, pages, roles, shell, stepping_up, words
from app.console.cells import Cell, Sight, moment
from app.console.filters import Picked
from app.console.gate import Visit
from app.console.host import open_page
from app.console.inputs import Input, by_field, summary
from app.console.shell import Crumb, Page
from app.infra import identity, scope
from app.infra.identity import ApiToken, LoginSession
from app.infra.unit import transaction
from app.kernel.problem import Kind, Problem, Refused
from app.modules.administration import domain

USUAL_DAYS = 90
MOST_OFFERED = 30
FIELDS = ("name", "expires_on", "limits", stepping_up.FIELD)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A browser in which somebody is signed in."""

    device: str
    icon: str
    place: str
    started: Cell
    seen: Cell
    here: bool
    revoke_url: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """The page of one's sessions."""

    entries: tuple[SessionLine, ...]
    revoke_others_url: str


@dataclass(frozen=True, slots=True)
class TokenLine:
    """An API token, without its secret."""

    name: str
    prefix: str
    permissions: tuple[str, ...]
    created: Cell
    used: Cell | None
    expires: Cell | None
    state: Cell
    revoke_url: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """A token that was just made, with its secret, for this once."""

    name: str
    secret: str
    expires: str


@dataclass(frozen=True, slots=True)
class TokenForm:
    """What a new token is asked for."""

    action: str
    fields: tuple[Input, ...]
    problems: tuple[Any, ...] = ()
    submit: str = "Make token"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The page of one's API tokens."""

    entries: tuple[TokenLine, ...]
    form: TokenForm
    fresh: Fresh | None = None


class OwnSessionsView(BaseView):  # type: ignore[misc]
    """The browsers in which one is signed in."""

    route_base = "/me/sessions"
    default_view = "mine"
    template_folder = None

    @open_page("")
    def mine(self) -> Any:
        """Show where one is signed in."""
        visit = gate.visit()
        sight = Sight(visit)
        lines = tuple(_session_line(sight, each) for each in _open_sessions(visit))
        shown = Sessions(lines, "/me/sessions/others" if len(lines) > 1 else "")
        return shell.render("sessions.html", Page("Your sessions", (Crumb("Your sessions"),), "/"), sessions=shown)

    @open_page("/<int:number>/end", "POST")
    def end(self, number: int) -> Any:
        """Sign out in one other browser."""
        _sign_out(gate.visit(), [number])
        flash("Signed out there", "ok")
        return redirect("/me/sessions", 303)

    @open_page("/others", "POST")
    def end_others(self) -> Any:
        """Sign out everywhere but here."""
        visit = gate.visit()
        _sign_out(visit, [each.id for each in _open_sessions(visit) if each.id != visit.session_id])
        flash("Signed out everywhere else", "ok")
        return redirect("/me/sessions", 303)


class OwnTokensView(BaseView):  # type: ignore[misc]
    """One's API tokens, and the making of new ones."""

    route_base = "/me/tokens"
    default_view = "mine"
    template_folder = None

    @open_page("")
    def mine(self) -> Any:
        """Show one's tokens."""
        visit = gate.visit()
        usual = (visit.context.today + timedelta(days=USUAL_DAYS)).isoformat()
        return _tokens(visit, _token_form(visit, {"expires_on": usual}))

    @open_page("", "POST")
    def make(self) -> Any:
        """Make a token, and show its secret for this once."""
        visit = gate.visit()
        sent = {"name": request.form.get("name", ""), "expires_on": request.form.get("expires_on", "")}
        limits = [limit for limit in request.form.getlist("limits") if limit]
        try:
            visit = stepping_up.proved(visit)
            token, secret = _make(visit, sent["name"], limits, sent["expires_on"])
        except Refused as refusal:
            form = _token_form(visit, {**sent, "limits": limits}, refusal)
            return _tokens(visit, form, status=refusal.kind.value)
        fresh = Fresh(token.name, secret, words.long_day(token.expires_on) if token.expires_on else "")
        return _tokens(visit, _token_form(visit, {}), fresh)

    @open_page("/<int:number>/revoke", "POST")
    def revoke(self, number: int) -> Any:
        """Revoke a token of one's own, now and for good."""
        visit = gate.visit()
        with transaction(visit.context, "token.revoke") as bound:
            token = bound.session.scalars(_own_tokens(visit).where(ApiToken.id == number)).first()
            if token is None:
                raise Refused(Kind.MISSING, Problem("not_found", "This token is not one of yours."))
            token.revoked_at = token.revoked_at or bound.now
        flash(f"Token {token.name} revoked", "ok")
        return redirect("/me/tokens", 303)

    @open_page("/permissions")
    def permissions(self) -> Any:
        """Offer the permissions that one may give to a token."""
        typed = request.args.get("q", "").lower().split()
        found = [name for name in sorted(gate.visit().actor.permissions) if all(part in name for part in typed)]
        return jsonify(results=[{"id": name, "text": name} for name in found[:MOST_OFFERED]])


def _sign_out(visit: Visit, numbers: Sequence[int]) -> None:
    mine = {each.id for each in _open_sessions(visit)}
    if not mine.issuperset(numbers):
        raise Refused(Kind.MISSING, Problem("not_found", "This session is not one of yours, or has ended."))
    with transaction(visit.context, "session.revoke") as bound:
        for number in numbers:
            identity.sign_out(bound, number)


def _own_tokens(visit: Visit) -> Any:
    return scope.everything(ApiToken, why="one's own tokens").where(ApiToken.user_id == visit.actor.id)


def _open_sessions(visit: Visit) -> list[LoginSession]:
    statement = scope.everything(LoginSession, why="one's own sessions").where(
        LoginSession.user_id == visit.actor.id,
        LoginSession.revoked_at.is_(None),
        LoginSession.expires_at > visit.context.now,
    )
    return list(visit.context.session.scalars(statement.order_by(LoginSession.seen_at.desc())))


def _session_line(sight: Sight, each: LoginSession) -> SessionLine:
    here = each.id == sight.visit.session_id
    return SessionLine(
        device=domain.device(each.agent),
        icon="device-mobile" if domain.is_handheld(each.agent) else "device-desktop",
        place=each.address,
        started=moment(sight, each.created_at),
        seen=moment(sight, each.seen_at),
        here=here,
        revoke_url="" if here else f"/me/sessions/{each.id}/end",
    )


def _make(visit: Visit, name: str, limits: list[str], expires_on: str) -> tuple[ApiToken, str]:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", expires_on):
        raise Refused(
            Kind.INVALID, Problem("required", "Expires is missing. Choose the last day of the token.", "expires_on")
        )
    with transaction(visit.context, "token.issue") as bound:
        return identity.issue_token(bound, name, limits, date.fromisoformat(expires_on))


def _token_form(visit: Visit, typed: dict[str, Any], refusal: Refused | None = None) -> TokenForm:
    problems = refusal.problems if refusal else ()
    wrong = by_field(problems)
    name = Input("name", "Name", "text", typed.get("name", ""), required=True, help="What uses it, such as Nightly export",
                 problems=wrong.get("name", ()), max_length=100)  # fmt: skip
    expires = Input("expires_on", "Expires", "date", typed.get("expires_on", ""), required=True,
                    problems=wrong.get("expires_on", ()), span=2)  # fmt: skip
    limits = Input(
        "limits",
        "Limited to",
        "references",
        help="Permissions such as supplier.read. Empty: everything you may do.",
        chosen=tuple(Picked(limit, limit) for limit in typed.get("limits", ())),
        url="/me/tokens/permissions",
        problems=wrong.get("limits", ()),
        span=6,
    )
    own_password = stepping_up.asked(visit, wrong.get(stepping_up.FIELD, ()))
    return TokenForm("/me/tokens", (name, expires, limits, *own_password), summary(problems, FIELDS))


def _tokens(visit: Visit, form: TokenForm, fresh: Fresh | None = None, status: int = 200) -> Any:
    found = visit.context.session.scalars(_own_tokens(visit).order_by(ApiToken.id.desc()))
    sight = Sight(visit)
    shown = Tokens(tuple(_token_line(sight, each) for each in found), form, fresh)
    return shell.render("tokens.html", Page("Your tokens", (Crumb("Your tokens"),), "/"), tokens=shown, status=status)


def _token_line(sight: Sight, each: ApiToken) -> TokenLine:
    over = each.expires_on is not None and each.expires_on < sight.today
    state = "revoked" if each.revoked_at else "expired" if over else "active"
    return TokenLine(
        name=each.name,
        prefix=each.prefix,
        permissions=tuple(each.limits) or ("everything",),
        created=moment(sight, each.created_at),
        used=moment(sight, each.used_at) if each.used_at else None,
        expires=Cell("date", words.day(each.expires_on, sight.today), iso=each.expires_on.isoformat())
        if each.expires_on
        else None,
        state=Cell("state", state.capitalize(), key=state),
        revoke_url=f"/me/tokens/{each.id}/revoke" if state == "active" else "",
    )


pages.add(OwnSessionsView)
pages.add(OwnTokensView)
pages.add_own("My sessions", "device-mobile", "/me/sessions")
pages.add_own("My tokens", "lock", "/me/tokens")
roles.warn(domain.conflicts)
documents.name_by("audit_entry", "resource", "row_key")
cells.say_field("audit_entry", "resource", names.of_resource)
cells.say_field("audit_entry", "command", names.of_command)
cells.say_field("audit_entry", "action", names.of_action)
cells.say_field("audit_entry", "channel", names.of_door)
