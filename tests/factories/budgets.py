"""What valid plans and transfers look like, and how budgets and their moves come about: by publishing a plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.resource import registry
from app.modules.budgets.domain import Claim, Holding, Impact
from tests.acting import system

YEAR = 2026


def plan(maker: Any, number: int) -> dict[str, Any]:
    """Plan for a category of its own, so that no two plans are in each other's way."""
    line = {"category": maker.create(registry["category"]), "from_period": 1, "to_period": 12, "control": "hard"}
    return {
        "name": f"Operations {number}",
        "entity": maker.key("entity"),
        "year": YEAR,
        "note": "As agreed",
        "lines": [
            {**line, "amount": "12000.00", "tolerance_percent": "5"},
            {**line, "amount": "3000.00", "to_period": 3, "control": "soft", "tolerance_amount": "100"},
        ],
    }


def transfer(maker: Any, number: int) -> dict[str, Any]:
    return {
        "from_cell": cell(maker),
        "to_cell": cell(maker),
        "amount": "250.00",
        "reason": f"Notebooks instead of a lease ({number})",
    }


FORMS = {"budget_plan": plan, "budget_transfer": transfer}


def published(maker: Any, **changes: Any) -> str:
    """Put a plan into force."""
    key = maker.create(registry["budget_plan"], **changes)
    unit.execute(system(), registry["budget_plan"], key, "publish", {})
    return str(key)


def cells_of(plan_key: str) -> list[str]:
    """List the codes of the budgets of a plan, as its lines stand."""
    statement = text(
        "SELECT c.code FROM budget_plan_line l JOIN budget_cell c ON c.id = l.cell_id "
        "JOIN budget_plan p ON p.id = l.plan_id WHERE p.number = :number ORDER BY l.position"
    )
    db.session.rollback()
    return list(db.session.execute(statement, {"number": plan_key}).scalars())


def cell(maker: Any) -> str:
    """Take the first budget of a new plan."""
    return cells_of(published(maker))[0]


def move(maker: Any) -> str:
    """Take the latest move, after a plan was published."""
    cell(maker)
    with db.engine.connect() as connection:
        return str(connection.execute(text("SELECT max(id) FROM budget_move")).scalar_one())


ROWS = {"budget_cell": cell, "budget_move": move}


def _propose(maker: Any, key: str) -> None:
    unit.execute(system(), registry["budget_transfer"], key, "propose", {})


def _confirm(maker: Any, key: str) -> None:
    _propose(maker, key)
    unit.execute(system(id=990), registry["budget_transfer"], key, "confirm", {})


def _withdraw(maker: Any, key: str) -> None:
    """Publish the plan of a budget again without its line."""
    statement = text("SELECT p.number FROM budget_cell c JOIN budget_plan p ON p.id = c.plan_id WHERE c.code = :code")
    db.session.rollback()
    plan_key = db.session.execute(statement, {"code": key}).scalar_one()
    resource = registry["budget_plan"]
    unit.execute(system(), resource, plan_key, "revise", {})
    kept = {"category": maker.create(registry["category"]), "amount": "1.00"}
    unit.save(system(), resource, plan_key, {"lines": [kept]})
    unit.execute(system(), resource, plan_key, "publish", {})


def _retire(maker: Any, key: str) -> None:
    """Retire a plan that was in force, and not one that nobody ever published."""
    for command in ("publish", "retire"):
        unit.execute(system(), registry["budget_plan"], key, command, {})


ROUTES = {
    ("budget_plan", "retired"): _retire,
    ("budget_transfer", "proposed"): _propose,
    ("budget_transfer", "done"): _confirm,
    ("budget_cell", "withdrawn"): _withdraw,
}


def _close_giver(maker: Any, key: str) -> None:
    db.session.rollback()
    statement = text(
        "SELECT c.code FROM budget_transfer t JOIN budget_cell c ON c.id = t.from_cell_id WHERE t.number = :n"
    )
    code = db.session.execute(statement, {"n": key}).scalar_one()
    unit.execute(system(), registry["budget_cell"], code, "close", {"reason": "The year is over"})


OBSTRUCTED = {
    "budget_plan.publish": lambda maker, key: unit.save(system(), registry["budget_plan"], key, {"lines": []}),
    "budget_transfer.propose": _close_giver,
    "budget_transfer.confirm": _close_giver,
}


