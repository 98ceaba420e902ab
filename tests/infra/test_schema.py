from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

import app
from app.infra import schema
from app.infra.db import Base


def driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg2://")


def test_migrations_lead_up_down_and_up_again_to_what_the_models_say(empty_database_url: str) -> None:
    app.load_slices()
    url = driver(empty_database_url)

    assert schema.upgrade(url) == (None, schema.head())
    assert schema.downgrade(url, "base") == (schema.head(), None)
    with create_engine(url, poolclass=NullPool).connect() as connection:
        left = connection.execute(
            text(
                "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
                "WHERE nspname = 'public' AND relname <> 'alembic_version' AND relname <> 'alembic_version_pkc'"
            )
        ).all()
    assert left == []
    schema.upgrade(url)

    with create_engine(url, poolclass=NullPool).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_there_is_one_line_of_migrations() -> None:
    names = sorted(path.name[:4] for path in Path(schema.MIGRATIONS, "versions").glob("[0-9]*.py"))

    assert names == [f"{number:04}" for number in range(1, len(names) + 1)]


def test_the_database_checks_what_the_models_say(empty_database_url: str) -> None:
    app.load_slices()
    url = driver(empty_database_url)
    schema.upgrade(url)
    with create_engine(url, poolclass=NullPool).connect() as connection:
        connection.execute(text("CREATE SCHEMA models"))
        connection.execute(text("SET search_path TO models"))
        Base.metadata.create_all(connection)
        said, kept = checks(connection, "models"), checks(connection, "public")

    assert len(said) > 100
    assert {name: rule for name, rule in said.items() if kept.get(name) != rule} == {}
    assert {name: rule for name, rule in kept.items() if name not in said} == {}


def checks(connection: Connection, namespace: str) -> dict[str, str]:
    """Read the CHECKs of all tables as PostgreSQL understood them."""
    statement = text(
        "SELECT r.relname || '.' || c.conname AS name, pg_get_constraintdef(c.oid) AS rule FROM pg_constraint c "
        "JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace "
        "WHERE c.contype = 'c' AND n.nspname = :namespace"
    )
    return {row.name: row.rule for row in connection.execute(statement, {"namespace": namespace})}
