"""What valid orders look like, and how they come to their states: by people who buy and others who decide."""

from __future__ import annotations

import contextlib
from typing import Any

from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import person, system
from tests.factories.requests import DECIDER, decider

BUYER = "buying.1"


def order(maker: Any, number: int) -> dict[str, Any]:
    """Make a form that can be submitted; a house without a policy for orders gets one with it."""
    _people(maker)
    line = {"unit": maker.key("unit"), "category": maker.key("category"), "unit_price": "12.50"}
    line["received_by"] = "quantity"
    return {
        "supplier": _supplier(maker),
        "cost_centre": maker.key("cost_centre"),
        "currency": maker.key("currency"),
        "deliver_to": maker.key("location"),
        "buyer": BUYER,
        "contact_email": f"orders{number}@supplier.example",
        "promised_for": "2026-12-18",
        "kind": "standard",
        "ceiling": None,
        "valid_from": None,
        "valid_until": None,
        "payment_days": 30,
        "discount_percent": None,
        "discount_days": None,
        "instalments": None,
        "deposit_percent": "10",
        "deposit_amount": None,
        "extra_charges": [{"kind": "freight", "text": f"Van {number}", "amount": "4.50"}],
        "lines": [{**line, "text": f"Filter set {number}", "quantity": "2"}, {**line, "text": "Lamp", "quantity": "1"}],
        "splits": [],
        "sources": [],
    }


FORMS = {"order": order}


def _people(maker: Any) -> None:
    """See that somebody buys, and that a policy asks the decider about orders."""
    if "order_people" not in maker.made:
        with db.engine.connect() as connection:
            known = connection.execute(text("SELECT 1 FROM person WHERE code = :code"), {"code": BUYER}).first()
        if not known:
            person(BUYER, "Buyer")
        maker.made["order_people"] = True
    decider(maker)
    entity = maker.key("entity")
    statement = text(
        "SELECT count(*) FROM approval_policy p JOIN approval_rule r ON r.policy_id = p.id"
        " WHERE p.document = 'order' AND p.state = 'published' AND p.entity_id = (SELECT id FROM entity WHERE code = :entity)"
        " AND r.person_id = (SELECT id FROM person WHERE code = :code)"
    )
    with db.engine.connect() as connection:
        if connection.execute(statement, {"entity": entity, "code": DECIDER}).scalar_one():
            return
    step = {"code": "ALL", "label": "Agreement", "effect": "require", "resolver": "person", "person": DECIDER}
    form = {"name": f"Orders of {entity}", "document": "order", "entity": entity, "fallback_role": "Controller"}
    key = unit.create(system(), registry["approval_policy"], {**form, "rules": [step], "conditions": []}).key
    unit.execute(system(id=991), registry["approval_policy"], key, "publish", {})


def _supplier(maker: Any) -> str:
    """Give a supplier one may order from."""
    code = str(maker.key("supplier"))
    _approve_supplier(code)
    return code


def _run(maker: Any, key: str, *names: str) -> None:
    """Bring an order on, each step by whoever takes it."""
    for name in names:
        _people(maker)
        arguments = _ARGUMENTS.get(name, {})
        by_decider = name in ("approve", "reject", "request_changes")
        unit.execute(decider(maker) if by_decider else system(), registry["order"], key, name, arguments)


_ARGUMENTS: dict[str, dict[str, Any]] = {
    "issue": {"channel": "print"},
    "revise": {"channel": "print"},
    "amend": {"reason": "More of it"},
    "cancel": {"reason": "Not needed"},
}


def _approve_supplier(code: str) -> None:
    with db.engine.connect() as connection:
        state = connection.execute(text("SELECT state FROM supplier WHERE code = :code"), {"code": code}).scalar_one()
    if state == "prospect":
        unit.save(system(), registry["supplier"], code, {"tax_id_waiver": "It has none"})
        with contextlib.suppress(Refused):
            unit.execute(system(id=992), registry["supplier"], code, "acknowledge_duplicates", {"reason": "Another"})
        unit.execute(system(id=992), registry["supplier"], code, "approve", {})


def _route(*names: str) -> Any:
    return lambda maker, key: _run(maker, key, *names)


ROUTES = {
    ("order", "submitted"): _route("submit"),
    ("order", "approved"): _route("submit", "approve"),
    ("order", "issued"): _route("submit", "approve", "issue"),
    ("order", "amending"): _route("submit", "approve", "issue", "amend"),
    ("order", "closed"): _route("submit", "approve", "issue", "close"),
    ("order", "cancelled"): _route("cancel"),
}


def _ask(maker: Any, key: str) -> None:
    """Let the account the row is made for decide instead, as somebody with the right to hand it on would."""
    if not maker.owner:
        return
    with db.engine.connect() as connection:
        code = connection.execute(text("SELECT code FROM person WHERE user_id = :id"), {"id": maker.owner}).scalar_one()
        found = connection.execute(
            text("SELECT number FROM approval WHERE resource = 'order' AND document_key = :key AND state = 'open'"),
            {"key": key},
        )
        number = found.scalar_one()
    with contextlib.suppress(Refused):  # whoever may not decide is not asked either
        unit.execute(system(), registry["approval"], number, "reassign", {"to": code, "reason": "Stands in"})


PREPARED = {
    "order.approve": _ask,
    "order.reject": _ask,
    "order.request_changes": _ask,
}

ARGUMENTS = {
    "order.issue": lambda maker, key: {"channel": "print"},
    "order.revise": lambda maker, key: {"channel": "print"},
    "order.acknowledge": lambda maker, key: {"answer": "accepted", "reference": "AB-1"},
    "order.short_close": lambda maker, key: {"line": 1, "reason": "No longer made"},
    "order.add_request": lambda maker, key: {"request": _approved_request(maker)},
}


def _approved_request(maker: Any) -> str:
    key = str(maker.create(registry["request"]))
    unit.execute(system(), registry["request"], key, "submit", {})
    unit.execute(decider(maker), registry["request"], key, "approve", {})
    return key


def _forget_lines(maker: Any, key: str) -> None:
    unit.save(system(), registry["order"], key, {"lines": []})


OBSTRUCTED = {"order.submit": _forget_lines, "order.revise": _forget_lines}
