"""`python -m app.embedded`, which is `make run`: everything Outlay needs, started from nothing, stopped by Ctrl-C."""

from __future__ import annotations

import contextlib
import http.client
import logging
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import psycopg2

from app.embedded import postgres, valkey
from app.embedded.account import ServerError
from app.embedded.start import claim, demand_port
from app.embedded.supervisor import Child, Stopping, Supervisor

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
GUNICORN = (sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py")


def main() -> int:
    """Start servers and processes, say where Outlay is, and stay until told to stop."""
    logging.basicConfig(format="%(message)s")
    home = Path(os.environ.get("OUTLAY_HOME", ROOT / "var")).resolve()
    port = int(os.environ.get("OUTLAY_PORT", "8000"))
    live_port = int(os.environ.get("OUTLAY_LIVE_PORT", port + 100))
    address = os.environ.get("OUTLAY_BASE_URL", f"http://{LOOPBACK}:{port}")
    held = claim(home, address)
    demand_port(LOOPBACK, port, "OUTLAY_PORT", patient=held.after_crash)
    demand_port(LOOPBACK, live_port, "OUTLAY_LIVE_PORT", patient=held.after_crash)
    environment = {
        **os.environ,
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "OUTLAY_HOME": str(home),
        "OUTLAY_PORT": str(port),
        "OUTLAY_LIVE_PORT": str(live_port),
        "OUTLAY_BASE_URL": address,
    }
    servers = home / "servers"
    supervisor = Supervisor(environment, ROOT)
    try:
        environment.update(_start_servers(supervisor, home, servers))  # what the processes will find there
        release = supervisor.begin("release", [sys.executable, "-m", "app.embedded.release"])
        supervisor.watch(until=lambda: release.has_ended or _is_migrated(environment["DATABASE_URL"]))
        web = _start_web(supervisor)  # it loads while the demo company is entered
        code, sign_ins = supervisor.finish(release)
        if code:
            raise ServerError("The database could not be brought up to date; the lines above say why.")
        supervisor.watch(until=lambda: _is_healthy(port) or web.has_failed)
        _start_others(supervisor, live_port)
        _welcome(supervisor, address, sign_ins)
        supervisor.watch(until=lambda: False)
    except Stopping:
        pass
    finally:
        supervisor.stop()
        servers.unlink(missing_ok=True)
        held.release()
    supervisor.say("", "Outlay has stopped.")
    return 0


def _start_servers(supervisor: Supervisor, home: Path, file: Path) -> dict[str, str]:
    """Start the servers that the environment does not name, and leave their addresses to a second terminal."""
    addresses = {}
    if not os.environ.get("DATABASE_URL"):
        addresses["DATABASE_URL"] = supervisor.serve("postgres", partial(postgres, home / "postgres")).url
    if not os.environ.get("REDIS_URL"):
        addresses["REDIS_URL"] = supervisor.serve("valkey", partial(valkey, home / "valkey")).url
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.writelines(f"{name}={url}\n" for name, url in addresses.items())
    return addresses


def _is_migrated(url: str) -> bool:
    """Say whether the tables are those of this version already, so that the web need not wait for the release."""
    newest = max(path.name[:4] for path in (ROOT / "migrations/versions").glob("[0-9]*.py"))
    try:
        with contextlib.closing(psycopg2.connect(url, connect_timeout=5)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT version_num FROM alembic_version")
            return bool(cursor.fetchone() == (newest,))
    except psycopg2.Error:  # an empty database, or none: the release says what is wrong, and mends what it can
        return False


def _start_web(supervisor: Supervisor) -> Child:
    return supervisor.start("web", [*GUNICORN, "--preload", "--graceful-timeout", "5", "wsgi:app"])


def _start_others(supervisor: Supervisor, live_port: int) -> None:
    """Start what a person who opens the first page does not wait for; all stop in the order in which they started."""
    options = ("-k", "gevent", "-w", "1", "-b", f"{LOOPBACK}:{live_port}", "--graceful-timeout", "1")
    supervisor.start("live", [*GUNICORN, *options, "app.workers.live:application"])
    for name, module in (("worker", "runner"), ("relay", "relay"), ("schedule", "schedule")):
        supervisor.start(name, [sys.executable, "-m", f"app.workers.{module}"])


def _is_healthy(port: int) -> bool:
    """Ask the web whether it serves."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(supervisor: Supervisor, address: str, sign_ins: list[str]) -> None:
    """Say where Outlay is and who may sign in, and open the browser where there is a screen."""
    supervisor.say("", f"\nOutlay runs at {address}")
    for line in sign_ins:
        supervisor.say("", f"  {line}")
    supervisor.say("", "Press Ctrl-C to stop.\n")
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        subprocess.Popen(
            [sys.executable, "-m", "webbrowser", address],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


if __name__ == "__main__":
    sys.exit(main())
