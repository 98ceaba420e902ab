"""What holds on every page, in every state of it: reachable for everyone, light, whole, and usable with keys alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.places import PLACES, reach
from tests.browser.window import DESKTOP, NARROW, PHONE, Window, Windows, paint

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]  # the only rules that a theme can break
HEAVIEST = {"total": 160_000, "stylesheet": 45_000, "script": 45_000, "document": 15_000}  # bytes, compressed
WHOLE = {"roles": 25_000, "api-docs": 60_000}  # one page for everything there is, to be searched as a whole
MOST_REQUESTS = 9
STOPS = 60

# Where the focus is, whether it can be seen, whether anything lies over it, and whether it is in view.
FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const shown = e.closest('.ts-wrapper,.o-drop') ?? e, box = shown.getBoundingClientRect();
  const ring = style => (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
  const x = Math.min(innerWidth - 2, Math.max(1, box.left + box.width / 2));
  const y = Math.min(innerHeight - 2, Math.max(1, box.top + box.height / 2));
  const top = document.elementFromPoint(x, y), label = 'label,li,td,.ts-wrapper';
  return {
    what: (e.getAttribute('aria-label') || e.textContent || e.id || e.tagName).trim().slice(0, 40),
    seen: ring(getComputedStyle(e)) || ring(getComputedStyle(shown)),
    clear: !!top && (e.contains(top) || top.contains(e) || (!!top.closest(label) && top.closest(label) === e.closest(label))),
    inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""
INLINE = "document.querySelectorAll('[style],script:not([src]),style').length"
WIDTH = "document.documentElement.scrollWidth"


def cases(*, wide: bool = False, untouched: bool = False) -> Any:
    """Ask for a window at every place, in both widths unless only a wide one matters; the same window serves all tests."""
    params = [
        pytest.param((name, size), id=f"{name}-{size[0]}", marks=() if size[0] in place.often else pytest.mark.slow)
        for name, place in PLACES.items()
        for size in (DESKTOP, PHONE)
        if (size == DESKTOP or (place.phone and not wide)) and not (untouched and place.prepare)
    ]
    return pytest.mark.parametrize("opened", params, indirect=True, scope="module")


@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest, signed_in: Windows) -> Iterator[Window]:
    """Open a page in a new browser, as on a first visit."""
    name, size = request.param
    windows = Windows(signed_in.browser, signed_in.address, signed_in.cookies)
    window = windows.blank(PLACES[name].who, size)
    window.name = name
    reach(window.page, PLACES[name])
    yield window
    windows.close(window)


def violations(window: Window, **options: Any) -> list[str]:
    if window.page.evaluate("!window.axe"):
        window.page.evaluate(AXE_SCRIPT)
    run = "options => axe.run(document, { resultTypes: ['violations'], ...options }).then(found => found.violations)"
    found = window.page.evaluate(run, options)
    return [
        f"{each['id']} ({each['impact']}) at {node['target']}: {node.get('failureSummary', '')}"
        for each in found
        for node in each["nodes"][:3]
    ]


@cases()
def test_axe_finds_nothing_in_the_light(opened):
    assert violations(opened, runOnly=STANDARDS) == []


@cases()
def test_axe_finds_nothing_in_the_dark(opened):
    paint(opened.page, "dark")
    found = violations(opened, runOnly={"type": "rule", "values": COLOURS})
    paint(opened.page, "light")
    assert found == []


@cases()
def test_nothing_scrolls_sideways_not_even_on_the_narrowest_phone(opened):
    assert opened.page.evaluate(WIDTH) <= opened.size[0]
    if opened.size == PHONE:
        opened.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        narrow = opened.page.evaluate(WIDTH)
        opened.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert narrow <= NARROW[0]


@cases(wide=True, untouched=True)
def test_it_is_light_and_comes_in_few_requests(opened):
    weight, number = Counter(), 0
    for kind, size in opened.sizes():
        weight.update({kind: size, "total": size})
        number += 1
    most = {**HEAVIEST, "document": WHOLE.get(opened.name, HEAVIEST["document"])}
    assert {kind: weight[kind] for kind in most if weight[kind] > most[kind]} == {}
    assert number <= MOST_REQUESTS, [answer.url for answer in opened.answers]


@cases(untouched=True)
def test_it_comes_without_inline_styles_and_scripts(opened):
    documents = [answer for answer in opened.answers if answer.request.resource_type == "document"]
    assert documents
    policy = documents[-1].headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    text = documents[-1].text()
    assert " style=" not in text
    assert "<style" not in text


@cases(untouched=True)
def test_paper_shows_the_page_without_what_surrounds_it(opened):
    opened.page.emulate_media(media="print")
    around = [name for name in (".o-nav", ".o-top", ".o-tabbar", ".o-submit") if opened.page.locator(name).is_visible()]
    main = opened.page.locator("main").is_visible()
    opened.page.emulate_media(media="screen")
    assert around == []
    assert main


@cases(wide=True)
def test_the_focus_is_seen_in_view_and_covered_by_nothing_on_every_stop(opened):
    bad, stops = [], 0
    for _ in range(STOPS):
        opened.page.keyboard.press("Tab")
        focus = opened.page.evaluate(FOCUS)
        if focus is None:  # on to the browser's own buttons
            break
        stops += 1
        if not (focus["seen"] and focus["clear"] and focus["inView"]):
            bad.append(focus)
    assert bad == []
    assert stops >= (1 if opened.page.locator("dialog[open]").count() else 3)


@cases()
def test_no_script_policy_or_server_complains(opened):
    assert opened.problems == []
