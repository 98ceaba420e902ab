"""The scheduler: lines up what comes again and again. Several may run, one of them leads."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.infra import schedules, unit
from app.infra.db import db
from app.workers import process

log = logging.getLogger("app.workers.schedule")
LOCK = 727_002
TICK_SECONDS = 1.0
STAND_BY_SECONDS = 5.0


def run(app: Flask, stopping: process.Stopping) -> None:
    """Lead when nobody else does, and line up what is due, until told to stop."""
    patience = process.Patience("schedule")
    log.info("schedule is ready")
    while not stopping.is_set():
        try:
            with app.app_context(), _connection() as connection:
                if _leads(connection):
                    patience.over()
                    _lead(app, connection, stopping)
                else:
                    patience.over()
                    stopping.wait(STAND_BY_SECONDS)
        except process.OUTAGES as error:
            stopping.wait(patience.failed(error))


def tick(app: Flask) -> list[str]:
    """Line up what is due now; give the names of the schedules."""
    with app.app_context(), unit.transaction(process.system_context(), "schedule.run") as context:
        return schedules.run_due(context)


def _lead(app: Flask, connection: Connection, stopping: process.Stopping) -> None:
    """Tick while the lock holds, which it does as long as its connection lives."""
    log.info("this process leads the schedule")
    while not stopping.is_set():
        connection.execute(text("SELECT 1"))
        for name in tick(app):
            log.info("schedule %s has begun", name)
        stopping.wait(TICK_SECONDS)


@contextlib.contextmanager
def _connection() -> Iterator[Connection]:
    """Open a connection for the lock alone, outside of any transaction; what held it is closed, never reused."""
    connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        yield connection
    finally:
        with contextlib.suppress(SQLAlchemyError):
            connection.invalidate()
        connection.close()


def _leads(connection: Connection) -> bool:
    return bool(connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}).scalar())


def main() -> None:
    """Run the scheduler until told to stop."""
    stopping = process.Stopping().listen()
    run(process.load(), stopping)


if __name__ == "__main__":
    main()
