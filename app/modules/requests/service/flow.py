"""How a request goes from hand to hand: submitted, changed on its way, decided, taken back; its reservation goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect

from app.infra import unit
from app.kernel.actor import Context
from app.kernel.event import Event
from app.kernel.problem import Kind, Problem, refuse_if
from app.modules.approvals import service as approvals
from app.modules.approvals.service import Case, Progress
from app.modules.budgets import service as budgets
from app.modules.requests import domain
from app.modules.requests.models import Request
from app.modules.requests.service.deriving import convert, derive, enter_parties
from app.modules.requests.service.weighing import NAME, case_of, holding, nothing


@dataclass(frozen=True)
class Reopened(Event):
    """It was changed in a way that matters, and whoever has to agree is asked again."""

    number: str
    title: str
    revision: int
    requester: int
    total: Decimal
    currency: str


def keep(context: Context, request: Request) -> None:
    """Derive what follows from the values just entered; a change on its way goes to budgets and approvals at once."""
    if inspect(request).persistent:
        refuse_if(_why_not_changed(context, request), Kind.FORBIDDEN)
    derive(context, request)
    enter_parties(context, request)
    if request.state in domain.IN_FLIGHT:
        _carry_through(context, request)


def _why_not_changed(context: Context, request: Request) -> list[Problem]:
    """Say that it is for those who ask to change it; in a draft also for whoever looks after the cost centre."""
    if request.state in domain.IN_FLIGHT:
        return domain.why_not_asker(context, request)
    return domain.why_not_overseen(context, request)


def why_not_request(context: Context, request: Request) -> list[Problem]:
    """Say what is wrong with a request as it stands: little in a draft, everything once it has been submitted."""
    problems = [*domain.why_not_written(request), *domain.why_not_for(request)]
    if request.state in domain.IN_FLIGHT and not problems:
        problems += domain.why_not_complete(request)
    return problems


def why_not_submittable(context: Context, request: Request) -> list[Problem]:
    """Say what is missing before anybody can be asked."""
    problems = [*domain.why_not_overseen(context, request), *why_not_request(context, request)]
    return [*problems, *domain.why_not_complete(request), *domain.why_not_in_time(request, context.today)]


def submit(context: Context, request: Request) -> Progress:
    """Take the prices and the rate of today, reserve the money, and ask whoever has to agree."""
    derive(context, request)
    if request.submitted_at is not None:
        request.revision += 1
    request.submitted_at, request.returned_reason, request.state_reason = context.now, None, None
    refuse_if([*why_not_submittable(context, request), *convert(context, request, anew=True)])
    intent = budgets.intend(context, holding(context, request))
    progress = approvals.start(context, case_of(context, request, intent.weighed))
    # Taken last: a budget of the whole entity is everybody's, and who waits for it waits for little.
    if budgets.fulfil(context, intent).verdicts != intent.weighed.verdicts:
        raise unit.Overtaken
    return progress


def _reserved(context: Context, request: Request) -> Case:
    """Reserve what the request takes, and lay it out for policy as it stands to the budget then."""
    return case_of(context, request, budgets.hold(context, holding(context, request)))


def _carry_through(context: Context, request: Request) -> None:
    """Reserve what a changed request takes now, and ask again unless the change is harmless."""
    refuse_if([*why_not_request(context, request), *convert(context, request, anew=False)])
    progress = approvals.reopen(context, _reserved(context, request))
    if progress is None:
        return
    request.revision += 1
    request.state = "approved" if progress.state == "approved" else "submitted"
    unit.announce(context, request, _reopened(request))


def _reopened(request: Request) -> Reopened:
    asker = request.requester.user_id
    return Reopened(request.number, request.title, request.revision, asker, request.total, request.currency.code)


def decide(context: Context, request: Request, verdict: Any, comment: str) -> Progress:
    """Record one person's decision; a request that nobody agrees to any more gives its reservation back."""
    progress = approvals.decide(context, NAME, request, verdict, comment)
    if progress.state in ("rejected", "returned"):
        release(context, request)
    return progress


def release(context: Context, request: Request) -> None:
    """Give back what the request reserved."""
    budgets.hold(context, nothing(request))


def take_back(context: Context, request: Request, reason: str) -> None:
    """End the asking for agreement, and give the reservation back."""
    approvals.withdraw(context, NAME, request.id, reason)
    release(context, request)
