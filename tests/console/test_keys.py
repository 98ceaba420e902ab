"""No row gets a key that its address cannot carry, wherever it is typed."""

from __future__ import annotations

import re

import pytest

from app import load_slices
from app.infra import unit
from app.infra.intake import RESERVED_KEYS
from app.kernel.problem import Kind, Refused
from app.kernel.resource import registry
from tests.acting import person, signed_in, system
from tests.api.calling import with_session
from tests.console.browsing import form, post, text
from tests.contract.house import EVERYTHING, make_role
from tests.importing import as_csv, checked, faults

load_slices()
TYPED = [each for each in registry if each.form and (each.number is None or each.key in each.form)]
UNFIT = {"1/2": "bad_code", "1\\2": "bad_code", "..": "bad_code", "new": "reserved_code", "CSV": "reserved_code"}
every_typed = pytest.mark.parametrize("resource", TYPED, ids=lambda resource: resource.name)


def test_every_word_that_follows_a_list_in_an_address_is_reserved(app):
    plurals = "|".join(resource.plural for resource in TYPED)
    addresses = [re.match(rf"/(?:{plurals})/([a-z]\w*)", str(rule)) for rule in app.url_map.iter_rules()]
    words = {found[1] for found in addresses if found}
    assert {"new", "csv", "xlsx", "lookup", "bulk"} <= words <= RESERVED_KEYS


@every_typed
@pytest.mark.parametrize("key", UNFIT)
def test_an_unfit_key_is_refused_by_the_door(app, maker, resource, key):
    with app.app_context():
        values = {**maker.form(resource), resource.key: key}
        with pytest.raises(Refused) as refusal:
            unit.create(system(), resource, values)
        assert refusal.value.kind is Kind.INVALID
        assert (UNFIT[key], resource.key) in [(each.code, each.field) for each in refusal.value.problems]


@every_typed
def test_forms_and_scripts_are_told_at_the_field(app, maker, resource):
    with app.app_context():
        make_role(EVERYTHING, "*")
        someone = person("ada.admin", EVERYTHING)
        values = {**maker.form(resource), resource.key: "new"}
    flat = {name: value for name, value in values.items() if isinstance(value, str)}
    page = post(signed_in(app, someone), f"/{resource.plural}/new", flat)
    assert page.status_code == 422
    assert f'href="#f-{resource.key}"' in page.text
    assert "new is the name of a page; choose another" in text(page)
    assert form(page, f"/{resource.plural}/new")[resource.key] == "new"
    answer = with_session(app, someone).post(f"/{resource.plural}", json=values)
    assert answer.status_code == 422
    assert ("reserved_code", resource.key) in [(each["code"], each["field"]) for each in answer.json["problems"]]


def test_an_import_is_told_at_its_line(app, maker):
    with app.app_context():
        rows = [["Code", "Name"], ["IT", "Computers"], ["new", "Wishes"], ["a/b", "Slashed"]]
        run = checked("category", as_csv(rows))
        assert faults(run) == [(3, "reserved_code", "Code"), (4, "bad_code", "Code")]
