"""How numbers and dates are written in a table: found from all values of the columns together, and never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.modules.payments.formats import text as texts
from app.modules.payments.formats.refusing import refused, shown


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table with the place it stands in."""

    value: str
    column: str
    line: int


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


def bare_number(value: str) -> tuple[str, int]:
    """Take spaces, currency and sign off a number; the sign may lead, trail, or be parentheses."""
    text = _CODE.sub("", _NOISE.sub("", value.strip().translate(_SIGNS)))
    sign = 1
    for mark, factor in (("DR", -1), ("CR", 1)):
        if text.upper().endswith(mark):
            text, sign = text[:-2], factor
    if text.startswith("(") and text.endswith(")"):
        text, sign = text[1:-1], -1
    if text.startswith("-") or text.endswith("-"):
        text, sign = text.strip("-"), -sign
    return text.strip("+"), sign


def decimal_mark(cells: Iterable[Cell]) -> str:
    """Find whether the point or the comma divides the cents; refuse where the values leave it open."""
    proofs: dict[str, Cell] = {}
    open_: Cell | None = None
    for cell in cells:
        number, _ = bare_number(cell.value)
        mark = _mark_of(number)
        if mark in {".", ","}:
            proofs.setdefault(mark, cell)
        elif mark == "?":
            open_ = open_ or cell
    if len(proofs) > 1:
        point, comma = proofs["."], proofs[","]
        words = (
            f"Column {shown(comma.column)} is written in two ways: {shown(point.value)} (line {point.line}) with a point and"
            f" {shown(comma.value)} (line {comma.line}) with a comma before the cents. Use one."
        )
        raise refused("mixed_amounts", words, field=comma.column)
    if not proofs and open_ is not None:
        words = (
            f"Column {shown(open_.column)} can be read in two ways: {shown(open_.value)} may be thousands or decimals. Export the"
            " amounts with two decimals."
        )
        raise refused("ambiguous_amounts", words, line=open_.line, field=open_.column)
    return next(iter(proofs), ".")


def _mark_of(number: str) -> str | None:
    """Tell which mark divides the decimals of one number: `.`, `,`, None where there is none, `?` where it is open."""
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


def number(cell: Cell, mark: str) -> Decimal:
    """Read an amount, once it is known which mark divides the decimals."""
    bare, sign = bare_number(cell.value)
    thousands = "," if mark == "." else "."
    whole, dot, decimals = bare.partition(mark)
    groups = whole.split(thousands)
    is_grouped = len(groups) > 1
    well_grouped = not is_grouped or (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]))  # noqa: PLR2004
    digits = "".join(groups)
    if not well_grouped or not (digits + decimals).isascii() or not (digits + decimals).isdigit():
        words = f"Column {shown(cell.column)} holds {shown(cell.value)}, which is not an amount."
        raise refused("bad_amount", words, line=cell.line, field=cell.column)
    return texts.amount(f"{digits or '0'}{'.' if dot else ''}{decimals}", line=cell.line, field=cell.column) * sign


_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_PARTS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
_NAMED = re.compile(r"(\d{1,2})[-. /]+([^\W\d]+)\.?[-. /]+(\d{4}|\d{2})")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}.*$")


def day_comes_first(cells: Iterable[Cell]) -> bool:
    """Find whether 3/4 is 3 April or 4 March; refuse where no value of the table tells."""
    open_: Cell | None = None
    proofs: dict[bool, Cell] = {}
    for cell in cells:
        match = _PARTS.fullmatch(_TIME.sub("", cell.value.strip()))
        if match is None:
            continue
        first, mark, second = int(match.group(1)), match.group(2), int(match.group(3))
        if mark == "." or first > _MOST_MONTHS:
            proofs.setdefault(True, cell)
        elif second > _MOST_MONTHS:
            proofs.setdefault(False, cell)
        elif first != second:
            open_ = open_ or cell
    if len(proofs) > 1:
        words = (
            f"Dates are written in two ways: {shown(proofs[True].value)} (line {proofs[True].line}) with the day first,"
            f" {shown(proofs[False].value)} (line {proofs[False].line}) with the month first. Use one."
        )
        raise refused("mixed_dates", words, field=proofs[True].column)
    if not proofs and open_ is not None:
        words = (
            f"Column {shown(open_.column)} can be read in two ways: {shown(open_.value)} may begin with the day or the month."
            " Export the dates as YYYY-MM-DD."
        )
        raise refused("ambiguous_dates", words, line=open_.line, field=open_.column)
    return next(iter(proofs), True)


def day(cell: Cell, is_day_first: bool) -> date:
    """Read a date, once it is known whether the day or the month comes first."""
    text = _TIME.sub("", cell.value.strip())
    for pattern in (_ISO, _COMPACT):
        match = pattern.fullmatch(text)
        if match:
            return _date(match.groups(), cell)
    match = _PARTS.fullmatch(text)
    if match:
        first, _, second, year = match.groups()
        return _date((year, second, first) if is_day_first else (year, first, second), cell)
    match = _NAMED.fullmatch(text)
    month = _MONTHS.get(match.group(2).casefold()) if match else None
    if match and month:
        return _date((match.group(3), str(month), match.group(1)), cell)
    words = f"Column {shown(cell.column)} holds {shown(cell.value)}, which is not a date."
    raise refused("bad_date", words, line=cell.line, field=cell.column)


def _date(parts: Sequence[str], cell: Cell) -> date:
    year, month, of_month = parts
    return texts.day(year if len(year) > 2 else f"20{year}", month, of_month, line=cell.line, field=cell.column)  # noqa: PLR2004
