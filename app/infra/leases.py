"""Who has which job: handed out by relays, held by one worker at a time, taken back from a worker that is gone.

Every step asks whether the lease still holds. Whoever lost it changes nothing, so clocks that differ and messages that
come twice cost a little work and never an effect.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session, joinedload

from app.infra import audit, jobs, scope
from app.infra.jobs import Job, LeaseLost
from app.kernel.actor import Context

#: How much of what is due is looked through first, before it is done in another way.
LOOKED_THROUGH = 1000
LOST = "The worker ended before the work did"


@dataclass(frozen=True, slots=True)
class Handed:
    """Jobs that were given out together; the worker that gets the message holds them by this lease."""

    lease: str
    fresh: tuple[int, ...] = ()
    tried: tuple[int, ...] = ()


def recover(context: Context, duration: timedelta) -> list[Any]:
    """Take back what a worker held when it ended: it counts as an attempt, and the last one makes the job dead."""
    values = {"now": context.now, "beyond": context.now + 2 * duration, "error": LOST}
    lost = list(context.session.execute(_RECOVER, values))
    for each in lost:
        _give_up_if_dead(context, each.id, each.state)
    return lost


def hand_out(context: Context, queue: str, most: int, duration: timedelta) -> Handed:
    """Take jobs that are due, at most the head of each stream, and give them a lease until a worker has begun."""
    lease = str(uuid.uuid4())
    values = {
        "queue": queue,
        "now": context.now,
        "until": context.now + duration,
        "beyond": context.now + 2 * duration,
        "lease": lease,
    }
    found = context.session.execute(_HAND_OUT, {**values, "most": most, "looked": LOOKED_THROUGH}).all()
    rows = [(each.id, each.attempts) for each in found if each.id is not None]
    if len(rows) < most and found[0].seen == LOOKED_THROUGH:
        behind = context.session.execute(_HAND_OUT_HEADS, {**values, "most": most - len(rows)})
        rows += [(each.id, each.attempts) for each in behind]
    rows.sort()
    return Handed(
        lease,
        fresh=tuple(identity for identity, attempts in rows if not attempts),
        tried=tuple(identity for identity, attempts in rows if attempts),
    )


def withdraw(context: Context, lease: str) -> None:
    """Let go of jobs that were handed out but reached nobody, or that a worker does not come to: they wait again."""
    context.session.execute(_WITHDRAW, {"lease": lease})
    context.session.info["nudge"] = True


def begin(context: Context, handed: str, ids: Sequence[int], lease: str, duration: timedelta) -> list[Job]:
    """Take jobs from a message into one worker's hands, under a lease of its own; others have taken what is missing."""
    values = {"now": context.now, "until": context.now + duration, "handed": handed, "ids": list(ids), "lease": lease}
    return load(context.session, context.session.execute(_BEGIN, values).scalars())


def follow(context: Context, done: Sequence[Job], lease: str, duration: timedelta) -> list[Job]:
    """Take the jobs that come next in the streams of those that were done, unless somebody else has taken them."""
    streams = sorted({job.stream for job in done if job.stream is not None})
    if not streams:
        return []
    values = {"queue": done[0].queue, "now": context.now, "until": context.now + duration, "lease": lease}
    return load(context.session, context.session.execute(_FOLLOW, {**values, "streams": streams}).scalars())


def load(session: Session, ids: Iterable[int]) -> list[Job]:
    """Read jobs, each with the event it hears, as records of their own, which nobody changes by accident."""
    found = sorted(ids)
    if not found:
        return []
    statement = scope.everything(Job, why="a worker reads the jobs it holds").where(Job.id.in_(found)).order_by(Job.id)
    statement = statement.options(joinedload(Job.event)).execution_options(populate_existing=True)
    loaded = list(session.scalars(statement))
    for each in {part for job in loaded for part in (job, job.event) if part is not None}:
        session.expunge(each)
    return loaded


