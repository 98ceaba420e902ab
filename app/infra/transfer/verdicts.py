"""What became of an entry of a file, or would, and where in the file the faults stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.infra.transfer.entries import Entry, Fault, Plan, child_lines
from app.kernel.problem import Problem

CREATED, CHANGED, SAME, REFUSED = "created", "changed", "same", "refused"


@dataclass(frozen=True)
class Verdict:
    """What became of an entry, or would: which fields differ, or every fault that stands against it."""

    plan: Plan
    entry: Entry
    outcome: str
    key: str = ""
    fields: tuple[str, ...] = ()
    faults: Sequence[Fault] = field(default=())


def refused(plan: Plan, entry: Entry, problems: Sequence[Problem]) -> Verdict:
    """Refuse an entry, each problem at its line and column of the file."""
    return Verdict(plan, entry, REFUSED, entry.key, faults=[_placed(plan, entry, problem) for problem in problems])


def _placed(plan: Plan, entry: Entry, problem: Problem) -> Fault:
    """Find the line and column a problem is about."""
    name, _, rest = (problem.field or "").partition(".")
    if name in plan.inner and rest.partition(".")[0].isdigit():
        position, _, inner = rest.partition(".")
        lines = child_lines(plan, entry, name)
        line = entry.lines[lines[int(position)]] if int(position) < len(lines) else entry.lines[0]
        column = next((at for at, target in plan.inner[name] if target.own == inner), None)
        return Fault(line.number, problem, column)
    column = next((at for at, target in plan.own if target.name == name), None)
    return Fault(entry.lines[0].number, problem, column)
