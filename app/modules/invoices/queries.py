"""Reads of invoices that have a name in the business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Row, func, or_, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from app.infra import scope
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.directory import queries as directory
from app.modules.directory.models import Category, Currency, Entity
from app.modules.invoices.domain.exceptions import ExceptionKind, Owner
from app.modules.invoices.domain.kinds import LIVE, InvoiceKind, Share
from app.modules.invoices.domain.tolerances import Measure
from app.modules.invoices.models import Invoice, InvoiceException, InvoiceLine, Tolerance
from app.modules.orders.models import Order, OrderLine
from app.modules.receipts.models import Receipt
from app.modules.suppliers.models import BankAccount, Supplier, SupplierContact, SupplierTaxId

# What tells whether two invoices are one; of hundreds that are looked at nothing else is read.
_COMPARED = (
    Invoice.id, Invoice.reference, Invoice.number, Invoice.kind, Invoice.supplier_number, Invoice.supplier_id,
    Invoice.stated_supplier, Invoice.stated_preceding, Invoice.account_fingerprint, Invoice.total, Invoice.issued_on,
    Invoice.file_hash, Invoice.document_id,
)  # fmt: skip
MOST_CANDIDATES, MOST_LOOKED_UP = 200, 2000
_COUNTS = "what was billed counts whoever may see the invoice"
#: Invoices that take up what was ordered; one that waits or was turned away does not.
_BILLS = ("matched", "approved", "posted")


def list_candidates(
    context: Context,
    *,
    names: Iterable[str],
    tax_ids: Iterable[str],
    fingerprints: Iterable[str],
    endpoints: Iterable[tuple[str, str]],
    codes: Iterable[str],
    domains: Iterable[str],
) -> list[Supplier]:
    """List the suppliers that share anything with what an invoice says of its seller."""
    wanted: list[ColumnElement[bool]] = []
    if keys := sorted(set(names)):
        wanted.append(Supplier.name_keys.overlap(keys))
    if numbers := sorted(set(tax_ids)):
        wanted.append(Supplier.id.in_(select(SupplierTaxId.supplier_id).where(SupplierTaxId.normal.in_(numbers))))
    if accounts := sorted(set(fingerprints)):
        live = BankAccount.state.in_(("proposed", "confirmed"))
        wanted.append(
            Supplier.id.in_(select(BankAccount.supplier_id).where(BankAccount.fingerprint.in_(accounts), live))
        )
    wanted += [(Supplier.endpoint_scheme == scheme) & (Supplier.endpoint_id == value) for scheme, value in endpoints]
    if known := sorted(set(codes)):
        wanted.append(Supplier.code.in_(known))
    if mails := sorted(set(domains)):
        found = select(SupplierContact.supplier_id).where(SupplierContact.email_domain.in_(mails))
        wanted.append(Supplier.id.in_(found))
    if not wanted:
        return []
    statement = (
        scope.everything(Supplier, why="whose invoice it is does not depend on who takes it in")
        .where(Supplier.state != "merged", or_(*wanted))
        .options(
            selectinload(Supplier.tax_ids),
            selectinload(Supplier.contacts),
            selectinload(Supplier.bank_accounts).load_only(BankAccount.fingerprint, BankAccount.state),
        )
        .order_by(Supplier.id)
        .limit(MOST_CANDIDATES)
    )
    return list(context.session.scalars(statement))


def list_orders(context: Context, numbers: Iterable[str], entity_id: int) -> list[Order]:
    """List the orders of an entity with these numbers: ours, or those they were placed under elsewhere."""
    stated = {number.strip() for number in numbers if number.strip()}
    if not stated:
        return []
    wanted = {number.upper() for number in stated}
    known = (
        Order.number.in_(sorted(wanted)),
        (Order.entity_id == entity_id) & Order.placed_as.in_(sorted(stated | wanted)),
    )
    statement = scope.everything(Order, why=_COUNTS).where(
        Order.entity_id == entity_id, Order.id.in_(_any_of(Order.id, known))
    )
    return list(context.session.scalars(statement.order_by(Order.id)))


def find_order(context: Context, resource: str, key: str) -> Order | None:
    """Find the order an event is about: itself, or what a receipt is for."""
    statement = scope.everything(Order, why=_COUNTS)
    if resource == "receipt":
        statement = statement.join(Receipt, Receipt.order_id == Order.id).where(Receipt.number == key)
    else:
        statement = statement.where(Order.number == key)
    found: Order | None = context.session.scalars(statement).first()
    return found


def list_open_orders(context: Context, supplier_id: int, entity_id: int, currency_id: int) -> list[Order]:
    """List what a supplier may still bill: their binding orders that are not invoiced as a whole."""
    statement = scope.everything(Order, why=_COUNTS).where(
        Order.supplier_id == supplier_id,
        Order.entity_id == entity_id,
        Order.currency_id == currency_id,
        Order.revision > 0,
        Order.state.in_(("issued", "amending", "submitted", "approved")),
        Order.invoiced != Share.ALL,
    )
    return list(context.session.scalars(statement.order_by(Order.id.desc()).limit(MOST_CANDIDATES)))


def list_billed(context: Context, order_line_ids: Iterable[int], but: int | None) -> list[tuple[Invoice, InvoiceLine]]:
    """List the lines of other invoices that bill order lines, with their invoices."""
    statement = (
        scope.columns(Invoice, InvoiceLine, why=_COUNTS)
        .join(InvoiceLine, InvoiceLine.invoice_id == Invoice.id)
        .where(InvoiceLine.ordered_id.in_(sorted(set(order_line_ids))), Invoice.state.in_(_BILLS))
        .order_by(Invoice.id, InvoiceLine.position)
    )
    if but is not None:
        statement = statement.where(Invoice.id != but)
    return [(invoice, line) for invoice, line in context.session.execute(statement)]


def list_of_orders(context: Context, order_ids: Iterable[int], but: int | None) -> list[Invoice]:
    """List the invoices that bill orders in any way: their lines, deposits, or charges beside the lines."""
    statement = scope.everything(Invoice, why=_COUNTS).where(
        Invoice.id.in_(_billing(sorted(set(order_ids)))), Invoice.state.in_(_BILLS)
    )
    if but is not None:
        statement = statement.where(Invoice.id != but)
    return list(context.session.scalars(statement.order_by(Invoice.id)))


def sum_prepaid(context: Context, order_ids: Iterable[int], but: int | None) -> dict[int, Decimal]:
    """Tell by order how much posted invoices have taken off as paid in advance, with tax."""
    statement = (
        scope.columns(Invoice.order_id, func.sum(Invoice.prepaid), why=_COUNTS)
        .where(Invoice.order_id.in_(sorted(set(order_ids))), Invoice.state == "posted", Invoice.prepaid > 0)
        .group_by(Invoice.order_id)
    )
    if but is not None:
        statement = statement.where(Invoice.id != but)
    return {order_id: Decimal(amount) for order_id, amount in context.session.execute(statement)}


def list_deposits(context: Context, order_ids: Iterable[int]) -> list[Invoice]:
    """List the posted deposit invoices of orders."""
    statement = scope.everything(Invoice, why=_COUNTS).where(
        Invoice.order_id.in_(sorted(set(order_ids))), Invoice.kind == InvoiceKind.DEPOSIT, Invoice.state == "posted"
    )
    return list(context.session.scalars(statement.order_by(Invoice.id)))


def sum_taken_off(context: Context, references: Iterable[str], but: int | None) -> dict[str, Decimal]:
    """Tell by deposit how much posted invoices have taken off, above zero."""
    statement = (
        scope.columns(InvoiceLine.deposit, -func.sum(InvoiceLine.amount), why=_COUNTS)
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(InvoiceLine.deposit.in_(sorted(set(references))), Invoice.state == "posted")
        .group_by(InvoiceLine.deposit)
    )
    if but is not None:
        statement = statement.where(Invoice.id != but)
    return {reference: Decimal(amount) for reference, amount in context.session.execute(statement)}


def list_credits(context: Context, invoice_id: int, but: int | None = None) -> list[Invoice]:
    """List the credit notes for an invoice that count."""
    statement = scope.everything(Invoice, why=_COUNTS).where(
        Invoice.credits_id == invoice_id, Invoice.state.in_(_BILLS)
    )
    if but is not None:
        statement = statement.where(Invoice.id != but)
    return list(context.session.scalars(statement.order_by(Invoice.id)))


def find_credited(context: Context, supplier_id: int, entity_id: int, numbers: Iterable[str]) -> Invoice | None:
    """Find the one invoice of a supplier that has one of these numbers of theirs."""
    wanted = sorted({number for number in numbers if number})
    if not wanted:
        return None
    statement = scope.everything(Invoice, why=_COUNTS).where(
        Invoice.supplier_id == supplier_id,
        Invoice.entity_id == entity_id,
        Invoice.supplier_number.in_(wanted),
        Invoice.kind != InvoiceKind.CREDIT_NOTE,
        Invoice.state.in_(LIVE),
    )
    found = list(context.session.scalars(statement.limit(2)))
    return found[0] if len(found) == 1 else None


def list_posted(context: Context, entity_id: int) -> list[Invoice]:
    """List the posted invoices of an entity, which is what it has spent."""
    statement = scope.everything(Invoice, why="a plan is charged with all that was spent").where(
        Invoice.entity_id == entity_id, Invoice.state == "posted"
    )
    return list(
        context.session.scalars(
            statement.options(selectinload(Invoice.lines), selectinload(Invoice.splits)).order_by(Invoice.id)
        )
    )


def list_like(context: Context, invoice: Invoice, window: int) -> list[Row[Any]]:
    """List what tells of invoices whether they are the same as one: those with its file, e-invoice id or number, or its amount near its day.

    Each is looked up by an index of its own; asked for with OR, or together with what is told of them, the database reads
    every invoice there is.
    """
    alike: list[ColumnElement[bool]] = []
    if invoice.number_keys:
        alike.append(Invoice.number_keys.overlap(invoice.number_keys))
    if invoice.file_hash:
        alike.append(Invoice.file_hash == invoice.file_hash)
    if invoice.document_id:
        alike.append(Invoice.document_id == invoice.document_id)
    if invoice.issued_on and invoice.total is not None and invoice.supplier_id is not None:
        days = (invoice.issued_on - timedelta(days=window), invoice.issued_on + timedelta(days=window))
        near = Invoice.issued_on.between(*days) & (Invoice.total == invoice.total)
        alike.append(near & (Invoice.supplier_id == invoice.supplier_id))
    if not alike:
        return []
    why = "a copy counts whether the actor may see the first or not"
    looked_up = _any_of(Invoice.id, alike).limit(MOST_LOOKED_UP).execution_options(scoped=True)
    ids = set(context.session.scalars(looked_up)) - {invoice.id}
    if not ids:
        return []
    seen = (Currency.code.label("currency_code"), Supplier.name.label("supplier_name"))
    statement = (
        scope.columns(*_COMPARED, *seen, why=why)
        .join(Currency, Currency.id == Invoice.currency_id)
        .outerjoin(Supplier, Supplier.id == Invoice.supplier_id)
        .where(Invoice.id.in_(sorted(ids)), Invoice.state.in_(LIVE))
        .order_by(Invoice.id.desc())
        .limit(MOST_CANDIDATES)
    )
    return list(context.session.execute(statement))


def list_tax_ids(context: Context, supplier_ids: Iterable[int]) -> dict[int, frozenset[str]]:
    """List the tax ids of suppliers as they are compared."""
    wanted = sorted(set(supplier_ids))
    if not wanted:
        return {}
    why = "a copy counts whether the actor may see the first or not"
    columns = (SupplierTaxId.supplier_id, SupplierTaxId.country, SupplierTaxId.normal)
    found: dict[int, set[str]] = {}
    statement = scope.columns(*columns, why=why).where(SupplierTaxId.supplier_id.in_(wanted))
    for supplier_id, country, normal in context.session.execute(statement):
        found.setdefault(supplier_id, set()).add(f"{country}:{normal}")
    return {supplier_id: frozenset(each) for supplier_id, each in found.items()}


def _any_of(id: Any, conditions: Sequence[ColumnElement[bool]]) -> Any:
    return union_all(*(select(id).where(condition) for condition in conditions))


def list_accounts(context: Context, fingerprint: str) -> list[BankAccount]:
    """List the bank accounts of any supplier that an invoice may mean."""
    statement = scope.everything(BankAccount, why="an account of another supplier is what has to be found")
    return list(
        context.session.scalars(statement.where(BankAccount.fingerprint == fingerprint).order_by(BankAccount.id))
    )


def list_tolerances(context: Context, entity_id: int, supplier_id: int | None) -> list[Tolerance]:
    """List the rows that may apply to an invoice."""
    statement = scope.everything(Tolerance, why="a tolerance holds whoever matches").where(
        or_(Tolerance.entity_id.is_(None), Tolerance.entity_id == entity_id),
        or_(Tolerance.supplier_id.is_(None), Tolerance.supplier_id == supplier_id),
    )
    return list(context.session.scalars(statement.order_by(Tolerance.id)))


def list_general_measures(context: Context) -> set[Measure]:
    """List what has a tolerance for all entities, suppliers and categories."""
    statement = scope.columns(Tolerance.measure, why="a tolerance holds whoever matches").where(
        Tolerance.entity_id.is_(None), Tolerance.supplier_id.is_(None), Tolerance.category_id.is_(None)
    )
    return set(context.session.scalars(statement))


def lock_invoices(context: Context, ids: Iterable[int]) -> list[Invoice]:
    """Take invoices in the order of their ids, as they are now."""
    return scope.locked(context, Invoice, ids, why=_COUNTS)


def list_exceptions(context: Context, invoice_id: int) -> list[InvoiceException]:
    """List all exceptions of an invoice, settled ones too."""
    statement = scope.everything(InvoiceException, why="they are the invoice's, whoever settles which")
    return list(
        context.session.scalars(
            statement.where(InvoiceException.invoice_id == invoice_id).order_by(InvoiceException.id)
        )
    )


def list_seen_exceptions(context: Context, invoice_id: int) -> list[InvoiceException]:
    """List the exceptions of an invoice that the actor may see."""
    statement = scope.select_rows(context, registry["invoice_exception"])
    return list(context.session.scalars(statement.where(InvoiceException.invoice_id == invoice_id)))


def list_standing(
    context: Context, owners: Iterable[Owner] | None, states: Iterable[str], most: int
) -> list[InvoiceException]:
    """List the exceptions the actor may see in these states, for these owners or for all, the most urgent first."""
    statement = scope.select_rows(context, registry["invoice_exception"]).where(
        InvoiceException.state.in_(list(states))
    )
    if owners is not None:
        statement = statement.where(InvoiceException.owner.in_(list(owners)))
    invoice = joinedload(InvoiceException.invoice)
    loads = (
        invoice.joinedload(Invoice.supplier),
        invoice.joinedload(Invoice.order),
        invoice.joinedload(Invoice.entity),
    )
    statement = statement.options(*loads).order_by(InvoiceException.due_on, InvoiceException.id).limit(most)
    return list(context.session.scalars(statement))


def list_overdue(context: Context, today: date) -> list[InvoiceException]:
    """List the open exceptions that should have been settled before today."""
    statement = scope.everything(InvoiceException, why="owners are reminded whoever asks").where(
        InvoiceException.state == "open", InvoiceException.due_on < today
    )
    return list(
        context.session.scalars(statement.options(joinedload(InvoiceException.invoice)).order_by(InvoiceException.id))
    )


def count_standing(context: Context, owners: Iterable[Owner]) -> int:
    """Count the open exceptions for these owners that the actor may see."""
    statement = (
        scope.select_rows(context, registry["invoice_exception"])
        .where(InvoiceException.state == "open", InvoiceException.owner.in_(list(owners)))
        .with_only_columns(func.count(InvoiceException.id))
        .order_by(None)
    )
    return int(context.session.execute(statement).scalar_one())


def list_of_order(context: Context, order_ids: Iterable[int]) -> list[Invoice]:
    """List the invoices the actor may see that bill orders, but none that was turned away or made void."""
    wanted = sorted(set(order_ids))
    if not wanted:
        return []
    statement = scope.select_rows(context, registry["invoice"]).where(
        Invoice.state.in_(LIVE), Invoice.id.in_(_billing(wanted))
    )
    return list(context.session.scalars(statement.order_by(Invoice.id)))


def list_to_match_again(context: Context, order_id: int) -> list[Invoice]:
    """List the invoices that wait for something of an order."""
    statement = scope.everything(Invoice, why=_COUNTS).where(
        Invoice.state.in_(("captured", "exception")), Invoice.id.in_(_billing([order_id]))
    )
    return list(context.session.scalars(statement.order_by(Invoice.id)))


def list_of_unknown(context: Context) -> list[Invoice]:
    """List the e-invoices that wait for their supplier, the newest first."""
    statement = scope.everything(Invoice, why=_COUNTS).where(
        Invoice.state.in_(("captured", "exception")), Invoice.supplier_id.is_(None), Invoice.parsed.is_not(None)
    )
    return list(context.session.scalars(statement.order_by(Invoice.id.desc()).limit(MOST_CANDIDATES)))


def list_waiting_of(context: Context, supplier: str) -> list[Invoice]:
    """List the invoices of a supplier that wait, the newest first."""
    statement = scope.everything(Invoice, why=_COUNTS).where(
        Invoice.state.in_(("captured", "exception")), Invoice.supplier.has(Supplier.code == supplier)
    )
    return list(context.session.scalars(statement.order_by(Invoice.id.desc()).limit(MOST_CANDIDATES)))


def list_entered_for(context: Context) -> list[Entity]:
    """List the open companies for which the actor may enter invoices."""
    known = directory.list_open_entities(context)
    reached = {entity for entity, _ in context.actor.reach("invoice.create").regions}
    return known if None in reached else [each for each in known if each.id in reached]


def list_asked(context: Context, kind: ExceptionKind, *more: ColumnElement[bool]) -> list[Invoice]:
    """List the invoices that wait for an answer of a kind."""
    asked = select(InvoiceException.invoice_id).where(InvoiceException.kind == kind, InvoiceException.state == "open")
    statement = scope.everything(Invoice, why=_COUNTS).where(
        Invoice.state.in_(("captured", "exception")), Invoice.id.in_(asked), *more
    )
    return list(context.session.scalars(statement.order_by(Invoice.id)))


def list_waiting_for_account(context: Context, number: str) -> list[Invoice]:
    """List the invoices that want to be paid to an account and wait because of it."""
    marks = select(BankAccount.fingerprint).where(BankAccount.number == number)
    return list_asked(context, ExceptionKind.BANK_ACCOUNT, Invoice.account_fingerprint.in_(marks))


def find_supplier(context: Context, supplier_id: int) -> Supplier:
    """Read a supplier that was recognised."""
    statement = scope.everything(Supplier, why=_COUNTS).where(Supplier.id == supplier_id)
    found: Supplier = context.session.scalars(statement).one()
    return found


def _billing(order_ids: list[int]) -> CompoundSelect[Any]:
    """Select the ids of invoices that bill orders as a whole or by a line; two look-ups, as an OR would read them all."""
    whole = select(Invoice.id).where(Invoice.order_id.in_(order_ids))
    return whole.union(select(InvoiceLine.invoice_id).where(InvoiceLine.order_id.in_(order_ids)))


def list_line_up(category: Category | None) -> tuple[int, ...]:
    """Name a category and all above it, the nearest first."""
    return tuple(int(part) for part in reversed(category.path.split("/")) if part) if category else ()


def list_ordered(context: Context, ids: Iterable[int]) -> dict[int, OrderLine]:
    """Read order lines by their ids, with their orders."""
    statement = select(OrderLine).where(OrderLine.id.in_(sorted(set(ids)))).execution_options(scoped=True)
    loads = (joinedload(OrderLine.unit), joinedload(OrderLine.order).selectinload(Order.lines))
    return {line.id: line for line in context.session.scalars(statement.options(*loads))}


def find_seen(context: Context, reference: str) -> Invoice | None:
    """Find an invoice the actor may see by its reference."""
    statement = scope.select_rows(context, registry["invoice"]).where(Invoice.reference == reference)
    found: Invoice | None = context.session.scalars(statement).first()
    return found
