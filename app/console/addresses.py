"""Where things are found: the addresses of lists, rows and what is done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from app.kernel.resource import Resource, registry

Args = Mapping[str, Sequence[str]]


def with_args(path: str, args: Args | None = None) -> str:
    """Add parameters to an address, several values of one name one after the other."""
    pairs = [(name, value) for name, values in (args or {}).items() for value in values]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def of_list(resource: Resource, *rest: str, args: Args | None = None) -> str:
    """Give the address of a list, or of something next to it: `/suppliers/new`."""
    return with_args("/" + "/".join((resource.plural, *rest)), args)


def of_key(resource: Resource, key: str, *rest: str, args: Args | None = None) -> str:
    """Give the address of a row by its key, or of something done with it: `/suppliers/S-00001/edit`."""
    return with_args("/" + "/".join((resource.plural, quote(key, safe=""), *rest)), args)


def of_row(row: Any) -> str:
    """Give the address of a row of any resource."""
    resource = registry.of(type(row))
    return of_key(resource, resource.key_of(row)) if resource else ""


def topic_of(row: Any) -> str:
    """Name what an open page listens to, to hear that a row changed: `supplier:S-00001`."""
    resource = registry.of(type(row))
    return f"{resource.name}:{resource.key_of(row)}" if resource else ""


def of_lookup(resource: Resource, field: str) -> str:
    """Give the address where a picker finds what a field may refer to."""
    return f"/{resource.plural}/lookup/{quote(field, safe='')}"
