"""A credit note with nothing left to set it off against: the next run nets it, or the supplier pays it back, and either once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.infra import figures, unit
from app.infra.db import db
from tests.acting import system
from tests.scenarios.banking import Banking, entry
from tests.slices.doing import events, reading, refused
from tests.slices.test_payment_evidence import check, contents, packed

WHY = {"reason": "Paid back as agreed"}
VEGA = {"party": "Vega Optics"}


@dataclass
class Lone:
    """A paid invoice of Vega and a credit note of 36 EUR that came after."""

    office: Banking
    invoice: str
    note: str

    def taken(self, *entries: str, **changes: Any) -> str:
        return self.office.taken(*entries, **changes)

    def owed(self) -> Decimal:
        """Tell what reports say that is open with Vega."""
        db.session.rollback()
        with unit.reading(system()) as bound:
            found = figures.compute(
                bound, figures.report_at(bound, "open-items"), {"by": ["supplier"], "supplier": ["VEGA"]}
            )
            return sum((amount for row in found.rows for amount in row.amounts), Decimal(0))


@pytest.fixture
def lone(banking: Banking) -> Lone:
    invoice = banking.owed("R-10077")
    banking.released_run()
    return Lone(banking, invoice, banking.credited("C-20031", invoice, "30"))


def refund_of(lone: Lone, key: str) -> str:
    [(_, number, _)] = lone.office.matches(key)
    return number


def test_a_lone_credit_note_makes_no_payment_below_zero_and_is_netted_by_the_next_run(lone: Lone) -> None:
    office = lone.office
    run = office.run()
    assert (office.in_run(run), office.out_of_run(run)) == ({}, {lone.note: "credit_waits"})
    office.pay(office.hanna, run, "cancel", reason="Nothing to pay")
    later = office.owed("R-10078", "100")
    run = office.released_run()
    assert office.in_run(run) == {later: Decimal(120), lone.note: Decimal(-36)}
    assert [each["amount"] for each in office.payments(run)] == [84]
    assert (office.left(lone.note), lone.owed()) == (0, 0)


def test_money_that_names_the_credit_note_is_its_refund_by_itself_and_settles_it_once(lone: Lone) -> None:
    office = lone.office
    assert lone.owed() == -36
    key = lone.taken(entry("36.00", ref="B-9", text="Credit note C-20031", on="2026-11-26", **VEGA))
    assert office.lines(key) == {"1": "matched"}
    number = refund_of(lone, key)
    assert office.matches(key) == [("1", number, Decimal(36))]
    with reading("payment", number) as payment:
        assert (payment.state, payment.amount, payment.settled_amount, payment.run) == ("settled", -36, -36, None)
        assert (payment.method.label, payment.bank_reference) == ("Paid back by the supplier", "B-9")
        assert payment.outside_because == (
            "It names document C20031. The amount is the same. The other party is the same."
        )
        assert payment.booked == payment.base_amount == -36
    with reading("bank_statement", key) as row:
        [match] = row.matches
        assert (match.confidence, match.how.value) == (97, "certain")
    with reading("invoice", lone.note) as row:
        assert (row.open_amount, row.paid.value) == (0, "all")
    assert lone.owed() == 0
    assert [each["amount"] for each in events("payment.settled")] == ["-36"]
    assert office.in_run(office.run()) == {}
    again = lone.taken(entry("36.00", text="Credit note C-20031", **VEGA), number="2", opening="10036.00")
    assert (office.lines(again), office.matches(again, "proposed")) == ({"1": "open"}, [])
    with refused(("nothing_open", "invoices")):
        office.say(again, "book", lines=["1"], invoices=[lone.note], **WHY)


def test_the_evidence_of_money_paid_back_leads_to_the_credit_note_and_verifies_offline(
    lone: Lone, tmp_path: Path
) -> None:
    office = lone.office
    number = refund_of(lone, lone.taken(entry("36.00", text="Credit note C-20031", **VEGA)))
    pack = packed(office, office.tomas, number)
    kinds = {document["resource"]: document["key"] for document in json.loads(contents(pack)["record.json"])}
    assert (kinds["invoice"], kinds["payment"]) == (lone.note, number)
    assert "payment_run" not in kinds
    result = check(tmp_path, pack)
    assert (result.returncode, result.stderr) == (0, "")


def test_what_only_resembles_a_refund_waits_until_somebody_accepts_it(lone: Lone) -> None:
    office = lone.office
    key = lone.taken(entry("36.00", **VEGA), entry("36.00", ref="2", party="Somebody else"))
    assert office.lines(key) == {"1": "open", "2": "open"}
    with reading("bank_statement", key) as row:
        [match] = row.matches
        assert (match.line.number, match.invoice.reference, match.payment) == ("1", lone.note, None)
        assert match.confidence is not None
        assert match.confidence < 95
        assert "The name is alike (100 %) and the amount the same." in match.reason
    assert office.left(lone.note) == -36
    office.say(key, "accept", lines=["1"])
    assert (office.left(lone.note), office.lines(key)) == (0, {"1": "matched", "2": "open"})
    assert office.matches(key, "proposed") == []


def test_by_hand_a_part_comes_back_and_the_rest_stays_owed(lone: Lone) -> None:
    office = lone.office
    key = lone.taken(entry("20.00"), entry("20.00", ref="2"))
    office.say(key, "book", lines=["1"], invoices=[lone.note], **WHY)
    assert office.left(lone.note) == -16
    with refused(("unexplained", "kind")) as told:
        office.say(key, "book", lines=["2"], invoices=[lone.note], **WHY)
    assert "4.00 EUR of the lines is no payment" in told[0]
    office.say(key, "book", lines=["2"], invoices=[lone.note], kind="interest", **WHY)
    assert office.left(lone.note) == 0
    with reading("bank_statement", key) as row:
        assert (row.lines[1].rest, row.lines[1].kind.value) == (4, "interest")


def test_an_invoice_is_set_off_in_what_comes_back(lone: Lone) -> None:
    office = lone.office
    small = office.owed("R-10079", "10")
    key = lone.taken(entry("24.00"))
    office.invoice(office.eva, small, "hold", reason="The lamp is broken")
    with refused(("on_hold", "although")):
        office.say(key, "book", lines=["1"], invoices=[lone.note, small], **WHY)
    office.say(key, "book", lines=["1"], invoices=[lone.note, small], although=True, **WHY)
    assert (office.left(lone.note), office.left(small)) == (0, 0)


def test_undoing_the_line_opens_the_credit_note_and_the_same_is_not_proposed_again(lone: Lone) -> None:
    office = lone.office
    key = lone.taken(entry("36.00", text="C-20031", **VEGA))
    number = refund_of(lone, key)
    office.say(key, "undo", lines=["1"], reason="It was for another firm")
    assert (office.left(lone.note), office.lines(key)) == (-36, {"1": "open"})
    with reading("payment", number) as payment:
        assert (payment.state, payment.settled_amount) == ("undone", 0)
    office.say(key, "propose")
    assert (office.lines(key), office.matches(key)) == ({"1": "open"}, [])
    office.say(key, "book", lines=["1"], invoices=[lone.note], **WHY)
    assert (refund_of(lone, key), office.left(lone.note)) == ("PAY-HAL-2026-00003", 0)


def test_whoever_took_the_credit_note_in_does_not_book_its_refund(lone: Lone) -> None:
    office = lone.office
    with db.engine.begin() as connection:
        statement = text("UPDATE invoice SET makers = ARRAY[:who] WHERE reference = :note")
        connection.execute(statement, {"who": office.tomas.id, "note": lone.note})
    key = lone.taken(entry("36.00", text="C-20031", **VEGA))
    assert office.lines(key) == {"1": "open"}, "it is certain, and another one accepts it"
    with refused(("own_invoice", "invoices")):
        office.say(key, "accept", lines=["1"])
    office.say(key, "accept", office.jana, lines=["1"])
    assert office.left(lone.note) == 0


def test_what_a_run_is_about_to_net_is_no_refund(lone: Lone) -> None:
    office = lone.office
    office.owed("R-10080", "100")
    run = office.approved_run()
    key = lone.taken(entry("36.00", text="C-20031", **VEGA))
    assert office.lines(key) == {"1": "open"}
    with refused(("in_other_run", "invoices")) as told:
        office.say(key, "book", lines=["1"], invoices=[lone.note], **WHY)
    assert run in told[0]


def test_money_goes_the_way_it_is_owed(lone: Lone) -> None:
    office = lone.office
    invoice = office.owed("R-10081", "10")
    key = lone.taken(entry("12.00"), entry("-36.00"))
    with refused(("money_came_in", "invoices")):
        office.say(key, "book", lines=["1"], invoices=[invoice], **WHY)
    with refused(("required", "how")):
        office.say(key, "book", lines=["2"], invoices=[lone.note], **WHY)
    with refused(("nothing_owed", "invoices")):
        office.say(key, "book", lines=["2"], invoices=[lone.note], how="card", **WHY)


def test_the_database_knows_no_payment_below_zero_that_is_no_refund(lone: Lone) -> None:
    key = lone.taken(entry("36.00", text="C-20031", **VEGA))
    number = refund_of(lone, key)
    for change in ("method = 'transfer'", "amount = 36", "settled_amount = -37"):
        with pytest.raises(DBAPIError), db.engine.begin() as connection:
            connection.execute(text(f"UPDATE payment SET {change} WHERE number = :number"), {"number": number})


def test_a_refund_that_is_read_is_told_on_the_pages_it_concerns(lone: Lone, client: Any) -> None:
    office = lone.office
    page = client(office.tomas).get(f"/invoices/{lone.note}").text
    assert "The supplier owes" in page
    key = lone.taken(entry("36.00", **VEGA))
    desk = client(office.tomas).get(f"/bank-statements/{key}/reconcile?side=invoices").text
    assert lone.note in desk
    office.say(key, "accept", lines=["1"])
    assert "Paid back by the supplier" in client(office.tomas).get(f"/payments/{refund_of(lone, key)}").text
    assert "Settled." in client(office.tomas).get(f"/invoices/{lone.note}").text


def test_two_refunds_on_one_statement_are_two_payments_with_numbers_in_a_row(lone: Lone) -> None:
    office = lone.office
    other = office.credited("C-20032", lone.invoice, "20")
    key = lone.taken(entry("24.00", text="C-20032", **VEGA), entry("36.00", text="C-20031", ref="2", **VEGA))
    assert office.lines(key) == {"1": "matched", "2": "matched"}
    assert sorted(number for _, number, _ in office.matches(key)) == ["PAY-HAL-2026-00002", "PAY-HAL-2026-00003"]
    assert sorted(amount for _, _, amount in office.matches(key)) == [24, 36]
    assert (office.left(lone.note), office.left(other), lone.owed()) == (0, 0, 0)
