"""A form that was refused: it says so, leads to every problem, and nothing that was typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.places import BUYER, OTHER_BUYER
from tests.browser.window import PHONE

pytestmark = pytest.mark.usefixtures("changing")
SAVE = ".o-submit .btn-primary"


def pick(page, selector, text, found):
    """Choose in a remote picker by typing."""
    page.locator(selector).focus()
    page.locator(f"{selector} + .ts-wrapper .ts-control input").click()
    page.keyboard.type(text)
    page.locator(".ts-dropdown [role=option]:visible", has_text=found).first.click()


def value(page, name):
    return page.evaluate("name => document.querySelector(`[name='${name}']`).value", name)


def save(page):
    """Send the form; answer the status of what came back."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.locator(SAVE).click()
    page.wait_for_load_state("load")
    return sent.value.status


def test_all_that_was_typed_stays_also_in_lines_and_pickers(page_of):
    page = page_of(BUYER, "/items/IT-HW-002/edit")
    page.locator("#f-name").fill("")
    page.locator("#f-manufacturer").fill("Kestrel <b>& Sons</b>")
    pick(page, "#f-category", "office", "OFF")
    category = value(page, "category")
    page.get_by_role("button", name="Add line").click()
    last = page.locator("#prices tr[data-line]:visible").count() - 1
    pick(page, f"#prices-{last}-supplier", "vega cl", "Vega Cloud")
    supplier = value(page, f"prices-{last}-supplier")
    page.locator(f"#prices-{last}-unit_price").fill("much")
    page.locator(f"#prices-{last}-supplier_number").fill("VC-77")
    page.locator(f"#prices-{last}-valid_from").fill("2026-05-01")

    assert save(page) == 422
    assert page.title().startswith("Error: ")
    expect(page.locator("[data-o-errors]")).to_be_focused()
    assert value(page, "name") == ""
    assert value(page, "manufacturer") == "Kestrel <b>& Sons</b>"
    assert (value(page, "category"), value(page, f"prices-{last}-supplier")) == (category, supplier)
    expect(page.locator(f"#prices-{last}-supplier option:checked")).to_contain_text("Vega Cloud")
    named = {name: value(page, f"prices-{last}-{name}") for name in ("unit_price", "supplier_number", "valid_from")}
    assert named == {"unit_price": "much", "supplier_number": "VC-77", "valid_from": "2026-05-01"}


@pytest.mark.parametrize("size", [(1440, 900), PHONE], ids=["1440", "390"])
def test_every_line_of_the_summary_leads_into_its_field(page_of, size):
    page = page_of(BUYER, "/suppliers/S-00003/edit", size=size)
    page.locator("#f-country").fill("XX")
    page.locator("#f-payment_days").fill("soon")
    page.locator("#contacts-0-name").fill("")
    page.locator("#contacts-1-email").fill("nobody at home")
    assert save(page) == 422
    links = page.locator("[data-o-errors] a")
    assert links.count() >= 2
    for link in links.all():
        target = link.get_attribute("href").removeprefix("#")
        link.click()
        field = page.locator(f"[id='{target}']")
        expect(field).to_be_focused()
        assert field.get_attribute("aria-invalid") == "true"
        described = field.get_attribute("aria-describedby")
        assert page.locator(f"[id='{described.split()[0]}']").is_visible()
        expect(field).to_be_in_viewport()


def test_a_form_saved_by_somebody_else_meanwhile_keeps_what_was_typed(windows):
    mine, theirs = (
        windows.open(BUYER, "/suppliers/S-00005/edit").page,
        windows.open(OTHER_BUYER, "/suppliers/S-00005/edit").page,
    )
    theirs.locator("#f-notes").fill("Their words")
    assert save(theirs) == 303
    mine.locator("#f-notes").fill("My words")
    mine.locator("#contacts-0-role").fill("Sales north")
    assert save(mine) == 412
    assert mine.title().startswith("Error: ")
    assert value(mine, "notes") == "My words"
    assert value(mine, "contacts-0-role") == "Sales north"
    expect(mine.locator(".o-note a")).to_have_attribute("href", "/suppliers/S-00005")


def test_a_page_that_is_left_with_unsaved_words_asks_first(page_of):
    page = page_of(BUYER, "/suppliers/S-00003/edit")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.locator("#f-notes").fill("Half a thought")
    page.locator(".o-crumbs a").first.click()
    page.wait_for_url("**/suppliers")
    assert asked == ["beforeunload"]


def test_two_clicks_on_save_are_one(page_of):
    page = page_of(BUYER, "/suppliers/new")
    page.locator("#f-name").fill("Twice Tools")
    page.locator("#f-country").fill("AT")
    pick(page, "#f-currency", "eur", "EUR")
    page.locator(SAVE).dblclick()
    page.wait_for_url("**/suppliers/S-*")
    page.goto("/suppliers?q=Twice")
    expect(page.locator("[data-o-rows] tr")).to_have_count(1)


def test_the_buttons_of_the_phone_are_large_enough_for_a_thumb(page_of):
    page = page_of(BUYER, "/suppliers/S-00003/edit", size=PHONE)
    for button in page.locator(".o-submit .btn:visible").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 44, button.inner_text()
    page.goto("/suppliers/S-00003")
    for button in page.locator(".o-tabbar > :visible").all():
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= 44, button.inner_text()