def extend(connection: Connection, lease: str, until: datetime) -> None:
    """Keep everything that a worker holds from being given to another."""
    connection.execute(_EXTEND, {"lease": lease, "until": until})


def finish(context: Context, job: Job, result: Any) -> None:
    """Mark a job done in the transaction of its effect; one that came by schedule and found nothing to do is gone.

    Every minute such a job would hide what administrators look for; when a schedule last ran stands with the schedule.
    """
    values = {"id": job.id, "lease": job.lease}
    if _found_nothing(job, result):
        if not context.session.execute(_FORGET, values).rowcount:
            raise LeaseLost(f"job {job.id}")
        return
    told = None if result is None else json.dumps(audit.plain(result))
    if not context.session.execute(_FINISH, {**values, "now": context.now, "result": told}).rowcount:
        raise LeaseLost(f"job {job.id}")


def _found_nothing(job: Job, result: Any) -> bool:
    """Say whether a schedule lined a job up in vain: it did none of what it counts, and had no trouble on the way."""
    came_again = (job.unique_key or "").startswith(jobs.OF_SCHEDULE) and not job.attempts
    return came_again and isinstance(result, dict) and bool(result) and not any(result.values())


def again(context: Context, job: Job, after: timedelta) -> None:
    """Put work back that goes on later, in the transaction of what it has done so far."""
    values = {"id": job.id, "lease": job.lease, "due": context.now + after}
    if not context.session.execute(_AGAIN, values).rowcount:
        raise LeaseLost(f"job {job.id}")


def fail(context: Context, job: Job, error: str, pause: timedelta) -> str | None:
    """Put a job back that could not be done, to be tried again after a pause, or dead; give the state it is in then."""
    values = {"id": job.id, "lease": job.lease, "now": context.now, "due": context.now + pause, "error": error}
    row = context.session.execute(_FAIL, values).first()
    if row:
        _give_up_if_dead(context, job.id, row.state)
    return str(row.state) if row else None


def _give_up_if_dead(context: Context, identity: int, state: str) -> None:
    for job in load(context.session, [identity] if state == "dead" else []):
        jobs.given_up(context, job)


# A lease that reaches further than any does was given while the clock was ahead; work whose beginning is yet to come,
# likewise, and it does not wait for that time.
_RECOVER = text("""
    UPDATE job SET attempts = attempts + 1, error = :error, lease = NULL, leased_until = NULL,
        state = CASE WHEN attempts + 1 < max_attempts THEN 'waiting' ELSE 'dead' END,
        finished_at = CASE WHEN attempts + 1 < max_attempts THEN NULL ELSE CAST(:now AS timestamptz) END
    WHERE id IN (SELECT id FROM job WHERE state = 'running' AND (leased_until < :now OR leased_until > :beyond)
        ORDER BY id FOR UPDATE SKIP LOCKED)
    RETURNING id, kind, state, attempts
""")

_DUE = """state = 'waiting' AND queue = :queue AND (due_at <= :now OR greatest(created_at, started_at) > :beyond)
    AND (leased_until IS NULL OR leased_until < :now OR leased_until > :beyond)"""
_TAKE = f"""
    due AS MATERIALIZED (
        SELECT id FROM job AS candidate WHERE id IN (SELECT id FROM heads) AND {_DUE}
        ORDER BY due_at, id LIMIT :most FOR UPDATE OF candidate SKIP LOCKED),
    given AS (
        UPDATE job SET lease = CAST(:lease AS uuid), leased_until = :until FROM due WHERE job.id = due.id
        RETURNING job.id, job.attempts)
"""  # noqa: S608 - made of what stands here
# A dead job counts as being ahead: those behind it wait until someone has retried or discarded it. What is due is looked
# through in its order, and of each stream met there the head alone is asked for, however many wait behind it.
_HAND_OUT = text(f"""
    WITH seen AS MATERIALIZED (SELECT id, stream FROM job WHERE {_DUE} ORDER BY due_at, id LIMIT :looked),
    heads AS MATERIALIZED (
        SELECT (SELECT id FROM job WHERE stream = held.stream AND state IN ('waiting', 'running', 'dead')
            ORDER BY id LIMIT 1) AS id
        FROM (SELECT DISTINCT stream FROM seen WHERE stream IS NOT NULL) AS held
        UNION ALL SELECT id FROM seen WHERE stream IS NULL),
    {_TAKE}
    SELECT given.id, given.attempts, (SELECT count(*) FROM seen) AS seen FROM (SELECT 1) AS always LEFT JOIN given ON true
""")  # noqa: S608

