"""A declaration that leads nowhere stops the start, and says where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import app
from app.infra import declared
from app.infra.fields import is_known_type
from app.kernel.actor import Context
from app.kernel.command import command
from app.kernel.event import Event
from app.kernel.resource import Resource, registry, within


@pytest.fixture(scope="module", autouse=True)
def loaded() -> Iterator[None]:
    app.load_slices()
    yield


class Tried(Event):
    """Somebody tried."""


@command("Try", confirm="Try {colour}?")
def try_(context: Context, item: Any, *, weight: float) -> Tried:
    """Try it."""
    return Tried()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "list": ({"list": ("code", "category.colour")}, "list names 'category.colour', but Category has no 'colour'"),
    "search": ({"search": {"prices.colour": "A"}}, "search names 'prices.colour', but ItemPrice has no 'colour'"),
    "scope": ({"scope": within("category.entity")}, "scope names 'category.entity', but Category has no 'entity'"),
    "commands": (
        {"commands": (try_,)},
        "command try_ asks for weight as <class 'float'>, which no dialog can ask for",
    ),
    "confirm": ({"commands": (try_,)}, "confirm of try_ names 'colour', but Item has no 'colour'"),
}


def test_what_is_declared_leads_somewhere() -> None:
    declared.demand(registry)


@pytest.mark.parametrize("what", WRONG)
def test_what_leads_nowhere_is_named(what: str) -> None:
    changes, told = WRONG[what]
    item: Resource = replace(registry["item"], **changes)
    with pytest.raises(ValueError) as stop:
        declared.demand([registry["currency"], item])
    assert f"resource item: {told}" in str(stop.value).splitlines()


def test_an_argument_that_is_not_asked_for_by_name_is_no_argument() -> None:
    with pytest.raises(TypeError, match="write `\\*` before 'price'"):

        @command("Sell")
        def sell(context: Context, row: Any, price: Decimal) -> Tried:
            return Tried()


@pytest.mark.parametrize(
    ("annotation", "known"), [(str, True), (date | None, True), (list[Decimal], True), (float, False), (dict, False)]
)
def test_what_people_can_be_asked_for(annotation: Any, known: bool) -> None:
    assert is_known_type(annotation) is known
