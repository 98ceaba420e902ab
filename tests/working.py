"""Work in tests: kinds, subscribers and schedules that last for one test, and jobs as a test sees them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

from sqlalchemy import text

from app.infra import jobs, outbox, unit
from app.infra.db import db
from app.infra.jobs import Job
from app.kernel.actor import Context
from app.kernel.resource import registry
from tests.acting import system


@contextlib.contextmanager
def declared(kind: str, work: jobs.Work, queue: str = "light", *, as_system: bool = False) -> Iterator[None]:
    """Declare a kind of work for a while."""
    jobs.declare(kind, kind, work, queue, as_system=as_system)
    try:
        yield
    finally:
        del jobs._kinds[kind]


@contextlib.contextmanager
def subscribed(name: str, events: tuple[str, ...], handle: outbox.Subscriber) -> Iterator[None]:
    """Let something hear events for a while."""
    outbox.subscribe(name, name, events, handle)
    try:
        yield
    finally:
        del outbox._subscribers[name]
        del jobs._kinds[f"hear:{name}"]


@contextlib.contextmanager
def scheduled(name: str, kind: str, when: timedelta | time) -> Iterator[None]:
    """Keep a schedule for a while, and no other."""
    others = dict(jobs._schedules)
    jobs._schedules.clear()
    jobs.every(name, kind, when)
    try:
        yield
    finally:
        jobs._schedules.clear()
        jobs._schedules.update(others)


def line_up(
    kind: str, arguments: dict[str, Any] | None = None, *, context: Context | None = None, **options: Any
) -> int:
    """Line up a job in a change of its own; give its number."""
    with unit.transaction(context or system(), "test.line_up") as bound:
        job = jobs.enqueue(bound, kind, arguments or {}, **options)
    return job.id


def unit_of_measure(code: str) -> str:
    """Enter a unit of measure, the plainest thing that announces events."""
    return unit.create(system(), registry["unit"], {"code": code, "name": f"Unit {code}"}).key


def rename(code: str, name: str) -> None:
    """Change a unit of measure, which announces `unit.changed`."""
    unit.save(system(), registry["unit"], code, {"name": name})


def read(job_id: int) -> Any:
    """Read a job as it stands in the database now."""
    return rows("SELECT * FROM job WHERE id = :id", id=job_id)[0]


def states(kind: str) -> list[str]:
    """List the states of all jobs of a kind, in their order."""
    return [row.state for row in rows("SELECT state FROM job WHERE kind = :kind ORDER BY id", kind=kind)]


def rows(statement: str, **values: Any) -> list[Any]:
    """Ask the database on a connection of its own."""
    with db.engine.begin() as own:
        return list(own.execute(text(statement), values))


def execute(statement: str, **values: Any) -> None:
    """Change something behind everybody's back, on a connection of its own."""
    with db.engine.begin() as own:
        own.execute(text(statement), values)


def forget_pauses() -> None:
    """Make every waiting job due now."""
    execute("UPDATE job SET due_at = '2000-01-01' WHERE state = 'waiting'")


__all__ = [
    "Job", "declared", "execute", "forget_pauses", "line_up", "read", "rename", "rows", "scheduled", "states",
    "subscribed", "unit_of_measure",
]  # fmt: skip
