"""A receiver of webhooks on this machine: a real HTTP server that checks signatures, and answers as it is told."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from app.infra import breaker, outside

LOOPBACK = outside.Allowed((ipaddress.ip_network("127.0.0.0/8"),))


@dataclass
class Receiver:
    """What came and was in order, what came and was not, and how the server answers."""

    secrets: list[str] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    asked: int = 0
    status: int = 200  # 0 hangs up without a word
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thank you"
    delay: float = 0
    pace: float = 0
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?a=b"

    def ids(self) -> list[str]:
        """List the messages that came, by their ids."""
        return [each["id"] for each in self.taken]

    def types(self) -> list[str]:
        """List what was told, in the order it came."""
        return [each["type"] for each in self.taken]

    def take(self, headers: dict[str, str], content: bytes) -> bool:
        """Keep a message if one of the secrets signed it; without any, everything is in order."""
        for secret in self.secrets:
            with contextlib.suppress(WebhookVerificationError):
                told = Webhook(secret).verify(content, headers)
                self.taken.append({"id": headers["webhook-id"], "headers": headers, "raw": content, **told})
                return True
        self.forged.append(content.decode())
        return not self.secrets


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a message, and answer at once, later, or byte by byte."""
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        content = self.rfile.read(int(self.headers["Content-Length"]))
        with receiver.lock:
            receiver.asked += 1
        time.sleep(receiver.delay)
        status = receiver.status
        if not status:
            self.close_connection = True
            return
        with receiver.lock:
            if status == 200 and not receiver.take({n.lower(): each for n, each in self.headers.items()}, content):
                status = 400
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in {"Content-Length": str(len(receiver.body)), **receiver.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if not receiver.pace:
                self.wfile.write(receiver.body)
                return
            for byte in receiver.body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(receiver.pace)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let clients hang up."""


@contextlib.contextmanager
def receiving(receiver: Receiver, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Open the server on a port of its own, encrypted with a context."""
    server = _Server(("127.0.0.1", receiver.port), _Handler)
    server.receiver = receiver  # type: ignore[attr-defined]
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def reaching(allowed: outside.Allowed = LOOPBACK) -> Iterator[None]:
    """Let webhooks reach this machine, or whatever is allowed."""
    before = outside._allowed
    breaker.forget()
    outside.use(allowed)
    try:
        yield
    finally:
        outside.use(before)
        breaker.forget()


def read(content: bytes) -> Any:
    """Read a message as it was sent."""
    return json.loads(content)
