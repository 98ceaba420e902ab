"""What is done with entities, cost centres, categories, projects and people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from app.infra import identity
from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event, told_once
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.modules.directory import domain, queries, service
from app.modules.directory.domain import Place
from app.modules.directory.models import Category, CostCentre, Entity, Location, Person, Project
from app.modules.directory.service import NO_PASSWORD

Closable = Entity | Location | CostCentre | Category | Project
# Roles are given in any state but the last, and change none.
STAYING = ("invited -> invited", "active -> active", "suspended -> suspended")


@dataclass(frozen=True)
class Closed(Event):
    """Nothing new is charged to it any more."""

    code: str


@dataclass(frozen=True)
class Reopened(Event):
    """It may be used again."""

    code: str


@dataclass(frozen=True)
class Invited(Event):
    """Someone is to be told how to set a first password; only who invites learns the link."""

    code: str
    link: str = told_once()


@dataclass(frozen=True)
class Activated(Event):
    """Someone set a password and works with Outlay from now on."""

    code: str


@dataclass(frozen=True)
class Suspended(Event):
    """Someone may not sign in until reinstated."""

    code: str
    reason: str


@dataclass(frozen=True)
class Reinstated(Event):
    """Someone who was suspended may sign in again."""

    code: str


@dataclass(frozen=True)
class Left(Event):
    """Someone left for good; `successor` took over what they answered for."""

    code: str
    successor: str | None
    handed_over: int


@dataclass(frozen=True)
class Erased(Event):
    """Nothing says any more who this person was; what they did stays under a number."""

    number: int


@dataclass(frozen=True)
class RoleGranted(Event):
    """Someone was given a role."""

    code: str
    role: str
    entity: str | None
    cost_centre: str | None


@dataclass(frozen=True)
class RoleRevoked(Event):
    """A role was taken from someone."""

    code: str
    role: str
    entity: str | None
    cost_centre: str | None


@command("Close", moves=["open -> closed"], guard=domain.why_not_closable)
def close(context: Context, row: Closable) -> Closed:
    """Stop using it for anything new; what refers to it stays as it is. Close its parts first."""
    return Closed(row.code)


@command("Reopen", moves=["closed -> open"], guard=domain.why_not_reopenable)
def reopen(context: Context, row: Closable) -> Reopened:
    """Use it again for new documents."""
    return Reopened(row.code)


@command("Invite", moves=["invited -> invited"])
def invite(context: Context, person: Person) -> Invited:
    """Make a link with which the person sets a first password; it is shown once, and an earlier one stops working."""
    return Invited(person.code, f"/invitation/{identity.invite(context, person.user_id)}")


def why_not_activatable(context: Context, person: Person) -> list[Problem]:
    """Say that the first password is the person's own to set."""
    if person.user.password == NO_PASSWORD:
        return [Problem("no_password", f"{person} has not set a password yet. Invite them again.")]
    return []


@command("Activate", moves=["invited -> active"], guard=why_not_activatable)
def activate(context: Context, person: Person) -> Activated:
    """Let the person sign in. This happens by itself when they set their first password."""
    person.user.active = True
    return Activated(person.code)


@command("Suspend", moves=["invited | active -> suspended"], guard=domain.why_not_self)
def suspend(context: Context, person: Person, *, reason: Annotated[str, Ask("Reason", long=True)]) -> Suspended:
    """Keep the person out until they are reinstated; their sessions and tokens end at once."""
    person.user.active = False
    person.state_reason = reason
    identity.revoke_all(context, person.user_id)
    return Suspended(person.code, reason)


@command("Reinstate", moves=["suspended -> active | invited"], guard=domain.why_not_self)
def reinstate(context: Context, person: Person) -> Reinstated:
    """Let a suspended person sign in again, with the roles they had."""
    has_password = person.user.password != NO_PASSWORD
    person.state = "active" if has_password else "invited"
    person.user.active = has_password
    person.state_reason = None
    return Reinstated(person.code)


