"""How often a delivery is tried, and who is told at all."""

from __future__ import annotations

from datetime import timedelta

#: How long to wait after the first, the second … try that failed: sixteen hours in all, over a night without a server.
PAUSES = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
)
MOST_TRIES = len(PAUSES) + 1
_STAYING_AWAY = ("suspended", "left")


def pause_after(attempts: int) -> timedelta | None:
    """Tell how long to wait after so many tries; None when it is given up."""
    return PAUSES[attempts - 1] if attempts < MOST_TRIES else None


def is_told(state: str | None, *, is_active: bool) -> bool:
    """Say whether somebody is told anything: whoever was suspended or left is not, and an account nobody uses neither.

    Who is invited has no active account yet, and finds the notices on the first day. An account without a person, such
    as one for scripts, is told while it is active.
    """
    return is_active if state is None else state not in _STAYING_AWAY
