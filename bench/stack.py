"""The real stack on a directory that keeps its data: PostgreSQL, Valkey, web and workers as `make run` starts them."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import psutil

ROOT = Path(__file__).resolve().parents[1]
GUNICORN = (sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py")
WORKERS = ("app.workers.runner", "app.workers.relay")
LONGEST_START = 60.0


@contextlib.contextmanager
def servers(home: Path) -> Iterator[dict[str, str]]:
    """Start PostgreSQL and Valkey of a directory, unless the environment names others; gives the environment."""
    from app.embedded import postgres, valkey

    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    environment = {"OUTLAY_HOME": str(home), "TZ": "UTC", "LOG_LEVEL": "ERROR"}
    environment |= {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    with contextlib.ExitStack() as stack:
        if "DATABASE_URL" not in environment:
            environment["DATABASE_URL"] = stack.enter_context(postgres(home / "postgres")).url
        if "REDIS_URL" not in environment:
            environment["REDIS_URL"] = stack.enter_context(valkey(home / "valkey")).url
        yield environment


@contextlib.contextmanager
def web(environment: dict[str, str], program: str = "wsgi:app", healthy: str = "/healthz") -> Iterator[tuple[int, int]]:
    """Serve a WSGI program with gunicorn as `make run` does; gives its port and process id."""
    port = free_port()
    with child([*GUNICORN, "--preload", program], {**environment, "OUTLAY_PORT": str(port)}) as process:
        wait(lambda: answers(port, healthy), program)
        yield port, process.pid


@contextlib.contextmanager
def workers(environment: dict[str, str]) -> Iterator[None]:
    """Run what hears of changes: the relay and one worker."""
    with contextlib.ExitStack() as stack:
        for module in WORKERS:
            stack.enter_context(child([sys.executable, "-m", module], environment))
        yield


def cpu_seconds(root: int) -> float:
    """Add up what a process and all below it have used of the processors, also those that have ended."""
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        top = psutil.Process(root)
        for each in (top, *top.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                used = each.cpu_times()
                total += used.user + used.system + used.children_user + used.children_system
    return total


def server_of(url: str) -> int:
    """Find the process of the PostgreSQL server behind an address."""
    import psycopg2

    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [backend] = cursor.fetchone()
        return int(psutil.Process(backend).ppid())


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def child(
    command: Sequence[str], environment: dict[str, str], told: int | IO[bytes] = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of the stack, with all it says going to one place, and end it in order."""
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdout=told, stderr=told)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(port: int, path: str = "/healthz") -> bool:
    """Say whether a program serves."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait(until: Callable[[], bool], what: str) -> None:
    """Look again and again whether something serves."""
    deadline = time.monotonic() + LONGEST_START
    while not until():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not begin to serve")
        time.sleep(0.05)
