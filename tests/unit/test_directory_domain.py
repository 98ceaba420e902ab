"""Rules of codes, trees, people and roles."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.actor import EVERYWHERE, SYSTEM, Actor, Context, Reach
from app.kernel.problem import Problem
from app.modules.directory import domain
from app.modules.directory.domain import Held, Place, TaxCategory

CONTEXT = Context(SYSTEM, None, None, "test")  # type: ignore[arg-type]


def codes(problems: list[Problem]) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.field) for problem in problems]


def row(**values: Any) -> SimpleNamespace:
    return SimpleNamespace(**values)


def place(name: str, *, state: str = "open", parts: Any = (), above: Any = None, **more: Any) -> Any:
    """Make something that can be closed: it says its name, its parts and what stands above it."""
    made = type("Thing", (SimpleNamespace,), {"__str__": lambda self: name})
    return made(state=state, parts=list(parts), above=above or {}, **more)


# --- codes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "03000000-1",
        "03111700-9",
        "03113100-7",
        "09000000-3",
        "15000000-8",
        "18451000-5",
        "18453000-9",
        "30124150-0",
        "30200000-1",
        "30213100-6",
        "33000000-0",
        "34000000-7",
        "44411710-4",
        "45112350-3",
        "48217100-3",
        "48218000-9",
        "51543400-4",
        "71355200-3",
        "72000000-5",
        "72267000-4",
        "79000000-4",
        "98513310-8",
        "98514000-9",
        "98900000-2",
    ],
)
def test_published_cpv_codes_pass(code: str) -> None:
    assert domain.why_not_cpv(code) == []


@given(digits=st.text("0123456789", min_size=8, max_size=8), place=st.integers(0, 7), wrong=st.integers(1, 9))
def test_one_wrong_digit_of_a_cpv_code_is_noticed(digits: str, place: int, wrong: int) -> None:
    code = f"{digits}-{domain.cpv_check_digit(digits)}"
    changed = str((int(code[place]) + wrong) % 10)
    assert domain.why_not_cpv(code) == []
    assert codes(domain.why_not_cpv(code[:place] + changed + code[place + 1 :])) == [("bad_cpv", "cpv_code")]


@pytest.mark.parametrize("code", ["30200000", "30200000-", "3020000-1", "30200000 1", "\uff130200000-1", ""])
def test_a_cpv_code_has_eight_digits_and_a_check_digit(code: str) -> None:
    assert codes(domain.why_not_cpv(code)) == [("bad_cpv", "cpv_code")]


def test_an_absent_cpv_code_is_no_problem() -> None:
    assert domain.why_not_cpv(None) == []


@pytest.mark.parametrize("code", ["IT-210", "jana.novak", "7", "A_b.c-D"])
def test_a_code_may_stand_in_an_address(code: str) -> None:
    assert domain.why_not_code(code) == []


@pytest.mark.parametrize("code", ["", None, "-a", "a b", "a/b", "ä", "a\n", ".."])
def test_a_code_that_would_break_an_address_is_refused(code: str | None) -> None:
    assert codes(domain.why_not_code(code)) == [("bad_code", "code")]


@pytest.mark.parametrize(
    ("country", "known"), [("AT", True), ("XK", True), ("UK", False), ("at", False), ("EU", False)]
)
def test_countries_are_those_of_iso_3166(country: str, known: bool) -> None:
    assert codes(domain.why_not_country(country)) == ([] if known else [("unknown_country", "country")])


def test_there_are_249_countries_and_kosovo() -> None:
    assert len(domain.COUNTRIES) == 250


@pytest.mark.parametrize("zone", ["Europe/Vienna", "UTC"])
def test_known_time_zones_pass(zone: str) -> None:
    assert domain.why_not_time_zone(zone) == []


def test_an_unknown_time_zone_is_refused() -> None:
    assert codes(domain.why_not_time_zone("Europe/Atlantis")) == [("unknown_time_zone", "time_zone")]


@pytest.mark.parametrize("email", ["jana.novak@example.com", "a+b@x.co", "o'neil@ex-ample.ie"])
def test_addresses_of_e_mail_pass(email: str) -> None:
    assert domain.why_not_email(email) == []


@pytest.mark.parametrize("email", ["jana", "jana@", "@x.com", "a@b", "a b@c.de", "a@b.c,d@e.fg", "<a@b.de>", "a@@b.de"])
def test_what_is_no_e_mail_address_is_refused(email: str) -> None:
    assert codes(domain.why_not_email(email)) == [("bad_email", "email")]


# --- tax numbers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "country"),
    [
        ("ATU13585627", "AT"),
        ("ATU 13585627", "AT"),
        ("DE 136,695 976", "DE"),
        ("CZ 25123891", "CZ"),
        ("CHE-107.787.577 IVA", "CH"),
        ("GB 980 7806 84", "GB"),
        ("EL 094259216", "GR"),
        ("PL8567346215", "PL"),
    ],
)
def test_real_vat_numbers_pass(value: str, country: str) -> None:
    assert domain.why_not_tax_id(value, country) == []


@pytest.mark.parametrize(("value", "country"), [("ATU13585626", "AT"), ("DE136695975", "DE"), ("CZ25123890", "CZ")])
def test_a_vat_number_with_a_wrong_digit_is_refused(value: str, country: str) -> None:
    assert codes(domain.why_not_tax_id(value, country)) == [("bad_tax_id", "tax_id")]


def test_a_number_of_a_country_without_published_rules_passes() -> None:
    assert domain.why_not_tax_id("whatever 1", "KE", "businessid") == []


@pytest.mark.parametrize(
    ("one", "other", "country"),
    [
        ("ATU13585627", "U 135 856 27", "AT"),
        ("EL094259216", "GR 094259216", "GR"),
        ("CZ25123891", "25123891", "CZ"),
        ("de136695976", "DE 136.695.976", "DE"),
    ],
)
def test_the_same_tax_number_has_one_spelling(one: str, other: str, country: str) -> None:
    assert domain.normal_tax_id(one, country) == domain.normal_tax_id(other, country)


@given(st.text(max_size=30), st.sampled_from(sorted(domain.COUNTRIES)), st.sampled_from(["vat", "tin", "businessid"]))
def test_no_tax_number_whatever_it_is_breaks_the_check(value: str, country: str, kind: str) -> None:
    assert len(domain.why_not_tax_id(value, country, kind)) <= 1
    once = domain.normal_tax_id(value, country, kind)
    assert all(char.isascii() and (char.isdigit() or char.isupper()) for char in once)


def test_categories_of_tax_are_those_of_en_16931() -> None:
    assert {each.value for each in TaxCategory} == {"S", "Z", "E", "AE", "K", "G", "O"}
    assert TaxCategory("AE").label == "Reverse charge"


@pytest.mark.parametrize(
    ("code", "good"), [("C62", True), ("KGM", True), ("c62", False), ("PIECE", False), ("", False)]
)
def test_units_are_written_as_in_recommendation_20(code: str, good: bool) -> None:
    assert (domain.why_not_unit(CONTEXT, row(code=code)) == []) is good


@pytest.mark.parametrize(
    ("code", "good"), [("EUR", True), ("JPY", True), ("EURO", False), ("XXX", False), ("eur", False)]
)
def test_currencies_are_those_of_iso_4217(code: str, good: bool) -> None:
    assert (domain.why_not_currency(CONTEXT, row(code=code)) == []) is good


# --- trees and what is closed --------------------------------------------------------------------------------------


def branch() -> tuple[Any, Any, Any]:
    """Make a root, a branch and a leaf."""
    root = place("root", id=1, path="/1/", parent=None)
    middle = place("middle", id=2, path="/1/2/", parent=root)
    return root, middle, place("leaf", id=12, path="/1/2/12/", parent=middle)


def test_a_row_may_stand_below_another_branch() -> None:
    root, _middle, leaf = branch()
    leaf.parent = root
    assert domain.why_not_below(leaf) == []
    assert domain.why_not_below(root) == []


def test_a_row_cannot_stand_below_itself_or_its_own_parts() -> None:
    root, middle, leaf = branch()
    for row_, parent in ((root, leaf), (root, middle), (middle, middle)):
        row_.parent = parent
        assert codes(domain.why_not_below(row_)) == [("own_branch", "parent")]


def test_ids_that_begin_alike_are_not_taken_for_each_other() -> None:
    other = place("other", id=1, path="/1/", parent=place("twelve", id=12, path="/12/", parent=None))
    assert domain.why_not_below(other) == []


def test_a_new_row_is_below_nothing_of_its_own() -> None:
    assert domain.why_not_below(place("new", id=None, path=None, parent=branch()[2])) == []


def test_a_whole_closes_after_its_parts() -> None:
    parts = [place("A"), place("B", state="closed"), place("C"), place("D"), place("E")]
    [problem] = domain.why_not_closable(CONTEXT, place("whole", parts=parts))
    assert (problem.code, problem.values["open"]) == ("open_parts", 4)
    assert problem.message == "Close what belongs to it first: A, C, D and 1 more."


def test_a_whole_whose_parts_are_closed_can_close() -> None:
    assert domain.why_not_closable(CONTEXT, place("whole", parts=[place("A", state="closed")])) == []


def test_nothing_reopens_below_something_closed() -> None:
    closed = place("Old Works", state="closed")
    problems = domain.why_not_reopenable(
        CONTEXT, place("part", state="closed", above={"entity": closed, "parent": None})
    )
    assert [problem.message for problem in problems] == ["Old Works is closed. Reopen it first."]


def test_an_open_row_cannot_be_put_below_a_closed_one() -> None:
    above = {"parent": place("Old Works", state="closed"), "entity": place("Works")}
    assert codes(domain.why_not_open_above(place("new", state=None, above=above))) == [("closed_above", "parent")]
    assert domain.why_not_open_above(place("old", state="closed", above=above)) == []


def test_a_cost_centre_stays_within_its_entity() -> None:
    vienna, prague = place("Vienna"), place("Prague")
    parent = place("IT", entity=vienna, id=1, path="/1/")
    centre = place("new", code="IT-2", id=None, path=None, entity=prague, parent=parent, above={"parent": parent})
    [problem] = domain.why_not_cost_centre(CONTEXT, centre)
    assert (problem.code, problem.field) == ("other_entity", "parent")
    assert problem.message == "IT belongs to Vienna. Choose one of Prague."


# --- people --------------------------------------------------------------------------------------------------------


def person(name: str = "Jana", **values: Any) -> Any:
    usual = {
        "code": "jana",
        "email": "jana@example.com",
        "time_zone": "UTC",
        "approval_limit": None,
        "entity": None,
        "manager": None,
        "state": "active",
        "user_id": 7,
    }
    return place(name, **{**usual, **values})


def test_a_person_with_the_usual_data_is_fine() -> None:
    assert domain.why_not_person(CONTEXT, person()) == []


def test_an_approval_limit_needs_the_currency_of_an_entity() -> None:
    assert codes(domain.why_not_person(CONTEXT, person(approval_limit=5))) == [("entity_missing", "entity")]


def test_nobody_manages_themselves_even_through_others() -> None:
    jana = person()
    jana.manager = person("Petr", manager=person("Eva", manager=jana))
    assert codes(domain.why_not_person(CONTEXT, jana)) == [("own_manager", "manager")]


def test_a_ring_of_managers_above_somebody_else_ends_the_search() -> None:
    petr = person("Petr")
    petr.manager = person("Eva", manager=petr)
    assert domain.why_not_person(CONTEXT, person(manager=petr)) == []


def test_somebody_who_left_manages_nobody() -> None:
    assert codes(domain.why_not_person(CONTEXT, person(manager=person("Petr", state="left")))) == [
        ("manager_left", "manager")
    ]


def test_nobody_decides_over_their_own_access() -> None:
    own = Context(Actor(7, "Jana"), None, None, "test")  # type: ignore[arg-type]
    other = Context(Actor(8, "Petr"), None, None, "test")  # type: ignore[arg-type]
    assert codes(domain.why_not_self(own, person())) == [("own_access", None)]
    assert domain.why_not_self(other, person()) == []


def test_whoever_owns_nothing_needs_no_successor() -> None:
    assert domain.why_not_successor(person(), None, 0) == []


def test_whoever_owns_something_needs_an_active_successor() -> None:
    jana = person()
    assert codes(domain.why_not_successor(jana, None, 3)) == [("successor_missing", "successor")]
    assert codes(domain.why_not_successor(jana, jana, 3)) == [("own_successor", "successor")]
    assert codes(domain.why_not_successor(jana, person("Petr", state="invited"), 3)) == [("not_active", "successor")]
    assert domain.why_not_successor(jana, person("Petr"), 3) == []


# --- roles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AP clerk", "Treasurer"),
        ("Buyer", "Treasurer"),
        ("Buyer", "AP clerk"),
        ("Buyer", "Receiver"),
        ("Receiver", "AP clerk"),
        ("Receiver", "Treasurer"),
        ("Administrator", "Treasurer"),
        ("Administrator", "AP clerk"),
        ("Administrator", "Buyer"),
        ("Auditor", "Controller"),
    ],
)
def test_duties_that_control_each_other_are_kept_apart(one: str, other: str) -> None:
    for new, held in ((one, other), (other, one)):
        [problem] = domain.why_not_role(new, None, [Held(held)])
        assert (problem.code, problem.field, problem.values["held"]) == ("conflicting_roles", "role", held)
        assert held in problem.message


@pytest.mark.parametrize(
    ("one", "other"),
    [("Requester", "Approver"), ("Requester", "Auditor"), ("Approver", "Treasurer"), ("Controller", "Approver")],
)
def test_duties_that_do_not_touch_may_be_held_together(one: str, other: str) -> None:
    assert domain.why_not_role(one, None, [Held(other)]) == []
    assert domain.why_not_role(other, None, [Held(one)]) == []


def test_roles_of_different_entities_do_not_conflict() -> None:
    assert domain.why_not_role("Treasurer", 1, [Held("AP clerk", 2)]) == []
    assert len(domain.why_not_role("Treasurer", 1, [Held("AP clerk", 1)])) == 1
    assert len(domain.why_not_role("Treasurer", 1, [Held("AP clerk", None)])) == 1
    assert len(domain.why_not_role("Treasurer", None, [Held("AP clerk", 1)])) == 1


def test_no_set_of_roles_without_conflict_takes_a_purchase_from_order_to_payment() -> None:
    chain = ["Buyer", "Receiver", "AP clerk", "Treasurer"]
    for index, one in enumerate(chain):
        for other in chain[index + 1 :]:
            assert len(domain.conflicts_among([Held(one), Held(other)])) == 1


def test_a_review_of_access_lists_each_conflict_once() -> None:
    held = [Held("Buyer"), Held("AP clerk"), Held("Requester"), Held("Treasurer", 3)]
    assert len(domain.conflicts_among(held)) == 3


# --- how far a role may be given -----------------------------------------------------------------------------------


def reach(*regions: tuple[int | None, int | None]) -> Reach:
    return Reach(frozenset(regions))


def test_whoever_may_give_roles_everywhere_gives_them_anywhere() -> None:
    assert domain.why_not_in_reach(EVERYWHERE, Place()) == []
    assert domain.why_not_in_reach(EVERYWHERE, Place(3, 17, "/4/17/")) == []


def test_nobody_gives_a_role_further_than_they_reach() -> None:
    for beyond in (Place(), Place(entity=4), Place(None, 17, "/4/17/")):
        assert codes(domain.why_not_in_reach(reach((3, None)), beyond)) == [("out_of_reach", "entity")]
    assert domain.why_not_in_reach(reach((3, None)), Place(3, 17, "/4/17/")) == []


def test_a_cost_centre_reaches_to_all_below_it_and_no_further() -> None:
    mine = reach((None, 4))
    assert domain.why_not_in_reach(mine, Place(None, 17, "/4/17/")) == []
    assert domain.why_not_in_reach(mine, Place(3, 4, "/4/")) == []
    for beyond in (Place(), Place(3), Place(None, 40, "/40/"), Place(None, 1, "/1/")):
        assert codes(domain.why_not_in_reach(mine, beyond)) == [("out_of_reach", "entity")]


def test_one_of_several_regions_is_enough() -> None:
    assert domain.why_not_in_reach(reach((1, None), (2, 9)), Place(2, 9, "/9/")) == []
    assert codes(domain.why_not_in_reach(reach(), Place(2, 9, "/9/"))) == [("out_of_reach", "entity")]
