"""Taking requests back, letting them be, closing and throwing them away; what they reserved is free again each time."""

from __future__ import annotations

import pytest

from tests.scenarios.office import Office
from tests.slices.doing import events, reading, refused


def test_withdraw_takes_it_back_and_asks_nobody_any_more(office: Office) -> None:
    office.budget("LAB", "1000")
    key = office.submitted()
    office.act(office.lena, key, "withdraw", reason="Found one in the cellar")
    with reading("request", key) as row:
        assert (row.state, row.state_reason) == ("draft", "Found one in the cellar")
    assert (office.reserved(), office.waits_for(key)) == ({}, [])
    assert [event["number"] for event in events("request.withdrawn")] == [key]


def test_a_withdrawn_request_is_submitted_again_as_a_new_revision(office: Office) -> None:
    key = office.submitted("6000")
    office.act(office.sofia, key, "approve")
    office.act(office.lena, key, "withdraw")
    office.act(office.lena, key, "submit")
    with reading("request", key) as row:
        assert (row.state, row.revision, row.state_reason) == ("submitted", 2, None)
    assert office.waits_for(key) == ["sofia.rossi"]


def test_cancel_lets_an_approved_request_be(office: Office) -> None:
    office.budget("LAB", "1000")
    key = office.approved()
    assert list(office.reserved().values()) == ["900"]
    office.act(office.lena, key, "cancel", reason="The microscope was sold")
    with reading("request", key) as row:
        assert (row.state, row.state_reason) == ("cancelled", "The microscope was sold")
    assert office.reserved() == {}
    assert [event["reason"] for event in events("request.cancelled")] == ["The microscope was sold"]


def test_close_frees_what_is_left_of_the_reservation(office: Office) -> None:
    office.budget("LAB", "1000")
    key = office.approved()
    office.act(office.lena, key, "close")
    assert (office.state(key), office.reserved()) == ("closed", {})
    assert [event["number"] for event in events("request.closed")] == [key]


def test_discard_throws_a_draft_away_and_keeps_its_number(office: Office) -> None:
    key = office.ask()
    office.act(office.lena, key, "discard")
    assert office.state(key) == "cancelled"
    assert [event["number"] for event in events("request.discarded")] == [key]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [("withdraw", {}), ("cancel", {"reason": "No"}), ("close", {})],
)
def test_somebody_who_only_decides_does_not_end_it(office: Office, command: str, arguments: dict[str, str]) -> None:
    key = office.submitted() if command == "withdraw" else office.approved()
    with refused(("not_yours", None)):
        office.act(office.sofia, key, command, **arguments)


@pytest.mark.parametrize(("command", "arguments"), [("withdraw", {}), ("discard", {}), ("submit", {})])
def test_nothing_of_an_approved_request_is_taken_back_as_a_draft(
    office: Office, command: str, arguments: dict[str, str]
) -> None:
    key = office.approved()
    with refused(("wrong_state", None)):
        office.act(office.lena, key, command, **arguments)
