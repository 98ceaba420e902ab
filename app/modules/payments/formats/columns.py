"""A table in a text file of a bank: where it begins, how it is cut, and what each of its columns holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from stdnum import iban as iban_rules

from app.kernel import notation
from app.kernel.money import CURRENCIES
from app.kernel.problem import Refused
from app.modules.payments.formats import headings
from app.modules.payments.formats.refusing import refused, shown
from app.modules.payments.formats.written import Cell

_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
_HEADER_WITHIN = 30
_LEAST_COLUMNS, _MOST_SHOWN = 3, 8
DIRECTIONS = {
    **dict.fromkeys(("d", "dr", "debit", "debet", "s", "soll", "af", "-", "débit", "dbit", "out", "lastschrift"), -1),
    **dict.fromkeys(
        ("c", "cr", "credit", "h", "haben", "bij", "+", "crédit", "crdt", "in", "gutschrift", "k", "kredit"), 1
    ),
}
_LARGEST_FIELD = 131_072


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table with its number in the file."""

    cells: list[str]
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """A file cut into rows, and what each column holds."""

    heading: Row
    headings: list[str]
    columns: dict[str, list[int]]
    rows: list[Row]
    preamble: list[Row]
    currency: str | None
    unread: list[str]

    def cell(self, row: Row, role: str) -> Cell | None:
        """Give the value of a row in the column of a role, if it has one."""
        index = next(iter(self.columns.get(role, [])), None)
        if index is None or index >= len(row.cells) or not row.cells[index].strip():
            return None
        return Cell(row.cells[index].strip(), self.headings[index], row.line)

    def text(self, row: Row, role: str) -> str:
        """Join what the columns of a role say."""
        parts = (row.cells[index].strip() for index in self.columns.get(role, []) if index < len(row.cells))
        return " ".join(part for part in parts if part)

    def repeats_heading(self, row: Row) -> bool:
        """Say whether a row is the heading once more, as in files that were put together from several."""
        return [cell.strip() for cell in row.cells] == [cell.strip() for cell in self.heading.cells]

    def all(self, *roles: str) -> Iterator[Cell]:
        """Yield every value of some roles."""
        for row in self.rows:
            if self.repeats_heading(row):
                continue
            yield from (cell for role in roles if (cell := self.cell(row, role)))


def has_table(text: str) -> bool:
    """Tell whether a text has a row of headings for a date and an amount."""
    return any(_heads(text, delimiter) for delimiter in _DELIMITERS)


def find_table(text: str, said: Mapping[str, str] | None = None) -> Table:
    """Cut a text into the one table in it, its columns as they were `said`; refuse what can be cut in two ways."""
    if said:
        return _as_said(text, said)
    found = [delimiter for delimiter in _DELIMITERS if _heads(text, delimiter)]
    if len(found) > 1:
        names = " or ".join(_DELIMITERS[delimiter] for delimiter in found)
        raise refused(
            "ambiguous_delimiter", f"The columns may be divided by {names}. Export the file with one of them."
        )
    delimiter = found[0]
    rows = list(_rows(text, delimiter))
    at = next(index for index, row in enumerate(rows) if _columns(row))
    table = _headed(rows[at], _columns(rows[at]) or {}, rows[at + 1 :], rows[:at])
    _check_shape(table, _DELIMITERS[delimiter])
    return table


def outline(text: str) -> tuple[list[str], list[str | None], list[Row]]:
    """Give the headings of a table, what each seems to hold, and its rows, whether or not anything of it is known."""
    _, rows, at = _cut(text)
    row = rows[at]
    known = _recognised(row)
    surest = {role: min(hits, key=lambda hit: hit[1].vagueness)[0] for role, hits in known.items()}
    places = {index: role for role, hits in known.items() for index, _ in hits}
    guessed = [
        role if (role := places.get(index)) and (role in headings.MANY or surest[role] == index) else None
        for index in range(len(row.cells))
    ]
    return [cell.strip() for cell in row.cells], guessed, rows[at + 1 :]


def _cut(text: str) -> tuple[str, list[Row], int]:
    """Cut a text at the delimiter that makes a table of it, and find its row of headings."""
    known = [delimiter for delimiter in _DELIMITERS if _heads(text, delimiter)]
    best: tuple[int, str, list[Row], int] | None = None
    for delimiter in known or _DELIMITERS:
        try:
            rows = list(_rows(text, delimiter))
        except Refused:
            continue
        width = max((len(row.cells) for row in rows), default=0)
        at = next((index for index, row in enumerate(rows) if _columns(row)), None)
        if at is None:
            at = next((index for index, row in enumerate(rows) if len(row.cells) == width), 0)
        if width >= _LEAST_COLUMNS and (best is None or width > best[0]):
            best = width, delimiter, rows, at
    if best is None:
        raise refused("no_table", f"The file is no table of {_LEAST_COLUMNS} columns or more. Export it as CSV.")
    return best[1:]


