"""`make run` as a person meets it: everything starts from nothing, stops by Ctrl-C and starts again on the same data."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from bench.stack import free_port
from tests.servers import ROOT

WELCOME = "Press Ctrl-C to stop."


class Outlay:
    """`python -m app.embedded` on a home and ports of its own."""

    def __init__(self, home, port, live_port):
        self.address = f"http://127.0.0.1:{port}"
        self.lines = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.embedded"],
            cwd=ROOT,
            env={**os.environ, "OUTLAY_HOME": str(home), "OUTLAY_PORT": str(port), "OUTLAY_LIVE_PORT": str(live_port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_until(self, condition):
        deadline = time.monotonic() + 600
        while not condition():
            assert self.process.poll() is None, "\n".join(self.lines)
            assert time.monotonic() < deadline, "\n".join(self.lines)
            time.sleep(0.1)

    def wait_until_welcome(self):
        self.wait_until(lambda: WELCOME in self.lines)

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        code = self.process.wait(120)
        self._reader.join()
        self.process.stdout.close()
        return code


@pytest.fixture
def start():
    """Start Outlay, again and again on the same home; whatever still runs at the end is killed."""
    started = []
    with tempfile.TemporaryDirectory(prefix="outlay-run-", dir="/tmp") as home:
        Path(home).chmod(0o755)
        ports = free_port(), free_port()

        def begin():
            started.append(Outlay(Path(home), *ports))
            return started[-1]

        yield begin
        for outlay in started:
            if outlay.process.poll() is None:
                outlay.end(signal.SIGKILL)


@pytest.mark.slow
def test_outlay_starts_from_nothing_stops_cleanly_and_starts_again_even_after_it_was_killed(start):
    first = start()
    first.wait_until_welcome()
    with urllib.request.urlopen(f"{first.address}/healthz", timeout=30) as answer:
        assert answer.status == 200
    for process in ("live", "worker", "relay", "schedule"):
        first.wait_until(lambda name=process: any(line.startswith(f"{name:<8} | ") for line in first.lines))
    sign_ins = first.lines[first.lines.index(f"Outlay runs at {first.address}") + 1 : first.lines.index(WELCOME)]
    assert len(sign_ins) > 5

    beside = start()
    assert beside.process.wait(60) == 1
    beside.end()
    assert beside.lines == [f"Outlay already runs at {first.address} (pid {first.process.pid})."]

    assert first.end() == 0
    assert first.lines[-1] == "Outlay has stopped."
    assert not [line for line in first.lines if "was killed" in line]

    second = start()
    second.wait_until_welcome()
    assert second.end(signal.SIGKILL) == -signal.SIGKILL

    third = start()
    third.wait_until_welcome()
    assert (
        sign_ins == third.lines[third.lines.index(f"Outlay runs at {third.address}") + 1 : third.lines.index(WELCOME)]
    )
    assert third.end(signal.SIGTERM) == 0


def test_a_release_that_was_made_before_changes_nothing(addresses, empty_database_url, tmp_path):
    environment = {
        **os.environ,
        "DATABASE_URL": empty_database_url,
        "REDIS_URL": addresses.valkey,
        "OUTLAY_HOME": str(tmp_path),
    }
    for _ in range(2):
        outcome = subprocess.run(
            [sys.executable, "-m", "app.embedded.release", "migrate", "permissions"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome.returncode == 0, outcome.stderr