def _copy_to_next_year(maker: Any, key: str) -> None:
    """Put the same budgets into force for the year after, to carry over to."""
    resource = registry["budget_plan"]
    outcome = unit.execute(system(), resource, key, "copy", {"year": YEAR + 1})
    unit.execute(system(), resource, outcome.events[0]["copy"], "publish", {})


PREPARED = {"budget_plan.carry_over": _copy_to_next_year}

ARGUMENTS = {
    "budget_plan.copy": lambda maker, key: {"year": YEAR + 2, "factor": "1.25"},
    "budget_plan.carry_over": lambda maker, key: {"percent": "50"},
    "budget_cell.adjust": lambda maker, key: {"amount": "100.00", "reason": "Forgotten in the plan"},
    "budget_cell.change_control": lambda maker, key: {"control": "soft", "reason": "The owner decides"},
}


# --- what documents do to budgets ----------------------------------------------------------------------------------


@dataclass
class Office:
    """An entity with cost centres IT > IT-210 and HR, categories Hardware > Notebooks, a project, and who owns them."""

    maker: Any
    ids: dict[str, int] = field(default_factory=dict)

    @classmethod
    def built(cls) -> Office:
        """Make it in an empty house."""
        from tests.making import Maker  # it takes what is made from here

        return cls(Maker())

    def __post_init__(self) -> None:
        maker = self.maker
        maker.create(registry["entity"], code="AT", fiscal_year_start=1)
        for person in ("ida.it", "hugo.hr", "kai.kategorie"):
            maker.create(registry["person"], code=person, email=f"{person}@example.com", entity="AT")
        rows: list[tuple[str, dict[str, Any]]] = [
            ("cost_centre", {"code": "IT", "entity": "AT", "owner": "ida.it"}),
            ("cost_centre", {"code": "IT-210", "entity": "AT", "parent": "IT"}),
            ("cost_centre", {"code": "HR", "entity": "AT", "owner": "hugo.hr"}),
            ("category", {"code": "HW", "name": "Hardware", "owner": "kai.kategorie"}),
            ("category", {"code": "HW-NB", "name": "Notebooks", "parent": "HW"}),
            ("category", {"code": "SW", "name": "Software"}),
            ("project", {"code": "ERP", "entity": "AT"}),
        ]
        for name, values in rows:
            maker.create(registry[name], **values)
        db.session.rollback()
        for table in ("entity", "cost_centre", "category", "project"):
            self.ids.update(dict(db.session.execute(text(f"SELECT code, id FROM {table}")).all()))
        db.session.rollback()

    def planned(self, *lines: dict[str, Any], **changes: Any) -> list[str]:
        """Plan and publish lines; give the codes of their budgets."""
        return cells_of(published(self.maker, entity="AT", lines=list(lines), **changes))

    def claim(
        self, amount: Any, centre: str = "IT-210", category: str | None = "HW-NB", *, project: str | None = None,
        on: date = date(2026, 6, 15), **more: Any,
    ) -> Claim:  # fmt: skip
        """Claim an amount for a cost centre."""
        ids = self.ids
        return Claim(
            entity_id=ids["AT"],
            cost_centre_id=ids[centre],
            category_id=ids[category] if category else None,
            project_id=ids[project] if project else None,
            on=on,
            amount=Decimal(amount),
            **more,
        )


def holding(bucket: str, *claims: Claim, id: int = 1, resource: str = "request") -> Holding:
    """Let a made-up document hold claims."""
    return Holding(resource, id, f"{resource.upper()[:3]}-{id}", bucket, claims)


def hold(*holdings: Holding) -> tuple[Impact, ...]:
    """Hold in a transaction of its own, as a document's command does."""
    from app.modules.budgets import service

    return unit.change(system(), "test.hold", lambda bound: service.hold(bound, *holdings).impacts)


def figures(code: str) -> tuple[str, ...]:
    """Read the figures of a budget: planned, transferred, carried, actual, committed, reserved, available."""
    db.session.rollback()
    statement = text(
        "SELECT planned, transferred, carried, actual, committed, reserved, "
        "planned + transferred + carried - actual - committed - reserved "
        "FROM budget_balance b JOIN budget_cell c ON c.id = b.cell_id WHERE c.code = :code"
    )
    return tuple(f"{value:.2f}" for value in db.session.execute(statement, {"code": code}).one())


def left(code: str) -> str:
    """Read what is left of a budget."""
    return figures(code)[-1]
