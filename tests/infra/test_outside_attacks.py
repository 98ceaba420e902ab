"""Servers that mean harm: whatever they answer, a call ends in time, with little memory, and leads nowhere else."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Self

import pytest

from app.infra import outside
from app.infra.outside import Allowed, NotReached
from tests.posting import certificate
from tests.receiving import LOOPBACK, reaching

LONGEST = timedelta(seconds=1)
MOST_MEMORY = 20 * 2**20
OK = b"HTTP/1.1 200 OK\r\n"
CLOSING = OK + b"Connection: close\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BLOCK = b"x" * 65536


@pytest.fixture(autouse=True)
def loopback_allowed() -> Iterator[None]:
    with reaching():
        yield


class Hostile:
    """A server that reads a request and then sends what it is given, in pieces, until nobody listens."""

    def __init__(self, pieces: Iterator[bytes], pace: float = 0, context: ssl.SSLContext | None = None) -> None:
        self.pieces, self.pace, self.context, self.asked = pieces, pace, context, 0
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.door.close()

    def serve(self) -> None:
        """Take one after the other, and send without end."""
        with contextlib.suppress(OSError):
            while True:
                line, _ = self.door.accept()
                spoken = self.context.wrap_socket(line, server_side=True) if self.context else line
                with contextlib.suppress(OSError), spoken:
                    self.asked += 1
                    spoken.recv(65536)
                    for piece in self.pieces:
                        spoken.sendall(piece)
                        time.sleep(self.pace)


def dripping(content: bytes) -> Iterator[bytes]:
    """Give the head at once and then a byte at a time, for ever."""
    return chain([content], repeat(b"x"))


def told(server: Hostile, scheme: str = "http") -> str:
    """Post to it, and say what came of it: the status or why there is none; in time and with little memory."""
    tracemalloc.start()
    began = time.monotonic()
    try:
        answer = outside.post(f"{scheme}://127.0.0.1:{server.port}/", b"{}", {}, f"hostile {server.port}", LONGEST)
        found = f"{answer.status}: {len(answer.beginning)}"
    except NotReached as error:
        found = str(error)
    taken, (_, most) = time.monotonic() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < LONGEST.total_seconds() + 1.5
    assert most < MOST_MEMORY
    return found


@pytest.mark.parametrize(
    "head",
    [
        b"", b"HTTP/1.1 200 ", OK + b"X: ", CLOSING, b"HTTP/1.0 200 OK\r\n\r\n", CHUNKED, CHUNKED + b"5;",
        OK + b"Content-Length: 1000\r\n\r\n",
    ],
)  # fmt: skip
def test_what_comes_byte_by_byte_is_cut_whichever_part_of_the_answer_it_is(head: bytes) -> None:
    with Hostile(dripping(head), pace=0.05) as server:
        assert told(server) == "No answer in time"
        assert server.asked == 1


def test_an_encrypted_body_that_drips_until_it_is_closed_is_cut(tmp_path: Path) -> None:
    context, shown = certificate(tmp_path)
    with (
        reaching(Allowed(LOOPBACK.networks, shown)),
        Hostile(dripping(CLOSING), pace=0.05, context=context) as server,
    ):
        assert told(server, "https") == "No answer in time"


@pytest.mark.parametrize(
    ("head", "pieces", "expected"),
    [
        (CLOSING, BLOCK, "200: 1000"),
        (CHUNKED + b"FFFFFFFF\r\n", BLOCK, "200: 1000"),
        (CHUNKED, b"1\r\nx\r\n", "200: 1000"),
        (OK + b"Content-Length: 99999999999999999999\r\n\r\n", BLOCK, "200: 1000"),
        (OK + b"Content-Length: -1\r\n\r\n", BLOCK, "200: 1000"),
        (OK, b"X: y\r\n", "The connection failed: got more than 100 headers"),
        (OK, b"X: " + BLOCK[:65000] + b"\r\n", "The connection failed: got more than 100 headers"),
        (OK + b"X: ", BLOCK, "The connection failed: got more than 65536 bytes when reading header line"),
        (b"", BLOCK, "The connection failed: got more than 65536 bytes when reading status line"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, "No answer in time"),
        (CHUNKED + b"0\r\n", b"X: y\r\n" * 1000, "No answer in time"),
    ],
)
def test_an_answer_without_end_is_read_no_further_than_needed(head: bytes, pieces: bytes, expected: str) -> None:
    with Hostile(chain([head], repeat(pieces))) as server:
        assert told(server) == expected


def test_what_is_compressed_is_not_unpacked() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    head = f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with Hostile(iter([OK + head + bomb])) as server:
        assert told(server).startswith("200: ")


def test_where_an_answer_leads_is_not_followed() -> None:
    with Hostile(iter([])) as server:
        turn = f"HTTP/1.1 307 Away\r\nLocation: http://127.0.0.1:{server.port}/\r\nContent-Length: 0\r\n\r\n"
        server.pieces = iter([turn.encode()])
        assert told(server) == "307: 0"
        assert server.asked == 1


def test_a_server_that_does_not_read_what_it_is_sent_is_cut() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(NotReached, match="No answer in time"):
            outside.post(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"x" * 20_000_000, {}, "deaf", LONGEST)
        assert time.monotonic() - began < LONGEST.total_seconds() + 1
