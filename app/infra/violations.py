"""What the database refuses, in words at a field: a value that is taken, in use, too large or not allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Integer, Numeric, SmallInteger, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from app.infra.db import Row
from app.infra.fields import humanise
from app.kernel.problem import Kind, Problem, Refused

#: What waits for the commit would then refuse everything for the sake of one part.
CHECK_DEFERRED = text("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
BUSY = Problem("busy", "Someone else is changing this right now. Try again.")
TOO_SLOW = Problem(
    "too_slow",
    "This took too long and was stopped; nothing was changed. Ask for less, such as with more filters, or try again later.",
)
_STOPPED = {"57014"}
_RETRIED = {"40001", "40P01"}
_LOCKED = {"55P03"}
_EMPTY, _GONE, _TAKEN, _UNCHECKED = "23502", "23503", "23505", "23514"


def code_of(error: DBAPIError) -> str:
    """Give the code by which PostgreSQL names what happened."""
    return str(getattr(error.orig, "pgcode", None) or "")


def is_passing(error: DBAPIError) -> bool:
    """Say whether the same change may go through when it is tried again: others stood in its way."""
    return code_of(error) in _RETRIED


def is_stopped(error: DBAPIError) -> bool:
    """Say whether the database stopped a statement because it took longer than it may (config.py)."""
    return code_of(error) in _STOPPED


def translated(error: DBAPIError) -> Exception:
    """Turn what the database refused into words at a field; what is no one's input stays an error."""
    if isinstance(error, IntegrityError):
        kind = Kind.INVALID if code_of(error) in (_EMPTY, _UNCHECKED) else Kind.CONFLICT
        return Refused(kind, _of_constraint(error))
    if isinstance(error, DataError):
        return Refused(Kind.INVALID, _of_value(error))
    if isinstance(error, OperationalError) and code_of(error) in _RETRIED | _LOCKED:
        return Refused(Kind.CONFLICT, BUSY)
    return error


def of_part(error: DBAPIError) -> Refused:
    """Refuse one part for what the database says of its values; raise what concerns the whole transaction."""
    told = translated(error)
    if is_passing(error) or not isinstance(told, Refused):
        raise error
    return told


def _of_constraint(error: IntegrityError) -> Problem:
    diagnosis = getattr(error.orig, "diag", None)
    constraint = str(getattr(diagnosis, "constraint_name", "") or "")
    table = str(getattr(diagnosis, "table_name", "") or "")
    for mapper in Row.registry.mappers:
        if getattr(mapper.class_, "__tablename__", "") == table:
            known = mapper.class_.__dict__.get("constraint_problems", {}).get(constraint)
            if known:
                return Problem(*known)
    name = re.sub(rf"^(uq|fk|ck)_{re.escape(table)}_", "", constraint)
    name = name or str(getattr(diagnosis, "column_name", "") or "").removesuffix("_id")
    label = humanise(name)
    if code_of(error) == _EMPTY:
        return Problem("required", f"{label} is missing. Enter it.", name)
    if code_of(error) == _TAKEN:
        return Problem("taken", f"{label}: this is taken already. Choose another.", name)
    if code_of(error) == _GONE:
        return Problem("in_use", f"{label}: this is still in use, or no longer there.", name.removesuffix("_id"))
    return Problem("not_allowed", f"{label}: this value is not allowed.", name or None)


def _of_value(error: DataError) -> Problem:
    """Name the value that its column cannot hold; PostgreSQL does not say which one of the row it was."""
    for column, value in _written(error):
        name, label = column.key.removesuffix("_id"), humanise(column.key)
        most = getattr(column.type, "length", None)
        if most and isinstance(value, str) and len(value) > most:
            return Problem("too_long", f"{label}: use at most {most} characters, here {len(value)}.", name)
        if not _holds(column.type, value):
            return Problem("too_large", f"{label}: this number is too large. Use a smaller one.", name)
    return Problem("not_allowed", "A value is not one that can be kept. Check the numbers.")


def _written(error: DataError) -> Iterator[tuple[Any, Any]]:
    """List the columns that a statement writes with what it writes into them; of several rows, one after another."""
    named = re.match(r"(?:INSERT INTO|UPDATE) (\w+)", error.statement or "")
    table = Row.metadata.tables.get(named[1]) if named else None
    rows = [error.params] if isinstance(error.params, Mapping) else error.params or ()
    if table is None:
        return
    for name, value in (pair for row in rows if isinstance(row, Mapping) for pair in row.items()):
        column = table.columns.get(re.sub(r"__\d+$", "", name))
        if column is not None:
            yield column, value


def _holds(kind: Any, value: Any) -> bool:
    if isinstance(kind, Integer) and isinstance(value, int):
        bits = 15 if isinstance(kind, SmallInteger) else 31 if kind.__class__ is Integer else 63
        return -(2**bits) <= value < 2**bits
    if isinstance(kind, Numeric) and isinstance(value, Decimal) and kind.precision:
        return abs(value) < Decimal(10) ** (kind.precision - (kind.scale or 0))
    return True
