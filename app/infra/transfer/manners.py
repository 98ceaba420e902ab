"""How a file writes numbers and days: proved by all values of a column together, and never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.infra.transfer.matching import Target
from app.kernel import notation
from app.kernel.money import CURRENCIES
from app.kernel.problem import Problem

NUMBERS = ("decimal", "money", "integer")
DATE_ORDERS = {"day": "Day first", "month": "Month first"}
MIXED, OPEN = "mixed", "open"
_PLAIN = re.compile(r"-?\d+(\.\d+)?")
# How accounts write that there is no amount.
_NOTHING = re.compile(r"\s*[£€$]?\s*[-\u2013\u2014]\s*|nil", re.IGNORECASE)
_SHORTENED = re.compile(r"[-+]?\d+([.,]\d+)?E\+?\d+", re.IGNORECASE)
#: Days of a spreadsheet from 1954 to 2064, counted from 1899-12-30.
_SERIAL = re.compile(r"[2-5]\d{4}(\.\d+)?")
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
        """Conclude for each column: the one way that is proved, in it or else in all its like; `mixed` where two are.

        It is `open` where none is; of days a person's word counts first.
        """
        proved: dict[bool, set[str]] = {True: set(), False: set()}
        for column, marks in self.seen.items():
            proved[self.kinds[column] == "date"] |= marks - {"?"}
        return {
            column: said_order if said_order and self.kinds[column] == "date"
            else _concluded(marks - {"?"}, proved[self.kinds[column] == "date"])
            for column, marks in self.seen.items()
        }  # fmt: skip


def _concluded(own: set[str], of_all: set[str]) -> str:
    marks = own or of_all
    if len(marks) == 1:
        return next(iter(marks))
    return MIXED if own else OPEN


def kinds_of(matched: Iterable[tuple[int, Target]]) -> dict[int, str]:
    """Tell of which columns the writing has to be found out."""
    return {at: target.field.kind for at, target in matched if target.field.kind in (*NUMBERS, "date")}


def is_plain(text: str) -> bool:
    """Say whether a number stands as machines write it."""
    return _PLAIN.fullmatch(text) is not None


def number(text: str, manner: str) -> str:
    """Write a number as machines do; what can be read in two ways stays as it is, and is refused."""
    if _NOTHING.fullmatch(text):
        return "0"
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
    """Say that a day can be read in two ways, or is a number that stands for one, and what to do about it."""
    if _SERIAL.fullmatch(text):
        words = f"{label}: {text} is the number by which a spreadsheet keeps a day. Format the column as dates, save, and send the file again."
        return Problem("serial_day", words)
    if manner in DATE_ORDERS or notation.day_order(text) != "?":
        return None
    reason = "the column has both" if manner == MIXED else "no other value of the column tells"
    words = f"{label}: {text} begins with the day or with the month, and {reason}. Say which when the file is read."
    return Problem("ambiguous_date", words)


def why_not_number(label: str, text: str, manner: str) -> Problem | None:
    """Say that a number can be read in two ways, or was shortened so that nobody knows the digits left out."""
    if manner in (MIXED, OPEN) and "," in text and notation.mark_of(notation.bare_number(text)[0]) == "?":
        words = (
            f"{label}: {text} may be thousands or decimals, and no other value tells. Write the amounts with decimals."
        )
        return Problem("ambiguous_number", words)
    if _SHORTENED.fullmatch(text) is None:
        return None
    words = f"{label}: {text} was shortened by a spreadsheet, and its last digits are lost. Write the number in full."
    return Problem("shortened_number", words)


def currency_named(text: str) -> str:
    """Tell the currency an amount is written with, where a sign or code can mean only one."""
    if _PLAIN.fullmatch(text):
        return ""
    match = _CURRENCY.search(text)
    return (
        match[1]
        if match and match[1] in CURRENCIES
        else next((code for sign, code in _SIGNS.items() if sign in text), "")
    )
