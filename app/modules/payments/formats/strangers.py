"""Files that are no statement which can be read here, called by what they are, so that one knows what to ask the bank for."""

from __future__ import annotations

import re

from app.kernel.problem import Refused
from app.modules.payments.formats.refusing import refused, shown

KNOWN = "Upload camt.053, MT940, BAI2, OFX or CSV."
_BY_BYTES = (
    (b"%PDF-", "is a PDF, a picture of a statement"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook. Save it as CSV"),
    (b"\x1f\x8b", "is packed. Unpack it and upload what is inside"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
)
_BY_TEXT = (
    (re.compile(r"\s*!(Type|Account|Option):"), "is QIF, which does not say of which account it is"),
    (re.compile(r"0{5}\d{6}\d{3}05.{112}\s*$", re.MULTILINE), "is CODA"),
    (re.compile(r"01\d{5} {4}\d{5}.{104}$", re.MULTILINE), "is CFONB"),
    (re.compile(r"11\d{18}\d{6}\d{6}[12]\d{14}\d{3}", re.MULTILINE), "is Norma 43"),
    (re.compile(r"\s*<(?:!DOCTYPE\s+)?html", re.IGNORECASE), "is a web page, although a bank may call it Excel"),
)


def why_not_bytes(data: bytes, name: str) -> Refused | None:
    """Name a file that is no text."""
    if data.startswith(b"PK\x03\x04"):
        is_workbook = b"xl/" in data
        what = (
            "an Excel workbook. Save it as CSV" if is_workbook else "a ZIP archive. Unpack it and upload what is inside"
        )
        return _refused(name, f"is {what}")
    return next((_refused(name, what) for start, what in _BY_BYTES if data.startswith(start)), None)


def why_not_text(text: str, name: str) -> Refused | None:
    """Name a text that is a statement of a kind which cannot be read here."""
    return next((_refused(name, what) for pattern, what in _BY_TEXT if pattern.match(text)), None)


def _refused(name: str, what: str) -> Refused:
    hint = "" if ". " in what else f" {KNOWN}"
    return refused("unknown_format", f"{shown(name)} {what}.{hint}")
