from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.api import representation as written
from app.infra.reachable import Reachable
from app.kernel.actor import SYSTEM, Context

NOTHING = Reachable(Context(SYSTEM, datetime(2026, 11, 22, tzinfo=UTC), date(2026, 11, 22), "test"))


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("12.5000", "EUR", "12.50"),
        ("12.3456", "EUR", "12.3456"),
        ("12.0000", "JPY", "12"),
        ("12.5000", "JPY", "12.5"),
        ("1.0000", "KWD", "1.000"),
        ("-0.0000", "EUR", "0.00"),
        ("100.0000", "EUR", "100.00"),
        ("5", None, "5.00"),
        ("5", "???", "5.00"),
    ],
)
def test_amounts_have_the_decimals_of_their_coins_and_more_only_where_needed(
    value: str, currency: str | None, text: str
) -> None:
    assert written.amount(Decimal(value), currency) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+3", "1000"), ("0.100000", "0.1"), ("-2.50", "-2.5"), ("0", "0"), ("-0.0", "0"), ("100", "100")],
)
def test_numbers_are_written_plainly(value: str, text: str) -> None:
    assert written.decimal(Decimal(value)) == text


@given(some.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_a_number_read_back_is_the_same_number(value: Decimal) -> None:
    assert Decimal(written.decimal(value)) == value
    assert Decimal(written.amount(value, "EUR")) == value


def test_moments_are_told_in_utc_and_days_as_days() -> None:
    at = datetime(2026, 11, 22, 10, 5, tzinfo=timezone(timedelta(hours=1)))

    assert written.instant(at) == "2026-11-22T09:05:00Z"
    assert written.simple(datetime(2026, 11, 22, 9, 5, 0, 120000, tzinfo=UTC), NOTHING) == "2026-11-22T09:05:00.120000Z"
    assert written.simple(date(2026, 11, 22), NOTHING) == "2026-11-22"


def test_lists_and_structures_are_written_part_by_part() -> None:
    assert written.simple([Decimal("1.50"), {"on": date(2026, 1, 2)}, None, True, "x"], NOTHING) == [
        "1.5",
        {"on": "2026-01-02"},
        None,
        True,
        "x",
    ]
