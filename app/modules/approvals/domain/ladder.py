"""Whether the rules of a policy fit together: rules that never apply, amounts nobody decides, amounts decided twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.kernel.problem import Problem
from app.modules.approvals.domain.conditions import Condition
from app.modules.approvals.domain.facts import FACTS, FactName, Kind, Operator
from app.modules.approvals.domain.policy import Effect, Policy, Rule

# A place on the line of amounts: the amount itself is (5000, 0), just below it (5000, -1), just above it (5000, 1).
Point = tuple[Decimal, int]
Alternative = tuple[Condition, ...]
_DECIDING = (Effect.REQUIRE, Effect.AUTO_APPROVE, Effect.BLOCK)
_LOWEST: Point = (Decimal(0), 0)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of amounts from one point to another, both within; None is without end."""

    start: Point | None = None
    end: Point | None = None

    @property
    def is_empty(self) -> bool:
        """Say whether no amount lies within."""
        return self.start is not None and self.end is not None and self.start > self.end

    def meets(self, other: Span) -> Span:
        """Give what lies within both."""
        starts = [each for each in (self.start, other.start) if each is not None]
        ends = [each for each in (self.end, other.end) if each is not None]
        return Span(max(starts, default=None), min(ends, default=None))

    def holds(self, other: Span) -> bool:
        """Say whether all of the other lies within."""
        return self.meets(other) == other


def why_not_publishable(policy: Policy) -> list[Problem]:
    """Name every rule that never applies, and every amount that no rule or two rungs of one ladder decide."""
    problems = [*_unreachable(policy), *_uncovered(policy), *_ladders(policy)]
    stages = [rule.stage for rule in policy.rules if rule.effect is Effect.REQUIRE]
    if stages and policy.reopen_from_stage > max(stages):
        message = f"Reopen from stage: the last stage is {max(stages)}. A material change has to be decided by someone."
        problems.append(Problem("no_such_stage", message, "reopen_from_stage"))
    return problems


def span_of(conditions: Iterable[Condition], fact: FactName = FactName.AMOUNT) -> Span:
    """Give the stretch of a fact's values that conditions leave open."""
    span = Span()
    for condition in conditions:
        if condition.fact is fact:
            span = span.meets(_span(condition))
    return span


def is_possible(alternative: Alternative) -> bool:
    """Say whether any document could meet all of these conditions."""
    facts = {condition.fact for condition in alternative}
    return all(_is_possible(fact, [each for each in alternative if each.fact is fact]) for fact in facts)


def implies(alternative: Alternative, other: Alternative) -> bool:
    """Say whether every document that meets the one meets the other."""
    return all(_implied(alternative, condition) for condition in other)


def _span(condition: Condition) -> Span:
    value = Decimal(condition.value) if condition.value else Decimal(0)
    return {
        Operator.ABOVE: Span((value, 1)),
        Operator.AT_LEAST: Span((value, 0)),
        Operator.BELOW: Span(None, (value, -1)),
        Operator.AT_MOST: Span(None, (value, 0)),
        Operator.IS: Span((value, 0), (value, 0)),
    }.get(condition.operator, Span())


def _is_possible(fact: FactName, conditions: list[Condition]) -> bool:
    operators = {condition.operator for condition in conditions}
    if Operator.EMPTY in operators and operators - {Operator.EMPTY, Operator.IS_NOT, Operator.NOT_WITHIN}:
        return False
    kind = FACTS[fact].kind
    if kind in (Kind.MONEY, Kind.NUMBER):
        return not span_of(conditions, fact).is_empty
    if kind is Kind.TREE:
        outside = {condition.value for condition in conditions if condition.operator is Operator.NOT_WITHIN}
        return not any(c.value in outside for c in conditions if c.operator in (Operator.WITHIN, Operator.ALL_WITHIN))
    wanted = [_codes(condition) for condition in conditions if condition.operator is Operator.IS]
    unwanted = {code for condition in conditions if condition.operator is Operator.IS_NOT for code in _codes(condition)}
    return not wanted or bool(set.intersection(*wanted) - unwanted)


def _codes(condition: Condition) -> set[str]:
    return {part.strip() for part in condition.value.split(",")}


def _implied(alternative: Alternative, condition: Condition) -> bool:
    alike = [each for each in alternative if each.fact is condition.fact]
    if any((each.operator, each.value) == (condition.operator, condition.value) for each in alike):
        return True
    if FACTS[condition.fact].kind in (Kind.MONEY, Kind.NUMBER) and condition.operator not in (
        Operator.EMPTY,
        Operator.FILLED,
    ):
        return bool(alike) and _span(condition).holds(span_of(alike, condition.fact))
    return condition.operator is Operator.IS and any(
        each.operator is Operator.IS and _codes(each) <= _codes(condition) for each in alike
    )


def _unreachable(policy: Policy) -> Iterator[Problem]:
    for position, rule in enumerate(policy.rules):
        possible = [each for each in rule.alternatives if is_possible(each)]
        if not possible:
            message = f"Rule {rule.code} never applies: its conditions contradict each other. Change or remove one."
            yield Problem("unreachable", message, f"rules.{position}")
        above = _settled_above(policy.rules[:position], possible) if possible and _is_skipped(rule) else None
        if above is not None:
            message = f"Rule {rule.code} never applies: {above.code} above it approves all of that at once. Move it up."
            yield Problem("unreachable", message, f"rules.{position}")


