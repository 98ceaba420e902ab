"""How long the machinery keeps its own traces, and the removal of what is older; business records stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from sqlalchemy import text

from app.infra import jobs, settings
from app.infra.jobs import Job
from app.infra.settings import Declared
from app.kernel.actor import Context

MOST_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Kept:
    """One table of traces: the condition under which a row is past, and for how many days it is kept after that."""

    table: str
    past: str
    days: int | str
    at: time

    def count_days(self, context: Context) -> int:
        """Tell for how many days, which an administrator may have set."""
        return self.days if isinstance(self.days, int) else int(settings.get(context.session, self.days))


KEPT: dict[str, Kept] = {
    "jobs": Kept("job", "state IN ('done', 'discarded') AND finished_at < :before", 30, time(2, 10)),
    "events": Kept(
        "outbox_event",
        "at < :before AND NOT EXISTS (SELECT 1 FROM job WHERE job.event_id = outbox_event.id)",
        "retention.event_days",
        time(2, 20),
    ),
    "idempotency_keys": Kept("idempotency_key", "created_at < :before", 3, time(2, 30)),
    "login_sessions": Kept("login_session", "coalesce(revoked_at, expires_at) < :before", 90, time(2, 40)),
}


def declare() -> None:
    """Let the machinery tidy up after itself every night."""
    settings.declare(
        Declared(
            "retention.event_days", 400, "Days that events are kept", "Older events are removed at night.", 31, 3650
        )
    )
    for name, kept in KEPT.items():
        keep(name, kept)


def keep(name: str, kept: Kept) -> None:
    """Remove every night what is past of one table."""
    jobs.declare(f"remove_old_{name}", f"Remove old {name.replace('_', ' ')}", _removal(name, kept), as_system=True)
    jobs.every(f"remove_old_{name}", f"remove_old_{name}", kept.at)


def _removal(name: str, kept: Kept) -> Callable[[Context, Job], dict[str, Any]]:
    statement = text(
        f"DELETE FROM {kept.table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {kept.table} "  # noqa: S608 - names from KEPT
        f"WHERE {kept.past} LIMIT :most FOR UPDATE SKIP LOCKED))"
    )

    def remove(context: Context, job: Job) -> dict[str, Any]:
        """Remove a part of what is past, and line up the next part while there is more."""
        before = context.now - timedelta(days=kept.count_days(context))
        done = context.session.execute(statement, {"before": before, "most": MOST_AT_ONCE}).rowcount
        if done == MOST_AT_ONCE:
            jobs.enqueue(context, f"remove_old_{name}", {})
        return {"removed": done}

    return remove
