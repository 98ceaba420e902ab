"""Events that leave a transaction: written with the change, delivered after it, at least once and in order."""

from __future__ import annotations

import dataclasses
import functools
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, Identity, Index, Integer, Text, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.infra import jobs, records, scope
from app.infra.audit import plain
from app.infra.db import Base, Row, uuid7
from app.kernel.actor import Context
from app.kernel.event import Event, event_name, payload_of
from app.kernel.resource import Resource

Subscriber = Callable[[Context, "OutboxEvent"], None]
# Events are never changed, but they end; those somebody still has to hear end with the others, after their days.
_HEARD = text(
    "DELETE FROM job WHERE state IN ('done', 'discarded') AND event_id IN "
    "(SELECT id FROM outbox_event WHERE resource = :resource AND row_id = :id)"
)
_EVENTS = text(
    "DELETE FROM outbox_event e WHERE e.resource = :resource AND e.row_id = :id "
    "AND NOT EXISTS (SELECT 1 FROM job WHERE job.event_id = e.id)"
)


@dataclasses.dataclass(frozen=True, slots=True)
class _Subscription:
    """Which events are heard, by what, and under which condition on the event."""

    events: tuple[str, ...]
    handle: Subscriber
    stream: str
    only_if: str


_subscribers: dict[str, _Subscription] = {}


class OutboxEvent(Base):
    """Something that happened to a document; `id` rises within a document in the order of commits.

    `public_id` is how the world outside knows it: a receiver that has seen it may forget it the second time.
    """

    __tablename__ = "outbox_event"
    __table_args__ = (Index("ix_outbox_event_row", "resource", "row_id", "id"), Index("ix_outbox_event_at", "at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, info={"label": "Event"})
    public_id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), unique=True, info={"label": "Public id"})
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "When"})
    name: Mapped[str] = mapped_column(Text, index=True, info={"label": "Event"})
    resource: Mapped[str] = mapped_column(Text, info={"label": "Kind"})
    row_id: Mapped[int] = mapped_column(BigInteger, info={"label": "Row"})
    row_key: Mapped[str] = mapped_column(Text, info={"label": "Document"})
    actor_id: Mapped[int] = mapped_column(Integer, info={"label": "Who", "kind": "account"})
    request_id: Mapped[str] = mapped_column(Text, info={"label": "Request"})
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, info={"label": "Content"})

    def __str__(self) -> str:
        return f"{self.name} {self.row_key}"


@dataclasses.dataclass(frozen=True)
class Created(Event):
    """A row was entered."""

    key: str


@dataclasses.dataclass(frozen=True)
class Changed(Event):
    """A row was edited; names the fields that changed."""

    key: str
    fields: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Commented(Event):
    """Somebody said something about a row; `mentions` are the accounts that are named in it."""

    comment: int
    mentions: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Attached(Event):
    """A file belongs to a row now."""

    attachment: int
    name: str


@dataclasses.dataclass(frozen=True)
class Detached(Event):
    """A file was taken off a row."""

    attachment: int
    name: str


@functools.cache
def names_of(resource: Resource) -> frozenset[str]:
    """List every event that rows of a resource announce: `order.issued`, and that they were entered or commented."""
    kinds = [kind for command in resource.commands for kind in command.events]
    kinds += [*resource.announces]
    kinds += [Created, Changed] if resource.form else []
    kinds += [Commented, Attached, Detached] if issubclass(resource.model, Row) else []
    return frozenset(event_name(resource.name, kind) for kind in kinds)


