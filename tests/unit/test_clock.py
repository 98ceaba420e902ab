"""The clock, standing and running."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from app.infra.clock import FrozenClock, SystemClock, system

NEW_YEAR = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def test_a_frozen_clock_stands_until_it_is_moved():
    clock = FrozenClock(NEW_YEAR)
    assert clock.now() == clock.now() == NEW_YEAR
    clock.advance(timedelta(minutes=45))
    assert clock.now() == datetime(2027, 1, 1, 0, 15, tzinfo=UTC)
    assert clock.monotonic() == 2700.0


def test_today_is_where_the_business_is():
    clock = FrozenClock(NEW_YEAR)
    assert clock.today("UTC") == date(2026, 12, 31)
    assert clock.today("Europe/Vienna") == date(2027, 1, 1)
    assert clock.today("America/Los_Angeles") == date(2026, 12, 31)


def test_an_instant_is_kept_in_utc():
    clock = FrozenClock(datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now().isoformat() == "2026-06-01T10:00:00+00:00"


def test_an_instant_without_a_zone_and_time_running_back_are_refused():
    with pytest.raises(ValueError, match="no time zone"):
        FrozenClock(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="forwards"):
        FrozenClock(NEW_YEAR).advance(timedelta(seconds=-1))


def test_the_system_clock_runs_in_utc():
    assert system.now().utcoffset() == timedelta(0)
    assert system.now() <= system.now()
    assert system.monotonic() <= system.monotonic()
    assert abs(system.today("UTC") - system.now().date()) <= timedelta(days=1)


def test_the_clock_goes_by_the_one_it_was_told_and_leaves_small_differences_alone():
    clock = SystemClock()
    before = clock.now()
    clock.agree(before + timedelta(milliseconds=900))
    assert clock.now() - before < timedelta(milliseconds=900)
    for told in (before + timedelta(hours=5), before - timedelta(hours=5)):
        clock.agree(told)
        assert timedelta(0) <= clock.now() - told < timedelta(seconds=1)


def test_a_jump_of_the_machine_changes_nothing(monkeypatch):
    clock = SystemClock()
    before = clock.now()
    monkeypatch.setattr("time.time", lambda: 0.0)
    monkeypatch.setattr("app.infra.clock.datetime", None)
    assert timedelta(0) <= clock.now() - before < timedelta(seconds=1)
