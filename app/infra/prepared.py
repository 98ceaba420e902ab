"""Statements that come again are planned by the database once for each connection.

Planning an order's nine relations takes longer than fetching it. psycopg2 writes values into the text it sends, so the
database plans each statement anew; here one that a connection has sent a few times is left with the database by name, and
afterwards only its values are sent. The database goes on planning for the values themselves where that is worth it.
Only the web does so (config.py): a job may fill a table in one go for which a plan was made while it was empty.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
from sqlalchemy.engine import ExceptionContext

#: How often a connection sends a statement before it is left with the database.
AFTER = 5
#: How many statements a connection leaves there; each keeps some memory.
MOST = 100
#: A longer one holds many rows, and is seldom sent in the same length again.
MOST_VALUES = 64

_KINDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
_PLACE = re.compile(r"%\((\w+)\)s|%%")
_INTEGER = 2**31
#: Says of a statement that its best plan depends on its values, as that of a list by filters or of a sum does.
BY_VALUE = {"by_value": True}
#: What PostgreSQL takes a value for that psycopg2 has written. Declared so, it means the same as in the text itself;
#: what stands in quotes alone is taken for whatever its place asks for.
_TYPES: dict[type, str] = {
    bool: "boolean",
    Decimal: "numeric",
    float: "double precision",
    date: "date",
    timedelta: "interval",
    str: "unknown",
    type(None): "unknown",
}
#: Statements the database cannot take without their values, such as those where a value alone says its type.
_unfit: set[str] = set()


def execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Send a statement by its name, if the connection has one for it."""
    options = context.execution_options
    if not options.get("prepared") or options.get("by_value") or cursor.name or not isinstance(parameters, dict):
        return False
    sent = _by_name(cursor, context.root_connection.info, statement, parameters)
    if sent is None:
        return False
    cursor.execute(sent, parameters)
    return True


def let_go(context: ExceptionContext) -> None:
    """Let go of connections that planned for columns as they were before a release changed them."""
    problem = context.original_exception
    if isinstance(problem, psycopg2.errors.FeatureNotSupported) and "cached plan" in str(problem):
        context.is_disconnect = True


def _by_name(cursor: Any, connection: dict[Any, Any], statement: str, values: dict[str, Any]) -> str | None:
    """Give the text that runs a statement by name, once the connection has sent it often enough."""
    types = tuple(_type_of(value) for value in values.values())
    key = (statement, types)
    known: dict[Any, str] = connection.setdefault("prepared", {})
    if key in known:
        return known[key]
    if len(known) >= MOST or len(values) > MOST_VALUES or None in types or statement in _unfit:
        return None
    times = connection.setdefault("sent", {})
    times[key] = times.get(key, 0) + 1
    if times[key] < AFTER or cursor.connection.autocommit or not statement.startswith(_KINDS):
        return None
    sent = _prepare(cursor.connection, f"outlay_{len(known)}", statement, dict(zip(values, types, strict=True)))
    if sent is None:
        _unfit.add(statement)
    else:
        known[key] = sent
    return sent


def _prepare(connection: Any, name: str, statement: str, types: dict[str, str | None]) -> str | None:
    """Leave a statement with the database; one that it does not take leaves the transaction as it was."""
    places = list(dict.fromkeys(found for found in _PLACE.findall(statement) if found))
    numbered = _PLACE.sub(lambda found: f"${places.index(found[1]) + 1}" if found[1] else "%", statement)
    declared = f" ({', '.join(str(types[place]) for place in places)})" if places else ""
    values = f" ({', '.join(f'%({place})s' for place in places)})" if places else ""
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT preparing")
        try:
            cursor.execute(f"PREPARE {name}{declared} AS {numbered}")
        except psycopg2.Error:
            cursor.execute("ROLLBACK TO SAVEPOINT preparing")
            name = ""
        cursor.execute("RELEASE SAVEPOINT preparing")
    return f"EXECUTE {name}{values}" if name else None


def _type_of(value: Any) -> str | None:
    """Tell what PostgreSQL takes a value for; None for what is not known."""
    kind = type(value)
    if kind is int or (kind is Decimal and value.as_tuple().exponent == 0):
        return "integer" if -_INTEGER <= value < _INTEGER else "bigint"
    if kind is datetime:
        return "timestamptz" if value.tzinfo else "timestamp"
    return _TYPES.get(kind)
