"""Orders as a script drives them: a frame called off under its ceiling, a line short-closed, a revision compared."""

from __future__ import annotations

from typing import Any

from flask import Flask

from tests.scenarios.billing import Billing
from tests.scenarios.test_request_doors import script


def sent(caller: Any, path: str, **values: Any) -> Any:
    answer = caller.post(path, json=values)
    assert answer.status_code in (200, 201), answer.text
    return answer.json


def issued(nadia: Any, sofia: Any, form: dict[str, Any]) -> str:
    """Enter an order, have it agreed to, and let it go out."""
    key = str(sent(nadia, "/orders", **form)["key"])
    assert sent(nadia, f"/orders/{key}/submit")["state"] == "submitted"
    assert sent(sofia, f"/orders/{key}/approve")["state"] == "approved"
    assert sent(nadia, f"/orders/{key}/issue", channel="none")["state"] == "issued"
    return key


def test_a_frame_is_called_off_under_its_ceiling_and_no_further(app: Flask, billing: Billing) -> None:
    billing.order_policy()
    billing.budget("LAB", "9000")
    nadia, sofia = script(app, billing.nadia), script(app, billing.sofia)
    frame = issued(nadia, sofia, billing.order_form("100", kind="blanket", ceiling="500", valid_until="2027-01-31"))
    issued(nadia, sofia, billing.order_form("300", blanket=frame))
    second = str(sent(nadia, "/orders", **billing.order_form("200.01", blanket=frame))["key"])
    refused = nadia.post(f"/orders/{second}/submit", json={})
    assert (refused.status_code, refused.json["problems"][0]["code"]) == (409, "above_ceiling")
    assert "200.00 EUR left under its ceiling" in refused.json["problems"][0]["message"].replace("\u00a0", " ")
    assert nadia.get(f"/orders/{frame}").json["called_off"] == "300.00"
    assert billing.spent("LAB") == ("300", "0")


def test_what_is_not_delivered_any_more_is_short_closed_and_its_money_is_free(app: Flask, billing: Billing) -> None:
    billing.order_policy()
    billing.budget("LAB", "9000")
    nadia, sofia, rita = (script(app, each) for each in (billing.nadia, billing.sofia, billing.rita))
    lamps = {"text": "Lamp", "quantity": "10", "unit": "C62", "unit_price": "90", "category": "OPT"}
    key = issued(nadia, sofia, billing.order_form(lines=[lamps]))
    receipt = sent(rita, "/receipts", order=key, lines=[{"line": 1, "quantity": "6"}])["key"]
    assert sent(rita, f"/receipts/{receipt}/post")["state"] == "posted"
    assert billing.spent("LAB") == ("900", "0")
    assert sent(nadia, f"/orders/{key}/short_close", line=1, reason="No longer made")["state"] == "issued"
    row = nadia.get(f"/orders/{key}").json
    assert row["received"] == "all"
    assert billing.spent("LAB") == ("540", "0")


def test_a_dearer_revision_is_agreed_to_again_and_only_the_increase_is_new(app: Flask, billing: Billing) -> None:
    billing.order_policy()
    billing.budget("LAB", "1000")
    nadia, sofia = script(app, billing.nadia), script(app, billing.sofia)
    key = issued(nadia, sofia, billing.order_form("900"))
    assert sent(nadia, f"/orders/{key}/amend", reason="Larger mirror")["state"] == "amending"
    now = nadia.get(f"/orders/{key}")
    line = {"id": now.json["lines"][0]["id"], "unit_price": "1000"}
    changed = nadia.patch(f"/orders/{key}", json={"lines": [line]}, headers={"If-Match": now.headers["ETag"]})
    assert changed.status_code == 200, changed.text
    assert sent(nadia, f"/orders/{key}/revise", channel="none")["state"] != "issued"
    assert sent(sofia, f"/orders/{key}/approve")["state"] == "approved"
    assert sent(nadia, f"/orders/{key}/issue", channel="none")["state"] == "issued"
    assert nadia.get(f"/orders/{key}").json["revision"] == 2
    assert billing.spent("LAB") == ("1000", "0")
