"""Waiting for what other processes do in their own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 60


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Wait until something is so; how long it takes is nobody's promise."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {PATIENCE} seconds")
