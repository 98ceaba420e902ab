"""Alembic's environment: all tables of Outlay and of Flask-AppBuilder in one metadata, on the caller's connection."""

from alembic import context

import app
from app.infra.db import Base

app.load_slices()
connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
