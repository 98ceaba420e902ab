"""Rows elsewhere that refer to a row: a few of each kind that the reader may see, and the way to the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import inspect as inspect_model

from app.console import addresses, columns, lists, shell, words
from app.console.cells import Cell, Sight
from app.console.columns import Column
from app.console.gate import Visit
from app.console.loading import SOME
from app.infra import listing
from app.infra.fields import Field, fields_of
from app.infra.listing import Filter, Query
from app.kernel.resource import Resource, registry

MOST_COLUMNS = 5
_only_where: dict[tuple[str, str], Callable[[Any], bool]] = {}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a small table."""

    cells: tuple[Cell | None, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A small table on the page of a row."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str = ""
    note: str = ""
    url: str = ""
    add_url: str = ""
    foot: tuple[Cell | None, ...] = ()


def show_only(resource: str, field: str, where: Callable[[Any], bool]) -> None:
    """Show the rows of a resource that refer to a row by a field on the pages of some rows alone."""
    _only_where[resource, field] = where


def tables(visit: Visit, resource: Resource, row: Any) -> tuple[Table, ...]:
    """List what refers to a row, kind by kind; kinds without a row are left out unless one can be added."""
    found = (
        _table(visit, resource, row, other, each)
        for other, each in referring(visit, resource)
        if _is_shown(other, each, row)
    )
    return tuple(table for table in found if table.rows or table.add_url)


def _is_shown(other: Resource, each: Field, row: Any) -> bool:
    where = _only_where.get((other.name, each.name))
    return where is None or where(row)


def has_table(visit: Visit, resource: Resource, name: str) -> bool:
    """Say whether a relation to many rows is shown as a table of those that refer to the row."""
    relation = inspect_model(resource.model).relationships.get(name)
    if relation is None or not relation.uselist:
        return False
    other, back = registry.of(relation.mapper.class_), relation.back_populates
    return any(found is other and each.name == back for found, each in referring(visit, resource))


def referring(visit: Visit, resource: Resource) -> Iterator[tuple[Resource, Field]]:
    """Find the lists that can be filtered by a row of this resource."""
    yield from ((other, each) for other, each in _referring(resource) if visit.actor.may(other.permission("read")))


@lru_cache
def _referring(resource: Resource) -> tuple[tuple[Resource, Field], ...]:
    found = []
    for other in registry:
        relations = inspect_model(other.model).relationships
        for name, each in fields_of(other, other.filters).items():
            if name in relations and not each.multiple and each.target == resource.name:
                found.append((other, each))
    return tuple(found)


def _table(visit: Visit, resource: Resource, row: Any, other: Resource, each: Field) -> Table:
    key = resource.key_of(row)
    order = other.order or other.key
    condition = Filter(each, "", (key,), (row,))
    query = Query(filters=(condition,), sort=order.removeprefix("-"), descending=order.startswith("-"), size=SOME)
    names = [name for name in other.list if name != each.name][:MOST_COLUMNS]
    fields = fields_of(other, names)
    page = listing.page(visit.context, other, query, lists.to_load(fields))
    sight = Sight(visit, fields.values(), page.rows)
    link = lists.link_column(other, fields)
    lines = [lists.line(sight, other, fields, each_row, link) for each_row in page.rows]
    several = other is resource or sum(1 for found, _ in referring(visit, resource) if found is other) > 1
    many = words.lower_first(other.title[1])
    args = {each.name: [key]}
    addable = shell.may_create(visit, other) and each.name in other.form
    return Table(
        title=f"{other.title[1]} ({words.lower_first(each.label)})" if several else other.title[1],
        columns=columns.heads(other, query, fields, link),
        rows=tuple(Row(line.cells, line.url) for line in lines),
        empty=f"No {many}.",
        note=f"the first {SOME}" if page.next else "",
        url=addresses.of_list(other, args=args),
        add_url=addresses.of_list(other, "new", args=args) if addable else "",
    )
