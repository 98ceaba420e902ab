"""When an invoice is due, in which parts, what paying early spares, and what holds where the invoice says otherwise."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import Money
from app.modules.invoices.domain.terms import (
    Discount,
    OpenItem,
    Taxed,
    Terms,
    better_discount,
    due_day,
    due_of,
    early_payment,
    open_items,
    settle,
)

D = Decimal
DAY = date(2026, 1, 15)


def eur(amount: Any) -> Money:
    return Money(D(amount), "EUR")


@pytest.mark.parametrize(
    ("terms", "start", "due"),
    [
        (Terms(30), DAY, date(2026, 2, 14)),
        (Terms(0), DAY, DAY),
        (Terms(30, to_end_of_month=True), DAY, date(2026, 2, 28)),
        (Terms(0, to_end_of_month=True), date(2028, 2, 1), date(2028, 2, 29)),
        (Terms(30, day_of_month=10), DAY, date(2026, 3, 10)),
        (Terms(30, day_of_month=14), DAY, date(2026, 2, 14)),
        (Terms(30, day_of_month=31), DAY, date(2026, 2, 28)),
        (Terms(0, to_end_of_month=True, day_of_month=10), DAY, date(2026, 2, 10)),
        (Terms(0, day_of_month=5), date(2026, 12, 20), date(2027, 1, 5)),
        (Terms(0, day_of_month=31), date(2026, 4, 30), date(2026, 4, 30)),
    ],
)
def test_days_then_the_end_of_the_month_then_a_day_of_a_month(terms: Terms, start: date, due: date) -> None:
    assert due_day(terms, start) == due


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"day_of_month": 0}, "no day 0"),
        ({"day_of_month": 32}, "no day 32"),
        ({"instalments": ((D(50), 0), (D(49), 30))}, "100 percent together"),
        ({"instalments": ((D(150), 0), (D(-50), 30))}, "above zero percent"),
        ({"discount_percent": D(2)}, "both a percent and days"),
        ({"discount_percent": D(100), "discount_days": 5}, "below 100"),
    ],
)
def test_terms_that_mean_nothing_are_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Terms(**fields)


def test_ord_23_half_at_once_and_half_after_thirty_days() -> None:
    terms = Terms(instalments=((D(50), 0), (D(50), 30)))
    assert open_items(eur("5000.00"), terms, DAY) == (
        OpenItem(DAY, eur("2500.00")),
        OpenItem(date(2026, 2, 14), eur("2500.00")),
    )


def test_inv_11_both_halves_of_an_invoice_are_equal() -> None:
    first, second = open_items(eur("250.00"), Terms(instalments=((D(50), 0), (D(50), 30))), DAY)
    assert first.amount == second.amount == eur("125.00")


def test_parts_add_up_to_the_cent() -> None:
    thirds = Terms(instalments=((D("33.3"), 0), (D("33.3"), 30), (D("33.4"), 60)))
    assert [item.amount.amount for item in open_items(eur("100.01"), thirds, DAY)] == [
        D("33.30"),
        D("33.30"),
        D("33.41"),
    ]


def test_parts_that_are_due_on_one_day_are_one() -> None:
    terms = Terms(instalments=((D(50), 0), (D(50), 10)), to_end_of_month=True, discount_percent=D(10), discount_days=5)
    (item,) = open_items(eur(100), terms, DAY)
    assert (item.due_on, item.amount) == (date(2026, 1, 31), eur("100.00"))
    assert item.discount is not None
    assert item.discount.total == eur("10.00")


def test_a_credit_note_is_due_at_once_in_one_part_without_discount() -> None:
    terms = Terms(instalments=((D(50), 0), (D(50), 30)), discount_percent=D(2), discount_days=10)
    assert open_items(eur("-120.00"), terms, DAY) == (OpenItem(DAY, eur("-120.00")),)


def test_pay_05_ten_percent_for_paying_early_with_its_tax_split_out() -> None:
    (item,) = open_items(
        eur("236.00"), Terms(30, discount_percent=D(10), discount_days=10), DAY, [Taxed(eur(200), eur(36))]
    )
    assert item.discount == Discount(date(2026, 1, 25), eur("23.60"), eur("20.00"), eur("3.60"))
    assert item.amount - item.discount.total == eur("212.40")


def test_a_discount_on_the_net_amount_leaves_the_tax() -> None:
    found = early_payment(D(10), DAY, [Taxed(eur(200), eur(36))], net_only=True)
    assert found == Discount(DAY, eur("20.00"), eur("20.00"), eur(0))


def test_a_discount_is_shared_out_over_instalments() -> None:
    terms = Terms(instalments=((D(50), 0), (D(50), 30)), discount_percent=D(10), discount_days=10)
    found = open_items(eur("236.10"), terms, DAY, [Taxed(eur("200.08"), eur("36.02"))])
    totals = [item.discount.total.amount for item in found if item.discount]
    assert sum(totals) == D("23.61")
    assert max(totals) - min(totals) <= D("0.02")


def test_several_rates_give_one_discount() -> None:
    found = early_payment(D(2), DAY, [Taxed(eur(100), eur(19)), Taxed(eur(100), eur(7)), Taxed(eur(50), eur(0))])
    assert (found.total, found.net, found.tax) == (eur("5.52"), eur("5.00"), eur("0.52"))


def test_pay_07_what_the_bank_moved_less_than_booked_is_the_rates_gain() -> None:
    """5000 were booked; 500 are the discount; 4200 left the account: 300 less than the 4500 that were owed."""
    found = settle(Money(D(100), "USD"), D(50), Money(D(4200), "INR"), D(10))
    assert (found.discount, found.exchange) == (Money(D("500.00"), "INR"), Money(D("-300.00"), "INR"))
    assert Money(D(4200), "INR") - found.exchange + found.discount == Money(D(5000), "INR")
    assert settle(Money(D(100), "USD"), D(50), Money(D(5100), "INR")).exchange == Money(D(100), "INR")


@pytest.mark.parametrize(
    ("stated", "on", "difference", "words"),
    [
        (None, date(2026, 2, 14), 0, "as agreed"),
        (date(2026, 2, 14), date(2026, 2, 14), 0, "as agreed"),
        (date(2026, 2, 20), date(2026, 2, 20), 6, "6 days later than agreed (14 Feb 2026)"),
        (date(2026, 2, 13), date(2026, 2, 14), -1, "the invoice states 13 Feb 2026, 1 day earlier"),
    ],
)
def test_the_later_day_holds_and_the_difference_is_shown(
    stated: date | None, on: date, difference: int, words: str
) -> None:
    due = due_of(date(2026, 2, 14), stated)
    assert (due.on, due.difference) == (on, difference)
    assert words in due.text


@pytest.mark.parametrize(
    ("agreed", "offered", "expected"),
    [
        ((D(2), 10), (D(3), 10), (D(3), 10)),
        ((D(2), 10), (D(2), 14), (D(2), 14)),
        ((D(2), 10), (D(3), 5), (D(2), 10)),
        ((D(2), 10), (D(1), 30), (D(2), 10)),
        ((D(2), 10), (None, None), (D(2), 10)),
        ((None, None), (D(1), 5), (D(1), 5)),
    ],
)
def test_a_discount_is_taken_from_the_invoice_where_it_is_better(agreed: Any, offered: Any, expected: Any) -> None:
    found = better_discount(Terms(30, discount_percent=agreed[0], discount_days=agreed[1]), *offered)
    assert (found.discount_percent, found.discount_days) == expected


@given(
    st.integers(1, 10_000_00), st.integers(0, 30), st.lists(st.integers(1, 40), min_size=1, max_size=5),
    st.decimals("0.01", "50", places=2), st.sampled_from(["EUR", "JPY", "BHD"]), st.booleans(),
)  # fmt: skip
def test_nothing_is_lost_between_instalments_and_discounts(
    coins: int, percent_tax: int, shares: list[int], percent: Decimal, currency: str, net_only: bool
) -> None:
    net = Money(D(coins).scaleb({"EUR": -2, "JPY": 0, "BHD": -3}[currency]), currency)
    tax = (net * (D(percent_tax) / 100)).rounded()
    weights = [D(share) for share in shares[:-1]]
    plan = tuple((weight / 2, at * 30) for at, weight in enumerate(weights))
    plan = (*plan, (D(100) - sum((share for share, _ in plan), D(0)), 400))
    terms = Terms(instalments=plan, discount_percent=percent, discount_days=7)
    found = open_items(net + tax, terms, DAY, [Taxed(net, tax)], net_only=net_only)
    zero = Money.zero(currency)
    assert sum((item.amount for item in found), zero) == net + tax
    whole = early_payment(percent, DAY + timedelta(7), [Taxed(net, tax)], net_only=net_only)
    assert sum((item.discount.total for item in found if item.discount), zero) == whole.total
    assert whole.net + whole.tax == whole.total
    assert [item.due_on for item in found] == sorted({item.due_on for item in found})
