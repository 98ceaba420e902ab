"""What is done with records of spending."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event
from app.modules.spending.models import SpendRecord


@dataclass(frozen=True)
class SetAside(Event):
    """It counts in no report any more."""

    number: str
    reason: str


@dataclass(frozen=True)
class CountedAgain(Event):
    """It counts in reports again."""

    number: str


@command("Set aside", moves=["counted -> set_aside"])
def set_aside(context: Context, record: SpendRecord, *, reason: Annotated[str, Ask("Reason", long=True)]) -> SetAside:
    """Leave a record out of every report, such as one that Outlay has an invoice of. It stays as it was stated."""
    record.state_reason = reason
    return SetAside(record.number, reason)


@command("Count again", moves=["set_aside -> counted"])
def count_again(context: Context, record: SpendRecord) -> CountedAgain:
    """Let a record count in reports again."""
    record.state_reason = None
    return CountedAgain(record.number)
