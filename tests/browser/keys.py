"""Hands that use no mouse."""

from __future__ import annotations

from playwright.sync_api import Page, expect

MOST_STOPS = 150


def tab_to(page: Page, selector: str, back: bool = False) -> None:
    """Press Tab until the focus stands on something; it must be reachable."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.locator(selector).evaluate_all("found => found.includes(document.activeElement)"):
            return
    raise AssertionError(f"{MOST_STOPS} presses of Tab do not reach {selector}")


def type_into(page: Page, selector: str, text: str) -> None:
    """Go to a field by Tab, and write over what stands in it."""
    tab_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def press_on(page: Page, selector: str, key: str = "Enter") -> None:
    """Go to a button or link by Tab and press it."""
    tab_to(page, selector)
    page.keyboard.press(key)


def has_focus(page: Page, selector: str) -> None:
    """Wait until the focus is there."""
    expect(page.locator(selector).first).to_be_focused()
