"""What hears every event: so far the open pages."""

from __future__ import annotations

from app.infra import live, outbox
from app.infra.outbox import OutboxEvent
from app.kernel.actor import Context


def tell_open_pages(context: Context, event: OutboxEvent) -> None:
    """Hint to open pages that a document changed; the hint may get lost, so it is never sent again."""
    data = {"resource": event.resource, "key": event.row_key, "event": event.name}
    live.hint(live.resource_topic(event.resource), data)


outbox.subscribe("live", ("*",), tell_open_pages)
