"""What is done with orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.modules.approvals import service as approvals
from app.modules.approvals.domain import progress
from app.modules.orders import service
from app.modules.orders.domain import rules
from app.modules.orders.domain.kinds import Answer, Channel
from app.modules.orders.models import Order, OrderLine
from app.modules.orders.service import Reached
from app.modules.requests.models import Request

Why = Annotated[str, Ask("Reason", long=True)]
WhyPerhaps = Annotated[str | None, Ask("Reason", long=True)]
Remark = Annotated[str | None, Ask("Comment", long=True)]
Note = Annotated[str | None, Ask("Note", "Kept with the revision and written into the letter", long=True)]
How = Annotated[Channel, Ask("Send")]


@dataclass(frozen=True)
class Told(Event):
    """What everybody who hears of an order needs to know; `buyer` is an account."""

    number: str
    title: str
    supplier: str
    buyer: int | None
    total: Decimal
    currency: str
    revision: int
    reason: str = ""


@dataclass(frozen=True)
class Submitted(Told):
    """It is to be decided by others."""


@dataclass(frozen=True)
class Decided(Told):
    """One person decided, and others are still to decide."""


@dataclass(frozen=True)
class Approved(Told):
    """It may go out."""


@dataclass(frozen=True)
class Rejected(Told):
    """It does not go out."""


@dataclass(frozen=True)
class Returned(Told):
    """It goes back to its buyer, who changes it and submits it again."""


@dataclass(frozen=True)
class Withdrawn(Told):
    """Its buyer took it back."""


@dataclass(frozen=True)
class Cancelled(Told):
    """It never went out and never will."""


@dataclass(frozen=True)
class Issued(Told):
    """The supplier is told of a revision; it binds from now on."""


@dataclass(frozen=True)
class Acknowledged(Told):
    """The supplier has answered."""


@dataclass(frozen=True)
class Amending(Told):
    """The next revision is being written."""


@dataclass(frozen=True)
class Abandoned(Told):
    """There is no next revision after all."""


@dataclass(frozen=True)
class ShortClosed(Told):
    """Part of it is not awaited any more."""


@dataclass(frozen=True)
class Closed(Told):
    """Nothing more is awaited."""


@dataclass(frozen=True)
class SentAgain(Told):
    """The present revision goes out once more."""


@dataclass(frozen=True)
class RequestAdded(Told):
    """It buys for one more request."""


def _tell(kind: type[Told], order: Order, reason: str = "") -> Any:
    return kind(
        number=order.number,
        title=order.summary,
        supplier=order.supplier.name,
        buyer=order.buyer.user_id if order.buyer else None,
        total=order.total,
        currency=order.currency.code,
        revision=order.revision,
        reason=reason,
    )


def why_not_decidable(context: Context, order: Order) -> list[Problem]:
    """Say why it is not the actor who decides now."""
    return approvals.why_not_decidable(context, service.NAME, order)


def why_not_cancellable(context: Context, order: Order) -> list[Problem]:
    """Say that what the supplier has is closed and not cancelled."""
    if order.revision:
        words = "The supplier has this order. Withdraw and abandon the change, then close the order."
        return [Problem("issued_already", words)]
    return []


@command("Submit", moves=["draft -> submitted | approved"], guard=service.why_not_submittable)
def submit(context: Context, order: Order) -> Submitted | Approved:
    """Ask for agreement, where requests have not been agreed to already. The money is reserved."""
    return _conclude(order, service.submit(context, order), {"approved": Approved, "submitted": Submitted})


@command("Approve", moves=["submitted -> submitted | approved"], guard=why_not_decidable)
def approve(context: Context, order: Order, *, comment: Remark = None) -> Decided | Approved:
    """Agree to the order as it stands now."""
    words = comment or ""
    reached = service.decide(context, order, progress.APPROVE, words)
    return _conclude(order, reached, {"approved": Approved, "submitted": Decided}, words)


@command("Request changes", moves=["submitted -> draft | amending"], guard=why_not_decidable)
def request_changes(context: Context, order: Order, *, reason: Why) -> Returned:
    """Send the order back and say what should be different. It can be submitted again."""
    reached = service.decide(context, order, progress.RETURN, reason)
    order.returned_reason = reason
    return _conclude(order, reached, {reached.state: Returned}, reason)


@command("Reject", moves=["submitted -> submitted | cancelled | amending"], guard=why_not_decidable, danger=True)
def reject(context: Context, order: Order, *, reason: Why) -> Decided | Rejected:
    """Say no. An order that went out before stays as its supplier knows it, and can be amended otherwise."""
    reached = service.decide(context, order, progress.REJECT, reason)
    if reached.state != "submitted":
        order.state_reason = order.returned_reason = reason
    kinds = {"submitted": Decided, "cancelled": Rejected, "amending": Rejected}
    return _conclude(order, reached, kinds, reason)


def _conclude(order: Order, reached: Reached, kinds: dict[str, type[Told]], words: str = "") -> Any:
    """Bring the order to where it has come."""
    order.state = reached.state
    return _tell(kinds[reached.state], order, words)


@command("Withdraw", moves=["submitted | approved -> draft | amending"])
def withdraw(context: Context, order: Order, *, reason: WhyPerhaps = None) -> Withdrawn:
    """Take the order back to change it; nobody is asked any more."""
    service.take_back(context, order, reason or "")
    order.state = "amending" if order.revision else "draft"
    return _tell(Withdrawn, order, reason or "")


@command("Cancel", moves=["draft | approved -> cancelled"], guard=why_not_cancellable, danger=True)
def cancel(context: Context, order: Order, *, reason: Why) -> Cancelled:
    """Let an order be that never went out. What it was for can be ordered again."""
    service.cancel(context, order, reason)
    return _tell(Cancelled, order, reason)


@command(
    "Issue",
    moves=["approved -> issued"],
    guard=service.why_not_issuable,
    confirm="Send {number} to {supplier}? It becomes binding.",
)
def issue(context: Context, order: Order, *, channel: How = Channel.EMAIL, note: Note = None) -> Issued:
    """Send the order to its supplier. Its reservation becomes a commitment."""
    service.issue(context, order, channel, note)
    return _tell(Issued, order, note or "")


@command("Acknowledge", moves=["issued -> issued"])
def acknowledge(
    context: Context,
    order: Order,
    *,
    answer: Annotated[Answer, Ask("Supplier's answer")] = Answer.ACCEPTED,
    on: Annotated[date | None, Ask("Answered on", "Empty: today")] = None,
    reference: Annotated[str | None, Ask("Supplier's number", "Of their confirmation")] = None,
    promised_for: Annotated[date | None, Ask("Promised for", "Where the supplier names another day")] = None,
) -> Acknowledged:
    """Put down what the supplier answered, and the day they promise."""
    if on is not None and on > context.today:
        raise Refused(Kind.INVALID, Problem("in_the_future", "Answered on: choose today or an earlier day.", "on"))
    order.acknowledged_on, order.acknowledged_by = on or context.today, context.actor.id
    order.acknowledged_as = answer
    order.supplier_reference = reference or order.supplier_reference
    order.promised_for = promised_for or order.promised_for
    return _tell(Acknowledged, order)


@command("Amend", moves=["issued -> amending"])
def amend(context: Context, order: Order, *, reason: Why) -> Amending:
    """Write the next revision. Until it goes out, the supplier's one holds."""
    order.amend_reason, order.returned_reason = reason, None
    return _tell(Amending, order, reason)


