"""What follows from the values of an order whenever they are written: terms, prices, tax, accounts, totals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import inspect

from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.problem import Problem
from app.modules.directory import queries as directory
from app.modules.orders import queries
from app.modules.orders.domain import amounts
from app.modules.orders.domain.kinds import ChargeKind, OrderKind, ReceivedBy, Share
from app.modules.orders.models import Order, OrderCharge, OrderLine
from app.modules.requests.domain import catalogue_price, ledger_account

LUMP_SUM = "LS"
_ZERO = Decimal(0)


def derive(context: Context, order: Order) -> None:
    """Fill in what nobody types: entity, buyer, the supplier's terms, catalogue prices, accounts, amounts, totals."""
    order.state, order.revision = order.state or "draft", order.revision or 0
    order.kind = order.kind or OrderKind.STANDARD
    for name in ("received", "invoiced", "paid"):
        setattr(order, name, getattr(order, name) or Share.NONE)
    for name in ("called_off", "amount_paid", "charges_invoiced", "deposit_invoiced"):
        setattr(order, name, getattr(order, name) or _ZERO)
    order.entity = order.cost_centre.entity
    if order.buyer is None:
        order.buyer = directory.find_by_account(context, context.actor.id)
    if not context.actor.is_system:
        order.makers = sorted({*(order.makers or ()), *context.actor.hands})
    _take_terms(order)
    for line in order.lines:
        _derive_line(context, order, line)
    _tax_charges(context, order)
    add_up(order)


def _take_terms(order: Order) -> None:
    """Take the supplier's terms where none were agreed, and those of another supplier when it is exchanged."""
    supplier, changed = order.supplier, inspect(order).attrs
    is_other = changed.supplier.history.has_changes() and bool(changed.supplier.history.deleted)
    if order.payment_days is None or (is_other and not changed.payment_days.history.has_changes()):
        order.payment_days = supplier.payment_days
        order.discount_percent, order.discount_days = supplier.discount_percent, supplier.discount_days
    if not order.contact_email or (is_other and not changed.contact_email.history.has_changes()):
        known = [contact for contact in supplier.contacts if contact.email]
        main = next((contact for contact in known if contact.is_primary), next(iter(known), None))
        order.contact_email = main.email if main else None


def _derive_line(context: Context, order: Order, line: OrderLine) -> None:
    _set_zero(line)
    if line.item is not None:
        _take_from_catalogue(context, order, line)
    if line.received_by is None:
        is_lump = line.unit is not None and line.unit.code == LUMP_SUM
        line.received_by = ReceivedBy.AMOUNT if is_lump else ReceivedBy.QUANTITY
    _settle_tax(context, order, line)
    line.account = ledger_account(line.category)
    try:
        line.amount = amounts.amount_of(line, order.currency.code).amount
    except ValueError:  # how discounts are written is told with everything else that is wrong
        line.amount = _ZERO


def _set_zero(line: OrderLine) -> None:
    for name in (
        "short_closed_quantity",
        "issued_quantity",
        "quantity_received",
        "amount_received",
        "quantity_invoiced",
        "amount_invoiced",
    ):
        setattr(line, name, getattr(line, name) or _ZERO)


def _take_from_catalogue(context: Context, order: Order, line: OrderLine) -> None:
    """Take from the catalogue what nobody has typed; what was agreed with the supplier stays."""
    item: Any = line.item
    line.text = line.text or item.name
    line.unit, line.category = line.unit or item.unit, line.category or item.category
    line.tax_code = line.tax_code or item.tax_code
    price = catalogue_price(item, abs(line.quantity or Decimal(1)), context.today, order.currency.code, order.supplier)
    if price is not None:
        line.supplier_item = line.supplier_item or price.supplier_number
        line.unit_price = price.unit_price if line.unit_price is None else line.unit_price


def _tax_charges(context: Context, order: Order) -> None:
    """Tax what is charged beside the lines as the largest of them, unless somebody said otherwise."""
    largest = max(order.lines, key=lambda line: line.amount, default=None)
    for charge in order.extra_charges:
        charge.kind = charge.kind or ChargeKind.FREIGHT
        charge.tax_code = charge.tax_code or (largest.tax_code if largest else None)
        _settle_tax(context, order, charge)


def _settle_tax(context: Context, order: Order, line: OrderLine | OrderCharge) -> None:
    """Leave out domestic tax where the supplier is abroad: there the buyer owes it, or nobody does."""
    code, home = line.tax_code, order.entity.country
    if order.supplier.country == home or code is None or code.country != home or not code.rate:
        return
    line.tax_code = queries.find_reverse_charge(context, home)


def add_up(order: Order) -> None:
    """Total an order from the amounts of its lines and what is charged beside them."""
    order.charges_total = sum((charge.amount or _ZERO for charge in order.extra_charges), _ZERO)
    found = amounts.totals([*order.lines, *order.extra_charges], order.currency.code)
    order.net_total, order.tax_total, order.total = found.net.amount, found.tax.amount, found.gross.amount


def convert(context: Context, order: Order, *, anew: bool) -> list[Problem]:
    """Store the net total in the base currency with the rate, its day and its source; `anew` by the rate of today."""
    base = order.entity.base_currency
    if anew or order.rate is None or inspect(order).attrs.currency.history.has_changes():
        rate = directory.find_rate(context, order.currency.id, base.id, context.today)
        if rate is None:
            words = f"There is no exchange rate from {order.currency} to {base}. Ask a controller to enter one."
            return [Problem("no_rate", words, "currency")]
        order.rate, order.rate_on, order.rate_source = rate.rate, rate.valid_on, rate.source or None
    assert order.rate is not None
    amount = (order.ceiling or _ZERO) if order.kind is OrderKind.BLANKET else order.net_total
    order.base_total = Money(amount, order.currency.code).rounded().at(order.rate, base.code).amount
    return []
