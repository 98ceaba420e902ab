"""Spending taken in from files: every line accounted for, suppliers found or entered, sums to the penny."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import jobs, unit
from app.infra.db import db
from app.infra.transfer import batches, matching, report, runs, work
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import acting, system
from tests.importing import as_csv, counts, faults, found, taken_in
from tests.making import Maker

HEAD = [
    "Authority Name",
    "Date of Payment",
    "SAP Document Number",
    "Gross",
    "VAT",
    "Net",
    "Supplier Name",
    "Directorate",
]
BODY = ["Halden", "6001215715", "12.00", "2.00"]


@pytest.fixture
def maker(app: Flask) -> Iterator[Maker]:
    with app.app_context():
        made = Maker()
        unit.create(system(), registry["currency"], {"code": "GBP", "name": "Pound"})
        form = {"code": "CITY", "name": "Halden City", "country": "GB", "base_currency": "GBP"}
        unit.create(system(), registry["entity"], form)
        yield made


def payment(supplier: str, day: str = "2021-03-01", net: str = "10.00") -> list[str]:
    return ["Halden", day, "6001", "12.00", "2.00", net, supplier, "Parks"]


def come_in(rows: list[list[str]], head: list[str] = HEAD, **options: Any) -> runs.ImportRun:
    """Import a file of payments as the terminal does."""
    fixed = options.pop("fixed", {"entity": "CITY", "currency": "GBP"})
    context = options.pop("context", system())
    name, content = options.pop("name", "2021-03.csv"), as_csv([head, *rows])
    run_id = taken_in("spend_record", content, name=name, said={head[0]: ""}, context=context, fixed=fixed, **options)
    work.check(context, run_id)
    run = found(run_id)
    assert run.state == "checked", run.error
    runs.start(context, run_id)
    work.apply(context, run_id)
    return found(run_id)


def rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(text(statement), values)]


def names() -> list[str]:
    return [row[0] for row in rows("SELECT name FROM supplier ORDER BY name")]


def test_every_line_comes_in_or_stays_out_with_its_reason_and_sums_agree_to_the_penny(maker: Maker) -> None:
    lines = [
        payment("Alba Ltd", net="10.01"),
        payment("Berg & Co", net="(4.50)"),
        ["", "", "", "", "", "", "", ""],
        HEAD,
        payment("Cove plc", day="soon", net="7.00"),
        payment("Cove plc", net="much"),
        payment("Dune plc", net="£1,000.00"),
        ["", "", "", "60.00", "10.00", "1012.51", "", ""],
        ["Total", "", "", "", "", "1012.51", "", ""],
    ]
    run = come_in(lines)
    assert counts(run) == {"created": 3, "refused": 5, "blank": 1}
    assert run.total == 9
    assert [(line, code) for line, code, _ in faults(run)] == [
        (5, "repeated_heading"),
        (6, "not_a_date"),
        (7, "not_a_number"),
        (9, "total_line"),
        (10, "total_line"),
    ]
    assert rows("SELECT sum(amount), count(*) FROM spend_record") == [(Decimal("1005.51"), 3)]
    assert run.sums["amount"] == {"created": "1005.51", "refused": "7.00", "unread": "1"}
    assert report.sums(run)[-1] == (
        "Amount: 1\u00a0012.51 in the file = 1\u00a0005.51 in + 7.00 refused; 1 cell is no amount."
    )


def test_a_batch_is_one_entry_in_the_audit_and_names_file_lines_sums_and_what_was_written(maker: Maker) -> None:
    run = come_in([payment("Alba Ltd"), payment("Alba Ltd", net="5.00")])
    entries = rows("SELECT action, row_key, after FROM audit_entry WHERE resource = 'spend_record' ORDER BY position")
    told = {action: after for action, _, after in entries}
    assert sorted(told) == ["imported", "taken_in"]
    batch = told["taken_in"]
    assert (batch["file"], batch["sha256"], batch["rows"]) == ("2021-03.csv", run.digest, 2)
    assert (batch["first_line"], batch["last_line"], batch["sums"]["amount"]) == (2, 3, "15")
    assert len(batch["rows_sha256"]) == 64
    assert rows("SELECT source_file, source_hash, source_line, version FROM spend_record ORDER BY id") == [
        ("2021-03.csv", run.digest, 2, 1),
        ("2021-03.csv", run.digest, 3, 1),
    ]


def test_suppliers_are_entered_once_as_prospects_whatever_their_spelling_and_found_again(maker: Maker) -> None:
    run = come_in(
        [payment("Alba Limited"), payment("ALBA LTD."), payment("Alba GmbH"), payment("Redacted Personal Data")]
    )
    assert counts(run) == {"created": 4}
    assert names() == ["Alba GmbH", "Alba Limited"]
    assert {row[0] for row in rows("SELECT state FROM supplier")} == {"prospect"}
    come_in([payment("alba ltd"), payment("")], name="other.csv")
    assert names() == ["Alba GmbH", "Alba Limited"]
    linked = rows(
        "SELECT r.stated_supplier, s.name FROM spend_record r LEFT JOIN supplier s ON s.id = our_supplier_id ORDER BY r.id"
    )
    assert linked == [
        ("Alba Limited", "Alba Limited"),
        ("ALBA LTD.", "Alba Limited"),
        ("Alba GmbH", "Alba GmbH"),
        ("Redacted Personal Data", None),
        ("alba ltd", "Alba Limited"),
        (None, None),
    ]
    created = rows("SELECT count(*) FROM audit_entry WHERE resource = 'supplier' AND action = 'created'")
    assert created == [(2,)]
    assert rows("SELECT count(*) FROM outbox_event WHERE name = 'supplier.created'") == [(2,)]


def test_the_name_of_a_merged_supplier_leads_to_the_one_that_stays_and_its_records_follow(maker: Maker) -> None:
    come_in([payment("Alba Ltd"), payment("Alba Europe Ltd")])
    codes = dict(rows("SELECT name, code FROM supplier"))
    merged, into = codes["Alba Europe Ltd"], codes["Alba Ltd"]
    unit.execute(system(), registry["supplier"], merged, "merge", {"into": into, "reason": "One company"})
    (event,) = rows("SELECT row_id, (payload->>'into_id')::bigint FROM outbox_event WHERE name = 'supplier.merged'")
    with unit.transaction(dataclasses.replace(system(), command="job"), "job") as bound:
        from app.modules.spending import jobs as spending

        job = jobs.enqueue(bound, spending.FOLLOW, {"from": event[0], "into": event[1]})
        assert spending.follow_merge(bound, job) == {"records": 1}
    come_in([payment("Alba Europe Ltd")], name="later.csv")
    assert rows("SELECT DISTINCT s.code FROM spend_record JOIN supplier s ON s.id = our_supplier_id") == [(into,)]


def test_two_suppliers_of_one_name_are_asked_about_and_never_guessed(maker: Maker) -> None:
    for code in ("S-A", "S-B"):
        form = {"code": code, "name": "Alba Ltd", "country": "GB", "currency": "GBP"}
        unit.create(system(), registry["supplier"], form)
    run = come_in([payment("Alba Ltd"), payment("Berg Ltd")])
    assert [(line, code) for line, code, _ in faults(run)] == [(2, "ambiguous_supplier")]
    assert counts(run) == {"created": 1, "refused": 1}


def test_a_line_of_a_file_comes_in_once_however_often_the_file_does(maker: Maker) -> None:
    lines = [payment("Alba Ltd"), payment("Alba Ltd")]
    come_in(lines)
    again = come_in(lines, name="renamed.csv")
    assert [code for _, code, _ in faults(again)] == ["imported_before", "imported_before"]
    assert rows("SELECT count(*) FROM spend_record") == [(2,)]


def test_days_are_read_by_what_all_of_them_show_and_open_ones_are_asked_about(maker: Maker) -> None:
    proved = come_in([payment("Alba Ltd", "07/04/2015"), payment("Alba Ltd", "31/03/2015")])
    assert counts(proved) == {"created": 2}
    assert [str(row[0]) for row in rows("SELECT paid_on FROM spend_record ORDER BY id")] == ["2015-04-07", "2015-03-31"]
    unclear = come_in([payment("Alba Ltd", "07/04/2015"), payment("Alba Ltd", "05/05/2015")], name="unclear.csv")
    assert [(line, code) for line, code, _ in faults(unclear)] == [(2, "ambiguous_date")]
    assert counts(unclear) == {"created": 1, "refused": 1}


def test_an_amount_in_another_currency_than_its_row_is_refused(maker: Maker) -> None:
    run = come_in([payment("Alba Ltd", net="€10.00"), payment("Alba Ltd", net="£10.00")])
    assert [(line, code) for line, code, _ in faults(run)] == [(2, "currency_differs")]


def test_other_currencies_are_converted_by_the_rate_of_the_day_or_refused(maker: Maker) -> None:
    unit.create(system(), registry["currency"], {"code": "USD", "name": "Dollar"})
    rate = {"currency": "USD", "base": "GBP", "rate": "0.5", "valid_on": "2021-02-01", "source": "ECB"}
    unit.create(system(), registry["exchange_rate"], rate)
    head = [*HEAD, "InvoiceCurrencyUnit"]
    lines = [[*payment("Alba Ltd"), "USD"], [*payment("Alba Ltd", "2020-01-01"), "USD"], [*payment("Alba Ltd"), "GBP"]]
    run = come_in(lines, head, fixed={"entity": "CITY"})
    assert [(line, code) for line, code, _ in faults(run)] == [(3, "no_rate")]
    assert rows("SELECT base_amount, rate, rate_source FROM spend_record ORDER BY id") == [
        (Decimal("5.0000"), Decimal("0.5000000000"), "ECB"),
        (Decimal("10.0000"), Decimal("1.0000000000"), None),
    ]


def test_what_columns_mean_is_remembered_for_files_of_the_same_headings(maker: Maker) -> None:
    head = ["Body", "When", "Doc", "Gross", "VAT", "How much", "Whom", "Directorate"]
    said = {"Body": "", "When": "paid_on", "Doc": "reference", "How much": "amount", "Whom": "stated_supplier"}
    content = as_csv([head, payment("Alba Ltd")])
    run_id = taken_in("spend_record", content, said=said, fixed={"entity": "CITY", "currency": "GBP"})
    work.check(system(), run_id)
    runs.start(system(), run_id)
    import io

    again = runs.begin(system(), registry["spend_record"], io.BytesIO(as_csv([head, payment("Berg")])), "next.csv")
    assert found(again).columns == [
        "-",
        "paid_on",
        "reference",
        "gross",
        "tax",
        "amount",
        "stated_supplier",
        "department",
    ]


@pytest.mark.parametrize(
    ("fixed", "code"),
    [
        ({"entity": "CITY", "currency": "GBP", "colour": "red"}, "unknown_field"),
        ({"entity": "CITY", "currency": "GBP", "amount": "1"}, "matched_twice"),
        ({"entity": "NOWHERE", "currency": "GBP"}, "unknown_reference"),
        ({"entity": "CITY"}, "required"),
    ],
)
def test_what_all_rows_have_in_common_is_checked_before_any_row_is_read(
    maker: Maker, fixed: dict[str, str], code: str
) -> None:
    with pytest.raises(Refused) as caught:
        come_in([payment("Alba Ltd")], fixed=fixed)
    assert [problem.code for problem in caught.value.problems] == [code]


def entity_id(code: str) -> int:
    return int(rows("SELECT id FROM entity WHERE code = :code", code=code)[0][0])


def test_rows_out_of_reach_are_refused_and_leave_nothing_behind(maker: Maker) -> None:
    other = {"code": "TOWN", "name": "Other Town", "country": "GB", "base_currency": "GBP"}
    unit.create(system(), registry["entity"], other)
    clerk = acting("AP clerk", entity=entity_id("CITY"))
    head = [*HEAD, "Entity"]
    lines = [[*payment("Alba Ltd"), "CITY"], [*payment("Berg Ltd"), "TOWN"]]
    run = come_in(lines, head, context=clerk, fixed={"currency": "GBP"})
    assert counts(run) == {"created": 1, "refused": 1}
    assert rows("SELECT count(*) FROM spend_record") == [(1,)]
    assert names() == ["Alba Ltd"]


def test_whoever_may_not_enter_suppliers_takes_in_what_is_paid_to_known_ones(maker: Maker) -> None:
    form = {"code": "S-A", "name": "Alba Ltd", "country": "GB", "currency": "GBP"}
    unit.create(system(), registry["supplier"], form)
    run = come_in([payment("Alba Ltd"), payment("Berg Ltd")], context=acting("Controller"))
    assert [(line, code) for line, code, _ in faults(run)] == [(3, "forbidden")]
    assert names() == ["Alba Ltd"]


def test_what_the_database_refuses_is_found_among_the_others(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    real = batches._columns

    def spoiled(row: Any) -> dict[str, Any]:
        values = real(row)
        return {**values, "rate": Decimal(-1)} if row.stated_supplier == "Cove Ltd" else values

    monkeypatch.setattr(batches, "_columns", spoiled)
    run = come_in([payment(name) for name in ("Alba Ltd", "Berg Ltd", "Cove Ltd", "Dune Ltd", "Elm Ltd")])
    assert counts(run) == {"created": 4, "refused": 1}
    assert [line for line, _, _ in faults(run)] == [4]


def test_what_a_file_states_stays_as_it_is_and_what_it_is_for_may_be_said(maker: Maker) -> None:
    come_in([payment("Alba Ltd")])
    ((number,),) = rows("SELECT number FROM spend_record")
    resource = registry["spend_record"]
    with pytest.raises(Refused) as caught:
        unit.save(system(), resource, number, {"amount": "11"})
    assert [(problem.code, problem.field) for problem in caught.value.problems] == [("as_stated", "amount")]
    unit.save(system(), resource, number, {"category": maker.key("category")})
    assert rows("SELECT category_id IS NOT NULL, amount FROM spend_record") == [(True, Decimal("10.0000"))]


def test_a_payment_of_tomorrow_has_not_been_made(maker: Maker) -> None:
    run = come_in([payment("Alba Ltd", "2031-01-01")])
    assert [code for _, code, _ in faults(run)] == ["in_future"]


def test_set_aside_and_count_again(maker: Maker) -> None:
    come_in([payment("Alba Ltd")])
    ((number,),) = rows("SELECT number FROM spend_record")
    resource = registry["spend_record"]
    unit.execute(system(), resource, number, "set_aside", {"reason": "Invoiced in Outlay"})
    assert rows("SELECT state, state_reason FROM spend_record") == [("set_aside", "Invoiced in Outlay")]
    unit.execute(system(), resource, number, "count_again", {})
    assert rows("SELECT state, state_reason FROM spend_record") == [("counted", None)]


@pytest.mark.parametrize(
    "head",
    [
        "Organisation,Effective Date,Payment Date,Directorate,Beneficiary Name,Net Amount (£),Irrecoverable VAT,Purpose of Spend",
        "Body,Invoice Date,PaymentDate,ServiceArea,Payee,AmountExclVAT,VATAmount,Narrative",
        "Client,Date of invoice,Date Paid,Team,Creditor Name,Total net,VAT £,Summary of purpose",
        "Town,Document date,CHEQUE DATE,Dept,VENDOR NAME,LINE AMOUNT,VAT,DETAILS",
    ],
)
def test_columns_are_told_whatever_a_public_body_calls_them(app: Flask, head: str) -> None:
    wanted = [None, None, "paid_on", "department", "stated_supplier", "amount", "tax", "purpose"]
    assert matching.guess(registry["spend_record"], head.split(",")) == wanted


def test_numbers_a_spreadsheet_shortened_and_thousands_nothing_proves_are_refused_in_words(maker: Maker) -> None:
    head = ["Body", "Paid on", "Supplier", "Net"]
    lines = [
        ["B", "2021-03-01", "Alba", "1E+03"],
        ["B", "2021-03-01", "Alba", "1,200"],
        ["B", "2021-03-01", "Alba", "-"],
    ]
    run = come_in(lines, head)
    assert [(line, code) for line, code, _ in faults(run)] == [(2, "shortened_number"), (3, "ambiguous_number")]
    assert rows("SELECT amount FROM spend_record") == [(Decimal(0),)]
