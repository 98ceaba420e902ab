"""Tables of order lines: a line a row, found by headings that many systems use, in CSV, XLSX or JSON."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.infra.transfer import manners, sheets
from app.infra.transfer.manners import Proofs
from app.infra.transfer.sheets import Line, Sheet
from app.kernel.problem import Kind, Problem, Refused
from app.modules.orders.domain.elsewhere import Placed, PlacedLine, Standing, standing_of

_HEADINGS = {
    "number": "number, order, order number, order no, po number, po no, po, purchase order, document number",
    "supplier": "supplier, supplier name, vendor, vendor name",
    "ordered_on": "ordered on, order date, approved date, approved on, date, issue date, date of order",
    "text": "description, text, item description, line description, name",
    "quantity": "quantity, qty, ordered quantity",
    "unit": "uom, unit, unit of measure",
    "unit_price": "unit price, price",
    "amount": "amount, line amount, line total, net amount, net",
    "currency": "currency, currency code",
    "category": "category, category name",
    "item": "item, item number, item code",
    "supplier_item": "supplier item, suppliers number, supplier item number",
    "promised_for": "promised for, promised date, need by, need by date, delivery date",
    "cost_centre": "cost centre, cost center",
    "cancelled": "cancelled, canceled, cancelled flag",
    "status": "closure status, status, state, line status",
}
_FIELDS = {heading.strip(): name for name, all_ in _HEADINGS.items() for heading in all_.split(",")}
_NEEDED = {"number": "Number", "supplier": "Supplier", "ordered_on": "Order date", "text": "Description"}
_KINDS = {
    "quantity": "decimal",
    "unit_price": "decimal",
    "amount": "decimal",
    "ordered_on": "date",
    "promised_for": "date",
}
_LONGEST = 300


@dataclass
class _Gathered:
    """The rows of one order so far."""

    row: int
    first: dict[str, str]
    rows: int = 0
    lines: list[PlacedLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    dates: set[date] = field(default_factory=set)


def read(data: bytes) -> list[Placed]:
    """Read every order of a table; each of its rows belongs to one of them."""
    sheet = sheets.open_sheet(io.BytesIO(data))
    columns = _columns(sheet)
    proofs = Proofs({at: _KINDS[name] for name, at in columns.items() if name in _KINDS})
    rows = [line for line in sheet.lines() if not line.blank]
    for line in rows:
        for at in proofs.kinds:
            if at < len(line.cells) and line.cells[at].strip():
                proofs.see(at, line.cells[at].strip())
    reader = _Reader(columns, proofs.found())
    orders: dict[str, _Gathered] = {}
    for line in rows:
        cells = {name: _text(line, at) for name, at in columns.items()}
        key = cells["number"] if cells["number"] and not line.torn else f"line {line.number}"
        gathered = orders.setdefault(key, _Gathered(line.number, cells))
        reader.take(gathered, line, cells)
    return [_placed(each) for each in orders.values()]


def _columns(sheet: Sheet) -> dict[str, int]:
    """Find the columns by their headings; the first of two that mean the same counts."""
    found: dict[str, int] = {}
    for at, heading in enumerate(sheet.columns):
        name = _FIELDS.get(" ".join(re.sub(r"[\W_]+", " ", heading.casefold()).split()))
        if name is not None:
            found.setdefault(name, at)
    missing = [label for name, label in _NEEDED.items() if name not in found]
    if missing:
        words = (
            f"The table has no column {' and no column '.join(missing)}. Orders are read from tables with a line a row."
        )
        raise Refused(Kind.INVALID, Problem("columns_missing", words, "file"))
    return found


def _text(line: Line, at: int) -> str:
    return " ".join(line.cells[at].split()) if at < len(line.cells) else ""


class _Reader:
    """Reads rows as the whole table is written."""

    def __init__(self, columns: dict[str, int], written: dict[int, str]) -> None:
        self.manner = {name: written.get(at, "") for name, at in columns.items()}

    def take(self, gathered: _Gathered, line: Line, cells: dict[str, str]) -> None:
        """Add a row to its order, with everything that stands against it."""
        where = f"Row {line.number}: "
        gathered.rows += 1
        gathered.problems += [Problem(flaw.code, f"{where}{flaw.message}", "lines") for flaw in line.flaws]
        if line.torn:
            return
        for name in ("supplier", "currency", "cost_centre"):
            if cells.get(name, "") != gathered.first.get(name, ""):
                words = f"{where}{cells[name]} stands here, {gathered.first[name]} on the row before, in one order."
                gathered.problems.append(Problem("contradicts", words, name))

        def told(problem: Problem) -> None:
            gathered.problems.append(Problem(problem.code, f"{where}{problem.message}", problem.field))

        ordered_on = self._day("ordered_on", "Order date", cells, told)
        gathered.dates |= {ordered_on} if ordered_on else set()
        standing = standing_of(cells.get("cancelled", ""), cells.get("status", ""))
        if standing is None:
            words = f"{cells['status']} is no state known here. Use open, closed or cancelled."
            told(Problem("unknown_choice", words, "status"))
        gathered.lines.append(
            PlacedLine(
                text=cells["text"][:_LONGEST],
                quantity=self._number("quantity", "Quantity", cells, told),
                unit=cells.get("unit", ""),
                unit_price=self._number("unit_price", "Price", cells, told),
                amount=self._number("amount", "Amount", cells, told),
                item=cells.get("item", ""),
                supplier_item=cells.get("supplier_item", "")[:60],
                category=cells.get("category", ""),
                promised_for=self._day("promised_for", "Promised for", cells, told),
                standing=standing or Standing.OPEN,
            )
        )

    def _number(self, name: str, label: str, cells: dict[str, str], tell: Callable[[Problem], None]) -> Decimal | None:
        text = cells.get(name, "")
        plain = manners.number(text, self.manner.get(name, "")) if text else ""
        if text and not manners.is_plain(plain):
            tell(Problem("not_a_number", f"{label}: {text[:40]} is no number that can be read in one way only.", name))
            return None
        return Decimal(plain) if plain else None

    def _day(self, name: str, label: str, cells: dict[str, str], tell: Callable[[Problem], None]) -> date | None:
        text = cells.get(name, "")
        if not text:
            return None
        try:
            return date.fromisoformat(manners.day(text, self.manner.get(name, "")))
        except ValueError:
            tell(Problem("not_a_date", f"{label}: {text[:40]} is no day that can be read in one way only.", name))
            return None


def _placed(gathered: _Gathered) -> Placed:
    first, days = gathered.first, sorted(gathered.dates)
    problems = list(_too_many(days))
    return Placed(
        number=first["number"],
        row=gathered.row,
        rows=gathered.rows,
        ordered_on=days[0] if days else None,
        supplier=first["supplier"],
        currency=first.get("currency", "").upper(),
        cost_centre=first.get("cost_centre", ""),
        lines=tuple(gathered.lines),
        problems=(*gathered.problems, *problems),
    )


def _too_many(days: Iterable[date]) -> Iterable[Problem]:
    days = list(days)
    if len(days) > 1:
        yield Problem("contradicts", f"The order has two dates, {days[0]} and {days[-1]}.", "ordered_on")
