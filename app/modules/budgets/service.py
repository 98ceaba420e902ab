"""What other slices ask of budgets: weigh what documents take, hold it, and say who answers for what is overrun."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.infra import audit, settings
from app.infra.settings import Declared
from app.kernel.actor import Context
from app.kernel.problem import refuse_if
from app.modules.budgets import queries
from app.modules.budgets.domain import claims as rules
from app.modules.budgets.domain import planning
from app.modules.budgets.domain.claims import (
    ZERO,
    Bucket,
    Change,
    Claim,
    Control,
    Figures,
    Held,
    Holding,
    Impact,
    Verdict,
    Weighed,
)
from app.modules.budgets.models import BudgetBalance, BudgetCell, BudgetMove, BudgetPlan
from app.modules.directory.models import Category, CostCentre, Person

UNBUDGETED = settings.declare(
    Declared(
        "budgets.unbudgeted_allowed",
        True,
        "Spend without a budget",
        "Yes: what no budget covers goes through with a warning. No: it is refused until a controller plans it.",
    )
)


Live = Callable[[Context, int], Iterable[Holding]]
_holders: dict[str, Live] = {}


def hold(context: Context, *holdings: Holding) -> Weighed:
    """Let documents hold exactly this from now on, and refuse what a hard budget does not have.

    The caller has locked the documents. Whatever they held before in these buckets is replaced, so holding the same
    once more changes nothing, and no claims release everything. All balances concerned are taken in one order.
    What it does to them is answered.
    """
    queries.take_part(context)
    return _hold(context, _gather(context, holdings))


def intend(context: Context, *holdings: Holding) -> Intent:
    """Tell what holding this would do, and refuse what `hold` would; `fulfil` holds it when all else is done.

    From here on no plan is put into force, so that what was found out about the documents still holds then.
    """
    queries.take_part(context)
    case = _gather(context, holdings)
    weighed = _judge(context, case, case.closed())
    refuse_if(weighed.problems)
    return Intent(weighed, case)


def fulfil(context: Context, intent: Intent) -> Weighed:
    """Hold what was intended, as `hold` does."""
    return _hold(context, intent.case)


def declare_holder(resource: str, live: Live) -> None:
    """Let plans that come later charge a kind of document; `live` tells what those of an entity hold now."""
    if resource in _holders:
        raise ValueError(f"two slices say what {resource} holds")
    _holders[resource] = live


def charge_live(context: Context, plan: BudgetPlan) -> list[Impact]:
    """Charge the budgets of a plan just put into force with what documents hold already; give those that have too little.

    The caller has taken over, so each document either has been charged before or will find the new budgets.
    """
    holdings = [holding for live in _holders.values() for holding in live(context, plan.entity_id)]
    case = _gather(context, holdings)
    short = [impact for impact in _judge(context, case, set()).impacts if impact.verdict is Verdict.OVER_HARD]
    if not short:
        _write(context, queries.lock_balances(context, [change.cell_id for change in case.changes]), case.changes)
    return short


def preview(context: Context, *holdings: Holding) -> tuple[Impact, ...]:
    """Tell what `hold` would do to each cell, without locking or writing anything."""
    return weigh(context, *holdings).impacts


def weigh(context: Context, *holdings: Holding) -> Weighed:
    """Tell the same with what no budget covers, and every problem that `hold` would refuse for."""
    case = _gather(context, holdings)
    return _judge(context, case, case.closed())


def owners(context: Context, impacts: Iterable[Impact]) -> list[Person]:
    """List who answers for overrun cells: the project's owner, else the cost centre's upwards, else the category's."""
    cells = queries.list_cells(context, [impact.cell_id for impact in impacts if impact.is_over])
    if not cells:
        return []
    centres = queries.list_line_up(context, CostCentre, [c.cost_centre.path for c in cells if c.cost_centre])
    categories = queries.list_line_up(context, Category, [c.category.path for c in cells if c.category])
    found: dict[int, Person] = {}
    for cell in cells:
        candidates = [cell.project.owner if cell.project else None]
        candidates += _upwards(centres, cell.cost_centre) + _upwards(categories, cell.category)
        owner = next((person for person in candidates if person is not None and person.state != "left"), None)
        if owner is not None:
            found.setdefault(owner.id, owner)
    return list(found.values())


