"""What a run proposes, what it leaves out and why, and how people change it while it is a draft."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.problem import Refused
from tests.acting import NOW, system
from tests.scenarios.paying import Owing, Paying
from tests.slices.doing import do, reading, refused


def sql(statement: str, **values: object) -> None:
    """Change rows past Outlay, as nobody should."""
    with unit.transaction(system(), "test") as bound:
        bound.session.execute(text(statement), values)
    db.session.expire_all()


def test_what_is_not_due_yet_is_neither_paid_nor_noted(owing: Owing) -> None:
    run = owing.run(due_until="2026-12-19")
    assert (owing.in_run(run), owing.out_of_run(run)) == ({}, {})
    assert list(owing.in_run(owing.run(due_until="2026-12-20"))) != []


def test_an_empty_form_pays_today_what_is_due_within_a_week(paying: Paying) -> None:
    with reading("payment_run", paying.run(due_until=None)) as run:
        assert (run.execute_on, run.due_until) == (date(2026, 11, 26), date(2026, 12, 3))
        assert (run.currency.code, run.entity.code, run.makers) == ("EUR", "HAL", [paying.hanna.id])


def test_what_is_on_hold_or_disputed_is_left_out_with_the_reason(paying: Paying) -> None:
    held, disputed = paying.owed("R-1"), paying.owed("R-2")
    paying.invoice(paying.eva, held, "hold", reason="The lamp flickers", until="2026-12-01")
    sql(
        "INSERT INTO invoice_exception (number, invoice_id, kind, owner, text, code, due_on, actions, mark, seen, state, version)"
        " SELECT 'EX-9', id, 'price', 'buyer', 'Too dear', 'price', DATE '2026-12-01', '[]', 'm', '', 'open', 1 FROM invoice"
        " WHERE reference = :key",
        key=disputed,
    )
    run = paying.run()
    assert paying.out_of_run(run) == {held: "on_hold", disputed: "exception_open"}
    with reading("payment_run", run) as row:
        assert [each.reason for each in row.left_out] == [
            "On hold until 1 Dec 2026: The lamp flickers",
            "EX-9 is open: Too dear",
        ]
    assert list(paying.in_run(paying.run(execute_on="2026-12-02"))) == [held]


def test_a_blocked_supplier_is_not_paid(owing: Owing) -> None:
    key = owing.first
    do(system(), "supplier", "VEGA", "block", reason="Insolvent")
    assert owing.out_of_run(owing.run()) == {key: "supplier_blocked"}


def test_an_account_pays_nothing_until_its_cooling_off_time_is_over(owing: Owing) -> None:
    key = owing.first
    owing.now = NOW
    assert owing.out_of_run(owing.run()) == {key: "cooling_off"}
    with reading("payment_run", owing.run()) as run:
        assert (
            run.left_out[0].reason == "AT61 •••• 3201: The bank account is new. Payments may go to it from 25 Nov 2026."
        )


def test_an_account_that_nobody_confirmed_or_that_is_gone_is_not_paid_to(owing: Owing) -> None:
    key = owing.first
    do(owing.at(owing.tomas), "bank_account", "BA-00001", "retire", reason="Closed")
    assert owing.out_of_run(owing.run()) == {key: "not_confirmed"}


def test_an_invoice_that_names_no_account_needs_a_choice_where_there_are_several(owing: Owing) -> None:
    key = owing.first
    sql("UPDATE invoice SET account = NULL, account_fingerprint = NULL")
    assert list(owing.in_run(owing.run())) == [key]
    [first] = [owing.run()]
    second = owing.enter("bank_account", supplier="VEGA", holder="Vega", iban="DE89370400440532013000", currency="EUR")
    do(system(id=6), "bank_account", second, "confirm")
    owing.pay(owing.hanna, first, "cancel", reason="Again")
    sql("UPDATE payment_item SET live = false")
    run = owing.run()
    assert owing.out_of_run(run) == {key: "several_accounts"}
    owing.pay(owing.hanna, run, "put_in", invoices=[key], account="BA-00001")
    assert (owing.in_run(run), owing.out_of_run(run)) == ({key: Decimal(120)}, {})


def test_an_invoice_is_paid_to_the_account_it_names_or_not_at_all(paying: Paying) -> None:
    key = paying.owed("R-1", due="2027-01-31")
    other = paying.enter("bank_account", supplier="VEGA", holder="Vega", iban="DE89370400440532013000", currency="EUR")
    do(system(id=6), "bank_account", other, "confirm")
    run = paying.run()
    with refused(("other_account", "invoices")):
        paying.pay(paying.hanna, run, "put_in", invoices=[key], account=other)
    third = paying.enter("supplier", code="ORION", name="Orion", country="AT", currency="EUR")
    theirs = paying.enter("bank_account", supplier=third, holder="Orion", iban="AT483200000012345864", currency="EUR")
    with refused(("other_supplier", "invoices")):
        paying.pay(paying.hanna, run, "put_in", invoices=[key], account=theirs)


def test_what_the_bank_would_not_take_is_left_out_with_what_is_missing(owing: Owing) -> None:
    key = owing.first
    sql("UPDATE paying_account SET also_pays_in = 'USD'")
    sql("UPDATE invoice SET currency_id = (SELECT id FROM currency WHERE code = 'USD')")
    run = owing.run(currency="USD")
    assert (owing.in_run(run), owing.out_of_run(run)) == ({}, {key: "not_writable"})
    with reading("payment_run", run) as row:
        assert "the supplier's address is missing: town and country are needed." in row.left_out[0].reason


def test_an_open_item_is_in_one_live_run_only(owing: Owing) -> None:
    key = owing.first
    first, second = owing.run(), owing.run()
    assert (list(owing.in_run(first)), owing.out_of_run(second)) == ([key], {key: "in_other_run"})
    with refused(("in_other_run", "invoices")) as words:
        owing.pay(owing.hanna, second, "put_in", invoices=[key])
    assert words == [f"{key}: It is in {first}. Take it out there first."]
    owing.pay(owing.hanna, first, "take_out", invoices=[key], reason="Ask first")
    assert owing.out_of_run(first) == {key: "taken_out"}
    owing.pay(owing.hanna, second, "put_in", invoices=[key])
    assert list(owing.in_run(second)) == [key]
    owing.pay(owing.hanna, second, "cancel", reason="Not now")
    owing.pay(owing.hanna, first, "propose")
    assert list(owing.in_run(first)) == [key]


def test_the_database_itself_refuses_an_open_item_in_two_live_runs(owing: Owing) -> None:
    owing.run()
    second = owing.run()
    copied = (
        "INSERT INTO payment_item (run_id, position, invoice_id, open_item_id, supplier_id, bank_account_id, due_on, open_amount,"
        " amount, because, live) SELECT r.id, 0, i.invoice_id, i.open_item_id, i.supplier_id, i.bank_account_id, i.due_on,"
        " i.open_amount, i.amount, i.because, true FROM payment_item i, payment_run r WHERE r.number = :run"
    )
    with pytest.raises(Refused) as told:
        unit.change(system(), "test", lambda bound: bound.session.execute(text(copied), {"run": second}))
    assert told.value.problems[0].code == "in_other_run"


def test_a_discount_is_taken_where_its_day_has_not_passed_and_early_where_it_is_worth_it(paying: Paying) -> None:
    key = paying.owed("R-1", "200")
    sql("UPDATE open_item SET discount = 4.80, discount_until = DATE '2026-11-30'")
    run = paying.run(due_until="2026-12-01")
    with reading("payment_run", run) as row:
        [item] = row.items
        assert (item.amount, item.discount, item.discount_tax) == (Decimal("235.20"), Decimal("4.80"), Decimal("0.80"))
        assert item.because == "4.80 off until 30 November 2026, which is 31 % a year"
        assert (row.total, row.discounts) == (Decimal("235.20"), Decimal("4.80"))
    paying.edit(paying.at(paying.hanna), "payment_run", run, take_discounts=False)
    assert paying.in_run(run) == {}
    paying.edit(paying.at(paying.hanna), "payment_run", run, due_until="2026-12-31")
    assert paying.in_run(run) == {key: Decimal(240)}
    paying.edit(paying.at(paying.hanna), "payment_run", run, take_discounts=True, execute_on="2026-12-01")
    assert paying.in_run(run) == {key: Decimal(240)}
    do(system(), "setting", "payments.discount_yield_percent", "change", value="40")
    assert paying.in_run(paying.run(due_until="2026-12-01", execute_on="2026-11-26")) == {}


def test_credit_notes_are_set_off_and_a_supplier_is_never_paid_less_than_nothing(owing: Owing) -> None:
    first = owing.first
    credit = owing.credited("C-1", first, "30")
    run = owing.run()
    assert owing.in_run(run) == {first: Decimal(120), credit: Decimal(-36)}
    with refused(("below_zero", "invoices")):
        owing.pay(owing.hanna, run, "take_out", invoices=[first])
    owing.pay(owing.hanna, run, "take_out", invoices=[credit])
    owing.pay(owing.hanna, run, "put_in", invoices=[credit])
    assert owing.in_run(run)[credit] == Decimal(-36)


def test_a_credit_note_alone_waits_for_an_invoice(owing: Owing) -> None:
    first = owing.first
    credit = owing.credited("C-1", first, "30")
    owing.invoice(owing.eva, first, "hold", reason="Ask")
    run = owing.run()
    assert owing.out_of_run(run) == {first: "on_hold", credit: "credit_waits"}
    with refused(("credit_waits", "invoices")):
        owing.pay(owing.hanna, run, "put_in", invoices=[credit])


def test_a_part_is_paid_and_no_more_than_is_open(owing: Owing) -> None:
    key = owing.first
    run = owing.run(due_until="2026-11-30")
    with refused(("out_of_range", "amount")) as words:
        owing.pay(owing.hanna, run, "put_in", invoices=[key], amount="121")
    assert words == ["Amount: enter more than zero and at most 120.0000, for one invoice with one due day."]
    owing.pay(owing.hanna, run, "put_in", invoices=[key], amount="50")
    assert owing.in_run(run) == {key: Decimal(50)}


def test_only_what_is_there_is_taken_out_and_only_what_is_open_put_in(owing: Owing) -> None:
    key = owing.first
    run = owing.run(due_until="2026-11-30")
    with refused(("not_in_run", "invoices")):
        owing.pay(owing.hanna, run, "take_out", invoices=[key])
    owing.pay(owing.hanna, run, "put_in", invoices=[key])
    with refused(("nothing_open", "invoices")):
        owing.pay(owing.hanna, run, "put_in", invoices=[key])


def test_a_run_pays_in_the_currencies_of_its_account_and_not_in_the_past(paying: Paying) -> None:
    with refused(("currency_not_allowed", "currency")):
        paying.run(currency="USD")
    with refused(("in_the_past", "execute_on")):
        paying.run(execute_on="2026-11-25")
    with refused(("before_execution", "due_until")):
        paying.run(due_until="2026-11-25")
