"""While somebody is away: a deputy decides in their place, within the days and limits given, and never on their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.approvals.service import chasing
from tests.acting import NOW, system
from tests.factories.approvals import as_person, hear, someone
from tests.making import Maker
from tests.slices.doing import do, edit, enter, events, reading, sees
from tests.slices.test_approval_round import asks, decide, document, inbox, publish, start
from tests.slices.test_approval_round import refused as refused_to
from tests.slices.test_approval_round import world as world  # noqa: PLC0414

HOLIDAY = {"from_on": "2026-11-20", "to_on": "2026-11-30"}


def lend(person: str = "john.doe", deputy: str = "mike.low", **values: Any) -> str:
    return enter(as_person(person), "delegation", deputy=deputy, **{**HOLIDAY, **values})


def test_a_deputy_decides_and_both_names_stand_on_the_decision(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    lend()
    key = document(world)
    number = start(key)
    assert inbox("mike.low") == [f"{key} John"]
    assert sees(as_person("mike.low"), "approval", number)
    [asked] = events("approval.asked")
    assert len(asked["accounts"]) == 2
    assert decide("mike.low", key) == "approved"
    with reading("approval", number) as approval:
        [decision] = approval.decisions
        assert (decision.person.code, decision.for_person.code) == ("mike.low", "john.doe")
    [told] = events("approval.decided")
    assert (told["by"], told["on_behalf_of"]) == ("Mike Low", "John Doe")


def test_a_deputy_never_decides_what_they_asked_for(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    lend(deputy="rita.asks")
    key = document(world, requester="rita.asks")
    start(key)
    assert refused_to("rita.asks", key) == "own_request"
    assert inbox("rita.asks") == []
    [asked] = events("approval.asked")
    assert len(asked["accounts"]) == 1


def test_a_delegation_reaches_one_level_only(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    lend()
    lend("mike.low", "anna.high")
    key = document(world)
    start(key)
    assert inbox("anna.high") == []
    assert refused_to("anna.high", key) == "not_asked"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"most_amount": "100.00"}, 1),
        ({"most_amount": "99.99"}, 0),
        ({"document": "project"}, 1),
        ({"from_on": "2026-11-23"}, 0),
        ({"to_on": "2026-11-22"}, 1),
        ({"to_on": "2026-11-21"}, 0),
    ],
)
def test_a_deputy_decides_within_days_and_limits_only(world: Maker, values: dict[str, str], expected: int) -> None:
    publish(world, asks("JOHN", "john.doe"))
    lend(**values)
    key = document(world, amount="100.00")
    start(key)
    assert len(inbox("mike.low")) == expected


def test_a_delegation_for_another_entity_does_not_count(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    key = enter(
        system(), "delegation", person="john.doe", deputy="mike.low", entity=world.create(registry["entity"]), **HOLIDAY
    )
    start(document(world))
    assert inbox("mike.low") == []
    assert key


def test_a_step_that_is_not_to_be_delegated_stays_with_its_people(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe", delegable=False))
    lend()
    key = document(world)
    start(key)
    assert inbox("mike.low") == []
    assert refused_to("mike.low", key) == "not_asked"


def test_a_delegation_that_begins_lets_the_deputy_in_and_tells_them_and_its_end_shuts_them_out(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    number = start(document(world))
    assert not sees(as_person("mike.low"), "approval", number)
    lent = lend()
    hear("person.left", "person.suspended", "delegation.created", "delegation.changed")
    assert sees(as_person("mike.low"), "approval", number)
    [told] = events("approval.delegated")
    assert (told["instead_of"], told["reason"]) == ("John Doe", "away")
    do(as_person("john.doe"), "delegation", lent, "end")
    assert inbox("mike.low") == []
    assert not sees(as_person("mike.low"), "approval", number)


def test_a_deputy_sees_what_waits_and_afterwards_only_what_they_decided(world: Maker) -> None:
    """The deputy keeps what they decided; of what others decided meanwhile nothing stays in sight."""
    publish(world, asks("JOHN", "john.doe"))
    lend()
    others, own = document(world), document(world)
    rounds = {key: start(key) for key in (others, own)}
    deputy = as_person("mike.low")
    assert all(sees(deputy, "approval", number) for number in rounds.values())
    assert decide("john.doe", others) == "approved"
    assert decide("mike.low", own) == "approved"
    assert {key: sees(deputy, "approval", number) for key, number in rounds.items()} == {others: False, own: True}
    assert parts(rounds[others]) == {("approver", "john.doe"), ("requester", "rita.asks")}
    assert parts(rounds[own]) == {("approver", "john.doe"), ("approver", "mike.low"), ("requester", "rita.asks")}


def parts(number: str) -> set[tuple[str, str]]:
    """Name who takes part in a round, and as what."""
    statement = text(
        "SELECT y.part, p.code FROM party y JOIN approval a ON a.id = y.row_id AND y.resource = 'approval'"
        " JOIN person p ON p.user_id = y.account_id WHERE a.number = :number"
    )
    db.session.rollback()
    return {(part, code) for part, code in db.session.execute(statement, {"number": number})}


def test_a_deputy_who_asked_for_it_leaves_it_to_the_manager_when_its_time_has_passed(world: Maker) -> None:
    """Away, and the only one who stands in may not decide: the time the rule gives ends the waiting."""
    edit(system(), "person", "john.doe", manager="anna.high")
    publish(world, asks("JOHN", "john.doe", due_days=2, on_due="reassign"))
    lend(deputy="rita.asks")
    number = start(document(world, requester="rita.asks"))
    later = replace(system(), now=NOW + timedelta(days=3), today=(NOW + timedelta(days=3)).date())
    with unit.transaction(later, "approvals.chase") as bound:
        assert chasing.chase(bound)["reassigned"] == 1
    with reading("approval", number) as approval:
        assert [(seat.person.code, seat.state) for seat in approval.seats] == [
            ("john.doe", "void"),
            ("anna.high", "open"),
        ]
        assert approval.steps[0].note == "John Doe: no answer in 2 days. Asked instead: Anna High."


def test_another_deputy_takes_the_place_of_the_first(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    number = start(document(world))
    lent = lend()
    hear("person.left", "person.suspended", "delegation.created", "delegation.changed")
    edit(as_person("controlling.1"), "delegation", lent, deputy="anna.high")
    hear("person.left", "person.suspended", "delegation.created", "delegation.changed")
    assert not sees(as_person("mike.low"), "approval", number)
    assert sees(as_person("anna.high"), "approval", number)


def test_a_delegation_ends_by_itself_after_its_last_day(world: Maker) -> None:
    lent = lend(to_on="2026-11-21")
    with unit.transaction(system(), "approvals.chase") as bound:
        assert chasing.chase(bound)["delegations"] == 1
    with reading("delegation", lent) as row:
        assert row.state == "ended"


def test_people_enter_delegations_of_their_own_and_controllers_those_of_others(world: Maker) -> None:
    with pytest.raises(Refused) as refusal:
        enter(as_person("mike.low"), "delegation", person="john.doe", deputy="anna.high", **HOLIDAY)
    assert [problem.code for problem in refusal.value.problems] == ["out_of_reach"]
    key = enter(as_person("controlling.1"), "delegation", person="john.doe", deputy="anna.high", **HOLIDAY)
    assert sees(as_person("john.doe"), "delegation", key)
    assert not sees(as_person("mike.low"), "delegation", key)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"deputy": "john.doe"}, ("own_deputy", "deputy")),
        ({"to_on": "2026-11-19"}, ("wrong_order", "to_on")),
        ({"document": "payment"}, ("unknown_choice", "document")),
        ({"most_amount": "0"}, ("not_positive", "most_amount")),
    ],
)
def test_what_is_wrong_with_a_delegation_is_said_at_its_field(
    world: Maker, values: dict[str, str], expected: tuple[str, str]
) -> None:
    with pytest.raises(Refused) as refusal:
        lend(**values)
    assert [(problem.code, problem.field) for problem in refusal.value.problems] == [expected]


def test_somebody_who_does_not_work_here_is_no_deputy(world: Maker) -> None:
    someone("gone.away", "Approver")
    do(system(), "person", "gone.away", "suspend", reason="Test")
    with pytest.raises(Refused) as refusal:
        enter(system(), "delegation", person="john.doe", deputy="gone.away", **HOLIDAY)
    assert [(problem.code, problem.field) for problem in refusal.value.problems] == [("unfit", "deputy")]


def test_an_amount_needs_a_currency_and_a_delegation_a_person(world: Maker) -> None:
    someone("no.entity", "Approver")
    with pytest.raises(Refused) as refusal:
        enter(system(), "delegation", person="no.entity", deputy="mike.low", most_amount="5", **HOLIDAY)
    assert [(problem.code, problem.field) for problem in refusal.value.problems] == [("no_currency", "most_amount")]
    with pytest.raises(Refused) as refusal:
        enter(system(), "delegation", deputy="mike.low", **HOLIDAY)
    assert ("required", "person") in [(problem.code, problem.field) for problem in refusal.value.problems]
