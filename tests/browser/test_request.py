"""Asking for something in the browser: by keyboard alone, with few clicks, and without losing what was typed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.keys import has_focus, press_on, tab_to, type_into
from tests.browser.places import REQUESTER
from tests.browser.window import PHONE

pytestmark = pytest.mark.usefixtures("changing")
SAID, RAIL, TOTAL = "#draft-said", "#rail", "#rail output"
DRAFT = re.compile(r"Saved as draft REQ-2026-\d+ at \d\d:\d\d\. Nothing is sent until you submit\.")


def pick(page, field, text):
    """Choose in a picker by typing."""
    tab_to(page, f"#{field}, #{field}-ts-control")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator(f"#{field}")).not_to_have_value("")


def test_a_request_with_two_lines_is_written_and_submitted_by_keyboard_alone(windows):
    page = windows.open(REQUESTER, "/").page
    page.keyboard.press("n")
    page.wait_for_url("**/requests/new")
    has_focus(page, "#f-title")
    page.keyboard.type("Lamps for the optics bench")
    type_into(page, "#f-reason", "Two lamps failed in the same week.")
    tab_to(page, "#lines-0-text")
    page.keyboard.type("Mounting of the lamps")
    page.keyboard.press("Escape")
    type_into(page, "#lines-0-quantity", "3")
    pick(page, "lines-0-unit", "hour")
    type_into(page, "#lines-0-unit_price", "40.50")
    expect(page.locator(TOTAL)).to_have_text("121.50")
    expect(page.locator(SAID)).to_have_text(DRAFT)
    has_focus(page, "#lines-0-unit_price")
    assert re.search(r"/requests/REQ-2026-\d+/edit$", page.url)
    pick(page, "lines-0-category", "office")
    page.keyboard.press("Enter")
    has_focus(page, "#lines-1-text")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#item-list [role=option].active")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#lines-1-unit_price")).not_to_have_value("")
    expect(page.locator("#lines-1 [data-account]")).to_have_text(re.compile(r"\d+"))
    page.keyboard.press("Enter")
    has_focus(page, "#lines-2-text")
    press_on(page, ".o-submit .btn-primary")
    page.wait_for_url(re.compile(r"/requests/REQ-2026-\d+$"))
    expect(page.locator("h1")).to_have_text("Lamps for the optics bench")
    expect(page.get_by_role("region", name="Lines").locator("tbody tr")).to_have_count(2)


def test_what_is_missing_is_told_at_its_place_and_nothing_typed_is_lost(page_of):
    page = page_of(REQUESTER, "/requests/new")
    page.locator("#f-title").fill("Something")
    page.locator("#lines-0-text").fill("A thing without a price")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Submit request").click()
    has_focus(page, "[data-o-errors]")
    assert page.title().startswith("Error: ")
    page.get_by_role("link", name=re.compile("Unit price is missing")).click()
    has_focus(page, "#lines-0-unit_price")
    expect(page.locator("#lines-0-text")).to_have_value("A thing without a price")


def test_a_server_that_is_away_loses_nothing(windows):
    window = windows.open(REQUESTER, "/requests/new")
    page = window.page
    page.route("**/requests/draft", lambda route: route.fulfill(status=503, body="away"))
    page.locator("#f-title").fill("Chairs")
    expect(page.locator(SAID)).to_have_text("The server did not answer. Try again.")
    page.unroute("**/requests/draft")
    window.problems.clear()
    page.locator("#f-reason").fill("The old ones broke.")
    expect(page.locator(SAID)).to_have_text(DRAFT)
    expect(page.locator("#f-title")).to_have_value("Chairs")


def test_two_windows_on_one_draft_are_told_of_each_other(windows):
    first = windows.open(REQUESTER, "/requests/new").page
    first.locator("#f-title").fill("Chairs")
    expect(first.locator(SAID)).to_have_text(DRAFT)
    second = windows.open(REQUESTER, first.url).page
    second.locator("#f-title").fill("Chairs for four")
    expect(second.locator(SAID)).to_have_text(DRAFT)
    first.locator("#f-reason").fill("The old ones broke.")
    expect(first.locator("#draft-conflict")).to_be_visible()
    first.get_by_role("button", name="Keep what I typed").click()
    expect(first.locator(SAID)).to_have_text(DRAFT)
    expect(first.locator("#draft-conflict")).to_be_hidden()


def test_a_line_is_shared_over_two_cost_centres_behind_its_opener(page_of):
    page = page_of(REQUESTER, "/requests/new")
    page.locator("#f-title").fill("Shared thing")
    page.get_by_role("button", name="More of line 1").click()
    page.get_by_role("button", name="Share line 1 over cost centres").click()
    expect(page.locator("#lines-0 [data-part]")).to_have_count(2)
    assert [page.locator(f"[name=splits-{at}-line]").input_value() for at in (0, 1)] == ["1", "1"]
    page.get_by_role("button", name="Add line").click()
    page.keyboard.press("Alt+ArrowUp")
    assert [page.locator(f"[name=splits-{at}-line]").input_value() for at in (0, 1)] == ["2", "2"]


def test_on_the_phone_the_sum_and_the_approvers_stand_above_the_buttons(windows):
    page = windows.open(REQUESTER, "/requests/new", PHONE).page
    page.locator("#lines-0-text").click()
    page.locator("#item-list .option").first.click()
    expect(page.locator("[data-o-sum]")).not_to_have_text("0.00")
    above, button = page.locator(".o-submit-sum").bounding_box(), page.locator(".o-submit .btn-primary").bounding_box()
    assert above["y"] + above["height"] <= button["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
