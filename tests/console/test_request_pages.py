"""The pages of requests: the form tells what will happen, keeps itself as a draft, submits in one go, and is read later."""

from __future__ import annotations

import html
import json
import re

import pytest

from app.infra import scope, unit
from app.kernel.resource import registry
from tests.console.browsing import form, inside, post, text
from tests.scenarios.office import Office


@pytest.fixture
def office(opened):
    return opened(Office)


@pytest.fixture
def within(app, office):
    return inside(app, office)


@pytest.fixture
def lena(office, client):
    return client(office.lena)


FILLED = {
    "title": "Fluorescence upgrade",
    "reason": "The lamp cannot separate the two channels.",
    "cost_centre": "LAB",
    "currency": "EUR",
    "deliver_to": "WIEN",
}


def line(at=0, **changes):
    values = {"id": "", "item": "", "text": "Filter set", "quantity": "2", "unit": "C62", "unit_price": "450"}
    values |= {"category": "OPT", **changes}
    return {f"lines-{at}-{name}": value for name, value in values.items()}


def mark(page):
    return {"repeat": form(page, ident="form")["repeat"]}


def told(page):
    """Read what the rail says, and what it fills in."""
    found = re.search(
        r'data-fills="([^"]*)" data-total="([^"]*)" data-currency="([^"]*)" data-approvers="([^"]*)"', page.text
    )
    return json.loads(html.unescape(found[1])), html.unescape(found[2]), html.unescape(found[4])


def only_request(within):
    def found(office):
        with unit.reading(office.lena.context()) as bound:
            rows = bound.session.scalars(scope.select_rows(bound, registry["request"])).all()
            return [(row.number, row.title, row.state, len(row.lines)) for row in rows]

    return within(found)


def test_the_form_begins_with_ones_own_cost_centre_its_currency_and_one_empty_line(lena):
    page = lena.get("/requests/new")
    sent = form(page, ident="form")
    assert page.status_code == 200
    assert (sent["cost_centre"], sent["currency"]) == ("LAB", "EUR")
    assert (sent["lines-0-quantity"], sent["lines-0-text"], sent["lines-count"]) == ("1", "", "1")


def test_the_rail_tells_the_total_the_approvers_with_reasons_and_the_budget(lena, within):
    within(lambda office: office.budget("LAB", "20000"))
    page = post(lena, "/requests/preview", {**FILLED, **line(quantity="1", unit_price="6000")})
    words = text(page)
    assert told(page)[1:] == ("6\u00a0000.00", "2\u00a0approvers")
    assert "Cost-centre owner Sofia Rossi Every request" in words
    assert "Purchasing Omar Haddad Over 5 000 EUR" in words
    assert "14\u00a0000.00\u00a0EUR left" in page.text
    assert "Fits the budget" in words
    assert "Attach two quotes above 3 000 EUR" in words


def test_the_rail_names_what_stands_against_it(lena, within):
    within(lambda office: office.budget("LAB", "500"))
    words = text(post(lena, "/requests/preview", {**FILLED, **line(category="BOOM")}))
    assert "Explosives are not bought" in words
    assert "Fits the budget" not in words
    assert "400.00\u00a0EUR over" in post(lena, "/requests/preview", {**FILLED, **line()}).text


def test_an_item_of_the_catalogue_brings_its_price_unit_category_account_and_tax(lena):
    page = post(lena, "/requests/preview", {**FILLED, "lines-4-item": "LAMP", "lines-4-quantity": "10"})
    [known] = told(page)[0]
    assert (known["at"], known["text"], known["unit_price"], known["account"]) == (4, "Lamp 532 nm", "80", "5012")
    assert [known[name]["id"] for name in ("unit", "category", "tax_code")] == ["C62", "OPT", "AT20"]
    assert told(page)[1] == "800.00"


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"title": "x", "currency": "XXX", "cost_centre": "nowhere"},
        {**FILLED, **line(quantity="many", unit_price="-1")},
        {**FILLED, **line(quantity="9999999999999", unit_price="9999999999999")},
        {**FILLED, **line(), "splits-0-line": "1", "splits-0-cost_centre": "IT", "splits-0-percent": "300"},
        {**FILLED, **line(), "splits-0-line": "9", "splits-0-cost_centre": "FAR", "unheard_of": "1"},
        {**FILLED, "needed_by": "yesterday", **line(text="\x07")},
    ],
)
def test_the_rail_answers_whatever_is_typed(lena, typed):
    page = post(lena, "/requests/preview", typed)
    assert page.status_code == 200
    assert "What happens when you submit" in page.text


