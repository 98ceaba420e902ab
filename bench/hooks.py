"""How fast webhooks are told: from the commit of a change to a real receiver on this machine, and what it takes.

`python bench/hooks.py --home DIR` (filled by bench/fill.py, or only migrated) starts the relay, the workers and one
receiver on it, which answers at once. Webhooks that hear all the same are tried in turns of 1 and 5. Everything shares
this machine, also what announces the events and the receiver; the CPU of those two is not counted.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CODE = "bench-hook"


def main() -> None:
    from bench import stack

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--webhooks", type=int, nargs="*", default=[1, 5])
    parser.add_argument("--events", type=int, default=1000, help="that wait when relay and workers come to them")
    parser.add_argument("--offered", type=int, default=10, help="events a second")
    parser.add_argument("--seconds", type=float, default=15.0, help="of that rate")
    parser.add_argument("--receive", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.receive:
        receive(given.receive, int(os.environ["BENCH_PORT"]))
        return
    with stack.servers(given.home) as environment:
        environment["OUTLAY_WEBHOOK_NETWORKS"] = "127.0.0.0/8"
        port, heard = stack.free_port(), given.home / "heard"
        environment["BENCH_PORT"] = str(port)
        receiver = [sys.executable, "-m", "bench.hooks", "--home", str(given.home), "--receive", str(heard)]
        with _application(environment).app_context(), stack.child(receiver, environment), _traces():
            print(f"{'':<34}{'a second':>9}{'CPU ms each: relay':>20}{'workers':>9}{'database':>10}{'wall ms':>9}")
            for number in given.webhooks:
                _switch_on(number, port)
                with _scene(environment) as scene:
                    _at_once(scene, number, given.events)
                    _lag(scene, number, given, heard)
                    _memory(scene)


def receive(path: Path, port: int) -> None:
    """Answer every message at once, and write down when it came."""
    lock, lines = threading.Lock(), path.open("w", buffering=1)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                lines.write(f"{self.headers['webhook-id']} {time.time()}\n")
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.serve_forever()


def _at_once(scene: Any, webhooks: int, events: int) -> None:
    from bench import jobs

    jobs.announce_all(events)
    before, start = scene.used(), time.perf_counter()
    jobs.until_done(scene)
    wall = time.perf_counter() - start
    jobs.tell(f"{events} events to {webhooks}, all at once", events * webhooks, wall, before, scene.used())
    [[kept]] = jobs.ask("SELECT count(*) FROM webhook_delivery WHERE state <> 'delivered'")
    assert kept == 0, f"{kept} deliveries did not get through"


def _lag(scene: Any, webhooks: int, given: argparse.Namespace, heard: Path) -> None:
    """Offer events at a rate; of each, when the first and the last webhook was told."""
    from bench import jobs

    begun, before, start = heard.stat().st_size, scene.used(), time.perf_counter()
    committed = jobs.offer(given.offered, given.seconds)
    jobs.until_done(scene)
    number = len(committed) * jobs.TOGETHER * webhooks
    jobs.tell(f"{given.offered} a second to {webhooks}", number, time.perf_counter() - start, before, scene.used())
    requests = dict(jobs.ask("SELECT public_id::text, request_id FROM outbox_event"))
    came = [line.split() for line in heard.read_text()[begun:].splitlines()]
    assert len(came) == number, f"{number} messages were due, {len(came)} came"
    lags = sorted(
        (datetime.fromtimestamp(float(at), UTC) - committed[requests[each]]).total_seconds() * 1000 for each, at in came
    )
    told = ", ".join(f"p{share} {lags[len(lags) * share // 100]:.0f}" for share in (50, 95, 99))
    print(f"{'':<34}ms from commit to the receiver: {told}", flush=True)


def _memory(scene: Any) -> None:
    """Tell what each worker process takes: with what it shares with the others, its part of that, and its own."""
    import psutil

    for name, process in zip(("light", "heavy", "outside"), psutil.Process(scene.workers).children(), strict=False):
        known = process.memory_full_info()
        told = ", ".join(f"{each} {getattr(known, each) / 2**20:.0f}" for each in ("rss", "pss", "uss"))
        print(f"{'':<34}{name} worker, MB: {told}", flush=True)


def _switch_on(number: int, port: int) -> None:
    """Let so many webhooks hear everything."""
    from app.infra import unit
    from app.kernel.resource import registry
    from app.workers.process import system_context
    from bench import jobs

    [[already]] = jobs.ask(f"SELECT count(*) FROM webhook WHERE code LIKE '{CODE}-%'")
    for each in range(already, number):
        form = {"code": f"{CODE}-{each}", "name": "Bench", "url": f"http://127.0.0.1:{port}/", "events": "unit.*"}
        unit.create(system_context(), registry["webhook"], form)
        unit.execute(system_context(), registry["webhook"], form["code"], "start", {})


def _application(environment: dict[str, str]) -> Any:
    import app
    import config

    application = app.create_app(config.load({**os.environ, **environment}))
    for step in ("migrate", "permissions"):
        assert application.test_cli_runner().invoke(args=["outlay", step]).exit_code == 0, step
    return application


@contextlib.contextmanager
def _traces() -> Iterator[None]:
    """Take away what was announced and delivered."""
    from bench.jobs import ask

    try:
        yield
    finally:
        ours = f"(SELECT id FROM webhook WHERE code LIKE '{CODE}-%')"
        ask(f"DELETE FROM webhook_delivery WHERE webhook_id IN {ours}")
        ask(f"DELETE FROM webhook WHERE id IN {ours}")
        ask("DELETE FROM job WHERE event_id IN (SELECT id FROM outbox_event WHERE row_id >= :first)")
        ask("DELETE FROM outbox_event WHERE row_id >= :first")


@contextlib.contextmanager
def _scene(environment: dict[str, str]) -> Iterator[Any]:
    """Start a relay and workers, and wait until they have done what was left to them."""
    from types import SimpleNamespace

    from bench import jobs, stack

    with contextlib.ExitStack() as running:

        def start(module: str) -> int:
            return running.enter_context(stack.child([sys.executable, "-m", module], environment)).pid

        roots = {"database": stack.server_of(environment["DATABASE_URL"])}
        roots |= {"relay": start("app.workers.relay"), "workers": start("app.workers.runner")}
        scene = SimpleNamespace(
            ask=jobs.ask,
            workers=roots["workers"],
            used=lambda: {who: stack.cpu_seconds(pid) for who, pid in roots.items()},
        )
        jobs.announce(0, jobs.TOGETHER)
        jobs.until_done(scene)
        yield scene


if __name__ == "__main__":
    main()
