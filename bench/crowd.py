"""Many clients, slow clients, and those who ask too much. `python bench/crowd.py --home DIR`, filled by bench/fill.py.

1. 200 clients at once for a minute, each asking as fast as it is answered: reads, pages, and one act in twenty enters an
   order. An error is an answer of 5xx or none at all. The limits of requests a minute were lifted by bench/fill.py.
2. A few clients beside hundreds that hold connections and send a byte a second, headers without end, half a body, nothing,
   or a request without hearing the answer's end.
3. What those are told who send too much or ask too often.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import http.client
import selectors
import socket
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
HEAD = b"POST /sign-in HTTP/1.1\r\nHost: outlay\r\nContent-Type: application/x-www-form-urlencoded\r\n"
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: outlay\r\nConnection: close\r\n\r\n"
#: What each kind of slow client sends at once, and what each second after that.
KINDS: dict[str, tuple[bytes, bytes]] = {
    "a byte a second": (b"", b"G"),
    "headers without end": (HEAD, b"X-More: and more\r\n"),
    "half a body": (HEAD + b"Content-Length: 1000\r\n\r\nusername=", b""),
    "a byte of a body a second": (HEAD + b"Content-Length: 1000\r\n\r\n", b"u"),
    "nothing": (b"", b""),
    "never closing": (WHOLE, b""),
}


def main() -> None:
    from bench import stack
    from bench.run import apart

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--slow", type=int, default=300, help="slow clients")
    given = parser.parse_args()
    with stack.servers(given.home) as environment:
        prepared = apart(environment, "none of the operations")
        with stack.web(environment) as (port, _), stack.workers(environment):
            if given.clients:
                told = _asked(prepared, port, given.clients, given.seconds)
                print(f"{given.clients} clients, {given.seconds:.0f} s: {told}", flush=True)
            if given.slow:
                print(f"8 clients alone: {_asked(prepared, port, 8, 10.0)}", flush=True)
                with _slow(port, given.slow) as closed:
                    time.sleep(2)
                    print(f"8 clients beside {given.slow} slow ones: {_asked(prepared, port, 8, 20.0)}")
                print(f"  the server has closed connections of slow ones: {dict(closed)}")
            _too_much(prepared, port, environment)


def _asked(prepared: Any, port: int, clients: int, seconds: float) -> str:
    """Let clients do all sorts of things for a while; tells their share of errors and how long they waited."""
    from bench.clients import Http, drive
    from bench.operations import mixed

    seen = drive(mixed(prepared.sample), partial(Http, port, prepared.known), clients, seconds, lambda: 0.0)
    limited = [error for error in seen.errors if error.startswith("AssertionError: (429")]
    failed = [error for error in seen.errors if error not in limited]
    acts = len(seen.seconds) + len(seen.errors)
    quantiles = ", ".join(f"p{share} {seen.quantile(share / 100):.0f}" for share in (50, 95, 99))
    told = f"{acts} acts, {acts / seen.lasted:.0f} a second, {quantiles} ms, {len(failed)} errors"
    return (
        told
        + f" ({100 * len(failed) / max(1, acts):.2f} %), {len(limited)} times 429"
        + "".join(f"\n  {times} x {error[:160]}" for error, times in collections.Counter(failed).most_common(3))
    )


@contextlib.contextmanager
def _slow(port: int, number: int) -> Iterator[collections.Counter[str]]:
    """Hold connections as slow clients do, and open another for each that the server closes; counts those."""
    closed: collections.Counter[str] = collections.Counter()
    over = threading.Event()
    thread = threading.Thread(target=_dawdle, args=(port, number, closed, over))
    thread.start()
    try:
        yield closed
    finally:
        over.set()
        thread.join()


def _dawdle(port: int, number: int, closed: collections.Counter[str], over: threading.Event) -> None:
    kinds = list(KINDS)
    selector = selectors.DefaultSelector()

    def open_one(kind: str) -> None:
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        connection.sendall(KINDS[kind][0])
        selector.register(connection, selectors.EVENT_READ, kind)

    def close_one(key: selectors.SelectorKey) -> None:
        selector.unregister(key.fileobj)
        key.fileobj.close()  # type: ignore[union-attr]

    for at in range(number):
        open_one(kinds[at % len(kinds)])
    following = time.monotonic() + 1
    while not over.is_set():
        for key, _ in selector.select(0.1):
            with contextlib.suppress(OSError):
                if key.data == "never closing" or key.fileobj.recv(4096):  # type: ignore[union-attr]
                    time.sleep(0.001)
                    continue
            closed[key.data] += 1
            close_one(key)
            open_one(key.data)
        if time.monotonic() < following:
            continue
        following += 1
        for key in list(selector.get_map().values()):
            with contextlib.suppress(OSError):
                key.fileobj.sendall(KINDS[key.data][1])  # type: ignore[union-attr]
    for key in list(selector.get_map().values()):
        close_one(key)


def _too_much(prepared: Any, port: int, environment: dict[str, str]) -> None:
    """Show what is told to who sends too much, and to who asks too often."""
    json, form = "application/json", "application/x-www-form-urlencoded"
    for what, path, kind, who, size in (
        ("3 MB of JSON", "/api/v1/orders", json, "buyer", 3),
        ("40 MB of JSON", "/api/v1/orders", json, "buyer", 40),
        ("40 MB to sign in", "/sign-in", form, "", 40),
    ):
        print(
            f"{what}: {_sent(port, 'POST', path, b' ' * size * 1024 * 1024, {**prepared.known.get(who, {}), 'Content-Type': kind})}"
        )
    with _limit(environment, 5):
        for _ in range(5):
            _sent(port, "GET", "/api/v1/me", b"", prepared.known["asker"])
        print(f"the sixth request of five: {_sent(port, 'GET', '/api/v1/me', b'', prepared.known['asker'])}")


def _sent(port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            told = answer.read(200)
        except (OSError, http.client.HTTPException) as error:
            return f"no answer, {type(error).__name__}: {error}"
    names = ("RateLimit", "RateLimit-Policy", "Retry-After", "Content-Type", "Connection")
    return f"{answer.status} { ({name: answer.headers[name] for name in names if name in answer.headers}) } {told!r}"


@contextlib.contextmanager
def _limit(environment: dict[str, str], requests: int) -> Iterator[None]:
    """Let each caller ask so often a minute for a while."""
    import psycopg2

    def put(value: int) -> None:
        with contextlib.closing(psycopg2.connect(environment["DATABASE_URL"])) as own, own.cursor() as cursor:
            name = "api.requests_per_minute"
            cursor.execute("UPDATE setting SET value = to_jsonb(%s) WHERE name = %s", (value, name))
            own.commit()

    time.sleep(61 - time.time() % 60 if time.time() % 60 > 50 else 0)  # all in one minute
    put(requests)
    try:
        yield
    finally:
        put(1_000_000)


if __name__ == "__main__":
    main()
