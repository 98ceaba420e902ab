"""What is said when something cannot be done: problems, and the refusal that carries them."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any


class Kind(enum.Enum):
    """Why a request was refused; the value is the HTTP status that says the same."""

    FORBIDDEN = 403
    MISSING = 404
    CONFLICT = 409
    STALE = 412
    TOO_LARGE = 413
    INVALID = 422
    UNGUARDED = 428
    LIMITED = 429


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason against: a stable code for scripts, a sentence for people, and the field it is about.

    `field` is a path such as `name` or `lines.2.unit_price` (rows counted from 0).
    """

    code: str
    message: str
    field: str | None = None
    values: Mapping[str, Any] = dataclass_field(default_factory=dict)

    def at(self, prefix: str) -> Problem:
        """Tell the same problem one level further out, as the parent document sees it."""
        return Problem(self.code, self.message, f"{prefix}.{self.field}" if self.field else prefix, self.values)


class Refused(Exception):
    """Raised when an operation is refused; carries every problem at once, and leaves nothing behind."""

    def __init__(self, kind: Kind, problems: Problem | Iterable[Problem]) -> None:
        self.kind = kind
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


def refuse_if(problems: Iterable[Problem], kind: Kind = Kind.INVALID) -> None:
    """Raise `Refused` when there is any problem."""
    found = tuple(problems)
    if found:
        raise Refused(kind, found)
