"""Deciding about requests: yes, no, back; by those who are asked, and by nobody else."""

from __future__ import annotations

import pytest

from tests.acting import system
from tests.scenarios.office import Office
from tests.slices.doing import edit, events, reading, refused, sees, why_not


def test_everybody_asked_agrees_and_it_is_approved(office: Office) -> None:
    office.budget("LAB", "1000")
    key = office.submitted("900")
    office.act(office.sofia, key, "approve", comment="Fine")
    assert office.state(key) == "approved"
    assert list(office.reserved().values()) == ["900"]
    [event] = events("request.approved")
    assert (event["number"], event["requester"], event["reason"]) == (key, office.lena.id, "Fine")


def test_a_step_that_leaves_others_to_decide_is_announced_as_such(office: Office) -> None:
    key = office.submitted("6000")
    office.act(office.sofia, key, "approve")
    assert (office.state(key), office.waits_for(key)) == ("submitted", ["omar.haddad"])
    assert [event["number"] for event in events("request.decided")] == [key]
    assert events("request.approved") == []


def test_a_rejection_ends_it_with_its_reason_and_frees_the_money(office: Office) -> None:
    office.budget("LAB", "10000")
    key = office.submitted("6000")
    office.act(office.sofia, key, "reject", reason="Not this year")
    with reading("request", key) as row:
        assert (row.state, row.state_reason) == ("rejected", "Not this year")
    assert (office.reserved(), office.waits_for(key)) == ({}, [])
    assert [event["reason"] for event in events("request.rejected")] == ["Not this year"]
    with refused(("wrong_state", None)):
        edit(office.lena.context(), "request", key, title="Again")


def test_a_request_for_changes_gives_it_back_with_the_reason(office: Office) -> None:
    office.budget("LAB", "10000")
    key = office.submitted("6000")
    office.act(office.sofia, key, "request_changes", reason="Which microscope?")
    with reading("request", key) as row:
        assert (row.state, row.returned_reason) == ("draft", "Which microscope?")
    assert office.reserved() == {}
    assert [event["reason"] for event in events("request.returned")] == ["Which microscope?"]
    edit(office.lena.context(), "request", key, title="Filter set for microscope 3")
    office.act(office.lena, key, "submit")
    with reading("request", key) as row:
        assert (row.state, row.returned_reason, row.revision) == ("submitted", None, 2)
    assert office.waits_for(key) == ["sofia.rossi"]


@pytest.mark.parametrize("command", ["reject", "request_changes"])
def test_a_no_wants_a_reason(office: Office, command: str) -> None:
    key = office.submitted()
    with refused(("required", "reason")):
        office.act(office.sofia, key, command)


@pytest.mark.parametrize("command", ["approve", "reject", "request_changes"])
def test_only_who_is_asked_decides(office: Office, command: str) -> None:
    key = office.submitted("6000")
    arguments = {} if command == "approve" else {"reason": "No"}
    with refused(("not_asked", None)):
        office.act(office.marta, key, command, **arguments)
    assert why_not(office.marta.context(), "request", key, command) == ["not_asked"]
    assert why_not(office.sofia.context(), "request", key, command) == []


def test_whoever_is_not_asked_and_takes_no_part_does_not_even_see_it(office: Office) -> None:
    key = office.submitted()
    with refused(("not_found", None)):
        office.act(office.jana, key, "approve")
    assert sees(office.sofia.context(), "request", key)


def test_nothing_is_decided_twice(office: Office) -> None:
    key = office.submitted("6000")
    office.act(office.sofia, key, "approve")
    with refused(("not_asked", None)):
        office.act(office.sofia, key, "approve")


@pytest.mark.parametrize("state", ["draft", "approved"])
def test_what_does_not_wait_is_not_decided(office: Office, state: str) -> None:
    key = office.approved() if state == "approved" else office.submitted()
    if state == "draft":
        office.act(office.lena, key, "withdraw")
    with refused(("wrong_state", None)):
        office.act(office.sofia, key, "approve")


def test_outlay_itself_decides_nothing(office: Office) -> None:
    key = office.submitted()
    with refused(("not_asked", None)):
        office.do(system(), "request", key, "approve")


def test_several_are_decided_at_once_and_each_refusal_is_named(office: Office) -> None:
    from app.infra import unit
    from app.kernel.problem import Refused
    from app.kernel.resource import registry

    mine, other = office.submitted(), office.submitted("6000")
    office.act(office.sofia, other, "approve")
    found = dict(unit.execute_each(office.sofia.context(), registry["request"], [mine, other], "approve", {}))
    assert not isinstance(found[mine], Refused)
    refusal = found[other]
    assert isinstance(refusal, Refused)
    assert [problem.code for problem in refusal.problems] == ["not_asked"]
    assert (office.state(mine), office.state(other)) == ("approved", "submitted")
