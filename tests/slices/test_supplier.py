"""Suppliers: their data, contacts and tax ids, and who sees them."""

from __future__ import annotations

from typing import Any

import pytest

from app.kernel.resource import registry
from tests.acting import acting, system
from tests.factories.suppliers import vat_number
from tests.making import Maker
from tests.slices.doing import audited, edit, enter, events, reading, refused, sees

ALBA = {"name": "Alba", "country": "AT"}


@pytest.fixture
def alba(maker: Maker) -> dict[str, Any]:
    return {**ALBA, "currency": maker.key("currency")}


def test_a_supplier_gets_a_number_or_keeps_the_one_it_had(alba: dict[str, Any]) -> None:
    assert enter(acting("Buyer"), "supplier", **alba) == "S-00001"
    assert enter(acting("Buyer"), "supplier", **alba, code="OLD-77") == "OLD-77"
    assert enter(acting("AP clerk"), "supplier", **alba) == "S-00002"
    assert [each["key"] for each in events("supplier.created")] == ["S-00001", "OLD-77", "S-00002"]


def test_the_code_of_a_supplier_is_changed_but_never_emptied(alba: dict[str, Any]) -> None:
    key = enter(system(), "supplier", **alba)
    with refused(("bad_code", "code")):
        edit(system(), "supplier", key, code="")
    edit(system(), "supplier", key, code="S-A")
    with refused(("not_found", None)):
        edit(system(), "supplier", key, name="x")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"payment_days": "366"}, ("out_of_range", "payment_days")),
        ({"payment_days": "10", "discount_percent": "2", "discount_days": "11"}, ("out_of_range", "discount_days")),
        ({"discount_percent": "100", "discount_days": "5"}, ("out_of_range", "discount_percent")),
        ({"discount_percent": "2"}, ("incomplete_discount", "discount_days")),
        ({"endpoint_scheme": "0088", "endpoint_id": "1"}, ("bad_endpoint", "endpoint_id")),
        ({"country": "ZZ"}, ("unknown_country", "country")),
        ({"currency": "ABC"}, ("unknown_reference", "currency")),
        ({"tax_ids": [{"kind": "vat", "country": "AT", "value": "ATU1"}]}, ("bad_tax_id", "tax_ids.0.value")),
        ({"tax_ids": [{"kind": "vat", "country": "AT"}]}, ("required", "tax_ids.0.value")),
        ({"contacts": [{"name": "Maja", "email": "maja"}]}, ("bad_email", "contacts.0.email")),
        ({"contacts": [{"email": "a@b.example"}]}, ("required", "contacts.0.name")),
    ],
)
def test_what_is_wrong_with_a_supplier_is_said_at_its_field(
    alba: dict[str, Any], values: dict[str, Any], expected: tuple[str, str]
) -> None:
    with refused(expected):
        enter(system(), "supplier", **{**alba, **values})


def test_the_main_contact_changes_in_one_go(alba: dict[str, Any]) -> None:
    contacts = [{"name": "Maja", "is_primary": True}, {"name": "Nils"}]
    key = enter(system(), "supplier", **alba, contacts=contacts)
    with reading("supplier", key) as supplier:
        maja, nils = (contact.id for contact in supplier.contacts)
    swapped = [{"id": maja, "name": "Maja"}, {"id": nils, "name": "Nils", "is_primary": True}]
    edit(acting("Buyer"), "supplier", key, contacts=swapped)
    edit(system(), "supplier", key, contacts=[{**swapped[0], "is_primary": True}, {**swapped[1], "is_primary": False}])
    with refused(("second_main_contact", "contacts.1.is_primary")):
        edit(system(), "supplier", key, contacts=[{**each, "is_primary": True} for each in swapped])
    with reading("supplier", key) as supplier:
        assert [contact.is_primary for contact in supplier.contacts] == [True, False]


def test_a_changed_contact_is_a_new_version_and_found_by_search(alba: dict[str, Any]) -> None:
    from app.infra import search, unit

    key = enter(system(), "supplier", **alba, contacts=[{"name": "Maja", "email": "maja@alba.example"}])
    with reading("supplier", key) as supplier:
        identity, version = supplier.contacts[0].id, supplier.version
    rows = [{"id": identity, "name": "Xaver Quast", "email": "maja@alba.example"}]
    assert edit(system(), "supplier", key, contacts=rows).version == version + 1
    with unit.reading(system()) as bound:
        best = search.best(bound, [registry["supplier"]], "quast", 5)
        assert [row.code for row in best["supplier"]] == [key]


def test_a_supplier_of_one_entity_is_seen_there_and_one_of_none_everywhere(maker: Maker, alba: dict[str, Any]) -> None:
    entity = maker.key("entity")
    shared, local = enter(system(), "supplier", **alba), enter(system(), "supplier", **alba, entity=entity)
    with reading("entity", entity) as row:
        here, elsewhere = acting("Buyer", entity=row.id), acting("Buyer", entity=row.id + 1000)
    assert [sees(here, "supplier", key) for key in (shared, local)] == [True, True]
    assert [sees(elsewhere, "supplier", key) for key in (shared, local)] == [True, False]


def test_a_tax_id_is_on_record_with_the_supplier(alba: dict[str, Any]) -> None:
    key = enter(system(), "supplier", **alba)
    edit(system(), "supplier", key, tax_ids=[{"kind": "vat", "country": "SE", "value": vat_number(1)}])
    assert ("supplier.edit", "created") in audited("supplier", key)


def test_a_requester_sees_suppliers_and_enters_none(alba: dict[str, Any]) -> None:
    key = enter(system(), "supplier", **alba)
    assert sees(acting("Requester"), "supplier", key)
    with refused(("forbidden", None)):
        enter(acting("Requester"), "supplier", **alba)
