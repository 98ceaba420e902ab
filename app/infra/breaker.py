"""Circuit breakers: what is outside may be slow or gone, and nobody here waits for it twice."""

from __future__ import annotations

import enum
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from app.infra import clock
from app.infra.clock import Clock

FAILURES_TO_OPEN = 5
RETRY_AFTER = timedelta(seconds=30)


class State(enum.StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Unavailable(Exception):
    """Raised instead of calling something that is known to be down; nothing was attempted."""

    def __init__(self, name: str, retry_after: timedelta) -> None:
        self.name = name
        self.retry_after = retry_after
        super().__init__(f"{name} does not answer. It is tried again in {retry_after.total_seconds():.0f} seconds.")


@dataclass(frozen=True, slots=True)
class Deadline:
    """Count down the time one call may take; hand what is left to the client that makes the call."""

    clock: Clock
    ends: float

    def remaining(self) -> float:
        """Give the seconds left, never less than a hundredth, since to many clients 0 means for ever."""
        return max(self.ends - self.clock.monotonic(), 0.01)

    def passed(self) -> bool:
        """Tell whether the time is over."""
        return self.clock.monotonic() >= self.ends


@dataclass(slots=True)
class Breaker:
    """Let calls to one thing through until it fails several times in a row, then only one now and again."""

    name: str
    clock: Clock
    failures_to_open: int = FAILURES_TO_OPEN
    retry_after: timedelta = RETRY_AFTER
    _failures: int = 0
    _opened: float | None = None
    _probing_since: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def state(self) -> State:
        """Say whether a call would go through now."""
        with self._lock:
            return self._state()

    @contextmanager
    def guard(self, timeout: timedelta, expected: tuple[type[Exception], ...] = ()) -> Iterator[Deadline]:
        """Make a call: refused at once while open; a failure or an answer after the deadline counts against it.

        `expected` are answers in the form of exceptions, such as "no such file": they prove that it is alive.
        """
        self._enter()
        deadline = Deadline(self.clock, self.clock.monotonic() + timeout.total_seconds())
        try:
            yield deadline
        except expected:
            self._leave(alive=not deadline.passed())
            raise
        except BaseException:
            self._leave(alive=False)
            raise
        self._leave(alive=not deadline.passed())

    def _enter(self) -> None:
        with self._lock:
            state = self._state()
            if state is State.OPEN:
                raise Unavailable(self.name, timedelta(seconds=self._closes_in()))
            if state is State.HALF_OPEN:
                # The one who comes first tries; a probe that never came back gives way to the next in time.
                self._probing_since = self.clock.monotonic()

    def _leave(self, *, alive: bool) -> None:
        with self._lock:
            self._probing_since = None
            self._failures = 0 if alive else self._failures + 1
            if alive:
                self._opened = None
            elif self._failures >= self.failures_to_open:
                self._opened = self.clock.monotonic()

    def _state(self) -> State:
        if self._opened is None:
            return State.CLOSED
        return State.OPEN if self._closes_in() > 0 else State.HALF_OPEN

    def _closes_in(self) -> float:
        since = max(self._opened or 0, self._probing_since or 0)
        return since + self.retry_after.total_seconds() - self.clock.monotonic()


_breakers: dict[str, Breaker] = {}
_lock = threading.Lock()


def breaker(name: str) -> Breaker:
    """Give the breaker of one thing outside, shared by all threads of this process."""
    with _lock:
        return _breakers.setdefault(name, Breaker(name, clock.system))


@contextmanager
def outside(name: str, timeout: timedelta, expected: tuple[type[Exception], ...] = ()) -> Iterator[Deadline]:
    """Guard a call to something outside, such as smtp or s3."""
    with breaker(name).guard(timeout, expected) as deadline:
        yield deadline


def states() -> dict[str, State]:
    """Give the state of everything outside that was ever called, for health and metrics."""
    with _lock:
        known = list(_breakers.values())
    return {each.name: each.state for each in known}


def forget() -> None:
    """Forget what is known to be down, between tests."""
    with _lock:
        _breakers.clear()
