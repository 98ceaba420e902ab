"""Tax codes, units and locations: what they accept."""

from __future__ import annotations

from typing import Any

import pytest

from app.kernel.resource import registry
from tests.acting import acting, system
from tests.making import Maker
from tests.slices.doing import do, enter, reading, refused, sees

TAX = {"code": "AT-20", "name": "20 %", "country": "AT", "category": "S", "rate": "20"}
PLACE = {"code": "VIE", "name": "Vienna", "street": "Hafenstrasse 1", "postcode": "1020", "city": "Vienna"}


@pytest.mark.parametrize(
    "values",
    [{}, {"category": "AE", "rate": "0"}, {"country": "at"}, {"valid_from": "2026-01-01", "valid_to": "2026-01-01"}],
)
def test_a_tax_code_of_the_norm_is_accepted(maker: Maker, values: dict[str, Any]) -> None:
    key = enter(acting("Controller"), "tax_code", **{**TAX, **values})
    with reading("tax_code", key) as tax_code:
        assert (tax_code.country, tax_code.active) == ("AT", True)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"rate": "0"}, ("wrong_rate", "rate")),
        ({"rate": "100.5"}, ("wrong_rate", "rate")),
        ({"category": "E"}, ("wrong_rate", "rate")),
        ({"category": "X"}, ("unknown_choice", "category")),
        ({"country": "UK"}, ("unknown_country", "country")),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-31"}, ("wrong_order", "valid_to")),
        ({"code": "AT 20"}, ("bad_code", "code")),
    ],
)
def test_a_tax_code_against_the_norm_is_refused(
    maker: Maker, values: dict[str, Any], expected: tuple[str, str]
) -> None:
    with refused(expected):
        enter(system(), "tax_code", **{**TAX, **values})


def test_a_unit_is_one_of_recommendation_20(maker: Maker) -> None:
    enter(acting("Administrator"), "unit", code="C62", name="Piece")
    with refused(("unknown_unit", "code")):
        enter(system(), "unit", code="pcs", name="Pieces")
    with refused(("out_of_range", "decimals")):
        enter(system(), "unit", code="KGM", name="Kilogram", decimals="7")


def test_a_location_tells_its_address_in_one_line(maker: Maker) -> None:
    key = enter(acting("Administrator"), "location", **PLACE, entity=maker.key("entity"), country="at")
    with reading("location", key) as location:
        assert location.address == "Hafenstrasse 1, 1020 Vienna, AT"


def test_a_location_is_seen_where_its_entity_is_seen(maker: Maker) -> None:
    key = maker.create(registry["location"])
    with reading("location", key) as location:
        here = location.entity_id
    assert sees(acting("Receiver", entity=here), "location", key)
    assert not sees(acting("Receiver", entity=here + 1000), "location", key)


def test_nobody_opens_a_location_of_a_closed_entity(maker: Maker) -> None:
    entity = maker.key("entity")
    do(system(), "entity", entity, "close")
    with refused(("closed_above", "entity")):
        enter(system(), "location", **PLACE, entity=entity, country="AT")
