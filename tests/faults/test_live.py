"""The live process as it is served: many open pages, Valkey restarted below them, an orderly end."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
import threading

import pytest
import redis

from app.infra import live
from bench.stack import answers, free_port
from tests.acting import person, signed_in
from tests.faults.conftest import Crew, wait_for
from tests.servers import ROOT

pytestmark = pytest.mark.slow


class OpenPage(threading.Thread):
    """A page in a browser that keeps what it hears."""

    def __init__(self, port: int, cookie: str) -> None:
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.request("GET", "/live", headers={"Cookie": cookie})
        self.answer = self.connection.getresponse()
        self.lines: list[str] = []
        self.start()

    def run(self) -> None:
        while line := self.answer.readline():
            self.lines.append(line.decode().strip())

    def close(self) -> None:
        """Wait until the stream has ended."""
        self.join(timeout=10)
        self.answer.close()
        self.connection.close()

    def events(self) -> list[str]:
        return [line.removeprefix("event: ") for line in self.lines if line.startswith("event: ")]


def serve(crew: Crew, port: int) -> subprocess.Popen[bytes]:
    options = ("-k", "gevent", "-w", "1", "-b", f"127.0.0.1:{port}", "--graceful-timeout", "1")
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", *options, "app.workers.live:application"]
    environment = {**crew.environment(), "OUTLAY_BASE_URL": "http://127.0.0.1:8000"}
    with crew.log("live").open("ab") as output:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)


def test_sixty_open_pages_hear_the_same_and_learn_that_they_missed_something_when_valkey_was_away(app, crew):
    nora = person("nora.buyer", "Buyer")
    client = signed_in(app, nora)
    cookie = f"outlay={client.get_cookie('outlay').value}"
    port = free_port()
    process = serve(crew, port)
    pages: list[OpenPage] = []
    try:
        wait_for(lambda: answers(port), "the live process answers")
        pages += [OpenPage(port, cookie) for _ in range(60)]
        assert {page.answer.status for page in pages} == {200}
        wait_for(lambda: pages[0].events() == ["missed"], "the subscription stands")
        _publish(crew, {"resource": "unit", "key": "KGM", "event": "unit.changed"})
        wait_for(lambda: all(page.events()[-1:] == ["resource"] for page in pages), "every page heard it")
        assert {page.lines[-2] for page in pages} == {'data: {"resource":"unit","key":"KGM","event":"unit.changed"}'}
        crew.cache.process.kill()
        crew.cache.process.wait()
        crew.restart_valkey()
        wait_for(
            lambda: all(page.events()[-1:] == ["missed"] for page in pages), "every page knows it missed something"
        )
        _publish(crew, {"resource": "unit", "key": "MTR", "event": "unit.changed"})
        wait_for(lambda: all('"MTR"' in "".join(page.lines) for page in pages), "every page hears again")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert crew.log("live").read_text().count("live waits") <= 1
    finally:
        process.kill()
        process.wait()
        for page in pages:
            page.close()


def _publish(crew: Crew, data: dict) -> None:
    with redis.Redis.from_url(crew.cache.url) as valkey:
        live.publish(valkey, [(live.resource_topic("unit"), data)])
