"""Every event that a webhook hears, in the order in which they were announced."""

from __future__ import annotations

from app.infra import outbox
from app.modules.webhooks import domain, queries, service

outbox.subscribe(
    "webhooks",
    "See which webhooks to tell",
    ("*",),
    service.fan_out,
    stream=domain.STREAM,
    only_if=queries.has_listener(),
)
