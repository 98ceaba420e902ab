"""What is announced about exceptions besides what commands announce; whoever tells people hears these.

`accounts` are the accounts whose task it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.kernel.event import Event


@dataclass(frozen=True)
class Task(Event):
    """What every announcement says: whose task it is, of which invoice, and what does not match."""

    accounts: tuple[int, ...]
    owner: str
    kind: str
    invoice: str
    title: str
    text: str
    due_on: date


@dataclass(frozen=True)
class Raised(Task):
    """Somebody has to settle it now."""


@dataclass(frozen=True)
class Overdue(Task):
    """It should have been settled by now."""
