"""An invoice addressed to none of our companies is taken in, and somebody is asked: it is nobody's until they say whose."""

from __future__ import annotations

import pytest
from flask import Flask

from app.workers import perform
from tests.acting import Someone, system
from tests.api.calling import Caller
from tests.scenarios.billing import Billing, ubl
from tests.scenarios.test_request_doors import script
from tests.slices.doing import edit, enter, reading, refused

LAMP = ("Lamp", "1", "90")
STRANGERS = "Strangers & Sons Ltd".replace("&", "&amp;")


@pytest.fixture
def north(billing: Billing) -> Someone:
    """Found a second company, and give it a clerk who also works for the first."""
    form = {"code": "NOR", "name": "Nordhalde", "country": "DE", "base_currency": "EUR", "time_zone": "Europe/Berlin"}
    enter(system(), "entity", **form, tax_id="DE136695976")
    enter(system(), "cost_centre", code="NOR-0", name="Nordhalde", entity="NOR")
    billing.do(system(), "person", "ben.adler", "grant", role="AP clerk", entity="NOR")
    return billing.ben


def whose(key: str) -> str:
    with reading("invoice", key) as row:
        return str(row.entity.code)


def said(key: str) -> str:
    with reading("invoice", key) as row:
        return next(str(each.text) for each in row.checks if each.name.value == "addressee")


def test_an_invoice_made_out_to_others_is_kept_and_asked_about_and_goes_no_further(billing: Billing) -> None:
    key = billing.captured("R-1", LAMP, buyer=STRANGERS)
    assert set(billing.exceptions(key)) >= {"addressee"}
    assert said(key).startswith("It is addressed to Strangers & Sons Ltd, which is none of our companies.")
    with refused(("wrong_state", None)):
        billing.invoice(billing.eva, key, "submit")
    billing.invoice(billing.eva, key, "turn_away", reason="Made out to somebody else")
    assert billing.stands(key) == "rejected"


def test_an_invoice_that_names_no_buyer_is_for_the_company_of_whoever_takes_it_in(billing: Billing) -> None:
    key = billing.captured("R-1", LAMP, buyer="")
    assert "addressee" not in billing.exceptions(key)
    assert said(key) == "It names no buyer. It is for HAL Halden, as entered."


def test_an_invoice_addressed_to_one_of_ours_is_taken_with_the_reason_and_how_sure_it_is(
    billing: Billing, north: Someone
) -> None:
    [taken] = billing.capture(ubl("R-1", LAMP, buyer="Nordhalde"), by=north)
    key = str(taken.key)
    assert (whose(key), "addressee" in billing.exceptions(key)) == ("NOR", False)
    assert said(key) == "It is addressed to Nordhalde, which is NOR Nordhalde: same name; 75 % sure."


def test_somebody_else_says_whose_it_is_with_a_reason_and_it_goes_on(billing: Billing, north: Someone) -> None:
    billing.invoice_policy()
    key = billing.captured("R-1", LAMP, buyer=STRANGERS)
    asked = billing.exceptions(key)["addressee"]
    with refused(("own_invoice", None)):
        billing.invoice(billing.eva, asked, "assign", entity="NOR", reason="Bought out")
    with refused(("required", "reason")):
        billing.do(north.context(), "invoice_exception", asked, "assign", entity="NOR")
    with refused(("not_possible", "action")):
        billing.invoice(north, asked, "accept", reason="It is right")
    billing.invoice(north, asked, "assign", entity="NOR", reason="We took the firm over")
    assert (whose(key), billing.exceptions(key, "accepted")) == ("NOR", {"addressee": asked})
    assert billing.stands(key) == "matched"
    edit(north.context(), "invoice", key, entity="HAL", cost_centre="LAB")
    billing.invoice(north, key, "submit")
    assert set(billing.exceptions(key)) >= {"addressee"}, "it was said of another company"


def test_an_invoice_is_handed_to_no_company_the_roles_do_not_reach(billing: Billing, north: Someone) -> None:
    vera = billing.person("vera.nowak", "AP clerk", cost_centre="HAL-0")
    key = billing.captured("R-1", LAMP, buyer=STRANGERS)
    with refused(("unknown_reference", "entity")):
        billing.invoice(vera, billing.exceptions(key)["addressee"], "assign", entity="NOR", reason="Theirs")
    billing.do(system(), "person", "vera.nowak", "grant", role="Receiver", entity="NOR")
    with refused(("out_of_reach", "entity")):
        billing.invoice(vera, billing.exceptions(key)["addressee"], "assign", entity="NOR", reason="Theirs")
    assert whose(key) == "HAL"


def test_the_question_is_answered_by_entering_what_the_company_is_called(app: Flask, billing: Billing) -> None:
    key = billing.captured("R-1", LAMP, buyer=STRANGERS)
    perform.drain(app)
    edit(system(), "entity", "HAL", legal_name="Strangers & Sons Ltd")
    perform.drain(app)
    assert "addressee" in billing.exceptions(key, "solved")


def test_a_script_learns_what_is_asked_and_answers_it(app: Flask, billing: Billing, north: Someone) -> None:
    key = billing.captured("R-1", LAMP, buyer=STRANGERS)
    caller: Caller = script(app, north)
    [row] = caller.get("/exceptions", query_string={"kind": "addressee"}).json["data"]
    form = {"entity": "HAL", "reason": "Our old name"}
    assert caller.post(f"/exceptions/{row['number']}/assign", json=form).status_code == 200
    assert "addressee" in billing.exceptions(key, "accepted")
