"""Merging a supplier into another: what it takes along, and what has to be confirmed anew."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.kernel.resource import registry
from app.workers import perform
from tests.acting import acting, system
from tests.factories.suppliers import iban, vat_number
from tests.making import Maker
from tests.slices.doing import do, edit, enter, events, reading, refused


@pytest.fixture
def two(maker: Maker) -> tuple[str, str]:
    resource = registry["supplier"]
    return maker.create(resource), maker.create(resource)


def merge(one: str, into: str, **more: Any) -> None:
    do(acting("Buyer"), "supplier", one, "merge", into=into, reason="The same company", **more)


def test_a_merged_supplier_says_into_which(two: tuple[str, str]) -> None:
    one, other = two
    merge(one, other)
    with reading("supplier", one) as supplier:
        assert (supplier.state, supplier.merged_into.code) == ("merged", other)
    [event] = events("supplier.merged")
    assert (event["code"], event["into"], event["reason"]) == (one, other, "The same company")
    for command, arguments in (("approve", {}), ("block", {"reason": "x"}), ("unblock", {"reason": "x"})):
        with refused(("wrong_state", None)):
            do(system(), "supplier", one, command, **arguments)
    with refused(("wrong_state", None)):
        edit(system(), "supplier", one, name="Back")


def test_contacts_and_tax_ids_come_along_once(maker: Maker) -> None:
    shared = {"kind": "vat", "country": "SE", "value": vat_number(7)}
    extra = {"kind": "vat", "country": "AT", "value": "ATU13585627"}
    maja = {"name": "Maja", "email": "maja@alba.example", "is_primary": True}
    nils = {"name": "Nils", "email": "nils@alba.example", "is_primary": True}
    resource = registry["supplier"]
    one = maker.create(
        resource,
        tax_ids=[shared, extra],
        contacts=[{**maja, "email": "MAJA@alba.example"}, {**nils, "is_primary": False}],
    )
    other = maker.create(resource, tax_ids=[shared], contacts=[maja])
    merge(one, other)
    with reading("supplier", other) as supplier:
        assert [each.value for each in supplier.tax_ids] == [shared["value"], extra["value"]]
        assert [(each.email, each.is_primary) for each in supplier.contacts] == [
            ("maja@alba.example", True), ("nils@alba.example", False),
        ]  # fmt: skip
    with reading("supplier", one) as supplier:
        assert (len(supplier.tax_ids), len(supplier.contacts)) == (2, 2)


def test_accounts_come_along_and_wait_for_a_new_confirmation(maker: Maker, two: tuple[str, str]) -> None:
    one, other = two
    account = maker.create(registry["bank_account"], supplier=one)
    do(system(id=990), "bank_account", account, "confirm")
    merge(one, other)
    with reading("bank_account", account) as row:
        assert (row.supplier.code, row.state, row.usable_from, row.confirmed_by) == (other, "proposed", None, None)
    with refused(("own_change", None)):
        do(acting("Treasurer", id=900), "bank_account", account, "confirm")


def test_an_account_both_have_stays_with_the_one_that_stays(maker: Maker, two: tuple[str, str]) -> None:
    one, other = two
    mine, theirs = (maker.create(registry["bank_account"], supplier=key, iban=iban(5)) for key in two)
    do(system(id=990), "bank_account", theirs, "confirm")
    merge(one, other)
    with reading("bank_account", mine) as row:
        assert (row.supplier.code, row.state) == (one, "retired")
    with reading("bank_account", theirs) as row:
        assert row.state == "confirmed"


def test_whoever_followed_a_merged_supplier_ends_at_the_one_that_stays(maker: Maker, two: tuple[str, str]) -> None:
    one, other = two
    third = maker.create(registry["supplier"])
    merge(one, other)
    merge(other, third)
    with reading("supplier", one) as supplier:
        assert supplier.merged_into.code == third


def test_a_supplier_is_not_merged_into_itself_or_into_a_merged_one(maker: Maker, two: tuple[str, str]) -> None:
    one, other = two
    with refused(("same_supplier", "into")):
        merge(one, one)
    third = maker.create(registry["supplier"])
    merge(other, third)
    with refused(("merged_already", "into")):
        merge(one, other)


def test_a_supplier_of_all_entities_is_not_merged_into_one_of_a_single_entity(maker: Maker) -> None:
    shared = maker.create(registry["supplier"])
    local = maker.create(registry["supplier"], entity=maker.key("entity"))
    with refused(("other_entity", "into")):
        merge(shared, local)
    merge(local, shared)


def test_nobody_merges_into_a_supplier_beyond_their_reach(maker: Maker) -> None:
    entity = maker.key("entity")
    local, shared = maker.create(registry["supplier"], entity=entity), maker.create(registry["supplier"])
    with reading("entity", entity) as row:
        here = row.id
    context = acting("Buyer", entity=here + 1000)
    with refused(("not_found", None)):
        do(context, "supplier", local, "merge", into=shared, reason="x")
    with refused(("unknown_reference", "into")):
        do(context, "supplier", shared, "merge", into=local, reason="x")


# --- items follow --------------------------------------------------------------------------------------------------


def test_items_follow_to_the_supplier_that_stays(maker: Maker, app: Flask, two: tuple[str, str]) -> None:
    one, other = two
    price = {"currency": maker.key("currency"), "unit_price": "10", "valid_from": "2026-01-01"}
    prices = [
        {**price, "supplier": one},
        {**price, "supplier": one, "minimum_quantity": "10", "unit_price": "9"},
        {**price, "supplier": other, "unit_price": "11"},
    ]
    item = maker.create(registry["item"], prices=prices, preferred_supplier=one)
    merge(one, other)
    perform.drain(app)
    with reading("item", item) as row:
        found = [(each.supplier.code, int(each.minimum_quantity), int(each.unit_price)) for each in row.prices]
        assert (row.preferred_supplier.code, sorted(found)) == (other, [(other, 1, 11), (other, 10, 9)])
    edit(system(), "item", item, name="Still editable")


def test_no_new_price_names_a_merged_supplier(maker: Maker, two: tuple[str, str]) -> None:
    one, other = two
    form = maker.form(registry["item"])
    form["prices"] = [{**form["prices"][0], "supplier": one}]
    merge(one, other)
    with refused(("merged_already", "prices.0.supplier")):
        enter(system(), "item", **form)
