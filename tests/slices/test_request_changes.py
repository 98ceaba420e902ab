"""Approval sticks to content: each field of a submitted and of an approved request is changed, and does what it is declared to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import inspect

from app import load_slices
from app.kernel.resource import registry
from app.modules.requests.domain import CHANGES, Change
from app.modules.requests.models import Request, RequestLine, RequestSplit
from tests.acting import system
from tests.scenarios.office import Office
from tests.slices.doing import edit, events, reading, refused

load_slices()
MODELS: dict[str, Any] = {"request": Request, "lines": RequestLine, "splits": RequestSplit}
HOUSE = {"id", "version", "created_at", "changed_at", "created_by", "search", "position", "request"}

#: A new value for every field that people write; of the same total where the class is not `total`.
NEW: dict[tuple[str, str], Any] = {
    ("request", "title"): "Filter set for microscope 3",
    ("request", "reason"): "Samples are sent out at 190 EUR each.",
    ("request", "needed_by"): "2026-12-20",
    ("request", "deliver_to"): "GRAZ",
    ("request", "wanted_for"): "tom.ruiz",
    ("request", "cost_centre"): "IT",
    ("request", "project"): "NX",
    ("request", "supplier"): "VEGA",
    ("request", "currency"): "CZK",
    ("lines", "item"): "GLASS",
    ("lines", "text"): "Another filter set",
    ("lines", "unit"): "HUR",
    ("lines", "category"): "HW",
    ("lines", "cost_centre"): "IT",
    ("lines", "project"): "NX",
    ("lines", "supplier"): "VEGA",
    ("lines", "tax_code"): "AT0",
    ("lines", "needed_by"): "2026-12-20",
    ("lines", "quantity"): "2",
    ("lines", "unit_price"): "6300.01",
    ("splits", "line"): 1,
    ("splits", "cost_centre"): "IT",
    ("splits", "project"): "NX",
    ("splits", "percent"): None,
    ("splits", "amount"): "6000",
}
WRITTEN = [
    (part, name) for part, names in CHANGES.items() for name, change in names.items() if change is not Change.DERIVED
]


def columns(model: Any) -> Iterator[str]:
    """Name the fields of a model as people know them: a link by its relation."""
    mapper = inspect(model)
    links = {
        column.key for relation in mapper.relationships if not relation.uselist for column in relation.local_columns
    }
    yield from (attribute.key for attribute in mapper.column_attrs if attribute.key not in links)
    yield from (relation.key for relation in mapper.relationships if not relation.uselist)


@pytest.mark.parametrize("part", MODELS)
def test_every_field_has_a_class(part: str) -> None:
    assert set(columns(MODELS[part])) - HOUSE == set(CHANGES[part])


def test_every_field_that_people_write_is_tried_here() -> None:
    resource = registry["request"]
    written = {("request", name) for name in resource.form}
    written |= {(children.name, name) for children in resource.children for name in children.fields}
    assert written == set(WRITTEN) == set(NEW)


def prepare(office: Office) -> None:
    """Make what the new values name, and budgets large enough for all of them."""
    office.person("tom.ruiz", "Requester")
    glass = {"supplier": "VEGA", "currency": "EUR", "unit_price": "6000", "valid_from": "2026-01-01"}
    office.enter("item", code="GLASS", name="Filter set", category="OPT", unit="C62", prices=[glass])
    for code in ("LAB", "IT"):
        office.budget(code, "500000")


def standing(office: Office, state: str) -> str:
    """Bring a request of 6 000 EUR with a second, shared-out line into a state; Sofia has agreed either way."""
    lines = [office.line("6000"), office.line("0", text="Mounting")]
    changes: dict[str, Any] = {"lines": lines, "splits": [{"line": 2, "cost_centre": "LAB", "percent": "100"}]}
    if state == "approved":
        return office.approved(**changes)
    key = office.submitted(**changes)
    office.act(office.sofia, key, "approve")
    return key


def changed(office: Office, key: str, part: str, name: str) -> None:
    """Give one field a new value, and leave all others as they stand."""
    value = NEW[part, name]
    if part == "request":
        edit(office.lena.context(), "request", key, **{name: value})
        return
    resource = registry["request"]
    [children] = [each for each in resource.children if each.name == part]

    def rows(row: Request) -> list[dict[str, Any]]:
        return [
            {"id": child.id, **{field: _raw(getattr(child, field)) for field in children.fields}}
            for child in getattr(row, part)
        ]

    found = office.look(key, rows)
    found[0] = {**found[0], name: value}
    if part == "splits" and name in ("percent", "amount"):
        found[0] = {**found[0], "percent": None, "amount": "0"}
    edit(office.lena.context(), "request", key, **{part: found})


def _raw(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if hasattr(value, "isoformat") else getattr(value, "code", value)


#: Who is asked again, where it is not the owner of the laboratory.
ASKED_AGAIN = {("request", "cost_centre"): ["jana.novak"], ("lines", "cost_centre"): ["jana.novak"]}


def outcome(office: Office, key: str) -> tuple[str, int, list[str]]:
    """Tell where a request stands: its state, its revision, and who is asked."""
    state, revision = office.look(key, lambda row: (row.state, row.revision))
    return state, revision, office.waits_for(key)


@pytest.mark.parametrize("state", ["submitted", "approved"])
def test_a_change_of_any_field_does_what_its_class_says(office: Office, state: str) -> None:
    prepare(office)
    found, expected = {}, {}
    for part, name in WRITTEN:
        key = standing(office, state)
        before = outcome(office, key)
        changed(office, key, part, name)
        found[part, name] = outcome(office, key)
        again = ("submitted", 2, ASKED_AGAIN.get((part, name), ["sofia.rossi"]))
        expected[part, name] = before if CHANGES[part][name] is Change.HARMLESS else again
    assert found == expected
    material = [each for each in WRITTEN if CHANGES[each[0]][each[1]] is not Change.HARMLESS]
    assert len(events("request.reopened")) == len(material)


def price(office: Office, key: str, value: str) -> None:
    first = office.look(key, lambda row: row.lines[0].id)
    edit(office.lena.context(), "request", key, lines=[{"id": first, **office.line(value)}])


def test_a_total_may_rise_by_as_much_as_the_policy_allows_and_not_a_cent_more(office: Office) -> None:
    office.budget("LAB", "20000")
    key = office.approved("1000")
    price(office, key, "1050")
    assert (office.state(key), list(office.reserved().values())) == ("approved", ["1050"])
    price(office, key, "1050.01")
    assert (office.state(key), office.waits_for(key)) == ("submitted", ["sofia.rossi"])
    assert list(office.reserved().values()) == ["1050.01"]


def test_many_small_rises_count_as_one(office: Office) -> None:
    key = office.approved("1000")
    for value in ("1020", "1040"):
        price(office, key, value)
    assert office.state(key) == "approved"
    price(office, key, "1060")
    assert office.state(key) == "submitted"


def test_a_lower_total_keeps_the_approval_and_frees_the_difference(office: Office) -> None:
    office.budget("LAB", "20000")
    key = office.approved("1000")
    price(office, key, "400")
    assert (office.state(key), list(office.reserved().values())) == ("approved", ["400"])


def test_another_country_of_delivery_is_decided_again(office: Office) -> None:
    key = office.approved()
    edit(office.lena.context(), "request", key, deliver_to="BRNO")
    assert office.state(key) == "submitted"


def test_another_budget_year_is_decided_again(office: Office) -> None:
    key = office.approved()
    edit(office.lena.context(), "request", key, needed_by="2027-01-02")
    assert office.state(key) == "submitted"


def test_a_change_that_the_budget_does_not_have_is_refused_and_changes_nothing(office: Office) -> None:
    office.budget("LAB", "1000")
    key = office.approved("1000")
    with refused(("over_budget", "lines.0")):
        price(office, key, "1000.01")
    assert (office.state(key), list(office.reserved().values())) == ("approved", ["1000"])


def test_a_request_on_its_way_stays_complete(office: Office) -> None:
    key = office.submitted()
    with refused(("no_lines", "lines")):
        edit(office.lena.context(), "request", key, lines=[])
    with refused(("required", "deliver_to")):
        edit(office.lena.context(), "request", key, deliver_to=None)


def test_whoever_decides_does_not_change_what_is_asked_for(office: Office) -> None:
    key = office.submitted()
    with refused(("not_yours", None)):
        edit(office.sofia.context(), "request", key, title="Cheaper filter set")
    office.act(office.sofia, key, "request_changes", reason="Which one?")
    with refused(("not_yours", None)):
        edit(office.sofia.context(), "request", key, title="Cheaper filter set")


def test_a_new_price_in_the_catalogue_does_not_touch_what_was_approved(office: Office) -> None:
    key = office.approved(lines=[{"item": "LAMP", "quantity": "20"}])
    dearer = {"supplier": "VEGA", "currency": "EUR", "unit_price": "500", "valid_from": "2026-01-01"}
    edit(system(), "item", "LAMP", prices=[dearer])
    edit(office.lena.context(), "request", key, title="Twenty lamps")
    with reading("request", key) as row:
        assert (row.state, row.total) == ("approved", Decimal(1600))


def test_a_reopened_request_keeps_the_policy_it_was_submitted_under(office: Office) -> None:
    key = office.submitted("900")
    office.do(system(id=8), "approval_policy", office.policy, "retire")
    edit(office.lena.context(), "request", key, cost_centre="IT")
    assert office.waits_for(key) == ["jana.novak"]
