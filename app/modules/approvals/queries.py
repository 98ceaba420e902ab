"""Reads of policies, rounds and the people who may decide that have a name in the business."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import BigInteger, and_, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import selectinload

from app.infra import scope
from app.infra.identity import RoleGrant, select_holders
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.approvals.models import Approval, ApprovalPolicy, ApprovalSeat, ApprovalStep, Delegation
from app.modules.directory.models import Category, CostCentre, Entity, Person, Project
from app.modules.suppliers.models import Supplier

_ASKED = "whoever is asked about a document is found by its policy, not by what the actor may see"
_ROUND = "a document and its rounds are one"
# From how many decided rounds on there is a habit, and how far back it is looked for.
FEWEST, LATEST = 5, 100


@dataclass(frozen=True, slots=True)
class Branch:
    """A row of a tree, as far as policy asks: its code, name and owner."""

    id: int
    code: str
    name: str
    owner_id: int | None


def find_published(context: Context, document: str, entity_id: int) -> ApprovalPolicy | None:
    """Find the policy in force for a kind of document in an entity: its own, or the one for all."""
    statement = (
        scope.everything(ApprovalPolicy, why="a policy holds for everyone")
        .where(ApprovalPolicy.document == document, ApprovalPolicy.state == "published")
        .where(or_(ApprovalPolicy.entity_id == entity_id, ApprovalPolicy.entity_id.is_(None)))
        .order_by(ApprovalPolicy.entity_id.is_(None))
        .options(selectinload(ApprovalPolicy.rules), selectinload(ApprovalPolicy.conditions))
        .limit(1)
    )
    found: ApprovalPolicy | None = context.session.scalars(statement).first()
    return found


def list_in_force(context: Context, policy: ApprovalPolicy) -> list[ApprovalPolicy]:
    """List the published policies for the same documents of the same entity."""
    statement = scope.everything(ApprovalPolicy, why="one policy is in force at a time").where(
        ApprovalPolicy.document == policy.document,
        ApprovalPolicy.entity_id.is_not_distinct_from(policy.entity_id),
        ApprovalPolicy.state == "published",
        ApprovalPolicy.id != policy.id,
    )
    return list(context.session.scalars(statement))


def list_rounds(context: Context, resource: str, row_id: int) -> list[Approval]:
    """List the rounds of a document, the oldest first."""
    statement = scope.everything(Approval, why=_ROUND).where(Approval.resource == resource, Approval.row_id == row_id)
    return list(context.session.scalars(statement.order_by(Approval.revision)))


def find_current(context: Context, resource: str, row_id: int) -> Approval | None:
    """Find the newest round of a document."""
    found: Approval | None = context.session.scalars(_newest(resource, row_id)).first()
    return found


def lock_current(context: Context, resource: str, row_id: int) -> Approval | None:
    """Take the newest round of a document for the rest of the transaction, as it is now."""
    return next(iter(scope.take(context, _newest(resource, row_id))), None)


def _newest(resource: str, row_id: int) -> Any:
    statement = scope.everything(Approval, why=_ROUND).where(Approval.resource == resource, Approval.row_id == row_id)
    return statement.order_by(Approval.revision.desc()).limit(1)


def branches(context: Context, model: Any, ids: Collection[int]) -> dict[int, tuple[Branch, ...]]:
    """Give for rows of a tree all that stands from the root down to them."""
    if not ids:
        return {}
    why = "policy reads codes and owners along the tree"
    row, above = model.__table__, model.__table__.alias("above")
    on_path = func.string_to_array(func.btrim(row.c.path, "/"), "/").cast(ARRAY(BigInteger))
    statement = (
        scope.columns(row.c.id, above.c.id, above.c.code, above.c.name, above.c.owner_id, why=why)
        .join_from(row, above, above.c.id == func.any(on_path))
        .where(row.c.id.in_(ids))
        .order_by(row.c.id, func.length(above.c.path))
    )
    found: dict[int, tuple[Branch, ...]] = {}
    for row_id, *branch in context.session.execute(statement):
        found[row_id] = (*found.get(row_id, ()), Branch(*branch))
    return found


def find_supplier(context: Context, supplier_id: int | None) -> Supplier | None:
    """Find the supplier of a document."""
    if supplier_id is None:
        return None
    return scope.find(context, Supplier, supplier_id, why="policy asks about the supplier")


def find_person(context: Context, code: str) -> Person | None:
    """Find a person by their code."""
    found: Person | None = context.session.scalars(
        scope.everything(Person, why=_ASKED).where(Person.code == code)
    ).first()
    return found


def list_people(context: Context, ids: Iterable[int]) -> dict[int, Person]:
    """Give people by their ids."""
    wanted = set(ids)
    if not wanted:
        return {}
    statement = scope.everything(Person, why=_ASKED).where(Person.id.in_(wanted))
    return {person.id: person for person in context.session.scalars(statement)}


def list_holders(context: Context, role: str, entity_id: int | None, cost_centres: Collection[int]) -> list[Person]:
    """List the active people who hold a role where a document stands; without an entity, those who hold it anywhere."""
    accounts = select(RoleGrant.user_id).join(Role, RoleGrant.role_id == Role.id).where(Role.name == role)
    if entity_id is not None:
        accounts = accounts.where(or_(RoleGrant.entity_id == entity_id, RoleGrant.entity_id.is_(None)))
        accounts = accounts.where(or_(RoleGrant.cost_centre_id.in_(cost_centres), RoleGrant.cost_centre_id.is_(None)))
    statement = scope.everything(Person, why=_ASKED).where(Person.user_id.in_(accounts), Person.state == "active")
    return list(context.session.scalars(statement.order_by(Person.last_name, Person.first_name, Person.id)))


def list_able(context: Context, resource: str, accounts: Collection[int]) -> set[int]:
    """Tell which accounts hold the right to approve such documents anywhere; all, where no such right is declared."""
    declared = next((each for each in registry if each.name == resource), None)
    if declared is None or declared.command("approve") is None:
        return set(accounts)
    able = select_holders(resource, "approve").where(RoleGrant.user_id.in_(accounts))
    return set(context.session.scalars(able))


def role_exists(context: Context, name: str) -> bool:
    """Say whether there is a role of this name."""
    return context.session.scalars(select(Role.id).where(Role.name == name)).first() is not None


def unknown_codes(context: Context, resource: str, codes: Collection[str]) -> list[str]:
    """List the codes that no row of a resource has."""
    model = registry[resource].model
    statement = scope.columns(model.code, why="a condition names rows by their codes").where(model.code.in_(codes))
    known = set(context.session.scalars(statement))
    return [code for code in codes if code not in known]


def list_unowned(context: Context, model: Any) -> list[str]:
    """List the codes of open rows that have no owner, neither themselves nor above them in the tree."""
    why = "a step for owners has to find one everywhere"
    rows = list(
        context.session.execute(scope.columns(model.id, model.code, model.path, model.owner_id, model.state, why=why))
    )
    owned = {row.id for row in rows if row.owner_id is not None}
    return sorted(
        row.code
        for row in rows
        if row.state == "open" and not any(int(part) in owned for part in row.path.split("/") if part)
    )


def list_entities(context: Context, entity_id: int | None) -> list[Entity]:
    """List the open entities a policy is for."""
    statement = scope.everything(Entity, why="a policy holds for entities whoever publishes it").where(
        Entity.state == "open"
    )
    if entity_id is not None:
        statement = statement.where(Entity.id == entity_id)
    return list(context.session.scalars(statement.order_by(Entity.code)))


def count_people(context: Context) -> int:
    """Count the people who work with Outlay, up to two."""
    statement = scope.columns(Person.id, why="whether anybody else is there").where(Person.state == "active").limit(2)
    return len(context.session.execute(statement).all())


def list_owners(context: Context, model: Any) -> dict[int, str]:
    """Give the owners of open rows with the code of one row each."""
    why = "a step for owners may meet the requester as the only one"
    statement = scope.columns(model.owner_id, model.code, why=why).where(
        model.state == "open", model.owner_id.is_not(None)
    )
    return dict(context.session.execute(statement.order_by(model.code.desc())).all())


def usual_days(context: Context, policy: ApprovalPolicy) -> int | None:
    """Tell in how many days rounds under a policy and its versions before are usually decided; None without a habit.

    Half of the latest hundred were decided as fast. What nobody was asked about does not count.
    """
    versions = select(ApprovalPolicy.id).where(
        ApprovalPolicy.document == policy.document, ApprovalPolicy.entity_id.is_not_distinct_from(policy.entity_id)
    )
    span = (Approval.closed_at - Approval.opened_at).label("span")
    decided = (
        select(span)
        .where(Approval.policy_id.in_(versions), Approval.state.in_(("approved", "rejected", "returned")))
        .where(Approval.closed_at > Approval.opened_at)
        .order_by(Approval.id.desc())
        .limit(LATEST)
        .subquery()
    )
    median = func.percentile_cont(0.5).within_group(decided.c.span)
    why = "how long decisions take is told to whoever asks for one"
    count, half = context.session.execute(scope.columns(func.count(), median, why=why).select_from(decided)).one()
    return math.ceil(half / timedelta(days=1)) if count >= FEWEST else None


def list_delegations(
    context: Context, on: date, *, deputy: int | None = None, people: Iterable[int] = ()
) -> list[Delegation]:
    """List the delegations in force on a day: those to a deputy, or those of some people."""
    statement = scope.everything(Delegation, why="who stands in for whom decides who may decide").where(
        Delegation.state == "active", Delegation.from_on <= on, Delegation.to_on >= on
    )
    if deputy is not None:
        statement = statement.where(Delegation.deputy_id == deputy)
    else:
        statement = statement.where(Delegation.person_id.in_(set(people)))
    return list(context.session.scalars(statement.order_by(Delegation.id)))


def list_over(context: Context, on: date) -> list[Delegation]:
    """List the delegations whose last day has passed."""
    statement = scope.everything(Delegation, why="what has passed ends by itself")
    over = statement.where(Delegation.state == "active", Delegation.to_on < on).order_by(Delegation.id)
    return list(context.session.scalars(over))


def list_beginning(context: Context, on: date) -> list[Delegation]:
    """List the delegations in force of people who are asked something."""
    asked = select(ApprovalSeat.person_id).where(ApprovalSeat.state == "open")
    statement = scope.everything(Delegation, why="deputies see what waits for those they stand in for").where(
        Delegation.state == "active", Delegation.from_on <= on, Delegation.to_on >= on, Delegation.person_id.in_(asked)
    )
    return list(context.session.scalars(statement.order_by(Delegation.id)))


def list_asked(context: Context, people: Collection[int], *, waiting: bool = False) -> list[Approval]:
    """List the open rounds in which some people are asked now, or with `waiting` will be."""
    states = ("open", "waiting") if waiting else ("open",)
    seats = select(ApprovalSeat.approval_id).where(ApprovalSeat.person_id.in_(people), ApprovalSeat.state.in_(states))
    statement = scope.everything(Approval, why=_ASKED).where(Approval.state == "open", Approval.id.in_(seats))
    return list(
        context.session.scalars(
            statement.order_by(Approval.opened_at, Approval.id).options(
                selectinload(Approval.steps), selectinload(Approval.seats).joinedload(ApprovalSeat.person)
            )
        )
    )


def list_due(context: Context, now: datetime) -> list[int]:
    """List the rounds (ids) with a step whose time has passed."""
    statement = (
        scope.columns(ApprovalStep.approval_id, why="what is due is chased for everyone")
        .join(Approval, and_(Approval.id == ApprovalStep.approval_id, Approval.state == "open"))
        .where(ApprovalStep.state == "open", ApprovalStep.due_at <= now)
        .distinct()
    )
    return sorted(context.session.scalars(statement))


def account_name(context: Context, account: int) -> str:
    """Tell whose account it is."""
    user = context.session.get(User, account)
    return str(user.get_full_name()) if user else "Outlay"


TREES: dict[str, Any] = {"cost_centre": CostCentre, "category": Category, "project": Project}
