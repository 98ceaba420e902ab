"""Receipts: what arrives in parts, a little too much, in money, by mistake, and what goes back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.kernel.resource import registry
from tests.acting import Someone, system
from tests.scenarios.buying import Buying
from tests.slices.doing import do, events, reading, refused, sees

LINES = [{"text": "Lamp", "quantity": "10", "unit": "C62", "unit_price": "90", "category": "OPT"}]


@pytest.fixture
def rita(buying: Buying) -> Someone:
    return buying.person("rita.kral", "Receiver", cost_centre="HAL-0")


@pytest.fixture
def order(buying: Buying) -> str:
    return buying.issued(lines=LINES)


def arrived(buying: Buying, by: Someone, order: str, quantity: str = "", **changes: Any) -> str:
    """Enter what has come of the first line, or all that is open; give the number of the receipt."""
    lines = [{"line": "1", "quantity": quantity, **changes}] if quantity or changes else None
    with reading("order", order) as row:
        from app.infra import unit
        from app.modules.receipts import service

        with unit.reading(by.context()) as bound:
            raw = service.form_for(bound, row)
    return buying.enter("receipt", by.context(), **{**raw, **({"lines": lines} if lines else {})})


def posted(buying: Buying, by: Someone, order: str, quantity: str = "", **changes: Any) -> str:
    key = arrived(buying, by, order, quantity, **changes)
    do(by.context(), "receipt", key, "post")
    return key


def progress(order: str) -> tuple[str, str, str]:
    """Tell what has come, what is open, and in a word how far the order is."""
    with reading("order", order) as row:
        [line, *_] = row.lines
        return f"{line.quantity_received.normalize():f}", f"{line.quantity_open.normalize():f}", row.received.value


def test_what_is_open_is_offered_and_posted_as_it_stands(buying: Buying, rita: Someone, order: str) -> None:
    assert progress(order) == ("0", "10", "none")
    first = posted(buying, rita, order, "4")
    assert progress(order) == ("4", "6", "part")
    second = posted(buying, rita, order)
    assert progress(order) == ("10", "0", "all")
    with reading("receipt", second) as row:
        assert ([line.quantity for line in row.lines], row.value) == ([Decimal(6)], Decimal(540))
    assert [event["number"] for event in events("receipt.posted")] == [first, second]


def test_more_than_was_ordered_is_refused_unless_it_is_tolerated(buying: Buying, rita: Someone, order: str) -> None:
    key = arrived(buying, rita, order, "11")
    with refused(("more_than_ordered", "lines.0.quantity")) as messages:
        do(rita.context(), "receipt", key, "post")
    assert "10 are still open" in messages[0]
    do(system(), "setting", "orders.over_receipt_percent", "change", value="10")
    do(rita.context(), "receipt", key, "post")
    assert progress(order) == ("11", "-1", "all")


def test_the_tolerance_of_the_line_comes_before_that_of_the_house_and_the_smaller_limit_holds(
    buying: Buying, rita: Someone
) -> None:
    do(system(), "setting", "orders.over_receipt_percent", "change", value="50")
    buying.order_policy()
    line = {**LINES[0], "over_percent": "50", "over_quantity": "2"}
    key = buying.finish(buying.order(lines=[line]))
    over = arrived(buying, rita, key, "13")
    with refused(("more_than_ordered", "lines.0.quantity")):
        do(rita.context(), "receipt", over, "post")
    buying.edit(rita.context(), "receipt", over, lines=[{"line": "1", "quantity": "12"}])
    do(rita.context(), "receipt", over, "post")


@pytest.mark.parametrize(
    ("rows", "most"),
    [
        ([{"over_percent": "30"}], "3"),
        ([{"over_percent": "30", "over_amount": "180"}], "2"),
        ([{"over_percent": "30"}, {"category": "OPT", "over_percent": "10"}], "1"),
        ([{"category": "OPT", "over_percent": "10"}, {"supplier": "VEGA", "over_percent": "20"}], "2"),
        ([{"supplier": "VEGA", "over_percent": "20"}, {"entity": "HAL", "over_percent": "40"}], "4"),
        ([{"over_amount": "90"}, {"entity": "HAL", "over_percent": "40"}], "1"),
        ([{"entity": "HAL", "under_percent": "40"}], "5"),
    ],
    ids=[
        "percent",
        "percent and amount",
        "category",
        "supplier first",
        "entity first",
        "each inherits",
        "else the setting",
    ],
)
def test_the_tolerances_that_hold_for_invoices_say_how_much_more_may_arrive(
    buying: Buying, rita: Someone, order: str, rows: list[dict[str, str]], most: str
) -> None:
    do(system(), "setting", "orders.over_receipt_percent", "change", value="50")
    for at, row in enumerate(rows):
        buying.enter("tolerance", code=f"RCV-{at}", measure="receipt", **row)
    over = arrived(buying, rita, order, f"{10 + int(most) + 1}")
    with refused(("more_than_ordered", "lines.0.quantity")) as told:
        do(rita.context(), "receipt", over, "post")
    assert f"and {most} more are tolerated" in told[0]
    buying.edit(rita.context(), "receipt", over, lines=[{"line": "1", "quantity": f"{10 + int(most)}"}])
    do(rita.context(), "receipt", over, "post")
    assert progress(order)[2] == "all"


def test_what_goes_back_needs_a_reason_and_cannot_exceed_what_came(buying: Buying, rita: Someone, order: str) -> None:
    posted(buying, rita, order, "4")
    key = arrived(buying, rita, order, "-5")
    with refused(("required", "lines.0.reason"), ("more_than_received", "lines.0.quantity")):
        do(rita.context(), "receipt", key, "post")
    buying.edit(rita.context(), "receipt", key, lines=[{"line": "1", "quantity": "-3", "reason": "Broken glass"}])
    do(rita.context(), "receipt", key, "post")
    assert progress(order) == ("1", "9", "part")


def test_a_receipt_by_mistake_is_reversed_but_not_when_goods_have_gone_back_since(
    buying: Buying, rita: Someone, order: str
) -> None:
    first = posted(buying, rita, order, "4")
    back = posted(buying, rita, order, "-3", reason="Broken glass")
    with refused(("returned_since", None)):
        do(rita.context(), "receipt", first, "reverse", reason="Wrong order")
    do(rita.context(), "receipt", back, "reverse", reason="They are fine")
    do(rita.context(), "receipt", first, "reverse", reason="Wrong order")
    assert progress(order) == ("0", "10", "none")
    assert [event["reason"] for event in events("receipt.reversed")] == ["They are fine", "Wrong order"]


def test_a_service_is_accepted_by_amount_or_percent(buying: Buying, rita: Someone) -> None:
    buying.enter("unit", code="LS", name="Lump sum", decimals=0)
    order = buying.issued(lines=[{**LINES[0], "unit": "LS", "quantity": "1", "unit_price": "1000"}])
    with refused(("by_amount", "lines.0.quantity")):
        arrived(buying, rita, order, "1")
    with refused(("amount_or_percent", "lines.0.amount")):
        arrived(buying, rita, order, amount="5", percent="5")
    posted(buying, rita, order, percent="30")
    with reading("order", order) as row:
        assert (row.lines[0].amount_received, row.received.value) == (Decimal(300), "part")
    key = arrived(buying, rita, order, amount="700.01")
    with refused(("more_than_ordered", "lines.0.amount")):
        do(rita.context(), "receipt", key, "post")
    posted(buying, rita, order)
    with reading("order", order) as row:
        assert (row.lines[0].amount_received, row.received.value) == (Decimal(1000), "all")


def test_whoever_asked_confirms_it_and_others_do_not(buying: Buying, order: str) -> None:
    key = posted(buying, buying.lena, order, "2")
    assert progress(order) == ("2", "8", "part")
    with refused(("unknown_reference", "order")):
        arrived(buying, buying.jana, order, "1")
    assert (sees(buying.lena.context(), "receipt", key), sees(buying.jana.context(), "receipt", key)) == (True, False)


def test_only_what_the_supplier_has_is_received(buying: Buying, rita: Someone, order: str) -> None:
    draft = buying.order()
    with refused(("order_not_issued", "order"), ("unknown_line", "lines.0.line")):
        buying.enter("receipt", rita.context(), order=draft, lines=[{"line": "2", "quantity": "1"}])
    open_one = arrived(buying, rita, order, "1")
    do(buying.nadia.context(), "order", order, "close")
    with refused(("order_not_issued", "order")):
        do(rita.context(), "receipt", open_one, "post")


def test_goods_may_arrive_while_the_next_revision_is_written(buying: Buying, rita: Someone, order: str) -> None:
    do(buying.nadia.context(), "order", order, "amend", reason="Two less")
    posted(buying, rita, order, "9")
    with refused(("received_already", "lines.0.quantity")):
        buying.change(order, quantity="8")
    with refused(("received_already", "lines")):
        buying.edit(buying.nadia.context(), "order", order, lines=[buying.line("5", text="Other")])
    buying.change(order, quantity="9")
    do(buying.nadia.context(), "order", order, "revise", channel="none")
    assert progress(order) == ("9", "0", "all")


def test_short_closing_what_is_still_to_come_makes_it_all(buying: Buying, rita: Someone, order: str) -> None:
    posted(buying, rita, order, "6")
    do(buying.nadia.context(), "order", order, "short_close", line=1, reason="No longer made")
    assert progress(order) == ("6", "0", "all")


def test_what_receipts_come_to_can_be_told_anew_from_facts(buying: Buying, rita: Someone, order: str) -> None:
    from sqlalchemy import text

    from app.infra import unit
    from app.infra.db import db
    from app.infra.intake import find_row
    from app.modules.receipts import service

    posted(buying, rita, order, "4")
    with db.engine.begin() as raw:
        raw.execute(text("UPDATE order_line SET quantity_received = 99"))
    with unit.transaction(system(), "test.rebuild") as bound:
        service.rebuild(bound, find_row(bound, registry["order"], order).id)
    assert progress(order) == ("4", "6", "part")


def test_a_receipt_is_not_posted_for_tomorrow_or_moved_to_another_order(
    buying: Buying, rita: Someone, order: str
) -> None:
    key = arrived(buying, rita, order, "1")
    with refused(("in_the_future", "received_on")):
        buying.edit(rita.context(), "receipt", key, received_on="2026-11-23")
    other = buying.order()
    with refused(("other_order", "order")):
        buying.edit(rita.context(), "receipt", key, order=other)
