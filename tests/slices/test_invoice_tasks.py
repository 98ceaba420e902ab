"""Exceptions are somebody's task: they hear of it, are reminded of it, and settle what is theirs and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.resource import registry
from app.modules.invoices import jobs
from app.modules.notifications.domain.kinds import Kind
from app.workers import perform
from tests.acting import system
from tests.factories.suppliers import iban
from tests.scenarios.billing import Billing
from tests.slices.doing import enter, events, reading, refused
from tests.slices.test_notice import told

LAMPS = [{"text": "Lamp", "quantity": "10", "unit": "C62", "unit_price": "90", "category": "OPT", "tax_code": "AT20"}]
RAISED, OVERDUE, AWAY = (
    each.value for each in (Kind.EXCEPTION_RAISED, Kind.EXCEPTION_OVERDUE, Kind.INVOICE_TURNED_AWAY)
)


@pytest.fixture
def disputed(billing: Billing) -> str:
    """Have an invoice whose price differs and of which too little came."""
    order = billing.issued(lines=LAMPS)
    billing.receive(order, "4")
    return billing.captured("R-1", ("Lamp", "10", "95"), order=order)


def test_whose_task_it_is_hears_of_it_once(app: Flask, billing: Billing, disputed: str) -> None:
    assert set(billing.exceptions(disputed)) == {"quantity", "price"}
    assert [event["owner"] for event in events("invoice_exception.raised")] == ["Receiver", "Buyer"]
    perform.drain(app)
    heard = {name for name, kind in told() if kind == RAISED}
    assert {"nadia.brandt", "rita.kral"} <= heard
    assert not {"eva.horak", "lena.fischer"} & heard
    before = told()
    billing.invoice(billing.eva, disputed, "match")
    perform.drain(app)
    assert told() == before


def test_the_owner_alone_accepts_and_the_receiver_no_price(billing: Billing, disputed: str) -> None:
    price, quantity = (billing.exceptions(disputed)[kind] for kind in ("price", "quantity"))
    with refused(("not_your_task", None)):
        billing.invoice(billing.rita, price, "accept", reason="Why not")
    with refused(("not_your_task", None)):
        billing.invoice(billing.ben, quantity, "accept", reason="Why not")
    billing.invoice(billing.rita, quantity, "accept", reason="Six came without a note")
    billing.invoice(billing.nadia, price, "accept", reason="The list price rose")
    assert billing.stands(disputed) == "matched"


def test_owners_are_reminded_the_working_day_after_and_every_monday(
    app: Flask, billing: Billing, disputed: str
) -> None:
    perform.drain(app)
    with reading("invoice_exception", billing.exceptions(disputed)["price"]) as row:
        due = row.due_on
    reminded = {}
    for days in range(8):
        day = due + timedelta(days=days)
        with unit.transaction(replace(system(), today=day), "test.chase") as bound:
            reminded[day.strftime("%a %d")] = jobs.chase(bound, None)["reminded"]
    assert {day: count for day, count in reminded.items() if count} == {"Thu 26": 2, "Mon 30": 2}
    perform.drain(app)
    assert {name for name, kind in told() if kind == OVERDUE} >= {"nadia.brandt", "rita.kral"}


def test_whoever_took_it_in_hears_that_it_was_turned_away(app: Flask, billing: Billing, disputed: str) -> None:
    billing.invoice(billing.ben, disputed, "turn_away", reason="Not ours")
    perform.drain(app)
    assert [name for name, kind in told() if kind == AWAY] == ["eva.horak"]


def test_an_installation_begins_with_tolerances_for_cents_and_keeps_what_was_changed(
    app: Flask, billing: Billing
) -> None:
    codes = "SELECT code FROM tolerance ORDER BY code"
    assert db.session.execute(text(codes)).scalars().all() == [
        "ROUND-LINE",
        "ROUND-PAYABLE",
        "ROUND-TAX",
        "ROUND-TOTAL",
    ]
    db.session.rollback()
    unit.save(system(), registry["tolerance"], "ROUND-TAX", {"over_amount": "0.02"})
    result = app.test_cli_runner().invoke(args=["outlay", "permissions"])
    assert result.exit_code == 0, result.output
    with reading("tolerance", "ROUND-TAX") as row:
        assert str(row.over_amount.normalize()) == "0.02"
    assert len(db.session.execute(text(codes)).all()) == 4
    db.session.rollback()


def test_a_cent_lost_in_rounding_stops_nobody_and_two_do(billing: Billing) -> None:
    found = {
        extra: billing.stands(billing.captured(f"R-{extra}", ("Lamp", "1", price), extra=Decimal(extra)))
        for extra, price in (("0.01", "90"), ("0.02", "91"))
    }
    assert found == {"0.01": "matched", "0.02": "exception"}


def test_what_a_hard_budget_does_not_cover_waits_for_the_controller_until_somebody_else_pays(billing: Billing) -> None:
    billing.invoice_policy()
    billing.budget("LAB", "100")
    other = billing.captured("R-2", ("Repair", "1", "190"))
    lines = [{**line, "category": "OPT"} for line in billing.invoice_lines(other)]
    billing.edit(billing.eva.context(), "invoice", other, cost_centre="LAB", lines=lines)
    billing.invoice(billing.eva, other, "submit")
    assert billing.stands(other) == "exception"
    [number] = billing.exceptions(other).values()
    with reading("invoice_exception", number) as row:
        assert (row.kind.value, row.owner.value, row.actions) == ("budget", "controller", ["reject"])
        assert "100.00 EUR left" in row.text.replace("\u00a0", " ")
    billing.edit(billing.eva.context(), "invoice", other, cost_centre="HAL-0")
    billing.invoice(billing.eva, other, "match")
    assert (billing.stands(other), billing.exceptions(other)) == ("matched", {})


def test_confirming_an_account_matches_what_waited_for_it_and_nothing_else(app: Flask, billing: Billing) -> None:
    new, strange = iban(4711), iban(4712)
    waits = billing.captured("R-1", ("Lamp", "1", "90"), iban=new)
    other = billing.captured("R-2", ("Lamp", "1", "95"), iban=strange)
    account = enter(system(id=5), "bank_account", supplier="VEGA", holder="Vega Optics", iban=new, currency="EUR")
    perform.drain(app)
    with reading("invoice_exception", billing.exceptions(waits)["bank_account"]) as row:
        assert row.code == "account_proposed"
    billing.do(system(id=6), "bank_account", account, "confirm")
    perform.drain(app)
    assert set(billing.exceptions(waits, "solved")) == {"bank_account"}
    assert (billing.stands(waits), billing.stands(other)) == ("matched", "exception")
    billing.do(system(id=6), "bank_account", account, "retire", reason="Closed by the bank")
    perform.drain(app)
    assert billing.stands(waits) == "matched", "what goes on is matched again when it is submitted"
