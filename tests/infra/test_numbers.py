from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import numbers, unit
from app.infra.db import db
from app.kernel.resource import Series
from tests.acting import system


@pytest.fixture(autouse=True)
def within_app(app: Flask) -> Any:
    with app.app_context():
        yield app


ORDERS = Series("PO")
POSTED = Series("INV", gapless=True)


def test_numbers_carry_prefix_entity_and_year() -> None:
    with unit.transaction(system(), "test") as bound:
        assert numbers.take(bound, ORDERS, owner="HAT") == "PO-HAT-2026-00001"
        assert numbers.take(bound, ORDERS) == "PO-2026-00001"
        assert numbers.take(bound, Series("S", yearly=False)) == "S-00001"


def test_a_number_with_gaps_keeps_nobody_waiting(within_app: Flask) -> None:
    taken: list[str] = []
    with unit.transaction(system(), "slow") as bound:
        taken.append(numbers.take(bound, ORDERS))

        def other() -> None:
            with within_app.app_context(), unit.transaction(system(), "quick") as inner:
                taken.append(numbers.take(inner, ORDERS))

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(20)
        assert taken == ["PO-2026-00001", "PO-2026-00002"]


def test_gapless_numbers_have_no_gap_and_no_double_though_every_third_change_fails(within_app: Flask) -> None:
    db_lock, given = threading.Lock(), []

    def post(number: int) -> None:
        with within_app.app_context():
            for turn in range(12):
                try:
                    with unit.transaction(system(), "post") as bound:
                        mine: list[str] = []
                        numbers.take_last(bound, POSTED, mine.append)
                        if (number + turn) % 3 == 0:
                            raise LookupError
                    with db_lock:
                        given.extend(mine)
                except LookupError:
                    continue

    threads = [threading.Thread(target=post, args=(number,)) for number in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(given) == [f"INV-2026-{number:05}" for number in range(1, len(given) + 1)]
    assert len(given) == 48


def test_a_gapless_number_is_given_back_when_the_very_last_act_fails() -> None:
    def fail(_: str) -> None:
        raise LookupError

    with pytest.raises(LookupError), unit.transaction(system(), "post") as bound:
        numbers.take_last(bound, POSTED, fail)

    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM number_series")).scalar_one() == 0