def subscribe(
    name: str,
    title: str,
    events: tuple[str, ...],
    handle: Subscriber,
    *,
    stream: str = "",
    only_if: ColumnElement[bool] | None = None,
) -> None:
    """Let `handle` hear these events (`order.issued`, `order.*`, `*.commented`, `*`), each exactly once in effect.

    Hearing one is a job, which people know by the title. It runs as Outlay itself, in a transaction of its own that also
    marks the event as heard; what it does outside the database must bear being done again. The events of one document
    come one after the other, in their order:
    one that cannot be heard holds back those behind it until it is retried or discarded. With a `stream` of its own it
    hears the events of all documents one after the other, in the order in which they were announced.
    `only_if` is a condition on the event, asked in the statement that writes it: where it does not hold, nothing is
    lined up, and nothing more was asked.
    """
    if name in _subscribers:
        raise ValueError(f"two subscribers are called {name}")
    condition = "" if only_if is None else _spelled(only_if)
    _subscribers[name] = _Subscription(events, handle, stream, condition)
    jobs.declare(f"hear:{name}", title, lambda context, job: handle(context, _event_of(job)), as_system=True)


def is_subscribed(name: str) -> bool:
    """Say whether a subscriber of this name hears anything."""
    return name in _subscribers


def _spelled(condition: ColumnElement[bool]) -> str:
    """Spell a condition as SQL that stands in another statement."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    told = condition.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return str(told).replace("%%", "%").replace(":", "\\:")


def subscribers_of(event: str) -> list[str]:
    """List who hears an event, some of them only where a condition holds."""
    resource, _, happened = event.partition(".")
    patterns = {event, f"{resource}.*", f"*.{happened}", "*"}
    return [name for name, each in _subscribers.items() if patterns & set(each.events)]


def emit(context: Context, resource: Resource, row: Any, event: Event) -> None:
    """Announce what happened to a row, and line up everyone who hears it, in the order of commits.

    The row is taken for the rest of the transaction, as commands have done anyway: two that announce something about
    one document follow each other, and so do their events.
    """
    name = event_name(resource.name, event)
    if name not in names_of(resource):
        raise TypeError(f"{name} was announced, which {resource.name} does not declare")
    scope.hold(context, resource.model, row.id)
    _keep(context, resource, row, name, payload_of(event))


def emit_created(context: Context, resource: Resource, rows: Sequence[Any]) -> None:
    """Announce rows that are new, and that nobody else can announce anything about yet."""
    for row in rows:
        _keep(context, resource, row, f"{resource.name}.created", payload_of(Created(resource.key_of(row))))


def _keep(context: Context, resource: Resource, row: Any, name: str, payload: Mapping[str, Any]) -> None:
    """Keep what happened until the transaction writes it, with all else that happened in it."""
    event = {
        "public_id": uuid7(),
        "at": context.now,
        "name": name,
        "resource": resource.name,
        "row_id": row.id,
        "row_key": resource.key_of(row),
        "actor_id": context.actor.id,
        "request_id": context.request_id,
        "payload": plain(payload),
    }
    context.session.info["events"].append(event)


def write(context: Context) -> None:
    """Write all that was announced in a transaction, and line up everyone who hears it, as its last act but the audit."""
    events = context.session.info["events"]
    if not events:
        return
    conditions = {name: each.only_if for name, each in _subscribers.items() if each.only_if}
    asked = (f"({condition}) AS {_flag(name)}" for name, condition in conditions.items())
    written = records.insert(context.session, OutboxEvent.__table__, events, "id", "public_id", *asked)
    known = {str(each.public_id): each for each in written}
    hearings = []
    for event in events:
        kept = known[str(event["public_id"])]
        for name in subscribers_of(event["name"]):
            if name in conditions and not getattr(kept, _flag(name)):
                continue
            stream = _subscribers[name].stream or f"{name}:{event['resource']}:{event['row_id']}"
            hearings.append((f"hear:{name}", kept.id, stream))
    jobs.line_up(context, hearings)


def _flag(subscriber: str) -> str:
    """Name the column that says whether a subscriber's condition holds."""
    return f"heard_by_{subscriber.replace('.', '_')}"


def forget(context: Context, resource: Resource, row: Any) -> None:
    """End what was announced about a row and has been heard, because nobody may read it any more."""
    for statement in (_HEARD, _EVENTS):
        context.session.execute(statement, {"resource": resource.name, "id": row.id})


def _event_of(job: jobs.Job) -> OutboxEvent:
    if job.event is None:
        raise LookupError("the event of this job has been removed")
    event: OutboxEvent = job.event
    return event
