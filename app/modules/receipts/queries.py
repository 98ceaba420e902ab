"""Reads of receipts that have a name in the business."""

from __future__ import annotations

from collections.abc import Mapping
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
