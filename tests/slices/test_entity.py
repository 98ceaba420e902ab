"""Entities: the legal companies everything belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from app.kernel.resource import registry
from tests.acting import acting, system
from tests.making import Maker
from tests.slices.doing import audited, do, edit, enter, events, reading, refused, sees, why_not


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"country": "ZZ"}, [("unknown_country", "country")]),
        ({"time_zone": "Vienna"}, [("unknown_time_zone", "time_zone")]),
        ({"tax_id": "ATU13585626"}, [("bad_tax_id", "tax_id")]),
        ({"fiscal_year_start": "13"}, [("out_of_range", "fiscal_year_start")]),
        ({"base_currency": None}, [("required", "base_currency")]),
        ({"time_zone": "x", "tax_id": "1"}, [("unknown_time_zone", "time_zone"), ("bad_tax_id", "tax_id")]),
    ],
)
def test_what_is_wrong_with_an_entity_is_said_at_its_field(
    maker: Maker, values: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    form = maker.form(registry["entity"])
    with refused(*expected):
        enter(system(), "entity", **{**form, **values})


def test_a_country_in_small_letters_is_understood(maker: Maker) -> None:
    key = maker.create(registry["entity"], country="cz", tax_id=None)
    with reading("entity", key) as entity:
        assert entity.country == "CZ"


def test_an_entity_closes_after_its_cost_centres_and_locations(maker: Maker) -> None:
    entity = maker.key("entity")
    centre, location = maker.create(registry["cost_centre"]), maker.create(registry["location"])
    assert why_not(system(), "entity", entity, "close") == ["open_parts"]
    with refused(("open_parts", None)) as messages:
        do(system(), "entity", entity, "close")
    assert centre in messages[0]
    do(system(), "cost_centre", centre, "close")
    do(system(), "location", location, "close")
    assert do(acting("Administrator"), "entity", entity, "close").state == "closed"
    assert events("entity.closed") == [{"code": entity}]


def test_an_entity_reopens(maker: Maker) -> None:
    entity = maker.in_state(registry["entity"], "closed")
    assert do(acting("Administrator"), "entity", entity, "reopen").state == "open"
    assert ("entity.reopen", "changed") in audited("entity", entity)


def test_somebody_of_one_entity_sees_only_that_one(maker: Maker) -> None:
    mine, other = maker.create(registry["entity"]), maker.create(registry["entity"])
    with reading("entity", mine) as entity:
        context = acting("Controller", entity=entity.id)
    assert sees(context, "entity", mine)
    assert not sees(context, "entity", other)


def test_a_controller_does_not_change_entities(maker: Maker) -> None:
    entity = maker.key("entity")
    with refused(("forbidden", None)):
        edit(acting("Controller"), "entity", entity, name="Mine")
