"""Rules of items and their prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.actor import SYSTEM, Context
from app.kernel.problem import Problem
from app.modules.catalog import domain

CONTEXT = Context(SYSTEM, None, None, "test")  # type: ignore[arg-type]


class Thing(SimpleNamespace):
    __hash__ = object.__hash__

    def __str__(self) -> str:
        return str(self.name)


EUR, USD, JPY = (Thing(name=code, code=code) for code in ("EUR", "USD", "JPY"))
ALBA = Thing(name="Alba", state="approved", merged_into=None)
BREDA = Thing(name="Breda", state="approved", merged_into=None)
GONE = Thing(name="Old Alba", state="merged", merged_into=ALBA)
PIECE = Thing(name="Piece", decimals=0)
KILO = Thing(name="Kilogram", decimals=3)
ON = date(2026, 6, 1)


def price(amount: str = "10", since: str = "1", supplier: Any = ALBA, currency: Any = EUR, **values: Any) -> Any:
    usual = {"valid_from": date(2026, 1, 1), "valid_to": None, "lead_time_days": None}
    made = {**usual, **values}
    return Thing(
        supplier=supplier, currency=currency, unit_price=Decimal(amount), minimum_quantity=Decimal(since), **made
    )


def item(*prices: Any, **values: Any) -> Any:
    usual = {"code": "I-1", "cpv_code": None, "unspsc_code": None, "unit": PIECE}
    return Thing(prices=list(prices), **{**usual, **values})


def codes(problems: list[Problem]) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.field) for problem in problems]


def best(*prices: Any, quantity: str = "1", on: date = ON, currency: str = "EUR") -> str | None:
    found = domain.best_price(prices, Decimal(quantity), on, currency)
    return None if found is None else str(found.unit_price)


# --- which price counts --------------------------------------------------------------------------------------------


def test_of_several_suppliers_the_lowest_price_counts() -> None:
    assert best(price("10"), price("9.5", supplier=BREDA)) == "9.5"


def test_of_several_breaks_the_highest_one_reached_counts() -> None:
    breaks = [price("10", "1"), price("9", "10"), price("8", "100")]
    assert [best(*breaks, quantity=quantity) for quantity in ("1", "9.99", "10", "99", "100", "5000")] == [
        "10", "10", "9", "9", "8", "8",
    ]  # fmt: skip


def test_a_break_that_is_dearer_still_is_what_the_supplier_asks() -> None:
    assert best(price("10", "1"), price("11", "10"), quantity="20") == "11"


def test_below_the_smallest_quantity_there_is_no_price() -> None:
    assert best(price("10", "5"), quantity="4") is None


def test_a_price_counts_on_its_first_and_last_day_and_not_beyond() -> None:
    bounded = price(valid_from=date(2026, 3, 1), valid_to=date(2026, 3, 31))
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)]
    assert [best(bounded, on=day) for day in days] == [None, "10", "10", None]


def test_prices_of_another_currency_are_not_compared() -> None:
    assert best(price("1", currency=USD), price("10")) == "10"
    assert best(price("1", currency=USD)) is None


def test_of_equal_prices_the_quicker_counts_and_an_unnamed_time_is_the_slowest() -> None:
    slow, quick, unknown = (price("10", supplier=Thing(name=str(days)), lead_time_days=days) for days in (14, 3, None))
    assert domain.best_price([unknown, slow, quick], Decimal(1), ON, "EUR") is quick
    assert domain.best_price([unknown, slow], Decimal(1), ON, "EUR") is slow


def test_without_prices_there_is_none() -> None:
    assert best() is None


def test_a_quantity_is_exact() -> None:
    with pytest.raises(TypeError):
        domain.best_price([price()], 1.5, ON, "EUR")  # type: ignore[arg-type]


def test_each_supplier_offers_one_price_per_currency() -> None:
    prices = [price("10"), price("9", "5"), price("11", currency=USD), price("8", supplier=BREDA)]
    found = domain.applicable(prices, Decimal(5), ON)
    assert sorted(str(each.unit_price) for each in found) == ["11", "8", "9"]


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 40)), min_size=1, max_size=8), st.integers(1, 60))
def test_no_supplier_asks_less_than_the_best_price(offers: list[tuple[int, int]], quantity: int) -> None:
    prices = [price(str(amount), str(since), supplier=Thing(name=str(n))) for n, (amount, since) in enumerate(offers)]
    reached = [each.unit_price for each in prices if each.minimum_quantity <= quantity]
    found = domain.best_price(prices, Decimal(quantity), ON, "EUR")
    assert (found.unit_price if found else None) == min(reached, default=None)


# --- prices beside each other --------------------------------------------------------------------------------------


def span(start: int, end: int | None, **values: Any) -> Any:
    return price(valid_from=date(2026, 1, start), valid_to=date(2026, 1, end) if end else None, **values)


@pytest.mark.parametrize(
    ("one", "other", "overlapping"),
    [
        ((1, 10), (11, 20), False),
        ((1, 10), (10, 20), True),
        ((1, 31), (10, 12), True),
        ((1, None), (10, 12), True),
        ((10, None), (1, 9), False),
        ((10, None), (20, None), True),
        ((5, 5), (5, 5), True),
    ],
)
def test_two_prices_of_one_supplier_do_not_hold_at_once(
    one: tuple[int, int | None], other: tuple[int, int | None], overlapping: bool
) -> None:
    assert domain.overlap(span(*one), span(*other)) is overlapping
    assert domain.overlap(span(*other), span(*one)) is overlapping
    expected = [("overlapping_prices", "prices.1.valid_from")] if overlapping else []
    assert codes(domain.why_not_item(CONTEXT, item(span(*one), span(*other)))) == expected


@pytest.mark.parametrize("different", [{"supplier": BREDA}, {"currency": USD}, {"since": "10"}])
def test_another_supplier_currency_or_quantity_may_hold_at_the_same_time(different: dict[str, Any]) -> None:
    assert domain.why_not_item(CONTEXT, item(price(), price(**different))) == []


def test_each_later_row_that_overlaps_is_named() -> None:
    problems = domain.why_not_item(CONTEXT, item(price(), price(supplier=BREDA), price(), price(supplier=BREDA)))
    assert [problem.field for problem in problems] == ["prices.2.valid_from", "prices.3.valid_from"]
    assert "row 1 has a price" in problems[0].message


# --- items ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"code": "a b"}, ("bad_code", "code")),
        ({"cpv_code": "30213100-5"}, ("bad_cpv", "cpv_code")),
        ({"unspsc_code": "4321150"}, ("bad_unspsc", "unspsc_code")),
    ],
)
def test_codes_of_an_item_are_checked(values: dict[str, Any], expected: tuple[str, str]) -> None:
    assert codes(domain.why_not_item(CONTEXT, item(**values))) == [expected]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (price("-0.01"), ("negative", "prices.0.unit_price")),
        (price(since="0"), ("not_positive", "prices.0.minimum_quantity")),
        (price(since="1.5"), ("too_many_decimals", "prices.0.minimum_quantity")),
        (price("0.00001", currency=JPY), ("too_many_decimals", "prices.0.unit_price")),
        (price(valid_to=date(2025, 12, 31)), ("wrong_order", "prices.0.valid_to")),
        (price(lead_time_days=-1), ("out_of_range", "prices.0.lead_time_days")),
        (price(lead_time_days=731), ("out_of_range", "prices.0.lead_time_days")),
        (price(supplier=GONE), ("merged_already", "prices.0.supplier")),
    ],
)
def test_what_is_wrong_with_a_price_is_said_at_its_row(wrong: Any, expected: tuple[str, str]) -> None:
    assert codes(domain.why_not_item(CONTEXT, item(wrong))) == [expected]


def test_a_price_of_parts_of_a_cent_and_a_gift_are_fine() -> None:
    assert domain.why_not_item(CONTEXT, item(price("0.0042"), price("0", "10"))) == []


def test_a_quantity_has_as_many_decimals_as_its_unit() -> None:
    assert domain.why_not_item(CONTEXT, item(price(since="1.500000"), unit=KILO)) == []
    assert codes(domain.why_not_item(CONTEXT, item(price(since="1.5001"), unit=KILO))) == [
        ("too_many_decimals", "prices.0.minimum_quantity")
    ]
