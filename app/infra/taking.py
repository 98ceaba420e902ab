"""Documents that come as files: a resource says what becomes of a file, and every door hands files to it in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

from app.infra.idempotency import Repeat
from app.infra.transfer.sheets import Options
from app.kernel.actor import Context
from app.kernel.notation import letter
from app.kernel.problem import Problem
from app.kernel.resource import Resource

PEEK, SAMPLES = 1000, 3


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

    @property
    def is_in(self) -> bool:
        """Say whether it is in, or would be in if the file were not only tried."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class About:
    """What a sender says of a table: what its columns mean, what all rows have in common, and how it is written."""

    columns: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Looked:
    """A table before anything is said of it: headings, the first values of each column, and what each seems to hold."""

    headings: Sequence[str]
    samples: Sequence[Sequence[str]]
    guessed: Sequence[str | None]

    def key(self, at: int) -> str:
        """Name a column so that no other is meant: by its letter, or by its heading where one is called like a letter."""
        name = letter(at)
        return self.headings[at] if name in {heading.strip().upper() for heading in self.headings} else name


def first_values(rows: Iterable[Sequence[str]], columns: int) -> list[list[str]]:
    """Give the first different values of each column, so that people see what they match."""
    found: list[dict[str, None]] = [{} for _ in range(columns)]
    for cells in islice(rows, PEEK):
        for known, cell in zip(found, cells, strict=False):
            if cell.strip() and len(known) < SAMPLES:
                known[cell.strip()[:60]] = None
    return [list(known) for known in found]


NOTHING_SAID = About()


def about_of(written: Mapping[str, Any]) -> About:
    """Read what was said of a table as a job keeps it."""
    return About(written["columns"], written["fixed"], Options(**written["options"]))


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent: its bytes, what it is called, whose it is where it does not say, and the sender's own key.

    `about` says more of a table; of a file that is only tried nothing stays.
    """

    data: bytes
    name: str
    entity: str | None = None
    repeat: Repeat | None = None
    about: About = NOTHING_SAID
    is_trial: bool = False


Take = Callable[[Context, Sent], list[Taken]]
_ways: dict[str, Take] = {}
_verbs: dict[str, str] = {}
_tables: set[str] = set()


def declare(resource: str, take: Take, verb: str = "create", *, reads_tables: bool = False) -> None:
    """Let rows of a resource be made out of files, by whoever holds `verb` on it: as many documents as a file has.

    Where tables are read, something may be said about them, and they may be tried first.
    """
    _ways[resource], _verbs[resource] = take, verb
    if reads_tables:
        _tables.add(resource)


def reads_tables(resource: Resource) -> bool:
    """Say whether what is said about a table is heeded, and whether a file may be tried without anything staying."""
    return resource.name in _tables


def of(resource: Resource) -> Take | None:
    """Give the way in which files become rows of a resource, where there is one."""
    return _ways.get(resource.name)


def verb_of(resource: Resource) -> str:
    """Name the verb that somebody holds who may hand in files."""
    return _verbs.get(resource.name, "create")
