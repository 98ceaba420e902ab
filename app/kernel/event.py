"""Business events: what a command announces once it has happened."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something that happened to a document; subclasses are named by the past participle (`Issued`)."""


def told_once() -> Any:
    """Declare a field of an event that only the caller learns, once: it is never stored or announced."""
    return dataclasses.field(default="", repr=False, metadata={"told_once": True})


def payload_of(event: Event, *, once: bool = False) -> dict[str, Any]:
    """Give what an event says, or with `once` what only its caller is told."""
    fields = dataclasses.fields(event)
    return {field.name: getattr(event, field.name) for field in fields if ("told_once" in field.metadata) is once}


def event_name(resource: str, event: Event | type[Event]) -> str:
    """Name an event as subscribers know it: `order.issued`."""
    kind = event if isinstance(event, type) else type(event)
    return f"{resource}.{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', kind.__name__).lower()}"
