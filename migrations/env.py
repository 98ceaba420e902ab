"""Alembic's environment: all tables of Outlay and of Flask-AppBuilder in one metadata, on the caller's connection."""

from alembic import context
from alembic.operations.ops import AddColumnOp, CreateCheckConstraintOp, CreateTableOp, ModifyTableOps
from sqlalchemy import CheckConstraint

import app
from app.infra.db import Base

app.load_slices()
connection = context.config.attributes["connection"]


def render_item(kind: str, item: object, _context: object) -> str | bool:
    """Write our own column types as what they are in the database, so that a migration needs none of our code."""
    if kind == "type" and type(item).__module__.startswith("app."):
        return f"sa.String({item.impl.length})" if getattr(item.impl, "length", None) else "sa.Text()"
    return False


def draft_checks(_context: object, _revision: object, directives: list) -> None:
    """Draft the CHECKs that columns bring along as those of their table; Alembic itself leaves them out."""
    upgrade = directives[0].upgrade_ops
    for created in (each for each in upgrade.ops if isinstance(each, CreateTableOp)):
        created.columns.extend(check for column in list(created.columns) for check in checks_of(column))
    for changed in (each for each in upgrade.ops if isinstance(each, ModifyTableOps)):
        added = [each.column for each in changed.ops if isinstance(each, AddColumnOp)]
        changed.ops.extend(
            CreateCheckConstraintOp.from_constraint(check) for column in added for check in checks_of(column)
        )


def checks_of(part: object) -> list[CheckConstraint]:
    """List the CHECKs of a column as ones of its table; other parts of a table have none of their own."""
    own = [each for each in getattr(part, "constraints", ()) if isinstance(each, CheckConstraint)]
    return [CheckConstraint(each.sqltext, name=each.name, table=part.table) for each in own]


context.configure(
    process_revision_directives=draft_checks,
    render_item=render_item,
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
