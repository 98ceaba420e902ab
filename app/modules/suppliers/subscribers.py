"""What suppliers do when something happens elsewhere."""

from __future__ import annotations

from app.infra import outbox
from app.infra.outbox import OutboxEvent
from app.kernel.actor import Context
from app.modules.suppliers import queries


def hand_over(context: Context, event: OutboxEvent) -> None:
    """Give the suppliers of somebody who left to their successor, or to nobody where there is none."""
    name = event.payload["successor"]
    successor = queries.find_person(context, name) if name else None
    for supplier in queries.list_looked_after(context, event.payload["code"]):
        supplier.owner = successor


outbox.subscribe("suppliers.hand_over", "Hand over the suppliers of someone who left", ("person.left",), hand_over)
