"""What documents hold of budgets: which cells are charged, what is refused, and what stands in the moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.infra import unit
from app.infra.db import db
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.budgets import service
from app.modules.budgets.domain import Verdict
from tests.acting import system
from tests.factories.budgets import Office, figures, hold, holding, left
from tests.scenes import Scenes
from tests.slices.doing import do, refused


@pytest.fixture
def office(app: Flask, scenes: Scenes) -> Iterator[Office]:
    with app.app_context():
        yield scenes.open(Office.built)


def moves(code: str) -> list[tuple[str, str, str, str]]:
    db.session.rollback()
    statement = text(
        "SELECT m.kind, m.bucket, m.amount::numeric(18,2)::text, m.source_key FROM budget_move m "
        "JOIN budget_cell c ON c.id = m.cell_id WHERE c.code = :code ORDER BY m.id"
    )
    return [tuple(row) for row in db.session.execute(statement, {"code": code})]


def test_a_claim_is_charged_to_every_budget_that_covers_it(office: Office) -> None:
    whole, branch, exact, other = office.planned(
        {"amount": "100000"},
        {"cost_centre": "IT", "category": "HW", "amount": "50000"},
        {"cost_centre": "IT-210", "category": "HW-NB", "from_period": 1, "to_period": 6, "amount": "20000"},
        {"cost_centre": "HR", "category": "HW", "amount": "5000"},
    )
    impacts = hold(holding("reserved", office.claim("18640.00")))
    assert [impact.code for impact in impacts] == [whole, branch, exact]
    assert [left(code) for code in (whole, branch, exact, other)] == ["81360.00", "31360.00", "1360.00", "5000.00"]

    july = holding("reserved", office.claim("100", on=date(2026, 7, 1)), id=2)
    assert [impact.code for impact in hold(july)] == [whole, branch]
    next_year = holding("reserved", office.claim("100", on=date(2027, 1, 1)), id=3)
    assert hold(next_year) == ()


def test_a_claim_without_a_category_is_charged_to_budgets_for_all_categories_only(office: Office) -> None:
    whole, hardware, project = office.planned(
        {"cost_centre": "IT", "amount": "1000"},
        {"cost_centre": "IT", "category": "HW", "amount": "1000"},
        {"project": "ERP", "amount": "1000"},
    )
    hold(holding("reserved", office.claim("400", category=None)))
    hold(holding("reserved", office.claim("300", "HR", None, project="ERP"), id=2))
    assert [left(code) for code in (whole, hardware, project)] == ["600.00", "1000.00", "700.00"]


def test_more_than_a_hard_budget_has_is_refused_with_the_figures(office: Office) -> None:
    [code] = office.planned({"cost_centre": "IT-210", "category": "HW", "amount": "20000"})
    hold(holding("reserved", office.claim("4190.00")))
    with refused(("over_budget", "lines.0")) as messages:
        hold(holding("reserved", office.claim("18640.00", field="lines.0"), id=2))
    assert messages == ["IT-210 · Hardware · 2026: 15\u00a0810.00 EUR left, this needs 18\u00a0640.00 EUR."]
    assert figures(code) == ("20000.00", "0.00", "0.00", "0.00", "0.00", "4190.00", "15810.00")


def test_every_budget_that_has_too_little_is_told_at_once(office: Office) -> None:
    office.planned(
        {"cost_centre": "IT", "amount": "100"},
        {"cost_centre": "IT-210", "category": "HW", "amount": "50"},
        {"cost_centre": "HR", "amount": "10"},
    )
    claims = (office.claim("101", field="lines.0"), office.claim("11", "HR", field="lines.1"))
    with pytest.raises(Refused) as refusal:
        hold(holding("reserved", *claims))
    assert [(problem.code, problem.field) for problem in refusal.value.problems] == [
        ("over_budget", "lines.0"), ("over_budget", "lines.0"), ("over_budget", "lines.1"),
    ]  # fmt: skip
    assert refusal.value.problems[2].values["needed"] == "11"


def test_holding_the_same_again_changes_nothing_and_holding_less_releases(office: Office) -> None:
    [code] = office.planned({"cost_centre": "IT", "amount": "1000"})
    for _ in range(2):
        hold(holding("reserved", office.claim("600")))
    hold(holding("reserved", office.claim("250")))
    hold(holding("reserved"))
    assert moves(code) == [
        ("plan", "planned", "1000.00", "BP-00001"),
        ("reserve", "reserved", "600.00", "REQ-1"),
        ("release", "reserved", "-350.00", "REQ-1"),
        ("release", "reserved", "-250.00", "REQ-1"),
    ]
    assert left(code) == "1000.00"


def test_a_request_that_becomes_an_order_is_checked_for_the_increase_only(office: Office) -> None:
    [code] = office.planned({"cost_centre": "IT", "amount": "1000"})
    hold(holding("reserved", office.claim("900")))
    order = office.claim("950")
    hold(holding("reserved"), holding("committed", order, resource="order"))
    assert figures(code)[3:] == ("0.00", "950.00", "0.00", "50.00")
    with refused(("over_budget", None)):
        hold(holding("committed", office.claim("1001"), resource="order"))
    hold(holding("committed", resource="order"), holding("actual", office.claim("940"), resource="invoice"))
    assert figures(code)[3:] == ("940.00", "0.00", "0.00", "60.00")


def test_moving_a_document_to_another_cost_centre_moves_what_it_holds(office: Office) -> None:
    it, hr = office.planned({"cost_centre": "IT", "amount": "1000"}, {"cost_centre": "HR", "amount": "1000"})
    hold(holding("reserved", office.claim("600")))
    hold(holding("reserved", office.claim("600", "HR")))
    assert (left(it), left(hr)) == ("1000.00", "400.00")


def test_a_soft_budget_records_the_overrun_and_names_who_is_asked(office: Office) -> None:
    [code] = office.planned({"cost_centre": "IT-210", "amount": "100", "control": "soft", "tolerance_percent": "10"})
    [within] = hold(holding("reserved", office.claim("110")))
    [over] = hold(holding("reserved", office.claim("110.01")))
    assert (within.verdict, over.verdict, over.left_after) == (Verdict.FITS, Verdict.OVER_SOFT, Decimal("-10.01"))
    assert left(code) == "-10.01"
    with unit.reading(system()) as bound:
        assert [person.code for person in service.owners(bound, [over])] == ["ida.it"]
        assert service.owners(bound, [within]) == []


def test_the_project_answers_before_the_cost_centre_and_that_before_the_category(office: Office) -> None:
    office.maker.create(registry["project"], code="CRM", entity="AT", owner="hugo.hr")
    office.ids["CRM"] = db.session.execute(text("SELECT id FROM project WHERE code = 'CRM'")).scalar_one()
    line = {"amount": "0", "control": "soft"}
    office.planned(
        {**line, "cost_centre": "IT", "project": "CRM"}, {**line, "cost_centre": "IT"}, {**line, "category": "HW-NB"}
    )
    impacts = hold(holding("reserved", office.claim("5", project="CRM")))
    with unit.reading(system()) as bound:
        asked = [[person.code for person in service.owners(bound, [impact])] for impact in impacts]
    assert asked == [["hugo.hr"], ["ida.it"], ["kai.kategorie"]]


def test_a_hard_budget_may_be_overrun_by_its_tolerance_and_not_a_cent_more(office: Office) -> None:
    line = {"amount": "1000", "tolerance_percent": "5", "tolerance_amount": "20"}
    [code] = office.planned({**line, "cost_centre": "IT"})
    hold(holding("reserved", office.claim("1020")))
    with refused(("over_budget", None)) as messages:
        hold(holding("reserved", office.claim("1020.01")))
    assert messages == ["IT · 2026: 1\u00a0000.00 EUR left and 20.00 EUR tolerance, this needs 1\u00a0020.01 EUR."]
    assert left(code) == "-20.00"


def test_a_closed_budget_takes_no_more_and_still_lets_go(office: Office) -> None:
    [code] = office.planned({"cost_centre": "IT", "amount": "1000"})
    hold(holding("reserved", office.claim("600")))
    do(system(), "budget_cell", code, "close", reason="The year is over")
    with refused(("budget_closed", None)):
        hold(holding("reserved", office.claim("600.01")))
    hold(holding("reserved", office.claim("100")))
    assert left(code) == "900.00"
    do(system(), "budget_cell", code, "reopen", reason="A late invoice")
    hold(holding("reserved", office.claim("700")))


def test_what_no_budget_covers_goes_through_unless_a_setting_forbids_it(office: Office) -> None:
    bare = holding("reserved", office.claim("10", field="lines.3"))
    with unit.reading(system()) as bound:
        weighed = service.weigh(bound, bare)
    assert (weighed.impacts, weighed.unbudgeted, weighed.problems) == ((), bare.claims, ())
    assert hold(bare) == ()
    do(system(), "setting", "budgets.unbudgeted_allowed", "change", value="no")
    db.session.info.pop("settings", None)
    with refused(("unbudgeted", "lines.3")):
        hold(bare)


def test_the_original_amount_and_rate_stand_in_the_move(office: Office) -> None:
    [code] = office.planned({"cost_centre": "IT", "amount": "1000"})
    rate = {"original_currency": "CZK", "rate": Decimal("0.04"), "rate_on": date(2026, 6, 1), "rate_source": "ECB"}
    hold(holding("reserved", office.claim("400", original_amount=Decimal(10_000), field="lines.0", **rate)))
    hold(holding("reserved", office.claim("300", original_amount=Decimal(7_500), field="lines.0", **rate)))
    hold(holding("reserved", office.claim("300", original_amount=Decimal(300), original_currency="EUR")))
    db.session.rollback()
    found = db.session.execute(
        text(
            "SELECT amount::int, original_amount::int, original_currency, rate::float, line FROM budget_move WHERE id > 1 ORDER BY id"
        )
    )
    assert [tuple(row) for row in found] == [
        (400, 10000, "CZK", 0.04, "lines.0"),
        (-100, -2500, "CZK", 0.04, "lines.0"),
        (-300, -7500, "CZK", None, None),
        (300, 300, "EUR", None, None),
    ]
    assert left(code) == "700.00"


def test_a_preview_says_what_holding_would_and_writes_nothing(office: Office) -> None:
    [code] = office.planned({"cost_centre": "IT", "amount": "1000"})
    hold(holding("reserved", office.claim("600")), holding("committed", office.claim("100"), id=2, resource="order"))
    with unit.reading(system()) as bound:
        [impact] = service.preview(bound, holding("reserved", office.claim("850")))
        [problem] = service.weigh(bound, holding("reserved", office.claim("901"))).problems
    assert (impact.planned, impact.committed, impact.reserved, impact.this) == (1000, 100, 0, 850)
    assert (impact.left, impact.left_after, impact.percent_left, impact.verdict) == (900, 50, Decimal("5.0"), "fits")
    assert problem.code == "over_budget"
    assert left(code) == "300.00"


def test_a_document_of_many_budgets_needs_a_handful_of_queries(office: Office) -> None:
    names = [f"C{number}" for number in range(25)]
    for name in names:
        office.maker.create(registry["cost_centre"], code=name, entity="AT")
    db.session.rollback()
    office.ids.update(dict(db.session.execute(text("SELECT code, id FROM cost_centre")).all()))
    office.planned(*({"cost_centre": name, "amount": "10"} for name in names), {"amount": "1000"})
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    claims = [office.claim("1", name) for name in names]
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        impacts = hold(holding("reserved", *claims))
        held = len(statements)
        with unit.reading(system()) as bound:
            service.preview(bound, holding("reserved", *claims))
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(impacts) == 26
    assert held <= 10, "\n".join(statements)
    assert len(statements) - held <= 4
