"""What one version of a policy changes against another: field by field, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.console import words
from app.infra.fields import child_fields, field
from app.kernel.resource import registry
from app.modules.approvals.console import policy_sentences
from app.modules.approvals.console.policy_sentences import Names
from app.modules.approvals.domain.policy import Policy, Rule
from app.modules.approvals.models import ApprovalPolicy

_HEAD = (
    "name", "document", "entity", "currency", "same_person", "fallback_role", "reopen_from_stage", "material_percent",
    "material_amount",
)  # fmt: skip
_RULE = (
    "label", "effect", "reason", "stage", "resolver", "person", "role", "levels", "mode", "quorum", "due_days", "on_due",
    "delegable", "fallback",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is another one now; empty where there was or is none."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one rule, or to the policy itself: `added`, `removed`, `changed`; with words and differences."""

    kind: str
    title: str
    text: str = ""
    differences: tuple[Difference, ...] = ()
    position: int | None = None


def between(before: Policy, after: Policy, names: Names) -> tuple[Change, ...]:
    """List what another version changes, in the order of its rules; what is gone comes last."""
    own = tuple(_differences(ApprovalPolicy, _HEAD, before, after, names))
    changes = [Change("changed", "The policy itself", differences=own)] if own else []
    for position, rule in enumerate(after.rules):
        earlier = before.rule(rule.code)
        if earlier is None:
            changes.append(Change("added", _title(rule), _said(rule, after, names), position=position))
        elif differences := tuple(_of_rule(earlier, rule, before, after, names)):
            changes.append(Change("changed", _title(rule), differences=differences, position=position))
    gone = [rule for rule in before.rules if after.rule(rule.code) is None]
    changes += [Change("removed", _title(rule), _said(rule, before, names)) for rule in gone]
    return (*changes, *_order(before, after))


def _of_rule(earlier: Rule, rule: Rule, before: Policy, after: Policy, names: Names) -> Iterator[Difference]:
    was, now = (
        policy_sentences.when(each, of.currency or "", names) for each, of in ((earlier, before), (rule, after))
    )
    if was != now:
        yield Difference("When", was, now)
    rows = child_fields(next(each for each in registry["approval_policy"].children if each.name == "rules"))
    for name in _RULE:
        old, new = (_value(getattr(each, name), name, names) for each in (earlier, rule))
        if old != new:
            yield Difference(rows[name].label, old, new)


def _differences(model: Any, fields: Sequence[str], before: Any, after: Any, names: Names) -> Iterator[Difference]:
    for name in fields:
        old, new = (_value(getattr(each, name), name, names) for each in (before, after))
        if old != new:
            yield Difference(field(model, name).label, old, new)


def _order(before: Policy, after: Policy) -> Iterator[Change]:
    """Say that rules stand in another order, which decides where one approves at once."""
    old = [rule.code for rule in before.rules if after.rule(rule.code)]
    new = [rule.code for rule in after.rules if before.rule(rule.code)]
    if old != new:
        yield Change(
            "changed", "Order of the rules", differences=(Difference("Order", ", ".join(old), ", ".join(new)),)
        )


def _value(value: Any, name: str, names: Names) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | Decimal):
        return words.number(value)
    return names.get((name, value), value) if isinstance(value, str) else str(value.label)


def _title(rule: Rule) -> str:
    return f"{rule.code} {rule.label}"


def _said(rule: Rule, policy: Policy, names: Names) -> str:
    told = policy_sentences.sentence(rule, policy.currency or "", names)
    return ", ".join(filter(None, (f"{told.when}: {told.then}", told.terms)))
