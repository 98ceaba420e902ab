"""Relays, workers and schedulers as processes of a test: `python -m tests.faults.hands relay`, with work of its own."""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app.infra import jobs, outbox, unit
from app.workers import process, relay, runner, schedule

HEARD = "CREATE TABLE IF NOT EXISTS heard (id bigserial, by text, stream text, said text, worker int)"


def say(context: Any, by: str, stream: str, said: str) -> None:
    """Leave a trace in the transaction of the work."""
    values = {"by": by, "stream": stream, "said": said, "worker": os.getpid()}
    context.session.execute(
        text("INSERT INTO heard (by, stream, said, worker) VALUES (:by, :stream, :said, :worker)"), values
    )


def say_at_once(by: str, stream: str, said: str) -> None:
    """Leave a trace that stays whatever becomes of the work."""
    from app.infra.db import db

    with db.engine.begin() as own:
        own.execute(
            text("INSERT INTO heard (by, stream, said, worker) VALUES (:by, :stream, :said, :worker)"),
            {"by": by, "stream": stream, "said": said, "worker": os.getpid()},
        )


def count(context: Any, job: Any) -> None:
    """Say a number, after a moment if one is asked for."""
    time.sleep(job.arguments.get("seconds", 0))
    say(context, "count", job.stream or "", str(job.arguments["number"]))


def linger(context: Any, job: Any) -> None:
    """Say that the work has begun, stay at it, then say that it is done."""
    say_at_once("begun", "", str(job.attempts))
    time.sleep(job.arguments["seconds"])
    say(context, "ended", "", str(job.attempts))


def crash(context: Any, job: Any) -> None:
    """Take the worker along."""
    say_at_once("begun", "", str(job.attempts))
    os.kill(os.getpid(), 9)


def climb(context: Any, job: Any) -> dict[str, int]:
    """Do heavy work in steps that are kept one by one."""
    for step in range(job.progress, job.arguments["steps"]):
        with unit.transaction(context, "test.step") as bound:
            say(bound, "step", str(job.attempts), str(step))
            jobs.advance(bound, job, step + 1)
        jobs.report(job.id, step + 1, job.arguments["steps"])
        time.sleep(job.arguments["seconds"])
    return {"process": os.getpid()}


def hear(name: str) -> outbox.Subscriber:
    """Make a subscriber that says what it heard."""
    return lambda context, event: say(context, name, str(event.row_id), str(event.id))


def declare() -> None:
    """Make the work of these tests known to this process."""
    jobs.declare("count", "count", count)
    jobs.declare("linger", "linger", linger)
    jobs.declare("linger_heavily", "linger_heavily", linger_heavily, "heavy")
    jobs.declare("crash", "crash", crash)
    jobs.declare("climb", "climb", climb, "heavy")
    outbox.subscribe("ears", "ears", ("unit.*",), hear("ears"))
    outbox.subscribe("eyes", "eyes", ("unit.*",), hear("eyes"))
    jobs.every("tick", "count_time", timedelta(seconds=1))
    jobs.declare(
        "count_time", "count_time", lambda context, job: say(context, "tick", "", job.arguments["slot"]), as_system=True
    )


def linger_heavily(context: Any, job: Any) -> None:
    """Stay at work in a process of its own."""
    say_at_once("begun", "", str(job.attempts))
    time.sleep(job.arguments["seconds"])
    say_at_once("ended", "", str(job.attempts))


def load() -> Any:
    """Build the application with a lease as short as the test wants it."""
    from app import create_core

    app = create_core()
    app.config["OUTLAY_LEASE_SECONDS"] = os.environ["TEST_LEASE_SECONDS"]
    declare()
    return app


def line_up() -> None:
    """Line up as many counts as asked for, spread over three streams."""
    app = load()
    with app.app_context():
        for number in range(int(sys.argv[1])):
            with unit.transaction(process.system_context(), "test.line_up") as context:
                jobs.enqueue(context, "count", {"number": number}, stream=f"s{number % 3}")


if __name__ == "__main__":
    process.load = load
    role = sys.argv.pop(1)
    if role == "line_up":
        line_up()
    else:
        {"relay": relay, "runner": runner, "schedule": schedule}[role].main()
