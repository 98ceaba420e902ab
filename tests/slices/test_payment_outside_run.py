"""Payments that no run sent: money on a statement pays invoices once, by hand, with a reason, and nothing blocked unsaid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.infra.db import db
from tests.acting import system
from tests.factories.suppliers import iban
from tests.scenarios.banking import Banking, entry
from tests.scenarios.billing import IBAN
from tests.slices.doing import events, reading, refused

WHY = {"how": "direct_debit", "reason": "The energy contract is collected by direct debit"}


def book(banking: Banking, key: str, *invoices: str, line: str = "1", by: Any = None, **more: Any) -> Any:
    return banking.say(key, "book", by, lines=[line], invoices=list(invoices), **{**WHY, **more})


def payment_of(banking: Banking, key: str) -> str:
    [(_, number, _)] = banking.matches(key)
    return number


def test_a_direct_debit_pays_an_invoice_that_was_in_no_run(banking: Banking) -> None:
    invoice = banking.owed("R-1")
    key = banking.taken(entry("-120.00", ref="B-7", party="Vega Optics", on="2026-11-26"))
    assert banking.lines(key) == {"1": "open"}
    assert book(banking, key, invoice).state == "reconciled"
    number = payment_of(banking, key)
    assert number == "PAY-HAL-2026-00001"
    assert banking.matches(key) == [("1", number, Decimal(-120))]
    with reading("payment", number) as payment:
        assert (payment.state, payment.amount, payment.settled_amount, payment.run) == ("settled", 120, 120, None)
        assert (payment.method.label, payment.outside_because) == ("Direct debit", WHY["reason"])
        assert (str(payment.settled_on), payment.bank_reference, payment.despite) == ("2026-11-26", "B-7", None)
        assert payment.booked == payment.base_amount == 120
    with reading("invoice", invoice) as row:
        assert (row.open_amount, row.paid.value) == (0, "all")
        assert row.order.paid.value == "all"
    assert [(each["number"], each["run"]) for each in events("payment.settled")] == [(number, None)]
    assert [each["lines"] for each in events("bank_statement.payment_booked")] == [["1"]]


def test_payments_in_runs_and_outside_of_them_are_numbered_together_without_gaps(banking: Banking) -> None:
    first, other = banking.paid(), banking.owed("R-2", "50")
    key = banking.taken(entry("-60.00"), entry("-9.00"))
    with refused(("one_line", "lines")):
        banking.say(key, "book", lines=["1", "2"], invoices=[other], **WHY)
    book(banking, key, other)
    third = banking.paid("70")
    assert [first, payment_of(banking, key), third] == [f"PAY-HAL-2026-0000{n}" for n in (1, 2, 3)]


def test_what_is_paid_outside_a_run_is_in_no_later_run_and_is_not_paid_twice(banking: Banking) -> None:
    invoice = banking.owed("R-1")
    key = banking.taken(entry("-120.00"), entry("-120.00", ref="again"))
    book(banking, key, invoice)
    assert banking.in_run(banking.run()) == {}
    with refused(("nothing_open", "invoices")):
        book(banking, key, invoice, line="2")


def test_what_a_run_is_about_to_pay_is_taken_out_there_first(banking: Banking) -> None:
    invoice = banking.owed("R-1")
    run, key = banking.approved_run(), banking.taken(entry("-120.00"))
    with refused(("in_other_run", "invoices")) as told:
        book(banking, key, invoice)
    assert run in told[0]
    banking.pay(banking.tomas, run, "cancel", reason="Collected by the supplier")
    book(banking, key, invoice)
    assert banking.left(invoice) == 0


def test_a_blocked_invoice_counts_as_paid_only_when_somebody_says_so(banking: Banking) -> None:
    invoice = banking.owed("R-1")
    banking.invoice(banking.eva, invoice, "hold", reason="The lamp is broken")
    key = banking.taken(entry("-120.00"))
    with refused(("on_hold", "although")) as told:
        book(banking, key, invoice)
    assert "Tick Paid all the same" in told[0]
    book(banking, key, invoice, although=True)
    with reading("payment", payment_of(banking, key)) as payment:
        assert payment.despite == f"{invoice}: On hold: The lamp is broken"
    assert banking.left(invoice) == 0


def test_money_sent_by_hand_to_an_account_nobody_confirmed_is_told_before_it_counts(banking: Banking) -> None:
    invoice = banking.owed("R-1")
    stranger = iban(4711)
    key = banking.taken(
        entry("-60.00", iban=stranger, party="Vega Optics"), entry("-60.00", iban=IBAN, party="Vega Optics", ref="2")
    )
    by_hand = {"how": "at_bank", "reason": "Urgent, the bank's own page was used"}
    with refused(("unknown_account", "although")) as told:
        book(banking, key, invoice, **by_hand)
    assert "which is no known account of Vega Optics" in told[0]
    book(banking, key, invoice, line="2", **by_hand)
    with reading("payment", payment_of(banking, key)) as payment:
        assert (payment.bank_account.iban, payment.despite) == (IBAN, None)
    assert banking.left(invoice) == 60


def test_whoever_took_the_invoice_in_does_not_book_its_payment(banking: Banking) -> None:
    invoice = banking.owed("R-1")
    key = banking.taken(entry("-120.00"))
    taken_in_by = banking.look(invoice, lambda row: list(row.makers), "invoice")
    assert taken_in_by == [banking.eva.id]
    with refused(("own_invoice", "invoices")):
        banking.do(system(id=banking.eva.id), "bank_statement", key, "book", lines=["1"], invoices=[invoice], **WHY)


def test_a_part_leaves_the_rest_open_and_what_is_over_is_said_for_what_it_is(banking: Banking) -> None:
    first, second = banking.owed("R-1"), banking.owed("R-2", "50")
    key = banking.taken(entry("-100.00"), entry("-95.50", ref="2"))
    book(banking, key, first)
    assert banking.left(first) == 20
    with refused(("unexplained", "kind")) as told:
        book(banking, key, first, second, line="2")
    assert "-15.50 EUR of the lines is no payment" in told[0]
    book(banking, key, first, second, line="2", kind="fee")
    assert (banking.left(first), banking.left(second)) == (0, 0)
    with reading("bank_statement", key) as row:
        assert (row.lines[1].rest, row.lines[1].kind.value, row.lines[1].state) == (Decimal("-15.5"), "fee", "matched")


def test_invoices_that_the_money_does_not_reach_are_left_out(banking: Banking) -> None:
    first, second = banking.owed("R-1"), banking.owed("R-2", "50")
    key = banking.taken(entry("-100.00"))
    with refused(("too_many_invoices", "invoices")) as told:
        book(banking, key, first, second)
    assert second in told[0]


def test_a_credit_note_is_set_off_in_it(banking: Banking) -> None:
    invoice = banking.owed("R-1")
    credit = banking.credited("C-1", invoice, "25")
    key = banking.taken(entry("-90.00"))
    book(banking, key, invoice, credit)
    assert (banking.left(invoice), banking.left(credit)) == (0, 0)
    with reading("payment", payment_of(banking, key)) as payment:
        assert sorted(part.amount for part in payment.parts) == [-30, 120]
    other = banking.taken(entry("-5.00", ref="x"), number="2", opening="9910.00")
    with refused(("nothing_open", "invoices"), ("nothing_open", "invoices")):
        book(banking, other, invoice, credit)


def test_a_discount_counts_where_the_money_is_exactly_that_much_less(banking: Banking) -> None:
    invoice = banking.owed("R-1")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE open_item SET discount = 2.40, discount_until = '2026-11-27'"))
    key = banking.taken(entry("-117.60"))
    book(banking, key, invoice)
    assert banking.left(invoice) == 0
    with reading("payment", payment_of(banking, key)) as payment:
        assert (payment.amount, payment.discount) == (Decimal("117.6"), Decimal("2.4"))
        assert payment.parts[0].discount_tax == Decimal("0.4")


def test_money_that_came_in_and_what_is_not_posted_pay_nothing(banking: Banking) -> None:
    order = banking.issued(
        lines=[{"text": "Lamp", "quantity": "1", "unit": "C62", "unit_price": "100", "category": "OPT"}]
    )
    waiting = banking.captured("R-9", ("Lamp", "1", "100"), order=order)
    key, owed = banking.taken(entry("120.00"), entry("-120.00")), banking.owed("R-1")
    with refused(("money_came_in", "invoices")):
        book(banking, key, owed)
    with refused(("not_posted", "invoices")):
        book(banking, key, waiting, line="2")


def test_invoices_of_two_suppliers_are_two_payments(banking: Banking) -> None:
    first = banking.owed("R-1")
    second = banking.owed("R-2", "50")
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE invoice SET supplier_id = (SELECT id FROM supplier WHERE code = 'KESTREL') WHERE reference = :it"
            ),
            {"it": second},
        )
    key = banking.taken(entry("-180.00"))
    with refused(("several_suppliers", "invoices")):
        book(banking, key, first, second)


def test_undoing_the_line_opens_the_invoices_again_and_keeps_the_number(banking: Banking) -> None:
    invoice = banking.owed("R-1")
    key = banking.taken(entry("-120.00"))
    book(banking, key, invoice)
    number = payment_of(banking, key)
    banking.say(key, "undo", lines=["1"], reason="It was the rent")
    assert banking.lines(key) == {"1": "open"}
    assert banking.left(invoice) == 120
    with reading("payment", number) as payment:
        assert (payment.state, payment.state_reason, payment.settled_amount) == ("undone", "It was the rent", 0)
    assert [each["reason"] for each in events("payment.undone")] == ["It was the rent"]
    book(banking, key, invoice)
    assert payment_of(banking, key) == "PAY-HAL-2026-00002"


def test_a_direct_debit_that_comes_back_opens_its_invoice_again_and_tells_who_booked_it(banking: Banking) -> None:
    invoice = banking.owed("R-1")
    key = banking.taken(entry("-120.00"))
    book(banking, key, invoice)
    number = payment_of(banking, key)
    back = banking.taken(entry("120.00", text="Returned"), number="2", opening="9880.00")
    banking.say(back, "match", lines=["1"], payments=[number])
    assert banking.payment(number)[0] == "returned"
    assert banking.left(invoice) == 120
    assert [each["accounts"] for each in events("payment.returned")] == [[banking.tomas.id]]
    with refused(("returned_since", "lines")):
        banking.say(key, "undo", lines=["1"], reason="No")
    banking.say(back, "undo", lines=["1"], reason="That was another one's")
    assert (banking.payment(number)[0], banking.left(invoice)) == ("settled", 0)


def test_the_database_knows_no_payment_without_a_run_or_a_reason(banking: Banking) -> None:
    number = banking.paid()
    for change in ("outside_because = 'x'", "despite = 'x'", "run_id = NULL"):
        with pytest.raises(DBAPIError), db.engine.begin() as connection:
            connection.execute(text(f"UPDATE payment SET {change} WHERE number = :number"), {"number": number})


def test_an_auditor_books_nothing(banking: Banking) -> None:
    invoice = banking.owed("R-1")
    key = banking.taken(entry("-120.00"))
    with refused(("forbidden", None)):
        book(banking, key, invoice, by=banking.vera)
