"""Items and what suppliers ask for them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.infra import search, unit
from app.infra.db import db
from app.kernel.resource import registry
from app.modules.catalog import domain
from tests.acting import NOW, acting, system
from tests.making import Maker
from tests.slices.doing import do, edit, enter, events, reading, refused


def prices_of(key: str) -> list[dict[str, Any]]:
    """Give the prices of an item as a form would send them back."""
    with reading("item", key) as item:
        return [
            {
                "id": price.id,
                "supplier": price.supplier.code,
                "supplier_number": price.supplier_number,
                "currency": price.currency.code,
                "unit_price": str(price.unit_price),
                "minimum_quantity": str(price.minimum_quantity),
                "valid_from": price.valid_from.isoformat(),
                "valid_to": price.valid_to.isoformat() if price.valid_to else None,
                "lead_time_days": price.lead_time_days,
            }
            for price in item.prices
        ]


def found(words: str) -> list[str]:
    db.session.rollback()
    with unit.reading(system()) as bound:
        rows = search.best(bound, [registry["item"]], words, 10).get("item", [])
        return [row.code for row in rows]


@pytest.fixture
def item(maker: Maker) -> str:
    return maker.create(registry["item"])


def test_an_item_tells_the_best_price_for_a_quantity(maker: Maker, item: str) -> None:
    currency = maker.key("currency")
    with reading("item", item) as row:
        best = [domain.best_price(row.prices, Decimal(n), NOW.date(), currency) for n in (1, 10)]
        assert [each.unit_price for each in best if each] == [Decimal("1249.9"), Decimal("1199.9")]


def test_a_price_is_ended_and_followed_by_another(item: str) -> None:
    rows = prices_of(item)
    rows[0]["valid_to"] = "2026-06-30"
    follower = {**rows[0], "id": None, "valid_from": "2026-07-01", "valid_to": None, "unit_price": "1299"}
    edit(acting("Buyer"), "item", item, prices=[*rows, follower])
    assert [row["unit_price"] for row in prices_of(item)] == ["1249.9000", "1199.9000", "1299.0000"]


def test_prices_that_hold_at_once_are_refused_at_their_row(item: str) -> None:
    rows = prices_of(item)
    with refused(("overlapping_prices", "prices.2.valid_from")):
        edit(system(), "item", item, prices=[*rows, {**rows[0], "id": None, "valid_from": "2026-07-01"}])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"unit_price": "-1"}, ("negative", "prices.0.unit_price")),
        ({"minimum_quantity": "0"}, ("not_positive", "prices.0.minimum_quantity")),
        ({"minimum_quantity": "1.005"}, ("too_many_decimals", "prices.0.minimum_quantity")),
        ({"valid_to": "2025-12-31"}, ("wrong_order", "prices.0.valid_to")),
        ({"lead_time_days": "731"}, ("out_of_range", "prices.0.lead_time_days")),
        ({"supplier": "nobody"}, ("unknown_reference", "prices.0.supplier")),
        ({"unit_price": "1,250.00.0"}, ("not_a_number", "prices.0.unit_price")),
    ],
)
def test_what_is_wrong_with_a_price_is_said_at_its_row(
    item: str, values: dict[str, Any], expected: tuple[str, str]
) -> None:
    rows = prices_of(item)
    with refused(expected):
        edit(system(), "item", item, prices=[{**rows[0], **values}, rows[1]])


def test_a_row_of_another_item_is_not_taken_over(maker: Maker, item: str) -> None:
    other = maker.create(registry["item"])
    with refused(("unknown_row", "prices.0")):
        edit(system(), "item", item, prices=[prices_of(other)[0]])


def test_a_removed_price_is_gone_and_on_record(item: str) -> None:
    edit(system(), "item", item, prices=prices_of(item)[1:])
    assert len(prices_of(item)) == 1


def test_an_item_is_found_by_the_number_of_maker_and_supplier(maker: Maker, item: str) -> None:
    rows = prices_of(item)
    rows[0]["supplier_number"] = "QX-4711"
    edit(system(), "item", item, prices=rows, manufacturer_number="ZZTOP9")
    maker.create(registry["item"])
    assert found("qx 4711") == [item]
    assert found("zztop") == [item]
    assert found("4712") == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"cpv_code": "30213100-5"}, ("bad_cpv", "cpv_code")),
        ({"unspsc_code": "123"}, ("bad_unspsc", "unspsc_code")),
        ({"category": "nothing"}, ("unknown_reference", "category")),
        ({"category": None}, ("required", "category")),
    ],
)
def test_what_is_wrong_with_an_item_is_said_at_its_field(
    maker: Maker, values: dict[str, Any], expected: tuple[str, str]
) -> None:
    form = maker.form(registry["item"])
    with refused(expected):
        enter(acting("Buyer"), "item", **{**form, **values})


def test_a_retired_item_is_not_edited_until_it_is_reinstated(item: str) -> None:
    do(acting("Buyer"), "item", item, "retire", reason="Successor I-2")
    assert events("item.retired") == [{"code": item, "reason": "Successor I-2"}]
    with refused(("wrong_state", None)):
        edit(system(), "item", item, name="x")
    assert do(acting("Buyer"), "item", item, "reinstate").state == "active"
    with reading("item", item) as row:
        assert row.state_reason is None


def test_retiring_needs_a_reason(item: str) -> None:
    with refused(("required", "reason")):
        do(system(), "item", item, "retire")


def test_a_requester_reads_the_catalogue_and_changes_nothing(item: str) -> None:
    with refused(("forbidden", None)):
        edit(acting("Requester"), "item", item, name="x")
