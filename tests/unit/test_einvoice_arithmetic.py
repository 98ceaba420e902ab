"""Outlay's own sums: what must agree to the cent does, and what does not is named with both figures."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.invoices.domain.arithmetic import bases, check, recompute
from app.modules.invoices.domain.document import Adjustment, Line, Parsed, TaxPart, Totals
from app.modules.invoices.domain.facts import facts
from app.modules.invoices.domain.verdict import Finding, Verdict

D = Decimal


def invoice(**changes) -> Parsed:
    """Two lines of 19 and 7 per cent, an allowance and freight."""
    whole = Parsed(
        number="R-1",
        currency="EUR",
        lines=(
            Line("1", quantity=D(3), price=D("33.33"), net=D("99.99"), tax_category="S", tax_rate=D(19)),
            Line("2", quantity=D(1), price=D("10.50"), net=D("10.50"), tax_category="S", tax_rate=D("7.00")),
        ),
        adjustments=(
            Adjustment(charge=False, amount=D("9.99"), tax_category="S", tax_rate=D(19)),
            Adjustment(charge=True, amount=D(5), tax_category="S", tax_rate=D("19.0"), reason="Freight"),
        ),
        taxes=(TaxPart("S", D(19), D("95.00"), D("18.05")), TaxPart("S", D(7), D("10.50"), D("0.74"))),
        totals=Totals(
            lines=D("110.49"), allowances=D("9.99"), charges=D(5), net=D("105.50"), tax=D("18.79"),
            gross=D("124.29"), prepaid=D(100), payable=D("24.29"),
        ),
    )  # fmt: skip
    return replace(whole, **changes)


def rules(parsed: Parsed) -> list[str]:
    return [finding.rule for finding in check(parsed)]


def test_an_invoice_that_adds_up_has_no_findings():
    assert check(invoice()) == ()


def test_recomputed_from_its_lines_it_comes_to_the_same():
    assert recompute(invoice()) == replace(invoice().totals)


def test_tax_is_reckoned_on_the_sum_of_a_rates_lines_and_rounded_half_up():
    assert bases(invoice()) == {("S", D(19)): D("95.00"), ("S", D(7)): D("10.50")}
    three = tuple(Line(str(n), net=D("0.05"), tax_category="S", tax_rate=D(10)) for n in range(3))
    assert recompute(Parsed("R", currency="EUR", lines=three)).tax == D("0.02")


@pytest.mark.parametrize(
    ("field", "amount", "rule"),
    [
        ("lines", "110.50", "OUT-LINES"),
        ("allowances", "10.00", "OUT-ALLOWANCES"),
        ("charges", None, "OUT-CHARGES"),
        ("net", "105.49", "OUT-NET"),
        ("tax", "18.78", "OUT-TAX-TOTAL"),
        ("gross", "124.30", "OUT-GROSS"),
        ("payable", "24.30", "OUT-PAYABLE"),
        ("prepaid", None, "OUT-PAYABLE"),
    ],
)
def test_one_cent_in_a_total_is_found(field, amount, rule):
    totals = replace(invoice().totals, **{field: amount and D(amount)})
    assert rule in rules(invoice(totals=totals))


def test_both_figures_stand_in_the_sentence():
    (found,) = [f for f in check(invoice(totals=replace(invoice().totals, payable=D("42")))) if f.rule == "OUT-PAYABLE"]
    assert found.text == "The document states 42, but the total less what was paid comes to 24.29."


def test_less_than_half_a_cent_is_no_difference():
    assert check(invoice(totals=replace(invoice().totals, payable=D("24.2949")))) == ()
    assert rules(invoice(totals=replace(invoice().totals, payable=D("24.295")))) == ["OUT-PAYABLE"]


def test_the_tax_of_a_rate_may_differ_by_a_cent_but_not_by_two():
    def with_tax(amount: str) -> Parsed:
        return invoice(taxes=(TaxPart("S", D(19), D("95.00"), D(amount)), invoice().taxes[1]))

    assert "OUT-TAX" not in rules(with_tax("18.06"))
    assert "OUT-TAX" in rules(with_tax("18.07"))


def test_a_taxable_amount_must_be_that_of_its_lines():
    taxes = (TaxPart("S", D(19), D("94.00"), D("17.86")), TaxPart("S", D(7), D("11.50"), D("0.81")))
    assert rules(invoice(taxes=taxes)).count("OUT-BASIS") == 2


def test_a_line_that_is_not_quantity_times_price_is_a_warning():
    first, second = invoice().lines
    (found,) = check(invoice(lines=(replace(first, price=D(40)), second)))
    assert (found.rule, found.severity) == ("OUT-LINE", "warning")
    assert Verdict("valid", arithmetic=(found,)).sound


def test_a_price_for_a_hundred_pieces_and_a_lines_own_allowance_count():
    line = Line(
        "1", quantity=D(250), price=D(8), base_quantity=D(100), net=D(15),
        adjustments=(Adjustment(charge=False, amount=D(6)), Adjustment(charge=True, amount=D(1))),
    )  # fmt: skip
    assert check(Parsed("R", currency="EUR", lines=(line,))) == ()


def test_parts_of_a_line_count_in_no_total():
    part = Line("1.1", net=D(50), inside="1", counts=False)
    assert check(invoice(lines=(*invoice().lines, part))) == ()


def test_a_document_without_lines_is_checked_in_its_totals_only():
    short = invoice(
        lines=(), adjustments=(), taxes=(), totals=Totals(net=D(100), tax=D(19), gross=D(119), payable=D(118))
    )
    assert rules(short) == ["OUT-PAYABLE"]


def test_the_smallest_profile_cannot_say_what_was_paid_before():
    totals = Totals(net=D(100), tax=D(19), gross=D(119), payable=D(19))
    smallest = Parsed("R", currency="EUR", profile="urn:factur-x.eu:1p0:minimum", totals=totals)
    assert rules(smallest) == []
    assert rules(replace(smallest, totals=replace(totals, prepaid=D(50)))) == ["OUT-PAYABLE"]


def test_yen_have_no_cents():
    line = Line("1", net=D(101), tax_category="S", tax_rate=D(10))
    assert recompute(Parsed("R", currency="JPY", lines=(line,))).tax == D(10)


@given(
    st.lists(
        st.tuples(st.integers(-(10**9), 10**9), st.sampled_from([D(0), D(7), D(19), D("5.5")])), min_size=1, max_size=9
    )
)
def test_what_is_recomputed_adds_up_for_any_lines(found):
    lines = tuple(
        Line(str(n), net=D(cents) / 100, tax_category="S", tax_rate=rate) for n, (cents, rate) in enumerate(found)
    )
    bare = Parsed("R", currency="EUR", lines=lines)
    taxes = tuple(
        TaxPart("S", rate, basis, (basis * rate / 100).quantize(D("0.01"))) for (_, rate), basis in bases(bare).items()
    )
    totals = replace(recompute(bare), tax=sum(part.amount for part in taxes))
    gross = totals.net + totals.tax
    assert check(replace(bare, taxes=taxes, totals=replace(totals, gross=gross, payable=gross))) == ()


def test_a_verdict_is_sound_only_if_valid_and_without_errors_in_the_sums():
    wrong = Finding("OUT-PAYABLE", "error", "…")
    assert Verdict("valid").sound
    assert not Verdict("invalid").sound
    assert not Verdict("valid", arithmetic=(wrong,)).sound


def test_facts_tell_the_document_in_order_and_leave_out_what_it_does_not_say():
    sections = facts(invoice())
    assert [section.title for section in sections] == [
        "Document", "Line 1", "Line 2", "Allowances and charges", "Tax", "Totals",
    ]  # fmt: skip
    told = {(section.title, fact.label): fact.value for section in sections for fact in section.facts}
    assert told["Document", "Number"] == "R-1"
    assert told["Allowances and charges", "Freight"] == "+ 5"
    assert told["Tax", "S 19 %"] == "18.05 on 95.00"
    assert told["Totals", "To pay"] == "24.29 EUR"
    assert all(fact.value for section in sections for fact in section.facts)


def test_a_note_is_told_without_the_code_of_its_subject():
    (notes,) = [section for section in facts(invoice(notes=("#AAI#Mind the step", "# 2"))) if section.title == "Notes"]
    assert [fact.value for fact in notes.facts] == ["Mind the step", "# 2"]
