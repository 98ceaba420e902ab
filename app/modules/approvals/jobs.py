"""What comes again for approvals: reminders, escalation, and delegations that begin or end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.infra import jobs
from app.kernel.actor import Context
from app.modules.approvals.service import chasing

CHASE = "approvals.chase"


def chase(context: Context, job: Any) -> dict[str, int]:
    """Do what is due; tells how much of each was done."""
    return chasing.chase(context)


jobs.declare(CHASE, "Remind of approvals and pass them on", chase, as_system=True)
jobs.every(CHASE, CHASE, timedelta(minutes=15))
