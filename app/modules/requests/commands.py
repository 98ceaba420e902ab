"""What is done with requests."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event
from app.kernel.problem import Problem
from app.modules.approvals import service as approvals
from app.modules.approvals.domain import progress
from app.modules.approvals.service import Progress
from app.modules.requests import domain, service
from app.modules.requests.models import Request

Why = Annotated[str, Ask("Reason", long=True)]
Remark = Annotated[str | None, Ask("Comment", long=True)]
WhyPerhaps = Annotated[str | None, Ask("Reason", long=True)]


@dataclass(frozen=True)
class Told(Event):
    """What everybody who hears of a request needs to know; `requester` and `wanted_for` are accounts."""

    number: str
    title: str
    requester: int
    wanted_for: int | None
    total: Decimal
    currency: str
    reason: str = ""


@dataclass(frozen=True)
class Submitted(Told):
    """Somebody asks for it, and others are to decide."""


@dataclass(frozen=True)
class Decided(Told):
    """One person decided, and others are still to decide."""


@dataclass(frozen=True)
class Approved(Told):
    """Everybody agreed who had to; it may be bought."""


@dataclass(frozen=True)
class Rejected(Told):
    """It is not bought."""


@dataclass(frozen=True)
class Returned(Told):
    """It goes back to whoever asked, who changes it and submits it again."""


@dataclass(frozen=True)
class Withdrawn(Told):
    """Whoever asked took it back before it was decided."""


@dataclass(frozen=True)
class Cancelled(Told):
    """It was approved, and is not bought after all."""


@dataclass(frozen=True)
class Closed(Told):
    """Nothing more is ordered for it."""


@dataclass(frozen=True)
class Discarded(Told):
    """A draft was thrown away before anybody was asked."""


def _tell(kind: type[Told], request: Request, reason: str = "") -> Any:
    return kind(
        number=request.number,
        title=request.title,
        requester=request.requester.user_id,
        wanted_for=request.wanted_for.user_id if request.wanted_for else None,
        total=request.total,
        currency=request.currency.code,
        reason=reason,
    )


def why_not_decidable(context: Context, request: Request) -> list[Problem]:
    """Say why it is not the actor who decides now."""
    return approvals.why_not_decidable(context, service.NAME, request)


@command("Submit", moves=["draft -> submitted | approved"], guard=service.why_not_submittable)
def submit(context: Context, request: Request) -> Submitted | Approved:
    """Ask for agreement. The money is reserved, and whoever has to decide is told."""
    reached = service.submit(context, request)
    request.state = "approved" if reached.state == "approved" else "submitted"
    return _tell(Approved if request.state == "approved" else Submitted, request)


@command("Withdraw", moves=["submitted -> draft"], guard=domain.why_not_overseen)
def withdraw(context: Context, request: Request, *, reason: WhyPerhaps = None) -> Withdrawn:
    """Take the request back to change it or let it be; nobody is asked any more."""
    service.take_back(context, request, reason or "")
    request.state_reason = reason or None
    return _tell(Withdrawn, request, reason or "")


@command("Approve", moves=["submitted -> submitted | approved"], guard=why_not_decidable)
def approve(context: Context, request: Request, *, comment: Remark = None) -> Decided | Approved:
    """Agree to what is asked for, as it stands now."""
    words = comment or ""
    return _conclude(request, service.decide(context, request, progress.APPROVE, words), words)


@command("Request changes", moves=["submitted -> draft"], guard=why_not_decidable)
def request_changes(context: Context, request: Request, *, reason: Why) -> Returned:
    """Send the request back and say what should be different. It can be submitted again."""
    service.decide(context, request, progress.RETURN, reason)
    request.returned_reason = reason
    return _tell(Returned, request, reason)


@command("Reject", moves=["submitted -> submitted | rejected"], guard=why_not_decidable, danger=True)
def reject(context: Context, request: Request, *, reason: Why) -> Decided | Rejected:
    """Say no for good. To ask for something different, request changes instead."""
    return _conclude(request, service.decide(context, request, progress.REJECT, reason), reason)


def _conclude(request: Request, reached: Progress, words: str) -> Any:
    """Bring the request to where the decision took it."""
    if reached.state == "rejected":
        request.state_reason = words
    if reached.state in ("approved", "rejected"):
        request.state = reached.state
    return _tell({"approved": Approved, "rejected": Rejected}.get(reached.state, Decided), request, words)


@command("Cancel", moves=["approved -> cancelled"], guard=domain.why_not_cancellable, danger=True)
def cancel(context: Context, request: Request, *, reason: Why) -> Cancelled:
    """Let an approved request be. What it reserved is free again."""
    service.take_back(context, request, reason)
    request.state_reason = reason
    return _tell(Cancelled, request, reason)


@command("Close", moves=["approved -> closed"], guard=domain.why_not_overseen)
def close(context: Context, request: Request) -> Closed:
    """Say that nothing more is to be ordered. What is left of the reservation is free again."""
    service.release(context, request)
    return _tell(Closed, request)


@command("Discard", moves=["draft -> cancelled"], guard=domain.why_not_overseen, danger=True)
def discard(context: Context, request: Request) -> Discarded:
    """Throw the draft away. Its number and its story stay, and nobody is asked."""
    return _tell(Discarded, request)
