"""Budgets of the demo company: a plan for each entity, what was booked before Outlay, and money moved between budgets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.actor import SYSTEM, Context
from app.kernel.calendar import fiscal_year_days, period_of
from app.kernel.resource import registry
from app.modules.budgets import service
from app.modules.budgets.domain import Claim, Holding

CONTROLLER = "marta.keller"
_RATES = {"EUR": Decimal(1), "CZK": Decimal(25), "GBP": Decimal("0.85")}

# entity: cost centre, category, project, thousands of euros, control, tolerance in percent, share booked already
PLANS: dict[str, tuple[tuple[str | None, str | None, str | None, int, str, int | None, str], ...]] = {
    "HCZ": (
        (None, None, None, 5200, "soft", None, "0"),
        ("IT-200", "IT", None, 480, "hard", 2, "0"),
        ("IT-210", "IT-HW", None, 180, "hard", None, "0.41"),
        ("IT-210", "IT-CLOUD", None, 95, "soft", None, "0.72"),
        ("IT-220", "IT-SW", None, 140, "hard", 5, "0.38"),
        ("LAB-300", "LAB", None, 560, "hard", 5, "0"),
        ("LAB-340", "LAB-OPT", None, 190, "hard", None, "0.55"),
        ("LAB-350", "LAB", None, 120, "soft", 10, "0.47"),
        ("LAB-300", None, "NX-2", 240, "hard", None, "0.22"),
        ("OPS-100", "PROD", None, 1700, "hard", 3, "0.58"),
        ("OPS-100", "MRO", None, 220, "soft", None, "0.49"),
        ("OPS-120", None, "HALL-C", 310, "hard", None, "0.35"),
        ("FAC-050", "FAC", None, 180, "hard", None, "0.44"),
        ("HR-500", "TRAVEL", None, 45, "soft", 10, "0.30"),
    ),
    "HAT": (
        (None, None, None, 620, "soft", None, "0"),
        ("MKT-120", "SERV", None, 210, "hard", None, "0.36"),
        (None, None, "HANNOVER", 85, "hard", 5, "0.40"),
        ("SAL-130", "TRAVEL", None, 90, "soft", None, "0.61"),
    ),
    "HDE": (
        (None, None, None, 1300, "soft", None, "0"),
        ("OPS-610", "PROD", None, 780, "hard", 3, "0.52"),
        ("OPS-610", "MRO", None, 110, "soft", None, "0.33"),
        # Nearly used up, so that the next calibration needs a decision.
        ("QA-620", "LAB-CAL", None, 60, "hard", None, "0.96"),
    ),
    "HUK": (
        (None, None, None, 420, "soft", None, "0"),
        ("SRV-710", "MRO", None, 140, "hard", None, "0.45"),
        ("SAL-720", "TRAVEL", None, 55, "soft", 10, "0.28"),
    ),
}  # fmt: skip


def seed(act_as: Callable[[str, datetime], Context], now: datetime) -> None:
    """Plan the current fiscal year of every entity, book what was spent, and move money as a year brings it."""
    for entity, lines in PLANS.items():
        _plan(act_as, now, entity, lines)
    _transfers(act_as, now)


def _plan(act_as: Callable[[str, datetime], Context], now: datetime, entity: str, lines: Any) -> None:
    start, currency = db.session.execute(
        text(
            "SELECT fiscal_year_start, c.code FROM entity e JOIN currency c ON c.id = e.base_currency_id WHERE e.code = :e"
        ),
        {"e": entity},
    ).one()
    db.session.remove()
    year = period_of(now.date(), start).year
    first, _ = fiscal_year_days(year, start)
    published = max(now - timedelta(days=330), min(now, now - timedelta(days=(now.date() - first).days + 14)))
    controller, plans = act_as(CONTROLLER, published), registry["budget_plan"]
    form = {
        "name": f"Budget {entity} {year}",
        "entity": entity,
        "year": year,
        "note": "As agreed with the heads of department in autumn.",
        "lines": [_line(line, currency) for line in lines],
    }
    key = unit.create(controller, plans, form).key
    unit.execute(controller, plans, key, "publish", {})
    booked_on = max(first, min(now.date() - timedelta(days=30), first + timedelta(days=200)))
    unit.change(
        act_as(CONTROLLER, now - timedelta(days=25)), "demo.booked", lambda bound: _book(bound, key, lines, booked_on)
    )


def _line(line: Any, currency: str) -> dict[str, Any]:
    centre, category, project, thousands, control, tolerance, _ = line
    amount = _own(thousands, currency)
    return {
        "cost_centre": centre,
        "category": category,
        "project": project,
        "amount": str(amount),
        "control": control,
        "tolerance_percent": tolerance,
    }


def _own(thousands: int, currency: str) -> Decimal:
    """Turn thousands of euros into a round amount of the entity's own currency."""
    return (thousands * _RATES[currency]).quantize(Decimal(1)) * 1000


