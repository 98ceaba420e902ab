"""Scenarios of the acceptance list about orders and receipts, in our own words; rulings stand in docs/decisions/21."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.modules.orders.domain import amounts
from tests.acting import Someone, context_of, system
from tests.scenarios.buying import Buying
from tests.slices.doing import do, edit, reading, refused


def line(quantity: str = "10", price: str = "500", **changes: Any) -> dict[str, Any]:
    return {"text": "Lens", "quantity": quantity, "unit": "C62", "unit_price": price, "category": "OPT", **changes}


def ten_percent(buying: Buying) -> str:
    return buying.enter("tax_code", code="AT10", name="10 %", country="AT", category="S", rate="10")


def receive(buying: Buying, order: str, quantity: str, **changes: Any) -> str:
    receiver: Someone = buying.__dict__.setdefault("_rita", None) or buying.person("rita.kral", "Receiver")
    buying.__dict__["_rita"] = receiver
    lines = [{"line": "1", "quantity": quantity, **changes}]
    key = buying.enter("receipt", receiver.context(), order=order, lines=lines)
    do(receiver.context(), "receipt", key, "post")
    return key


def first(order: str, *names: str) -> tuple[str, ...]:
    with reading("order", order) as row:
        return tuple(f"{getattr(row.lines[0], name).normalize():f}" for name in names)


def sums(order: str) -> tuple[str, str, str]:
    with reading("order", order) as row:
        return f"{row.net_total:.2f}", f"{row.tax_total:.2f}", f"{row.total:.2f}"


def test_req_07_two_requests_in_one_line_are_bought_in_the_supplier_s_least_quantity(buying: Buying) -> None:
    least = {
        "supplier": "VEGA",
        "currency": "EUR",
        "unit_price": "4",
        "minimum_quantity": "5",
        "valid_from": "2026-01-01",
    }
    buying.enter("item", code="CLIP", name="Clip", category="OPT", unit="C62", prices=[least])
    asked = [buying.approved(lines=[buying.line("4", item="CLIP", text="Clip", quantity="3")]) for _ in range(2)]
    order = buying.from_requests(asked[0], supplier="VEGA")
    edit(buying.nadia.context(), "order", order, lines=[{**buying.lines_of(order)[0], "quantity": "5"}])
    do(buying.nadia.context(), "order", order, "add_request", request=asked[1])
    with reading("order", order) as row:
        assert [each.quantity for each in row.lines] == [Decimal(6)]
        assert [(each.request.number, each.quantity) for each in row.sources] == [(key, Decimal(3)) for key in asked]


def test_req_09_a_line_keeps_who_pays_for_it(buying: Buying) -> None:
    parts = [{"line": 1, "cost_centre": "IT", "project": None, "percent": "100"}]
    order = buying.from_requests(buying.approved("90", splits=parts))
    with reading("order", order) as row:
        assert [(each.line, each.cost_centre.code, each.percent) for each in row.splits] == [(1, "IT", Decimal(100))]


def test_req_11_part_of_a_service_is_done_and_the_rest_is_given_up_and_open_again(buying: Buying) -> None:
    request = buying.approved(lines=[buying.line("95", quantity="2", unit="HUR", text="Alignment")])
    order = buying.finish(buying.from_requests(request))
    receive(buying, order, "0.5")
    do(buying.nadia.context(), "order", order, "close", reason="The fitter is ill")
    assert first(order, "quantity_received", "short_closed_quantity") == ("0.5", "1.5")
    assert buying.left(request) == [Decimal("1.5")]


def test_req_15_one_of_two_orders_is_cancelled_and_the_request_goes_on(buying: Buying) -> None:
    two = [
        buying.line("9", quantity="4", supplier="VEGA"),
        buying.line("7", quantity="2", supplier="KESTREL", text="Bolt"),
    ]
    request = buying.approved(lines=two)
    sources = [{"line": 1, "request": request, "request_line": at, "quantity": q} for at, q in ((1, "4"), (2, "2"))]
    vega = buying.order(lines=two[:1] and [buying.line("9", quantity="4")], sources=sources[:1])
    other = buying.order(supplier="KESTREL", lines=[buying.line("7", quantity="2", text="Bolt")], sources=sources[1:])
    do(buying.nadia.context(), "order", vega, "cancel", reason="Too late")
    assert (buying.state(request), buying.left(request)) == ("approved", [Decimal(4), Decimal(0)])
    buying.finish(other)
    assert buying.look(request, lambda row: row.ordered.value) == "part"
    do(buying.lena.context(), "request", request, "close")
    assert buying.state(request) == "closed"


def test_req_17_something_without_item_and_price_is_ordered_and_its_request_points_to_it(buying: Buying) -> None:
    request = buying.approved(lines=[buying.line("0", text="Custom product")])
    order = buying.from_requests(request)
    with reading("order", order) as row:
        assert [(each.text, each.quantity, each.unit_price) for each in row.lines] == [("Custom product", 1, 0)]
    with refused(("ordered_already", None)):
        do(buying.lena.context(), "request", request, "cancel", reason="No")


def test_ord_01_net_tax_and_total_and_who_did_what(buying: Buying) -> None:
    ten_percent(buying)
    buying.order_policy()
    order = buying.order(lines=[line(quantity, "5", tax_code="AT10") for quantity in ("2", "3")])
    assert sums(order) == ("25.00", "2.50", "27.50")
    buying.finish(order)
    with reading("order", order) as row:
        assert (row.buyer.code, row.revisions[0].issued_by) == ("nadia.brandt", buying.nadia.id)


def test_ord_05_a_service_that_is_not_received_stands_at_none(buying: Buying) -> None:
    buying.order_policy()
    order = buying.finish(buying.order(lines=[line("1", "10", received_by="nothing")]))
    with refused(("not_received", "lines.0.line")):
        buying.enter("receipt", system(), order=order, lines=[{"line": "1", "quantity": "1"}])
    with reading("order", order) as row:
        assert row.received.value == "none"


def test_ord_07_one_order_buys_and_sends_back(buying: Buying) -> None:
    buying.budget("LAB", "100")
    buying.order_policy()
    order = buying.finish(buying.order(lines=[line("7", "5"), line("-2", "5", text="Wrong lens")]))
    assert (sums(order)[0], buying.figures("LAB")) == ("25.00", ("0", "35"))
    receive(buying, order, "7")
    key = buying.enter("receipt", system(), order=order, lines=[{"line": "2", "quantity": "-2"}])
    do(system(), "receipt", key, "post")
    with reading("order", order) as row:
        assert ([each.quantity_received for each in row.lines], row.received.value) == ([7, -2], "all")


def test_ord_09_a_supplier_abroad_is_ordered_from_without_domestic_tax(buying: Buying) -> None:
    ten_percent(buying)
    buying.enter("supplier", code="BRNO-S", name="Moravia Glass", country="CZ", currency="EUR", tax_ids=[], contacts=[])
    order = buying.order(lines=[line("3", "5", tax_code="AT10")])
    assert sums(order) == ("15.00", "1.50", "16.50")
    edit(buying.nadia.context(), "order", order, supplier="BRNO-S")
    assert sums(order) == ("15.00", "0.00", "15.00")


def test_ord_11_over_receipt_is_tolerated_and_a_receipt_can_be_taken_back(buying: Buying) -> None:
    order = buying.issued(lines=[line()])
    receive(buying, order, "4")
    assert first(order, "quantity_open") == ("6",)
    do(system(), "setting", "orders.over_receipt_percent", "change", value="50")
    second = receive(buying, order, "8")
    with reading("order", order) as row:
        assert (row.received.value, row.lines[0].quantity_received) == ("all", Decimal(12))
    do(system(), "receipt", second, "reverse", reason="Counted twice")
    assert first(order, "quantity_open", "quantity_received") == ("6", "4")


def test_ord_13_a_changed_line_changes_what_the_request_has_left(buying: Buying) -> None:
    request = buying.approved(lines=[line(price="200")])
    order = buying.from_requests(request)
    buying.change(order, quantity="4", unit_price="500")
    assert buying.left(request) == [Decimal(6)]
    buying.change(order, quantity="7", unit_price="200")
    assert (sums(order)[0], buying.left(request)) == ("1400.00", [Decimal(3)])


def test_ord_15_a_received_line_stays_and_an_open_one_may_go(buying: Buying) -> None:
    order = buying.issued(lines=[line("2", "5"), line("3", "5", text="Screw")])
    receive(buying, order, "2")
    do(buying.nadia.context(), "order", order, "amend", reason="No screws")
    lines = buying.lines_of(order)
    with refused(("received_already", "lines")):
        edit(buying.nadia.context(), "order", order, lines=lines[1:])
    edit(buying.nadia.context(), "order", order, lines=lines[:1])
    do(buying.nadia.context(), "order", order, "revise", channel="none")
    with reading("order", order) as row:
        assert [each.quantity_open for each in row.lines] == [Decimal(0)]


def test_ord_23_terms_in_instalments_share_the_total_out_by_day(buying: Buying) -> None:
    order = buying.issued(lines=[line()])
    with reading("order", order) as row:
        total, plan = amounts.totals(row.lines, "EUR").gross, amounts.instalments_of("50 % 0, 50 % 30")
        shares = amounts.due(total, plan, row.ordered_on)
    assert [(str(day), f"{part.amount:.2f}") for day, part in shares] == [
        ("2026-11-22", "2500.00"),
        ("2026-12-22", "2500.00"),
    ]


def test_ord_25_closing_an_order_that_never_came_leaves_nothing_open(buying: Buying) -> None:
    request = buying.approved(lines=[line("1", "90")])
    order = buying.finish(buying.from_requests(request))
    assert (first(order, "quantity_open"), buying.left(request)) == (("1",), [Decimal(0)])
    do(buying.nadia.context(), "order", order, "close")
    assert (first(order, "quantity_open"), buying.left(request)) == (("0",), [Decimal(1)])


def test_ord_27_a_frame_that_ended_yesterday_is_not_agreed_on(buying: Buying) -> None:
    buying.order_policy()
    frame = buying.order(kind="blanket", ceiling="500", valid_until="2026-11-21")
    with refused(("expired", "valid_until")):
        buying.act(buying.nadia, frame, "submit")
    edit(buying.nadia.context(), "order", frame, valid_until="2026-11-23")
    assert buying.state_of(buying.finish(frame)) == "issued"
    later = context_of(buying.nadia.context().actor, now=datetime(2026, 11, 24, 9, tzinfo=UTC))
    called = buying.order("90", blanket=frame)
    with refused(("expired", "blanket")):
        do(later, "order", called, "submit")


def test_ord_31_discounts_are_taken_one_after_the_other(buying: Buying) -> None:
    buying.enter("tax_code", code="AT15", name="15 %", country="AT", category="S", rate="15")
    order = buying.order(lines=[line("1", "600", tax_code="AT15", discounts="50+50+50")])
    assert sums(order)[:2] == ("75.00", "11.25")
    for discounts, expected in (("50+50", ("150.00", "22.50")), ("-50+50", ("450.00", "67.50"))):
        buying.change(order, discounts=discounts)
        assert sums(order)[:2] == expected
    with refused(("bad_discounts", "lines.0.discounts")):
        buying.change(order, discounts="half")


def test_ord_33_a_price_list_names_net_prices_by_quantity(buying: Buying) -> None:
    order = buying.order(lines=[{"item": "LAMP", "quantity": "1"}])
    many = buying.order(lines=[{"item": "LAMP", "quantity": "10"}])
    assert (sums(order)[0], sums(many)[0]) == ("90.00", "800.00")
