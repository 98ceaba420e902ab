"""Files are read as they come, and every line of them is given or flawed."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import os
import zipfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.infra.transfer import cells, manners, sheets
from app.infra.transfer.sheets import Options, Sheet, open_sheet
from app.kernel.problem import Refused
from tests.importing import as_csv

CORPUS = Path(os.environ.get("OUTLAY_CORPUS", "/work/shared/corpora"))


def opened(content: bytes, **options: Any) -> Sheet:
    return open_sheet(io.BytesIO(content), Options(**options))


def read(content: bytes, **options: Any) -> list[tuple[str, ...]]:
    return [line.cells for line in opened(content, **options).lines()]


def flaws(content: bytes, **options: Any) -> list[tuple[int, str]]:
    return [(line.number, flaw.code) for line in opened(content, **options).lines() for flaw in line.flaws]


def refusal(content: bytes, **options: Any) -> str:
    with pytest.raises(Refused) as refused:
        list(opened(content, **options).lines())
    return refused.value.problems[0].code


# --- encodings ------------------------------------------------------------------------------------------------------

TEXT = "code;name\r\nA1;Müller € Söhne\r\n"


@pytest.mark.parametrize(
    ("content", "encoding", "sure"),
    [
        (TEXT.encode(), "utf-8", True),
        (TEXT.encode("utf-8-sig"), "utf-8", True),
        (TEXT.encode("utf-16"), "utf-16", True),
        (TEXT.encode("utf-16-le"), "utf-16-le", True),
        (TEXT.encode("utf-16-be"), "utf-16-be", True),
        (TEXT.encode("windows-1252"), "windows-1252", False),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16 with mark", "utf-16-le", "utf-16-be", "windows-1252"],
)
def test_the_encoding_is_found_out_and_stated(content: bytes, encoding: str, sure: bool) -> None:
    sheet = opened(content)
    assert (sheet.encoding, sheet.is_encoding_sure, sheet.columns) == (encoding, sure, ("code", "name"))
    assert [line.cells for line in sheet.lines()] == [("A1", "Müller € Söhne")]


def test_bytes_that_windows_does_not_know_are_latin_1() -> None:
    assert opened(b"code,name\nA,\xe9\x81\n").encoding == "iso-8859-1"


def test_utf8_with_a_few_broken_bytes_stays_utf8_and_the_broken_line_is_flawed() -> None:
    content = "code,name\nA,Müller\nB,Söhne\n".encode() + b"C,\xe9t\xe9\nD,plain\n" + "E,Ürün ğüşç\n".encode()
    sheet = opened(content)
    assert (sheet.encoding, sheet.is_encoding_sure) == ("utf-8", False)
    assert [(line.number, bool(line.flaws)) for line in sheet.lines()] == [
        (2, False), (3, False), (4, True), (5, False), (6, False),
    ]  # fmt: skip


def test_a_person_may_say_the_encoding() -> None:
    assert read("code,name\nA,Škoda\n".encode("windows-1250"), encoding="windows-1250") == [("A", "Škoda")]
    assert refusal(b"code\nA\n", encoding="ebcdic") == "unknown_encoding"


def test_a_sign_at_the_edge_of_what_is_read_at_once_is_not_torn_apart() -> None:
    content = "code,name\n" + "".join(f"A{n},{'ž' * 300}\n" for n in range(3000))
    sheet = opened(content.encode())
    assert sheet.is_encoding_sure
    assert {line.cells[1] for line in sheet.lines()} == {"ž" * 300}


# --- delimiters, quotes, widths -------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out_past_the_others_inside_cells(delimiter: str) -> None:
    rows = [["code", "name", "note"]] + [[f"A{n}", "a,b;c|d\te", "x, y; z"] for n in range(5)]
    sheet = opened(as_csv(rows, delimiter))
    assert sheet.delimiter == delimiter
    assert [list(line.cells) for line in sheet.lines()] == rows[1:]


def test_decimal_commas_do_not_pass_for_a_delimiter() -> None:
    assert read(b"code;price;rate\nA;1,50;2,5\nB;2,75;3,5\n") == [("A", "1,50", "2,5"), ("B", "2,75", "3,5")]


def test_the_line_with_which_excel_announces_the_delimiter_is_no_heading() -> None:
    assert opened(b"sep=|\r\ncode|name\r\nA|b,c\r\n").columns == ("code", "name")
    assert read(b"sep=|\r\ncode|name\r\nA|b,c\r\n") == [("A", "b,c")]


def test_a_file_of_one_column_needs_no_delimiter() -> None:
    assert read(b"code\nA\nB\n") == [("A",), ("B",)]


def test_cells_keep_their_line_breaks_and_lines_their_numbers() -> None:
    content = b'code,note\r\nA,"one\r\ntwo"\r\nB,"say ""so"""\r\n'
    assert [(line.number, line.cells) for line in opened(content).lines()] == [
        (2, ("A", "one\r\ntwo")),
        (4, ("B", 'say "so"')),
    ]


