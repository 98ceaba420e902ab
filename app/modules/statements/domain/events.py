"""What is announced about statements."""

from __future__ import annotations

from dataclasses import dataclass

from app.kernel.event import Event


@dataclass(frozen=True)
class Told(Event):
    """What everybody who hears of a statement needs to know; `open_lines` is what is still to be done."""

    number: str
    account: str
    open_lines: int
    lines: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class TakenIn(Told):
    """The bank has told what it booked."""


@dataclass(frozen=True)
class Proposed(Told):
    """Its open lines were held against payments again."""


@dataclass(frozen=True)
class Matched(Told):
    """Lines and payments belong together."""


@dataclass(frozen=True)
class PaymentBooked(Told):
    """A line paid invoices that were in no run."""


@dataclass(frozen=True)
class Explained(Told):
    """Lines belong to no payment, and it is said what they are."""


@dataclass(frozen=True)
class Undone(Told):
    """What was said of lines holds no longer."""
