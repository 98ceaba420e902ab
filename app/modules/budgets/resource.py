"""How plans, budgets, their moves and transfers are shown, written, searched and scoped."""

from __future__ import annotations

from app.kernel.resource import Children, Resource, Series, registry, within
from app.modules.budgets import commands as do
from app.modules.budgets import service
from app.modules.budgets.domain import planning
from app.modules.budgets.models import BudgetCell, BudgetMove, BudgetPlan, BudgetPlanLine, BudgetTransfer

MENU = "Control"
_PLANNED = (
    "cost_centre",
    "category",
    "project",
    "from_period",
    "to_period",
    "amount",
    "control",
    "tolerance_percent",
    "tolerance_amount",
)

cells = registry.add(
    Resource(
        name="budget_cell",
        model=BudgetCell,
        title=("Budget", "Budgets"),
        menu=MENU,
        key="code",
        icon="gauge",
        order="-year",
        list=(
            "code",
            "name",
            "year",
            "budget",
            "available",
            "used_percent",
            "control",
            "state",
        ),
        show=(
            ("Left", ("available", "used_percent", "budget", "actual", "committed", "reserved")),
            ("Budget", ("planned", "transferred", "carried", "plan_amount", "plan")),
            (
                "What it covers",
                ("entity", "cost_centre", "category", "project", "year", "first_on", "last_on", "currency"),
            ),
            ("Control", ("control", "tolerance_percent", "tolerance_amount", "state_reason")),
        ),
        filters=("state", "entity", "year", "cost_centre", "category", "project", "control", "plan"),
        search={"code": "A", "name": "A", "cost_centre.name": "B", "category.name": "B", "project.name": "B"},
        scope=within("entity", "cost_centre"),
        commands=(do.adjust, do.change_control, do.close, do.reopen),
        help="A budget covers its cost centre, category and project with all that stands below them.",
    )
)

plans = registry.add(
    Resource(
        name="budget_plan",
        model=BudgetPlan,
        title=("Budget plan", "Budget plans"),
        menu=MENU,
        key="number",
        number=do.PLANS,
        icon="report-analytics",
        order="-year",
        list=("number", "name", "entity", "cost_centre", "year", "published_at", "state"),
        show=(
            ("Plan", ("number", "name", "entity", "cost_centre", "year", "total", "note")),
            ("Publishing", ("published_at", "published_by", "effects")),
        ),
        form=("name", "entity", "cost_centre", "year", "note"),
        editable_in=("draft",),
        children=(Children("lines", BudgetPlanLine, _PLANNED),),
        filters=("state", "entity", "cost_centre", "year"),
        search={"number": "A", "name": "A", "note": "D"},
        scope=within("entity", "cost_centre"),
        prepare=service.settle,
        check=planning.why_not_plan,
        commands=(do.publish, do.revise, do.retire, do.copy, do.carry_over),
        help="Publishing a plan makes a budget of each line.",
    )
)

transfers = registry.add(
    Resource(
        name="budget_transfer",
        model=BudgetTransfer,
        title=("Budget transfer", "Budget transfers"),
        menu=MENU,
        key="number",
        number=Series("BT", yearly=False),
        icon="arrows-exchange",
        order="-number",
        list=("number", "from_cell", "to_cell", "amount", "reason", "proposed_by", "state"),
        show=(
            ("Transfer", ("number", "from_cell", "to_cell", "amount", "reason", "effects")),
            ("Confirmation", ("proposed_by", "confirmed_by", "done_at", "state_reason")),
        ),
        form=("from_cell", "to_cell", "amount", "reason"),
        editable_in=("draft",),
        filters=("state", "from_cell", "to_cell"),
        search={"number": "A", "reason": "B", "from_cell.name": "C", "to_cell.name": "C"},
        scope=within("from_cell.entity", "from_cell.cost_centre"),
        check=planning.why_not_transfer,
        commands=(do.propose, do.confirm, do.reject, do.cancel),
        help="Moves money from one budget to another. One person proposes it, another confirms it.",
    )
)

moves = registry.add(
    Resource(
        name="budget_move",
        model=BudgetMove,
        title=("Budget move", "Budget moves"),
        menu=MENU,
        key="id",
        icon="arrows-sort",
        order="-id",
        list=("id", "at", "cell", "kind", "bucket", "amount", "source_key", "on", "actor_id"),
        show=(
            ("Move", ("cell", "kind", "bucket", "amount", "on", "reason")),
            ("Document", ("source_resource", "source_key", "line", "original_amount", "original_currency")),
            ("Rate", ("rate", "rate_on", "rate_source")),
            ("Record", ("at", "actor_id", "request_id")),
        ),
        filters=("cell", "kind", "bucket", "on", "at", "source_resource", "source_key", "actor_id"),
        scope=within("cell.entity", "cell.cost_centre"),
        help="Every change of a figure. Moves are only ever added to.",
    )
)
