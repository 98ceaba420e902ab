"""How numbers and dates are written in a table: found from all values of the columns together, and never guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.kernel import notation
from app.modules.payments.formats import text as texts
from app.modules.payments.formats.refusing import refused, shown


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table with the place it stands in."""

    value: str
    column: str
    line: int


def bare_number(value: str) -> tuple[str, int]:
    """Take spaces, currency and sign off a number; a bank may also say DR or CR behind it."""
    text = value.strip()
    for mark, factor in (("DR", -1), ("CR", 1)):
        if text.upper().endswith(mark):
            bare, sign = notation.bare_number(text[:-2])
            return bare, sign * factor
    return notation.bare_number(text)


def decimal_mark(cells: Iterable[Cell]) -> str:
    """Find whether the point or the comma divides the cents; refuse where the values leave it open."""
    proofs: dict[str, Cell] = {}
    open_: Cell | None = None
    for cell in cells:
        number, _ = bare_number(cell.value)
        mark = notation.mark_of(number)
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


def is_amount(cell: Cell, mark: str) -> bool:
    """Say whether a cell holds an amount that is not nothing."""
    plain = notation.plain_number(bare_number(cell.value)[0], mark)
    return plain is not None and plain.strip("0.") != ""


def number(cell: Cell, mark: str) -> Decimal:
    """Read an amount, once it is known which mark divides the decimals."""
    bare, sign = bare_number(cell.value)
    plain = notation.plain_number(bare, mark)
    if plain is None:
        words = f"Column {shown(cell.column)} holds {shown(cell.value)}, which is not an amount."
        raise refused("bad_amount", words, line=cell.line, field=cell.column)
    return texts.amount(plain, line=cell.line, field=cell.column) * sign


def day_comes_first(cells: Iterable[Cell], *, may_be_month: bool = True) -> bool:
    """Find whether 3/4 is 3 April or 4 March; refuse where neither a value nor the language of the table tells."""
    open_: Cell | None = None
    proofs: dict[bool, Cell] = {}
    for cell in cells:
        order = notation.day_order(cell.value)
        if order in ("day", "month"):
            proofs.setdefault(order == "day", cell)
        elif order == "?":
            open_ = open_ or cell
    if len(proofs) > 1:
        words = (
            f"Dates are written in two ways: {shown(proofs[True].value)} (line {proofs[True].line}) with the day first,"
            f" {shown(proofs[False].value)} (line {proofs[False].line}) with the month first. Use one."
        )
        raise refused("mixed_dates", words, field=proofs[True].column)
    if not proofs and open_ is not None and may_be_month:
        words = (
            f"Column {shown(open_.column)} can be read in two ways: {shown(open_.value)} may begin with the day or the month."
            " Export the dates as YYYY-MM-DD."
        )
        raise refused("ambiguous_dates", words, line=open_.line, field=open_.column)
    return next(iter(proofs), True)


def is_day(cell: Cell) -> bool:
    """Say whether a cell is written as a day, whichever one it is."""
    return notation.day_parts(cell.value, is_day_first=True) is not None


def day(cell: Cell, is_day_first: bool) -> date:
    """Read a date, once it is known whether the day or the month comes first."""
    parts = notation.day_parts(cell.value, is_day_first=is_day_first)
    if parts is None:
        words = f"Column {shown(cell.column)} holds {shown(cell.value)}, which is not a date."
        raise refused("bad_date", words, line=cell.line, field=cell.column)
    return texts.day(*parts, line=cell.line, field=cell.column)
