"""Rows that are only ever added to, taken in many at a time (decision 26).

Each row is read, checked, numbered, indexed and held against the actor's reach as one alone is; what is done once for
many of them is the writing, the question of reach, and the entry in the audit, which names the file and its lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CheckConstraint, Integer, String, UniqueConstraint, insert
from sqlalchemy import inspect as inspect_model
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from app.infra import audit, numbers, scope, search, violations
from app.infra.intake import Reader
from app.infra.transfer.entries import Entry, Plan, raw_row
from app.infra.transfer.verdicts import CREATED, Verdict, refused
from app.kernel.actor import Context
from app.kernel.problem import Problem
from app.kernel.resource import Resource

Ready = Callable[[Context, Sequence[Any]], Sequence[list[Problem]]]
LINES_AT_ONCE = 1000
_ready: dict[str, Ready] = {}
_together: set[str] = set()


class FromFile:
    """A row that may have come in on a line of a file; the same line of the same file comes in once."""

    source_file: Mapped[str | None] = mapped_column(String(200), info={"label": "File"})
    source_hash: Mapped[str | None] = mapped_column(String(64), info={"label": "SHA-256 of the file"})
    source_line: Mapped[int | None] = mapped_column(Integer, info={"label": "Line of the file"})


def once(table: str) -> tuple[Any, ...]:
    """Let the database see to it that a line comes in once."""
    return (
        UniqueConstraint("source_hash", "source_line", name=f"uq_{table}_source"),
        CheckConstraint("(source_hash IS NULL) = (source_line IS NULL)", name="source"),
    )


def take_in(resource: Resource, ready: Ready) -> None:
    """Let files of a resource come in many rows at a time; `ready` completes rows and tells of each what is wrong."""
    if resource.children or resource.number is None or not issubclass(resource.model, FromFile):
        raise ValueError(f"{resource.name}: only numbered rows of their own that know their file come in so")
    _ready[resource.name] = ready


def enter_together(resource: Resource) -> None:
    """Let new rows of a file be entered many at a time, each by the full door: for rules that look at no other row."""
    _together.add(resource.name)


def is_entered_together(resource: Resource) -> bool:
    """Say whether new rows of a file are entered many at a time."""
    return resource.name in _together


def is_used(resource: Resource) -> bool:
    """Say whether files of a resource come in many rows at a time."""
    return resource.name in _ready


@dataclass
class _Draft:
    """A row on its way in, with the entry it was read from."""

    entry: Entry
    row: Any
    problems: Sequence[Problem] = ()
    columns: dict[str, Any] = field(default_factory=dict)


def write(bound: Context, plan: Plan, reader: Reader, entries: Sequence[Entry]) -> dict[int, Verdict]:
    """Enter what some entries say as new rows; gives the verdicts by the number of the first line."""
    resource = plan.resource
    drafts = [_read(plan, reader, entry) for entry in entries]
    _refuse_known_lines(bound, plan, drafts)
    good = [draft for draft in drafts if not draft.problems]
    for draft, problems in zip(good, _ready[resource.name](bound, [draft.row for draft in good]), strict=True):
        draft.problems = problems or (resource.check(bound, draft.row) if resource.check else [])
    good = [draft for draft in good if not draft.problems]
    _complete(bound, resource, good)
    entered = _enter(bound, resource, good)
    if entered:
        _record(bound, plan, entered)
    return {draft.entry.lines[0].number: _verdict(plan, draft) for draft in drafts}


def _verdict(plan: Plan, draft: _Draft) -> Verdict:
    if draft.problems:
        return refused(plan, draft.entry, draft.problems)
    return Verdict(plan, draft.entry, CREATED, plan.resource.key_of(draft.row))


def _read(plan: Plan, reader: Reader, entry: Entry) -> _Draft:
    """Read an entry into a row that no session knows."""
    raw = raw_row(plan, entry, partial=False)
    raw.pop(plan.resource.key, None)
    values, problems = reader.read_row(plan.resource, raw, partial=False)
    row = None if problems else plan.resource.model(**values)
    if row is not None:
        row.source_file, row.source_hash, row.source_line = plan.file[:200], plan.digest, entry.lines[0].number
    return _Draft(entry, row, problems)


def _refuse_known_lines(bound: Context, plan: Plan, drafts: Sequence[_Draft]) -> None:
    """Refuse lines of this very file that came in before."""
    model: Any = plan.resource.model
    lines = [draft.row.source_line for draft in drafts if draft.row is not None]
    if not lines:
        return
    statement = scope.columns(model.source_line, why="a line comes in once, whoever takes it in")
    between = model.source_line.between(min(lines), max(lines))
    known = set(bound.session.scalars(statement.where(model.source_hash == plan.digest, between)))
    for draft in drafts:
        if draft.row is not None and draft.row.source_line in known:
            words = "This line of this very file came in before, and is in."
            draft.problems = [Problem("imported_before", words)]


def _complete(bound: Context, resource: Resource, drafts: Sequence[_Draft]) -> None:
    """Number, stamp and index rows as the door does."""
    assert resource.number is not None
    given = numbers.take_several(bound, resource.number, len(drafts))
    for draft, number in zip(drafts, given, strict=True):
        row = draft.row
        setattr(row, resource.key, number)
        row.created_at = row.changed_at = bound.now
        row.created_by, row.version = bound.actor.id, 1
        row.search = search.vector(resource, row)
        draft.columns = _columns(row)


def _enter(bound: Context, resource: Resource, drafts: Sequence[_Draft]) -> list[_Draft]:
    """Write rows in one statement; where one of them stands against the database or out of reach, find which."""
    if not drafts:
        return []
    session, table = bound.session, resource.model.__table__
    try:
        with session.begin_nested():
            session.execute(insert(table), [draft.columns for draft in drafts])
            outside = _out_of_reach(bound, resource, drafts)
            if outside:
                raise _Outside(outside)
            session.execute(violations.CHECK_DEFERRED)
    except _Outside as found:
        words = "This would put it where your roles do not reach. Choose an entity and cost centre of yours."
        for draft in found.drafts:
            draft.problems = [Problem("out_of_reach", words)]
        return _enter(bound, resource, [draft for draft in drafts if not draft.problems])
    except DBAPIError as error:
        if len(drafts) == 1:
            drafts[0].problems = violations.of_part(error).problems
            return []
        half = len(drafts) // 2
        return _enter(bound, resource, drafts[:half]) + _enter(bound, resource, drafts[half:])
    return list(drafts)


class _Outside(Exception):
    """Some rows stand where the actor may enter or read nothing."""

    def __init__(self, drafts: Sequence[_Draft]) -> None:
        super().__init__()
        self.drafts = drafts


def _out_of_reach(bound: Context, resource: Resource, drafts: Sequence[_Draft]) -> list[_Draft]:
    """Find the rows on which the actor does not hold the right to enter them."""
    if scope.is_unlimited(bound.actor, resource, "create"):
        return []
    key = getattr(resource.model, resource.key)
    mine = scope.select_rows(bound, resource, "create").where(key.in_([getattr(d.row, resource.key) for d in drafts]))
    held = set(bound.session.scalars(mine.with_only_columns(key)))
    return [draft for draft in drafts if getattr(draft.row, resource.key) not in held]


def _columns(row: Any) -> dict[str, Any]:
    """Give the columns of a row that no session has written, links by the id of the row they name."""
    mapper = inspect_model(type(row))
    values: dict[str, Any] = {}
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        if column.name == "id":
            continue
        value = row.__dict__.get(attribute.key)
        default = getattr(column.default, "arg", None)
        values[column.name] = default if value is None and not callable(default) else value
    for relation in mapper.relationships:
        other = row.__dict__.get(relation.key)
        if other is not None and not relation.uselist:
            values[next(iter(relation.local_columns)).name] = other.id
    return values


def _record(bound: Context, plan: Plan, entered: Sequence[_Draft]) -> None:
    """Put a batch on record: of which lines of which file it is, what it adds up to, and a hash of what was written."""
    resource = plan.resource
    sums: dict[str, Any] = {}
    digest = hashlib.sha256()
    for draft in entered:
        values = draft.columns
        digest.update("\x1f".join(f"{name}={value}" for name, value in values.items() if name != "search").encode())
        for _, target in plan.own:
            if target.field.kind == "money" and values.get(target.name) is not None:
                sums[target.name] = sums.get(target.name, 0) + values[target.name]
    keys = [resource.key_of(draft.row) for draft in entered]
    lines = [draft.row.source_line for draft in entered]
    told = {"file": plan.file, "sha256": plan.digest, "first_line": lines[0], "last_line": lines[-1], "rows": len(keys)}
    told |= {"first": keys[0], "last": keys[-1], "sums": audit.plain(sums), "rows_sha256": digest.hexdigest()}
    audit.note(bound, action="taken_in", resource=resource.name, row_id=None, row_key=plan.file, after=told)
