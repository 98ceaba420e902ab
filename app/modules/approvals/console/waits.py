"""What waits for the reader, what they sent on and what they decided, each with the document it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, distinct, func, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app.console.gate import Visit
from app.infra import identity, loading, scope
from app.kernel.resource import Resource, registry
from app.modules.approvals import service
from app.modules.approvals.models import Approval, ApprovalDecision, ApprovalSeat, Delegation
from app.modules.approvals.service import Waiting
from app.modules.directory.models import Currency, Person

_OWN = "whoever is asked, asked for it or decided knows of it"
#: What the line of a document may name, where its kind has such a thing.
NAMED = ("requester", "supplier", "currency")
MOST_DONE = 50


@dataclass(frozen=True, slots=True)
class Paper:
    """A document the reader may see, and its kind."""

    resource: Resource
    row: Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A document that waits for the reader, and the place from which they would decide: their own or a lent one."""

    paper: Paper
    approval: Approval
    seat: ApprovalSeat
    stands_in: bool


def may_open() -> bool:
    """Say whether the inbox is in somebody's menu."""
    signed_in = identity.current()
    return signed_in is not None and signed_in.actor.may("approval.read")


# Every page counts what waits: the question is put together once.
_OWN_SEATS = (
    select(func.count(distinct(ApprovalSeat.approval_id)))
    .join(Approval, Approval.id == ApprovalSeat.approval_id)
    .where(
        ApprovalSeat.person_id == Person.id,
        ApprovalSeat.state == "open",
        Approval.state == "open",
        ~Approval.excluded.bool_op("@>")(func.to_jsonb(Person.id)),
    )
    .correlate(Person)
    .scalar_subquery()
)
_LENT = (
    select(func.count())
    .select_from(Delegation)
    .where(Delegation.deputy_id == Person.id, Delegation.state == "active")
    .where(Delegation.from_on <= bindparam("today"), Delegation.to_on >= bindparam("today"))
    .correlate(Person)
    .scalar_subquery()
)
_WAITING = scope.columns(_OWN_SEATS, _LENT, why=_OWN).where(
    Person.user_id == bindparam("account"), Person.state == "active"
)


def count(visit: Visit) -> int:
    """Count the documents that wait for the reader, in one question unless somebody lent them a seat."""
    asked_by = {"account": visit.actor.id, "today": visit.context.today}
    found = visit.context.session.execute(_WAITING, asked_by).first()
    if found is None or not found[1]:
        return found[0] if found else 0
    return len(asked(visit))


def asked(visit: Visit) -> list[Asked]:
    """List what waits for the reader, each document once, the oldest first."""
    first: dict[int, Waiting] = {}
    for each in service.waiting_for(visit.context, visit.actor.id):
        known = first.get(each.approval.id)
        if known is None or (known.stands_in and not each.stands_in):
            first[each.approval.id] = each
    rounds = [each.approval for each in first.values()]
    _name_all(visit, rounds)
    papers = documents(visit, ((each.resource, each.row_id) for each in rounds))
    found = []
    for each in first.values():
        paper = papers.get((each.approval.resource, each.approval.row_id))
        if paper is not None:
            found.append(Asked(paper, each.approval, _seat(each), each.stands_in))
    return found


def sent(visit: Visit) -> list[tuple[Paper, Approval]]:
    """List the reader's own documents on which others are to decide, the oldest first."""
    statement = (
        scope.everything(Approval, why=_OWN)
        .join(Person, Person.id == Approval.requester_id)
        .where(Person.user_id == visit.actor.id, Approval.state == "open")
        .order_by(Approval.opened_at, Approval.id)
    )
    rounds = _with_course(visit, statement)
    papers = documents(visit, ((each.resource, each.row_id) for each in rounds))
    return [(papers[each.resource, each.row_id], each) for each in rounds if (each.resource, each.row_id) in papers]


def count_sent(visit: Visit) -> int:
    """Count the reader's own documents on which others are to decide."""
    statement = (
        scope.columns(func.count(), why=_OWN)
        .select_from(Approval)
        .join(Person, Person.id == Approval.requester_id)
        .where(Person.user_id == visit.actor.id, Approval.state == "open")
    )
    return int(visit.context.session.execute(statement).scalar_one())


