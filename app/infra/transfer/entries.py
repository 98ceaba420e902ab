"""From lines to rows: the lines of one document put together, with everything that stands against taking them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.infra.transfer import manners
from app.infra.transfer.cells import guard, unguard
from app.infra.transfer.manners import Proofs
from app.infra.transfer.matching import IGNORED, NAMELESS, Target, targets
from app.infra.transfer.sheets import Line, Sheet
from app.infra.transfer.totals import Running
from app.kernel.problem import Problem
from app.kernel.resource import Resource


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an entry, on which line and in which column of the file."""

    line: int
    problem: Problem
    column: int | None = None


@dataclass
class Entry:
    """One row to be entered or changed, with all the lines it stands on and the blank ones before them."""

    key: str = ""
    lines: list[Line] = field(default_factory=list)
    blank: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Count the lines it takes of the file."""
        return len(self.lines) + self.blank


@dataclass(frozen=True)
class Plan:
    """How one file becomes rows of one resource.

    `fixed` gives all new rows a value that no column has; `manners` tells how columns write numbers and days.
    """

    resource: Resource
    sheet: Sheet
    columns: list[str | None]
    mode: str = "both"
    repeated: Mapping[str, Sequence[int]] = field(default_factory=dict)
    corrections: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    manners: Mapping[int, str] = field(default_factory=dict)
    file: str = ""
    digest: str = ""

    def __post_init__(self) -> None:
        known = targets(self.resource)
        matched = [(at, known[name]) for at, name in enumerate(self.columns) if name in known]
        own = tuple((at, target) for at, target in matched if target.children is None)
        inner: dict[str, list[tuple[int, Target]]] = {}
        for at, target in matched:
            if target.children is not None:
                inner.setdefault(target.children.name, []).append((at, target))
        object.__setattr__(self, "own", own)
        object.__setattr__(self, "matched", tuple(matched))
        object.__setattr__(self, "inner", inner)
        object.__setattr__(self, "key_column", next((at for at, t in own if t.name == self.resource.key), None))

    own: tuple[tuple[int, Target], ...] = field(init=False)
    matched: tuple[tuple[int, Target], ...] = field(init=False)
    inner: dict[str, list[tuple[int, Target]]] = field(init=False)
    key_column: int | None = field(init=False)

    def lines(self) -> Iterator[Line]:
        """Read the lines of the file with the cells that a person has corrected since."""
        for line in self.sheet.lines():
            corrected = self.corrections.get(line.number)
            yield _corrected(line, corrected) if corrected and not line.torn else line

    def text(self, line: Line, column: int) -> str:
        """Read a cell as it was meant before an export made it harmless."""
        cell = line.cells[column] if column < len(line.cells) else ""
        return cell.strip() if self.sheet.kind == "json" else unguard(cell.strip())

    def value(self, column: int, target: Target, text: str) -> Any:
        """Turn a cell into what a form would send for this field, read as the whole column is written."""
        kind = target.field.kind
        if self.sheet.kind != "json" and kind in manners.NUMBERS:
            return manners.number(text, self.manners.get(column, ""))
        if self.sheet.kind != "json" and kind == "date":
            return manners.day(text, self.manners.get(column, ""))
        return value_of(target, text)

    @property
    def label_of_key(self) -> str:
        """Name the key as people do."""
        return targets(self.resource)[self.resource.key].label

    def key_of(self, line: Line) -> str:
        """Tell which row a line is about; empty where the file does not say."""
        return self.text(line, self.key_column) if self.key_column is not None else ""


def entries(plan: Plan) -> Iterator[Entry]:
    """Put the lines of a file together to entries, in order; the last one may hold nothing but blank lines."""
    current, blank, torn, running = Entry(), 0, None, Running.over(plan)
    for line in plan.lines():
        if line.blank:
            blank += 1
            continue
        line = running.judge(line)
        if current.lines and _continues(plan, current, line):
            current.lines.append(line)
            current.blank, blank = current.blank + blank, 0
            continue
        is_torn = _is_doubtful(plan, line)
        if current.lines:
            if is_torn:
                current.faults.append(_doubt(current.lines[-1]))
            yield _finished(plan, current)
        current, blank = Entry(plan.key_of(line), [line], blank), 0
        if torn:
            current.faults.append(_doubt(line))
        torn = is_torn
    current.blank += blank
    if current.size:
        yield _finished(plan, current)


def chunks(found: Iterable[Entry], least: int) -> Iterator[list[Entry]]:
    """Group entries so that each group has at least so many lines, and no entry is cut."""
    group: list[Entry] = []
    lines = 0
    for entry in found:
        group.append(entry)
        lines += entry.size
        if lines >= least:
            yield group
            group, lines = [], 0
    if group:
        yield group


def raw_row(plan: Plan, entry: Entry, *, partial: bool) -> dict[str, Any]:
    """Give the raw values of an entry, as a form would send them; when new, what is empty is left to its default."""
    raw: dict[str, Any] = {}
    for column, target in plan.own:
        text = plan.text(entry.lines[0], column)
        if text or (partial and target.field.kind != "boolean"):
            raw[target.name] = plan.value(column, target, text)
    if not partial:
        raw = {**plan.fixed, **raw}
    for name in plan.inner:
        rows = child_rows(plan, entry, name)
        if rows:
            raw[name] = [{own: value for own, value in row.items() if value not in ("", None)} for row in rows]
    return raw


def child_rows(plan: Plan, entry: Entry, name: str) -> list[dict[str, Any]]:
    """Give the child rows an entry lists, with every column of the file; a line that says nothing of them is none."""
    rows = []
    for line in entry.lines:
        texts = [(column, target, plan.text(line, column)) for column, target in plan.inner[name]]
        if any(text for _, _, text in texts):
            rows.append({target.own: plan.value(column, target, text) for column, target, text in texts})
    return rows


def child_lines(plan: Plan, entry: Entry, name: str) -> list[int]:
    """Tell on which line each child row stands, as positions within the entry."""
    return [
        position
        for position, line in enumerate(entry.lines)
        if any(plan.text(line, column) for column, _ in plan.inner[name])
    ]


def value_of(target: Target, text: str) -> Any:
    """Turn a text into what a form would send for this field."""
    if target.field.kind == "json" and text:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _continues(plan: Plan, entry: Entry, line: Line) -> bool:
    """Say whether a line belongs to the document of the lines before it."""
    if not plan.inner:
        return False
    if line.number == entry.lines[-1].number:
        return True
    texts = [plan.text(line, column) for column, _ in plan.own]
    if not any(texts):
        return not line.torn
    key = plan.key_of(line)
    if key or entry.key:
        return key == entry.key
    first = entry.lines[0]
    return not line.torn and texts == [plan.text(first, column) for column, _ in plan.own]


def _corrected(line: Line, corrected: Mapping[int, str]) -> Line:
    cells = tuple(guard(corrected[at]) if at in corrected else cell for at, cell in enumerate(line.cells))
    return Line(line.number, cells, tuple(flaw for flaw in line.flaws if flaw.column not in corrected))


def _is_doubtful(plan: Plan, line: Line) -> bool:
    """Say whether a line may belong to a document next to it without anyone being able to tell."""
    return bool(plan.inner) and line.torn and line.flaws[0].code != "repeated_heading"


def _doubt(line: Line) -> Fault:
    words = "A line next to it cannot be read and may belong to it. Correct that line first."
    return Fault(line.number, Problem("broken_neighbour", words))


def _finished(plan: Plan, entry: Entry) -> Entry:
    """Note everything that is wrong with how an entry is written."""
    for line in entry.lines:
        for flaw in line.flaws:
            label = f"{plan.sheet.label(flaw.column)} " if flaw.column is not None else ""
            if flaw.column is None or plan.columns[flaw.column : flaw.column + 1] != [IGNORED]:
                entry.faults.append(Fault(line.number, Problem(flaw.code, f"{label}{flaw.message}"), flaw.column))
        entry.faults += [] if line.torn else [*_unnamed(plan, line), *_open_cells(plan, line)]
    for line in entry.lines[1:]:
        entry.faults += _different(plan, entry.lines[0], line)
    others = plan.repeated.get(entry.key.casefold(), ()) if entry.key else ()
    if len(others) > 1:
        words = f"{entry.key} stands on the lines {_told(others)}. Keep one" + (
            ", or put the lines of one document together." if plan.inner else "."
        )
        entry.faults.append(Fault(entry.lines[0].number, Problem("repeated_key", words), plan.key_column))
    return entry


def _unnamed(plan: Plan, line: Line) -> Iterator[Fault]:
    """Find what stands in a column that has no heading, which nobody was asked about."""
    for column, heading in enumerate(plan.sheet.columns):
        if not heading and plan.columns[column] == NAMELESS and plan.text(line, column):
            words = (
                f"{plan.sheet.label(column)} has no heading, but holds {line.cells[column].strip()[:40]}. Give it one."
            )
            yield Fault(line.number, Problem("column_unnamed", words), column)


def _open_cells(plan: Plan, line: Line) -> Iterator[Fault]:
    """Find cells that can be read in two ways: days, and amounts in another currency than that of the row."""
    if plan.sheet.kind == "json":
        return
    for column, target in plan.matched:
        text = plan.text(line, column)
        problem = None
        if text and target.field.kind == "date":
            problem = manners.why_not_day(target.label, text, plan.manners.get(column, ""))
        elif text and target.field.kind in manners.NUMBERS:
            problem = manners.why_not_number(target.label, text, plan.manners.get(column, ""))
        if problem:
            yield Fault(line.number, problem, column)
        elif text and target.field.kind == "money" and target.children is None:
            named = manners.currency_named(text)
            meant = _currency_of(plan, line, target) if named else None
            if meant is not None and named != meant.upper():
                words = f"{target.label}: {text[:40]} is {named}, and the row {meant or 'names no currency'}. Set its currency."
                yield Fault(line.number, Problem("currency_differs", words, target.name), column)


def _currency_of(plan: Plan, line: Line, target: Target) -> str | None:
    """Tell the currency a row gives for an amount; None where it follows from something else."""
    name = (target.field.currency or "").partition(".")[0]
    known = targets(plan.resource).get(name)
    if known is None or known.field.target != "currency":
        return None
    column = next((at for at, each in plan.own if each.name == name), None)
    text = plan.text(line, column) if column is not None else ""
    return text or plan.fixed.get(name, "")


def _different(plan: Plan, first: Line, line: Line) -> Iterator[Fault]:
    """Find where a further line of a document contradicts its first one."""
    if line.torn or first.torn:
        return
    for column, target in plan.own:
        text = plan.text(line, column)
        if text and text != plan.text(first, column):
            words = f"{target.label}: line {first.number} says {plan.text(first, column)[:40] or 'nothing'}, this line {text[:40]}."
            yield Fault(line.number, Problem("contradiction", words, target.name), column)


def _told(lines: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in lines[:5])
    return f"{shown} and {len(lines) - 5} more" if len(lines) > 5 else shown  # noqa: PLR2004


def survey(plan: Plan, said_dates: str = "") -> tuple[int, dict[str, list[int]], dict[int, str]]:
    """Read the whole file once: count its lines, find keys that stand in more than one place, and how it is written."""
    count, proofs = 0, Proofs(manners.kinds_of(plan.matched))
    first: dict[str, int] = {}
    repeated: dict[str, list[int]] = {}
    for entry in entries(plan):
        count += entry.size
        for line in entry.lines:
            for column in () if line.torn else proofs.kinds:
                proofs.see(column, plan.text(line, column))
        if not entry.key:
            continue
        key, number_ = entry.key.casefold(), entry.lines[0].number
        if key in first:
            repeated.setdefault(key, [first[key]]).append(number_)
        else:
            first[key] = number_
    return count, repeated, proofs.found(said_dates)
