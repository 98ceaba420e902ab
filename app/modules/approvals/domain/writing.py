"""What is wrong with a policy as it is written down: each problem at its row and field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from app.kernel.problem import Problem
from app.modules.approvals.domain.conditions import Condition, why_not_condition
from app.modules.approvals.domain.policy import Effect, Mode, Resolver

_ASKING = (Effect.REQUIRE, Effect.NOTIFY)
MOST_LEVELS = 10
MOST_DAYS = 365
# Beside it `demand` would be taken for a step that a policy does not know of.
RESERVED = "demand"


def why_not_written(policy: Any) -> list[Problem]:
    """Say what is wrong with the rows of a policy, whoever they mean."""
    problems: list[Problem] = []
    counts = Counter(rule.code for rule in policy.rules)
    for position, rule in enumerate(policy.rules):
        problems += [problem.at(f"rules.{position}") for problem in _why_not_rule(rule, counts)]
    currency = policy.currency.code if policy.currency else None
    for position, condition in enumerate(policy.conditions):
        problems += [
            problem.at(f"conditions.{position}") for problem in _why_not_condition(condition, set(counts), currency)
        ]
    if policy.material_amount is not None and policy.currency is None:
        words = "Rise in money: choose the currency of the policy, or use a rise in percent."
        problems.append(Problem("no_currency", words, "material_amount"))
    return problems


def _why_not_rule(rule: Any, counts: Counter[str]) -> Iterator[Problem]:
    if counts[rule.code] > 1 or rule.code == RESERVED:
        yield Problem("taken", f"Code: another rule is called {rule.code}. Choose another.", "code")
    if rule.effect in _ASKING:
        yield from _why_not_resolver(rule)
    elif rule.resolver is not None:
        words = f"Who: nobody is asked by a rule to {rule.effect.label.lower()}. Leave it empty."
        yield Problem("not_needed", words, "resolver")
    if rule.mode is Mode.QUORUM and not (rule.quorum and rule.quorum > 0):
        yield Problem("required", "Number is missing. Enter how many have to agree, 1 or more.", "quorum")
    yield from _why_not_between("Stage", rule.stage, "stage", 1, 99)
    yield from _why_not_between("Levels up", rule.levels, "levels", 1, MOST_LEVELS)
    if rule.due_days is not None:
        yield from _why_not_between("Due in days", rule.due_days, "due_days", 1, MOST_DAYS)


def _why_not_resolver(rule: Any) -> Iterator[Problem]:
    if rule.resolver is None:
        yield Problem("required", "Who is missing. Choose how the people are found.", "resolver")
    if rule.resolver is Resolver.PERSON and rule.person is None:
        yield Problem("required", "Person is missing. Choose who it is.", "person")
    if rule.resolver is Resolver.ROLE and not rule.role:
        yield Problem("required", "Role is missing. Enter the name of a role, such as Controller.", "role")


def _why_not_between(label: str, value: int | None, field: str, least: int, most: int) -> Iterator[Problem]:
    if value is None or not least <= value <= most:
        yield Problem("out_of_range", f"{label}: enter a number from {least} to {most}.", field)


def _why_not_condition(row: Any, codes: Iterable[str], currency: str | None) -> list[Problem]:
    problems = []
    known = sorted(codes)
    if row.rule not in known:
        words = (
            f"Rule: there is no rule {row.rule}. Use one of {', '.join(known)}." if known else "Rule: add a rule first."
        )
        problems.append(Problem("unknown_rule", words, "rule"))
    if row.alternative is None or row.alternative < 1:
        problems.append(Problem("out_of_range", "Alternative: enter 1 or more.", "alternative"))
    return problems + why_not_condition(Condition(row.fact, row.operator, row.value or ""), currency)
