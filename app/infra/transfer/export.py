"""Exports: exactly the rows of a view on which the actor holds `export`, streamed a page at a time."""

from __future__ import annotations

import csv
import io
import itertools
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import orjson
from flask_appbuilder.security.sqla.models import User
from openpyxl.cell.cell import ERROR_CODES, ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from openpyxl.styles import Font
from sqlalchemy import select

from app.infra import listing
from app.infra.fields import Field, child_fields, field
from app.infra.listing import Query
from app.infra.reachable import Reachable
from app.infra.transfer.cells import guard, text_of
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Children, Resource

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
}
_BATCH = 200
_LONGEST_CELL = 32_767
_MOST_ROWS = 1_048_575
_EXACT_DIGITS = 15
Rows = Iterator[list[Any]]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export: its heading, the field it shows, and the child rows it belongs to."""

    heading: str
    field: Field
    children: Children | None = None


def full_columns(resource: Resource) -> list[Column]:
    """List what an import of the same file needs: the key, the form, and the child rows; never a secret."""
    names = dict.fromkeys((resource.key, *resource.form))
    columns = [Column(name, field(resource.model, name)) for name in names]
    for children in resource.children:
        if not children.fixed:
            inner = child_fields(children).items()
            columns += [Column(f"{children.name}.{name}", each, children) for name, each in inner]
    return [column for column in columns if not _is_secret(column.field)]


def shown_columns(resource: Resource, names: Sequence[str]) -> list[Column]:
    """List columns as a list shows them, under their labels; an amount brings its currency along."""
    known = exportable(resource)
    unknown = [name for name in names if name not in known]
    if unknown:
        words = f"There is no column {unknown[0][:60]} to export. The columns are: {', '.join(known)}."
        raise Refused(Kind.INVALID, Problem("unknown_column", words, "columns"))
    columns = []
    for name in names:
        columns.append(Column(known[name].label, known[name]))
        currency = known[name].currency
        if currency and currency not in names:
            each = field(resource.model, currency)
            columns.append(Column(f"{known[name].label}: currency", each))
    return columns


def exportable(resource: Resource) -> dict[str, Field]:
    """List every column that may be exported."""
    names = [resource.key, *resource.list, *(name for _, part in resource.show for name in part), *resource.form]
    names += [name for name in ("created_at", "changed_at") if hasattr(resource.model, name)]
    known = {name: field(resource.model, name) for name in dict.fromkeys(names)}
    return {name: each for name, each in known.items() if not _is_secret(each)}


def export(
    context: Context,
    resource: Resource,
    query: Query,
    columns: Sequence[Column],
    kind: str = "csv",
    *,
    mark: bool = False,
) -> Iterator[bytes]:
    """Give a view as a file, piece by piece; `mark` begins CSV with the byte order mark that Excel asks for."""
    if kind not in FORMATS:
        raise Refused(Kind.INVALID, Problem("unknown_choice", f"Choose one of {', '.join(FORMATS)}.", "format"))
    for verb in ("read", "export"):
        if not context.actor.may(resource.permission(verb)):
            words = f"Your roles do not allow you to {verb} {resource.title[1].lower()}. Ask an administrator."
            raise Refused(Kind.FORBIDDEN, Problem("forbidden", words, None, {"permission": resource.permission(verb)}))
    names = [f"{each.children.name}.{each.field.name}" if each.children else each.field.name for each in columns]
    query = query if query.sort else replace(query, sort=resource.key)
    rows = listing.every_row(context, resource, query, names, "export")
    values = _Values(context)
    headings = [column.heading for column in columns]
    if kind == "csv":
        pieces = _csv(headings, values.lines(rows, columns), mark=mark)
    elif kind == "xlsx":
        pieces = _xlsx(resource.title[1], headings, values.lines(rows, columns))
    else:
        pieces = _jsonl(values.objects(rows, columns))
    return itertools.chain([next(pieces, b"")], pieces)  # what stands against it is said before the first piece


def _is_secret(each: Field) -> bool:
    return each.secret or each.kind == "secret"


class _Values:
    """Reads the values of columns off rows, and the names of accounts once each."""

    def __init__(self, context: Context) -> None:
        self._session = context.session
        self._accounts: dict[int, str] = {}
        self._reachable = Reachable(context)

    def lines(self, rows: Iterable[Any], columns: Sequence[Column]) -> Rows:
        """Give a line for each row, or one for each of its child rows with the row's own values on all of them."""
        sides = list(dict.fromkeys(column.children for column in columns if column.children))
        for row in self._looked_at(rows, columns):
            own = {at: self.value(column.field, row) for at, column in enumerate(columns) if not column.children}
            inner = {side.name: list(getattr(row, side.name)) for side in sides}
            for position in range(max((len(found) for found in inner.values()), default=0) or 1):
                yield [
                    own[at] if not column.children else self._inner(inner[column.children.name], position, column.field)
                    for at, column in enumerate(columns)
                ]

    def objects(self, rows: Iterable[Any], columns: Sequence[Column]) -> Iterator[dict[str, Any]]:
        """Give an object for each row, its child rows as a list inside."""
        for row in self._looked_at(rows, columns):
            found: dict[str, Any] = {}
            for column in columns:
                if column.children is None:
                    found[column.heading] = self.value(column.field, row)
                elif column.children.name not in found:
                    side = [each for each in columns if each.children == column.children]
                    found[column.children.name] = [
                        {each.field.name: self.value(each.field, child) for each in side}
                        for child in getattr(row, column.children.name)
                    ]
            yield found

    def value(self, each: Field, row: Any) -> Any:
        """Read a value: numbers, days and truth as they are, everything else as the text that names it."""
        value = each.of(row)
        if each.kind == "account" and isinstance(value, int):
            return self._account(value)
        if each.multiple and each.target:
            return text_of([related for related in value or () if related in self._reachable])
        if value is None or isinstance(value, str | bool | int | Decimal):
            return value
        return value if isinstance(value, date) and not isinstance(value, datetime) else text_of(value)

    def _looked_at(self, rows: Iterable[Any], columns: Sequence[Column]) -> Iterator[Any]:
        """Find out, for many rows at once, which of the rows in their related lists the reader may see."""
        lists = [each.field for each in columns if each.children is None and each.field.multiple and each.field.target]
        left = iter(rows)
        while batch := list(itertools.islice(left, _BATCH)):
            self._reachable.look(related for each in lists for row in batch for related in each.of(row) or ())
            yield from batch

    def _inner(self, found: Sequence[Any], position: int, each: Field) -> Any:
        return self.value(each, found[position]) if position < len(found) else None

    def _account(self, id_: int) -> str:
        if id_ not in self._accounts:
            name = self._session.execute(select(User.username).where(User.id == id_)).scalar()
            self._accounts[id_] = name or str(id_)
        return self._accounts[id_]


