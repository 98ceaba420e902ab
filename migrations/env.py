"""Alembic's environment: all tables of Outlay and of Flask-AppBuilder in one metadata, on the caller's connection."""

from alembic import context

import app
from app.infra.db import Base

app.load_slices()
connection = context.config.attributes["connection"]


def render_item(kind: str, item: object, _context: object) -> str | bool:
    """Write our own column types as what they are in the database, so that a migration needs none of our code."""
    if kind == "type" and type(item).__module__.startswith("app."):
        return f"sa.String({item.impl.length})" if getattr(item.impl, "length", None) else "sa.Text()"
    return False


context.configure(
    render_item=render_item,
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
