"""Lines that add up the lines above them, recognised and named, and what the columns of a file add up to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from app.infra.transfer import manners
from app.infra.transfer.sheets import Flaw, Line
from app.kernel import notation

if TYPE_CHECKING:
    from app.infra.transfer.entries import Plan

_TOTAL = re.compile(r"(grand |sub-?|net )?totals?( \w+)?:?|sum(me)?:?|gesamt(summe)?:?", re.IGNORECASE)
_OF_A_PART = re.compile(r".+ (sub-?)?totals?:?", re.IGNORECASE)
UNREAD = "unread"
NO_ROWS = frozenset({"total_line", "repeated_heading"})
Sums = dict[str, dict[str, str]]


@dataclass
class Running:
    """Follows the amounts down a file, to know a line that is their sum."""

    plan: Plan
    money: tuple[int, ...]
    whole: dict[int, Decimal] = field(default_factory=dict)
    part: dict[int, Decimal] = field(default_factory=dict)

    @classmethod
    def over(cls, plan: Plan) -> Running:
        """Begin at the top of a file."""
        return cls(plan, tuple(at for at, target in plan.own if target.field.kind == "money"))

    def judge(self, line: Line) -> Line:
        """Flag a line as a total: it has amounts and perhaps the word and nothing else, or it says so and adds up."""
        if line.torn or not self.money or self.plan.key_of(line):
            return line
        amounts = {at: amount_in(self.plan, line, at) for at in self.money}
        others = {cell.strip() for at, cell in enumerate(line.cells) if at not in self.money and cell.strip()}
        has_word = any(_TOTAL.fullmatch(text) for text in others)
        found = {at: amount for at, amount in amounts.items() if amount is not None}
        adds_up = bool(found) and all(amount in (self.whole.get(at), self.part.get(at)) for at, amount in found.items())
        is_named = has_word or any(_OF_A_PART.fullmatch(text) for text in others)
        if (has_word and len(others) <= 1) or (adds_up and (is_named or not others)):
            self.part = {}
            return Line(line.number, line.cells, (*line.flaws, Flaw("total_line", _words(adds_up))))
        for at, amount in found.items():
            self.whole[at] = self.whole.get(at, Decimal(0)) + amount
            self.part[at] = self.part.get(at, Decimal(0)) + amount
        return line


def _words(adds_up: bool) -> str:
    return f"This line is a total{' of those above it' if adds_up else ''}, and no row of its own."


def amount_in(plan: Plan, line: Line, column: int) -> Decimal | None:
    """Read an amount of a line as its column is written; None where there is none."""
    text = manners.number(plan.text(line, column), plan.manners.get(column, ""))
    return Decimal(text) if manners.is_plain(text) else notation.read_number(text, ".") if text else None


def add_up(plan: Plan, before: Mapping[str, Mapping[str, str]], lines: Iterable[tuple[str, Line]]) -> Sums:
    """Add the amounts of lines, each by what became of it, to what was added up before; count cells that hold none."""
    sums = {name: {part: Decimal(value) for part, value in of.items()} for name, of in before.items()}
    money = [(at, target.name) for at, target in plan.own if target.field.kind == "money"]
    for outcome, line in lines:
        if any(flaw.code in NO_ROWS for flaw in line.flaws):
            continue
        for at, name in money:
            amount = None if line.torn else amount_in(plan, line, at)
            known = sums.setdefault(name, {})
            if amount is not None:
                known[outcome] = known.get(outcome, Decimal(0)) + amount
            elif line.torn or plan.text(line, at):
                known[UNREAD] = known.get(UNREAD, Decimal(0)) + 1
    return {name: {part: str(value) for part, value in of.items()} for name, of in sums.items()}
