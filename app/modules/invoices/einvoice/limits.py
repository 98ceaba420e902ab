"""How much of a stranger's file is looked at, and the words with which it is refused."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, counts, and seconds; what goes beyond is refused, never read in part."""

    file: int = 40 * MEGABYTE
    xml: int = 30 * MEGABYTE
    elements: int = 400_000
    attributes: int = 60
    depth: int = 100
    enclosure: int = 20 * MEGABYTE
    enclosures: int = 200
    pages_of_text: int = 20
    rows: int = 20_000
    seconds: int = 30


STANDARD = Limits()


class Unreadable(Exception):
    """Somebody's file cannot be read: a code for programs, a sentence for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
