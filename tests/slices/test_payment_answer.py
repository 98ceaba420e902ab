"""What the bank says of a run: pain.002, camt.054 and returns settle its payments or open their invoices again."""

from __future__ import annotations

import pytest

from tests.scenarios.paying import Owing, Paying, pain002
from tests.slices.doing import events, reading, refused
from tests.slices.test_payment_proposal import sql


def camt054(*entries: tuple[str, str, str]) -> bytes:
    """Write a booking notice: id, amount and sign of each entry; what comes in is a return."""
    rows = "".join(
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>2026-11-27</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs>"
        f'<Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
        + ("<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>" if sign == "CRDT" else "")
        + "</TxDtls></NtryDtls></Ntry>"
        for id, amount, sign in entries
    )
    return f"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>N-1</MsgId><CreDtTm>2026-11-27T18:00:00</CreDtTm></GrpHdr><Ntfctn><Id>N-1</Id>
<Acct><Id><IBAN>AT483200000012345864</IBAN></Id></Acct>{rows}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>""".encode()


def test_a_rejected_payment_opens_its_invoices_again_and_tells_why(owing: Owing) -> None:
    key = owing.first
    run = owing.released_run()
    [payment] = owing.payments(run)
    done = owing.answer(run, pain002(run, (payment["number"], "RJCT", "AC04")))
    assert (done.state, done.events[0]["failed"]) == ("failed", 1)
    [payment] = owing.payments(run)
    assert payment["state"] == "failed"
    assert "closed" in payment["state_reason"].lower()
    assert owing.left(key) == 120
    assert [each["number"] for each in events("payment.failed")] == [payment["number"]]
    with reading("invoice", key) as invoice:
        assert (invoice.paid.value, invoice.order.paid.value) == ("none", "none")
    assert list(owing.in_run(owing.run())) == [key]


def test_a_run_is_settled_when_all_its_payments_are(owing: Owing) -> None:
    run = owing.released_run()
    [payment] = owing.payments(run)
    assert owing.answer(run, pain002(run, whole="ACCP"), "first.xml").state == "released"
    assert owing.payments(run)[0]["bank_says"] == "Accepted"
    assert owing.answer(run, camt054((payment["number"], "120.00", "DBIT")), "second.xml").state == "settled"
    with reading("payment", payment["number"]) as row:
        assert (row.state, str(row.settled_on), row.settled_amount) == ("settled", "2026-11-27", 0)
    with reading("payment_run", run) as row:
        assert [each.summary for each in row.answers] == ["Nothing changed.", "1 settled."]


def test_money_that_comes_back_after_all_opens_the_invoice_again(owing: Owing) -> None:
    key = owing.first
    run = owing.released_run()
    number = owing.payments(run)[0]["number"]
    owing.answer(run, camt054((number, "120.00", "DBIT")), "first.xml")
    owing.answer(run, camt054((number, "120.00", "CRDT")), "second.xml")
    assert (owing.payments(run)[0]["state"], owing.run_state(run), owing.left(key)) == ("returned", "failed", 120)


def test_the_same_file_counts_once(owing: Owing) -> None:
    run = owing.released_run()
    answer = pain002(run, (owing.payments(run)[0]["number"], "ACSC", ""))
    assert owing.answer(run, answer).state == "settled"
    with pytest.raises(Exception, match="taken in before"):
        owing.answer(run, answer, "again.xml")
    with refused(("taken_in_already", "file")):
        owing.pay(owing.tomas, run, "read_answer", file="again.xml")
    assert len(events("payment.settled")) == 1


def test_an_answer_to_another_run_or_about_unknown_payments_changes_nothing(owing: Owing) -> None:
    run = owing.released_run()
    for name, data, code in (
        ("other.xml", pain002("RUN-2025-00009", whole="RJCT"), "other_run"),
        ("unknown.xml", camt054(("PAY-HAL-2026-00099", "120.00", "DBIT")), "no_payment_named"),
        ("text.xml", b"Good morning", "unknown_format"),
    ):
        with pytest.raises(Exception, match=r"File|file"):
            owing.answer(run, data, name)
        field = None if code == "unknown_format" else "file"
        with refused((code, field)):
            owing.pay(owing.tomas, run, "read_answer", file=name)
    with refused(("not_attached", "file")):
        owing.pay(owing.tomas, run, "read_answer", file="nowhere.xml")
    assert owing.payments(run)[0]["state"] == "sent"


def test_an_amount_that_is_not_ours_is_noted_and_settles_nothing(owing: Owing) -> None:
    run = owing.released_run()
    number = owing.payments(run)[0]["number"]
    done = owing.answer(run, camt054((number, "119.00", "DBIT")))
    assert (done.state, owing.payments(run)[0]["state"]) == ("released", "sent")
    assert done.events[0]["summary"] == (
        f"Nothing changed. {number}: the bank speaks of 119.00 EUR, 120.0000 were sent."
    )


def test_a_rejected_file_fails_every_payment(owing: Owing) -> None:
    first = owing.first
    run = owing.released_run()
    assert owing.answer(run, pain002(run, whole="RJCT")).state == "failed"
    assert (owing.left(first), owing.payments(run)[0]["state"]) == (120, "failed")


def test_a_payment_cut_in_parts_is_settled_when_all_parts_are(paying: Paying) -> None:
    for number in range(3):
        paying.owed(f"R-{number}", "10")
    sql("UPDATE invoice SET supplier_number = supplier_number || repeat('7', 60)")
    run = paying.released_run()
    number = paying.payments(run)[0]["number"]
    paying.answer(run, camt054((f"{number}-1", "24.00", "DBIT")), "part.xml")
    assert paying.payments(run)[0]["state"] == "sent"
    both = camt054((f"{number}-1", "24.00", "DBIT"), (f"{number}-2", "12.00", "DBIT"))
    paying.answer(run, both, "both.xml")
    assert paying.payments(run)[0]["state"] == "settled"
