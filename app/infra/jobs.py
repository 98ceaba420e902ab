"""Work that is done later: its truth is a row here, RQ only wakes the worker that does it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import redis
from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.infra import live, records, savepoints, scope
from app.infra.db import Base, db
from app.kernel.actor import SYSTEM, Context

log = logging.getLogger(__name__)
STATES = ("waiting", "running", "done", "dead", "discarded")
QUEUES = ("light", "heavy", "outside")
MAX_ATTEMPTS = 8
NUDGE = "outlay:nudge"
#: How the unique key of a job begins that a schedule lined up.
OF_SCHEDULE = "schedule:"
_MOST_NUDGES = 10


class LeaseLost(Exception):
    """The work took so long, or was cut off so long, that it was given to somebody else; it must leave no trace."""


@dataclass(frozen=True, slots=True)
class Again:
    """What work answers that has not come to its end: it waits as long, in its place in the stream, and no try is counted."""

    after: timedelta


class Job(Base):
    """One piece of work. Jobs of the same `stream` run one after the other, in the order of `id`."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'dead', 'discarded')", name="state"),
        CheckConstraint("queue IN ('light', 'heavy', 'outside')", name="queue"),
        CheckConstraint(
            "state <> 'running' OR (lease IS NOT NULL AND leased_until IS NOT NULL)", name="running_leased"
        ),
        Index("ix_job_due", "queue", "due_at", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_job_running", "leased_until", postgresql_where=text("state = 'running'")),
        Index("ix_job_lease", "lease", postgresql_where=text("lease IS NOT NULL")),
        Index("ix_job_stream", "stream", "id", postgresql_where=text("state IN ('waiting', 'running', 'dead')")),
        Index("ix_job_actor", "actor_id", "id"),
        Index("ix_job_finished", "finished_at", postgresql_where=text("state IN ('done', 'discarded')")),
        Index("uq_job_event_kind", "event_id", "kind", unique=True),
        Index("uq_job_unique_key", "unique_key", unique=True, postgresql_where=text("state IN ('waiting', 'running')")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, info={"label": "Job"})
    kind: Mapped[str] = mapped_column(Text, info={"label": "Kind"})
    queue: Mapped[str] = mapped_column(Text, server_default="light", info={"label": "Queue"})
    stream: Mapped[str | None] = mapped_column(Text, info={"label": "Stream"})
    event_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("outbox_event.id"), info={"label": "Event"})
    unique_key: Mapped[str | None] = mapped_column(Text, info={"label": "Unique key"})
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB, info={"label": "Arguments"})
    state: Mapped[str] = mapped_column(
        Text, server_default="waiting", info={"label": "State", "kind": "state", "states": STATES}
    )
    attempts: Mapped[int] = mapped_column(Integer, server_default="0", info={"label": "Attempts"})
    max_attempts: Mapped[int] = mapped_column(Integer, info={"label": "Attempts at most"})
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "Due"})
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"hidden": True})
    lease: Mapped[Any] = mapped_column(UUID(as_uuid=False), nullable=True, info={"hidden": True})
    progress: Mapped[int] = mapped_column(Integer, server_default="0", info={"label": "Done"})
    total: Mapped[int | None] = mapped_column(Integer, info={"label": "Of"})
    result: Mapped[Any] = mapped_column(JSONB, nullable=True, info={"label": "Result"})
    error: Mapped[str | None] = mapped_column(Text, info={"label": "Last error"})
    actor_id: Mapped[int] = mapped_column(Integer, info={"label": "Who", "kind": "account"})
    acting_for: Mapped[int | None] = mapped_column(Integer, info={"label": "Acting for", "kind": "account"})
    limits: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True, info={"hidden": True})
    request_id: Mapped[str] = mapped_column(Text, info={"label": "Request"})
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "Created"})
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": "Started"})
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": "Finished"})
    event: Mapped[Any] = relationship("OutboxEvent", viewonly=True)

    def __str__(self) -> str:
        return f"Job {self.id}"


Work = Callable[[Context, Job], Any]


