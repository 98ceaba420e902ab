"""What a policy makes of a document: what it says, whom it asks, and what stands against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.kernel.actor import Context
from app.kernel.problem import Problem
from app.modules.approvals.domain.policy import (
    Effect,
    Fallback,
    Finding,
    Mode,
    OnDue,
    Policy,
    Resolver,
    Verdict,
    evaluate,
)
from app.modules.approvals.models import ApprovalPolicy
from app.modules.approvals.service import reading
from app.modules.approvals.service.cases import Case, Chosen, Demand, PlannedStep, Preview
from app.modules.approvals.service.people import Found, Search, Setting, needed

# A step that comes from elsewhere has no rule; it carries this instead of one.
DEMAND = "demand"


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it is to be asked, with everything that its row will hold."""

    rule: str
    label: str
    stage: int
    reason: str
    resolver: str
    found: Found
    mode: Mode = Mode.ANY
    due_days: int | None = None
    on_due: OnDue = OnDue.REMIND
    delegable: bool = True
    fallback: Fallback = Fallback.MANAGER


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that follows for a document from one version of a policy."""

    row: ApprovalPolicy
    policy: Policy
    verdict: Verdict
    facts: Mapping[str, Any]
    scale_told: Mapping[str, Any]
    setting: Setting
    steps: tuple[Step, ...]
    told: tuple[tuple[Finding, tuple[Chosen, ...]], ...]

    @property
    def problems(self) -> list[Problem]:
        """Say what stands against it: rules that block, and steps that nobody can take."""
        blocks = [
            Problem("blocked", each.reason, None, {"rule": each.rule.code}) for each in self.verdict.of(Effect.BLOCK)
        ]
        return [*blocks, *(_nobody(step) for step in self.steps if _is_short(step)), *self._undecided()]

    @property
    def auto(self) -> bool:
        """Say whether it is approved at once."""
        return self.verdict.auto and not self.steps

    def preview(self) -> Preview:
        """Put it into what people are shown before they submit."""
        steps = tuple(_planned(step) for step in sorted(self.steps, key=lambda step: step.stage))
        return Preview(
            blocks=tuple(self.problems),
            warnings=tuple(each.reason for each in self.verdict.of(Effect.WARN)),
            steps=steps,
            auto=self.auto,
            policy=self.row.number,
            sentence=_sentence(self, steps),
            explanation=tuple(self.verdict.told()),
        )

    def _undecided(self) -> list[Problem]:
        if self.steps or self.verdict.auto or self.verdict.of(Effect.BLOCK):
            return []
        message = f"No rule of {self.row.number} says who decides this. Ask a controller to add one."
        return [Problem("nobody_decides", message)]


def plan(context: Context, row: ApprovalPolicy, case: Case) -> Plan:
    """Ask a policy about a document and find the people it names; raises Refused where amounts cannot be compared."""
    policy = reading.policy_value(row)
    around = reading.surroundings(context, case)
    scale, scale_told = reading.scale_of(context, row, case)
    verdict = evaluate(policy, around.facts, scale)
    setting = Setting(
        resource=case.resource,
        requester=case.requester,
        excluded=frozenset({case.requester.id, *case.excluded}),
        entity=case.entity,
        cost_centres=around.cost_centres,
        amount=case.bound.amount,
        fallback_role=policy.fallback_role,
        owners=around.owners,
        supplier_owner=around.supplier_owner,
        demanded=tuple(person for demand in case.demands for person in demand.persons),
    )
    search = Search(context, setting)
    steps = [_step(finding, search) for finding in verdict.of(Effect.REQUIRE)]
    asks_owners = any(finding.rule.resolver is Resolver.BUDGET for finding in verdict.of(Effect.REQUIRE))
    stage = min((step.stage for step in steps), default=1)
    demanded = [] if asks_owners else [_demanded(demand, stage, search) for demand in case.demands]
    told = tuple((finding, search.find(finding.rule).chosen) for finding in verdict.of(Effect.NOTIFY))
    return Plan(row, policy, verdict, around.facts, scale_told, setting, (*steps, *demanded), told)


def blocked_preview(problems: tuple[Problem, ...], policy: str = "") -> Preview:
    """Show that nothing can be submitted, and why."""
    return Preview(problems, (), (), auto=False, policy=policy, sentence=" ".join(each.message for each in problems))


def _step(finding: Finding, search: Search) -> Step:
    rule = finding.rule
    return Step(
        rule=rule.code,
        label=rule.label,
        stage=rule.stage,
        reason=finding.reason,
        resolver=rule.resolver.value if rule.resolver else "",
        found=search.find(rule),
        mode=rule.mode,
        due_days=rule.due_days,
        on_due=rule.on_due,
        delegable=rule.delegable,
        fallback=rule.fallback,
    )


def _demanded(demand: Demand, stage: int, search: Search) -> Step:
    """Ask the people of a demand; where none of them can decide, somebody in the place of the first."""
    fit = [Chosen(person, 1, demand.label) for person in demand.persons if not search.why_unfit(person)]
    notes: tuple[str, ...] = ()
    if not fit:
        first = demand.persons[0] if demand.persons else None
        why = search.why_unfit(first) if first else "there is nobody"
        fit = [Chosen(person, 1, f"{via}, as {why}") for person, via in search.instead_of(first, Fallback.MANAGER)]
        notes = (f"{demand.label}: {why}.",)
    found = Found(tuple(fit), needed(Mode.ANY, None, len(fit)), notes)
    return Step(DEMAND, demand.label, stage, demand.reason, DEMAND, found)


def _is_short(step: Step) -> bool:
    return len({chosen.place for chosen in step.found.chosen}) < step.found.needed


def _nobody(step: Step) -> Problem:
    why = " ".join(step.found.notes)
    message = (
        f"Nobody can decide the step {step.label}. {why} Ask a controller to change the policy or the people.".replace(
            "  ", " "
        )
    )
    return Problem("nobody_decides", message, None, {"rule": step.rule})


def _planned(step: Step) -> PlannedStep:
    found = step.found
    return PlannedStep(
        step.label, step.stage, found.chosen, step.reason, step.mode.value, found.needed, " ".join(found.notes)
    )


def _sentence(plan: Plan, steps: tuple[PlannedStep, ...]) -> str:
    """Say in one sentence what follows: who decides, in which order."""
    if plan.problems:
        return " ".join(problem.message for problem in plan.problems)
    if plan.auto:
        return f"Approved at once: {plan.verdict.of(Effect.AUTO_APPROVE)[0].reason}."
    stages: dict[int, list[str]] = {}
    for step in steps:
        joined = " or " if step.needed == 1 else " and "
        people = joined.join(dict.fromkeys(str(chosen.person) for chosen in step.people))
        stages.setdefault(step.stage, []).append(f"{step.label} ({people})")
    return ", then ".join(" and ".join(labels) for _, labels in sorted(stages.items())) + "."
