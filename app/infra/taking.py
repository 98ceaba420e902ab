"""Documents that come as files: a resource says what becomes of a file, and every door hands files to it in the same way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.infra.idempotency import Repeat
from app.kernel.actor import Context
from app.kernel.problem import Problem
from app.kernel.resource import Resource


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one document in a file: the row it became, or why it was turned away."""

    name: str
    key: str | None
    state: str | None
    problems: tuple[Problem, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent: its bytes, what it is called, whose it is where it does not say, and the sender's own key."""

    data: bytes
    name: str
    entity: str | None = None
    repeat: Repeat | None = None


Take = Callable[[Context, Sent], list[Taken]]
_ways: dict[str, Take] = {}


def declare(resource: str, take: Take) -> None:
    """Let rows of a resource be made out of files, each document in a file by itself, whole or not at all."""
    _ways[resource] = take


def of(resource: Resource) -> Take | None:
    """Give the way in which files become rows of a resource, where there is one."""
    return _ways.get(resource.name)
