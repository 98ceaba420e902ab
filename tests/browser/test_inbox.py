"""The inbox with the keyboard alone, several at once, on the phone, and telling of itself when something new waits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests import servers
from tests.browser import company as halden
from tests.browser.company import Company
from tests.browser.window import PHONE, Windows
from tests.restore import Restorer
from tests.servers import ROOT, Addresses

JANA, LENA = "jana.novak", "lena.fischer"
PRICES = ("900", "1200", "1300", "12000")
SEED = "tests.browser.asking"


@pytest.fixture(scope="module")
def office(addresses: Addresses, worker: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Serve a small company in which four requests wait for Jana."""
    if os.environ.get("OUTLAY_BROWSE"):
        pytest.skip("needs a company of its own")
    directory = tmp_path_factory.mktemp("office")
    name, cache = f"outlay_office_{worker}", f"{addresses.valkey.partition('?')[0]}?db={15 - worker}"
    url = servers.create_database(addresses, name, servers.ensure_template(addresses))
    _seed(addresses, url, cache, *PRICES)
    served = halden.serve(addresses, url, cache, directory)
    for name in ("relay", "worker"):
        served.start(name)
    for name in ("relay", "worker"):
        served.ready(name)
    yield served
    served.stop()
    servers.drop_database(addresses, name)


def _seed(addresses: Addresses, url: str, cache: str, *prices: str) -> None:
    variables = halden.environment(addresses, url, cache)
    subprocess.run([sys.executable, "-m", SEED, *prices], cwd=ROOT, env=variables, check=True)


@pytest.fixture(scope="module")
def people(browser, office: Company) -> Windows:
    everyone = Windows(browser, office.address)
    for who in (JANA, LENA):
        everyone.sign_in(who)
    return everyone


@pytest.fixture(scope="module")
def remembered(office: Company, people: Windows, addresses: Addresses, worker: int) -> Iterator[Restorer]:
    restorer = Restorer(servers.named(addresses.postgres_admin, f"outlay_office_{worker}"))
    yield restorer
    restorer.close()


@pytest.fixture
def windows(people: Windows, remembered: Restorer) -> Iterator[Windows]:
    """Open windows for one test; afterwards everything waits again."""
    opened = Windows(people.browser, people.address, people.cookies)
    yield opened
    opened.close_all()
    remembered.restore()


def here(page: Page) -> str:
    return page.locator(".o-queue > [aria-current=true] b").inner_text()


def stands_beside(page: Page, title: str) -> None:
    expect(page.locator("#preview h2").first).to_have_text(title)


def no_serious_findings(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []


def test_documents_are_walked_approved_and_rejected_with_single_keys(windows):
    page = windows.open(JANA, "/inbox?sort=largest").page
    stands_beside(page, "Order for 12000")
    page.keyboard.press("j")
    stands_beside(page, "Order for 1300")
    assert here(page) == "Order for 1300"
    page.keyboard.press("a")
    page.wait_for_url("**/inbox?*at=*")
    expect(page.locator(".o-toast")).to_contain_text("approved")
    stands_beside(page, "Order for 1200")
    expect(page.locator(".o-nav .o-count")).to_have_text("3")
    page.keyboard.press("r")
    expect(page.locator("#dialog[open] textarea")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog .o-errors")).to_be_focused()
    page.locator("#dialog textarea").press_sequentially("Not this year")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".o-toast")).to_contain_text("rejected")
    stands_beside(page, "Order for 900")
    expect(page.locator(".o-queue > li")).to_have_count(2)


def test_several_are_ticked_summed_and_approved_at_once(windows):
    page = windows.open(JANA, "/inbox?sort=largest").page
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-o-bulk]")).to_contain_text("2 selected · 2\u00a0500.00\u00a0EUR")
    page.keyboard.press("a")
    dialog = page.locator("#dialog[open]")
    expect(dialog).to_contain_text("Order for 1300")
    no_serious_findings(page)
    dialog.get_by_role("button", name="Approve 2").click()
    expect(page.locator(".o-toast")).to_contain_text("2\u00a0documents approved, 2\u00a0500.00\u00a0EUR")
    expect(page.locator(".o-queue > li")).to_have_count(2)


def test_enter_opens_the_page_of_the_document_where_the_same_keys_decide(windows):
    page = windows.open(JANA, "/inbox?sort=largest").page
    page.keyboard.press("j")
    stands_beside(page, "Order for 1300")
    page.keyboard.press("Enter")
    page.wait_for_url("**/requests/REQ-*")
    expect(page.locator(".o-decide")).to_contain_text("Your decision is needed as owner of cost centre IT")
    no_serious_findings(page)
    page.keyboard.press("a")
    expect(page.locator(".o-toast")).to_contain_text("approved")
    expect(page.locator(".o-decide")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_inbox_has_no_serious_findings(windows, theme):
    page = windows.open(JANA, "/inbox", theme=theme).page
    no_serious_findings(page)
    page.goto("/inbox?tab=sent")
    no_serious_findings(page)
    key = page.goto("/inbox") and page.locator("#preview .o-mono").first.inner_text()
    page.goto(f"/inbox/requests/{key}/why")
    no_serious_findings(page)
    page.goto("/me/away")
    no_serious_findings(page)


def test_on_the_phone_two_taps_decide_and_the_buttons_lie_at_the_thumb(windows):
    page = windows.open(JANA, "/inbox?sort=largest", PHONE).page
    expect(page.locator("#preview")).to_be_hidden()
    page.locator(".o-queue-link").nth(1).click()
    page.wait_for_url("**/inbox/requests/REQ-*")
    expect(page.locator(".o-top")).to_contain_text("2 of 4")
    for button in page.locator(".o-bottom > button, .o-bottom > a, .o-bottom form button").all():
        assert button.bounding_box()["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    no_serious_findings(page)
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".o-toast")).to_contain_text("approved")
    expect(page.locator("h1")).to_have_text("Order for 1200")


def test_the_count_follows_what_others_submit(windows, office, addresses):
    page = windows.open(JANA, "/suppliers").page
    count = page.locator(".o-nav .o-count").first
    expect(count).to_have_text("4")
    variables = office.variables
    _seed(addresses, variables["DATABASE_URL"], variables["REDIS_URL"], "1", "more")
    expect(count).to_have_text("5", timeout=30_000)
