"""Server-sent events: `GET /live` tells open pages that something changed, and they ask for it through scoped pages.

A process of its own under gunicorn's gevent worker. The database is asked once for each connection, to know the
account; psycopg2 holds up the other streams for those milliseconds, which they bear.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import redis
from flask import Flask, Request
from werkzeug import Response

from app.infra import clock, identity, live, scope
from app.infra.db import db
from app.kernel.actor import Actor
from app.kernel.resource import registry
from app.workers import process

log = logging.getLogger(__name__)
PING_SECONDS = 15
LONGEST_SECONDS = 300
RETRY_MILLISECONDS = 5000
MOST_WAITING = 100
#: A page listens about a second after it was drawn; what changed in between is said again.
RECENT_SECONDS, MOST_RECENT = 10, 500
LOOPBACK = ("127.0.0.1", "localhost")
MISSED = "event: missed\ndata: {}\n\n"

Hint = dict[str, Any]


@dataclass(eq=False)
class Listener:
    """One open page: what it may hear in full, and of what it hears only that something changed."""

    account: int
    full: frozenset[str]
    bare: frozenset[str]
    waiting: queue.Queue[str] = field(default_factory=lambda: queue.Queue(MOST_WAITING))

    def hear(self, topic: str, data: Hint) -> None:
        """Line up a hint if it is for this page."""
        kind, _, name = topic.partition(":")
        if (kind == "account" and name == str(self.account)) or (kind == "resource" and name in self.full):
            self.put(f"event: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n")
        elif kind == "resource" and name in self.bare:
            self.put(f'event: resource\ndata: {{"resource":"{name}"}}\n\n')

    def put(self, message: str) -> None:
        """Line up a message; a page that does not keep up is told that it missed something."""
        try:
            self.waiting.put_nowait(message)
        except queue.Full:
            while not self.waiting.empty():
                self.waiting.get_nowait()
            self.waiting.put_nowait(MISSED)


def listener_of(actor: Actor) -> Listener:
    """Decide what an account hears: keys only of resources of which it may see every row."""
    full: set[str] = set()
    bare: set[str] = set()
    for resource in registry:
        if not actor.may(resource.permission("read")):
            continue
        (full if scope.is_unlimited(actor, resource) else bare).add(resource.name)
    return Listener(actor.id, frozenset(full), frozenset(bare))


class Hub:
    """One subscription to Valkey for all open pages of this process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: set[Listener] = set()
        self._recent: deque[tuple[float, str, Hint]] = deque(maxlen=MOST_RECENT)
        self._lock = threading.Lock()
        self._started = False

    def join(self, listener: Listener) -> None:
        """Let a page hear, also what was said while it was on its way; the first one opens the subscription."""
        since = clock.system.monotonic() - RECENT_SECONDS
        with self._lock:
            for at, topic, data in self._recent:
                if at >= since:
                    listener.hear(topic, data)
            self._listeners.add(listener)
            if not self._started:
                threading.Thread(target=self._run, name="live-hub", daemon=True).start()
                self._started = True

    def leave(self, listener: Listener) -> None:
        """Let a page go."""
        self._listeners.discard(listener)

    def _run(self) -> None:
        patience = process.Patience("live")
        while not self._is_idle():
            try:
                self._listen(patience)
            except redis.RedisError as error:
                if self._listeners:
                    time.sleep(patience.failed(error))

    def _is_idle(self) -> bool:
        """Give the subscription up when nobody is there to hear; the next page opens another."""
        with self._lock:
            self._started = bool(self._listeners)
            return not self._started

    def _listen(self, patience: process.Patience) -> None:
        connection = redis.Redis.from_url(self._url, socket_connect_timeout=1, health_check_interval=15)
        with connection, connection.pubsub() as subscription:
            subscription.subscribe(live.channel_of(connection))
            for message in subscription.listen():  # type: ignore[no-untyped-call]
                if message["type"] == "subscribe":
                    patience.over()
                    for listener in list(self._listeners):
                        listener.put(MISSED)  # whoever listened through an outage has missed something
                elif message["type"] == "message":
                    told = json.loads(message["data"])
                    self._tell(told["topic"], told["data"])

    def _tell(self, topic: str, data: Hint) -> None:
        with self._lock:
            self._recent.append((clock.system.monotonic(), topic, data))
            listeners = list(self._listeners)
        for listener in listeners:
            listener.hear(topic, data)


class Live:
    """The WSGI application: one path, for whoever is signed in."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.hub = Hub(app.config["REDIS_URL"])
        self.origins = _origins(app.config["OUTLAY_BASE_URL"])

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        return self.answer(Request(environ))(environ, start_response)

    def answer(self, request: Request) -> Response:
        """Open a stream, or say why not; another status than 200 makes the page ask by itself from time to time."""
        if request.path == "/healthz":
            return Response("ok\n", mimetype="text/plain")
        if request.path != "/live":
            return self._refusal(404, "There is nothing here.")
        origin = request.headers.get("Origin", self.origins[0])
        if origin not in self.origins:
            return self._refusal(403, "Pages of other sites hear nothing here.")
        if request.method != "GET":
            return self._refusal(405, "Use GET.", origin)
        actor = self._actor(request)
        if actor is None:
            return self._refusal(401, "Sign in first.", origin)
        listener = listener_of(actor)
        headers = {**_headers(origin), "X-Accel-Buffering": "no"}
        return Response(_stream(self.hub, listener), mimetype="text/event-stream", headers=headers)

    def _refusal(self, status: int, words: str, origin: str = "") -> Response:
        return Response(f"{words}\n", status, _headers(origin or self.origins[0]), mimetype="text/plain")

    def _actor(self, request: Request) -> Actor | None:
        """Find who is behind the console's cookie, which Flask has signed."""
        session = self.app.session_interface.open_session(self.app, request)
        secret = session.get("sid") if session is not None else None
        if not isinstance(secret, str):
            return None
        with self.app.app_context():
            found = identity.by_session(db.session(), secret, clock.system.now())
            return found.actor if found else None


def _origins(base_url: str) -> tuple[str, ...]:
    """Give the origins of the console's pages; a machine of one's own is called by its number or by its name."""
    parts = urlsplit(base_url)
    own = {f"{parts.scheme}://{parts.netloc}": None}
    if parts.hostname in LOOPBACK:
        port = f":{parts.port}" if parts.port else ""
        own |= {f"{parts.scheme}://{name}{port}": None for name in LOOPBACK}
    return tuple(own)


def _headers(origin: str) -> dict[str, str]:
    """Let exactly the console's pages read the answer, with their cookie."""
    return {
        "Cache-Control": "no-store",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }


def _stream(hub: Hub, listener: Listener) -> Iterator[str]:
    """Send what is heard, a sign of life when nothing is, and end after a while: who comes again is checked again."""
    hub.join(listener)
    ends = clock.system.monotonic() + LONGEST_SECONDS
    try:
        yield f"retry: {RETRY_MILLISECONDS}\n\n"
        while (left := ends - clock.system.monotonic()) > 0:
            try:
                yield listener.waiting.get(timeout=min(PING_SECONDS, left))
            except queue.Empty:
                yield ": ping\n\n"
    finally:
        hub.leave(listener)


def __getattr__(name: str) -> Live:
    """Build `application` when gunicorn asks for it, after gevent has patched the process."""
    if name != "application":
        raise AttributeError(name)
    globals()["application"] = Live(process.load())
    return globals()["application"]  # type: ignore[no-any-return]
