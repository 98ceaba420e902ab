"""What follows when something arrives: receipts are kept, and the order learns what its receipts come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect

from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.modules.orders import service as orders
from app.modules.orders.domain import amounts
from app.modules.orders.domain.kinds import ReceivedBy
from app.modules.orders.models import Order, OrderLine
from app.modules.orders.service import Arrived, OverReceipt
from app.modules.receipts import domain, queries
from app.modules.receipts.models import Receipt, ReceiptLine
from app.modules.receipts.queries import Stayed

NAME = "receipt"
_ZERO = Decimal(0)


def keep(context: Context, receipt: Receipt) -> None:
    """Derive what nobody types: where it belongs, which lines it counts for, and what it is worth."""
    receipt.state = receipt.state or "draft"
    order = receipt.order
    refuse_if(_why_not_other_order(receipt))
    refuse_if(why_not_receiving(context, order), Kind.FORBIDDEN)
    receipt.entity, receipt.cost_centre, receipt.currency = order.entity, order.cost_centre, order.currency
    receipt.received_on = receipt.received_on or context.today
    receipt.location = receipt.location or order.deliver_to
    for line in receipt.lines:
        _name_line(line, order)
    _count(receipt)


def _why_not_other_order(receipt: Receipt) -> list[Problem]:
    changed = inspect(receipt).attrs.order.history
    if changed.has_changes() and changed.deleted:
        return [Problem("other_order", "Order: a receipt stays with its order. Enter a new one instead.", "order")]
    return []


def why_not_receiving(context: Context, order: Order) -> list[Problem]:
    """Say that deliveries are for those who receive here, and for whoever asked for what has come."""
    if context.actor.is_system or _oversees(context, order):
        return []
    if queries.takes_part(context, order.id, context.actor.id):
        return []
    return [Problem("not_yours", "You did not ask for this. Whoever did, or a receiver, confirms it.")]


def _oversees(context: Context, order: Order) -> bool:
    return any(
        entity in (None, order.entity.id) and (centre is None or f"/{centre}/" in order.cost_centre.path)
        for entity, centre in context.actor.reach("receipt.oversee").regions
    )


def _name_line(line: ReceiptLine, order: Order) -> None:
    """Let a line follow the order's line it was entered for, also when that one stands elsewhere now."""
    if line.order_line is not None and not inspect(line).attrs.line.history.has_changes():
        line.line = order.lines.index(line.order_line) + 1 if line.order_line in order.lines else line.line
        return
    line.order_line = order.lines[line.line - 1] if 1 <= (line.line or 0) <= len(order.lines) else None


def _count(receipt: Receipt) -> None:
    currency = receipt.currency.code
    worth = _ZERO
    for line in receipt.lines:
        ordered = line.order_line
        line.counted = _ZERO
        if ordered is None:
            continue
        by_amount = ordered.received_by is ReceivedBy.AMOUNT
        line.counted = domain.amount_of(line, currency) if by_amount else line.quantity or _ZERO
        worth += line.counted if by_amount else _price(ordered) * line.counted
    receipt.value = Money(worth, currency).rounded().amount


def _price(line: OrderLine) -> Decimal:
    return amounts.net_price(line.unit_price or _ZERO, line.discounts)


def why_not_receipt(context: Context, receipt: Receipt) -> list[Problem]:
    """Say what is wrong with a receipt as it stands."""
    problems = []
    if receipt.received_on is not None and receipt.received_on > context.today:
        problems.append(Problem("in_the_future", "Received on: choose today or an earlier day.", "received_on"))
    if not orders.is_binding(receipt.order):
        words = f"{receipt.order.number} is {receipt.order.state}. Only orders that suppliers have are received."
        problems.append(Problem("order_not_issued", words, "order"))
    for index, line in enumerate(receipt.lines):
        found = [*domain.why_not_line(line, receipt.order), *domain.why_not_came_with(line, receipt)]
        problems += [problem.at(f"lines.{index}") for problem in found]
    return problems if receipt.state == "draft" else []


def why_not_postable(context: Context, receipt: Receipt) -> list[Problem]:
    """Say what is missing, or that more would have arrived than was ordered and is tolerated."""
    problems = [*why_not_receiving(context, receipt.order), *why_not_receipt(context, receipt)]
    if not receipt.lines:
        problems.append(Problem("no_lines", "Nothing is in it yet. Enter a line.", "lines"))
    return problems or _why_not_counted(context, receipt)


def _why_not_counted(context: Context, receipt: Receipt) -> list[Problem]:
    problems: list[Problem] = []
    before = dict(queries.sum_counted(context, receipt.order.id, receipt.id))
    stayed = queries.list_stayed(context, receipt.order.id, receipt.id)
    over_receipt = orders.over_receipt(context, receipt.order)
    for index, line in enumerate(receipt.lines):
        ordered: Any = line.order_line
        had, counted = before.get(ordered.id, _ZERO), line.counted
        found = domain.why_not_reasoned(line, counted)
        found += _why_not_back(stayed, line) or _why_not_beyond(over_receipt, line, had)
        problems += [problem.at(f"lines.{index}") for problem in found]
        before[ordered.id] = had + counted
    return problems


def _why_not_beyond(over_receipt: Callable[[OrderLine], OverReceipt], line: ReceiptLine, had: Decimal) -> list[Problem]:
    ordered: Any = line.order_line
    if ordered.received_by is ReceivedBy.AMOUNT:
        return domain.why_not_accepted(had, line.counted, orders.amount_expected(ordered))
    return domain.why_not_arrived(line, had, line.counted, over_receipt(ordered).quantity)


