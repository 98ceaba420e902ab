"""Days in sentences that people read; machines are told ISO days beside them."""

from __future__ import annotations

from datetime import date


def written(day: date) -> str:
    """Write `15 Dec 2026`, which says the same whenever it is read."""
    return f"{day.day} {day:%b %Y}"
