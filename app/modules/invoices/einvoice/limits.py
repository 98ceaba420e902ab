"""How much of a stranger's file is looked at, and the words with which it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from app.infra.xml.parsing import MEGABYTE, Bounds, Unreadable

__all__ = ["MEGABYTE", "STANDARD", "Limits", "Unreadable"]


@dataclass(frozen=True, slots=True)
class Limits(Bounds):
    """Sizes in bytes, counts, and seconds; what goes beyond is refused, never read in part."""

    file: int = 40 * MEGABYTE
    enclosure: int = 20 * MEGABYTE
    enclosures: int = 200
    pages_of_text: int = 20
    rows: int = 20_000
    seconds: int = 30


STANDARD = Limits()
