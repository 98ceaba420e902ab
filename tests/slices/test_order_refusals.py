"""What an order or a receipt is refused for, with the words that say what to do instead."""

from __future__ import annotations

from tests.acting import system
from tests.scenarios.buying import Buying
from tests.slices.doing import do, edit, refused


def test_what_cannot_be_written_is_told_at_its_field(buying: Buying) -> None:
    with refused(("bad_instalments", "instalments")):
        buying.order(instalments="half now, half later")
    with refused(("negative", "lines.0.unit_price"), ("too_many_decimals", "lines.0.quantity")):
        buying.order(lines=[buying.line("-1", quantity="1.5")])
    with refused(("unknown_line", "splits.0.line")):
        buying.order(splits=[{"line": 2, "cost_centre": "LAB", "percent": "100"}])
    with refused(("unknown_reference", "lines.0.cost_centre")):
        buying.order(lines=[buying.line("5", cost_centre="FAR")])


def test_charges_and_deposits_are_written_one_way_and_told_at_their_fields(buying: Buying) -> None:
    charges = [{"kind": "freight", "amount": "0"}, {"kind": "other", "amount": "1.005"}]
    with refused(
        ("percent_or_amount", "deposit_amount"),
        ("not_positive", "extra_charges.0.amount"),
        ("too_many_decimals", "extra_charges.1.amount"),
    ):
        buying.order(deposit_percent="10", deposit_amount="90", extra_charges=charges)
    with refused(("out_of_range", "deposit_percent")):
        buying.order(deposit_percent="100.5")
    with refused(("not_positive", "deposit_amount")):
        buying.order(deposit_amount="-1")
    with refused(("not_needed", "extra_charges"), ("not_needed", "deposit_percent")):
        frame = {"kind": "blanket", "ceiling": "500", "valid_until": "2027-01-31"}
        buying.order(**frame, deposit_percent="10", extra_charges=[{"kind": "freight", "amount": "5"}])


def test_no_more_is_paid_before_delivery_than_the_order_comes_to(buying: Buying) -> None:
    buying.order_policy()
    key = buying.order("900", deposit_amount="945.01", extra_charges=[{"kind": "packing", "amount": "45"}])
    with refused(("above_total", "deposit_amount")):
        do(buying.nadia.context(), "order", key, "submit")
    edit(buying.nadia.context(), "order", key, deposit_amount="945")
    do(buying.nadia.context(), "order", key, "submit")
    assert buying.state_of(key) == "submitted"


def test_only_approved_requests_are_ordered_and_only_what_is_left_of_them(buying: Buying) -> None:
    waiting, agreed = buying.submitted("100"), buying.approved("100")
    order = buying.from_requests(agreed)
    with refused(("request_not_approved", "request")):
        do(buying.nadia.context(), "order", order, "add_request", request=waiting)
    with refused(("nothing_left", "request")):
        do(buying.nadia.context(), "order", order, "add_request", request=agreed)
    source = {"line": 1, "request": waiting, "request_line": 1, "quantity": "1"}
    with refused(("request_not_approved", "sources.0.request")):
        buying.order(sources=[source])
    with refused(("unknown_line", "sources.0.request_line")):
        buying.order(sources=[{**source, "request": agreed, "request_line": 7}])


def test_a_ceiling_does_not_fall_below_what_was_called_off_and_holds_from_its_first_day(buying: Buying) -> None:
    frame = buying.frame("1500")
    buying.call_off(frame, "900")
    do(buying.nadia.context(), "order", frame, "amend", reason="Less")
    with refused(("below_called_off", "ceiling")):
        edit(buying.nadia.context(), "order", frame, ceiling="899")
    do(buying.nadia.context(), "order", frame, "abandon")
    later = buying.finish(
        buying.order(kind="blanket", ceiling="500", valid_from="2027-01-01", valid_until="2027-06-30")
    )
    called = buying.order("90", blanket=later)
    with refused(("not_yet_valid", "blanket")):
        do(buying.nadia.context(), "order", called, "submit")


def test_goods_are_counted_and_not_valued(buying: Buying) -> None:
    order = buying.issued("900")
    with refused(("by_quantity", "lines.0.quantity")):
        buying.enter("receipt", system(), order=order, lines=[{"line": "1", "percent": "50"}])


def test_a_receipt_without_lines_is_not_posted(buying: Buying) -> None:
    order = buying.issued("900")
    key = buying.enter("receipt", system(), order=order, lines=[])
    with refused(("no_lines", "lines")):
        do(system(), "receipt", key, "post")
