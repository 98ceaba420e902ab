"""Which tolerances hold for a supplier of a company: for the invoices of its orders, and for what arrives beyond them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from functools import partial

from app.kernel.actor import Context
from app.modules.directory import queries as directory
from app.modules.directory.models import Currency, Entity
from app.modules.invoices import queries
from app.modules.invoices.domain import tolerances
from app.modules.invoices.domain.tolerances import Measure
from app.modules.orders.domain import amounts
from app.modules.orders.models import Order, OrderLine
from app.modules.orders.service import OverReceipt
from app.modules.suppliers.models import Supplier

_PARTS = Decimal("0.000001")


def tolerances_of(
    context: Context, entity: Entity, supplier: Supplier | None, currency: Currency, on: date
) -> tolerances.Tolerances:
    """Gather the rows that may hold, with the rates that bring their amounts into a currency."""
    rows, rates = [], dict[str, Decimal]()
    for each in queries.list_tolerances(context, entity.id, supplier.id if supplier else None):
        code = each.currency.code if each.currency else ""
        if each.currency is not None and each.currency is not currency and code not in rates:
            found = directory.find_rate(context, each.currency.id, currency.id, on)
            if found is None:
                continue  # an amount that cannot be compared allows nothing
            rates[code] = found.rate
        rows.append(
            tolerances.Row(
                id=each.id,
                code=each.code,
                measure=each.measure,
                entity=each.entity_id,
                supplier=each.supplier_id,
                category=each.category_id,
                over_percent=each.over_percent,
                over_amount=each.over_amount,
                under_percent=each.under_percent,
                under_amount=each.under_amount,
                cap_percent=each.cap_percent,
                cap_amount=each.cap_amount,
                currency=code,
            )
        )
    return tolerances.Tolerances(tuple(rows), entity.id, supplier.id if supplier else None, currency.code, rates)


def over_receipt(context: Context, order: Order) -> Callable[[OrderLine], OverReceipt | None]:
    """Tell of the lines of an order how much more may arrive: so many percent, and so much money at the agreed price."""
    known = tolerances_of(context, order.entity, order.supplier, order.currency, context.today)
    return partial(_over_receipt, known)


def _over_receipt(known: tolerances.Tolerances, line: OrderLine) -> OverReceipt | None:
    limit = known.of(Measure.RECEIPT, queries.list_line_up(line.category)).over
    if not limit.is_given:
        return None
    most = []
    if limit.percent is not None:
        most.append(Fraction(abs(line.issued_quantity)) * Fraction(limit.percent.value) / 100)
    price = amounts.net_price(line.unit_price or Decimal(0), line.discounts)
    if limit.amount is not None and price:
        most.append(Fraction(limit.amount.value) / Fraction(price))
    if not most:
        return OverReceipt(Decimal(0))
    least = min(most)
    quantity = (Decimal(least.numerator) / Decimal(least.denominator)).quantize(_PARTS, ROUND_DOWN)
    return OverReceipt(quantity, limit.percent.value if limit.percent else None)