@command(
    "Leave",
    moves=["invited | active | suspended -> left"],
    guard=domain.why_not_self,
    danger=True,
    confirm="{name} leaves for good: sessions, tokens and roles end, and what they own goes to the successor.",
)
def leave(
    context: Context,
    person: Person,
    *,
    successor: Annotated[Person | None, Ask(help="Takes over what the person owns and who reports to them")] = None,
) -> Left:
    """End a person's access for good, and hand cost centres, categories, projects and reports to a successor."""
    owned, reports = queries.list_owned(context, person), queries.list_reports(context, person)
    refuse_if(domain.why_not_successor(person, successor, len(owned) + len(reports)))
    for row in owned:
        row.owner = successor
    for report in reports:
        report.manager = person.manager if report is successor else successor
    for grant in queries.list_grants(context, person.user_id):
        context.session.delete(grant)
    person.user.active = False
    person.user.password = NO_PASSWORD
    identity.revoke_all(context, person.user_id)
    return Left(person.code, successor.code if successor else None, len(owned) + len(reports))


@command(
    "Erase personal data",
    moves=["left -> left"],
    guard=domain.why_not_erasable,
    step_up=True,
    danger=True,
    confirm="Nothing will tell any more who {name} was, not even the audit. What they did stays, under a number.",
)
def erase(context: Context, person: Person) -> Erased:
    """Erase who the person was, everywhere and for good; documents and books stay as they are, under a number."""
    service.erase(context, person)
    return Erased(person.id)


@command("Give role", moves=STAYING, guard=domain.why_not_self, step_up=True)
def grant(
    context: Context,
    person: Person,
    *,
    role: Annotated[str, Ask("Role", help="Such as Buyer")],
    entity: Annotated[Entity | None, Ask("Entity", help="Empty: all entities")] = None,
    cost_centre: Annotated[CostCentre | None, Ask("Cost centre", help="With all below it. Empty: all")] = None,
) -> RoleGranted:
    """Give the person a role, everywhere or for one entity and cost centre. Conflicting duties are refused."""
    found = _role(context, role)
    place = _place(entity, cost_centre)
    refuse_if(domain.why_not_in_reach(context.actor.reach("person.grant"), place), Kind.FORBIDDEN)
    held = queries.list_held(context, person.user_id)
    rights = identity.role_permissions(context.session)
    refuse_if(
        domain.why_not_role(found.name, place.entity, held)
        or domain.why_not_together(found.name, place.entity, held, rights)
    )
    if queries.find_grant(context, person.user_id, found.id, place.entity, place.cost_centre):
        raise Refused(Kind.CONFLICT, Problem("has_role", f"{person} holds this role there already.", "role"))
    context.session.add(
        identity.RoleGrant(
            user_id=person.user_id,
            role_id=found.id,
            entity_id=place.entity,
            cost_centre_id=place.cost_centre,
            granted_by=context.actor.id,
        )
    )
    return RoleGranted(person.code, found.name, _code(entity), _code(cost_centre))


@command("Revoke role", moves=STAYING, guard=domain.why_not_self)
def revoke(
    context: Context,
    person: Person,
    *,
    role: Annotated[str, Ask("Role")],
    entity: Annotated[Entity | None, Ask("Entity", help="As it was given")] = None,
    cost_centre: Annotated[CostCentre | None, Ask("Cost centre", help="As it was given")] = None,
) -> RoleRevoked:
    """Take a role from the person, for the place it was given for."""
    found = _role(context, role)
    place = _place(entity, cost_centre)
    refuse_if(domain.why_not_in_reach(context.actor.reach("person.revoke"), place), Kind.FORBIDDEN)
    held = queries.find_grant(context, person.user_id, found.id, place.entity, place.cost_centre)
    if held is None:
        raise Refused(Kind.CONFLICT, Problem("role_not_held", f"{person} does not hold this role there.", "role"))
    context.session.delete(held)
    return RoleRevoked(person.code, found.name, _code(entity), _code(cost_centre))


def _role(context: Context, name: str) -> Any:
    role = queries.find_role(context, name)
    names = queries.list_role_names(context)
    if role is None or role.name not in names:
        raise Refused(Kind.INVALID, Problem("unknown_role", f"Role: choose one of {', '.join(names)}.", "role"))
    return role


def _place(entity: Entity | None, cost_centre: CostCentre | None) -> Place:
    """Read a place; a cost centre brings its entity along."""
    if cost_centre is None:
        return Place(entity.id if entity else None)
    if entity is not None and cost_centre.entity is not entity:
        words = f"{cost_centre} belongs to {cost_centre.entity}, not to {entity}."
        raise Refused(Kind.INVALID, Problem("other_entity", words, "cost_centre"))
    return Place(entity.id if entity else None, cost_centre.id, cost_centre.path)


def _code(row: Entity | CostCentre | None) -> str | None:
    return row.code if row else None
