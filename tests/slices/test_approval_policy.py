"""Policies as versions: what may be saved, what may be published and why not, and trying one out."""

from __future__ import annotations

from typing import Any

import pytest

from app.infra import unit
from app.infra.intake import find_row
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.approvals.service import policies, reading
from tests.acting import acting, system
from tests.factories import approvals
from tests.factories.approvals import as_person, someone
from tests.making import Maker
from tests.slices.doing import do, edit, events, why_not
from tests.slices.doing import reading as looking
from tests.slices.test_approval_round import above, asks, document, publish, step
from tests.slices.test_approval_round import world as world  # noqa: PLC0414


def draft(maker: Maker, *rules: dict[str, Any], conditions: Any = (), **values: Any) -> str:
    form = approvals.policy(maker, maker.next())
    wanted = {"rules": list(rules), "conditions": list(conditions), "entity": maker.key("entity"), **values}
    return unit.create(system(), registry["approval_policy"], {**form, **wanted}).key


def refusals(maker: Maker, *rules: dict[str, Any], **values: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(Refused) as refusal:
        draft(maker, *rules, **values)
    return [(problem.code, problem.field) for problem in refusal.value.problems]


def complaints(key: str) -> list[tuple[str, str | None, str]]:
    with unit.reading(system()) as bound:
        row = find_row(bound, registry["approval_policy"], key)
        return [(each.code, each.field, each.message) for each in policies.why_not_publishable(bound, row)]


EVERY = step("ALL", resolver="role", role="Controller")


# --- saving ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"rule": "ALL", "fact": "colour", "operator": "is", "value": "red"}, [("unknown_choice", "conditions.1.fact")]),
        ({"rule": "ALL", "fact": "amount", "operator": "like", "value": "5"}, [("unknown_choice", "conditions.1.operator")]),
        ({"rule": "ALL", "fact": "amount", "operator": "within", "value": "5"}, [("wrong_operator", "conditions.1.operator")]),
        ({"rule": "ALL", "fact": "amount", "operator": "above", "value": "lots"}, [("wrong_value", "conditions.1.value")]),
        ({"rule": "ALL", "fact": "entity", "operator": "is", "value": "NOWHERE"}, [("unknown_reference", "conditions.1.value")]),
        ({"rule": "NO", "fact": "amount", "operator": "above", "value": "5"}, [("unknown_rule", "conditions.1.rule")]),
        ({"rule": "ALL", "fact": "amount", "operator": "above", "value": "5", "alternative": 0},
         [("out_of_range", "conditions.1.alternative")]),
    ],
)  # fmt: skip
def test_a_wrong_condition_is_refused_at_its_field(
    world: Maker, condition: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert refusals(world, EVERY, conditions=[above("ALL", "1"), condition]) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (step("ALL", resolver="role", role="Controller"), [("taken", "rules.0.code"), ("taken", "rules.1.code")]),
        (step("TWO"), [("required", "rules.1.resolver")]),
        (step("TWO", resolver="person"), [("required", "rules.1.person")]),
        (step("TWO", resolver="role"), [("required", "rules.1.role")]),
        (step("TWO", resolver="role", role="Emperor"), [("unknown_role", "rules.1.role")]),
        (step("TWO", resolver="manager", levels=0), [("out_of_range", "rules.1.levels")]),
        (step("TWO", resolver="manager", mode="quorum"), [("required", "rules.1.quorum")]),
        (step("TWO", resolver="manager", stage=0), [("out_of_range", "rules.1.stage")]),
        (step("TWO", resolver="manager", due_days=0), [("out_of_range", "rules.1.due_days")]),
        ({**step("TWO", resolver="manager"), "effect": "block"}, [("not_needed", "rules.1.resolver")]),
        (step("TWO", resolver="oracle"), [("unknown_choice", "rules.1.resolver")]),
    ],
)
def test_a_wrong_rule_is_refused_at_its_field(
    world: Maker, rule: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert refusals(world, EVERY, rule) == expected


def test_a_policy_is_for_documents_there_are_with_a_role_there_is_and_amounts_in_a_currency(world: Maker) -> None:
    assert refusals(world, EVERY, document="payment") == [("unknown_choice", "document")]
    assert refusals(world, EVERY, fallback_role="Emperor") == [("unknown_role", "fallback_role")]
    assert refusals(world, EVERY, currency=None) == [("no_currency", "material_amount")]


# --- publishing -----------------------------------------------------------------------------------------------------


def test_a_published_version_is_hashed_stays_as_it_is_and_retires_the_one_before(world: Maker) -> None:
    first = publish(world, EVERY)
    second = draft(world, asks("JOHN", "john.doe"))
    outcome = do(as_person("controlling.1"), "approval_policy", second, "publish")
    assert outcome.state == "published"
    with looking("approval_policy", second) as policy:
        assert policy.hash == reading.policy_value(policy).hash()
        assert policy.published_at is not None
    with looking("approval_policy", first) as policy:
        assert policy.state == "retired"
    assert [each["replaces"] for each in events("approval_policy.published")][-1] == [first]
    with pytest.raises(Refused) as refusal:
        edit(system(), "approval_policy", second, name="Another")
    assert refusal.value.problems[0].code == "wrong_state"


def test_what_does_not_fit_together_is_not_published_and_the_message_names_the_rules(world: Maker) -> None:
    low = step("LOW", resolver="role", role="Controller")
    high = step("HIGH", resolver="role", role="Controller")
    conditions = [
        {"rule": "LOW", "fact": "amount", "operator": "below", "value": "1000"},
        {"rule": "HIGH", "fact": "amount", "operator": "above", "value": "1000"},
    ]
    key = draft(world, low, high, conditions=conditions)
    assert why_not(system(), "approval_policy", key, "publish") == ["gap", "gap"]
    assert "Rules LOW and HIGH leave a gap" in complaints(key)[1][2]
    with pytest.raises(Refused) as refusal:
        do(system(), "approval_policy", key, "publish")
    assert [problem.code for problem in refusal.value.problems] == ["gap", "gap"]


def test_a_policy_without_rules_is_not_published(world: Maker) -> None:
    assert why_not(system(), "approval_policy", draft(world), "publish") == ["no_rules"]


def test_a_step_that_may_find_nobody_is_named(world: Maker) -> None:
    world.create(registry["cost_centre"], code="UNOWNED-1")
    owner = step("OWNER", resolver="owner_of_cost_centre", fallback="nobody")
    [(code, field, message)] = complaints(draft(world, EVERY, owner))
    assert (code, field) == ("nobody", "rules.1.resolver")
    assert "Rule OWNER can find nobody for UNOWNED-1" in message
    assert complaints(draft(world, EVERY, {**owner, "fallback": "role"})) == []


def test_a_step_whose_only_candidate_may_be_the_requester_is_named(world: Maker) -> None:
    [(code, field, message)] = complaints(draft(world, EVERY, asks("JOHN", "john.doe", fallback="nobody")))
    assert (code, field) == ("only_requester", "rules.1.resolver")
    assert "has only John Doe" in message
    someone("alone.1", "Treasurer")
    alone = asks("ALONE", "alone.1", fallback="role")
    assert [each[0] for each in complaints(draft(world, EVERY, alone, fallback_role="Treasurer"))] == ["only_requester"]
    assert complaints(draft(world, EVERY, alone)) == []


def test_a_policy_for_every_entity_is_published_by_somebody_who_reaches_every_entity(world: Maker) -> None:
    with looking("entity", world.key("entity")) as entity:
        local = acting("Controller", entity=entity.id)
    key = draft(world, EVERY, entity=None)
    assert why_not(local, "approval_policy", key, "publish") == ["out_of_reach"]
    assert why_not(acting("Controller"), "approval_policy", key, "publish") == []


def test_the_policy_of_an_entity_goes_before_the_one_for_all(world: Maker) -> None:
    from tests.slices.test_approval_round import preview

    for_all = publish(world, asks("MIKE", "mike.low"), entity=None)
    key = document(world)
    assert preview(key).policy == for_all
    own = publish(world, asks("JOHN", "john.doe"))
    assert preview(key).policy == own


def test_retiring_leaves_nothing_in_force(world: Maker) -> None:
    from tests.slices.test_approval_round import preview

    key = publish(world, EVERY)
    do(as_person("controlling.1"), "approval_policy", key, "retire")
    assert [problem.code for problem in preview(document(world)).blocks] == ["no_policy"]


def test_a_copy_is_a_draft_one_version_further_with_the_same_rules(world: Maker) -> None:
    key = publish(world, EVERY, asks("JOHN", "john.doe", stage=2), conditions=[above("JOHN", "5000")])
    do(as_person("controlling.1"), "approval_policy", key, "copy")
    [told] = events("approval_policy.copied")
    with looking("approval_policy", told["draft"]) as copy, looking("approval_policy", key) as source:
        assert (copy.state, copy.revision, copy.replaces.number, copy.hash) == ("draft", 2, key, None)
        assert reading.policy_value(copy).hash() == reading.policy_value(source).hash()


def test_a_draft_is_tried_on_a_document_without_asking_anybody(world: Maker) -> None:
    warn = {"code": "W", "label": "Quotes", "effect": "warn", "reason": "No quote attached"}
    key = draft(world, asks("JOHN", "john.doe"), warn)
    project = document(world)
    outcome = do(as_person("controlling.1"), "approval_policy", key, "try_on", document=project)
    assert outcome.told["verdict"] == "John (John Doe). Warning: No quote attached. John: Every document."
    assert events("approval.asked") == []
    with pytest.raises(Refused) as refusal:
        do(as_person("controlling.1"), "approval_policy", key, "try_on", document="NOBODY")
    assert [(each.code, each.field) for each in refusal.value.problems] == [("unknown_reference", "document")]
