"""Acceptance scenarios of orders that end with their invoice and payment; the others stand with the slice of orders."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.scenarios.paying import Owing, Paying, pain002
from tests.slices.doing import refused

LAMPS = {"text": "Lamp", "quantity": "10", "unit": "C62", "unit_price": "90", "category": "OPT"}


def shown(company: Paying, order: str, *fields: str) -> tuple[Any, ...]:
    return tuple(company.look(order, lambda row: [getattr(row, name).value for name in fields], "order"))


def test_ord_03_what_came_may_be_billed_and_no_more(paying: Paying) -> None:
    order = paying.issued(lines=[LAMPS])
    paying.receive(order, "5")
    six = paying.captured("R-1", ("Lamp", "6", "90"), order=order)
    assert list(paying.exceptions(six)) == ["quantity"]
    paying.invoice(paying.ben, six, "turn_away", reason="Five came")
    assert paying.exceptions(paying.captured("R-2", ("Lamp", "5", "90"), order=order)) == {}


def test_ord_05_a_service_nobody_receives_is_billed_and_paid(paying: Paying) -> None:
    service = {**LAMPS, "text": "Alignment", "quantity": "1", "unit_price": "10"}
    paying.order_policy()
    order = paying.finish(paying.order(lines=[{**service, "received_by": "nothing"}]))
    paying.posted(paying.captured("R-1", ("Alignment", "1", "10"), order=order))
    run = paying.released_run()
    paying.answer(run, pain002(run, whole="ACSC"))
    assert shown(paying, order, "received", "invoiced", "paid") == ("none", "all", "all")
    paying.act(paying.nadia, order, "close")
    assert paying.state_of(order) == "closed"


def test_ord_19_a_bill_that_comes_first_waits_for_the_goods(paying: Paying) -> None:
    order = paying.issued(lines=[LAMPS])
    early = paying.captured("R-1", ("Lamp", "10", "90"), order=order)
    assert list(paying.exceptions(early)) == ["quantity"]
    paying.receive(order, "10")
    paying.invoice(paying.eva, early, "match")
    assert (paying.stands(early), paying.exceptions(early)) == ("matched", {})
    paying.posted(early)
    assert shown(paying, order, "received", "invoiced") == ("all", "all")


def test_ord_21_a_hold_ends_with_its_last_day(owing: Owing) -> None:
    key = owing.first
    today = owing.now.date()
    owing.do(owing.at(owing.eva), "invoice", key, "hold", reason="The lamp flickers", until=today.isoformat())
    assert owing.out_of_run(owing.run()) == {key: "on_hold"}
    owing.now += timedelta(days=1)
    assert owing.in_run(owing.run()) == {key: Decimal(120)}


def test_ord_35_instalments_make_a_whole_and_goods_come_first(paying: Paying) -> None:
    for plan in ("0 % 0", "60 % 0, 50 % 30"):
        with refused(("bad_instalments", "instalments")):
            paying.order(instalments=plan)
    two = {**LAMPS, "quantity": "2"}
    order = paying.finish(paying.from_requests(paying.approved(lines=[two]), instalments="50 % 0, 50 % 30"))
    paying.receive(order, "1")
    key = paying.captured("R-1", ("Lamp", "2", "90"), order=order)
    assert list(paying.exceptions(key)) == ["quantity"]
    with refused(("wrong_state", None)):
        paying.invoice(paying.eva, key, "submit")
