"""Rules of a policy as values: conditions on the cent, the order of rules, alternatives, and the hash of a version."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import minor_units
from app.modules.approvals.domain.conditions import Condition, Scale, answer, why_not_condition
from app.modules.approvals.domain.facts import FACTS, FactName, Kind, Operator, operators_of
from app.modules.approvals.domain.policy import Effect, Finding, Policy, Rule, evaluate

EUR = Scale("EUR", "EUR")
CZK = Scale("EUR", "CZK", Decimal("24.9"))
A = FactName.AMOUNT
cents = st.integers(0, 10_000_000).map(lambda n: Decimal(n) / 100)


def holds(condition: Condition, value: Any, scale: Scale = EUR) -> bool:
    return answer(condition, {condition.fact.value: value}, scale).held


def rule(code: str, effect: Effect = Effect.REQUIRE, *conditions: Condition, stage: int = 1) -> Rule:
    return Rule(code, code.title(), effect, conditions, stage=stage)


def counted(policy: Policy, facts: dict[str, Any]) -> list[str]:
    return [finding.rule.code for finding in evaluate(policy, facts, EUR).findings if finding.counted]


# --- conditions -----------------------------------------------------------------------------------------------------


@given(amount=cents, threshold=cents)
def test_a_threshold_holds_to_the_cent(amount: Decimal, threshold: Decimal) -> None:
    value = f"{threshold:f}"
    found = {op: holds(Condition(A, op, value), f"{amount:f}") for op in operators_of(A)}
    assert found == {
        Operator.ABOVE: amount > threshold,
        Operator.AT_LEAST: amount >= threshold,
        Operator.BELOW: amount < threshold,
        Operator.AT_MOST: amount <= threshold,
    }
    assert found[Operator.ABOVE] is not found[Operator.AT_MOST]
    assert found[Operator.BELOW] is not found[Operator.AT_LEAST]


@pytest.mark.parametrize(
    ("amount", "expected"), [("124499.99", False), ("124500.00", False), ("124500.01", True), ("5000.01", False)]
)
def test_a_threshold_in_another_currency_is_counted_at_the_rate(amount: str, expected: bool) -> None:
    told = answer(Condition(A, Operator.ABOVE, "5000"), {"amount": amount}, CZK)
    assert told.held is expected
    assert told.expected == "is above 5000 EUR (124500.00 CZK)"
    assert told.actual == f"{amount} CZK"


def test_branches_of_a_tree_hold_for_everything_below() -> None:
    paths = [["IT-200", "IT-210"], ["LAB-300"]]
    fact = FactName.COST_CENTRE
    assert holds(Condition(fact, Operator.WITHIN, "IT-200"), paths)
    assert holds(Condition(fact, Operator.WITHIN, "HR-1, LAB-300"), paths)
    assert not holds(Condition(fact, Operator.WITHIN, "IT-2"), paths)
    assert not holds(Condition(fact, Operator.ALL_WITHIN, "IT-200"), paths)
    assert holds(Condition(fact, Operator.ALL_WITHIN, "IT-200,LAB-300"), paths)
    assert not holds(Condition(fact, Operator.NOT_WITHIN, "LAB-300"), paths)
    assert holds(Condition(fact, Operator.NOT_WITHIN, "IT-220"), paths)


@pytest.mark.parametrize("fact", list(FactName))
def test_what_is_unknown_meets_no_condition_but_those_that_ask_for_nothing(fact: FactName) -> None:
    values = {
        Kind.FLAG: "yes",
        Kind.MONEY: "1",
        Kind.NUMBER: "1",
        Kind.CHOICE: FACTS[fact].choices[0][0] if FACTS[fact].choices else "",
    }
    kind = FACTS[fact].kind
    for operator in operators_of(fact):
        value = "" if operator in (Operator.EMPTY, Operator.FILLED) else values.get(kind, "X-1")
        missing = [] if kind is Kind.TREE else None
        expected = operator in (Operator.EMPTY, Operator.IS_NOT, Operator.NOT_WITHIN)
        assert holds(Condition(fact, operator, value), missing) is expected, operator


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(A, Operator.ABOVE, "5000.00"), []),
        (Condition(A, Operator.ABOVE, "5000.001"), [("wrong_value", "value")]),
        (Condition(A, Operator.ABOVE, "5 000"), [("wrong_value", "value")]),
        (Condition(A, Operator.ABOVE, "1e9"), [("wrong_value", "value")]),
        (Condition(A, Operator.ABOVE, "__import__('os')"), [("wrong_value", "value")]),
        (Condition(A, Operator.ABOVE, ""), [("wrong_value", "value")]),
        (Condition(A, Operator.WITHIN, "5000"), [("wrong_operator", "operator")]),
        (Condition(A, Operator.EMPTY, ""), [("wrong_operator", "operator")]),
        (Condition(FactName.SUPPLIER, Operator.EMPTY, ""), []),
        (Condition(FactName.SUPPLIER, Operator.EMPTY, "S-1"), [("not_needed", "value")]),
        (Condition(FactName.ON_BEHALF, Operator.IS, "yes"), []),
        (Condition(FactName.ON_BEHALF, Operator.IS, "true"), [("wrong_value", "value")]),
        (Condition(FactName.BUDGET, Operator.IS, "over_soft, none"), []),
        (Condition(FactName.BUDGET, Operator.IS, "over"), [("wrong_value", "value")]),
        (Condition(FactName.LINES, Operator.IS, "3"), []),
        (Condition(FactName.COST_CENTRE, Operator.WITHIN, " , "), [("wrong_value", "value")]),
    ],
)
def test_a_condition_of_the_wrong_kind_is_refused_at_its_field(condition: Condition, expected: list[Any]) -> None:
    assert [(problem.code, problem.field) for problem in why_not_condition(condition, "EUR")] == expected


# --- rules ----------------------------------------------------------------------------------------------------------

SMALL = Condition(A, Operator.BELOW, "100")
LARGE = Condition(A, Operator.ABOVE, "5000")


def test_a_rule_that_approves_at_once_stops_only_those_below_it_that_require_somebody() -> None:
    rules = (
        rule("auto", Effect.AUTO_APPROVE, SMALL),
        rule("owner"),
        rule("warn", Effect.WARN),
        rule("block", Effect.BLOCK, SMALL),
        rule("cfo", Effect.REQUIRE, LARGE),
    )
    assert counted(Policy("request", rules), {"amount": "50"}) == ["auto", "warn", "block"]
    assert counted(Policy("request", rules), {"amount": "500"}) == ["owner", "warn"]
    assert counted(Policy("request", rules), {"amount": "5000.01"}) == ["owner", "warn", "cfo"]


def test_a_rule_above_one_that_approves_at_once_still_asks() -> None:
    verdict = evaluate(Policy("request", (rule("owner"), rule("auto", Effect.AUTO_APPROVE))), {}, EUR)
    assert not verdict.auto
    assert [finding.rule.code for finding in verdict.of(Effect.REQUIRE)] == ["owner"]
    assert evaluate(Policy("request", (rule("auto", Effect.AUTO_APPROVE), rule("owner"))), {}, EUR).auto


@given(order=st.permutations(["a", "b", "c", "d"]), amount=cents)
def test_without_a_rule_that_approves_at_once_the_order_decides_nothing(order: list[str], amount: Decimal) -> None:
    known = {
        "a": rule("a", Effect.REQUIRE, SMALL),
        "b": rule("b", Effect.REQUIRE, LARGE),
        "c": rule("c", Effect.BLOCK, LARGE),
        "d": rule("d", Effect.WARN),
    }
    facts = {"amount": f"{amount:f}"}
    assert sorted(counted(Policy("request", tuple(known[code] for code in order)), facts)) == sorted(
        counted(Policy("request", tuple(known.values())), facts)
    )


@given(order=st.permutations(["auto", "owner", "cfo", "block", "warn"]), amount=cents)
def test_whatever_the_order_approving_at_once_spares_only_those_below_it(order: list[str], amount: Decimal) -> None:
    known = {
        "auto": rule("auto", Effect.AUTO_APPROVE, SMALL),
        "owner": rule("owner"),
        "cfo": rule("cfo", Effect.REQUIRE, LARGE),
        "block": rule("block", Effect.BLOCK, LARGE),
        "warn": rule("warn", Effect.WARN),
    }
    holding = {"owner", "warn", *(["auto"] if amount < 100 else []), *(["cfo", "block"] if amount > 5000 else [])}
    spared = set(order[order.index("auto") :]) & {"owner", "cfo"} if "auto" in holding else set()
    found = counted(Policy("request", tuple(known[code] for code in order)), {"amount": f"{amount:f}"})
    assert set(found) - {"auto"} == holding - spared - {"auto"}
    assert found == [code for code in order if code in found]


@given(
    limit=st.decimals(min_value=1, max_value=10**6, places=2),
    rate=st.decimals(min_value="0.0001", max_value=30000, places=6),
    coins=st.sampled_from(["CZK", "JPY", "TND"]),
    more=st.sampled_from([-1, 0, 1]),
)
def test_a_limit_in_another_currency_is_one_amount_to_the_last_coin(
    limit: Decimal, rate: Decimal, coins: str, more: int
) -> None:
    """The limit counted at the rate is rounded to coins once; one coin more is above it, and no coin is lost."""
    coin = Decimal(1).scaleb(-minor_units(coins))
    counted_limit = (limit * rate).quantize(coin, rounding=ROUND_HALF_UP)
    facts = {"amount": f"{counted_limit + more * coin:f}"}
    scale = Scale("EUR", coins, rate)
    told = {op: answer(Condition(A, op, f"{limit:f}"), facts, scale).held for op in (Operator.ABOVE, Operator.AT_MOST)}
    assert told == {Operator.ABOVE: more > 0, Operator.AT_MOST: more <= 0}


def test_all_conditions_of_one_alternative_are_enough() -> None:
    either = rule(
        "either",
        Effect.REQUIRE,
        Condition(A, Operator.ABOVE, "1000", 1),
        Condition(FactName.FREE_TEXT, Operator.IS, "yes", 1),
        Condition(FactName.SUPPLIER_NEW, Operator.IS, "yes", 2),
    )
    policy = Policy("request", (either,))
    assert counted(policy, {"amount": "2000", "free_text": True}) == ["either"]
    assert counted(policy, {"amount": "2000", "free_text": False}) == []
    assert counted(policy, {"amount": "1", "supplier_new": True}) == ["either"]
    assert counted(policy, {"amount": "1000", "free_text": True, "supplier_new": False}) == []


def test_an_explanation_names_every_condition_with_what_was_expected_and_found() -> None:
    verdict = evaluate(Policy("request", (rule("cfo", Effect.REQUIRE, LARGE),)), {"amount": "18640.00"}, CZK)
    [told] = verdict.told()
    assert (told["rule"], told["held"], told["counted"], told["reason"]) == ("cfo", False, False, "Every document")
    assert told["conditions"] == [
        {
            "fact": "amount",
            "label": "Amount",
            "alternative": 1,
            "operator": "above",
            "expected": "is above 5000 EUR (124500.00 CZK)",
            "actual": "18640.00 CZK",
            "held": False,
        }
    ]
    assert isinstance(verdict.findings[0], Finding)


def test_the_hash_of_a_version_changes_with_everything_in_it_and_with_nothing_else() -> None:
    policy = Policy("request", (rule("cfo", Effect.REQUIRE, LARGE),), material_amount=Decimal(100))
    same = Policy("request", (rule("cfo", Effect.REQUIRE, LARGE),), material_amount=Decimal("100.0000"))
    others = [
        Policy(
            "request",
            (rule("cfo", Effect.REQUIRE, Condition(A, Operator.AT_LEAST, "5000")),),
            material_amount=Decimal(100),
        ),
        Policy("request", (rule("cfo", Effect.REQUIRE, LARGE, stage=2),), material_amount=Decimal(100)),
        Policy("request", (rule("cfo", Effect.REQUIRE, LARGE),), material_amount=Decimal("100.01")),
        Policy("request", (rule("cfo", Effect.REQUIRE, LARGE),), material_amount=Decimal(100), currency="EUR"),
    ]
    assert policy.hash() == same.hash()
    assert len({policy.hash(), *(other.hash() for other in others)}) == 5
