"""gunicorn as it serves Outlay: slow clients hold nobody up, and requests arrive as they were sent."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from bench.stack import answers, free_port
from tests.servers import ROOT
from tests.waiting import wait_for

HEAD = b"POST /echo HTTP/1.1\r\nHost: outlay\r\n"


def echo(environ: dict, start_response: Callable) -> list[bytes]:
    """Answer with what was sent, in short; `/refuse` reads nothing of it."""
    body = b"" if environ["PATH_INFO"] == "/refuse" else environ["wsgi.input"].read()
    told = f"{environ['PATH_INFO']} {len(body)} {hashlib.sha256(body).hexdigest()}".encode()
    start_response("200 OK", [("Content-Length", str(len(told)))])
    return [told]


def told(path: str, body: bytes) -> bytes:
    return f"{path} {len(body)} {hashlib.sha256(body).hexdigest()}".encode()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve with as few threads as there can be."""
    number = free_port()
    options = ("-w", "1", "--threads", "1", "--graceful-timeout", "1", f"{__name__}:echo")
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", *options],
        cwd=ROOT,
        env={**os.environ, "OUTLAY_PORT": str(number), "PYTHONWARNINGS": "ignore"},
    )
    try:
        wait_for(lambda: answers(number), "it serves")
        yield number
    finally:
        process.terminate()
        assert process.wait(20) == 0


@contextlib.contextmanager
def connected(port: int, sent: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(sent)
        yield client


def heard(client: socket.socket, until: bytes) -> bytes:
    """Read until something was said, or the other side has closed."""
    found = b""
    while until not in found and (data := client.recv(65536)):
        found += data
    return found


def asked(port: int, request: bytes, until: bytes) -> bytes:
    with connected(port, request) as client:
        return heard(client, until)


@pytest.mark.parametrize(
    "slow",
    [
        b"",
        b"G",
        HEAD,
        HEAD + b"Content-Length: 1000\r\n\r\nhalf",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"POST /refuse HTTP/1.1\r\nHost: outlay\r\nContent-Length: 99999999\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nHost: outlay\r\nConnection: close\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nHost: outlay\r\n\r\nGET /half",
        b"\r\n\r\n",
    ],
)
def test_slow_clients_hold_nobody_up(port, slow):
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(connected(port, slow))
        time.sleep(0.2)
        begun = time.monotonic()
        assert told("/quick", b"") in asked(port, b"GET /quick HTTP/1.1\r\nHost: outlay\r\n\r\n", told("/quick", b""))
        assert time.monotonic() - begun < 2


def test_a_body_arrives_as_it_was_sent_in_pieces_and_of_any_size(port):
    for size in (0, 1, 70_000, 3_000_000):
        body = os.urandom(size)
        with connected(port, HEAD + b"Content-Length: %d\r\n\r\n" % size) as client:
            for start in range(0, size, 1_000_003):
                client.sendall(body[start : start + 1_000_003])
                time.sleep(0.05)
            assert told("/echo", body) in heard(client, told("/echo", body))


def test_a_body_in_chunks_arrives_as_it_was_sent(port):
    body = os.urandom(200_000)
    with connected(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n") as client:
        for start in range(0, len(body), 60_000):
            piece = body[start : start + 60_000]
            client.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            time.sleep(0.02)
        client.sendall(b"0\r\n\r\n")
        assert told("/echo", body) in heard(client, told("/echo", body))


def test_requests_on_one_connection_are_answered_in_turn_however_they_are_cut(port):
    first, second = b"first", os.urandom(5000)
    sent = b"".join(HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in (first, second)) * 3
    expected = [told("/echo", body) for body in (first, second)] * 3
    for cut in (1, 40, 90, 1000, len(sent)):
        with connected(port) as client:
            found = b""
            for start in range(0, len(sent), max(cut, len(sent) // 20)):
                client.sendall(sent[start : start + max(cut, len(sent) // 20)])
                time.sleep(0.002)
            while found.count(b"/echo ") < len(expected) and (data := client.recv(65536)):
                found += data
        assert [part for part in found.split(b"\r\n\r\n") if part.startswith(b"/echo ")][-1].startswith(expected[-1])
        assert found.count(expected[0]) == found.count(expected[1]) == 3


def test_who_asks_before_sending_a_body_is_told_to_go_on(port):
    with connected(port, HEAD + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n") as client:
        assert b"100 Continue" in heard(client, b"100 Continue\r\n\r\n")
        client.sendall(b"hello")
        assert told("/echo", b"hello") in heard(client, told("/echo", b"hello"))


def test_a_body_that_is_too_large_is_answered_before_it_was_sent(port):
    head = b"POST /refuse HTTP/1.1\r\nHost: outlay\r\nContent-Length: 40000000\r\n\r\n"
    assert told("/refuse", b"") in asked(port, head + b" " * 100_000, told("/refuse", b""))


def test_a_head_without_end_is_refused(port):
    assert b" 431 " in asked(port, b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, b"431")


def test_a_request_that_cannot_be_read_is_refused(port):
    assert b" 400 " in asked(port, b"nonsense\r\n\r\n", b"400")
    assert b" 400 " in asked(port, HEAD + b"Content-Length: -5\r\n\r\n", b"400")


@pytest.mark.slow
def test_who_is_too_slow_is_told_and_let_go(port):
    with connected(port, HEAD + b"Content-Length: 1000\r\n\r\nhalf") as half, connected(port) as silent:
        assert b" 408 " in heard(half, b"408")
        assert silent.recv(10) == b""