def table(title: str, headings: Sequence[str], lines: Rows, kind: str) -> Iterator[bytes]:
    """Write a table of figures as a file; what a spreadsheet would run is made harmless as in every export."""
    if kind not in ("csv", "xlsx"):
        raise Refused(Kind.INVALID, Problem("unknown_choice", "Choose one of csv, xlsx.", "format"))
    yield from _xlsx(title, headings, lines) if kind == "xlsx" else _csv(headings, lines, mark=True)


def _csv(headings: Sequence[str], lines: Rows, *, mark: bool) -> Iterator[bytes]:
    """Write RFC 4180: commas, quotation marks where needed, lines ending in CR LF."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([guard(heading) for heading in headings])
    yield (b"\xef\xbb\xbf" if mark else b"") + _taken(buffer)
    while batch := list(itertools.islice(lines, _BATCH)):
        writer.writerows([_cell(value) for value in line] for line in batch)
        yield _taken(buffer)


def _cell(value: Any) -> str:
    return guard(value) if isinstance(value, str) else text_of(value)


def _taken(buffer: io.StringIO) -> bytes:
    written = buffer.getvalue().encode("utf-8", "replace")
    buffer.seek(0)
    buffer.truncate()
    return written


def _jsonl(objects: Iterator[Mapping[str, Any]]) -> Iterator[bytes]:
    while batch := list(itertools.islice(objects, _BATCH)):
        yield b"".join(orjson.dumps(each, default=text_of, option=orjson.OPT_APPEND_NEWLINE) for each in batch)


def _xlsx(title: str, headings: Sequence[str], lines: Rows) -> Iterator[bytes]:
    """Write a workbook to a temporary file, as its table of contents comes last, and give that."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("".join(" " if sign in "[]:*?/\\" else sign for sign in title)[:31])
    sheet.freeze_panes = "A2"
    first = [WriteOnlyCell(sheet, guard(heading)) for heading in headings]
    for cell in first:
        cell.font = Font(bold=True)
    sheet.append(first)
    try:
        for count, line in enumerate(lines, 1):
            if count > _MOST_ROWS:
                raise _does_not_fit("A sheet holds 1 048 575 rows, and these are more.")
            sheet.append([_sheet_cell(sheet, value) for value in line])
    except BaseException:
        sheet.close()
        sheet._writer.cleanup()  # noqa: SLF001 - else its temporary file stays
        raise
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(64 * 1024):
            yield piece


def _sheet_cell(sheet: Any, value: Any) -> Any:
    """Write a number as number while a sheet keeps all its digits, a day as day, and everything else as text."""
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        text = text_of(value)
        return value if len(text.lstrip("-0.").replace(".", "")) <= _EXACT_DIGITS else text
    if isinstance(value, date):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = "yyyy-mm-dd"
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("\ufffd", _cell(value))
    if len(text) > _LONGEST_CELL:
        raise _does_not_fit(f"A text has {len(text)} characters, and a cell of a sheet holds {_LONGEST_CELL}.")
    if text in ERROR_CODES:
        cell = WriteOnlyCell(sheet, text)
        cell.data_type = "s"
        return cell
    return text or None


def _does_not_fit(words: str) -> Refused:
    return Refused(Kind.INVALID, Problem("does_not_fit", f"{words} Export as CSV.", "format"))
