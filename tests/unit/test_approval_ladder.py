"""Whether rules fit together: unreachable ones, gaps and overlaps, each named with the rules it is about."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.approvals.domain.conditions import Condition, Scale
from app.modules.approvals.domain.facts import FactName, Operator
from app.modules.approvals.domain.ladder import why_not_publishable
from app.modules.approvals.domain.policy import Effect, Policy, Rule, evaluate

A = FactName.AMOUNT


def above(value: str) -> Condition:
    return Condition(A, Operator.ABOVE, value)


def at_most(value: str) -> Condition:
    return Condition(A, Operator.AT_MOST, value)


def at_least(value: str) -> Condition:
    return Condition(A, Operator.AT_LEAST, value)


def below(value: str) -> Condition:
    return Condition(A, Operator.BELOW, value)


def step(code: str, *conditions: Condition, stage: int = 1, effect: Effect = Effect.REQUIRE) -> Rule:
    return Rule(code, code, effect, conditions, stage=stage)


def problems(*rules: Rule, **options: int) -> list[tuple[str, str | None]]:
    found = why_not_publishable(Policy("request", rules, **options))  # type: ignore[arg-type]
    return [(problem.code, problem.field) for problem in found]


def messages(*rules: Rule) -> str:
    return " ".join(problem.message for problem in why_not_publishable(Policy("request", rules)))


EVERY = step("ALL")
IT = Condition(FactName.CATEGORY, Operator.WITHIN, "IT")


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ((EVERY,), []),
        ((EVERY, step("CFO", above("10000"), stage=2)), []),
        ((step("LOW", at_most("1000")), step("HIGH", above("1000"))), []),
        ((step("LOW", below("1000")), step("HIGH", at_least("1000"))), []),
        ((step("LOW", below("1000")), step("HIGH", above("1000"))), [("gap", "rules"), ("gap", "rules.1")]),
        ((step("LOW", at_most("1000")), step("HIGH", at_least("1000"))), [("overlap", "rules.1")]),
        ((EVERY, step("ONE", above("1000"), stage=2), step("TWO", above("5000"), stage=2)), []),
        ((EVERY, step("ONE", above("1000"), at_most("5000"), stage=2), step("TWO", above("4000"), stage=2)), [("overlap", "rules.2")]),
        ((EVERY, step("ONE", above("1000"), at_most("5000"), stage=2), step("TWO", above("6000"), stage=2)), [("gap", "rules.2")]),
        ((EVERY, step("ONE", IT, above("1"), at_most("9")), step("TWO", above("4"))), []),
        ((step("CFO", above("10000")),), [("gap", "rules")]),
        ((step("IT", IT),), [("gap", "rules")]),
        ((step("LOW", at_most("1000")),), [("gap", "rules")]),
        ((step("AUTO", below("50"), effect=Effect.AUTO_APPROVE), step("REST", at_least("50"))), []),
        ((step("WARN", effect=Effect.WARN),), [("gap", "rules")]),
        ((EVERY, step("NO", above("10"), below("5"))), [("unreachable", "rules.1")]),
        ((EVERY, step("NO", Condition(FactName.ON_BEHALF, Operator.IS, "yes"), Condition(FactName.ON_BEHALF, Operator.IS, "no"))),
         [("unreachable", "rules.1")]),
        ((EVERY, step("NO", Condition(FactName.SUPPLIER, Operator.EMPTY), Condition(FactName.SUPPLIER, Operator.IS, "S-1"))),
         [("unreachable", "rules.1")]),
        ((step("AUTO", effect=Effect.AUTO_APPROVE), EVERY), [("unreachable", "rules.1")]),
        ((step("AUTO", below("100"), effect=Effect.AUTO_APPROVE), step("NO", below("50")), EVERY), [("unreachable", "rules.1")]),
        ((step("AUTO", below("100"), effect=Effect.AUTO_APPROVE), step("YES", below("100.01")), EVERY), []),
        ((step("AUTO", IT, effect=Effect.AUTO_APPROVE), step("NO", IT, above("5")), EVERY), [("unreachable", "rules.1")]),
        ((step("AUTO", effect=Effect.AUTO_APPROVE), step("WARN", effect=Effect.WARN)), []),
    ],
)  # fmt: skip
def test_rules_that_do_not_fit_together_are_named(rules: tuple[Rule, ...], expected: list[tuple[str, str]]) -> None:
    assert problems(*rules) == expected


def test_a_message_names_the_rules_and_the_amounts() -> None:
    assert "Nobody decides a document of exactly 1000" in messages(
        step("LOW", below("1000")), step("HIGH", above("1000"))
    )
    assert "Rules LOW and HIGH leave a gap" in messages(step("LOW", below("1000")), step("HIGH", above("1000")))
    assert "Rules LOW and HIGH overlap: both are for a document of exactly 1000." in messages(
        step("LOW", at_most("1000")), step("HIGH", at_least("1000"))
    )
    assert "NO never applies: AUTO above it approves all of that at once" in messages(
        step("AUTO", effect=Effect.AUTO_APPROVE), step("NO")
    )
    assert "document at most 10000 that meets no other condition" in messages(step("CFO", above("10000")))


def test_a_material_change_has_to_reopen_a_stage_that_exists() -> None:
    assert problems(EVERY, reopen_from_stage=2) == [("no_such_stage", "reopen_from_stage")]
    assert problems(EVERY, step("CFO", above("1"), stage=2), reopen_from_stage=2) == []


steps = st.lists(st.integers(1, 20).map(lambda n: Decimal(n) * 500), min_size=1, max_size=4, unique=True).map(sorted)


@given(bounds=steps, probe=st.integers(0, 1_100_000).map(lambda n: Decimal(n) / 100), shift=st.sampled_from([-1, 0, 1]))
def test_a_ladder_without_complaint_decides_every_amount_exactly_once(
    bounds: list[Decimal], probe: Decimal, shift: int
) -> None:
    """Shift the rungs against each other: complaints appear exactly when some amount has none or two of them."""
    starts = [None, *[each + Decimal(shift) for each in bounds]]
    ends = [*bounds, None]
    rules = [
        step(
            f"R{n}",
            *([above(f"{start:f}")] if start is not None else []),
            *([at_most(f"{end:f}")] if end is not None else []),
        )
        for n, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    policy = Policy("request", tuple(rules))
    complaints = {problem.code for problem in why_not_publishable(policy)}
    assert complaints == {-1: {"overlap"}, 0: set(), 1: {"gap"}}[shift]
    if not shift:
        verdict = evaluate(policy, {"amount": f"{probe:f}"}, Scale("EUR", "EUR"))
        assert len(verdict.of(Effect.REQUIRE)) == 1
