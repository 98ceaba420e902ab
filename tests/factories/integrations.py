"""How jobs, events and schedules come about: nobody enters them in a form."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app.infra import jobs, leases, schedules, unit
from app.infra.db import db
from app.kernel.actor import Actor
from tests.acting import context_of, system

KIND = "test.work"


def job(maker: Any) -> str:
    """Let the owner line up some work."""
    with unit.transaction(context_of(Actor(maker.owner, "Owner")), "test.line_up") as bound:
        made = jobs.enqueue(bound, KIND, {"number": maker.next()}, max_attempts=1, stream=f"test {maker.number}")
        bound.session.flush()
        return str(made.id)


def _begin(key: str) -> Any:
    """Take a job into a worker's hands, as a relay and a worker do together."""
    minute, handed = timedelta(minutes=1), str(uuid.uuid4())
    with unit.transaction(system(), "test.begin") as bound:
        # The other jobs wait; a relay would hand out what is due, whichever it is.
        bound.session.execute(
            text("UPDATE job SET lease = CAST(:lease AS uuid), leased_until = :until WHERE id = :id"),
            {"lease": handed, "until": bound.now + minute, "id": int(key)},
        )
        [begun] = leases.begin(bound, handed, [int(key)], str(uuid.uuid4()), minute)
    return begun


def _run(maker: Any, key: str) -> None:
    _begin(key)


def _finish(maker: Any, key: str) -> None:
    begun = _begin(key)
    with unit.transaction(system(), "test.finish") as bound:
        leases.finish(bound, begun, None)


def _fail(maker: Any, key: str) -> None:
    begun = _begin(key)
    with unit.transaction(system(), "test.fail") as bound:
        leases.fail(bound, begun, "The printer is on fire", timedelta(0))


def event(maker: Any) -> str:
    """Take the latest event, after something has happened."""
    maker.create(maker.resource("unit"))
    with db.engine.connect() as connection:
        return str(connection.execute(text("SELECT max(id) FROM outbox_event")).scalar_one())


def schedule(maker: Any) -> str:
    """Take the first schedule, after the clock has looked at all of them."""
    with unit.transaction(system(), "test.schedules") as bound:
        schedules.run_due(bound)
    return min(each.name for each in jobs.schedules())


ROWS = {"job": job, "event": event, "schedule_run": schedule}

ROUTES = {
    ("job", "running"): _run,
    ("job", "done"): _finish,
    ("job", "dead"): _fail,
}
