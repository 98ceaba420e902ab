"""How many of something, in words that agree with the number."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def plural(number: Decimal | Fraction | int, one: str, many: str = "") -> str:
    """Choose the word that agrees with a number: `day` for one, else `days`, or `many` where no s makes it."""
    return one if abs(number) == 1 else many or f"{one}s"


def counted(number: Decimal | int, one: str, many: str = "") -> str:
    """Write a number with what is counted: `1 day`, `3 days`, `0 entries`."""
    shown = f"{number.normalize():f}" if isinstance(number, Decimal) else str(number)
    return f"{shown} {plural(number, one, many)}"
