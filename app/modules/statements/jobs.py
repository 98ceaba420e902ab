"""Large files of banks, read by a worker: whoever sent one finds in its job what became of it."""

from __future__ import annotations

from typing import Any

from app.infra import files, jobs
from app.infra.jobs import Job
from app.infra.taking import NOTHING_SAID, Sent, about_of
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.modules.statements import service


def take_in(context: Context, job: Job) -> dict[str, Any]:
    """Take in a file that was sent before; a refusal is an answer, and no reason to try again."""
    told = job.arguments
    with files.store().open(told["digest"]) as content:
        about = about_of(told["about"]) if "about" in told else NOTHING_SAID
        sent = Sent(content.read(), told["name"], told.get("entity"), about=about)
    try:
        return {"statements": [each.key for each in service.take_in(context, sent, told["account"])]}
    except Refused as refused:
        return {"refused": [problem.message for problem in refused.problems]}


jobs.declare(service.TAKE_IN, "Take in a bank statement", take_in, "heavy")
