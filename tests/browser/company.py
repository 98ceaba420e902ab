"""Halden Instruments, smaller: seeded once for a run, copied for each worker, and served as on a server."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.stack import free_port
from tests import servers
from tests.servers import ROOT, Addresses

TEMPLATE = "outlay_company"
PASSWORD = "halden instruments demo"
PATIENCE = 120  # seconds; a busy machine is slow, not broken
LOOPBACK = "127.0.0.1"
PEOPLE, SUPPLIERS, ITEMS = 30, 80, 96
CATEGORIES = ("IT-HW", "OFF", "MRO-TOOL")
GUNICORN = (sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "--graceful-timeout", "1")
COMMANDS: dict[str, tuple[str, ...]] = {
    "web": (*GUNICORN, "wsgi:app"),
    "live": (*GUNICORN, "-k", "gevent", "app.workers.live:application"),
    "relay": (sys.executable, "-m", "app.workers.relay"),
    "worker": (sys.executable, "-m", "app.workers.runner"),
}


def ensure_template(addresses: Addresses) -> str:
    """Seed the company once for a run, in the first worker that asks; the others wait for it."""
    release = servers.ensure_template(addresses)
    outcome = Path(addresses.directory) / "company"
    with outcome.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not outcome.exists():
            url = servers.create_database(addresses, TEMPLATE, release)
            outcome.write_text(_run(environment(addresses, url, addresses.valkey)))
    problem = outcome.read_text()
    if problem:
        raise RuntimeError(f"The demo company could not be made:\n{problem}")
    return TEMPLATE


def _run(variables: dict[str, str]) -> str:
    """Seed in a process of its own; answer what went wrong, or nothing."""
    command = [sys.executable, "-m", "tests.browser.company"]
    outcome = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    return "" if outcome.returncode == 0 else outcome.stdout + outcome.stderr


def environment(addresses: Addresses, database: str, valkey: str, **more: str) -> dict[str, str]:
    """Give a process its servers, the keys the database was made with, and the files that were kept then."""
    home, files = f"{addresses.directory}/home", f"{addresses.directory}/files"
    return {
        **os.environ, "DATABASE_URL": database, "REDIS_URL": valkey, "OUTLAY_HOME": home, "OUTLAY_FILES": files, **more,
    }  # fmt: skip


@dataclass
class Company:
    """The company as it is served: the processes, and where they are."""

    address: str
    directory: Path
    variables: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start one of its processes, unless it runs already; `ready` waits for it."""
        if name in self.processes or not self.variables:
            return
        options = ("-b", f"{LOOPBACK}:{self.variables['OUTLAY_LIVE_PORT']}") if name == "live" else ()
        command = (*COMMANDS[name][:-1], *options, COMMANDS[name][-1])
        with self.log(name).open("ab") as output:
            self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=self.variables, stdout=output, stderr=output)

    def ready(self, name: str) -> None:
        """Wait until a process does its work."""
        port = {"web": "OUTLAY_PORT", "live": "OUTLAY_LIVE_PORT"}.get(name)
        deadline = time.monotonic() + PATIENCE
        while name in self.processes and not self._is_ready(name, port):
            ended = self.processes[name].poll() is not None
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"{name} {'ended' if ended else 'is not ready'}:\n{self.log(name).read_text()}")
            time.sleep(0.05)

    def _is_ready(self, name: str, port: str | None) -> bool:
        if port is None:
            return "is ready" in self.log(name).read_text()
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(LOOPBACK, int(self.variables[port]), timeout=5)
            with contextlib.closing(connection):
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
        return False

    def log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def stop(self) -> None:
        """End everything."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def serve(addresses: Addresses, database: str, valkey: str, directory: Path) -> Company:
    """Start web and live on free ports."""
    port, live_port = free_port(), free_port()
    variables = environment(
        addresses,
        database,
        valkey,
        OUTLAY_PORT=str(port),
        OUTLAY_LIVE_PORT=str(live_port),
        OUTLAY_PROXIES="1",  # people sign in from addresses of their own
        WEB_CONCURRENCY="1",
    )
    company = Company(f"http://{LOOPBACK}:{port}", directory, variables)
    try:
        for name in ("web", "live"):
            company.start(name)
        for name in ("web", "live"):
            company.ready(name)
    except BaseException:
        company.stop()
        raise
    return company


def main() -> None:
    """Seed fewer people, suppliers and items than the demo has; what is said of them stays believable."""
    from app import create_core
    from app.demo import company, seeding
    from config import load

    module: Any = seeding
    module.PEOPLE, module.SUPPLIERS, module.ITEMS = PEOPLE, SUPPLIERS, ITEMS
    company.CATALOGUE = {name: company.CATALOGUE[name] for name in CATEGORIES}
    with create_core(load()).app_context():
        seeding.seed()


if __name__ == "__main__":
    main()