def test_lines_may_end_as_on_any_machine() -> None:
    assert read(b"code,name\rA,b\rC,d\r") == [("A", "b"), ("C", "d")]
    assert read(b"code,name\nA,b\r\nC,d") == [("A", "b"), ("C", "d")]


def test_a_quotation_mark_that_is_never_closed_costs_its_own_line_only() -> None:
    content = b'code,name\nA,"19 inch\nB,b\nC,c\n'
    sheet = opened(content)
    assert [(line.number, line.cells[0], [flaw.code for flaw in line.flaws]) for line in sheet.lines()] == [
        (2, 'A,"19 inch', ["open_quote"]),
        (3, "B", []),
        (4, "C", []),
    ]


def test_a_stray_quotation_mark_costs_its_own_line_only() -> None:
    content = b'code,name\nA,"x"y\nB,b\nC,"open\nD,"d"\nE,e\n'
    assert [(line.number, bool(line.flaws)) for line in opened(content).lines()] == [
        (2, True), (3, False), (4, True), (5, False), (6, False),
    ]  # fmt: skip


def test_a_cell_too_long_to_be_one_is_flawed_and_the_next_line_read() -> None:
    content = b"code,name\nA," + b"x" * 200_000 + b"\nB,b\n"
    assert [(line.number, [flaw.code for flaw in line.flaws]) for line in opened(content).lines()] == [
        (2, ["too_long"]),
        (3, []),
    ]


def test_lines_of_another_width_are_flawed_unless_what_is_missing_has_no_heading() -> None:
    content = b"code,name,,\nA,a\nB,b,,\nC\nD,d,x,y,z\nE,e,,,,,\n"
    assert flaws(content) == [(4, "ragged"), (5, "ragged")]
    assert [line.cells for line in opened(content).lines() if not line.flaws] == [("A", "a"), ("B", "b"), ("E", "e")]


def test_what_stands_beside_the_table_is_named_by_its_column_and_is_no_cell_that_moved() -> None:
    [_, apart, moved] = opened(b"code,name\nA,a\nB,b,,#N/A\nC,c,d\n").lines()
    assert "Column D holds #N/A beside the table" in apart.flaws[0].message
    assert "3 cells, the heading 2" in moved.flaws[0].message


def test_blank_lines_are_given_as_such_and_counted_by_nobody_but_the_reader() -> None:
    content = b"\n\ncode,name\nA,a\n\n,\n  , \nB,b\n" + b",\n" * 1000
    lines = list(opened(content).lines())
    assert (opened(content).heading, len(lines), sum(line.blank for line in lines)) == (3, 1005, 1003)


def test_a_heading_repeated_among_the_rows_is_flawed() -> None:
    assert flaws(b"code,name\nA,a\ncode,name\nB,b\n") == [(3, "repeated_heading")]


def test_the_heading_is_found_below_titles_and_notes() -> None:
    content = b"Payments above 250, April\n\nMade by:,Finance,,,,\n,,,,,\nArea,Payee,Day,Net,Tax,Ref\nParks,Alba,2026-04-01,3,0,7\n"
    sheet = opened(content)
    assert (sheet.heading, sheet.columns[:3], [line.number for line in sheet.lines()]) == (
        5,
        ("Area", "Payee", "Day"),
        [6],
    )


@pytest.mark.parametrize(
    "content",
    [
        b"code,name\nA,a\n",
        b"name\nA,1,2,3\nB,4,5,6\n",
        b"A,B,,,,,,\n1,2,3,4,5,6,7,8\n2,3,4,5,6,7,8,9\n",
        b"name\nSmith, John, and Co\n",
    ],
)
def test_the_first_line_is_the_heading_where_nothing_below_it_looks_more_like_one(content: bytes) -> None:
    assert opened(content).heading == 1


