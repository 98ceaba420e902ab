"""Invoices as an accountant would tell of them, over REST, and the acceptance scenarios against the database."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.infra.db import db
from tests.api.calling import Caller
from tests.scenarios.billing import Billing, ubl
from tests.scenarios.test_request_doors import script
from tests.slices.doing import refused

LAMPS = [{"text": "Lamp", "quantity": "10", "unit": "C62", "unit_price": "90", "category": "OPT", "tax_code": "AT20"}]


def taken(caller: Caller, data: bytes, key: str) -> dict[str, Any]:
    sent = {"file": (io.BytesIO(data), f"{key}.xml")}
    answer = caller.post(
        "/invoices/capture", data=sent, headers={"Idempotency-Key": key}, content_type="multipart/form-data"
    )
    assert answer.status_code == 201, answer.json
    [entry] = answer.json["data"]
    return dict(entry)


def done(caller: Caller, href: str, command: str, **arguments: Any) -> Any:
    answer = caller.post(f"{href}/{command}", json=arguments)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_an_invoice_that_costs_more_is_accepted_by_the_buyer_and_booked(app: Flask, billing: Billing) -> None:
    billing.budget("LAB", "2000")
    order = billing.issued(lines=LAMPS)
    billing.receive(order, "10")
    eva, nadia = script(app, billing.eva), script(app, billing.nadia)
    entry = taken(eva, ubl("R-1", ("Lamp", "10", "95"), order=order), "k-1")
    assert entry["state"] == "exception"
    [found] = nadia.get(f"/exceptions?invoice={entry['key']}&state=open").json["data"]
    exception = f"/exceptions/{found['number']}"
    assert eva.post(f"{exception}/accept", json={"reason": "Fine"}).status_code == 409
    done(nadia, exception, "accept", reason="The list price rose in November")
    assert eva.get(entry["href"]).json["state"] == "matched"
    assert done(eva, entry["href"], "submit")["state"] == "approved"
    assert done(eva, entry["href"], "post")["state"] == "posted"
    shown = eva.get(entry["href"]).json
    assert (shown["number"], shown["open_amount"]) == ("INV-HAL-2026-00001", "1140.00")
    assert billing.spent("LAB") == ("0", "950")


def test_an_invoice_nobody_ordered_is_agreed_to_by_whom_policy_names(app: Flask, billing: Billing) -> None:
    billing.invoice_policy()
    billing.budget("LAB", "500")
    eva, sofia = script(app, billing.eva), script(app, billing.sofia)
    entry = taken(eva, ubl("P-1", ("Electricity", "1", "100")), "k-1")
    seen = eva.get(entry["href"])
    lines = [{"id": str(line["id"]), "category": "OPT"} for line in seen.json["lines"]]
    change = {"cost_centre": "LAB", "lines": lines}
    answer = eva.patch(entry["href"], json=change, headers={"If-Match": seen.headers["ETag"]})
    assert answer.status_code == 200, answer.json
    assert done(eva, entry["href"], "submit")["state"] == "matched"
    assert eva.post(f"{entry['href']}/approve", json={}).status_code in (403, 409)
    assert done(sofia, entry["href"], "approve", comment="As every month")["state"] == "approved"
    assert done(eva, entry["href"], "post")["state"] == "posted"
    assert billing.spent("LAB") == ("0", "100")


def test_inv_01_what_came_is_billed_and_nothing_before_or_beyond(billing: Billing) -> None:
    two = [{**LAMPS[0], "text": name} for name in ("Lamp", "Shade")]
    order = billing.issued(lines=two)

    def bill(number: str, quantity: str) -> str:
        return billing.captured(number, ("Lamp", quantity, "90"), ("Shade", quantity, "90"), order=order)

    early = bill("R-1", "5")
    assert list(billing.exceptions(early)) == ["quantity"]
    billing.invoice(billing.ben, early, "turn_away", reason="Nothing came yet")
    form = {"order": order, "lines": [{"line": "1", "quantity": "5"}, {"line": "2", "quantity": "5"}]}
    receipt = billing.enter("receipt", billing.rita.context(), **form)
    billing.do(billing.rita.context(), "receipt", receipt, "post")
    assert billing.look(order, lambda row: row.invoiced.value, "order") == "none"
    billing.posted(bill("R-2", "5"))
    assert billing.look(order, lambda row: [line.quantity_invoiced for line in row.lines], "order") == [Decimal(5)] * 2
    assert list(billing.exceptions(bill("R-3", "1"))) == ["quantity"]


def gone_back(billing: Billing, order: str, quantity: str) -> str:
    form = {"order": order, "lines": [{"line": "1", "quantity": f"-{quantity}", "reason": "Broken"}]}
    key = billing.enter("receipt", billing.rita.context(), **form)
    billing.do(billing.rita.context(), "receipt", key, "post")
    return key


def test_inv_03_what_went_back_is_credited_and_half_stays_billed(billing: Billing) -> None:
    order = billing.issued(lines=LAMPS)
    billing.receive(order, "10")
    billing.posted(billing.captured("R-1", ("Lamp", "10", "90"), order=order))
    gone_back(billing, order, "5")
    credit = billing.captured("C-1", ("Lamp", "5", "90"), order=order, kind="381", preceding="R-1")
    assert (billing.stands(credit), billing.exceptions(credit)) == ("matched", {})
    billing.posted(credit)
    assert billing.look(order, lambda row: row.lines[0].quantity_invoiced, "order") == Decimal(5)


def entered(billing: Billing, **changes: Any) -> str:
    """Let Eva enter an invoice of 5 at 20.00 with 10 % tax, and 1 at 10.00 without, charged to the laboratory."""
    lines = [
        {"text": "Goods", "quantity": "5", "price": "20", "tax_category": "S", "tax_rate": "10", "category": "OPT"},
        {"text": "Stamp", "quantity": "1", "price": "10", "tax_category": "E", "tax_rate": "0", "category": "OPT"},
    ]
    taxes = [
        {"category": "S", "rate": "10", "basis": "100", "amount": "10"},
        {"category": "E", "rate": "0", "basis": "10", "amount": "0", "reason": "Exempt"},
    ]
    form = {"supplier": "VEGA", "entity": "HAL", "cost_centre": "LAB", "currency": "EUR", "issued_on": "2026-11-20"}
    return billing.enter("invoice", billing.eva.context(), **{**form, "lines": lines, "taxes": taxes, **changes})


def agreed(billing: Billing, key: str) -> str:
    """Let an invoice without order through to the books."""
    if billing.stands(key) == "captured":
        billing.invoice(billing.eva, key, "match")
    assert billing.exceptions(key) == {}
    billing.invoice(billing.eva, key, "submit")
    if billing.stands(key) == "matched":
        billing.invoice(billing.sofia, key, "approve")
    billing.invoice(billing.eva, key, "post")
    return key


def test_inv_07_a_credit_in_full_is_the_exact_negative(billing: Billing) -> None:
    billing.invoice_policy()
    billing.budget("LAB", "1000")
    key = agreed(billing, entered(billing, supplier_number="R-7"))
    told = billing.look(key, lambda row: (row.net_total, row.tax_total, row.total, row.open_amount), "invoice")
    assert told == (Decimal(110), Decimal(10), Decimal(120), Decimal(120))
    assert billing.spent("LAB") == ("0", "110")
    credit = agreed(billing, entered(billing, supplier_number="C-7", kind="credit_note", credits=key))
    assert billing.look(credit, lambda row: row.open_amount, "invoice") == Decimal(-120)
    assert billing.spent("LAB") == ("0", "0")


def test_inv_09_a_draft_that_is_dropped_costs_nothing_and_a_booked_one_is_taken_back(billing: Billing) -> None:
    billing.invoice_policy()
    billing.budget("LAB", "1000")
    draft = entered(billing, supplier_number="R-1")
    billing.invoice(billing.eva, draft, "turn_away", reason="Entered twice")
    assert billing.spent("LAB") == ("0", "0")
    booked = agreed(billing, entered(billing, supplier_number="R-9"))
    billing.invoice(billing.ben, booked, "void", reason="Not ours")
    assert billing.spent("LAB") == ("0", "0")
    told = billing.look(
        booked, lambda row: (row.posted_on == row.voided_on, row.open_amount, row.open_items), "invoice"
    )
    assert told == (True, Decimal(0), [])


def test_inv_11_another_price_is_stopped_and_the_agreed_one_passes(billing: Billing) -> None:
    order = billing.issued(lines=[{**LAMPS[0], "quantity": "5", "unit_price": "50"}])
    billing.receive(order, "5")
    dear = billing.captured("R-1", ("Lamp", "5", "200"), order=order)
    assert "price" in billing.exceptions(dear)
    with refused(("wrong_state", None)):
        billing.invoice(billing.eva, dear, "submit")
    billing.invoice(billing.ben, dear, "turn_away", reason="Agreed were 50")
    right = billing.captured("R-2", ("Lamp", "5", "50"), order=order)
    assert billing.stands(right) == "matched"


def test_inv_13_what_went_back_as_a_whole_is_not_billed(billing: Billing) -> None:
    order = billing.issued(lines=[{**LAMPS[0], "quantity": "5"}])
    billing.receive(order, "5")
    gone_back(billing, order, "5")
    assert billing.look(order, lambda row: (row.received.value, row.lines[0].quantity_received), "order") == (
        "none",
        Decimal(0),
    )
    assert list(billing.exceptions(billing.captured("R-1", ("Lamp", "5", "90"), order=order))) == ["quantity"]


def test_inv_19_what_is_booked_in_two_currencies_is_spent_in_one_and_taken_back(billing: Billing) -> None:
    billing.invoice_policy()
    billing.budget("LAB", "20000")
    known = db.session.execute(text("SELECT count(*) FROM currency WHERE code = 'USD'")).scalar_one()
    db.session.rollback()
    if not known:
        billing.enter("currency", code="USD", name="US dollar")
    billing.enter("exchange_rate", currency="USD", base="EUR", rate="60", valid_on="2026-11-01", source="By hand")
    one = [{"text": "Licence", "quantity": "1", "price": "250", "category": "OPT"}]
    first = agreed(billing, entered(billing, supplier_number="R-1", currency="USD", lines=one, taxes=[]))
    assert billing.spent("LAB") == ("0", "15000")
    two = [{"text": "Help", "quantity": "1", "price": "500", "category": "OPT"}]
    second = agreed(billing, entered(billing, supplier_number="S-2", lines=two, taxes=[]))
    assert billing.spent("LAB") == ("0", "15500")
    billing.invoice(billing.ben, second, "void", reason="Wrong project")
    assert billing.spent("LAB") == ("0", "15000")
    billing.invoice(billing.ben, first, "void", reason="Wrong project")
    assert billing.spent("LAB") == ("0", "0")
