"""The picture of a ladder: one bar for each rule, and a band where nobody or two of one stage decide."""

from __future__ import annotations

from app.modules.approvals import resource as declared
from app.modules.approvals.console import policy_ladders
from app.modules.approvals.console.policy_ladders import Ladder
from app.modules.approvals.domain.conditions import Condition
from app.modules.approvals.domain.facts import FactName, Operator
from app.modules.approvals.domain.policy import Effect, Policy, Resolver, Rule


def rule(code: str, *amounts: tuple[Operator, str], stage: int = 1, category: str = "") -> Rule:
    conditions = tuple(Condition(FactName.AMOUNT, operator, value) for operator, value in amounts)
    more = (Condition(FactName.CATEGORY, Operator.WITHIN, category),) if category else ()
    return Rule(code, code.title(), Effect.REQUIRE, (*conditions, *more), stage=stage, resolver=Resolver.LIMIT)


def drawn(*rules: Rule) -> tuple[Ladder, ...]:
    return policy_ladders.draw(Policy("request", rules, currency="EUR"), {})


def said(ladder: Ladder) -> tuple[list[tuple[str, str]], str]:
    return [(rung.code, rung.said.replace("\u00a0", " ")) for rung in ladder.rungs], ladder.said.replace("\u00a0", " ")


assert declared.approval_policies  # pages are made for what is declared
LOW, HIGH = rule("LOW", (Operator.BELOW, "5000")), rule("HIGH", (Operator.AT_LEAST, "5000"))


def test_rungs_that_meet_have_no_fault() -> None:
    [ladder] = drawn(HIGH, LOW)
    assert said(ladder) == ([("LOW", "below 5 000 EUR"), ("HIGH", "from 5 000 EUR")], "")
    assert [text.replace("\u00a0", " ") for _, text in ladder.marks] == ["5 000 EUR"]
    low, high = (rung.pieces for rung in ladder.rungs)
    assert low[0].at + low[0].width == high[0].at


def test_a_gap_of_a_single_amount_is_seen() -> None:
    [ladder] = drawn(LOW, rule("HIGH", (Operator.ABOVE, "5000")))
    assert [fault.shows for fault in ladder.faults] == ["gap"]
    assert ladder.said.replace("\u00a0", " ") == "nobody decides exactly 5 000 EUR"


def test_two_rungs_of_one_stage_that_overlap_are_seen_and_those_of_two_stages_are_meant() -> None:
    higher = ((Operator.AT_LEAST, "1000"), (Operator.BELOW, "9000"))
    [ladder] = drawn(LOW, HIGH, rule("MIDDLE", *higher))
    assert said(ladder)[1] == "two rules of one stage decide from 1 000 EUR below 9 000 EUR"
    [ladder] = drawn(LOW, HIGH, rule("MIDDLE", *higher, stage=2))
    assert ladder.faults == ()


def test_steps_on_top_of_each_other_without_an_upper_end_are_meant() -> None:
    [ladder] = drawn(rule("ALL"), rule("CFO", (Operator.ABOVE, "10000")), rule("CEO", (Operator.ABOVE, "50000")))
    assert ladder.faults == ()
    assert [rung.code for rung in ladder.rungs] == ["ALL", "CFO", "CEO"]


def test_a_ladder_under_a_condition_stands_apart_and_one_rule_is_none() -> None:
    low, high = rule("L", (Operator.BELOW, "100"), category="IT"), rule("H", (Operator.ABOVE, "200"), category="IT")
    first, second = drawn(LOW, HIGH, low, high, rule("X", (Operator.ABOVE, "1"), category="HW"))
    assert (first.title, second.title) == ("Every document", "Category is in or below IT")
    assert second.said.replace("\u00a0", " ") == "nobody decides from 100 EUR up to 200 EUR"


def test_a_policy_without_amounts_has_no_ladder() -> None:
    assert drawn(rule("ALL"), rule("IT", category="IT")) == ()
