"""What a page tells of changes it tells in words: accounts by name, amounts with their currency, moments by the clock."""

from __future__ import annotations

import re

import pytest

from app.infra import unit
from app.infra.intake import find_row
from app.infra.transfer.cells import text_of
from app.kernel.resource import registry
from tests.acting import signed_in, system
from tests.console.browsing import text
from tests.factories.approvals import published
from tests.making import Maker


@pytest.fixture
def ada(app, somebody):
    return somebody("ada.auditor", "Auditor")


def told(app, someone, url):
    return text(signed_in(app, someone).get(f"{url}/activity")).replace("\u00a0", " ").replace("\u202f", " ")


def test_an_amount_is_told_with_its_currency(app, ada, make):
    entity = make("entity")
    person = make("person", entity=entity, approval_limit="5000")
    with app.app_context():
        unit.save(system(), registry["person"], person, {"approval_limit": "12500.50"})
    assert "Approval limit was 5 000.00 EUR now 12 500.50 EUR" in told(app, ada, f"/people/{person}")


def test_an_amount_of_a_line_is_told_in_the_currency_of_the_line(app, ada, make):
    item, names = make("item"), ("supplier", "currency", "unit_price", "minimum_quantity", "valid_from", "valid_to")
    with app.app_context():
        with unit.reading(system()) as bound:
            lines = find_row(bound, registry["item"], item).prices
            sent = [{"id": each.id, **{name: text_of(getattr(each, name)) for name in names}} for each in lines]
        unit.save(system(), registry["item"], item, {"prices": [{**each, "unit_price": "99.9"} for each in sent]})
    assert "99.90 EUR" in told(app, ada, f"/items/{item}")


def test_an_account_is_told_by_name_and_a_moment_by_the_clock(app, ada, somebody, make):
    account = make("bank_account")
    treasurer = somebody("tess.treasurer", "Treasurer")
    with app.app_context():
        unit.execute(treasurer.context(), registry["bank_account"], account, "confirm", {})
    story = told(app, ada, f"/bank-accounts/{account}")
    assert "Confirmed by now Tess Treasurer" in story
    assert "2026-11-22T09:30" not in story


def test_fingerprints_are_not_told(app, ada, make):
    with app.app_context():
        key = published(Maker())
    story = told(app, ada, f"/approval-policies/{key}")
    assert "published the approval policy" in story
    assert not re.search(r"[0-9a-f]{64}", story)


def test_a_unit_of_measure_is_told_as_people_say_it(app, ada, make):
    piece, kilogram = make("unit", code="C62"), make("unit", code="KGM")
    item = make("item", unit=piece)
    with app.app_context():
        unit.save(system(), registry["item"], item, {"unit": kilogram})
    assert "Unit was pcs now kg" in told(app, ada, f"/items/{item}")
