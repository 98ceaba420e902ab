"""Payment runs: submitted by one person, approved by another over their content, released as one file."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.infra.db import db
from tests.acting import system
from tests.scenarios.paying import Owing, Paying
from tests.slices.doing import audited, do, events, reading, refused, why_not
from tests.slices.test_payment_proposal import sql


def make_treasurer(code: str) -> None:
    """Let a clerk change sides; nobody holds both roles at once."""
    do(system(), "person", code, "revoke", role="AP clerk", entity="HAL")
    do(system(), "person", code, "grant", role="Treasurer", entity="HAL")


def test_a_run_pays_what_is_due_and_makes_payments_without_gaps(paying: Paying) -> None:
    first, second = paying.owed("R-1"), paying.owed("R-2", "50")
    run = paying.run()
    assert paying.in_run(run) == {first: Decimal(120), second: Decimal(60)}
    paying.pay(paying.hanna, run, "submit")
    paying.pay(paying.tomas, run, "approve")
    assert paying.pay(paying.tomas, run, "release").state == "released"
    [payment] = paying.payments(run)
    assert (payment["number"], payment["state"], payment["amount"]) == ("PAY-HAL-2026-00001", "sent", Decimal(180))
    assert (paying.left(first), paying.left(second)) == (0, 0)
    assert b"PAY-HAL-2026-00001" in paying.file(run)
    assert [each["number"] for each in events("payment.sent")] == ["PAY-HAL-2026-00001"]
    with reading("invoice", first) as invoice:
        assert (invoice.paid.value, invoice.order.paid.value) == ("all", "all")
    assert ("payment_run.release", "created") in audited("payment", "PAY-HAL-2026-00001")


def test_nobody_approves_a_run_they_had_a_hand_in(paying: Paying) -> None:
    key = paying.owed("R-1", due="2027-01-31")
    do(system(), "person", "sofia.rossi", "grant", role="AP clerk", entity="HAL")
    run = paying.run()
    paying.pay(paying.sofia, run, "put_in", invoices=[key])
    paying.pay(paying.hanna, run, "submit")
    make_treasurer("sofia.rossi")
    assert why_not(paying.at(paying.sofia), "payment_run", run, "approve") == ["own_run"]
    with refused(("own_run", None)):
        paying.pay(paying.sofia, run, "approve")
    assert paying.pay(paying.tomas, run, "approve").state == "approved"
    with pytest.raises(IntegrityError, match="ck_payment_run_approved_by"):
        sql("UPDATE payment_run SET makers = makers || approved_by")


def test_nobody_releases_money_for_an_invoice_they_took_in(owing: Owing) -> None:
    key = owing.first
    make_treasurer("eva.horak")
    run = owing.approved_run()
    with refused(("own_invoice", None)) as words:
        owing.pay(owing.eva, run, "release")
    assert words == [f"You took {key} in. Someone else releases the run."]
    assert owing.pay(owing.jana, run, "release").state == "released"


def test_a_clerk_neither_approves_nor_releases_and_a_treasurer_proposes_nothing(owing: Owing) -> None:
    with refused(("forbidden", None)):
        owing.run(by=owing.tomas)
    run = owing.run()
    owing.pay(owing.hanna, run, "submit")
    with refused(("forbidden", None)):
        owing.pay(owing.hanna, run, "approve")
    owing.pay(owing.tomas, run, "approve")
    with refused(("forbidden", None)):
        owing.pay(owing.hanna, run, "release")


def test_an_empty_run_and_an_account_that_is_not_confirmed_stop_it(paying: Paying) -> None:
    run = paying.run()
    with refused(("no_items", "items")):
        paying.pay(paying.hanna, run, "submit")
    paying.owed("R-1")
    paying.pay(paying.hanna, run, "propose")
    paying.edit(system(id=7), "paying_account", "MAIN", bank_name="Another bank")
    with refused(("account_not_confirmed", "paying_account")):
        paying.pay(paying.hanna, run, "submit")


def test_what_cannot_be_written_for_the_bank_is_told_before_anybody_approves(owing: Owing) -> None:
    run = owing.run()
    sql("UPDATE bank_account SET bic = 'NONSENSE'")
    with refused(("bad_bic", "items")):
        owing.pay(owing.hanna, run, "submit")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE bank_account SET holder = 'Somebody Else'",
        "UPDATE payment_item SET amount = 119",
        "UPDATE paying_account SET bic = 'GIBAATWWXXX'",
        "UPDATE payment_run SET execute_on = execute_on + 1",
        "UPDATE invoice SET supplier_number = 'R-2'",
    ],
)
def test_what_changed_since_it_was_approved_is_not_released(owing: Owing, change: str) -> None:
    run = owing.approved_run()
    sql(change)
    with refused(("content_changed", None)):
        owing.pay(owing.tomas, run, "release")
    owing.pay(owing.tomas, run, "send_back", reason="It has changed")
    with reading("payment_run", run) as row:
        assert (row.state, row.content_hash, row.approved_hash, row.approved_by) == ("draft", None, None, None)


def test_what_was_submitted_is_approved_only_as_it_was(owing: Owing) -> None:
    run = owing.run()
    owing.pay(owing.hanna, run, "submit")
    sql("UPDATE payment_item SET amount = 12")
    with refused(("content_changed", None)):
        owing.pay(owing.tomas, run, "approve")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE bank_account SET usable_from = DATE '2026-11-27'", "cooling_off"),
        ("UPDATE bank_account SET state = 'retired'", "not_confirmed"),
        ("UPDATE bank_account SET state = 'proposed', confirmed_by = NULL, usable_from = NULL", "not_confirmed"),
        ("UPDATE invoice SET held_because = 'Broken'", "on_hold"),
        ("UPDATE supplier SET state = 'blocked'", "supplier_blocked"),
        ("UPDATE open_item SET settled = 100", "not_open"),
        ("UPDATE invoice SET state = 'void', voided_on = posted_on", "not_open"),
    ],
)
def test_every_item_is_looked_at_once_more_at_the_payment_door(owing: Owing, change: str, code: str) -> None:
    run = owing.approved_run()
    sql(change)
    with refused((code, "items")):
        owing.pay(owing.tomas, run, "release")
    assert owing.payments(run) == []


def test_a_discount_whose_day_has_passed_is_not_taken(owing: Owing) -> None:
    sql("UPDATE open_item SET discount = 2, discount_until = DATE '2026-11-28'")
    run = owing.approved_run()
    sql("UPDATE open_item SET discount_until = DATE '2026-11-25'")
    with refused(("discount_over", "items")):
        owing.pay(owing.tomas, run, "release")


def test_a_run_whose_day_has_passed_is_neither_approved_nor_released(owing: Owing) -> None:
    approved, submitted = owing.approved_run(), owing.run()
    key = owing.owed("R-2")
    owing.pay(owing.hanna, submitted, "put_in", invoices=[key])
    owing.pay(owing.hanna, submitted, "submit")
    owing.now = owing.now.replace(day=27)
    with refused(("day_passed", "execute_on")):
        owing.pay(owing.tomas, submitted, "approve")
    with refused(("day_passed", "execute_on")):
        owing.pay(owing.tomas, approved, "release")


def test_a_run_that_is_withdrawn_sent_back_or_cancelled_pays_nothing(owing: Owing) -> None:
    key = owing.first
    run = owing.run()
    owing.pay(owing.hanna, run, "submit")
    assert owing.pay(owing.hanna, run, "withdraw").state == "draft"
    owing.pay(owing.hanna, run, "submit")
    owing.pay(owing.tomas, run, "approve")
    assert owing.pay(owing.tomas, run, "send_back", reason="Wait").state == "draft"
    with reading("payment_run", run) as row:
        assert row.state_reason == "Wait"
    owing.pay(owing.hanna, run, "submit")
    owing.pay(owing.tomas, run, "approve")
    assert owing.pay(owing.tomas, run, "cancel", reason="No money").state == "cancelled"
    assert list(owing.in_run(owing.run())) == [key]


def test_a_run_is_changed_only_while_it_is_a_draft(owing: Owing) -> None:
    run = owing.run()
    owing.pay(owing.hanna, run, "submit")
    with refused(("wrong_state", None)):
        owing.edit(owing.at(owing.hanna), "payment_run", run, execute_on="2026-11-28")
    with refused(("wrong_state", None)):
        owing.pay(owing.hanna, run, "propose")


def test_everything_set_off_is_settled_without_a_file(owing: Owing) -> None:
    first = owing.first
    credit = owing.credited("C-1", first, "100")
    run = owing.approved_run()
    assert owing.in_run(run) == {first: Decimal(120), credit: Decimal(-120)}
    owing.pay(owing.tomas, run, "release")
    [payment] = owing.payments(run)
    assert (payment["state"], payment["amount"], owing.run_state(run)) == ("settled", 0, "settled")
    assert (owing.left(first), owing.left(credit)) == (0, 0)
    with refused(("no_file", None)):
        owing.pay(owing.tomas, run, "fetch_file")


def test_the_file_is_for_treasurers_and_it_is_on_record_who_fetched_it(owing: Owing) -> None:
    run = owing.released_run()
    with refused(("forbidden", None)):
        owing.pay(owing.hanna, run, "fetch_file")
    told = owing.pay(owing.jana, run, "fetch_file")
    with reading("payment_run", run) as row:
        assert hashlib.sha256(told.told["content"].encode()).hexdigest() == row.file_hash
        assert (row.file_name, row.file_size) == (f"{run}.xml", len(told.told["content"]))
    assert ("payment_run.fetch_file", "done") in audited("payment_run", run)
    [event] = events("payment_run.file_fetched")
    assert sorted(event) == ["file", "number", "sha256"]


def test_what_was_sent_is_not_written_over_past_outlay(owing: Owing) -> None:
    owing.released_run()
    for change in (
        "UPDATE payment SET amount = 1",
        "UPDATE payment_part SET amount = 1",
        "DELETE FROM payment_part",
        "UPDATE payment_run SET file_hash = 'x'",
        "UPDATE payment_run SET content = 'x'",
    ):
        with pytest.raises(Exception, match="only ever added to"):
            db.session.execute(text(change))
        db.session.rollback()


def test_an_invoice_that_a_payment_points_to_is_not_made_void(owing: Owing) -> None:
    key = owing.first
    owing.released_run()
    with refused(("paid_already", None)):
        owing.invoice(owing.eva, key, "void", reason="Oops")


def test_an_invoice_made_void_while_a_run_waits_stops_the_run(owing: Owing) -> None:
    key = owing.first
    run = owing.approved_run()
    owing.invoice(owing.eva, key, "void", reason="Not ours")
    with refused(("not_open", "items")):
        owing.pay(owing.tomas, run, "release")
