"""A policy and a document read into the plain values that rules are asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.problem import Kind, Problem, Refused
from app.modules.approvals import queries
from app.modules.approvals.domain.conditions import Condition, Scale
from app.modules.approvals.domain.content import canonical
from app.modules.approvals.domain.facts import GIVEN, KINDS
from app.modules.approvals.domain.facts import Kind as FactKind
from app.modules.approvals.domain.policy import Policy, Rule
from app.modules.approvals.models import ApprovalPolicy, ApprovalRule
from app.modules.approvals.queries import Branch
from app.modules.approvals.service.cases import Case
from app.modules.directory import queries as directory

# A supplier entered this short a time ago counts as new.
NEW_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a document refers to, read once: trees with their owners, and the facts that follow."""

    trees: Mapping[str, Mapping[int, tuple[Branch, ...]]]
    supplier_owner: int | None
    facts: Mapping[str, Any]

    def owners(self, tree: str) -> list[tuple[int | None, str]]:
        """Give for each row of a tree its owner, or the nearest one above, and what they own."""
        found = []
        for trail in self.trees.get(tree, {}).values():
            owning = next((branch for branch in reversed(trail) if branch.owner_id is not None), None)
            found.append((owning.owner_id if owning else None, (owning or trail[-1]).code))
        return found

    @property
    def cost_centres(self) -> tuple[int, ...]:
        """List the cost centres with all above them, where a role may hold."""
        return tuple(sorted({branch.id for trail in self.trees["cost_centre"].values() for branch in trail}))


def policy_value(row: ApprovalPolicy) -> Policy:
    """Read a policy into a value that can be asked and hashed."""
    return Policy(
        document=row.document,
        rules=tuple(_rule(row, rule) for rule in row.rules),
        name=row.name,
        entity=row.entity.code if row.entity else None,
        currency=row.currency.code if row.currency else None,
        same_person=row.same_person,
        reopen_from_stage=row.reopen_from_stage,
        material_percent=row.material_percent,
        material_amount=row.material_amount,
        fallback_role=row.fallback_role,
    )


def surroundings(context: Context, case: Case) -> Surroundings:
    """Read everything a document refers to that a policy may ask about."""
    own = [] if case.requester.cost_centre_id is None else [case.requester.cost_centre_id]
    centres = queries.branches(context, queries.TREES["cost_centre"], {*case.cost_centres, *own})
    trees = {
        "cost_centre": {each: centres[each] for each in case.cost_centres if each in centres},
        "category": queries.branches(context, queries.TREES["category"], case.categories),
        "project": queries.branches(context, queries.TREES["project"], case.projects),
    }
    supplier = queries.find_supplier(context, case.supplier)
    facts = {
        **_given(case),
        "amount": _amount(case, case.bound.amount),
        "entity": case.entity.code,
        "requester": case.requester.code,
        "requester_cost_centre": [_codes(centres[each]) for each in own if each in centres],
        "supplier": supplier.code if supplier else None,
        "supplier_state": supplier.state if supplier else None,
        "supplier_new": None if supplier is None else context.now - supplier.created_at < NEW_FOR,
        **{name: [_codes(trail) for trail in known.values()] for name, known in trees.items()},
    }
    return Surroundings(trees, supplier.owner_id if supplier else None, facts)


def scale_of(context: Context, policy: ApprovalPolicy, case: Case) -> tuple[Scale, dict[str, Any]]:
    """Tell in which currencies the policy and the document count, and by which rate; refuse where none is known."""
    base = case.entity.base_currency
    if policy.currency is None or policy.currency.id == base.id:
        return Scale(base.code, base.code), {"currency": base.code}
    rate = directory.find_rate(context, policy.currency.id, base.id, context.today)
    if rate is None:
        message = (
            f"There is no exchange rate between {policy.currency} and {base}, so the amounts of {policy.number} cannot be "
            "compared. Enter a rate under Exchange rates."
        )
        raise Refused(Kind.INVALID, Problem("no_rate", message, None, {"from": policy.currency.code, "to": base.code}))
    told = {
        "currency": base.code,
        "written_in": policy.currency.code,
        "rate": canonical(rate.rate),
        "rate_on": canonical(rate.valid_on),
        "rate_source": rate.source,
    }
    return Scale(policy.currency.code, base.code, rate.rate), told


def stored_scale(frozen: Mapping[str, Any]) -> Scale:
    """Read back by which rate a round was judged."""
    base = frozen["currency"]
    return Scale(frozen.get("written_in", base), base, Decimal(frozen.get("rate", "1")))


def _rule(policy: ApprovalPolicy, row: ApprovalRule) -> Rule:
    conditions = tuple(
        Condition(each.fact, each.operator, (each.value or "").strip(), each.alternative)
        for each in policy.conditions
        if each.rule == row.code
    )
    return Rule(
        code=row.code,
        label=row.label,
        effect=row.effect,
        conditions=conditions,
        reason=row.reason or "",
        stage=row.stage,
        resolver=row.resolver,
        person=row.person.code if row.person else "",
        role=row.role or "",
        levels=row.levels,
        mode=row.mode,
        quorum=row.quorum,
        due_days=row.due_days,
        on_due=row.on_due,
        delegable=row.delegable,
        fallback=row.fallback,
    )


def _given(case: Case) -> dict[str, Any]:
    unknown = set(case.facts) - GIVEN
    if unknown:
        raise ValueError(f"{case.resource} gives facts that no policy knows: {', '.join(sorted(unknown))}")
    told: dict[str, Any] = {}
    for name in sorted(GIVEN):
        value = case.facts.get(name)
        if value is not None and KINDS[name] is FactKind.MONEY:
            value = _amount(case, value)
        elif value is not None and KINDS[name] is FactKind.NUMBER:
            value = canonical(Decimal(value))
        told[name] = value
    return told


def _amount(case: Case, amount: Decimal) -> str:
    return f"{Money(amount, case.entity.base_currency.code).rounded().amount:f}"


def _codes(trail: tuple[Branch, ...]) -> list[str]:
    return [branch.code for branch in trail]
