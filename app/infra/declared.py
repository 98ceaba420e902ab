"""What can be checked of declarations only when every slice is there: that their paths and their words lead somewhere."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import inspect

from app.infra.fields import is_known_type
from app.kernel.resource import Resource


def demand(resources: Iterable[Resource]) -> None:
    """Stop the start on the first look at what would otherwise be found by a user."""
    wrong = [f"resource {resource.name}: {what}" for resource in resources for what in _wrong(resource)]
    if wrong:
        raise ValueError("\n".join(wrong))


def _wrong(resource: Resource) -> Iterator[str]:
    for where, model, path in _paths(resource):
        lost = _lost(model, path)
        if lost:
            yield f"{where} names {path!r}, but {lost[0].__name__} has no {lost[1]!r}"
    for command in resource.commands:
        for param in command.params:
            if not is_known_type(param.annotation):
                yield f"command {command.name} asks for {param.name} as {param.annotation}, which no dialog can ask for"


def _paths(resource: Resource) -> Iterator[tuple[str, Any, str]]:
    """List every path that a declaration names, with the model it starts from."""
    shown = [name for _, names in resource.show for name in names]
    listed = {"list": resource.list, "show": shown, "filters": resource.filters, "search": resource.search}
    scoped = (resource.scope.entity, resource.scope.cost_centre)
    listed["scope"] = [path for path in scoped if path and path != "self"]
    for where, names in listed.items():
        yield from ((where, resource.model, name) for name in names)
    for command in resource.commands:
        named = (name for _, name, _, _ in string.Formatter().parse(command.confirm) if name)
        yield from ((f"confirm of {command.name}", resource.model, name) for name in named)
    for model in (resource.model, *(children.model for children in resource.children)):
        for column in model.__table__.columns:
            if column.info.get("currency"):
                yield f"currency of {column.key}", model, column.info["currency"]


def _lost(model: Any, path: str) -> tuple[Any, str] | None:
    """Find where a path ends before its time: the model, and what it does not have; behind a property anything goes."""
    for name in path.split("."):
        if not hasattr(model, name):
            return model, name
        relation = inspect(model).relationships.get(name)
        if relation is None:
            return None
        model = relation.mapper.class_
    return None
