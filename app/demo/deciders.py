"""Who is asked for a decision on a document of the demo company."""

from __future__ import annotations

from datetime import datetime

from app.infra import scope, unit
from app.kernel.actor import SYSTEM, Context
from app.kernel.resource import registry
from app.modules.approvals import service as approvals


def asked(kind: str, key: str, now: datetime) -> list[str]:
    """List those whose turn it is to decide a document; none where nothing waits."""
    resource = registry[kind]
    with unit.reading(Context(SYSTEM, now, now.date(), "demo-asked", "demo")) as bound:
        rows = scope.select_rows(bound, resource).where(getattr(resource.model, resource.key) == key)
        current = approvals.current(bound, kind, bound.session.scalars(rows).one().id)
        seats = current.seats if current is not None and current.state == "open" else []
        return [seat.person.code for seat in seats if seat.state == "open"]
