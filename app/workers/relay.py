"""The relay: hands jobs that are due to RQ. Several may run; what they know stands in PostgreSQL, Valkey only carries it.

It hands out little at a time, so that nothing grows in Valkey while it waits, and a message that is lost there
delays its jobs by one lease.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import redis
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer

from app.infra import jobs, leases, unit
from app.infra.leases import Handed
from app.workers import process

log = logging.getLogger("app.workers.relay")
PERFORM = "app.workers.perform.perform"
SWEEP_SECONDS = 1
FORGET_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of a queue may stand in Valkey: messages, and jobs in each."""

    messages: int
    batch: int


ALLOWANCES = {"light": Allowance(messages=8, batch=25), "heavy": Allowance(messages=2, batch=1)}


@dataclass
class Relay:
    """One relay at work."""

    app: Flask
    patience: process.Patience = field(default_factory=lambda: process.Patience("relay"))

    def __post_init__(self) -> None:
        self.valkey: redis.Redis[Any] = self.app.extensions["valkey"]
        self.lease: timedelta = process.lease_of(self.app)
        self.queues = {name: Queue(name, connection=self.valkey, serializer=JSONSerializer) for name in ALLOWANCES}

    def run(self, stopping: process.Stopping) -> None:
        """Hand out until told to stop, however often the servers go away meanwhile."""
        log.info("relay is ready")
        while not stopping.is_set():
            try:
                if not self.turn():
                    self.wait()
                self.patience.over()
            except process.OUTAGES as error:
                stopping.wait(self.patience.failed(error))

    def turn(self) -> int:
        """Take back what was lost and hand out what is due, once for each queue; give the number of jobs."""
        with self.app.app_context():
            with unit.transaction(process.system_context(), "job.recover") as context:
                for lost in leases.recover(context):
                    log.warning("job %s (%s) lost its worker and is %s", lost.id, lost.kind, lost.state)
            return sum(self._hand_out(name) for name in self.queues)

    def wait(self) -> None:
        """Sleep until somebody lines up work, or a moment has passed; nudges that came together are one."""
        if self.valkey.blpop([jobs.NUDGE], timeout=SWEEP_SECONDS):
            self.valkey.delete(jobs.NUDGE)

    def _hand_out(self, name: str) -> int:
        room = ALLOWANCES[name].messages - self.queues[name].count
        if room <= 0:
            return 0
        with unit.transaction(process.system_context(), "job.hand_out") as context:
            handed = leases.hand_out(context, name, room * ALLOWANCES[name].batch, self.lease)
        messages = list(_messages(handed, ALLOWANCES[name].batch))
        try:
            self._send(name, handed.lease, messages)
        except redis.RedisError:
            with unit.transaction(process.system_context(), "job.withdraw") as context:
                leases.withdraw(context, handed.lease)
            raise
        return sum(len(ids) for ids in messages)

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
