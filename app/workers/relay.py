"""The relay: hands jobs that are due to RQ. Several may run; what they know stands in PostgreSQL, Valkey only carries it.

It hands out little at a time, so that nothing grows in Valkey while it waits, and a message that is lost there
delays its jobs by one lease.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import redis
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer

from app.infra import clock, jobs, leases, unit
from app.infra.leases import Handed
from app.workers import process

log = logging.getLogger("app.workers.relay")
PERFORM = "app.workers.perform.perform"
SWEEP_SECONDS = 1
MOMENT = 0.02
FORGET_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of a queue may stand in Valkey: messages, and jobs in each."""

    messages: int
    batch: int


ALLOWANCES = {
    "light": Allowance(messages=8, batch=25),
    "heavy": Allowance(messages=2, batch=1),
    "outside": Allowance(messages=8, batch=1),
}


@dataclass
class Relay:
    """One relay at work."""

    app: Flask
    patience: process.Patience = field(default_factory=lambda: process.Patience("relay"))

    def __post_init__(self) -> None:
        self.valkey: redis.Redis[Any] = self.app.extensions["valkey"]
        self.lease: timedelta = process.lease_of(self.app)
        self.queues = {name: Queue(name, connection=self.valkey, serializer=JSONSerializer) for name in ALLOWANCES}
        self.swept, self.zone = -math.inf, ""

    def run(self, stopping: process.Stopping) -> None:
        """Hand out until told to stop, however often the servers go away meanwhile."""
        log.info("relay is ready")
        while not stopping.is_set():
            try:
                self.turn()
                self.patience.over()
                self.wait()
            except process.OUTAGES as error:
                stopping.wait(self.patience.failed(error))

    def turn(self) -> None:
        """Take back what was lost, once in a while, and hand out what is due."""
        with self.app.app_context():
            if clock.system.monotonic() >= self.swept + SWEEP_SECONDS:
                self._sweep()
            self._hand_out()

    def wait(self) -> None:
        """Sleep until somebody lines up work or has done some, or it is time to sweep; nudges within a moment are one."""
        rested = clock.system.monotonic() + MOMENT
        if self.valkey.blpop([jobs.NUDGE], timeout=SWEEP_SECONDS):
            time.sleep(max(0.0, rested - clock.system.monotonic()))
            self.valkey.delete(jobs.NUDGE)

    def _sweep(self) -> None:
        """Take back what workers held that are gone."""
        self.zone = process.time_zone()
        with unit.transaction(process.system_context(self.zone), "job.recover") as context:
            for lost in leases.recover(context, self.lease):
                log.warning("job %s (%s) lost its worker and is %s", lost.id, lost.kind, lost.state)
        self.swept = clock.system.monotonic()

    def _hand_out(self) -> None:
        """Fill up the queues in Valkey; what cannot be put there waits again."""
        room = {name: ALLOWANCES[name].messages - queue.count for name, queue in self.queues.items()}
        handed: dict[str, Handed] = {}
        with unit.transaction(process.system_context(self.zone), "job.hand_out") as context:
            for name in (name for name in room if room[name] > 0):
                most = room[name] * ALLOWANCES[name].batch
                handed[name] = leases.hand_out(context, name, most, self.lease)
        try:
            for name, given in handed.items():
                self._send(name, given.lease, _messages(given, ALLOWANCES[name].batch))
        except redis.RedisError:
            with unit.transaction(process.system_context(self.zone), "job.withdraw") as context:
                for given in handed.values():
                    leases.withdraw(context, given.lease)
            raise

    def _send(self, name: str, lease: str, messages: list[list[int]]) -> None:
        """Give RQ the messages; it keeps no result and never retries, as a sweep finds what was not done."""
        if messages:
            self.queues[name].enqueue_many(
                [
                    Queue.prepare_data(PERFORM, args=(lease, ids), timeout=-1, result_ttl=0, failure_ttl=FORGET_SECONDS)
                    for ids in messages
                ]
            )


def _messages(handed: Handed, batch: int) -> list[list[int]]:
    """Put jobs into messages: many light ones together, and alone what has failed before, lest it drag others along."""
    together = [list(handed.fresh[start : start + batch]) for start in range(0, len(handed.fresh), batch)]
    return together + [[identity] for identity in handed.tried]


def main() -> None:
    """Run a relay until told to stop."""
    stopping = process.Stopping().listen()
    Relay(process.load()).run(stopping)


if __name__ == "__main__":
    main()