def _as_said(text: str, said: Mapping[str, str]) -> Table:
    """Take the columns as somebody said; what was not said is told by its heading."""
    delimiter, rows, at = _cut(text)
    row = rows[at]
    places = {_place(row, key): role.strip() for key, role in said.items()}
    found = {
        role: kept
        for role, hits in _recognised(row).items()
        if (kept := [hit for hit in hits if hit[0] not in places])
        and (role in headings.MANY or role not in places.values())
    }
    for index, role in places.items():
        if role:
            heading = headings.recognise(row.cells[index])
            found.setdefault(role, []).append((index, headings.Heading(role, 0, heading.currency if heading else None)))
    if not _is_enough(found):
        words = "Say which column holds the booking date, and which the amount, or which two debit and credit."
        raise refused("columns_missing", words, line=row.line)
    table = _headed(row, found, rows[at + 1 :], rows[:at])
    _check_shape(table, _DELIMITERS[delimiter])
    return table


def _place(row: Row, key: str) -> int:
    """Find a column by its heading, or by its letter as in a spreadsheet."""
    wanted = key.strip()
    fits = [index for index, cell in enumerate(row.cells) if cell.strip().casefold() == wanted.casefold()]
    fits = fits or [index for index in range(len(row.cells)) if notation.letter(index) == wanted.upper()]
    if len(fits) != 1:
        names = ", ".join(shown(cell.strip() or notation.letter(index)) for index, cell in enumerate(row.cells))
        why = f"There is no column {shown(key)}" if not fits else f"Several columns are headed {shown(key)}"
        raise refused("unknown_column", f"{why}. There are: {names}. Or name it by its letter: A, B.", line=row.line)
    return fits[0]


def why_no_table(text: str) -> Refused | None:
    """Say of a text that is a table which columns it would need, and which it has."""
    for delimiter in _DELIMITERS:
        try:
            rows = list(islice(_rows(text, delimiter), _HEADER_WITHIN))
        except Refused:
            continue
        widest = max(rows, key=lambda row: len(row.cells), default=None)
        if widest is None or len(rows) == 1 or len(widest.cells) < _LEAST_COLUMNS:
            continue
        if sum(len(row.cells) == len(widest.cells) for row in rows) * 2 >= len(rows):
            names = ", ".join(shown(cell) for cell in widest.cells[:_MOST_SHOWN] if cell.strip())
            words = (
                "The table has no row of headings with a date and an amount that are known here. Name the columns Date and"
                f" Amount, or Date, Debit and Credit, and upload it again. Its first row: {names}."
            )
            return refused("no_headings", words, line=widest.line)
    return None


