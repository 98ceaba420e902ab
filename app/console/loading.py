"""Loads rows with everything a page shows of them, in a number of queries that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import with_parent

from app.infra import loading, scope
from app.infra.intake import find_whole
from app.infra.reachable import Reachable
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource

SOME = 5
__all__ = ["SOME", "Reachable", "missing", "one", "some_of"]


def one(context: Context, resource: Resource, key: str, names: Iterable[str] = ()) -> Any:
    """Find a visible row by its key, with the relations that are to be shown; refuse when there is none."""
    row = find_whole(context, resource, key, loading.single_loads(resource.model, names), resource.children)
    if row is None:
        raise missing(resource, key)
    return row


def missing(resource: Resource, key: str) -> Refused:
    """Say that there is no such row, or none that the caller may see."""
    return Refused(Kind.MISSING, Problem("not_found", f"{resource.title[0]} {key[:80]} was not found."))


def some_of(context: Context, row: Any, name: str, target: Resource, most: int = SOME) -> tuple[Sequence[Any], bool]:
    """Give the first few visible rows of a relation to many, and whether there are more."""
    attribute = getattr(type(row), name)
    order = getattr(target.model, target.key)
    statement = scope.select_rows(context, target).where(with_parent(row, attribute)).order_by(order).limit(most + 1)
    found = list(context.session.scalars(statement))
    return found[:most], len(found) > most
