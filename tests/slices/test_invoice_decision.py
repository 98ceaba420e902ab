"""Invoices without an order go the way of policy; whoever took one in does not decide, and exceptions are asked again."""

from __future__ import annotations

import pytest

from tests.acting import system
from tests.scenarios.billing import Billing, ubl
from tests.slices.doing import do, edit, refused


@pytest.fixture
def billing(billing: Billing) -> Billing:
    billing.budget("LAB", "2000")
    billing.invoice_policy()
    return billing


@pytest.fixture
def power(billing: Billing) -> str:
    """Take in an invoice that no order stands behind, charged to the laboratory."""
    key = billing.captured("P-1", ("Electricity", "1", "100"))
    lines = [{**line, "category": "OPT"} for line in billing.invoice_lines(key)]
    edit(billing.eva.context(), "invoice", key, cost_centre="LAB", lines=lines)
    return key


def test_whoever_policy_names_approves_it_and_whoever_took_it_in_does_not(billing: Billing, power: str) -> None:
    do(billing.eva.context(), "invoice", power, "submit")
    assert billing.stands(power) == "matched"
    billing.grant_approver(billing.eva)
    with refused(("own_request", None)):
        do(billing.eva.context(), "invoice", power, "approve")
    do(billing.sofia.context(), "invoice", power, "approve")
    assert billing.stands(power) == "approved"
    do(billing.ben.context(), "invoice", power, "post")
    assert billing.spent("LAB") == ("0", "100")


def test_only_a_person_asks_others_to_agree(billing: Billing, power: str) -> None:
    with refused(("no_person", None)):
        do(system(), "invoice", power, "submit")
    assert billing.stands(power) == "matched"


def test_it_is_sent_back_changed_and_asked_about_again(billing: Billing, power: str) -> None:
    do(billing.eva.context(), "invoice", power, "submit")
    do(billing.sofia.context(), "invoice", power, "request_changes", reason="Half is IT's")
    assert billing.stands(power) == "captured"
    do(billing.eva.context(), "invoice", power, "match")
    do(billing.eva.context(), "invoice", power, "submit")
    do(billing.sofia.context(), "invoice", power, "reject", reason="Not our meter")
    assert billing.stands(power) == "rejected"


def test_it_is_taken_back_before_it_is_decided(billing: Billing, power: str) -> None:
    with refused(("not_waiting", None)):
        do(billing.eva.context(), "invoice", power, "withdraw")
    do(billing.eva.context(), "invoice", power, "submit")
    do(billing.eva.context(), "invoice", power, "withdraw", reason="Wrong cost centre")
    assert billing.stands(power) == "captured"


def test_what_is_not_ours_is_turned_away_and_nobody_is_asked_any_more(billing: Billing) -> None:
    [found] = billing.capture(ubl("R-9", ("Lamp", "1", "90"), tax_id="ATU99999999", iban="DE75512108001245126199"))
    key = str(found.key)
    assert billing.exceptions(key)
    do(billing.eva.context(), "invoice", key, "turn_away", reason="We never bought from them")
    assert (billing.stands(key), billing.exceptions(key)) == ("rejected", {})
    assert billing.exceptions(key, "dropped")


@pytest.fixture
def dear(billing: Billing) -> str:
    """Take in an invoice at a higher price than was ordered."""
    lamps = {"text": "Lamp", "quantity": "2", "unit": "C62", "unit_price": "90", "category": "OPT"}
    order = billing.issued(lines=[lamps])
    billing.receive(order, "2")
    return billing.captured("R-1", ("Lamp", "2", "95"), order=order)


def test_an_accepted_difference_is_asked_about_again(billing: Billing, dear: str) -> None:
    key, number = dear, billing.exceptions(dear)["price"]
    do(billing.nadia.context(), "invoice_exception", number, "accept", reason="Agreed on the phone")
    assert "price" in billing.exceptions(key, "accepted")
    do(billing.nadia.context(), "invoice_exception", number, "reopen", reason="They deny it")
    assert "price" in billing.exceptions(key)
    do(billing.nadia.context(), "invoice_exception", number, "ask_credit_note", reason="They will credit it")
    assert "price" in billing.exceptions(key, "waiting")


def test_what_was_accepted_is_not_asked_about_again_once_the_invoice_went_on(billing: Billing, dear: str) -> None:
    number = billing.exceptions(dear)["price"]
    do(billing.nadia.context(), "invoice_exception", number, "accept", reason="Agreed on the phone")
    do(billing.eva.context(), "invoice", dear, "submit")
    with refused(("invoice_on_its_way", None)):
        do(billing.nadia.context(), "invoice_exception", number, "reopen", reason="They deny it")
    do(billing.eva.context(), "invoice", dear, "withdraw")
    do(billing.eva.context(), "invoice", dear, "match")
    do(billing.nadia.context(), "invoice_exception", number, "reopen", reason="They deny it")
    assert "price" in billing.exceptions(dear)


def test_nothing_is_accepted_of_an_invoice_that_is_off_the_books(billing: Billing, dear: str) -> None:
    number = billing.exceptions(dear)["price"]
    do(billing.nadia.context(), "invoice_exception", number, "ask_credit_note", reason="They will credit it")
    billing.posted(dear)
    do(billing.ben.context(), "invoice", dear, "void", reason="Booked by mistake")
    with refused(("invoice_gone", None)):
        do(billing.nadia.context(), "invoice_exception", number, "accept", reason="Agreed on the phone")
