"""Invoices as CSV: columns by their headings, rows of one number together, notation found out and never guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.modules.invoices.einvoice.reading import read

HEAD = "Invoice No.;Supplier;VAT ID;Invoice date;Due;Currency;PO;Line;Description;Qty;Unit price;Net;VAT rate;VAT amount;IBAN\n"
ROWS = (
    "A-1;Nord GmbH;DE123456789;31.01.2026;28.02.2026;EUR;PO-1;1;Stuhl;2;50,00;100,00;19 %;19,00;DE75512108001245126199\n"
    "A-1;Nord GmbH;DE123456789;31.01.2026;28.02.2026;EUR;PO-1;2;Tisch;1;1.200,00;1.200,00;19 %;228,00;DE75512108001245126199\n"
    "A-2;Süd AG;;01.02.2026;;EUR;;1;Öl;3;1,50;4,50;7 %;0,32;\n"
)


def documents(text: str | bytes):
    found = read(text.encode() if isinstance(text, str) else text, "invoices")
    assert found.refusal is None, found.refusal
    assert found.kind == "csv"
    return [each.parsed for each in found.documents]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_rows_of_one_number_are_one_invoice(encoding):
    first, second = documents((HEAD + ROWS).encode(encoding))
    assert (first.number, first.issued_on, first.due_on) == ("A-1", date(2026, 1, 31), date(2026, 2, 28))
    assert (first.seller.name, first.seller.tax_ids, first.references.order) == ("Nord GmbH", ("DE123456789",), "PO-1")
    assert first.payment_means[0].account == "DE75512108001245126199"
    assert [(line.name, line.quantity, line.net) for line in first.lines] == [("Stuhl", 2, 100), ("Tisch", 1, 1200)]
    assert (first.totals.net, first.totals.tax, first.totals.payable) == (1300, 247, 1547)
    assert (second.seller.name, second.totals.net, second.totals.payable) == (
        "Süd AG",
        Decimal("4.50"),
        Decimal("4.82"),
    )


def test_no_standard_judges_a_table_but_its_sums_are_checked():
    (read_,) = read(b"Number,Net,Tax,Total\nA,100.00,19.00,120.00\n", "t").documents
    assert read_.verdict.status == "unchecked"
    assert [finding.rule for finding in read_.verdict.arithmetic] == ["OUT-PAYABLE"]


def test_the_same_number_of_two_suppliers_is_two_invoices():
    assert len(documents("Number,Supplier,Net\n1,North,10.00\n1,South,12.00\n")) == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Number,Net\n1,1.234\n", "unclear_numbers"),
        ('Number,Net\n1,"1,234.50"\n2,"1.234,50"\n', "unclear_numbers"),
        ("Number,Net\n1,ten\n", "broken_row"),
        ("Number,Net\n,10.00\n", "broken_row"),
        ("Number,Net\n", "empty"),
        ("Colour,Size\nred,10\n", "unknown_columns"),
        ("Number,Date,Net\n1,2026-01-01,10.00\n1,2026-01-02,10.00\n", "rows_differ"),
        ("Number,Net\n1,=1+1\n", "broken_row"),
    ],
)
def test_what_is_unclear_or_broken_refuses_the_whole_table(text, code):
    found = read(text.encode(), "t")
    assert (found.refusal.code, found.documents) == (code, ())


def test_a_day_that_can_be_read_two_ways_is_read_in_neither():
    (clear, also) = documents("Number,Date,Net\n1,13/02/2026,10.00\n2,03/04/2026,10.00\n")
    assert (clear.issued_on, also.issued_on) == (date(2026, 2, 13), date(2026, 4, 3))
    (unclear,) = documents("Number,Date,Net\n2,03/04/2026,10.00\n")
    assert (unclear.issued_on, unclear.unread) == (None, ("Date: 03/04/2026",))


def test_brackets_and_a_trailing_minus_make_an_amount_negative():
    one, other, third = documents("Number,Net\n1,(10.50)\n2,10.50-\n3,GBP 10.50\n")
    assert [each.totals.net for each in (one, other, third)] == [Decimal("-10.50"), Decimal("-10.50"), Decimal("10.50")]


def test_a_table_of_too_many_rows_is_refused():
    from app.modules.invoices.einvoice.limits import Limits

    text = "Number,Net\n" + "1,10.00\n" * 11
    assert read(text.encode(), "t", Limits(rows=10)).refusal.code == "too_large"
