"""What later documents tell an order, and ask of it: what arrived, was invoiced and paid, and what is still open.

Whoever calls has taken the order with `locked` and tells what its own documents come to as a whole; so telling the same
once more changes nothing, and everything can be rebuilt from facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.infra import settings
from app.infra.settings import Declared
from app.kernel.actor import Context
from app.modules.orders import queries
from app.modules.orders.domain import amounts
from app.modules.orders.domain.kinds import BINDING, ReceivedBy
from app.modules.orders.models import Order, OrderLine

_ZERO = Decimal(0)

OVER_PERCENT = settings.declare(
    Declared(
        "orders.over_receipt_percent",
        0,
        "Over-receipt in percent",
        "How much more than ordered may be received, where neither the order's line nor a tolerance says.",
        0,
        100,
    )
)


@dataclass(frozen=True, slots=True)
class Arrived:
    """What has arrived of a line in all: a quantity, or for services an amount."""

    quantity: Decimal = _ZERO
    amount: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class Billed:
    """What was invoiced of a line in all."""

    quantity: Decimal = _ZERO
    amount: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class OverReceipt:
    """How much more than ordered may arrive, as a quantity and as the percent it comes from, if it does."""

    quantity: Decimal
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LineToMatch:
    """A line of an order as invoices are held against it."""

    id: int
    number: int
    item: str | None
    supplier_item: str | None
    text: str
    unit: str | None
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    tax_percent: Decimal | None
    received_by: ReceivedBy
    quantity_received: Decimal
    amount_received: Decimal
    quantity_invoiced: Decimal
    amount_invoiced: Decimal
    short_closed_quantity: Decimal


@dataclass(frozen=True, slots=True)
class ToMatch:
    """An order as invoices are held against it."""

    id: int
    number: str
    state: str
    supplier_id: int
    entity_id: int
    currency: str
    payment_days: int | None
    discount_percent: Decimal | None
    discount_days: int | None
    net_total: Decimal
    total: Decimal
    lines: tuple[LineToMatch, ...]


#: How much more than ordered may arrive of each line of an order; nothing where no tolerance says.
Tolerance = Callable[[Context, Order], Callable[[OrderLine], OverReceipt | None]]
_tolerances: list[Tolerance] = []


def locked(context: Context, ids: Iterable[int]) -> dict[int, Order]:
    """Take orders for the rest of the transaction, with their lines as they are now."""
    return {order.id: order for order in queries.lock_orders(context, ids)}


def is_binding(order: Order) -> bool:
    """Say whether the supplier has it, so that things may arrive and be invoiced."""
    return order.revision > 0 and order.state in BINDING


def open_lines(order: Order) -> list[OrderLine]:
    """List the lines of which something is still to arrive."""
    return [line for line in order.lines if line.issued_quantity and open_of(line)]


def open_of(line: OrderLine) -> Decimal:
    """Tell what of a line is still to arrive: a quantity, or an amount for what is accepted in money."""
    if line.received_by is ReceivedBy.NOTHING:
        return _ZERO
    if line.received_by is ReceivedBy.AMOUNT:
        return amount_expected(line) - line.amount_received
    left = line.quantity_open
    return left if (left > 0) == (line.issued_quantity > 0) else _ZERO


def amount_expected(line: OrderLine) -> Decimal:
    """Tell what a line comes to without what is not delivered any more."""
    if not line.issued_quantity:
        return _ZERO
    share = (line.issued_quantity - line.short_closed_quantity) / line.issued_quantity
    return (line.amount * share).quantize(Decimal("0.0001"))


def declare_tolerance(tolerance: Tolerance) -> None:
    """Let the slice that keeps tolerances say how much more than ordered may arrive."""
    _tolerances.append(tolerance)


def over_receipt(context: Context, order: Order) -> Callable[[OrderLine], OverReceipt]:
    """Tell of the lines of an order how much more than ordered may arrive.

    As the line says, else by the tolerances, else as set for all. Of percent and quantity, or percent and amount, both
    hold: the smaller counts.
    """
    tolerances = [tolerance(context, order) for tolerance in _tolerances]

    def of(line: OrderLine) -> OverReceipt:
        if line.over_percent is None and line.over_quantity is None:
            for tolerance in tolerances:
                found = tolerance(line)
                if found is not None:
                    return found
        percent = line.over_percent
        if percent is None:
            percent = Decimal(settings.get(context.session, OVER_PERCENT.name))
        quantity = abs(line.issued_quantity) * percent / 100
        limits = [quantity] if line.over_quantity is None else [quantity, line.over_quantity]
        return OverReceipt(min(limits), percent)

    return of


def note_receipt(context: Context, order: Order, lines: Mapping[int, Arrived]) -> None:
    """Put down what has arrived in all; lines that are not named stay as they are."""
    for line in order.lines:
        if line.id in lines:
            line.quantity_received, line.amount_received = lines[line.id].quantity, lines[line.id].amount
    settle(order)


def settle(order: Order) -> None:
    """Tell in a word each how far an order is received, invoiced and paid."""
    order.received = amounts.share_of(_arrived(line) for line in order.lines)
    order.invoiced = amounts.share_of((line.amount_invoiced, amount_expected(line)) for line in order.lines)
    order.paid = amounts.share_of([(order.amount_paid, order.total)])
    charges = amounts.charges_left(order, order.charges_total)
    order.open_commitment = sum((_beyond(amount_expected(line), line) for line in order.lines), charges)
    order.received_not_invoiced = sum((_beyond(_came(line), line) for line in order.lines), _ZERO)


def _beyond(amount: Decimal, line: OrderLine) -> Decimal:
    return max(amount - line.amount_invoiced, _ZERO)


def _came(line: OrderLine) -> Decimal:
    """Tell what has come of a line is worth."""
    by_quantity = line.amount * line.quantity_received / line.issued_quantity if line.issued_quantity else _ZERO
    return max(by_quantity.quantize(Decimal("0.0001")), line.amount_received)


def _arrived(line: OrderLine) -> tuple[Decimal, Decimal]:
    if line.received_by is ReceivedBy.NOTHING:
        return _ZERO, _ZERO
    if line.received_by is ReceivedBy.AMOUNT:
        return line.amount_received, amount_expected(line)
    return line.quantity_received, line.issued_quantity - line.short_closed_quantity


def note_invoice(
    context: Context, order: Order, lines: Mapping[int, Billed], charges: Decimal, deposit: Decimal
) -> None:
    """Put down what was invoiced in all: of lines, and net of charges beside them and of deposits.

    The caller moves the money with `holding` in one go with its own.
    """
    for line in order.lines:
        if line.id in lines:
            line.quantity_invoiced, line.amount_invoiced = lines[line.id].quantity, lines[line.id].amount
    order.charges_invoiced, order.deposit_invoiced = charges, deposit
    settle(order)


def note_payment(context: Context, order: Order, amount: Decimal) -> None:
    """Put down what was paid in all, tax included."""
    order.amount_paid = amount
    settle(order)


def matching_view(order: Order) -> ToMatch:
    """Give an order in plain values, as invoices are held against it."""
    return ToMatch(
        id=order.id,
        number=order.number,
        state=order.state,
        supplier_id=order.supplier_id,
        entity_id=order.entity_id,
        currency=order.currency.code,
        payment_days=order.payment_days,
        discount_percent=order.discount_percent,
        discount_days=order.discount_days,
        net_total=order.net_total,
        total=order.total,
        lines=tuple(_to_match(number, line) for number, line in enumerate(order.lines, 1)),
    )


def _to_match(number: int, line: OrderLine) -> LineToMatch:
    return LineToMatch(
        id=line.id,
        number=number,
        item=line.item.code if line.item else None,
        supplier_item=line.supplier_item,
        text=line.text or "",
        unit=line.unit.code if line.unit else None,
        quantity=line.issued_quantity,
        unit_price=amounts.net_price(line.unit_price or _ZERO, line.discounts),
        amount=line.amount,
        tax_percent=line.tax_code.rate if line.tax_code else None,
        received_by=line.received_by or ReceivedBy.QUANTITY,
        quantity_received=line.quantity_received,
        amount_received=line.amount_received,
        quantity_invoiced=line.quantity_invoiced,
        amount_invoiced=line.amount_invoiced,
        short_closed_quantity=line.short_closed_quantity,
    )
