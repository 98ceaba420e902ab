"""Doing jobs: each in the name of whoever lined it up, its effect and its end in one transaction, its failure kept."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import random
import signal
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from types import FrameType

import redis
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.infra import clock, identity, jobs, leases, live, telemetry, unit
from app.infra.db import db
from app.infra.jobs import Again, Job, LeaseLost
from app.kernel.actor import SYSTEM, Actor, Context
from app.workers import process

log = logging.getLogger(__name__)
MOST_OF_A_STREAM = 200
LIMITS = {"light": 120.0, "heavy": 4 * 3600.0, "outside": 60.0}
FIRST_RETRY = 5.0
LONGEST_RETRY = 6 * 3600.0
LONGEST_ERROR = 500


class TookTooLong(Exception):
    """A job worked longer than its queue allows."""


@dataclasses.dataclass
class Shift:
    """One worker at work: its application, and whether it was asked to go home."""

    app: Flask
    is_over: Callable[[], bool] = lambda: False


_shift: Shift | None = None


def use(shift: Shift) -> None:
    """Set which application the messages of this process are for."""
    global _shift  # noqa: PLW0603 - RQ calls `perform` by its name, and gives it the message only
    _shift = shift


def current() -> Shift:
    """Tell which application the messages of this process are for."""
    if _shift is None:
        raise RuntimeError("no application is loaded in this worker")
    return _shift


def perform(handed: str, ids: Sequence[int]) -> None:
    """Do the jobs of one message; RQ calls this by its name."""
    shift = current()
    try:
        work_off(shift, handed, ids)
    except SQLAlchemyError as error:
        log.warning("worker lets go of a message: %s", process.first_line(error))
    with contextlib.suppress(redis.RedisError):
        jobs.nudge(shift.app.extensions["valkey"])


def work_off(shift: Shift, handed: str, ids: Sequence[int]) -> int:
    """Do what of these jobs is still handed out under this lease, and what follows in their streams; count them."""
    app, lease, done = shift.app, str(uuid.uuid4()), 0
    with app.app_context(), unit.transaction(process.system_context("UTC"), "job.begin") as context:
        begun = leases.begin(context, handed, ids, lease, process.lease_of(app))
        zone = process.time_zone()
    if not begun:
        return 0
    with _signs_of_life(app, lease):
        for turn in range(1, MOST_OF_A_STREAM + 1):
            for job in begun:
                if shift.is_over():
                    _give_back(app, lease, zone)
                    return done
                _do(app, job, zone)
                done += 1
            begun = _following(app, begun, lease, zone) if turn < MOST_OF_A_STREAM else []
            if not begun:
                break
    return done


def _following(app: Flask, done: Sequence[Job], lease: str, zone: str) -> list[Job]:
    """Go on with what comes next in the streams that this worker holds."""
    with app.app_context(), unit.transaction(process.system_context(zone), "job.begin") as context:
        return leases.follow(context, done, lease, process.lease_of(app))


def _give_back(app: Flask, lease: str, zone: str) -> None:
    """Let others do what this worker has taken and does not come to."""
    with app.app_context(), unit.transaction(process.system_context(zone), "job.withdraw") as context:
        leases.withdraw(context, lease)


def warm_up(app: Flask) -> None:
    """Put the statements of every job together once, before processes are forked that would each do it anew."""
    with app.app_context():
        with contextlib.suppress(SQLAlchemyError), unit.transaction(process.system_context(), "job.begin") as context:
            leases.begin(context, str(uuid.uuid4()), [], str(uuid.uuid4()), process.lease_of(app))
            leases.load(context.session, [0])
        db.engine.dispose()


def drain(app: Flask, most: int = 100_000) -> int:
    """Do here and now all that is due, without Valkey and without another process; give the number of jobs."""
    done = 0
    while done < most:
        found = 0
        for queue in jobs.QUEUES:
            with app.app_context(), unit.transaction(process.system_context(), "job.hand_out") as context:
                handed = leases.hand_out(context, queue, 100, process.lease_of(app))
            found += work_off(Shift(app), handed.lease, (*handed.fresh, *handed.tried))
        if not found:
            break
        done += found
    return done


def _do(app: Flask, job: Job, zone: str) -> None:
    """Do one job or put down why not."""
    with app.app_context(), telemetry.bind(job=job.id, kind=job.kind, request_id=job.request_id):
        try:
            with _no_longer_than(LIMITS[job.queue]):
                _run(job, zone)
        except LeaseLost:
            log.warning("job %s was given to another worker meanwhile; nothing was changed here", job.id)
        except Exception as error:  # noqa: BLE001 - whatever went wrong is kept with the job
            _put_down(job, error)
        else:
            _tell(job, "done")


def _run(job: Job, zone: str) -> None:
    kind = jobs.kind_of(job.kind)
    context = context_of(db.session(), job, zone, as_system=kind.as_system)
    command = f"job.{job.kind}"
    if job.queue != "heavy":
        with unit.transaction(context, command) as bound:
            result = kind.work(bound, job)
            if isinstance(result, Again):
                leases.again(bound, job, result.after)
            else:
                leases.finish(bound, job, result)
        return
    db.session().close()  # heavy work takes longer than a connection may sit in an open transaction
    result = kind.work(context, job)
    with unit.transaction(dataclasses.replace(context, now=clock.system.now()), command) as bound:
        leases.finish(bound, job, result)


def context_of(session: Session, job: Job, zone: str, *, as_system: bool) -> Context:
    """Rebuild in whose name a job is done: with the rights the account has now, within the limits of its token then."""
    actor = SYSTEM if as_system or not job.actor_id else _actor_of(session, job)
    return Context(actor, clock.system.now(), clock.system.today(zone), job.request_id, channel="job")


def _actor_of(session: Session, job: Job) -> Actor:
    user = session.get(User, job.actor_id)
    if user is None or not user.active:
        raise PermissionError("the account that asked for this is not active any more")
    limits = None if job.limits is None else frozenset(job.limits)
    return dataclasses.replace(identity.actor_of(session, user, limits=limits), acting_for=job.acting_for)


def _put_down(job: Job, error: Exception) -> None:
    """Keep why a job failed, and when it is tried again."""
    words = telemetry.redact(process.first_line(error))[:LONGEST_ERROR]
    with unit.transaction(process.system_context(), f"job.{job.kind}") as context:
        state = leases.fail(context, job, words, pause_after(job.attempts + 1))
    if state == "dead":
        log.error("job %s is dead after %s attempts: %s", job.id, job.attempts + 1, words, exc_info=error)
        _tell(job, "dead")
    else:
        log.warning("job %s failed, attempt %s of %s: %s", job.id, job.attempts + 1, job.max_attempts, words)


def pause_after(attempts: int) -> timedelta:
    """Tell how long to wait after so many failed attempts: three times as long each time, and never all at once."""
    seconds = min(LONGEST_RETRY, FIRST_RETRY * 3 ** (attempts - 1))
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311


def _tell(job: Job, state: str) -> None:
    """Tell a person's open pages how a job of theirs ended."""
    if job.actor_id and not job.event_id:
        live.hint(live.account_topic(job.actor_id), {"job": job.id, "kind": job.kind, "state": state})


@contextlib.contextmanager
def _signs_of_life(app: Flask, lease: str) -> Iterator[None]:
    """Extend the lease from a thread beside the work, as long as the process lives."""
    duration, over = process.lease_of(app), threading.Event()
    with app.app_context():
        engine = db.engine

    def beat() -> None:
        while not over.wait(duration.total_seconds() / 3):
            with contextlib.suppress(SQLAlchemyError), engine.begin() as own:
                leases.extend(own, lease, clock.system.now() + duration)

    thread = threading.Thread(target=beat, name="signs-of-life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5)


@contextlib.contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    """Interrupt work that takes too long; only the main thread of a process can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(f"the work took longer than {seconds:.0f} seconds")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
