"""How an order goes from hand to hand: written, decided, sent out, amended, closed; the money goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect

from app.infra.db import uuid7
from app.kernel.actor import Context
from app.kernel.problem import Problem, refuse_if
from app.modules.approvals import service as approvals
from app.modules.approvals.domain.content import Bound, Threshold, material_changes
from app.modules.approvals.service import Progress
from app.modules.budgets import service as budgets
from app.modules.orders import queries
from app.modules.orders.domain import rules, sourcing
from app.modules.orders.domain.kinds import Channel, OrderKind, ReceivedBy
from app.modules.orders.models import Order, OrderLine, OrderSending
from app.modules.orders.service import snapshots, sources
from app.modules.orders.service.deriving import convert, derive
from app.modules.orders.service.progress import settle
from app.modules.orders.service.weighing import (
    NAME,
    case_of,
    content_of,
    has_policy,
    holding,
    is_covered,
    last_revision,
    no_reservation,
    reservation,
)
from app.modules.requests import service as requests
from app.modules.requests.models import Request

_ZERO = Decimal(0)
CLOSED = "The order was closed"
DELIVER = "orders.deliver"


@dataclass(frozen=True, slots=True)
class Reached:
    """Where an order has come to, and who is asked."""

    state: str
    progress: Progress | None = None


def keep(context: Context, order: Order) -> None:
    """Derive what follows from the values just entered, and claim of requests what the order is for."""
    removed = inspect(order).attrs.lines.history.deleted or () if inspect(order).persistent else ()
    refuse_if(rules.why_not_removed(removed))
    derive(context, order)
    sources.align(order)
    sources.take(context, order)


def why_not_order(context: Context, order: Order) -> list[Problem]:
    """Say what is wrong with an order as it stands: little in a draft, everything once it has been submitted."""
    problems = rules.why_not_written(order)
    if order.state in ("submitted", "approved") and not problems:
        problems += rules.why_not_complete(order)
    return problems


def why_not_submittable(context: Context, order: Order) -> list[Problem]:
    """Say what is missing before anybody can be asked."""
    missing = [] if order.buyer else [Problem("required", "Buyer is missing. Choose who looks after it.", "buyer")]
    found = [*missing, *why_not_order(context, order)]
    found += [] if order.state in ("submitted", "approved") else rules.why_not_complete(order)
    found += rules.why_not_valid(order, context.today)
    for index, source in enumerate(order.sources):
        if order.revision == 0:
            found += [problem.at(f"sources.{index}") for problem in sourcing.why_not_approved(source)]
    if order.blanket is not None:
        others = queries.sum_called_off(context, order.blanket.id, order.id)
        found += rules.why_not_under_ceiling(order, others)
    return found


def why_not_issuable(context: Context, order: Order) -> list[Problem]:
    """Say why an order cannot go out now."""
    return [*rules.why_not_approved_supplier(order), *rules.why_not_valid(order, context.today)]


def submit(context: Context, order: Order) -> Reached:
    """Take the rate of today, reserve what its requests have not, and ask whoever has to agree."""
    derive(context, order)
    order.submitted_at, order.returned_reason, order.state_reason = context.now, None, None
    refuse_if([*why_not_submittable(context, order), *convert(context, order, anew=True)])
    locked = sources.lock(context, order)
    return _ask(context, order, locked, None)


def _ask(context: Context, order: Order, locked: dict[int, Request], progress: Progress | None) -> Reached:
    """Reserve the increase and ask; what requests were approved for needs no one where no policy for orders says so."""
    weighed = budgets.hold(context, reservation(context, order, locked))
    if progress is None and is_covered(order) and not has_policy(context, order):
        return Reached("approved")
    progress = progress or approvals.start(context, case_of(context, order, weighed))
    return Reached("approved" if progress.state == "approved" else "submitted", progress)


def decide(context: Context, order: Order, verdict: Any, comment: str) -> Reached:
    """Record one person's decision; an order that nobody agrees to any more gives its reservation back."""
    progress = approvals.decide(context, NAME, order, verdict, comment)
    if progress.state in ("rejected", "returned"):
        budgets.hold(context, no_reservation(order))
    back = "amending" if order.revision else {"rejected": "cancelled", "returned": "draft"}.get(progress.state, "")
    state = {"approved": "approved", "open": "submitted"}.get(progress.state, back)
    if state == "cancelled":
        order.state = state
        sources.tell(context, order)
    return Reached(state, progress)


def take_back(context: Context, order: Order, reason: str) -> None:
    """End the asking for agreement, and give the reservation back."""
    approvals.withdraw(context, NAME, order.id, reason)
    budgets.hold(context, no_reservation(order))


def cancel(context: Context, order: Order, reason: str) -> None:
    """Let an order be that never went out; what it took of requests can be ordered again."""
    approvals.withdraw(context, NAME, order.id, reason)
    order.state, order.state_reason = "cancelled", reason
    sources.tell(context, order)
    budgets.hold(context, no_reservation(order))