@dataclass(frozen=True, slots=True)
class KindOfWork:
    """How one kind of job is done: what people call it, by which function, in which queue, and as whom."""

    title: str
    work: Work
    queue: str
    as_system: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work that comes again: at every multiple of an interval, or daily at a time of the organisation's zone."""

    name: str
    kind: str
    when: timedelta | time


_kinds: dict[str, KindOfWork] = {}
_schedules: dict[str, Schedule] = {}
_given_up: dict[str, Callable[[Context, Job], None]] = {}


def declare(kind: str, title: str, work: Work, queue: str = "light", *, as_system: bool = False) -> None:
    """Name a kind of work, for programs and for people, and the function `(context, job) -> result` that does it.

    Light work runs inside one transaction, which also marks it done: its effect in the database happens once.
    Work outside does the same, and may have to wait for somebody else's server meanwhile: it holds up nothing but the
    stream it is in.
    Heavy work runs in a process of its own and outside of any transaction; it opens units itself, ties what it has
    done to its job with `advance`, and must bear being started again after the last unit that was kept.
    It acts for whoever enqueued it, or with `as_system` for Outlay itself.
    """
    if kind in _kinds:
        raise ValueError(f"two kinds of job are called {kind}")
    if queue not in QUEUES:
        raise ValueError(f"there is no queue {queue}, use light, heavy or outside")
    _kinds[kind] = KindOfWork(title, work, queue, as_system)


def when_given_up(kind: str, follow: Callable[[Context, Job], None]) -> None:
    """Say what follows when a job of this kind is not tried again: part of the change that gives it up."""
    _given_up[kind] = follow


def given_up(context: Context, job: Job) -> None:
    """Do what follows when a job is not tried again; should that fail, the job is given up all the same."""
    follow = _given_up.get(job.kind)
    if follow is None:
        return
    try:
        with savepoints.part(context.session):
            follow(context, job)
            context.session.flush()
    except Exception:
        log.exception("job %s was given up, and what should follow failed", job.id)


def kinds() -> list[str]:
    """List every kind of work there is."""
    return sorted(_kinds)


def kind_of(kind: str) -> KindOfWork:
    """Find how a kind of work is done."""
    if kind not in _kinds:
        raise LookupError(f"this version of Outlay does not know the work {kind}")
    return _kinds[kind]


def title_of(kind: str) -> str:
    """Tell what people call a kind of work; one that only another version knew keeps its name."""
    known = _kinds.get(kind)
    return known.title if known else kind


def work_of(kind: str) -> Work:
    """Find the function that does a kind of work."""
    return kind_of(kind).work


def every(name: str, kind: str, when: timedelta | time) -> None:
    """Let a kind of work be done again and again: at each interval, or daily at a time of the organisation's zone."""
    if name in _schedules:
        raise ValueError(f"two schedules are called {name}")
    if isinstance(when, timedelta) and when < timedelta(seconds=1):
        raise ValueError(f"schedule {name}: use an interval of a second or more")
    _schedules[name] = Schedule(name, kind, when)


def schedules() -> list[Schedule]:
    """List every schedule there is."""
    return list(_schedules.values())


