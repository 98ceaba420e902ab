"""Bank statements: taken in once and whole, reconciled by themselves where it is certain, the rest by a person."""

from __future__ import annotations

import io
import random
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.infra import activity, files, idempotency, unit
from app.infra.db import db
from app.infra.jobs import Job, work_of
from app.infra.taking import Sent
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.statements import service
from tests.acting import person, system
from tests.scenarios.banking import Banking, Paid, camt053, entry, member, statement_of
from tests.scenarios.billing import IBAN
from tests.slices.doing import events, reading, refused

VEGA = {"party": "Vega Optics", "iban": IBAN}


def codes(caught: Any) -> list[str]:
    return [problem.code for problem in caught.value.problems]


def test_what_carries_our_id_is_matched_by_itself_and_the_payment_is_settled(paid: Paid) -> None:
    payment = paid.first_payment
    key = paid.taken(entry("-120.00", id=payment, ref="B-1", **VEGA), entry("-4.50", text="Account fee"))
    assert key == "STM-2026-00001"
    assert paid.lines(key) == {"1": "matched", "2": "open"}
    assert paid.payment(payment) == ("settled", 0)
    with reading("bank_statement", key) as row:
        [match] = row.matches
        assert (match.confidence, match.how.value, match.matched_by) == (99, "certain", paid.tomas.id)
        assert match.reason == f"It carries the id {payment}. The amount is the same."
        assert (row.open_lines, row.state, row.opening, row.closing) == (1, "open", Decimal(10000), Decimal("9875.50"))
        assert (row.account.code, row.entity.code, row.format) == ("MAIN", "HAL", "camt.053.001.08")
    assert [each["open_lines"] for each in events("bank_statement.taken_in")] == [1]
    assert [each["number"] for each in events("payment.settled")] == [payment]


def test_the_file_is_kept_untouched_with_its_statement(banking: Banking) -> None:
    data = camt053(entry("-4.50"))
    [taken] = banking.take(data)
    with reading("bank_statement", taken.key) as row:
        db.session.rollback()
        with unit.reading(banking.at(banking.tomas)) as bound:
            [kept] = activity.attachments(bound, registry["bank_statement"], row)
        assert (kept.digest, kept.name, kept.media_type) == (row.file_hash, "statement.xml", "application/xml")
    with files.store().open(kept.digest) as content:
        assert content.read() == data
    with refused(("original", None)):
        activity.detach(banking.at(banking.tomas), registry["bank_statement"], str(taken.key), kept.id)


def test_a_statement_with_nothing_open_is_reconciled(paid: Paid) -> None:
    payment = paid.first_payment
    key = paid.taken(entry("-120.00", id=payment))
    with reading("bank_statement", key) as row:
        assert (row.state, row.open_lines) == ("reconciled", 0)


def test_the_same_file_is_never_taken_twice(banking: Banking) -> None:
    data = camt053(entry("-4.50"))
    [first] = banking.take(data)
    with pytest.raises(Refused) as caught:
        banking.take(data, name="other.xml")
    assert codes(caught) == ["taken_in_already"]
    assert str(first.key) in caught.value.problems[0].message


def test_entries_of_an_earlier_statement_are_left_out_and_told(banking: Banking) -> None:
    first = banking.taken(entry("-4.50", ref="B-1"), entry("-5.00", ref="B-2"))
    week = camt053(
        entry("-4.50", ref="B-1"), entry("-5.00", ref="B-2"), entry("-6.00", ref="B-3", on="2026-11-27"), number="W1"
    )
    [taken] = banking.take(week)
    assert banking.lines(str(taken.key)) == {"3": "open"}
    with reading("bank_statement", taken.key) as row:
        assert (row.repeated, row.remarks) == (2, [f"2 of its entries stood in {first} before and were left out here."])
    with pytest.raises(Refused) as caught:
        banking.take(camt053(entry("-5.00", ref="B-2"), entry("-6.00", ref="B-3", on="2026-11-27"), opening="9995.50"))
    assert codes(caught) == ["taken_in_already"]
    assert first in caught.value.problems[0].message
    assert str(taken.key) in caught.value.problems[0].message


