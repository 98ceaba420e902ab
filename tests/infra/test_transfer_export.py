"""Exports hold exactly what a view shows to whoever asks, in a form that machines read and spreadsheets do not run."""

from __future__ import annotations

import io
import itertools
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import event, text

from app.infra import listing, unit
from app.infra.db import db
from app.infra.listing import Query
from app.infra.transfer import export, report
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import acting, system
from tests.importing import as_csv, checked, counts, exported, imported, rows_of
from tests.making import Maker


@pytest.fixture
def maker(app: Flask) -> Iterator[Maker]:
    with app.app_context():
        yield Maker()


def view(
    resource: str, names: list[str] | None = None, context: Context | None = None, kind: str = "csv", **args: Any
) -> bytes:
    """Export a view as its address asks for it."""
    db.session.rollback()
    declared = registry[resource]
    with unit.reading(context or system()) as bound:
        query, problems = listing.parse(bound, declared, {name: [value] for name, value in args.items()})
        assert problems == []
        columns = export.full_columns(declared) if names is None else export.shown_columns(declared, names)
        return b"".join(export.export(bound, declared, query, columns, kind))


def test_a_view_is_exported_with_its_filter_its_order_and_its_columns(maker: Maker) -> None:
    for code, decimals in (("AAA", 2), ("BBB", 0), ("CCC", 1)):
        maker.create(registry["unit"], code=code, name=f"Unit {code}", decimals=decimals, active=code != "BBB")
    assert rows_of(view("unit", ["name", "decimals", "active"], sort="-code", active="yes")) == [
        ["Name", "Decimals", "Active"],
        ["Unit CCC", "1", "yes"],
        ["Unit AAA", "2", "yes"],
    ]


def test_csv_is_utf8_with_a_mark_when_asked_and_lines_end_as_rfc_4180_says(maker: Maker) -> None:
    maker.create(registry["unit"], code="AAA", name='Kus, "velký" ž', decimals=0)
    content = exported(registry["unit"])
    assert content == 'code,name,decimals,active\r\nAAA,"Kus, ""velký"" ž",0,yes\r\n'.encode()
    assert exported(registry["unit"], mark=True) == b"\xef\xbb\xbf" + content


def test_values_are_written_for_machines(maker: Maker) -> None:
    key = maker.create(registry["item"])
    [head, first, second] = rows_of(view("item"))
    row = dict(zip(head, first, strict=True))
    assert row["code"] == second[head.index("code")] == key
    assert (row["prices.unit_price"], row["prices.minimum_quantity"]) == ("1249.9", "1")
    assert (row["prices.valid_from"], row["prices.valid_to"]) == ("2026-01-01", "")
    assert row["prices.currency"] == maker.key("currency")
    assert row["prices.supplier"] == maker.key("supplier")


def test_json_lines_hold_child_rows_inside_their_document(maker: Maker) -> None:
    key = maker.create(registry["item"])
    [row] = [json.loads(line) for line in view("item", kind="jsonl").splitlines()]
    assert row["code"] == key
    assert [price["unit_price"] for price in row["prices"]] == ["1249.9", "1199.9"]
    assert [price["lead_time_days"] for price in row["prices"]] == [14, 21]


def test_a_workbook_holds_numbers_as_numbers_and_days_as_days(maker: Maker) -> None:
    maker.create(registry["item"])
    sheet = openpyxl.load_workbook(io.BytesIO(view("item", kind="xlsx"))).active
    head = [cell.value for cell in sheet[1]]
    price, day = sheet.cell(2, head.index("prices.unit_price") + 1), sheet.cell(2, head.index("prices.valid_from") + 1)
    assert (price.value, price.data_type, day.value.date().isoformat(), day.number_format) == (
        1249.9, "n", "2026-01-01", "yyyy-mm-dd",
    )  # fmt: skip
    assert (sheet.title, sheet.freeze_panes) == ("Items", "A2")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_no_cell_is_a_formula_and_what_was_guarded_comes_back_as_it_was(maker: Maker, kind: str) -> None:
    hostile = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "#REF!", "'=x", "plain"]
    for number, name in enumerate(hostile):
        maker.create(registry["unit"], code=f"U{number}", name=name)
    content = exported(registry["unit"], kind)
    if kind == "xlsx":
        names = [cell for (cell,) in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(2, None, 2, 2)]
        assert {cell.data_type for cell in names} == {"s"}
        written = [str(cell.value) for cell in names]
    else:
        written = [row[1] for row in rows_of(content)[1:]]
    assert [cell[:1] for cell in written] == ["'", "'", "'", "'", "#", "'", "p"]
    again = imported("unit", content)
    assert counts(again) == {"same": len(hostile)}


