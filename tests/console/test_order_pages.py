"""The pages of orders and receipts: out of a request, out to the supplier, received in one press, and one way through all."""

from __future__ import annotations

import pytest

from app.console.words import NOTHING
from tests.acting import system
from tests.console.browsing import form, inside, post, text
from tests.scenarios.buying import Buying


@pytest.fixture
def buying(opened):
    return opened(Buying)


@pytest.fixture
def within(app, buying):
    return inside(app, buying)


def ordered(within, **line):
    """Let Lena ask for ten lamps, and Nadia order them."""
    lines = [{"text": "Lamp", "quantity": "10", "unit": "C62", "unit_price": "90", "category": "OPT", **line}]
    return within(lambda office: office.issued(lines=lines))


def test_an_approved_request_is_ordered_from_its_page(client, buying, within):
    request = within(lambda office: office.approved("900", supplier="VEGA"))
    nadia = client(buying.nadia)
    page = nadia.get(f"/requests/{request}")
    assert f'href="/orders/new?requests={request}"' in page.text
    drawn = nadia.get(f"/orders/new?requests={request}")
    sent = form(drawn, ident="form")
    assert (sent["supplier"], sent["lines-0-quantity"], sent["lines-0-unit_price"]) == ("VEGA", "1", "900")
    assert (sent["sources-0-request"], sent["sources-0-line"], sent["sources-0-quantity"]) == (request, "1", "1")
    answer = post(nadia, "/orders/new", sent)
    key = answer.headers["Location"].rpartition("/")[2]
    told = text(nadia.get(f"/orders/{key}"))
    assert f"For {request}, 1" in told
    assert "Related documents" in told
    assert key in text(nadia.get(f"/requests/{request}"))
    assert f'href="/orders/new?requests={request}"' not in nadia.get(f"/requests/{request}").text


def test_what_is_empty_is_shown_as_long_as_it_can_be_filled_in(client, buying, within):
    draft, issued = within(lambda office: office.order()), within(lambda office: office.issued())
    nadia = client(buying.nadia)
    pages = {key: text(nadia.get(f"/orders/{key}")) for key in (draft, issued)}
    assert [("Note to supplier" in page, "Deliver to" in page) for page in pages.values()] == [
        (True, True),
        (False, True),
    ]


def test_whoever_only_asks_is_offered_no_order(client, buying, within):
    request = within(lambda office: office.approved("900"))
    page = client(buying.lena).get(f"/requests/{request}")
    assert "/orders/new" not in page.text


def test_everything_open_is_received_with_one_press(client, buying, within):
    key = ordered(within)
    rita = client(within(lambda office: office.person("rita.kral", "Receiver", cost_centre="HAL-0")))
    assert f'href="/receipts/new?order={key}"' in rita.get(f"/orders/{key}").text
    drawn = rita.get(f"/receipts/new?order={key}")
    assert "10 open of 10" in text(drawn)
    sent = form(drawn, ident="form")
    assert sent["lines-0-quantity"] == "10"
    answer = post(rita, "/receipts/new", {**sent, "lines-0-quantity": "4", "then": "post"})
    receipt = answer.headers["Location"]
    told = text(rita.get(receipt))
    assert ("posted" in told, key in told, "Posted" in told) == (True, True, True)
    assert "4 of 10" in text(rita.get(f"/orders/{key}"))
    assert "6 open of 10" in text(rita.get(f"/receipts/new?order={key}"))


def test_too_much_stays_a_draft_and_says_why(client, buying, within):
    key = ordered(within)
    lena = client(buying.lena)
    sent = form(lena.get(f"/receipts/new?order={key}"), ident="form")
    answer = post(lena, "/receipts/new", {**sent, "lines-0-quantity": "11", "then": "post"})
    told = text(lena.get(answer.headers["Location"]))
    assert ("is a draft: 10 are still open" in told, "Draft" in told) == (True, True)


