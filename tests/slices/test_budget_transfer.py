"""Transfers: one proposes, another confirms, and no hard budget gives what it does not have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.kernel.resource import registry
from tests.acting import acting, system
from tests.factories.budgets import Office, figures, hold, holding, left
from tests.scenes import Scenes
from tests.slices.doing import audited, do, edit, enter, events, reading, refused, why_not


@pytest.fixture
def office(app: Flask, scenes: Scenes) -> Iterator[Office]:
    with app.app_context():
        yield scenes.open(Office.built)


@pytest.fixture
def two(office: Office) -> tuple[str, str]:
    it, hr = office.planned({"cost_centre": "IT", "amount": "1000"}, {"cost_centre": "HR", "amount": "500"})
    return it, hr


def drafted(two: tuple[str, str], amount: str = "250", **more: object) -> str:
    form = {"from_cell": two[0], "to_cell": two[1], "amount": amount, "reason": "Training", **more}
    return enter(acting("Controller"), "budget_transfer", **form)


def proposed(two: tuple[str, str], amount: str = "250") -> str:
    key = drafted(two, amount)
    do(acting("Controller"), "budget_transfer", key, "propose")
    return key


def test_a_confirmed_transfer_moves_the_amount(two: tuple[str, str]) -> None:
    key = proposed(two)
    assert (left(two[0]), left(two[1])) == ("1000.00", "500.00")
    do(acting("Controller", id=901), "budget_transfer", key, "confirm")
    assert (figures(two[0])[1], left(two[0]), left(two[1])) == ("-250.00", "750.00", "750.00")
    with reading("budget_transfer", key) as row:
        assert (row.state, row.proposed_by, row.confirmed_by) == ("done", 900, 901)
    [event] = events("budget_transfer.confirmed")
    assert (event["giver"], event["taker"], event["amount"]) == (*two, "250")
    assert [step for step in audited("budget_transfer", key) if step[0] == "budget_transfer.confirm"]


def test_whoever_proposed_or_entered_it_does_not_confirm_it(two: tuple[str, str]) -> None:
    key = proposed(two)
    with refused(("own_transfer", None)):
        do(acting("Controller"), "budget_transfer", key, "confirm")
    other = drafted(two)
    do(acting("Controller", id=901), "budget_transfer", other, "propose")
    for somebody in (900, 901):
        with refused(("own_transfer", None)):
            do(acting("Controller", id=somebody), "budget_transfer", other, "confirm")
    do(acting("Controller", id=902), "budget_transfer", other, "confirm")


def test_a_hard_budget_gives_what_it_has(office: Office, two: tuple[str, str]) -> None:
    key = proposed(two, "600")
    hold(holding("reserved", office.claim("500")))
    assert why_not(acting("Controller", id=901), "budget_transfer", key, "confirm") == ["over_budget"]
    with refused(("over_budget", "amount")) as messages:
        do(acting("Controller", id=901), "budget_transfer", key, "confirm")
    assert messages == ["IT · 2026: 500.00 EUR left, this needs 600.00 EUR."]
    hold(holding("reserved", office.claim("400")))
    do(acting("Controller", id=901), "budget_transfer", key, "confirm")
    assert left(two[0]) == "0.00"


def test_what_it_would_leave_is_told_before(two: tuple[str, str]) -> None:
    with reading("budget_transfer", drafted(two)) as row:
        assert row.effects == [
            "IT · 2026: 1\u00a0000.00 EUR left becomes 750.00 EUR",
            "HR · 2026: 500.00 EUR left becomes 750.00 EUR",
        ]


def test_a_transfer_stays_within_an_entity_a_year_and_a_currency(office: Office, two: tuple[str, str]) -> None:
    maker = office.maker
    with refused(("same_cell", "to_cell")):
        drafted((two[0], two[0]))
    with refused(("not_positive", "amount")):
        drafted(two, "0")
    with refused(("too_many_decimals", "amount")):
        drafted(two, "1.001")
    [later] = office.planned({"cost_centre": "HR", "amount": "1"}, year=2027)
    later_transfer = drafted((two[0], later), "1")
    with refused(("other_year", "to_cell")):
        do(acting("Controller"), "budget_transfer", later_transfer, "propose")
    maker.create(registry["entity"], code="DE")
    from tests.factories.budgets import cells_of, published

    [abroad] = cells_of(published(maker, entity="DE", lines=[{"amount": "5"}]))
    abroad_transfer = drafted((two[0], abroad), "1")
    with refused(("other_entity", "to_cell")):
        do(acting("Controller"), "budget_transfer", abroad_transfer, "propose")
    maker.create(registry["entity"], code="CZ", base_currency=maker.create(registry["currency"]))
    [crowns] = cells_of(published(maker, entity="CZ", lines=[{"amount": "5"}]))
    with refused(("other_currency", "to_cell")):
        drafted((two[0], crowns), "1")


def test_a_closed_budget_neither_gives_nor_takes(two: tuple[str, str]) -> None:
    key = proposed(two)
    do(system(), "budget_cell", two[1], "close", reason="Over")
    with refused(("budget_closed", "to_cell")):
        do(acting("Controller", id=901), "budget_transfer", key, "confirm")


def test_a_rejected_transfer_says_why_and_moves_nothing(two: tuple[str, str]) -> None:
    key = proposed(two)
    do(acting("Controller", id=901), "budget_transfer", key, "reject", reason="Ask again in May")
    with reading("budget_transfer", key) as row:
        assert (row.state, row.state_reason) == ("rejected", "Ask again in May")
    with refused(("wrong_state", None)):
        do(acting("Controller", id=901), "budget_transfer", key, "confirm")
    assert left(two[0]) == "1000.00"


def test_a_transfer_is_changed_while_a_draft_and_given_up_until_confirmed(two: tuple[str, str]) -> None:
    key = drafted(two)
    edit(acting("Controller"), "budget_transfer", key, amount="10")
    do(acting("Controller"), "budget_transfer", key, "propose")
    with refused(("wrong_state", None)):
        edit(acting("Controller"), "budget_transfer", key, amount="20")
    do(acting("Controller"), "budget_transfer", key, "cancel")
    with reading("budget_transfer", key) as row:
        assert (row.state, row.amount) == ("cancelled", 10)


def test_a_transfer_is_seen_where_the_giving_budget_is(office: Office, two: tuple[str, str]) -> None:
    key = drafted(two)
    for centre, seen in (("IT", True), ("HR", False)):
        with reading("budget_transfer", key, acting("Controller", cost_centre=office.ids[centre])) as row:
            assert (row is not None) is seen
