"""A Valkey of its own for each test, and processes that are ended with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app import embedded
from app.infra import jobs, outbox
from tests.faults import hands
from tests.servers import ROOT
from tests.waiting import wait_for
from tests.working import execute


class Crew:
    """The processes of one test on its servers."""

    def __init__(self, database: str, home: str, directory: Path) -> None:
        self.database = database
        self.home = home
        self.directory = directory
        self.lease_seconds = 3
        self.cache = embedded.valkey(directory / "valkey")
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, role: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a process and wait until it says that it is ready."""
        log = self.log(role)
        before = log.read_text().count("is ready") if log.exists() else 0
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.hands", role, *arguments],
                cwd=ROOT,
                env=self.environment(),
                stdout=output,
                stderr=output,
            )
        self._running.append(process)
        awaited = len(jobs.QUEUES) if role == "runner" and not arguments else 1
        wait_for(
            lambda: process.poll() is not None or log.read_text().count("is ready") >= before + awaited,
            f"{role} is ready:\n{log.read_text()}",
        )
        assert process.poll() is None, log.read_text()
        return process

    def run(self, role: str, *arguments: str) -> None:
        """Run a process to its end."""
        command = [sys.executable, "-m", "tests.faults.hands", role, *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment(), check=True, capture_output=True)

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database,
            "REDIS_URL": self.cache.url,
            "OUTLAY_HOME": self.home,
            "TEST_LEASE_SECONDS": str(self.lease_seconds),
        }

    def log(self, role: str) -> Path:
        return self.directory / f"{role}.log"

    def restart_valkey(self) -> None:
        self.cache = embedded.valkey(self.directory / "valkey")

    def stop(self) -> None:
        """End everything, also what the processes started."""
        for process in self._running:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
            process.kill()
            process.wait()
        self.cache.stop()


@pytest.fixture
def directory() -> Iterator[Path]:
    """Make a short directory, as paths of sockets are short."""
    place = Path(tempfile.mkdtemp(prefix="outlay-faults-", dir="/tmp"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def crew(app, addresses, postgres_url, directory) -> Iterator[Crew]:
    """Let processes work on this test's database; the work is known here as there."""
    known = dict(jobs._kinds), dict(outbox._subscribers), dict(jobs._schedules)
    hands.declare()
    crew = Crew(postgres_url, f"{addresses.directory}/home", directory)
    with app.app_context():
        execute(hands.HEARD)
        try:
            yield crew
        finally:
            crew.stop()
            execute("DROP TABLE heard")
    for registered, before in zip((jobs._kinds, outbox._subscribers, jobs._schedules), known, strict=True):
        registered.clear()
        registered.update(before)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all it started, as a machine that loses power does."""
    everyone = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for each in everyone:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.send_signal(signal.SIGKILL)
    process.wait()
