"""Tables of order lines: a line a row, found by headings that many systems use, in CSV, XLSX or JSON."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.infra.taking import NOTHING_SAID, About, Looked, first_values
from app.infra.transfer import manners, matching, sheets
from app.infra.transfer.manners import Proofs
from app.infra.transfer.sheets import Line, Options, Sheet
from app.kernel.days import written
from app.kernel.problem import Problem, refuse_if
from app.modules.orders.domain.elsewhere import ALL_CHARGES, Placed, PlacedLine, Standing, charge_of, standing_of
from app.modules.orders.domain.kinds import ChargeKind

# What other systems call a column, the surest first.
_CALLED = {
    "number": """order number, po number, purchase order number, purchase order no, order no, po no, po num, number, po, order,
        purchase order, purchase order id, po id, order id, document number, document no""",
    "supplier": """supplier, supplier name, vendor, vendor name, vendor legal name, legal name, lgl nm, payee, payee name, seller,
        contractor, company, company name""",
    "ordered_on": """ordered on, order date, date of order, po date, purchase order date, purchase date, date ordered,
        approved date, approved on, approval date, issue date, issued date, date issued, award date, dispatch date, date,
        document date, creation date, created date, created on, created, date created, entry date, date entered""",
    "text": """description, text, item description, line description, line item description, po line description,
        commodity description, product description, long description, short description, item name, product name, name,
        product, item, more info""",
    "quantity": """quantity, qty, ordered quantity, quantity ordered, qty ordered, ordered qty, order quantity, order qty,
        po quantity, po qty""",
    "unit": "uom, unit, unit of measure, um, uom code, unit of measurement, units",
    "unit_price": "unit price, price, unit cost, price per unit, cost per unit, item price, unit price usd, cost",
    "amount": """amount, line amount, line total, net amount, net, total price, extended price, extended amount,
        extended cost, ext price, ext amount, ext cost, extension, line cost, line value, merchandise amount, merchandise amt, line amt, ext amt, amt,
        item total,
        item total amount, itm tot am, ordered amount, amount ordered, total amount, total cost, value, total""",
    "currency": "currency, currency code, order currency",
    "category": "category, category name, commodity, commodity name, commodity code, category code, purchasing category",
    "item": "item number, item code, item no, item id, part number, part no, product code, sku",
    "supplier_item": "supplier item, suppliers number, supplier item number, vendor item, vendor item number, catalog number",
    "promised_for": """promised for, promised date, need by, need by date, delivery date, required date, date required,
        expected date, due date""",
    "cost_centre": "cost centre, cost center",
    "charge": "charge kind, kind of charge",
    "cancelled": "cancelled, canceled, cancelled flag, canceled flag, cancel flag, is cancelled, is canceled",
    "status": """line status, closure status, po line status, status, state, po status, order status, document status,
        status description""",
}
_FIELDS = {
    re.sub(r"\W", "", heading): (rank, name)
    for name, all_ in _CALLED.items()
    for rank, heading in enumerate(all_.split(","))
}
FIELDS = tuple(_CALLED)
#: What a table has to give of each order, besides what each line comes to.
NEEDED = {"number": "Number", "supplier": "Supplier", "ordered_on": "Order date", "text": "Description"}
SAID_FOR_ALL = ("supplier", "ordered_on", "text", "unit", "currency", "category", "cost_centre", "status")
_KINDS = {
    "quantity": "decimal",
    "unit_price": "decimal",
    "amount": "decimal",
    "ordered_on": "date",
    "promised_for": "date",
}
_LONGEST, _MOST_SHOWN = 300, 20


@dataclass
class _Gathered:
    """The rows of one order so far."""

    row: int
    first: dict[str, str]
    rows: int = 0
    lines: list[PlacedLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    dates: set[date] = field(default_factory=set)


def read(data: bytes, about: About = NOTHING_SAID) -> list[Placed]:
    """Read every order of a table; each of its rows belongs to one of them."""
    sheet = sheets.open_sheet(io.BytesIO(data), about.options)
    rows = [line for line in sheet.lines() if not line.blank]
    columns = _columns(sheet, about, {at for line in rows for at, cell in enumerate(line.cells) if cell.strip()})
    proofs = Proofs({at: _KINDS[name] for name, at in columns.items() if name in _KINDS})
    for line in rows:
        for at in proofs.kinds:
            if at < len(line.cells) and line.cells[at].strip():
                proofs.see(at, line.cells[at].strip())
    reader = _Reader(columns, proofs.found(about.options.dates))
    orders: dict[str, _Gathered] = {}
    for line in rows:
        cells = {**about.fixed, **{name: _text(line, at) for name, at in columns.items()}}
        key = cells["number"] if cells["number"] and not line.torn else f"line {line.number}"
        gathered = orders.setdefault(key, _Gathered(line.number, cells))
        reader.take(gathered, line, cells)
    return [_placed(each) for each in orders.values()]


def look(data: bytes, options: Options) -> Looked:
    """Show a table before anything is said of it: its columns, their first values, and what each seems to hold."""
    sheet = sheets.open_sheet(io.BytesIO(data), options)
    rows = [line.cells for line in sheet.lines() if not line.blank and not line.torn]
    filled = {at for cells in rows for at, cell in enumerate(cells) if cell.strip()}
    heads = [sheet.label(at) for at in range(len(sheet.columns))]
    return Looked(heads, first_values(rows, len(heads)), _guessed(sheet, NOTHING_SAID, filled))


def _columns(sheet: Sheet, about: About, filled: set[int]) -> dict[str, int]:
    """Find the columns as they were said, else by their headings: of two for one field, the one that says it surest."""
    said, problems = matching.by_words(_guessed(sheet, about, filled), sheet, about.columns)
    problems += _unknown_fields(about)
    found = {name: at for at, name in reversed(list(enumerate(said))) if name in _CALLED}
    missing = [label for name, label in NEEDED.items() if name not in found and name not in about.fixed]
    if missing and not problems:
        heads = ", ".join(sheet.label(at) for at in range(min(len(sheet.columns), _MOST_SHOWN)))
        words = (
            f"The table has no column {' and no column '.join(missing)}. Orders are read from tables with a line a row."
            f" Its columns: {heads}. Say which column is which."
        )
        problems = [Problem("columns_missing", words, "file")]
    refuse_if(problems)
    return found


def _guessed(sheet: Sheet, about: About, filled: set[int]) -> list[str | None]:
    """Tell columns by their headings; one that is empty throughout gives way to another of the same meaning."""
    guessed: list[str | None] = [None] * len(sheet.columns)
    known = ((_FIELDS.get(re.sub(r"[\W_]", "", heading.casefold())), at) for at, heading in enumerate(sheet.columns))
    taken = set(about.fixed)
    for (_, name), at in sorted(
        ((called, at) for called, at in known if called), key=lambda each: (each[1] not in filled, each)
    ):
        if name not in taken:
            guessed[at] = name
            taken.add(name)
    return guessed


def _unknown_fields(about: About) -> list[Problem]:
    """Refuse fields that no order has, and what cannot be the same for all rows."""
    problems = []
    for name in about.columns.values():
        if name.strip() and name.strip() not in _CALLED:
            words = f"There is no field {name[:60]} to fill. Use one of {', '.join(FIELDS)}."
            problems.append(Problem("unknown_field", words, "columns"))
    for name in about.fixed:
        if name not in SAID_FOR_ALL:
            words = f"There is no field {name[:60]} to set for all rows. Use one of {', '.join(SAID_FOR_ALL)}."
            problems.append(Problem("unknown_field", words, "fixed"))
    return problems


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
            words = f"{cells['status'][:40]} is no state known here. Use open, closed or cancelled."
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
                charge=_charge(cells.get("charge", ""), told),
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
            words = f"{label}: {text[:40]} is no day that can be read in one way only."
            is_open = manners.why_not_day(label, text, self.manner.get(name, "")) is not None
            hint = " Say whether days begin with the day or the month." if is_open else ""
            tell(Problem("not_a_date", words + hint, name))
            return None


def _charge(stated: str, tell: Callable[[Problem], None]) -> ChargeKind | None:
    try:
        return charge_of(stated)
    except ValueError:
        words = f"{stated[:40]} is no kind of charge. Use {ALL_CHARGES}, or nothing for what is ordered."
        tell(Problem("unknown_choice", words, "charge"))
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
        yield Problem(
            "contradicts", f"The order has two dates, {written(days[0])} and {written(days[-1])}.", "ordered_on"
        )
