"""Reads of payments that have a name in the business."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.infra import scope
from app.infra.activity import Attachment
from app.infra.identity import RoleGrant, select_holders
from app.kernel.actor import Context
from app.modules.invoices.models import Invoice, InvoiceException, OpenItem
from app.modules.payments.models import (
    PayingAccount,
    Payment,
    PaymentItem,
    PaymentLeftOut,
    PaymentPart,
    PaymentRun,
)
from app.modules.suppliers.models import BankAccount, Supplier

_ALL = "what is due is paid together, whoever of the company may see which invoice"


def list_open(
    context: Context,
    entity_id: int,
    currency_id: int,
    until: date | None = None,
    invoice_ids: Iterable[int] | None = None,
) -> list[OpenItem]:
    """List what is open of posted invoices: due or with a discount until a day, and all credit; or of some invoices."""
    statement = (
        scope.everything(OpenItem, why=_ALL)
        .join(OpenItem.invoice)
        .where(Invoice.entity_id == entity_id, Invoice.currency_id == currency_id, Invoice.state == "posted")
        .where(OpenItem.settled != OpenItem.amount)
        .options(
            contains_eager(OpenItem.invoice).joinedload(Invoice.supplier).joinedload(Supplier.merged_into),
            contains_eager(OpenItem.invoice).selectinload(Invoice.taxes),
        )
        .order_by(OpenItem.due_on, OpenItem.id)
    )
    if invoice_ids is not None:
        statement = statement.where(Invoice.id.in_(sorted(set(invoice_ids))))
    elif until is not None:
        statement = statement.where(
            (OpenItem.due_on <= until) | (OpenItem.discount_until <= until) | (OpenItem.amount < 0)
        )
    return list(context.session.scalars(statement.execution_options(populate_existing=True)))


def list_credit_notes(context: Context, entity_id: int, currency_id: int) -> list[Invoice]:
    """List the credit notes on which suppliers owe a company something."""
    statement = (
        scope.everything(Invoice, why=_ALL)
        .where(Invoice.entity_id == entity_id, Invoice.currency_id == currency_id)
        .where(Invoice.state == "posted", Invoice.open_amount < 0)
        .options(selectinload(Invoice.open_items), joinedload(Invoice.supplier), joinedload(Invoice.credits))
        .order_by(Invoice.id)
    )
    return list(context.session.scalars(statement))


def list_standing_exceptions(context: Context, invoice_ids: Iterable[int]) -> dict[int, list[InvoiceException]]:
    """List by invoice the exceptions that nobody has settled yet."""
    statement = scope.everything(InvoiceException, why=_ALL).where(
        InvoiceException.invoice_id.in_(sorted(set(invoice_ids))), InvoiceException.state.in_(("open", "waiting"))
    )
    found: dict[int, list[InvoiceException]] = {}
    for each in context.session.scalars(statement.order_by(InvoiceException.id)):
        found.setdefault(each.invoice_id, []).append(each)
    return found


def list_accounts(context: Context, supplier_ids: Iterable[int]) -> dict[int, list[BankAccount]]:
    """List by supplier the accounts they have or had, the newest last, as they are in the database now."""
    statement = (
        scope.everything(BankAccount, why="where a supplier is paid does not depend on who asks")
        .where(BankAccount.supplier_id.in_(sorted(set(supplier_ids))))
        .options(joinedload(BankAccount.currency))
        .order_by(BankAccount.id)
    )
    found: dict[int, list[BankAccount]] = {}
    for each in context.session.scalars(statement.execution_options(populate_existing=True)):
        found.setdefault(each.supplier_id, []).append(each)
    return found


def list_taken(context: Context, item_ids: Iterable[int], but: int | None = None) -> dict[int, str]:
    """Tell of open items which live run they are in."""
    statement = (
        scope.columns(PaymentItem.open_item_id, PaymentRun.number, why="an open item is paid by one run at a time")
        .join(PaymentRun, PaymentRun.id == PaymentItem.run_id)
        .where(PaymentItem.live, PaymentItem.open_item_id.in_(sorted(set(item_ids))))
    )
    if but is not None:
        statement = statement.where(PaymentItem.run_id != but)
    return dict(context.session.execute(statement).all())


def lock_accounts(context: Context, ids: Iterable[int]) -> list[BankAccount]:
    """Take bank accounts of suppliers, so that nobody retires one while it is paid to."""
    return scope.locked(context, BankAccount, ids, why="what is paid to them is decided now")


def lock_suppliers(context: Context, ids: Iterable[int]) -> list[Supplier]:
    """Take suppliers, so that nobody blocks one while it is paid."""
    return scope.locked(context, Supplier, ids, why="what is paid to them is decided now")


def lock_paying_account(context: Context, account_id: int) -> PayingAccount:
    """Take the account a run pays from, as it is now."""
    [found] = scope.locked(context, PayingAccount, [account_id], why="the run pays from it")
    account: PayingAccount = found
    return account


def lock_payments(context: Context, ids: Iterable[int]) -> list[Payment]:
    """Take payments in the order of their ids, as they are now."""
    return scope.locked(context, Payment, ids, why="what the bank says of a payment holds whoever may see it")


def last_file(context: Context, account_id: int, on: date) -> int:
    """Tell which file of a day (UTC) was the last that was approved for an account; 0 where there is none yet."""
    day = func.date(func.timezone("UTC", PaymentRun.approved_at))
    statement = scope.columns(func.max(PaymentRun.file_of_day), why="files of a day are told apart").where(
        PaymentRun.paying_account_id == account_id, day == on
    )
    return int(context.session.execute(statement).scalar_one() or 0)


def list_payments(context: Context, run_id: int) -> list[Payment]:
    """List the payments of a run by their numbers."""
    statement = scope.everything(Payment, why="a run and its payments are one").where(Payment.run_id == run_id)
    return list(context.session.scalars(statement.order_by(Payment.id)))


def find_attachment(context: Context, run_id: int, name: str) -> Attachment | None:
    """Find a file of a run by its name, the newest of that name."""
    statement = select(Attachment).where(
        Attachment.resource == "payment_run",
        Attachment.row_id == run_id,
        Attachment.name == name,
        Attachment.removed_at.is_(None),
    )
    found: Attachment | None = context.session.scalars(statement.order_by(Attachment.id.desc()).limit(1)).first()
    return found


def list_to_reconcile(context: Context, account_id: int, since: date) -> list[Payment]:
    """List the payments from an account that statements may still name, and those since a day, which may come back."""
    statement = (
        scope.everything(Payment, why="a line of a statement belongs to whatever payment it names")
        .where(Payment.paying_account_id == account_id, Payment.amount > 0, Payment.state.in_(("sent", "settled")))
        .where((Payment.settled_amount < Payment.amount) | (Payment.execute_on >= since))
        .options(
            selectinload(Payment.parts).joinedload(PaymentPart.invoice),
            joinedload(Payment.run),
            joinedload(Payment.bank_account),
            joinedload(Payment.supplier),
        )
        .order_by(Payment.id)
    )
    return list(context.session.scalars(statement))


def lock_runs(context: Context, ids: Iterable[int]) -> list[PaymentRun]:
    """Take runs in the order of their ids, as they are now."""
    return scope.locked(context, PaymentRun, ids, why="what became of its payments is what became of a run")


def list_paid(context: Context, run_id: int) -> list[PaymentItem]:
    """List what a run pays, with everything its page says of it."""
    statement = (
        scope.everything(PaymentItem, why="a run and what it pays are one")
        .where(PaymentItem.run_id == run_id)
        .options(
            joinedload(PaymentItem.invoice), joinedload(PaymentItem.supplier), joinedload(PaymentItem.bank_account)
        )
        .order_by(PaymentItem.position, PaymentItem.id)
    )
    return list(context.session.scalars(statement))


def list_left_out(context: Context, run_id: int) -> list[PaymentLeftOut]:
    """List what a run leaves out, with everything its page says of it."""
    statement = (
        scope.everything(PaymentLeftOut, why="a run and what it leaves out are one")
        .where(PaymentLeftOut.run_id == run_id)
        .options(joinedload(PaymentLeftOut.invoice), joinedload(PaymentLeftOut.supplier))
        .order_by(PaymentLeftOut.position, PaymentLeftOut.id)
    )
    return list(context.session.scalars(statement))


def list_of_invoices(context: Context, invoice_ids: Iterable[int]) -> list[Payment]:
    """List the payments that pay some invoices."""
    paying = select(PaymentPart.payment_id).where(PaymentPart.invoice_id.in_(sorted(set(invoice_ids))))
    statement = scope.everything(Payment, why="the way of a purchase ends with its payments")
    return list(context.session.scalars(statement.where(Payment.id.in_(paying)).order_by(Payment.id)))


def list_of_orders(context: Context, order_ids: Iterable[int]) -> list[Payment]:
    """List the payments that pay invoices of some orders."""
    wanted = sorted(set(order_ids))
    if not wanted:
        return []
    of = (
        scope.columns(Invoice.id, why="the way of a purchase ends with its payments")
        .where(Invoice.order_id.in_(wanted))
        .order_by(Invoice.id)
    )
    return list_of_invoices(context, context.session.scalars(of))


def list_able(context: Context, entity_id: int, verb: str) -> set[int]:
    """Tell which accounts hold a right on the runs of a company."""
    there = or_(RoleGrant.entity_id == entity_id, RoleGrant.entity_id.is_(None))
    return set(context.session.scalars(select_holders("payment_run", verb).where(there)))
