"""Pictures of the main pages, to be looked at beside those of the specification."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import pytest

from tests.browser.places import PLACES, reach
from tests.browser.window import DESKTOP, PHONE, paint

PAINTED = (
    "sign-in", "list", "list-selected", "show", "form", "form-item", "form-errors", "roles", "palette", "ui-kit",
    "home", "import", "command-dialog", "list-filter-menu", "list-nothing", "tokens", "settings", "audit-log", "api-docs",
    "not-found",
)  # fmt: skip
FEWEST_COLOURS = 12  # a blank page has one, a page without styles hardly more


def colours(picture: Path) -> int:
    """Count the different pixels of a PNG as Chromium writes it: 8 bits a channel, rows filtered."""
    content = picture.read_bytes()
    at, packed, width, depth = 8, b"", 0, 3
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, depth = struct.unpack(">I", body[:4])[0], 4 if body[9] == 6 else 3
        elif kind == b"IDAT":
            packed += body
        at += length + 12
    rows = zlib.decompress(packed)
    stride = width * depth + 1
    # Without undoing the filters, a plain area is all zeros and everything drawn is something else.
    return len(
        {
            rows[start + 1 + x : start + 1 + x + depth]
            for start in range(0, len(rows), stride * 8)
            for x in range(0, stride - 1, depth)
        }
    )


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the pictures where OUTLAY_PICTURES says, or with the other files of this run."""
    place = Path(os.environ.get("OUTLAY_PICTURES") or tmp_path_factory.mktemp("pictures"))
    place.mkdir(parents=True, exist_ok=True)
    return place


@pytest.mark.slow
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("name", PAINTED)
def test_a_picture_of_each_main_page_in_both_themes_shows_something(windows, album, name, size, changing):
    place = PLACES[name]
    if size == PHONE and not place.phone:
        pytest.skip("this state needs a wide screen")
    page = windows.blank(place.who, size, device_scale_factor=2 if size == PHONE else 1).page
    reach(page, place)
    pictures = {}
    for theme in ("light", "dark"):
        paint(page, theme)
        pictures[theme] = album / f"{name}-{size[0]}{'-dark' if theme == 'dark' else ''}.png"
        page.screenshot(path=pictures[theme])
        assert colours(pictures[theme]) >= FEWEST_COLOURS, f"{pictures[theme]} is blank"
    assert pictures["light"].read_bytes() != pictures["dark"].read_bytes(), "both themes look the same"
