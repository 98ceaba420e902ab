"""Which of the rows that others refer to a reader may know: their names go no further than the rows themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import literal, union_all

from app.infra import scope
from app.kernel.actor import Context
from app.kernel.resource import registry


class Reachable:
    """Knows which of the rows that are referred to can be opened by the reader; asks once per resource and look."""

    def __init__(self, context: Context, rows: Iterable[Any] = ()) -> None:
        self._context = context
        self._asked: dict[str, set[Any]] = {}
        self._open: dict[str, set[Any]] = {}
        self.look(rows)

    def look(self, rows: Iterable[Any]) -> None:
        """Find out about more rows."""
        wanted: dict[str, set[Any]] = {}
        for row in rows:
            resource = registry.of(type(row))
            if resource is not None and row.id not in self._asked.get(resource.name, ()):
                wanted.setdefault(resource.name, set()).add(row.id)
        for name, ids in wanted.items():
            self._asked.setdefault(name, set()).update(ids)
        for name, id in _visible(self._context, wanted):
            self._open.setdefault(name, set()).add(id)

    def __contains__(self, row: Any) -> bool:
        """Say whether a link to this row leads somewhere."""
        resource = registry.of(type(row))
        return resource is not None and row.id in self._open.get(resource.name, ())


def is_withheld(row: Any) -> bool:
    """Say whether the very name of a row is kept from who may not see it; people are known by name to all."""
    resource = registry.of(type(row))
    return resource is not None and resource.scope.limited and not hasattr(row, "user_id")


def _visible(context: Context, wanted: Mapping[str, set[Any]]) -> Iterator[tuple[str, Any]]:
    """Tell which of these rows can be seen, all that have to be looked at in one statement."""
    parts = []
    for name, ids in wanted.items():
        resource = registry[name]
        if not context.actor.may(resource.permission("read")):
            continue
        if scope.is_unlimited(context.actor, resource):
            yield from ((name, id) for id in ids)
            continue
        id_ = resource.model.id
        statement = scope.select_rows(context, resource).where(id_.in_(ids))
        parts.append(statement.with_only_columns(literal(name).label("resource"), id_))
    if parts:
        found = context.session.execute(union_all(*parts).execution_options(scoped=True))
        yield from ((name, id) for name, id in found)
