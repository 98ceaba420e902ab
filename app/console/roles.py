"""The roles as a matrix: what each one permits, row by row of every resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder.baseviews import BaseView

from app.console import PAGE_PERMISSIONS, gate, shell, stepping_up, words
from app.console.gate import Visit
from app.console.host import page
from app.console.inputs import Input, Summary, by_field, summary
from app.console.shell import Crumb, Page
from app.infra import roles
from app.infra.fields import humanise
from app.infra.roles import Rights
from app.kernel.problem import Refused
from app.kernel.resource import Resource, registry

Check = Callable[[Mapping[str, frozenset[str]]], list[str]]
_checks: list[Check] = []
_VERBS = {
    "read": "See",
    "create": "Enter",
    "edit": "Edit",
    "export": "Export",
    "import": "Import",
    "comment": "Comment",
    "attach": "Attach files",
    "oversee": "See everyone's",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A role, as the head of a column."""

    id: int
    name: str
    people: str


@dataclass(frozen=True, slots=True)
class Right:
    """A permission, as a row, with the roles that have it."""

    permission: str
    label: str
    granted: tuple[int, ...]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The permissions of one resource."""

    label: str
    entries: tuple[Right, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The roles as their page shows them."""

    action: str
    roles: tuple[Column, ...]
    groups: tuple[Group, ...]
    editable: bool
    version: int
    conflicts: tuple[Summary, ...]
    problems: tuple[Summary, ...] = ()
    proof: tuple[Input, ...] = ()


def warn(check: Check) -> None:
    """Let a slice say which permissions one role should not hold together; it gets them by role."""
    _checks.append(check)


class RolesView(BaseView):  # type: ignore[misc]
    """The page of all roles."""

    route_base = "/roles"
    default_view = "matrix"
    template_folder = None
    class_permission_name = "role"
    method_permission_name = {"matrix": "read", "change": "edit"}

    @page("")
    def matrix(self) -> Any:
        """Show what each role permits."""
        visit = gate.visit()
        return _page(visit, roles.read(visit.context.session))

    @page("", "POST")
    def change(self) -> Any:
        """Let roles permit what is ticked, or show the matrix again as it was ticked."""
        visit = gate.visit()
        wanted, version = _sent(), request.form.get("version", "")
        known = [right for _, rights in _groups() for right in rights]
        try:
            visit = stepping_up.proved(visit)
            changed = roles.change(visit.context, wanted, known, int(version) if version.isdigit() else None)
        except Refused as refusal:
            now = roles.read(visit.context.session)
            return _page(visit, _as_ticked(now, wanted), refusal)
        flash(f"Saved: {words.joined(changed)}" if changed else "Nothing was changed", "ok")
        return redirect("/roles", 303)


def _page(visit: Visit, rights: Rights, refusal: Refused | None = None) -> Any:
    matrix = build(visit, rights, refusal)
    about = Page("Roles", (Crumb("Roles"),), width="full")
    return shell.render("roles.html", about, matrix=matrix, status=refusal.kind.value if refusal else 200)


def build(visit: Visit, rights: Rights, refusal: Refused | None = None) -> Matrix:
    """Describe the page of all roles."""
    by_name = {role.name: role.permissions for role in rights.roles}
    problems = refusal.problems if refusal else ()
    editable = visit.actor.may(roles.CHANGE)
    return Matrix(
        action="/roles",
        roles=tuple(Column(role.id, role.name, words.count(role.people, "person", "people")) for role in rights.roles),
        groups=tuple(
            Group(label, tuple(_right(rights, permission, words_) for permission, words_ in entries.items()))
            for label, entries in _groups()
        ),
        editable=editable,
        version=rights.version,
        conflicts=tuple(Summary(said) for check in _checks for said in check(by_name)),
        problems=summary(problems, (stepping_up.FIELD,)),
        proof=stepping_up.asked(visit, by_field(problems).get(stepping_up.FIELD, ())) if editable else (),
    )


def _right(rights: Rights, permission: str, label: str) -> Right:
    return Right(permission, label, tuple(role.id for role in rights.roles if permission in role.permissions))


def _groups() -> Iterator[tuple[str, dict[str, str]]]:
    """List every permission there is, by what it is about."""
    for resource in registry:
        yield resource.title[1], {resource.permission(verb): _label(resource, verb) for verb in resource.verbs}
    pages: dict[str, dict[str, str]] = {}
    for verb, name in PAGE_PERMISSIONS:
        pages.setdefault(f"{humanise(name)}s", {})[f"{name}.{verb}"] = _VERBS.get(verb, humanise(verb))
    yield from pages.items()


def _label(resource: Resource, verb: str) -> str:
    command = resource.command(verb)
    return command.label if command else _VERBS.get(verb, humanise(verb))


def _sent() -> dict[int, set[str]]:
    """Read the ticks: every role shown, with what is ticked for it."""
    wanted: dict[int, set[str]] = {int(role): set() for role in request.form.getlist("roles") if role.isdigit()}
    for tick in request.form.getlist("grant"):
        role, _, permission = tick.partition(":")
        if role.isdigit() and int(role) in wanted:
            wanted[int(role)].add(permission)
    return wanted


def _as_ticked(rights: Rights, wanted: Mapping[int, set[str]]) -> Rights:
    kept = tuple(replace(role, permissions=frozenset(wanted.get(role.id, role.permissions))) for role in rights.roles)
    return replace(rights, roles=kept)
