"""Amounts that reports add up, as expressions over one row of a list."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, case, func, or_, select

from app.modules.approvals.models import ApprovalDecision, ApprovalStep
from app.modules.budgets.models import BudgetBalance, BudgetCell
from app.modules.invoices.domain.kinds import InvoiceKind
from app.modules.invoices.models import Invoice, InvoiceLine, OpenItem
from app.modules.orders.models import Order, OrderLine
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
    return _of_lines(
        func.greatest(_ordered() - OrderLine.amount_invoiced, 0),
        func.greatest(Order.charges_total - Order.charges_invoiced, 0),
    )


def received_not_invoiced() -> Any:
    """What has come of an order and is not invoiced yet, in the entity's currency."""
    quantity = func.nullif(OrderLine.quantity, 0)
    came = func.greatest(
        func.coalesce(OrderLine.amount * OrderLine.quantity_received / quantity, 0), OrderLine.amount_received
    )
    return _of_lines(func.greatest(came - OrderLine.amount_invoiced, 0))


def _ordered() -> Any:
    """What a line is worth without what will not be delivered any more."""
    quantity = func.nullif(OrderLine.quantity, 0)
    return OrderLine.amount * (1 - func.coalesce(OrderLine.short_closed_quantity / quantity, 0))


def _of_lines(amount: Any, beside: Any = 0) -> Any:
    of_order = select(func.coalesce(func.sum(amount), 0)).where(OrderLine.order_id == Order.id)
    return func.round((of_order.correlate(Order).scalar_subquery() + beside) * func.coalesce(Order.rate, 1), 2)


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
