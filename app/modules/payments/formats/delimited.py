"""CSV as banks offer it for download: columns by their headings, everything else by what the whole file shows.

What the content leaves open (day or month first, thousands or decimals, two columns for one thing) is refused with the
name of the column. What was assumed or left out is said as a finding.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice, pairwise

from stdnum import iban as iban_rules

from app.kernel.money import CURRENCIES
from app.kernel.problem import Refused
from app.modules.payments.domain.bank import (
    Account,
    Balance,
    BankFile,
    Entry,
    Finding,
    Party,
    References,
    Remittance,
    Statement,
)
from app.modules.payments.formats import headings, written
from app.modules.payments.formats.refusing import refused, shown
from app.modules.payments.formats.text import Text
from app.modules.payments.formats.written import Cell

_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
_HEADER_WITHIN = 30
_DIRECTIONS = {
    **dict.fromkeys(("d", "dr", "debit", "debet", "s", "soll", "af", "-", "débit", "dbit", "out", "lastschrift"), -1),
    **dict.fromkeys(("c", "cr", "credit", "h", "haben", "bij", "+", "crédit", "crdt", "in", "gutschrift"), 1),
}
_LARGEST_FIELD = 131_072


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the table with its number in the file."""

    cells: list[str]
    line: int


@dataclass(frozen=True, slots=True)
class _Table:
    """A file cut into rows, and what each column holds."""

    headings: list[str]
    columns: dict[str, list[int]]
    rows: list[_Row]
    preamble: list[_Row]
    currency: str | None
    unread: list[str]

    def cell(self, row: _Row, role: str) -> Cell | None:
        """Give the value of a row in the column of a role, if it has one."""
        index = next(iter(self.columns.get(role, [])), None)
        if index is None or index >= len(row.cells) or not row.cells[index].strip():
            return None
        return Cell(row.cells[index].strip(), self.headings[index], row.line)

    def text(self, row: _Row, role: str) -> str:
        """Join what the columns of a role say."""
        parts = (row.cells[index].strip() for index in self.columns.get(role, []) if index < len(row.cells))
        return " ".join(part for part in parts if part)

    def all(self, *roles: str) -> Iterator[Cell]:
        """Yield every value of some roles."""
        for row in self.rows:
            yield from (cell for role in roles if (cell := self.cell(row, role)))


@dataclass(frozen=True, slots=True)
class _Manner:
    """How the file writes numbers and dates."""

    mark: str
    is_day_first: bool


def looks_like(text: str) -> bool:
    """Tell whether a text has a row of headings for a date and an amount."""
    return any(_heads(text, delimiter) for delimiter in _DELIMITERS)


def read(source: Text, name: str) -> BankFile:
    """Read a table into one statement per account and currency."""
    table = _only_table(source.value)
    if not table.rows:
        raise refused("no_statement", "The file has headings but no rows.")
    manner = _Manner(
        written.decimal_mark(table.all("amount", "debit", "credit", "balance")),
        written.day_comes_first(table.all("booked_on", "value_on")),
    )
    account = _account_in(table.preamble)
    groups: dict[tuple[str | None, str | None], list[tuple[_Row, Entry]]] = {}
    skipped = []
    for row in table.rows:
        if not table.cell(row, "booked_on") and not _figures(table, row):
            skipped.append(row)
            continue
        entry = _entry(table, row, manner)
        groups.setdefault((table.text(row, "account") or account, entry.currency), []).append((row, entry))
    if not groups:
        raise refused("no_statement", "The file has headings but no row with a date and an amount.")
    statements = tuple(_statement(table, key, rows, manner) for key, rows in groups.items())
    findings = (*source.findings, *_findings(table, skipped))
    return BankFile("CSV", name, statements, encoding=source.encoding, findings=findings)


def _only_table(text: str) -> _Table:
    found = [delimiter for delimiter in _DELIMITERS if _heads(text, delimiter)]
    if not found:
        raise refused("no_headings", "No row of the file has headings for a date and an amount.")
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


def _heads(text: str, delimiter: str) -> bool:
    """Tell whether one of the first rows has the headings that are needed, once cut at a delimiter."""
    try:
        return any(_columns(row) for row in islice(_rows(text, delimiter), _HEADER_WITHIN))
    except Refused:
        return False  # cut at the wrong place, quotation marks make no sense


def _rows(text: str, delimiter: str) -> Iterator[_Row]:
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
            yield _Row(cells, begins)


def _columns(row: _Row) -> dict[str, list[tuple[int, headings.Heading]]] | None:
    found: dict[str, list[tuple[int, headings.Heading]]] = {}
    for index, cell in enumerate(row.cells):
        heading = headings.recognise(cell)
        if heading:
            found.setdefault(heading.role, []).append((index, heading))
    has_amount = "amount" in found or ("debit" in found and "credit" in found)
    return found if has_amount and ("booked_on" in found or "value_on" in found) else None


