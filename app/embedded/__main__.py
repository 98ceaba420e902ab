"""`python -m app.embedded`, which is `make run`: everything Outlay needs, started from nothing, stopped by Ctrl-C."""

from __future__ import annotations

import http.client
import logging
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from app.embedded import postgres, valkey
from app.embedded.account import ServerError
from app.embedded.start import claim, demand_port
from app.embedded.supervisor import Stopping, Supervisor

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"


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
        sign_ins = _release(supervisor)
        _start_processes(supervisor, port, live_port)
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


def _release(supervisor: Supervisor) -> list[str]:
    """Migrate, sync permissions and seed an empty database; answer the demo sign-ins."""
    code, sign_ins = supervisor.run("release", [sys.executable, "-m", "app.embedded.release"])
    if code:
        raise ServerError("The database could not be brought up to date; the lines above say why.")
    return sign_ins


def _start_processes(supervisor: Supervisor, port: int, live_port: int) -> None:
    """Start the web first, since a person is waiting for it, then the rest; they stop in the same order."""
    gunicorn = (sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py")
    web = supervisor.start("web", [*gunicorn, "--graceful-timeout", "5", "wsgi:app"])
    supervisor.watch(until=lambda: _is_healthy(port) or web.has_failed)
    options = ("-k", "gevent", "-w", "1", "-b", f"{LOOPBACK}:{live_port}", "--graceful-timeout", "1")
    supervisor.start("live", [*gunicorn, *options, "app.workers.live:application"])
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
