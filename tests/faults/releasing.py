"""Release a payment run in a process that is killed at a step: `python -m tests.faults.releasing RUN STEP`."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from app import create_core
from app.infra import audit, files, numbers, unit
from app.infra.db import HouseSession
from app.kernel.resource import registry
from app.modules.invoices import service as invoices
from app.modules.payments.service import sending
from tests.acting import context_of, system
from tests.scenarios.paying import THEN

#: Where the process ends: a function that is never entered, or never left.
STEPS: dict[str, tuple[Any, str, bool]] = {
    "before the invoices count as paid": (invoices, "pay", True),
    "after they count": (invoices, "pay", False),
    "before the number is taken": (numbers, "take_last", True),
    "after the number was taken": (sending, "render", True),
    "before the file is stored": (files.DiskStore, "put", True),
    "after the file was stored": (files.DiskStore, "put", False),
    "before the audit is sealed": (audit, "seal", True),
    "before the commit": (HouseSession, "commit", True),
    "after the commit": (HouseSession, "commit", False),
}


def die_at(step: str) -> None:
    """End this process at a step, as a machine that loses power does."""
    owner, name, is_before = STEPS[step]
    real = getattr(owner, name)

    def deadly(*arguments: Any, **options: Any) -> Any:
        if not is_before:
            real(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, deadly)


def main(run: str, step: str) -> None:
    """Release the run, up to the step."""
    app = create_core()
    with app.app_context():
        die_at(step)
        context = context_of(system(id=970).actor, now=THEN)
        unit.execute(context, registry["payment_run"], run, "release", {})


if __name__ == "__main__":
    main(*sys.argv[1:])
