"""Reads of receipts that have a name in the business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import func

from app.infra import scope
from app.infra.parties import Party
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.receipts.models import Receipt, ReceiptLine

_WHY = "what has arrived counts for the order whoever received it"


def sum_counted(context: Context, order_id: int, without: int | None = None) -> Mapping[int, Decimal]:
    """Add up what posted receipts count for each line of an order, leaving out one of them."""
    statement = (
        scope.columns(ReceiptLine.order_line_id, func.sum(ReceiptLine.counted), why=_WHY)
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(Receipt.order_id == order_id, Receipt.state == "posted")
        .group_by(ReceiptLine.order_line_id)
    )
    if without is not None:
        statement = statement.where(Receipt.id != without)
    found = context.session.execute(statement)
    return {line_id: counted for line_id, counted in found}  # noqa: C416 - rows are no pairs to mypy


@dataclass(frozen=True, slots=True)
class Stayed:
    """What came of a line of the order with one receipt, and how much of that went back since."""

    came: Decimal = Decimal(0)
    back: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        """What may still go back."""
        return self.came - self.back


def list_stayed(context: Context, order_id: int, without: int | None = None) -> dict[tuple[int, int], Stayed]:
    """Tell by receipt and line of the order what came and went back, signed as ordered; one receipt may be left out."""
    statement = (
        scope.columns(
            ReceiptLine.receipt_id, ReceiptLine.came_with_id, ReceiptLine.order_line_id, ReceiptLine.counted, why=_WHY
        )
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(Receipt.order_id == order_id, Receipt.state == "posted", ReceiptLine.order_line_id.is_not(None))
    )
    if without is not None:
        statement = statement.where(Receipt.id != without)
    found: dict[tuple[int, int], Stayed] = {}
    for receipt, came_with, line, counted in context.session.execute(statement.order_by(ReceiptLine.id)):
        key = (came_with or receipt, line)
        before = found.get(key, Stayed())
        found[key] = (
            replace(before, back=before.back - counted) if came_with else replace(before, came=before.came + counted)
        )
    return found


def find(context: Context, receipt_id: int) -> Receipt:
    """Find a receipt by its id, whoever may see it."""
    found: Receipt = context.session.scalars(scope.everything(Receipt, why=_WHY).where(Receipt.id == receipt_id)).one()
    return found


def list_returns(context: Context, receipt_id: int) -> list[Receipt]:
    """List the posted receipts with which something went back that had come with one."""
    back = scope.columns(ReceiptLine.receipt_id, why=_WHY).where(ReceiptLine.came_with_id == receipt_id)
    statement = scope.everything(Receipt, why=_WHY).where(Receipt.id.in_(back), Receipt.state == "posted")
    return list(context.session.scalars(statement.order_by(Receipt.id)))


def sum_back(context: Context, order_id: int) -> Mapping[int, Decimal]:
    """Add up what went back of each line of an order, above zero; lines ordered below zero are no returns."""
    statement = (
        scope.columns(ReceiptLine.order_line_id, -func.sum(ReceiptLine.counted), why=_WHY)
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(Receipt.order_id == order_id, Receipt.state == "posted", ReceiptLine.counted < 0)
        .group_by(ReceiptLine.order_line_id)
    )
    return dict(context.session.execute(statement).all())


def takes_part(context: Context, order_id: int, account_id: int) -> bool:
    """Say whether somebody asked for what an order buys."""
    statement = scope.columns(Party.id, why="whoever asked for it confirms that it has come").where(
        Party.resource == "order", Party.row_id == order_id, Party.account_id == account_id
    )
    return context.session.execute(statement).first() is not None


def list_of_order(context: Context, order_id: int) -> list[Receipt]:
    """List the receipts of an order that the actor may see, the oldest first."""
    statement = scope.select_rows(context, registry["receipt"]).where(Receipt.order_id == order_id)
    return list(context.session.scalars(statement.order_by(Receipt.id)))
