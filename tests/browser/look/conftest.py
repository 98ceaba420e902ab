"""Headless Chromium over the sample site; a message in the console fails the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.browser.look.site import Sent, build, served

Opener = Callable[..., Page]
REFUSAL = "status of 422"


@pytest.fixture
def sent() -> list[Sent]:
    return []


@pytest.fixture
def opened(browser: Browser, sent: list[Sent]) -> Iterator[Opener]:
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and REFUSAL not in message.text:
            complaints.append(message.text)

    with served(build(sent)) as address:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.grant_permissions(["clipboard-read", "clipboard-write"])

        def go(path: str, width: int = 1440, dark: bool = False) -> Page:
            page = context.new_page()
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
            page.on("console", hear)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(address + path, wait_until="networkidle")
            return page

        yield go
        context.close()
    assert complaints == []
