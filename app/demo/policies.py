"""The approval policy of the demo company, drafted and published by its controller, and who may decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.actor import SYSTEM, Context
from app.kernel.resource import registry

CONTROLLER = "marta.keller"
# Who answers for a budget decides about it: login, and the entity if it is for one only.
DECIDERS = (("omar.haddad", None), ("jonas.berg", None), ("milan.dvorak", None), ("ines.costa", "HAT"))
# Where the first to work in a cost centre is not its head.
HEADS = (("IT-210", "jana.novak"), ("IT-220", "jana.novak"), ("LAB-340", "sofia.rossi"), ("FIN-400", CONTROLLER))

_RULES: tuple[dict[str, Any], ...] = (
    {"code": "BLOCKED", "label": "Blocked supplier", "effect": "block", "reason": "The supplier is blocked"},
    {"code": "SMALL", "label": "Small catalogue order", "effect": "auto_approve",
     "reason": "From the catalogue, up to 50 EUR and within budget"},
    {"code": "OWNER", "label": "Cost-centre owner", "effect": "require", "resolver": "owner_of_cost_centre", "mode": "all",
     "due_days": 3, "reason": "Every request charged to the cost centre"},
    {"code": "BUDGET", "label": "Budget owner", "effect": "require", "resolver": "budget_owner", "due_days": 3,
     "reason": "A budget that may be overrun would be"},
    {"code": "SOFTWARE", "label": "Software owner", "effect": "require", "stage": 2, "resolver": "owner_of_category",
     "due_days": 3, "reason": "Software and licences"},
    {"code": "PURCHASING", "label": "Purchasing", "effect": "require", "stage": 2, "resolver": "person",
     "person": "omar.haddad", "due_days": 2, "on_due": "escalate", "reason": "Goods over 5 000 EUR without a contract"},
    {"code": "CFO", "label": "CFO", "effect": "require", "stage": 3, "resolver": "person", "person": CONTROLLER,
     "due_days": 5, "fallback": "role", "reason": "Total is over 10 000 EUR"},
    {"code": "QUOTES", "label": "Three quotes", "effect": "warn", "reason": "Fewer than three quotes attached"},
    {"code": "LOW", "label": "Budget nearly used", "effect": "warn", "reason": "Budget line below 15 %"},
    {"code": "PROSPECT", "label": "Supplier not approved yet", "effect": "warn",
     "reason": "The supplier is not approved yet; an order has to wait for it"},
)  # fmt: skip

_CONDITIONS = (
    ("BLOCKED", "supplier_state", "is", "blocked"),
    ("SMALL", "amount", "at_most", "50"),
    ("SMALL", "catalogue_only", "is", "yes"),
    ("SMALL", "budget", "is", "fits"),
    ("BUDGET", "budget", "is", "over_soft"),
    ("SOFTWARE", "category", "within", "IT-SW"),
    ("PURCHASING", "amount", "above", "5000"),
    ("PURCHASING", "catalogue_only", "is", "no"),
    ("CFO", "amount", "above", "10000"),
    ("QUOTES", "amount", "above", "5000"),
    ("QUOTES", "files", "below", "3"),
    ("LOW", "budget_left_percent", "below", "15"),
    ("PROSPECT", "supplier_state", "is", "prospect"),
)

_ORDERS: dict[str, Any] = {
    "name": "Purchase orders",
    "document": "order",
    "material_percent": "5",
    "note": "What was agreed as a request is not agreed again.",
    "rules": [
        {"code": "ASKED", "label": "Agreed as requests", "effect": "auto_approve",
         "reason": "Wholly from approved requests, at no higher price"},
        {"code": "OWNER", "label": "Cost-centre owner", "effect": "require", "resolver": "owner_of_cost_centre", "mode": "all",
         "due_days": 3, "reason": "Bought directly, or dearer than agreed"},
        {"code": "CFO", "label": "CFO", "effect": "require", "stage": 2, "resolver": "person", "person": CONTROLLER,
         "due_days": 5, "fallback": "role", "reason": "Total is over 10 000 EUR"},
    ],
    "conditions": [
        {"rule": "ASKED", "fact": "from_request", "operator": "is", "value": "yes"},
        {"rule": "CFO", "fact": "amount", "operator": "above", "value": "10000"},
    ],
}  # fmt: skip


def seed(act_as: Callable[[str, datetime], Context], now: datetime) -> None:
    """Let those decide who answer for money, and put the policy for requests in force."""
    then = now - timedelta(days=300)
    _staff(then)
    controller, policies = act_as(CONTROLLER, then), registry["approval_policy"]
    form = {
        "name": "Purchase requests",
        "document": "request",
        "currency": "EUR",
        "same_person": "once",
        "fallback_role": "Controller",
        "reopen_from_stage": 1,
        "material_percent": "5",
        "material_amount": "250",
        "note": "As agreed by the management in autumn.",
        "rules": list(_RULES),
        "conditions": [dict(zip(("rule", "fact", "operator", "value"), each, strict=True)) for each in _CONDITIONS],
    }
    for each in (form, {**_ORDERS, "currency": "EUR", "fallback_role": "Controller"}):
        key = unit.create(controller, policies, each).key
        unit.execute(controller, policies, key, "publish", {})


def _staff(then: datetime) -> None:
    """Give the right to decide to those who answer for money, and the controller a second one beside her."""
    as_system = Context(SYSTEM, then, then.date(), f"demo-{then:%Y%m%d%H%M}", "demo")
    people, centres = registry["person"], registry["cost_centre"]
    for login, entity in DECIDERS:
        unit.execute(as_system, people, login, "grant", {"role": "Approver", **({"entity": entity} if entity else {})})
    unit.execute(as_system, people, _second_controller(), "grant", {"role": "Controller"})
    for code, login in HEADS:
        unit.save(as_system, centres, code, {"owner": login})


def _second_controller() -> str:
    """Find somebody who has no other duty, of finance where there is such a one."""
    statement = text(
        "SELECT p.code FROM person p JOIN cost_centre c ON c.id = p.cost_centre_id WHERE p.state = 'active'"
        " AND (SELECT count(*) FROM role_grant g WHERE g.user_id = p.user_id) = 1 AND EXISTS (SELECT 1 FROM role_grant g"
        " JOIN ab_role r ON r.id = g.role_id WHERE g.user_id = p.user_id AND r.name = 'Requester')"
        " ORDER BY (c.code = 'FIN-400') DESC, p.id LIMIT 1"
    )
    login = db.session.execute(statement).scalar_one()
    db.session.remove()
    return str(login)
