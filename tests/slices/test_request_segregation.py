"""Whoever asks never decides: not directly, not as a deputy, not by role or chain, not with a token, not in bulk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.infra import unit
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.scenarios.office import Office
from tests.slices.doing import edit, refused, why_not


def test_the_owner_of_the_cost_centre_does_not_decide_what_they_ask_for(office: Office) -> None:
    key = office.submitted(by=office.sofia)
    assert office.waits_for(key) == ["marta.keller"]
    with refused(("own_request", None)):
        office.act(office.sofia, key, "approve")
    assert why_not(office.sofia.context(), "request", key, "approve") == ["own_request"]


def test_whom_it_is_for_does_not_decide(office: Office) -> None:
    key = office.submitted(wanted_for="sofia.rossi")
    assert office.waits_for(key) == ["marta.keller"]
    with refused(("own_request", None)):
        office.act(office.sofia, key, "approve")


def test_whoever_becomes_the_one_it_is_for_is_asked_no_more(office: Office) -> None:
    key = office.approved()
    edit(office.lena.context(), "request", key, wanted_for="sofia.rossi")
    assert (office.state(key), office.waits_for(key)) == ("submitted", ["marta.keller"])


def test_whoever_had_a_hand_in_it_does_not_decide(office: Office) -> None:
    key = office.ask("6000")
    office.do(_system(), "person", "marta.keller", "grant", role="Requester", entity="HAL")
    edit(office.marta.context(), "request", key, title="Filter set, better described")
    office.act(office.lena, key, "submit")
    office.act(office.sofia, key, "approve")
    with refused(("own_request", None)):
        office.act(office.marta, key, "approve")


def test_a_requester_who_stands_in_for_the_one_asked_does_not_decide(office: Office) -> None:
    form = {
        "person": "sofia.rossi",
        "deputy": "lena.fischer",
        "from_on": "2026-11-22",
        "to_on": "2026-11-30",
        "reason": "Away",
    }
    office.do(_system(), "person", "lena.fischer", "grant", role="Approver", entity="HAL")
    office.enter("delegation", office.sofia.context(), **form)
    key = office.submitted()
    with refused(("own_request", None)):
        office.act(office.lena, key, "approve")


def test_a_requester_who_holds_every_role_that_is_asked_does_not_decide(office: Office) -> None:
    for role in ("Approver", "Controller"):
        office.do(_system(), "person", "lena.fischer", "grant", role=role, entity="HAL")
    key = office.submitted("12000")
    assert "lena.fischer" not in office.waits_for(key)
    for command, arguments in (("approve", {}), ("reject", {"reason": "No"}), ("request_changes", {"reason": "No"})):
        with refused(("own_request", None)):
            office.act(office.lena, key, command, **arguments)


def test_a_requester_who_manages_the_one_asked_does_not_decide(office: Office) -> None:
    edit(_system(), "cost_centre", "LAB", owner="lena.fischer")
    key = office.submitted()
    assert office.waits_for(key) == ["sofia.rossi"]


def test_a_token_of_the_requester_does_not_decide(office: Office) -> None:
    office.do(_system(), "person", "lena.fischer", "grant", role="Approver", entity="HAL")
    key = office.submitted()
    own = office.lena.context()
    script = replace(own, actor=replace(own.actor, limits=frozenset({"request.*"}), token=1), channel="rest")
    with refused(("own_request", None)):
        office.do(script, "request", key, "approve")


def test_somebody_acting_for_the_requester_asks_and_does_not_decide(office: Office) -> None:
    office.do(_system(), "person", "omar.haddad", "grant", role="Requester", entity="HAL")
    own = office.omar.context()
    posing = replace(own, actor=replace(own.actor, acting_for=office.lena.id))
    key = office.enter("request", posing, **office.form("6000"))
    office.do(posing, "request", key, "submit")
    office.act(office.sofia, key, "approve")
    for someone in (office.omar, office.lena):
        assert someone.code not in office.waits_for(key)


def test_ones_own_request_among_several_is_refused_by_name(office: Office) -> None:
    office.do(_system(), "person", "sofia.rossi", "grant", role="Controller", entity="HAL")
    own, other = office.submitted(by=office.sofia), office.submitted()
    found: dict[str, Any] = dict(
        unit.execute_each(office.sofia.context(), registry["request"], [own, other], "approve", {})
    )
    assert isinstance(found[own], Refused)
    assert [problem.code for problem in found[own].problems] == ["own_request"]
    assert (office.state(own), office.state(other)) == ("submitted", "approved")


def _system() -> Any:
    from tests.acting import system

    return system(id=8)