def _why_not_back(stayed: dict[tuple[int, int], Stayed], line: ReceiptLine) -> list[Problem]:
    """Hold what goes back against what came with the receipt it names, earlier lines of the same return counted."""
    if line.came_with is None or line.order_line is None:
        return []
    place = (line.came_with.id, line.order_line.id)
    there = stayed.get(place, Stayed())
    stayed[place] = replace(there, back=there.back - line.counted)
    return domain.why_not_back(line, line.counted, there.left)


def _name_origins(context: Context, receipt: Receipt) -> None:
    """Say of what goes back with which receipt it had come, where only one is left that it can be."""
    stayed = queries.list_stayed(context, receipt.order.id, receipt.id)
    for line in receipt.lines:
        ordered = line.order_line
        if ordered is None or line.came_with is not None or line.counted * (ordered.issued_quantity or 1) >= 0:
            continue
        sign = 1 if ordered.issued_quantity >= 0 else -1
        origins = [of for (of, line_id), there in stayed.items() if line_id == ordered.id and there.left * sign > 0]
        if len(origins) == 1:
            line.came_with = queries.find(context, origins[0])


def post(context: Context, receipt: Receipt) -> None:
    """Count what has arrived, under the lock of the order."""
    order = _locked(context, receipt)
    _count(receipt)
    _name_origins(context, receipt)
    refuse_if(why_not_postable(context, receipt), Kind.CONFLICT)
    receipt.state, receipt.posted_at, receipt.posted_by = "posted", context.now, context.actor.id
    tell(context, order)


def undo(context: Context, receipt: Receipt) -> None:
    """Count it no longer; refused where later documents rest on it."""
    order = _locked(context, receipt)
    _refuse_returned(context, receipt)
    before = queries.sum_counted(context, order.id, receipt.id)
    for line in receipt.lines:
        ordered = line.order_line
        left = before.get(ordered.id, _ZERO) if ordered is not None else _ZERO
        if ordered is not None and left * (1 if ordered.issued_quantity >= 0 else -1) < 0:
            words = f"More of {ordered} has gone back than would then have arrived. Reverse that return first."
            raise Refused(Kind.CONFLICT, Problem("returned_since", words))
    receipt.state = "reversed"
    tell(context, order)


def _refuse_returned(context: Context, receipt: Receipt) -> None:
    """See that nothing of what came with a receipt has gone back since."""
    back = queries.list_returns(context, receipt.id)
    if back:
        words = f"What came with it went back with {', '.join(each.number for each in back)}. Reverse that first."
        raise Refused(Kind.CONFLICT, Problem("returned_since", words))


def _locked(context: Context, receipt: Receipt) -> Order:
    return orders.locked(context, [receipt.order_id])[receipt.order_id]


def rebuild(context: Context, order_id: int) -> None:
    """Work out anew what an order has received, from its receipts alone."""
    tell(context, orders.locked(context, [order_id])[order_id])


def tell(context: Context, order: Order) -> None:
    """Tell an order what all its posted receipts come to."""
    context.session.flush()
    found = queries.sum_counted(context, order.id)
    arrived = {}
    for line in order.lines:
        counted = found.get(line.id, _ZERO)
        by_amount = line.received_by is ReceivedBy.AMOUNT
        arrived[line.id] = Arrived(amount=counted) if by_amount else Arrived(quantity=counted)
    orders.note_receipt(context, order, arrived)


def left_of(context: Context, receipt: Receipt) -> list[tuple[int, OrderLine, Stayed]]:
    """List what came with a receipt and has not gone back, by the lines of its order with their numbers."""
    stayed = queries.list_stayed(context, receipt.order.id)
    found = []
    for number, line in enumerate(receipt.order.lines, 1):
        there = stayed.get((receipt.id, line.id), Stayed())
        if there.left * (1 if line.issued_quantity >= 0 else -1) > 0:
            found.append((number, line, there))
    return found


def to_credit(context: Context, order: Order) -> list[tuple[OrderLine, Decimal]]:
    """List what went back of lines that are counted, was invoiced, and is not credited yet."""
    back = queries.sum_back(context, order.id)
    found = (
        (line, min(back.get(line.id, _ZERO), line.quantity_invoiced - line.quantity_received)) for line in order.lines
    )
    return [(line, quantity) for line, quantity in found if quantity > 0]


def return_form_for(context: Context, receipt: Receipt) -> dict[str, Any]:
    """Give the raw values of a return of what came with a receipt; how much goes back is for people to say."""
    return {
        "order": receipt.order.number,
        "received_on": context.today.isoformat(),
        "location": receipt.location.code if receipt.location else "",
        "lines": [{"line": str(number), "came_with": receipt.number} for number, _, _ in left_of(context, receipt)],
    }


def form_for(context: Context, order: Order) -> dict[str, Any]:
    """Give the raw values of a new receipt with all that is still to come."""
    open_lines = orders.open_lines(order)
    return {
        "order": order.number,
        "received_on": context.today.isoformat(),
        "location": order.deliver_to.code if order.deliver_to else "",
        "lines": [_open(number, line) for number, line in enumerate(order.lines, 1) if line in open_lines],
    }


def _open(number: int, line: OrderLine) -> dict[str, str]:
    name = "amount" if line.received_by is ReceivedBy.AMOUNT else "quantity"
    return {"line": str(number), name: f"{orders.open_of(line).normalize():f}"}
