"""XLSX files: one sheet of a workbook, read row by row, with dates and numbers as the sheet means them."""

from __future__ import annotations

import itertools
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any, BinaryIO

import openpyxl

from app.infra.transfer import sheets
from app.infra.transfer.cells import text_of
from app.infra.transfer.sheets import Flaw, Line, Options, Sheet
from app.kernel.problem import Refused

MAX_UNPACKED = 400 * 1024 * 1024
MAX_TEXTS = 80 * 1024 * 1024
MAX_PARTS = 2000
_LAST_ROW = 1_048_576
_FORMULA = re.compile(rb"<f[ >/]")
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def open_workbook(stream: BinaryIO, options: Options) -> Sheet:
    """Look into a workbook for the sheet to be read, and read its heading."""
    computes = _has_formulas(stream)
    book = _load(stream, values=True)
    names = tuple(sheet.title for sheet in book.worksheets)
    visible = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    name = options.sheet or next(iter(visible or names), "")
    if name not in names:
        raise sheets.refused(
            "unknown_sheet", f"There is no sheet {name[:60]}. There are: {', '.join(names) or 'none'}."
        )
    formulas = _load(stream, values=False)[name] if computes else None

    def rows() -> Iterator[Line]:
        return _lines(book[name], formulas)

    first, depth = sheets.with_heading(rows(), options.heading)
    columns = sheets.column_names(first.cells)

    def lines() -> Iterator[Line]:
        padded = (_padded(line, len(columns)) for line in itertools.islice(rows(), depth, None))
        return sheets.limited(sheets.fitted(line, columns) for line in padded)

    return Sheet("xlsx", columns, lines, first.number, name=name, names=names)


def _has_formulas(stream: BinaryIO) -> bool:
    """Say whether a sheet computes something; refuse what unpacks to far more than a table needs, or defines entities."""
    found = False
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            texts = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
            if len(parts) > MAX_PARTS or texts > MAX_TEXTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise sheets.refused("file_too_large", "The workbook unpacks to more than is taken in. Save it as CSV.")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as content:
                        found = _computes(content) or found
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, ValueError, EOFError) as error:
        raise _damaged() from error
    return found


def _computes(content: IO[bytes]) -> bool:
    """Look through one part for formulas; one that could define entities is refused."""
    found, tail = False, b""
    while chunk := content.read(1024 * 1024):
        text = tail + chunk
        if (b"<!" in text and _ENTITIES.search(text)) or (not tail and text[:2] in (b"\xff\xfe", b"\xfe\xff")):
            raise _damaged()
        found = found or (b"<f" in text and bool(_FORMULA.search(text)))
        tail = text[-9:]
    return found


def _damaged() -> Exception:
    return sheets.refused(
        "file_damaged", "The workbook cannot be read. Open it in a spreadsheet program and save it again."
    )


def _load(stream: BinaryIO, *, values: bool) -> Any:
    stream.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl does not keep, such as validations, is not read here
            return openpyxl.load_workbook(stream, read_only=True, data_only=values, keep_links=False)
    except Exception as error:  # openpyxl raises whatever a damaged file leads it to
        raise _damaged() from error


def _lines(values: Any, formulas: Any) -> Iterator[Line]:
    values.reset_dimensions()
    if formulas is not None:
        formulas.reset_dimensions()
    beside = formulas.iter_rows() if formulas is not None else itertools.repeat(())
    try:
        for number, (row, written) in enumerate(zip(values.iter_rows(), beside, strict=False), 1):
            if number > _LAST_ROW:
                raise _damaged()
            yield _line(number, row, written)
    except Refused:
        raise
    except Exception as error:  # a damaged sheet must not end as if it were shorter
        raise _damaged() from error


def _line(number: int, row: Any, written: Any) -> Line:
    cells, flaws = [], []
    for column, cell in enumerate(row):
        text = _text(cell.value)
        if cell.data_type == "e":
            flaws.append(Flaw("formula_error", f"holds the spreadsheet error {text}. Correct the formula.", column))
        elif not text and column < len(written) and written[column].data_type == "f":
            words = "holds a formula without a result. Open the file in a spreadsheet program and save it."
            flaws.append(Flaw("formula_open", words, column))
        cells.append(text)
    return Line(number, tuple(cells), tuple(flaws))


def _text(value: Any) -> str:
    """Write a cell's value as a spreadsheet means it: 15 digits, a day without its midnight."""
    if isinstance(value, float):
        return text_of(Decimal(f"{value:.15g}"))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int | Decimal):
        return text_of(value)
    return str(value)


def _padded(line: Line, width: int) -> Line:
    missing = width - len(line.cells)
    return Line(line.number, line.cells + ("",) * missing, line.flaws) if missing > 0 else line
