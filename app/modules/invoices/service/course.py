"""How an invoice goes from hand to hand: matched, approved, posted, held, made void; orders and budgets go with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.infra import numbers
from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.problem import Problem, refuse_if
from app.kernel.resource import Series
from app.modules.approvals import service as approvals
from app.modules.approvals.service import Progress
from app.modules.budgets import service as budgets
from app.modules.directory import queries as directory
from app.modules.invoices import queries
from app.modules.invoices.domain import terms
from app.modules.invoices.domain.case import Method
from app.modules.invoices.domain.kinds import InvoiceKind, Share
from app.modules.invoices.domain.terms import Taxed
from app.modules.invoices.models import Invoice, OpenItem
from app.modules.invoices.service import beside, disputing, matching, splitting
from app.modules.invoices.service.beside import sign_of
from app.modules.invoices.service.deriving import convert
from app.modules.invoices.service.weighing import NAME, billed, case_of, holding, nothing
from app.modules.orders import service as orders
from app.modules.orders.service import Billed

POSTED = Series("INV", gapless=True)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Reached:
    """Where an invoice has come to, and who is asked."""

    state: str
    progress: Progress | None = None


def why_not_complete(context: Context, invoice: Invoice) -> list[Problem]:
    """Say what an invoice lacks before it can be held against anything."""
    wanted = (
        ("supplier", invoice.supplier, "Supplier is missing. Choose whose invoice it is."),
        ("supplier_number", invoice.supplier_number, "Supplier's number is missing. Enter it as printed."),
        ("issued_on", invoice.issued_on, "Invoice date is missing. Enter it as printed."),
        ("total", invoice.total, "Total is missing. Enter it with tax, as printed."),
        ("lines", invoice.lines or invoice.net_total, "Lines are missing. Enter at least one."),
    )
    return [Problem("required", words, name) for name, value, words in wanted if value is None]


def why_not_charged(context: Context, invoice: Invoice) -> list[Problem]:
    """Say which lines nobody pays yet."""
    return [
        Problem("required", "Cost centre is missing. Say who pays this line.", f"lines.{at}.cost_centre")
        for at, line in enumerate(invoice.lines)
        if line.amount and not splitting.payers_of(invoice, line)
    ]


def why_not_asked(context: Context, invoice: Invoice) -> list[Problem]:
    """Say that only a person can ask others to agree; a script captures, and somebody submits."""
    if asks_policy(context, invoice) and directory.find_by_account(context, context.actor.id) is None:
        return [Problem("no_person", "Without an order somebody has to agree, and only a person can ask for that.")]
    return []


def approve_matched(context: Context, invoice: Invoice) -> Reached:
    """Let a matched invoice on: what an order was approved for needs nobody, anything else goes the way of policy."""
    refuse_if([*why_not_complete(context, invoice), *why_not_charged(context, invoice), *convert(context, invoice)])
    found, standing = matching.match(context, invoice)
    if any(each.state == "open" for each in standing):
        return Reached("exception")
    if not found.asks_policy:
        return Reached("approved")
    progress = approvals.start(context, case_of(context, invoice))
    return Reached("approved" if progress.state == "approved" else "matched", progress)


def decide(context: Context, invoice: Invoice, verdict: Any, comment: str) -> Reached:
    """Record one person's decision."""
    progress = approvals.decide(context, NAME, invoice, verdict, comment)
    state = {"approved": "approved", "rejected": "rejected", "returned": "matched"}.get(progress.state, "matched")
    return Reached(state, progress)


def post(context: Context, invoice: Invoice) -> None:
    """Book it: orders are billed, commitments become cost, open items are made; the number comes last of all."""
    refuse_if([*why_not_complete(context, invoice), *why_not_charged(context, invoice), *convert(context, invoice)])
    refuse_if(why_not_still_matched(context, invoice))
    invoice.posted_on = context.today
    _charge(context, invoice, holding(invoice))
    invoice.open_items = _open_items(invoice)
    _answer(context, invoice)
    invoice.open_amount, invoice.paid = sum((item.amount for item in invoice.open_items), _ZERO), Share.NONE
    numbers.take_last(context, POSTED, lambda number: setattr(invoice, "number", number), owner=invoice.entity.code)


def _answer(context: Context, invoice: Invoice) -> None:
    """Let a credit note settle what waited for one on the invoice it is for."""
    first = invoice.credits if invoice.kind is InvoiceKind.CREDIT_NOTE else None
    if first is None:
        return
    for each in queries.list_exceptions(context, first.id):
        if each.state == "waiting":
            disputing.solve(context, each, f"Credited by {invoice.reference}.")
    disputing.stand(context, first)


