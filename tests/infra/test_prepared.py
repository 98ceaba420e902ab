"""Statements that come again are left with the database, and mean what they meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from app.infra.db import db
from app.infra.prepared import AFTER, BY_VALUE


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    with app.app_context(), db.engine.connect() as opened:
        opened.info.pop("prepared", None), opened.info.pop("sent", None)
        opened.execute(text("DEALLOCATE ALL"))
        yield opened
        opened.rollback()
        opened.invalidate()


def kept(connection: Connection) -> list[str]:
    asked = text("SELECT statement FROM pg_prepared_statements").execution_options(**BY_VALUE)
    return list(connection.scalars(asked))


def often(connection: Connection, statement: str, **values: Any) -> list[Any]:
    found = [connection.execute(text(statement), values).all() for _ in range(AFTER + 2)]
    assert all(each == found[0] for each in found), "it says something else by its name"
    return found[0]


def test_what_is_sent_often_is_planned_once(connection: Connection) -> None:
    for turn in range(AFTER + 3):
        assert len(kept(connection)) == (turn >= AFTER)
        assert connection.scalar(text("SELECT count(*) FROM currency WHERE id = :id"), {"id": turn}) in (0, 1)


VALUES = [7, 2**40, -1, True, Decimal("12.50"), Decimal(5), 1.5, date(2026, 2, 28), timedelta(days=3), None]
MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("value", [*VALUES, 'it\'s 100 % \\ "so"', MOMENT, MOMENT.replace(tzinfo=None)])
def test_a_value_keeps_its_type(connection: Connection, value: Any) -> None:
    """A bare value is what says its type least; what sums and divides shows whether it was taken for another."""
    assert often(connection, "SELECT :value AS value", value=value) == [(value,)]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        often(
            connection,
            "SELECT sum(:value) AS total, :value / 2 AS half, pg_typeof(sum(:value))::text AS kind",
            value=value,
        )


def test_rows_are_written_and_told(connection: Connection) -> None:
    connection.execute(text("CREATE TEMPORARY TABLE thing (id bigint, name varchar(20), what jsonb, at timestamptz)"))
    values = {"name": "O'Brien 5 %", "what": '{"a": 1}', "at": datetime(2026, 3, 1, tzinfo=UTC)}
    for id in range(AFTER + 3):
        insert = text("INSERT INTO thing VALUES (:id, :name, :what, :at) RETURNING id, what, at")
        assert connection.execute(insert, {"id": id, **values}).one() == (id, {"a": 1}, values["at"])
        changed = connection.execute(text("UPDATE thing SET name = :name WHERE id = :id"), {"id": id, "name": None})
        assert changed.rowcount == 1
    assert len(kept(connection)) == 2
    assert connection.scalar(text("SELECT count(*) FROM thing WHERE name IS NULL")) == AFTER + 3


def test_what_the_database_cannot_plan_without_values_is_sent_with_them(connection: Connection) -> None:
    connection.execute(text("CREATE TEMPORARY TABLE note (id int)"))
    connection.execute(text("INSERT INTO note VALUES (1)"))
    assert often(connection, "SELECT jsonb_build_object('said', :said) AS note", said="yes") == [({"said": "yes"},)]
    assert kept(connection) == []
    assert connection.scalar(text("SELECT count(*) FROM note")) == 1, "what the transaction had done is undone"


def test_what_depends_on_its_values_is_planned_for_them(connection: Connection) -> None:
    for _ in range(AFTER + 2):
        connection.execute(text("SELECT count(*) FROM currency").execution_options(**BY_VALUE))
    assert kept(connection) == []


def test_a_connection_that_planned_for_other_columns_is_let_go(app: Flask) -> None:
    with app.app_context():
        try:
            with db.engine.begin() as connection:
                connection.execute(text("CREATE TABLE changing (id int, what int)"))
            with db.engine.connect() as connection:
                for _ in range(AFTER + 2):
                    connection.execute(text("SELECT what FROM changing WHERE id = :id"), {"id": 1})
                connection.rollback()
                with db.engine.begin() as other:
                    other.execute(text("ALTER TABLE changing ALTER what TYPE text"))
                with pytest.raises(DBAPIError) as told:
                    connection.execute(text("SELECT what FROM changing WHERE id = :id"), {"id": 1})
                assert told.value.connection_invalidated
            with db.engine.connect() as connection:
                assert connection.execute(text("SELECT what FROM changing WHERE id = :id"), {"id": 1}).all() == []
        finally:
            with db.engine.begin() as connection:
                connection.execute(text("DROP TABLE IF EXISTS changing"))
