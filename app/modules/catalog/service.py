"""What other slices set off in the catalogue."""

from __future__ import annotations

from app.kernel.actor import Context
from app.modules.catalog import domain, queries


def follow_merge(context: Context, merged_id: int, into_id: int) -> None:
    """Bring the prices of a merged supplier to the one that stays; where both have a price, the latter's own counts."""
    into = queries.find_supplier(context, into_id)
    for item in queries.list_items_of(context, merged_id):
        if item.preferred_supplier_id == merged_id:
            item.preferred_supplier = into
        staying = [price for price in item.prices if price.supplier_id != merged_id]
        for price in [price for price in item.prices if price.supplier_id == merged_id]:
            price.supplier = into
            if any(domain.overlap(price, other) for other in staying):
                item.prices.remove(price)
            else:
                staying.append(price)
