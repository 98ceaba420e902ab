"""Plans that come after the documents: what was asked for before is charged to a budget on the day it is published."""

from __future__ import annotations

import threading
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.intake import find_row
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.budgets import commands, queries, service
from tests.acting import system
from tests.scenarios.office import Office
from tests.slices.doing import do, edit, refused


def drafted(office: Office, *lines: dict[str, Any]) -> str:
    return office.enter("budget_plan", name="Late", entity="HAL", cost_centre="HAL-0", year=2026, lines=list(lines))


def publish(office: Office, *lines: dict[str, Any]) -> str:
    key = drafted(office, *lines)
    do(system(), "budget_plan", key, "publish")
    return key


def is_consistent() -> bool:
    db.session.rollback()
    with unit.reading(system()) as bound:
        return service.verify(bound)[1] == []


def test_what_was_asked_for_before_a_plan_is_charged_when_it_is_published(office: Office) -> None:
    waiting, approved = office.submitted("900"), office.approved("500")
    office.ask("4000")
    office.act(office.lena, office.submitted("70"), "withdraw")
    publish(office, {"cost_centre": "LAB", "amount": "5000"})
    assert office.reserved() == {"LAB · 2026": "1400"}
    office.act(office.lena, approved, "cancel", reason="Not needed")
    office.act(office.lena, waiting, "withdraw")
    assert office.reserved() == {}
    assert is_consistent()


def test_the_parts_of_a_request_go_to_the_budgets_of_those_who_pay(office: Office) -> None:
    halves = [{"line": 1, "cost_centre": "LAB", "percent": "50"}, {"line": 1, "cost_centre": "IT", "percent": "50"}]
    office.submitted("900", splits=halves)
    publish(office, {"cost_centre": "LAB", "amount": "5000"}, {"cost_centre": "IT", "category": "HW", "amount": "5000"})
    assert office.reserved() == {"LAB · 2026": "450"}


def test_a_finer_plan_charges_its_own_budgets_and_no_other_twice(office: Office) -> None:
    publish(office, {"amount": "20000"})
    office.submitted("900")
    publish(office, {"cost_centre": "LAB", "category": "OPT", "amount": "5000"})
    assert office.reserved() == {"HAL-0 · 2026": "900", "LAB · Optics · 2026": "900"}
    assert is_consistent()


def test_a_plan_revised_by_a_line_charges_that_line(office: Office) -> None:
    office.submitted("900")
    key = publish(office, {"cost_centre": "IT", "amount": "100"})
    assert office.reserved() == {}
    do(system(), "budget_plan", key, "revise")
    first = office.look(key, lambda plan: plan.lines[0].id, "budget_plan")
    lines = [{"id": first, "cost_centre": "IT", "amount": "100"}, {"cost_centre": "LAB", "amount": "1000"}]
    edit(system(), "budget_plan", key, lines=lines)
    do(system(), "budget_plan", key, "publish")
    assert office.reserved() == {"LAB · 2026": "900"}


def test_a_hard_budget_smaller_than_what_was_asked_for_is_not_published_and_a_soft_one_is(office: Office) -> None:
    office.submitted("900")
    office.submitted("200")
    key = drafted(office, {"cost_centre": "IT", "amount": "10"}, {"cost_centre": "LAB", "amount": "1099.99"})
    with refused(("spoken_for", "lines.1.amount")) as words:
        do(system(), "budget_plan", key, "publish")
    held = "1\u00a0100.00 EUR were asked for or ordered before, 1\u00a0099.99 EUR would be there"
    assert words == [f"LAB · 2026: {held}. Plan more, or make it soft."]
    assert office.reserved() == {}
    publish(office, {"cost_centre": "LAB", "amount": "1099.99", "control": "soft"})
    assert office.reserved() == {"LAB · 2026": "1100"}


def test_what_is_submitted_while_a_plan_is_published_waits_and_meets_it(app: Flask, office: Office) -> None:
    plan, key = drafted(office, {"cost_centre": "LAB", "amount": "5000"}), office.ask("900")
    asking = threading.Thread(target=_submit, args=(app, office, key))

    def body(bound: Context) -> None:
        queries.take_over(bound)
        asking.start()
        while not bound.session.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
            assert asking.is_alive(), "it did not wait for the plan"
        row = find_row(bound, registry["budget_plan"], plan)
        commands.publish(bound, row)
        row.state = "published"

    unit.change(system(), "test.publish", body)
    asking.join()
    assert (office.state(key), office.reserved()) == ("submitted", {"LAB · 2026": "900"})
    assert is_consistent()


def _submit(app: Flask, office: Office, key: str) -> None:
    with app.app_context():
        office.act(office.lena, key, "submit")
        db.session.remove()
