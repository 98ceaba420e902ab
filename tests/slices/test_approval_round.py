"""A round from the question to the answer: who is asked, in which order, and what every answer does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.intake import find_row
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.approvals import service
from app.modules.approvals.service import Demand
from tests.acting import system
from tests.factories import approvals
from tests.factories.approvals import SAID, as_person, case_of, someone
from tests.making import Maker
from tests.scenes import Scenes
from tests.slices.doing import do, edit, events, reading, sees

DOCUMENT = approvals.DOCUMENT


def step(code: str, **values: Any) -> dict[str, Any]:
    return {"code": code, "label": code.title(), "effect": "require", **values}


def asks(code: str, person: str, **values: Any) -> dict[str, Any]:
    return step(code, resolver="person", person=person, **values)


def above(rule: str, value: str) -> dict[str, Any]:
    return {"rule": rule, "alternative": 1, "fact": "amount", "operator": "above", "value": value}


@pytest.fixture
def world(app: Flask, scenes: Scenes) -> Iterator[Maker]:
    SAID.clear()
    with app.app_context():
        yield scenes.open(company)


def company() -> Maker:
    """Build four people, and an entity in which projects are decided about."""
    maker = Maker()
    approvals.staff(maker)
    entity = maker.key("entity")
    for code in ("john.doe", "mike.low", "anna.high", "rita.asks"):
        someone(code, "Approver", "Requester", entity=entity)
    return maker


def publish(maker: Maker, *rules: dict[str, Any], conditions: Any = (), **changes: Any) -> str:
    values = {"rules": list(rules), "conditions": list(conditions), "entity": maker.key("entity"), **changes}
    return approvals.published(maker, **values)


def document(maker: Maker, requester: str = "rita.asks", **said: Any) -> str:
    key = maker.create(registry["project"], owner=requester)
    with reading("project", key) as row:
        SAID[row.id] = said
    return key


def acted(context: Context, key: str, act: Any) -> Any:
    with unit.transaction(context, "test.act") as bound:
        return act(bound, find_row(bound, registry["project"], key))


def start(key: str, requester: str = "rita.asks") -> str:
    found = acted(system(), key, lambda bound, row: service.start(bound, case_of(bound, row)))
    return str(found.approval.number)


def decide(code: str, key: str, verdict: str = "approve", comment: str = "") -> str:
    return str(
        acted(as_person(code), key, lambda bound, row: service.decide(bound, DOCUMENT, row, verdict, comment)).state
    )


def refused(code: str, key: str) -> str:
    with pytest.raises(Refused) as refusal:
        decide(code, key)
    return refusal.value.problems[0].code


def inbox(code: str) -> list[str]:
    db.session.rollback()
    context = as_person(code)
    with unit.reading(context) as bound:
        return [f"{each.approval.document_key} {each.step}" for each in service.waiting_for(bound, context.actor.id)]


def states(number: str) -> list[str]:
    with reading("approval", number) as approval:
        return [each.state for each in approval.steps]


def preview(key: str) -> service.Preview:
    db.session.rollback()
    with unit.reading(system()) as bound:
        return service.preview(bound, case_of(bound, find_row(bound, registry["project"], key)))


# --- the scenarios --------------------------------------------------------------------------------------------------


def test_app_01_nobody_decides_their_own_request_whatever_they_could_approve(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"), conditions=())
    key = document(world, requester="john.doe", amount="2.50")
    planned = preview(key)
    assert [chosen.person.code for step in planned.steps for chosen in step.people] == [
        "controlling.1",
        "controlling.2",
    ]
    assert "John Doe asked for it" in planned.steps[0].note
    start(key)
    assert refused("john.doe", key) == "own_request"
    assert decide("controlling.1", key) == "approved"


def test_app_03_one_yes_approves_what_one_person_decides(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    key = document(world)
    number = start(key)
    assert decide("john.doe", key) == "approved"
    with reading("approval", number) as approval:
        [decision] = approval.decisions
        assert (decision.person.code, decision.verdict, decision.for_person) == ("john.doe", "approve", None)
        assert decision.content_hash == approval.content_hash
        assert approval.closed_at is not None


@pytest.mark.parametrize(("same_person", "clicks"), [("each", 3), ("once", 1)])
def test_app_07_three_levels_of_one_person_take_three_clicks_or_one_as_the_policy_says(
    world: Maker, same_person: str, clicks: int
) -> None:
    rules = [asks(f"L{n}", "john.doe", stage=n) for n in (1, 2, 3)]
    publish(world, *rules, same_person=same_person)
    key = document(world)
    number = start(key)
    left = []
    for _ in range(clicks):
        left.append(sum(state in ("open", "waiting") for state in states(number)))
        decide("john.doe", key)
    assert states(number) == ["approved"] * 3
    assert left == [3, 2, 1][:clicks]
    with reading("approval", number) as approval:
        assert [each.channel for each in approval.decisions] == ["test"] * clicks + ["policy"] * (3 - clicks)
        assert approval.state == "approved"


def test_app_09_the_second_level_waits_until_the_first_has_decided(world: Maker) -> None:
    publish(world, asks("FIRST", "john.doe"), asks("SECOND", "mike.low", stage=2))
    key = document(world)
    number = start(key)
    assert (inbox("john.doe"), inbox("mike.low")) == ([f"{key} First"], [])
    assert refused("mike.low", key) == "not_asked"
    assert decide("john.doe", key) == "open"
    assert (inbox("john.doe"), inbox("mike.low")) == ([], [f"{key} Second"])
    assert states(number) == ["approved", "open"]


def test_app_11_the_owner_a_document_names_is_asked(world: Maker) -> None:
    key = world.create(registry["project"], owner="mike.low")
    with reading("project", key) as row, reading("person", "rita.asks") as rita:
        SAID[row.id] = {"requester": rita.id}
    publish(world, step("OWNER", resolver="owner_of_project"))
    start(key)
    assert inbox("mike.low") == [f"{key} Owner"]


def test_app_13_each_question_answer_and_return_is_announced_once(world: Maker) -> None:
    publish(world, asks("FIRST", "john.doe"), asks("SECOND", "mike.low", stage=2))
    key = document(world)
    start(key)
    assert [each["steps"] for each in events("approval.asked")] == [["First"]]
    decide("john.doe", key)
    assert [each["outcome"] for each in events("approval.decided")] == ["open"]
    assert [each["steps"] for each in events("approval.asked")] == [["First"], ["Second"]]
    decide("mike.low", key, "return", "Which building?")
    [returned] = events("approval.returned")
    assert (returned["comment"], returned["document"]["key"], len(returned["accounts"])) == ("Which building?", key, 1)
    assert len(events("approval.decided")) == 1
    start(key)
    decide("john.doe", key, "reject", "Too dear")
    assert [(each["verdict"], each["outcome"]) for each in events("approval.decided")] == [
        ("approve", "open"),
        ("reject", "rejected"),
    ]


# --- what follows from the document ---------------------------------------------------------------------------------


def test_limits_are_counted_in_the_currency_of_the_documents_books(world: Maker) -> None:
    """Mike may 1 000 EUR and Anna 5 000 EUR; the document stands in an entity that counts in another currency."""
    other = world.create(registry["currency"])
    with reading("entity", world.key("entity")) as entity:
        euro = entity.base_currency.code
    elsewhere = world.create(registry["entity"], base_currency=other)
    world.create(registry["exchange_rate"], currency=euro, base=other, rate="25", valid_on="2026-11-01", source="ECB")
    for code, manager, limit in (
        ("rita.asks", "mike.low", None),
        ("mike.low", "anna.high", "1000"),
        ("anna.high", None, "5000"),
    ):
        edit(system(), "person", code, manager=manager, approval_limit=limit)
    publish(world, step("LIMIT", resolver="limit"), entity=elsewhere, currency=None, material_amount=None)
    for amount, expected in (("25000.00", "mike.low"), ("25000.01", "anna.high"), ("125000.00", "anna.high")):
        key = world.create(registry["project"], owner="rita.asks", entity=elsewhere)
        with reading("project", key) as row:
            SAID[row.id] = {"amount": amount}
        [planned] = preview(key).steps
        assert [chosen.person.code for chosen in planned.people] == [expected], amount
    assert "limit 5000.00" in planned.people[0].via
    assert "at 25 of 1 Nov 2026 (ECB)" in planned.people[0].via


def test_without_a_rate_nothing_is_compared_and_the_preview_says_so(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"), currency=world.create(registry["currency"]))
    key = document(world)
    assert [problem.code for problem in preview(key).blocks] == ["no_rate"]
    with pytest.raises(Refused) as refusal:
        start(key)
    assert refusal.value.problems[0].code == "no_rate"


def test_a_block_refuses_the_start_and_leaves_no_round(world: Maker) -> None:
    block = {"code": "NO", "label": "Too much", "effect": "block", "reason": "Split purchases over 900 are not allowed"}
    publish(world, asks("JOHN", "john.doe"), block, conditions=[above("NO", "900")])
    key = document(world, amount="900.01")
    assert [problem.message for problem in preview(key).blocks] == ["Split purchases over 900 are not allowed"]
    with pytest.raises(Refused) as refusal:
        start(key)
    assert [(each.code, each.values) for each in refusal.value.problems] == [("blocked", {"rule": "NO"})]
    assert inbox("john.doe") == []
    assert events("approval.asked") == []


def test_a_rule_may_approve_at_once_and_warn_beside(world: Maker) -> None:
    auto = {"code": "SMALL", "label": "Small", "effect": "auto_approve", "reason": "Up to 50 from anyone"}
    warn = {"code": "QUOTES", "label": "Quotes", "effect": "warn", "reason": "No file attached"}
    publish(
        world, auto, asks("JOHN", "john.doe"), warn,
        conditions=[{"rule": "SMALL", "fact": "amount", "operator": "at_most", "value": "50"}],
    )  # fmt: skip
    key = document(world, amount="50.00")
    planned = preview(key)
    assert (planned.auto, planned.warnings, planned.steps) == (True, ("No file attached",), ())
    assert planned.sentence == "Approved at once: Up to 50 from anyone."
    with reading("approval", start(key)) as approval:
        assert (approval.state, list(approval.steps)) == ("approved", [])
    assert preview(document(world, amount="50.01")).sentence == "John (John Doe)."


def test_a_demand_from_elsewhere_is_a_step_of_its_own_and_holds_back_what_is_approved_at_once(world: Maker) -> None:
    auto = {"code": "SMALL", "label": "Small", "effect": "auto_approve"}
    publish(world, auto)
    key = document(world)
    with reading("project", key) as row, reading("person", "anna.high") as anna:
        SAID[row.id] = {"demands": (Demand("Budget owner", "IT-210 would be overrun", (anna,)),)}
        start(key)
    assert inbox("anna.high") == [f"{key} Budget owner"]
    assert decide("anna.high", key) == "approved"


def test_without_a_policy_nothing_is_submitted(world: Maker) -> None:
    key = document(world)
    assert [problem.code for problem in preview(key).blocks] == ["no_policy"]
    with pytest.raises(Refused) as refusal:
        start(key)
    assert refusal.value.problems[0].code == "no_policy"


def test_what_waits_is_not_asked_a_second_time(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    key = document(world)
    start(key)
    with pytest.raises(Refused) as refusal:
        start(key)
    assert refusal.value.problems[0].code == "already_asked"


# --- who sees and who may -------------------------------------------------------------------------------------------


def test_whoever_is_asked_sees_the_round_and_others_do_not(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"), asks("MIKE", "mike.low", stage=2))
    number = start(document(world))
    assert sees(as_person("john.doe"), "approval", number)
    assert sees(as_person("rita.asks"), "approval", number)
    assert sees(as_person("controlling.1"), "approval", number)
    assert not sees(as_person("mike.low"), "approval", number)
    assert not sees(as_person("anna.high"), "approval", number)


def test_people_who_take_part_in_it_do_not_decide(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    with reading("person", "john.doe") as john:
        key = document(world, excluded=(john.id,))
    start(key)
    assert refused("john.doe", key) == "own_request"
    assert inbox("john.doe") == []


def test_outlay_itself_and_accounts_without_a_person_decide_nothing(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    key = document(world)
    start(key)
    with pytest.raises(Refused) as refusal:
        acted(system(), key, lambda bound, row: service.decide(bound, DOCUMENT, row, "approve"))
    assert refusal.value.problems[0].code == "not_asked"


def test_a_decision_stays_as_it_was_made_whoever_tries(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    key = document(world)
    start(key)
    decide("john.doe", key)
    for statement in (
        "UPDATE approval_decision SET verdict = 'reject'",
        "DELETE FROM approval_decision",
        "TRUNCATE approval_decision",
    ):
        with pytest.raises(Exception, match=r"stays|change|refuse|permission"), db.engine.begin() as connection:
            connection.execute(text(statement))


# --- changes --------------------------------------------------------------------------------------------------------


def reopened(key: str) -> Any:
    return acted(system(), key, lambda bound, row: service.reopen(bound, case_of(bound, row)))


def change(key: str, **said: Any) -> None:
    with reading("project", key) as row:
        SAID[row.id] = {**SAID[row.id], **said}


def test_app_05_a_change_while_it_is_decided_asks_anew_and_the_old_question_is_void(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    key = document(world, amount="100.00")
    first = start(key)
    change(key, amount="111.00")
    assert refused("john.doe", key) == "changed_since"
    second = reopened(key).approval.number
    assert states(first) == ["void"]
    with reading("approval", first) as before, reading("approval", second) as after:
        assert (before.state, before.state_reason) == ("superseded", "Changed: total")
        assert (after.state, after.revision, str(after.amount)) == ("open", 2, "111.0000")
    assert decide("john.doe", key) == "approved"


def test_app_17_a_harmless_change_keeps_the_approval_and_a_material_one_does_not(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"), asks("MIKE", "mike.low", stage=2))
    key = document(world, amount="100.00")
    start(key)
    decide("john.doe", key)
    decide("mike.low", key)
    for said in ({"title": "Another title"}, {"amount": "110.00"}, {"amount": "20.00"}):
        change(key, **said)
        assert reopened(key) is None
    change(key, amount="110.01")
    assert reopened(key).state == "open"
    assert (inbox("john.doe"), inbox("mike.low")) == ([f"{key} John"], [])


def test_any_change_of_content_is_material(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    key = document(world)
    start(key)
    for round_, content in enumerate(({"bank": "A"}, {"bank": "B"}, {"bank": "B", "country": "AT"}), 2):
        decide("john.doe", key)
        change(key, content=content)
        found = reopened(key)
        assert (found.state, found.approval.revision) == ("open", round_)


def test_a_policy_may_let_decisions_of_earlier_stages_stand_but_never_all(world: Maker) -> None:
    rules = (asks("JOHN", "john.doe"), asks("MIKE", "mike.low", stage=2))
    publish(world, *rules, reopen_from_stage=2)
    key = document(world, amount="100.00")
    start(key)
    decide("john.doe", key)
    decide("mike.low", key)
    change(key, amount="500.00")
    number = reopened(key).approval.number
    assert states(number) == ["approved", "open"]
    with reading("approval", number) as approval:
        assert approval.steps[0].note == "Kept from round 1"
        assert list(approval.decisions) == []
    assert decide("mike.low", key) == "approved"


def test_a_document_in_flight_keeps_its_policy(world: Maker) -> None:
    old = publish(world, asks("JOHN", "john.doe"))
    key = document(world)
    start(key)
    new = publish(world, asks("MIKE", "mike.low"))
    change(key, amount="500.00")
    assert reopened(key).approval.policy.number == old
    assert inbox("mike.low") == []
    other = document(world)
    with reading("approval", start(other)) as approval:
        assert approval.policy.number == new


def test_withdrawing_asks_nobody_any_more(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    key = document(world)
    number = start(key)
    acted(system(), key, lambda bound, row: service.withdraw(bound, DOCUMENT, row.id, "Not needed"))
    assert inbox("john.doe") == []
    with reading("approval", number) as approval:
        assert (approval.state, approval.state_reason) == ("withdrawn", "Not needed")
    assert refused("john.doe", key) == "not_waiting"


def test_a_stored_explanation_gives_the_same_verdict_and_a_changed_policy_is_noticed(world: Maker) -> None:
    number = publish(
        world, asks("JOHN", "john.doe"), asks("MIKE", "mike.low", stage=2), conditions=[above("MIKE", "99.99")]
    )
    key = document(world, amount="100.00")
    round_ = start(key)
    with reading("approval", round_) as approval, unit.reading(system()) as bound:
        told = service.explain(bound, approval)
        assert (told.same_verdict, told.same_policy) == (True, True)
        assert [(row["rule"], row["held"]) for row in told.rows] == [("JOHN", True), ("MIKE", True)]
        assert told.rows[1]["conditions"][0]["actual"].startswith("100.00")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE approval_condition SET value = '500'"))
    with reading("approval", round_) as approval, unit.reading(system()) as bound:
        told = service.explain(bound, approval)
        assert (told.same_verdict, told.same_policy) == (False, False)
    assert number


def test_reassigning_puts_somebody_else_on_the_place_and_both_on_record(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"), asks("MIKE", "mike.low"))
    key = document(world)
    number = start(key)
    do(as_person("john.doe"), "approval", number, "reassign", to="anna.high", reason="She knows the building")
    assert (inbox("john.doe"), inbox("anna.high")) == ([], [f"{key} John"])
    [told] = events("approval.delegated")
    assert (told["instead_of"], told["step"], told["reason"]) == ("John Doe", "John", "She knows the building")
    with pytest.raises(Refused) as refusal:
        do(as_person("anna.high"), "approval", number, "reassign", to="john.doe", instead_of="mike.low", reason="No")
    assert [(each.code, each.field) for each in refusal.value.problems] == [("not_asked", "instead_of")]
    with pytest.raises(Refused) as refusal:
        do(
            as_person("controlling.1"),
            "approval",
            number,
            "reassign",
            to="rita.asks",
            instead_of="mike.low",
            reason="No",
        )
    assert [(each.code, each.field) for each in refusal.value.problems] == [("unfit", "to")]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"to": "anna.high", "step": 3}, ("not_open", "step")),
        ({"to": "anna.high"}, ("several_asked", "instead_of")),
        ({"to": "john.doe", "instead_of": "john.doe"}, ("asked_already", "to")),
    ],
)
def test_a_place_that_is_not_clear_or_not_free_is_not_reassigned(
    world: Maker, arguments: dict[str, Any], expected: tuple[str, str]
) -> None:
    publish(world, asks("JOHN", "john.doe"), asks("MIKE", "mike.low"))
    number = start(document(world))
    with pytest.raises(Refused) as refusal:
        do(as_person("controlling.1"), "approval", number, "reassign", **arguments, reason="Away")
    assert [(each.code, each.field) for each in refusal.value.problems] == [expected]


def test_reminding_tells_everybody_who_is_asked(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"), asks("MIKE", "mike.low"), asks("ANNA", "anna.high", stage=2))
    number = start(document(world))
    do(as_person("controlling.1"), "approval", number, "remind")
    [told] = events("approval.reminded")
    assert (told["steps"], len(told["accounts"])) == (["John", "Mike"], 2)