def enqueue(
    context: Context,
    kind: str,
    arguments: dict[str, Any],
    *,
    after: timedelta = timedelta(0),
    stream: str | None = None,
    unique_key: str | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> Job:
    """Line up work in the running transaction: it exists if and only if the transaction commits.

    With a `unique_key` at most one job of that key is waiting or running, and an existing one is given instead.
    """
    if unique_key is not None:
        known = _under_way(context, unique_key)
        if known is not None:
            return known
    wanted = {"arguments": arguments, "stream": stream, "due_at": context.now + after, "unique_key": unique_key}
    job = Job(**{**_described(context, kind), **wanted, "max_attempts": max_attempts})
    context.session.add(job)
    if unique_key is not None:
        context.session.flush()
    context.session.info["nudge"] = True
    return job


def line_up(context: Context, hearings: Sequence[tuple[str, int, str]]) -> None:
    """Line up that events are heard: for each the kind of job, the event, and the stream that keeps their order."""
    if not hearings:
        return
    jobs = [{**_described(context, kind), "event_id": event, "stream": stream} for kind, event, stream in hearings]
    records.insert(context.session, Job.__table__, jobs)
    context.session.info["nudge"] = True


def _described(context: Context, kind: str) -> dict[str, Any]:
    """Say of a job what follows from its kind, and from who orders it when; what Outlay does as itself is nobody's own."""
    known = _kinds.get(kind)
    actor = SYSTEM if known and known.as_system else context.actor
    return {
        "kind": kind,
        "queue": known.queue if known else "light",
        "arguments": {},
        "max_attempts": MAX_ATTEMPTS,
        "due_at": context.now,
        "actor_id": actor.id,
        "acting_for": actor.acting_for,
        "limits": None if actor.limits is None else sorted(actor.limits),
        "request_id": context.request_id,
        "created_at": context.now,
    }


def report(job_id: int, done: int, total: int | None = None) -> None:
    """Tell everyone at once how far a job has come; beside the job's own transaction, and not inside one that advances it."""
    with db.engine.begin() as own:
        owner = own.execute(
            text("UPDATE job SET progress = :done, total = coalesce(:total, total) WHERE id = :id AND state = 'running' "
                 "RETURNING actor_id, total"),
            {"id": job_id, "done": done, "total": total},
        ).first()  # fmt: skip
    if owner:
        live.hint(live.account_topic(owner.actor_id), {"job": job_id, "done": done, "total": owner.total})


def advance(context: Context, job: Job, done: int) -> None:
    """Tie a step of heavy work to its job: kept together or not at all, and refused to a worker that lost its lease.

    A job that is started again finds in `job.progress` where the last kept step ended.
    """
    kept = context.session.execute(
        text("UPDATE job SET progress = :done WHERE id = :id AND lease = CAST(:lease AS uuid) AND state = 'running'"),
        {"id": job.id, "done": done, "lease": job.lease},
    )
    if not kept.rowcount:
        raise LeaseLost(f"job {job.id}")


def retry(context: Context, job: Job) -> None:
    """Let a dead job be tried again from its first attempt; the jobs of its stream behind it follow."""
    job.state, job.attempts, job.due_at, job.finished_at = "waiting", 0, context.now, None
    context.session.info["nudge"] = True


def hurry(context: Context, stream: str) -> None:
    """Let what waits in a stream be done now, in its order, whatever time it was to wait for."""
    context.session.execute(
        text("UPDATE job SET due_at = :now WHERE stream = :stream AND state = 'waiting' AND due_at > :now"),
        {"now": context.now, "stream": stream},
    )
    context.session.info["nudge"] = True


def discard(context: Context, job: Job) -> None:
    """Give a job up for good; the jobs of its stream behind it go on without it."""
    job.state, job.lease, job.leased_until, job.finished_at = "discarded", None, None, context.now
    given_up(context, job)
    context.session.info["nudge"] = True


def under_way(context: Context, unique_key: str) -> Job | None:
    """Find the job of this key that is waiting or running."""
    statement = scope.everything(Job, why="one job of a key, whoever lined it up")
    found: Job | None = context.session.scalars(
        statement.where(Job.unique_key == unique_key, Job.state.in_(("waiting", "running")))
    ).first()
    return found


def nudge(valkey: redis.Redis[Any]) -> None:
    """Wake a relay; the list of nudges stays short however long no relay is there to hear them."""
    with valkey.pipeline(transaction=False) as pipeline:
        pipeline.lpush(NUDGE, "1")
        pipeline.ltrim(NUDGE, 0, _MOST_NUDGES - 1)
        pipeline.execute()


def _under_way(context: Context, unique_key: str) -> Job | None:
    """Look for a job of this key, after everyone else who is lining one up has committed or failed."""
    context.session.flush()
    context.session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"job {unique_key}"}
    )
    return under_way(context, unique_key)
