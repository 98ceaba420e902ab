"""What every process beside the web needs: the application, an orderly end, and patience with servers that are away."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import random
import signal
import threading
import time
import uuid
from datetime import timedelta
from types import FrameType
from typing import Any

import redis
from flask import Flask
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.infra import clock, settings
from app.infra.db import db
from app.kernel.actor import SYSTEM, Context

log = logging.getLogger(__name__)
OUTAGES = (redis.RedisError, SQLAlchemyError)
LONGEST_PAUSE = 10.0
LEASE_SECONDS = 60


def load() -> Flask:
    """Build the application without its doors; the composition root is found by name, as it stands above us."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    application: Flask = importlib.import_module("app").create_core()
    # What is loaded stays for good: a search for garbage that leaves it alone makes imports a tenth faster.
    gc.collect()
    gc.freeze()
    return application


def lease_of(app: Flask) -> timedelta:
    """Tell how long a job is held without a sign of life."""
    return timedelta(seconds=float(app.config.get("OUTLAY_LEASE_SECONDS", LEASE_SECONDS)))


def time_zone() -> str:
    """Tell the time zone of the organisation; inside an application context."""
    return str(settings.get(db.session(), "organisation.time_zone"))


def system_context(zone: str = "") -> Context:
    """Give the context in which Outlay itself acts now, reading the time zone of the organisation unless it is known."""
    now, zone = clock.system.now(), zone or time_zone()
    return Context(SYSTEM, now, clock.system.today(zone), request_id=str(uuid.uuid4()), channel="job")


class Stopping(threading.Event):
    """Set when the process was asked to end; what is under way is finished first."""

    def listen(self) -> Stopping:
        """Hear SIGTERM and SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._heard)
        return self

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self.set()


class Patience:
    """Says once that a server is away and once that it is back, and waits longer from try to try; says nothing without a name."""

    def __init__(self, who: str = "") -> None:
        self.who = who
        self._tries = 0

    def failed(self, error: Exception) -> float:
        """Note a failure; give the seconds to wait before the next try."""
        if self.who and not self._tries:
            log.warning("%s waits: %s", self.who, first_line(error))
        self._tries += 1
        return min(LONGEST_PAUSE, 0.25 * 2.0 ** min(self._tries, 10)) * random.uniform(0.5, 1.0)  # noqa: S311

    def over(self) -> None:
        """Note that all is well."""
        if self.who and self._tries:
            log.info("%s goes on", self.who)
        self._tries = 0


def first_line(error: BaseException) -> str:
    """Tell an error in one line, without the statement and the values that a database error carries."""
    cause: Any = error.orig if isinstance(error, DBAPIError) and error.orig else error
    words = str(cause).strip().partition("\n")[0]
    return f"{type(cause).__name__}: {words}" if words else type(cause).__name__
