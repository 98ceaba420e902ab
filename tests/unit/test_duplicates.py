"""Whether an invoice was captured before: how numbers read, and what speaks for and against."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.invoices.domain.duplicates import Print, Suspicion, compare, find, folded, keys, spelled

D = Decimal
DAY = date(2026, 5, 4)
ONE = Print(1, "IN-1", "RE-2026-10427", supplier=5, currency="EUR", amount=D("119.00"), issued_on=DAY)


def other(number: str = "RE-2026-10427", **fields: Any) -> Print:
    return replace(ONE, id=2, key="IN-2", number=number, **fields)


def score(one: Print, two: Print) -> int:
    found = compare(one, two)
    assert found == compare(one, two)
    back = compare(two, one)
    assert (found.score if found else 0) == (back.score if back else 0)
    return found.score if found else 0


def codes(found: Suspicion | None) -> list[str]:
    return [reason.code for reason in found.reasons] if found else []


@pytest.mark.parametrize(
    ("number", "written"),
    [("re-2026/10427", "RE202610427"), (" RE 2026.10427 ", "RE202610427"), ("№ 7", "NO7"), ("---", ""), ("Č-1", "C1")],
)
def test_case_and_separators_do_not_matter(number: str, written: str) -> None:
    assert spelled(number) == written


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("RE-0017", "RE-17"), ("RE0017", "re17"), ("1O427", "10427"), ("I0427", "10427"), ("10l", "101"), ("00042", "42"),
        ("2026-0007-1", "2026-7-1"),
    ],
)  # fmt: skip
def test_zeros_in_front_and_letters_like_digits_do_not_matter(one: str, two: str) -> None:
    assert folded(one) == folded(two)


@pytest.mark.parametrize(("one", "two"), [("RE-170", "RE-17"), ("1001", "101"), ("A-1", "B-1"), ("10", "1")])
def test_other_zeros_matter(one: str, two: str) -> None:
    assert folded(one) != folded(two)


@pytest.mark.parametrize(
    ("number", "fields", "expected"),
    [
        ("RE-2026-10427", {}, 100),
        ("re 2026 10427", {}, 98),
        ("RE-2026-1O427", {}, 95),
        ("RE-10427", {}, 90),
        ("RE-10427/26", {}, 90),
        ("RE202610427", {}, 98),
        ("10427", {}, 75),
        ("RE-2026-10472", {}, 65),
        ("RE-2026-1427", {}, 65),
        ("RE-2026-10427", {"issued_on": DAY + timedelta(30)}, 95),
        ("RE-2026-10427", {"issued_on": DAY + timedelta(60)}, 90),
        ("RE-2026-10427", {"issued_on": None}, 90),
        ("RE-2026-10427", {"amount": D("118.50")}, 80),
        ("RE-2026-10427", {"amount": D("50.00")}, 70),
        ("RE-2026-10427", {"currency": "USD"}, 70),
        ("", {}, 60),
        ("RE-2025-10427", {}, 40),
        ("RE-2025-10427", {"issued_on": DAY - timedelta(365)}, 0),
    ],
)
def test_number_amount_and_day_add_up_to_a_score(number: str, fields: dict[str, Any], expected: int) -> None:
    assert score(ONE, other(number, **fields)) == expected


@pytest.mark.parametrize(
    ("fields", "expected", "reason"),
    [
        ({}, 100, "same_supplier"),
        ({"supplier": 6, "tax_ids": frozenset({"ATU1"})}, 100, "same_tax_id"),
        ({"supplier": None, "accounts": frozenset({"f1"})}, 100, "same_account"),
        ({"supplier": None, "name": "ACME Limited"}, 90, "same_name"),
        ({"supplier": None, "name": "Acme Trading Bolt GmbH"}, 40, "other_supplier"),
        ({"supplier": 6}, 40, "other_supplier"),
    ],
)
def test_the_supplier_is_known_by_record_tax_id_account_or_name(
    fields: dict[str, Any], expected: int, reason: str
) -> None:
    one = replace(ONE, tax_ids=frozenset({"ATU1", "ATU2"}), accounts=frozenset({"f1"}), name="Acme Ltd")
    found = compare(one, other(**fields))
    assert found is not None
    assert (found.score, found.reasons[-1].code) == (expected, reason)


def test_a_number_of_another_supplier_blocks_nothing() -> None:
    assert not Suspicion(1, "a", "1", score(ONE, other(supplier=6)), ()).blocks()


def test_the_same_file_is_the_same_invoice_whatever_else_was_read_from_it() -> None:
    found = compare(replace(ONE, file_hash="ab"), other("9", supplier=6, is_credit=True, file_hash="ab"))
    assert found is not None
    assert (found.score, codes(found)) == (100, ["same_file"])


def test_the_same_e_invoice_id_is_the_same_invoice_where_the_supplier_is() -> None:
    one = replace(ONE, document_id="urn:1")
    assert score(one, other("9", amount=D(1), document_id="urn:1")) == 98
    assert score(one, other("9", amount=D(1), supplier=6, document_id="urn:1")) == 0


def test_a_rent_of_every_month_is_no_duplicate() -> None:
    """The amount is the same and the numbers follow each other: nothing to look at."""
    rents = [
        replace(ONE, id=at, key=f"IN-{at}", number=f"M-{10400 + at}", issued_on=DAY + timedelta(30 * at))
        for at in range(12)
    ]
    assert [each for rent in rents for each in find(rent, rents)] == []


def test_two_invoices_of_one_day_and_amount_are_told_and_block_nothing() -> None:
    found = compare(ONE, other("RE-2026-10428"))
    assert found is not None
    assert (found.score, found.blocks()) == (40, False)
    assert str(found) == "IN-2 (the same amount, the same day, the same supplier): 40 of 100"


def test_a_short_number_that_returns_each_year_is_no_duplicate() -> None:
    january = replace(ONE, number="1")
    assert score(january, other("1", issued_on=DAY + timedelta(364))) == 60
    assert score(january, other("1", issued_on=DAY + timedelta(364), amount=D(7))) == 0
    assert score(january, other("1")) == 100


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("1/2025", "1/2026", False),
        ("2026-0044", "44", True),
        ("44-26", "0044/2026", True),
        ("20260044", "44/26", True),
        ("INV-25-77810", "INV-26-77810", False),
        ("7781026", "77810", False),
    ],
)
def test_a_year_in_the_number_counts_only_where_both_have_one(one: str, two: str, same: bool) -> None:
    found = compare(replace(ONE, number=one, amount=None), other(two, amount=None))
    assert ("same_number" in codes(found)) is same


def test_a_credit_note_is_no_copy_of_an_invoice() -> None:
    assert score(ONE, other(is_credit=True)) == 0
    assert score(replace(ONE, is_credit=True), other(is_credit=True)) == 100


def test_a_corrected_invoice_is_no_copy_of_the_one_it_corrects() -> None:
    corrected = other("RE-2026-10427/1", follows=frozenset({"RE 2026 10427"}))
    assert score(ONE, corrected) == 0
    assert score(ONE, other(follows=frozenset({"RE-2026-10427"}))) == 100


def test_the_likeliest_comes_first_and_an_invoice_is_no_copy_of_itself() -> None:
    pool = [
        ONE,
        other("10427"),
        replace(other(), id=4, key="IN-4"),
        replace(other(), id=3, key="IN-3"),
        other("X", amount=D(1)),
    ]
    assert [(each.id, each.score) for each in find(ONE, pool)] == [(3, 100), (4, 100), (2, 75)]
    assert find(ONE, pool) == find(ONE, pool[::-1])


@pytest.mark.parametrize("window", [10, 45])
def test_the_window_says_what_is_near(window: int) -> None:
    found = compare(ONE, other(issued_on=DAY - timedelta(30)), window)
    assert ("near_day" in codes(found)) is (window == 45)


PIECES = st.lists(
    st.sampled_from(["RE", "INV", "A", "2026", "26", "10427", "7", "0042", "O1", "x"]), min_size=1, max_size=4
)


@given(PIECES, PIECES, st.sampled_from(["-", "/", " ", ""]))
def test_equal_invoices_share_a_key_so_that_they_are_looked_up(one: list[str], two: list[str], separator: str) -> None:
    first, second = separator.join(one), "-".join(two)
    found = compare(replace(ONE, number=first, amount=None), other(second, amount=None))
    if "same_number" in codes(found):
        assert keys(first, DAY) & keys(second, DAY)


@given(st.text(max_size=12), st.text(max_size=12), st.none() | st.dates())
def test_any_text_can_be_a_number(one: str, two: str, day: date | None) -> None:
    found = compare(replace(ONE, number=one, issued_on=day), other(two))
    assert found is None or 0 < found.score <= 100
    assert not spelled(one) or keys(one, day) & keys(spelled(one), day)