def _is_skipped(rule: Rule) -> bool:
    return rule.effect in (Effect.REQUIRE, Effect.AUTO_APPROVE)


def _settled_above(above: tuple[Rule, ...], alternatives: list[Alternative]) -> Rule | None:
    """Find a rule above that approves at once whatever the alternatives let through."""
    for rule in above:
        if rule.effect is Effect.AUTO_APPROVE and all(
            any(implies(alternative, other) for other in rule.alternatives) for alternative in alternatives
        ):
            return rule
    return None


def _uncovered(policy: Policy) -> Iterator[Problem]:
    """Name the amounts for which no rule says who decides when nothing else is known of the document."""
    spans = [
        span_of(alternative)
        for rule in policy.rules
        if rule.effect in _DECIDING
        for alternative in rule.alternatives
        if all(condition.fact is FactName.AMOUNT for condition in alternative)
    ]
    for gap in _gaps([span for span in spans if not span.is_empty], upwards=True):
        message = (
            f"Nobody decides a document {_words(gap)} that meets no other condition. "
            "Add a rule for every document, or for these amounts."
        )
        yield Problem("gap", message, "rules")


def _gaps(spans: list[Span], *, upwards: bool) -> Iterator[Span]:
    """Find the stretches from zero (or from the first span) up that no span holds."""
    ordered = sorted(spans, key=lambda span: span.start or _LOWEST)
    reached: Point | None = _LOWEST if upwards or not ordered else (ordered[0].start or _LOWEST)
    for span in ordered:
        start = max(span.start or _LOWEST, _LOWEST)
        if reached is not None and start > reached:
            yield Span(reached, _before(start))
        if span.end is None:
            reached = None
        elif reached is not None:
            reached = max(reached, _after(span.end))
    if upwards and reached is not None:
        yield Span(reached, None)


def _after(point: Point) -> Point:
    return point[0], min(point[1] + 1, 1)


def _before(point: Point) -> Point:
    return point[0], max(point[1] - 1, -1)


def _words(span: Span) -> str:
    """Say a stretch of amounts in words."""
    low, high = span.start or _LOWEST, span.end
    if high is not None and low[0] == high[0]:
        return f"of exactly {low[0]:f}"
    begun = f"above {low[0]:f}" if low[1] > 0 else f"of {low[0]:f} or more"
    if high is None:
        return begun
    ended = f"below {high[0]:f}" if high[1] < 0 else f"at most {high[0]:f}"
    return ended if low == _LOWEST else f"{begun} and {ended}"


@dataclass(frozen=True, slots=True)
class _Rung:
    """A rule that is for a stretch of amounts, beside others of its stage that ask the same otherwise."""

    rule: Rule
    position: int
    span: Span


def _ladders(policy: Policy) -> Iterator[Problem]:
    ladders: dict[tuple[int, frozenset[Condition]], list[_Rung]] = {}
    for position, rule in enumerate(policy.rules):
        for alternative in rule.alternatives if rule.effect is Effect.REQUIRE else ():
            span = span_of(alternative)
            if span == Span() or not is_possible(alternative):
                continue
            others = frozenset(
                Condition(each.fact, each.operator, each.value)
                for each in alternative
                if each.fact is not FactName.AMOUNT
            )
            ladders.setdefault((rule.stage, others), []).append(_Rung(rule, position, span))
    for rungs in ladders.values():
        if len(rungs) > 1:
            rungs.sort(key=lambda rung: rung.span.start or _LOWEST)
            yield from _gaps_between(rungs)
            yield from _overlaps(rungs)


def _gaps_between(rungs: list[_Rung]) -> Iterator[Problem]:
    for gap in _gaps([rung.span for rung in rungs], upwards=False):
        below = [rung for rung in rungs if rung.span.end and gap.start and rung.span.end < gap.start]
        above = [rung for rung in rungs if rung.span.start and gap.end and rung.span.start > gap.end]
        if below and above:
            message = (
                f"Rules {below[-1].rule.code} and {above[0].rule.code} leave a gap: a document {_words(gap)} is for neither. "
                "Let one begin where the other ends."
            )
            yield Problem("gap", message, f"rules.{above[0].position}")


def _overlaps(rungs: list[_Rung]) -> Iterator[Problem]:
    """Name rungs that share amounts; two without an upper end are steps on top of each other, and meant so."""
    for index, lower in enumerate(rungs):
        for upper in rungs[index + 1 :]:
            shared = lower.span.meets(upper.span)
            if lower.rule is upper.rule or shared.is_empty or (lower.span.end is None and upper.span.end is None):
                continue
            message = (
                f"Rules {lower.rule.code} and {upper.rule.code} overlap: both are for a document {_words(shared)}. "
                "Let one begin where the other ends, or give them different stages."
            )
            yield Problem("overlap", message, f"rules.{upper.position}")
