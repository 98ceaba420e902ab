"""The one place that asks the machine what time it is."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

#: Differences between clocks that are left alone, as the telling takes its time too.
TOLERANCE = timedelta(seconds=1)


class Clock(Protocol):
    """Tell the time to whoever must not ask the machine."""

    def now(self) -> datetime:
        """Give this instant, in UTC."""

    def today(self, zone: str) -> date:
        """Give the day it is where the business is, for a zone such as Europe/Vienna."""

    def monotonic(self) -> float:
        """Give seconds that only grow, to measure how long something takes."""


class SystemClock:
    """Tell the time of this machine as it was at the start, and of the database as soon as that has told its own.

    Leases, tokens and dates are compared between processes, so all of them go by one clock. In between it goes on by
    seconds that only grow, and a jump of this machine's clock is not seen.
    """

    def __init__(self) -> None:
        self._set = (datetime.now(UTC), time.monotonic())
        self._told = float("-inf")

    def now(self) -> datetime:
        """Give this instant, in UTC."""
        at, since = self._set
        return at + timedelta(seconds=time.monotonic() - since)

    def agree(self, now: datetime) -> None:
        """Go by the clock of the database, whose time is told; what the telling itself took changes nothing."""
        self._told = time.monotonic()
        if abs(now - self.now()) > TOLERANCE:
            self._set = (now.astimezone(UTC), time.monotonic())

    def was_told(self) -> bool:
        """Say whether the database told its time within the last second."""
        return time.monotonic() - self._told < TOLERANCE.total_seconds()

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


machine = SystemClock()
system: Clock = machine
