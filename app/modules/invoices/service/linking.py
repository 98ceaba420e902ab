"""Which order an invoice bills, and which of its lines each line: certain links are taken, others are proposed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from app.kernel.actor import Context
from app.modules.invoices import queries
from app.modules.invoices.domain import linking as rules
from app.modules.invoices.domain.document import Line, Parsed
from app.modules.invoices.domain.kinds import InvoiceKind
from app.modules.invoices.domain.linking import Offered, Stated
from app.modules.invoices.models import Invoice, InvoiceLine
from app.modules.invoices.service.beside import bills_whole, deposit_order
from app.modules.orders.domain import amounts
from app.modules.orders.models import Order, OrderLine

_ZERO = Decimal(0)


def propose(context: Context, invoice: Invoice, parsed: Parsed) -> None:
    """Find the orders the document names, or else may bill, and link its lines to theirs."""
    named = queries.list_orders(context, _numbers(parsed), invoice.entity.id)
    if len(named) == 1:
        invoice.order = named[0]
        invoice.cost_centre = invoice.cost_centre or named[0].cost_centre
    if invoice.kind is InvoiceKind.CREDIT_NOTE and invoice.supplier is not None:
        numbers = [each.number for each in parsed.references.preceding]
        invoice.credits = queries.find_credited(context, invoice.supplier.id, invoice.entity.id, numbers)
    if bills_whole(invoice):
        invoice.order = invoice.order or deposit_order(invoice)
        return
    link_lines(context, invoice, [line for line in parsed.lines if line.counts], named)


def _numbers(parsed: Parsed) -> set[str]:
    """Gather what may be the number of an order of ours."""
    lines = (line.order for line in parsed.lines)
    stated = (parsed.references.order, parsed.references.buyer, *lines)
    return {each for each in stated if rules.names_order(each)}


def link_lines(context: Context, invoice: Invoice, stated: list[Line], named: Iterable[Order]) -> None:
    """Link lines to the orders named, or without one to what the supplier may still bill."""
    orders = list(named)
    if not orders and invoice.order is not None:
        orders = [invoice.order]
    if not orders and invoice.credits is not None and invoice.credits.order is not None:
        orders = [invoice.credits.order]
        invoice.order = invoice.credits.order
    is_named = bool(orders)
    if not orders and invoice.supplier is not None:
        orders = queries.list_open_orders(context, invoice.supplier.id, invoice.entity.id, invoice.currency.id)
    by_id = {line.id: (order, at, line) for order in orders for at, line in enumerate(order.lines, 1)}
    offered = [_offered(order, at, line) for order, at, line in by_id.values()]
    elsewhere = {order.placed_as.upper(): order.number for order in orders if order.placed_as}
    shown = [
        _stated(at, each, each_line, elsewhere)
        for at, (each, each_line) in enumerate(zip(invoice.lines, stated, strict=True), 1)
    ]
    for link in rules.link(shown, offered):
        if link.order_line is not None:
            order, at, ordered = by_id[link.order_line]
            _take(invoice.lines[link.line - 1], order, at, ordered, link, is_certain=link.is_certain and is_named)
    if invoice.order is None:
        linked = {line.order for line in invoice.lines if line.ordered is not None and line.order is not None}
        invoice.order = next(iter(linked)) if len(linked) == 1 else None


def _take(line: InvoiceLine, order: Order, at: int, ordered: OrderLine, link: rules.Link, *, is_certain: bool) -> None:
    line.confidence = link.confidence
    line.link_reason = "; ".join(reason.words for reason in link.reasons)[:300]
    if not is_certain:
        line.proposed = f"{order.number} line {at}"
        return
    line.order, line.order_line, line.ordered, line.proposed = order, at, ordered, None
    line.category = line.category or ordered.category
    line.cost_centre = line.cost_centre or ordered.cost_centre
    line.project = line.project or ordered.project


def _stated(at: int, line: InvoiceLine, said: Line, elsewhere: Mapping[str, str]) -> Stated:
    """Write a line as it is compared; an order it names by its number elsewhere is called by ours."""
    base = line.price_base or Decimal(1)
    return Stated(
        number=at,
        text=said.name or said.description,
        order=elsewhere.get(said.order.strip().upper(), said.order) if rules.names_order(said.order) else "",
        order_line=said.order_line,
        our_item=said.buyer_item,
        supplier_item=said.seller_item,
        gtin=said.standard_item.value if said.standard_item else "",
        quantity=line.quantity,
        price=Fraction(line.price) / Fraction(base) if line.price is not None else None,
        net=line.amount,
    )


def _offered(order: Order, at: int, line: OrderLine) -> Offered:
    return Offered(
        id=line.id,
        order=order.number,
        position=at,
        text=line.text or "",
        our_item=line.item.code if line.item else "",
        supplier_item=line.supplier_item or "",
        open_quantity=line.issued_quantity - line.short_closed_quantity - line.quantity_invoiced,
        price=amounts.net_price(line.unit_price or _ZERO, line.discounts),
        open_amount=line.amount - line.amount_invoiced,
    )
