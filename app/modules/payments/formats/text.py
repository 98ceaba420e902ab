"""The characters of a file: which encoding it is in, told from its bytes, and never a character lost."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.modules.payments.domain.bank import Finding
from app.modules.payments.formats.refusing import refused, shown, too_large

LARGEST = 32 * 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MOST_DIGITS = 18
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?|[+-]?\.[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """The characters of a file, the encoding they were read with, and a finding where that is an assumption."""

    value: str
    encoding: str
    findings: tuple[Finding, ...] = ()


def decode(data: bytes) -> Text:
    """Read the bytes of a text file: by its mark, as UTF-8, else as Windows-1252, which is then said."""
    if len(data) > LARGEST:
        raise too_large(LARGEST)
    if not data.strip(b" \t\r\n\0"):
        raise refused("empty_file", "The file is empty.")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data, encoding)
    if b"\0" in data:
        raise refused(
            "not_text", "The file is not text. Upload the file as the bank delivers it, not packed or encrypted."
        )
    try:
        return Text(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _single_byte(data)


def _decoded(data: bytes, encoding: str) -> Text:
    try:
        return Text(data.decode(encoding), encoding)
    except UnicodeDecodeError:
        raise refused("bad_encoding", f"The file says it is {encoding.upper()} but holds bytes that are not.") from None


def _single_byte(data: bytes) -> Text:
    try:
        value, encoding = data.decode("cp1252"), "windows-1252"
    except UnicodeDecodeError:
        value, encoding = data.decode("latin-1"), "iso-8859-1"
    words = f"The file is not UTF-8 and was read as {encoding}. Accented letters may be wrong; amounts and ids are not."
    return Text(value, encoding, (Finding("assumed_encoding", words),))


def amount(value: str, *, line: int | None = None, field: str) -> Decimal:
    """Read a number that is written with a decimal point, or nothing else."""
    bare = value.strip()
    if not _PLAIN_NUMBER.fullmatch(bare) or sum(char.isdigit() for char in bare) > _MOST_DIGITS:
        raise refused("bad_amount", f"{field} is {shown(value)}, which is not an amount.", line=line, field=field)
    return Decimal(bare)


def day(year: str, month: str, of_month: str, *, line: int | None = None, field: str) -> date:
    """Put a date together."""
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        written = f"{year}-{month}-{of_month}"
        raise refused(
            "bad_date", f"{field} is {shown(written)}, which is not a date.", line=line, field=field
        ) from None