def test_an_empty_statement_is_taken_once(banking: Banking) -> None:
    key = banking.taken()
    with reading("bank_statement", key) as row:
        assert (row.state, row.lines) == ("reconciled", [])
    with pytest.raises(Refused) as caught:
        banking.take(camt053().replace(b"MSG-1", b"MSG-2"))
    assert codes(caught) == ["taken_in_already"]


def test_a_gap_between_statements_is_told_and_closed_when_the_missing_one_comes(banking: Banking) -> None:
    banking.taken(entry("-1.00", on="2026-11-25"), on="2026-11-25")
    third = banking.taken(entry("-1.00"), number="3", opening="9989.00")
    with reading("bank_statement", third) as row:
        assert row.gap == Decimal("-10.00")
    second = banking.taken(entry("-10.00", on="2026-11-26"), number="2", opening="9999.00", on="2026-11-26")
    for key in (second, third):
        with reading("bank_statement", key) as row:
            assert row.gap is None


def test_two_statements_of_one_day_follow_on_each_other_in_any_order(banking: Banking) -> None:
    banking.taken(entry("-1.00", on="2026-11-26"), on="2026-11-26")
    evening = banking.taken(entry("-3.00"), number="3", opening="9997.00")
    banking.taken(entry("-2.00"), number="2", opening="9999.00")
    with reading("bank_statement", evening) as row:
        assert row.gap is None


def test_a_file_is_taken_in_whole_or_not_at_all(banking: Banking) -> None:
    ours, theirs = camt053(entry("-1.00")), camt053(entry("-2.00"), iban="DE89370400440532013000")
    with pytest.raises(Refused) as caught:
        banking.take(ours.replace(b"</BkToCstmrStmt>", statement_of(theirs).encode() + b"</BkToCstmrStmt>"))
    assert codes(caught) == ["unknown_account"]
    assert "DE89370400440532013000" in caught.value.problems[0].message
    db.session.rollback()
    assert db.session.execute(text("SELECT count(*) FROM bank_statement")).scalar_one() == 0


def test_an_account_out_of_reach_is_as_unknown_as_any_other(banking: Banking) -> None:
    banking.enter("entity", code="SUB", name="Sub", base_currency="EUR", country="AT")
    other = person("otto.baum", "Treasurer", entity="SUB")
    with pytest.raises(Refused) as caught:
        banking.take(camt053(entry("-1.00")), by=other)
    assert codes(caught) == ["unknown_account"]
    with pytest.raises(Refused) as caught:
        banking.take(camt053(entry("-1.00")), by=banking.vera)
    assert codes(caught) == ["forbidden"]


@pytest.mark.parametrize(
    ("message", "version"), [("BkToCstmrAcctRpt", "camt.052.001.08"), ("BkToCstmrDbtCdtNtfctn", "camt.054.001.08")]
)
def test_what_is_not_final_is_refused(banking: Banking, message: str, version: str) -> None:
    with pytest.raises(Refused) as caught:
        banking.take(camt053(entry("-1.00"), message=message, version=version))
    assert codes(caught) == ["not_final"]


def test_what_the_bank_has_not_booked_yet_comes_again(banking: Banking) -> None:
    key = banking.taken(entry("-1.00"), entry("-7.00", status="PDNG"))
    assert banking.lines(key) == {"1": "open"}
    with reading("bank_statement", key) as row:
        assert row.remarks == ["1 entry is not booked yet, and told again once booked."]


CSV = b"Buchungstag;Betrag;Verwendungszweck;Name\n27.11.2026;-4,50;Kontogebuehr;Bank\n28.11.2026;-14,50;Porto;Post\n"


def test_a_table_without_account_number_is_of_the_account_that_is_said(banking: Banking) -> None:
    with pytest.raises(Refused) as caught:
        banking.take(CSV, name="export.csv")
    assert codes(caught) == ["no_account"]
    [taken] = banking.take(CSV, name="export.csv", account="MAIN")
    with reading("bank_statement", taken.key) as row:
        assert [(line.amount, line.party) for line in row.lines] == [
            (Decimal("-4.50"), "Bank"),
            (Decimal("-14.50"), "Post"),
        ]


