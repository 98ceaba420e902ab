"""What is done with plans, budgets and transfers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from app.infra import audit, numbers, outbox, unit
from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event
from app.kernel.problem import Kind as Status
from app.kernel.problem import Problem, refuse_if
from app.kernel.resource import Series
from app.modules.budgets import queries, service
from app.modules.budgets.domain import planning
from app.modules.budgets.domain.claims import ZERO, Adjustable, Bucket, Change, Control, Kind, Source
from app.modules.budgets.models import BudgetBalance, BudgetCell, BudgetPlan, BudgetPlanLine, BudgetTransfer
from app.modules.directory.models import Category

PLANS = Series("BP", yearly=False)
CELLS = Series("BC", yearly=False, digits=6)
Why = Annotated[str, Ask("Reason", long=True)]
# A year that is over is corrected as well.
IN_FORCE = ("open -> open", "closed -> closed")


@dataclass(frozen=True)
class Published(Event):
    """What it plans is in force."""

    number: str
    year: int
    budgets: int
    total: Decimal


@dataclass(frozen=True)
class Revised(Event):
    """It is being changed; what was published holds until it is published again."""

    number: str


@dataclass(frozen=True)
class Retired(Event):
    """It is over; nothing more is charged to its budgets."""

    number: str


@dataclass(frozen=True)
class Copied(Event):
    """Its lines were taken over into a plan for a year."""

    number: str
    copy: str
    year: int
    factor: Decimal


@dataclass(frozen=True)
class CarriedOver(Event):
    """What was left went to the year after."""

    number: str
    percent: Decimal
    budgets: int
    amount: Decimal


@dataclass(frozen=True)
class Adjusted(Event):
    """A figure was corrected."""

    code: str
    figure: str
    amount: Decimal
    reason: str


@dataclass(frozen=True)
class ControlChanged(Event):
    """What happens when it is used up is another thing now."""

    code: str
    control: str
    reason: str


@dataclass(frozen=True)
class Closed(Event):
    """Nothing more is charged to it."""

    code: str
    reason: str


@dataclass(frozen=True)
class Reopened(Event):
    """It may be charged again."""

    code: str
    reason: str


@dataclass(frozen=True)
class Proposed(Event):
    """A second person is to confirm a transfer."""

    number: str
    giver: str
    taker: str
    amount: Decimal


@dataclass(frozen=True)
class Confirmed(Event):
    """The amount was moved."""

    number: str
    giver: str
    taker: str
    amount: Decimal


@dataclass(frozen=True)
class Rejected(Event):
    """A second person found a transfer wrong."""

    number: str
    reason: str


@dataclass(frozen=True)
class Cancelled(Event):
    """A transfer is no longer wanted."""

    number: str


# --- plans ---------------------------------------------------------------------------------------------------------


def why_not_publishable(context: Context, plan: BudgetPlan) -> list[Problem]:
    """Say what stands against putting a plan into force."""
    return planning.why_not_publishable(plan)


@command("Publish", moves=["draft -> published"], guard=why_not_publishable)
def publish(context: Context, plan: BudgetPlan) -> Published:
    """Put the lines into force as budgets. Amounts that are published already change by the difference.

    What was asked for and ordered before is charged to them.
    """
    queries.take_over(context)
    service.settle(context, plan)
    _take_over(context, plan)
    refuse_if(planning.why_not_publishable(plan))
    dropped = [effect.cell for effect in planning.effects_of(plan) if effect.index is None]
    cells = [_enforced(context, plan, line) for line in plan.lines]
    context.session.flush()
    changes = [_planned(plan, cell, line.amount) for cell, line in zip(cells, plan.lines, strict=True)]
    changes += [_planned(plan, cell, ZERO) for cell in dropped]
    for cell in dropped:
        cell.state = "withdrawn"
    service.post(context, [*cells, *dropped], [change for change in changes if change.amount])
    lines = {cell.id: place for place, cell in enumerate(cells)}
    short = service.charge_live(context, plan)
    refuse_if(planning.spoken_for(impact, lines.get(impact.cell_id)) for impact in short)
    plan.published_at, plan.published_by = context.now, context.actor.id
    return Published(plan.number, plan.year, len(cells), plan.total)


def _take_over(context: Context, plan: BudgetPlan) -> None:
    """Lock the cells a plan has or will have, before their figures, and read them as they are now."""
    cells = {cell.id: cell for cell in [*plan.cells, *(line.cell for line in plan.lines if line.cell is not None)]}
    queries.lock_cells(context, cells)
    service.lock(context, cells.values())


def _enforced(context: Context, plan: BudgetPlan, line: BudgetPlanLine) -> BudgetCell:
    """Bring the cell of a line in step with it, or make it."""
    cell = line.cell or _made(context, plan, line)
    if cell.state == "withdrawn" or cell.plan is not plan:
        cell.state, cell.state_reason = "open", None
    cell.plan, cell.name, cell.control = plan, planning.label_of(line, plan), line.control
    cell.tolerance_percent, cell.tolerance_amount = line.tolerance_percent, line.tolerance_amount
    return cell


def _made(context: Context, plan: BudgetPlan, line: BudgetPlanLine) -> BudgetCell:
    start = plan.entity.fiscal_year_start
    first_on, last_on = planning.days_of(plan.year, start, line.from_period, line.to_period)
    line.cell = BudgetCell(
        code=numbers.take(context, CELLS),
        entity=plan.entity,
        cost_centre=line.cost_centre or plan.cost_centre,
        category=line.category,
        project=line.project,
        year=plan.year,
        from_period=line.from_period,
        to_period=line.to_period,
        first_on=first_on,
        last_on=last_on,
        currency=plan.entity.base_currency,
        plan_amount=ZERO,
        state="open",
        balance=BudgetBalance(**dict.fromkeys(Bucket, ZERO)),
    )
    return line.cell


def _planned(plan: BudgetPlan, cell: BudgetCell, amount: Decimal) -> Change:
    """Tell by how much what a plan gives a cell changes, and remember what it gives from now on."""
    difference = amount - cell.plan_amount
    cell.plan_amount = amount
    source = Source("budget_plan", plan.id, plan.number)
    return Change(cell.id, Kind.PLAN, Bucket.PLANNED, difference, cell.first_on, source)


@command("Revise", moves=["published -> draft"])
def revise(context: Context, plan: BudgetPlan) -> Revised:
    """Change the lines. What is published holds until the plan is published again."""
    return Revised(plan.number)


@command("Retire", moves=["draft | published -> retired"], confirm="Close all budgets of {number} for good?")
def retire(context: Context, plan: BudgetPlan) -> Retired:
    """End the plan. Its figures stay as they are, and nothing more is charged to its budgets."""
    cells = queries.lock_cells(context, [cell.id for cell in queries.list_of_plan(context, plan)])
    service.lock(context, cells)
    for cell in cells:
        if cell.state == "open":
            cell.state, cell.state_reason = "closed", f"{plan.number} was retired"
    return Retired(plan.number)


@command("Copy to a year")
def copy(
    context: Context,
    plan: BudgetPlan,
    *,
    year: Annotated[int, Ask("Fiscal year")],
    factor: Annotated[Decimal, Ask("Factor", help="1.05 plans five percent more")] = Decimal(1),
) -> Copied:
    """Make a draft for a year with the same lines, each amount multiplied by the factor."""
    refuse_if(planning.why_not_factor(factor))
    currency = plan.entity.base_currency.code
    twin = BudgetPlan(
        number=numbers.take(context, PLANS),
        name=plan.name,
        entity=plan.entity,
        cost_centre=plan.cost_centre,
        year=year,
        note=plan.note,
        state="draft",
    )
    twin.lines = [_copied(line, factor, currency) for line in plan.lines]
    refuse_if(planning.why_not_plan(context, twin))
    service.settle(context, twin)
    context.session.add(twin)
    unit.announce(context, twin, outbox.Created(twin.number))
    told = {"copy": twin.number, "year": str(year), "factor": str(factor)}
    audit.note(context, action="done", resource="budget_plan", row_id=plan.id, row_key=plan.number, after=told)
    return Copied(plan.number, twin.number, year, factor)


def _copied(line: BudgetPlanLine, factor: Decimal, currency: str) -> BudgetPlanLine:
    tolerance = line.tolerance_amount
    return BudgetPlanLine(
        position=line.position,
        cost_centre=line.cost_centre,
        category=line.category,
        project=line.project,
        from_period=line.from_period,
        to_period=line.to_period,
        amount=planning.scaled(line.amount, factor, currency),
        control=line.control,
        tolerance_percent=line.tolerance_percent,
        tolerance_amount=None if tolerance is None else planning.scaled(tolerance, factor, currency),
    )


@command("Carry over", moves=["published -> published", "retired -> retired"])
def carry_over(
    context: Context,
    plan: BudgetPlan,
    *,
    percent: Annotated[Decimal, Ask("Percent", help="Of what is left")] = Decimal(100),
    category: Annotated[Category | None, Ask("Only for category", help="With all below it. Empty: all")] = None,
) -> CarriedOver:
    """Move what is left to the same budgets of the next year. What went over before counts, so nothing goes twice."""
    refuse_if(planning.why_not_percent(percent))
    givers = [cell for cell in queries.list_of_plan(context, plan) if _is_below(cell, category)]
    later = {
        planning.dimensions_of_cell(cell): cell
        for cell in queries.list_of_year(context, plan.entity_id, plan.year + 1)
        if cell.state == "open"
    }
    takers = {cell.id: later.get(planning.dimensions_of_cell(cell)) for cell in givers}
    service.lock(context, [*givers, *(cell for cell in takers.values() if cell is not None)])
    before = queries.sum_carried_out(context, [cell.id for cell in givers])
    amounts = [
        (cell, planning.to_carry(cell.balance.figures, before.get(cell.id, ZERO), percent, cell.currency.code))
        for cell in givers
    ]
    moved = [(cell, takers[cell.id], amount) for cell, amount in amounts if amount]
    refuse_if(planning.why_not_carried(moved, plan.year + 1), Status.CONFLICT)
    source = Source("budget_plan", plan.id, plan.number)
    changes, cells = [], []
    for giver, taker, amount in moved:
        assert taker is not None
        changes.append(Change(giver.id, Kind.CARRY, Bucket.CARRIED, -amount, giver.last_on, source))
        changes.append(Change(taker.id, Kind.CARRY, Bucket.CARRIED, amount, taker.first_on, source))
        cells += [giver, taker]
    service.post(context, cells, changes)
    return CarriedOver(plan.number, percent, len(moved), sum((amount for _, _, amount in moved), ZERO))


def _is_below(cell: BudgetCell, category: Category | None) -> bool:
    return category is None or (cell.category is not None and f"/{category.id}/" in cell.category.path)


# --- budgets -------------------------------------------------------------------------------------------------------


@command("Adjust", moves=IN_FORCE)
def adjust(
    context: Context,
    cell: BudgetCell,
    *,
    amount: Annotated[Decimal, Ask("Amount", help="With a minus: taken away")],
    reason: Why,
    of: Annotated[Adjustable, Ask("What is corrected")] = Adjustable.PLAN,
) -> Adjusted:
    """Correct a figure by hand, such as what was spent before Outlay. It stays when the plan is published again."""
    service.lock(context, [cell])
    bucket = Bucket(of.value)
    refuse_if(planning.why_not_adjusted(cell, bucket, amount))
    source = Source("budget_cell", cell.id, cell.code)
    service.post(context, [cell], [Change(cell.id, Kind.ADJUST, bucket, amount, context.today, source, reason=reason)])
    return Adjusted(cell.code, bucket.value, amount, reason)


@command("Change control", moves=IN_FORCE)
def change_control(
    context: Context,
    cell: BudgetCell,
    *,
    control: Annotated[Control, Ask("Control", help="Hard refuses more; soft asks the owner")],
    reason: Why,
    tolerance_percent: Annotated[Decimal | None, Ask("Tolerance in percent")] = None,
    tolerance_amount: Annotated[Decimal | None, Ask("Tolerance", help="With both, the smaller counts")] = None,
) -> ControlChanged:
    """Say what happens when the budget is used up, until its plan is published again."""
    service.lock(context, [cell])
    refuse_if(planning.why_not_control(cell, control, tolerance_percent, tolerance_amount))
    cell.control, cell.tolerance_percent, cell.tolerance_amount = control, tolerance_percent, tolerance_amount
    service.post(context, [cell], [])
    return ControlChanged(cell.code, control.value, reason)


@command("Close", moves=["open -> closed"])
def close(context: Context, cell: BudgetCell, *, reason: Why) -> Closed:
    """Charge nothing more to the budget. What stands in it can still be released."""
    service.lock(context, [cell])
    cell.state_reason = reason
    return Closed(cell.code, reason)


@command("Reopen", moves=["closed -> open"])
def reopen(context: Context, cell: BudgetCell, *, reason: Why) -> Reopened:
    """Allow charging the budget again, such as for a late invoice."""
    service.lock(context, [cell])
    cell.state_reason = None
    return Reopened(cell.code, reason)


# --- transfers -----------------------------------------------------------------------------------------------------


def why_not_proposable(context: Context, transfer: BudgetTransfer) -> list[Problem]:
    """Say what stands against moving the amount."""
    return planning.why_not_proposable(transfer)


@command("Propose", moves=["draft -> proposed"], guard=why_not_proposable)
def propose(context: Context, transfer: BudgetTransfer) -> Proposed:
    """Ask for the transfer. Someone else confirms it."""
    transfer.proposed_by = context.actor.id
    return Proposed(transfer.number, transfer.from_cell.code, transfer.to_cell.code, transfer.amount)


@command("Confirm", moves=["proposed -> done"], guard=planning.why_not_confirmable)
def confirm(context: Context, transfer: BudgetTransfer) -> Confirmed:
    """Move the amount. Whoever proposed it cannot do this."""
    giver, taker = transfer.from_cell, transfer.to_cell
    service.lock(context, [giver, taker])
    refuse_if(planning.why_not_proposable(transfer))
    source = Source("budget_transfer", transfer.id, transfer.number)
    changes = [
        Change(cell.id, Kind.TRANSFER, Bucket.TRANSFERRED, amount, context.today, source, reason=transfer.reason)
        for cell, amount in ((giver, -transfer.amount), (taker, transfer.amount))
    ]
    service.post(context, [giver, taker], changes)
    transfer.confirmed_by, transfer.done_at = context.actor.id, context.now
    return Confirmed(transfer.number, giver.code, taker.code, transfer.amount)


@command("Reject", moves=["proposed -> rejected"])
def reject(context: Context, transfer: BudgetTransfer, *, reason: Why) -> Rejected:
    """Refuse the transfer for good."""
    transfer.state_reason = reason
    return Rejected(transfer.number, reason)


@command("Cancel", moves=["draft | proposed -> cancelled"])
def cancel(context: Context, transfer: BudgetTransfer) -> Cancelled:
    """Give the transfer up."""
    return Cancelled(transfer.number)
