"""Every task with the keyboard alone: no test of this file touches the mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.company import PASSWORD
from tests.browser.keys import has_focus, press_on, tab_to, type_into
from tests.browser.places import BUYER

pytestmark = pytest.mark.usefixtures("changing")
LINES = "#contacts tr[data-line]:visible"
CONTACTS = "section.o-card:has(h2:text-is('Contacts')) tbody tr"


def values(page, name):
    return page.evaluate(
        "name => [...document.querySelectorAll('#contacts tr[data-line]:not([hidden])')]"
        ".map(row => row.querySelector(`[name$='-${name}']`).value)",
        name,
    )


def test_one_signs_in_and_lands_where_one_wanted_to_go(windows):
    page = windows.open(None, "/suppliers?country=DE").page
    has_focus(page, "#username")
    page.keyboard.type(BUYER)
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in-problem")).to_be_visible()
    assert page.title().startswith("Error: ")
    has_focus(page, "#password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/suppliers?country=DE")


def test_a_supplier_is_found_by_ctrl_k_and_opened(page_of):
    page = page_of(BUYER, "/items")
    tab_to(page, "[data-o-search]")
    page.keyboard.press("Control+k")
    has_focus(page, "#palette input")
    page.keyboard.press("Escape")
    has_focus(page, "[data-o-search]")
    page.keyboard.press("Control+k")
    page.keyboard.type("vega clo")
    expect(page.locator("#palette [role=option]").first).to_contain_text("Vega Cloud")
    page.keyboard.press("Enter")
    page.wait_for_url("**/suppliers/S-00002")
    page.keyboard.press("e")
    page.wait_for_url("**/suppliers/S-00002/edit")


def test_contacts_are_added_moved_copied_removed_brought_back_and_pasted(windows):
    window = windows.open(BUYER, "/suppliers/S-00004/edit")
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = window.page
    first, second = values(page, "name")
    tab_to(page, "[name=contacts-1-name]")
    page.keyboard.press("Enter")
    has_focus(page, "[name=contacts-2-name]")
    page.keyboard.type("Ada Lang")
    page.keyboard.press("Tab")
    page.keyboard.type("Dispatch")
    page.keyboard.press("Alt+ArrowUp")
    assert values(page, "name") == [first, "Ada Lang", second]
    has_focus(page, "[name=contacts-1-role]")
    page.keyboard.press("Alt+ArrowDown")
    assert values(page, "name") == [first, second, "Ada Lang"]
    page.keyboard.press("Control+d")
    assert values(page, "name") == [first, second, "Ada Lang", "Ada Lang"]
    page.keyboard.press("Control+Delete")
    assert values(page, "name") == [first, second, "Ada Lang"]
    press_on(page, ".o-toast button:not([aria-label])")
    assert values(page, "name") == [first, second, "Ada Lang", "Ada Lang"]
    has_focus(page, "[name=contacts-3-name]")
    cells = "Bela Horák\tQuality\tbela@kestrel.example\nCarla Němec\tReturns\tcarla@kestrel.example\n"
    page.evaluate("text => navigator.clipboard.writeText(text)", cells)
    page.keyboard.press("Control+v")
    expect(page.locator(LINES)).to_have_count(5)
    press_on(page, ".o-submit .btn-primary")
    page.wait_for_url("**/suppliers/S-00004")
    names = [row.inner_text().split("\t")[0].strip() for row in page.locator(CONTACTS).all()]
    assert names == [first, second, "Ada Lang", "Bela Horák", "Carla Němec"]
    assert "carla@kestrel.example" in page.locator(CONTACTS).last.inner_text()


def test_a_list_is_searched_filtered_sorted_and_kept_as_a_view(page_of):
    page = page_of(BUYER, "/suppliers")
    page.keyboard.press("/")
    has_focus(page, "[data-o-search]")
    page.keyboard.type("a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/suppliers?*q=a")
    press_on(page, ".o-filter-add")
    has_focus(page, "#filter-menu button")
    page.keyboard.press("Escape")
    has_focus(page, ".o-filter-add")
    page.keyboard.press("Enter")
    has_focus(page, "#filter-menu [popovertarget=filter-state]")
    page.keyboard.press("Enter")
    tab_to(page, "#filter-state input[value=approved]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/suppliers?*state=approved*")
    assert "q=a" in page.url
    press_on(page, "th .o-sort:text-is('Name')")
    page.wait_for_url("**sort=name*")
    assert "state=approved" in page.url
    press_on(page, "[popovertarget=view-new]")
    has_focus(page, "#view-name")
    page.keyboard.type("Approved with an a")
    page.keyboard.press("Enter")
    expect(page.locator(".o-views [aria-current=page]")).to_have_text("Approved with an a")
    assert all(part in page.url for part in ("q=a", "state=approved", "sort=name", "view="))


def test_a_supplier_is_blocked_with_a_reason_in_the_dialog(page_of):
    page = page_of(BUYER, "/suppliers/S-00006")
    press_on(page, ".o-head-actions a:text-is('Block')")
    has_focus(page, "#dialog #f-reason")
    page.keyboard.press("Escape")
    has_focus(page, ".o-head-actions a:text-is('Block')")
    page.keyboard.press("Enter")
    has_focus(page, "#dialog #f-reason")
    press_on(page, "#dialog button.btn-primary")
    has_focus(page, "#dialog [data-o-errors]")
    type_into(page, "#dialog #f-reason", "Delivered late three times")
    press_on(page, "#dialog button.btn-primary")
    expect(page.locator(".o-head .o-status")).to_have_text("Blocked")
    expect(page.locator(".o-toasts")).to_contain_text("S-00006")
    expect(page.locator("#activity")).to_contain_text("Delivered late three times")


def test_a_command_for_several_rows_names_the_one_it_was_refused_for(page_of):
    page = page_of(BUYER, "/suppliers?state=approved&state=blocked&sort=-state&size=100")
    blocked = page.locator("[data-o-rows] tr", has_text="Blocked").first.locator("[data-o-row]").get_attribute("value")
    approved = (
        page.locator("[data-o-rows] tr", has_text="Approved").first.locator("[data-o-row]").get_attribute("value")
    )
    for key in (blocked, approved):
        press_on(page, f"[data-o-row][value='{key}']", "Space")
    expect(page.locator("[data-o-n]")).to_contain_text("2")
    tab_to(page, "#bulk button:text-is('Block')", back=True)
    page.keyboard.press("Enter")
    has_focus(page, "#dialog #f-reason")
    page.keyboard.type("Audit of all suppliers")
    press_on(page, "#dialog button.btn-primary")
    expect(page.locator("#dialog .o-refusals li")).to_have_count(1)
    expect(page.locator("#dialog .o-refusals")).to_contain_text(blocked)
    expect(page.locator("#dialog")).to_contain_text("Done for 1 supplier")
    has_focus(page, "#dialog .btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/suppliers*")
