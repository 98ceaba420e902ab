"""Workers killed in the middle, Valkey flushed, stopped and started again, PostgreSQL away: nothing is lost or doubled."""

from __future__ import annotations

import signal
from collections import defaultdict

import psutil
import psycopg2
import pytest
import redis

from app import embedded
from app.infra import unit
from app.kernel.resource import registry
from tests.acting import system
from tests.faults import hands
from tests.faults.conftest import Crew, kill
from tests.waiting import wait_for
from tests.working import line_up, read, rename, rows, unit_of_measure

pytestmark = pytest.mark.slow


def heard(by: str) -> list[str]:
    return [row.said for row in rows("SELECT said FROM heard WHERE by = :by ORDER BY id", by=by)]


def heard_by_stream(by: str) -> dict[str, list[int]]:
    found = defaultdict(list)
    for row in rows("SELECT stream, said FROM heard WHERE by = :by ORDER BY id", by=by):
        found[row.stream].append(int(row.said))
    return dict(found)


def announced() -> dict[str, list[int]]:
    found = defaultdict(list)
    for row in rows("SELECT row_id, id FROM outbox_event WHERE resource = 'unit' ORDER BY id"):
        found[str(row.row_id)].append(row.id)
    return dict(found)


def all_done() -> bool:
    return not rows("SELECT 1 FROM job WHERE state IN ('waiting', 'running')")


def valkey(crew: Crew) -> redis.Redis:
    return redis.Redis.from_url(crew.cache.url)


def test_work_and_events_are_done_by_their_processes_and_leave_nothing_in_valkey(crew):
    crew.start("relay")
    crew.start("runner")
    unit_of_measure("KGM")
    rename("KGM", "Kilogram")
    number = line_up("climb", {"steps": 3, "seconds": 0})
    wait_for(all_done, "all is done")
    assert heard_by_stream("ears") == heard_by_stream("eyes") == announced()
    assert (read(number).state, read(number).progress, read(number).total) == ("done", 3, 3)
    assert read(number).result["process"] not in {
        row.worker for row in rows("SELECT worker FROM heard WHERE by = 'ears'")
    }
    with valkey(crew) as client:
        wait_for(lambda: not client.keys("rq:job:*"), "RQ has forgotten its messages")
        assert client.llen("rq:queue:light") == client.llen("rq:queue:heavy") == 0


def test_order_and_single_effect_hold_with_relays_and_workers_in_parallel_while_valkey_is_flushed_and_killed(crew):
    crew.lease_seconds = 2
    for _ in range(3):
        crew.start("relay")
    for _ in range(2):
        crew.start("runner", "--queue", "light")
    codes = [unit_of_measure(f"X{number}") for number in range(6)]
    for turn in range(12):
        for code in codes:
            rename(code, f"Name {turn}")
        if turn in (2, 8):
            with valkey(crew) as client:
                client.flushall()
        if turn == 5:
            crew.cache.process.kill()
            crew.cache.process.wait()
        if turn == 7:
            crew.restart_valkey()
    wait_for(all_done, "all is done")
    assert heard_by_stream("ears") == heard_by_stream("eyes") == announced()
    assert {len(events) for events in announced().values()} == {13}
    workers = {row.worker for row in rows("SELECT DISTINCT worker FROM heard")}
    assert len(workers) == 2


def test_a_job_whose_worker_is_killed_is_taken_over_and_done_once(crew):
    crew.start("relay")
    first = crew.start("runner", "--queue", "light")
    number = line_up("linger", {"seconds": 4})
    wait_for(lambda: heard("begun"), "the work has begun")
    kill(first)
    assert read(number).state == "running"
    crew.start("runner", "--queue", "light")
    wait_for(all_done, "all is done")
    assert (heard("begun"), heard("ended")) == (["0", "1"], ["1"])
    job = read(number)
    assert (job.state, job.attempts, job.error) == ("done", 2, None)


def test_long_work_keeps_its_lease_by_signs_of_life(crew):
    crew.lease_seconds = 1
    crew.start("relay")
    crew.start("relay")
    crew.start("runner")
    light, heavy = line_up("linger", {"seconds": 4}), line_up("linger_heavily", {"seconds": 4})
    wait_for(all_done, "all is done")
    assert heard("begun") == ["0", "0"]
    assert [read(each).attempts for each in (light, heavy)] == [1, 1]


def test_work_that_kills_its_worker_is_dead_after_its_attempts_and_the_others_get_done(crew):
    crew.lease_seconds = 1
    crew.start("relay")
    crew.start("runner")
    poison = line_up("crash", max_attempts=3)
    others = [line_up("count", {"number": number}) for number in range(5)]
    wait_for(lambda: read(poison).state == "dead", "the poison is dead")
    wait_for(lambda: [read(each).state for each in others] == ["done"] * 5, "the others are done")
    assert (heard("begun"), read(poison).error) == (["0", "1", "2"], "The worker ended before the work did")
    assert sorted(heard("count")) == ["0", "1", "2", "3", "4"]
    unit.execute(system(), registry["job"], str(poison), "discard", {})
    assert read(poison).state == "discarded"


