"""Business events: what a command announces once it has happened."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """Something that happened to a document; subclasses are named by the past participle (`Issued`)."""


def event_name(resource: str, event: Event | type[Event]) -> str:
    """Name an event as subscribers know it: `order.issued`."""
    kind = event if isinstance(event, type) else type(event)
    return f"{resource}.{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', kind.__name__).lower()}"
