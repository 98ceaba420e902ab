"""PDFs: the files inside, and the words on the pages; opened in the sandbox only."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from app.modules.invoices.domain.document import Enclosure
from app.modules.invoices.einvoice.engine import EngineLost, engine
from app.modules.invoices.einvoice.limits import Limits, Unreadable

_REFUSALS = {
    "encrypted": "The PDF is locked with a password. Ask for it without.",
    "too_large": "A part of the PDF unpacks to more than {megabytes} MB.",
    "no_page": "The PDF has no such page.",
    "damaged": "The PDF is damaged and cannot be opened. Ask for it again.",
}
_HEAD = 1024
_WIDTH, _MOST_PIXELS = 1400, 6_000_000


@dataclass(frozen=True, slots=True)
class Opened:
    """What a PDF holds besides its pages."""

    pages: int
    files: tuple[Enclosure, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A page of a PDF as a PNG, and how many pages there are."""

    png: bytes
    pages: int


def looks_like_pdf(data: bytes) -> bool:
    """Tell a PDF by its sign, which may stand a little way in."""
    return b"%PDF-" in data[:_HEAD]


def unpack(data: bytes, limits: Limits) -> Opened:
    """Take the files out of a PDF, or say why it cannot be opened."""
    answer = _asked("unpack", data, limits, most=limits.enclosures)
    files = tuple(
        Enclosure(name=each["name"], media_type=each["type"], content=base64.b64decode(each["data"]))
        for each in answer["files"]
    )
    return Opened(answer["pages"], files)


def words(data: bytes, limits: Limits) -> str:
    """Take the words off the first pages for search; none is no failure."""
    try:
        return str(_asked("text", data, limits, pages=limits.pages_of_text)["text"]).replace("\0", "")
    except Unreadable:
        return ""


def picture(data: bytes, page: int, limits: Limits) -> Picture:
    """Draw a page, counted from 1, wide enough to read small print on it."""
    answer = _asked("picture", data, limits, page=page, width=_WIDTH, pixels=_MOST_PIXELS)
    return Picture(base64.b64decode(answer["png"]), answer["pages"])


def _asked(do: str, data: bytes, limits: Limits, **more: int) -> dict[str, Any]:
    order = {"do": do, "seconds": limits.seconds, "largest": limits.xml, **more}
    try:
        answer = engine.ask(order, data)
    except EngineLost as lost:
        if lost.took_too_long:
            raise Unreadable("took_too_long", f"The PDF could not be read within {limits.seconds} seconds.") from None
        raise Unreadable("damaged", _REFUSALS["damaged"]) from None
    if refusal := answer.get("refusal"):
        raise Unreadable(refusal, _REFUSALS[refusal].format(megabytes=limits.xml // 1024 // 1024))
    return answer
