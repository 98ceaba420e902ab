"""Reads of spending that have a name in the business."""

from __future__ import annotations

from app.infra import scope
from app.kernel.actor import Context
from app.modules.spending.models import SpendRecord


def list_of_supplier(context: Context, supplier_id: int, most: int) -> list[SpendRecord]:
    """List some records that name a supplier."""
    statement = scope.everything(SpendRecord, why="whoever follows a merge ends at the supplier that stays")
    own = statement.where(SpendRecord.our_supplier_id == supplier_id)
    return list(context.session.scalars(own.order_by(SpendRecord.id).limit(most)))
