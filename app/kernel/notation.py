"""How people write numbers and days in tables: read exactly, and left open where a text can be read in two ways."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

_MINUS = "-\u2212\u2012\u2013\ufe63\uff0d"
_SIGNS = str.maketrans(dict.fromkeys(_MINUS, "-"))
_NOISE = re.compile(r"[\s\u00a0\u202f'\u2019_]|€|£|\$|¥")
_CODE = re.compile(r"^[A-Z]{3}|[A-Z]{3}$")
_MOST_MONTHS = 12
_MONTH_NAMES = """
    jan january januar jänner januari janv janvier|feb february februar februari fev fevr février fevrier févr|mar march
    märz maerz mrz maart mrt mars|apr april avr avril|may mai mei|jun june juni juin|jul july juli juil juillet|aug august
    augustus aou août aout|sep sept september septembre|oct october okt oktober octobre|nov november novembre|dec
    december dez dezember déc décembre decembre
"""
_MONTHS = {month: number for number, names in enumerate(_MONTH_NAMES.split("|"), start=1) for month in names.split()}
_YEAR_FIRST = re.compile(r"(\d{4})[-/.:](\d{1,2})[-/.:](\d{1,2})|(\d{4})(\d{2})(\d{2})", re.ASCII)
_PARTS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
_NAMED = re.compile(
    r"(?:[^\W\d]+,? )?(?P<day>\d{1,2})(?:st|nd|rd|th)?[-. /]+(?P<month>[^\W\d]+)\.?,?[-. /]+(?P<year>\d{4}|\d{2})"
)
_NAMED_FIRST = re.compile(
    r"(?:[^\W\d]+,? )?(?P<month>[^\W\d]+)\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?(?:, ?| )(?P<year>\d{4})"
)
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}.*$")


def bare_number(text: str) -> tuple[str, int]:
    """Take spaces, currency and sign off a number; the sign may lead, trail, or be parentheses."""
    bare, sign = _CODE.sub("", _NOISE.sub("", text.strip().translate(_SIGNS))), 1
    if bare.startswith("(") and bare.endswith(")"):
        bare, sign = bare[1:-1], -1
    if bare.startswith("-") or bare.endswith("-"):
        bare, sign = bare.strip("-"), -sign
    return bare.strip("+"), sign


def mark_of(number: str) -> str | None:
    """Tell which mark divides the decimals of a bare number: `.`, `,`, None where there is none, `?` where it is open."""
    points, commas = number.count("."), number.count(",")
    if points and commas:
        last = max(number.rfind("."), number.rfind(","))
        return number[last] if number.count(number[last]) == 1 else None
    if not points and not commas:
        return None
    mark = "." if points else ","
    if points + commas > 1:
        return "," if mark == "." else "."
    behind = len(number) - number.index(mark) - 1
    before = number.index(mark)
    return "?" if behind == 3 and 1 <= before <= 3 and not number.startswith("0") else mark  # noqa: PLR2004


def read_number(text: str, mark: str) -> Decimal | None:
    """Read a number, once it is known which mark divides the decimals; None where it is none."""
    bare, sign = bare_number(text)
    plain = plain_number(bare, mark)
    return None if plain is None else Decimal(plain) * sign


def plain_number(bare: str, mark: str) -> str | None:
    """Write a bare number as machines do, with a point and nothing between thousands; None where it is none."""
    whole, dot, decimals = bare.partition(mark)
    groups = whole.split("," if mark == "." else ".")
    well_grouped = len(groups) == 1 or (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]))  # noqa: PLR2004
    digits = "".join(groups)
    if not well_grouped or not (digits + decimals).isascii() or not (digits + decimals).isdigit():
        return None
    return f"{digits or '0'}{'.' if dot else ''}{decimals}"


def day_order(text: str) -> str | None:
    """Tell what a day in figures begins with: `day`, `month`, `?` where it is open, None where nothing is to be told."""
    match = _PARTS.fullmatch(_TIME.sub("", text.strip()))
    if match is None:
        return None
    first, mark, second = int(match[1]), match[2], int(match[3])
    if mark == "." or first > _MOST_MONTHS:
        return "day"
    if second > _MOST_MONTHS:
        return "month"
    return "?" if first != second else None


def read_day(text: str, *, is_day_first: bool) -> date | None:
    """Read a day, once it is known whether the day or the month comes first; None where it is none."""
    parts = day_parts(text, is_day_first=is_day_first)
    try:
        return date(*(int(part) for part in parts)) if parts else None
    except ValueError:
        return None


def day_parts(text: str, *, is_day_first: bool) -> tuple[str, str, str] | None:
    """Take a day apart into year, month and day, whether or not there is such a day."""
    bare = _TIME.sub("", text.strip())
    if match := _YEAR_FIRST.fullmatch(bare):
        year, month, of_month = (part for part in match.groups() if part)
        return year, month, of_month
    if match := _PARTS.fullmatch(bare):
        first, _, second, year = match.groups()
        return (_full(year), second, first) if is_day_first else (_full(year), first, second)
    named = _NAMED.fullmatch(bare) or _NAMED_FIRST.fullmatch(bare)
    month_number = _MONTHS.get(named["month"].casefold()) if named else None
    return (_full(named["year"]), str(month_number), named["day"]) if named and month_number else None


def _full(year: str) -> str:
    return year if len(year) > 2 else f"20{year}"  # noqa: PLR2004


def letter(column: int) -> str:
    """Name a column as spreadsheets do: A, B, … Z, AA."""
    name, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
