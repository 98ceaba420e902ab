"""The real stack under load. After `python bench/fill.py --home DIR --orders N`:

`python bench/run.py --home DIR` measures each operation beside its floor: a bare Flask view with psycopg2 and orjson
that sends the same statements, served as Outlay is (bench/floor.py).
`python bench/run.py --home SMALL --beside LARGE` measures each operation on two companies in turns, which tells how
figures grow with the data, whatever else the machine does.
CPU is that of web and database processes for each turn, queries are those of one turn; latency is what clients see.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
QUIET = 120.0  # seconds in which what was left to the workers is done
COLUMNS = f"{'/s':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'CPU ms':>8}"


@dataclass
class Prepared:
    """What clients need to know of a company, and what each operation asks of its database."""

    known: dict[str, dict[str, str]]
    sample: Any
    taken: dict[str, list[list[tuple[str, Any]]]]
    queries: dict[str, int]


@dataclass
class Stage:
    """One served program: how to reach it, and the processes it costs."""

    port: int
    roots: tuple[int, ...]
    known: dict[str, dict[str, str]]


def main() -> None:
    from bench.stack import servers

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="directory that bench/fill.py filled")
    parser.add_argument("--beside", type=Path, help="another one, measured in turns instead of the floor")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each operation")
    parser.add_argument("--only", default="", help="operations whose name holds this")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        homes = [home for home in (given.home, given.beside) if home]
        environments = [stack.enter_context(servers(home)) for home in homes]
        prepared = [apart(environment, given.only) for environment in environments]
        stages = [stack.enter_context(staged(*pair)) for pair in zip(environments, prepared, strict=True)]
        if given.beside:
            compare(given, prepared, stages)
        else:
            floor = stack.enter_context(floored(environments[0], prepared[0]))
            measure(given, prepared[0], stages[0], floor)


def measure(given: argparse.Namespace, prepared: Prepared, stage: Stage, floor: Stage) -> None:
    """Measure each operation, and its floor right after it."""
    print(f"{'operation':<36}{COLUMNS}{'queries':>9}{'floor p50':>11}{'x p50':>7}{'x CPU':>7}")
    for at, (name, operation) in enumerate(_chosen(prepared, given.only).items()):
        ours = _timed(operation, stage, given)
        line = f"{name:<36}{_figures(ours)}{prepared.queries[name]:>9}"
        if prepared.taken[name]:
            base = _timed(partial(_floor_turn, at), floor, given)
            least, cpu = base.quantile(0.5), _cpu(base)
            line += f"{least:>11.1f}{ours.quantile(0.5) / least:>7.1f}{_cpu(ours) / cpu:>7.1f}{_errors(base)}"
        print(line + _errors(ours), flush=True)


def compare(given: argparse.Namespace, prepared: list[Prepared], stages: list[Stage]) -> None:
    """Measure each operation on both companies in turns."""
    print(f"{'operation':<36}{COLUMNS}{'  beside':<10}{COLUMNS}{'x p50':>7}{'x p95':>7}{'x CPU':>7}{'queries':>12}")
    small, large = (_chosen(each, given.only) for each in prepared)
    for name in small:
        one, other = _timed(small[name], stages[0], given), _timed(large[name], stages[1], given)
        ratios = [other.quantile(share) / one.quantile(share) for share in (0.5, 0.95)] + [_cpu(other) / _cpu(one)]
        told = "".join(f"{ratio:>7.2f}" for ratio in ratios)
        queries = " → ".join(str(each.queries[name]) for each in prepared)
        print(
            f"{name:<36}{_figures(one)}{'':<10}{_figures(other)}{told}{queries:>12}{_errors(one)}{_errors(other)}",
            flush=True,
        )


@contextlib.contextmanager
def staged(environment: dict[str, str], prepared: Prepared) -> Iterator[Stage]:
    """Serve Outlay with its workers, once what was left to them is done."""
    from bench import stack

    with stack.web(environment) as (port, web), stack.workers(environment):
        _rest(environment["DATABASE_URL"])
        yield Stage(port, (web, stack.server_of(environment["DATABASE_URL"])), prepared.known)


@contextlib.contextmanager
def floored(environment: dict[str, str], prepared: Prepared) -> Iterator[Stage]:
    """Serve the floor of each operation."""
    from bench import stack

    with tempfile.NamedTemporaryFile(suffix=".floor") as file:
        file.write(pickle.dumps(dict(enumerate(prepared.taken.values()))))
        file.flush()
        with stack.web({**environment, "BENCH_FLOOR": file.name}, "bench.floor:app") as (port, web):
            yield Stage(port, (web, stack.server_of(environment["DATABASE_URL"])), {})


def apart(environment: dict[str, str], only: str) -> Prepared:
    """Prepare in a process of its own: an application knows one installation."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(prepare, environment, only).result()


def prepare(environment: dict[str, str], only: str) -> Prepared:
    """Let people in, choose what is asked for, and take down what each operation asks of the database."""
    import app
    import config
    from bench import capture, operations, people

    application = app.create_app(config.load({**os.environ, **environment}))
    prepared = Prepared(people.headers(application), people.sample(application), {}, {})
    inside = capture.Inside(application, prepared.known)
    for name, operation in _chosen(prepared, only).items():
        taken = capture.statements(application, inside, operation, 1 if name in operations.LONG else 6)
        prepared.queries[name] = max(len(turn) for turn in taken)
        prepared.taken[name] = [] if name in operations.LONG else taken
    return prepared


def _chosen(prepared: Prepared, only: str) -> dict[str, Any]:
    from bench import operations

    everything = {**operations.reading(prepared.sample), **operations.writing(prepared.sample)}
    return {name: each for name, each in everything.items() if only in name}


def _timed(operation: Any, stage: Stage, given: argparse.Namespace) -> Any:
    from bench.clients import Http, drive
    from bench.stack import cpu_seconds

    def used() -> float:
        return sum(cpu_seconds(root) for root in stage.roots)

    make = partial(Http, stage.port, stage.known)
    drive(operation, make, given.clients, given.seconds / 3, used)
    return drive(operation, make, given.clients, given.seconds, used)


def _floor_turn(at: int, send: Any, turn: int) -> None:
    status, body = send("GET", f"/{at}", "")
    assert status == 200, (status, body[:300])


def _cpu(seen: Any) -> float:
    return 1000 * float(seen.cpu) / max(1, len(seen.seconds))


def _figures(seen: Any) -> str:
    quantiles = "".join(f"{seen.quantile(share):>8.1f}" for share in (0.5, 0.95, 0.99))
    return f"{len(seen.seconds) / seen.lasted:>8.1f}{quantiles}{_cpu(seen):>8.1f}"


def _errors(seen: Any) -> str:
    return f"\n  {len(seen.errors)} errors, the first: {seen.errors[0]}" if seen.errors else ""


def _rest(url: str) -> None:
    """Wait until the workers have heard of everything that happened before."""
    import psycopg2

    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        deadline = time.monotonic() + QUIET
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM job WHERE state IN ('waiting', 'running') AND due_at < now()")
            [left] = cursor.fetchone()
            if not left:
                return
            time.sleep(1)
        print(f"{left} jobs are still waiting")


if __name__ == "__main__":
    main()