def _book(bound: Context, key: str, lines: Any, on: date) -> None:
    """Charge what was booked before Outlay to every budget that covers it."""
    from app.infra.intake import find_row

    plan = find_row(bound, registry["budget_plan"], key)
    claims = []
    for line, (*_, share) in zip(plan.lines, lines, strict=True):
        if Decimal(share):
            centre = line.cost_centre_id or _some_centre(bound, plan.entity_id)
            amount = (line.amount * Decimal(share)).quantize(Decimal(1))
            claims.append(Claim(plan.entity_id, centre, line.category_id, line.project_id, on, amount))
    service.hold(bound, Holding("budget_plan", plan.id, plan.number, "actual", tuple(claims)))  # type: ignore[arg-type]


def _some_centre(bound: Context, entity_id: int) -> int:
    statement = text("SELECT min(id) FROM cost_centre WHERE entity_id = :entity")
    return int(bound.session.execute(statement, {"entity": entity_id}).scalar_one())


def _transfers(act_as: Callable[[str, datetime], Context], now: datetime) -> None:
    """Move money for notebooks, confirmed by a second controller, and leave one transfer waiting."""
    second = _second_controller(now)
    transfers = registry["budget_transfer"]
    moved = _transfer(act_as, now - timedelta(days=21), "IT-220", "IT-210", "300000", "Notebooks instead of licences")
    if second:
        unit.execute(act_as(second, now - timedelta(days=20)), transfers, moved, "confirm", {})
    _transfer(act_as, now - timedelta(days=2), "FAC-050", "OPS-100", "125000", "Spare parts for the old press")


def _transfer(
    act_as: Callable[[str, datetime], Context], at: datetime, giver: str, taker: str, amount: str, reason: str
) -> str:
    context, transfers = act_as(CONTROLLER, at), registry["budget_transfer"]
    form = {"from_cell": _cell(giver), "to_cell": _cell(taker), "amount": amount, "reason": reason}
    key = unit.create(context, transfers, form).key
    unit.execute(context, transfers, key, "propose", {})
    return key


def _cell(centre: str) -> str:
    """Find the first budget that stands on a cost centre itself."""
    statement = text(
        "SELECT c.code FROM budget_cell c JOIN cost_centre k ON k.id = c.cost_centre_id WHERE k.code = :k ORDER BY c.id LIMIT 1"
    )
    found = str(db.session.execute(statement, {"k": centre}).scalar_one())
    db.session.remove()
    return found


def _second_controller(now: datetime) -> str:
    """Let somebody of finance stand beside the CFO; empty where finance is one person."""
    statement = text(
        "SELECT p.code FROM person p JOIN cost_centre k ON k.id = p.cost_centre_id WHERE k.code = 'FIN-400' "
        "AND p.code NOT IN ('marta.keller', 'viktor.hruska', 'priya.nair', 'erik.lindqvist', 'petra.admin') "
        "ORDER BY p.job_title DESC, p.id LIMIT 1"
    )
    found = db.session.execute(statement).scalars().first()
    db.session.remove()
    if found is None:
        return ""
    as_system = Context(
        SYSTEM, now - timedelta(days=200), (now - timedelta(days=200)).date(), "demo-controller", "demo"
    )
    unit.execute(as_system, registry["person"], found, "grant", {"role": "Controller"})
    return str(found)
