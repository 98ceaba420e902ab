"""Records of what was done, written many at a time: events, and the jobs that hear them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session


def insert(session: Session, table: Any, rows: Sequence[Mapping[str, Any]], *returning: str) -> list[Any]:
    """Write rows of the same columns in their order; gives the columns asked for, in no order.

    They travel as one JSON document that the database reads by the types of the table: the statement is the same for
    however many, and none of their values is bound by itself.
    """
    statement = _inserting(table.name, tuple(rows[0]), returning)
    found = session.execute(statement, {"rows": orjson.dumps(rows, default=_spelled).decode()})
    return list(found) if returning else []


@cache
def _inserting(table: str, columns: tuple[str, ...], returning: tuple[str, ...]) -> TextClause:
    told = f" RETURNING {', '.join(returning)}" if returning else ""
    return text(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(f'told.{name}' for name in columns)}"  # noqa: S608 - names of ours
        f" FROM json_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS json)) WITH ORDINALITY AS told"
        f" ORDER BY told.ordinality{told}"
    )


def _spelled(value: Any) -> Any:
    """Spell what JSON has no word for as PostgreSQL reads it."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} is not part of a record")
