"""Policy knows what an order agrees to pay before anything arrives: as an amount, and in percent of the order."""

from __future__ import annotations

from typing import Any

import pytest

from app.infra import unit
from app.kernel.problem import Refused
from app.modules.approvals import service as approvals
from tests.acting import system
from tests.scenarios.buying import Buying
from tests.slices.doing import do, enter, reading

ASK = {"label": "Asked", "effect": "require", "resolver": "person", "reason": "Paid before anything arrives"}


def policy(buying: Buying, *conditions: tuple[str, str, str], effect: str = "require") -> None:
    """Let the head decide on every order, and Marta on those whose deposit fulfils the conditions, or nobody at all."""
    blocked = {"resolver": None, "effect": "block"}
    rules = [
        {**ASK, "code": "HEAD", "person": "sofia.rossi"},
        {**ASK, "code": "MONEY", **({"person": "marta.keller"} if effect == "require" else blocked)},
    ]
    asked = [
        {"rule": "MONEY", "fact": fact, "operator": operator, "value": value} for fact, operator, value in conditions
    ]
    form = {"name": "Orders", "document": "order", "currency": "EUR", "entity": "HAL", "fallback_role": "Controller"}
    key = enter(system(), "approval_policy", **form, rules=rules, conditions=asked)
    do(system(id=8), "approval_policy", key, "publish")


def asked_about(buying: Buying, **agreed: Any) -> list[str]:
    """Submit an order of 900 EUR net; tell the steps somebody is asked in, with what was held against them."""
    key = buying.order("900", **agreed)
    buying.act(buying.nadia, key, "submit")
    with reading("order", key) as row, unit.reading(system()) as bound:
        found = approvals.current(bound, "order", row.id)
        assert found is not None
        return sorted({seat.person.code for seat in found.seats if seat.state == "open"})


@pytest.mark.parametrize(
    ("agreed", "is_asked"),
    [
        ({}, False),
        ({"deposit_percent": "30"}, False),
        ({"deposit_percent": "30.5"}, True),
        ({"deposit_amount": "270"}, False),
        ({"deposit_amount": "270.01"}, True),
    ],
)
def test_a_step_is_asked_for_where_the_deposit_is_more_than_so_many_percent(
    buying: Buying, agreed: dict[str, str], is_asked: bool
) -> None:
    policy(buying, ("deposit_percent", "above", "30"))
    assert ("marta.keller" in asked_about(buying, **agreed)) is is_asked


def test_a_step_is_asked_for_where_the_deposit_is_so_much_in_the_base_currency(buying: Buying) -> None:
    policy(buying, ("deposit", "at_least", "450"))
    assert "marta.keller" not in asked_about(buying, deposit_percent="49")
    assert "marta.keller" in asked_about(buying, deposit_percent="50")


def test_a_step_is_asked_for_wherever_there_is_a_deposit(buying: Buying) -> None:
    policy(buying, ("deposit", "filled", ""))
    assert "marta.keller" not in asked_about(buying)
    assert "marta.keller" in asked_about(buying, deposit_amount="1")


def test_a_policy_may_refuse_orders_with_a_deposit(buying: Buying) -> None:
    policy(buying, ("deposit_percent", "above", "50"), effect="block")
    with pytest.raises(Refused, match="Paid before anything arrives"):
        asked_about(buying, deposit_percent="60")
