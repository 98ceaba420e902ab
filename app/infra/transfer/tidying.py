"""Files that were imported hold personal data and are not kept for ever; the rows that came in stay."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from sqlalchemy import delete, func, select

from app.infra import jobs
from app.infra.activity import Attachment
from app.infra.jobs import Job
from app.infra.transfer import runs
from app.infra.transfer.runs import UNDER_WAY, ImportRun
from app.kernel.actor import Context

KIND = "remove_old_imports"
KEPT_FOR = timedelta(days=90)
MOST_AT_ONCE = 500


def remove_old(context: Context, job: Job | None = None) -> dict[str, Any]:
    """Remove imports that ended long ago, with their files and refused rows."""
    ended = func.coalesce(ImportRun.finished_at, ImportRun.created_at) < context.now - KEPT_FOR
    old = select(ImportRun).where(ended, ImportRun.state.not_in(UNDER_WAY)).order_by(ImportRun.id).limit(MOST_AT_ONCE)
    found = list(context.session.scalars(old.with_for_update(skip_locked=True)))
    context.session.execute(delete(ImportRun).where(ImportRun.id.in_([run.id for run in found])))
    digests = {run.digest for run in found}
    for digest in digests - _in_use(context, digests):
        runs.store().delete(digest)
    if len(found) == MOST_AT_ONCE:
        jobs.enqueue(context, KIND, {})
    return {"removed": len(found)}


def _in_use(context: Context, digests: set[str]) -> set[str]:
    """Tell which files another import or a document still names."""
    named = select(ImportRun.digest).where(ImportRun.digest.in_(digests))
    attached = select(Attachment.digest).where(Attachment.digest.in_(digests))
    return {*context.session.scalars(named), *context.session.scalars(attached)}


jobs.declare(KIND, "Remove old imports", remove_old, as_system=True)
jobs.every(KIND, KIND, time(2, 50))
