"""A gunicorn worker whose threads begin with a request when all of it has come.

gunicorn's own threads receive what clients send as slowly as they send it, so that sixteen slow clients stop a web of two
workers with eight threads. Here one loop receives for all threads: a slow client costs a connection and, when it sends
much, a temporary file. It has to be done with the head of a request in time, and to send its body at some rate.
"""

from __future__ import annotations

import errno
import re
import selectors
import socket
import struct
import tempfile
import time
from functools import partial
from typing import Any

from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_SECONDS = 10.0
SLOWEST = 32 * 1024  # bytes of a body a second
LARGEST_HEAD = 64 * 1024
IN_MEMORY = 1024 * 1024
#: More than the application takes of anyone: a body that is to be larger is not waited for, but refused there at once.
LARGEST_BODY = 32 * 1024 * 1024
LINGER_SECONDS = 2.0
#: For what threads themselves send, and for the rest of a body they were not to wait for.
BLOCKED_SECONDS = 20
RECEIVED_AT_ONCE = 64 * 1024

_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r$", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding:[^\r\n]*chunked", re.IGNORECASE | re.MULTILINE)
_EXPECTS = re.compile(rb"^expect:[ \t]*100-continue[ \t]*\r$", re.IGNORECASE | re.MULTILINE)
_LAST_CHUNK = re.compile(rb"(?:^|\r\n)0+[ \t]*(?:;[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*\r\n$")
_LONGEST_END = 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLOSING = b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout" + _CLOSING
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large" + _CLOSING
_NO_ROOM = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5" + _CLOSING


class Received(SocketUnreader):
    """Gives what has come already, then what the socket gives."""

    come: Any = None

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Give the next piece."""
        size = min(max(size_hint or 0, self.mxchunk), self.max_body_chunk)
        data = self.come.read(size) if self.come else b""
        return data or super().chunk(size_hint)


class Connection(TConn):
    """A connection, what has come of its next request, and until when the rest has to come."""

    def begin(self) -> None:
        """Wait for a request."""
        self.head = bytearray()
        self.come = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        self.missing: int | None = None
        self.is_chunked = self.is_cut_short = False
        self.end = b""
        self.deadline = time.monotonic() + HEAD_SECONDS

    def add(self, data: bytes) -> bool:
        """Take in what has come; say whether a thread may begin."""
        if self.missing is None:
            self.head += data
            del self.head[: len(self.head) - len(self.head.lstrip(b"\r\n"))]
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return False
            data = bytes(self.head[end + 4 :])
            del self.head[end + 4 :]
            self.come.write(self.head)
            self._measure()
        self.come.write(data)
        self.end = (self.end + data)[-_LONGEST_END:]
        self.missing -= len(data)
        self.is_cut_short = self.is_cut_short or (self.is_chunked and self.missing <= 0)
        is_whole = bool(_LAST_CHUNK.search(self.end)) if self.is_chunked else self.missing <= 0
        return is_whole or self.is_cut_short

    def _measure(self) -> None:
        """Tell from the head how much is to come, and for how long to wait."""
        said = _LENGTH.search(self.head)
        self.is_chunked = bool(_CHUNKED.search(self.head))
        self.missing = LARGEST_BODY if self.is_chunked else int(said[1]) if said else 0
        self.is_cut_short = self.missing > LARGEST_BODY
        self.deadline += self.missing / SLOWEST
        if self.missing and not self.is_cut_short and _EXPECTS.search(self.head):
            self.say(_CONTINUE)

    def init(self) -> None:
        """Let the parser read what has come; in a thread."""
        super().init()
        if not isinstance(self.parser.unreader, Received):
            self.parser.unreader = Received(self.sock)
        self.come.seek(0)
        self.parser.unreader.come = self.come

    def ahead(self) -> bytes:
        """Give what has come of the request after this one."""
        if self.parser is None or self.is_cut_short:
            return b""
        return bytes(self.parser.unreader.take_buffered() + self.come.read())

    def say(self, words: bytes) -> None:
        """Send a few words without waiting."""
        try:
            self.sock.send(words)
        except OSError:
            return


class BufferingWorker(ThreadWorker):
    """Threads for requests that have come whole, and one loop for those that are on their way."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.waiting: set[Connection] = set()

    def accept(self, listener: Any) -> None:
        """Begin to receive from a client."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        for direction in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
            client.setsockopt(socket.SOL_SOCKET, direction, struct.pack("ll", BLOCKED_SECONDS, 0))
        self.nr_conns += 1
        conn = Connection(self.cfg, client, address, listener.getsockname())
        conn.begin()
        self._wait(conn, self._on_data)

    def on_client_socket_readable(self, conn: Connection, client: Any) -> None:
        """Begin to receive the next request on a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        conn.begin()
        self._wait(conn, self._on_data)

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """Keep a connection whose request was answered, go on with what came ahead, or close it."""
        is_kept = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        ahead = conn.ahead() if is_kept else b""
        conn.come.close()
        if ahead:
            conn.sock.setblocking(False)
            conn.begin()
            self._wait(conn, self._on_data)
            self._take(conn, ahead)
        elif is_kept:
            super().finish_request(conn, fs)
        else:
            self._say_goodbye(conn)

    def murder_pending(self) -> None:
        """Let go of whom was waited for long enough."""
        now = time.monotonic()
        for conn in [each for each in self.waiting if each.deadline < now]:
            if conn.head:
                conn.say(_TOO_SLOW)
            self._drop(conn)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        return not conn.is_cut_short and super()._keepalive_after(conn, keepalive)

    def _cap_keepalive(self, deadline: float) -> None:
        """Wait for nobody who has not begun to send when the worker ends."""
        super()._cap_keepalive(deadline)
        for conn in self.waiting:
            if not conn.head:
                conn.deadline = min(conn.deadline, deadline)

    def _wait(self, conn: Connection, follow: Any) -> None:
        self.waiting.add(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(follow, conn))

    def _on_data(self, conn: Connection, client: Any) -> None:
        data = _received(client)
        if data:
            try:
                self._take(conn, data)
            except OSError:  # no room for temporary files
                conn.say(_NO_ROOM)
                self._drop(conn)
        elif data is not None:
            self._drop(conn)

    def _take(self, conn: Connection, data: bytes) -> None:
        if conn.add(data):
            self.waiting.discard(conn)
            self.poller.unregister(conn.sock)
            conn.data_ready = True
            self.enqueue_req(conn)
        elif conn.missing is None and len(conn.head) > LARGEST_HEAD:
            conn.say(_TOO_LONG)
            self._drop(conn)

    def _say_goodbye(self, conn: Connection) -> None:
        """Close our side, and wait a moment for the other, so that the answer is not lost (RFC 9112, 9.6)."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.nr_conns -= 1
            conn.close()
            return
        conn.head = bytearray()
        conn.deadline = time.monotonic() + LINGER_SECONDS
        self._wait(conn, self._on_rest)

    def _on_rest(self, conn: Connection, client: Any) -> None:
        if _received(client) == b"":
            self._drop(conn)

    def _drop(self, conn: Connection) -> None:
        self.waiting.discard(conn)
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.come.close()
        conn.close()


def _received(client: Any) -> bytes | None:
    """Receive what has come: nothing when the client is gone, None when it was a false alarm."""
    try:
        return client.recv(RECEIVED_AT_ONCE)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:
        return b""
