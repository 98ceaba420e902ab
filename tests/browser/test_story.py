"""A request from the wish to the approval, with four people: who asks, her head, who buys, and the CFO."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.places import BUYER as OMAR
from tests.browser.places import CONTROLLER as MARTA
from tests.browser.places import HEAD as SOFIA
from tests.browser.places import REQUESTER as LENA
from tests.browser.window import DESKTOP, PHONE, Windows

pytestmark = pytest.mark.usefixtures("changing")
TITLE = "Second microscope for the optics bench"
AMOUNT = "11\u00a0570.00"


def stands_still(page: Page) -> None:
    """Nothing of the page lies outside the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def of(page: Page, key: str) -> Locator:
    """The line of the request in an inbox."""
    return page.locator(f'.o-queue-link[href*="{key}"]')


def pick(page: Page, field: str, text: str) -> None:
    """Choose in a picker by typing, and wait until it is chosen."""
    page.locator(f"#{field}").focus()
    expect(page.locator(f"#{field}-ts-control")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    chosen = page.locator(f".ts-wrapper:has(#{field}-ts-control) .item")
    expect(chosen).to_contain_text(re.compile(text, re.IGNORECASE))


def ask(windows: Windows, size: tuple[int, int]) -> str:
    """Lena writes what she needs, sees who will decide and what it does to the budget, and submits."""
    page = windows.open(LENA, "/requests/new", size).page
    page.locator("#f-title").fill(TITLE)
    page.locator("#f-reason").fill("The first one is booked out for four weeks.")
    page.locator(".o-more summary").first.click()
    pick(page, "f-currency", "EUR")
    page.locator("#lines-0-text").fill("Microscope with four channels")
    page.keyboard.press("Escape")
    pick(page, "lines-0-unit", "piece")
    page.locator("#lines-0-unit_price").fill("11570")
    pick(page, "lines-0-category", "optic")
    rail = page.locator("#rail")
    expect(rail.locator(".o-chain > li")).to_have_count(3)
    expect(rail).to_contain_text("Sofia Rossi")
    expect(rail).to_contain_text("Marta Keller")
    expect(rail.locator(".o-bar").first).to_be_visible()
    expect(page.locator("[data-o-sum]" if size == PHONE else "#rail output")).to_contain_text(AMOUNT)
    stands_still(page)
    page.get_by_role("button", name="Submit request").click()
    page.wait_for_url(re.compile(r"/requests/REQ-2026-\d+$"))
    expect(page.locator("h1")).to_have_text(TITLE)
    expect(page.locator(".o-waiting")).to_contain_text("Sofia Rossi")
    return page.url


def decide(windows: Windows, who: str, size: tuple[int, int], key: str, button: str) -> Page:
    """Find the request in one's inbox, look at it, and press a button there."""
    page = windows.open(who, "/inbox", size).page
    of(page, key).click()
    if size == PHONE:
        page.wait_for_url(f"**/inbox/requests/{key}*")
        expect(page.locator("h1")).to_have_text(TITLE)
        within = page.locator(".o-bottom")
    else:
        expect(page.locator("#preview h2").first).to_have_text(TITLE)
        within = page.locator("#preview")
    expect(page.get_by_role("heading", name="Budget impact")).to_be_visible()
    stands_still(page)
    if size == PHONE and button == "Request changes":
        within.get_by_role("button", name=re.compile("^More")).click()
        within = page.locator(".o-menu:popover-open")
    within.locator("button:visible, a:visible").filter(has_text=re.compile(f"^{button}")).first.click()
    return page


def give_back(windows: Windows, size: tuple[int, int], key: str) -> None:
    """Sofia wants to know more before she agrees; she must say what."""
    page = decide(windows, SOFIA, size, key, "Request changes")
    dialog = page.locator("#dialog[open]")
    dialog.locator("button.btn-primary, button.o-btn-bad").first.click()
    expect(dialog.locator("[data-o-errors]")).to_be_focused()
    dialog.locator("textarea").fill("Who trains the others on it?")
    dialog.locator("button.btn-primary, button.o-btn-bad").first.click()
    expect(dialog).to_have_count(0)
    page.goto("/inbox")
    expect(of(page, key)).to_have_count(0)


def answer(windows: Windows, size: tuple[int, int], address: str) -> None:
    """Lena reads what was asked, adds to her reason, and submits again."""
    page = windows.open(LENA, address, size).page
    expect(page.locator(".o-head .o-status")).to_have_text("Returned")
    expect(page.locator("#activity")).to_contain_text("Who trains the others on it?")
    page.locator(".o-head-actions").get_by_role("link", name="Edit").click()
    page.wait_for_url("**/edit")
    page.locator("#f-reason").fill("The first one is booked out for four weeks. The supplier trains two of us.")
    page.locator(".o-submit .btn-primary").click()
    page.wait_for_url(re.compile(r"/requests/REQ-2026-\d+$"))
    if page.locator(".o-head .o-status").inner_text() == "Returned":
        page.locator(".o-head-actions").get_by_text("Submit", exact=True).click()
    expect(page.locator(".o-head .o-status")).to_have_text("In approval")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440", "390"])
def test_four_people_take_a_request_from_the_wish_to_the_approval(windows, size):
    address = ask(windows, size)
    key = address.rpartition("/")[2]
    give_back(windows, size, key)
    answer(windows, size, address)
    for who in (SOFIA, OMAR, MARTA):
        page = decide(windows, who, size, key, "Approve")
        expect(page.locator(".o-toast")).to_contain_text("approved")
        page.goto("/inbox")
        expect(of(page, key)).to_have_count(0)
    page = windows.open(LENA, address, size).page
    expect(page.locator(".o-head .o-status")).to_have_text("Approved")
    expect(page.locator(".o-chain > li[data-state=done]")).to_have_count(4)
    stands_still(page)
    page.get_by_role("link", name="Why these people?").click()
    expect(page.get_by_text("the same policy gives the same answer")).to_be_visible()
    stands_still(page)


def test_nobody_decides_what_they_asked_for_and_others_do_not_see_it(windows):
    address = ask(windows, DESKTOP)
    key = address.rpartition("/")[2]
    hers = windows.open(LENA, address).page
    expect(hers.locator(".o-decide")).to_have_count(0)
    hers.goto("/inbox")
    expect(of(hers, key)).to_have_count(0)
    for who in (OMAR, MARTA):  # it is not their turn yet
        page = windows.open(who, "/inbox").page
        expect(of(page, key)).to_have_count(0)
