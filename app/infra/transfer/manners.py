"""How a file writes numbers and days: proved by all values of a column together, and never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.infra.transfer.matching import Target
from app.kernel import notation
from app.kernel.problem import Problem

NUMBERS = ("decimal", "money", "integer")
DATE_ORDERS = {"day": "Day first", "month": "Month first"}
MIXED, OPEN = "mixed", "open"
_PLAIN = re.compile(r"-?\d+(\.\d+)?")
_CURRENCY = re.compile(r"\b([A-Z]{3})\b")
_SIGNS = {"£": "GBP", "€": "EUR"}


@dataclass
class Proofs:
    """What the values of the columns say so far about how they are written."""

    kinds: Mapping[int, str]
    seen: dict[int, set[str]] = field(default_factory=dict)

    def see(self, column: int, text: str) -> None:
        """Take one more value into account."""
        if self.kinds[column] == "date":
            mark = notation.day_order(text)
        else:
            mark = notation.mark_of(notation.bare_number(text)[0])
        if mark:
            self.seen.setdefault(column, set()).add(mark)

    def found(self, said_order: str = "") -> dict[int, str]:
        """Conclude: the one way that is proved, `mixed` where two are, `open` where none is; a person's word counts first."""
        concluded = {}
        for column, marks in self.seen.items():
            proved = marks - {"?"}
            if self.kinds[column] == "date" and said_order:
                concluded[column] = said_order
            else:
                concluded[column] = next(iter(proved)) if len(proved) == 1 else MIXED if proved else OPEN
        return concluded


def kinds_of(matched: Iterable[tuple[int, Target]]) -> dict[int, str]:
    """Tell of which columns the writing has to be found out."""
    return {at: target.field.kind for at, target in matched if target.field.kind in (*NUMBERS, "date")}


def is_plain(text: str) -> bool:
    """Say whether a number stands as machines write it."""
    return _PLAIN.fullmatch(text) is not None


def number(text: str, manner: str) -> str:
    """Write a number as machines do; what can be read in two ways stays as it is, and is refused."""
    if _PLAIN.fullmatch(text):
        return text if manner != "," or notation.mark_of(text) != "?" else text.replace(".", "")
    bare, sign = notation.bare_number(text)
    mark = notation.mark_of(bare)
    if mark == "?":
        mark = manner if manner in (".", ",") else "." if "." in bare else ""
    plain = notation.plain_number(bare, mark or ".") if mark != "" else None
    return text if plain is None else f"-{plain}" if sign < 0 else plain


def day(text: str, manner: str) -> str:
    """Write a day as machines do; what can be read in two ways, or is no day, stays as it is."""
    order = notation.day_order(text)
    if order == "?" and manner not in DATE_ORDERS:
        return text
    found = notation.read_day(text, is_day_first=(manner if manner in DATE_ORDERS else order) != "month")
    return text if found is None else found.isoformat()


def why_not_day(label: str, text: str, manner: str) -> Problem | None:
    """Say that a day can be read in two ways, and what to do about it."""
    if manner in DATE_ORDERS or notation.day_order(text) != "?":
        return None
    reason = "the column has both" if manner == MIXED else "no other value of the column tells"
    words = f"{label}: {text} begins with the day or with the month, and {reason}. Say which when the file is read."
    return Problem("ambiguous_date", words)


def currency_named(text: str) -> str:
    """Tell the currency an amount is written with, where a sign or code can mean only one."""
    if _PLAIN.fullmatch(text):
        return ""
    match = _CURRENCY.search(text)
    return match[1] if match else next((code for sign, code in _SIGNS.items() if sign in text), "")