def _headed(
    row: _Row, found: dict[str, list[tuple[int, headings.Heading]]], rows: list[_Row], preamble: list[_Row]
) -> _Table:
    columns: dict[str, list[int]] = {}
    for role, hits in found.items():
        exact = [index for index, heading in hits if heading.is_exact] or [index for index, _ in hits]
        if len(exact) > 1 and role not in headings.MANY:
            names = " and ".join(shown(row.cells[index]) for index in exact)
            words = f"Columns {names} both hold the {headings.LABELS[role]}. Remove or rename one."
            raise refused("ambiguous_column", words, line=row.line, field=row.cells[exact[1]].strip())
        columns[role] = exact
    _settle_valuta(row, columns, rows)
    _settle_iban(columns, rows)
    if "booked_on" not in columns:
        columns["booked_on"] = columns.pop("value_on")
    stated = {heading.currency for hits in found.values() for _, heading in hits} - {None}
    used = {index for indexes in columns.values() for index in indexes}
    unread = [cell.strip() for index, cell in enumerate(row.cells) if index not in used and cell.strip()]
    names_ = [cell.strip() or f"column {index + 1}" for index, cell in enumerate(row.cells)]
    return _Table(names_, columns, rows, preamble, stated.pop() if len(stated) == 1 else None, unread)


def _values(rows: list[_Row], index: int) -> list[str]:
    return [value for row in rows if index < len(row.cells) and (value := row.cells[index].strip())]


def _settle_valuta(row: _Row, columns: dict[str, list[int]], rows: list[_Row]) -> None:
    """Tell the two meanings of Valuta apart: the value date in German, the currency in Dutch."""
    index = next(iter(columns.get("value_on", [])), None)
    if index is None or row.cells[index].strip().casefold() != "valuta" or "currency" in columns:
        return
    values = _values(rows, index)
    if values and all(value in CURRENCIES for value in values):
        columns["currency"] = columns.pop("value_on")


def _settle_iban(columns: dict[str, list[int]], rows: list[_Row]) -> None:
    """Take a column IBAN as our own account where all rows have the same one and no column is ours yet."""
    index = next(iter(columns.get("iban", [])), None)
    values = _values(rows, index) if index is not None else []
    if "account" not in columns and len(values) > 1 and len(values) == len(rows) and len(set(values)) == 1:
        columns["account"] = columns.pop("iban")


def _check_shape(table: _Table, delimiter: str) -> None:
    """Refuse a row with more cells than headings: a delimiter stands in a value, and everything after it has moved."""
    for row in table.rows:
        if any(cell.strip() for cell in row.cells[len(table.headings) :]):
            words = f"The row has {len(row.cells)} values for {len(table.headings)} columns. Put values with a {delimiter} in quotes."
            raise refused("bad_row", words, line=row.line)


def _account_in(preamble: list[_Row]) -> str | None:
    found = {cell.replace(" ", "") for row in preamble for cell in row.cells if iban_rules.is_valid(cell)}
    return found.pop() if len(found) == 1 else None


def _figures(table: _Table, row: _Row) -> list[Cell]:
    return [cell for role in ("amount", "debit", "credit") if (cell := table.cell(row, role))]


def _entry(table: _Table, row: _Row, manner: _Manner) -> Entry:
    booked = table.cell(row, "booked_on")
    if booked is None:
        column = table.headings[table.columns["booked_on"][0]]
        raise refused(
            "missing_date", f"Column {shown(column)} is empty, but the row has an amount.", line=row.line, field=column
        )
    value = table.cell(row, "value_on")
    booked_on = written.day(booked, manner.is_day_first)
    iban = table.text(row, "iban").replace(" ", "").upper()
    is_iban = iban_rules.is_valid(iban)
    return Entry(
        amount=_amount(table, row, manner),
        currency=_currency(table, row),
        party=Party(table.text(row, "name") or None, iban if is_iban else None, None if is_iban else iban or None,
                    table.text(row, "bic") or None),
        remittance=Remittance(table.text(row, "text")),
        references=References(
            end_to_end=table.text(row, "end_to_end") or None, bank=table.text(row, "bank_reference") or None,
            mandate=table.text(row, "mandate") or None,
        ),
        booked_on=booked_on,
        value_on=written.day(value, manner.is_day_first) if value else booked_on,
        description=table.text(row, "description"),
        line=row.line,
    )  # fmt: skip


