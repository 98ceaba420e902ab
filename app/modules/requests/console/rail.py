"""What would happen to a request, in words: who has to agree, what is left of the budget, and what stands against it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.console import words
from app.console.gate import Visit
from app.kernel.problem import Problem
from app.modules.approvals.service import PlannedStep
from app.modules.budgets.domain import Impact, Verdict
from app.modules.requests.service import PricedLine, Rail

LITTLE_LEFT = 15  # percent of a budget; below it, who asks and who decides should know
MOST_MISSING = 4
MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """One step of those who would have to agree."""

    title: str
    who: str
    first: str
    why: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the bar of a budget: how much, in words, and its colour."""

    label: str
    value: Decimal
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Use:
    """A budget with this request in it."""

    label: str
    left: str
    left_in_short: str
    planned: str
    percent: str
    total: Decimal
    parts: tuple[Part, ...]
    tone: str = ""
    mark: str = ""

    @property
    def said(self) -> str:
        """Say in one sentence what the bar shows."""
        return ", ".join(f"{part.label.lower()} {part.text}" for part in self.parts)


@dataclass(frozen=True, slots=True)
class Check:
    """Something that holds, or does not."""

    text: str
    tone: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What stands beside the form."""

    total: str
    currency: str
    base: str
    sentence: str
    steps: tuple[Asked, ...]
    approvers: str
    uses: tuple[Use, ...]
    checks: tuple[Check, ...]
    fills: tuple[dict[str, Any], ...] = ()
    usually: str = ""


def tell(visit: Visit, rail: Rail, currency: str = "", places: Iterable[int] = ()) -> Told:
    """Write what a preview found; `places` say where its lines stand in the form."""
    code = rail.total.currency if rail.total else currency
    steps = rail.approval.steps if rail.approval and rail.total else ()
    is_converted = rail.base_total is not None and rail.base_total.currency != code
    return Told(
        total=words.amount(rail.total.amount if rail.total else Decimal(0), code),
        currency=code,
        base=words.money(rail.base_total.amount, rail.base_total.currency) if rail.base_total and is_converted else "",
        sentence=_sentence(rail),
        steps=tuple(_asked(step) for step in steps),
        approvers=words.count(len(steps), "approver", "approvers") if rail.approval else "",
        uses=tuple(use(impact) for impact in sorted(rail.impacts, key=lambda each: each.percent_left)),
        checks=checks(rail),
        fills=tuple(_fill(at, line) for at, line in zip(places, rail.lines, strict=False)),
        usually=_usually(rail.approval.usual_days) if steps and rail.approval else "",
    )


def _usually(days: int | None) -> str:
    """Say how long people wait for a decision, where there have been enough."""
    return f"Usually decided within {words.count(days, 'day', 'days')}" if days else ""


def _sentence(rail: Rail) -> str:
    if not rail.total:
        return ""
    return f"This will need: {rail.sentence}" if rail.approval and rail.approval.steps else rail.sentence


def _asked(step: PlannedStep) -> Asked:
    people = list(dict.fromkeys(str(chosen.person) for chosen in step.people))
    joined = words.joined(people, "and" if step.needed > 1 else "or") or "Nobody"
    why = ". ".join(filter(None, (step.reason.rstrip("."), step.note)))
    return Asked(step.label, joined, people[0] if people else "?", why)


def use(impact: Impact) -> Use:
    """Write what a budget comes to with this request in it."""
    currency = impact.currency
    reserved = impact.committed + impact.reserved
    over = impact.left_after < 0
    parts = [
        Part("Spent", impact.actual, words.amount(impact.actual, currency), "actual"),
        Part("Committed", reserved, words.amount(reserved, currency), "commit"),
        Part("This request", impact.this, words.amount(impact.this, currency), "over" if over else "this"),
    ]
    if not over:
        parts.append(Part("Left", Decimal(0), words.amount(impact.left_after, currency), "left"))
    left = words.money(abs(impact.left_after), currency)
    low = not over and impact.percent_left < LITTLE_LEFT
    return Use(
        label=impact.label,
        left=left,
        left_in_short=f"{left} over" if over else f"{left} left",
        planned=words.money(impact.planned, currency),
        percent=f"{words.number(impact.percent_left, most=0)}{words.SPACE}%",
        total=max(impact.planned, impact.actual + reserved + impact.this, Decimal(1)),
        parts=tuple(parts),
        tone="bad" if over else "warn" if low else "",
        mark="Over budget" if over else f"Below {LITTLE_LEFT}{words.SPACE}%" if low else "",
    )


def checks(rail: Rail) -> tuple[Check, ...]:
    """Write what is good, what to know, and what stands against it; what is still to be filled in comes last."""
    blocks = rail.approval.blocks if rail.approval else ()
    against = (*rail.budget.problems, *blocks)
    missing = [problem for problem in rail.problems if problem not in against]
    found = [
        *(Check(message, "bad") for message in dict.fromkeys(problem.message for problem in against)),
        *_of_budget(rail),
        *(Check(warning, "warn") for warning in (rail.approval.warnings if rail.approval else ())),
    ]
    if rail.approval and rail.approval.auto and not blocks:
        found.append(Check("Approved at once", "ok", "Nobody is asked"))
    return (*found, *([_to_fill_in(missing)] if missing else []))


def _of_budget(rail: Rail) -> list[Check]:
    found = []
    if rail.impacts and not rail.budget.problems and all(impact.verdict is Verdict.FITS for impact in rail.impacts):
        found.append(Check("Fits the budget", "ok"))
    for impact in rail.impacts:
        if impact.verdict is Verdict.OVER_SOFT:
            over = words.money(abs(impact.left_after), impact.currency)
            found.append(Check(f"{impact.label} would be over by {over}", "warn", "Its owner has to agree"))
        elif impact.left_after >= 0 and impact.percent_left < LITTLE_LEFT:
            left = f"{words.number(impact.percent_left, most=0)}{words.SPACE}%"
            found.append(Check(f"{impact.label}: {left} left", "warn", "A note, it does not stop the request"))
    if rail.budget.unbudgeted and not rail.budget.problems:
        found.append(Check("No budget covers this", "warn", "It can be asked for all the same"))
    return found


def _to_fill_in(missing: Iterable[Problem]) -> Check:
    told = list(dict.fromkeys(placed(problem) for problem in missing))
    more = [f"And {len(told) - MOST_MISSING} more."] if len(told) > MOST_MISSING else []
    return Check("Still to do before you submit", "neutral", "\n".join([*told[:MOST_MISSING], *more]))


def placed(problem: Problem) -> str:
    """Say in which line a problem is; people count from 1."""
    place = re.match(r"lines\.(\d+)", problem.field or "")
    return f"Line {int(place[1]) + 1}: {problem.message}" if place else problem.message


def _fill(at: int, line: PricedLine) -> dict[str, Any]:
    """Give what the catalogue and the rules know of a line, for its fields in the form."""
    return {
        "at": at,
        "item": line.keys.get("item", ""),
        "text": line.text,
        "unit_price": words.plain_number(line.unit_price)
        if line.from_catalogue and line.unit_price is not None
        else "",
        "account": line.account or "",
        "unit": {"id": line.keys.get("unit", ""), "text": line.unit},
        "category": {"id": line.keys.get("category", ""), "text": line.category},
        "tax_code": {"id": line.keys.get("tax_code", ""), "text": line.tax_code},
    }
