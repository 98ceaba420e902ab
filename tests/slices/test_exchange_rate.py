"""Exchange rates: one per pair, day and source."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.acting import acting, system
from tests.making import Maker
from tests.slices.doing import edit, enter, reading, refused

RATE = {"currency": "EUR", "base": "CZK", "rate": "24.155", "valid_on": "2026-11-20", "source": "ECB"}


@pytest.fixture
def rates(maker: Maker) -> None:
    for code in ("EUR", "CZK", "IDR"):
        enter(system(), "currency", code=code, name=code)


def test_a_rate_says_what_one_unit_is_worth(rates: None) -> None:
    key = enter(acting("Controller"), "exchange_rate", **RATE)
    with reading("exchange_rate", key) as rate:
        assert (key, str(rate)) == ("FX-2026-000001", "1 EUR = 24.155 CZK")


def test_a_rate_keeps_the_digits_of_weak_currencies(rates: None) -> None:
    key = enter(system(), "exchange_rate", **{**RATE, "currency": "IDR", "base": "EUR", "rate": "0.0000521345"})
    with reading("exchange_rate", key) as rate:
        assert rate.rate == Decimal("0.0000521345")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"rate": "0"}, ("not_positive", "rate")),
        ({"rate": "-1"}, ("not_positive", "rate")),
        ({"base": "EUR"}, ("same_currency", "base")),
        ({"currency": "XXX"}, ("unknown_reference", "currency")),
        ({"valid_on": "20.11.2026"}, ("not_a_date", "valid_on")),
    ],
)
def test_a_rate_that_makes_no_sense_is_refused(rates: None, values: dict[str, Any], expected: tuple[str, str]) -> None:
    with refused(expected):
        enter(system(), "exchange_rate", **{**RATE, **values})


def test_a_source_has_one_rate_a_day(rates: None) -> None:
    enter(system(), "exchange_rate", **RATE)
    with refused(("taken", "valid_on")):
        enter(system(), "exchange_rate", **{**RATE, "rate": "25"})
    enter(system(), "exchange_rate", **{**RATE, "source": "CNB"})
    enter(system(), "exchange_rate", **{**RATE, "valid_on": "2026-11-21"})


def test_a_rate_is_corrected_on_record(rates: None) -> None:
    key = enter(system(), "exchange_rate", **RATE)
    edit(acting("Controller"), "exchange_rate", key, rate="24.2")
    with reading("exchange_rate", key) as rate:
        assert (rate.rate, rate.version) == (Decimal("24.2"), 2)
