"""What the page of a document says about its approval: the decision that is needed, on whom it waits, and the chain."""

from __future__ import annotations

from typing import Any

from app.console import additions, addresses
from app.console.additions import NOTHING, Addition, Band, Chain, Waiting
from app.console.gate import Visit
from app.kernel.resource import Resource
from app.modules.approvals import service
from app.modules.approvals.console import courses, inbox, items, waits
from app.modules.approvals.console.deciding import ACTS
from app.modules.approvals.console.waits import Paper
from app.modules.approvals.models import Approval, ApprovalSeat
from app.modules.approvals.service import seats
from app.modules.directory import queries as directory


def say(visit: Visit, resource: Resource, row: Any) -> Addition:
    """Say of a document where its approval stands; of everything else, nothing."""
    if resource.name not in service.kinds():
        return NOTHING
    approval = waits.current(visit, resource, row)
    if approval is None:
        return NOTHING
    paper = Paper(resource, row)
    chain = Chain("Approval", courses.steps(visit, approval), items.url_of(paper, "why"), "Why these people?")
    if approval.state != "open":
        return Addition(rail=(chain,))
    person = directory.find_by_account(visit.context, visit.actor.id)
    seat = seats.seat_for(visit.context, approval, person) if person else None
    if person is None or seat is None:
        return Addition(waiting=Waiting(courses.waiting_sentence(visit, approval)), rail=(chain,))
    band = _band(visit, paper, approval, seat, stands_in=seat.person_id != person.id)
    return Addition(band=band, rail=(chain,), taken=tuple(ACTS))


def _band(visit: Visit, paper: Paper, approval: Approval, seat: ApprovalSeat, *, stands_in: bool) -> Band:
    waited, then = courses.age_of(visit, seat).text, addresses.of_row(paper.row)
    text = " ".join(filter(None, (f"Waiting {waited}." if waited else "", courses.next_sentence(approval, seat.step))))
    actions = (*inbox.band_actions(visit, paper, then), inbox.hand_over_action(paper, then))
    return Band("Your decision is needed", courses.quality(seat, stands_in), text, actions)


additions.to_row(say)
