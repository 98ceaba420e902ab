"""Documents that rows name by kind and number, such as the source of a budget move, and whether they can be opened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.console import addresses
from app.console.gate import Visit
from app.infra import scope
from app.kernel.resource import Resource, registry

_named: dict[str, tuple[str, str]] = {}


def name_by(resource: str, kind: str, number: str) -> None:
    """Let rows of a resource lead to the document whose kind and number stand in two of their fields."""
    _named[resource] = (kind, number)


class Documents:
    """Knows which of the documents that rows name the reader may open; asks once for each kind."""

    def __init__(self, visit: Visit, rows: Iterable[Any]) -> None:
        wanted: dict[str, set[str]] = {}
        for row in rows:
            kind, number = _of(row)
            if number:
                wanted.setdefault(kind, set()).add(number)
        self._open = {kind: _visible(visit, kind, numbers) for kind, numbers in wanted.items()}

    def address(self, row: Any, field: str) -> str:
        """Give the address of the document that stands in a field of a row; empty where there is none to open."""
        resource = registry.of(type(row))
        if resource is None or _named.get(resource.name, ("", ""))[1] != field:
            return ""
        kind, number = _of(row)
        return addresses.of_key(registry[kind], number) if number in self._open.get(kind, ()) else ""


def _of(row: Any) -> tuple[str, str]:
    resource = registry.of(type(row))
    if resource is None or resource.name not in _named:
        return "", ""
    kind, number = (getattr(row, name) for name in _named[resource.name])
    return str(kind or ""), str(number or "")


def _visible(visit: Visit, kind: str, numbers: set[str]) -> set[str]:
    resource: Resource | None = next((each for each in registry if each.name == kind), None)
    if resource is None or not visit.actor.may(resource.permission("read")):
        return set()
    key = getattr(resource.model, resource.key)
    if key.type.python_type is not str:
        return set()
    if scope.is_unlimited(visit.actor, resource):
        return numbers
    statement = scope.select_rows(visit.context, resource).where(key.in_(numbers)).with_only_columns(key)
    return set(visit.context.session.scalars(statement))
