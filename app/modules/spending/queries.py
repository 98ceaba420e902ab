"""Reads of spending that have a name in the business."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from app.infra import scope
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.spending.models import SpendRecord
from app.modules.suppliers.models import Supplier


def list_named(context: Context, normal_names: Iterable[str]) -> dict[str, list[Supplier]]:
    """Find the suppliers the actor may see under each of some normal names; a merged one stands for the one that stays."""
    seen = scope.select_rows(context, registry["supplier"])
    named = list(context.session.scalars(seen.where(Supplier.normal_name.in_(sorted(set(normal_names))))))
    staying = {supplier.merged_into_id for supplier in named if supplier.merged_into_id}
    kept = {row.id: row for row in context.session.scalars(seen.where(Supplier.id.in_(staying)))} if staying else {}
    found: dict[str, list[Supplier]] = defaultdict(list)
    for supplier in named:
        if supplier.merged_into_id is None or supplier.merged_into_id in kept:
            found[supplier.normal_name].append(supplier)
    return found


def list_of_supplier(context: Context, supplier_id: int, most: int) -> list[SpendRecord]:
    """List some records that name a supplier."""
    statement = scope.everything(SpendRecord, why="whoever follows a merge ends at the supplier that stays")
    own = statement.where(SpendRecord.our_supplier_id == supplier_id)
    return list(context.session.scalars(own.order_by(SpendRecord.id).limit(most)))
