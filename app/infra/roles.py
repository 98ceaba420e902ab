"""What each role permits: read as a whole, changed on record, and never so that nobody could change it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.infra import audit, identity, proof, unit
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused

CHANGE = "role.edit"
_HOSTS_OWN = ("Admin", "Public")

_ROLES = text(
    "SELECT r.id, r.name, count(DISTINCT g.user_id) AS people FROM ab_role r LEFT JOIN role_grant g ON g.role_id = r.id "
    "WHERE r.name <> ALL (:own) GROUP BY r.id, r.name ORDER BY lower(r.name)"
)
_GRANTED = text(
    "SELECT pr.role_id, v.name || '.' || p.name AS permission FROM ab_permission_view_role pr "
    "JOIN ab_permission_view pv ON pv.id = pr.permission_view_id JOIN ab_permission p ON p.id = pv.permission_id "
    "JOIN ab_view_menu v ON v.id = pv.view_menu_id"
)
_GRANT = text(
    "INSERT INTO ab_permission_view_role (id, permission_view_id, role_id) "
    "SELECT nextval('ab_permission_view_role_id_seq'), pv.id, :role FROM ab_permission_view pv "
    "JOIN ab_permission p ON p.id = pv.permission_id JOIN ab_view_menu v ON v.id = pv.view_menu_id "
    "WHERE v.name || '.' || p.name = ANY (:permissions) ON CONFLICT (permission_view_id, role_id) DO NOTHING"
)
_WITHDRAW = text(
    "DELETE FROM ab_permission_view_role pr USING ab_permission_view pv, ab_permission p, ab_view_menu v "
    "WHERE pv.id = pr.permission_view_id AND p.id = pv.permission_id AND v.id = pv.view_menu_id "
    "AND pr.role_id = :role AND v.name || '.' || p.name = ANY (:permissions)"
)
_VERSION = text("SELECT version FROM access_version")


@dataclass(frozen=True, slots=True)
class Role:
    """A role, how many people hold it, and what it permits."""

    id: int
    name: str
    people: int
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rights:
    """All roles as they are at a version, which rises with every change of any of them."""

    roles: tuple[Role, ...]
    version: int


def read(session: Session) -> Rights:
    """Read what all roles permit."""
    held: dict[int, set[str]] = {}
    for role_id, permission in session.execute(_GRANTED):
        held.setdefault(role_id, set()).add(permission)
    found = session.execute(_ROLES, {"own": list(_HOSTS_OWN)})
    roles = tuple(Role(row.id, row.name, row.people, frozenset(held.get(row.id, ()))) for row in found)
    return Rights(roles, int(session.execute(_VERSION).scalar() or 0))


def change(
    context: Context, wanted: Mapping[int, Iterable[str]], known: Iterable[str], version: int | None = None
) -> list[str]:
    """Let roles permit exactly what is wanted, among the `known` permissions; give the names of the changed roles."""
    if not context.actor.may(CHANGE):
        message = "Your roles do not allow this here: edit (roles). Ask an administrator."
        raise Refused(Kind.FORBIDDEN, Problem("forbidden", message, None, {"permission": CHANGE}))
    proof.check_fresh(context, "Changing roles")
    with unit.transaction(context, CHANGE) as bound:
        identity.access_changed(bound)  # takes the version's row, so that two changes of roles follow each other
        before = read(bound.session)
        _check_version(before, version)
        asked = {role_id: frozenset(permissions) & frozenset(known) for role_id, permissions in wanted.items()}
        changed = [role for role in before.roles if role.id in asked and _differs(role, asked[role.id], known)]
        for role in changed:
            _apply(bound, role, asked[role.id], frozenset(known))
        _check_somebody_may_change(read(bound.session))
        return [role.name for role in changed]


def _differs(role: Role, asked: frozenset[str], known: Iterable[str]) -> bool:
    return role.permissions & frozenset(known) != asked


def _apply(context: Context, role: Role, asked: frozenset[str], known: frozenset[str]) -> None:
    added, removed = sorted(asked - role.permissions), sorted((role.permissions & known) - asked)
    if added:
        context.session.execute(_GRANT, {"role": role.id, "permissions": added})
    if removed:
        context.session.execute(_WITHDRAW, {"role": role.id, "permissions": removed})
    told: dict[str, Any] = {
        "before": {"permits": removed} if removed else None,
        "after": {"permits": added} if added else None,
    }
    audit.note(context, action="changed", resource="role", row_id=role.id, row_key=role.name, **told)


def _check_version(rights: Rights, version: int | None) -> None:
    # The version was raised by this very change before it was read.
    if version is not None and rights.version != version + 1:
        message = "Someone changed the roles in the meantime. Look at them as they are now and try again."
        raise Refused(Kind.STALE, Problem("changed_meanwhile", message))


def _check_somebody_may_change(rights: Rights) -> None:
    if not any(CHANGE in role.permissions and role.people for role in rights.roles):
        message = "Nobody could change roles any more. Leave Edit of Roles to a role that somebody holds."
        raise Refused(Kind.CONFLICT, Problem("last_administrator", message))
