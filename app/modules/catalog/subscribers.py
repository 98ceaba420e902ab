"""What the catalogue does when something happens to suppliers."""

from __future__ import annotations

from app.infra import outbox
from app.infra.outbox import OutboxEvent
from app.kernel.actor import Context
from app.modules.catalog import service


def follow_merge(context: Context, event: OutboxEvent) -> None:
    """Let items name the supplier that stays instead of the one that was merged into it."""
    service.follow_merge(context, event.row_id, event.payload["into_id"])


outbox.subscribe(
    "catalog.follow_merge",
    "Give the items of a merged supplier to the one that stays",
    ("supplier.merged",),
    follow_merge,
)