def test_amounts_shown_bring_their_currency_along(maker: Maker) -> None:
    columns = export.shown_columns(registry["unit"], ["name"])
    assert [column.heading for column in columns] == ["Name"]
    for resource in registry:
        shown = export.shown_columns(resource, [name for name in resource.list if name in export.exportable(resource)])
        for column, following in itertools.zip_longest(shown, shown[1:]):
            if column.field.kind == "money" and column.field.currency not in resource.list:
                assert following.field.name == column.field.currency


def test_secrets_are_in_no_export(maker: Maker) -> None:
    maker.create(registry["bank_account"])
    for resource in registry:
        secret = [name for name, each in export.exportable(resource).items() if each.secret or each.kind == "secret"]
        secret += [column.heading for column in export.full_columns(resource) if column.field.secret]
        assert secret == [], resource.name
    iban = "DE"
    [head, row] = rows_of(view("bank_account"))
    assert "iban" not in head
    assert not any(cell.startswith(iban) and len(cell) > 10 for cell in row)
    with pytest.raises(Refused) as refused:
        view("bank_account", ["number", "iban"])
    assert refused.value.problems[0].code == "unknown_column"


def test_without_the_right_to_export_nothing_is_given(maker: Maker) -> None:
    maker.create(registry["supplier"])
    with pytest.raises(Refused) as refused:
        view("supplier", context=acting("Requester"))
    assert refused.value.problems[0].code == "forbidden"


def test_an_export_reaches_as_far_as_the_right_to_export(maker: Maker) -> None:
    ours, theirs = (maker.create(registry["entity"]) for _ in range(2))
    db.session.rollback()
    our_id = db.session.execute(text("SELECT id FROM entity WHERE code = :code"), {"code": ours}).scalar_one()
    mine = maker.create(registry["supplier"], entity=ours)
    maker.create(registry["supplier"], entity=theirs)
    shared = maker.create(registry["supplier"], entity=None)
    found = {row[0] for row in rows_of(view("supplier", ["code"], acting("Buyer", entity=our_id)))[1:]}
    assert found == {mine, shared}


def test_an_unknown_format_is_refused(maker: Maker) -> None:
    with pytest.raises(Refused) as refused, unit.reading(system()) as bound:
        export.export(bound, registry["unit"], Query(), export.full_columns(registry["unit"]), "pdf")
    assert refused.value.problems[0].code == "unknown_choice"


def test_a_text_too_long_for_a_cell_is_refused_before_the_first_byte_not_cut(maker: Maker) -> None:
    maker.create(registry["supplier"], notes="x" * 40_000)
    with pytest.raises(Refused) as refused:
        view("supplier", kind="xlsx")
    assert refused.value.problems[0].code == "does_not_fit"
    assert "x" * 40_000 in view("supplier").decode()


def fill_units(count: int) -> None:
    """Put rows in place without the door: this is about how they are read."""
    rows = (
        "INSERT INTO unit (version, code, name, decimals, active) "
        "SELECT 1, lpad(to_hex(n), 3, '0'), 'Unit ' || n, 0, true FROM generate_series(1, :count) n"
    )
    db.session.rollback()
    with db.engine.begin() as own:
        own.execute(text("ALTER TABLE unit DISABLE TRIGGER USER"))
        own.execute(text(rows), {"count": count})


def test_the_number_of_queries_grows_with_pages_not_with_rows(maker: Maker) -> None:
    for _ in range(6):
        maker.create(registry["item"])
    statements: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    db.session.rollback()
    db.session.expunge_all()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        view("item")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(statements) == 2, statements


def test_memory_does_not_grow_with_the_rows(maker: Maker) -> None:
    fill_units(4000)
    peaks = []
    for size in (400, 4000):
        db.session.rollback()
        db.session.expunge_all()
        with unit.reading(system()) as bound:
            columns = export.full_columns(registry["unit"])
            pieces = export.export(bound, registry["unit"], Query(), columns)
            tracemalloc.start()
            taken = sum(piece.count(b"\n") for piece in itertools.islice(pieces, size // 200 + 1))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert taken >= size
    assert peaks[1] < peaks[0] * 1.5, peaks


def test_refused_rows_go_out_with_their_reasons_and_come_in_again_when_corrected(maker: Maker) -> None:
    content = as_csv([["code", "Colour", "name", "decimals"], ["AAA", "red", "'=1", "many"], ["BBB", "", "b", "0"]])
    run = checked("unit", content, said={"Colour": ""})
    with unit.reading(system()) as bound:
        [head, row] = rows_of(b"".join(report.refused_rows(bound, run)))
    assert head == ["Line of the file", "Why it stayed out", "code", "Colour", "name", "decimals"]
    assert row == ["2", "Decimals: enter a whole number, such as 30.", "AAA", "red", "'=1", "many"]
    row[-1] = "1"
    again = imported("unit", as_csv([head, row]), said={"Colour": ""})
    assert counts(again) == {"created": 1}
    assert rows_of(exported(registry["unit"]))[1][:2] == ["AAA", "'=1"]
    db.session.rollback()
    assert db.session.execute(text("SELECT name FROM unit")).scalar_one() == "=1"
