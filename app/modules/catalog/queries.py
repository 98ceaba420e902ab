"""Reads of the catalogue that have a name in the business."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.infra import scope
from app.kernel.actor import Context
from app.modules.catalog.models import Item, ItemPrice
from app.modules.suppliers.models import Supplier


def list_items_of(context: Context, supplier_id: int) -> list[Item]:
    """List the items a supplier is named in, by a price or as the preferred one, seen by the actor or not."""
    priced = select(ItemPrice.item_id).where(ItemPrice.supplier_id == supplier_id)
    statement = scope.everything(Item, why="what refers to a merged supplier follows it, seen or not")
    named = (Item.preferred_supplier_id == supplier_id) | Item.id.in_(priced)
    rows = statement.where(named).options(selectinload(Item.prices)).order_by(Item.id)
    return list(context.session.scalars(rows))


def find_supplier(context: Context, supplier_id: int) -> Supplier:
    """Give the supplier an event names, whoever asks."""
    statement = scope.everything(Supplier, why="an event named it")
    found: Supplier = context.session.scalars(statement.where(Supplier.id == supplier_id)).one()
    return found
