"""Whether Outlay can start here: one at a time on the same data, and its ports are free."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.embedded.account import ServerError

PATIENCE = 10.0  # seconds for what a killed predecessor left behind to give its ports back


@dataclass
class Claim:
    """The right to run on a home directory, given back by the kernel even when the holder is killed."""

    file: IO[str]
    after_crash: bool

    def release(self) -> None:
        """Leave in order, so that the next start knows nothing is left behind."""
        self.file.truncate(0)
        self.file.close()


def claim(home: Path, address: str) -> Claim:
    """Take the home directory for this process, or say who has it."""
    home.mkdir(parents=True, exist_ok=True)
    file = (home / "lock").open("a+")
    file.seek(0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        told = file.read().strip() or "or is just starting"
        file.close()
        raise ServerError(f"Outlay already runs {told}.") from None
    after_crash = bool(file.read().strip())
    file.truncate(0)
    file.write(f"at {address} (pid {os.getpid()})")
    file.flush()
    return Claim(file, after_crash)


def demand_port(host: str, port: int, variable: str, *, patient: bool) -> None:
    """Refuse a port that another program uses; be patient when it may be our own predecessor's."""
    deadline = time.monotonic() + (PATIENCE if patient else 0)
    while not _is_free(host, port):
        if time.monotonic() >= deadline:
            other = next(number for number in range(port + 1, 65536) if _is_free(host, number))
            raise ServerError(f"Port {port} is in use by another program. Choose another: {variable}={other} make run")
        time.sleep(0.1)


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
