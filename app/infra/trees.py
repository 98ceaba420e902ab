"""Hierarchies: each row knows the path of ids from its root, so that "this and all below" is one condition."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.infra import scope
from app.infra.db import Tree
from app.kernel.actor import Context

_NEXT = text("SELECT nextval(pg_get_serial_sequence(:table, 'id'))")


def settle(context: Context, row: Any) -> None:
    """Bring the path of a row, and of all below it, up to date before it is written; a new row gets its id for it."""
    if isinstance(row, Tree):
        _settle(context, row)


def _settle(context: Context, row: Any) -> None:
    if row.id is None:
        row.id = context.session.execute(_NEXT, {"table": row.__tablename__}).scalar_one()
    path = f"{row.parent.path if row.parent else '/'}{row.id}/"
    if row.path == path:
        return
    old = row.path
    row.path = path
    if not old:
        return
    model: Any = type(row)
    below = scope.everything(model, why="a moved branch takes all below it along, seen or not")
    for other in context.session.scalars(below.where(model.path.startswith(old), model.id != row.id)):
        other.path = path + other.path.removeprefix(old)


def is_below(row: Any, candidate: Any) -> bool:
    """Say whether `candidate` is `row` itself or stands below it, so that it cannot become its parent."""
    return candidate is not None and row.id is not None and f"/{row.id}/" in candidate.path
