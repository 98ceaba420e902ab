"""What an administrator does with work that did not get done."""

from __future__ import annotations

from dataclasses import dataclass

from app.infra import jobs
from app.infra.jobs import Job
from app.kernel.actor import Context
from app.kernel.command import command
from app.kernel.event import Event
from app.kernel.problem import Problem


@dataclass(frozen=True)
class Retried(Event):
    """A dead job waits for its next attempt."""

    kind: str


@dataclass(frozen=True)
class Discarded(Event):
    """A job was given up."""

    kind: str


def why_not_retry(context: Context, job: Job) -> list[Problem]:
    """Say what stands against another attempt: that somebody has lined up the same work again."""
    other = jobs.under_way(context, job.unique_key) if job.unique_key else None
    if other is None or other.id == job.id:
        return []
    message = f"Job {other.id} does the same work already. Discard this one."
    return [Problem("same_work_under_way", message, None, {"job": other.id})]


@command("Retry", moves=["dead -> waiting"], guard=why_not_retry)
def retry(context: Context, job: Job) -> Retried:
    """Try the job again now, with all its attempts. What waited behind it follows."""
    jobs.retry(context, job)
    return Retried(job.kind)


@command(
    "Discard",
    moves=["dead | waiting -> discarded"],
    confirm="Give up {kind}? It will not be done.",
    danger=True,
)
def discard(context: Context, job: Job) -> Discarded:
    """Give the job up. What waited behind it goes on without it."""
    jobs.discard(context, job)
    return Discarded(job.kind)
