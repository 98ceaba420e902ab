"""What comes again and again: its slots, caught up once, by one process only; and the removal of old traces."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.infra import clock, jobs
from app.infra.schedules import last_slot
from app.workers import schedule
from app.workers.perform import drain
from tests.waiting import wait_for
from tests.working import declared, execute, forget_pauses, line_up, rows, scheduled, states

PRAGUE = ZoneInfo("Europe/Prague")


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> clock.FrozenClock:
    standing = clock.FrozenClock(datetime(2026, 3, 1, 10, 0, tzinfo=UTC))
    monkeypatch.setattr(clock, "system", standing)
    return standing


@pytest.fixture
def inside(app) -> Iterator[None]:
    with app.app_context():
        yield


def do_nothing(context, job):
    return None


@pytest.mark.parametrize(
    ("when", "now", "slot"),
    [
        (timedelta(minutes=15), "2026-03-01T10:14:59", "2026-03-01T10:00:00"),
        (timedelta(minutes=15), "2026-03-01T10:15:00", "2026-03-01T10:15:00"),
        (time(2, 10), "2026-03-01T01:09:59", "2026-02-28T01:10:00"),
        (time(2, 10), "2026-03-01T01:10:00", "2026-03-01T01:10:00"),
        (time(2, 30), "2026-03-29T12:00:00", "2026-03-29T01:30:00"),  # 02:30 does not exist on this day
        (time(2, 30), "2026-10-25T12:00:00", "2026-10-25T00:30:00"),  # 02:30 comes twice on this day
        (time(0, 0), "2026-07-01T21:59:59", "2026-06-30T22:00:00"),
    ],
)
def test_the_latest_slot_is_the_last_moment_at_which_it_was_due(when, now, slot):
    moments = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (now, slot)]
    assert last_slot(when, moments[0], PRAGUE) == moments[1]


@given(
    some.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=some.just(UTC)),  # noqa: DTZ001 - Hypothesis adds the zone
    some.one_of(some.times(), some.timedeltas(timedelta(seconds=1), timedelta(days=10))),
    some.sampled_from(["Europe/Prague", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "UTC"]),
)
def test_slots_never_lie_ahead_and_never_far_behind(now, when, zone):
    slot = last_slot(when, now, ZoneInfo(zone))
    longest = when if isinstance(when, timedelta) else timedelta(hours=25)
    assert timedelta(0) <= now - slot < longest
    assert last_slot(when, slot, ZoneInfo(zone)) == slot


def test_a_new_schedule_begins_with_its_next_slot(app, inside, frozen):
    with declared("tidy", do_nothing), scheduled("tidy", "tidy", timedelta(hours=1)):
        assert schedule.tick(app) == []
        frozen.advance(timedelta(minutes=59))
        assert schedule.tick(app) == []
        frozen.advance(timedelta(minutes=1))
        assert schedule.tick(app) == ["tidy"]
        assert schedule.tick(app) == []
        drain(app)
    assert states("tidy") == ["done"]
    run = rows("SELECT r.*, j.arguments FROM schedule_run r JOIN job j ON j.id = r.job_id")[0]
    assert (run.name, run.kind) == ("tidy", "tidy")
    assert run.slot_at == run.run_at == frozen.now()
    assert run.arguments == {"slot": "2026-03-01T11:00:00+00:00"}


@pytest.mark.parametrize("queue", ["light", "heavy"])
@pytest.mark.parametrize(
    ("told", "kept"),
    [({"done": 0, "refused": 0}, []), ({"done": 0, "refused": 1}, ["done"]), ({}, ["done"]), (None, ["done"])],
)
def test_a_run_that_found_nothing_to_do_leaves_no_job_but_its_time(app, inside, frozen, told, kept, queue):
    with declared("tidy", lambda context, job: told, queue), scheduled("tidy", "tidy", timedelta(hours=1)):
        schedule.tick(app)
        frozen.advance(timedelta(hours=1))
        schedule.tick(app)
        drain(app)
        assert states("tidy") == kept
        [run] = rows("SELECT run_at FROM schedule_run")
        assert run.run_at == frozen.now()


def test_a_run_that_found_nothing_to_do_is_kept_where_it_had_trouble_or_somebody_asked_for_it(app, inside, frozen):
    tries = []

    def stumble(context, job):
        tries.append(job.id)
        if len(tries) == 1:
            raise RuntimeError("no connection")
        return {"done": 0}

    with declared("tidy", stumble), scheduled("tidy", "tidy", timedelta(hours=1)):
        schedule.tick(app)
        frozen.advance(timedelta(hours=1))
        schedule.tick(app)
        drain(app)
        forget_pauses()
        drain(app)
        line_up("tidy")
        drain(app)
    assert states("tidy") == ["done", "done"]


def test_missed_slots_are_caught_up_once(app, inside, frozen):
    with declared("tidy", do_nothing), scheduled("tidy", "tidy", time(2, 0)):
        schedule.tick(app)
        frozen.advance(timedelta(days=4))
        assert schedule.tick(app) == ["tidy"]
        assert schedule.tick(app) == []
        drain(app)
        frozen.advance(timedelta(days=1))
        assert schedule.tick(app) == ["tidy"]
        drain(app)
    assert states("tidy") == ["done", "done"]


def test_a_slot_served_while_the_clock_was_ahead_keeps_none_back_when_it_is_right_again(
    app, inside, frozen, monkeypatch
):
    ahead = clock.FrozenClock(frozen.now() + timedelta(days=400))
    with declared("tidy", do_nothing), scheduled("tidy", "tidy", timedelta(hours=1)):
        schedule.tick(app)
        with monkeypatch.context() as wrong:
            wrong.setattr(clock, "system", ahead)
            assert schedule.tick(app) == ["tidy"]
        assert schedule.tick(app) == []
        frozen.advance(timedelta(hours=1))
        assert schedule.tick(app) == ["tidy"]
    assert states("tidy") == ["waiting"]


def test_a_run_that_is_still_waiting_is_not_lined_up_twice(app, inside, frozen):
    with declared("tidy", do_nothing), scheduled("tidy", "tidy", timedelta(minutes=1)):
        schedule.tick(app)
        for _ in range(3):
            frozen.advance(timedelta(minutes=1))
            assert schedule.tick(app) == ["tidy"]
    assert states("tidy") == ["waiting"]


def test_two_who_both_believe_to_lead_line_up_one_job(app, inside, frozen):
    gate = threading.Barrier(4)

    def tick(_):
        gate.wait()
        return schedule.tick(app)

    with declared("tidy", do_nothing), scheduled("tidy", "tidy", timedelta(hours=1)):
        schedule.tick(app)
        frozen.advance(timedelta(hours=1))
        with ThreadPoolExecutor(4) as pool:
            started = list(pool.map(tick, range(4)))
    assert sorted(started) == [[], [], [], ["tidy"]]
    assert states("tidy") == ["waiting"]


def test_one_process_leads_and_another_follows_when_it_is_gone(app, inside):
    with schedule._connection() as first, schedule._connection() as second:
        assert schedule._leads(first)
        assert not schedule._leads(second)
    with schedule._connection() as third:
        wait_for(lambda: schedule._leads(third), "the server has noticed that the first is gone")


def test_old_traces_are_removed_and_younger_ones_stay(app, inside, frozen):
    execute(EVENTS)
    execute(JOBS)
    execute(KEYS)
    with app.app_context():
        from app.infra import unit
        from tests.acting import context_of, system

        with unit.transaction(context_of(system().actor, now=frozen.now()), "test") as context:
            for name in ("jobs", "events", "idempotency_keys", "login_sessions"):
                jobs.enqueue(context, f"remove_old_{name}", {})
    assert drain(app) == 4
    assert rows("SELECT kind FROM job WHERE kind LIKE 'job %' ORDER BY kind") == [
        ("job dead",), ("job done 29",), ("job waiting",)
    ]  # fmt: skip
    assert rows("SELECT name FROM outbox_event WHERE name LIKE 'event %' ORDER BY name") == [
        ("event 399",), ("event 500 of a dead job",)
    ]  # fmt: skip
    assert rows("SELECT key FROM idempotency_key") == [("key 2",)]


def test_removal_goes_on_in_parts_until_all_is_gone(app, inside, frozen, monkeypatch):
    from app.infra import retention, unit
    from tests.acting import context_of, system

    monkeypatch.setattr(retention, "MOST_AT_ONCE", 2)
    execute(
        "INSERT INTO idempotency_key (actor_id, key, fingerprint, created_at) "
        "SELECT 1, 'key ' || n, '', '2026-01-01' FROM generate_series(1, 5) n"
    )
    with unit.transaction(context_of(system().actor, now=frozen.now()), "test") as context:
        jobs.enqueue(context, "remove_old_idempotency_keys", {})
    assert drain(app) == 3
    assert rows("SELECT key FROM idempotency_key") == []
    assert [row.result for row in rows("SELECT result FROM job WHERE kind LIKE 'remove%' ORDER BY id")] == [
        {"removed": 2}, {"removed": 2}, {"removed": 1}
    ]  # fmt: skip


EVENTS = """
    INSERT INTO outbox_event (public_id, at, name, resource, row_id, row_key, actor_id, request_id, payload)
    SELECT gen_random_uuid(), '2026-03-01T10:00Z'::timestamptz - days * interval '1 day', name, 'unit', 1, 'C62', 0, '', '{}'
    FROM (VALUES (399, 'event 399'), (401, 'event 401'), (500, 'event 500 of a dead job')) AS of(days, name)
"""
JOBS = """
    INSERT INTO job (kind, state, event_id, arguments, max_attempts, due_at, actor_id, request_id, created_at, finished_at)
    SELECT kind, state, event.id, '{}', 8, '2100-01-01', 0, '', '2025-01-01', '2026-03-01T10:00Z'::timestamptz - days * interval '1 day'
    FROM (VALUES ('job done 31', 'done', 31), ('job done 29', 'done', 29), ('job discarded', 'discarded', 40),
                 ('job dead', 'dead', 500), ('job waiting', 'waiting', NULL)) AS of(kind, state, days)
    LEFT JOIN outbox_event event ON event.name LIKE '%dead job' AND of.state = 'dead'
"""
KEYS = """
    INSERT INTO idempotency_key (actor_id, key, fingerprint, created_at)
    VALUES (1, 'key 2', '', '2026-02-27T10:00Z'), (1, 'key 4', '', '2026-02-25T09:00Z')
"""
