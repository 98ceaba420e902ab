"""Who is asked for a decision on a document of the demo company."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.infra import unit
from app.infra.db import db
from app.kernel.actor import SYSTEM, Context
from app.kernel.resource import registry
from app.modules.approvals import service as approvals


def asked(kind: str, key: str, now: datetime) -> list[str]:
    """List those whose turn it is to decide a document; none where nothing waits."""
    resource = registry[kind]
    model: Any = resource.model
    with unit.reading(Context(SYSTEM, now, now.date(), "demo-asked", "demo")) as bound:
        row_id = db.session.scalar(select(model.id).where(getattr(model, resource.key) == key))
        current = approvals.current(bound, kind, row_id)
        seats = current.seats if current is not None and current.state == "open" else []
        return [seat.person.code for seat in seats if seat.state == "open"]
