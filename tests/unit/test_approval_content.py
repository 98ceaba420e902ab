"""What an approval is bound to: equal content hashes equally, and only declared changes let it stand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.approvals.domain.content import Bound, Threshold, canonical, digest, material_changes
from app.modules.approvals.domain.delegation import Delegation

TEN = Threshold(Decimal(10), None)


def bound(amount: str, **content: object) -> Bound:
    return Bound(content, Decimal(amount), "EUR")


@given(st.integers(-(10**12), 10**12), st.integers(0, 4))
def test_the_same_amount_hashes_the_same_however_it_is_written(units: int, zeros: int) -> None:
    amount = Decimal(units) / 100
    longer = amount.quantize(Decimal(1).scaleb(-2 - zeros))
    assert bound(str(amount)).hash() == Bound({}, longer, "EUR").hash()
    assert digest({"a": amount}) == digest({"a": longer}) == digest({"a": canonical(amount)})


def test_a_set_has_one_order_and_an_inexact_number_no_form() -> None:
    assert digest({"cells": {3, 1, 2}}) == digest({"cells": [1, 2, 3]}) == digest({"cells": (1, 2, 3)})
    with pytest.raises(TypeError, match="no canonical form"):
        digest({"amount": 0.1})


@pytest.mark.parametrize(
    ("now", "threshold", "expected"),
    [
        (bound("100", supplier="S-1"), TEN, []),
        (bound("110", supplier="S-1"), TEN, []),
        (bound("110.01", supplier="S-1"), TEN, ["total"]),
        (bound("1", supplier="S-1"), TEN, []),
        (bound("100.01", supplier="S-1"), Threshold(), ["total"]),
        (bound("105", supplier="S-1"), Threshold(Decimal(10), Decimal(5)), []),
        (bound("105.01", supplier="S-1"), Threshold(Decimal(10), Decimal(5)), ["total"]),
        (bound("105", supplier="S-1"), Threshold(None, Decimal(5)), []),
        (bound("100", supplier="S-2"), TEN, ["supplier"]),
        (bound("200", supplier="S-2", bank="X"), TEN, ["bank", "supplier", "total"]),
        (bound("100"), TEN, ["supplier"]),
        (Bound({"supplier": "S-1"}, Decimal(1), "CZK"), TEN, ["currency of the books"]),
    ],
)
def test_a_change_is_material_unless_it_is_a_rise_within_the_threshold(
    now: Bound, threshold: Threshold, expected: list[str]
) -> None:
    assert material_changes(bound("100", supplier="S-1"), now, threshold) == expected


@given(st.lists(st.integers(1, 500), min_size=1, max_size=12))
def test_many_small_rises_count_as_one(rises: list[int]) -> None:
    agreed = bound("1000")
    for number in range(len(rises)):
        total = Decimal(1000) + Decimal(sum(rises[: number + 1])) / 100
        assert bool(material_changes(agreed, bound(str(total)), Threshold(Decimal(1), None))) == (total > Decimal(1010))


FIRST = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({}, True),
        ({"on": FIRST - timedelta(days=1)}, False),
        ({"on": FIRST + timedelta(days=7)}, True),
        ({"on": FIRST + timedelta(days=8)}, False),
        ({"document": "order"}, False),
        ({"entity": 2}, False),
        ({"amount": Decimal("500.00")}, True),
        ({"amount": Decimal("500.01")}, False),
    ],
)
def test_a_delegation_holds_for_its_days_its_documents_and_up_to_its_amount(
    given_: dict[str, object], expected: bool
) -> None:
    lent = Delegation(1, 2, FIRST, FIRST + timedelta(days=7), "request", 1, Decimal(500))
    about = {"on": FIRST, "document": "request", "entity": 1, "amount": Decimal(5), **given_}
    assert lent.covers(**about) is expected  # type: ignore[arg-type]
