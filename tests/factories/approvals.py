"""Policies, rounds and delegations as tests need them; a project stands for the documents that are decided about."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from app.infra import identity, scope, unit
from app.infra.db import db
from app.infra.intake import find_row
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.approvals import service
from app.modules.approvals.domain.content import Bound
from app.modules.approvals.service import Case
from app.modules.directory.models import Person, Project
from tests.acting import context_of, person, system

DOCUMENT = "project"
# What the project of a test is worth, who asks, and what else is known of it, by its id.
SAID: dict[int, dict[str, Any]] = {}


def case_of(context: Context, project: Project) -> Case:
    """Read a project as the document of a test."""
    said = SAID.get(project.id, {})
    requester = said.get("requester") or project.owner_id
    people = scope.everything(Person, why="a test asks for them").where(Person.id == requester)
    return Case(
        resource=DOCUMENT,
        row_id=project.id,
        key=project.code,
        title=said.get("title", project.name),
        requester=context.session.scalars(people).one(),
        entity=project.entity,
        bound=bound_of(context, project),
        excluded=frozenset(said.get("excluded", ())),
        cost_centres=_centres(project),
        categories=said.get("categories", ()),
        projects=(project.id,),
        supplier=said.get("supplier"),
        facts={
            "currency": "EUR",
            "lines": 1,
            "files": 0,
            "catalogue_only": False,
            "on_behalf": False,
            **said.get("facts", {}),
        },
        demands=said.get("demands", ()),
    )


def bound_of(context: Context, project: Project) -> Bound:
    """Tell what an approval of it is bound to."""
    said = SAID.get(project.id, {})
    content = {"supplier": said.get("supplier"), "cost_centres": _centres(project), **said.get("content", {})}
    return Bound(content, Decimal(said.get("amount", "100.00")), project.entity.base_currency.code)


def _centres(project: Project) -> tuple[int, ...]:
    own = (project.cost_centre_id,) if project.cost_centre_id else ()
    return tuple(SAID.get(project.id, {}).get("cost_centres", own))


if DOCUMENT not in service.kinds():
    service.declare_document(DOCUMENT, case_of, bound_of)


def someone(code: str, *roles: str, **place: Any) -> str:
    """See that there is a person of this code who works with Outlay; give the code."""
    with db.engine.connect() as connection:
        known = connection.execute(text("SELECT 1 FROM person WHERE code = :code"), {"code": code}).first()
    if not known:
        person(code, *roles, **place)
    return code


def as_person(code: str) -> Context:
    """Act as a person, with the roles they hold now."""
    found = identity.find_user(db.session(), code)
    assert found is not None
    return context_of(identity.actor_of(db.session(), found))


def staff(maker: Any) -> None:
    """See that two people hold the fallback role, so that neither is the only one."""
    for number in (1, 2):
        someone(f"controlling.{number}", "Controller")


_STEP = {
    "effect": "require", "stage": 1, "resolver": "role", "role": "Controller", "levels": 1, "mode": "any",
    "on_due": "remind", "delegable": True, "fallback": "manager",
}  # fmt: skip


def policy(maker: Any, number: int) -> dict[str, Any]:
    staff(maker)
    return {
        "name": f"Purchases {number}",
        "document": DOCUMENT,
        "entity": maker.create(registry["entity"]),
        "currency": maker.key("currency"),
        "same_person": "once",
        "fallback_role": "Controller",
        "reopen_from_stage": 1,
        "material_percent": "10",
        "material_amount": "100.00",
        "note": "Agreed by the board",
        "rules": [
            {**_STEP, "code": "ALL", "label": "Controlling", "due_days": 3},
            {**_STEP, "code": "CFO", "label": "CFO", "stage": 2, "mode": "quorum", "quorum": 2, "reason": "Total is over 10 000"},
        ],
        "conditions": [{"rule": "CFO", "alternative": 1, "fact": "amount", "operator": "above", "value": "10000"}],
    }  # fmt: skip


def delegation(maker: Any, number: int) -> dict[str, Any]:
    return {
        "person": _owner(maker),
        "deputy": someone("deputy.1", "Approver"),
        "from_on": "2026-11-20",
        "to_on": "2026-12-20",
        "document": next(maker.made.setdefault("documents", itertools.cycle((DOCUMENT, "request")))),
        "most_amount": None,  # whoever the row is made for may belong to no entity, and so to no currency
        "reason": f"Holiday {number}",
    }


def _owner(maker: Any) -> str:
    """Name the person whose account rows are made for, or somebody who is away."""
    with db.engine.connect() as connection:
        code = connection.execute(text("SELECT code FROM person WHERE user_id = :id"), {"id": maker.owner}).scalar()
    return str(code) if code else someone("away.1", "Approver")


def published(maker: Any, **changes: Any) -> str:
    """Publish a policy for the documents of tests, and give its number."""
    form = {**policy(maker, maker.next()), **changes}
    key = unit.create(system(), registry["approval_policy"], form).key
    unit.execute(system(id=991), registry["approval_policy"], key, "publish", {})
    return key


def open_round(maker: Any, **place: Any) -> str:
    """Have a decision asked for about some project, and give the number of the round."""
    known = maker.made.setdefault("policies", {})
    entity = place.get("entity") or maker.key("entity")
    if entity not in known:
        known[entity] = published(maker, entity=entity)
    requester = someone("requesting.1", "Requester")
    project = maker.create(registry["project"], owner=requester, entity=entity, cost_centre=place.get("cost_centre"))
    with unit.transaction(system(), "test.start") as bound:
        progress = service.start(bound, case_of(bound, find_row(bound, registry["project"], project)))
        return str(progress.approval.number)


def _ended(verdict: str) -> Any:
    def route(maker: Any, key: str) -> None:
        with unit.transaction(as_person("controlling.1"), "test.decide") as bound:
            approval = find_row(bound, registry["approval"], key)
            project = bound.session.get(Project, approval.row_id, execution_options={"scoped": True})
            if verdict in ("withdrawn", "superseded"):
                service.withdraw(bound, DOCUMENT, project.id, "No longer needed")
            else:
                service.decide(bound, DOCUMENT, project, verdict, "Seen")
            if verdict == "superseded":
                approval.state = "superseded"

    return route


FORMS = {"approval_policy": policy, "delegation": delegation}
ROWS = {"approval": open_round}
ROUTES = {
    ("approval", "open"): lambda maker, key: None,
    ("approval", "approved"): _ended("approve"),
    ("approval", "rejected"): _ended("reject"),
    ("approval", "returned"): _ended("return"),
    ("approval", "withdrawn"): _ended("withdrawn"),
    ("approval", "superseded"): _ended("superseded"),
}
ARGUMENTS = {
    "approval.reassign": lambda maker, key: {
        "to": someone("stepping.in", "Approver"), "instead_of": "controlling.1", "reason": "Knows the matter better",
    },
    "approval_policy.try_on": lambda maker, key: {
        "document": maker.create(registry["project"], owner=someone("requesting.1", "Requester")),
    },
}  # fmt: skip


def _leave_a_gap(maker: Any, key: str) -> None:
    """Let nobody decide what is small."""
    with unit.reading(system()) as bound:
        row = find_row(bound, registry["approval_policy"], key)
        rules = [
            {"code": rule.code, "label": rule.label, "resolver": "role", "role": "Controller"} for rule in row.rules
        ]
    conditions = [
        {"rule": rule["code"], "alternative": 1, "fact": "amount", "operator": "above", "value": "50"} for rule in rules
    ]
    unit.save(system(), registry["approval_policy"], key, {"rules": rules, "conditions": conditions})


OBSTRUCTED = {"approval_policy.publish": _leave_a_gap}
TODAY = date(2026, 11, 22)


def hear(*names: str) -> None:
    """Let approvals hear everything that was announced under these names, on the day the test plays."""
    from app.infra.outbox import OutboxEvent
    from app.modules.approvals import subscribers

    handlers = {"person": subscribers.hand_over, "delegation": subscribers.settle}
    with unit.transaction(system(), "test.hear") as bound:
        events = scope.everything(OutboxEvent, why="a test plays the worker").where(OutboxEvent.name.in_(names))
        for event in bound.session.scalars(events.order_by(OutboxEvent.id)):
            handlers[event.resource](bound, event)
