"""Amounts that reports add up, as expressions over one row of a list."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, case, func, or_, select

from app.modules.approvals.models import ApprovalDecision, ApprovalStep
from app.modules.budgets.models import BudgetBalance, BudgetCell
from app.modules.invoices.domain.kinds import InvoiceKind
from app.modules.invoices.models import Invoice, InvoiceLine, OpenItem
from app.modules.orders.models import Order
from app.modules.receipts.models import Receipt
from app.modules.spending.models import SpendRecord

_DAY = 24 * 60 * 60


def recorded() -> Any:
    """What was paid beside Outlay, in the entity's currency."""
    return SpendRecord.base_amount


def invoiced() -> Any:
    """What was posted, with tax, in the entity's currency; credit notes count against it."""
    return case((Invoice.kind == InvoiceKind.CREDIT_NOTE, -func.abs(Invoice.base_total)), else_=Invoice.base_total)


def invoiced_line() -> Any:
    """What a line of a posted invoice comes to, net, in the entity's currency; credit notes count against it.

    A deposit for an order is an advance on goods that are billed later, as a whole.
    """
    amount = func.round(InvoiceLine.amount * Invoice.rate, 2)
    is_advance = and_(Invoice.kind == InvoiceKind.DEPOSIT, Invoice.order_id.is_not(None))
    return case(
        (or_(is_advance, InvoiceLine.deposit.is_not(None)), 0),
        (Invoice.kind == InvoiceKind.CREDIT_NOTE, -func.abs(amount)),
        else_=amount,
    )


def open_amount() -> Any:
    """What is still to be paid of a part of an invoice, in the entity's currency."""
    return func.round((OpenItem.amount - OpenItem.settled) * Invoice.rate, 2)


def days_to_decide() -> Any:
    """How many days passed from asking in a step until somebody decided."""
    asked = select(ApprovalStep.opened_at).where(ApprovalStep.id == ApprovalDecision.step_id)
    passed = ApprovalDecision.at - asked.correlate(ApprovalDecision).scalar_subquery()
    return func.extract("epoch", passed) / _DAY


def committed() -> Any:
    """What of an order is not invoiced yet, in the entity's currency."""
    return _in_base(Order.open_commitment)


def received_not_invoiced() -> Any:
    """What has come of an order and is not invoiced yet, in the entity's currency."""
    return _in_base(Order.received_not_invoiced)


def _in_base(amount: Any) -> Any:
    return func.round(amount * func.coalesce(Order.rate, 1), 2)


def of_balance(name: str) -> Any:
    """A figure of a budget."""
    column = getattr(BudgetBalance, name)
    return select(column).where(BudgetBalance.id == BudgetCell.id).correlate(BudgetCell).scalar_subquery()


def budgeted() -> Any:
    """What a budget holds: planned, transferred and carried."""
    return of_balance("planned") + of_balance("transferred") + of_balance("carried")


def on_time() -> Any:
    """Whether what arrived came by the day its order was promised for, in percent."""
    promised = select(Order.promised_for).where(Order.id == Receipt.order_id).correlate(Receipt).scalar_subquery()
    return case((Receipt.received_on <= promised, 100), else_=0)
