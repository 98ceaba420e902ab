"""Why these people: the facts a round was judged by, every rule with its conditions, and how each person was found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import request

from app.console import addresses, loading, shell, words
from app.console.additions import Step
from app.console.gate import Visit
from app.console.lists import Link
from app.console.shell import Crumb, Page
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource
from app.modules.approvals import service
from app.modules.approvals.console import courses, waits
from app.modules.approvals.console.waits import Paper
from app.modules.approvals.domain.conditions import tell
from app.modules.approvals.domain.facts import FACTS, Fact
from app.modules.approvals.domain.facts import Kind as FactKind
from app.modules.approvals.domain.policy import Effect
from app.modules.approvals.models import Approval, ApprovalStep

_FIGURE = re.compile(r"\d{4,}(\.\d+)?|\d+\.\d+")
_EFFECTS = {effect.value: effect.label for effect in Effect}


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule: what was expected, what was so, and whether that fits."""

    label: str
    expected: str
    actual: str
    held: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it was answered. `alternatives` are groups of conditions of which one has to hold as a whole."""

    code: str
    label: str
    effect: str
    outcome: str
    tone: str
    reason: str
    alternatives: tuple[tuple[Condition, ...], ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who was asked in a step, and how they were found."""

    who: str
    via: str
    state: str


@dataclass(frozen=True, slots=True)
class Found:
    """A step, why it was asked, and its people."""

    label: str
    reason: str
    notes: tuple[str, ...]
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """The explanation of one round as its page shows it."""

    title: str
    sub: str
    rounds: tuple[Link, ...]
    same: bool
    same_policy: bool
    policy: str
    policy_url: str
    hash: str
    content_hash: str
    chain: tuple[Step, ...]
    steps: tuple[Found, ...]
    rules: tuple[Rule, ...]
    demands: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    document_url: str


def page(visit: Visit, resource: Resource, key: str) -> Any:
    """Show to whoever may see a document why these people decide about it."""
    row = loading.one(visit.context, resource, key)
    shown = build(visit, Paper(resource, row))
    steps = (
        Crumb(resource.title[1], addresses.of_list(resource)),
        Crumb(key, addresses.of_row(row)),
        Crumb("Why these people"),
    )
    return shell.render("why.html", Page("Why these people", steps, addresses.of_row(row)), why=shown)


def build(visit: Visit, paper: Paper) -> Why:
    """Explain the newest round of a document, or the one that is asked for."""
    rounds = waits.rounds(visit, paper.resource, paper.row)
    wanted = request.args.get("round", "")
    approval = next((each for each in rounds if str(each.revision) == wanted), rounds[-1] if rounds else None)
    key = paper.resource.key_of(paper.row)
    if approval is None:
        raise Refused(Kind.MISSING, Problem("not_found", f"{key} was never to be decided."))
    explained = service.explain(visit.context, approval)
    own = f"/inbox/{paper.resource.plural}/{key}/why"
    return Why(
        title="Why these people?",
        sub=f"{key} {approval.title}, {words.money(approval.amount, approval.currency.code)}",
        rounds=tuple(
            Link(f"Round {each.revision}", f"{own}?round={each.revision}", primary=each is approval) for each in rounds
        ),
        same=explained.same_verdict,
        same_policy=explained.same_policy,
        policy=f"{approval.policy.number} {approval.policy}",
        policy_url=addresses.of_row(approval.policy) if visit.actor.may("approval_policy.read") else "",
        hash=approval.policy_hash,
        content_hash=approval.content_hash,
        chain=courses.steps(visit, approval),
        steps=tuple(_found(approval, step) for step in approval.steps),
        rules=tuple(rule(each) for each in approval.explanation["rules"]),
        demands=tuple(approval.explanation.get("demands", ())),
        facts=tuple(_facts(approval)),
        document_url=addresses.of_row(paper.row),
    )


def _found(approval: Approval, step: ApprovalStep) -> Found:
    seats = [seat for seat in approval.seats if seat.step_id == step.id]
    return Found(
        label=f"{step.stage}. {step.label}",
        reason=step.reason,
        notes=tuple((step.note or "").splitlines()),
        seats=tuple(Seat(str(seat.person), seat.via, seat.state) for seat in seats),
    )


def rule(told: Mapping[str, Any]) -> Rule:
    """Tell one rule as it was answered, with the conditions that were asked."""
    groups: dict[int, list[Condition]] = {}
    for each in told["conditions"]:
        expected, actual = (_in_words(each["fact"], each[name]) for name in ("expected", "actual"))
        condition = Condition(each["label"], expected, actual, each["held"])
        groups.setdefault(each["alternative"], []).append(condition)
    outcome, tone = ("Applies", "ok") if told["counted"] else ("Applies, but an earlier rule settled it", "neutral")
    if not told["held"]:
        outcome, tone = "Does not apply", "neutral"
    return Rule(
        code=told["rule"],
        label=told["label"],
        effect=_EFFECTS[told["effect"]],
        outcome=outcome,
        tone=tone,
        reason=told["reason"] if told["held"] else "",
        alternatives=tuple(tuple(groups[number]) for number in sorted(groups)),
    )


def _in_words(fact: str, text: str) -> str:
    """Write codes of a closed list as their words, and group the digits of amounts: both are stored as rules hold them."""
    known = next((each for name, each in FACTS.items() if name.value == fact), None)
    if known is not None and known.kind is FactKind.MONEY:
        return _FIGURE.sub(lambda found: words.number(Decimal(found[0])), text)
    for code, label in known.choices if known is not None else ():
        text = re.sub(rf"\b{code}\b", words.lower_first(label), text)
    return text


def _facts(approval: Approval) -> list[tuple[str, str]]:
    """Write the facts as they were then, and the rate by which amounts were compared."""
    frozen, currency = approval.facts, approval.facts["currency"]
    values = frozen["values"]
    told = [
        (fact.name.label, _value(fact, values[fact.name.value], currency))
        for fact in FACTS.values()
        if fact.name.value in values
    ]
    if "rate" in frozen:
        rate = f"{frozen['rate']} of {frozen['rate_on']} ({frozen['rate_source']})"
        told.append((f"Rate of {frozen['written_in']} in {currency}", rate))
    return told


def _value(fact: Fact, value: Any, currency: str) -> str:
    if fact.kind is FactKind.MONEY and value is not None:
        return words.money(Decimal(value), currency)
    return tell(fact.kind, value, currency)
