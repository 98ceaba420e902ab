"""What follows once an order has gone out: its letters are lined up, and its papers kept with it."""

from __future__ import annotations

import io

from app.infra import activity, files, jobs, outbox
from app.infra.outbox import OutboxEvent
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.orders import papers, queries, service


def send(context: Context, event: OutboxEvent) -> None:
    """Line up the first try of every letter that waits."""
    for sending in queries.list_unsent(context, event.row_id):
        jobs.enqueue(context, service.DELIVER, {"sending": sending.id}, unique_key=f"order_sending:{sending.id}")


def keep_papers(context: Context, event: OutboxEvent) -> None:
    """Attach the order as PDF and as XML, as it went out; the same revision is attached once."""
    revision = queries.find_revision(context, event.row_id, int(event.payload["revision"]))
    for suffix, drawn in (("pdf", papers.pdf_of(revision.content)), ("xml", papers.xml_of(revision.content))):
        stored = files.store().put(io.BytesIO(drawn))
        name = papers.name_of(event.row_key, revision.number, suffix)
        activity.attach_within(context, registry[service.NAME], event.row_key, stored, name)


outbox.subscribe("orders.send", "Line up the letters of an order", ("order.issued", "order.sent_again"), send)
outbox.subscribe("orders.papers", "Keep the papers of an order", ("order.issued",), keep_papers)
