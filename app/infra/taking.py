"""Documents that come as files: a resource says what becomes of a file, and every door hands files to it in the same way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from app.infra.idempotency import Repeat
from app.kernel.actor import Context
from app.kernel.problem import Problem
from app.kernel.resource import Resource


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one document in a file: the row it became, or why it was turned away.

    Of a document that stands on rows of a table, `rows` counts them and `amount` is what they come to.
    """

    name: str
    key: str | None
    state: str | None
    problems: tuple[Problem, ...] = ()
    repeated: bool = False
    rows: int = 0
    amount: Decimal = Decimal(0)
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent: its bytes, what it is called, whose it is where it does not say, and the sender's own key."""

    data: bytes
    name: str
    entity: str | None = None
    repeat: Repeat | None = None


Take = Callable[[Context, Sent], list[Taken]]
_ways: dict[str, Take] = {}
_verbs: dict[str, str] = {}


def declare(resource: str, take: Take, verb: str = "create") -> None:
    """Let rows of a resource be made out of files, by whoever holds `verb` on it: as many documents as a file has."""
    _ways[resource], _verbs[resource] = take, verb


def of(resource: Resource) -> Take | None:
    """Give the way in which files become rows of a resource, where there is one."""
    return _ways.get(resource.name)


def verb_of(resource: Resource) -> str:
    """Name the verb that somebody holds who may hand in files."""
    return _verbs.get(resource.name, "create")
