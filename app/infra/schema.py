"""The database's tables, brought to a release by migrations, one process at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_LOCK = 727_000


def upgrade(url: str, target: str = "head") -> tuple[str | None, str | None]:
    """Migrate up to `target`; gives the revisions before and after."""
    return _migrate(url, lambda config: command.upgrade(config, target))


def downgrade(url: str, target: str) -> tuple[str | None, str | None]:
    """Migrate down to `target`; gives the revisions before and after."""
    return _migrate(url, lambda config: command.downgrade(config, target))


def current(connection: Connection) -> str | None:
    """Tell which revision a database is at."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """Tell which revision this release needs."""
    return ScriptDirectory.from_config(configuration(None)).get_current_head()


def _migrate(url: str, act: Callable[[Config], None]) -> tuple[str | None, str | None]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as guard:
        guard.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        before = current(guard)
        with engine.connect() as connection:
            act(configuration(connection))
        return before, current(guard)


def configuration(connection: Connection | None) -> Config:
    """Give Alembic its place and, to change or compare tables, a connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
