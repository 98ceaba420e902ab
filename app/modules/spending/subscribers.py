"""What spending does when something happens to suppliers."""

from __future__ import annotations

from app.infra import jobs, outbox
from app.infra.outbox import OutboxEvent
from app.kernel.actor import Context
from app.modules.spending import jobs as work


def follow_merge(context: Context, event: OutboxEvent) -> None:
    """Let records name the supplier that stays instead of the one that was merged into it."""
    jobs.enqueue(context, work.FOLLOW, {"from": event.row_id, "into": event.payload["into_id"]})


outbox.subscribe(
    "spending.supplier_merged", "See what spending a merged supplier has", ("supplier.merged",), follow_merge
)
