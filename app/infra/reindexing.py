"""Keeps search text up to date where it names other rows: a supplier renamed is found by its new name in items too."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from app.infra import jobs, outbox, scope, search, unit
from app.infra.jobs import Job
from app.infra.outbox import OutboxEvent
from app.kernel.actor import Context
from app.kernel.resource import Resource, registry

BATCH = 500
KIND = "search.reindex"


def follow() -> None:
    """Hear of edits of every resource that others name in their search text; called once all slices are known."""
    events = tuple(f"{resource.name}.changed" for resource in registry if search.dependents(resource))
    if events and not outbox.is_subscribed("search"):
        jobs.declare(KIND, "Bring the search up to date", reindex, queue="heavy", as_system=True)
        outbox.subscribe("search", "See what the search has to learn", events, _line_up)


def reindex(context: Context, job: Job) -> dict[str, int]:
    """Write the search text of all rows that name the one which changed; doing it again does no harm."""
    resource = registry[job.arguments["resource"]]
    relation, target = job.arguments["relation"], int(job.arguments["target"])
    done, last = 0, 0
    while rows := _batch(context, resource, relation, target, last):
        done, last = done + len(rows), rows[-1]
    return {"rows": done}


def _batch(context: Context, resource: Resource, relation: str, target: int, last: int) -> list[int]:
    model = resource.model
    column = getattr(model, next(iter(model.__mapper__.relationships[relation].local_columns)).key)
    with unit.transaction(context, KIND) as bound:
        statement = scope.everything(model, why="search text follows a rename, seen or not")
        statement = statement.where(column == target, model.id > last).order_by(model.id).limit(BATCH)
        rows = list(bound.session.scalars(statement))
        for row in rows:
            _write(bound, resource, row)
        return [row.id for row in rows]


def _write(context: Context, resource: Resource, row: Any) -> None:
    """Write past the session, as nobody changed the row: it keeps its version, and the audit says nothing."""
    table = resource.model.__table__
    context.session.execute(update(table).where(table.c.id == row.id).values(search=search.vector(resource, row)))


def _line_up(context: Context, event: OutboxEvent) -> None:
    for resource, relation in search.dependents(registry[event.resource]):
        if _concerns(resource, relation, event):
            jobs.enqueue(context, KIND, {"resource": resource.name, "relation": relation, "target": event.row_id})


def _concerns(resource: Resource, relation: str, event: OutboxEvent) -> bool:
    """Say whether what changed is in the search text; what a property is made of cannot be told, so it counts."""
    named = {path.split(".")[1] for path in resource.search if path.startswith(f"{relation}.")}
    stored = set(registry[event.resource].model.__table__.columns.keys())
    return bool(named - stored or named & set(event.payload.get("fields", ())))
