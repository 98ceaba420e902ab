"""Two people on one page: it follows what the other does, and takes nothing from whoever is writing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.company import Company
from tests.browser.places import BUYER, OTHER_BUYER

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("changing")]
PATIENCE = 60_000  # milliseconds


@pytest.fixture
def delivered(company: Company) -> None:
    """Let events reach open pages: by the relay, a worker, and the live process."""
    for name in ("relay", "worker"):
        company.start(name)
    for name in ("relay", "worker"):
        company.ready(name)


@pytest.fixture
def both(delivered, windows):
    """Open the same supplier for two people, and wait until the first hears what changes."""
    mine = windows.blank(BUYER)
    with mine.page.expect_response(lambda answer: answer.url.endswith("/live"), timeout=PATIENCE) as stream:
        mine.page.goto("/suppliers/S-00007")
    assert stream.value.status == 200
    return mine.page, windows.open(OTHER_BUYER, "/suppliers/S-00007").page


def test_what_somebody_else_says_appears_and_my_own_half_sentence_stays(both):
    mine, theirs = both
    mine.locator("#comment").click()
    mine.keyboard.type("I was about to say")
    theirs.locator("#comment").fill("Prices hold until March")
    theirs.get_by_role("button", name="Comment").click()
    expect(theirs.locator("#activity .o-bubble").first).to_contain_text("Prices hold until March")
    expect(mine.locator("#activity .o-bubble").first).to_contain_text("Prices hold until March", timeout=PATIENCE)
    expect(mine.locator("#comment")).to_have_value("I was about to say")
    expect(mine.locator("#comment")).to_be_focused()


def test_a_page_says_who_changed_what_it_shows_and_loads_it_on_demand(both):
    mine, theirs = both
    theirs.goto("/suppliers/S-00007/edit")
    theirs.locator("#f-name").fill("Signalwerk Prüftechnik")
    theirs.locator(".o-submit .btn-primary").click()
    theirs.wait_for_url("**/suppliers/S-00007")
    toast = mine.locator(".o-toast", has_text="Nadia Brandt changed this")
    expect(toast).to_be_visible(timeout=PATIENCE)
    expect(mine.locator("h1")).not_to_contain_text("Prüftechnik")
    toast.get_by_role("link").click()
    expect(mine.locator("h1")).to_contain_text("Prüftechnik")


def test_ones_own_change_is_no_news(both):
    mine, _ = both
    mine.goto("/suppliers/S-00007/edit")
    mine.locator("#f-notes").fill("Called on Monday")
    with mine.expect_response(lambda answer: "/activity" in answer.url, timeout=PATIENCE):
        mine.locator(".o-submit .btn-primary").click()
    expect(mine.locator("#activity")).to_contain_text("Called on Monday")
    expect(mine.locator(".o-toast", has_text="changed this")).to_have_count(0)
