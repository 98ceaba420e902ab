"""Which order line each line of an invoice bills: the best of all together, and only what is certain stands by itself."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.invoices.domain.linking import Link, Offered, Stated, _assign, _Pair, link

D = Decimal


def stated(number: int = 1, text: str = "Hex bolt M8 x 40", **fields: Any) -> Stated:
    start: dict[str, Any] = {"quantity": D(10), "price": D("1.20"), "net": D("12.00")}
    return Stated(number, text, **{**start, **fields})


def offered(id: int = 1, text: str = "Hex bolt M8 x 40", **fields: Any) -> Offered:
    start: dict[str, Any] = {
        "order": "PO-2026-00017", "position": id, "open_quantity": D(10), "price": D("1.20"), "open_amount": D("12.00"),
    }  # fmt: skip
    return Offered(id, text=text, **{**start, **fields})


OTHER = offered(9, "Garden hose", price=D(77), open_quantity=D(3), open_amount=D(231))


def one(line: Stated, *offers: Offered) -> Link:
    (found,) = link([line], offers)
    return found


def codes(found: Link) -> list[str]:
    return [reason.code for reason in found.reasons]


@pytest.mark.parametrize(
    ("line", "offer", "reasons", "confidence", "is_certain"),
    [
        (
            {"order": "PO-2026-00017", "order_line": "1"}, {"text": "?"},
            ["order_line", "same_price", "same_quantity"], 95, True,
        ),
        (
            {"order": "po 2026 17", "order_line": "01"}, {"order": "PO-2026-17", "text": "?", "price": D(9)},
            ["order_line", "same_quantity"], 94, True,
        ),
        ({"order_line": "1"}, {"text": "?", "price": D(9), "open_quantity": D(99)}, ["order_line", "part_quantity"], 71, False),
        ({"our_item": "B-8"}, {"our_item": "b8", "text": "?", "price": D(9)}, ["our_item", "same_quantity"], 81, True),
        ({"supplier_item": "0815"}, {"supplier_item": "815", "text": "?", "price": D(9)}, ["supplier_item", "same_quantity"], 81, True),
        ({"gtin": "4006381333931"}, {"gtin": "4006381333931", "text": "?"}, ["gtin", "same_price", "same_quantity"], 88, True),
        ({}, {}, ["same_text", "same_price", "same_quantity"], 79, True),
        ({}, {"open_quantity": D(40)}, ["same_text", "same_price", "part_quantity"], 73, False),
        ({"order": "PO-2026-00017"}, {"open_quantity": D(40)}, ["order", "same_text", "same_price", "part_quantity"], 77, True),
        ({}, {"price": D("1.22")}, ["same_text", "similar_price", "same_quantity"], 76, True),
        ({}, {"price": D("1.10")}, ["same_text", "similar_price", "same_quantity"], 72, False),
        ({"text": "bolt hex M8x40 galvanised"}, {}, ["similar_text", "same_price", "same_quantity"], 59, False),
        (
            {"text": "Hex bolt M8 x 40, steel, galvanised, box of 50", "order": "PO-2026-00017"}, {},
            ["order", "contained_text", "same_price", "same_quantity"], 77, True,
        ),
        ({"text": "Bolt"}, {"text": "Bolt cutter, forged"}, ["same_price", "same_quantity"], 47, False),
        ({"text": ""}, {}, ["same_price", "same_quantity"], 47, False),
        ({"quantity": None, "price": None}, {}, ["same_text", "same_amount"], 72, False),
        ({"order": "PO-7"}, {}, ["same_text", "same_price", "same_quantity"], 40, False),
        ({"our_item": "A"}, {"our_item": "B"}, ["same_text", "same_price", "same_quantity"], 40, False),
        ({"our_item": "A", "gtin": "1"}, {"our_item": "B", "gtin": "1"}, ["gtin", "same_text", "same_price", "same_quantity"], 95, True),
    ],
)  # fmt: skip
def test_reasons_add_up_to_a_confidence(
    line: dict[str, Any], offer: dict[str, Any], reasons: list[str], confidence: int, is_certain: bool
) -> None:
    found = one(stated(**line), offered(**offer), OTHER)
    assert (found.order_line, codes(found), found.confidence, found.is_certain) == (1, reasons, confidence, is_certain)


def test_what_fits_nothing_is_linked_to_nothing() -> None:
    assert one(stated(text="Consulting", price=D(900), quantity=D(1), net=D(900)), offered(), OTHER) == Link(1, None)
    assert link([stated()], []) == (Link(1, None),)
    assert link([], [offered()]) == ()


def test_a_line_number_with_other_goods_is_a_proposal_only() -> None:
    found = one(
        stated(order="PO-2026-00017", order_line="1", our_item="A", price=D(5)), offered(our_item="B", text="?"), OTHER
    )
    assert (found.order_line, found.confidence, found.is_certain) == (1, 40, False)


def test_the_only_line_of_both_sides_says_something() -> None:
    alone = one(stated(text=""), offered())
    assert ("only_line" in codes(alone), alone.is_certain) == (True, False)
    assert one(stated(text="", order="PO-2026-00017", quantity=D(4)), offered()).is_certain is False


def test_two_order_lines_that_fit_alike_are_asked() -> None:
    found = one(stated(), offered(1), offered(2))
    assert (found.order_line, found.is_certain, found.reasons[-1].words) == (
        1,
        False,
        "PO-2026-00017 line 2 fits as well",
    )
    assert one(stated(order="PO-2026-00017", order_line="2"), offered(1), offered(2)).is_certain


def test_equal_lines_meet_in_their_order() -> None:
    found = link([stated(2), stated(1)], [offered(7, position=1), offered(5, position=2)])
    assert [(each.line, each.order_line, each.is_certain) for each in found] == [(1, 7, True), (2, 5, True)]


def test_the_best_for_all_goes_before_the_best_for_one() -> None:
    """Line 1 fits order line 1 a little better than 2; line 2 fits order line 1 only."""
    lines = stated(1, "Hex bolt M8", our_item=""), stated(2, "Hex bolt M8", our_item="B-1", quantity=D(5))
    offers = offered(1, "Hex bolt M8", our_item="B-1"), offered(2, "Hex bolt M8", open_quantity=D(20))
    assert [(each.line, each.order_line) for each in link(lines, offers)] == [(1, 2), (2, 1)]


def test_two_deliveries_of_one_order_line_on_one_invoice_bill_it_both() -> None:
    lines = [stated(at, order="PO-2026-00017", order_line="1", quantity=D(4)) for at in (1, 2)]
    assert [(each.order_line, each.is_certain) for each in link(lines, [offered(), OTHER])] == [(1, True), (1, True)]
    by_item = [stated(at, our_item="B", quantity=D(4)) for at in (1, 2)]
    assert [each.order_line for each in link(by_item, [offered(our_item="B"), OTHER])] == [1, 1]


def test_a_second_line_that_only_looks_alike_is_not_put_on_a_taken_order_line() -> None:
    found = link([stated(1), stated(2)], [offered(), OTHER])
    assert [each.order_line for each in found] == [1, None]


def test_prices_are_compared_as_exact_numbers() -> None:
    assert "same_price" in codes(one(stated(price=Fraction(1, 3)), offered(price=Fraction(1, 3)), OTHER))


def test_credit_lines_below_zero_fit_what_went_back() -> None:
    found = one(stated(quantity=D(-2)), offered(open_quantity=D(-2)), OTHER)
    assert "same_quantity" in codes(found)


WEIGHTS = st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.integers(30, 100), max_size=20)


@given(WEIGHTS)
def test_no_other_assignment_is_more_confident(weights: dict[tuple[int, int], int]) -> None:
    pairs = {pair: _Pair(weight, ()) for pair, weight in weights.items()}
    found = _assign(pairs, 5)
    assert len(set(found.values())) == len(found)
    total = sum(weights[pair] for pair in found.items())
    best = max(sum(weights.get(pair, 0) for pair in enumerate(places)) for places in itertools.permutations(range(5)))
    assert total == best


TEXTS = st.sampled_from(["Hex bolt M8", "Hex bolt M10", "Hex nut", "Washer 8 mm", ""])
SIDES = st.tuples(TEXTS, st.sampled_from(["", "A", "B"]), st.integers(1, 3), st.sampled_from([D(1), D("1.1"), D(5)]))


@given(st.lists(SIDES, max_size=5), st.lists(SIDES, max_size=5), st.integers(0, 9))
def test_links_do_not_depend_on_the_order_of_either_side(left: list[Any], right: list[Any], seed: int) -> None:
    lines = [stated(at, t, our_item=i, quantity=D(q), price=p) for at, (t, i, q, p) in enumerate(left, 1)]
    offers = [offered(at, t, our_item=i, open_quantity=D(q), price=p) for at, (t, i, q, p) in enumerate(right, 1)]
    found = link(lines, offers)
    shuffle = random.Random(seed).shuffle
    shuffle(lines)
    shuffle(offers)
    assert link(lines, offers) == found
    assert [each.line for each in found] == list(range(1, len(left) + 1))
    assert all(each.confidence >= 75 for each in found if each.is_certain)
