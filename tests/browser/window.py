"""Windows of the browser: somebody signed in, a size, a theme, and every complaint of the page kept."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, StorageState

from tests.browser.company import PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
TIMEOUT = 15_000  # milliseconds
DESKTOP, PHONE, NARROW = (1440, 900), (390, 844), (320, 700)
Theme = Literal["light", "dark"]
# A refusal is an answer: Chromium writes every 4xx of a page to the console, and it means nothing is broken.
ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of (401|403|404|409|412|422|429)")


@dataclass
class Window:
    """One page, and what went wrong on it so far."""

    context: BrowserContext
    page: Page
    name: str = ""
    size: tuple[int, int] = (0, 0)
    problems: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on("response", self._answered)
        self.page.on("requestfailed", self._failed)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if not ANSWERED.match(message.text) or message.location["url"].endswith("/live"):
            self.problems.append(f"{message.type}: {message.text}")

    def _answered(self, response: Response) -> None:
        self.answers.append(response)
        path = urlsplit(response.url).path
        if response.status >= 500 or (response.status >= 400 and path.startswith("/static/")):
            self.problems.append(f"{response.status} for {path}")

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # left behind by going to another page
            self.problems.append(f"{request.failure} for {request.url}")

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Give kind and compressed size of everything the page fetched, except its live stream."""
        for response in self.answers:
            if response.request.resource_type != "eventsource" and response.ok:
                yield response.request.resource_type, len(gzip.compress(response.body(), 9, mtime=0))


@dataclass
class Windows:
    """Opens windows, and signs people in the first time they are needed."""

    browser: Browser
    address: str
    cookies: dict[str, StorageState] = field(default_factory=dict)
    opened: list[Window] = field(default_factory=list)

    def open(
        self, who: str | None, path: str, size: tuple[int, int] = DESKTOP, theme: Theme = "light", **options: Any
    ) -> Window:
        """Open an address as somebody, or as nobody."""
        window = self.blank(who, size, theme, **options)
        window.page.goto(path, wait_until="load")
        window.page.evaluate("document.fonts.ready")
        return window

    def blank(self, who: str | None, size: tuple[int, int] = DESKTOP, theme: Theme = "light", **options: Any) -> Window:
        """Open an empty window of somebody."""
        phone = size[0] < 500
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": size[0], "height": size[1]},
            is_mobile=phone,
            has_touch=phone,
            color_scheme=theme,
            locale="en-GB",
            timezone_id="Europe/Prague",
            reduced_motion="reduce",
            storage_state=self.sign_in(who) if who else None,
            **options,
        )
        context.set_default_timeout(TIMEOUT)
        window = Window(context, context.new_page(), size=size)
        self.opened.append(window)
        return window

    def close(self, window: Window) -> None:
        """Close a window; it must not have complained."""
        self.opened.remove(window)
        window.context.close()
        assert not window.problems, window.problems

    def close_all(self) -> None:
        """Close every window that is open."""
        problems = [problem for window in self.opened for problem in window.problems]
        for window in self.opened:
            window.context.close()
        self.opened.clear()
        assert not problems, problems

    def sign_in(self, who: str) -> StorageState:
        """Sign somebody in by the form of the page, once for all tests; answer their cookie."""
        if who not in self.cookies:
            there = {"X-Forwarded-For": f"192.0.2.{len(self.cookies) + 1}"}  # one address signs in few people a minute
            context = self.browser.new_context(base_url=self.address, extra_http_headers=there)
            page = context.request.get("/sign-in").text()
            token = re.search(r'name="csrf_token" value="([^"]+)"', page)
            assert token, page
            form: dict[str, Any] = {"csrf_token": token[1], "username": who, "password": PASSWORD}
            answer = context.request.post("/sign-in", form=form, max_redirects=0)
            assert answer.status == 303, answer.text()
            self.cookies[who] = context.storage_state()
            context.close()
        return self.cookies[who]


def paint(page: Page, theme: Theme) -> None:
    """Show the page in a theme without loading it again."""
    page.emulate_media(color_scheme=theme)
    page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