def _upwards(rows: dict[int, Any], row: Any) -> list[Person | None]:
    """List the owners from a row of a tree up to the root."""
    return [rows[int(part)].owner for part in reversed(row.path.split("/")) if part] if row else []


@dataclass(frozen=True)
class _Case:
    """Documents, the cells they may be charged to, what they hold there now and shall hold."""

    cells: Sequence[BudgetCell]
    before: Mapping[int, Figures]
    after: Mapping[int, Held]
    changes: Sequence[Change]
    unbudgeted: tuple[Claim, ...]

    def rising(self) -> set[int]:
        """Name the cells that are asked for more."""
        return {cell_id for cell_id, held in self.after.items() if held.amount > self.before[cell_id].used}

    def closed(self) -> set[int]:
        """Name those of them that take no more charges, as they were read."""
        return {cell.id for cell in self.cells if cell.state != "open"} & self.rising()


@dataclass(frozen=True)
class Intent:
    """What documents are about to hold, and what it would do to the budget."""

    weighed: Weighed
    case: _Case


def _hold(context: Context, case: _Case) -> Weighed:
    balances = queries.lock_balances(context, [change.cell_id for change in case.changes])
    weighed = _judge(context, case, queries.list_not_open(context, case.rising()))
    refuse_if(weighed.problems)
    _write(context, balances, case.changes)
    return weighed


def _gather(context: Context, holdings: Sequence[Holding]) -> _Case:
    if any(isinstance(row, BudgetMove) for row in context.session.new):
        context.session.flush()  # what this change has charged already counts
    claims = [claim for holding in holdings for claim in holding.claims]
    above = queries.find_above(context, claims)
    cells = queries.list_covering(context, claims, above)
    present = queries.list_present(context, holdings)
    before: dict[int, Figures] = defaultdict(Figures)
    after: dict[int, Held] = defaultdict(Held)
    changes: list[Change] = []
    for (holding, (cell_id, _)), held in present.items():
        before[cell_id] = before[cell_id].moved(holding.bucket, held.amount)
    for holding in holdings:
        held_now = {where: held for (other, where), held in present.items() if other is holding}
        target = rules.target_of(holding.claims, cells, above)
        changes += rules.changes_to(holding, held_now, target, context.today)
        for (cell_id, _), held in target.items():
            after[cell_id] = after[cell_id].with_other(held)
    covered = [claim for claim in claims if any(rules.covers(cell, claim, above) for cell in cells)]
    bare = tuple(claim for claim in claims if claim.amount > 0 and claim not in covered)
    return _Case(cells, before, after, changes, bare)


def _judge(context: Context, case: _Case, closed: set[int]) -> Weighed:
    """Hold the figures as they stand against what documents ask."""
    impacts = tuple(
        _impact(cell, case.before[cell.id], case.after[cell.id]) for cell in case.cells if cell.id in case.after
    )
    problems = [
        rules.budget_closed(impact) if impact.cell_id in closed else rules.over_budget(impact)
        for impact in impacts
        if impact.cell_id in closed or impact.verdict is Verdict.OVER_HARD
    ]
    if case.unbudgeted and not settings.get(context.session, UNBUDGETED.name):
        problems += [rules.unbudgeted(claim) for claim in case.unbudgeted]
    return Weighed(impacts, case.unbudgeted, tuple(problems))


def _impact(cell: BudgetCell, before: Figures, after: Held) -> Impact:
    """Tell what is left of a cell; its floor, which is read under the lock, says whether it is hard."""
    figures, currency = cell.balance.figures.without(before), cell.currency.code
    floor = cell.balance.floor
    control = Control.SOFT if floor is None else Control.HARD
    percent, amount = cell.tolerance_percent, cell.tolerance_amount
    tolerance = rules.tolerance_of(percent, amount, figures.budget, currency) if floor is None else -floor
    left = figures.available - after.amount
    return Impact(
        cell_id=cell.id,
        code=cell.code,
        label=cell.name,
        control=control,
        currency=currency,
        planned=figures.budget,
        actual=figures.actual,
        committed=figures.committed,
        reserved=figures.reserved,
        this=after.amount,
        left_after=left,
        percent_left=rules.percent_left(left, figures.budget),
        tolerance=tolerance,
        verdict=rules.verdict_of(control, after.amount, after.amount - before.used, left, tolerance),
        fields=after.fields,
    )


