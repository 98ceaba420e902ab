"""Circuit breakers: closed, open, half-open."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from app.infra import breaker as breakers
from app.infra.breaker import Breaker, State, Unavailable, outside
from app.infra.clock import FrozenClock

SECOND = timedelta(seconds=1)


@pytest.fixture
def clock():
    return FrozenClock(datetime(2026, 11, 22, tzinfo=UTC))


@pytest.fixture
def breaker(clock):
    return Breaker("smtp", clock, failures_to_open=3, retry_after=30 * SECOND)


def fail(breaker, times=1):
    for _ in range(times):
        with pytest.raises(ConnectionError), breaker.guard(SECOND):
            raise ConnectionError


def succeed(breaker):
    with breaker.guard(SECOND):
        pass


def test_it_opens_after_failures_in_a_row_and_then_refuses_at_once(breaker):
    fail(breaker, 2)
    assert breaker.state is State.CLOSED
    fail(breaker)
    assert breaker.state is State.OPEN
    called = []
    with pytest.raises(Unavailable, match="tried again in 30 seconds"), breaker.guard(SECOND):
        called.append(True)
    assert called == []


def test_a_success_between_failures_forgives_them(breaker):
    fail(breaker, 2)
    succeed(breaker)
    fail(breaker, 2)
    assert breaker.state is State.CLOSED


def test_after_a_while_one_call_may_try_and_others_may_not(breaker, clock):
    fail(breaker, 3)
    clock.advance(30 * SECOND)
    assert breaker.state is State.HALF_OPEN
    with breaker.guard(SECOND), pytest.raises(Unavailable), breaker.guard(SECOND):
        pass
    assert breaker.state is State.CLOSED


def test_a_failed_try_keeps_it_open_for_the_whole_time_again(breaker, clock):
    fail(breaker, 3)
    clock.advance(30 * SECOND)
    fail(breaker)
    clock.advance(29 * SECOND)
    assert breaker.state is State.OPEN
    clock.advance(SECOND)
    assert breaker.state is State.HALF_OPEN


def test_a_try_that_never_comes_back_gives_way_to_another(breaker, clock):
    fail(breaker, 3)
    clock.advance(30 * SECOND)
    lost = breaker.guard(SECOND)
    lost.__enter__()
    assert breaker.state is State.OPEN
    clock.advance(30 * SECOND)
    succeed(breaker)
    assert breaker.state is State.CLOSED


def test_an_expected_answer_proves_that_it_is_alive(breaker):
    fail(breaker, 2)
    with pytest.raises(KeyError), breaker.guard(SECOND, expected=(KeyError,)):
        raise KeyError
    fail(breaker, 2)
    assert breaker.state is State.CLOSED


def test_an_answer_after_the_deadline_counts_as_a_failure(breaker, clock):
    for _ in range(3):
        with breaker.guard(5 * SECOND) as deadline:
            assert deadline.remaining() == 5.0
            clock.advance(2 * SECOND)
            assert deadline.remaining() == 3.0
            clock.advance(4 * SECOND)
            assert deadline.remaining() == 0.01
    assert breaker.state is State.OPEN


def test_many_threads_at_once_get_one_try(breaker, clock):
    fail(breaker, 3)
    clock.advance(30 * SECOND)
    start, hold, through, refused = threading.Barrier(8), threading.Event(), [], []

    def call():
        start.wait()
        try:
            with breaker.guard(SECOND):
                through.append(True)
                hold.wait(5)
        except Unavailable:
            refused.append(True)
            if len(refused) == 7:
                hold.set()

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (len(through), len(refused)) == (1, 7)


def test_each_thing_outside_has_its_own_breaker():
    breakers.forget()
    with pytest.raises(OSError, match="gone"), outside("s3", SECOND):
        raise OSError("gone")
    with outside("smtp", SECOND):
        pass
    assert breakers.breaker("s3") is breakers.breaker("s3")
    assert breakers.states() == {"s3": State.CLOSED, "smtp": State.CLOSED}
    breakers.forget()
    assert breakers.states() == {}
