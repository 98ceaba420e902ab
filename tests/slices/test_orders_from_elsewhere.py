"""Orders that were placed elsewhere: ended ones are history, open ones are drafts like any other, and each comes in once."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import files, unit
from app.infra.db import db
from app.infra.intake import find_row
from app.infra.jobs import Job
from app.infra.taking import About, Sent, Taken
from app.infra.transfer.sheets import Options
from app.kernel.problem import Kind, Refused
from app.kernel.resource import registry
from app.modules.orders import jobs, papers, service
from tests.acting import system
from tests.console.test_statement_pages import Window
from tests.scenarios.billing import Billing
from tests.scenarios.buying import Buying
from tests.scenarios.test_request_doors import script

HEAD = (
    "Number,Line,Order date,Supplier,Description,Qty,UOM,Price,Amount,Currency,Cancelled,Closure Status,Category,Buyer"
)


def line(number: str = "7001", **changes: str) -> str:
    cells = {
        "number": number, "line": "1", "date": "2025-03-04", "supplier": "Corvo Labs", "text": "Mirror mount", "qty": "2",
        "unit": "Each", "price": "45.50", "amount": "91.00", "currency": "EUR", "cancelled": "", "status": "Closed",
        "category": "LENSES", "buyer": "Nobody You Know",
    }  # fmt: skip
    return ",".join((cells | changes).values())


def table(*lines: str, head: str = HEAD) -> bytes:
    return "\n".join((head, *lines)).encode()


def come_in(data: bytes, by: Any = None, name: str = "old.csv", entity: str | None = "HAL") -> list[Taken]:
    return service.take_in(by or system(), Sent(data, name, entity))


def rows(statement: str) -> list[tuple[Any, ...]]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(text(statement))]


def order(key: str) -> tuple[Any, ...]:
    found = rows(f"SELECT state, revision, net_total, placed_as, ordered_on FROM purchase_order WHERE number = '{key}'")
    state, revision, net, placed, on = found[0]
    return state, revision, str(net.normalize()), placed, str(on)


def ubl(**changes: str) -> bytes:
    """Write an order as another house would send it."""
    parts = {
        "id": "<b:ID>PO 34</b:ID>", "date": "2025-01-20", "currency": "EUR", "seller": "Corvo Labs", "lines": "6225",
        "more": "", "line": "", "amount": "6000",
    } | changes  # fmt: skip
    space = "urn:oasis:names:specification:ubl:schema:xsd"
    return f"""<Order xmlns="{space}:Order-2" xmlns:a="{space}:CommonAggregateComponents-2"
 xmlns:b="{space}:CommonBasicComponents-2">{parts["id"]}<b:IssueDate>{parts["date"]}</b:IssueDate>
 <b:DocumentCurrencyCode>{parts["currency"]}</b:DocumentCurrencyCode>
 <a:SellerSupplierParty><a:Party><a:PartyName><b:Name>{parts["seller"]}</b:Name></a:PartyName></a:Party></a:SellerSupplierParty>
 {parts["more"]}<a:AnticipatedMonetaryTotal><b:LineExtensionAmount>{parts["lines"]}</b:LineExtensionAmount></a:AnticipatedMonetaryTotal>
 <a:OrderLine><a:LineItem><b:ID>1</b:ID><b:Quantity unitCode="C62">120</b:Quantity>
  <b:LineExtensionAmount>{parts["amount"]}</b:LineExtensionAmount>{parts["line"]}
  <a:Price><b:PriceAmount>100</b:PriceAmount><b:BaseQuantity>2</b:BaseQuantity></a:Price>
  <a:Item><b:Name>Falu paint</b:Name></a:Item></a:LineItem></a:OrderLine>
 <a:OrderLine><a:LineItem><b:ID>2</b:ID><b:Quantity unitCode="C62">15</b:Quantity>
  <b:LineExtensionAmount>225</b:LineExtensionAmount><a:Price><b:PriceAmount>15</b:PriceAmount></a:Price>
  <a:Item><b:Name>Brush</b:Name></a:Item></a:LineItem></a:OrderLine></Order>""".encode()


def test_what_has_ended_elsewhere_is_on_record_as_it_ended_and_holds_no_budget(buying: Buying) -> None:
    data = table(
        line("7001"),
        line("7001", line="2", text="Lens", qty="0", amount="0", cancelled="*"),
        line("7002", cancelled="*"),
    )
    taken = come_in(data)
    assert [(each.state, each.rows, each.amount) for each in taken] == [
        ("closed", 2, Decimal("91.00")), ("cancelled", 1, Decimal("91.00")),
    ]  # fmt: skip
    assert order(str(taken[0].key)) == ("closed", 0, "91", "7001", "2025-03-04")
    stated = [row[0] for row in rows("SELECT stated FROM order_line ORDER BY id")]
    assert stated == [
        {"standing": "closed", "category": "LENSES"},
        {"standing": "cancelled", "category": "LENSES"},
        {"standing": "cancelled", "category": "LENSES"},
    ]
    assert rows("SELECT count(*) FROM budget_move") == [(0,)]
    origin = rows("SELECT source_file, source_line, length(source_hash) FROM purchase_order ORDER BY id")
    assert origin == [("old.csv", 2, 64), ("old.csv", 4, 64)]
    with unit.reading(system()) as bound:
        found = [find_row(bound, registry["order"], str(each.key)) for each in taken]
        offered = [
            offer.command.name
            for row in found
            for offer in unit.offers(bound, registry["order"], row)
            if offer.possible
        ]
    assert offered == []


def test_what_is_open_elsewhere_is_a_draft_that_policy_and_budget_see_like_any_other(buying: Buying) -> None:
    buying.order_policy()
    nadia = buying.nadia.context()
    vega = {"supplier": "Vega Optics"}
    [taken] = come_in(table(line(status="Open", category="OPT", **vega), line(line="2", text="Lens", **vega)), nadia)
    key = str(taken.key)
    assert order(key) == ("draft", 0, "182", "7001", "2025-03-04")
    with pytest.raises(Refused):
        buying.act(buying.nadia, key, "issue")
    lines = buying.lines_of(key)
    assert [row["short_closed_quantity"] for row in rows_of_lines(key)] == [Decimal(0), Decimal(2)]
    lines[1]["category"] = "OPT"
    buying.edit(nadia, "order", key, lines=lines, deliver_to="WIEN")
    buying.act(buying.nadia, key, "submit")
    assert order(key)[0] == "submitted"
    buying.act(buying.sofia, key, "approve")
    with pytest.raises(Refused) as caught:
        buying.act(buying.nadia, key, "issue", channel="email")
    assert [problem.code for problem in caught.value.problems] == ["placed_already"]
    buying.act(buying.nadia, key, "issue", channel="none")
    assert order(key) == ("issued", 1, "182", "7001", "2025-03-04")
    assert rows("SELECT count(*) FROM order_sending") == [(0,)]


def rows_of_lines(key: str) -> list[dict[str, Any]]:
    names = ("text", "amount", "short_closed_quantity")
    found = rows(
        f"SELECT {', '.join(names)} FROM order_line l JOIN purchase_order o ON o.id = order_id "
        f"WHERE o.number = '{key}' ORDER BY l.position"
    )
    return [dict(zip(names, row, strict=True)) for row in found]


def test_an_order_comes_in_once_whatever_file_it_stands_in(buying: Buying) -> None:
    [first] = come_in(table(line()))
    [again] = come_in(table(line(status="Open")), name="new.csv")
    assert again.key is None
    assert again.problems[0].code == "imported_before"
    assert str(first.key) in again.problems[0].message
    assert rows("SELECT count(*) FROM purchase_order") == [(1,)]


def test_every_row_is_in_or_refused_with_its_reason_and_the_sums_agree(buying: Buying) -> None:
    data = table(
        line("1", amount="91.01"),
        line("2", date="soon"),
        line("3", qty="many"),
        line("4", status="Perhaps"),
        line("5"),
        line("5", line="2", supplier="Somebody Else"),
        line("6", supplier=""),
        line("", supplier="Corvo Labs"),
        line("8", date="2031-01-01"),
        line("9", currency="XQX"),
        line("10,extra"),
        "",
        line("11", text=""),
        line("12"),
    )
    taken = come_in(data)
    codes = [each.problems[0].code if each.problems else each.state for each in taken]
    assert codes == [
        "does_not_add_up", "not_a_date", "not_a_number", "unknown_choice", "contradicts", "required", "required", "in_future",
        "unknown_currency", "ragged", "required", "closed",
    ]  # fmt: skip
    assert sum(each.rows for each in taken) == 13
    assert "Row 3: Order date: soon" in taken[1].problems[0].message
    assert rows("SELECT sum(net_total), count(*) FROM purchase_order") == [(Decimal("91.00"), 1)]
    assert rows("SELECT count(*) FROM supplier WHERE name = 'Corvo Labs'") == [(1,)]


def test_a_supplier_is_found_by_name_and_otherwise_entered_as_a_prospect_once(buying: Buying) -> None:
    come_in(
        table(line("1", supplier="VEGA OPTICS"), line("2", supplier="Corvo Labs"), line("3", supplier="Corvo  labs"))
    )
    found = rows(
        "SELECT s.code, s.state, count(*) FROM purchase_order o JOIN supplier s ON s.id = supplier_id GROUP BY 1, 2"
    )
    assert sorted(row[1:] for row in found) == [("approved", 1), ("prospect", 2)]


def test_only_whoever_may_import_and_only_where_they_reach(buying: Buying) -> None:
    for someone in (buying.lena, buying.marta, buying.sofia):
        with pytest.raises(Refused) as caught:
            come_in(table(line()), someone.context())
        assert caught.value.kind is Kind.FORBIDDEN
    [out] = come_in(table(line()), buying.nadia.context(), entity="OTHER")
    assert (out.key, out.problems[0].code) in ((None, "out_of_reach"), (None, "forbidden"), (None, "unknown_reference"))
    assert rows("SELECT count(*) FROM purchase_order") == [(0,)]
    assert rows("SELECT count(*) FROM supplier WHERE name = 'Corvo Labs'") == [(0,)]


def test_a_ubl_order_comes_in_with_its_file_and_agrees_with_its_totals(buying: Buying) -> None:
    charge = "<a:AllowanceCharge><b:ChargeIndicator>{}</b:ChargeIndicator><b:Amount>{}</b:Amount></a:AllowanceCharge>"
    more = charge.format("true", "100") + charge.format("false", "40")
    line_charge = charge.format("false", "50")
    [taken] = come_in(ubl(more=more, line=line_charge, amount="5950", lines="6175"), name="order.xml")
    assert (taken.state, taken.problems) == ("draft", ())
    assert order(str(taken.key)) == ("draft", 0, "6235", "PO 34", "2025-01-20")
    assert rows("SELECT name FROM attachment") == [("order.xml",)]
    [wrong] = come_in(ubl(lines="6226", id="<b:ID>35</b:ID>"), name="wrong.xml")
    assert wrong.problems[0].code == "does_not_add_up"
    [bare] = come_in(ubl(id="", currency="", seller=""), name="bare.xml")
    assert [problem.code for problem in bare.problems] == ["required", "required", "unknown_currency"]


def beside(key: str) -> list[tuple[Any, ...]]:
    """List what an order agrees to beside its lines, and what it gives up of them."""
    charged = "SELECT c.kind, c.text, c.amount FROM order_charge c JOIN purchase_order o ON o.id = order_id"
    return rows(f"{charged} WHERE o.number = '{key}' ORDER BY c.position")


def test_what_a_ubl_order_charges_is_agreed_beside_its_lines_and_what_it_allows_lowers_them(buying: Buying) -> None:
    def charge(amount: str, code: str = "", reason: str = "", is_charge: str = "true") -> str:
        return (
            f"<a:AllowanceCharge><b:ChargeIndicator>{is_charge}</b:ChargeIndicator>"
            f"<b:AllowanceChargeReasonCode>{code}</b:AllowanceChargeReasonCode>"
            f"<b:AllowanceChargeReason>{reason}</b:AllowanceChargeReason><b:Amount>{amount}</b:Amount></a:AllowanceCharge>"
        )

    more = charge("100", "FC") + charge("20", "", "Small order") + charge("40", "", "Loyal", "false")
    [taken] = come_in(ubl(more=more, line=charge("50", "ZZZ"), amount="6050", lines="6275"), name="order.xml")
    assert (taken.state, taken.amount, taken.problems) == ("draft", Decimal(6355), ())
    key = str(taken.key)
    assert beside(key) == [
        ("other", "Charge for Falu paint", Decimal(50)),
        ("freight", "Charge of the order", Decimal(100)),
        ("minimum_order", None, Decimal(20)),
    ]
    assert [(row["text"], row["amount"]) for row in rows_of_lines(key)] == [
        ("Falu paint", Decimal(6000)),
        ("Brush", Decimal(225)),
        ("Loyal", Decimal(-40)),
    ]
    assert order(key)[2] == "6355"
    assert rows(f"SELECT charges_total FROM purchase_order WHERE number = '{key}'") == [(Decimal(170),)]


def test_rows_of_a_table_are_charges_where_a_column_says_so_and_never_by_their_words(buying: Buying) -> None:
    freight = {"line": "2", "text": "Freight", "qty": "1", "price": "12.00", "amount": "12.00"}
    by_words = table(line("1", status="Open"), line("1", status="Open", **freight))
    [taken] = come_in(by_words)
    assert (beside(str(taken.key)), order(str(taken.key))[2]) == ([], "103")
    data = table(
        line("2", status="Open", buyer="Goods"),
        line("2", status="Open", buyer="freight", **freight),
        line("3", buyer=""),
        line("3", buyer="Packing", **{**freight, "text": ""}),
        line("4", status="Open", buyer="line"),
        line("4", status="Closed", buyer="Insurance", **freight),
        line("5", buyer="Other", **freight),
        line("6", buyer="toll", **freight),
    )
    found = service.take_in(system(), Sent(data, "c.csv", "HAL", about=About(columns={"Buyer": "charge"})))
    assert [each.state for each in found] == ["draft", "closed", "draft", "closed", None]
    assert [beside(str(each.key)) for each in found[:4]] == [
        [("freight", None, Decimal(12))], [("packing", None, Decimal(12))], [], [],
    ]  # fmt: skip
    assert [order(str(each.key))[2] for each in found[:4]] == ["103", "103", "103", "12"]
    ended = rows_of_lines(str(found[2].key))[1]
    assert (ended["text"], ended["short_closed_quantity"]) == ("Freight", Decimal(1))
    [problem] = found[4].problems
    assert (problem.code, problem.field) == ("unknown_choice", "charge")
    assert "toll is no kind of charge. Use freight, packing, insurance, small order, other" in problem.message


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'<?xml version="1.0"?><!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><Order>&x;</Order>', "doctype"),
        (b"<Invoice xmlns='urn:x'/>", "other_document"),
        (b"<Order", "not_well_formed"),
        (b"<a>" * 200 + b"</a>" * 200, "too_deep"),
        (b"%PDF-1.7 nothing", "file_type"),
        (b"", "file_empty"),
        (b"Colour,Size\nred,4\n", "columns_missing"),
        (b"PK\x03\x04 not a workbook", "file_damaged"),
    ],
)
def test_files_that_are_no_orders_are_refused_in_words(buying: Buying, data: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        come_in(data, name="x")
    assert caught.value.problems[0].message
    assert caught.value.problems[0].code == code


def test_an_order_issued_here_is_read_in_another_house_as_it_was_written(buying: Buying) -> None:
    buying.order_policy()
    key = buying.order("900")
    buying.act(buying.nadia, key, "submit")
    buying.act(buying.sofia, key, "approve")
    buying.act(buying.nadia, key, "issue", channel="print")
    content = rows("SELECT content FROM order_revision")[0][0]
    [taken] = come_in(papers.xml_of(content), name="theirs.xml", entity="OTHER")
    assert taken.problems == ()
    own, theirs = (
        rows(
            "SELECT text, quantity, unit_price, amount, unit_id, supplier_id FROM order_line l "
            f"JOIN purchase_order o ON o.id = order_id WHERE o.number = '{number}' ORDER BY l.position"
        )
        for number in (key, taken.key)
    )
    assert own == theirs


def test_scripts_terminals_and_pages_take_orders_in_in_the_same_way(app: Flask, buying: Buying, tmp_path: Path) -> None:
    caller = script(app, buying.nadia)

    def send(data: bytes, key: str) -> Any:
        form = {"file": (io.BytesIO(data), "old.csv"), "entity": "HAL"}
        headers = {"Idempotency-Key": key}
        return caller.post("/orders/capture", data=form, headers=headers, content_type="multipart/form-data")

    first, again = send(table(line("1")), "k-1"), send(table(line("1")), "k-1")
    assert (first.status_code, first.json["data"][0]["state"], first.json["data"][0]["rows"]) == (201, "closed", 1)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert send(table(line("1")), "k-2").status_code == 422
    file = tmp_path / "old.csv"
    file.write_bytes(table(line("2"), line("3", amount="1.00")))
    words = ["outlay", "import", "orders", str(file), "--entity", "HAL", "--as", "nadia.brandt"]
    told = app.test_cli_runner().invoke(args=words)
    assert told.exit_code == 1
    assert "2 rows, 1 taken in, 1 refused" in told.output
    assert "EUR: 92.00 in the files, 91.00 taken in, 1.00 refused" in told.output
    window = Window(app, buying.nadia)
    page = window.post(
        "/orders/capture", status=200, file=(io.BytesIO(table(line("4"), line("5", amount="2"))), "p.csv"), entity="HAL"
    ).text
    assert "On record as it ended elsewhere." in page
    assert "the file says 2" in page
    assert "Take in orders" in window.get("/orders/capture")
    assert 'href="/orders/capture"' in window.get("/orders?sort=-number")
    key = rows("SELECT number FROM purchase_order WHERE placed_as = '4'")[0][0]
    assert "Placed elsewhere as 4." in window.get(f"/orders/{key}")


def test_a_large_table_is_read_by_a_worker_who_tells_what_became_of_it(app: Flask, buying: Buying) -> None:
    many = table(*(line(str(number), text="x" * 200) for number in range(300)), line("0", amount="5"))
    assert len(many) > service.LARGE
    window = Window(app, buying.nadia)
    told = window.post(
        "/orders/capture", status=200, file=(io.BytesIO(many[:70000] + b"\n"), "many.csv"), entity="HAL"
    ).text
    assert "a worker reads it" in told
    [(arguments,)] = rows("SELECT arguments FROM job WHERE kind = 'take_in_orders'")
    small = files.store().put(io.BytesIO(table(line("1"), line("2", amount="5"))), "application/octet-stream")
    job = Job(kind="take_in_orders", arguments={**arguments, "digest": small.digest})
    result = jobs.take_in(buying.nadia.context(), job)
    assert (result["orders"], result["closed"], result["refused"]) == (1, 1, 1)
    assert "the file says 5" in result["reasons"][0]


# --- tables of any system: what columns are called, what is said of them, and trying first --------------------------

CITY = "PO_NUMBER,PO Date,Vendor Name,Line No,Item Description,Qty Ordered,UM,Unit Cost,Extended Price,PO Status"


def city(number: str = "9001", **changes: str) -> str:
    cells = {
        "number": number, "date": "3/25/2025", "supplier": "Corvo Labs", "line": "1", "text": "Mirror", "qty": "2", "unit": "EA",
        "price": "$45.50", "amount": "$91.00", "status": "Closed",
    }  # fmt: skip
    return ",".join((cells | changes).values())


def tried(data: bytes, by: Any = None, **said: Any) -> list[Taken]:
    return service.take_in(by or system(), Sent(data, "city.csv", "HAL", about=About(**said), is_trial=True))


def test_the_tables_of_other_systems_are_read_by_their_own_headings(buying: Buying) -> None:
    data = table("Purchase orders of the city", "", CITY, city(), head="")
    [taken] = service.take_in(system(), Sent(data, "city.csv", "HAL", about=About(fixed={"currency": "EUR"})))
    assert (taken.state, taken.amount, taken.problems) == ("closed", Decimal("91.00"), ())
    assert order(str(taken.key)) == ("closed", 0, "91", "9001", "2025-03-25")


def test_an_empty_column_gives_way_to_another_of_the_same_meaning(buying: Buying) -> None:
    head = CITY.replace("PO Date", "Creation Date").replace("Line No", "Order Date")
    [taken] = tried(table(city(line=""), head=head), fixed={"currency": "EUR"})
    assert (taken.state, taken.problems) == ("closed", ())


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Complete", "closed"),
        ("Fully Invoiced", "closed"),
        ("FINALLY_CLOSED", "closed"),
        ("Partially received", "draft"),
        ("Part-delivered", "draft"),
        ("Pending Approval", "draft"),
        ("Closed for receiving", "draft"),
        ("Dispatched", "draft"),
        ("Void", "cancelled"),
        ("Canceled by buyer", "cancelled"),
    ],
)
def test_what_other_systems_call_the_state_of_a_line(buying: Buying, status: str, state: str) -> None:
    assert [each.state for each in tried(table(city(status=status), head=CITY), fixed={"currency": "EUR"})] == [state]


def test_a_trial_tells_every_order_what_would_become_of_it_and_leaves_nothing(buying: Buying) -> None:
    before = rows("SELECT (SELECT count(*) FROM supplier), (SELECT count(*) FROM audit_entry)")
    new = {"supplier": "Quite New Ltd"}
    data = table(city("1", **new), city("2", **new), city("3", amount="$5.00"), city("4", status="Perhaps"), head=CITY)
    found = tried(data, fixed={"currency": "EUR"})
    assert [(each.key, each.state, [problem.code for problem in each.problems]) for each in found] == [
        (None, "closed", []),
        (None, "closed", []),
        (None, None, ["does_not_add_up"]),
        (None, None, ["unknown_choice"]),
    ]
    assert rows("SELECT count(*) FROM purchase_order") == [(0,)]
    assert rows("SELECT (SELECT count(*) FROM supplier), (SELECT count(*) FROM audit_entry)") == before
    with pytest.raises(Refused):
        tried(data, buying.sofia.context())


def test_columns_are_said_where_their_headings_do_not_tell(buying: Buying) -> None:
    head = CITY.replace("Vendor Name", "Bought from").replace("Item Description", "What")
    with pytest.raises(Refused) as caught:
        tried(table(city(), head=head), fixed={"currency": "EUR"})
    assert "no column Supplier and no column Description" in caught.value.problems[0].message
    assert "Bought from" in caught.value.problems[0].message
    columns = {"bought from": "supplier", "What": "text"}
    assert [each.state for each in tried(table(city(), head=head), columns=columns, fixed={"currency": "EUR"})] == [
        "closed"
    ]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"columns": {"Colour": "text"}}, "unknown_column"),
        ({"columns": {"PO Status": "colour"}}, "unknown_field"),
        ({"fixed": {"amount": "5"}}, "unknown_field"),
        ({"fixed": {}}, None),
    ],
)
def test_what_is_said_of_a_table_has_to_fit_it(buying: Buying, said: dict[str, Any], code: str | None) -> None:
    data = table(city(), head=CITY)
    if code is None:
        assert [problem.code for problem in tried(data, **said)[0].problems] == ["unknown_currency"]
        return
    with pytest.raises(Refused) as caught:
        tried(data, **said)
    assert caught.value.problems[0].code == code


def test_days_that_begin_with_the_month_or_the_day_are_told_by_all_or_said(buying: Buying) -> None:
    data = table(city(date="3/4/2025"), head=CITY)
    said = {"fixed": {"currency": "EUR"}}
    [problem] = tried(data, **said)[0].problems[:1]
    assert (problem.code, "begin with the day or the month" in problem.message) == ("not_a_date", True)
    assert tried(data, options=Options(dates="month"), **said)[0].problems == ()


def test_every_door_tries_first_and_takes_in_afterwards(app: Flask, buying: Buying, tmp_path: Path) -> None:
    data = table(city(supplier="", text="Corvo Labs"), head=CITY)
    said = {
        "map": ["Item Description=supplier", "UM=text"],
        "set": ["currency=EUR"],
        "dry_run": "true",
        "entity": "HAL",
    }
    caller = script(app, buying.nadia)

    def send(**form: Any) -> Any:
        sent = {"file": (io.BytesIO(data), "c.csv"), **form}
        return caller.post("/orders/capture", data=sent, content_type="multipart/form-data")

    answer = send(**said)
    assert (answer.status_code, answer.json["dry_run"], answer.json["data"][0]["state"]) == (200, True, "closed")
    assert "not_a_pair" in send(**{**said, "map": ["UM"]}).text
    assert "not_a_choice" in send(**{**said, "dry_run": "perhaps"}).text
    file = tmp_path / "c.csv"
    file.write_bytes(data)
    words = [
        "outlay",
        "import",
        "orders",
        str(file),
        "--entity",
        "HAL",
        "--as",
        "nadia.brandt",
        "--set",
        "currency=EUR",
    ]
    words += ["--map", "Item Description=supplier", "--map", "UM=text", "--dry-run"]
    told = app.test_cli_runner().invoke(args=words)
    assert told.exit_code == 0, told.output
    assert "1 order would be taken in, 0 refused" in told.output
    refused = app.test_cli_runner().invoke(args=["outlay", "import", "invoices", str(file), "--dry-run"])
    assert (refused.exit_code, "Leave out --dry-run" in refused.output) == (1, True)
    window = Window(app, buying.nadia)
    asked = window.post("/orders/capture", status=200, file=(io.BytesIO(data), "c.csv"), entity="HAL").text
    url = re.findall(r'href="(/orders/capture/[^"]+)"', asked)[0]
    form = {**matched(window.get(url), {"Item Description": "supplier", "UM": "text"}), "currency": "EUR"}
    twice = {**form, next(name for name, value in form.items() if not value): "supplier"}
    assert "Supplier is filled by " in window.post(url, status=422, **twice).text
    page = window.post(url, status=200, act="check", **form).text
    assert "It would be on record as closed." in page
    assert matched(page, {}) == {name: value for name, value in form.items() if name != "currency"}
    assert rows("SELECT count(*) FROM purchase_order") == [(0,)]
    assert Window(app, buying.pavel).client.get(url).status_code == 404
    assert "On record" in window.post(url, status=200, act="take", **form).text
    assert rows("SELECT count(*) FROM purchase_order") == [(1,)]


def test_columns_matched_once_by_hand_are_matched_on_the_next_page_for_whoever_takes_in_orders(
    app: Flask, buying: Buying
) -> None:
    window = Window(app, buying.nadia)

    def dropped(data: bytes, name: str) -> str:
        found = window.post("/orders/capture", status=200, file=(io.BytesIO(data), name), entity="HAL").text
        [url] = re.findall(r'href="(/orders/capture/[^"]+)"', found)
        return str(url)

    head = CITY.replace("Vendor Name", "Bought from").replace("Item Description", "What")
    first = dropped(table(city("1"), head=head), "march.csv")
    page = window.get(first)
    assert "Columns as matched" not in page
    form = {**matched(page, {"Bought from": "supplier", "What": "text"}), "currency": "EUR"}
    window.post(first, status=200, act="check", **form)
    assert rows("SELECT count(*) FROM import_shape") == [(0,)]
    window.post(first, status=200, act="take", **form)
    again = dropped(table(city("2", text="Lamp"), head=head.upper()), "april.csv")
    page = window.get(again)
    assert re.search(r"Columns as matched on \w+ \d+ \w+ by Nadia Brandt\.", page)
    assert matched(page, {}) == {name: value for name, value in form.items() if name != "currency"}
    assert re.search(r'<input[^>]*\bvalue="EUR"[^>]*>', page)
    assert f'href="{again}?afresh=yes"' in page
    afresh = window.get(f"{again}?afresh=yes")
    assert "Columns as matched" not in afresh
    assert "No column of the file gives: Supplier, Description." in afresh
    kept = rows("SELECT resource, columns, fixed, dates FROM import_shape")
    assert [(row[0], row[2], row[3]) for row in kept] == [("order", {"currency": "EUR"}, "")]
    assert not {"Corvo Labs", "Mirror", "9001"} & set(map(str, kept[0][1]))


def test_a_table_that_was_matched_otherwise_before_is_asked_about_before_it_is_taken_in(
    app: Flask, buying: Buying
) -> None:
    window, head = Window(app, buying.nadia), CITY.replace("PO Date", "Order date,Paid")
    said = [(table(city("3").replace("3/25/2025", "2025-03-25,2025-04-01"), head=head), "a.csv")]
    said += [(table(city("4").replace("3/25/2025", "2025-03-25,2025-04-01"), head=head), "b.csv")]
    data = {"entity": "HAL", "match": "yes", "file": (io.BytesIO(said[0][0]), "a.csv")}
    [url] = re.findall(r'href="(/orders/capture/[^"]+)"', window.post("/orders/capture", status=200, **data).text)
    form = {**matched(window.get(url), {"Paid": "ordered_on"}), "currency": "EUR"}
    assert "On record" in window.post(url, status=200, act="take", **form).text
    told = window.post("/orders/capture", status=200, entity="HAL", file=(io.BytesIO(said[1][0]), "b.csv")).text
    assert "stays as it was matched before" in told
    assert rows("SELECT ordered_on::text FROM purchase_order") == [("2025-04-01",)]


def matched(page: str, said: dict[str, str]) -> dict[str, str]:
    """Read the columns of the form as they stand, and change what is said."""
    found = {}
    for heading, select in re.findall(r'<tr><td class="o-strong">(.*?)</td>.*?(<select.*?</select>)', page, re.DOTALL):
        [name], value = re.findall(r'name="(column-\d+)"', select), re.findall(r'value="(\w*)" selected', select)
        found[name] = said.get(heading, "" if value and value[0] in said.values() else "".join(value))
    return found


def test_an_invoice_finds_an_order_by_the_number_it_had_elsewhere(billing: Billing) -> None:
    data = table(line("7001", supplier="Vega Optics", status="Open", text="Lamp", qty="2", price="45.50"))
    [taken] = come_in(data)
    assert taken.key
    invoice = billing.captured("R-1", ("Lamp", "2", "45.50"), order="7001")
    found = billing.look(
        invoice, lambda row: (row.order.number, row.lines[0].order_line, row.lines[0].confidence), "invoice"
    )
    assert found[:2] == (taken.key, 1)
    assert found[2] >= 75
