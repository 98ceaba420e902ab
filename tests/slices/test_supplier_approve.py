"""Approving a supplier: by a second person, with a tax id, and not twice under two names."""

from __future__ import annotations

from typing import Any

import pytest

from app.infra import unit
from app.infra.intake import find_row
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.suppliers import queries
from tests.acting import acting, system
from tests.factories.suppliers import iban, vat_number
from tests.making import Maker
from tests.slices.doing import do, edit, events, reading, refused, why_not

ANNA, BORIS = 901, 902


def buyer(id: int = BORIS, **place: int) -> Context:
    return acting("Buyer", id=id, **place)


def make(maker: Maker, context: Context | None = None, **values: Any) -> str:
    return maker.create(registry["supplier"], context or buyer(ANNA), **values)


def duplicates(key: str, context: Context | None = None) -> list[tuple[str, int, list[str], bool]]:
    with unit.reading(context or system()) as bound:
        row = find_row(bound, registry["supplier"], key)
        found = queries.find_duplicates(bound, row)
        return [(each.profile.code, each.score, [r.code for r in each.reasons], each.is_visible) for each in found]


def test_a_second_person_approves_a_supplier(maker: Maker) -> None:
    key = make(maker)
    assert why_not(buyer(ANNA), "supplier", key, "approve") == ["own_supplier"]
    with refused(("own_supplier", None)):
        do(buyer(ANNA), "supplier", key, "approve")
    assert do(buyer(), "supplier", key, "approve").state == "approved"
    with reading("supplier", key) as supplier:
        assert supplier.approved_by == BORIS
    assert events("supplier.approved") == [{"code": key}]


def test_a_supplier_without_tax_id_needs_a_stated_reason(maker: Maker) -> None:
    key = make(maker, tax_ids=[], tax_id_waiver=None)
    with refused(("tax_id_missing", "tax_ids")):
        do(buyer(), "supplier", key, "approve")
    edit(buyer(ANNA), "supplier", key, tax_id_waiver="A private person")
    do(buyer(), "supplier", key, "approve")


@pytest.mark.parametrize("role", ["Requester", "AP clerk", "Treasurer", "Auditor"])
def test_who_may_not_approve_is_told_so(maker: Maker, role: str) -> None:
    key = make(maker)
    with refused(("forbidden", None)):
        do(acting(role, id=BORIS), "supplier", key, "approve")


def test_an_approved_supplier_is_not_approved_again(maker: Maker) -> None:
    key = maker.in_state(registry["supplier"], "approved")
    with refused(("wrong_state", None)):
        do(buyer(), "supplier", key, "approve")


# --- duplicates ----------------------------------------------------------------------------------------------------


def test_the_same_tax_id_in_another_spelling_is_noticed(maker: Maker) -> None:
    number = vat_number(77)
    one = make(maker, tax_ids=[{"kind": "vat", "country": "SE", "value": number}])
    other = make(maker, tax_ids=[{"kind": "vat", "country": "SE", "value": f"SE {number[2:8]}-{number[8:]}"}])
    assert duplicates(other) == [(one, 95, ["same_tax_id"], True)]
    with refused(("possible_duplicate", None)) as messages:
        do(buyer(), "supplier", other, "approve")
    assert f"{one} " in messages[0]
    assert "same tax id" in messages[0]


def test_the_same_account_is_noticed_without_reading_it(maker: Maker) -> None:
    one, other = make(maker), make(maker)
    for key in (one, other):
        maker.create(registry["bank_account"], supplier=key, iban=iban(5))
    assert duplicates(other) == [(one, 90, ["same_account"], True)]


def test_a_misspelt_name_is_noticed(maker: Maker) -> None:
    one = make(maker, name="Maschinenfabrik Wolfsberger GmbH", legal_name=None, contacts=[])
    other = make(maker, name="Maschinenfabrik Wolfberger", legal_name=None, contacts=[])
    assert [(code, reasons) for code, _, reasons, _ in duplicates(other)] == [(one, ["similar_name"])]


def test_the_same_name_with_another_legal_form_is_noticed(maker: Maker) -> None:
    one = make(maker, name="Kovářství Dvořák s.r.o.", legal_name=None, contacts=[])
    other = make(maker, name="KOVARSTVI DVORAK, SRO", legal_name=None, contacts=[])
    assert duplicates(other) == [(one, 75, ["same_name"], True)]


def test_suppliers_that_share_nothing_are_no_duplicates(maker: Maker) -> None:
    make(maker)
    assert duplicates(make(maker)) == []


def test_a_merged_supplier_is_no_duplicate(maker: Maker) -> None:
    taxes = [{"kind": "vat", "country": "SE", "value": vat_number(7)}]
    one, other, third = make(maker, tax_ids=taxes), make(maker, tax_ids=taxes), make(maker)
    do(buyer(), "supplier", one, "merge", into=third, reason="Same")
    assert [code for code, *_ in duplicates(other)] == [third]


def test_a_duplicate_out_of_sight_counts_and_is_not_named(maker: Maker) -> None:
    taxes = [{"kind": "vat", "country": "SE", "value": vat_number(7)}]
    entity = maker.key("entity")
    secret = make(maker, entity=entity, name="Secret Works", tax_ids=taxes)
    mine = make(maker, tax_ids=taxes)
    with reading("entity", entity) as row:
        elsewhere = buyer(entity=row.id + 1000)
    assert duplicates(mine, elsewhere) == [(secret, 95, ["same_tax_id"], False)]
    with refused(("possible_duplicate", None)) as messages:
        do(elsewhere, "supplier", mine, "approve")
    assert secret not in messages[0]
    assert "Secret" not in messages[0]


# --- acknowledging -------------------------------------------------------------------------------------------------


def test_a_duplicate_that_was_looked_at_no_longer_stands_against_approval(maker: Maker) -> None:
    taxes = [{"kind": "vat", "country": "SE", "value": vat_number(7)}]
    _, other = make(maker, tax_ids=taxes), make(maker, tax_ids=taxes)
    do(buyer(), "supplier", other, "acknowledge_duplicates", reason="One VAT group, two companies")
    do(buyer(), "supplier", other, "approve")
    assert events("supplier.duplicates_acknowledged") == [{"code": other, "reason": "One VAT group, two companies"}]


def test_a_duplicate_that_turns_up_later_is_asked_about_again(maker: Maker) -> None:
    taxes = [{"kind": "vat", "country": "SE", "value": vat_number(7)}]
    make(maker, tax_ids=taxes)
    key = make(maker, tax_ids=taxes)
    do(buyer(), "supplier", key, "acknowledge_duplicates", reason="Two companies")
    third = make(maker, tax_ids=taxes)
    with refused(("possible_duplicate", None)) as messages:
        do(buyer(), "supplier", key, "approve")
    assert third in messages[0]


def test_without_duplicates_there_is_nothing_to_acknowledge(maker: Maker) -> None:
    key = make(maker)
    assert why_not(buyer(), "supplier", key, "acknowledge_duplicates") == ["no_duplicates"]
    with refused(("no_duplicates", None)):
        do(buyer(), "supplier", key, "acknowledge_duplicates", reason="None")
