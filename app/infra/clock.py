"""The one place that asks the machine what time it is."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tell the time to whoever must not ask the machine."""

    def now(self) -> datetime:
        """Give this instant, in UTC."""

    def today(self, zone: str) -> date:
        """Give the day it is where the business is, for a zone such as Europe/Vienna."""

    def monotonic(self) -> float:
        """Give seconds that only grow, to measure how long something takes."""


class SystemClock:
    """Tell the time of this machine."""

    def now(self) -> datetime:
        """Give this instant, in UTC."""
        return datetime.now(UTC)

    def today(self, zone: str) -> date:
        """Give the day it is where the business is."""
        return self.now().astimezone(ZoneInfo(zone)).date()

    def monotonic(self) -> float:
        """Give seconds that only grow."""
        return time.monotonic()


class FrozenClock:
    """Tell a time that stands still until it is moved, for tests, replays and seeds."""

    def __init__(self, at: datetime) -> None:
        """Stop at an instant, which must name its zone."""
        if at.tzinfo is None:
            raise ValueError(f"{at.isoformat()} has no time zone. Give one, such as UTC.")
        self._at = at.astimezone(UTC)
        self._passed = timedelta(0)

    def now(self) -> datetime:
        """Give the instant at which the clock stands."""
        return self._at + self._passed

    def today(self, zone: str) -> date:
        """Give the day it then is where the business is."""
        return self.now().astimezone(ZoneInfo(zone)).date()

    def monotonic(self) -> float:
        """Give the seconds by which the clock was moved."""
        return self._passed.total_seconds()

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        if by < timedelta(0):
            raise ValueError("Time only passes forwards.")
        self._passed += by


system: Clock = SystemClock()
