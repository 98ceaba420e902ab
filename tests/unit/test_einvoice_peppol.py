"""The rules Peppol adds to EN 16931, on values of our own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from app.modules.invoices.domain.document import (
    Address,
    Adjustment,
    Contact,
    Identifier,
    Line,
    Parsed,
    Party,
    PaymentMeans,
    References,
)
from app.modules.invoices.domain.peppol import PROFILE, broken

D = Decimal


def party(country: str, **changes) -> Party:
    return replace(Party(name="N", address=Address(country=country), endpoint=Identifier("1", "9930")), **changes)


def invoice(**changes) -> Parsed:
    line = Line("1", quantity=D(2), price=D(5), net=D(10))
    good = Parsed(
        "R-1", type_code="380", profile=PROFILE, process="urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
        currency="EUR", seller=party("SE"), buyer=party("NO"), references=References(buyer="B"), lines=(line,),
    )  # fmt: skip
    return replace(good, **changes)


def rules(parsed: Parsed) -> list[str]:
    return [finding.rule.removeprefix("PEPPOL-").removeprefix("EN16931-") for finding in broken(parsed)]


def test_a_good_invoice_breaks_nothing_and_another_profile_is_not_judged():
    assert rules(invoice()) == []
    assert rules(invoice(profile="urn:cen.eu:en16931:2017", process="")) == []


def adjusted(**values) -> Parsed:
    return invoice(adjustments=(Adjustment(**{"charge": True, "amount": D(1)} | values),))


@pytest.mark.parametrize(
    ("parsed", "rule"),
    [
        (invoice(process=""), "R001"),
        (invoice(notes=("a", "b")), "R002"),
        (invoice(references=References()), "R003"),
        (invoice(accounting_currency="EUR"), "R005"),
        (invoice(process="P1"), "R007"),
        (invoice(buyer=party("NO", endpoint=None)), "R010"),
        (invoice(seller=party("SE", endpoint=None)), "R020"),
        (adjusted(base=D(10), percent=D(11)), "R040"),
        (adjusted(percent=D(11)), "R041"),
        (adjusted(base=D(10)), "R042"),
        (invoice(payment_means=(PaymentMeans(code="59"),)), "R061"),
        (invoice(lines=(Line("1", quantity=D(2), price=D(5), net=D("10.03")),)), "R120"),
        (invoice(lines=(Line("1", base_quantity=D(0)),)), "R121"),
        (invoice(lines=(Line("1", price=D(5), gross_price=D(7), price_discount=D(1)),)), "R046"),
        (invoice(type_code="389", self_billed=True), "P0100"),
        (invoice(type_code="261", kind="credit_note"), "P0101"),
        (invoice(type_code="384", kind="corrected"), "P0112"),
    ],
)
def test_each_rule_is_found_alone(parsed, rule):
    assert rules(parsed) == [rule]


@pytest.mark.parametrize(
    ("scheme", "good", "bad", "rule"),
    [
        ("0088", "7300010000001", "7300010000002", "COMMON-R040"),
        ("0192", "991825827", "991825828", "COMMON-R041"),
        ("0208", "0202239951", "0202239952", "COMMON-R043"),
        ("0007", "5567321707", "5567321708", "COMMON-R049"),
    ],
)
def test_numbers_are_checked_by_their_own_last_digits(scheme, good, bad, rule):
    assert rules(invoice(seller=party("SE", legal_id=Identifier(good, scheme)))) == []
    assert rules(invoice(seller=party("SE", legal_id=Identifier(bad, scheme)))) == [rule]
    assert rules(invoice(seller=party("SE", legal_id=Identifier("X1", scheme)))) == [rule]


def test_between_two_in_germany_more_is_asked_and_more_allowed():
    seller = party("DE", contact=Contact(name="A"))
    german = invoice(seller=seller, buyer=party("DE"), payment_means=(PaymentMeans(code="58"),), notes=("a", "b"))
    assert rules(german) == []
    assert rules(replace(german, type_code="384", kind="corrected")) == []
    bare = replace(german, seller=party("DE"), payment_means=(), references=References(order="PO"))
    assert rules(bare) == ["DE-R-001", "DE-R-002", "DE-R-015"]
    debit = (PaymentMeans(code="59", mandate="M"),)
    assert rules(replace(german, payment_means=debit)) == ["DE-R-030"]
