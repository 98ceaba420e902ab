"""Parts of a change that may fail by themselves."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy.orm import Session


@contextlib.contextmanager
def part(session: Session) -> Iterator[None]:
    """Open a part of a change: when it fails, neither its rows stay nor what was to be recorded and told of them."""
    info = session.info
    recorded, announced = len(info["audit"]), len(info["events"])
    nudge, held = info["nudge"], set(info["held"])
    try:
        with session.begin_nested():
            yield
    except Exception:
        del info["audit"][recorded:], info["events"][announced:]
        info.update(nudge=nudge, held=held)
        raise
