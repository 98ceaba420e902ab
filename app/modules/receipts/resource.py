"""How receipts are shown, written, searched and scoped."""

from __future__ import annotations

from app.kernel.resource import Children, Resource, Series, between, registry
from app.modules.receipts import commands as do
from app.modules.receipts import service
from app.modules.receipts.models import Receipt, ReceiptLine

receipts = registry.add(
    Resource(
        name="receipt",
        model=Receipt,
        title=("Receipt", "Receipts"),
        menu="Buying",
        key="number",
        number=Series("RCV"),
        icon="truck-delivery",
        order="-number",
        help="What arrived of orders, what was accepted, and what went back.",
        list=("number", "order", "received_on", "delivery_note", "location", "value", "state"),
        show=(
            ("Receipt", ("number", "order", "received_on", "delivery_note", "location", "value", "note")),
            ("Charged to", ("entity", "cost_centre")),
            ("Course", ("posted_at", "posted_by", "state_reason")),
        ),
        form=("order", "received_on", "delivery_note", "location", "note"),
        editable_in=("draft",),
        children=(
            Children(
                "lines", ReceiptLine, ("line", "quantity", "amount", "percent", "condition", "reason", "came_with")
            ),
        ),
        filters=("state", "order", "location", "received_on", "entity", "cost_centre"),
        search={"number": "A", "delivery_note": "A", "order.number": "B", "note": "D"},
        scope=between("entity", "cost_centre"),
        prepare=service.keep,
        check=service.why_not_receipt,
        commands=(do.post, do.reverse),
    )
)
