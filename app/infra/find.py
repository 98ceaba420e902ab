"""Search over everything the actor may see, for Ctrl-K and for scripts: a few rows of each resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.infra import listing, scope, search
from app.kernel.actor import Context
from app.kernel.resource import Resource, registry

LEAST_TEXT = 2


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one resource that match, the best first."""

    resource: Resource
    rows: Sequence[Any]


def find(context: Context, text: str, *, most: int = 5) -> list[Group]:
    """Find the rows that match `text`, at most so many of each resource; resources without any are left out.

    A text that is a document's key leads to it, before rows that only mention it.
    """
    wanted = " ".join("".join(sign if sign.isprintable() else " " for sign in text[:200]).split())
    if len(wanted) < LEAST_TEXT:
        return []
    groups = []
    for resource in registry:
        if resource.search and context.actor.may(resource.permission("read")):
            rows = _rows(context, resource, wanted, most)
            if rows:
                groups.append(Group(resource, rows))
    return groups


def _rows(context: Context, resource: Resource, text: str, most: int) -> list[Any]:
    found = search.limited(context, scope.select_rows(context, resource), resource, text, most)
    if not found and "search" not in resource.model.__table__.columns:
        found = listing.lookup(context, resource, text, most)
    exact = [row for row in found if resource.key_of(row).lower() == text.lower()]
    return [*exact, *(row for row in found if row not in exact)]
