"""A whole Outlay of its own on servers that can be killed, and people who keep working on it whatever happens."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import redis

from app import embedded
from bench.operations import Sample, course
from bench.stack import GUNICORN, answers, free_port
from tests.faults import paying
from tests.faults.clocks import Clocks
from tests.posting import SENDER, Office
from tests.receiving import Receiver
from tests.servers import ROOT

PROCESSES = {
    "web": [*GUNICORN, "--preload", "wsgi:app"],
    "relay": [sys.executable, "-m", "app.workers.relay"],
    "second relay": [sys.executable, "-m", "app.workers.relay"],
    "worker": [sys.executable, "-m", "app.workers.runner"],
    "second worker": [sys.executable, "-m", "app.workers.runner"],
    "schedule": [sys.executable, "-m", "app.workers.schedule"],
}
DATABASE = "PostgreSQL"
#: By how many hours a clock is put wrong.
WRONG_BY = (-20, -3, 3, 20)
#: How a document is refused that was dated while the database's clock was wrong; whoever made it gives it up.
OF_ANOTHER_DAY = ("in_the_future", "day_passed")
#: How many courses there are to a payment run.
COURSES_TO_A_RUN = 3
#: After these the web is away for as long as it takes to load; so they come a quarter as often.
SELDOM = ("web killed", "web stopped and started")
#: How long somebody tries the same again before they give up, which fails the test.
PATIENCE = 120.0
LONGEST_START = 240.0
#: What tells a client that it may send the same again.
NO_ANSWER = 0
TRY_AGAIN = {NO_ANSWER, 409, 429, 500, 502, 503, 504}


class Stage:
    """PostgreSQL, Valkey, a store of files and every process of Outlay; what was killed is started again by `revive`."""

    def __init__(self, place: Path, post: int) -> None:
        self.place, self.port = place, free_port()
        self.clocks = Clocks(place / "clocks", [*PROCESSES, DATABASE])
        self._programs = self.clocks.programs(DATABASE, place / "postgres")
        self.postgres = self._start_postgres()
        self.valkey = embedded.valkey(place / "valkey")
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        smtp = {"HOST": "127.0.0.1", "PORT": str(post), "SECURITY": "none", "FROM": SENDER}
        self.environment = {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "OUTLAY_HOME": str(place),
            "OUTLAY_PORT": str(self.port),
            "OUTLAY_LEASE_SECONDS": "3",
            "OUTLAY_WEBHOOK_NETWORKS": "127.0.0.0/8",
            "LOG_LEVEL": "WARNING",
            "TZ": "UTC",
            **{f"OUTLAY_SMTP_{name}": value for name, value in smtp.items()},
        }

    def _start_postgres(self) -> embedded.Server:
        return embedded.postgres(self.place / "postgres", settings={"fsync": "off"}, binaries=self._programs)

    def revive(self) -> None:
        """Start what is not running."""
        (self.place / "files").mkdir(exist_ok=True)
        if self.postgres.process.poll() is not None:
            self.postgres = self._start_postgres()
        if self.valkey.process.poll() is not None:
            self.valkey = embedded.valkey(self.place / "valkey")
        for name, command in PROCESSES.items():
            if name not in self.running or self.running[name].poll() is not None:
                with (self.place / f"{name}.log").open("ab") as log:
                    own = {"OUTLAY_PROCESS": f"outlay {name}", **self.clocks.environment(name)}
                    environment = {**os.environ, **self.environment, **own}
                    self.running[name] = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        """Kill a process and all it started, as the kernel does when memory is short."""
        with contextlib.suppress(psutil.NoSuchProcess, KeyError):
            parent = psutil.Process(self.running[name].pid)
            for each in [parent, *parent.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
            self.running[name].wait(30)

    def web_children(self) -> list[psutil.Process]:
        """List the processes that answer requests."""
        try:
            return psutil.Process(self.running["web"].pid).children()
        except psutil.NoSuchProcess:
            return []

    def wait_until_healthy(self) -> None:
        """Wait for the web, which takes its time while six processes start on two cores."""
        deadline = time.monotonic() + LONGEST_START
        while not answers(self.port):
            assert time.monotonic() < deadline, (self.place / "web.log").read_text()[-2000:]
            time.sleep(0.2)

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read what the database holds."""
        with contextlib.closing(psycopg2.connect(self.postgres.url)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            connection.commit()
            return list(cursor.fetchall()) if cursor.description else []

    def close(self) -> None:
        """End everything."""
        for name in self.running:
            self.kill(name)
        self.valkey.stop()
        self.postgres.stop()
        self.clocks.close()


@dataclass
class Record:
    """What people did: what was acknowledged to them, and what they were shown that was no answer."""

    acknowledged: Counter[tuple[str, str]] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    gave_up: list[str] = field(default_factory=list)
    courses: int = 0
    released: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Hand:
    """Sends for somebody, the same under the same key until it is answered."""

    def __init__(self, stage: Stage, known: dict[str, dict[str, str]], record: Record) -> None:
        self.stage, self.known, self.record = stage, known, record

    def at_once(self, method: str, path: str, who: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
        """Send once, whatever is answered."""
        return self._once(method, path, body, self._headers(who, kind))

    def __call__(self, method: str, path: str, who: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
        """Send until it is answered."""
        headers = self._headers(who, kind)
        deadline = time.monotonic() + PATIENCE
        while True:
            status, answer = self._once(method, path, body, headers)
            if not _may_try_again(who, status, answer):
                self._note(path, status, answer)
                return status, answer
            with self.record.lock:
                self.record.shown[str(status or "no answer")] += 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"{method} {path}: {status} {answer[:300]!r}")
            time.sleep(random.uniform(0.1, 0.4))

    def _headers(self, who: str, kind: str) -> dict[str, str]:
        return {**self.known[who], **({"Content-Type": kind} if kind else {}), "Idempotency-Key": uuid.uuid4().hex}

    def _once(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.stage.port, timeout=30)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            return NO_ANSWER, type(error).__name__.encode()
        finally:
            connection.close()

    def _note(self, path: str, status: int, answer: bytes) -> None:
        """Keep what was acknowledged: which act on which document."""
        if status >= http.HTTPStatus.BAD_REQUEST:
            return
        told = json.loads(answer)
        keys = [row["key"] for row in told["data"]] if "data" in told else [told["key"]]
        resource, *rest = path.removeprefix("/api/v1/").split("/")
        verb = rest[-1] if len(rest) > 1 else "create"
        with self.record.lock:
            for key in keys:
                self.record.acknowledged[(f"{resource.removesuffix('s').replace('-', '_')}.{verb}", key)] += 1


def _may_try_again(who: str, status: int, answer: bytes) -> bool:
    """Say whether nothing was done; a session is not known, or too old, while a clock is wrong, and good again after."""
    if status in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
        return who == paying.RELEASER
    return status in TRY_AGAIN and (status != http.HTTPStatus.CONFLICT or _is_busy(answer))


def _is_busy(answer: bytes) -> bool:
    try:
        return "busy" in {problem["code"] for problem in json.loads(answer)["problems"]}
    except (ValueError, KeyError):
        return False


@contextlib.contextmanager
def people_at_work(
    stage: Stage, known: dict[str, dict[str, str]], centres: list[str], clients: int
) -> Iterator[Record]:
    """Let people bring orders from their draft to the posted invoice, and pay some together, until the block ends."""
    record, over = Record(), threading.Event()
    sample, turns = Sample([], [], [], centres), iter(range(10**6))

    def work() -> None:
        hand = Hand(stage, known, record)
        while not over.is_set():
            with record.lock:
                turn = next(turns)
            try:
                for _ in course(hand, sample, turn):
                    pass
                paid = paying.pay(hand) if turn % COURSES_TO_A_RUN == 0 else None
            except (AssertionError, TimeoutError) as error:
                if any(code in str(error) for code in OF_ANOTHER_DAY):
                    with record.lock:
                        record.shown["refused for its date"] += 1
                    continue
                record.gave_up.append(str(error)[:800])
                return
            record.courses += 1
            record.released.update([paid] if paid else [])

    threads = [threading.Thread(target=work, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield record
    finally:
        over.set()
        stage.clocks.agree()
        stage.revive()
        for thread in threads:
            thread.join(3 * PATIENCE)


def faults(stage: Stage, office: Office, receiver: Receiver, dice: random.Random) -> dict[str, Callable[[], None]]:
    """Name what can go wrong, and make it go wrong."""

    def kill_web_worker() -> None:
        children = stage.web_children()
        if children:
            with contextlib.suppress(psutil.NoSuchProcess):
                dice.choice(children).kill()

    def stop_web() -> None:
        """End it as a release does: what was asked is answered; a process that is still loading is waited for 30 s."""
        stage.running["web"].send_signal(signal.SIGTERM)
        stage.running["web"].wait(60)

    def flush() -> None:
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(stage.valkey.url) as client:
            client.flushall()

    def kill_valkey() -> None:
        stage.valkey.process.kill()
        stage.valkey.process.wait()
        time.sleep(dice.uniform(0.5, 3))

    def crash_postgres() -> None:
        stage.postgres.process.send_signal(signal.SIGQUIT)
        stage.postgres.process.wait(30)
        time.sleep(dice.uniform(0, 2))

    def cut_connections() -> None:
        stage.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'outlay%'")

    def lose_files() -> None:
        """Let a file stand where the store is: nothing can be written or read there."""
        files, aside = stage.place / "files", stage.place / "files-aside"
        files.rename(aside)
        files.write_bytes(b"")
        time.sleep(dice.uniform(0.5, 2))
        files.unlink()
        aside.rename(files)

    def trouble_post() -> None:
        office.delay, office.data_answer = dice.choice(((0, "451 Later"), (0, "554 No"), (4, "250 OK"), (40, "250 OK")))
        time.sleep(dice.uniform(0.5, 2))
        office.delay, office.data_answer = 0, "250 OK"

    def trouble_receiver() -> None:
        """Let it answer that it is not well, hang up, answer late, or hang."""
        receiver.delay, receiver.status = dice.choice(((0, 500), (0, 0), (0, 404), (4, 200), (40, 200)))
        time.sleep(dice.uniform(0.5, 2))
        receiver.delay, receiver.status = 0, 200

    def put_clock_wrong() -> None:
        """Put the clock of a process forward or back while it runs; it is right again when the round is over."""
        stage.clocks.put_wrong(dice.choice(sorted(PROCESSES)), dice.choice(WRONG_BY))

    return {
        "web worker killed": kill_web_worker,
        "web killed": lambda: stage.kill("web"),
        "web stopped and started": stop_web,
        "worker killed": lambda: stage.kill(dice.choice(("worker", "second worker"))),
        "relay killed": lambda: stage.kill(dice.choice(("relay", "second relay"))),
        "schedule killed": lambda: stage.kill("schedule"),
        "Valkey flushed": flush,
        "Valkey killed": kill_valkey,
        "PostgreSQL crashed": crash_postgres,
        "connections cut": cut_connections,
        "files gone": lose_files,
        "mail server in trouble": trouble_post,
        "receiver of webhooks in trouble": trouble_receiver,
        "clock of a process put wrong": put_clock_wrong,
        "clock of PostgreSQL put wrong": lambda: stage.clocks.put_wrong(DATABASE, dice.choice(WRONG_BY)),
    }


def chosen(names: Iterable[str], dice: random.Random) -> str:
    """Choose the next fault."""
    ordered = sorted(names)
    return dice.choices(ordered, [1 if name in SELDOM else 4 for name in ordered])[0]