def why_not_still_matched(context: Context, invoice: Invoice) -> list[Problem]:
    """Say that something has changed since it was matched, such as a receipt that was taken back."""
    _, standing = matching.match(context, invoice)
    return [Problem("exception_open", f"{each.number}: {each.text}") for each in standing if each.state == "open"]


def _charge(context: Context, invoice: Invoice, cost: Any, *, back: bool = False) -> None:
    """Tell the orders what is billed of them in all, and move the money of all of them at once."""
    bills = billed(invoice)
    locked = orders.locked(context, {*bills, *beside.of(invoice)})
    held = [cost]
    for order_id, order in locked.items():
        lines = bills.get(order_id, {})
        known = {line.id: line for line in order.lines}
        sign = -1 if back else 1
        now = {
            line_id: Billed(
                known[line_id].quantity_invoiced + sign * quantity, known[line_id].amount_invoiced + sign * amount
            )
            for line_id, (quantity, amount) in lines.items()
            if line_id in known
        }
        more = beside.booked(context, order, invoice, back=back)
        orders.note_invoice(context, order, now, more.charges, more.deposit)
        held.append(orders.holding(order))
    budgets.hold(context, *held)


def _open_items(invoice: Invoice) -> list[OpenItem]:
    currency, sign = invoice.currency.code, sign_of(invoice)
    payable = invoice.payable if invoice.payable is not None else invoice.total
    total = Money(sign * (payable or _ZERO), currency).rounded()
    agreed = matching.terms_of(invoice)
    assert agreed is not None
    assert invoice.issued_on is not None
    taxed = [Taxed(Money(tax.basis or _ZERO, currency), Money(tax.amount or _ZERO, currency)) for tax in invoice.taxes]
    if sum((each.gross.amount for each in taxed), _ZERO) != total.amount:
        taxed = []  # a part was paid in advance: the discount is of what is left
    found = terms.open_items(total, agreed, invoice.issued_on, taxed)
    later = terms.due_of(found[0].due_on, invoice.stated_due_on).on if len(found) == 1 and found else None
    return [
        OpenItem(
            position=at,
            due_on=max(later, item.due_on) if later and total.amount > 0 else item.due_on,
            amount=item.amount.amount,
            settled=_ZERO,
            discount_until=item.discount.until if item.discount else None,
            discount=item.discount.total.amount if item.discount else None,
        )
        for at, item in enumerate(found)
        if item.amount
    ]


def void(context: Context, invoice: Invoice, reason: str) -> None:
    """Take a posted invoice back as a whole: its orders can be billed again, its cost is gone, its number stays."""
    _charge(context, invoice, nothing(invoice), back=True)
    invoice.open_items = []
    invoice.open_amount, invoice.voided_on, invoice.state_reason = _ZERO, context.today, reason


def why_not_void(context: Context, invoice: Invoice) -> list[Problem]:
    """Say that what was paid, or credited, stays on the books."""
    if any(item.settled for item in invoice.open_items):
        return [Problem("paid_already", "A payment points to it. Ask the supplier for a credit note instead.")]
    credits_ = queries.list_credits(context, invoice.id)
    if credits_:
        names = ", ".join(each.number or each.reference for each in credits_)
        return [Problem("credited_already", f"It is credited by {names}. Make those void first.")]
    return []


def hold_back(context: Context, invoice: Invoice, reason: str, until: date | None) -> None:
    """Pay nothing of it for now."""
    invoice.held_because, invoice.held_until, invoice.blocked = reason[:500], until, True


def let_go(context: Context, invoice: Invoice) -> None:
    """Let it be paid again."""
    invoice.held_because = invoice.held_until = None
    invoice.blocked = any(each.state in ("open", "waiting") for each in queries.list_exceptions(context, invoice.id))


def why_not_held(context: Context, invoice: Invoice) -> list[Problem]:
    """Say why it cannot be put on hold: a credit note, or paid as a whole, or on hold already."""
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return [Problem("credit_note", "A credit note is set off, not paid. There is nothing to hold.")]
    if invoice.paid is Share.ALL:
        return [Problem("paid_already", "It is paid as a whole. There is nothing to hold.")]
    if invoice.held_because is not None:
        return [Problem("held_already", f"It is on hold: {invoice.held_because}.")]
    return []


def asks_policy(context: Context, invoice: Invoice) -> bool:
    """Say whether policy decides, because no order was approved before."""
    return matching.method_of(context, invoice, matching.orders_of(invoice)) is Method.CONTRACT
