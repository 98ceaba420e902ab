"""The keeper of the sandbox: starts it, gives it one order at a time, and starts another when it has died."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_SCRIPT = Path(__file__).with_name("sandbox.py")
# Native memory is never quite given back: after so many orders a new process takes over.
_ORDERS = 1000


class EngineLost(Exception):
    """The sandbox ended before it answered."""

    def __init__(self, *, took_too_long: bool) -> None:
        super().__init__("took too long" if took_too_long else "ended without an answer")
        self.took_too_long = took_too_long


class Engine:
    """One sandbox of this process; it ends with its keeper, whose end of the pipe closes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._orders = 0

    def ask(self, order: dict[str, Any], payload: bytes) -> dict[str, Any]:
        """Have an order carried out; the order says how many seconds it may take."""
        line = json.dumps(order).encode()
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(struct.pack(">II", len(line), len(payload)) + line + payload)
                process.stdin.flush()
                (length,) = struct.unpack(">I", _exactly(process.stdout, 4))
                answer: dict[str, Any] = json.loads(_exactly(process.stdout, length))
            except (OSError, EOFError):
                raise EngineLost(took_too_long=self._end() == -signal.SIGALRM) from None
            self._orders += 1
            return answer

    def close(self) -> None:
        """End the sandbox, if this process is its keeper."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[bytes]:
        # After a fork the sandbox still answers to the parent; the child takes one of its own.
        if self._owner != os.getpid():
            self._process = None
        if self._process is not None and (self._process.poll() is not None or self._orders >= _ORDERS):
            self._end()
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 our own file
                [sys.executable, "-I", str(_SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
                start_new_session=True,
            )
            self._owner, self._orders = os.getpid(), 0
        return self._process

    def _end(self) -> int:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return 0
        assert process.stdin is not None
        assert process.stdout is not None
        # An idle one ends when its pipe closes; one that its alarm stopped has ended already.
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        return process.returncode


def _exactly(stream: Any, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return bytes(data)


engine = Engine()
atexit.register(engine.close)
