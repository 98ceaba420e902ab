"""What payments tell invoices: what was paid of their open items, and with that how far orders are paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.problem import Kind, Problem, Refused
from app.modules.invoices import queries
from app.modules.invoices.models import Invoice, OpenItem
from app.modules.invoices.service.weighing import billed
from app.modules.orders import service as orders
from app.modules.orders.domain import amounts

_ZERO = Decimal(0)


def locked(context: Context, invoice_ids: Iterable[int]) -> dict[int, Invoice]:
    """Take invoices for the rest of the transaction, with their open items as they are now."""
    found = queries.lock_invoices(context, invoice_ids)
    for invoice in found:
        context.session.expire(invoice, ["open_items"])
    return {invoice.id: invoice for invoice in found}


def pay(context: Context, amounts_: Mapping[int, Decimal], invoice_ids: Iterable[int]) -> None:
    """Count what was paid of open items (by id), below zero what came back; their invoices and orders show it at once.

    A credit note's open item is below zero, and so is what is set off of it.
    """
    found = locked(context, invoice_ids)
    items = {item.id: item for invoice in found.values() for item in invoice.open_items}
    for item_id, amount in amounts_.items():
        _count(items.get(item_id), amount)
    for invoice in found.values():
        invoice.open_amount = sum((item.left for item in invoice.open_items), _ZERO)
        invoice.paid = amounts.share_of((item.settled, item.amount) for item in invoice.open_items)
    context.session.flush()
    tell_orders(context, (order for invoice in found.values() for order in billed(invoice)))


def _count(item: OpenItem | None, amount: Decimal) -> None:
    settled = item.settled + amount if item is not None else _ZERO
    if item is None or abs(settled) > abs(item.amount) or settled * item.amount < 0:
        words = "An invoice was paid, credited or made void in the meantime. Look at what is still open."
        raise Refused(Kind.CONFLICT, Problem("not_open", words))
    item.settled = settled


def tell_orders(context: Context, order_ids: Iterable[int]) -> None:
    """Tell orders what was paid of them in all, worked out from their posted invoices."""
    for order in orders.locked(context, set(order_ids)).values():
        lines = queries.list_billed(context, [line.id for line in order.lines], None)
        posted = {invoice.id: invoice for invoice, _ in lines if invoice.state == "posted"}
        paid = sum((_paid_of(invoice, order.id) for invoice in posted.values()), _ZERO)
        orders.note_payment(context, order, paid)


def _paid_of(invoice: Invoice, order_id: int) -> Decimal:
    """Share what was paid of an invoice out over what it bills, and give the part of one order."""
    settled = sum((item.settled for item in invoice.open_items), _ZERO)
    nets = {
        order: abs(sum((amount for _, amount in lines.values()), _ZERO)) for order, lines in billed(invoice).items()
    }
    other = abs(invoice.net_total or _ZERO) - sum(nets.values(), _ZERO)
    weights = [*nets.values(), max(other, _ZERO)]
    if not settled or not any(weights):
        return _ZERO
    shares = Money(settled, invoice.currency.code).rounded().split(weights)
    return shares[list(nets).index(order_id)].amount if order_id in nets else _ZERO
