"""The course of an invoice: taken in, held against order and receipt, settled, booked, held back, taken back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import scope, unit
from app.infra.db import db
from app.infra.outbox import OutboxEvent
from app.kernel.resource import registry
from tests.acting import acting, system
from tests.scenarios.billing import Billing, ubl
from tests.scenarios.paying import Owing
from tests.slices.doing import events, reading, refused

LAMPS = [{"text": "Lamp", "quantity": "10", "unit": "C62", "unit_price": "90", "category": "OPT", "tax_code": "AT20"}]


@pytest.fixture
def order(billing: Billing) -> str:
    billing.budget("LAB", "2000")
    return billing.issued(lines=LAMPS)


def test_an_invoice_for_what_arrived_matches_and_is_booked(billing: Billing, order: str) -> None:
    billing.receive(order, "10")
    key = billing.captured("R-1", ("Lamp", "10", "90"), order=order)
    assert (billing.stands(key), billing.exceptions(key)) == ("matched", {})
    assert billing.spent("LAB") == ("900", "0")
    billing.posted(key)
    assert (billing.stands(key), billing.spent("LAB")) == ("posted", ("0", "900"))
    with reading("invoice", key) as row:
        assert row.number == "INV-HAL-2026-00001"
        assert [(str(item.due_on), item.amount) for item in row.open_items] == [("2026-12-20", Decimal("1080.0000"))]
        assert (row.open_amount, row.judged.value, row.adds_up, row.blocked) == (Decimal(1080), "valid", True, False)
    assert billing.look(order, lambda row: row.invoiced.value, "order") == "all"
    assert [event["number"] for event in events("invoice.posted")] == [None]


def test_what_did_not_arrive_is_asked_of_the_receiver_and_matches_by_itself_once_it_came(
    billing: Billing, order: str
) -> None:
    billing.receive(order, "4")
    key = billing.captured("R-1", ("Lamp", "10", "90"), order=order)
    assert (billing.stands(key), list(billing.exceptions(key))) == ("exception", ["quantity"])
    billing.receive(order, "6")
    hear("receipt.posted")
    assert (billing.stands(key), billing.exceptions(key)) == ("matched", {})
    assert list(billing.exceptions(key, "solved")) == ["quantity"]


def test_a_higher_price_is_accepted_by_somebody_else_with_a_reason(billing: Billing, order: str) -> None:
    billing.receive(order, "10")
    key = billing.captured("R-1", ("Lamp", "10", "95"), order=order)
    [number] = billing.exceptions(key).values()
    assert list(billing.exceptions(key)) == ["price"]
    with refused(("not_your_task", None), ("own_invoice", None)):
        billing.invoice(billing.eva, number, "accept", reason="The list price rose")
    billing.invoice(billing.nadia, number, "accept", reason="The list price rose")
    assert (billing.stands(key), billing.exceptions(key)) == ("matched", {})
    billing.posted(key)
    assert billing.spent("LAB") == ("0", "950")


def test_a_tolerance_lets_a_small_difference_through_and_names_its_row(billing: Billing, order: str) -> None:
    billing.enter("tolerance", code="PRICE", measure="unit_price", over_percent="10", over_amount="60")
    billing.receive(order, "10")
    within = billing.captured("R-1", ("Lamp", "5", "95"), order=order)
    assert billing.stands(within) == "matched"
    with reading("invoice", within) as row:
        [price] = [check for check in row.checks if check.name.value == "unit_price"]
        assert (price.verdict.value, "PRICE" in price.tolerance) == ("within", True)


def test_what_waits_for_a_credit_note_is_booked_and_not_paid_until_the_credit_note_is_booked(
    billing: Billing, order: str
) -> None:
    billing.receive(order, "10")
    key = billing.captured("R-1", ("Lamp", "10", "95"), order=order)
    [number] = billing.exceptions(key).values()
    billing.invoice(billing.nadia, number, "ask_credit_note", reason="Agreed were 90")
    billing.posted(key)
    assert billing.look(key, lambda row: row.blocked, "invoice") is True
    credit = billing.captured("C-1", ("Lamp price difference", "10", "5"), kind="381", preceding="R-1")
    assert billing.look(credit, lambda row: row.credits.reference, "invoice") == key


def test_a_copy_is_stopped_whatever_way_its_number_is_written(billing: Billing, order: str) -> None:
    billing.receive(order, "10")
    billing.captured("R-001", ("Lamp", "5", "90"), order=order)
    copy = billing.captured("R 1", ("Lamp", "5", "90"), order=order)
    assert "duplicate" in billing.exceptions(copy)


def test_an_account_that_is_not_the_suppliers_stops_it(billing: Billing, order: str) -> None:
    billing.receive(order, "10")
    key = billing.captured("R-1", ("Lamp", "10", "90"), order=order, iban="DE75512108001245126199")
    assert "bank_account" in billing.exceptions(key)
    [number] = [each for kind, each in billing.exceptions(key).items() if kind == "bank_account"]
    with refused(("not_possible", "action")):
        billing.invoice(billing.nadia, number, "accept", reason="They told us on the phone")


def test_nobody_changes_what_an_e_invoice_states(billing: Billing, order: str) -> None:
    key = billing.captured("R-1", ("Lamp", "10", "90"), order=order)
    with refused(("as_stated", "total")):
        billing.edit(billing.eva.context(), "invoice", key, total="1")


def test_a_posted_invoice_is_taken_back_as_a_whole(billing: Billing, order: str) -> None:
    billing.receive(order, "10")
    key = billing.posted(billing.captured("R-1", ("Lamp", "10", "90"), order=order))
    billing.invoice(billing.ben, key, "void", reason="Booked by mistake")
    assert (billing.stands(key), billing.spent("LAB")) == ("void", ("900", "0"))
    assert billing.look(key, lambda row: (row.number, row.open_amount), "invoice") == ("INV-HAL-2026-00001", Decimal(0))


def test_what_was_credited_is_taken_back_after_its_credit_note(owing: Owing) -> None:
    credit = owing.credited("C-1", owing.first, "30")
    number = owing.look(credit, lambda row: row.number, "invoice")
    with refused(("credited_already", None)) as words:
        owing.invoice(owing.ben, owing.first, "void", reason="Booked by mistake")
    assert words == [f"It is credited by {number}. Make those void first."]
    owing.invoice(owing.ben, credit, "void", reason="Booked by mistake")
    owing.invoice(owing.ben, owing.first, "void", reason="Booked by mistake")
    assert owing.stands(owing.first) == "void"


def test_inv_15_only_what_is_booked_and_unpaid_is_put_on_hold(billing: Billing, order: str) -> None:
    billing.receive(order, "10")
    key = billing.captured("R-1", ("Lamp", "10", "90"), order=order)
    with refused(("wrong_state", None)):
        billing.invoice(billing.eva, key, "hold", reason="A dispute")
    billing.posted(key)
    with refused(("not_held", None)):
        billing.invoice(billing.eva, key, "release")
    billing.invoice(billing.eva, key, "hold", reason="A dispute", until="2026-12-24")
    assert billing.look(key, lambda row: (row.blocked, row.held_because), "invoice") == (True, "A dispute")
    with refused(("held_already", None)):
        billing.invoice(billing.eva, key, "hold", reason="Again")
    billing.invoice(billing.eva, key, "release")
    assert billing.look(key, lambda row: row.blocked, "invoice") is False


def test_an_unreadable_file_is_refused_in_words_and_leaves_nothing(billing: Billing) -> None:
    [found] = billing.capture(b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
    assert (found.key, [problem.field for problem in found.problems]) == (None, ["file"])
    assert found.problems[0].message


def test_an_unknown_supplier_is_asked_about_and_never_guessed(billing: Billing) -> None:
    [found] = billing.capture(ubl("R-1", ("Lamp", "1", "90"), tax_id="ATU99999999", iban="DE75512108001245126199"))
    assert found.state == "exception"
    assert "supplier" in billing.exceptions(found.key)


def test_an_invoice_that_waits_for_its_supplier_is_matched_once_the_supplier_is_entered(billing: Billing) -> None:
    file = ubl("R-1", ("Lamp", "1", "90"), tax_id="DE136695976", iban="DE75512108001245126199")
    [found] = billing.capture(file.replace(b"Vega", b"Lumen"))
    assert billing.look(found.key, lambda row: row.supplier, "invoice") is None
    number = {"country": "DE", "kind": "vat", "value": "DE136695976"}
    form = {"name": "Lumen Optik", "country": "DE", "currency": "EUR", "tax_ids": [number]}
    key = unit.create(system(), registry["supplier"], form).key
    hear("supplier.created", "recognise_again")
    assert billing.look(found.key, lambda row: row.supplier and row.supplier.code, "invoice") == key
    assert "supplier" in billing.exceptions(found.key)
    billing.do(acting("Buyer"), "supplier", key, "approve")
    hear("supplier.approved", "recognise_again")
    assert "supplier" not in billing.exceptions(found.key)


def hear(name: str, how: str = "match_again") -> None:
    """Let invoices hear the newest event of a name, as a worker would."""
    from app.modules.invoices import subscribers

    db.session.rollback()
    newest = (
        scope.everything(OutboxEvent, why="a test hears it")
        .where(OutboxEvent.name == name)
        .order_by(OutboxEvent.id.desc())
        .limit(1)
    )
    event = db.session.scalars(newest).one()
    db.session.expunge(event)
    with unit.transaction(system(), f"invoices.{how}") as bound:
        getattr(subscribers, how)(bound, event)


def test_a_plan_that_comes_after_order_and_invoice_is_charged_with_both(billing: Billing) -> None:
    order = billing.issued(lines=LAMPS)
    billing.receive(order, "4")
    billing.posted(billing.captured("R-1", ("Lamp", "4", "90"), order=order))
    billing.budget("LAB", "2000")
    assert billing.spent("LAB") == ("540", "360")
    billing.invoice(billing.ben, _reference(), "void", reason="Booked by mistake")
    assert billing.spent("LAB") == ("900", "0")


def _reference() -> str:
    db.session.rollback()
    return str(db.session.execute(text("SELECT reference FROM invoice")).scalar_one())


def test_files_and_folders_are_taken_in_from_a_terminal(billing: Billing, app: Flask, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(ubl("R-1", ("Lamp", "1", "90")))
    (tmp_path / "b.txt").write_text("no invoice at all\n")
    found = app.test_cli_runner().invoke(
        args=["outlay", "import", "invoices", str(tmp_path), "--entity", "HAL", "--as", "eva.horak"]
    )
    lines = found.output.splitlines()
    assert lines[0].endswith("IN-2026-00001 matched")
    assert lines[1].startswith(f"{tmp_path}/b.txt: refused. ")
    assert (lines[2], found.exit_code) == ("2 files, 1 invoice taken in, 1 refused", 1)