def _amount(table: _Table, row: _Row, manner: _Manner) -> Decimal:
    cell = table.cell(row, "amount")
    if cell is not None:
        amount = written.number(cell, manner.mark)
        return amount * _direction(table, row, amount)
    sides = [(each, sign) for role, sign in (("debit", -1), ("credit", 1)) if (each := table.cell(row, role))]
    amounts = [abs(written.number(each, manner.mark)) * sign for each, sign in sides]
    moved = [amount for amount in amounts if amount]
    if len(moved) > 1:
        words = f"The row has both a debit ({shown(sides[0][0].value)}) and a credit ({shown(sides[1][0].value)})."
        raise refused("two_amounts", words, line=row.line, field=sides[0][0].column)
    if not amounts:
        raise refused("missing_amount", "The row has a date but no amount.", line=row.line, field="amount")
    return moved[0] if moved else Decimal(0)


def _direction(table: _Table, row: _Row, amount: Decimal) -> int:
    cell = table.cell(row, "direction")
    if cell is None:
        if "direction" in table.columns:
            column = table.headings[table.columns["direction"][0]]
            raise refused("missing_direction", f"Column {shown(column)} is empty.", line=row.line, field=column)
        return 1
    sign = _DIRECTIONS.get(cell.value.casefold())
    if sign is None:
        words = f"Column {shown(cell.column)} holds {shown(cell.value)}. It must say debit or credit."
        raise refused("bad_direction", words, line=row.line, field=cell.column)
    if amount < 0:
        words = f"The amount has a minus and column {shown(cell.column)} says {shown(cell.value)}. Only one may tell the sign."
        raise refused("two_signs", words, line=row.line, field=cell.column)
    return sign


def _currency(table: _Table, row: _Row) -> str | None:
    cell = table.cell(row, "currency")
    if cell is None:
        return table.currency
    code = cell.value.upper()
    if code not in CURRENCIES:
        words = f"Column {shown(cell.column)} holds {shown(cell.value)}, which is not a currency code such as EUR."
        raise refused("bad_currency", words, line=row.line, field=cell.column)
    return code


def _statement(
    table: _Table, key: tuple[str | None, str | None], rows: list[tuple[_Row, Entry]], manner: _Manner
) -> Statement:
    number, currency = key
    bare = (number or "").replace(" ", "").upper()
    is_iban = iban_rules.is_valid(bare)
    entries = [entry for _, entry in rows]
    days = [entry.booked_on for entry in entries if entry.booked_on]
    balances, findings = _balances(table, rows, manner)
    return Statement(
        id=None,
        number=None,
        account=Account(iban=bare if is_iban else None, number=None if is_iban else number, currency=currency),
        entries=tuple(entries),
        balances=tuple(Balance(kind, amount, currency, on) for kind, amount, on in balances),
        from_on=min(days),
        to_on=max(days),
        findings=tuple(findings),
    )


def _balances(
    table: _Table, rows: list[tuple[_Row, Entry]], manner: _Manner
) -> tuple[list[tuple[str, Decimal, date | None]], list[Finding]]:
    """Follow the running balance down or up the table; where it breaks, a row is missing or was changed."""
    cells = [table.cell(row, "balance") for row, _ in rows]
    stated = [written.number(cell, manner.mark) for cell in cells if cell]
    if len(stated) != len(rows):
        return [], []
    run = [(balance, entry) for balance, (_, entry) in zip(stated, rows, strict=True)]
    breaks = {}
    for ordered, name in ((run, "down"), (run[::-1], "up")):
        broken = [later for (before, _), (after, later) in pairwise(ordered) if before + later.amount != after]
        if not broken:
            (first, entry), (last, final) = ordered[0], ordered[-1]
            return [("OPBD", first - entry.amount, entry.booked_on), ("CLBD", last, final.booked_on)], []
        breaks[name] = broken
    worst = min(breaks.values(), key=len)[0]
    words = f"The balance in line {worst.line} does not follow from the row beside it. A row may be missing."
    return [], [Finding("balance_breaks", words, f"line {worst.line}")]


def _findings(table: _Table, skipped: list[_Row]) -> Iterator[Finding]:
    if table.unread:
        names = ", ".join(shown(name) for name in table.unread[:10])
        yield Finding("unread_columns", f"These columns are not read: {names}.")
    for row in skipped[:10]:
        words = shown(" ".join(cell.strip() for cell in row.cells if cell.strip()), 80)
        yield Finding(
            "row_skipped", f"The row has neither a date nor an amount and is left out: {words}.", f"line {row.line}"
        )
    if len(skipped) > 10:  # noqa: PLR2004
        yield Finding(
            "row_skipped", f"{len(skipped) - 10} more rows have neither a date nor an amount and are left out."
        )
