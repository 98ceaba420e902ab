"""The one door for reading rows: what an actor may see of a resource, as a WHERE clause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy import inspect as inspect_model

from app.kernel.actor import Actor, Context
from app.kernel.resource import Resource

Condition = Callable[[Any, Any], ColumnElement[bool]]


def select_rows(context: Context, resource: Resource, verb: str = "read") -> Select[Any]:
    """Select the rows of a resource that the actor may read, and on which they hold `verb`."""
    return select(resource.model).where(visible(context.actor, resource, verb)).execution_options(scoped=True)


def everything(model: Any, *, why: str) -> Select[Any]:
    """Select rows of a table whoever asks; `why` says what gives the right to look past the actor's scope."""
    if not why:
        raise ValueError("say why rows are read past the actor's scope")
    return select(model).execution_options(scoped=True)


def columns(*what: Any, why: str) -> Select[Any]:
    """Select columns or figures whoever asks, as `everything` does for rows."""
    if not why:
        raise ValueError("say why rows are read past the actor's scope")
    return select(*what).execution_options(scoped=True)


def visible(actor: Actor, resource: Resource, verb: str = "read") -> ColumnElement[bool]:
    """Say, as a condition, on which rows the actor holds `verb` as well as the right to read."""
    condition = _held(actor, resource, "read")
    return condition if verb == "read" else and_(condition, _held(actor, resource, verb))


def _held(actor: Actor, resource: Resource, verb: str) -> ColumnElement[bool]:
    if actor.is_system:
        return true()
    if not actor.may(resource.permission(verb)):
        return false()
    if resource.scope.owner:
        if actor.may(resource.permission("oversee")):
            return true()
        return getattr(resource.model, resource.scope.owner) == actor.id
    reach = actor.reach(resource.permission(verb))
    if reach.everywhere or not (resource.scope.entity or resource.scope.cost_centre):
        return true()
    return or_(*(_in_region(resource, entity, cost_centre) for entity, cost_centre in sorted(reach.regions, key=str)))


def _in_region(resource: Resource, entity: int | None, cost_centre: int | None) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if entity is not None and resource.scope.entity:
        parts.append(_along(resource.model, resource.scope.entity, lambda column, _: _of_entity(column, entity)))
    if cost_centre is not None and resource.scope.cost_centre:
        parts.append(
            _along(resource.model, resource.scope.cost_centre, lambda column, tree: _below(column, tree, cost_centre))
        )
    return and_(true(), *parts)


def _of_entity(column: Any, entity: int) -> ColumnElement[bool]:
    """Match rows of the entity, and those that belong to no entity in particular."""
    return or_(column == entity, column.is_(None))


def _below(column: Any, tree: Any, top: int) -> ColumnElement[bool]:
    return column.in_(select(tree.id).where(tree.path.contains(f"/{top}/", autoescape=True)))


def _along(model: Any, path: str, condition: Condition) -> ColumnElement[bool]:
    """Apply a condition to the id at the end of a chain of relations."""
    if path == "self":
        return condition(model.id, model)
    head, _, rest = path.partition(".")
    relation = inspect_model(model).relationships[head]
    column = next(iter(relation.local_columns))
    target = relation.mapper.class_
    if not rest:
        return condition(column, target)
    return column.in_(select(target.id).where(_along(target, rest, condition)))
