"""Relays and workers of bench/jobs.py, with work that does next to nothing: `python -m bench.hearing relay`."""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.infra import jobs, outbox
from app.infra.outbox import OutboxEvent
from app.kernel.actor import Context
from app.workers import process, relay, runner

TABLE = "CREATE TABLE IF NOT EXISTS bench_heard (event_id bigint, at timestamptz)"
_NOTE = text("INSERT INTO bench_heard (event_id, at) VALUES (:event, clock_timestamp())")


def nothing(*_: Any) -> None:
    """Be a job that costs what every job costs."""


def declare() -> None:
    """Make the work of the measurement known to this process."""
    for queue in jobs.QUEUES:
        jobs.declare(f"bench.{queue}", "Nothing", nothing, queue, as_system=True)
    outbox.subscribe("bench", "Note", ("unit.created",), note)


def load() -> Flask:
    """Build the application as every worker does, and its work of today."""
    application = _load()
    declare()
    return application


def note(context: Context, event: OutboxEvent) -> None:
    """Leave a trace in the transaction of the work: when the worker came to it."""
    context.session.execute(_NOTE, {"event": event.id})


if __name__ == "__main__":
    _load, process.load = process.load, load
    {"relay": relay, "runner": runner}[sys.argv.pop(1)].main()
