"""Seats of a round: rows turned into plain values and back, and everything that goes with a seat that opens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.infra import parties, scope, unit
from app.infra.audit import plain
from app.kernel.actor import Context
from app.kernel.event import Event
from app.kernel.money import Money
from app.modules.approvals import queries
from app.modules.approvals.domain import delegation, events, progress
from app.modules.approvals.domain.policy import Mode, SamePerson
from app.modules.approvals.domain.progress import Round, Seat, Step
from app.modules.approvals.models import Approval, ApprovalDecision, ApprovalSeat, ApprovalStep, Delegation
from app.modules.directory import queries as directory
from app.modules.directory.models import Person

if TYPE_CHECKING:
    from app.modules.approvals.service.planning import Plan

Coming = Mapping[int, tuple[Person, str]]


def taken(context: Context, approval_id: int) -> Approval:
    """Take a round for the rest of the transaction, with steps, seats and decisions as they are now."""
    [approval] = scope.locked(context, Approval, [approval_id], why="a round goes on whoever's act moves it")
    return _as_now(context, approval)


def taken_current(context: Context, resource: str, row_id: int) -> Approval | None:
    """Take the newest round of a document, which the caller has taken already, so that no newer one is begun."""
    approval = queries.lock_current(context, resource, row_id)
    return _as_now(context, approval) if approval else None


def _as_now(context: Context, approval: Approval) -> Approval:
    context.session.expire(approval, ["steps", "seats", "decisions"])
    for step in approval.steps:
        context.session.expire(step, ["seats"])
    return approval


def read(approval: Approval) -> Round:
    """Read the rows of a round into values."""
    steps = tuple(
        Step(
            step.stage,
            step.needed,
            tuple(Seat(seat.person_id or seat.person.id, seat.place, seat.state) for seat in of_step(approval, step)),
            step.state,
            voting=step.mode is Mode.QUORUM,
        )
        for step in approval.steps
    )
    return Round(steps, once=approval.policy.same_person is SamePerson.ONCE)


def of_step(approval: Approval, step: ApprovalStep) -> list[ApprovalSeat]:
    """List the seats of a step in their order."""
    return [seat for seat in approval.seats if seat.step is step]


def add(approval: Approval, step: ApprovalStep, person: Person, place: int, via: str) -> ApprovalSeat:
    """Put somebody on a place of a step."""
    seat = ApprovalSeat(
        position=len(approval.seats), step=step, person=person, place=place, via=via[:500], state=progress.WAITING
    )
    approval.seats.append(seat)
    return seat


def write(
    context: Context, approval: Approval, round_: Round, coming: Coming | None = None, *, ask: bool = True
) -> list[ApprovalSeat]:
    """Bring the rows to where the values are: open what opened, record what was carried over, end what ended.

    `coming` names people that the values have and the rows do not yet. Gives the seats that opened; with `ask` their
    people are told.
    """
    changed: list[tuple[ApprovalSeat, str]] = []
    for step, value in zip(approval.steps, round_.steps, strict=True):
        _write_step(context, step, value)
        rows = of_step(approval, step)
        for seat_value in value.seats[len(rows) :]:
            person, via = (coming or {})[seat_value.person]
            rows.append(add(approval, step, person, seat_value.place, via))
        for row, seat in zip(rows, value.seats, strict=True):
            if row.state != seat.state:
                changed.append((row, seat.state))
                row.state, row.since = seat.state, context.now if seat.state == progress.OPEN else row.since
    _record_carried(context, approval, [row for row, state in changed if state == progress.APPROVED])
    if round_.state in (progress.APPROVED, progress.REJECTED, progress.RETURNED) and approval.state == "open":
        approval.state, approval.closed_at = round_.state, context.now
    context.session.flush()
    if approval.state != "open":
        _dismiss_deputies(context, approval)
    opened = [row for row, state in changed if state == progress.OPEN]
    if opened:
        asked = _let_in(context, approval, opened)
        if ask:
            steps = tuple(dict.fromkeys(seat.step.label for seat in opened))
            announce(context, approval, events.Asked(asked, about(approval), steps))
    return opened


def close(context: Context, approval: Approval, state: str, reason: str = "") -> None:
    """End a round from outside; nobody is asked any more."""
    ended = progress.decide_nothing(read(approval))
    write(context, approval, ended)
    approval.state, approval.state_reason = state, reason.strip()[:500] or None
    approval.closed_at = approval.closed_at or context.now
    _dismiss_deputies(context, approval)
    context.session.flush()


def is_excluded(approval: Approval, person: Person) -> bool:
    """Say whether somebody may not decide, because they asked or take part in it."""
    return person.id in approval.excluded


def seat_for(context: Context, approval: Approval, person: Person) -> ApprovalSeat | None:
    """Find the seat from which somebody decides: their own, else that of somebody they stand in for today."""
    if is_excluded(approval, person):
        return None
    live = [seat for seat in approval.seats if seat.state == progress.OPEN and seat.step.state == progress.OPEN]
    live.sort(key=lambda seat: (seat.step.stage, seat.step.position, seat.position))
    own = next((seat for seat in live if seat.person_id == person.id), None)
    if own is not None:
        return own
    lent = {
        each.person_id
        for each in queries.list_delegations(context, context.today, deputy=person.id)
        if covers(context, each, approval)
    }
    return next((seat for seat in live if seat.person_id in lent and seat.step.delegable), None)


def covers(context: Context, row: Delegation, approval: Approval) -> bool:
    """Say whether a delegation holds for a document today; the limit is in the currency of the person's entity."""
    amount = approval.amount
    if row.most_amount is not None:
        own = row.person.entity.base_currency if row.person and row.person.entity else approval.currency
        rate = directory.find_rate(context, approval.currency_id, own.id, context.today)
        if rate is None:
            return False
        amount = Money(amount, approval.currency.code).at(rate.rate, own.code).amount
    value = delegation.Delegation(
        row.person_id or 0, row.deputy_id, row.from_on, row.to_on, row.document, row.entity_id, row.most_amount
    )
    return value.covers(on=context.today, document=approval.resource, entity=approval.entity_id, amount=amount)


