"""Whose invoice it is: what is sure is taken, what is not is asked, what contradicts itself is a warning."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.invoices.domain.recognition import Known, Recognition, Seller, addressed, recognise, words


def known(id: int, code: str, name: str, **fields: Any) -> Known:
    return Known(id, code, name, **{key: frozenset(value) for key, value in fields.items()})


ACME = known(
    1, "S-1", "Acme Schrauben GmbH", names=["Acme"], tax_ids=["ATU11111111"], accounts=["f1"], endpoints=["0088:1"],
    legal_ids=["FN1"], domains=["acme.at"],
)  # fmt: skip
BOLT = known(2, "S-2", "Bolt Trading a.s.", tax_ids=["CZ22222222"], accounts=["f2"], domains=["bolt.cz"])
NORD = known(3, "S-3", "Nordwind Energie AG", tax_ids=["ATU33333333"], accounts=["f3"])
ALL = (ACME, BOLT, NORD)


def seen(*suppliers: Known, names: tuple[str, ...] = (), **fields: Any) -> Recognition:
    return recognise(Seller(names, **{key: frozenset(value) for key, value in fields.items()}), suppliers or ALL)


def chosen(found: Recognition) -> str | None:
    return found.chosen.supplier.code if found.chosen else None


@pytest.mark.parametrize(
    ("fields", "confidence", "code"),
    [
        ({"tax_ids": ["ATU11111111"]}, 95, "S-1"),
        ({"endpoints": ["0088:1"]}, 92, "S-1"),
        ({"legal_ids": ["FN1"]}, 92, "S-1"),
        ({"accounts": ["f1"]}, 85, None),
        ({"accounts": ["f1"], "names": ("ACME Schrauben",)}, 96, "S-1"),
        ({"names": ("acme schrauben",)}, 75, None),
        ({"names": ("acme schrauben",), "domains": ["acme.at"]}, 81, None),
        ({"names": ("acme schrauben",), "domains": ["acme.at"], "codes": ["S-1"]}, 88, None),
        ({"domains": ["acme.at"]}, 25, None),
        ({"codes": ["S-1"]}, 40, None),
        ({"tax_ids": ["ATU11111111"], "accounts": ["f1"], "names": ("Acme",)}, 99, "S-1"),
    ],
)
def test_a_supplier_is_taken_by_what_belongs_to_it_alone_and_never_by_name(
    fields: dict[str, Any], confidence: int, code: str | None
) -> None:
    found = seen(**fields)
    assert found.candidates[0].supplier is ACME
    assert found.candidates[0].confidence == confidence
    assert (chosen(found), found.warnings) == (code, ())


def test_nobody_known_is_nobody() -> None:
    assert seen(names=("Zebra Ltd",), tax_ids=["DE1"]) == Recognition((), None, ())
    assert recognise(Seller(), ALL) == Recognition((), None, ())


def test_the_legal_form_is_no_part_of_the_name() -> None:
    found = seen(names=("BOLT TRADING s.r.o.",))
    assert [reason.code for reason in found.candidates[0].reasons] == ["same_name"]


def test_a_similar_name_is_a_hint_with_its_likeness() -> None:
    (candidate,) = seen(names=("Nordwind Energi",)).candidates
    (reason,) = candidate.reasons
    assert (candidate.supplier, reason.code, reason.words) == (NORD, "similar_name", "similar name, 90 %")


def test_a_tax_id_of_one_and_an_account_of_another_is_a_warning_and_nobody_is_taken() -> None:
    found = seen(tax_ids=["ATU11111111"], accounts=["f2"])
    assert chosen(found) is None
    (warning,) = found.warnings
    assert (warning.code, warning.suppliers) == ("split_evidence", (1, 2))
    assert warning.text == (
        "The tax id is that of S-1 Acme Schrauben GmbH, the bank account that of S-2 Bolt Trading a.s.: "
        "ask the supplier on a number you know."
    )


def test_a_known_name_with_another_tax_id_is_a_warning() -> None:
    found = seen(names=("Acme Schrauben GmbH",), tax_ids=["ATU99999999"])
    assert [warning.code for warning in found.warnings] == ["other_tax_id"]
    assert (chosen(found), found.candidates[0].confidence) == (None, 50)


def test_the_name_of_one_with_the_tax_id_of_another_is_a_warning() -> None:
    found = seen(names=("Acme Schrauben GmbH",), tax_ids=["ATU33333333"])
    assert [(warning.code, warning.suppliers) for warning in found.warnings] == [("other_tax_id", (1,))]
    assert "but the tax id of S-3 Nordwind Energie AG" in found.warnings[0].text
    assert chosen(found) is None


def test_companies_of_one_name_in_two_countries_are_told_apart_by_their_tax_ids() -> None:
    group = known(1, "S-1", "Acme GmbH", tax_ids=["ATU1"]), known(2, "S-2", "Acme s.r.o.", tax_ids=["CZ1"])
    found = seen(*group, names=("Acme s.r.o.",), tax_ids=["CZ1"])
    assert (chosen(found), found.warnings) == ("S-2", ())


def test_a_known_account_with_another_tax_id_is_a_warning() -> None:
    found = seen(accounts=["f1"], endpoints=["0088:1"], tax_ids=["ATU99999999"])
    assert ([warning.code for warning in found.warnings], chosen(found)) == (["other_tax_id"], None)


def test_a_tax_id_of_another_country_contradicts_nothing() -> None:
    found = seen(names=("Acme Schrauben GmbH",), accounts=["f1"], tax_ids=["DE999999999"])
    assert (found.warnings, chosen(found)) == ((), "S-1")


@pytest.mark.parametrize(
    ("on_file", "stated", "is_contradicted"),
    [
        ("12-3456789", "12-9999999", True),
        ("12-3456789", "123/4567/8901", False),
        ("DE:DE123456789", "DE:20111340209", False),
        ("DE:DE123456789", "DE:DE987654321", True),
        ("ES:ESA12345678", "ES:ESB12345678", True),
        ("CZ:CZ12345678", "SK:SK12345678", False),
    ],
)
def test_only_a_tax_id_of_the_same_kind_contradicts_another(on_file: str, stated: str, is_contradicted: bool) -> None:
    supplier = known(1, "S-1", "Acme Inc.", tax_ids=[on_file], accounts=["f1"])
    found = seen(supplier, names=("Acme Inc.",), tax_ids=[stated], accounts=["f1"])
    assert bool(found.warnings) is is_contradicted
    assert chosen(found) == (None if is_contradicted else "S-1")


def test_an_account_nobody_knows_contradicts_nothing_here() -> None:
    """Whether it may be paid to is the check of the bank account."""
    assert chosen(seen(tax_ids=["ATU11111111"], accounts=["f9"])) == "S-1"


def test_a_group_with_one_tax_id_is_told_apart_by_name_or_asked() -> None:
    group = [known(at, f"S-{at}", name, tax_ids=["ATU1"]) for at, name in ((1, "Alpha Nord"), (2, "Omega Süd"))]
    assert chosen(seen(*group, tax_ids=["ATU1"])) is None
    found = seen(*group, tax_ids=["ATU1"], names=("Omega Süd GmbH",))
    assert (chosen(found), found.warnings) == ("S-2", ())


def test_an_account_shared_within_a_group_is_no_split_evidence() -> None:
    group = (
        known(1, "S-1", "Alpha", tax_ids=["ATU1"], accounts=["f"]),
        known(2, "S-2", "Beta", tax_ids=["ATU2"], accounts=["f"]),
    )
    found = seen(*group, tax_ids=["ATU1"], accounts=["f"])
    assert (chosen(found), found.warnings) == ("S-1", ())


@given(
    st.sets(st.sampled_from(["ATU11111111", "CZ22222222", "ATU33333333", "ATU9"]), max_size=2),
    st.sets(st.sampled_from(["f1", "f2", "f3", "f9"]), max_size=2),
    st.sampled_from([(), ("Acme",), ("Bolt Trading",), ("Nordwind",), ("Nobody",)]),
    st.integers(0, 5),
)
def test_who_is_taken_does_not_depend_on_the_order_and_never_on_a_name_alone(
    tax_ids: set[str], accounts: set[str], names: tuple[str, ...], seed: int
) -> None:
    turned = list(ALL)
    random.Random(seed).shuffle(turned)
    found = seen(names=names, tax_ids=tax_ids, accounts=accounts)
    assert seen(*turned, names=names, tax_ids=tax_ids, accounts=accounts) == found
    if found.chosen is not None:
        supplier = found.chosen.supplier
        assert supplier.tax_ids & tax_ids or supplier.accounts & accounts
        assert found.chosen.confidence >= 90
        assert not found.warnings


OURS = (
    known(1, "HAL", "Halden", names=["Halden Instruments GmbH"], tax_ids=["AT:U11"], legal_ids=["AT:FN1"]),
    known(2, "NOR", "Nordhalde", tax_ids=["DE:22"], endpoints=["0204:991-1"]),
    known(3, "SUD", "Halden South", tax_ids=["AT:U11"]),
)


@pytest.mark.parametrize(
    ("fields", "why", "code"),
    [
        ({"tax_ids": ["DE:22"]}, "tax id; 95 % sure", "NOR"),
        ({"legal_ids": ["AT:FN1"]}, "registration number; 92 % sure", "HAL"),
        ({"endpoints": ["0204:991-1"]}, "e-invoice address; 92 % sure", "NOR"),
        ({"names": ("Halden Instruments Gmbh",)}, "same name; 75 % sure", "HAL"),
        ({"tax_ids": ["AT:U11"]}, "tax id; 95 % sure", None),
        ({"tax_ids": ["AT:U11"], "names": ("Halden South",)}, "tax id, same name; 98 % sure", "SUD"),
        ({"names": ("Nordhalden",)}, "similar name, 85 %; 45 % sure", None),
        ({"names": ("Zebra Ltd",)}, "", None),
    ],
)
def test_a_company_of_ours_is_taken_by_what_it_alone_has_or_by_its_very_name(
    fields: dict[str, Any], why: str, code: str | None
) -> None:
    found = addressed(Seller(fields.pop("names", ()), **{key: frozenset(each) for key, each in fields.items()}), OURS)
    assert (words(next(iter(found.candidates), None)), chosen(found), found.warnings) == (why, code, ())


def test_our_name_with_a_tax_id_of_others_is_asked_about() -> None:
    for tax_id in ("DE:99", "AT:U11"):
        found = addressed(Seller(("Nordhalde",), frozenset({tax_id})), OURS)
        assert chosen(found) is None
        assert len(found.warnings) == 1