def done(visit: Visit) -> list[tuple[Paper, Approval, ApprovalDecision]]:
    """List what the reader decided last."""
    statement = (
        scope.everything(ApprovalDecision, why=_OWN)
        .join(Person, Person.id == ApprovalDecision.person_id)
        .where(Person.user_id == visit.actor.id, ApprovalDecision.channel != "policy")
        .order_by(ApprovalDecision.at.desc(), ApprovalDecision.id.desc())
        .options(joinedload(ApprovalDecision.approval).joinedload(Approval.requester))
        .options(joinedload(ApprovalDecision.approval).joinedload(Approval.currency))
        .limit(MOST_DONE)
    )
    decisions = list(visit.context.session.scalars(statement))
    papers = documents(visit, ((each.approval.resource, each.approval.row_id) for each in decisions))
    keys = [(each.approval.resource, each.approval.row_id) for each in decisions]
    return [(papers[key], each.approval, each) for key, each in zip(keys, decisions, strict=True) if key in papers]


def current(visit: Visit, resource: Resource, row: Any) -> Approval | None:
    """Find the newest round of a document that the reader may see, with its whole course."""
    statement = (
        scope.everything(Approval, why="a document and its rounds are one")
        .where(Approval.resource == resource.name, Approval.row_id == row.id)
        .order_by(Approval.revision.desc())
        .limit(1)
    )
    return next(iter(_with_course(visit, statement)), None)


def rounds(visit: Visit, resource: Resource, row: Any) -> list[Approval]:
    """List the rounds of a document that the reader may see, the oldest first, with their course."""
    statement = scope.everything(Approval, why="a document and its rounds are one").where(
        Approval.resource == resource.name, Approval.row_id == row.id
    )
    return _with_course(visit, statement.order_by(Approval.revision))


def documents(visit: Visit, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Paper]:
    """Load documents of any kind that the reader may see, with what their lines name: one question for each kind."""
    by_kind: dict[str, set[int]] = {}
    for name, row_id in wanted:
        by_kind.setdefault(name, set()).add(row_id)
    found: dict[tuple[str, int], Paper] = {}
    for name, ids in by_kind.items():
        resource = next((each for each in registry if each.name == name), None)
        if resource is None or not visit.actor.may(resource.permission("read")):
            continue
        named = [each for each in NAMED if hasattr(resource.model, each)]
        loads = loading.single_loads(resource.model, named)
        statement = scope.select_rows(visit.context, resource).where(resource.model.id.in_(ids)).options(*loads)
        rows = visit.context.session.scalars(statement).unique()
        found |= {(name, row.id): Paper(resource, row) for row in rows}
    return found


def _seat(each: Waiting) -> ApprovalSeat:
    """Find the place that is meant: the first open one of that person in a step of that name."""
    return next(
        seat
        for seat in each.approval.seats
        if seat.state == "open" and seat.person_id == each.person.id and seat.step.label == each.step
    )


def _name_all(visit: Visit, rounds: list[Approval]) -> None:
    """Load who asked and in what they count along with all rounds at once, and let each round know its own."""
    session, found = visit.context.session, []
    for model, ids in (
        (Person, {each.requester_id for each in rounds}),
        (Currency, {each.currency_id for each in rounds}),
    ):
        statement = scope.everything(model, why=_OWN).where(model.id.in_(ids))
        found += list(session.scalars(statement)) if ids else []
    by_id = {(type(each), each.id): each for each in found}
    for each in rounds:
        set_committed_value(each, "requester", by_id[Person, each.requester_id])
        set_committed_value(each, "currency", by_id[Currency, each.currency_id])


def _with_course(visit: Visit, statement: Any) -> list[Approval]:
    seats = selectinload(Approval.seats).joinedload(ApprovalSeat.person)
    decisions = selectinload(Approval.decisions)
    courses = (
        selectinload(Approval.steps),
        seats,
        decisions.joinedload(ApprovalDecision.person),
        decisions.joinedload(ApprovalDecision.for_person),
        joinedload(Approval.requester),
        joinedload(Approval.currency),
        joinedload(Approval.policy),
    )
    return list(visit.context.session.scalars(statement.options(*courses)).unique())
