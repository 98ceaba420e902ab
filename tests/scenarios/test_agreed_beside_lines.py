"""What an order agrees to beside its lines: deposits up to the final invoice, and freight up to a tolerance, by REST."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Flask

from app.infra import figures, unit
from app.infra.db import db
from tests.acting import system
from tests.api.calling import Caller
from tests.scenarios.billing import Billing, ubl
from tests.scenarios.paying import Paying, pain002
from tests.scenarios.test_invoices import done, taken
from tests.scenarios.test_orders_by_script import issued, sent
from tests.scenarios.test_request_doors import script

LAMPS = {"text": "Lamp", "quantity": "42", "unit": "C62", "unit_price": "100", "category": "OPT", "tax_code": "AT20"}
FREIGHT = [{"kind": "freight", "text": "Van", "amount": "40"}]


def ordered(app: Flask, company: Billing, **changes: Any) -> str:
    """Let Nadia order lamps, with what is agreed beside them."""
    company.order_policy()
    form = company.order_form(**{"lines": [LAMPS], **changes})
    return issued(script(app, company.nadia), script(app, company.sofia), form)


def billed(caller: Caller, number: str, *lines: tuple[str, str, str], **values: Any) -> dict[str, Any]:
    """Let an e-invoice be taken in; give it as it stands."""
    href = taken(caller, ubl(number, *lines, **values), f"k-{number}")["href"]
    return dict(caller.get(href).json)


def posted(caller: Caller, invoice: dict[str, Any]) -> dict[str, Any]:
    assert invoice["state"] == "matched", invoice["checks"]
    assert done(caller, invoice["href"], "submit")["state"] == "approved"
    assert done(caller, invoice["href"], "post")["state"] == "posted"
    return dict(caller.get(invoice["href"]).json)


def invoiced_by_category() -> dict[str, Decimal]:
    """Tell what the report says was invoiced, by category."""
    db.session.rollback()
    with unit.reading(system()) as bound:
        found = figures.compute(bound, figures.report_at(bound, "invoiced-by-category"), {"by": ["lines.category"]})
    return {row.label: row.amounts[0] for row in found.rows}


def failing(invoice: dict[str, Any]) -> list[tuple[str, str | None, str | None, str | None]]:
    """Tell what does not match: the check, what was expected, what is billed, and the difference."""
    found = [each for each in invoice["checks"] if each["verdict"] == "exception"]
    return [(each["name"], each["expected"], each["actual"], each["difference"]) for each in found]


def test_ord_29_deposits_as_agreed_are_taken_off_by_the_final_invoice(app: Flask, paying: Paying) -> None:
    order = ordered(app, paying, deposit_percent="10")
    eva, nadia = script(app, paying.eva), script(app, paying.nadia)
    first = posted(eva, billed(eva, "D-101", ("Deposit, first part", "1", "300"), order=order, kind="386"))
    assert (first["open_amount"], first["lines"][0]["order_line"]) == ("360.00", None)
    assert paying.spent("LAB") == ("4200", "0")
    above = billed(eva, "D-102", ("Deposit, second part", "1", "150"), order=order, kind="386")
    assert (above["state"], failing(above)) == ("exception", [("unit_price", "120", "150", "30")])
    [check] = [each["text"] for each in above["checks"] if each["name"] == "unit_price"]
    told = f"420.00 EUR is agreed, 300.00 EUR of that billed before ({first['number']})"
    assert told in check.replace("\N{NO-BREAK SPACE}", " ")
    done(eva, above["href"], "turn_away", reason="More than agreed")
    posted(eva, billed(eva, "D-103", ("Deposit, second part", "1", "120"), order=order, kind="386"))
    assert nadia.get(f"/orders/{order}").json["deposit_invoiced"] == "420.00"
    paying.receive(order, "42")
    forgotten = billed(eva, "R-1", ("Lamp", "42", "100"), order=order)
    assert failing(forgotten) == [("payable", "504", "0", "-504")]
    done(eva, forgotten["href"], "turn_away", reason="The deposits are missing")
    less = (("Less deposit invoice D-101", "-1", "300"), ("Less deposit invoice D-103", "-1", "120"))
    final = posted(eva, billed(eva, "R-2", ("Lamp", "42", "100"), *less, order=order))
    assert [line["deposit"] is not None for line in final["lines"]] == [False, True, True]
    assert (final["net_total"], final["open_amount"]) == ("3780.00", "4536.00")
    assert paying.spent("LAB") == ("0", "4200")
    run = paying.released_run()
    assert sum(paying.in_run(run).values()) == Decimal(5040)
    paying.answer(run, pain002(run, whole="ACSC"))
    row = nadia.get(f"/orders/{order}").json
    assert (row["invoiced"], row["paid"], row["amount_paid"], row["total"]) == ("all", "all", "5040.00", "5040.00")


def test_a_deposit_paid_in_advance_is_taken_off_once(app: Flask, billing: Billing) -> None:
    billing.budget("LAB", "4200")
    order = ordered(app, billing, deposit_amount="420")
    eva = script(app, billing.eva)
    posted(eva, billed(eva, "D-101", ("Deposit", "1", "420"), order=order, kind="386"))
    billing.receive(order, "42")
    part = posted(eva, billed(eva, "R-1", ("Lamp", "21", "100"), order=order, prepaid="204"))
    assert (part["total"], part["open_amount"]) == ("2520.00", "2316.00")
    twice = billed(eva, "R-2", ("Lamp", "21", "100"), order=order, prepaid="504")
    assert failing(twice) == [("payable", "300", "504", "204")]
    done(eva, twice["href"], "turn_away", reason="204.00 were taken off already")
    rest = posted(eva, billed(eva, "R-3", ("Lamp", "21", "100"), order=order, prepaid="300"))
    assert rest["open_amount"] == "2220.00"
    assert invoiced_by_category() == {"OPT Optics": Decimal(4200), "Not stated": Decimal(0)}
    assert billing.spent("LAB") == ("0", "4200")


def test_a_deposit_nobody_agreed_to_waits_until_the_order_says_so(app: Flask, billing: Billing) -> None:
    order = ordered(app, billing)
    eva, nadia, sofia = (script(app, each) for each in (billing.eva, billing.nadia, billing.sofia))
    asked = billed(eva, "D-101", ("Deposit", "1", "420"), order=order, kind="386")
    assert failing(asked) == [("unit_price", "0", "420", "420")]
    assert sent(nadia, f"/orders/{order}/amend", reason="They want a deposit")["state"] == "amending"
    seen = nadia.get(f"/orders/{order}").headers["ETag"]
    both = {"deposit_percent": "10", "deposit_amount": "420"}
    refused = nadia.patch(f"/orders/{order}", json=both, headers={"If-Match": seen})
    assert [each["code"] for each in refused.json["problems"]] == ["percent_or_amount"]
    changed = nadia.patch(f"/orders/{order}", json={"deposit_percent": "10"}, headers={"If-Match": seen})
    assert changed.status_code == 200, changed.text
    assert done(eva, asked["href"], "match")["state"] == "exception", "what is not agreed yet does not count"
    assert sent(nadia, f"/orders/{order}/revise", channel="none")["state"] == "submitted"
    sent(sofia, f"/orders/{order}/approve")
    sent(nadia, f"/orders/{order}/issue", channel="none")
    assert done(eva, asked["href"], "match")["state"] == "matched"
    posted(eva, eva.get(asked["href"]).json)


def test_a_deposit_that_is_given_back_may_be_asked_for_anew(app: Flask, billing: Billing) -> None:
    billing.budget("LAB", "4200")
    order = ordered(app, billing, deposit_percent="10")
    eva, nadia = script(app, billing.eva), script(app, billing.nadia)
    posted(eva, billed(eva, "D-101", ("Deposit", "1", "420"), order=order, kind="386"))
    back = billed(eva, "C-101", ("Deposit", "1", "420"), order=order, kind="381", preceding="D-101")
    assert (back["lines"][0]["order_line"], failing(back)) == (None, [])
    posted(eva, back)
    assert (nadia.get(f"/orders/{order}").json["deposit_invoiced"], billing.spent("LAB")) == ("0.00", ("4200", "0"))
    posted(eva, billed(eva, "D-102", ("Deposit", "1", "420"), order=order, kind="386"))
    billing.receive(order, "42")
    final = billed(eva, "R-1", ("Lamp", "42", "100"), order=order, prepaid="504")
    assert posted(eva, final)["open_amount"] == "4536.00"


def test_a_line_that_takes_off_a_deposit_without_its_number_is_tied_by_hand(app: Flask, billing: Billing) -> None:
    order = ordered(app, billing, deposit_percent="10")
    eva = script(app, billing.eva)
    posted(eva, billed(eva, "D-101", ("Deposit", "1", "420"), order=order, kind="386"))
    billing.receive(order, "42")
    found = billed(eva, "R-1", ("Lamp", "42", "100"), ("Less what was paid", "-1", "420"), order=order)
    assert [each[0] for each in failing(found)] == ["line_link", "payable"]
    lines = [{"id": line["id"]} for line in found["lines"]]
    lines[1]["deposit"] = "D-101"
    seen = eva.get(found["href"]).headers["ETag"]
    changed = eva.patch(found["href"], json={"lines": lines}, headers={"If-Match": seen})
    assert changed.status_code == 200, changed.text
    assert done(eva, found["href"], "match")["state"] == "matched"
    assert posted(eva, eva.get(found["href"]).json)["open_amount"] == "4536.00"


def test_no_deposit_is_paid_for_an_order_that_is_closed_or_never_went_out(app: Flask, billing: Billing) -> None:
    closed = ordered(app, billing, deposit_percent="10")
    eva, nadia = script(app, billing.eva), script(app, billing.nadia)
    sent(nadia, f"/orders/{closed}/close", reason="Not needed")
    draft = billing.order(lines=[LAMPS], deposit_percent="10")
    for number, order in (("D-201", closed), ("D-202", draft)):
        found = billed(eva, number, ("Deposit", "1", "420"), order=order, kind="386")
        assert [each[0] for each in failing(found)] == ["line_link", "unit_price"]


def test_freight_is_billed_as_agreed_over_all_invoices_and_beyond_by_tolerance(app: Flask, billing: Billing) -> None:
    billing.budget("LAB", "4240")
    order = ordered(app, billing, extra_charges=FREIGHT)
    eva = script(app, billing.eva)
    assert billing.spent("LAB") == ("4240", "0")
    billing.receive(order, "42")
    posted(eva, billed(eva, "R-1", ("Lamp", "20", "100"), order=order, freight="30"))
    assert billing.spent("LAB") == ("2210", "2030")
    dear = billed(eva, "R-2", ("Lamp", "22", "100"), order=order, freight="15")
    assert failing(dear) == [("charges", "10", "15", "5")]
    billing.enter("tolerance", code="FREIGHT", measure="charges", over_percent="1", over_amount="5")
    assert done(eva, dear["href"], "match")["state"] == "matched"
    [within] = [each for each in eva.get(dear["href"]).json["checks"] if each["name"] == "charges"]
    assert (within["verdict"], within["difference"], "FREIGHT" in within["tolerance"]) == ("within", "5", True)
    done(eva, dear["href"], "turn_away", reason="They bill it anew")
    right = posted(eva, billed(eva, "R-3", ("Lamp", "22", "100"), ("Freight", "1", "10"), order=order))
    assert right["total"] == "2652.00"
    assert billing.spent("LAB") == ("0", "4240")


def test_freight_nobody_agreed_to_is_judged_by_tolerance_alone(app: Flask, billing: Billing) -> None:
    order = ordered(app, billing)
    eva = script(app, billing.eva)
    billing.receive(order, "42")
    found = billed(eva, "R-1", ("Lamp", "42", "100"), order=order, freight="40")
    assert failing(found) == [("charges", "0", "40", "40")]


def test_freight_that_was_never_billed_is_free_again_when_the_order_is_closed(app: Flask, billing: Billing) -> None:
    billing.budget("LAB", "9000")
    order = ordered(app, billing, extra_charges=FREIGHT)
    eva, nadia = script(app, billing.eva), script(app, billing.nadia)
    billing.receive(order, "42")
    posted(eva, billed(eva, "R-1", ("Lamp", "42", "100"), order=order))
    assert billing.spent("LAB") == ("40", "4200")
    assert sent(nadia, f"/orders/{order}/close", reason="Delivered free")["state"] == "closed"
    assert billing.spent("LAB") == ("0", "4200")


def test_an_invoice_taken_back_frees_the_freight_it_billed(app: Flask, billing: Billing) -> None:
    billing.budget("LAB", "9000")
    order = ordered(app, billing, extra_charges=FREIGHT)
    eva, nadia = script(app, billing.eva), script(app, billing.nadia)
    billing.receive(order, "42")
    invoice = posted(eva, billed(eva, "R-1", ("Lamp", "42", "100"), order=order, freight="40"))
    assert nadia.get(f"/orders/{order}").json["charges_invoiced"] == "40.00"
    assert done(eva, invoice["href"], "void", reason="Wrong company")["state"] == "void"
    assert nadia.get(f"/orders/{order}").json["charges_invoiced"] == "0.00"
    assert billing.spent("LAB") == ("4240", "0")


def test_freight_beyond_what_was_asked_for_is_agreed_to_first(billing: Billing) -> None:
    billing.order_policy()
    within = billing.from_requests(billing.approved("940"), extra_charges=FREIGHT)
    billing.change(within, unit_price="900")
    billing.act(billing.nadia, within, "submit")
    assert billing.state_of(within) == "approved"
    beyond = billing.from_requests(billing.approved("900"), extra_charges=FREIGHT)
    billing.act(billing.nadia, beyond, "submit")
    assert billing.state_of(beyond) == "submitted"


def test_two_revisions_are_compared_field_by_field(app: Flask, billing: Billing) -> None:
    order = ordered(app, billing, extra_charges=FREIGHT)
    nadia, sofia = script(app, billing.nadia), script(app, billing.sofia)
    sent(nadia, f"/orders/{order}/amend", reason="Another van")
    now = nadia.get(f"/orders/{order}")
    charges = [
        {"id": now.json["extra_charges"][0]["id"], "amount": "55"},
        {"kind": "insurance", "amount": "12.50", "tax_code": "AT20"},
    ]
    values = {"extra_charges": charges, "deposit_percent": "10", "note": "Ring twice"}
    changed = nadia.patch(f"/orders/{order}", json=values, headers={"If-Match": now.headers["ETag"]})
    assert changed.status_code == 200, changed.text
    sent(nadia, f"/orders/{order}/revise", channel="none")
    sent(sofia, f"/orders/{order}/approve")
    sent(nadia, f"/orders/{order}/issue", channel="none")
    first, second = nadia.get(f"/orders/{order}").json["revisions"]
    assert first["changes"] == []
    assert {each["where"]: (each["before"], each["after"]) for each in second["changes"]} == {
        "Payment, deposit percent": ("", "10"),
        "Note": ("", "Ring twice"),
        "Charge for freight: amount": ("40", "55"),
        "Charge for insurance": ("", "12.5"),
        "Net": ("4240", "4267.5"),
        "Tax": ("848", "853.5"),
        "Total": ("5088", "5121"),
    }
    assert sent(nadia, f"/orders/{order}/amend", reason="Back again")["state"] == "amending"
    dropped = nadia.get(f"/orders/{order}")
    nadia.patch(f"/orders/{order}", json={"extra_charges": []}, headers={"If-Match": dropped.headers["ETag"]})
    assert sent(nadia, f"/orders/{order}/abandon")["state"] == "issued"
    row = nadia.get(f"/orders/{order}").json
    assert [each["amount"] for each in row["extra_charges"]] == ["55.00", "12.50"]
    assert (row["charges_total"], row["total"], row["deposit_percent"]) == ("67.50", "5121.00", "10")
