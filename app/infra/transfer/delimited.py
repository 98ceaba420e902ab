"""CSV as it comes from anywhere: encoding and delimiter found out and stated, and no line lost over another's mistake."""

from __future__ import annotations

import codecs
import csv
import itertools
import re
from collections import Counter, deque
from collections.abc import Iterator
from typing import BinaryIO

from app.infra.transfer import sheets
from app.infra.transfer.sheets import Flaw, Line, Options, Sheet

_CHUNK = 1024 * 1024
_SAMPLE = 64 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[\u0080-\ud7ff\ue000-\U0010ffff]")
_NOT_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def open_delimited(stream: BinaryIO, options: Options) -> Sheet:
    """Find out how a text file is written, unless told, and read its heading."""
    encoding, sure = (options.encoding, True) if options.encoding else detect_encoding(stream)
    if encoding not in (*sheets.ENCODINGS, "utf-16-le", "utf-16-be"):
        raise sheets.refused("unknown_encoding", f"Encoding: use one of {', '.join(sheets.ENCODINGS)}.")
    announced = _announced_delimiter(stream, encoding)
    delimiter = options.delimiter or announced or _sniff_delimiter(stream, encoding)
    if delimiter not in sheets.DELIMITERS:
        raise sheets.refused("unknown_delimiter", "Delimiter: use a comma, semicolon, tab or vertical bar.")

    def records() -> Iterator[Line]:
        found = _records(stream, encoding, delimiter)
        return itertools.islice(found, 1, None) if announced else found

    first, depth = sheets.with_heading(records(), options.heading)
    columns = sheets.column_names(first.cells)

    def lines() -> Iterator[Line]:
        below = itertools.islice(records(), depth, None)
        return sheets.limited(sheets.fitted(line, columns) for line in below)

    return Sheet("csv", columns, lines, first.number, encoding, sure, delimiter)


def detect_encoding(stream: BinaryIO) -> tuple[str, bool]:
    """Tell in which encoding a text is written, and whether that is certain or the best guess."""
    stream.seek(0)
    head = stream.read(4096)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, True
    if unmarked := sheets.unmarked_utf16(head):
        return unmarked, True
    well, badly, only_latin1 = _count_utf8(stream)
    if badly == 0:
        return "utf-8", True
    if well > badly:
        return "utf-8", False
    return ("iso-8859-1" if only_latin1 else "windows-1252"), False


def _count_utf8(stream: BinaryIO) -> tuple[int, int, bool]:
    """Count the signs beyond ASCII that are good UTF-8 and the bytes that are not; note bytes Windows does not know."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    stream.seek(0)
    well = badly = 0
    only_latin1 = False
    while chunk := stream.read(_CHUNK):
        text = decoder.decode(chunk)
        if not text.isascii():
            well += len(_BEYOND_ASCII.findall(text))
            badly += len(_NOT_UTF8.findall(text))
            only_latin1 = only_latin1 or bool(_NOT_1252.search(chunk))
    badly += len(decoder.decode(b"", final=True))
    return well, badly, only_latin1


def _sample(stream: BinaryIO, encoding: str) -> list[str]:
    """Take the first lines, as far as they are whole."""
    taken: list[str] = []
    size = 0
    for line in sheets.text_of(stream, encoding, newline=""):
        taken.append(line[:_SAMPLE])
        size += len(line)
        if size > _SAMPLE:
            return taken[:-1] or taken
    return taken


def _announced_delimiter(stream: BinaryIO, encoding: str) -> str:
    """Read `sep=;`, with which Excel tells itself the delimiter on a line before the heading."""
    for line in sheets.text_of(stream, encoding, newline=""):
        match = re.fullmatch(r'"?sep=(.)"?', line.strip("\r\n "), re.IGNORECASE)
        return match[1] if match else ""
    return ""


def _sniff_delimiter(stream: BinaryIO, encoding: str) -> str:
    """Choose the delimiter that cuts most of the first lines into the same number of cells."""
    sample = _sample(stream, encoding)
    best, most = ",", (0.0, 0)
    for delimiter in sheets.DELIMITERS:
        reader = csv.reader(iter(sample), delimiter=delimiter)
        try:
            widths = [len(row) for row in itertools.islice(reader, 200) if any(row)]
        except csv.Error:
            continue
        usual = Counter(width for width in widths if width > 1).most_common(1)
        if usual:
            width, times = usual[0]
            most, best = max((most, best), ((times / len(widths), width), delimiter), key=lambda each: each[0])
    return best


class _Feed:
    """Hands physical lines to the CSV reader, and takes back those it swallowed in vain."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        self.number += 1
        return line

    def take_back(self) -> None:
        """Take back all lines of the broken record but its first, so that they are read on their own."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1


def _records(stream: BinaryIO, encoding: str, delimiter: str) -> Iterator[Line]:
    """Read record after record; one that breaks the rules of CSV is flawed, and the line after it stands for itself."""
    feed = _Feed(sheets.text_of(stream, encoding, newline=""))
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        start, feed.taken = feed.number + 1, []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            feed.take_back()
            yield Line(start, (feed.taken[0].rstrip("\r\n")[:1000],), (_broken(error),))
            continue
        yield Line(start, tuple(cells), _undecoded(cells, encoding))


def _broken(error: csv.Error) -> Flaw:
    words = str(error)
    if "limit" in words:
        return Flaw("too_long", f"A cell has more than {csv.field_size_limit():,} characters.".replace(",", "\u00a0"))
    if "unexpected end" in words:
        return Flaw("open_quote", "A quotation mark is opened on this line and never closed.")
    return Flaw(
        "stray_quote", "A quotation mark stands inside a cell. Put the cell in quotation marks and write it twice."
    )


def _undecoded(cells: list[str], encoding: str) -> tuple[Flaw, ...]:
    words = f"has bytes that are not {sheets.ENCODINGS.get(encoding, 'UTF-16')}. Save the file as UTF-8."
    return tuple(
        Flaw("not_decoded", words, column)
        for column, cell in enumerate(cells)
        if not cell.isascii() and "\ufffd" in cell
    )
