"""What is read along with a row: what it refers to, and such of its lists as hold anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam
from sqlalchemy import inspect as inspect_model
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app.infra import scope
from app.kernel.actor import Context
from app.kernel.resource import Children

_FRESH = {"populate_existing": True}


def loads(model: Any, names: Iterable[str]) -> tuple[Any, ...]:
    """Load the relations that columns lead through: many-to-one in the same query, lists in one more each."""
    return _loads(model, tuple(names), True)


def single_loads(model: Any, names: Iterable[str]) -> tuple[Any, ...]:
    """Load what columns refer to along with the row, such as `supplier.currency`, and no lists."""
    return _loads(model, tuple(names), False)


@lru_cache(maxsize=1024)
def child_loads(model: Any, children: Children) -> Any:
    """Load the child rows of several rows in one more query, along with what they refer to."""
    return selectinload(getattr(model, children.name)).options(*single_loads(children.model, children.fields))


@lru_cache(maxsize=1024)  # putting them together takes a tenth of showing a row
def _loads(of: Any, names: tuple[str, ...], lists: bool) -> tuple[Any, ...]:
    found = []
    for name in names:
        load: Any = None
        model = of
        for step in name.split("."):
            relation = inspect_model(model).relationships.get(step)
            if relation is None or (relation.uselist and not lists):
                break
            kind = selectinload if relation.uselist else joinedload
            attribute = getattr(model, step)
            load = kind(attribute) if load is None else getattr(load, kind.__name__)(attribute)
            model = relation.mapper.class_
        if load is not None:
            found.append(load)
    return tuple(found)


def with_presence(statement: Select[Any], model: Any, lists: Iterable[str]) -> Select[Any]:
    """Let a statement on one row also say, for each of its lists, whether it holds anything."""
    return statement.add_columns(*(getattr(model, name).any().label(f"has_{name}") for name in lists))


def read(context: Context, model: Any, id: int) -> Any:
    """Read a row the transaction has taken, as it is now, with all it refers to; lists that hold nothing are known to."""
    statement, lists = _reading(model)
    row, *present = context.session.execute(statement, {"id": id}, execution_options=_FRESH).one()
    if lists:  # without names the session would expire the whole row
        context.session.expire(row, lists)
    _empty(row, lists, present)
    return row


def fill(context: Context, found: Sequence[Any], children: Sequence[Children]) -> None:
    """Load the child rows that a statement `with_presence` has found, each kind along with what it refers to."""
    row, *present = found
    model: Any = type(row)
    _empty(row, [each.name for each in children], present)
    for each, is_present in zip(children, present, strict=True):
        if is_present:
            rows = context.session.scalars(_children_of(model, each), {"id": row.id}, execution_options=_FRESH)
            set_committed_value(row, each.name, rows.all())


def _empty(row: Any, lists: Sequence[str], present: Sequence[bool]) -> None:
    for name, is_present in zip(lists, present, strict=True):
        if not is_present:
            set_committed_value(row, name, [])


@lru_cache
def _reading(model: Any) -> tuple[Select[Any], tuple[str, ...]]:
    relations = inspect_model(model).relationships
    lists = tuple(each.key for each in relations if each.uselist and each.cascade.delete_orphan)
    referred = (each.key for each in relations if not each.uselist and each.mapper.class_ is not model)
    statement = scope.everything(model, why="the transaction has taken the row").where(model.id == bindparam("id"))
    statement = statement.options(*(joinedload(getattr(model, name)) for name in referred))
    return with_presence(statement, model, lists), lists


@lru_cache(maxsize=1024)
def _children_of(model: Any, children: Children) -> Select[Any]:
    relation = inspect_model(model).relationships[children.name]
    [(_, parent)] = relation.local_remote_pairs
    statement = scope.everything(children.model, why="child rows are seen with their document")
    statement = statement.where(parent == bindparam("id")).order_by(*(relation.order_by or ()))
    return statement.options(*single_loads(children.model, children.fields))