@command("Revise", moves=["amending -> issued | submitted | approved"], guard=service.why_not_submittable)
def revise(
    context: Context, order: Order, *, channel: How = Channel.EMAIL, note: Note = None
) -> Issued | Submitted | Approved:
    """Send the next revision to the supplier. What matters is decided first, and then issued."""
    reached = service.revise(context, order, channel, note)
    return _conclude(order, reached, {"issued": Issued, "submitted": Submitted, "approved": Approved}, note or "")


@command("Abandon change", moves=["amending -> issued"])
def abandon(context: Context, order: Order) -> Abandoned:
    """Drop the next revision. The order is again what its supplier knows."""
    service.abandon(context, order)
    return _tell(Abandoned, order)


@command("Short-close a line", moves=["issued -> issued"])
def short_close(
    context: Context,
    order: Order,
    *,
    line: Annotated[int, Ask("Line", "1 is the first")],
    reason: Why,
    quantity: Annotated[Decimal | None, Ask("Quantity", "Empty: all that is open")] = None,
) -> ShortClosed:
    """Stop waiting for what is open of a line. Its money is free, and its request can be ordered again."""
    chosen = _line_of(order, line)
    refuse_if(rules.why_not_short(chosen, quantity))
    service.give_up(context, order, [(chosen, quantity or service.left_of(chosen))], reason)
    return _tell(ShortClosed, order, reason)


def _line_of(order: Order, number: int) -> OrderLine:
    if not 1 <= number <= len(order.lines):
        words = f"Line: choose a line of the order, 1 to {len(order.lines)}."
        raise Refused(Kind.INVALID, Problem("unknown_line", words, "line"))
    return order.lines[number - 1]


@command("Close", moves=["issued -> closed"])
def close(context: Context, order: Order, *, reason: WhyPerhaps = None) -> Closed:
    """Say that nothing more is awaited. What is left of the commitment is free again."""
    service.close(context, order, reason)
    order.state_reason = reason
    return _tell(Closed, order, reason or "")


@command("Send again", moves=["issued -> issued"])
def send_again(
    context: Context, order: Order, *, address: Annotated[str | None, Ask("E-mail", "Empty: as on the order")] = None
) -> SentAgain:
    """Send the present revision by e-mail once more, or to another address."""
    chosen = (address or order.contact_email or "").strip()
    if not chosen:
        raise Refused(Kind.INVALID, Problem("no_address", "E-mail: enter where to send the order.", "address"))
    service.line_up(order, chosen)
    return _tell(SentAgain, order)


@command("Add a request", moves=["draft -> draft"])
def add_request(context: Context, order: Order, *, request: Annotated[Request, Ask("Request")]) -> RequestAdded:
    """Buy for one more approved request. The same thing for the same place becomes one line."""
    if request.state != "approved":
        words = f"{request.number} is {request.state}. Only approved requests are ordered."
        raise Refused(Kind.INVALID, Problem("request_not_approved", words, "request"))
    if not service.add(context, order, request):
        words = f"Everything of {request.number} is on orders already."
        raise Refused(Kind.INVALID, Problem("nothing_left", words, "request"))
    service.keep(context, order)
    return _tell(RequestAdded, order)
