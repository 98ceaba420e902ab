"""What is announced about rounds of approval; whoever tells people hears these.

`accounts` are the accounts concerned; `document` names the row that is decided about: resource and key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.kernel.event import Event


@dataclass(frozen=True)
class About(Event):
    """What every announcement says: whom it concerns, and which document."""

    accounts: tuple[int, ...]
    document: dict[str, Any]


@dataclass(frozen=True)
class Asked(About):
    """These people are to decide now."""

    steps: tuple[str, ...]


@dataclass(frozen=True)
class Decided(About):
    """Somebody decided; `outcome` is where the document stands now. The accounts are those of the requester."""

    step: str
    verdict: str
    outcome: str
    by: str
    on_behalf_of: str | None
    comment: str


@dataclass(frozen=True)
class Returned(About):
    """The document goes back to its requester, to be changed."""

    step: str
    by: str
    comment: str


@dataclass(frozen=True)
class Reminded(About):
    """These people have been asked for some time."""

    steps: tuple[str, ...]


@dataclass(frozen=True)
class Escalated(About):
    """These people are asked because others did not answer, or cannot any more."""

    step: str
    instead_of: str
    reason: str


@dataclass(frozen=True)
class Delegated(About):
    """These people may or have to decide in the place of somebody else."""

    step: str
    instead_of: str
    reason: str


@dataclass(frozen=True)
class Informed(About):
    """A rule wants these people to know; they have nothing to decide."""

    reason: str
