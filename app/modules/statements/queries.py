"""Reads of statements that have a name in the business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import func, or_
from sqlalchemy.orm import joinedload, selectinload

from app.infra import scope, search
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.invoices.models import Invoice, OpenItem
from app.modules.payments import queries as payments
from app.modules.payments.models import PayingAccount, Payment, PaymentPart
from app.modules.statements.domain.sameness import Mark
from app.modules.statements.models import BankStatement, StatementLine, StatementMatch

_ONCE = "what a bank booked counts once, whoever may see the statement"


def list_accounts(context: Context) -> list[PayingAccount]:
    """List the accounts whose statements the actor may take in, the live ones first."""
    statement = scope.select_rows(context, registry["paying_account"])
    order = {"confirmed": 0, "proposed": 1}
    return sorted(context.session.scalars(statement), key=lambda account: (order.get(account.state, 2), -account.id))


def list_of_file(context: Context, digest: str) -> list[BankStatement]:
    """List the statements that came in this very file."""
    statement = scope.everything(BankStatement, why=_ONCE).where(BankStatement.file_hash == digest)
    return list(context.session.scalars(statement.order_by(BankStatement.id)))


def list_marks(context: Context, account_id: int, days: Iterable[date]) -> list[tuple[Mark, int]]:
    """List the marks of the entries of an account on some days, each with the statement it stands in."""
    wanted = sorted(set(days))
    if not wanted:
        return []
    statement = scope.columns(
        StatementLine.statement_id, StatementLine.booked_on, StatementLine.entry_amount, StatementLine.entry_id,
        StatementLine.balance, StatementLine.content, why=_ONCE,
    ).where(
        StatementLine.account_id == account_id,
        StatementLine.booked_on.between(wanted[0], wanted[-1]),
        or_(StatementLine.number.not_like("%.%"), StatementLine.number.like("%.1")),
    )  # fmt: skip
    found = context.session.execute(statement.order_by(StatementLine.id))
    return [(Mark(day, amount, id, balance, content), of) for of, day, amount, id, balance, content in found]


def find_empty(
    context: Context, account_id: int, number: str | None, to_on: date | None, closing: Decimal | None
) -> BankStatement | None:
    """Find the statement of a period in which nothing was booked."""
    statement = scope.everything(BankStatement, why=_ONCE).where(
        BankStatement.account_id == account_id,
        BankStatement.stated_number.is_not_distinct_from(number),
        BankStatement.to_on.is_not_distinct_from(to_on),
        BankStatement.closing.is_not_distinct_from(closing),
    )
    found: BankStatement | None = context.session.scalars(statement.order_by(BankStatement.id).limit(1)).first()
    return found


def list_following(context: Context, account_id: int, since: date | None) -> list[BankStatement]:
    """List the statements of an account from a day on, with those of the last day before it, in their order."""
    if since is None:
        return []
    days = scope.columns(func.max(BankStatement.to_on), why=_ONCE).where(BankStatement.account_id == account_id)
    last = context.session.execute(days.where(BankStatement.to_on < since)).scalar_one()
    statement = scope.everything(BankStatement, why=_ONCE).where(
        BankStatement.account_id == account_id, BankStatement.to_on >= (last or since)
    )
    return list(context.session.scalars(statement.order_by(BankStatement.to_on, BankStatement.id)))


def numbers_of(context: Context, ids: Iterable[int]) -> list[str]:
    """Name statements."""
    statement = scope.columns(BankStatement.number, why=_ONCE).where(BankStatement.id.in_(sorted(set(ids))))
    return list(context.session.execute(statement.order_by(BankStatement.id)).scalars())


def list_undone(context: Context, line_ids: Sequence[int]) -> set[tuple[int, str]]:
    """List which lines do not belong to which payments, or to what they had paid, as somebody has said: by their numbers."""
    statement = (
        scope.columns(StatementMatch.line_id, Payment.number, Invoice.reference, why=_ONCE)
        .join(Payment, Payment.id == StatementMatch.payment_id)
        .join(PaymentPart, PaymentPart.payment_id == Payment.id)
        .join(Invoice, Invoice.id == PaymentPart.invoice_id)
        .where(StatementMatch.line_id.in_(line_ids), StatementMatch.state == "undone")
    )
    return {(line, about) for line, *numbers in context.session.execute(statement) for about in numbers}


def list_proposed_refunds(context: Context, invoice_ids: Iterable[int]) -> list[StatementMatch]:
    """List the lines of all statements on which credit notes may have been paid back."""
    statement = scope.everything(StatementMatch, why=_ONCE).where(
        StatementMatch.invoice_id.in_(sorted(set(invoice_ids))), StatementMatch.state == "proposed"
    )
    return list(context.session.scalars(statement.order_by(StatementMatch.id)))


def list_proposed_elsewhere(context: Context, payment_ids: Iterable[int], statement_id: int) -> list[StatementMatch]:
    """List what is proposed for payments on lines of other statements."""
    statement = scope.everything(StatementMatch, why=_ONCE).where(
        StatementMatch.payment_id.in_(sorted(set(payment_ids))),
        StatementMatch.state == "proposed",
        StatementMatch.statement_id != statement_id,
    )
    return list(context.session.scalars(statement.order_by(StatementMatch.id)))


def count_open(context: Context) -> int:
    """Count the statements with open lines that the actor may see."""
    rows = scope.select_rows(context, registry["bank_statement"]).where(BankStatement.state == "open").subquery()
    return int(
        context.session.execute(
            scope.columns(func.count(), why="counted of rows in scope").select_from(rows)
        ).scalar_one()
    )


def payments_by_number(context: Context, numbers: Iterable[str]) -> dict[str, Payment]:
    """Find payments by their numbers, whoever may see them: a line belongs to the one it names."""
    statement = scope.everything(Payment, why="a line of a statement belongs to whatever payment it names")
    found = context.session.scalars(statement.where(Payment.number.in_(sorted(set(numbers)))))
    return {payment.number: payment for payment in found}


def list_on_desk(context: Context, account_id: int, *, text: str, came_back: bool, most: int) -> list[Payment]:
    """List the payments of an account that the actor may see: still to be found, or such as may have come back."""
    resource = registry["payment"]
    there = Payment.settled_amount > 0 if came_back else Payment.settled_amount < Payment.amount
    statement = scope.select_rows(context, resource).where(
        Payment.paying_account_id == account_id, Payment.state.in_(("sent", "settled")), there
    )
    wanted = search.matches(context.session, resource, text) if text else None
    if wanted is not None:
        statement = statement.where(wanted)
    loads = (selectinload(Payment.parts).joinedload(PaymentPart.invoice), joinedload(Payment.supplier))
    ordered = statement.options(*loads).order_by(Payment.execute_on, Payment.id)
    return list(context.session.scalars(ordered.limit(most)))


def list_payable(
    context: Context, entity_id: int, *, text: str, likely: Iterable[Decimal], most: int
) -> tuple[list[Invoice], dict[int, str]]:
    """List the posted invoices of a company with something open that the actor may see, and which run takes which.

    What is as much as one of the `likely` amounts comes first, then what has been due longest.
    """
    resource = registry["invoice"]
    statement = scope.select_rows(context, resource).where(
        Invoice.entity_id == entity_id, Invoice.state == "posted", Invoice.open_amount != 0
    )
    wanted = search.matches(context.session, resource, text) if text else None
    if wanted is not None:
        statement = statement.where(wanted)
    due = scope.columns(func.min(OpenItem.due_on), why="an invoice is as late as its first open part").where(
        OpenItem.invoice_id == Invoice.id, OpenItem.settled != OpenItem.amount
    )
    is_likely = Invoice.open_amount.in_(sorted(set(likely)))
    ordered = statement.order_by(is_likely.desc(), due.scalar_subquery(), Invoice.id)
    loads = (selectinload(Invoice.open_items), joinedload(Invoice.supplier))
    found = list(context.session.scalars(ordered.options(*loads).limit(most)))
    items = {item.id: each.id for each in found for item in each.open_items}
    runs = payments.list_taken(context, items)
    return found, {items[item]: run for item, run in runs.items()}


def find_next(context: Context) -> BankStatement | None:
    """Find the oldest statement with open lines that the actor may see."""
    statement = scope.select_rows(context, registry["bank_statement"]).where(BankStatement.state == "open")
    found: BankStatement | None = context.session.scalars(
        statement.order_by(BankStatement.to_on.nulls_first(), BankStatement.id).limit(1)
    ).first()
    return found


def find_seen(context: Context, number: str) -> BankStatement | None:
    """Find a statement by its number, if the actor may see it."""
    statement = scope.select_rows(context, registry["bank_statement"]).where(BankStatement.number == number)
    found: BankStatement | None = context.session.scalars(statement).first()
    return found