def test_a_person_may_say_on_which_line_the_heading_stands() -> None:
    content = b"Suppliers of 2026\nmade on Monday\n\ncode,name\nA,a\n"
    sheet = opened(content, heading=4)
    assert (sheet.columns, [line.number for line in sheet.lines()]) == (("code", "name"), [5])
    assert refusal(content, heading=3) == "heading_missing"
    assert refusal(content, heading=40) == "heading_missing"


def test_columns_without_heading_are_named_by_their_letter_and_those_at_the_end_are_none() -> None:
    sheet = opened(b",code,,name,,\n1,A,2,a,,\n")
    assert sheet.columns == ("", "code", "", "name")
    assert [sheet.label(at) for at in range(4)] == ["Column A", "code", "Column C", "name"]
    assert [sheets.letter(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_nul_bytes_are_flawed_where_they_stand() -> None:
    [line] = opened(b"code,name\nA,a\0b\n").lines()
    assert [(flaw.code, flaw.column) for flaw in line.flaws] == [("invalid_character", 1)]
    assert "\0" not in "".join(line.cells)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"  \n \n", "file_empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "file_old_excel"),
        (b"%PDF-1.7 and more", "file_type"),
        (bytes(range(256)) * 8, "file_type"),
        (b"PK\x03\x04 this is no archive", "file_damaged"),
        (",".join(f"c{n}" for n in range(600)).encode() + b"\n", "too_many_columns"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(content: bytes, code: str) -> None:
    assert refusal(content) == code


def test_a_file_with_too_many_lines_is_refused_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_LINES", 3)
    assert len(read(b"code\nA\nB\nC\n")) == 3
    assert refusal(b"code\nA\nB\nC\nD\n") == "too_many_rows"


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\ufffd"), max_size=8)] * 3),
        max_size=8,
    )
)
def test_whatever_python_writes_as_csv_is_read_as_it_was(rows: list[tuple[str, str, str]]) -> None:
    content = as_csv([["code", "name", "note"], *rows])
    lines = list(opened(content, delimiter=",", encoding="utf-8").lines())
    assert [line.cells for line in lines if not line.blank and not line.flaws] == [
        row for row in rows if any(cell.strip() for cell in row) and row != ("code", "name", "note")
    ]


# --- workbooks ------------------------------------------------------------------------------------------------------


AFTERNOON = dt.datetime(2026, 11, 22, 14, 5)  # noqa: DTZ001 - sheets know no zones


def workbook(rows: list[list[Any]], *more: tuple[str, list[list[Any]]]) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "First"
    for row in rows:
        book.active.append(row)
    for title, others in more:
        sheet = book.create_sheet(title)
        for row in others:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(content: bytes, name: str, change: Any) -> bytes:
    """Change one part of a workbook as a hostile sender would."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            new.writestr(part.filename, change(data) if part.filename == name else data)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_a_workbook_gives_days_numbers_and_truth_as_they_are_meant() -> None:
    rows = [
        ["code", "on", "at", "price", "whole", "active", "note"],
        ["A", dt.date(2026, 11, 22), AFTERNOON, 0.1 + 0.2, 1250, True, " x "],
        ["B", None, None, 1249.9, 123456789012345, False, None],
        ["C", None, None, Decimal("0.0000123"), -5, None, "=looks like a formula"[1:]],
    ]
    assert read(workbook(rows)) == [
        ("A", "2026-11-22", "2026-11-22T14:05:00", "0.3", "1250", "yes", " x "),
        ("B", "", "", "1249.9", "123456789012345", "no", ""),
        ("C", "", "", "0.0000123", "-5", "", "looks like a formula"),
    ]


def test_the_first_visible_sheet_is_read_or_the_one_that_is_named() -> None:
    content = workbook([["code"], ["A"]], ("Second", [["code"], ["B"]]))
    assert (read(content), read(content, sheet="Second")) == ([("A",)], [("B",)])
    assert opened(content).names == ("First", "Second")
    assert refusal(content, sheet="Third") == "unknown_sheet"


def test_a_formula_without_a_result_is_flawed_and_one_with_a_result_is_its_result() -> None:
    content = workbook([["code", "price"], ["A", "=1+1"], ["B", 2]])
    assert flaws(content) == [(2, "formula_open")]
    computed = changed(
        content,
        SHEET,
        lambda data: data.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>").replace(
            b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>"
        ),
    )
    assert read(computed) == [("A", "2"), ("B", "2")]


def test_an_error_of_the_spreadsheet_is_flawed_at_its_cell() -> None:
    content = workbook([["code", "price"], ["A", "#REF!"]])
    [line] = opened(content).lines()
    assert [(flaw.code, flaw.column) for flaw in line.flaws] == [("formula_error", 1)]


def test_short_rows_of_a_workbook_are_full_ones_and_gaps_are_blank() -> None:
    book = openpyxl.Workbook()
    book.active.append(["code", "name", "note"])
    book.active["A5"] = "A"
    out = io.BytesIO()
    book.save(out)
    lines = list(opened(out.getvalue()).lines())
    assert [(line.number, line.blank) for line in lines] == [(2, True), (3, True), (4, True), (5, False)]
    assert lines[-1].cells == ("A", "", "")


def test_a_workbook_that_unpacks_to_far_too_much_is_refused_before_it_is_unpacked() -> None:
    content = workbook([["code"], ["A"]])
    bomb = changed(content, SHEET, lambda data: data + b" " * (500 * 1024 * 1024))
    assert len(bomb) < 2 * 1024 * 1024
    assert refusal(bomb) == "file_too_large"


def test_a_workbook_with_entities_is_refused() -> None:
    content = workbook([["code"], ["A"]])
    hostile = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    assert refusal(changed(content, SHEET, lambda data: hostile + data)) == "file_damaged"
    late = (
        b'<?xml version="1.0"?><!--'
        + b"x" * 6000
        + b'--><!DOCTYPE x SYSTEM "file:///etc/passwd" [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    )
    assert refusal(changed(content, SHEET, lambda data: late + data)) == "file_damaged"


def test_a_workbook_that_is_cut_short_is_refused_not_read_in_part() -> None:
    content = workbook([["code"], *([f"A{n}"] for n in range(2000))])
    cut = changed(content, SHEET, lambda data: data[: len(data) // 2])
    assert refusal(cut) == "file_damaged"
    assert refusal(content[: len(content) // 2]) == "file_damaged"


def test_a_row_far_down_a_sheet_does_not_keep_the_reader_busy_for_ever() -> None:
    content = workbook([["code"], ["A"]])
    far = changed(content, SHEET, lambda data: data.replace(b'r="2"', b'r="999999999"').replace(b"A2", b"A999999999"))
    assert refusal(far) in ("too_many_rows", "file_damaged")


# --- JSON -----------------------------------------------------------------------------------------------------------


def test_a_list_and_lines_of_objects_are_the_same_table() -> None:
    objects = [{"code": "A", "price": 1.10, "active": True, "note": None}, {"code": "B", "tags": ["x", "y"]}]
    expected = [("A", "1.1", "yes", "", ""), ("B", "", "", "", "x, y")]
    listed = json.dumps(objects, indent=2).encode()
    by_line = b"\n".join(json.dumps(each).encode() for each in objects)
    assert opened(listed).columns == ("code", "price", "active", "note", "tags")
    assert (read(listed), read(by_line)) == (expected, expected)


def test_numbers_of_json_keep_every_digit() -> None:
    assert read(b'[{"n": 12345678901234.123456789012}]') == [("12345678901234.123456789012",)]


def test_child_rows_become_lines_with_the_number_of_their_document() -> None:
    content = b'{"code": "A", "name": "a", "prices": [{"unit": "PCE", "price": 1}, {"price": 2}]}\n{"code": "B", "prices": []}\n'
    assert opened(content).columns == ("code", "name", "prices.unit", "prices.price")
    assert [(line.number, line.cells) for line in opened(content).lines()] == [
        (1, ("A", "a", "PCE", "1")),
        (1, ("A", "a", "", "2")),
        (2, ("B", "", "", "")),
    ]


def test_a_reference_as_rest_writes_it_is_its_key() -> None:
    assert read(b'[{"code": "A", "supplier": {"key": "S-1", "title": "Alba"}}]') == [("A", "S-1")]


def test_a_broken_line_of_json_is_flawed_and_the_next_one_read() -> None:
    content = b'{"code": "A"}\n{"code": \n[1]\n{"code": NaN}\n{"code": "x", "code": "y"}\n\n{"code": "B"}\n'
    assert flaws(content) == [(2, "broken_json"), (3, "broken_json"), (4, "broken_json"), (5, "broken_json")]
    assert [line.cells for line in opened(content).lines() if not line.flaws and not line.blank] == [("A",), ("B",)]


@pytest.mark.parametrize(
    "content",
    [
        b'[{"code": "A"}, {"code": "B"}',
        b'[{"code": "A"}, {"code": ]',
        b'[{"code": "A"}] [{"code": "B"}]',
        b'[{"code": "A"}, 5]',
        b'[{"code": "A", "code": "B"}]',
        b'[{"code": Infinity}]',
        b'[{"code": "A"}, ' + b'{"x": ' * 100_000 + b"1" + b"}" * 100_000 + b"]",
    ],
)
def test_a_broken_list_is_refused_as_a_whole(content: bytes) -> None:
    assert refusal(content) == "broken_json"


def test_a_list_longer_than_what_is_read_at_once_is_read_whole() -> None:
    content = json.dumps([{"code": f"A{n}", "name": 'ž\\"' * 40} for n in range(5000)]).encode()
    lines = read(content)
    assert (len(lines), lines[-1]) == (5000, ("A4999", 'ž\\"' * 40))


def test_halves_of_characters_are_flawed() -> None:
    [line] = opened(b'[{"code": "A\\ud800"}]').lines()
    assert [flaw.code for flaw in line.flaws] == ["invalid_character"]
    line.cells[0].encode()


# --- formulas -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile",
    ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", "\uff0d1+1", "-", "+420 123", "'=x"],
)
def test_what_a_spreadsheet_would_run_is_guarded_and_given_back_as_it_was(hostile: str) -> None:
    assert cells.guard(hostile) == f"'{hostile}"
    assert cells.unguard(cells.guard(hostile)) == hostile


@pytest.mark.parametrize("harmless", ["-5", "+5", "-1250.50", "x=1", "", "'", "'hello'", " =1"])
def test_numbers_and_plain_text_are_not_touched(harmless: str) -> None:
    assert (cells.guard(harmless), cells.unguard(harmless)) == (harmless, harmless)


@given(st.text())
def test_every_text_survives_being_guarded(text: str) -> None:
    assert cells.unguard(cells.guard(text)) == text
    assert cells.guard(text)[:1] not in tuple("=@\t\r")


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of attacks is not on this machine")
def test_payloads_of_the_corpus_are_harmless_in_an_export() -> None:
    payloads = (CORPUS / "security/csv-injection/Intruder/csv-payload.txt").read_text().splitlines()
    assert len(payloads) > 5
    for payload in payloads:
        assert cells.guard(payload)[0] not in "=+-@\t\r"


@pytest.mark.parametrize(
    ("written", "manner", "meant"),
    [
        ("(1,234.50)", "", "-1234.50"),
        (" (761.00) ", "", "-761.00"),
        ("(n/a)", "", "(n/a)"),
        ("12", "", "12"),
        ("£1,234,567.89", "", "1234567.89"),
        ("1.234,50-", "", "-1234.50"),
        ("12.00-", "", "-12.00"),
        ("GBP 12", "", "12"),
        ("1,234", "", "1,234"),
        ("1,234", ".", "1234"),
        ("1,234", ",", "1.234"),
        ("1.234", "", "1.234"),
        ("1.234", ",", "1234"),
        ("0.125", ",", "0.125"),
        ("12.00CR", "", "12.00CR"),
        (" \u00a3 -  ", "", "0"),
        ("-", "", "0"),
        ("Nil", "", "0"),
        ("none", "", "none"),
        ("1,23,4", "", "1,23,4"),
    ],
)
def test_numbers_are_read_as_their_column_is_written_and_what_is_open_stays_as_it_is(
    written: str, manner: str, meant: str
) -> None:
    assert manners.number(written, manner) == meant


@pytest.mark.parametrize(
    ("written", "manner", "meant"),
    [
        ("2019-06-11", "", "2019-06-11"),
        ("07/04/2015", "", "07/04/2015"),
        ("07/04/2015", "day", "2015-04-07"),
        ("07/04/2015", "month", "2015-07-04"),
        ("07/04/2015", "mixed", "07/04/2015"),
        ("31/01/2015", "mixed", "2015-01-31"),
        ("01/31/2015", "mixed", "2015-01-31"),
        ("14-Jan-11", "", "2011-01-14"),
        ("1st April 2014", "", "2014-04-01"),
        ("Tuesday 1 April 2014", "", "2014-04-01"),
        ("Apr 5, 2014", "", "2014-04-05"),
        ("Apr-14", "", "Apr-14"),
        ("20150407", "", "2015-04-07"),
        ("3.4.2015", "", "2015-04-03"),
        ("00:00:00", "day", "00:00:00"),
        ("2015-06", "day", "2015-06"),
        ("31/02/2015", "day", "31/02/2015"),
    ],
)
def test_days_are_read_as_their_column_is_written_and_what_is_open_stays_as_it_is(
    written: str, manner: str, meant: str
) -> None:
    assert manners.day(written, manner) == meant


@pytest.mark.parametrize(
    ("kind", "values", "said", "found"),
    [
        ("date", ["07/04/2015", "31/01/2015"], "", "day"),
        ("date", ["07/04/2015", "01/31/2015"], "", "month"),
        ("date", ["31/01/2015", "01/31/2015"], "", "mixed"),
        ("date", ["07/04/2015", "05/05/2015"], "", "open"),
        ("date", ["07/04/2015"], "month", "month"),
        ("date", ["2015-04-07", "05/05/2015", ""], "", None),
        ("money", ["1,234", "12.50"], "", "."),
        ("money", ["1.234", "12,50"], "", ","),
        ("money", ["12,50", "12.50"], "", "mixed"),
        ("money", ["1,234", "12"], "", "open"),
        ("money", ["12", "13"], "", None),
    ],
)
def test_how_a_column_is_written_is_proved_by_all_its_values_together(
    kind: str, values: list[str], said: str, found: str | None
) -> None:
    proofs = manners.Proofs({0: kind})
    for value in values:
        proofs.see(0, value)
    assert proofs.found(said) == ({} if found is None else {0: found})


def test_what_one_column_proves_holds_for_its_like_that_leave_it_open() -> None:
    proofs = manners.Proofs({0: "money", 1: "decimal", 2: "date", 3: "date"})
    for column, value in ((0, "1,234"), (1, "0.50"), (2, "03/04/2026"), (3, "31/03/2026")):
        proofs.see(column, value)
    assert proofs.found() == {0: ".", 1: ".", 2: "day", 3: "day"}
    assert proofs.found("month") == {0: ".", 1: ".", 2: "month", 3: "month"}


# --- files of real bodies -------------------------------------------------------------------------------------------

REAL = {
    "cabinetoffice-2019-06": ("windows-1252", 8, 342, {}),
    "cabinetoffice-2020-12": ("utf-8", 8, 894, {}),
    "darlington-2017-07": ("utf-8", 11, 2219, {}),
    "gateshead-2016-12": ("utf-8", 9, 4101, {"ragged": 2}),
    "harrogate-2015-04": ("windows-1252", 11, 2168, {}),
    "leeds-2011-03": ("utf-8", 12, 11024, {}),
    "london-2015-P13": ("utf-8", 9, 1659, {}),
}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of public files is not on this machine")
@pytest.mark.parametrize("name", REAL)
def test_files_of_real_bodies_are_read_to_the_last_line(name: str) -> None:
    content = gzip.decompress((CORPUS / f"spend/dirty/{name}.csv.gz").read_bytes())
    sheet = opened(content)
    lines = list(sheet.lines())
    found = Counter(flaw.code for line in lines for flaw in line.flaws)
    assert (sheet.encoding, len(sheet.columns), len(lines), dict(found)) == REAL[name]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of public files is not on this machine")
def test_a_query_as_heading_is_refused_until_somebody_says_where_the_table_begins() -> None:
    content = gzip.decompress((CORPUS / "spend/dirty/darlington-2013-05.csv.gz").read_bytes())
    with pytest.raises(Refused, match="Line 1 is a database query, not the names of the columns"):
        opened(content)
    assert opened(content, heading=19).label(4) == "Supplier"
    assert flaws(content, heading=19) == []
