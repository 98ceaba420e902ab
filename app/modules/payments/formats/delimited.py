"""CSV as banks offer it for download: columns by their headings, everything else by what the whole file shows.

What the content leaves open (day or month first, thousands or decimals, two columns for one thing) is refused with the
name of the column. What was assumed or left out is said as a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from stdnum import iban as iban_rules

from app.kernel.money import CURRENCIES
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
from app.modules.payments.formats.columns import DIRECTIONS, Row, Table, account_in, find_table, has_table
from app.modules.payments.formats.refusing import refused, shown
from app.modules.payments.formats.telling import NOTHING, Told
from app.modules.payments.formats.text import Text
from app.modules.payments.formats.written import Cell

_BALANCE_WORDS = """opening balance|closing balance|balance brought forward|balance carried forward|turnover|total|totals
    |anfangssaldo|endsaldo|saldovortrag|beginsaldo|eindsaldo|solde initial|solde final|ancien solde|nouveau solde
    |saldo inicial|saldo final|saldo anterior|saldo iniziale|saldo finale|saldo początkowe|saldo końcowe|počáteční zůstatek
    |konečný zůstatek|likutis pradžiai|likutis pabaigai|apyvarta|ingående saldo|utgående saldo|primosaldo|ultimosaldo
    |algsaldo|lõppsaldo|käive"""
_BALANCE_LINES = frozenset(words.strip() for words in _BALANCE_WORDS.split("|"))


@dataclass(frozen=True, slots=True)
class _Manner:
    """How the file writes numbers and dates."""

    mark: str
    is_day_first: bool
    are_debits_negative: bool
    are_amounts_signed: bool
    are_signs_reversed: bool


def looks_like(text: str) -> bool:
    """Tell whether a text has a row of headings for a date and an amount."""
    return has_table(text)


def read(source: Text, name: str, told: Told = NOTHING) -> BankFile:
    """Read a table into one statement per account and currency, heeding what was told of it."""
    told.check()
    table = find_table(source.value, told.columns)
    table = replace(table, currency=told.currency or table.currency)
    if not table.rows:
        raise refused("no_statement", "The file has headings but no rows.")
    manner = _manner(table, told)
    account = account_in(table.preamble)
    groups: dict[tuple[str | None, str | None], list[tuple[Row, Entry]]] = {}
    skipped = []
    for row in table.rows:
        if why := _why_no_entry(table, row):
            skipped.append((row, why))
            continue
        entry = _entry(table, row, manner)
        groups.setdefault((table.text(row, "account") or account, entry.currency), []).append((row, entry))
    if not groups:
        raise refused("no_statement", "The file has headings but no row with a date and an amount.")
    statements = tuple(_statement(table, key, rows, manner) for key, rows in groups.items())
    findings = (*source.findings, *_findings(table, skipped))
    return BankFile("CSV", name, statements, encoding=source.encoding, findings=findings)


def _manner(table: Table, told: Told) -> _Manner:
    """Find from all values together how numbers, dates and signs are written."""
    mark = written.decimal_mark(table.all("amount", "debit", "credit", "balance"))
    heads = [table.headings[at] for role in ("amount", "debit", "credit") for at in table.columns.get(role, [])]
    is_day_first = (
        told.dates == "day"
        if told.dates
        else written.day_comes_first(
            table.all("booked_on", "value_on"), may_be_month=all(map(headings.may_write_month_first, heads))
        )
    )
    signs = {written.bare_number(cell.value)[1] for cell in table.all("debit") if written.is_amount(cell, mark)}
    return _Manner(mark, is_day_first, signs == {-1}, _are_amounts_signed(table), told.sign == "reversed")


def _are_amounts_signed(table: Table) -> bool:
    """Say whether every debit has a minus and no credit has one, so that the column of the sign only repeats it."""
    stated = [
        (written.bare_number(amount.value)[1], DIRECTIONS.get(direction.value.casefold(), 0))
        for row in table.rows
        if (amount := table.cell(row, "amount")) and (direction := table.cell(row, "direction"))
    ]
    return any(sign < 0 for sign, _ in stated) and all(sign == said for sign, said in stated)


def _why_no_entry(table: Table, row: Row) -> str:
    """Say why a row is no movement: it repeats the heading, states a balance, or is a line of text."""
    figures = _figures(table, row)
    if table.repeats_heading(row):
        return "The row repeats the headings and is left out"
    if (table.cell(row, "balance") and not figures) or (figures and _names_balance(table, row)):
        return "The row states a balance, not a movement, and is left out"
    booked = table.cell(row, "booked_on")
    if not figures and (booked is None or not written.is_day(booked)):
        return "The row has neither a date nor an amount and is left out"
    return ""


def _names_balance(table: Table, row: Row) -> bool:
    told = (table.text(row, role).strip(" :.").casefold() for role in ("name", "text", "description"))
    return any(each in _BALANCE_LINES for each in told)


def _figures(table: Table, row: Row) -> list[Cell]:
    return [cell for role in ("amount", "debit", "credit") if (cell := table.cell(row, role))]


def _entry(table: Table, row: Row, manner: _Manner) -> Entry:
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
        amount=-_amount(table, row, manner) if manner.are_signs_reversed else _amount(table, row, manner),
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


def _amount(table: Table, row: Row, manner: _Manner) -> Decimal:
    cell = table.cell(row, "amount")
    if cell is not None:
        amount = written.number(cell, manner.mark)
        return amount * (1 if manner.are_amounts_signed else _direction(table, row, amount))
    # A debit with a minus among debits without one is a correction; where all have one, it only says that money left.
    leaves = 1 if manner.are_debits_negative else -1
    sides = [(each, sign) for role, sign in (("debit", leaves), ("credit", 1)) if (each := table.cell(row, role))]
    amounts = [written.number(each, manner.mark) * sign for each, sign in sides]
    moved = [amount for amount in amounts if amount]
    if len(moved) > 1:
        words = f"The row has both a debit ({shown(sides[0][0].value)}) and a credit ({shown(sides[1][0].value)})."
        raise refused("two_amounts", words, line=row.line, field=sides[0][0].column)
    if not amounts:
        raise refused("missing_amount", "The row has a date but no amount.", line=row.line, field="amount")
    return moved[0] if moved else Decimal(0)


def _direction(table: Table, row: Row, amount: Decimal) -> int:
    cell = table.cell(row, "direction")
    if cell is None:
        if "direction" in table.columns:
            column = table.headings[table.columns["direction"][0]]
            raise refused("missing_direction", f"Column {shown(column)} is empty.", line=row.line, field=column)
        return 1
    sign = DIRECTIONS.get(cell.value.casefold())
    if sign is None:
        words = f"Column {shown(cell.column)} holds {shown(cell.value)}. It must say debit or credit."
        raise refused("bad_direction", words, line=row.line, field=cell.column)
    if amount < 0:
        words = f"The amount has a minus and column {shown(cell.column)} says {shown(cell.value)}. Only one may tell the sign."
        raise refused("two_signs", words, line=row.line, field=cell.column)
    return sign


def _currency(table: Table, row: Row) -> str | None:
    cell = table.cell(row, "currency")
    if cell is None:
        return table.currency
    code = cell.value.upper()
    if code not in CURRENCIES:
        words = f"Column {shown(cell.column)} holds {shown(cell.value)}, which is not a currency code such as EUR."
        raise refused("bad_currency", words, line=row.line, field=cell.column)
    return code


def _statement(
    table: Table, key: tuple[str | None, str | None], rows: list[tuple[Row, Entry]], manner: _Manner
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
    table: Table, rows: list[tuple[Row, Entry]], manner: _Manner
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


def _findings(table: Table, skipped: list[tuple[Row, str]]) -> Iterator[Finding]:
    if table.unread:
        names = ", ".join(shown(name) for name in table.unread[:10])
        yield Finding("unread_columns", f"These columns are not read: {names}.")
    for row, why in skipped[:10]:
        words = shown(" ".join(cell.strip() for cell in row.cells if cell.strip()), 80)
        yield Finding("row_skipped", f"{why}: {words}.", f"line {row.line}")
    if len(skipped) > 10:  # noqa: PLR2004
        yield Finding("row_skipped", f"{len(skipped) - 10} more rows are no movements and are left out.")