def test_the_same_idempotency_key_gives_the_same_answer(banking: Banking) -> None:
    repeat = idempotency.repeat("key-1", "POST", "/x", "digest")
    first = banking.take(camt053(entry("-1.00")), repeat=repeat)
    again = banking.take(camt053(entry("-1.00")), repeat=repeat)
    assert ([each.key for each in again], [each.repeated for each in again]) == ([first[0].key], [True])


def test_what_is_likely_waits_for_a_person_who_accepts_it(paid: Paid) -> None:
    payment = paid.first_payment
    key = paid.taken(entry("-120.00", **VEGA))
    assert paid.lines(key) == {"1": "open"}
    assert paid.matches(key, "proposed") == [("1", payment, Decimal(-120))]
    paid.say(key, "accept", lines=["1"])
    assert paid.payment(payment) == ("settled", 0)
    with reading("bank_statement", key) as row:
        [match] = row.matches
        assert (match.how.value, match.confidence, match.state) == ("accepted", 88, "matched")
        assert match.reason == "The account and the amount are the same."
    assert [each["lines"] for each in events("bank_statement.matched")] == [["1"]]


def test_nothing_can_be_accepted_where_nothing_is_proposed(banking: Banking) -> None:
    key = banking.taken(entry("-4.50"))
    with refused(("nothing_proposed", "lines")):
        banking.say(key, "accept", lines=["1"])
    with refused(("unknown_line", "lines")):
        banking.say(key, "accept", lines=["9"])


def test_a_proposal_ends_when_its_payment_is_found_elsewhere(paid: Paid) -> None:
    payment = paid.first_payment
    first = paid.taken(entry("-120.00", ref="B-1", **VEGA))
    assert paid.matches(first, "proposed")
    second = paid.taken(entry("-120.00", id=payment, ref="B-2", on="2026-11-28"), number="2", on="2026-11-28")
    assert paid.matches(second) == [("1", payment, Decimal(-120))]
    assert paid.matches(first, "proposed") == []


def test_payments_made_later_are_found_by_proposing_again(banking: Banking) -> None:
    key = banking.taken(entry("-120.00", id="PAY-HAL-2026-00001"))
    assert banking.lines(key) == {"1": "open"}
    payment = banking.paid()
    banking.say(key, "propose")
    assert (banking.lines(key), banking.payment(payment)) == ({"1": "matched"}, ("settled", 0))


def test_several_lines_and_payments_are_matched_by_hand_to_the_cent(banking: Banking) -> None:
    first, second = banking.paid("100"), banking.paid("50")
    key = banking.taken(entry("-100.00", text="a"), entry("-80.00", text="b"))
    banking.say(key, "match", lines=["1", "2"], payments=[first, second])
    assert banking.matches(key) == [
        ("1", first, Decimal(-100)), ("2", first, Decimal(-20)), ("2", second, Decimal(-60)),
    ]  # fmt: skip
    assert (banking.payment(first), banking.payment(second)) == (("settled", 0), ("settled", 0))
    with reading("bank_statement", key) as row:
        assert {match.how.value for match in row.matches} == {"by_hand"}


def test_a_difference_needs_a_kind_and_a_reason(paid: Paid) -> None:
    payment = paid.first_payment
    key = paid.taken(entry("-123.50"))
    with pytest.raises(Refused) as caught:
        paid.say(key, "match", lines=["1"], payments=[payment])
    assert codes(caught) == ["unexplained", "unexplained"]
    assert "-3.50 EUR" in caught.value.problems[0].message
    paid.say(key, "match", lines=["1"], payments=[payment], kind="fee", reason="Charge for urgent payment")
    with reading("bank_statement", key) as row:
        [line] = row.lines
        assert (line.rest, line.kind.value, line.reason) == (Decimal("-3.50"), "fee", "Charge for urgent payment")
        assert row.state == "reconciled"
    assert paid.payment(payment) == ("settled", 0)


