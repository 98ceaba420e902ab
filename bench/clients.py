"""Clients that keep asking: a few threads with a connection each, and what they saw."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.operations import Operation


@dataclass
class Http:
    """Sends requests over one connection that is kept."""

    port: int
    known: dict[str, dict[str, str]]
    sent: int = 0
    _connection: http.client.HTTPConnection | None = None

    def __call__(self, method: str, path: str, who: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
        """Send a request as somebody; one that the server let go between two requests is made again."""
        headers = {**self.known.get(who, {}), **({"Content-Type": kind} if kind else {})}
        self.sent += 1
        for attempt in (1, 2):
            is_new = self._connection is None
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                self._connection.request(method, path, body or None, headers)
                answer = self._connection.getresponse()
                return answer.status, answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self._connection.close()
                self._connection = None
                if is_new or attempt == 2:
                    raise
        raise AssertionError


@dataclass
class Seen:
    """What clients saw of an operation: how long each turn took, and how many requests there were in all."""

    seconds: list[float] = field(default_factory=list)
    requests: int = 0
    errors: list[str] = field(default_factory=list)
    lasted: float = 0.0
    cpu: float = 0.0

    def quantile(self, share: float) -> float:
        """Tell how many milliseconds this share of the turns did not exceed."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def drive(
    operation: Operation, make: Callable[[], Http], clients: int, seconds: float, cpu: Callable[[], float]
) -> Seen:
    """Let clients do an operation over and over for some seconds."""
    seen, lock, turns = Seen(), threading.Lock(), iter(range(10**9))
    used, begin = cpu(), time.monotonic()
    deadline = begin + seconds

    def work() -> None:
        send, took = make(), []
        while time.monotonic() < deadline:
            with lock:
                turn = next(turns)
            started = time.perf_counter()
            try:
                operation(send, turn)
            except (AssertionError, OSError) as error:
                seen.errors.append(f"{type(error).__name__}: {error}"[:500])
                if len(seen.errors) > 50:
                    break
            else:
                took.append(time.perf_counter() - started)
        with lock:
            seen.seconds += took
            seen.requests += send.sent

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.lasted, seen.cpu = time.monotonic() - begin, cpu() - used
    return seen
