"""A policy as a value: its rules, what follows from them for a document, and the hash of one version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from app.kernel.choice import Labelled
from app.modules.approvals.domain import content
from app.modules.approvals.domain.conditions import Answer, Condition, Scale, answer


class Effect(Labelled):
    """What follows when the conditions of a rule hold."""

    REQUIRE = "require", "Require a decision"
    AUTO_APPROVE = "auto_approve", "Approve at once"
    BLOCK = "block", "Block"
    WARN = "warn", "Warn"
    NOTIFY = "notify", "Tell"


class Resolver(Labelled):
    """How the people of a step are found."""

    PERSON = "person", "Person"
    ROLE = "role", "Everyone with a role here"
    MANAGER = "manager", "Manager, some levels up"
    LIMIT = "limit", "First manager whose limit covers it"
    COST_CENTRE = "owner_of_cost_centre", "Owner of the cost centre"
    CATEGORY = "owner_of_category", "Owner of the category"
    PROJECT = "owner_of_project", "Owner of the project"
    SUPPLIER = "owner_of_supplier", "Owner of the supplier"
    BUDGET = "budget_owner", "Owner of an overrun budget"


class Mode(Labelled):
    """How many of the people of a step have to agree."""

    ANY = "any", "Any of them"
    ALL = "all", "All of them"
    QUORUM = "quorum", "A number of them"


class OnDue(Labelled):
    """What happens when the time of a step has passed."""

    REMIND = "remind", "Remind them"
    ESCALATE = "escalate", "Ask their manager as well"
    REASSIGN = "reassign", "Ask someone else instead"


class Fallback(Labelled):
    """Who is asked in place of somebody who cannot decide."""

    MANAGER = "manager", "Next manager above, then the fallback role"
    ROLE = "role", "Fallback role"
    NOBODY = "nobody", "Nobody: refuse the document"


class SamePerson(Labelled):
    """Whether somebody who stands in two steps is asked for each."""

    ONCE = "once", "Asked once"
    EACH = "each", "Asked for each step"


@dataclass(frozen=True, slots=True)
class Rule:
    """When its conditions hold, an effect follows. `person` is a code; `due_days` None means that nothing is due."""

    code: str
    label: str
    effect: Effect
    conditions: tuple[Condition, ...] = ()
    reason: str = ""
    stage: int = 1
    resolver: Resolver | None = None
    person: str = ""
    role: str = ""
    levels: int = 1
    mode: Mode = Mode.ANY
    quorum: int | None = None
    due_days: int | None = None
    on_due: OnDue = OnDue.REMIND
    delegable: bool = True
    fallback: Fallback = Fallback.MANAGER

    @property
    def alternatives(self) -> tuple[tuple[Condition, ...], ...]:
        """Group the conditions: all of one alternative have to hold, and one alternative is enough."""
        numbers = sorted({condition.alternative for condition in self.conditions})
        groups = [tuple(each for each in self.conditions if each.alternative == number) for number in numbers]
        return tuple(groups) or ((),)


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the rules for one kind of document. `currency` None: amounts are in each entity's own currency."""

    document: str
    rules: tuple[Rule, ...]
    name: str = ""
    entity: str | None = None
    currency: str | None = None
    same_person: SamePerson = SamePerson.ONCE
    reopen_from_stage: int = 1
    material_percent: Decimal | None = None
    material_amount: Decimal | None = None
    fallback_role: str = ""

    def hash(self) -> str:
        """Give the hash of everything that is decided by this version."""
        return content.digest(asdict(self))

    def rule(self, code: str) -> Rule | None:
        """Find a rule by its code."""
        return next((rule for rule in self.rules if rule.code == code), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule as it was answered: its conditions, whether they hold, and whether it counted."""

    rule: Rule
    answers: tuple[Answer, ...]
    held: bool
    counted: bool

    @property
    def reason(self) -> str:
        """Say why the rule applies, in its own words or in those of its conditions."""
        if self.rule.reason:
            return self.rule.reason
        held = [each.condition.describe() for each in self.answers if each.held]
        return " and ".join(held) or "Every document"

    def told(self) -> dict[str, Any]:
        """Put it into plain values, as they are stored with a round and shown to people."""
        return {
            "rule": self.rule.code,
            "label": self.rule.label,
            "effect": self.rule.effect.value,
            "held": self.held,
            "counted": self.counted,
            "reason": self.reason,
            "conditions": [
                {
                    "fact": each.condition.fact.value,
                    "label": each.condition.fact.label,
                    "alternative": each.condition.alternative,
                    "operator": each.condition.operator.value,
                    "expected": each.expected,
                    "actual": each.actual,
                    "held": each.held,
                }
                for each in self.answers
            ],
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says about a document, with every rule it asked."""

    findings: tuple[Finding, ...]

    def of(self, effect: Effect) -> tuple[Finding, ...]:
        """List the rules of an effect that count."""
        return tuple(each for each in self.findings if each.counted and each.rule.effect is effect)

    @property
    def auto(self) -> bool:
        """Say whether it is approved at once: a rule says so, and none before it requires anybody."""
        return bool(self.of(Effect.AUTO_APPROVE)) and not self.of(Effect.REQUIRE)

    def told(self) -> list[dict[str, Any]]:
        """Put every rule into plain values."""
        return [finding.told() for finding in self.findings]


def evaluate(policy: Policy, facts: Mapping[str, Any], scale: Scale) -> Verdict:
    """Ask every rule in its order. Below a rule that approves at once none requires anybody; all others still count."""
    findings: list[Finding] = []
    settled = False
    for rule in policy.rules:
        answers = tuple(answer(condition, facts, scale) for condition in rule.conditions)
        held = _holds(rule, answers)
        counted = held and not (settled and rule.effect in (Effect.REQUIRE, Effect.AUTO_APPROVE))
        findings.append(Finding(rule, answers, held, counted))
        settled = settled or (held and rule.effect is Effect.AUTO_APPROVE)
    return Verdict(tuple(findings))


def _holds(rule: Rule, answers: tuple[Answer, ...]) -> bool:
    """Say whether all conditions of one alternative hold; a rule without conditions always does."""
    if not answers:
        return True
    failed = {each.condition.alternative for each in answers if not each.held}
    return any(each.condition.alternative not in failed for each in answers)
