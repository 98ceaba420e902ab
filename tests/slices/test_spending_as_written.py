"""Files of spending as people's spreadsheets write them: each line read in the one way it can be, or refused in words."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from tests.importing import faults, imported
from tests.making import Maker
from tests.slices.test_spending import maker, rows

__all__ = ["maker"]
HEAD = "Date,Supplier,Amount,Department\n"
FIXED = {"entity": "CITY", "currency": "GBP"}


def book(*lines: Sequence[Any]) -> bytes:
    made, out = openpyxl.Workbook(), io.BytesIO()
    for line in (HEAD.strip().split(","), *lines):
        made.active.append(line)
    made.save(out)
    return out.getvalue()


def semicolons(*amounts: str) -> bytes:
    lines = [f"2021-03-01;Alba;{amount};Parks" for amount in amounts]
    return "\n".join([HEAD.strip().replace(",", ";"), *lines]).encode()


def commas(*lines: str) -> bytes:
    return (HEAD + "\n".join(lines) + "\n").encode()


@pytest.mark.parametrize(
    ("content", "amounts", "refused"),
    [
        (commas('2021-03-01,Alba,"1,234.56",Parks').decode().encode("utf-16"), ["1234.56"], []),
        (commas("2021-03-01,Alba,1234.56,Parks").decode().encode("utf-16-be"), ["1234.56"], []),
        (semicolons("1 234,56", "12\u00a0345,00", "1\u202f234\u202f567,89"), ["1234.56", "12345", "1234567.89"], []),
        (semicolons("1'234.56", "12\u2019345.00"), ["1234.56", "12345"], []),
        (semicolons("1.234,56", "12"), ["1234.56", "12"], []),
        (b"sep=;\n" + semicolons("100,00"), ["100"], []),
        (commas("2021-03-01,Alba,100.00-,Parks", "2021-03-01,Berg,(50.00),Parks"), ["-100", "-50"], []),
        (commas('2021-03-01,Alba,"1,234",Parks'), [], [(2, "ambiguous_number")]),
        (commas("2021-03-01,Alba,1.2E+05,Parks"), [], [(2, "shortened_number")]),
        (commas("2021-03-01,Alba,€5.00,Parks"), [], [(2, "currency_differs")]),
        (commas("2021-03-01,Alba,#REF!,Parks", "2021-03-01,Alba,n/a,Parks"), [], [(2, "not_a_number"), (3, "not_a_number")]),
    ],
)  # fmt: skip
def test_amounts_are_read_as_they_are_written_or_refused(
    maker: Maker, content: bytes, amounts: list[str], refused: list[tuple[int, str]]
) -> None:
    run = imported("spend_record", content, fixed=FIXED)
    assert [row[0] for row in rows("SELECT amount FROM spend_record ORDER BY id")] == [*map(Decimal, amounts)]
    assert [(line, code) for line, code, _ in faults(run)] == refused


@pytest.mark.parametrize(
    ("content", "days", "refused"),
    [
        (commas("03/04/2021,Alba,1.00,Parks", "25/06/2021,Berg,1.00,Parks"), ["2021-04-03", "2021-06-25"], []),
        (commas("03/04/2021,Alba,1.00,Parks"), [], [(2, "ambiguous_date")]),
        (commas("03/25/2021,A,1.00,P", "25/06/2021,B,1.00,P", "03/04/2021,C,1.00,P"), ["2021-03-25", "2021-06-25"],
         [(4, "ambiguous_date")]),
        (commas("44256,Alba,1.00,Parks"), [], [(2, "serial_day")]),
        (book([44256, "Alba", 1.0, "Parks"]), [], [(2, "serial_day")]),
        (commas("1 Mar 2021,Alba,1.00,Parks", "2-Apr-21,Berg,1.00,Parks"), ["2021-03-01", "2021-04-02"], []),
    ],
)  # fmt: skip
def test_days_are_read_where_the_column_proves_how_and_refused_otherwise(
    maker: Maker, content: bytes, days: list[str], refused: list[tuple[int, str]]
) -> None:
    run = imported("spend_record", content, fixed=FIXED)
    assert [row[0] for row in rows("SELECT paid_on::text FROM spend_record ORDER BY id")] == days
    assert [(line, code) for line, code, _ in faults(run)] == refused


ALBA, BERG = "2021-03-01,Alba,100.00,Parks", "2021-03-02,Berg,50.00,Roads"


@pytest.mark.parametrize(
    ("lines", "totals"),
    [
        ([ALBA, BERG, ",Total,150.00,"], [4]),
        ([ALBA, BERG, "Grand Total,,150.00,"], [4]),
        ([ALBA, BERG, ",,150.00,"], [4]),
        ([ALBA, BERG, "2021-03-31,Total,150.00,All"], [4]),
        ([ALBA, ",Parks subtotal,100.00,Parks", BERG, ",Roads subtotal,50.00,Roads", ",,150.00,"], [3, 5, 6]),
        ([ALBA, BERG, "2021-03-31,Total,70.00,Fuel"], []),
    ],
)
def test_a_line_that_adds_up_those_above_it_is_named_and_no_payment(
    maker: Maker, lines: list[str], totals: list[int]
) -> None:
    run = imported("spend_record", commas(*lines), fixed=FIXED)
    assert [(line, code) for line, code, _ in faults(run)] == [(line, "total_line") for line in totals]
    assert run.created == len(lines) - len(totals)


def test_a_second_line_of_headings_is_refused_as_no_row(maker: Maker) -> None:
    run = imported("spend_record", commas("yyyy-mm-dd,name,GBP,text", ALBA), fixed=FIXED)
    assert run.created == 1
    assert {line for line, _, _ in faults(run)} == {2}
