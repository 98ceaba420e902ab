"""Carrying events to webhooks, sending them again, and forgetting after a while what was sent."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from app.infra import jobs, retention, settings
from app.infra.jobs import Again, Job
from app.infra.retention import Kept
from app.infra.settings import Declared
from app.kernel.actor import Context
from app.modules.webhooks import service


def deliver(context: Context, job: Job) -> Again | dict[str, Any]:
    """Try a delivery; a failure is no failure of the job, since it stands with the delivery."""
    return service.deliver(context, int(job.arguments["delivery"]))


def replay(context: Context, job: Job) -> Again | dict[str, Any]:
    """Line up again what did not get through; events announced meanwhile come after it."""
    given = job.arguments
    since = datetime.fromisoformat(given["since"])
    return service.replay(context, int(given["webhook"]), since, missed=bool(given.get("missed")))


jobs.declare(service.DELIVER, "Tell a webhook", deliver, "outside", as_system=True)
jobs.declare(service.REPLAY, "Tell a webhook again", replay, as_system=True)
settings.declare(
    Declared(
        "retention.webhook_days",
        90,
        "Days that webhook deliveries are kept",
        "Older ones are removed at night.",
        7,
        3650,
    )
)
retention.keep(
    "webhook_deliveries",
    Kept(
        "webhook_delivery",
        "state IN ('delivered', 'dead', 'skipped') AND ended_at < :before",
        "retention.webhook_days",
        time(2, 50),
    ),
)
