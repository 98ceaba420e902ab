"""How fast work is handed on: from the commit of a change to its subscribers, and through the queues, beside bare RQ.

`python bench/jobs.py --home DIR` (filled by bench/fill.py) starts the relay and workers on it, with a subscriber
that notes when it heard. Each event is about one of 1,000 documents, four to a commit, and heard by that subscriber and
hinted at to open pages. Everything shares this machine, also what announces the events.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
DOCUMENTS = 1000
FIRST = 10**12  # ids of documents that do not exist
TOGETHER = 4
LONGEST = 300.0
LEFT = "SELECT count(*) FROM job WHERE state IN ('waiting', 'running')"


@dataclass
class Scene:
    """The system at work: how to ask its database, and what its processes have used."""

    ask: Callable[..., list[Any]]
    used: Callable[[], dict[str, float]]


def main() -> None:
    from bench.stack import servers

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--events", type=int, default=4000, help="that wait when relay and workers come to them")
    parser.add_argument("--offered", type=int, nargs="*", default=[1000, 500, 250, 100], help="events a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each rate that is offered")
    parser.add_argument("--jobs", type=int, default=2000, help="that do nothing, beside as many of bare RQ")
    parser.add_argument("--workers", type=int, default=1, help="for light work")
    given = parser.parse_args()
    with servers(given.home) as environment:
        application = _application(environment)
        with application.app_context(), _traces(), _scene(environment, given.workers) as scene:
            print(f"{'':<34}{'a second':>9}{'CPU ms each: relay':>20}{'workers':>9}{'database':>10}{'wall ms':>9}")
            for queue, number in (("light", given.jobs), ("heavy", given.jobs // 20)):
                _bare(environment, queue, number)
                _timed(scene, f"{queue} jobs of Outlay", number, lambda n=number, q=queue: _line_up(n, q))
            _timed(scene, "events, all at once", given.events, lambda: announce_all(given.events))
            for rate in given.offered:
                _lag(scene, rate, given.seconds)


def _timed(scene: Scene, what: str, number: int, begin: Callable[[], Any]) -> None:
    """Let relay and workers do what has been lined up; the clock runs from its commit."""
    begin()
    before, start = scene.used(), time.perf_counter()
    until_done(scene)
    tell(what, number, time.perf_counter() - start, before, scene.used())


def _lag(scene: Scene, rate: int, seconds: float) -> None:
    """Offer events at a rate, and see when the subscriber began with each."""
    scene.ask("TRUNCATE bench_heard")
    before, start = scene.used(), time.perf_counter()
    committed = offer(rate, seconds)
    number, lasted = len(committed) * TOGETHER, time.perf_counter() - start
    [[left]] = scene.ask(LEFT)
    until_done(scene)
    after = scene.used()
    heard = scene.ask("SELECT e.request_id, b.at FROM bench_heard b JOIN outbox_event e ON e.id = b.event_id")
    assert len(heard) == number, f"{number} events were announced, {len(heard)} were heard"
    lags = sorted((at - committed[request]).total_seconds() * 1000 for request, at in heard)
    tell(f"{rate} events a second offered", number, time.perf_counter() - start, before, after)
    told = ", ".join(f"p{share} {lags[len(lags) * share // 100]:.0f}" for share in (50, 95, 99))
    print(
        f"{'':<34}announced {number / lasted:.0f} a second; ms to the subscriber: {told}; {left} jobs left at the end"
    )


def offer(rate: int, seconds: float) -> dict[str, datetime]:
    """Announce events at a steady rate; gives when each transaction was committed."""
    committed, start = {}, time.perf_counter()
    for turn in range(int(rate * seconds / TOGETHER)):
        time.sleep(max(0.0, start + turn * TOGETHER / rate - time.perf_counter()))
        request = announce(turn * TOGETHER, TOGETHER)
        committed[request] = datetime.now(UTC)
    return committed


def announce_all(number: int) -> None:
    for first in range(0, number, 500):
        announce(first, min(500, number - first))


def announce(first: int, number: int) -> str:
    """Announce in one transaction that documents were made, without making them."""
    from app.infra import outbox, unit
    from app.kernel.resource import registry
    from app.workers.process import system_context

    rows = [SimpleNamespace(id=FIRST + at % DOCUMENTS, code=f"B{at}") for at in range(first, first + number)]
    with unit.transaction(system_context(), "bench") as bound:
        outbox.emit_created(bound, registry["unit"], rows)
    return bound.request_id


def _line_up(number: int, queue: str) -> None:
    from app.infra import jobs, unit
    from app.workers.process import system_context

    with unit.transaction(system_context(), "bench") as bound:
        for _ in range(number):
            jobs.enqueue(bound, f"bench.{queue}", {})


def _bare(environment: dict[str, str], queue: str, number: int) -> None:
    """Let RQ do as many jobs that do nothing, by a worker that forks for none of them or for each."""
    import redis
    from rq import Queue
    from rq.serializers import JSONSerializer

    name = f"bench-{uuid.uuid4().hex[:8]}"
    with contextlib.closing(redis.Redis.from_url(environment["REDIS_URL"])) as valkey:
        waiting = Queue(name, connection=valkey, serializer=JSONSerializer)
        waiting.enqueue_many([Queue.prepare_data("bench.bare.nothing", result_ttl=0) for _ in range(number)])
        told = subprocess.run(
            [sys.executable, "-m", "bench.bare", name, queue],
            cwd=ROOT,
            env={**os.environ, **environment},
            check=True,
            stdout=subprocess.PIPE,
        )
    wall, cpu = (float(word) for word in told.stdout.split())
    print(
        f"{f'{queue} jobs of bare RQ':<34}{number / wall:>9.0f}{'':>20}{1000 * cpu / number:>9.2f}{'':>10}{1000 * wall / number:>9.2f}"
    )


def tell(what: str, number: int, wall: float, before: dict[str, float], after: dict[str, float]) -> None:
    relay, workers, database = (1000 * (after[who] - before[who]) / number for who in ("relay", "workers", "database"))
    print(
        f"{what:<34}{number / wall:>9.0f}{relay:>20.2f}{workers:>9.2f}{database:>10.2f}{1000 * wall / number:>9.2f}",
        flush=True,
    )


def until_done(scene: Scene) -> None:
    deadline = time.monotonic() + LONGEST
    while scene.ask(LEFT) != [(0,)]:
        if time.monotonic() > deadline:
            raise TimeoutError("work is left that nobody does")
        time.sleep(0.02)


def _application(environment: dict[str, str]) -> Any:
    import app
    import config
    from bench import hearing

    application = app.create_core(config.load({**os.environ, **environment}))
    hearing.declare()
    return application


@contextlib.contextmanager
def _traces() -> Iterator[None]:
    """Keep where the subscriber notes what it heard, and take all of it away again."""
    from bench.hearing import TABLE

    ask(TABLE)
    try:
        yield
    finally:
        ask(
            "DELETE FROM job WHERE kind LIKE 'bench.%' OR event_id IN (SELECT id FROM outbox_event WHERE row_id >= :first)"
        )
        ask("DELETE FROM outbox_event WHERE row_id >= :first")
        ask("DROP TABLE bench_heard")


@contextlib.contextmanager
def _scene(environment: dict[str, str], workers: int) -> Iterator[Scene]:
    """Start a relay and workers, and wait until they have done what was left to them."""
    from bench import stack

    def start(*words: str) -> int:
        return running.enter_context(stack.child([sys.executable, "-m", "bench.hearing", *words], environment)).pid

    with contextlib.ExitStack() as running:
        roots = {"database": [stack.server_of(environment["DATABASE_URL"])], "relay": [start("relay")]}
        roots["workers"] = [start("runner"), *(start("runner", "--queue", "light") for _ in range(workers - 1))]
        scene = Scene(ask, lambda: {who: sum(map(stack.cpu_seconds, pids)) for who, pids in roots.items()})
        _line_up(1, "light")
        _line_up(1, "heavy")
        until_done(scene)
        yield scene


def ask(statement: str) -> list[Any]:
    from sqlalchemy import text

    from app.infra.db import db

    with db.engine.begin() as own:
        found = own.execute(text(statement), {"first": FIRST} if ":first" in statement else {})
        return [tuple(row) for row in found] if found.returns_rows else []


if __name__ == "__main__":
    main()
