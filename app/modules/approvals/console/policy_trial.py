"""What a version of a policy would make of one document: who would be asked and why, and how every rule answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.console import words
from app.console.gate import Visit
from app.infra import unit
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.modules.approvals.console import policy_checks, why
from app.modules.approvals.console.policy_typed import Typed
from app.modules.approvals.models import ApprovalPolicy
from app.modules.approvals.service import Preview, policies


@dataclass(frozen=True, slots=True)
class Asked:
    """A step that would be asked: its people, how each was found, and why the step is there."""

    label: str
    stage: int
    people: tuple[tuple[str, str], ...]
    needed: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Trial:
    """The answer of a policy for one document."""

    document: str
    sentence: str
    tone: str
    steps: tuple[Asked, ...] = ()
    warnings: tuple[str, ...] = ()
    rules: tuple[why.Rule, ...] = ()


def of_row(visit: Visit, row: ApprovalPolicy, document: str) -> Trial:
    """Try a stored version."""
    try:
        return _answer(visit.context, row, document)
    except Refused as refusal:
        return _refused(document, refusal)


def of_typed(visit: Visit, key: str, sent: Typed, document: str) -> Trial:
    """Try what is typed, as if it were saved now; nothing of it stays, and nobody is asked."""
    try:
        with unit.rehearsal(visit.context, "approval_policy.try_on") as bound:
            answer = _answer(bound, policy_checks.written(bound, key, sent), document)
    except Refused as refusal:
        return _refused(document, refusal)
    return answer


def _answer(context: Context, row: ApprovalPolicy, document: str) -> Trial:
    found = policies.try_on(context, row, document.strip())
    return Trial(
        document=document.strip(),
        sentence=found.sentence,
        tone="bad" if found.blocks else "ok" if found.auto else "info",
        steps=tuple(_asked(step) for step in found.steps),
        warnings=found.warnings,
        rules=_rules(found),
    )


def _rules(found: Preview) -> tuple[why.Rule, ...]:
    """Show what applies first; what does not stays below, to be looked up."""
    answered = [why.rule(told) for told in found.explanation]
    return tuple(sorted(answered, key=lambda each: each.tone != "ok"))


def _asked(step: Any) -> Asked:
    people = tuple((str(chosen.person), chosen.via) for chosen in step.people)
    places = len({chosen.place for chosen in step.people})
    needed = "" if places <= 1 else "any of them" if step.needed == 1 else f"{words.number(step.needed)} of {places}"
    return Asked(step.label, step.stage, people, needed, step.reason, step.note)


def _refused(document: str, refusal: Refused) -> Trial:
    return Trial(document, " ".join(problem.message for problem in refusal.problems), "warn")