def test_a_line_that_is_less_leaves_the_rest_to_be_found(paid: Paid) -> None:
    payment = paid.first_payment
    key = paid.taken(entry("-20.00"), entry("-100.00", on="2026-11-28"))
    with refused(("unexplained", "reason")):
        paid.say(key, "match", lines=["1"], payments=[payment])
    paid.say(key, "match", lines=["1"], payments=[payment], reason="Paid in two parts")
    assert paid.payment(payment) == ("sent", Decimal(100))
    paid.say(key, "match", lines=["2"], payments=[payment])
    assert paid.payment(payment) == ("settled", 0)


def test_ban_03_what_is_matched_already_cannot_be_matched_again(banking: Banking) -> None:
    payment = banking.paid("1000")
    key = banking.taken(entry("-1200.00", id=payment, ref="B-1"), entry("-1200.00", ref="B-2"))
    assert banking.lines(key) == {"1": "matched", "2": "open"}
    with refused(("line_done", "lines")):
        banking.say(key, "match", lines=["1"], payments=[payment])
    with refused(("used_up", "payments")):
        banking.say(key, "match", lines=["2"], payments=[payment])
    assert banking.matches(key) == [("1", payment, Decimal(-1200))]


def test_ban_01_a_line_that_names_a_vendor_proposes_the_payment_to_it_first(banking: Banking) -> None:
    payment = banking.paid("575")
    banking.paid("600")
    key = banking.taken(entry("-690.00", party="Vega Optics"))
    [proposed] = banking.matches(key, "proposed")
    assert proposed == ("1", payment, Decimal(-690))
    with reading("bank_statement", key) as row:
        assert row.matches[0].reason == "The name is alike (100 %) and the amount the same."


def test_money_that_comes_back_opens_the_invoice_again(banking: Banking) -> None:
    invoice = banking.owed("R-1", "100")
    [payment] = [each["number"] for each in banking.payments(banking.released_run())]
    banking.taken(entry("-120.00", id=payment))
    assert (banking.left(invoice), banking.payment(payment)[0]) == (0, "settled")
    back = entry("120.00", on="2026-11-30", members=(member("120.00", id=payment, reason="AC04"),))
    key = banking.taken(back, number="2", opening="9880.00", on="2026-11-30")
    assert banking.lines(key) == {"1": "matched"}
    assert (banking.left(invoice), banking.payment(payment)[0]) == (Decimal(120), "returned")
    with reading("payment", payment) as row:
        assert row.state_reason == f"{key}, line 1: The account is closed."
    banking.say(key, "undo", lines=["1"], reason="Another supplier's money")
    assert (banking.left(invoice), banking.payment(payment)[0]) == (0, "settled")


def test_a_settlement_is_not_undone_while_the_money_has_come_back(paid: Paid) -> None:
    payment = paid.first_payment
    first = paid.taken(entry("-120.00", id=payment))
    back = entry("120.00", on="2026-11-30", members=(member("120.00", id=payment, reason="AC04"),))
    paid.taken(back, number="2", opening="9880.00", on="2026-11-30")
    with refused(("returned_since", "lines")):
        paid.say(first, "undo", lines=["1"], reason="Wrong")


def test_a_part_that_comes_back_is_not_the_payment(paid: Paid) -> None:
    payment = paid.first_payment
    paid.taken(entry("-120.00", id=payment))
    back = entry("20.00", on="2026-11-30", members=(member("20.00", id=payment, reason="AM09"),))
    key = paid.taken(back, number="2", opening="9880.00", on="2026-11-30")
    assert paid.lines(key) == {"1": "open"}
    with refused(("part_returned", "payments")):
        paid.say(key, "accept", lines=["1"])
    paid.say(key, "explain", lines=["1"], kind="other", reason="Vega sent back what was too much")
    assert paid.payment(payment) == ("settled", 0)


def test_money_in_and_out_is_not_matched_together(paid: Paid) -> None:
    payment = paid.first_payment
    key = paid.taken(entry("-120.00", text="x"), entry("120.00"))
    with refused(("two_ways", "payments")):
        paid.say(key, "match", lines=["1", "2"], payments=[payment])
    with refused(("used_up", "payments")):
        paid.say(key, "match", lines=["2"], payments=[payment])


