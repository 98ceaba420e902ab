"""Plans: putting lines into force as budgets, changing them, copying, carrying over, retiring, and files of them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import text

from app.infra.db import db
from app.kernel.resource import registry
from tests.acting import acting, system
from tests.factories.budgets import Office, cells_of, figures, hold, holding, left
from tests.importing import as_csv, counts, faults, imported
from tests.scenes import Scenes
from tests.slices.doing import do, edit, enter, events, reading, refused, why_not

HEADINGS = ["Name", "Entity", "Fiscal year", "Lines: cost centre", "Lines: category", "Lines: amount", "Lines: control"]


@pytest.fixture
def office(app: Flask, scenes: Scenes) -> Iterator[Office]:
    with app.app_context():
        yield scenes.open(Office.built)


def draft(office: Office, *lines: dict[str, object], **more: object) -> str:
    return enter(
        system(), "budget_plan", **{"name": "Operations", "entity": "AT", "year": 2026, "lines": lines, **more}
    )


def publish(key: str) -> None:
    do(system(), "budget_plan", key, "publish")


def republish(key: str, *lines: dict[str, object]) -> None:
    do(system(), "budget_plan", key, "revise")
    edit(system(), "budget_plan", key, lines=list(lines))
    publish(key)


# --- into force ----------------------------------------------------------------------------------------------------


def test_publishing_makes_a_budget_of_each_line(office: Office) -> None:
    key = draft(
        office,
        {"cost_centre": "IT-210", "category": "HW", "amount": "40000.00", "tolerance_percent": "5"},
        {"cost_centre": "IT", "from_period": 1, "to_period": 6, "amount": "9000", "control": "soft"},
        {"project": "ERP", "from_period": 3, "to_period": 3, "amount": "100"},
        {"amount": "0"},
    )
    assert events("budget_plan.published") == []
    publish(key)
    found = []
    for code in cells_of(key):
        with reading("budget_cell", code) as cell:
            found.append(
                (cell.name, str(cell.first_on), str(cell.last_on), str(cell.control), cell.available, cell.state)
            )
    assert found == [
        ("IT-210 · Hardware · 2026", "2026-01-01", "2026-12-31", "hard", 40000, "open"),
        ("IT · Jan to Jun 2026", "2026-01-01", "2026-06-30", "soft", 9000, "open"),
        ("ERP · Mar 2026", "2026-03-01", "2026-03-31", "hard", 100, "open"),
        ("AT · 2026", "2026-01-01", "2026-12-31", "hard", 0, "open"),
    ]
    [event] = events("budget_plan.published")
    assert (event["budgets"], event["total"]) == (4, "49100")


def test_periods_follow_the_fiscal_year_of_the_entity(office: Office) -> None:
    office.maker.create(registry["entity"], code="UK", fiscal_year_start=7)
    key = office.maker.create(
        registry["budget_plan"], entity="UK", lines=[{"amount": "1"}, {"amount": "1", "from_period": 6, "to_period": 7}]
    )
    publish(key)
    names = []
    for code in cells_of(key):
        with reading("budget_cell", code) as cell:
            names.append((cell.name, str(cell.first_on), str(cell.last_on)))
    assert names == [
        ("UK · 2026/27", "2026-07-01", "2027-06-30"),
        ("UK · Dec 2026 to Jan 2027", "2026-12-01", "2027-01-31"),
    ]


def test_a_line_without_a_cost_centre_is_for_the_one_of_the_plan(office: Office) -> None:
    key = draft(office, {"amount": "5"}, {"cost_centre": "IT-210", "amount": "5"}, cost_centre="IT")
    publish(key)
    with reading("budget_cell", cells_of(key)[0]) as cell:
        assert cell.cost_centre.code == "IT"
    with refused(("out_of_plan", "lines.0.cost_centre")):
        draft(office, {"cost_centre": "HR", "amount": "5"}, cost_centre="IT")


def test_publishing_again_moves_the_difference_only(office: Office) -> None:
    line = {"cost_centre": "IT", "amount": "1000"}
    key = draft(office, line)
    publish(key)
    [code] = cells_of(key)
    do(system(), "budget_cell", code, "adjust", amount="50", reason="Forgotten")
    hold(holding("reserved", office.claim("300")))
    republish(key, {**line, "amount": "1200"})
    assert cells_of(key) == [code]
    assert figures(code) == ("1250.00", "0.00", "0.00", "0.00", "0.00", "300.00", "950.00")
    republish(key, {**line, "amount": "1200"})
    assert left(code) == "950.00"


def test_what_publishing_would_change_is_told_before(office: Office) -> None:
    line = {"cost_centre": "IT", "amount": "1000"}
    key = draft(office, line)
    with reading("budget_plan", key) as plan:
        assert plan.effects == ["IT · 2026: new, 1\u00a0000.00 EUR"]
    publish(key)
    hold(holding("reserved", office.claim("300")))
    do(system(), "budget_plan", key, "revise")
    edit(system(), "budget_plan", key, lines=[{**line, "amount": "800"}, {"cost_centre": "HR", "amount": "10"}])
    with reading("budget_plan", key) as plan:
        assert plan.effects == [
            "IT · 2026: 1\u00a0000.00 EUR becomes 800.00 EUR, 500.00 EUR left",
            "HR · 2026: new, 10.00 EUR",
        ]
    assert left(cells_of(key)[0]) == "700.00"


def test_a_hard_budget_is_never_planned_below_what_is_spoken_for(office: Office) -> None:
    hard, soft = {"cost_centre": "IT", "amount": "1000"}, {"cost_centre": "HR", "amount": "1000", "control": "soft"}
    key = draft(office, hard, soft)
    publish(key)
    hold(holding("reserved", office.claim("700")), holding("committed", office.claim("700", "HR"), resource="order"))
    do(system(), "budget_plan", key, "revise")
    edit(system(), "budget_plan", key, lines=[{**soft, "amount": "100"}, {**hard, "amount": "699.99"}])
    with refused(("below_used", "lines.1.amount")) as messages:
        publish(key)
    words = "IT · 2026: 700.00 EUR are spent or spoken for, and with this the budget would be 699.99 EUR. "
    assert messages == [f"{words}Plan more, or choose soft control."]
    assert why_not(system(), "budget_plan", key, "publish") == ["below_used"]
    edit(system(), "budget_plan", key, lines=[{**soft, "amount": "100"}, {**hard, "amount": "700"}])
    publish(key)


def test_a_line_that_is_dropped_takes_its_budget_out_of_force_unless_it_is_used(office: Office) -> None:
    it, hr = {"cost_centre": "IT", "amount": "1000"}, {"cost_centre": "HR", "amount": "1000"}
    key = draft(office, it, hr)
    publish(key)
    unused = cells_of(key)[1]
    hold(holding("reserved", office.claim("700")))
    do(system(), "budget_plan", key, "revise")
    edit(system(), "budget_plan", key, lines=[hr])
    with refused(("cell_in_use", "lines")):
        publish(key)
    edit(system(), "budget_plan", key, lines=[it])
    publish(key)
    with reading("budget_cell", unused) as cell:
        assert (cell.state, cell.available) == ("withdrawn", 0)
    assert hold(holding("reserved", office.claim("50", "HR"), id=2)) == ()
    republish(key, it, hr)
    with reading("budget_cell", unused) as cell:
        assert (cell.state, cell.available) == ("open", 1000)


def test_the_same_is_planned_once(office: Office) -> None:
    line = {"cost_centre": "IT", "category": "HW", "amount": "1000"}
    with refused(("repeated_line", "lines.1.cost_centre")):
        draft(office, line, line)
    first, second = draft(office, line), draft(office, line)
    publish(first)
    with refused(("planned_already", "lines.0.cost_centre")) as messages:
        publish(second)
    assert messages == [f"IT · Hardware · 2026 is planned already, in {first}. Change it there, or leave it out here."]
    do(system(), "budget_plan", first, "retire")
    publish(second)
    assert left(cells_of(second)[0]) == "1000.00"


def test_a_plan_without_lines_is_not_published(office: Office) -> None:
    key = draft(office)
    with refused(("no_lines", "lines")):
        publish(key)


def test_what_is_wrong_with_a_plan_is_told_at_its_line(office: Office) -> None:
    office.maker.create(registry["entity"], code="CZ")
    office.maker.create(registry["cost_centre"], code="CZ-1", entity="CZ")
    with refused(("out_of_range", "lines.0.from_period"), ("wrong_order", "lines.0.to_period")):
        draft(office, {"amount": "1", "from_period": "13", "to_period": "12"})
    with refused(("negative", "lines.0.amount")):
        draft(office, {"amount": "-150"})
    with refused(("too_many_decimals", "lines.0.amount")):
        draft(office, {"amount": "1.005"})
    with refused(("negative", "lines.0.tolerance_amount"), ("out_of_range", "lines.0.tolerance_percent")):
        draft(office, {"amount": "1", "tolerance_amount": "-1", "tolerance_percent": "101"})
    with refused(("other_entity", "lines.0.cost_centre")):
        draft(office, {"amount": "1", "cost_centre": "CZ-1"})
    with refused(("out_of_range", "year")):
        draft(office, {"amount": "1"}, year="1999")


def test_a_published_plan_is_not_edited(office: Office) -> None:
    key = draft(office, {"amount": "1"})
    publish(key)
    with refused(("wrong_state", None)):
        edit(system(), "budget_plan", key, name="Another")


def test_a_retired_plan_keeps_its_figures_and_takes_no_more(office: Office) -> None:
    key = draft(office, {"cost_centre": "IT", "amount": "1000"})
    publish(key)
    hold(holding("reserved", office.claim("300")))
    do(system(), "budget_plan", key, "retire")
    with refused(("budget_closed", None)):
        hold(holding("reserved", office.claim("301")))
    assert left(cells_of(key)[0]) == "700.00"
    with reading("budget_cell", cells_of(key)[0]) as cell:
        assert cell.state_reason == f"{key} was retired"


# --- from year to year ---------------------------------------------------------------------------------------------


def test_a_copy_takes_the_lines_over_multiplied(office: Office) -> None:
    key = draft(
        office, {"cost_centre": "IT", "amount": "99.99", "tolerance_amount": "10"}, {"category": "HW", "amount": "1"}
    )
    publish(key)
    do(system(), "budget_plan", key, "copy", year="2027", factor="1.25")
    [event] = events("budget_plan.copied")
    with reading("budget_plan", event["copy"]) as copy:
        assert (copy.state, copy.year, copy.entity.code) == ("draft", 2027, "AT")
        found = [
            (line.amount, line.tolerance_amount, line.cost_centre and line.cost_centre.code) for line in copy.lines
        ]
        assert found == [(Decimal("124.99"), Decimal("12.50"), "IT"), (Decimal("1.25"), None, None)]
    assert [created["key"] for created in events("budget_plan.created")][-1] == event["copy"]
    with refused(("not_positive", "factor")):
        do(system(), "budget_plan", key, "copy", year="2027", factor="0")
    with refused(("out_of_range", "year")):
        do(system(), "budget_plan", key, "copy", year="3027")


def test_what_is_left_goes_to_the_next_year_once(office: Office) -> None:
    key = draft(office, {"cost_centre": "IT", "amount": "1000"}, {"cost_centre": "HR", "amount": "500"})
    publish(key)
    hold(holding("actual", office.claim("400"), resource="invoice"))
    do(system(), "budget_plan", key, "copy", year="2027")
    twin = events("budget_plan.copied")[0]["copy"]
    publish(twin)
    do(system(), "budget_plan", key, "carry_over", percent="50")
    it, hr = cells_of(key)
    next_it, next_hr = cells_of(twin)
    assert (figures(it)[2], left(it), figures(next_it)[2], left(next_it)) == ("-300.00", "300.00", "300.00", "1300.00")
    assert (left(hr), left(next_hr)) == ("250.00", "750.00")
    with refused(("nothing_left", None)):
        do(system(), "budget_plan", key, "carry_over", percent="50")
    do(system(), "budget_plan", key, "carry_over")
    assert (left(it), left(next_it), left(hr), left(next_hr)) == ("0.00", "1600.00", "0.00", "1000.00")
    assert [(event["percent"], event["amount"]) for event in events("budget_plan.carried_over")] == [
        ("50", "550"),
        ("100", "550"),
    ]


def test_only_one_category_may_be_carried_over(office: Office) -> None:
    key = draft(office, {"category": "HW-NB", "amount": "1000"}, {"category": "SW", "amount": "500"}, {"amount": "10"})
    publish(key)
    do(system(), "budget_plan", key, "copy", year="2027")
    twin = events("budget_plan.copied")[0]["copy"]
    publish(twin)
    do(system(), "budget_plan", key, "carry_over", category="HW")
    assert [left(code) for code in cells_of(twin)] == ["2000.00", "500.00", "10.00"]


def test_carrying_over_names_what_has_no_budget_next_year(office: Office) -> None:
    key = draft(office, {"cost_centre": "IT", "amount": "1000"})
    publish(key)
    with refused(("not_planned", None)) as messages:
        do(system(), "budget_plan", key, "carry_over")
    assert messages == ["IT · 2026 has no budget in 2027. Plan one first, or carry over one category."]
    with refused(("out_of_range", "percent")):
        do(system(), "budget_plan", key, "carry_over", percent="101")


# --- files ---------------------------------------------------------------------------------------------------------

ROWS = [
    ["IT 2026", "AT", "2026", "IT", "HW", "40000.00", "hard"],
    ["", "", "", "IT-210", "SW", "1 250,50", "soft"],
    ["", "", "", "HR", "", "900", "hard"],
]


def test_a_plan_comes_in_from_a_csv_file(office: Office) -> None:
    run = imported("budget_plan", as_csv([HEADINGS, *ROWS], ";"), name="plan.csv")
    assert counts(run) == {"created": 3}, faults(run)
    _is_as_written()


def test_a_plan_comes_in_from_a_spreadsheet(office: Office) -> None:
    book = openpyxl.Workbook()
    for row in [HEADINGS, *ROWS]:
        book.active.append([Decimal(value) if value in ("40000.00", "900") else value or None for value in row])
    out = io.BytesIO()
    book.save(out)
    run = imported("budget_plan", out.getvalue(), name="plan.xlsx")
    assert counts(run) == {"created": 3}, faults(run)
    _is_as_written()


def _is_as_written() -> None:
    db.session.rollback()
    [key] = db.session.execute(text("SELECT number FROM budget_plan")).scalars()
    publish(key)
    with reading("budget_plan", key) as plan:
        found = [
            (line.cost_centre.code, line.category and line.category.code, f"{line.amount:.2f}", str(line.control))
            for line in plan.lines
        ]
    assert found == [
        ("IT", "HW", "40000.00", "hard"),
        ("IT-210", "SW", "1250.50", "soft"),
        ("HR", None, "900.00", "hard"),
    ]


def test_a_file_with_a_wrong_line_says_which(office: Office) -> None:
    rows = [["IT 2026", "AT", "2026", "IT", "HW", "-5", "hard"], ["", "", "", "NOWHERE", "", "1", "hard"]]
    run = imported("budget_plan", as_csv([HEADINGS, *rows]), name="plan.csv")
    assert (counts(run), faults(run)) == (
        {"refused": 2},
        [(2, "same_document", None), (3, "unknown_reference", HEADINGS[3])],
    )


# --- sight ---------------------------------------------------------------------------------------------------------


def test_a_plan_of_a_branch_is_seen_where_the_branch_is(office: Office) -> None:
    here = draft(office, {"amount": "1"}, cost_centre="IT-210")
    whole = draft(office, {"category": "SW", "amount": "1"})
    context = acting("Controller", cost_centre=office.ids["IT"])
    with reading("budget_plan", here, context) as plan:
        assert plan is not None
    with reading("budget_plan", whole, context) as plan:
        assert plan is None
    with refused(("out_of_reach", None)):
        enter(context, "budget_plan", name="All", entity="AT", year=2026, lines=[{"amount": "1"}])
