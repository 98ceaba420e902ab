"""Loads rows with everything a page shows of them, in a number of queries that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import inspect as inspect_model
from sqlalchemy.orm import joinedload, selectinload, with_parent

from app.infra import scope
from app.infra.intake import find_row
from app.infra.reachable import Reachable
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Children, Resource

SOME = 5
__all__ = ["SOME", "Reachable", "missing", "one", "single_relations", "some_of"]


def one(context: Context, resource: Resource, key: str, names: Iterable[str] = ()) -> Any:
    """Find a visible row by its key, with the relations that are to be shown; refuse when there is none."""
    loads = (
        *single_relations(resource.model, names),
        *(_child_rows(resource.model, each) for each in resource.children),
    )
    row = find_row(context, resource, key, loads=loads)
    if row is None:
        raise missing(resource, key)
    return row


def missing(resource: Resource, key: str) -> Refused:
    """Say that there is no such row, or none that the caller may see."""
    return Refused(Kind.MISSING, Problem("not_found", f"{resource.title[0]} {key[:80]} was not found."))


def single_relations(model: Any, names: Iterable[str]) -> tuple[Any, ...]:
    """Load what columns refer to along with the row: `cost_centre`, `supplier.currency`."""
    return _single_relations(model, tuple(names))


@lru_cache(maxsize=1024)
def _single_relations(model: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    loads = []
    for name in names:
        load, at = None, model
        for part in name.split("."):
            relation = inspect_model(at).relationships.get(part)
            if relation is None or relation.uselist:
                break
            load = (load.joinedload if load else joinedload)(getattr(at, part))
            at = relation.mapper.class_
        if load is not None:
            loads.append(load)
    return tuple(loads)


def some_of(context: Context, row: Any, name: str, target: Resource, most: int = SOME) -> tuple[Sequence[Any], bool]:
    """Give the first few visible rows of a relation to many, and whether there are more."""
    attribute = getattr(type(row), name)
    order = getattr(target.model, target.key)
    statement = scope.select_rows(context, target).where(with_parent(row, attribute)).order_by(order).limit(most + 1)
    found = list(context.session.scalars(statement))
    return found[:most], len(found) > most


@lru_cache(maxsize=256)
def _child_rows(model: Any, children: Children) -> Any:
    """Load child rows in one more query, along with what they refer to."""
    load = selectinload(getattr(model, children.name))
    inner = single_relations(children.model, children.fields)
    return load.options(*inner) if inner else load
