"""Plans and transfers: how lines become cells, what a change would do, and what stands against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.kernel.actor import Context
from app.kernel.calendar import MONTHS, Period, fiscal_year_label
from app.kernel.money import Money, minor_units
from app.kernel.problem import Problem
from app.modules.budgets.domain.claims import ZERO, Bucket, Control, Figures, Impact, figure, floor_of, percent_left

FIRST_YEAR, LAST_YEAR = 2000, 2100
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Cost centre, category and project by id, and the periods.
Dimensions = tuple[int | None, int | None, int | None, int, int]


def days_of(year: int, start_month: int, from_period: int, to_period: int) -> tuple[date, date]:
    """Give the first and the last day of some periods of a fiscal year."""
    return Period(year, from_period, start_month).first_day, Period(year, to_period, start_month).last_day


def periods_label(year: int, start_month: int, from_period: int, to_period: int) -> str:
    """Name some periods: 2026, Mar 2026, Jan to Jun 2026."""
    if (from_period, to_period) == (1, MONTHS):
        return fiscal_year_label(year, start_month)
    first, last = days_of(year, start_month, from_period, to_period)
    begins, ends = _MONTHS[first.month - 1], f"{_MONTHS[last.month - 1]} {last.year}"
    if from_period == to_period:
        return ends
    return f"{begins} to {ends}" if first.year == last.year else f"{begins} {first.year} to {ends}"


def label_of(line: Any, plan: Any) -> str:
    """Name what a line plans for: IT-210 · Hardware · 2026."""
    centre = line.cost_centre or plan.cost_centre
    named = [centre and centre.code, line.category and line.category.name, line.project and line.project.code]
    what = [str(name) for name in named if name] or [str(plan.entity.code)]
    when = periods_label(plan.year, plan.entity.fiscal_year_start, line.from_period, line.to_period)
    return " · ".join([*what, when])


def dimensions_of(line: Any, plan: Any) -> Dimensions:
    """Tell by what a line and a cell are the same."""
    centre = line.cost_centre or plan.cost_centre
    return (_id(centre), _id(line.category), _id(line.project), line.from_period, line.to_period)


def dimensions_of_cell(cell: Any) -> Dimensions:
    """Tell the same of a cell."""
    return (cell.cost_centre_id, cell.category_id, cell.project_id, cell.from_period, cell.to_period)


def _id(row: Any) -> int | None:
    return None if row is None else int(row.id)


def used_percent(figures: Figures) -> Decimal:
    """Tell what share of a budget is spent or spoken for; of nothing, nothing."""
    return percent_left(figures.used, figures.budget)


# --- what publishing changes ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """What publishing a plan does to one cell; without a line the cell is withdrawn."""

    index: int | None
    cell: Any
    label: str
    currency: str
    before: Decimal
    after: Decimal
    left: Decimal
    is_new: bool
    control_changes: bool
    problem: Problem | None

    @property
    def changes(self) -> bool:
        """Say whether anything is different afterwards."""
        return self.is_new or self.before != self.after or self.control_changes or self.index is None

    @property
    def words(self) -> str:
        """Tell it in a line."""
        after, left = figure(self.after, self.currency), figure(self.left, self.currency)
        if self.index is None:
            return f"{self.label}: no longer planned"
        if self.is_new:
            return f"{self.label}: new, {after}"
        return f"{self.label}: {figure(self.before, self.currency)} becomes {after}, {left} left"


def effects_of(plan: Any) -> list[Effect]:
    """Tell what publishing a plan would change, cell by cell, and which lines stand against it."""
    if plan.entity is None or plan.state == "retired":
        return []
    currency = plan.entity.base_currency.code
    found = [_of_line(plan, index, line, currency) for index, line in enumerate(plan.lines)]
    kept = {effect.cell.id for effect in found if effect.cell is not None}
    found += [_of_dropped(cell, currency) for cell in plan.cells if cell.id not in kept and cell.state != "withdrawn"]
    return [effect for effect in found if effect.changes]


def _of_line(plan: Any, index: int, line: Any, currency: str) -> Effect:
    cell = line.cell
    before = cell.plan_amount if cell else ZERO
    figures = (cell.balance.figures if cell else Figures()).moved(Bucket.PLANNED, line.amount - before)
    return Effect(
        index=index,
        cell=cell,
        label=label_of(line, plan),
        currency=currency,
        before=before,
        after=line.amount,
        left=figures.available,
        is_new=cell is None or cell.state == "withdrawn",
        control_changes=cell is not None and _control_of(cell) != _control_of(line),
        problem=_why_not_line(plan, index, line, figures, currency),
    )


def _control_of(row: Any) -> tuple[Any, ...]:
    return (row.control, row.tolerance_percent, row.tolerance_amount)


def _why_not_line(plan: Any, index: int, line: Any, figures: Figures, currency: str) -> Problem | None:
    where = f"lines.{index}.amount"
    if figures.planned < 0:
        words = f"{label_of(line, plan)}: adjustments take away more than this plans. Plan more."
        return Problem("below_zero", words, where)
    floor = floor_of(line.control, line.tolerance_percent, line.tolerance_amount, figures.budget, currency)
    if floor is None or figures.available >= floor:
        return None
    words = (
        f"{label_of(line, plan)}: {figure(figures.used, currency)} are spent or spoken for, and with this the budget "
        f"would be {figure(figures.budget, currency)}. Plan more, or choose soft control."
    )
    return Problem("below_used", words, where, {"used": f"{figures.used:f}", "budget": f"{figures.budget:f}"})


def _of_dropped(cell: Any, currency: str) -> Effect:
    figures = cell.balance.figures.moved(Bucket.PLANNED, -cell.plan_amount)
    problem = None
    if figures != Figures():
        words = f"{cell.name} is in use, so the plan keeps a line for it. Plan at least what is spent or spoken for."
        problem = Problem("cell_in_use", words, "lines", {"cell": cell.code})
    return Effect(None, cell, cell.name, currency, cell.plan_amount, ZERO, figures.available, False, False, problem)


def why_not_publishable(plan: Any) -> list[Problem]:
    """Say what stands against putting a plan into force."""
    if not plan.lines:
        return [Problem("no_lines", "The plan has no lines. Enter what is planned.", "lines")]
    problems = [_planned_already(plan, index, line) for index, line in enumerate(plan.lines)]
    problems += [effect.problem for effect in effects_of(plan)]
    return [problem for problem in problems if problem]


def spoken_for(impact: Impact, index: int | None) -> Problem:
    """Say that documents hold more already than a hard budget would have."""
    held, left = figure(impact.this, impact.currency), figure(impact.left, impact.currency)
    words = (
        f"{impact.label}: {held} were asked for or ordered before, {left} would be there. Plan more, or make it soft."
    )
    values = {
        "cell": impact.code,
        "needed": f"{impact.this:f}",
        "left": f"{impact.left:f}",
        "currency": impact.currency,
    }
    return Problem("spoken_for", words, None if index is None else f"lines.{index}.amount", values)


def _planned_already(plan: Any, index: int, line: Any) -> Problem | None:
    other = line.cell.plan if line.cell is not None and line.cell.state != "withdrawn" else None
    if other is None or other is plan or other.state == "retired":
        return None
    words = f"{label_of(line, plan)} is planned already, in {other.number}. Change it there, or leave it out here."
    return Problem("planned_already", words, f"lines.{index}.cost_centre", {"plan": other.number})


# --- what a plan has to be -----------------------------------------------------------------------------------------


def why_not_plan(context: Context, plan: Any) -> list[Problem]:
    """Say what is wrong with a plan."""
    problems = []
    if not FIRST_YEAR <= plan.year <= LAST_YEAR:
        words = f"Fiscal year: enter a year from {FIRST_YEAR} to {LAST_YEAR}."
        problems.append(Problem("out_of_range", words, "year"))
    problems += _why_not_of_entity(plan, "cost_centre", plan.cost_centre, "cost_centre")
    seen: dict[Dimensions, int] = {}
    for index, line in enumerate(plan.lines):
        where = f"lines.{index}"
        problems += [problem.at(where) for problem in _wrong_in_line(plan, line)]
        first = seen.setdefault(dimensions_of(line, plan), index)
        if first != index:
            words = f"Line {first + 1} plans the same. Put them together, or choose another category or period."
            problems.append(Problem("repeated_line", words, f"{where}.cost_centre"))
    return problems


def _wrong_in_line(plan: Any, line: Any) -> Iterator[Problem]:
    for name, label in (("from_period", "From period"), ("to_period", "To period")):
        if not 1 <= getattr(line, name) <= MONTHS:
            yield Problem("out_of_range", f"{label}: enter a period of the fiscal year, 1 to 12.", name)
    if line.from_period > line.to_period:
        yield Problem("wrong_order", "To period: choose one not before the first.", "to_period")
    if line.amount < 0:
        yield Problem(
            "negative", "Amount: enter zero or more. Budgets are for spending; income is not planned.", "amount"
        )
    yield from why_not_coins(line.amount, plan.entity.base_currency.code, "amount")
    if line.tolerance_amount is not None and line.tolerance_amount < 0:
        yield Problem("negative", "Tolerance: enter zero or more.", "tolerance_amount")
    if line.tolerance_percent is not None and not 0 <= line.tolerance_percent <= 100:  # noqa: PLR2004
        yield Problem("out_of_range", "Tolerance in percent: enter 0 to 100.", "tolerance_percent")
    yield from _why_not_of_entity(plan, "cost_centre", line.cost_centre, "cost_centre")
    yield from _why_not_of_entity(plan, "project", line.project, "project")
    if line.cost_centre and plan.cost_centre and f"/{plan.cost_centre.id}/" not in line.cost_centre.path:
        words = f"{line.cost_centre} does not stand below {plan.cost_centre}, which this plan is for."
        yield Problem("out_of_plan", words, "cost_centre")


def _why_not_of_entity(plan: Any, name: str, other: Any, field: str) -> list[Problem]:
    if other is None or other.entity is plan.entity:
        return []
    return [Problem("other_entity", f"{other} belongs to {other.entity}. Choose one of {plan.entity}.", field)]


def why_not_coins(amount: Decimal, currency: str, field: str) -> list[Problem]:
    """Say whether an amount has parts of a cent, which no document could ever use up."""
    if Money(amount, currency).rounded().amount == amount:
        return []
    words = f"Use at most {minor_units(currency)} decimals for {currency}."
    return [Problem("too_many_decimals", words, field)]


# --- from year to year ---------------------------------------------------------------------------------------------


def scaled(amount: Decimal, factor: Decimal, currency: str) -> Decimal:
    """Raise or lower an amount by a factor, to the coins of its currency."""
    return (Money(amount, currency) * factor).rounded().amount


def why_not_percent(percent: Decimal) -> list[Problem]:
    """Say whether a share cannot be carried over."""
    if 0 < percent <= 100:  # noqa: PLR2004
        return []
    return [Problem("out_of_range", "Percent: enter more than 0, at most 100.", "percent")]


def why_not_factor(factor: Decimal) -> list[Problem]:
    """Say whether amounts cannot be multiplied by this."""
    if factor > 0:
        return []
    return [Problem("not_positive", "Factor: enter more than zero, such as 1.05 for five percent more.", "factor")]


def why_not_carried(moved: list[Any], year: int) -> list[Problem]:
    """Say what stands against carrying over (giver, taker, amount): nothing is left, or nowhere to put it."""
    if not moved:
        return [Problem("nothing_left", "Nothing is left to carry over, or it was carried over before.")]
    return [
        Problem("not_planned", f"{giver.name} has no budget in {year}. Plan one first, or carry over one category.")
        for giver, taker, _ in moved
        if taker is None
    ]


def to_carry(figures: Figures, carried_before: Decimal, percent: Decimal, currency: str) -> Decimal:
    """Tell what more is carried over: the share of what was left at first, less what went over already."""
    at_first = max(figures.available + carried_before, ZERO)
    wanted = (Money(at_first, currency) * (percent / 100)).rounded().amount
    return max(wanted - carried_before, ZERO)


# --- transfers and adjustments -------------------------------------------------------------------------------------


def why_not_transfer(context: Context, transfer: Any) -> list[Problem]:
    """Say what is wrong with a transfer."""
    giver, taker = transfer.from_cell, transfer.to_cell
    problems = []
    if transfer.amount <= 0:
        problems.append(Problem("not_positive", "Amount: enter more than zero.", "amount"))
    if giver is taker:
        return [*problems, Problem("same_cell", "To: choose another budget than the first.", "to_cell")]
    if giver.currency is not taker.currency:
        words = f"{taker} is in {taker.currency}, {giver} in {giver.currency}. Choose two of one currency."
        problems.append(Problem("other_currency", words, "to_cell"))
    return [*problems, *why_not_coins(transfer.amount, giver.currency.code, "amount")]


def why_not_proposable(transfer: Any) -> list[Problem]:
    """Say what stands against moving the amount now."""
    giver, taker = transfer.from_cell, transfer.to_cell
    problems = [
        Problem("budget_closed", f"{cell.name}: this budget is {cell.state}. Choose another.", field)
        for cell, field in ((giver, "from_cell"), (taker, "to_cell"))
        if cell.state != "open"
    ]
    if giver.entity_id != taker.entity_id:
        words = "The two budgets belong to different entities. Choose two of one entity."
        problems.append(Problem("other_entity", words, "to_cell"))
    elif giver.year != taker.year:
        words = "The two budgets are of different years. Carry the plan over instead."
        problems.append(Problem("other_year", words, "to_cell"))
    return [*problems, *why_not_moved(giver, Bucket.TRANSFERRED, -transfer.amount, "amount")]


def why_not_confirmable(context: Context, transfer: Any) -> list[Problem]:
    """Say who confirms a transfer: somebody else than whoever proposed it."""
    if context.actor.hands & {transfer.proposed_by, transfer.created_by}:
        words = "You proposed this transfer. Someone else confirms it."
        return [Problem("own_transfer", words), *why_not_proposable(transfer)]
    return why_not_proposable(transfer)


def why_not_moved(cell: Any, bucket: Bucket, change: Decimal, field: str) -> list[Problem]:
    """Say whether moving a figure would leave a hard cell below its floor, or plan less than nothing."""
    figures, currency = cell.balance.figures, cell.currency.code
    after = figures.moved(bucket, change)
    if after.planned < 0:
        words = f"{cell.name}: only {figure(figures.planned, currency)} are planned. Take away at most that."
        return [Problem("below_zero", words, field)]
    floor = floor_of(cell.control, cell.tolerance_percent, cell.tolerance_amount, after.budget, currency)
    if floor is None or after.available >= min(floor, figures.available):
        return []
    needed = figures.available - after.available
    words = f"{cell.name}: {figure(figures.available, currency)} left, this needs {figure(needed, currency)}."
    values = {"cell": cell.code, "left": f"{figures.available:f}", "needed": f"{needed:f}", "currency": currency}
    return [Problem("over_budget", words, field, values)]


def why_not_adjusted(cell: Any, bucket: Bucket, amount: Decimal) -> list[Problem]:
    """Say what stands against correcting a figure."""
    if not amount:
        return [Problem("zero", "Amount: enter how much is added, or with a minus taken away.", "amount")]
    problems = why_not_coins(amount, cell.currency.code, "amount")
    return problems or why_not_moved(cell, bucket, amount, "amount")


def transfer_effects(transfer: Any) -> list[str]:
    """Tell what a transfer would leave on either side now; nothing once it is over."""
    giver, taker = transfer.from_cell, transfer.to_cell
    if transfer.state not in ("draft", "proposed") or giver is None or taker is None:
        return []
    currency = giver.currency.code
    sides = ((giver, -transfer.amount), (taker, transfer.amount))
    return [
        f"{cell.name}: {figure(cell.available, currency)} left becomes {figure(cell.available + change, currency)}"
        for cell, change in sides
    ]


def why_not_control(cell: Any, control: Control, percent: Decimal | None, amount: Decimal | None) -> list[Problem]:
    """Say whether a cell is overrun further than the new control allows."""
    problems = []
    if percent is not None and not 0 <= percent <= 100:  # noqa: PLR2004
        problems.append(Problem("out_of_range", "Tolerance in percent: enter 0 to 100.", "tolerance_percent"))
    if amount is not None and amount < 0:
        problems.append(Problem("negative", "Tolerance: enter zero or more.", "tolerance_amount"))
    if problems:
        return problems
    figures, currency = cell.balance.figures, cell.currency.code
    floor = floor_of(control, percent, amount, figures.budget, currency)
    if floor is None or figures.available >= floor:
        return []
    words = f"{cell.name} is overrun by {figure(-figures.available, currency)}. Raise it first, or allow that much."
    return [Problem("overrun", words, "control")]
