"""What an invoice bills of an order beside its lines: deposits, what takes them off again, and freight and the like."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.kernel.actor import Context
from app.kernel.money import Money
from app.modules.invoices import queries
from app.modules.invoices.domain.billing import charge_kind
from app.modules.invoices.domain.case import Deposit
from app.modules.invoices.domain.kinds import InvoiceKind
from app.modules.invoices.models import Invoice, InvoiceLine
from app.modules.orders.models import Order

_ZERO = Decimal(0)
_NAMELESS = 3


@dataclass(frozen=True, slots=True)
class Beside:
    """What is billed of an order beside its lines, net."""

    charges: Decimal = _ZERO
    deposit: Decimal = _ZERO

    def __add__(self, other: Beside) -> Beside:
        """Add up what two invoices bill."""
        return Beside(self.charges + other.charges, self.deposit + other.deposit)


def sign_of(invoice: Invoice) -> int:
    """Say whether its amounts count for us or against us; some suppliers write credit notes below zero, some above."""
    return -1 if invoice.kind is InvoiceKind.CREDIT_NOTE and (invoice.total or _ZERO) > 0 else 1


def deposit_order(invoice: Invoice) -> Order | None:
    """Find the order that an invoice bills a deposit of, or a credit note gives a deposit back of."""
    asked = invoice.credits if invoice.kind is InvoiceKind.CREDIT_NOTE else invoice
    return asked.order if asked is not None and asked.kind is InvoiceKind.DEPOSIT else None


def bills_whole(invoice: Invoice) -> bool:
    """Say whether it bills an order as a whole and no line of it, as a deposit does and what gives one back."""
    return invoice.kind is InvoiceKind.DEPOSIT or deposit_order(invoice) is not None


def charge_of(invoice: Invoice, line: InvoiceLine) -> str:
    """Tell what kind of charge a line is that bills no order line: as the order calls it, else by its words."""
    if line.ordered is not None or line.deposit:
        return ""
    order, text = line.order or invoice.order, (line.text or "").casefold()
    for charge in order.extra_charges if order is not None and order.charges_total else ():
        if charge.text and charge.text.casefold() in text:
            return str(charge.kind.value)
    return charge_kind("", line.text or "")


def of(invoice: Invoice) -> dict[int, Beside]:
    """Tell by order what an invoice bills beside its lines, below zero for a credit note."""
    sign, order = sign_of(invoice), deposit_order(invoice)
    if order is not None:
        net = invoice.net_total
        whole = sum((line.amount or _ZERO for line in invoice.lines), _ZERO) if net is None else net
        return {order.id: Beside(deposit=sign * whole)}
    if invoice.kind is InvoiceKind.DEPOSIT:
        return {}
    charged = sum((line.amount or _ZERO for line in invoice.lines if charge_of(invoice, line)), _ZERO)
    charged += sum((each.amount for each in invoice.adjustments), _ZERO)
    return {key: Beside(charges=sign * part) for key, part in _shared(invoice, charged).items()} if charged else {}


def _shared(invoice: Invoice, charged: Decimal) -> Mapping[int, Decimal]:
    """Share charges out over the orders an invoice bills, by what it bills of them."""
    if invoice.order is not None:
        return {invoice.order.id: charged}
    nets: defaultdict[int, Decimal] = defaultdict(Decimal)
    for line in invoice.lines:
        if line.ordered is not None:
            nets[line.ordered.order_id] += abs(line.amount or _ZERO)
    if not any(nets.values()):
        return {}
    parts = Money(charged, invoice.currency.code).rounded().split(list(nets.values()))
    return {key: part.amount for key, part in zip(nets, parts, strict=True)}


def billed_before(context: Context, order: Order, but: int | None) -> list[tuple[Invoice, Beside]]:
    """List what other invoices bill of an order beside its lines, where it agrees to anything there."""
    if not order.charges_total and not order.deposit:
        return []
    found = [(each, of(each).get(order.id)) for each in queries.list_of_orders(context, [order.id], but)]
    return [(each, beside) for each, beside in found if beside is not None]


def booked(context: Context, order: Order, invoice: Invoice, *, back: bool) -> Beside:
    """Add up what is booked of an order beside its lines, with an invoice that is booked now, or taken back."""
    now = of(invoice).get(order.id, Beside()) if not back else Beside()
    posted = (each for other, each in billed_before(context, order, invoice.id) if other.state == "posted")
    return sum(posted, now) if order.charges_total or order.deposit else Beside()


def deposits_left(context: Context, invoice: Invoice, orders: Sequence[Order]) -> tuple[Deposit, ...]:
    """List the booked deposits of orders with what no other invoice has taken off and no credit note given back."""
    known = [each for each in queries.list_deposits(context, [order.id for order in orders]) if each.id != invoice.id]
    if not known:
        return ()
    taken = queries.sum_taken_off(context, [each.reference for each in known], invoice.id)
    prepaid = queries.sum_prepaid(context, [order.id for order in orders], invoice.id)
    found = []
    for each in known:
        net, gross = each.net_total or _ZERO, each.total or _ZERO
        back = sum((abs(credit.net_total or _ZERO) for credit in queries.list_credits(context, each.id)), _ZERO)
        rest = net - taken.get(each.reference, _ZERO) - back
        share = (gross * rest / net).quantize(Decimal("0.01")) if net else _ZERO
        used = min(share, prepaid.get(each.order_id or 0, _ZERO))
        prepaid[each.order_id or 0] = prepaid.get(each.order_id or 0, _ZERO) - used
        if share > used:
            left = (rest * (share - used) / share).quantize(Decimal("0.01"))
            found.append(Deposit(each.reference, each.order.number if each.order else "", left, share - used))
    return tuple(found)


def name_deposits(context: Context, invoice: Invoice, orders: Sequence[Order]) -> None:
    """Tie lines below zero to the deposit invoices they name, as the supplier or we number them, and no others."""
    lines = [line for line in invoice.lines if (line.amount or _ZERO) < 0 and line.ordered is None]
    if not lines or invoice.kind in (InvoiceKind.DEPOSIT, InvoiceKind.CREDIT_NOTE):
        return
    known = queries.list_deposits(context, [order.id for order in orders])
    for line in lines:
        stated = line.deposit or f"{line.text or ''} {invoice.stated_preceding or ''}"
        named = [each for each in known if _is_named(each, stated)]
        of_amount = [each for each in named if line.deposit or each.net_total == -(line.amount or _ZERO)]
        if len(of_amount) == 1:
            line.deposit, line.proposed = of_amount[0].reference, None


def _is_named(deposit: Invoice, text: str) -> bool:
    return any(_stands_in(number, text) for number in (deposit.reference, deposit.number, deposit.supplier_number))


def _stands_in(number: str | None, text: str) -> bool:
    """Say whether a number stands in a text by itself; one of two signs is no name."""
    if not number or len(number) < _NAMELESS:
        return number is not None and number == text
    return re.search(rf"(?<![\w-]){re.escape(number)}(?![\w-])", text, re.IGNORECASE) is not None
