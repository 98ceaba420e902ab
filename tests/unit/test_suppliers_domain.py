"""Rules of suppliers, their bank accounts, and what makes two of them look the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.actor import Actor, Context
from app.kernel.problem import Problem
from app.modules.suppliers.domain import banking, likeness, standing
from app.modules.suppliers.domain.likeness import Duplicate, Profile, Reason
from app.modules.suppliers.domain.standing import TaxIdKind

TODAY = date(2026, 11, 22)


def acting(account: int, acting_for: int | None = None) -> Context:
    return Context(Actor(account, "Somebody", acting_for=acting_for), None, TODAY, "test")  # type: ignore[arg-type]


def codes(problems: list[Problem]) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.field) for problem in problems]


def named(name: str, **values: Any) -> Any:
    return type("Thing", (SimpleNamespace,), {"__str__": lambda self: name})(**values)


def supplier(name: str = "Siemens", **values: Any) -> Any:
    usual = {
        "code": "S-00001",
        "country": "AT",
        "discount_percent": None,
        "discount_days": None,
        "endpoint_scheme": None,
        "endpoint_id": None,
        "website": None,
        "language": None,
        "tax_id_waiver": None,
        "created_by": 1,
        "distinct_from": [],
        "state": "prospect",
        "entity": None,
        "merged_into": None,
        "tax_ids": [tax_id()],
        "contacts": [],
    }
    return named(name, **{**usual, **values})


def tax_id(value: str = "ATU13585627", country: str = "AT", kind: TaxIdKind = TaxIdKind.VAT) -> Any:
    return named(value, value=value, country=country, kind=kind, normal=value.removeprefix(country))


def contact(email: str | None = None, *, is_primary: bool = False) -> Any:
    return named("Maja Berg", email=email, is_primary=is_primary)


# --- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Siemens AG", "siemens"),
        ("SIEMENS Aktiengesellschaft", "siemens aktiengesellschaft"),
        ("Škoda Auto a.s.", "skoda auto"),
        ("Novák & syn, s. r. o.", "novak syn"),
        ("Novak a Syn spol. s r.o.", "novak a syn"),
        ("Łódź Transport Sp. z o.o.", "lodz transport"),
        ("Müller Straßenbau GmbH & Co. KG", "muller strassenbau"),
        ("Ørsted A/S", "orsted"),
        ("Société Générale S.A.", "societe generale"),
        ("O'Reilly Media, Inc.", "oreilly media"),
        ("The Coca-Cola Company", "coca cola"),
        ("3M", "3m"),
        ("Co. KG", "co kg"),
        ("株式会社", "株式会社"),
        ("", ""),
    ],
)
def test_a_name_is_compared_without_accents_and_legal_form(name: str, normal: str) -> None:
    assert likeness.normal_name(name) == normal


@given(st.text(max_size=60))
def test_a_normal_name_has_only_small_letters_digits_and_spaces(name: str) -> None:
    normal = likeness.normal_name(name)
    assert all(char.isalnum() or char == " " for char in normal)
    assert normal == normal.casefold() == normal.strip()


@pytest.mark.parametrize(
    ("one", "other"),
    [("Siemens", "Simens"), ("Müller", "Mueller"), ("Philips", "Phillips"), ("Thyssen", "Tyssen"), ("Cirrus", "Kirus")],
)
def test_misspelt_names_meet_under_the_same_key(one: str, other: str) -> None:
    assert likeness.name_keys(likeness.normal_name(one)) == likeness.name_keys(likeness.normal_name(other))


def test_words_that_too_many_names_share_are_no_keys() -> None:
    assert likeness.name_keys("alba international trading") == ["alb"]
    assert likeness.name_keys("global services") == ["glbl", "srvks"]


@pytest.mark.parametrize(
    ("one", "other", "percent"),
    [("siemens", "siemens", 100), ("alba nord", "nord alba", 100), ("siemens", "bosch", 0), ("", "", 0), ("", "a", 0)],
)
def test_likeness_of_names_is_a_percentage(one: str, other: str, percent: int) -> None:
    assert likeness.similarity(one, other) == percent


@given(st.text("abcde ", max_size=20), st.text("abcde ", max_size=20))
def test_likeness_is_mutual_and_between_0_and_100(one: str, other: str) -> None:
    assert 0 <= likeness.similarity(one, other) == likeness.similarity(other, one) <= 100


@pytest.mark.parametrize(
    ("email", "found"),
    [("maja@Alba.example", "alba.example"), ("alba@gmail.com", None), (None, None), ("", None), ("a@seznam.cz", None)],
)
def test_a_mail_domain_tells_a_company_only_when_it_is_its_own(email: str | None, found: str | None) -> None:
    assert likeness.email_domain(email) == found


# --- duplicates ----------------------------------------------------------------------------------------------------


def profile(name: str = "alba", number: int = 1, country: str = "AT", **values: Any) -> Profile:
    usual = {"id": number, "code": f"S-{number}", "name": name.title(), "names": frozenset({name}), "country": country}
    return Profile(**{**usual, **{key: frozenset(value) for key, value in values.items()}})


def reasons(one: Profile, other: Profile) -> tuple[int, list[str]]:
    found = likeness.compare(one, other)
    return (found.score, [reason.code for reason in found.reasons]) if found else (0, [])


def test_the_same_tax_id_is_enough() -> None:
    assert reasons(profile(tax_ids={"AT:1"}), profile("bosch", 2, tax_ids={"AT:1", "AT:2"})) == (95, ["same_tax_id"])


def test_the_same_bank_account_is_enough() -> None:
    assert reasons(profile(accounts={"x"}), profile("bosch", 2, accounts={"x"})) == (90, ["same_account"])


def test_the_same_name_in_one_country_is_enough() -> None:
    assert reasons(profile(), profile(number=2)) == (75, ["same_name"])


def test_companies_of_a_group_in_two_countries_are_two() -> None:
    assert reasons(profile(), profile(number=2, country="CZ")) == (0, [])


def test_the_same_name_abroad_and_the_same_mail_domain_are_enough_together() -> None:
    one, other = profile(domains={"alba.example"}), profile(number=2, country="CZ", domains={"alba.example"})
    assert reasons(one, other) == (58, ["same_name", "same_domain"])


def test_a_mail_domain_alone_is_not_enough() -> None:
    assert reasons(profile(domains={"x.example"}), profile("bosch", 2, domains={"x.example"})) == (0, [])


def test_a_similar_name_counts_less_than_the_same() -> None:
    assert reasons(profile("siemens energy"), profile("siemens energie", 2)) == (55, ["similar_name"])


def test_another_name_of_the_supplier_counts_as_well() -> None:
    one = profile(names={"alba", "albatros handel"})
    assert reasons(one, profile("albatros handel", 2)) == (75, ["same_name"])


def test_reasons_add_up_as_independent_hints() -> None:
    both = Duplicate(profile(), (Reason("a", "", 75), Reason("b", "", 40)))
    assert both.score == 85
    assert Duplicate(profile(), ()).score == 0


@given(st.lists(st.integers(0, 100), max_size=6))
def test_a_score_never_leaves_0_to_100_and_never_falls_by_another_reason(weights: list[int]) -> None:
    scores = [
        Duplicate(profile(), tuple(Reason("", "", weight) for weight in weights[:count])).score
        for count in range(len(weights) + 1)
    ]
    assert scores == sorted(scores)
    assert all(0 <= score <= 100 for score in scores)


def test_a_supplier_the_reader_may_not_see_is_not_named() -> None:
    hidden = Duplicate(profile("secret", 5), (Reason("same_tax_id", "same tax id", 95),), is_visible=False)
    [problem] = likeness.why_not_distinct([hidden], [])
    assert "ecret" not in problem.message
    assert "S-5" not in problem.message
    assert problem.values == {"score": 95, "supplier": None}
    assert "a supplier that your roles do not show (same tax id)" in problem.message


def test_a_duplicate_that_somebody_looked_at_is_not_asked_about_again() -> None:
    found = [Duplicate(profile(number=2), (Reason("a", "same name", 75),)), Duplicate(profile(number=3), ())]
    assert [problem.values["supplier"] for problem in likeness.why_not_distinct(found, [2])] == ["S-3"]
    assert codes(standing.why_not_acknowledgeable(supplier(distinct_from=[2, 3]), found)) == [("no_duplicates", None)]
    assert standing.why_not_acknowledgeable(supplier(distinct_from=[2]), found) == []


# --- suppliers -----------------------------------------------------------------------------------------------------


def test_a_supplier_with_the_usual_data_is_fine() -> None:
    assert standing.why_not_supplier(acting(1), supplier()) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"code": ""}, ("bad_code", "code")),
        ({"country": "ZZ"}, ("unknown_country", "country")),
        ({"discount_percent": Decimal(2)}, ("incomplete_discount", "discount_days")),
        ({"discount_days": 10}, ("incomplete_discount", "discount_percent")),
        ({"endpoint_scheme": "0088"}, ("incomplete_endpoint", "endpoint_id")),
        ({"endpoint_id": "1"}, ("incomplete_endpoint", "endpoint_scheme")),
        ({"endpoint_scheme": "GLN", "endpoint_id": "7300010000001"}, ("unknown_scheme", "endpoint_scheme")),
        ({"endpoint_scheme": "0088", "endpoint_id": "7300010000002"}, ("bad_endpoint", "endpoint_id")),
        ({"website": "www.alba.example"}, ("bad_website", "website")),
        ({"website": "javascript:alert(1)//.x"}, ("bad_website", "website")),
        ({"language": "english"}, ("unknown_language", "language")),
    ],
)
def test_what_is_wrong_is_said_at_its_field(values: dict[str, Any], expected: tuple[str, str]) -> None:
    assert codes(standing.why_not_supplier(acting(1), supplier(**values))) == [expected]


@pytest.mark.parametrize(("scheme", "identifier"), [("0088", "7300010000001"), ("9915", "b"), ("AN", "OFTP1")])
def test_endpoints_of_the_network_pass(scheme: str, identifier: str) -> None:
    assert standing.why_not_supplier(acting(1), supplier(endpoint_scheme=scheme, endpoint_id=identifier)) == []


def test_problems_of_child_rows_name_the_row() -> None:
    rows = [tax_id(), tax_id("ATU00000000"), tax_id("X", "QQ")]
    contacts = [contact("maja@alba.example", is_primary=True), contact("maja", is_primary=True)]
    problems = standing.why_not_supplier(acting(1), supplier(tax_ids=rows, contacts=contacts))
    assert codes(problems) == [
        ("bad_tax_id", "tax_ids.1.value"),
        ("unknown_country", "tax_ids.2.country"),
        ("bad_email", "contacts.1.email"),
        ("second_main_contact", "contacts.1.is_primary"),
    ]


def test_a_tax_id_stands_once() -> None:
    problems = standing.why_not_supplier(acting(1), supplier(tax_ids=[tax_id(), tax_id()]))
    assert codes(problems) == [("repeated_tax_id", "tax_ids.1.value")]


@pytest.mark.parametrize(
    ("days", "percent", "within", "words"),
    [
        (30, None, None, "30 days"),
        (1, None, None, "1 day"),
        (0, None, None, "at once"),
        (30, Decimal("2.500000"), 10, "30 days, 2.5 % off within 10"),
        (30, Decimal("10.000000"), 10, "30 days, 10 % off within 10"),
    ],
)
def test_terms_are_told_in_words(days: int, percent: Decimal | None, within: int | None, words: str) -> None:
    assert standing.describe_terms(days, percent, within) == words


def test_someone_else_approves_a_supplier() -> None:
    assert codes(standing.why_not_approvable(acting(1), supplier(created_by=1), [])) == [("own_supplier", None)]
    assert codes(standing.why_not_approvable(acting(2, 1), supplier(created_by=1), [])) == [("own_supplier", None)]
    assert standing.why_not_approvable(acting(2), supplier(created_by=1), []) == []


def test_a_supplier_without_tax_id_needs_a_reason() -> None:
    assert codes(standing.why_not_approvable(acting(2), supplier(tax_ids=[]), [])) == [("tax_id_missing", "tax_ids")]
    assert standing.why_not_approvable(acting(2), supplier(tax_ids=[], tax_id_waiver="A private person"), []) == []


def test_everything_against_an_approval_is_said_at_once() -> None:
    alike = Duplicate(profile(number=2), (Reason("same_name", "same name", 75),))
    problems = standing.why_not_approvable(acting(1), supplier(tax_ids=[]), [alike])
    assert [problem.code for problem in problems] == ["own_supplier", "tax_id_missing", "possible_duplicate"]
    assert problems[2].message == "May be the same as S-2 Alba (same name). Merge them, or say why they are two."


def test_a_supplier_becomes_part_of_another_that_stays() -> None:
    one, other = supplier(), supplier("Alba")
    vienna = named("Vienna")
    assert standing.why_not_mergeable(one, other) == []
    assert codes(standing.why_not_mergeable(one, one)) == [("same_supplier", "into")]
    assert codes(standing.why_not_mergeable(one, supplier(state="merged"))) == [("merged_already", "into")]
    assert codes(standing.why_not_mergeable(one, supplier(entity=vienna))) == [("other_entity", "into")]
    assert standing.why_not_mergeable(supplier(entity=vienna), supplier(entity=vienna)) == []
    assert standing.why_not_mergeable(supplier(entity=vienna), other) == []


# --- bank accounts -------------------------------------------------------------------------------------------------

IBAN = "DE89370400440532013000"


def account(**values: Any) -> Any:
    usual = {
        "iban": IBAN,
        "account_number": None,
        "routing": None,
        "country": "DE",
        "bic": None,
        "state": "proposed",
        "supplier": supplier(),
        "replaces": None,
        "makers": [1],
    }
    return named("DE89 •••• 3000 EUR", **{**usual, **values})


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (IBAN, "DE89 •••• 3000"),
        ("12345678", "•••• 5678"),
        ("1234567", "•••• 67"),
        ("12", "•••• 12"),
        ("", "•••• "),
    ],
)
def test_an_account_shows_no_more_than_it_is_recognised_by(number: str, shown: str) -> None:
    assert banking.mask(number) == shown


@given(st.integers(0, 10**10 - 1))
def test_the_middle_of_an_iban_is_never_shown(number: int) -> None:
    assert f"{number:010d}"[:6] not in banking.mask(f"DE0037040044{number:010d}").replace("DE00", "")


def test_an_account_with_the_usual_data_is_fine() -> None:
    assert banking.why_not_account(acting(1), account()) == []
    assert banking.why_not_account(acting(1), account(iban=None, account_number="12345678", routing="20-00-00")) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"iban": "DE89370400440532013001"}, ("bad_iban", "iban")),
        ({"iban": "DE8937040044053201300"}, ("bad_iban", "iban")),
        ({"iban": "X"}, ("bad_iban", "iban")),
        ({"country": "AT"}, ("other_country", "country")),
        ({"country": "ZZ", "iban": None, "account_number": "1"}, ("unknown_country", "country")),
        ({"country": None, "iban": None, "account_number": "1"}, ("required", "country")),
        ({"iban": None}, ("iban_or_number", "iban")),
        ({"account_number": "1"}, ("iban_or_number", "iban")),
        ({"bic": "COBADE"}, ("bad_bic", "bic")),
        ({"supplier": supplier(state="merged")}, ("merged_already", "supplier")),
    ],
)
def test_what_is_wrong_with_an_account_is_said_at_its_field(values: dict[str, Any], expected: tuple[str, str]) -> None:
    assert codes(banking.why_not_account(acting(1), account(**values))) == [expected]


def test_an_iban_never_stands_in_a_message() -> None:
    for wrong in ({"iban": "DE89370400440532013001"}, {"country": "AT"}, {"account_number": "1"}):
        for problem in banking.why_not_account(acting(1), account(**wrong)):
            assert "3704" not in problem.message


def test_a_new_account_replaces_a_confirmed_one_of_the_same_supplier() -> None:
    mine = supplier()
    old = account(supplier=mine, state="confirmed")
    assert banking.why_not_account(acting(1), account(supplier=mine, replaces=old)) == []
    for replaced, expected in (
        (account(state="confirmed"), ("other_supplier", "replaces")),
        (account(supplier=mine), ("not_confirmed", "replaces")),
        (account(supplier=mine, state="retired"), ("not_confirmed", "replaces")),
    ):
        assert codes(banking.why_not_account(acting(1), account(supplier=mine, replaces=replaced))) == [expected]


def test_an_account_that_was_confirmed_is_not_held_to_what_it_replaced() -> None:
    mine = supplier()
    old = account(supplier=mine, state="retired")
    assert banking.why_not_account(acting(1), account(supplier=mine, replaces=old, state="confirmed")) == []


def test_nobody_confirms_an_account_they_had_a_hand_in() -> None:
    mine = account(makers=[1, 4])
    for context in (acting(1), acting(4), acting(9, 4)):
        assert codes(banking.why_not_confirmable(context, mine)) == [("own_change", None)]
    assert banking.why_not_confirmable(acting(9), mine) == []
    assert banking.why_not_confirmable(acting(9, 8), mine) == []


@pytest.mark.parametrize(
    ("state", "usable", "expected"),
    [
        ("proposed", None, "not_confirmed"),
        ("retired", date(2026, 1, 1), "not_confirmed"),
        ("confirmed", date(2026, 11, 23), "cooling_off"),
        ("confirmed", date(2026, 11, 22), None),
        ("confirmed", date(2026, 1, 1), None),
    ],
)
def test_an_account_is_paid_to_after_its_cooling_off(state: str, usable: date | None, expected: str | None) -> None:
    assert [problem.code for problem in banking.why_not_payable(state, usable, TODAY)] == (
        [expected] if expected else []
    )


def test_cooling_off_counts_days() -> None:
    assert banking.usable_from(date(2026, 12, 30), 3) == date(2027, 1, 2)
    assert banking.usable_from(TODAY, 0) == TODAY


@pytest.mark.parametrize(
    ("value", "compact"), [("de89 3704-0044", "DE8937040044"), ("  ", None), (None, None), ("", None)]
)
def test_an_account_number_has_one_spelling(value: str | None, compact: str | None) -> None:
    assert banking.compact(value) == compact


def test_accounts_without_iban_are_told_apart_by_country_and_bank() -> None:
    names = {
        banking.identify("US", None, "021000021", "12345"),
        banking.identify("US", None, "021000089", "12345"),
        banking.identify("GB", None, "021000021", "12345"),
        banking.identify("DE", IBAN, None, None),
    }
    assert len(names) == 4
    assert banking.identify("DE", IBAN, "x", None) == banking.identify(None, IBAN, None, None)
