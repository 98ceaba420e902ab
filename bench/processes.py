"""What each process takes to start and to stay, and what a sign-in costs. `python bench/processes.py --home DIR`

All processes of `make run` are started one after the other on a directory that bench/fill.py filled. Memory is told at
rest and after a mixed load: PSS shares what processes share among them, USS is what would be free without this one.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import re
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
MEGABYTE = 1024 * 1024
LOGIN = "nadia.brandt"


@dataclass
class Started:
    """A process that serves: what that took, and where to find it."""

    pid: int
    seconds: float
    cpu: float


def main() -> None:
    from bench.run import apart
    from bench.stack import free_port, server_of, servers

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20.0, help="of mixed load")
    given = parser.parse_args()
    with servers(given.home) as environment, contextlib.ExitStack() as running:
        port = free_port()
        prepared = apart(environment, "none of the operations")
        started = {name: running.enter_context(each) for name, each in _processes(environment, port)}
        roots = {name: each.pid for name, each in started.items()}
        roots["postgres"] = server_of(environment["DATABASE_URL"])
        before = _memory(roots)
        _sign_ins(port, given, roots)
        _load(prepared, port, given)
        after = _memory(roots)
        print(f"\n{'process':<20}{'PSS':>8}{'USS':>8}{'after load':>12}{'USS':>8}{'ready in s':>12}{'CPU s':>8}")
        for name in after:
            at_rest, loaded = before.get(name, (0, 0)), after[name]
            told = f"{name:<20}{at_rest[0]:>8.0f}{at_rest[1]:>8.0f}{loaded[0]:>12.0f}{loaded[1]:>8.0f}"
            start = started.get(name)
            print(told + (f"{start.seconds:>12.1f}{start.cpu:>8.1f}" if start else ""))


def _processes(environment: dict[str, str], port: int) -> Iterator[tuple[str, Any]]:
    from bench.stack import GUNICORN, answers, free_port

    own = {**environment, "OUTLAY_PORT": str(port), "LOG_LEVEL": "INFO", "OUTLAY_PROXIES": "1"}
    live = free_port()
    options = ("-k", "gevent", "-w", "1", "-b", f"127.0.0.1:{live}")
    yield "web", _start([*GUNICORN, "--preload", "wsgi:app"], own, lambda _: answers(port))
    yield "live", _start([*GUNICORN, *options, "app.workers.live:application"], own, lambda _: answers(live))
    for name, module, lines in (("worker", "runner", 2), ("relay", "relay", 1), ("schedule", "schedule", 1)):
        ready = partial(_said, times=lines)
        yield name, _start([sys.executable, "-m", f"app.workers.{module}"], own, ready)


def _said(log: Path, times: int) -> bool:
    return log.read_text().count("is ready") >= times


@contextlib.contextmanager
def _start(command: list[str], environment: dict[str, str], is_ready: Callable[[Path], bool]) -> Iterator[Started]:
    """Start a process and wait until it does its work."""
    from bench import stack

    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        begin = time.perf_counter()
        with stack.child(command, environment, log) as process:
            stack.wait(lambda: is_ready(Path(log.name)), command[-1])
            yield Started(process.pid, time.perf_counter() - begin, stack.cpu_seconds(process.pid))


def _memory(roots: dict[str, int]) -> dict[str, tuple[float, float]]:
    """Tell PSS and USS in MB of each process and of those it started; the server of the database is told as one."""
    found: dict[str, tuple[float, float]] = {}
    for name, pid in roots.items():
        top = psutil.Process(pid)
        family = [top, *top.children(recursive=True)]
        sizes = [(each.memory_full_info().pss / MEGABYTE, each.memory_full_info().uss / MEGABYTE) for each in family]
        if name == "postgres":
            found[name] = (sum(pss for pss, _ in sizes), sum(uss for _, uss in sizes))
            continue
        found |= {name if not at else f"  {name}, child {at}": size for at, size in enumerate(sizes)}
    return found


def _load(prepared: Any, port: int, given: argparse.Namespace) -> None:
    from bench.clients import Http, drive
    from bench.operations import mixed

    seen = drive(mixed(prepared.sample), partial(Http, port, prepared.known), given.clients, given.seconds, lambda: 0.0)
    print(f"mixed load: {len(seen.seconds)} acts, {len(seen.errors)} failed {seen.errors[:1]}")


def _sign_ins(port: int, given: argparse.Namespace, roots: dict[str, int]) -> None:
    """Measure signing in by password beside its page alone, and the hash alone."""
    hashing = _hashing()
    from bench.clients import Http, drive
    from bench.company import PASSWORD
    from bench.stack import cpu_seconds

    def used() -> float:
        return cpu_seconds(roots["web"]) + cpu_seconds(roots["postgres"])

    costs = []
    for what, act in (("page of the sign-in", _page), ("page and sign-in", partial(_signed_in, PASSWORD))):
        operation = partial(act, port)
        seen = drive(lambda send, turn, do=operation: do(turn), partial(Http, port, {}), given.clients, 5.0, used)
        costs.append(1000 * seen.cpu / max(1, len(seen.seconds)))
        rate = len(seen.seconds) / seen.lasted
        print(
            f"{what}: {rate:.1f} a second, p50 {seen.quantile(0.5):.0f} ms, p95 {seen.quantile(0.95):.0f} ms, CPU {costs[-1]:.1f} ms"
        )
        if seen.errors:
            print(f"  {len(seen.errors)} failed, the first: {seen.errors[0]}")
    print(f"sign-in by itself: CPU {costs[1] - costs[0]:.1f} ms, of which the hash {hashing:.1f}")


def _hashing() -> float:
    """Measure the hash alone, before what fills companies makes it cheap."""
    from app.infra import identity

    begin = time.process_time()
    for _ in range(5):
        identity.hash_password("a password like any other")
    return 1000 * (time.process_time() - begin) / 5


def _page(port: int, turn: int) -> None:
    _open(port, turn)[0].close()


def _signed_in(password: str, port: int, turn: int) -> None:
    connection, cookie, token = _open(port, turn)
    with contextlib.closing(connection):
        form = urllib.parse.urlencode({"username": LOGIN, "password": password, "csrf_token": token})
        headers = {**_from(turn), "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/sign-in", form, headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 303, (answer.status, re.sub(rb"<[^>]*>|\s+", b" ", body)[-600:])


def _open(port: int, turn: int) -> tuple[http.client.HTTPConnection, str, str]:
    """Open the page as a browser that comes for the first time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/sign-in", headers=_from(turn))
    answer = connection.getresponse()
    body = answer.read().decode()
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', body)
    assert found, (answer.status, body[:300])
    return connection, answer.headers["Set-Cookie"].partition(";")[0], found[1]


def _from(turn: int) -> dict[str, str]:
    """Come from an address of one's own, as one address may not try often."""
    return {"X-Forwarded-For": f"10.{turn >> 16 & 255}.{turn >> 8 & 255}.{turn & 255}"}


if __name__ == "__main__":
    main()
