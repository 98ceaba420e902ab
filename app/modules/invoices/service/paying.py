"""What payments tell invoices: what was paid of their open items, and with that how far orders are paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.problem import Kind, Problem, Refused
from app.modules.invoices import queries
from app.modules.invoices.models import Invoice, OpenItem
from app.modules.invoices.service import beside
from app.modules.invoices.service.beside import Beside
from app.modules.invoices.service.weighing import billed
from app.modules.orders import service as orders
from app.modules.orders.domain import amounts
from app.modules.orders.models import Order

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
    tell_orders(context, (order for invoice in found.values() for order in {**billed(invoice), **beside.of(invoice)}))


def _count(item: OpenItem | None, amount: Decimal) -> None:
    settled = item.settled + amount if item is not None else _ZERO
    if item is None or abs(settled) > abs(item.amount) or settled * item.amount < 0:
        words = "An invoice was paid, credited or made void in the meantime. Look at what is still open."
        raise Refused(Kind.CONFLICT, Problem("not_open", words))
    item.settled = settled


def tell_orders(context: Context, order_ids: Iterable[int]) -> None:
    """Tell orders what was paid of them in all, worked out from their posted invoices."""
    for order in orders.locked(context, set(order_ids)).values():
        known = queries.list_of_orders(context, [order.id], None)
        paid = sum((_paid_of(invoice, order) for invoice in known if invoice.state == "posted"), _ZERO)
        orders.note_payment(context, order, paid)


def _paid_of(invoice: Invoice, order: Order) -> Decimal:
    """Share what was paid of an invoice out over what it bills, and give the part of one order.

    Deposits are a part of what is paid for an order, and so is freight where the order agrees to any.
    """
    settled = sum((item.settled for item in invoice.open_items), _ZERO)
    lines, order_id = billed(invoice), order.id
    nets = {key: abs(sum((amount for _, amount in each.values()), _ZERO)) for key, each in lines.items()}
    more = beside.of(invoice).get(order_id, Beside())
    counted = abs(more.deposit) + (abs(more.charges) if order.charges_total else _ZERO)
    if counted:
        nets[order_id] = nets.get(order_id, _ZERO) + counted
    other = abs(invoice.net_total or _ZERO) - sum(nets.values(), _ZERO)
    weights = [*nets.values(), max(other, _ZERO)]
    if not settled or not any(weights):
        return _ZERO
    shares = Money(settled, invoice.currency.code).rounded().split(weights)
    return shares[list(nets).index(order_id)].amount if order_id in nets else _ZERO
