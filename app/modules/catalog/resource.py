"""How items and their prices are shown, written and searched."""

from __future__ import annotations

from app.infra.transfer import batches
from app.kernel.resource import Children, Resource, registry
from app.modules.catalog import commands as do
from app.modules.catalog import domain
from app.modules.catalog.models import Item, ItemPrice

items = registry.add(
    Resource(
        name="item",
        model=Item,
        title=("Item", "Items"),
        menu="Buying",
        key="code",
        icon="package",
        list=("code", "name", "category", "unit", "preferred_supplier", "manufacturer", "state"),
        show=(
            ("Item", ("code", "name", "description", "category", "unit", "tax_code")),
            ("Source", ("preferred_supplier", "manufacturer", "manufacturer_number", "cpv_code", "unspsc_code")),
            ("Standing", ("state_reason",)),
        ),
        form=(
            "name",
            "description",
            "category",
            "unit",
            "tax_code",
            "preferred_supplier",
            "manufacturer",
            "manufacturer_number",
            "cpv_code",
            "unspsc_code",
        ),
        editable_in=("active",),
        children=(
            Children(
                "prices",
                ItemPrice,
                (
                    "supplier",
                    "supplier_number",
                    "currency",
                    "unit_price",
                    "minimum_quantity",
                    "valid_from",
                    "valid_to",
                    "lead_time_days",
                ),
            ),
        ),
        filters=("state", "category", "preferred_supplier", "unit", "tax_code", "manufacturer"),
        search={
            "code": "A",
            "name": "A",
            "manufacturer_number": "B",
            "prices.supplier_number": "B",
            "manufacturer": "C",
            "description": "D",
        },
        check=domain.why_not_item,
        commands=(do.retire, do.reinstate),
    )
)
batches.enter_together(items)
