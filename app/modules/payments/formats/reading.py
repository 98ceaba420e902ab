"""The two doors for files of banks: statements, and the status of payments. What a file is, is told by its content."""

from __future__ import annotations

import dataclasses

from app.modules.payments.domain.bank import BankFile, Statement, what_does_not_add_up
from app.modules.payments.formats import bai2, camt, delimited, iso20022, ofx, swift, text, xml
from app.modules.payments.formats.refusing import refused, shown

KNOWN = "Upload camt.052, camt.053, camt.054, MT940, MT942, BAI2, OFX or CSV."


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
