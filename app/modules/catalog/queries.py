"""Reads of the catalogue that have a name in the business."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import inspect, select
from sqlalchemy.orm import joinedload, selectinload

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


def load_prices(context: Context, items: Iterable[Item]) -> None:
    """Read the prices of several items at once, with whose they are; what is known already stays as it is."""
    wanted = sorted({item.id for item in items if "prices" in inspect(item).unloaded})
    if not wanted:
        return
    statement = scope.everything(Item, why="what an item costs is told with it").where(Item.id.in_(wanted))
    prices = selectinload(Item.prices).options(joinedload(ItemPrice.supplier), joinedload(ItemPrice.currency))
    context.session.scalars(statement.options(prices)).all()


def find_supplier(context: Context, supplier_id: int) -> Supplier:
    """Give the supplier an event names, whoever asks."""
    statement = scope.everything(Supplier, why="an event named it")
    found: Supplier = context.session.scalars(statement.where(Supplier.id == supplier_id)).one()
    return found
