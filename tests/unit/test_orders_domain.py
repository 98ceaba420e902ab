"""Rules of orders by themselves: discounts, tax, instalments, shares, and what is charged to whom."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from types import SimpleNamespace as Thing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import Money
from app.modules.orders.domain import amounts, charging, sourcing
from app.modules.orders.domain.charging import Charge, Gone, Part, Terms
from app.modules.orders.domain.kinds import Share
from app.modules.orders.domain.revisions import Difference, compare

EUROS = Terms(1, "EUR", "EUR", Decimal(1))
CROWNS = Terms(1, "CZK", "EUR", Decimal("0.04"), date(2026, 11, 1), "ECB")
DAY = date(2026, 11, 22)


def line(quantity: str, price: str, percent: str = "10", discounts: str | None = None) -> Any:
    tax = Thing(category=Thing(value="S"), rate=Decimal(percent))
    made = Thing(quantity=Decimal(quantity), unit_price=Decimal(price), discounts=discounts, tax_code=tax)
    made.amount = amounts.amount_of(made, "EUR").amount
    return made


def charge(amount: str, *parts: Part, quantity: str = "10") -> Charge:
    return Charge(7, 0, Decimal(quantity), Decimal(amount), 3, 4, None, DAY, parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "600"),
        ("50", "300"),
        ("50+50", "150"),
        ("50+50+50", "75"),
        ("-50+50", "450"),
        ("0", "600"),
        ("10 + 5", "513"),
    ],
)
def test_each_discount_is_taken_off_what_the_one_before_has_left(text: str, expected: str) -> None:
    assert amounts.net_price(Decimal(600), text) == Decimal(expected)


@pytest.mark.parametrize("text", ["ten", "10+5+5+5", "101", "10 5", "10++x", "1.23456"])
def test_what_is_no_discount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        amounts.discounts_of(text)


def test_tax_is_taken_on_the_sum_of_each_rate() -> None:
    found = amounts.totals([line("2", "5.00"), line("3", "5.00"), line("1", "0.05", "20")], "EUR")
    assert (found.net.amount, found.tax.amount, found.gross.amount) == (
        Decimal("25.05"),
        Decimal("2.51"),
        Decimal("27.56"),
    )
    assert [(each.percent, each.base.amount, each.tax.amount) for each in found.rates] == [
        (Decimal(10), Decimal(25), Decimal("2.50")),
        (Decimal(20), Decimal("0.05"), Decimal("0.01")),
    ]


@pytest.mark.parametrize("text", ["50 % 0", "half 0, half 30", "50% 0; 50% 30"])
def test_instalments_come_to_the_whole(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        amounts.instalments_of(text)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], Share.NONE),
        ([("0", "5")], Share.NONE),
        ([("2", "5")], Share.PART),
        ([("5", "5"), ("0", "1")], Share.PART),
        ([("6", "5"), ("-2", "-2")], Share.ALL),
        ([("0", "0")], Share.NONE),
    ],
)
def test_a_share_is_none_a_part_or_all(pairs: list[tuple[str, str]], expected: Share) -> None:
    assert amounts.share_of((Decimal(have), Decimal(want)) for have, want in pairs) is expected


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        (Gone(), "100"),
        (Gone(short_closed=Decimal(4)), "60"),
        (Gone(invoiced=Decimal(70)), "30"),
        (Gone(Decimal(4), Decimal(70)), "0"),
        (Gone(Decimal(10)), "0"),
    ],
)
def test_what_is_open_is_neither_given_up_nor_invoiced(gone: Gone, expected: str) -> None:
    assert charging.open_amount(charge("100"), gone, "EUR").amount == Decimal(expected)


def test_what_goes_back_claims_nothing() -> None:
    assert charging.claims([charge("-100", quantity="-10")], {}, EUROS) == ()


def test_parts_are_shared_out_by_percent_or_amount_and_the_rest_stays_with_the_line() -> None:
    by_percent = charge("100.01", Part(5, None, Decimal(50), None), Part(6, 9, Decimal(50), None))
    assert [(c.cost_centre_id, c.project_id, c.amount) for c in charging.claims([by_percent], {}, EUROS)] == [
        (5, None, Decimal("50.01")),
        (6, 9, Decimal("50.00")),
    ]
    by_amount = charge("100", Part(5, None, None, Decimal(30)))
    assert [(c.cost_centre_id, c.amount) for c in charging.claims([by_amount], {}, EUROS)] == [
        (5, Decimal(30)),
        (3, Decimal(70)),
    ]


def test_what_is_charged_beside_the_lines_is_paid_by_those_who_pay_them() -> None:
    lines = [charge("75"), charge("25", Part(9, None, Decimal(100), None)), charge("-30", quantity="-3")]
    found = charging.claims(lines, {}, EUROS, Decimal("10.01"))
    assert [(c.cost_centre_id, c.amount) for c in found] == [(3, Decimal("82.51")), (9, Decimal("27.50"))]
    billed = charging.claims([charge("75")], {7: Gone(invoiced=Decimal(75))}, EUROS, Decimal(4))
    assert [claim.amount for claim in billed] == [Decimal(4)]
    given_away = charging.claims([charge("0"), charge("0")], {}, EUROS, Decimal(5))
    assert [claim.amount for claim in given_away] == [Decimal("2.50"), Decimal("2.50")]
    assert charging.claims([], {}, EUROS, Decimal(5)) == ()


@pytest.mark.parametrize(
    ("percent", "amount", "expected"), [(None, None, "0"), ("10", None, "33.35"), (None, "50", "50")]
)
def test_a_deposit_is_a_percent_of_the_net_total_or_an_amount(
    percent: str | None, amount: str | None, expected: str
) -> None:
    said = percent and Decimal(percent), amount and Decimal(amount)
    assert amounts.deposit_of(*said, Decimal("333.45"), "EUR") == Decimal(expected)


def test_a_charge_is_held_against_the_charge_it_was() -> None:
    freight = {"id": 4, "kind": "freight", "text": "Van", "amount": "40"}
    packing = {"id": 5, "kind": "packing", "text": None, "amount": "7"}
    before, after = (
        {"lines": [], "extra_charges": rows} for rows in ([freight], [packing, {**freight, "text": "Ship"}])
    )
    assert compare(before, after) == [
        Difference("Charge for freight: text", "Van", "Ship"), Difference("Charge for packing", "", "7"),
    ]  # fmt: skip
    assert compare({"lines": []}, {"lines": [], "extra_charges": [packing]}) == [
        Difference("Charge for packing", "", "7")
    ], "a revision of before there were charges"


@given(st.lists(st.decimals("0.01", "99999.99", places=2), min_size=1, max_size=6))
def test_no_cent_is_lost_by_converting(prices: list[Decimal]) -> None:
    found = charging.claims([charge(str(price)) for price in prices], {}, CROWNS)
    whole = Money(sum(prices, Decimal(0)), "CZK").at(CROWNS.rate, "EUR").amount
    assert sum((claim.amount for claim in found), Decimal(0)) == whole


def test_only_what_exceeds_what_is_held_is_asked_for() -> None:
    wanted = charging.claims([charge("100")], {}, EUROS)
    held = charging.claims([charge("60")], {}, EUROS)
    assert [claim.amount for claim in charging.increase(wanted, held)] == [Decimal(40)]
    assert charging.increase(held, wanted) == ()
    elsewhere = charging.claims([charge("60", Part(99, None, Decimal(100), None))], {}, EUROS)
    assert [claim.amount for claim in charging.increase(wanted, elsewhere)] == [Decimal(100)]


def test_a_charge_is_read_back_as_it_was_kept() -> None:
    for each in (charge("12.30"), charge("5", Part(1, 2, Decimal("33.3"), None), Part(1, None, None, Decimal(2)))):
        assert charging.read(charging.plain(each)) == each


@pytest.mark.parametrize(
    ("quantity", "expected"), [("7", ["4", "3"]), ("2", ["2", "0"]), ("9", ["4", "5"]), ("20", ["4", "5"])]
)
def test_a_changed_quantity_is_shared_out_over_what_it_is_for(quantity: str, expected: list[str]) -> None:
    shares = sourcing.shared_out(Decimal(quantity), [Decimal(3), Decimal(3)], [Decimal(4), Decimal(5)])
    assert shares == [Decimal(each) for each in expected]


@pytest.mark.parametrize(
    ("surplus", "quantity", "expected"),
    [("0", "2", ["0", "2"]), ("0", "4", ["1", "3"]), ("2", "2", ["0", "0"]), ("2", "3", ["0", "1"])],
)
def test_what_is_not_delivered_goes_back_to_who_asked_last(surplus: str, quantity: str, expected: list[str]) -> None:
    sources = [Thing(quantity=Decimal(3), returned=Decimal(0)) for _ in range(2)]
    sourcing.give_back(sources, Decimal(surplus), Decimal(quantity))
    assert [each.returned for each in sources] == [Decimal(each) for each in expected]
