"""The two doors for files of banks: statements, and the status of payments. What a file is, is told by its content."""

from __future__ import annotations

import dataclasses

from app.kernel.problem import Refused
from app.modules.payments.domain.bank import BankFile, Statement, StatusReport, what_does_not_add_up
from app.modules.payments.formats import (
    bai2,
    camt,
    columns,
    delimited,
    iso20022,
    nacha_reading,
    notices,
    ofx,
    pain002,
    strangers,
    swift,
    text,
    xml,
)
from app.modules.payments.formats.refusing import refused, shown
from app.modules.payments.formats.telling import NOTHING, Told

KNOWN_STATUS = "Upload pain.002, camt.054, or a NACHA file of returns."


def read_statements(data: bytes, name: str, told: Told = NOTHING) -> BankFile:
    """Read a file of a bank into statements, or refuse it with the line and the field that are wrong.

    What is `told` of a table comes before what its headings say; no other file heeds it.
    """
    found = _read(data, name, told)
    checked = tuple(_checked(statement) for statement in found.statements)
    return dataclasses.replace(found, statements=checked)


def _checked(statement: Statement) -> Statement:
    return dataclasses.replace(statement, findings=(*statement.findings, *what_does_not_add_up(statement)))


def _read(data: bytes, name: str, told: Told) -> BankFile:
    if packed := strangers.why_not_bytes(data, name):
        raise packed
    if xml.looks_like_xml(data) and b"<OFX>" not in data and strangers.why_not_text(_start(data), name) is None:
        return _read_xml(data, name)
    source = text.decode(data)
    if ofx.looks_like(source.value):
        return ofx.read(source, name)
    if bai2.looks_like(source.value):
        return bai2.read(source, name)
    if swift.looks_like(source.value):
        return swift.read(source, name)
    if told.columns or delimited.looks_like(source.value):
        return delimited.read(source, name, told)
    raise _why_not(source.value, name)


def look_at_table(data: bytes, name: str) -> tuple[list[str], list[str | None], list[list[str]]]:
    """Show a table before anything is said of it: headings, what each seems to hold, and the cells of its rows."""
    if why := strangers.why_not_bytes(data, name):
        raise why
    heads, guessed, rows = columns.outline(text.decode(data).value)
    return heads, guessed, [row.cells for row in rows]


def _why_not(source: str, name: str) -> Refused:
    """Say of a text that nobody knows what it is, or what is missing."""
    unknown = refused("unknown_format", f"{shown(name)} is no bank statement that can be read here. {strangers.KNOWN}")
    return strangers.why_not_text(source, name) or columns.why_no_table(source) or unknown


def _start(data: bytes) -> str:
    return data[:200].decode("latin-1")


def _read_xml(data: bytes, name: str) -> BankFile:
    root = xml.parse(data)
    found = iso20022.find(root, set(camt.MESSAGES))
    if found is None:
        title = iso20022.title(root)
        is_answer = iso20022.find(root, {pain002.MESSAGE}) is not None
        hint = "It says what became of payments: take it in at its payment run." if is_answer else strangers.KNOWN
        raise refused("unknown_format", f"The file holds {shown(title)}, which is no bank statement. {hint}")
    message, version = found
    return camt.read(message, version, name)


def read_status(data: bytes) -> StatusReport:
    """Read what a bank says about payments: pain.002, a booking notice or statement in camt, or NACHA returns."""
    if nacha_reading.looks_like(data):
        return nacha_reading.read_status(data)
    if not xml.looks_like_xml(data):
        raise refused("unknown_format", f"The file is no status of payments. {KNOWN_STATUS}")
    root = xml.parse(data)
    found = iso20022.find(root, {pain002.MESSAGE, *camt.MESSAGES})
    if found is None:
        title = shown(iso20022.title(root))
        raise refused("unknown_format", f"The file holds {title}, which is no status of payments. {KNOWN_STATUS}")
    message, version = found
    if xml.local(message) == pain002.MESSAGE:
        return pain002.read(message, version)
    return notices.report(camt.read(message, version, "status"))