def test_lines_that_the_payments_do_not_reach_stay_out(paid: Paid) -> None:
    payment = paid.first_payment
    key = paid.taken(entry("-120.00", text="x"), entry("-9.00"))
    with refused(("too_many_lines", "lines")):
        paid.say(key, "match", lines=["1", "2"], payments=[payment], kind="fee", reason="Both")


def test_fees_and_transfers_are_explained(banking: Banking) -> None:
    key = banking.taken(entry("-4.50", text="Fee"), entry("1.20"), entry("-500.00", text="To savings"))
    banking.say(key, "explain", lines=["1"], kind="fee", reason="Monthly fee")
    banking.say(key, "explain", lines=["2"], kind="interest", reason="Credit interest")
    with reading("bank_statement", key) as row:
        assert (row.open_lines, row.state) == (1, "open")
    banking.say(key, "explain", lines=["3"], kind="transfer", reason="Savings account")
    assert banking.lines(key) == {"1": "explained", "2": "explained", "3": "explained"}
    with reading("bank_statement", key) as row:
        assert (row.state, row.lines[0].settled_by) == ("reconciled", banking.tomas.id)
    assert [each["lines"] for each in events("bank_statement.explained")] == [["1"], ["2"], ["3"]]


def test_undoing_restores_exactly_and_the_pair_is_not_matched_by_itself_again(paid: Paid) -> None:
    payment = paid.first_payment
    key = paid.taken(entry("-120.00", id=payment))
    paid.say(key, "undo", lines=["1"], reason="It is another payment")
    assert (paid.lines(key), paid.payment(payment)) == ({"1": "open"}, ("sent", Decimal(120)))
    with reading("bank_statement", key) as row:
        [match] = row.matches
        assert (match.state, match.undo_reason, match.undone_by) == (
            "undone",
            "It is another payment",
            paid.tomas.id,
        )
        assert (row.state, row.lines[0].reopened) == ("open", "It is another payment")
    paid.say(key, "propose")
    assert paid.lines(key) == {"1": "open"}
    paid.say(key, "match", lines=["1"], payments=[payment])
    assert paid.payment(payment) == ("settled", 0)
    other = paid.taken(entry("-1.00"), number="2")
    with refused(("line_open", "lines")):
        paid.say(other, "undo", lines=["1"], reason="x")


def test_what_the_bank_charges_with_a_payment_is_a_fee_beside_it(paid: Paid) -> None:
    payment = paid.first_payment
    charged = entry("-121.00", id=payment).replace(
        "</Sts>", '</Sts><Chrgs><Rcrd><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>'
    )
    key = paid.taken(charged)
    with reading("bank_statement", key) as row:
        [line] = row.lines
        assert (line.state, line.rest, line.kind.value) == ("matched", Decimal("-1.00"), "fee")
    assert paid.payment(payment) == ("settled", 0)


def test_a_payment_from_another_account_is_no_match(paid: Paid) -> None:
    payment = paid.first_payment
    paid.account("SPARE", iban="AT611904300234573201")
    key = paid.taken(entry("-120.00", id=payment), iban="AT611904300234573201")
    assert paid.lines(key) == {"1": "open"}
    with refused(("other_account", "payments")):
        paid.say(key, "match", lines=["1"], payments=[payment])


def test_a_run_that_the_bank_books_in_one_sum_is_matched_as_one(paid: Paid) -> None:
    payment = paid.first_payment
    with reading("payment", payment) as row:
        batch = row.batch
    key = paid.taken(entry("-120.00", batch=batch))
    assert paid.matches(key) == [("1", payment, Decimal(-120))]


def test_an_entry_with_its_payments_becomes_a_line_for_each(banking: Banking) -> None:
    first, second = banking.paid("100"), banking.paid("50")
    key = banking.taken(
        entry("-180.00", members=(member("-120.00", id=first, party="Vega"), member("-60.00", id=second)))
    )
    assert banking.lines(key) == {"1.1": "matched", "1.2": "matched"}
    assert [banking.payment(each)[0] for each in (first, second)] == ["settled", "settled"]


