"""The two doors for files of banks: statements, and the status of payments. What a file is, is told by its content."""

from __future__ import annotations

import dataclasses

from app.modules.payments.domain.bank import BankFile, Statement, StatusReport, what_does_not_add_up
from app.modules.payments.formats import (
    bai2,
    camt,
    delimited,
    iso20022,
    nacha_reading,
    notices,
    ofx,
    pain002,
    swift,
    text,
    xml,
)
from app.modules.payments.formats.refusing import refused, shown

KNOWN = "Upload camt.052, camt.053, camt.054, MT940, MT942, BAI2, OFX or CSV."
KNOWN_STATUS = "Upload pain.002, camt.054, or a NACHA file of returns."


def read_statements(data: bytes, name: str) -> BankFile:
    """Read a file of a bank into statements, or refuse it with the line and the field that are wrong."""
    found = _read(data, name)
    checked = tuple(_checked(statement) for statement in found.statements)
    return dataclasses.replace(found, statements=checked)


def _checked(statement: Statement) -> Statement:
    return dataclasses.replace(statement, findings=(*statement.findings, *what_does_not_add_up(statement)))


def _read(data: bytes, name: str) -> BankFile:
    if xml.looks_like_xml(data) and b"<OFX>" not in data:
        return _read_xml(data, name)
    source = text.decode(data)
    if ofx.looks_like(source.value):
        return ofx.read(source, name)
    if bai2.looks_like(source.value):
        return bai2.read(source, name)
    if swift.looks_like(source.value):
        return swift.read(source, name)
    if delimited.looks_like(source.value):
        return delimited.read(source, name)
    raise refused("unknown_format", f"{shown(name)} is no bank statement that can be read here. {KNOWN}")


def _read_xml(data: bytes, name: str) -> BankFile:
    root = xml.parse(data)
    found = iso20022.find(root, set(camt.MESSAGES))
    if found is None:
        raise refused(
            "unknown_format", f"The file holds {shown(iso20022.title(root))}, which is no bank statement. {KNOWN}"
        )
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