def test_what_the_rail_says_is_what_submitting_does(lena, within):
    within(lambda office: office.budget("LAB", "20000"))
    typed = {**FILLED, **line(quantity="3", unit_price="2100.50")}
    page = post(lena, "/requests/preview", typed)
    answer = post(lena, "/requests/new", {**typed, "then": "submit"})
    key = answer.headers["Location"].rpartition("/")[2]
    assert within(lambda office: office.look(key, lambda row: f"{row.total.normalize():f}")) == "6301.5"
    assert told(page)[1] == "6\u00a0301.50"
    assert within(lambda office: office.waits_for(key)) == ["sofia.rossi"]
    assert within(lambda office: list(office.reserved().values())) == ["6301.5"]
    assert "13\u00a0698.50\u00a0EUR left" in page.text
    assert "13\u00a0698.50\u00a0EUR</b> left of" in lena.get(f"/requests/{key}").text


def test_the_first_thing_typed_makes_the_draft_and_later_ones_are_kept_in_it(lena, within):
    typed = {**FILLED, **mark(lena.get("/requests/new"))}
    first = post(lena, "/requests/draft", typed).json
    assert first["said"].startswith(f"Saved as draft {first['key']} at ")
    assert (first["version"], first["edit"]) == (1, f"/requests/{first['key']}/edit")
    second = post(lena, first["keep"], {**typed, "version": "1", **line(0), **line(1, text="")}).json
    assert (second["version"], list(second["ids"])) == (2, ["lines-0-id", "lines-1-id"])
    third = post(lena, first["keep"], {**typed, "version": "2", **line(0, id=second["ids"]["lines-0-id"])}).json
    assert third["ids"] == {"lines-0-id": second["ids"]["lines-0-id"]}
    assert only_request(within) == [(first["key"], "Fluorescence upgrade", "draft", 1)]


def test_a_draft_whose_answer_was_lost_is_not_made_twice(lena, within):
    typed = {**FILLED, **mark(lena.get("/requests/new"))}
    first = post(lena, "/requests/draft", typed).json
    again = post(lena, "/requests/draft", {**typed, "title": "Fluorescence, channel 2"}).json
    assert again["key"] == first["key"]
    assert only_request(within) == [(first["key"], "Fluorescence, channel 2", "draft", 0)]


def test_a_draft_that_somebody_else_saved_is_not_overwritten_unasked(lena, within):
    key = within(lambda office: office.ask())
    typed = {**FILLED, **line(), "version": "1"}
    within(lambda office: office.edit(office.lena.context(), "request", key, title="Another title"))
    refused = post(lena, f"/requests/{key}/draft", typed)
    assert refused.status_code == 412
    assert refused.json["said"].startswith("Not saved yet.")
    assert within(lambda office: office.look(key, lambda row: row.title)) == "Another title"
    assert post(lena, f"/requests/{key}/draft", {**typed, "version": ""}).status_code == 200


def test_what_cannot_be_read_is_told_and_nothing_is_saved(lena, within):
    refused = post(lena, "/requests/draft", {**FILLED, **line(quantity="a few")})
    assert refused.status_code == 422
    assert refused.json["problems"][0].startswith("Line 1: Quantity")
    assert only_request(within) == []


def test_a_request_on_its_way_does_not_save_itself(lena, within):
    key = within(lambda office: office.submitted())
    refused = post(lena, f"/requests/{key}/draft", {**FILLED, **line(unit_price="1"), "version": "2"})
    assert refused.status_code == 409
    assert "data-keep" not in lena.get(f"/requests/{key}/edit").text


def test_submitting_tells_everything_that_is_missing_at_its_fields_and_keeps_the_draft(lena, within):
    typed = {**FILLED, "needed_by": "2026-11-02", "deliver_to": "", **line(0), **line(1, unit_price="", text="Lamp")}
    page = post(lena, "/requests/new", {**typed, "then": "submit"})
    assert page.status_code == 409
    assert "<title>Error: " in page.text
    for place in ("f-needed_by", "f-deliver_to", "lines-1-unit_price"):
        assert f'<a href="#{place}">' in page.text
        assert re.search(rf'id="{place}"[^>]*aria-invalid="true"', page.text), place
    [(key, title, state, lines)] = only_request(within)
    assert (title, state, lines) == ("Fluorescence upgrade", "draft", 2)
    assert f'action="/requests/{key}/edit"' in page.text
    assert form(page, ident="form")["lines-1-id"] != ""


def test_what_cannot_be_saved_stays_in_the_form_with_everything_else_that_is_wrong(lena, within):
    page = post(lena, "/requests/new", {**FILLED, "deliver_to": "", **line(quantity="a few"), "then": "submit"})
    assert page.status_code == 422
    assert form(page, ident="form")["lines-0-quantity"] == "a few"
    assert [place in page.text for place in ('href="#lines-0-quantity"', 'href="#f-deliver_to"')] == [True, True]
    assert only_request(within) == []