def test_a_worker_that_is_asked_to_end_finishes_its_job_and_takes_no_other(crew):
    crew.start("relay")
    runner = crew.start("runner")
    first = line_up("linger", {"seconds": 2}, stream="s")
    second = line_up("linger", {"seconds": 2}, stream="s")
    wait_for(lambda: heard("begun"), "the work has begun")
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(30) == 0
    assert (heard("begun"), heard("ended")) == (["0"], ["0"])
    assert (read(first).state, read(second).state, read(second).attempts) == ("done", "waiting", 0)


def test_heavy_work_is_taken_up_where_its_killed_process_kept_its_last_step(crew):
    crew.lease_seconds = 2
    crew.start("relay")
    runner = crew.start("runner", "--queue", "heavy")
    number = line_up("climb", {"steps": 8, "seconds": 0.4})
    wait_for(lambda: read(number).progress >= 3, "three steps are kept")
    (child,) = psutil.Process(runner.pid).children()
    child.kill()
    wait_for(lambda: read(number).state == "done", "the work is done")
    assert [int(step) for step in heard("step")] == list(range(8))
    assert list(heard_by_stream("step")) == ["0", "1"]
    assert read(number).attempts == 2


def test_relay_and_workers_wait_for_valkey_in_one_line_each_and_go_on_when_it_is_back(crew):
    crew.start("relay")
    crew.start("runner")
    crew.cache.process.kill()
    crew.cache.process.wait()
    ids = [line_up("count", {"number": number}) for number in range(3)]
    wait_for(lambda: "relay waits" in crew.log("relay").read_text(), "the relay says that it waits")
    wait_for(lambda: crew.log("runner").read_text().count("waits") == 3, "the workers say that they wait")
    assert [read(each).state for each in ids] == ["waiting"] * 3
    crew.restart_valkey()
    wait_for(all_done, "all is done")
    wait_for(lambda: "relay goes on" in crew.log("relay").read_text(), "the relay says that it goes on")
    assert crew.log("relay").read_text().count("relay waits") == 1
    assert crew.log("runner").read_text().count(" waits") == 3
    assert "Traceback" not in crew.log("runner").read_text() + crew.log("relay").read_text()


def test_everyone_outlives_a_restart_of_postgresql(crew, directory, addresses):
    server = embedded.postgres(directory / "postgres", settings={"fsync": "off"})
    try:
        crew.database = server.url
        _release(crew)
        _ask(server.url, hands.HEARD)
        for role in ("relay", "runner", "schedule"):
            crew.start(role)
        crew.run("line_up", "30")
        wait_for(lambda: _ask(server.url, "SELECT count(*) FROM heard WHERE by = 'count'")[0][0] >= 5, "some is done")
        server.stop()
        wait_for(lambda: "waits" in crew.log("relay").read_text(), "the relay says that it waits")
        wait_for(lambda: "waits" in crew.log("schedule").read_text(), "the scheduler says that it waits")
        server = embedded.postgres(directory / "postgres", settings={"fsync": "off"})
        crew.run("line_up", "30")
        wait_for(lambda: not _ask(server.url, "SELECT 1 FROM job WHERE kind = 'count' AND state <> 'done'"), "all done")
        said = _ask(server.url, "SELECT stream, said FROM heard WHERE by = 'count' ORDER BY id")
        for stream in range(3):
            assert [int(number) for name, number in said if name == f"s{stream}"] == [*range(stream, 30, 3)] * 2
        ticks = len(_ask(server.url, "SELECT 1 FROM heard WHERE by = 'tick'"))
        wait_for(lambda: len(_ask(server.url, "SELECT 1 FROM heard WHERE by = 'tick'")) > ticks, "time goes on")
        assert crew.log("relay").read_text().count("relay waits") == 1
    finally:
        crew.stop()
        server.stop()


def test_one_scheduler_leads_and_the_other_takes_over_when_it_is_killed(crew):
    crew.start("relay")
    crew.start("runner", "--queue", "light")
    first = crew.start("schedule")
    crew.start("schedule")
    wait_for(lambda: len(heard("tick")) >= 2, "time is told")
    kill(first)
    before = len(heard("tick"))
    wait_for(lambda: len(heard("tick")) >= before + 3, "time is told again")
    ticks = heard("tick")
    assert ticks == sorted(set(ticks))
    assert crew.log("schedule").read_text().count("this process leads") == 2


def _release(crew: Crew) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "app.embedded.release", "migrate", "permissions"]
    subprocess.run(command, env={**crew.environment(), "PYTHONWARNINGS": "ignore"}, check=True, capture_output=True)


def _ask(url: str, *statements: str) -> list:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
