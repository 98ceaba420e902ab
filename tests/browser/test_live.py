"""Open pages follow what other people change: a list, a document, a form, also after the live process was away."""

from __future__ import annotations

import re
import signal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.company import Company
from tests.browser.places import BUYER, OTHER_BUYER

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("changing")]
PATIENCE = 60_000  # milliseconds
NEWS = "[data-o-news]"
AWAY = re.compile(r"net::ERR_(INCOMPLETE_CHUNKED_ENCODING|CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE)")


@pytest.fixture
def delivered(company: Company) -> None:
    """Let events reach open pages: by the relay, a worker, and the live process."""
    for name in ("relay", "worker"):
        company.start(name)
    for name in ("relay", "worker"):
        company.ready(name)


def listening(windows, who: str, path: str) -> Page:
    """Open a page and wait until its stream stands."""
    page = windows.blank(who).page
    with page.expect_response(lambda answer: answer.url.endswith("/live"), timeout=PATIENCE) as stream:
        page.goto(path)
    assert stream.value.status == 200
    return page


def rename(page: Page, key: str, name: str) -> None:
    page.goto(f"/suppliers/{key}/edit")
    page.locator("#f-name").fill(name)
    page.locator(".o-submit .btn-primary").click()
    page.wait_for_url(f"**/suppliers/{key}")


def test_a_list_says_that_it_changed_and_shows_it_on_demand(delivered, windows):
    mine, theirs = listening(windows, BUYER, "/suppliers?q=signal"), windows.open(OTHER_BUYER, "/").page
    rename(theirs, "S-00007", "Signalwerk Prüftechnik")
    expect(mine.locator(NEWS)).to_contain_text("This list has changed.", timeout=PATIENCE)
    expect(mine.locator("tbody")).not_to_contain_text("Prüftechnik")
    mine.locator(NEWS).get_by_role("link", name="Show").click()
    expect(mine.locator("tbody")).to_contain_text("Prüftechnik")
    expect(mine.locator(NEWS)).to_have_count(0)


def test_the_count_of_a_list_follows_and_a_list_without_the_change_says_nothing(delivered, windows):
    mine, theirs = listening(windows, BUYER, "/units"), windows.open("petra.admin", "/units/new").page
    other = listening(windows, BUYER, "/units?q=kilogram")
    before = int(mine.locator("#list-count").inner_text().split()[0])
    theirs.locator("#f-code").fill("QQ")
    theirs.locator("#f-name").fill("Quire")
    theirs.locator(".o-submit .btn-primary").click()
    theirs.wait_for_url("**/units/QQ")
    expect(mine.locator("#list-count")).to_have_text(f"{before + 1} units", timeout=PATIENCE)
    expect(mine.locator(NEWS)).to_be_visible()
    expect(other.locator(NEWS)).to_have_count(0)


def test_whoever_is_editing_hears_that_somebody_else_saved(delivered, windows):
    mine, theirs = listening(windows, BUYER, "/suppliers/S-00007/edit"), windows.open(OTHER_BUYER, "/").page
    mine.locator("#f-notes").fill("Half a sentence")
    rename(theirs, "S-00007", "Signalwerk Prüftechnik")
    expect(mine.locator(NEWS)).to_contain_text("Nadia Brandt changed this.", timeout=PATIENCE)
    expect(mine.locator("#f-notes")).to_have_value("Half a sentence")


def test_a_page_called_by_the_name_of_this_machine_hears_too(delivered, company, windows):
    window = windows.blank(None)
    page = window.page
    address = company.address.replace("127.0.0.1", "localhost")
    page.goto(f"{address}/sign-in?next=/suppliers/S-00007")
    page.locator("#username").fill(BUYER)
    page.locator("#password").fill("halden instruments demo")
    with page.expect_response(lambda answer: answer.url.endswith("/live"), timeout=PATIENCE) as stream:
        page.get_by_role("button", name="Sign in", exact=True).click()
    assert stream.value.status == 200
    assert stream.value.url.startswith("http://localhost:")


def test_a_page_catches_up_after_the_live_process_was_away(delivered, company, windows):
    mine, theirs = listening(windows, BUYER, "/suppliers/S-00007"), windows.open(OTHER_BUYER, "/").page
    process = company.processes.pop("live")
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    rename(theirs, "S-00007", "Signalwerk Prüftechnik")
    company.start("live")
    company.ready("live")
    expect(mine.locator(NEWS)).to_contain_text("Nadia Brandt changed this.", timeout=PATIENCE)
    mine.locator(NEWS).get_by_role("link", name="Show").click()
    expect(mine.locator("h1")).to_contain_text("Prüftechnik")
    for window in windows.opened:  # Chromium tells of the broken and the refused stream, which were meant
        window.problems[:] = [problem for problem in window.problems if not AWAY.search(problem)]
