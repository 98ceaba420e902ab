"""Batch work of spending."""

from __future__ import annotations

from app.infra import jobs, scope
from app.infra.jobs import Job
from app.kernel.actor import Context
from app.modules.spending import queries
from app.modules.suppliers.models import Supplier

FOLLOW = "spending.follow_merge"
MOST_AT_ONCE = 500


def follow_merge(context: Context, job: Job) -> dict[str, int]:
    """Bring the records of a merged supplier to the one that stays, some at a time."""
    merged, into = int(job.arguments["from"]), int(job.arguments["into"])
    (staying,) = scope.locked(context, Supplier, [into], why="records follow a merge")
    records = queries.list_of_supplier(context, merged, MOST_AT_ONCE)
    for record in records:
        record.our_supplier = staying
    if len(records) == MOST_AT_ONCE:
        jobs.enqueue(context, FOLLOW, job.arguments)
    return {"records": len(records)}


jobs.declare(FOLLOW, "Give the spending of a merged supplier to the one that stays", follow_merge, as_system=True)
