"""The line editor: what the keyboard, the mouse and the clipboard do to child rows, and what is sent."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.look.conftest import Opener
from tests.browser.look.site import Sent

pytestmark = pytest.mark.browser
ROWS = "o-lines tr[data-line]:visible"


def value(page: Page, name: str) -> str:
    return str(page.evaluate("name => document.querySelector(`[name='${name}']`).value", name))


def save(page: Page) -> None:
    page.get_by_role("button", name="Save item").click()
    page.wait_for_url("**/show")


def test_enter_goes_down_a_line_and_adds_one_after_the_last(opened: Opener) -> None:
    page = opened("/form")
    page.locator("[name=lines-0-quantity]").press("Enter")
    expect(page.locator("[name=lines-1-quantity]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(ROWS)).to_have_count(3)
    assert value(page, "lines-2-quantity") == "1"
    assert value(page, "lines-2-id") == ""


def test_enter_before_the_answer_arrives_means_the_answer(opened: Opener) -> None:
    page = opened("/form")
    page.locator("[name=lines-1-quantity]").press("Enter")
    expect(page.locator("#lines-2 .ts-control input")).to_be_focused()
    page.keyboard.type("nord")
    page.keyboard.press("Enter")
    expect(page.locator("#lines-2 .item")).to_have_text("Nordlicht Systems GmbH")
    assert value(page, "lines-2-supplier") == "3"
    page.keyboard.press("Tab")
    expect(page.locator("[name=lines-2-quantity]")).to_be_focused()


def test_a_picker_opens_by_click_and_by_arrow_but_not_by_tab(opened: Opener) -> None:
    page = opened("/form")
    offers = page.locator(".ts-dropdown .option:visible")
    page.locator("#lines-0 select").click()
    expect(offers).to_have_count(4)
    page.keyboard.press("Escape")
    page.locator("#lines-1 [data-line-menu]").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#lines-1 .ts-control input")).to_be_focused()
    expect(offers).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(offers).to_have_count(4)


def test_a_line_is_duplicated_moved_removed_and_brought_back_by_keys(opened: Opener) -> None:
    page = opened("/form")
    page.locator("[name=lines-0-unit_price]").press("Control+d")
    expect(page.locator(ROWS)).to_have_count(3)
    assert [value(page, f"lines-{at}-id") for at in range(3)] == ["11", "", "12"]
    page.locator("[name=lines-1-quantity]").press("Alt+ArrowDown")
    assert [value(page, f"lines-{at}-id") for at in range(3)] == ["11", "12", ""]
    expect(page.locator("[name=lines-2-quantity]")).to_be_focused()
    page.locator("[name=lines-0-quantity]").press("Control+Delete")
    expect(page.locator(ROWS)).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(ROWS)).to_have_count(3)


def test_a_line_moves_by_its_menu_for_those_who_cannot_drag(opened: Opener) -> None:
    page = opened("/form")
    page.locator("#lines-0 [data-line-menu]").click()
    page.get_by_role("menuitem", name="Move down").click()
    assert [value(page, f"lines-{at}-id") for at in range(2)] == ["12", "11"]


def test_a_line_moves_by_dragging_its_grip(opened: Opener) -> None:
    page = opened("/form")
    grip, below = page.locator("#lines-0 [data-line-menu]").bounding_box(), page.locator("#lines-1").bounding_box()
    assert grip and below
    page.mouse.move(grip["x"] + 8, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 8, grip["y"] + 30, steps=5)
    page.mouse.move(grip["x"] + 8, below["y"] + below["height"] - 3, steps=10)
    page.mouse.up()
    expect(page.locator("[name=lines-0-id]")).to_have_value("12")


def test_cells_of_a_spreadsheet_fill_lines_from_where_one_stands_and_add_the_missing(opened: Opener) -> None:
    page = opened("/form")
    cells = "Fjord Office AS\t5\t1200.50\t01.04.2026\nNobody\t7\t3\t\nBrightcell Supply\t20\t990\t2026-05-01\n"
    page.evaluate("text => navigator.clipboard.writeText(text)", cells)
    page.locator("#lines-1 select").focus()
    page.locator("#lines-1 .ts-control input").press("Control+v")
    expect(page.locator(ROWS)).to_have_count(4)
    expect(page.locator("#lines-3 .item")).to_have_text("Brightcell Supply")
    names = ("supplier", "quantity", "unit_price", "from")
    assert [value(page, f"lines-1-{name}") for name in names] == ["4", "5", "1200.50", "2026-04-01"]
    assert [value(page, f"lines-3-{name}") for name in names] == ["2", "20", "990", "2026-05-01"]
    expect(page.locator("#lines-2 .o-field-error")).to_have_text("Nothing in the list is called “Nobody”.")


def test_totals_are_exact_and_follow_every_change(opened: Opener) -> None:
    page = opened("/form")
    total = page.locator("[data-lines-total]")
    expect(total).to_have_text("89\u00a0450.00")
    page.locator("[name=lines-0-unit_price]").fill("0,1")
    page.locator("[name=lines-0-quantity]").fill("3")
    expect(page.locator("#lines-0 [data-line-total]")).to_have_text("0.30")
    page.locator("#lines-1 [data-line-do=remove]").click()
    expect(total).to_have_text("0.30")


def test_what_is_sent_is_what_is_seen(opened: Opener, sent: list[Sent]) -> None:
    page = opened("/form")
    page.locator("#lines-0 [data-line-do=remove]").click()
    page.get_by_role("button", name="Add line").click()
    page.locator("[name=lines-2-unit_price]").fill("12")
    save(page)
    form = dict(sent[-1])
    assert form["lines-count"] == "3"
    assert (form["lines-0-id"], form["lines-0-removed"]) == ("11", "1")
    assert (form["lines-1-id"], form.get("lines-1-removed")) == ("12", None)
    assert (form["lines-2-id"], form["lines-2-unit_price"], form["lines-2-quantity"]) == ("", "12", "1")
