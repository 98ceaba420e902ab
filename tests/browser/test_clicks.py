"""How many clicks or keys the main tasks take: the limits of the specification, counted hand by hand; typing is not counted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.places import APPROVER, REQUESTER
from tests.browser.window import PHONE

pytestmark = pytest.mark.usefixtures("changing")


@dataclass
class Hand:
    """Clicks, taps and presses keys, and counts them."""

    page: Page
    used: list[str] = field(default_factory=list)

    def click(self, what: Locator) -> None:
        what.click()
        self.used.append(str(what))

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.used.append(key)


@pytest.fixture
def at_inbox(windows) -> Hand:
    """Sit as Jana before her inbox, the first page of those who decide, where several requests wait."""
    page = windows.open(APPROVER, "/inbox").page
    assert waiting(page).count() >= 3
    return Hand(page)


def waiting(page: Page) -> Locator:
    return page.locator(".o-queue > li[data-url]")


def said(page: Page, word: str) -> None:
    expect(page.locator(".o-toast")).to_contain_text(word)


def test_the_next_request_is_approved_with_one_click(at_inbox):
    at_inbox.click(at_inbox.page.locator("#preview .btn-primary", has_text="Approve"))
    said(at_inbox.page, "approved")
    assert len(at_inbox.used) == 1


def test_the_next_request_is_approved_with_one_key(at_inbox):
    at_inbox.press("a")
    said(at_inbox.page, "approved")
    assert len(at_inbox.used) == 1


def test_a_request_is_rejected_with_two_clicks_and_a_reason(at_inbox):
    hand, page = at_inbox, at_inbox.page
    hand.click(page.locator("#preview").get_by_text("Reject").first)
    expect(page.locator("#dialog[open] textarea")).to_be_focused()
    page.keyboard.type("Not this year")
    hand.click(page.locator("#dialog[open]").get_by_role("button", name=re.compile("^Reject")))
    said(page, "rejected")
    assert len(hand.used) == 2


def test_a_request_is_rejected_with_two_keys_and_a_reason(at_inbox):
    hand, page = at_inbox, at_inbox.page
    hand.press("r")
    expect(page.locator("#dialog[open] textarea")).to_be_focused()
    page.keyboard.type("Not this year")
    hand.press("Control+Enter")
    said(page, "rejected")
    assert len(hand.used) == 2


def test_several_are_approved_with_a_tick_each_and_two_clicks(at_inbox):
    hand, page = at_inbox, at_inbox.page
    for at in range(3):
        hand.click(waiting(page).nth(at).locator("[data-o-row]"))
    hand.click(page.locator("[data-o-bulk]").get_by_role("button", name="Approve"))
    hand.click(page.locator("#dialog[open]").get_by_role("button", name="Approve 3"))
    said(page, "3\u00a0documents approved")
    assert len(hand.used) == 3 + 2


def test_all_that_waits_is_approved_with_three_clicks(at_inbox):
    hand, page = at_inbox, at_inbox.page
    many = waiting(page).count()
    hand.click(page.locator("[data-o-toolbar] [data-o-all]"))
    hand.click(page.locator("[data-o-bulk]").get_by_role("button", name="Approve"))
    hand.click(page.locator("#dialog[open]").get_by_role("button", name=f"Approve {many}"))
    said(page, f"{many}\u00a0documents approved")
    assert len(hand.used) == 3


def test_the_link_of_a_letter_takes_one_tap_on_the_phone_and_approving_another(windows):
    key = windows.open(APPROVER, "/inbox").page.locator("#preview .o-mono").first.inner_text()
    kind = {"REQ": "requests", "PO": "orders", "IN": "invoices"}[key.partition("-")[0]]
    page = windows.open(APPROVER, f"/inbox/{kind}/{key}", PHONE).page
    hand = Hand(page, ["the link of the letter"])
    hand.click(page.locator(".o-bottom .btn-primary"))
    said(page, "approved")
    assert len(hand.used) == 2


def test_one_item_of_the_catalogue_is_asked_for_with_four_clicks(page_of):
    page = page_of(REQUESTER, "/")
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="New request").last)
    hand.click(page.locator("#lines-0-text"))
    hand.click(page.locator("#item-list .option").first)
    expect(page.locator("#lines-0-unit_price")).not_to_have_value("")
    hand.click(page.get_by_role("button", name="Submit request"))
    page.wait_for_url(re.compile(r"/requests/REQ-2026-\d+$"))
    assert len(hand.used) == 4
