"""What comes again for invoices: files left in the drop folder are taken in, and owners hear of what is overdue."""

from __future__ import annotations

import hashlib
from datetime import time, timedelta
from typing import Any

from app.infra import dropping, files, idempotency, jobs
from app.infra.dropping import Dropped
from app.infra.taking import Sent
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.modules.invoices import service
from app.modules.invoices.domain.kinds import Channel

COLLECT, CHASE = "invoices.collect", "invoices.chase"


def collect(context: Context, job: Any) -> dict[str, int]:
    """Take in what lies in the drop folder, each file once, and put it away with what became of it."""
    done = refused = 0
    for each in dropping.waiting(context.now):
        reason = _take(context, each)
        dropping.put_away(each, reason)
        done, refused = done + (not reason), refused + bool(reason)
    return {"done": done, "refused": refused}


def _take(context: Context, dropped: Dropped) -> str:
    """Take one file in; should the worker end before it is put away, it is not taken a second time. Say why it is refused."""
    if dropped.path.stat().st_size > files.LARGEST:
        return f"The file has more than {files.LARGEST // files.MEGABYTE} MB."
    data = dropped.path.read_bytes()
    mark = f"drop:{hashlib.sha256(data).hexdigest()}"
    repeat = idempotency.repeat(mark, dropped.name, dropped.entity)
    try:
        found = service.capture(context, Sent(data, dropped.name, dropped.entity, repeat), Channel.FOLDER)
    except Refused as refusal:
        return " ".join(problem.message for problem in refusal.problems)
    return " ".join(problem.message for each in found for problem in each.problems)


def chase(context: Context, job: Any) -> dict[str, int]:
    """Remind owners of exceptions that are overdue: the working day after, and every Monday."""
    return {"reminded": service.remind_owners(context)}


jobs.declare(COLLECT, "Take in invoices from the drop folder", collect, "heavy", as_system=True)
jobs.every(COLLECT, COLLECT, timedelta(minutes=1))
jobs.declare(CHASE, "Remind of overdue invoice exceptions", chase, as_system=True)
jobs.every(CHASE, CHASE, time(7, 0))
