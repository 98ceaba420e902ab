"""Lists, dialogs, the palette and forms as hands and keyboards use them."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.look.conftest import Opener
from tests.browser.look.site import Sent

pytestmark = pytest.mark.browser


def test_the_palette_opens_by_ctrl_k_narrows_and_goes(opened: Opener) -> None:
    page = opened("/list")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [role=option]")).to_have_count(4)
    page.keyboard.type("nord")
    expect(page.locator("#palette [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/show")


def test_rows_are_walked_ticked_and_summed_by_keys(opened: Opener) -> None:
    page = opened("/list")
    for key in "jxjx":
        page.keyboard.press(key)
    expect(page.locator("[data-o-bulk]")).to_contain_text("2 selected · 3\u00a0269.00\u00a0EUR")
    expect(page.locator("[data-o-toolbar]")).to_be_hidden()
    page.locator("[data-o-bulk]").get_by_role("button", name="Block").click()
    expect(page.locator("#dialog li")).to_have_text(["S-1", "S-2"])


def test_single_keys_can_be_turned_off_and_stay_off(opened: Opener) -> None:
    page = opened("/show")
    page.keyboard.press("?")
    page.locator("[data-o-keys]").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("b")
    expect(page.locator("#dialog")).to_be_hidden()


def test_a_filter_applies_when_its_editor_closes_and_keeps_the_rest_of_the_address(opened: Opener) -> None:
    page = opened("/list")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.locator("#filter-menu").get_by_role("button", name="State").click()
    page.get_by_label("Prospect").check()
    page.keyboard.press("Escape")
    page.wait_for_url("**/list?country=DE&state=prospect&state=approved")


def test_columns_change_their_order_by_buttons(opened: Opener, sent: list[Sent]) -> None:
    page = opened("/list")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="Move Name down").click()
    page.locator("#columns-menu").get_by_role("button", name="Apply").click()
    page.wait_for_url("**/show")
    assert [value for name, value in sent[-1] if name == "column"] == ["total", "name"]


def test_a_refused_command_comes_back_into_its_dialog_with_the_focus_in_the_summary(opened: Opener) -> None:
    page = opened("/show")
    page.keyboard.press("b")
    expect(page.locator("#f-reason")).to_be_focused()
    page.keyboard.type("no")
    page.get_by_role("button", name="Block supplier").click()
    expect(page.locator("#dialog .o-errors")).to_be_focused()
    expect(page.locator("#f-reason")).to_have_value("no")
    page.locator("#f-reason").fill("They do not deliver any more")
    page.get_by_role("button", name="Block supplier").click()
    page.wait_for_url("**/list")


def test_a_greyed_command_says_why(opened: Opener) -> None:
    page = opened("/show")
    page.get_by_role("button", name="Approve").click(force=True)
    expect(page.locator(".o-toasts")).to_contain_text("The supplier is approved already.")


def test_a_mention_is_chosen_by_keys_and_sent_as_a_mention(opened: Opener, sent: list[Sent]) -> None:
    page = opened("/show")
    page.locator("#comment").focus()
    page.keyboard.type("Look @Ja")
    expect(page.locator(".o-mentions [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    page.wait_for_load_state("networkidle")
    assert ("text", "Look @[Jana Novák](7) ") in sent[-1]


def test_the_summary_of_problems_has_the_focus_and_leads_to_the_field(opened: Opener) -> None:
    page = opened("/form?wrong")
    assert page.title().startswith("Error: ")
    expect(page.locator("[data-o-errors]")).to_be_focused()
    page.get_by_role("link", name="Name: enter a name").click()
    expect(page.locator("#f-name")).to_be_focused()


def test_the_phone_opens_the_whole_menu_behind_more(opened: Opener) -> None:
    page = opened("/list", width=390)
    expect(page.locator(".o-nav")).to_be_hidden()
    page.get_by_role("button", name="More").click()
    expect(page.locator(".o-nav")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_component_is_reachable_for_everyone(opened: Opener, width: int, dark: bool) -> None:
    page = opened("/kit", width=width, dark=dark)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [390, 320])
@pytest.mark.parametrize("path", ["/kit", "/list", "/form", "/show"])
def test_no_page_scrolls_sideways_on_a_phone(opened: Opener, path: str, width: int) -> None:
    page = opened(path, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