def issue(context: Context, order: Order, channel: Channel, note: str | None) -> None:
    """Fix the next revision, turn reservations into a commitment, and line up the letter to the supplier."""
    problems = [*why_not_issuable(context, order), *_why_not_sendable(order, channel)]
    refuse_if(problems)
    order.revision += 1
    order.issued_at, order.ordered_on = context.now, order.ordered_on or context.today
    order.acknowledged_on = order.acknowledged_by = order.acknowledged_as = None
    for source in order.sources:
        source.issued_quantity = source.quantity
    for line in order.lines:
        line.issued_quantity = line.quantity or _ZERO
    locked = sources.tell(context, order)
    _call_off(context, order)
    snapshots.keep(context, order, channel, note)
    budgets.hold(context, *_of_requests(context, locked), no_reservation(order), holding(order))
    settle(order)
    if channel is Channel.EMAIL:
        line_up(order, str(order.contact_email))
    order.amend_reason = None


def _why_not_sendable(order: Order, channel: Channel) -> list[Problem]:
    if order.placed_as and order.revision == 0 and channel is not Channel.NONE:
        words = f"The supplier has it already, as {order.placed_as}. Choose “{Channel.NONE.label}”."
        return [Problem("placed_already", words, "channel")]
    if channel is Channel.EMAIL and not order.contact_email:
        words = f"{order.supplier} has no contact with an e-mail address. Enter an order e-mail, or print the order."
        return [Problem("no_address", words, "channel")]
    return []


def _call_off(context: Context, order: Order) -> None:
    """Count a call-off against its blanket order, which is locked for that; never more than its ceiling."""
    if order.blanket_id is None:
        return
    [called] = queries.lock_orders(context, [order.blanket_id])
    others = queries.sum_called_off(context, called.id, order.id)
    refuse_if([*rules.why_not_valid(order, context.today), *rules.why_not_under_ceiling(order, others)])
    called.called_off = others + order.net_total


def _of_requests(context: Context, locked: dict[int, Request]) -> list[Any]:
    return [requests.holding(context, request) for request in locked.values() if request.state == "approved"]


def line_up(order: Order, address: str) -> OrderSending:
    """Put down that the present revision is to be sent to an address."""
    sending = OrderSending(
        revision=order.revision,
        address=address,
        message_id=f"<{uuid7()}@orders.outlay>",
        position=len(order.sendings),
        state="waiting",
    )
    order.sendings.append(sending)
    return sending


def revise(context: Context, order: Order, channel: Channel, note: str | None) -> Reached:
    """Send an amended order out at once if the change is harmless, or ask for agreement first."""
    derive(context, order)
    refuse_if([*why_not_submittable(context, order), *convert(context, order, anew=False)])
    locked = sources.lock(context, order)
    current = approvals.current(context, NAME, order.id)
    if current is not None and current.state in ("open", "approved"):
        progress = approvals.reopen(context, case_of(context, order))
        reached = Reached("issued") if progress is None else _ask(context, order, locked, progress)
    elif is_material(context, order) and not (is_covered(order) and not has_policy(context, order)):
        reached = _ask(context, order, locked, None)
    else:
        reached = Reached("issued")
    if reached.state == "issued":
        issue(context, order, channel, note)
    return reached


def is_material(context: Context, order: Order) -> bool:
    """Say whether an amended order differs from what was agreed in what an approval is bound to."""
    revision = last_revision(order)
    if revision is None:
        return True
    base = order.entity.base_currency.code
    agreed = Bound(revision.agreed["content"], Decimal(revision.agreed["amount"]), base)
    now = Bound(content_of(context, order), order.base_total or _ZERO, base)
    return bool(material_changes(agreed, now, Threshold()))


def abandon(context: Context, order: Order) -> None:
    """Go back to what the supplier knows."""
    revision = last_revision(order)
    assert revision is not None
    snapshots.restore(context, order, revision)
    order.amend_reason = order.returned_reason = None
    derive(context, order)
    sources.tell(context, order)
    budgets.hold(context, no_reservation(order))


def give_up(context: Context, order: Order, lines: list[tuple[OrderLine, Decimal]], reason: str) -> None:
    """Stop waiting for quantities; the money is free again, and their requests can be ordered anew."""
    for line, quantity in lines:
        own = [source for source in order.sources if source.order_line is line]
        covered = sum((source.quantity - source.returned for source in own), _ZERO)
        surplus = line.issued_quantity - line.short_closed_quantity - covered
        sourcing.give_back(own, surplus, quantity)
        line.short_closed_quantity += quantity
        line.short_closed_reason = reason
    settle(order)
    locked = sources.tell(context, order)
    budgets.hold(context, *_of_requests(context, locked), holding(order))


def close(context: Context, order: Order, reason: str | None) -> None:
    """Give up all that is still to come, freight that was never billed included."""
    order.state = "closed"
    left = [(line, rest) for line in order.lines if (rest := left_of(line))]
    give_up(context, order, left, reason or CLOSED)


def left_of(line: OrderLine) -> Decimal:
    """Tell how much of a line has neither arrived nor been invoiced."""
    issued = line.issued_quantity
    if line.received_by is ReceivedBy.AMOUNT:
        done = max(line.amount_received, line.amount_invoiced)
        share = min(Decimal(1), done / line.amount) if line.amount else _ZERO
        return (issued * (1 - share)).quantize(Decimal("0.000001")) - line.short_closed_quantity
    done = max(line.quantity_received, line.quantity_invoiced, key=abs)
    left = issued - done - line.short_closed_quantity
    return left if (left > 0) == (issued > 0) else _ZERO


def is_blanket(order: Order) -> bool:
    """Say whether an order only agrees on what is called off later."""
    return order.kind is OrderKind.BLANKET