def test_a_part_of_a_delivery_is_sent_back_from_its_page(client, buying, within):
    key = ordered(within)
    lena = client(buying.lena)
    sent = form(lena.get(f"/receipts/new?order={key}"), ident="form")
    came = post(lena, "/receipts/new", {**sent, "lines-0-quantity": "4", "then": "post"}).headers["Location"]
    [receipt] = [part for part in came.split("/") if part.startswith("RCV-")]
    assert f'href="/receipts/new?back={receipt}"' in lena.get(came).text
    drawn = lena.get(f"/receipts/new?back={receipt}")
    assert "4 left of 4" in text(drawn)
    sent = form(drawn, ident="form")
    assert sent["lines-0-came_with"] == receipt
    wrong = post(lena, "/receipts/new", {**sent, "lines-0-quantity": "two", "then": "post"})
    assert (wrong.status_code, 'value="two"' in wrong.text) == (422, True)
    given = {"lines-0-quantity": "3", "lines-0-reason": "Broken glass", "then": "post"}
    answer = post(lena, "/receipts/new", {**sent, **given})
    assert answer.status_code == 303, text(answer)[:3000]
    back = answer.headers["Location"]
    told = text(lena.get(back))
    assert ("posted" in told, "Broken glass" in told, "-3" in told or "\u22123" in told) == (True, True, True)
    assert "1 left of 4" in text(lena.get(f"/receipts/new?back={receipt}"))
    assert "1 of 10" in text(lena.get(f"/orders/{key}"))
    sent = form(lena.get(f"/receipts/new?back={receipt}"), ident="form")
    more = post(lena, "/receipts/new", {**sent, **given, "lines-0-quantity": "2"}).headers["Location"]
    assert "is a draft: Only 1 of what came with" in text(lena.get(more))


def test_what_is_typed_wrongly_is_shown_at_its_line(client, buying, within):
    key = ordered(within)
    lena = client(buying.lena)
    sent = form(lena.get(f"/receipts/new?order={key}"), ident="form")
    answer = post(lena, "/receipts/new", {**sent, "lines-0-quantity": "four", "then": "post"})
    assert answer.status_code == 422
    assert "enter a number such as" in text(answer)
    assert 'value="four"' in answer.text


def test_revisions_are_compared_on_the_page_and_their_papers_fetched(client, buying, within):
    key = ordered(within)

    def amend(office):
        office.act(office.nadia, key, "amend", reason="Another day")
        office.edit(office.nadia.context(), "order", key, note="Ring at the gate")
        office.act(office.nadia, key, "revise", channel="none")

    within(amend)
    nadia = client(buying.nadia)
    told = text(nadia.get(f"/orders/{key}"))
    assert "Revision 1 to 2 : Another day" in told or "Revision 1 to 2: Another day" in told
    assert "Ring at the gate" in told
    pdf = nadia.get(f"/orders/{key}/papers/1/pdf")
    assert (pdf.data[:5], pdf.mimetype) == (b"%PDF-", "application/pdf")
    assert nadia.get(f"/orders/{key}/papers/2/xml").mimetype == "application/xml"
    assert nadia.get(f"/orders/{key}/papers/3/xml").status_code == 404
    assert nadia.get(f"/orders/{key}?from=2&to=1").status_code == 200


def test_a_blanket_order_leads_to_a_call_off_in_its_terms(client, buying, within):
    frame = within(lambda office: office.frame("1500"))
    nadia = client(buying.nadia)
    assert f'href="/orders/new?blanket={frame}"' in nadia.get(f"/orders/{frame}").text
    sent = form(nadia.get(f"/orders/new?blanket={frame}"), ident="form")
    assert (sent["blanket"], sent["supplier"], sent["kind"]) == (frame, "VEGA", "standard")


def test_nothing_is_called_off_an_order_that_is_no_blanket_order(client, buying, within):
    order = ordered(within)
    page = client(buying.nadia).get(f"/orders/{order}").text
    assert "Related documents" in page
    assert f"blanket={order}" not in page


def test_only_a_reader_of_all_requests_is_told_that_an_order_has_none(client, buying, within):
    def audited(office):
        erik = office.person("erik.lind")
        office.do(system(), "person", "erik.lind", "grant", role="Auditor")
        return erik

    frame = within(lambda office: office.frame("1500"))
    erik = client(within(audited))
    assert f"Request {NOTHING} Order {frame}" in text(erik.get(f"/orders/{frame}"))
    assert f"Request None shown Order {frame}" in text(client(buying.nadia).get(f"/orders/{frame}"))
