"""Hold an invoice against orders and receipts as they are now, write down what came out, and raise what has to be settled."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.infra import settings
from app.infra.settings import Declared
from app.kernel.actor import Context
from app.modules.directory import queries as directory
from app.modules.invoices import queries
from app.modules.invoices.domain import duplicates, matching, terms, tolerances
from app.modules.invoices.domain import exceptions as rules
from app.modules.invoices.domain.billing import charge_kind
from app.modules.invoices.domain.case import (
    Account,
    AccountState,
    Adjustment,
    Bill,
    BillLine,
    Case,
    Credited,
    Done,
    Method,
    TaxPart,
)
from app.modules.invoices.domain.case import Order as AgreedOrder
from app.modules.invoices.domain.case import OrderLine as AgreedLine
from app.modules.invoices.domain.checks import Check
from app.modules.invoices.domain.duplicates import Print, Suspicion
from app.modules.invoices.domain.kinds import InvoiceKind
from app.modules.invoices.domain.matching import Match
from app.modules.invoices.domain.terms import Terms
from app.modules.invoices.models import Invoice, InvoiceCheck, InvoiceException, InvoiceLine
from app.modules.invoices.service import beside, disputing, recognising, splitting, tolerating, weighing
from app.modules.orders import service as orders
from app.modules.orders.domain import amounts
from app.modules.orders.domain.kinds import ReceivedBy
from app.modules.orders.models import Order, OrderLine

_ZERO = Decimal(0)
#: What may be charged without an agreement, up to the tolerance for charges.
CHARGED_FREELY = "freight"
#: Categories of tax (UNTDID 5305) that need a rate.
_TAXED = ("S", "L", "M")

DUPLICATE_FROM = settings.declare(
    Declared(
        "invoices.duplicate_from",
        duplicates.BLOCKS_FROM,
        "Possible duplicates are stopped from",
        "The score out of 100 from which somebody has to look before an invoice goes on.",
        40,
        100,
    )
)
RECEIPT_NEEDED = settings.declare(
    Declared(
        "invoices.three_way",
        True,
        "Invoices are held against receipts",
        "Yes: only what arrived may be invoiced. No: what was ordered may be invoiced, unless the invoice says otherwise.",
    )
)


def match(context: Context, invoice: Invoice) -> tuple[Match, list[InvoiceException]]:
    """Make all checks anew, keep what was accepted as long as it is the same; gives what came out and what stands against it."""
    beside.name_deposits(context, invoice, orders_of(invoice))
    splitting.follow(invoice)
    case = case_of(context, invoice)
    found = matching.match(case)
    _write(invoice, found.checks)
    raised = rules.raised(found.checks, on=context.today, bill_kind=case.bill.kind, method=case.method)
    beyond = weighing.beyond(context, invoice) if found.method is Method.CONTRACT else []
    return found, disputing.settle(context, invoice, [*raised, *beyond])


def _write(invoice: Invoice, checks: Sequence[Check]) -> None:
    """Bring the rows to what was found; a check that says the same as before leaves no trace."""
    rows = [*invoice.checks[: len(checks)], *(InvoiceCheck() for _ in checks[len(invoice.checks) :])]
    for at, (row, check) in enumerate(zip(rows, checks, strict=True)):
        for name, value in _told(at, check).items():
            if getattr(row, name) != value:
                setattr(row, name, value)
    invoice.checks = rows


def _told(at: int, check: Check) -> dict[str, Any]:
    return {
        "position": at,
        "name": check.name,
        "verdict": check.verdict,
        "lines": ", ".join(map(str, check.lines)) or None,
        "expected": _shown(check.expected),
        "actual": _shown(check.actual),
        "difference": _shown(check.difference),
        "unit": check.unit or None,
        "tolerance": check.tolerance or None,
        "effect": check.effect,
        "about": check.about or None,
        "code": check.code,
        "text": check.text[:1000],
    }


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    return (tolerances.plain(value) if isinstance(value, Decimal) else str(value))[:300]


# --- laying an invoice out for the rules -----------------------------------------------------------------------------


def case_of(context: Context, invoice: Invoice) -> Case:
    """Gather everything that is known about an invoice."""
    billed = orders_of(invoice)
    agreed = tuple(_agreed(context, invoice, order) for order in billed)
    supplier = invoice.supplier
    return Case(
        bill=bill_of(invoice),
        method=method_of(context, invoice, billed),
        orders=agreed,
        tolerances=tolerating.tolerances_of(
            context, invoice.entity, supplier, invoice.currency, invoice.issued_on or context.today
        ),
        deposits=beside.deposits_left(context, invoice, billed),
        charges=frozenset({CHARGED_FREELY}).union(*(orders.agreed_beside(order).kinds for order in billed)),
        credited=_credited(context, invoice),
        is_payable_supplier=supplier is None or supplier.state == "approved",
        account=_account(context, invoice),
        entity=str(invoice.entity),
        addressed=recognising.addressee(context, invoice),
        due_on=due_on(invoice),
        duplicates=suspicions(context, invoice),
        duplicate_from=int(settings.get(context.session, DUPLICATE_FROM.name)),
    )


def orders_of(invoice: Invoice) -> list[Order]:
    """List the orders an invoice bills, each once."""
    found = {order.id: order for order in (invoice.order, *(line.order for line in invoice.lines)) if order is not None}
    return [found[key] for key in sorted(found)]


def method_of(context: Context, invoice: Invoice, billed: Sequence[Order]) -> Method:
    """Say what an invoice is held against: what it says itself, else receipts where there is an order and they are asked for."""
    if not billed:
        return Method.CONTRACT
    if invoice.method is not None and invoice.method is not Method.CONTRACT:
        return invoice.method
    return Method.THREE_WAY if settings.get(context.session, RECEIPT_NEEDED.name) else Method.TWO_WAY


def bill_of(invoice: Invoice) -> Bill:
    """Read an invoice as it is stated."""
    return Bill(
        kind=invoice.kind.value,
        number=invoice.supplier_number or "",
        currency=invoice.currency.code,
        supplier=invoice.supplier.id if invoice.supplier else None,
        supplier_name=invoice.supplier.name if invoice.supplier else invoice.stated_supplier or "",
        issued_on=invoice.issued_on,
        lines=tuple(_bill_line(invoice, at, line) for at, line in enumerate(invoice.lines, 1)),
        adjustments=tuple(
            Adjustment(
                each.amount, charge_kind(each.code or "", each.text or "") if each.amount > 0 else "", each.text or "",
                each.tax_category or "", _rate(each.tax_category, each.tax_rate),
            )
            for each in invoice.adjustments
        ),
        taxes=tuple(
            TaxPart(tax.category, tax.rate or _ZERO, tax.basis or _ZERO, tax.amount or _ZERO) for tax in invoice.taxes
        ),
        net_total=invoice.net_total,
        tax=invoice.tax_total,
        gross=invoice.total,
        prepaid=invoice.prepaid or _ZERO,
        rounding=invoice.rounding or _ZERO,
        payable=invoice.payable,
        due_on=invoice.stated_due_on,
    )  # fmt: skip


def _rate(category: str | None, rate: Decimal | None) -> Decimal | None:
    """Read a category that bears no tax as a rate of zero, whether one is stated or not."""
    return _ZERO if rate is None and category and category not in _TAXED else rate


def _bill_line(invoice: Invoice, at: int, line: InvoiceLine) -> BillLine:
    return BillLine(
        number=at,
        text=line.text or "",
        quantity=line.quantity,
        unit=line.unit or "",
        price=line.price,
        price_base=line.price_base or Decimal(1),
        net=line.amount or _ZERO,
        allowances=line.reduction or _ZERO,
        tax_category=line.tax_category or "",
        tax_rate=_rate(line.tax_category, line.tax_rate),
        order_line=line.ordered.id if line.ordered else None,
        charge=beside.charge_of(invoice, line),
        deposit=line.deposit or "",
        amount_only=line.amount_only,
    )


def _agreed(context: Context, invoice: Invoice, order: Order) -> AgreedOrder:
    rate = None
    if order.currency is not invoice.currency:
        found = directory.find_rate(context, order.currency.id, invoice.currency.id, invoice.issued_on or context.today)
        rate = found.rate if found else None
    others = queries.list_billed(context, [line.id for line in order.lines], invoice.id)
    by_line: dict[int, list[Done]] = {}
    for other, line in others:
        sign = -1 if other.kind is InvoiceKind.CREDIT_NOTE and (other.total or _ZERO) > 0 else 1
        done = Done(other.number or other.reference, sign * (line.quantity or _ZERO), sign * (line.amount or _ZERO))
        by_line.setdefault(line.ordered_id or 0, []).append(done)
    agreed, before = orders.agreed_beside(order), beside.billed_before(context, order, invoice.id)
    return AgreedOrder(
        number=order.number,
        supplier=order.supplier.id,
        supplier_name=order.supplier.name,
        currency=order.currency.code,
        lines=tuple(_agreed_line(order, at, line, by_line) for at, line in enumerate(order.lines, 1)),
        is_open=orders.is_binding(order),
        rate=rate,
        charges=agreed.charges,
        charged=tuple(Done(str(other), amount=each.charges) for other, each in before if each.charges),
        deposit=agreed.deposit,
        deposits=tuple(Done(str(other), amount=each.deposit) for other, each in before if each.deposit),
    )


def _agreed_line(order: Order, at: int, line: OrderLine, billed: dict[int, list[Done]]) -> AgreedLine:
    came = Done("receipts", line.quantity_received, line.amount_received)
    return AgreedLine(
        id=line.id,
        order=order.number,
        position=at,
        text=line.text or "",
        quantity=line.issued_quantity - line.short_closed_quantity,
        unit=line.unit.code if line.unit else "",
        unit_price=amounts.net_price(line.unit_price or _ZERO, line.discounts),
        amount=orders.amount_expected(line),
        tax_category=line.tax_code.category.value if line.tax_code else "",
        tax_rate=line.tax_code.rate if line.tax_code else None,
        by_amount=line.received_by is ReceivedBy.AMOUNT,
        needs_receipt=line.received_by is not ReceivedBy.NOTHING,
        categories=queries.list_line_up(line.category),
        received=(came,) if came.quantity or came.amount else (),
        billed=tuple(billed.get(line.id, ())),
    )


def _credited(context: Context, invoice: Invoice) -> Credited | None:
    first = invoice.credits
    if first is None:
        return None
    given = sum((abs(each.total or _ZERO) for each in queries.list_credits(context, first.id, invoice.id)), _ZERO)
    supplier = first.supplier.id if first.supplier else 0
    return Credited(first.number or first.reference, supplier, first.currency.code, first.total or _ZERO, given)


def _account(context: Context, invoice: Invoice) -> Account | None:
    """Say how the account an invoice names is known to us."""
    if invoice.account_fingerprint is None:
        return None
    shown = invoice.masked_account
    state: AccountState | None = None
    for each in queries.list_accounts(context, invoice.account_fingerprint):
        if invoice.supplier is None or each.supplier_id != invoice.supplier.id:
            state = state or ("of_other_supplier" if each.state in ("proposed", "confirmed") else None)
        elif each.state == "confirmed":
            cooling = each.usable_from is not None and each.usable_from > context.today
            return Account(shown, "cooling_off" if cooling else "confirmed", each.usable_from)
        elif each.state == "proposed" or state in (None, "of_other_supplier"):
            state = "proposed" if each.state == "proposed" else "retired"
    return Account(shown, state or "unknown")


def terms_of(invoice: Invoice) -> Terms | None:
    """Say by which terms an invoice is paid: as entered, else as ordered, else as the supplier's; a better discount counts."""
    order, supplier = invoice.order, invoice.supplier
    days = invoice.payment_days
    if days is None:
        days = order.payment_days if order is not None else supplier.payment_days if supplier is not None else None
    if days is None:
        return None
    source = order or supplier
    plan = amounts.instalments_of(order.instalments) if order is not None else ()
    agreed = Terms(
        days=days,
        discount_percent=source.discount_percent if source else None,
        discount_days=source.discount_days if source else None,
        instalments=plan,
    )
    return terms.better_discount(agreed, invoice.discount_percent, invoice.discount_days)


