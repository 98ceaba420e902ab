"""How values stand in the cells of a file: exactly, for machines, and harmless in a spreadsheet."""

from __future__ import annotations

import enum
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson

from app.infra.audit import plain
from app.kernel.resource import registry

# Spreadsheets run a cell that begins like this as a formula; full-width signs count in some of them.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")


def text_of(value: Any) -> str:
    """Write a value for machines: ISO dates, plain decimals, yes and no, the key of a row it names."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal | int):
        return str(plain(value))
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, dict):
        return orjson.dumps(plain(value), option=orjson.OPT_SORT_KEYS).decode()
    if isinstance(value, list | tuple | set | frozenset):
        return _listed(value)
    return key_of(value)


def _listed(values: Any) -> str:
    """Write several values in one cell; what is structured stays structured."""
    if any(isinstance(value, dict | list) for value in values):
        return orjson.dumps(plain(list(values)), option=orjson.OPT_SORT_KEYS).decode()
    return ", ".join(text_of(value) for value in values)


def key_of(row: Any) -> str:
    """Tell how people address a row."""
    resource = registry.of(type(row))
    return resource.key_of(row) if resource else str(row)


def guard(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unguard(text: str) -> str:
    """Take away the apostrophe that `guard` puts, and nothing else."""
    return text[1:] if _GUARDED.match(text) else text