def _heads(text: str, delimiter: str) -> bool:
    """Tell whether one of the first rows has the headings that are needed, once cut at a delimiter."""
    try:
        return any(_columns(row) for row in islice(_rows(text, delimiter), _HEADER_WITHIN))
    except Refused:
        return False  # cut at the wrong place, quotation marks make no sense


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(_LARGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise refused(
                "bad_row", f"The row cannot be read ({error}). Check the quotation marks.", line=begins
            ) from None
        if any(cell.strip() for cell in cells):
            yield Row(cells, begins)


def _columns(row: Row) -> dict[str, list[tuple[int, headings.Heading]]] | None:
    found = _recognised(row)
    return found if _is_enough(found) else None


def _recognised(row: Row) -> dict[str, list[tuple[int, headings.Heading]]]:
    found: dict[str, list[tuple[int, headings.Heading]]] = {}
    for index, cell in enumerate(row.cells):
        heading = headings.recognise(cell)
        if heading:
            found.setdefault(heading.role, []).append((index, heading))
    return found


def _is_enough(found: Container[str]) -> bool:
    """Say whether columns make a statement: a date, and an amount or two."""
    has_amount = "amount" in found or ("debit" in found and "credit" in found)
    return has_amount and ("booked_on" in found or "value_on" in found)


def _headed(
    row: Row, found: dict[str, list[tuple[int, headings.Heading]]], rows: list[Row], preamble: list[Row]
) -> Table:
    columns: dict[str, list[int]] = {}
    found = _with_valuta_settled(row, found, rows)
    for role, hits in found.items():
        surest = min(heading.vagueness for _, heading in hits)
        exact = [index for index, heading in hits if heading.vagueness == surest]
        if role not in headings.MANY and _say_the_same(exact, rows):
            exact = exact[:1]
        if len(exact) > 1 and role not in headings.MANY:
            names = " and ".join(shown(row.cells[index]) for index in exact)
            words = f"Columns {names} both hold the {headings.LABELS[role]}. Remove or rename one."
            raise refused("ambiguous_column", words, line=row.line, field=row.cells[exact[1]].strip())
        columns[role] = exact
    if account_in(preamble) is None:
        _settle_iban(columns, rows)
    _settle_direction(columns, rows)
    if "booked_on" not in columns and "value_on" not in columns:
        raise refused(
            "no_headings",
            "No column is headed as the date of booking. Name it Date and upload it again.",
            line=row.line,
        )
    if "booked_on" not in columns:
        columns["booked_on"] = columns.pop("value_on")
    stated = {heading.currency for hits in found.values() for _, heading in hits} - {None}
    used = {index for indexes in columns.values() for index in indexes}
    unread = [cell.strip() for index, cell in enumerate(row.cells) if index not in used and cell.strip()]
    names_ = [cell.strip() or f"column {index + 1}" for index, cell in enumerate(row.cells)]
    return Table(row, names_, columns, rows, preamble, stated.pop() if len(stated) == 1 else None, unread)


def _values(rows: list[Row], index: int) -> list[str]:
    return [value for row in rows if index < len(row.cells) and (value := row.cells[index].strip())]


def _say_the_same(indexes: list[int], rows: list[Row]) -> bool:
    """Say whether columns hold the same in every row, as where the currency stands beside each of two amounts."""
    values = [[row.cells[index].strip() for row in rows if index < len(row.cells)] for index in indexes]
    return all(each == values[0] for each in values[1:])


def _with_valuta_settled(
    row: Row, found: dict[str, list[tuple[int, headings.Heading]]], rows: list[Row]
) -> dict[str, list[tuple[int, headings.Heading]]]:
    """Tell the two meanings of Valuta apart: the value date in German, the currency in Dutch and in the north."""
    hits = found.get("value_on", [])
    for index, heading in hits:
        values = _values(rows, index)
        is_named = row.cells[index].strip().casefold() == "valuta" and "currency" not in found
        if is_named and values and all(value in CURRENCIES for value in values):
            rest = [hit for hit in hits if hit[0] != index]
            others = {role: each for role, each in found.items() if role != "value_on"}
            return {**others, **({"value_on": rest} if rest else {}), "currency": [(index, heading)]}
    return found


def _settle_iban(columns: dict[str, list[int]], rows: list[Row]) -> None:
    """Take a column IBAN as our own account where all rows have the same one and no column is ours yet."""
    index = next(iter(columns.get("iban", [])), None)
    values = _values(rows, index) if index is not None else []
    if "account" not in columns and len(values) > 1 and len(values) == len(rows) and len(set(values)) == 1:
        columns["account"] = columns.pop("iban")


def _settle_direction(columns: dict[str, list[int]], rows: list[Row]) -> None:
    """Take a column that says debit or credit in every row as the sign of amounts that have none."""
    if "direction" in columns or "amount" not in columns:
        return
    if any(notation.bare_number(value)[1] < 0 for value in _values(rows, columns["amount"][0])):
        return
    for role in ("description", "text"):
        for index in columns.get(role, []):
            values = _values(rows, index)
            if values and len(values) == len(rows) and all(value.casefold() in DIRECTIONS for value in values):
                columns[role] = [each for each in columns[role] if each != index]
                columns["direction"] = [index]
                return


def _check_shape(table: Table, delimiter: str) -> None:
    """Refuse a row with more cells than headings: a delimiter stands in a value, and everything after it has moved."""
    for row in table.rows:
        if any(cell.strip() for cell in row.cells[len(table.headings) :]):
            words = f"The row has {len(row.cells)} values for {len(table.headings)} columns. Put values with a {delimiter} in quotes."
            raise refused("bad_row", words, line=row.line)


def account_in(preamble: list[Row]) -> str | None:
    """Find the one IBAN that stands above the table."""
    found = {cell.replace(" ", "") for row in preamble for cell in row.cells if iban_rules.is_valid(cell)}
    return found.pop() if len(found) == 1 else None
