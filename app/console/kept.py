"""Figures that took long are kept for a few minutes, so that the next look at the same does not take long again."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from app.infra import scope
from app.kernel.actor import Context

Found = TypeVar("Found")
#: What is found sooner is never kept: it is always as things stand.
LONG = 0.1
KEPT_FOR = timedelta(minutes=5)
MOST = 500
_SINCE = "figures kept since"
_kept: dict[tuple[Any, ...], tuple[datetime, Any]] = {}


def found(context: Context, what: tuple[Any, ...], find: Callable[[], Found]) -> Found:
    """Find figures, or take those found a moment ago for a reader who sees the same; kept by each process for itself."""
    key, now = (scope.reach_of(context.actor), *what), context.now
    known = _kept.get(key)
    if known and known[0] > now:
        context.session.info[_SINCE] = min(known[0] - KEPT_FOR, since(context) or now)
        kept: Found = known[1]
        return kept
    began = time.monotonic()
    figures = find()
    if time.monotonic() - began > LONG:
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[key] = now + KEPT_FOR, figures
    return figures


def since(context: Context) -> datetime | None:
    """Say from when the oldest kept figures are that this reader was just given; None where all are as things stand."""
    at: datetime | None = context.session.info.get(_SINCE)
    return at
