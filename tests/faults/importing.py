"""Import a file in a process that is killed in its second batch: `python -m tests.faults.importing RUN STEP`."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from app import create_core
from app.infra import audit
from app.infra.db import HouseSession
from app.infra.transfer import batches, work
from tests.acting import system

ROWS_AT_ONCE = 10
#: Where the process ends: a function, whether it is never entered or never left, and which of its calls that is.
STEPS: dict[str, tuple[Any, str, bool, int]] = {
    "before the rows are written": (batches, "_enter", True, 2),
    "after the rows were written": (batches, "_enter", False, 2),
    "before the audit is sealed": (audit, "seal", True, 3),
    "before the commit": (HouseSession, "commit", True, 3),
    "after the commit": (HouseSession, "commit", False, 3),
}


def die_at(step: str) -> None:
    """End this process at a step, as a machine that loses power does."""
    owner, name, is_before, turn = STEPS[step]
    real, calls = getattr(owner, name), []

    def deadly(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) < turn:
            return real(*arguments, **options)
        if not is_before:
            real(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    setattr(owner, name, deadly)


def main(run: str, step: str) -> None:
    """Import the file, up to the step."""
    app = create_core()
    batches.LINES_AT_ONCE = ROWS_AT_ONCE
    with app.app_context():
        die_at(step)
        work.apply(system(), int(run))


if __name__ == "__main__":
    main(*sys.argv[1:])
