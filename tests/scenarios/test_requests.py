"""Acceptance scenarios of requests, by their ids; those about orders wait for them (docs/decisions/14-requests.md)."""

from __future__ import annotations

import pytest

from tests.scenarios.office import Office
from tests.slices.doing import edit, events, refused


def test_req_01_a_request_is_thrown_away_only_as_a_draft(office: Office) -> None:
    key = office.submitted()
    with refused(("wrong_state", None)):
        office.act(office.lena, key, "discard")
    office.act(office.lena, key, "withdraw")
    edit(office.lena.context(), "request", key, title="Filter set, once more")
    office.act(office.lena, key, "submit")
    office.act(office.sofia, key, "approve")
    for command in ("discard", "withdraw"):
        with refused(("wrong_state", None)):
            office.act(office.lena, key, command)
    office.act(office.lena, key, "close")
    with refused(("wrong_state", None)):
        office.act(office.lena, key, "discard")
    draft = office.ask()
    office.act(office.lena, draft, "discard")
    assert office.state(draft) == "cancelled"


def test_req_03_a_quantity_of_nothing_is_refused_and_four_are_asked_for(office: Office) -> None:
    key = office.ask(lines=[office.line(quantity="5")])
    edit(office.lena.context(), "request", key, lines=[office.line(quantity="0")])
    with refused(("not_positive", "lines.0.quantity")):
        office.act(office.lena, key, "submit")
    edit(office.lena.context(), "request", key, lines=[office.line(quantity="4")])
    office.act(office.lena, key, "submit")
    assert office.state(key) == "submitted"


@pytest.mark.parametrize("state", ["submitted", "approved", "closed", "draft"])
def test_req_05_a_line_goes_away_only_from_a_draft(office: Office, state: str) -> None:
    lines = [office.line("500"), office.line("400")]
    key = office.ask(lines=lines)
    if state != "draft":
        office.act(office.lena, key, "submit")
    if state in ("approved", "closed"):
        office.act(office.sofia, key, "approve")
    if state == "closed":
        office.act(office.lena, key, "close")
        with refused(("wrong_state", None)):
            edit(office.lena.context(), "request", key, lines=[])
        return
    if state == "draft":
        edit(office.lena.context(), "request", key, lines=[])
        assert office.look(key, lambda row: len(row.lines)) == 0
        return
    with refused(("no_lines", "lines")):
        edit(office.lena.context(), "request", key, lines=[])
    edit(office.lena.context(), "request", key, lines=lines[:1])
    assert (office.state(key), office.look(key, lambda row: row.revision)) == ("submitted", 2)
    assert len(events("request.reopened")) == 1


def test_req_09_coding_stays_with_its_line(office: Office) -> None:
    key = office.submitted(lines=[office.line()], splits=[{"line": 1, "cost_centre": "IT", "percent": "100"}])
    assert office.look(key, lambda row: [(each.line, each.cost_centre.code) for each in row.splits]) == [(1, "IT")]
    assert office.waits_for(key) == ["jana.novak"]


def test_req_13_goods_need_a_description_a_quantity_and_a_place(office: Office) -> None:
    bare = office.line(text=None, quantity=None)
    key = office.ask(deliver_to=None, lines=[bare])
    with refused(("required", "lines.0.text"), ("required", "lines.0.quantity"), ("required", "deliver_to")):
        office.act(office.lena, key, "submit")
    edit(office.lena.context(), "request", key, lines=[{**bare, "text": "Lamp"}])
    with refused(("required", "lines.0.quantity"), ("required", "deliver_to")):
        office.act(office.lena, key, "submit")
    edit(office.lena.context(), "request", key, lines=[office.line(text="Lamp", quantity="1")])
    with refused(("required", "deliver_to")):
        office.act(office.lena, key, "submit")
    edit(office.lena.context(), "request", key, deliver_to="WIEN")
    office.act(office.lena, key, "submit")
    assert office.state(key) == "submitted"


def test_req_17_something_that_is_in_no_catalogue_is_asked_for_in_words(office: Office) -> None:
    key = office.approved("0", lines=[office.line("0", text="Custom product")])
    assert office.look(key, lambda row: (row.lines[0].item, row.lines[0].text, row.total)) == (
        None,
        "Custom product",
        0,
    )
