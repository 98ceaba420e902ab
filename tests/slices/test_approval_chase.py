"""Nobody waits on somebody who is not there: reminders, escalation, others instead, and what is on record of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.infra import unit
from app.kernel.problem import Refused
from app.modules.approvals.service import chasing
from tests.acting import NOW, system
from tests.factories.approvals import hear, someone
from tests.making import Maker
from tests.slices.doing import do, edit, enter, events, reading
from tests.slices.test_approval_round import asks, decide, document, inbox, preview, publish, start, step
from tests.slices.test_approval_round import world as world  # noqa: PLC0414


def chase(days: int) -> dict[str, int]:
    """Let the job run some days after the question."""
    context = replace(system(), now=NOW + timedelta(days=days), today=(NOW + timedelta(days=days)).date())
    with unit.transaction(context, "approvals.chase") as bound:
        return chasing.chase(bound)


def seats(number: str) -> list[tuple[str, str]]:
    with reading("approval", number) as approval:
        return [(seat.person.code, seat.state) for seat in approval.seats]


def note(number: str) -> str:
    with reading("approval", number) as approval:
        return str(approval.steps[0].note)


def test_app_15_reminders_come_after_the_delay_and_again_after_the_same(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe", due_days=3))
    start(document(world))
    told = []
    for day in (2, 4, 6, 9):
        chase(day)
        told.append(len(events("approval.reminded")))
    assert told == [0, 1, 1, 2]


def test_a_step_without_due_time_is_never_chased(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    start(document(world))
    chase(300)
    assert events("approval.reminded") == []


def test_escalation_asks_the_manager_as_well_and_once(world: Maker) -> None:
    edit(system(), "person", "john.doe", manager="anna.high")
    publish(world, asks("JOHN", "john.doe", due_days=3, on_due="escalate"))
    key = document(world)
    number = start(key)
    chase(3)
    chase(4)
    assert seats(number) == [("john.doe", "open"), ("anna.high", "open")]
    [told] = events("approval.escalated")
    assert (told["instead_of"], told["reason"]) == ("John Doe", "no answer in 3 days")
    assert note(number) == "John Doe: no answer in 3 days. Also asked: Anna High."
    assert decide("anna.high", key) == "approved"


def test_reassignment_asks_somebody_else_instead(world: Maker) -> None:
    edit(system(), "person", "john.doe", manager="anna.high")
    publish(world, asks("JOHN", "john.doe", due_days=1, on_due="reassign"))
    number = start(document(world))
    chase(1)
    assert seats(number) == [("john.doe", "void"), ("anna.high", "open")]
    assert inbox("john.doe") == []


def test_escalation_never_asks_the_requester(world: Maker) -> None:
    edit(system(), "person", "john.doe", manager="rita.asks")
    edit(system(), "person", "rita.asks", manager="anna.high")
    publish(world, asks("JOHN", "john.doe", due_days=1, on_due="escalate"))
    number = start(document(world, requester="rita.asks"))
    chase(1)
    assert seats(number) == [("john.doe", "open"), ("anna.high", "open")]


@pytest.mark.parametrize("state", ["suspended", "left"])
def test_whoever_is_gone_before_the_question_is_passed_over_with_a_note(world: Maker, state: str) -> None:
    edit(system(), "person", "john.doe", manager="anna.high")
    go(state, "john.doe")
    publish(world, asks("JOHN", "john.doe"))
    key = document(world)
    [planned] = preview(key).steps
    assert [chosen.person.code for chosen in planned.people] == ["anna.high"]
    words = {"suspended": "is suspended", "left": "has left"}[state]
    assert planned.note == f"Named in the policy: John Doe {words}. Asked instead: Anna High."
    start(key)
    assert inbox("anna.high") == [f"{key} John"]


def test_whoever_was_invited_and_never_came_is_passed_over_with_a_note(world: Maker) -> None:
    form = {
        "code": "new.comer",
        "first_name": "New",
        "last_name": "Comer",
        "email": "new@example.com",
        "manager": "anna.high",
    }
    enter(system(), "person", **form)
    do(system(), "person", "new.comer", "grant", role="Approver")
    publish(world, asks("NEW", "new.comer"))
    key = document(world)
    [planned] = preview(key).steps
    assert [chosen.person.code for chosen in planned.people] == ["anna.high"]
    assert planned.note == "Named in the policy: New Comer has not signed in yet. Asked instead: Anna High."
    assert decide_after_start(key) == "approved"


def decide_after_start(key: str) -> str:
    start(key)
    return decide("anna.high", key)


def test_a_role_whose_only_holder_asks_goes_to_the_fallback_and_says_so(world: Maker) -> None:
    someone("only.one", "Buyer", "Requester", entity=world.key("entity"))
    publish(world, step("BUY", resolver="role", role="Buyer"))
    key = document(world, requester="only.one")
    [planned] = preview(key).steps
    assert {chosen.person.code for chosen in planned.people} == {"controlling.1", "controlling.2"}
    assert "Only One asked for it" in planned.note
    number = start(key)
    assert seats(number) == [("controlling.1", "open"), ("controlling.2", "open")]
    with pytest.raises(Refused) as refusal:
        decide("only.one", key)
    assert [problem.code for problem in refusal.value.problems] == ["own_request"]


@pytest.mark.parametrize("state", ["suspended", "left"])
def test_whoever_goes_after_the_question_is_replaced_and_it_is_on_record(world: Maker, state: str) -> None:
    edit(system(), "person", "john.doe", manager="anna.high")
    publish(world, asks("JOHN", "john.doe"), asks("AGAIN", "john.doe", stage=2), same_person="each")
    key = document(world)
    number = start(key)
    go(state, "john.doe")
    hear("person.left", "person.suspended", "delegation.created", "delegation.changed")
    assert seats(number) == [
        ("john.doe", "void"),
        ("john.doe", "void"),
        ("anna.high", "open"),
        ("anna.high", "waiting"),
    ]
    words = {"suspended": "is suspended", "left": "has left"}[state]
    assert note(number) == f"John Doe: {words}. Asked instead: Anna High."
    [told] = events("approval.escalated")
    assert told["reason"] == words


def test_a_successor_takes_the_place_of_whoever_left_unless_it_is_their_own_request(world: Maker) -> None:
    publish(world, asks("JOHN", "john.doe"))
    theirs, own = document(world), document(world, requester="mike.low")
    numbers = [start(theirs), start(own)]
    do(system(), "person", "john.doe", "leave", successor="mike.low")
    hear("person.left", "person.suspended", "delegation.created", "delegation.changed")
    assert seats(numbers[0]) == [("john.doe", "void"), ("mike.low", "open")]
    assert ("mike.low", "open") not in seats(numbers[1])
    assert ("controlling.1", "open") in seats(numbers[1])


def test_where_nobody_can_be_asked_the_document_is_refused_and_says_which_step(world: Maker) -> None:
    publish(world, step("OWNER", resolver="owner_of_cost_centre", fallback="manager", label="Cost-centre owner"))
    for code in ("controlling.1", "controlling.2"):
        do(system(), "person", code, "suspend", reason="Test")
    key = document(world)
    [problem] = preview(key).blocks
    assert problem.code == "nobody_decides"
    assert problem.message.startswith("Nobody can decide the step Cost-centre owner.")
    with pytest.raises(Refused):
        start(key)


def test_a_quorum_is_filled_up_from_the_fallback_role(world: Maker) -> None:
    rule = step("TWO", resolver="person", person="john.doe", mode="quorum", quorum=2)
    publish(world, rule)
    key = document(world)
    number = start(key)
    assert [code for code, _ in seats(number)] == ["john.doe", "controlling.1"]
    assert decide("john.doe", key) == "open"
    assert decide("controlling.1", key) == "approved"


def test_owners_are_found_up_the_tree_and_all_of_a_split_have_to_agree(world: Maker) -> None:
    from app.kernel.resource import registry

    top = world.create(registry["cost_centre"], owner="anna.high")
    below = world.create(registry["cost_centre"], parent=top)
    beside = world.create(registry["cost_centre"], owner="john.doe")
    ids = []
    for code in (below, beside):
        with reading("cost_centre", code) as row:
            ids.append(row.id)
    publish(world, step("OWNER", resolver="owner_of_cost_centre", mode="all"))
    key = document(world, cost_centres=tuple(ids))
    number = start(key)
    assert seats(number) == [("anna.high", "open"), ("john.doe", "open")]
    with reading("approval", number) as approval:
        assert [seat.via for seat in approval.seats] == [
            f"Owner of cost centre {top}",
            f"Owner of cost centre {beside}",
        ]
    assert decide("anna.high", key) == "open"
    assert decide("john.doe", key) == "approved"


def test_managers_are_counted_upwards(world: Maker) -> None:
    edit(system(), "person", "rita.asks", manager="john.doe")
    edit(system(), "person", "john.doe", manager="mike.low")
    publish(world, step("SECOND", resolver="manager", levels=2))
    start(document(world))
    assert len(inbox("mike.low")) == 1
    assert inbox("john.doe") == []


def test_a_role_is_held_where_the_document_stands(world: Maker) -> None:
    from app.kernel.resource import registry

    elsewhere = world.create(registry["entity"])
    someone("here.one", "Treasurer", entity=world.key("entity"))
    someone("there.one", "Treasurer", entity=elsewhere)
    publish(world, step("ROLE", resolver="role", role="Treasurer"))
    key = document(world)
    assert [chosen.person.code for chosen in preview(key).steps[0].people] == ["here.one"]


def go(state: str, code: str) -> None:
    if state == "left":
        do(system(), "person", code, "leave")
    else:
        do(system(), "person", code, "suspend", reason="Test")