# Where much waits behind a few that are not due, such as for a receiver of webhooks that is away, the index is asked from
# stream to stream instead.
_HAND_OUT_HEADS = text(f"""
    WITH RECURSIVE streams AS (
        (SELECT stream, id FROM job WHERE state IN ('waiting', 'running', 'dead') AND stream IS NOT NULL
            ORDER BY stream, id LIMIT 1)
        UNION ALL SELECT following.stream, following.id FROM streams, LATERAL (
            SELECT stream, id FROM job WHERE state IN ('waiting', 'running', 'dead') AND stream > streams.stream
            ORDER BY stream, id LIMIT 1) AS following),
    heads AS MATERIALIZED (
        SELECT id FROM streams UNION ALL SELECT id FROM job WHERE stream IS NULL AND {_DUE}),
    {_TAKE}
    SELECT id, attempts FROM given
""")  # noqa: S608

_WITHDRAW = text("""
    UPDATE job SET state = 'waiting', lease = NULL, leased_until = NULL
    WHERE lease = CAST(:lease AS uuid) AND state IN ('waiting', 'running')
""")

_BEGIN = text("""
    UPDATE job SET state = 'running', lease = CAST(:lease AS uuid), leased_until = :until, started_at = :now
    WHERE id = ANY(:ids) AND lease = CAST(:handed AS uuid) AND state = 'waiting' RETURNING id
""")

_EXTEND = text("UPDATE job SET leased_until = :until WHERE lease = CAST(:lease AS uuid) AND state = 'running'")

_FINISH = text("""
    UPDATE job SET state = 'done', attempts = attempts + 1, result = CAST(:result AS jsonb), error = NULL,
        lease = NULL, leased_until = NULL, finished_at = :now
    WHERE id = :id AND lease = CAST(:lease AS uuid) AND state = 'running'
""")

_FORGET = text("DELETE FROM job WHERE id = :id AND lease = CAST(:lease AS uuid) AND state = 'running'")

_AGAIN = text("""
    UPDATE job SET state = 'waiting', due_at = :due, lease = NULL, leased_until = NULL
    WHERE id = :id AND lease = CAST(:lease AS uuid) AND state = 'running'
""")

_FOLLOW = text("""
    UPDATE job SET state = 'running', lease = CAST(:lease AS uuid), leased_until = :until, started_at = :now
    WHERE id IN (
        SELECT id FROM job WHERE state = 'waiting' AND queue = :queue AND due_at <= :now AND lease IS NULL AND id = ANY(ARRAY(
            SELECT (SELECT id FROM job WHERE stream = held AND state IN ('waiting', 'running', 'dead') ORDER BY id LIMIT 1)
            FROM unnest(CAST(:streams AS text[])) AS held))
        FOR UPDATE SKIP LOCKED)
    RETURNING id
""")

_FAIL = text("""
    UPDATE job SET attempts = attempts + 1, error = :error, due_at = :due, lease = NULL, leased_until = NULL,
        state = CASE WHEN attempts + 1 < max_attempts THEN 'waiting' ELSE 'dead' END,
        finished_at = CASE WHEN attempts + 1 < max_attempts THEN NULL ELSE CAST(:now AS timestamptz) END
    WHERE id = :id AND lease = CAST(:lease AS uuid) AND state = 'running' RETURNING state
""")