# --- moving figures ------------------------------------------------------------------------------------------------


def lock(context: Context, cells: Iterable[BudgetCell]) -> None:
    """Take the figures of cells for the rest of the transaction, and read figures and cells as they are now."""
    ids = [cell.id for cell in cells]
    queries.lock_balances(context, ids)
    queries.reload_cells(context, ids)


def settle(context: Context, plan: BudgetPlan) -> None:
    """Find for each line of a plan the cell that exists for it already."""
    known = {
        planning.dimensions_of_cell(cell): cell for cell in queries.list_of_year(context, plan.entity.id, plan.year)
    }
    for line in plan.lines:
        line.cell = known.get(planning.dimensions_of(line, plan))


def post(context: Context, cells: Iterable[BudgetCell], changes: Sequence[Change]) -> None:
    """Move figures of cells that are locked, and bring their floors in line with budget and control."""
    known = {cell.id: cell for cell in cells}
    _write(context, {cell_id: cell.balance for cell_id, cell in known.items()}, changes, known.values())
    context.session.flush()


def _write(
    context: Context,
    balances: Mapping[int, BudgetBalance],
    changes: Sequence[Change],
    cells: Iterable[BudgetCell] = (),
) -> None:
    for change in changes:
        balance = balances[change.cell_id]
        setattr(balance, change.bucket, getattr(balance, change.bucket) + change.amount)
    for cell in cells:
        cell.balance.floor = floor_of(cell, cell.balance.figures.budget)
    context.session.add_all(_move(context, change) for change in changes)


def _move(context: Context, change: Change) -> BudgetMove:
    return BudgetMove(
        cell_id=change.cell_id,
        kind=change.kind,
        bucket=change.bucket,
        amount=change.amount,
        on=change.on,
        at=context.now,
        source_resource=change.source.resource,
        source_id=change.source.id,
        source_key=change.source.key,
        line=change.line,
        actor_id=context.actor.id,
        reason=change.reason,
        original_amount=change.original_amount,
        original_currency=change.original_currency,
        rate=change.rate,
        rate_on=change.rate_on,
        rate_source=change.rate_source,
        request_id=context.request_id,
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of a cell that its moves do not add up to."""

    code: str
    figure: str
    kept: Decimal | None
    rebuilt: Decimal | None

    def __str__(self) -> str:
        kept, rebuilt = ("none" if each is None else f"{each:.2f}" for each in (self.kept, self.rebuilt))
        right = f"it should be {rebuilt}" if self.figure == "floor" else f"the moves say {rebuilt}"
        return f"{self.code} {self.figure}: the balance says {kept}, {right}"


def verify(context: Context) -> tuple[int, list[Difference]]:
    """Rebuild every balance from its moves; give the number of cells and where the two differ."""
    audit.one_snapshot(context.session)
    totals, found = queries.sum_moves(context), []
    cells = queries.list_all(context)
    for cell in cells:
        balance = cell.balance
        for bucket in Bucket:
            kept, rebuilt = getattr(balance, bucket), totals.get((cell.id, bucket), ZERO)
            if kept != rebuilt:
                found.append(Difference(cell.code, bucket.value, kept, rebuilt))
        floor = floor_of(cell, cell.balance.figures.budget)
        if floor != balance.floor:
            found.append(Difference(cell.code, "floor", balance.floor, floor))
    return len(cells), found


def floor_of(cell: BudgetCell, budget: Decimal) -> Decimal | None:
    """Tell how low a cell may go with some budget; one that is out of force has no floor."""
    if cell.state == "withdrawn":
        return None
    return rules.floor_of(cell.control, cell.tolerance_percent, cell.tolerance_amount, budget, cell.currency.code)
