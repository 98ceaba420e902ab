"""A controller writes a ladder without help: sees a gap, mends it, tries it on a document, and publishes; by mouse and keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.keys import has_focus, press_on, tab_to, type_into
from tests.browser.test_every_page import INLINE, STANDARDS, violations
from tests.browser.window import PHONE, paint

pytestmark = pytest.mark.usefixtures("changing")
CONTROLLER = "marta.keller"
CHECKS, GAP = "#rail", "#rail .o-ladder-gap"
NEW = "/approval-policies/new"


def begun(page):
    """Fill in the head of a new policy, and its first rule for amounts below 5 000."""
    page.locator("#f-name").fill("Spending ladder")
    page.locator("#f-document").select_option("request")
    page.locator("#f-fallback_role").select_option("Controller")
    page.locator("#rules-0-label").fill("Controlling")
    page.locator("#rules-0-resolver").select_option("role")
    page.locator("#rules-0-role").select_option("Controller")
    page.locator("#rules-0 [data-rule-do=and]").click()
    page.locator("#conditions-0-operator").select_option("below")
    page.locator("#conditions-0-value").fill("5 000")


def second_rule(page):
    """Add the next rung of the ladder, which begins above 5 000."""
    page.get_by_role("button", name="Add rule").click()
    has_focus(page, "#rules-1-label")
    page.keyboard.type("CFO")
    page.locator("#rules-1-resolver").select_option("role")
    page.locator("#rules-1-role").select_option("Controller")
    page.locator("#rules-1 [data-rule-do=and]").click()
    has_focus(page, "#conditions-1-fact")
    page.locator("#conditions-1-operator").select_option("above")
    page.locator("#conditions-1-value").fill("5000")


def test_a_controller_writes_a_ladder_sees_a_gap_mends_it_tries_it_and_publishes(windows):
    window = windows.open(CONTROLLER, NEW)
    page = window.page
    begun(page)
    second_rule(page)
    expect(page.locator(GAP)).to_have_count(1)
    expect(page.locator(CHECKS)).to_contain_text(
        "Rules R1 and R2 leave a gap: a document of exactly 5000 is for neither."
    )
    assert violations(window, runOnly=STANDARDS) == []
    paint(page, "dark")
    assert violations(window, runOnly=STANDARDS) == []
    page.locator(CHECKS).get_by_role("link", name=re.compile("leave a gap")).click()
    has_focus(page, "#rules-1-label")
    page.locator("#conditions-1-operator").select_option("at_least")
    expect(page.locator(CHECKS)).to_contain_text("Ready to publish")
    expect(page.locator(GAP)).to_have_count(0)
    expect(page.locator("#rules-1 summary")).to_contain_text(
        re.compile(r"Amount is at least 5.000 → ask anyone with the role Controller")
    )

    number = page.locator("#documents option").first.get_attribute("value")
    page.locator("#document-to-try").fill(number)
    page.keyboard.press("Enter")
    expect(page.locator("#tried .o-chain li")).to_have_count(1)
    page.get_by_text("How each rule answers").click()
    expect(page.locator("#tried")).to_contain_text("It was")

    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url(re.compile(r"/approval-policies/AP-\d+$"))
    expect(page.get_by_role("region", name="Rules").or_(page.locator(".o-rules-said"))).to_contain_text("Controlling")
    page.get_by_role("link", name="Publish").click()
    dialog = page.locator("#dialog[open]")
    expect(dialog).to_contain_text("Every new request in every entity without a policy of its own is decided by it.")
    expect(dialog).to_contain_text(re.compile(r"AP-00001, version 1, is retired\. What changes: "))
    expect(dialog).to_contain_text("on their way keep the version they were submitted under.")
    dialog.get_by_role("button", name="Publish approval policy").click()
    expect(page.locator(".o-status").first).to_have_text("Published")


def test_a_rule_is_written_moved_and_taken_out_by_keys_alone(windows):
    page = windows.open(CONTROLLER, NEW).page
    has_focus(page, "#f-name")
    page.keyboard.type("By keys")
    type_into(page, "#rules-0-label", "Team")
    tab_to(page, "#rules-0 [data-rule-do=and]")
    page.keyboard.press("Enter")
    has_focus(page, "#conditions-0-fact")
    page.keyboard.type("Cat")  # a list of choices goes to what is typed
    expect(page.locator("#conditions-0-fact")).to_have_value("category")
    tab_to(page, "#conditions-0-value, #conditions-0-value-ts-control")
    page.keyboard.type("software")
    expect(page.locator(".ts-dropdown .option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#conditions-0-value option[selected], #conditions-0-value option:checked")).to_have_count(1)
    tab_to(page, "#conditions-0 [data-rule-do=drop]")
    page.keyboard.press("Shift+Tab")
    tab_to(page, "#rules-0-effect")
    page.keyboard.press("Control+d")
    has_focus(page, "#rules-1-label")
    expect(page.locator("#rules-1-code")).to_have_value("R2")
    expect(page.locator("[name=conditions-1-rule]")).to_have_value("R2")
    page.keyboard.press("Control+a")
    page.keyboard.type("Second")
    page.keyboard.press("Alt+ArrowUp")
    has_focus(page, "#rules-0-label")
    expect(page.locator("#rules-0-code")).to_have_value("R2")
    expect(page.locator("[name=conditions-0-rule]")).to_have_value("R2")
    page.keyboard.press("Control+Delete")
    expect(page.locator("#rules-0")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#rules-0")).to_be_visible()
    expect(page.locator("#rules-0-label")).to_have_value("Second")
    press_on(page, "#conditions-0 [data-rule-do=drop]")
    expect(page.locator("#rules-0 [data-clause]")).to_have_count(0)


def test_only_the_fields_that_matter_are_shown_and_sent(page_of):
    page = page_of(CONTROLLER, NEW)
    page.locator("#rules-0-effect").select_option("warn")
    expect(page.locator("#rules-0-resolver")).to_be_hidden()
    expect(page.locator("#rules-0-reason")).to_be_visible()
    expect(page.locator("#rules-0-stage")).to_be_disabled()
    page.locator("#rules-0-effect").select_option("require")
    page.locator("#rules-0-resolver").select_option("person")
    expect(page.locator("#rules-0-mode")).to_be_hidden()
    page.locator("#rules-0-resolver").select_option("owner_of_category")
    page.locator("#rules-0-mode").select_option("quorum")
    expect(page.locator("#rules-0-quorum")).to_be_visible()
    page.locator("#rules-0-due_days").fill("2")
    expect(page.locator("#rules-0-on_due")).to_be_visible()
    page.locator("#rules-0 [data-rule-do=and]").click()
    page.locator("#conditions-0-fact").select_option("supplier")
    page.locator("#conditions-0-operator").select_option("empty")
    expect(page.locator("#conditions-0 [data-value]")).to_be_hidden()
    page.locator("#conditions-0-fact").select_option("supplier_state")
    page.get_by_label("Blocked").check()
    expect(page.locator("#rules-0 summary")).to_contain_text("Supplier's state is “blocked”")


def test_what_was_refused_keeps_all_that_was_typed_and_leads_to_the_field(page_of):
    page = page_of(CONTROLLER, NEW)
    begun(page)
    page.locator("#conditions-0-value").fill("lots")
    page.locator("#rules-0-role").select_option("")
    page.get_by_role("button", name="Save draft").click()
    has_focus(page, "[data-o-errors]")
    assert page.title().startswith("Error: ")
    expect(page.locator("#conditions-0-value")).to_have_value("lots")
    page.locator("[data-o-errors]").get_by_role("link", name="Rule R1: Amount: enter a number such as 5000.00.").click()
    has_focus(page, "#conditions-0-value")


def test_the_pages_of_a_policy_fit_the_phone_and_the_policy_of_their_scripts(windows):
    for path in (NEW, "/approval-policies/AP-00001", "/approval-policies/AP-00001/trial"):
        window = windows.open(CONTROLLER, path, PHONE)
        assert violations(window, runOnly=STANDARDS) == [], path
        assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert window.page.evaluate(INLINE) == 0, path
