"""Search over everything the actor may see, for Ctrl-K and for scripts: a few rows of each resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.infra import listing, search
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
    readable = [each for each in registry if each.search and context.actor.may(each.permission("read"))]
    indexed = [each for each in readable if "search" in each.model.__table__.columns]
    best = search.best(context, indexed, wanted, most)
    groups = []
    for resource in readable:
        rows = best.get(resource.name, []) if resource in indexed else listing.lookup(context, resource, wanted, most)
        if rows:
            groups.append(Group(resource, _exact_first(resource, rows, wanted)))
    return groups


def _exact_first(resource: Resource, rows: Sequence[Any], text: str) -> list[Any]:
    return sorted(rows, key=lambda row: resource.key_of(row).lower() != text.lower())
