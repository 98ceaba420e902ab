"""What every kind of file is read into: a heading and lines of text cells, each line with its number and its flaws."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from app.kernel.counting import counted
from app.kernel.notation import letter
from app.kernel.problem import Kind, Problem, Refused

MAX_LINES = 500_000
MAX_COLUMNS = 500
_PEEK = 60
_QUERY = re.compile(r"\W*(sql\s+)?select\b.*\bfrom\b", re.IGNORECASE | re.DOTALL)
_LEAST_NAMES = 3
_FIGURE = re.compile(r"[-+(£€$]*[\d.,/:' -]*\d[\d.,/:' -]*[)%]?(\s*[A-Z]{3})?")
_NOT_KEPT = re.compile("[\0\ud800-\udfff]")
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "windows-1252": "Windows-1252, Western European",
    "windows-1250": "Windows-1250, Central European",
    "iso-8859-1": "ISO 8859-1, Latin-1",
    "iso-8859-2": "ISO 8859-2, Latin-2",
    "iso-8859-15": "ISO 8859-15, Latin-9",
    "mac-roman": "Mac Roman",
}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}


@dataclass(frozen=True, slots=True)
class Options:
    """What a person says about how a file is to be read; what is left empty is found out."""

    encoding: str = ""
    delimiter: str = ""
    heading: int = 0
    sheet: str = ""
    dates: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a line, or one cell of it, cannot be taken as it stands."""

    code: str
    message: str
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its number as people count, its cells, and what is wrong with how it is written."""

    number: int
    cells: tuple[str, ...]
    flaws: tuple[Flaw, ...] = ()

    @property
    def torn(self) -> bool:
        """Say whether it cannot even be told which cell is which."""
        return any(flaw.column is None for flaw in self.flaws)

    @property
    def blank(self) -> bool:
        """Say whether nothing stands on it."""
        return not self.flaws and not any(cell and not cell.isspace() for cell in self.cells)


@dataclass(frozen=True)
class Sheet:
    """A table as it stands in a file. `lines` reads it from the top as often as it is asked."""

    kind: str
    columns: tuple[str, ...]
    lines: Callable[[], Iterator[Line]]
    heading: int = 1
    encoding: str = ""
    is_encoding_sure: bool = True
    delimiter: str = ""
    name: str = ""
    names: tuple[str, ...] = field(default=())

    def label(self, column: int) -> str:
        """Name a column: by its heading, or by its letter where it has none."""
        return self.columns[column] or f"Column {letter(column)}"


def refused(code: str, message: str, kind: Kind = Kind.INVALID) -> Refused:
    """Refuse a whole file."""
    return Refused(kind, Problem(code, message, "file"))


def open_sheet(stream: BinaryIO, options: Options = Options()) -> Sheet:
    """Recognise a file by its content and get ready to read it; the stream stays open and belongs to the caller."""
    from app.infra.transfer import delimited, notation, workbook

    stream.seek(0)
    head = stream.read(4096)
    if not head.strip():
        raise refused("file_empty", "The file is empty. Choose a file with content.")
    if head.startswith(b"PK\x03\x04"):
        return workbook.open_workbook(stream, options)
    _refuse_others(head)
    if notation.is_json(head):
        return notation.open_json(stream, options)
    return delimited.open_delimited(stream, options)


def text_of(stream: BinaryIO, encoding: str, newline: str | None) -> io.TextIOWrapper:
    """Read a stream as text from its beginning; what cannot be decoded becomes the sign that says so."""
    stream.seek(0)
    lent = io.BufferedReader(_Lent(stream), 256 * 1024)
    return io.TextIOWrapper(lent, "utf-8-sig" if encoding == "utf-8" else encoding, errors="replace", newline=newline)


class _Lent(io.RawIOBase):
    """Lets a text reader use a stream without closing it at its own end."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Say that it is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Hand on the next bytes."""
        found = self._stream.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def _refuse_others(head: bytes) -> None:
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise refused("file_old_excel", "This is an old Excel file (.xls). Save it as .xlsx or CSV.")
    if head.startswith(b"%PDF-"):
        raise refused("file_type", "This is a PDF. Send CSV, XLSX or JSON.")
    control = sum(head.count(sign) for sign in range(9))
    if control > max(16, len(head) // 50) and head[:2] not in (b"\xff\xfe", b"\xfe\xff") and not unmarked_utf16(head):
        raise refused("file_type", "This is no table. Send CSV, XLSX or JSON.")


def unmarked_utf16(head: bytes) -> str:
    """Recognise UTF-16 without its mark: every other byte of Western text is zero."""
    even, odd, few = head[::2].count(0), head[1::2].count(0), len(head) // 10
    if odd > few and not even:
        return "utf-16-le"
    return "utf-16-be" if even > few and not odd else ""


def with_heading(lines: Iterator[Line], asked: int) -> tuple[Line, int]:
    """Find the line of the column names: the one asked for, or the first below titles and blank lines; and its depth."""
    for depth, line in enumerate(lines, 1):
        if asked and line.number < asked:
            continue
        if line.blank and not asked:
            continue
        if line.flaws:
            raise refused(
                "heading_broken", f"The heading on line {line.number} cannot be read. {line.flaws[0].message}"
            )
        if line.blank:
            break
        if asked:
            return line, depth
        below = list(itertools.islice(lines, _PEEK))
        if _QUERY.match(" ".join(line.cells)):
            raise _query_as_heading(line, below)
        deeper = _below_titles(line, below)
        return (below[deeper], depth + 1 + deeper) if deeper is not None else (line, depth)
    raise refused("heading_missing", "There is no heading. The first line of the table names the columns.")


def _below_titles(first: Line, below: Sequence[Line]) -> int | None:
    """Find the heading below a title: the first line of names that is more than twice as wide as what stands above it."""
    width = max(len(_filled(first)), 1)
    for at, line in enumerate(below):
        filled = _filled(line)
        if line.flaws or len(filled) < _LEAST_NAMES or len(filled) <= 2 * width:
            continue
        is_table = any(len(_filled(other)) > 2 * width for other in below[at + 1 :])
        return at if is_table and _are_names(filled) else None
    return None


def _filled(line: Line) -> list[str]:
    return [cell for cell in line.cells if cell.strip()]


def _are_names(cells: Sequence[str]) -> bool:
    """Say whether cells may name columns: none is a number or a day."""
    return not any(_FIGURE.fullmatch(cell.strip()) for cell in cells)


def _query_as_heading(line: Line, below: Iterable[Line]) -> Refused:
    """Refuse a file that begins with the query it was made by, and name the line that looks like its heading."""
    best, most = None, 1
    for other in below:
        filled = _filled(other)
        if len(filled) > most and not any(any(sign.isdigit() for sign in cell) for cell in filled):
            best, most = other.number, len(filled)
    hint = f"Line {best} looks like it" if best else "Look for it in the file"
    words = (
        f"Line {line.number} is a database query, not the names of the columns. {hint}; say which line is the heading."
    )
    return refused("heading_is_query", words)


def column_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Tidy the names of columns; empty ones at the end are no columns."""
    names = [" ".join(storable(cell).split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise refused("too_many_columns", f"The table has {len(names)} columns. At most {MAX_COLUMNS} are taken.")
    return tuple(names)


def fitted(line: Line, columns: Sequence[str]) -> Line:
    """Bring a line to the width of the heading; one that does not fit is flawed, never cut short in silence."""
    width, cells = len(columns), line.cells
    if line.torn or len(cells) == width:
        pass
    elif len(cells) > width:
        if any(cell.strip() for cell in cells[width:]):
            return Line(line.number, cells, (*line.flaws, _beside(cells, width) or _ragged(len(cells), width)))
        line = Line(line.number, cells[:width], line.flaws)
    elif line.blank or not any(columns[len(cells) :]):
        line = Line(line.number, (*cells, *("" for _ in range(width - len(cells)))), line.flaws)
    else:
        return Line(line.number, cells, (*line.flaws, _ragged(len(cells), width)))
    if not line.flaws and _repeats(line, columns):
        return Line(line.number, line.cells, (Flaw("repeated_heading", "This line repeats the heading."),))
    return line


def _repeats(line: Line, columns: Sequence[str]) -> bool:
    """Say whether a line is the heading once more, as in files that were put together from several."""
    names = column_names(line.cells)
    return len(names) > 1 and names == tuple(columns)


def _beside(cells: Sequence[str], width: int) -> Flaw | None:
    """Say what stands apart from the table, beyond an empty column: nothing has moved, but nobody said what it is."""
    at = next(at for at in range(width, len(cells)) if cells[at].strip())
    if at == width:
        return None
    words = (
        f"Column {letter(at)} holds {cells[at].strip()[:40]} beside the table. Give that column a heading, or empty it."
    )
    return Flaw("ragged", words)


def _ragged(found: int, width: int) -> Flaw:
    words = f"This line has {counted(found, 'cell')}, the heading {width}. Put cells with line breaks or separators in quotation marks."
    return Flaw("ragged", words)


def limited(lines: Iterator[Line]) -> Iterator[Line]:
    """Stop a file that is longer than what is taken in at once."""
    for count, line in enumerate(lines, 1):
        if count > MAX_LINES:
            raise refused(
                "too_many_rows", f"The file has more than {MAX_LINES:,} rows. Split it.".replace(",", "\u00a0")
            )
        yield _clean(line)


def storable(text: str) -> str:
    """Show what no database keeps, NUL and halves of characters, by the sign for what cannot be shown."""
    return _NOT_KEPT.sub("\ufffd", text)


def _clean(line: Line) -> Line:
    """Flag cells with characters that no database keeps."""
    if not any(_NOT_KEPT.search(cell) for cell in line.cells):
        return line
    words = "has a character that cannot be kept. Remove it."
    wrong = tuple(Flaw("invalid_character", words, at) for at, cell in enumerate(line.cells) if _NOT_KEPT.search(cell))
    return Line(line.number, tuple(storable(cell) for cell in line.cells), (*line.flaws, *wrong))
