"""What follows from the values of an invoice whenever they are written: what it bills, how it is found, what it may not change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import inspect

from app.infra import crypto
from app.kernel.actor import Context
from app.kernel.days import written
from app.kernel.money import Money
from app.kernel.problem import Kind, Problem, refuse_if
from app.modules.approvals import service as approvals
from app.modules.directory import queries as directory
from app.modules.invoices.domain import duplicates
from app.modules.invoices.domain.kinds import Channel, Format, InvoiceKind, Judged, Share
from app.modules.invoices.models import Invoice, InvoiceLine
from app.modules.invoices.service import splitting
from app.modules.invoices.service.beside import bills_whole
from app.modules.suppliers.domain import banking

_ZERO = Decimal(0)
#: What an e-invoice states, and nobody changes here: a difference is shown and tolerated or not, never mended.
STATED = (
    "kind", "supplier_number", "currency", "issued_on", "delivered_on", "stated_due_on", "lines_total", "allowances",
    "charges", "net_total", "tax_total", "total", "prepaid", "rounding", "payable", "account",
)  # fmt: skip
STATED_LINE = (
    "text",
    "item",
    "quantity",
    "unit",
    "price",
    "price_base",
    "reduction",
    "amount",
    "tax_category",
    "tax_rate",
)


def keep(context: Context, invoice: Invoice) -> None:
    """Derive what follows from the values just entered; what is asked about stays as it is until it is taken back."""
    if inspect(invoice).persistent:
        refuse_if(why_not_free(context, invoice), Kind.CONFLICT)
    _set_defaults(context, invoice)
    if not context.actor.is_system:
        invoice.makers = sorted({*(invoice.makers or ()), *context.actor.hands})
    invoice.account = banking.compact(invoice.account)
    invoice.account_fingerprint = fingerprint(invoice.account)
    invoice.number_keys = sorted(duplicates.keys(invoice.supplier_number or "", invoice.issued_on))
    for line in invoice.lines:
        _derive_line(invoice, line)
    if invoice.format is Format.HAND or invoice.format is Format.PDF:
        _add_up(invoice)
    splitting.follow(invoice)


def why_not_free(context: Context, invoice: Invoice) -> list[Problem]:
    """Say that somebody is asked about it already."""
    current = approvals.current(context, "invoice", invoice.id)
    if current is not None and current.state == "open":
        return [Problem("already_asked", "It waits for a decision. Withdraw it first.")]
    return []


def _set_defaults(context: Context, invoice: Invoice) -> None:
    invoice.state, invoice.kind = invoice.state or "captured", invoice.kind or InvoiceKind.INVOICE
    invoice.channel, invoice.format = invoice.channel or Channel.HAND, invoice.format or Format.HAND
    invoice.judged, invoice.paid = invoice.judged or Judged.UNCHECKED, invoice.paid or Share.NONE
    invoice.received_on = invoice.received_on or context.today
    invoice.open_amount = invoice.open_amount or _ZERO
    invoice.findings, invoice.parsed, invoice.recognition = (
        invoice.findings or [],
        invoice.parsed or {},
        invoice.recognition or {},
    )
    invoice.makers, invoice.number_keys = invoice.makers or [], invoice.number_keys or []
    if invoice.order is not None:
        invoice.supplier = invoice.supplier or invoice.order.supplier
        invoice.cost_centre = invoice.cost_centre or invoice.order.cost_centre


def fingerprint(stated: str | None) -> str | None:
    """Give what an account is found by among those of suppliers, without anybody reading it."""
    account = banking.compact(stated)
    if not account:
        return None
    country = account[:2] if banking.is_iban(account) else None
    name = banking.identify(country, account if country else None, None, None if country else account)
    return crypto.keyring().blind_index(name, "bank_account")


def _derive_line(invoice: Invoice, line: InvoiceLine) -> None:
    line.price_base = line.price_base or Decimal(1)
    line.reduction = line.reduction or _ZERO
    _link(invoice, line)
    ordered = line.ordered
    if ordered is not None:
        line.category = line.category or ordered.category
        line.cost_centre = line.cost_centre or ordered.cost_centre
        line.project = line.project or ordered.project
    if line.category is not None:
        line.ledger_account = line.category.ledger_account


def _link(invoice: Invoice, line: InvoiceLine) -> None:
    """Find the order line that is named by its place, once, so that it stays the same when the order is amended.

    What takes a deposit off bills nothing.
    """
    if bills_whole(invoice) or line.deposit:
        line.ordered = line.order_line = None
        return
    changed = inspect(line).attrs
    names = ("order", "order_line")
    if not inspect(line).transient and not any(changed[name].history.has_changes() for name in names):
        return
    order = line.order or invoice.order
    named = line.order_line
    line.ordered = order.lines[named - 1] if order is not None and named and 1 <= named <= len(order.lines) else None
    if line.ordered is not None:
        line.confidence, line.link_reason, line.proposed = 100, line.link_reason or "Linked by hand", None


def _add_up(invoice: Invoice) -> None:
    """Fill in what a person leaves out: amounts of lines, and totals that follow from them."""
    currency = invoice.currency.code
    for line in invoice.lines:
        if line.amount is None and line.quantity is not None and line.price is not None:
            exact = line.quantity * line.price / line.price_base - line.reduction
            line.amount = Money(exact, currency).rounded().amount
    if not invoice.lines or any(line.amount is None for line in invoice.lines):
        return
    invoice.lines_total = sum((line.amount or _ZERO for line in invoice.lines), _ZERO)
    adjusted = sum((each.amount for each in invoice.adjustments), _ZERO)
    invoice.net_total = invoice.lines_total + adjusted
    if invoice.tax_total is None:
        invoice.tax_total = sum((tax.amount or _ZERO for tax in invoice.taxes), _ZERO)
    if invoice.total is None:
        invoice.total = invoice.net_total + invoice.tax_total
    if invoice.payable is None:
        invoice.payable = invoice.total - (invoice.prepaid or _ZERO) + (invoice.rounding or _ZERO)


def why_not_invoice(context: Context, invoice: Invoice) -> list[Problem]:
    """Say what is wrong with an invoice as it stands."""
    problems = [*_why_not_as_stated(invoice), *_why_not_place(invoice), *splitting.why_not_split(invoice)]
    if invoice.kind is not InvoiceKind.CREDIT_NOTE and invoice.credits is not None:
        problems.append(Problem("not_needed", "Only a credit note credits an invoice. Leave this empty.", "credits"))
    for index, line in enumerate(invoice.lines):
        problems += [problem.at(f"lines.{index}") for problem in _why_not_line(invoice, line)]
    return problems


def _why_not_as_stated(invoice: Invoice) -> list[Problem]:
    """Say that what an e-invoice states stays as it is."""
    if invoice.format in (Format.HAND, Format.PDF) or not inspect(invoice).persistent:
        return []
    words = "This stands on the e-invoice and stays as stated. Ask the supplier for a corrected one."
    changed = inspect(invoice).attrs
    found = [Problem("as_stated", words, name) for name in STATED if _is_changed(changed[name])]
    if changed.lines.history.deleted or any(inspect(line).pending for line in invoice.lines):
        found.append(Problem("as_stated", words, "lines"))
    for index, line in enumerate(invoice.lines):
        own = inspect(line).attrs
        found += [
            Problem("as_stated", words, f"lines.{index}.{name}") for name in STATED_LINE if _is_changed(own[name])
        ]
    return found


def _is_changed(attribute: Any) -> bool:
    history = attribute.history
    return bool(history.has_changes()) and bool(history.deleted) and history.deleted[0] != (history.added or [None])[0]


def _why_not_place(invoice: Invoice) -> list[Problem]:
    problems = []
    for name in ("cost_centre", "order", "credits"):
        other = getattr(invoice, name)
        if other is not None and other.entity is not invoice.entity:
            words = f"{other} is of {other.entity}, the invoice of {invoice.entity}. Choose one of the same entity."
            problems.append(Problem("other_entity", words, name))
    return problems


def _why_not_line(invoice: Invoice, line: InvoiceLine) -> list[Problem]:
    problems = []
    if line.amount is None:
        problems.append(Problem("required", "Amount is missing. Enter it, or quantity and price.", "amount"))
    order = line.order or invoice.order
    if line.order_line is not None and order is None:
        problems.append(Problem("required", "Say which order it bills.", "order"))
    elif line.order_line is not None and order is not None and not 1 <= line.order_line <= len(order.lines):
        words = f"Order line: {order.number} has lines 1 to {len(order.lines)}."
        problems.append(Problem("unknown_line", words, "order_line"))
    if line.cost_centre is not None and line.cost_centre.entity is not invoice.entity:
        words = f"{line.cost_centre} is of {line.cost_centre.entity}. Choose one of {invoice.entity}."
        problems.append(Problem("other_entity", words, "cost_centre"))
    return problems


def convert(context: Context, invoice: Invoice) -> list[Problem]:
    """Store the total in the base currency with the rate of the invoice's day, its day and its source."""
    base = invoice.entity.base_currency
    on = invoice.issued_on or context.today
    rate = directory.find_rate(context, invoice.currency.id, base.id, on)
    if rate is None:
        words = f"There is no exchange rate from {invoice.currency} to {base} for {written(on)}. Ask a controller to enter one."
        return [Problem("no_rate", words, "currency")]
    invoice.rate, invoice.rate_on, invoice.rate_source = rate.rate, rate.valid_on, rate.source or None
    invoice.base_total = Money(invoice.total or _ZERO, invoice.currency.code).rounded().at(rate.rate, base.code).amount
    return []