def deputies(context: Context, approval: Approval, people: Iterable[int]) -> list[Delegation]:
    """List who stands in for some people with this document today; never somebody who asked for it."""
    known = queries.list_delegations(context, context.today, people=people)
    return [each for each in known if not is_excluded(approval, each.deputy) and covers(context, each, approval)]


def about(approval: Approval) -> dict[str, Any]:
    """Name the document in an announcement."""
    return {
        "resource": approval.resource,
        "key": approval.document_key,
        "title": approval.title,
        "amount": plain(approval.amount),
        "currency": approval.currency.code,
        "requester": str(approval.requester),
    }


def announce(context: Context, approval: Approval, event: Event) -> None:
    """Announce something about a round."""
    unit.announce(context, approval, event)


def announce_decision(
    context: Context, approval: Approval, seat: ApprovalSeat, person: Person, verdict: str, comment: str
) -> None:
    """Tell the requester what somebody decided."""
    accounts, document = (approval.requester.user_id,), about(approval)
    if verdict == progress.RETURN:
        announce(context, approval, events.Returned(accounts, document, seat.step.label, str(person), comment))
        return
    lent = None if seat.person_id == person.id else str(seat.person)
    announce(
        context,
        approval,
        events.Decided(accounts, document, seat.step.label, verdict, approval.state, str(person), lent, comment),
    )


def announce_told(context: Context, approval: Approval, plan: Plan) -> None:
    """Tell those whom a rule wants to know."""
    for finding, chosen in plan.told:
        accounts = tuple(dict.fromkeys(each.person.user_id for each in chosen))
        if accounts:
            announce(context, approval, events.Informed(accounts, about(approval), finding.reason))


def accounts_of(context: Context, approval: Approval, opened: list[ApprovalSeat]) -> tuple[int, ...]:
    """List the accounts of people and of their deputies."""
    return tuple(dict.fromkeys(account for account, _ in _parts_of(context, approval, opened)))


def _write_step(context: Context, step: ApprovalStep, value: Step) -> None:
    if step.state != progress.OPEN and value.state == progress.OPEN:
        step.opened_at = context.now
        step.due_at = None if step.due_days is None else context.now + timedelta(days=step.due_days)
    if step.state != value.state:
        step.state = value.state


def _record_carried(context: Context, approval: Approval, agreed: list[ApprovalSeat]) -> None:
    """Record a yes that counted in a further step because the same person had given it before."""
    recorded = {(each.step, (each.for_person or each.person).id) for each in approval.decisions}
    for seat in agreed:
        if (seat.step, seat.person_id) in recorded:
            continue
        approval.decisions.append(
            ApprovalDecision(
                position=len(approval.decisions),
                step=seat.step,
                person=seat.person,
                verdict=progress.APPROVE,
                comment="Asked once: said yes in an earlier step",
                at=context.now,
                channel="policy",
                content_hash=approval.content_hash,
            )
        )


def _let_in(context: Context, approval: Approval, opened: list[ApprovalSeat]) -> tuple[int, ...]:
    """Let those who are asked, and their deputies, see the document and its round; give their accounts."""
    people = _parts_of(context, approval, opened)
    parties.enter(context, _seen(approval), people)
    return tuple(dict.fromkeys(account for account, _ in people))


def _parts_of(context: Context, approval: Approval, opened: list[ApprovalSeat]) -> list[tuple[int, str]]:
    lent = deputies(context, approval, [seat.person_id for seat in opened if seat.step.delegable])
    return [
        *((seat.person.user_id, "approver") for seat in opened),
        *((each.deputy.user_id, "deputy") for each in lent),
    ]


def _dismiss_deputies(context: Context, approval: Approval) -> None:
    """Let deputies see no longer what is decided; who decided in somebody's place keeps the sight of it as an approver."""
    parties.dismiss(context, _seen(approval), "deputy")


def enter(context: Context, approval: Approval, account: int, part: str) -> None:
    """Let an account take part in a document and in its round."""
    parties.enter(context, _seen(approval), [(account, part)])


def _seen(approval: Approval) -> list[parties.Document]:
    """Name what those who take part in a round see: the document, and the round itself."""
    return [(approval.resource, approval.row_id), ("approval", approval.id)]