def test_one_item_of_the_catalogue_needs_no_more_than_to_be_chosen(lena, within):
    within(lambda office: office.submitted())  # goods went to Vienna before, so they do again
    typed = form(lena.get("/requests/new"), ident="form")
    answer = post(
        lena, "/requests/new", {**typed, "lines-0-item": "LAMP", "lines-0-text": "Lamp 532 nm", "then": "submit"}
    )
    key = answer.headers["Location"].rpartition("/")[2]
    assert within(lambda office: office.look(key, lambda row: (row.title, row.state))) == ("Lamp 532 nm", "approved")


def test_save_and_close_leaves_the_draft_to_be_taken_up_again(lena):
    answer = post(lena, "/requests/new", {**FILLED, **line(), "then": "close"})
    page = lena.get(f"{answer.headers['Location']}/edit")
    assert form(page, ident="form")["lines-0-unit_price"] == "450"
    assert "Nothing is sent until you submit" in text(page)


def test_a_line_shared_over_cost_centres_follows_its_line(lena, within):
    split = {"splits-0-line": "3", "splits-0-cost_centre": "LAB", "splits-0-percent": "60"}
    split |= {"splits-1-line": "3", "splits-1-cost_centre": "IT", "splits-1-percent": "40"}
    gone = {**line(0, text="Taken out"), "lines-0-removed": "1"}
    empty = {"lines-1-text": "", "lines-1-quantity": "1"}
    answer = post(lena, "/requests/new", {**FILLED, **gone, **empty, **line(2), **split, "then": "submit"})
    key = answer.headers["Location"].rpartition("/")[2]
    parts = within(
        lambda office: office.look(key, lambda row: [(s.line, s.cost_centre.code, int(s.percent)) for s in row.splits])
    )
    assert parts == [(1, "LAB", 60), (1, "IT", 40)]
    assert "60\u00a0% for LAB Laboratory" in html.unescape(lena.get(f"/requests/{key}").text)


def test_the_page_shows_lines_budget_course_and_what_comes_later(lena, client, office, within):
    within(lambda office: office.budget("LAB", "1000"))
    key = within(lambda office: office.submitted("900"))
    words = text(lena.get(f"/requests/{key}"))
    assert "In approval" in words
    assert "Filter set 5012 Optics 1 pc 900.00 900.00" in words
    assert "100.00 EUR left of 1 000.00 EUR if this is approved (10 %)" in words
    assert "Order Not yet Receipt Not yet" in words
    assert "Waiting on Sofia Rossi" in words
    assert "Your decision is needed" in text(client(office.sofia).get(f"/requests/{key}"))


def test_what_came_back_is_called_returned_with_the_reason(lena, within):
    key = within(lambda office: office.submitted())
    within(lambda office: office.act(office.sofia, key, "request_changes", reason="Ask Vega first"))
    page = lena.get(f"/requests/{key}")
    assert "Came back: Ask Vega first" in text(page)
    assert 'data-tone="warn"' in page.text
    assert "Returned" in text(lena.get("/requests?state=draft"))


def test_the_inbox_shows_what_is_bought_why_and_the_budget_after_it(client, office, within):
    within(lambda office: office.budget("LAB", "20000"))
    key = within(lambda office: office.submitted("900"))
    words = text(client(office.sofia).get("/inbox"))
    assert key in words
    assert "19 100.00 EUR left of 20 000.00 EUR if this is approved" in words
    assert "Filter set 5012 Optics 1 pc" in words
    assert "Why The lamp cannot separate the two channels." in words


def test_whoever_only_asks_begins_with_their_own_requests(lena, client, office, within):
    mine = within(lambda office: office.ask(by=office.lena))
    within(lambda office: office.ask(by=office.sofia))
    led = lena.get("/requests", follow_redirects=True)
    assert (mine in led.text, led.request.args["requester"]) == (True, "lena.fischer")
    assert "My requests" in text(led)
    assert client(office.marta).get("/requests").status_code == 200


def test_a_copy_asks_for_the_same_again_without_its_days(lena, within):
    key = within(lambda office: office.ask(needed_by="2026-12-18"))
    assert f"/requests/new?like={key}" in lena.get(f"/requests/{key}").text
    sent = form(lena.get(f"/requests/new?like={key}"), ident="form")
    assert (sent["title"], sent["lines-0-unit_price"], sent["needed_by"]) == ("Filter set for microscope 2", "900", "")


def test_everyone_who_may_ask_finds_the_button_and_nobody_else(lena, client, office):
    assert 'href="/requests/new" data-key="n"' in lena.get("/").text
    assert 'href="/requests/new"' not in client(office.omar).get("/").text
