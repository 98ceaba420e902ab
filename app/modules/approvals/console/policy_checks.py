"""What stands beside a policy while it is written: what is wrong, what stands against publishing it, what it changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.console import addresses, words
from app.console.decode import Raw
from app.console.gate import Visit
from app.infra import unit
from app.infra.intake import Reader, find_row
from app.infra.reachable import Reachable
from app.kernel.actor import Context
from app.kernel.problem import Problem, Refused
from app.modules.approvals import queries
from app.modules.approvals.console import policy_changes, policy_ladders, policy_sentences, policy_typed
from app.modules.approvals.console.policy_changes import Change
from app.modules.approvals.console.policy_ladders import Ladder
from app.modules.approvals.console.policy_sentences import Names, Sentence
from app.modules.approvals.console.policy_typed import Typed
from app.modules.approvals.domain.policy import Policy
from app.modules.approvals.models import ApprovalPolicy
from app.modules.approvals.service import policies, reading

_PLACE = re.compile(r"(rules|conditions)\.(\d+)(?:\.(\w+))?")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend before it can be saved or published; `target` is the element that it is about."""

    text: str
    tone: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Against:
    """The version this one is held against, with what is different."""

    number: str
    text: str
    url: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What is told beside a policy. `can_save` is false while something typed is wrong."""

    findings: tuple[Finding, ...]
    can_save: bool
    ladders: tuple[Ladder, ...] = ()
    against: Against | None = None
    sentences: tuple[tuple[int, Sentence], ...] = ()

    @property
    def said(self) -> list[dict[str, Any]]:
        """Give the rules in words with their places, for a page that is open already."""
        return [{"at": at, "when": each.when, "then": each.then, "terms": each.terms} for at, each in self.sentences]

    @property
    def lead(self) -> str:
        """Say in one line how far it is from being published."""
        if not self.can_save:
            return "Still to do before it can be saved"
        if not self.findings:
            return "Ready to publish"
        return f"{words.count(len(self.findings), 'problem', 'problems')} before it can be published"


def of_typed(visit: Visit, key: str, sent: Typed) -> Told:
    """Check what is typed, as if it were saved now; nothing of it stays."""
    try:
        with unit.rehearsal(visit.context, "approval_policy.check") as bound:
            row = written(bound, key, sent)
            told = _of_row(visit, bound, row, sent.rules, sent.conditions)
    except Refused as refusal:
        rules = policy_typed.rules_of(sent.raw)
        names = policy_sentences.names_of(visit, rules)
        currency = str(sent.raw.get("currency") or "")
        said = tuple(
            (at, policy_sentences.sentence(rule, currency, names)) for at, rule in zip(sent.rules, rules, strict=True)
        )
        return Told(refused(refusal, sent), can_save=False, sentences=said)
    return told


def of_row(visit: Visit, row: ApprovalPolicy) -> Told:
    """Check a policy as it is stored."""
    return _of_row(visit, visit.context, row, tuple(range(len(row.rules))), tuple(range(len(row.conditions))))


def refused(refusal: Refused, sent: Typed) -> tuple[Finding, ...]:
    """Tell why something typed is not saved, naming the rule that each problem is in."""
    return tuple(
        replace(found, text=f"Rule {code}: {found.text}" if code else found.text)
        for problem in refusal.problems
        for found, code in [(_finding(problem, "warn", sent.rules, sent.conditions), _rule_of(problem, sent.raw))]
    )


def written(bound: Context, key: str, sent: Typed) -> ApprovalPolicy:
    """Write what is typed through the door, inside a change that will not stay."""
    policy = policy_typed.resource()
    if key:
        unit.save_within(bound, policy, key, sent.raw, Reader(bound))
    else:
        key = unit.create_within(bound, policy, sent.raw, Reader(bound)).key
    bound.session.flush()
    row: ApprovalPolicy = find_row(bound, policy, key)
    return row


def predecessor(context: Context, row: ApprovalPolicy) -> ApprovalPolicy | None:
    """Find the version this one is held against: for a draft the one in force, else the one it was made from."""
    if row.state == "draft" and (found := queries.list_in_force(context, row)):
        return found[0]
    return row.replaces


def compared(row: ApprovalPolicy, other: ApprovalPolicy, names: Names, url: str) -> Against:
    """Hold a version against another one."""
    state = " (in force)" if other.state == "published" else ""
    found = policy_changes.between(reading.policy_value(other), reading.policy_value(row), names)
    return Against(other.number, f"{other.number}, version {other.revision}{state}", url, found)


def _of_row(
    visit: Visit, context: Context, row: ApprovalPolicy, rules: Sequence[int], conditions: Sequence[int]
) -> Told:
    value, other = reading.policy_value(row), predecessor(context, row)
    names = known_names(visit, value, other)
    against = policies.why_not_publishable(context, row) if row.state == "draft" else []
    return Told(
        findings=tuple(_finding(problem, "bad", rules, conditions) for problem in against),
        can_save=True,
        ladders=policy_ladders.draw(value, names),
        against=compared(row, other, names, url_of(visit, other)) if other is not None else None,
        sentences=tuple(
            (at, policy_sentences.sentence(rule, value.currency or "", names))
            for at, rule in zip(rules, value.rules, strict=True)
        ),
    )


def known_names(visit: Visit, value: Policy, other: ApprovalPolicy | None) -> Names:
    """Tell what the codes of a version stand for, and those of the one it is held against."""
    more = reading.policy_value(other).rules if other is not None else ()
    return policy_sentences.names_of(visit, (*value.rules, *more))


def url_of(visit: Visit, row: ApprovalPolicy) -> str:
    """Give the address of a version, if the reader sees it."""
    return addresses.of_row(row) if row in Reachable(visit.context, [row]) else ""


def _rule_of(problem: Problem, raw: Raw) -> str:
    """Name the rule that a problem is in, unless its words do."""
    found = _PLACE.fullmatch(problem.field or "")
    if found is None:
        return ""
    rows = raw.get(found[1], ())
    row = rows[int(found[2])] if int(found[2]) < len(rows) else {}
    return str(row.get("code" if found[1] == "rules" else "rule") or "")


def _finding(problem: Problem, tone: str, rules: Sequence[int], conditions: Sequence[int]) -> Finding:
    """Tell a problem with the element it is about, which stands where the page has it."""
    return Finding(problem.message, tone, target_of(problem.field, {"rules": rules, "conditions": conditions}))


def target_of(where: str | None, places: dict[str, Any]) -> str:
    """Name the element of a field: `rules-2`, `rules-2-label`, `conditions-0-value`, `f-name`, `rules`."""
    found = _PLACE.fullmatch(where or "")
    if not found:
        return "rules" if where in ("rules", "conditions") else f"f-{where}" if where else ""
    at, listed = int(found[2]), places[found[1]]
    place = listed[at] if at < len(listed) else at
    return "-".join(filter(None, (found[1], str(place), found[3])))
