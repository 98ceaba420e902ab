"""Amending an order: what is harmless goes out at once, what matters is decided, and what is dropped leaves no trace."""

from __future__ import annotations

from decimal import Decimal

from app.modules.orders.domain.revisions import compare
from tests.scenarios.buying import Buying
from tests.slices.doing import reading, refused


def amended(buying: Buying, price: str = "900") -> str:
    key = buying.issued(price)
    buying.act(buying.nadia, key, "amend", reason="Another lens")
    return key


def test_a_harmless_change_goes_out_at_once_as_the_next_revision(buying: Buying) -> None:
    buying.order_policy()
    key = amended(buying)
    buying.edit(buying.nadia.context(), "order", key, note="Ring at the gate")
    buying.act(buying.nadia, key, "revise", channel="print")
    assert buying.state_of(key) == "issued"
    with reading("order", key) as row:
        assert [(each.number, each.reason) for each in row.revisions] == [(1, None), (2, "Another lens")]
        found = compare(row.revisions[0].content, row.revisions[1].content)
        assert [(each.where, each.before, each.after) for each in found] == [("Note", "", "Ring at the gate")]
        assert row.revisions[0].hash != row.revisions[1].hash


def test_a_higher_price_is_decided_first_and_the_supplier_s_revision_holds_meanwhile(buying: Buying) -> None:
    buying.budget("LAB", "2000")
    buying.order_policy()
    key = amended(buying)
    buying.change(key, unit_price="1500")
    assert buying.figures("LAB") == ("0", "900")
    buying.act(buying.nadia, key, "revise", channel="print")
    assert (buying.state_of(key), buying.figures("LAB")) == ("submitted", ("600", "900"))
    buying.act(buying.sofia, key, "approve")
    buying.act(buying.nadia, key, "issue", channel="print")
    assert (buying.state_of(key), buying.figures("LAB")) == ("issued", ("0", "1500"))
    with reading("order", key) as row:
        [difference] = [
            each
            for each in compare(row.revisions[0].content, row.revisions[1].content)
            if each.where == "Line 1: unit price"
        ]
        assert (difference.before, difference.after) == ("900", "1500")


def test_an_increase_that_the_budget_does_not_have_is_refused(buying: Buying) -> None:
    buying.budget("LAB", "1000")
    buying.order_policy()
    key = amended(buying)
    buying.change(key, unit_price="1000.01")
    with refused(("over_budget", "lines.0")):
        buying.act(buying.nadia, key, "revise", channel="print")
    buying.change(key, unit_price="1000")
    buying.act(buying.nadia, key, "revise", channel="print")
    assert buying.state_of(key) == "submitted"


def test_a_rejected_change_can_be_dropped_and_the_order_is_what_it_was(buying: Buying) -> None:
    buying.budget("LAB", "2000")
    buying.order_policy()
    key = amended(buying)
    added = [*buying.lines_of(key), buying.line("300", text="Another thing")]
    added[0] |= {"unit_price": "1000", "text": "Better filter set"}
    buying.edit(buying.nadia.context(), "order", key, lines=added, note="Changed")
    buying.act(buying.nadia, key, "revise", channel="print")
    buying.act(buying.sofia, key, "reject", reason="Too dear")
    assert (buying.state_of(key), buying.figures("LAB")) == ("amending", ("0", "900"))
    buying.act(buying.nadia, key, "abandon")
    with reading("order", key) as row:
        assert (row.state, row.revision, row.note, row.net_total) == ("issued", 1, None, Decimal(900))
        assert [(line.text, line.unit_price) for line in row.lines] == [("Filter set", Decimal(900))]
    assert buying.figures("LAB") == ("0", "900")


def test_a_line_that_was_taken_out_comes_back_when_the_change_is_dropped(buying: Buying) -> None:
    request = buying.approved(lines=[buying.line("90", quantity="10"), buying.line("5", text="Screw")])
    key = buying.finish(buying.from_requests(request))
    buying.act(buying.nadia, key, "amend", reason="Screws are here")
    with reading("order", key) as row:
        before = [line.id for line in row.lines]
    buying.edit(buying.nadia.context(), "order", key, lines=buying.lines_of(key)[:1])
    assert buying.left(request) == [Decimal(0), Decimal(1)]
    buying.act(buying.nadia, key, "abandon")
    with reading("order", key) as row:
        assert [line.id for line in row.lines] == before
        assert [(source.line, source.request_line) for source in row.sources] == [(1, 1), (2, 2)]
    assert buying.left(request) == [Decimal(0), Decimal(0)]


def test_parts_and_requests_follow_their_line_when_another_one_goes(buying: Buying) -> None:
    request = buying.approved(lines=[buying.line("5", text="Screw"), buying.line("90", quantity="10")])
    key = buying.from_requests(request)
    half = [{"line": 2, "cost_centre": code, "percent": "50"} for code in ("LAB", "IT")]
    buying.edit(buying.nadia.context(), "order", key, splits=half)
    buying.edit(buying.nadia.context(), "order", key, lines=buying.lines_of(key)[1:])
    with reading("order", key) as row:
        assert [(split.line, split.cost_centre.code) for split in row.splits] == [(1, "LAB"), (1, "IT")]
        assert [(source.line, source.request_line, source.quantity) for source in row.sources] == [(1, 2, Decimal(10))]


def test_what_the_supplier_has_is_not_cancelled(buying: Buying) -> None:
    buying.order_policy()
    key = amended(buying)
    buying.change(key, unit_price="1500")
    buying.act(buying.nadia, key, "revise", channel="print")
    buying.act(buying.sofia, key, "approve")
    with refused(("issued_already", None)):
        buying.act(buying.nadia, key, "cancel", reason="No")
    buying.act(buying.nadia, key, "withdraw")
    assert buying.state_of(key) == "amending"
