"""A rule as people read it: when it applies, what follows, and under which terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.console import words
from app.console.gate import Visit
from app.infra import scope
from app.kernel.resource import registry
from app.modules.approvals.domain.conditions import Condition, codes_of, why_not_condition
from app.modules.approvals.domain.facts import FACTS, FactName, Kind, Operator
from app.modules.approvals.domain.policy import Effect, Fallback, Mode, OnDue, Resolver, Rule

#: What codes stand for, by the resource they name and the code: `("category", "IT")`.
Names = Mapping[tuple[str, str], str]
UNFINISHED = "…"

_FLAGS = {
    FactName.SUPPLIER_NEW: ("the supplier is new", "the supplier is not new"),
    FactName.ON_BEHALF: ("it is for someone else", "it is for the requester"),
    FactName.CATALOGUE_ONLY: ("all of it is from the catalogue", "not all of it is from the catalogue"),
    FactName.FREE_TEXT: ("it has free text lines", "it has no free text lines"),
}
_BRANCHES = {
    Operator.WITHIN: "is in or below",
    Operator.ALL_WITHIN: "is all in or below",
    Operator.NOT_WITHIN: "is nowhere in or below",
}
_ON_DUE = {
    OnDue.REMIND: "then remind them",
    OnDue.ESCALATE: "then ask their manager as well",
    OnDue.REASSIGN: "then ask someone else instead",
}
_OWNED = {
    Resolver.COST_CENTRE: ("cost centre", "cost centres"),
    Resolver.CATEGORY: ("category", "categories"),
    Resolver.PROJECT: ("project", "projects"),
    Resolver.SUPPLIER: ("supplier", "suppliers"),
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A rule in words: `Amount is at least 5 000 EUR`, `ask the first manager whose limit covers it`, `stage 2`."""

    when: str
    then: str
    terms: str = ""


def sentence(rule: Rule, currency: str, names: Names) -> Sentence:
    """Say a rule in words."""
    return Sentence(when(rule, currency, names), then(rule, names), terms(rule))


def when(rule: Rule, currency: str, names: Names) -> str:
    """Say when a rule applies."""
    groups = [" and ".join(_condition(each, currency, names) for each in group) for group in rule.alternatives if group]
    said = ", or ".join(groups)
    return f"{said[:1].upper()}{said[1:]}" if said else "Always"


def then(rule: Rule, names: Names) -> str:
    """Say what follows."""
    told = f": “{rule.reason}”" if rule.reason else ""
    if rule.effect is Effect.REQUIRE:
        return f"ask {_who(rule, names)}"
    if rule.effect is Effect.NOTIFY:
        return f"tell {_who(rule, names)}"
    return {Effect.AUTO_APPROVE: "approve at once", Effect.BLOCK: f"block it{told}", Effect.WARN: f"warn{told}"}[
        rule.effect
    ]


def terms(rule: Rule) -> str:
    """Say in which order, until when, and by whom else a step is decided."""
    if rule.effect is not Effect.REQUIRE:
        return ""
    said = [f"stage {rule.stage}"]
    if rule.due_days is not None:
        said.append(f"within {words.count(rule.due_days, 'day', 'days')}, {_ON_DUE[rule.on_due]}")
    if not rule.delegable:
        said.append("no deputies")
    if rule.fallback is Fallback.ROLE:
        said.append("else the fallback role")
    elif rule.fallback is Fallback.NOBODY:
        said.append("else it is refused")
    return ", ".join(said)


def names_of(visit: Visit, rules: Iterable[Rule]) -> Names:
    """Tell what the codes in rules stand for, among what the reader may see."""
    wanted: dict[str, set[str]] = {}
    for rule in rules:
        if rule.person:
            wanted.setdefault("person", set()).add(rule.person)
        for condition in rule.conditions:
            wanted.setdefault(FACTS[condition.fact].target, set()).update(codes_of(condition))
    found: dict[tuple[str, str], str] = {}
    for target, codes in wanted.items():
        if codes and target:
            resource = registry[target]
            statement = scope.select_rows(visit.context, resource).where(resource.model.code.in_(codes))
            found |= {(target, row.code): str(row) for row in visit.context.session.scalars(statement).unique()}
    return found


def amount(value: Decimal, currency: str) -> str:
    """Write an amount of a rule as short as it can be: `5 000 EUR`, `99.50 EUR`."""
    written = words.number(value) if value == value.to_integral_value() else words.amount(value, currency or None)
    return f"{written}{words.SPACE}{currency}" if currency else written


def _condition(condition: Condition, currency: str, names: Names) -> str:
    fact = FACTS[condition.fact]
    label = words.lower_first(fact.name.label)
    if condition.operator in (Operator.EMPTY, Operator.FILLED):
        return f"{label} {condition.operator.label}"
    if why_not_condition(condition):
        return f"{label} {condition.operator.label} {UNFINISHED}"
    if fact.kind is Kind.FLAG:
        return _FLAGS.get(condition.fact, (label, f"not {label}"))[condition.value != "yes"]
    if fact.kind is Kind.MONEY:
        return f"{label} {condition.operator.label} {amount(Decimal(condition.value), currency)}"
    if fact.kind is Kind.NUMBER:
        return f"{label} {condition.operator.label} {words.number(Decimal(condition.value))}"
    if fact.kind is Kind.CHOICE:
        known = dict(fact.choices)
        listed = [words.lower_first(known[code]) for code in _codes(condition)]
        return f"{label} {condition.operator.label} “{words.joined(listed, 'or')}”"
    listed = [names.get((fact.target, code), code) for code in codes_of(condition)]
    verb = _BRANCHES.get(condition.operator, condition.operator.label)
    return f"{label} {verb} {words.joined(listed, 'or')}"


def _codes(condition: Condition) -> list[str]:
    return [part.strip() for part in condition.value.split(",") if part.strip()]


def _who(rule: Rule, names: Names) -> str:
    resolver = rule.resolver
    if resolver is Resolver.PERSON:
        return names.get(("person", rule.person), rule.person) or UNFINISHED
    if resolver is Resolver.ROLE:
        return f"{_how_many(rule, 'anyone', 'everyone', 'people')} with the role {rule.role or UNFINISHED}"
    if resolver is Resolver.MANAGER:
        return "the requester's manager" if rule.levels == 1 else f"the manager {rule.levels} levels up"
    if resolver is Resolver.LIMIT:
        return "the first manager whose limit covers it"
    if resolver is Resolver.BUDGET:
        return f"{_how_many(rule, 'the owner', 'every owner', 'owners')} of an overrun budget"
    if resolver is None:
        return UNFINISHED
    one, many = _OWNED[resolver]
    return (
        f"the owner of the {one}"
        if rule.mode is Mode.ANY
        else f"{_how_many(rule, '', 'every owner', 'owners')} of its {many}"
    )


def _how_many(rule: Rule, one: str, every: str, several: str) -> str:
    if rule.mode is Mode.QUORUM:
        return f"{rule.quorum or UNFINISHED} {several}"
    return every if rule.mode is Mode.ALL else one
