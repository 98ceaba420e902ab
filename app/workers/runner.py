"""The runner: RQ workers for light, heavy and outside jobs. Without `--queue` one process keeps one of each running."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import redis
from flask import Flask
from rq import Queue, SimpleWorker, Worker
from rq.exceptions import DequeueTimeout, StopRequested
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty
from rq.worker import BaseWorker, WorkerStatus

from app.infra import jobs
from app.infra.db import db
from app.workers import perform, process
from app.workers.perform import Shift

log = logging.getLogger("app.workers.runner")
DEQUEUE_SECONDS = 1
WORKER_TTL = 30
TIDY_SECONDS = 60
RESTART_SECONDS = 1.0
#: How many servers of others one process can wait for at a time.
THREADS = {"outside": 4}


class _Attentive(BaseWorker):
    """An RQ worker that asks before each message whether it is to stop, so that none is taken and dropped."""

    is_over: Callable[[], bool]

    def _install_signal_handlers(self) -> None:
        """Leave signals to the process, which sets a flag."""

    def subscribe(self) -> None:
        """Take no commands over Valkey: jobs are stopped in the console."""

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> Any:
        """Wait for a message a moment at a time; what goes wrong with Valkey ends the loop, which then starts anew."""
        self.set_state(WorkerStatus.IDLE)
        while not self.is_over():
            self.heartbeat()
            if self.should_run_maintenance_tasks:
                self.run_maintenance_tasks()  # type: ignore[no-untyped-call]
            with contextlib.suppress(DequeueTimeout):
                job, queue = Queue.dequeue_any(
                    self.queues, DEQUEUE_SECONDS, self.connection, serializer=JSONSerializer
                ) or (None, None)
                if job is not None:
                    job.redis_server_version = self.get_redis_server_version()  # type: ignore[no-untyped-call]
                    return job, queue
        raise StopRequested


class LightWorker(_Attentive, SimpleWorker):
    """Does jobs in its own process, one transaction each."""


class HeavyWorker(_Attentive, Worker):
    """Does each job in a forked process, which takes its memory with it."""

    def main_work_horse(self, job: Any, queue: Any) -> None:
        """Begin without the connections of the parent process, and finish whatever it is told meanwhile."""
        app = perform.current().app
        perform.use(Shift(app))
        with app.app_context():
            db.engine.dispose(close=False)
        super().main_work_horse(job, queue)

    def maintain_heartbeats(self, job: Any, execution: Any) -> None:
        """Go on waiting for the forked process when Valkey is away: it needs PostgreSQL only."""
        with contextlib.suppress(redis.RedisError):
            super().maintain_heartbeats(job, execution)


class OutsideWorker(LightWorker):
    """Does jobs that wait for servers of others, one of several threads of its process."""

    death_penalty_class = TimerDeathPenalty  # signals reach the main thread only


WORKERS: Mapping[str, type[_Attentive]] = {"light": LightWorker, "heavy": HeavyWorker, "outside": OutsideWorker}


class _Known(logging.Filter):
    """Leaves out what RQ tells about a Valkey that is away: we say it once, and it would again and again."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep a line, or drop it."""
        return not (record.exc_info and isinstance(record.exc_info[1], redis.RedisError))


def serve(shift: Shift, queue: str) -> None:
    """Do the jobs of one queue until the shift is over, however often Valkey goes away meanwhile."""
    perform.use(shift)
    if queue == "heavy":
        perform.warm_up(shift.app)
    logging.getLogger("rq.worker").addFilter(_Known())
    beside = [
        threading.Thread(target=_serve, args=(shift, queue, process.Patience()), name=f"{queue}-{number}", daemon=True)
        for number in range(1, THREADS.get(queue, 1))
    ]
    for thread in beside:
        thread.start()
    log.info("%s worker is ready", queue)
    _serve(shift, queue, process.Patience(f"{queue} worker"))
    for thread in beside:
        thread.join()


def _serve(shift: Shift, queue: str, patience: process.Patience) -> None:
    """Do jobs in one thread; of several that serve a queue one says what it waits for."""
    while not shift.is_over():
        try:
            worker = _worker(shift, queue)
            patience.over()
            worker.work(logging_level=None)
        except redis.RedisError as error:
            _wait(shift, patience.failed(error))
        else:
            _wait(shift, RESTART_SECONDS)


def supervise(app: Flask, stopping: process.Stopping) -> None:
    """Keep one worker for each queue running, and end them in order."""
    parent = os.getpid()
    running: dict[int, str] = {}
    waiting = list(jobs.QUEUES)
    while not stopping.is_set():
        running.update({_fork(app, queue, parent): queue for queue in waiting})
        stopping.wait(RESTART_SECONDS)
        waiting = _ended(running)
        for queue in waiting:
            log.error("the %s worker ended; starting it again", queue)
    for pid in running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    while running:
        _ended(running)
        time.sleep(0.05)


def _fork(app: Flask, queue: str, parent: int) -> int:
    """Start a worker that goes home when told to, or when the process that started it is gone."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        stopping = process.Stopping().listen()
        serve(Shift(app, is_over=lambda: stopping.is_set() or os.getppid() != parent), queue)
        code = 0
    except Exception:
        log.exception("the %s worker cannot go on", queue)
    finally:
        os._exit(code)


def _ended(running: dict[int, str]) -> list[str]:
    """Take the workers that have ended out of those that run; give their queues."""
    ended = [pid for pid in running if os.waitpid(pid, os.WNOHANG)[0]]
    return [running.pop(pid) for pid in ended]


def _worker(shift: Shift, queue: str) -> _Attentive:
    connection = redis.Redis.from_url(shift.app.config["REDIS_URL"], socket_connect_timeout=1)
    worker = WORKERS[queue](
        [queue],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL,
        maintenance_interval=TIDY_SECONDS,
        log_job_description=False,
    )
    worker.is_over = shift.is_over
    return worker


def _wait(shift: Shift, seconds: float) -> None:
    """Sleep, but not past the end of the shift."""
    steps = int(seconds / 0.1) + 1
    for _ in range(steps):
        if shift.is_over():
            return
        time.sleep(0.1)


def main() -> None:
    """Work until told to stop; the job under way is finished."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queue", choices=jobs.QUEUES, help="serve this queue only, in this process")
    queue = parser.parse_args().queue
    stopping = process.Stopping().listen()
    app = process.load()
    if queue:
        serve(Shift(app, stopping.is_set), queue)
    else:
        supervise(app, stopping)


if __name__ == "__main__":
    main()
