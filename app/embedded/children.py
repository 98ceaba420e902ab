"""Child processes that never outlive their parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def spawn(
    command: Sequence[str | Path],
    *,
    on_parent_death: signal.Signals = signal.SIGTERM,
    output: IO[bytes] | int = subprocess.PIPE,
    errors: int = subprocess.STDOUT,
    environment: Mapping[str, str] | None = None,
    user: int | None = None,
    group: int | None = None,
    directory: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that Ctrl-C reaches only the supervisor, which stops it in order.

    The kernel sends `on_parent_death` when the starting thread ends, even by SIGKILL: start from a thread that stays.
    """
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        env=None if environment is None else dict(environment),
        cwd=directory,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
        start_new_session=True,
        preexec_fn=_die_with_parent(on_parent_death),  # noqa: PLW1509 one call into a loaded library, no lock
    )


def _die_with_parent(signal_number: signal.Signals) -> Callable[[], None]:
    """Ask the kernel to signal the child when its parent ends; changing the user clears this, so it comes last."""
    parent = os.getpid()

    def ask() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        if os.getppid() != parent:  # the parent ended before the kernel was asked
            os._exit(1)

    return ask


def rest() -> None:
    """Wait a moment before looking again."""
    time.sleep(0.02)


def stop(
    processes: Sequence[subprocess.Popen[bytes]],
    steps: Sequence[tuple[signal.Signals, float]],
    *,
    pause: Callable[[], None] = rest,
    hurried: Callable[[], bool] = lambda: False,
) -> None:
    """Send each signal in turn, in the order of the processes, and wait its seconds until all have ended.

    Whoever is hurried waits for the last signal only.
    """
    for number, (signal_number, seconds) in enumerate(steps, start=1):
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal_number)
        deadline = time.monotonic() + seconds
        while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
            if hurried() and number < len(steps):
                break
            pause()
    for process in processes:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and everything it started in its session at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
