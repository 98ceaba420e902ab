"""What valid requests look like, and how they come to their states: by people who ask and others who decide."""

from __future__ import annotations

import contextlib
from typing import Any

from sqlalchemy import text

from app.infra import identity, unit
from app.infra.db import db
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import context_of, person, system

DECIDER = "deciding.1"


def request(maker: Any, number: int) -> dict[str, Any]:
    """Make a form that can be submitted; a house without a policy gets one with it."""
    decider(maker)
    line = {"unit": maker.key("unit"), "category": maker.key("category"), "unit_price": "12.50"}
    return {
        "title": f"Filter set for microscope {number}",
        "reason": "The lamp cannot separate the two channels.",
        "wanted_for": maker.key("person"),
        "cost_centre": maker.key("cost_centre"),
        "currency": maker.key("currency"),
        "deliver_to": maker.key("location"),
        "needed_by": "2026-12-18",
        "lines": [{**line, "text": f"Filter set {number}", "quantity": "2"}, {**line, "text": "Lamp", "quantity": "1"}],
        "splits": [],
    }


FORMS = {"request": request}


def decider(maker: Any) -> Context:
    """Give whoever decides on requests in the house, with a policy that asks them."""
    if "request_decider" not in maker.made:
        with db.engine.connect() as connection:
            known = connection.execute(text("SELECT 1 FROM person WHERE code = :code"), {"code": DECIDER}).first()
        if not known:
            person(DECIDER, "Approver", "Requester")
            for code in ("standing.in.1", "standing.in.2"):  # whoever decides may ask as well, and then others decide
                person(code, "Controller")
        maker.made["request_decider"] = True
    _policy(maker)
    session = db.session()
    found = identity.find_user(session, DECIDER)
    assert found is not None
    return context_of(identity.actor_of(session, found))


def _policy(maker: Any) -> None:
    """See that the policy in force asks the decider, whatever other tests have published."""
    statement = text(
        "SELECT count(*) FILTER (WHERE r.person_id = (SELECT id FROM person WHERE code = :code)) AS ours, count(*) AS all"
        " FROM approval_policy p JOIN approval_rule r ON r.policy_id = p.id"
        " WHERE p.document = 'request' AND p.state = 'published'"
        " AND coalesce(p.entity_id, (SELECT id FROM entity WHERE code = :entity)) = (SELECT id FROM entity WHERE code = :entity)"
    )
    entity = maker.key("entity")
    with db.engine.connect() as connection:
        ours, found = connection.execute(statement, {"code": DECIDER, "entity": entity}).one()
    if found and ours == found:
        return
    step = {"code": "ALL", "label": "Agreement", "effect": "require", "resolver": "person", "person": DECIDER}
    form = {"name": f"Requests of {entity}", "document": "request", "entity": entity, "fallback_role": "Controller"}
    key = unit.create(system(), registry["approval_policy"], {**form, "rules": [step], "conditions": []}).key
    unit.execute(system(id=991), registry["approval_policy"], key, "publish", {})


def _submit(maker: Any, key: str) -> None:
    decider(maker)
    unit.execute(system(), registry["request"], key, "submit", {})


def _then(command: str, by_decider: bool = True, **arguments: Any) -> Any:
    def route(maker: Any, key: str) -> None:
        _submit(maker, key)
        context = decider(maker)
        for name in ("approve",) if command in ("close", "cancel") else ():
            unit.execute(context, registry["request"], key, name, {})
        unit.execute(context if by_decider else system(), registry["request"], key, command, arguments)

    return route


ROUTES = {
    ("request", "submitted"): _submit,
    ("request", "approved"): _then("approve"),
    ("request", "rejected"): _then("reject", reason="Not this year"),
    ("request", "closed"): _then("close", by_decider=False),
}


def _ask(maker: Any, key: str) -> None:
    """Let the account the row is made for decide instead, as somebody with the right to hand it on would."""
    if not maker.owner:
        return
    with db.engine.connect() as connection:
        code = connection.execute(text("SELECT code FROM person WHERE user_id = :id"), {"id": maker.owner}).scalar_one()
        found = connection.execute(
            text("SELECT number FROM approval WHERE resource = 'request' AND document_key = :key AND state = 'open'"),
            {"key": key},
        )
        number = found.scalar_one()
    with contextlib.suppress(Refused):  # whoever may not decide is not asked either
        unit.execute(system(), registry["approval"], number, "reassign", {"to": code, "reason": "Stands in"})


PREPARED = {
    "request.approve": _ask,
    "request.reject": _ask,
    "request.request_changes": _ask,
}


def _forget_lines(maker: Any, key: str) -> None:
    unit.save(system(), registry["request"], key, {"lines": []})


OBSTRUCTED = {"request.submit": _forget_lines}
