"""What valid invoices look like, and how they come to their states: taken in by a clerk, decided by others."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from sqlalchemy import text

from app.infra import identity, unit
from app.infra.db import db
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import context_of, person, system
from tests.factories.requests import DECIDER, decider

CLERK = "billing.1"
_LEFT_OUT = (
    "kind", "stated_supplier", "stated_order", "stated_preceding", "delivered_on", "stated_due_on", "discount_percent",
    "discount_days", "terms_text", "account", "payment_reference", "allowances", "charges", "prepaid", "rounding", "method",
    "payment_days",
)  # fmt: skip


def invoice(maker: Any, number: int) -> dict[str, Any]:
    """Make a form that matches: without order, adding up, from an approved supplier."""
    clerk(maker)
    line = {"category": maker.key("category"), "unit": "C62", "price": "12.50", "tax_category": "S", "tax_rate": "20"}
    return {
        **dict.fromkeys(_LEFT_OUT),
        "kind": "invoice",
        "supplier": _supplier(maker),
        "supplier_number": f"R{number:05}",
        "entity": maker.key("entity"),
        "currency": maker.key("currency"),
        "issued_on": "2026-11-02",
        "received_on": "2026-11-03",
        "lines_total": "37.50",
        "net_total": "37.50",
        "tax_total": "7.50",
        "total": "45.00",
        "payable": "45.00",
        "lines": [
            {**line, "text": f"Filter set {number}", "quantity": "2", "amount": "25.00"},
            {**line, "text": "Lamp", "quantity": "1", "amount": "12.50"},
        ],
        "splits": [],
        "adjustments": [{"text": "Freight, included", "code": "FC", "amount": "0.00"}],
        "taxes": [{"category": "S", "rate": "20", "basis": "37.50", "amount": "7.50"}],
    }


def _supplier(maker: Any) -> str:
    """Give a supplier that may be paid."""
    if "payable_supplier" not in maker.made:
        form = {"tax_ids": [], "contacts": [], "tax_id_waiver": "It has none", "payment_days": 30}
        key = maker.create(registry["supplier"], **form)
        with contextlib.suppress(Refused):
            unit.execute(system(id=992), registry["supplier"], key, "acknowledge_duplicates", {"reason": "Another"})
        unit.execute(system(id=992), registry["supplier"], key, "approve", {})
        maker.made["payable_supplier"] = key
    return str(maker.made["payable_supplier"])


def tolerance(maker: Any, number: int) -> dict[str, Any]:
    """Make a form of a tolerance of a supplier of its own."""
    return {
        "code": f"TOL-{number}",
        "measure": "unit_price",
        "supplier": maker.create(registry["supplier"]),
        **dict.fromkeys(
            ("entity", "category", "currency", "under_percent", "under_amount", "cap_percent", "cap_amount")
        ),
        "over_percent": "5",
        "over_amount": "20.00",
    }


FORMS = {"invoice": invoice, "tolerance": tolerance}


def clerk(maker: Any) -> Context:
    """Give whoever takes invoices in, with a policy that asks the decider about them."""
    if "invoice_clerk" not in maker.made:
        with db.engine.connect() as connection:
            known = connection.execute(text("SELECT 1 FROM person WHERE code = :code"), {"code": CLERK}).first()
        if not known:
            person(CLERK, "AP clerk")
        maker.made["invoice_clerk"] = True
    decider(maker)
    _policy(maker)
    session = db.session()
    found = identity.find_user(session, CLERK)
    assert found is not None
    return context_of(identity.actor_of(session, found))


def _policy(maker: Any) -> None:
    entity = maker.key("entity")
    statement = text(
        "SELECT count(*) FROM approval_policy p JOIN approval_rule r ON r.policy_id = p.id"
        " WHERE p.document = 'invoice' AND p.state = 'published' AND p.entity_id = (SELECT id FROM entity WHERE code = :entity)"
        " AND r.person_id = (SELECT id FROM person WHERE code = :code)"
    )
    with db.engine.connect() as connection:
        if connection.execute(statement, {"entity": entity, "code": DECIDER}).scalar_one():
            return
    step = {"code": "ALL", "label": "Agreement", "effect": "require", "resolver": "person", "person": DECIDER}
    form = {"name": f"Invoices of {entity}", "document": "invoice", "entity": entity, "fallback_role": "Controller"}
    key = unit.create(system(), registry["approval_policy"], {**form, "rules": [step], "conditions": []}).key
    unit.execute(system(id=991), registry["approval_policy"], key, "publish", {})


_REASON = {"reason": "As agreed"}


def _charge(key: str) -> None:
    """Let a cost centre of its entity pay an invoice that nobody pays yet."""
    statement = text(
        "SELECT i.state, i.cost_centre_id, e.code FROM invoice i JOIN entity e ON e.id = i.entity_id WHERE i.reference = :key"
    )
    centres = text(
        "SELECT c.code FROM cost_centre c JOIN entity e ON e.id = c.entity_id WHERE e.code = :entity ORDER BY c.id"
    )
    with db.engine.connect() as connection:
        state, paid_by, entity = connection.execute(statement, {"key": key}).one()
        known = connection.execute(centres, {"entity": entity}).scalars().first()
    if paid_by is None and state in ("captured", "exception"):
        centre = (
            known
            or unit.create(
                system(), registry["cost_centre"], {"code": f"CC-{entity}", "name": "All", "entity": entity}
            ).key
        )
        unit.save(system(), registry["invoice"], key, {"cost_centre": centre})


def _run(maker: Any, key: str, *names: str) -> None:
    for name in names:
        if name == "match":
            _charge(key)
        context = decider(maker) if name == "approve" else clerk(maker) if name == "submit" else system()
        arguments = _REASON if name in ("turn_away", "void", "hold") else {}
        unit.execute(context, registry["invoice"], key, name, arguments)


def _route(*names: str) -> Any:
    return lambda maker, key: _run(maker, key, *names)


def _dispute(maker: Any, key: str) -> None:
    """State a total that does not add up."""
    unit.save(system(), registry["invoice"], key, {"total": "46.00", "payable": "46.00"})
    _run(maker, key, "match")


def exception(maker: Any) -> str:
    """Raise an exception of an invoice that does not add up; give its number."""
    key = maker.create(registry["invoice"])
    _dispute(maker, key)
    statement = text(
        "SELECT e.number FROM invoice_exception e JOIN invoice i ON i.id = e.invoice_id"
        " WHERE i.reference = :key AND e.state = 'open' AND e.kind = 'totals' ORDER BY e.id LIMIT 1"
    )
    with db.engine.connect() as connection:
        return str(connection.execute(statement, {"key": key}).scalar_one())


def _invoice_of(key: str) -> str:
    statement = text(
        "SELECT i.reference FROM invoice i JOIN invoice_exception e ON i.id = e.invoice_id WHERE e.number = :key"
    )
    with db.engine.connect() as connection:
        return str(connection.execute(statement, {"key": key}).scalar_one())


def _drop(maker: Any, key: str) -> None:
    _run(maker, _invoice_of(key), "turn_away")


def _solve(maker: Any, key: str) -> None:
    unit.save(system(), registry["invoice"], _invoice_of(key), {"total": "45.00", "payable": "45.00"})
    _run(maker, _invoice_of(key), "match")


ROWS = {"invoice_exception": exception}

ROUTES = {
    ("invoice", "exception"): _dispute,
    ("invoice", "matched"): _route("match"),
    ("invoice", "approved"): _route("match", "submit", "approve"),
    ("invoice", "posted"): _route("match", "submit", "approve", "post"),
    ("invoice", "void"): _route("match", "submit", "approve", "post", "void"),
    ("invoice", "rejected"): _route("turn_away"),
    ("invoice_exception", "dropped"): _drop,
    ("invoice_exception", "solved"): _solve,
}


def _ask(maker: Any, key: str) -> None:
    """Ask about the invoice; let the account the row is made for decide, as somebody with the right to hand it on would."""
    _submit(maker, key)
    if not maker.owner:
        return
    with db.engine.connect() as connection:
        code = connection.execute(text("SELECT code FROM person WHERE user_id = :id"), {"id": maker.owner}).scalar_one()
        found = connection.execute(
            text("SELECT number FROM approval WHERE resource = 'invoice' AND document_key = :key AND state = 'open'"),
            {"key": key},
        )
        number = found.scalar_one()
    with contextlib.suppress(Refused):  # whoever may not decide is not asked either
        unit.execute(system(), registry["approval"], number, "reassign", {"to": code, "reason": "Stands in"})


def _submit(maker: Any, key: str) -> None:
    """Ask about the invoice, mended and matched before where it is not."""
    with db.engine.connect() as connection:
        state = connection.execute(text("SELECT state FROM invoice WHERE reference = :key"), {"key": key}).scalar_one()
    if state == "approved":
        return
    if state == "exception":
        unit.save(system(), registry["invoice"], key, {"total": "45.00", "payable": "45.00"})
    if state in ("captured", "exception"):
        _run(maker, key, "match")
    unit.execute(clerk(maker), registry["invoice"], key, "submit", {})


def _hold(maker: Any, key: str) -> None:
    _run(maker, key, "hold")


def _address_to_others(maker: Any, key: str) -> None:
    """Let the exception be that its invoice names a buyer who is none of our companies."""
    parsed = {"kind": "invoice", "number": "R-1", "currency": "EUR", "buyer": {"name": "Strangers & Sons Ltd"}}
    asked = "UPDATE invoice_exception SET kind = 'addressee', mark = 'addressee:addressee_unknown:' WHERE number = :key"
    named = "UPDATE invoice SET parsed = CAST(:parsed AS jsonb) WHERE reference = :key"
    with db.engine.begin() as connection:
        connection.execute(text(asked), {"key": key})
        connection.execute(text(named), {"key": _invoice_of(key), "parsed": json.dumps(parsed)})
    _run(maker, _invoice_of(key), "match")


PREPARED = {
    "invoice.approve": _ask,
    "invoice.reject": _ask,
    "invoice.request_changes": _ask,
    "invoice.release": _hold,
    "invoice.withdraw": _submit,
    "invoice_exception.assign": _address_to_others,
}

OBSTRUCTED = {"invoice.submit": _submit, "invoice.hold": _hold}