def test_nobody_edits_what_the_bank_said_not_even_past_the_door(banking: Banking) -> None:
    key = banking.taken(entry("-4.50"))
    for statement in (
        "UPDATE statement_line SET amount = 1",
        "UPDATE bank_statement SET closing = 1",
        "DELETE FROM statement_line",
        "DELETE FROM bank_statement",
    ):
        with pytest.raises(DBAPIError), db.engine.begin() as connection:
            connection.execute(text(statement))
    with refused(("not_editable", None)):
        unit.save(system(), registry["bank_statement"], key, {"closing": "1"})


def test_the_auditor_reads_and_does_nothing(banking: Banking) -> None:
    key = banking.taken(entry("-4.50"))
    with reading("bank_statement", key, banking.vera.context()) as row:
        assert row is not None
    for command, arguments in (
        ("explain", {"lines": ["1"], "kind": "fee", "reason": "x"}), ("propose", {}), ("accept", {"lines": ["1"]}),
        ("undo", {"lines": ["1"], "reason": "x"}), ("match", {"lines": ["1"], "payments": []}),
    ):  # fmt: skip
        with refused(("forbidden", None)):
            banking.say(key, command, by=banking.vera, **arguments)


def test_a_large_file_is_read_by_a_worker_whose_job_tells_what_became_of_it(app: Flask, banking: Banking) -> None:
    data = camt053(entry("-4.50"))
    numbers = [service.take_in_later(banking.at(banking.tomas), Sent(data, "large.xml"), None) for _ in range(2)]
    assert numbers[0] == numbers[1]
    with pytest.raises(Refused):
        service.take_in_later(banking.at(banking.vera), Sent(data, "large.xml"), None)
    db.session.rollback()
    results = []
    for each in (data, data, b"no statement"):
        stored = files.store().put(io.BytesIO(each), "text/plain")
        job = Job(arguments={"digest": stored.digest, "name": "large.xml", "account": None})
        results.append(work_of(service.TAKE_IN)(banking.at(banking.tomas), job))
    assert results[0] == {"statements": ["STM-2026-00001"]}
    assert [next(iter(each)) for each in results[1:]] == ["refused", "refused"]


def test_whatever_is_matched_and_undone_no_payment_is_used_beyond_what_it_has(banking: Banking) -> None:
    chance, done = random.Random(7), {"match": 0, "undo": 0}
    whole = {banking.paid("100"): Decimal(120), banking.paid("50"): Decimal(60)}
    key = banking.taken(*(entry(amount, text=amount) for amount in ("-30.00", "-45.00", "-90.00", "-15.00")))
    for _ in range(30):
        lines = chance.sample(["1", "2", "3", "4"], chance.randint(1, 3))
        command = chance.choice(["match", "undo"])
        chosen = (
            {"payments": chance.sample(sorted(whole), chance.randint(1, 2)), "kind": "fee"}
            if command == "match"
            else {}
        )
        try:
            banking.say(key, command, lines=lines, reason="By chance", **chosen)
        except Refused:
            continue
        done[command] += 1
        for payment, amount in whole.items():
            used = sum((-each for _, number, each in banking.matches(key) if number == payment), Decimal(0))
            assert banking.payment(payment) == ("sent" if used < amount else "settled", amount - used)
            assert 0 <= used <= amount
    assert min(done.values()) > 3
    held = [number for number, state in banking.lines(key).items() if state != "open"]
    if held:
        banking.say(key, "undo", lines=held, reason="All of it")
    assert [banking.payment(payment) for payment in whole] == [("sent", amount) for amount in whole.values()]


def test_a_statement_of_a_day_that_has_not_come_is_taken_in_with_a_warning(banking: Banking) -> None:
    key = banking.taken(entry("-4.50", on="2026-12-03"), on="2026-12-03")
    with reading("bank_statement", key) as row:
        [remark] = row.remarks
    assert remark.startswith("It is of 3 Dec 2026, and today is ")
    today = banking.taken(entry("-5.50", on="2026-11-26"), number="2", on="2026-11-26")
    with reading("bank_statement", today) as row:
        assert row.remarks == []
