"""Work that is done later: its truth is a row here, RQ only wakes the worker that does it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.infra.db import Base, uuid7
from app.kernel.actor import Context

STATES = ("waiting", "running", "done", "dead", "discarded")
MAX_ATTEMPTS = 8


class Job(Base):
    """One piece of work. Jobs of the same `stream` run one after the other, in the order of `position`."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'dead', 'discarded')", name="state"),
        Index("ix_job_due", "due_at", "position", postgresql_where=text("state IN ('waiting', 'running')")),
        Index("ix_job_stream", "stream", "position", postgresql_where=text("state IN ('waiting', 'running', 'dead')")),
        Index("uq_job_event_kind", "event_id", "kind", unique=True),
        Index("uq_job_unique_key", "unique_key", unique=True, postgresql_where=text("state IN ('waiting', 'running')")),
    )

    id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True, info={"label": "Job"})
    position: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True, info={"label": "Position"})
    kind: Mapped[str] = mapped_column(Text, info={"label": "Kind"})
    queue: Mapped[str] = mapped_column(Text, server_default="light", info={"label": "Queue"})
    stream: Mapped[str | None] = mapped_column(Text, info={"label": "Stream"})
    event_id: Mapped[uuid.UUID | None] = mapped_column(
        UUID(as_uuid=True), ForeignKey("outbox_event.id"), info={"label": "Event"}
    )
    unique_key: Mapped[str | None] = mapped_column(Text, info={"label": "Unique key"})
    arguments: Mapped[dict[str, Any]] = mapped_column(JSONB, info={"label": "Arguments"})
    state: Mapped[str] = mapped_column(
        Text, server_default="waiting", info={"label": "State", "kind": "state", "states": STATES}
    )
    attempts: Mapped[int] = mapped_column(Integer, server_default="0", info={"label": "Attempts"})
    max_attempts: Mapped[int] = mapped_column(Integer, info={"label": "Attempts at most"})
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "Due"})
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": "Leased until"})
    lease: Mapped[uuid.UUID | None] = mapped_column(UUID(as_uuid=True), info={"hidden": True})
    progress: Mapped[int] = mapped_column(Integer, server_default="0", info={"label": "Done"})
    total: Mapped[int | None] = mapped_column(Integer, info={"label": "Of"})
    result: Mapped[Any] = mapped_column(JSONB, info={"label": "Result"})
    error: Mapped[str | None] = mapped_column(Text, info={"label": "Last error"})
    actor_id: Mapped[int] = mapped_column(Integer, info={"label": "Who", "kind": "account"})
    request_id: Mapped[str] = mapped_column(Text, info={"label": "Request"})
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "Created"})
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), info={"label": "Finished"})

    def __str__(self) -> str:
        return self.kind


Work = Callable[[Context, Job], Any]
_kinds: dict[str, tuple[Work, str]] = {}


def declare(kind: str, work: Work, queue: str = "light") -> None:
    """Name a kind of work and the function `(context, job) -> result` that does it.

    Light work runs inside the worker, heavy work (`queue="heavy"`) in a forked child.
    """
    if kind in _kinds:
        raise ValueError(f"two kinds of job are called {kind}")
    _kinds[kind] = (work, queue)


def work_of(kind: str) -> Work:
    """Find the function that does a kind of work."""
    return _kinds[kind][0]


def enqueue(
    context: Context,
    kind: str,
    arguments: dict[str, Any],
    *,
    after: timedelta = timedelta(0),
    stream: str | None = None,
    event_id: uuid.UUID | None = None,
    unique_key: str | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> Job:
    """Line up work in the running transaction: it exists if and only if the transaction commits."""
    job = Job(
        id=uuid7(),
        kind=kind,
        queue=_kinds[kind][1] if kind in _kinds else "light",
        stream=stream,
        event_id=event_id,
        unique_key=unique_key,
        arguments=arguments,
        max_attempts=max_attempts,
        due_at=context.now + after,
        actor_id=context.actor.id,
        request_id=context.request_id,
        created_at=context.now,
    )
    context.session.add(job)
    context.session.info["nudge"] = True
    return job
