"""Events that leave a transaction: written with the change, delivered after it, at least once and in order."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.infra import jobs
from app.infra.audit import plain
from app.infra.db import Base, uuid7
from app.kernel.actor import Context
from app.kernel.event import Event, event_name
from app.kernel.resource import Resource

Subscriber = Callable[[Context, "OutboxEvent"], None]
_subscribers: dict[str, tuple[tuple[str, ...], Subscriber]] = {}


class OutboxEvent(Base):
    """Something that happened to a document; `position` rises within a document in the order of commits."""

    __tablename__ = "outbox_event"
    __table_args__ = (Index("ix_outbox_event_row", "resource", "row_id"),)

    id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "When"})
    name: Mapped[str] = mapped_column(Text, index=True, info={"label": "Event"})
    resource: Mapped[str] = mapped_column(Text, info={"label": "Kind"})
    row_id: Mapped[int] = mapped_column(BigInteger, info={"label": "Row"})
    row_key: Mapped[str] = mapped_column(Text, info={"label": "Document"})
    actor_id: Mapped[int] = mapped_column(Integer, info={"label": "Who", "kind": "account"})
    request_id: Mapped[str] = mapped_column(Text, info={"label": "Request"})
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, info={"label": "Content"})


@dataclasses.dataclass(frozen=True)
class Created(Event):
    """A row was entered."""

    key: str


@dataclasses.dataclass(frozen=True)
class Changed(Event):
    """A row was edited; names the fields that changed."""

    key: str
    fields: tuple[str, ...]


def subscribe(name: str, events: tuple[str, ...], handle: Subscriber) -> None:
    """Let `handle` hear these events (`order.issued`, `order.*`, `*`), each exactly once in effect.

    It runs in a transaction of its own, which also marks the event as heard; what it does outside the
    database must bear being done again.
    """
    if name in _subscribers:
        raise ValueError(f"two subscribers are called {name}")
    _subscribers[name] = (events, handle)


def subscribers_of(event: str) -> list[str]:
    """List who hears an event."""
    resource, _, _ = event.partition(".")
    return [name for name, (events, _) in _subscribers.items() if {event, f"{resource}.*", "*"} & set(events)]


def handler_of(name: str) -> Subscriber:
    """Find the function of a subscriber."""
    return _subscribers[name][1]


def emit(context: Context, resource: Resource, row: Any, event: Event | Mapping[str, Any], name: str = "") -> None:
    """Announce what happened to a row, and line up everyone who hears it, in the order of commits."""
    full_name = name or event_name(resource.name, event)  # type: ignore[arg-type]
    payload = dataclasses.asdict(event) if isinstance(event, Event) else dict(event)
    entry = OutboxEvent(
        id=uuid7(),
        at=context.now,
        name=full_name,
        resource=resource.name,
        row_id=row.id,
        row_key=resource.key_of(row),
        actor_id=context.actor.id,
        request_id=context.request_id,
        payload=plain(payload),
    )
    context.session.add(entry)
    context.session.flush()
    for subscriber in subscribers_of(full_name):
        jobs.enqueue(
            context,
            f"hear:{subscriber}",
            {},
            event_id=entry.id,
            stream=f"{subscriber}:{resource.name}:{row.id}",
        )