def due_on(invoice: Invoice) -> Any:
    """Tell when an invoice is due by our terms."""
    agreed = terms_of(invoice)
    return terms.due_day(agreed, invoice.issued_on) if agreed is not None and invoice.issued_on is not None else None


def suspicions(context: Context, invoice: Invoice) -> tuple[Suspicion, ...]:
    """List what an invoice may be a copy of."""
    one, others = print_of(invoice), queries.list_like(context, invoice, duplicates.WINDOW)
    tax_ids = queries.list_tax_ids(context, {each.supplier_id for each in others} - {one.supplier, None})
    prints = (
        _print(each, each.supplier_id, each.supplier_name, tax_ids.get(each.supplier_id), each.currency_code)
        for each in others
    )
    return duplicates.find(one, prints)


def print_of(invoice: Invoice) -> Print:
    """Give what invoices are compared by."""
    supplier, currency = invoice.supplier, invoice.currency.code
    if supplier is None:
        return _print(invoice, None, None, None, currency)
    tax_ids = frozenset(f"{each.country}:{each.normal}" for each in supplier.tax_ids)
    return _print(invoice, supplier.id, supplier.name, tax_ids, currency)


def _print(stated: Any, supplier: int | None, name: str | None, tax_ids: frozenset[str] | None, currency: str) -> Print:
    follows = frozenset(part.strip() for part in (stated.stated_preceding or "").split(",") if part.strip())
    return Print(
        id=stated.id or 0,
        key=stated.number or stated.reference or "",
        number=stated.supplier_number or "",
        is_credit=stated.kind is InvoiceKind.CREDIT_NOTE or (stated.total or _ZERO) < 0,
        supplier=supplier,
        tax_ids=tax_ids or frozenset(),
        accounts=frozenset(filter(None, (stated.account_fingerprint,))),
        name=name or stated.stated_supplier or "",
        currency=currency,
        amount=stated.total,
        issued_on=stated.issued_on,
        file_hash=stated.file_hash or "",
        document_id=stated.document_id or "",
        follows=follows,
    )
