"""Acceptance scenarios BUD-*: what other systems do with budgets, and what Outlay does; see decision 12."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from app.infra import unit
from app.kernel.problem import Kind, Refused
from app.kernel.resource import registry
from tests.acting import system
from tests.factories.budgets import Office, cells_of, figures, hold, holding, left, published
from tests.scenes import Scenes
from tests.slices.doing import do, edit, enter, events, reading, refused

YEAR_LIMIT = {"cost_centre": "IT", "amount": "200000"}


@pytest.fixture
def office(app: Flask, scenes: Scenes) -> Iterator[Office]:
    with app.app_context():
        yield scenes.open(Office.built)


def spend(office: Office, amount: Any, *, id: int = 1, bucket: str = "actual", **where: Any) -> None:
    hold(holding(bucket, office.claim(amount, **where), id=id, resource="invoice"))


def test_bud_01_the_share_of_a_budget_that_is_used_may_pass_the_whole_where_control_is_soft(office: Office) -> None:
    [code] = office.planned({"cost_centre": "IT", "amount": "50", "control": "soft"})
    spend(office, 60)
    with reading("budget_cell", code) as cell:
        assert (cell.budget, cell.actual, cell.available, cell.used_percent) == (50, 60, -10, Decimal("120.0"))


def test_bud_01_income_is_not_planned(office: Office) -> None:
    with refused(("negative", "lines.0.amount")):
        enter(system(), "budget_plan", name="Sales", entity="AT", year=2026, lines=[{"amount": "-150"}])


def test_bud_03_a_copy_with_a_factor_starts_with_nothing_spent(office: Office) -> None:
    key = published(office.maker, entity="AT", lines=[{"cost_centre": "IT", "amount": "100"}])
    spend(office, 70)
    do(system(), "budget_plan", key, "copy", year=2027, factor="1.25")
    twin = events("budget_plan.copied")[0]["copy"]
    do(system(), "budget_plan", twin, "publish")
    assert figures(cells_of(twin)[0]) == ("125.00", "0.00", "0.00", "0.00", "0.00", "0.00", "125.00")


def test_bud_05_a_monthly_limit_that_adds_up_refuses_a_cent_more(office: Office) -> None:
    office.planned(
        *({"cost_centre": "IT", "from_period": 1, "to_period": month, "amount": 1000 * month} for month in (1, 2, 3))
    )
    from datetime import date

    spend(office, 500, on=date(2026, 1, 10))
    spend(office, 1500, id=2, on=date(2026, 2, 10))
    with refused(("over_budget", None)) as messages:
        spend(office, "0.01", id=3, on=date(2026, 2, 28))
    assert messages == ["IT · Jan to Feb 2026: 0.00 EUR left, this needs 0.01 EUR."]
    spend(office, 1000, id=3, on=date(2026, 3, 1))


def test_bud_07_more_than_the_year_has_is_refused_for_a_cost_centre_and_for_a_project(office: Office) -> None:
    office.planned(YEAR_LIMIT, {"project": "ERP", "amount": "200000"})
    with refused(("over_budget", None)):
        spend(office, 250_000)
    with refused(("over_budget", None)):
        spend(office, 250_000, centre="HR", project="ERP")
    spend(office, 200_000)


def test_bud_09_an_order_is_refused_when_it_is_placed(office: Office) -> None:
    [code] = office.planned(YEAR_LIMIT)
    with refused(("over_budget", None)):
        spend(office, 200_001, bucket="committed")
    assert left(code) == "200000.00"


def test_bud_11_a_budget_of_a_cost_centre_counts_for_all_below_it(office: Office) -> None:
    office.planned(YEAR_LIMIT)
    with refused(("over_budget", None)) as messages:
        spend(office, 200_001, centre="IT-210")
    assert messages == ["IT · 2026: 200\u00a0000.00 EUR left, this needs 200\u00a0001.00 EUR."]


def test_bud_13_what_was_spent_counts_for_an_order_and_a_soft_budget_lets_it_pass_on_record(office: Office) -> None:
    [code] = office.planned(YEAR_LIMIT)
    spend(office, 199_999)
    with refused(("over_budget", None)):
        spend(office, 200_001, id=2, bucket="committed")
    do(system(), "budget_cell", code, "change_control", control="soft", reason="Nothing stops here this year")
    spend(office, 200_001, id=2, bucket="committed")
    assert left(code) == "-200000.00"


def test_bud_15_nothing_is_planned_twice_for_a_year(office: Office) -> None:
    line = {"cost_centre": "IT", "category": "HW", "amount": "1"}
    office.planned(line)
    second = enter(system(), "budget_plan", name="Again", entity="AT", year=2026, lines=[line])
    with refused(("planned_already", "lines.0.cost_centre")):
        do(system(), "budget_plan", second, "publish")
    office.planned(line, year=2027)


def test_bud_17_a_plan_is_for_one_year_of_one_entity(office: Office) -> None:
    form = {"name": "Plan", "entity": "AT", "year": 2026}
    with refused(("wrong_order", "lines.0.to_period")):
        enter(system(), "budget_plan", **form, lines=[{"amount": "1", "from_period": 6, "to_period": 5}])
    office.maker.create(registry["entity"], code="CZ")
    office.maker.create(registry["cost_centre"], code="CZ-1", entity="CZ")
    with refused(("other_entity", "lines.0.cost_centre")):
        enter(system(), "budget_plan", **form, lines=[{"amount": "1", "cost_centre": "CZ-1"}])


def test_bud_19_control_by_line_or_by_cost_centre_is_which_budgets_there_are(office: Office) -> None:
    a, b = {"category": "HW"}, {"category": "SW"}
    contract = (office.claim("101", "IT", "HW"), office.claim("198", "IT", "SW"))
    lines = [{**a, "cost_centre": "IT", "amount": "100"}, {**b, "cost_centre": "IT", "amount": "200"}]
    by_line = published(office.maker, entity="AT", lines=lines)
    with refused(("over_budget", None)) as messages:
        hold(holding("committed", *contract, resource="order"))
    assert messages == ["IT · Hardware · 2026: 100.00 EUR left, this needs 101.00 EUR."]

    do(system(), "budget_plan", by_line, "revise")
    edit(system(), "budget_plan", by_line, lines=[{"cost_centre": "IT", "amount": "300"}])
    do(system(), "budget_plan", by_line, "publish")
    hold(holding("committed", *contract, resource="order"))
    [centre] = cells_of(by_line)
    assert left(centre) == "1.00"
    with refused(("over_budget", None)):
        hold(holding("committed", contract[0], office.claim("200", "IT", "SW"), resource="order"))


def test_bud_21_an_invoice_takes_what_is_there_and_not_what_is_gone(office: Office) -> None:
    [code] = office.planned({"cost_centre": "IT", "amount": "50"})
    with refused(("over_budget", None)):
        spend(office, 100)
    spend(office, 40, id=2)
    with refused(("over_budget", None)) as messages:
        spend(office, 30, id=3)
    assert messages == ["IT · 2026: 10.00 EUR left, this needs 30.00 EUR."]
    assert figures(code)[3] == "40.00"


def test_bud_23_a_plan_is_revised_and_what_somebody_saw_before_that_is_not_published(office: Office) -> None:
    lines = [{"cost_centre": "IT", "amount": "100"}, {"cost_centre": "HR", "amount": "100"}]
    key = published(office.maker, entity="AT", lines=lines)
    assert [left(code) for code in cells_of(key)] == ["100.00", "100.00"]
    do(system(), "budget_plan", key, "revise")
    with reading("budget_plan", key) as plan:
        seen = plan.version
    edit(system(), "budget_plan", key, lines=[lines[0], {**lines[1], "amount": "50"}])
    assert [left(code) for code in cells_of(key)] == ["100.00", "100.00"]
    with pytest.raises(Refused) as refusal:
        unit.execute(system(), registry["budget_plan"], key, "publish", {}, version=seen)
    assert refusal.value.kind is Kind.STALE
    do(system(), "budget_plan", key, "publish")
    assert [left(code) for code in cells_of(key)] == ["100.00", "50.00"]
    with reading("budget_plan", key) as plan:
        assert plan.total == 150
