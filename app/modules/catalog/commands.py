"""What is done with items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event
from app.modules.catalog.models import Item


@dataclass(frozen=True)
class Retired(Event):
    """It is not bought any more."""

    code: str
    reason: str


@dataclass(frozen=True)
class Reinstated(Event):
    """It is bought again."""

    code: str


@command("Retire", moves=["active -> retired"])
def retire(context: Context, item: Item, *, reason: Annotated[str, Ask("Reason", long=True)]) -> Retired:
    """Stop offering the item for new requests; what was ordered stays as it is."""
    item.state_reason = reason
    return Retired(item.code, reason)


@command("Reinstate", moves=["retired -> active"])
def reinstate(context: Context, item: Item) -> Reinstated:
    """Offer the item again."""
    item.state_reason = None
    return Reinstated(item.code)
