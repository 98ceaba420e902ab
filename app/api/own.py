"""What belongs to the caller: who they are, their API tokens, and what they can find."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Response, request
from flask_restx import Resource as View

from app.api import asked, gate
from app.api import representation as written
from app.api.answers import PREFIX, answer, nothing
from app.api.around import REPLAYED
from app.api.resources import query_args
from app.infra import find, identity, personal, scope, unit
from app.infra.identity import ApiToken
from app.kernel.actor import Context, Grant
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.kernel.resource import registry

LARGEST_LIMITS = 200


class Me(View):  # type: ignore[misc]
    """The caller."""

    def get(self) -> Response:
        """Tell who is calling, with which roles and permissions."""
        context, found = gate.context(), gate.signed_in()
        actor = found.actor
        content = {
            "account": {"key": found.user.username, "label": actor.name, "email": found.user.email},
            "by": "token" if actor.token is not None else "session",
            "limited_to": sorted(actor.limits) if actor.limits is not None else None,
            "roles": _roles(context, actor.grants),
            "permissions": sorted(actor.permissions),
        }
        return answer(content)


class Held(View):  # type: ignore[misc]
    """What is held about the caller."""

    def get(self) -> Response:
        """Tell everything that is held about the caller."""
        context = gate.context()
        return answer(personal.tell(context, context.actor.id))


class Tokens(View):  # type: ignore[misc]
    """The caller's API tokens."""

    def get(self) -> Response:
        """List the tokens that are not revoked."""
        context = gate.context()
        statement = scope.everything(ApiToken, why="the caller's own tokens").where(
            ApiToken.user_id == context.actor.id, ApiToken.revoked_at.is_(None)
        )
        tokens = context.session.scalars(statement.order_by(ApiToken.id.desc()))
        return answer({"data": [_token(each) for each in tokens]})

    def post(self) -> Response:
        """Make a token; its secret is in this answer, and never again."""
        context = gate.context()
        name, limits, expires_on = _new_token(asked.body())
        secrets: list[str] = []

        def act(bound: Context) -> dict[str, Any]:
            token, secret = identity.issue_token(bound, name, limits, expires_on)
            secrets.append(secret)
            return _token(token)

        told, replayed = asked.once(context, "token.issue", asked.repeat(request.get_data()), act)
        content = {**told, "secret": secrets[-1] if secrets and not replayed else None}
        return answer(content, 201, {"Location": told["href"], **(REPLAYED if replayed else {})})


class OneToken(View):  # type: ignore[misc]
    """One of the caller's API tokens."""

    def get(self, token: str) -> Response:
        """Tell about a token."""
        return answer(_token(_own(gate.context(), asked.number_in(token))))

    def delete(self, token: str) -> Response:
        """Revoke a token, now and everywhere."""
        wanted = asked.number_in(token)

        def act(bound: Context) -> None:
            _own(bound, wanted).revoked_at = bound.now

        unit.change(gate.context(), "token.revoke", act)
        return nothing()


class Search(View):  # type: ignore[misc]
    """Search over everything."""

    def get(self) -> Response:
        """Find rows of every resource the caller may see."""
        args = query_args()
        refuse_if(
            Problem(
                "unknown_field", f"There is no parameter {asked.printable(name)} here. Use q.", asked.printable(name)
            )
            for name in args
            if name != "q"
        )
        text = args.get("q", [""])[-1].strip()
        if len(text) < find.LEAST_TEXT:
            words = f"q: enter at least {find.LEAST_TEXT} characters."
            raise Refused(Kind.INVALID, Problem("too_short", words, "q"))
        groups = [
            {
                "resource": group.resource.name,
                "title": group.resource.title[1],
                "rows": [written.reference(row) for row in group.rows],
            }
            for group in find.find(gate.context(), text)
        ]
        return answer({"data": groups})


def _roles(context: Context, grants: Iterable[Grant]) -> list[dict[str, Any]]:
    """Write roles with their reach; null reaches everything."""
    held = list(grants)
    places = {
        name: _places(context, name, {getattr(grant, name) for grant in held} - {None})
        for name in ("entity", "cost_centre")
    }
    return [
        {
            "role": grant.role,
            "entity": places["entity"].get(grant.entity),
            "cost_centre": places["cost_centre"].get(grant.cost_centre),
        }
        for grant in held
    ]


def _places(context: Context, name: str, ids: set[Any]) -> dict[Any, dict[str, Any] | None]:
    declared = next((each for each in registry if each.name == name), None)
    if declared is None or not ids:
        return {}
    statement = scope.everything(declared.model, why="where the caller's own roles reach")
    rows = context.session.scalars(statement.where(declared.model.id.in_(ids)))
    return {row.id: written.reference(row) for row in rows}


def _own(context: Context, token: int) -> ApiToken:
    statement = scope.everything(ApiToken, why="the caller's own token").where(
        ApiToken.id == token, ApiToken.user_id == context.actor.id, ApiToken.revoked_at.is_(None)
    )
    found: ApiToken | None = context.session.scalars(statement).first()
    if found is None:
        raise Refused(Kind.MISSING, Problem("not_found", "This is not a token of yours that still holds."))
    return found


def _token(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "begins_with": token.prefix,
        "limits": list(token.limits or ()),
        "expires_on": token.expires_on.isoformat() if token.expires_on else None,
        "created_at": written.instant(token.created_at),
        "used_at": written.instant(token.used_at) if token.used_at else None,
        "href": f"{PREFIX}/me/tokens/{token.id}",
    }


def _new_token(content: dict[str, Any]) -> tuple[str, list[str], date]:
    name, limits, day = content.get("name"), content.get("limits", []), content.get("expires_on")
    known = ("name", "limits", "expires_on")
    problems = [
        Problem("unknown_field", f"There is no field {field[:60]}. The fields are: {', '.join(known)}.", field[:60])
        for field in content
        if field not in known
    ]
    if not isinstance(name, str):
        problems.append(Problem("required", "name: enter what will use the token, as text.", "name"))
    if not isinstance(limits, list) or len(limits) > LARGEST_LIMITS or not all(isinstance(x, str) for x in limits):
        problems.append(Problem("not_a_list", "limits: send a list of permissions such as supplier.read.", "limits"))
    try:
        expires_on = date.fromisoformat(day if isinstance(day, str) else "")
    except ValueError:
        expires_on = date.min
        problems.append(Problem("not_a_date", "expires_on: enter a day as YYYY-MM-DD.", "expires_on"))
    refuse_if(problems)
    return str(name), list(limits), expires_on
