"""The course of an order: from requests, decided, issued, amended, closed; what budgets hold all along."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.scenarios.buying import Buying
from tests.slices.doing import audited, events, reading, refused, why_not


def test_an_order_from_a_request_needs_no_second_agreement_and_its_reservation_becomes_a_commitment(
    buying: Buying,
) -> None:
    buying.budget("LAB", "1000")
    request = buying.approved("900")
    key = buying.from_requests(request)
    assert (buying.figures("LAB"), buying.look(request, lambda row: row.ordered.value)) == (("900", "0"), "none")
    buying.act(buying.nadia, key, "submit")
    assert (buying.state_of(key), buying.figures("LAB")) == ("approved", ("900", "0"))
    buying.act(buying.nadia, key, "issue", channel="print")
    assert (buying.state_of(key), buying.figures("LAB")) == ("issued", ("0", "900"))
    assert buying.look(request, lambda row: row.ordered.value) == "all"
    assert [event["revision"] for event in events("order.issued")] == [1]


def test_a_direct_order_reserves_when_it_is_submitted_and_commits_when_it_goes_out(buying: Buying) -> None:
    buying.budget("LAB", "1000")
    buying.order_policy()
    key = buying.order()
    buying.act(buying.nadia, key, "submit")
    assert (buying.state_of(key), buying.figures("LAB")) == ("submitted", ("900", "0"))
    buying.act(buying.sofia, key, "approve")
    buying.act(buying.nadia, key, "issue", channel="print")
    assert (buying.state_of(key), buying.figures("LAB")) == ("issued", ("0", "900"))


def test_without_a_policy_for_orders_a_direct_order_is_refused(buying: Buying) -> None:
    key = buying.order()
    with refused(("no_policy", None)):
        buying.act(buying.nadia, key, "submit")


def test_a_higher_price_than_was_approved_asks_again_and_only_the_increase_is_checked(buying: Buying) -> None:
    buying.budget("LAB", "1000")
    buying.order_policy()
    request = buying.approved("900")
    key = buying.from_requests(request)
    buying.change(key, unit_price="1000")
    buying.act(buying.nadia, key, "submit")
    assert (buying.state_of(key), buying.figures("LAB")) == ("submitted", ("1000", "0"))
    buying.act(buying.nadia, key, "withdraw")
    assert buying.figures("LAB") == ("900", "0")
    buying.change(key, unit_price="1000.01")
    with refused(("over_budget", "lines.0")):
        buying.act(buying.nadia, key, "submit")


def test_whoever_buys_or_asked_does_not_decide(buying: Buying) -> None:
    buying.order_policy(person="lena.fischer")
    request = buying.approved("900")
    key = buying.from_requests(request)
    buying.change(key, unit_price="1200")
    buying.act(buying.nadia, key, "submit")
    buying.grant_approver(buying.lena)
    with refused(("own_request", None)):
        buying.act(buying.lena, key, "approve")


def test_sending_back_and_rejecting_give_the_reservation_back(buying: Buying) -> None:
    buying.budget("LAB", "1000")
    buying.order_policy()
    key = buying.order()
    buying.act(buying.nadia, key, "submit")
    buying.act(buying.sofia, key, "request_changes", reason="Which lens?")
    assert (buying.state_of(key), buying.figures("LAB")) == ("draft", ("0", "0"))
    buying.act(buying.nadia, key, "submit")
    buying.act(buying.sofia, key, "reject", reason="Not this year")
    assert (buying.state_of(key), buying.figures("LAB")) == ("cancelled", ("0", "0"))


def test_a_cancelled_order_gives_what_it_took_back_to_the_request(buying: Buying) -> None:
    buying.budget("LAB", "1000")
    request = buying.approved("900")
    key = buying.from_requests(request)
    buying.act(buying.nadia, key, "submit")
    with refused(("ordered_already", None)):
        buying.do(buying.lena.context(), "request", request, "cancel", reason="Not needed")
    buying.act(buying.nadia, key, "cancel", reason="Wrong supplier")
    assert (buying.left(request), buying.figures("LAB")) == ([Decimal(1)], ("900", "0"))
    second = buying.from_requests(request)
    assert buying.state_of(second) == "draft"


def test_a_supplier_who_is_not_approved_gets_no_order(buying: Buying) -> None:
    buying.enter("supplier", code="NEWCO", name="Newco Lasers", country="AT", currency="EUR", tax_ids=[], contacts=[])
    request = buying.approved("900")
    key = buying.from_requests(request, supplier="NEWCO")
    buying.act(buying.nadia, key, "submit")
    assert why_not(buying.nadia.context(), "order", key, "issue") == ["supplier_not_approved"]
    with refused(("supplier_not_approved", "supplier")):
        buying.act(buying.nadia, key, "issue", channel="print")


def test_closing_frees_what_did_not_come(buying: Buying) -> None:
    buying.budget("LAB", "1000")
    key = buying.issued("900")
    buying.act(buying.nadia, key, "close", reason="The maker is gone")
    assert (buying.state_of(key), buying.figures("LAB")[1]) == ("closed", "0")


def test_a_line_is_short_closed_in_part_and_its_request_can_be_ordered_again(buying: Buying) -> None:
    buying.budget("LAB", "1000")
    request = buying.approved(lines=[buying.line("90", quantity="10")])
    key = buying.from_requests(request)
    buying.act(buying.nadia, key, "submit")
    buying.act(buying.nadia, key, "issue", channel="print")
    buying.act(buying.nadia, key, "short_close", line=1, quantity="4", reason="Six were left")
    assert (buying.left(request), buying.figures("LAB")) == ([Decimal(4)], ("360", "540"))
    assert buying.look(request, lambda row: row.ordered.value) == "part"
    with refused(("more_than_open", "quantity")):
        buying.act(buying.nadia, key, "short_close", line=1, quantity="7", reason="More than open")
    with refused(("unknown_line", "line")):
        buying.act(buying.nadia, key, "short_close", line=2, reason="There is none")
    buying.act(buying.nadia, key, "short_close", line=1, reason="None at all")
    with refused(("nothing_open", "line")):
        buying.act(buying.nadia, key, "short_close", line=1, reason="Again")


def test_the_supplier_answers_with_a_number_and_a_day(buying: Buying) -> None:
    key = buying.issued("900")
    answered: dict[str, Any] = {"answer": "changed", "reference": "AB-77", "promised_for": "2026-12-10"}
    buying.act(buying.nadia, key, "acknowledge", **answered)
    with reading("order", key) as row:
        assert (row.acknowledged_as.value, row.supplier_reference, str(row.promised_for)) == (
            "changed",
            "AB-77",
            "2026-12-10",
        )
        assert row.acknowledged_by == buying.nadia.id
    with refused(("in_the_future", "on")):
        buying.act(buying.nadia, key, "acknowledge", on="2027-01-01")


def test_a_blanket_order_is_called_off_up_to_its_ceiling(buying: Buying) -> None:
    frame = buying.frame("1500")
    first = buying.call_off(frame, "900")
    second = buying.order(blanket=frame)
    with refused(("above_ceiling", "blanket")) as messages:
        buying.act(buying.nadia, second, "submit")
    assert "600" in messages[0]
    buying.change(second, unit_price="600")
    buying.finish(second)
    with reading("order", frame) as row:
        assert row.called_off == Decimal(1500)
    assert (buying.state_of(first), buying.state_of(second)) == ("issued", "issued")
    assert "order.issue" in {command for command, _ in audited("order", frame)}


def test_a_blanket_order_needs_ceiling_and_end_and_calls_off_nothing_itself(buying: Buying) -> None:
    key = buying.order(kind="blanket")
    with refused(("required", "ceiling"), ("required", "valid_until")):
        buying.act(buying.nadia, key, "submit")
    frame, standard = buying.frame("1500"), buying.order()
    with refused(("not_needed", "blanket")):
        buying.order(kind="blanket", blanket=frame)
    with refused(("not_as_blanket", "supplier")):
        buying.order(blanket=frame, supplier="KESTREL")
    with refused(("not_blanket", "blanket")):
        buying.order(blanket=standard)
    with refused(("not_needed", "ceiling")):
        buying.order(ceiling="5")


def test_a_call_off_waits_for_its_blanket_order(buying: Buying) -> None:
    frame = buying.order(kind="blanket", ceiling="500", valid_until="2027-01-31")
    key = buying.order(blanket=frame)
    with refused(("blanket_not_issued", "blanket"), ("above_ceiling", "blanket")):
        buying.act(buying.nadia, key, "submit")


def test_two_buyers_see_one_order_each_in_their_region(buying: Buying) -> None:
    key = buying.order()
    with reading("order", key, buying.nadia.context()) as row:
        assert row is not None
    with reading("order", key, buying.lena.context()) as row:
        assert row is None
    request = buying.approved("100")
    theirs = buying.from_requests(request)
    with reading("order", theirs, buying.lena.context()) as row:
        assert row is not None
