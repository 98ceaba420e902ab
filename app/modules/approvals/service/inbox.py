"""What waits for somebody, in their own place or for those they stand in for."""

from __future__ import annotations

from app.kernel.actor import Context
from app.modules.approvals import queries
from app.modules.approvals.domain import progress
from app.modules.approvals.models import Approval, ApprovalSeat, Delegation
from app.modules.approvals.service import seats
from app.modules.approvals.service.cases import Waiting
from app.modules.directory import queries as directory
from app.modules.directory.models import Person


def waiting_for(context: Context, account: int) -> list[Waiting]:
    """List what waits for an account now, the oldest first; a document stands there once for each step it may decide."""
    person = directory.find_by_account(context, account)
    if person is None or person.state != "active":
        return []
    lent = queries.list_delegations(context, context.today, deputy=person.id)
    people = {person.id, *(each.person_id for each in lent if each.person_id is not None)}
    return [
        _waiting(approval, seat, person)
        for approval in queries.list_asked(context, people)
        if not seats.is_excluded(approval, person)
        for seat in approval.seats
        if seat.state == progress.OPEN and _is_theirs(context, approval, seat, person, lent)
    ]


def _is_theirs(
    context: Context, approval: Approval, seat: ApprovalSeat, person: Person, lent: list[Delegation]
) -> bool:
    """Say whether somebody may decide from a seat: it is theirs, or lent to them for such a document."""
    if seat.person_id == person.id:
        return True
    own = (each for each in lent if each.person_id == seat.person_id)
    return seat.step.delegable and any(seats.covers(context, each, approval) for each in own)


def _waiting(approval: Approval, seat: ApprovalSeat, person: Person) -> Waiting:
    return Waiting(
        approval=approval,
        step=seat.step.label,
        reason=seat.step.reason,
        since=seat.since,
        due_at=seat.step.due_at,
        person=seat.person,
        stands_in=seat.person_id != person.id,
    )
