"""What a bank gets: pain.001 and NACHA as functions of the run, refused with every reason where something is missing."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.kernel.problem import Problem, Refused
from app.modules.payments.domain.bank import Outcome
from app.modules.payments.domain.transfers import Address, Clearing, CreditTransfers, Document, Transfer
from app.modules.payments.formats import nacha, pain001
from app.modules.payments.formats.characters import identifier, name, plain
from app.modules.payments.formats.nacha import write_nacha
from app.modules.payments.formats.nacha_reading import read_nacha, read_status
from app.modules.payments.formats.pain001 import NAMESPACE, write_pain001
from app.modules.payments.formats.remittance import parts, payments_by_id
from tests.unit.bank_samples import (
    DAY,
    PAYER,
    US_PAYER,
    abroad,
    american,
    run,
    several_invoices,
    transfer,
    with_reference,
)

ALLOWED = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*")


def codes(problems: list[Problem]) -> set[tuple[str, str | None]]:
    return {(problem.code, problem.field) for problem in problems}


def why_not(**values: Any) -> set[tuple[str, str | None]]:
    return codes(pain001.why_not(run(transfer(**values))))


def walk(data: bytes) -> etree._Element:
    return etree.fromstring(data)


def texts(node: etree._Element, path: str) -> list[str]:
    found = node.findall("/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/")))
    return [each.text or "" for each in found]


# --- characters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("Müller & Söhne GmbH", "Mueller + Soehne GmbH"),
        ("Łódź Żółć", "Lodz Zolc"),
        ("Αθήνα", "Athina"),
        ("Привет", "Privet"),
        ("a@b.eu #12", "a(at)b.eu No.12"),
        ("line\none\ttwo", "line one two"),
        ("e\u0301t\u00e9", "ete"),
    ],
)
def test_texts_are_spelled_and_not_replaced(written: str, spelled: str) -> None:
    assert plain(written) == spelled


@given(st.text())
def test_any_text_survives_in_the_characters_banks_take(text: str) -> None:
    spelled = plain(text)
    assert ALLOWED.fullmatch(spelled)
    assert plain(spelled) == spelled
    assert "?" not in spelled or "?" in text or any(ord(char) > 127 for char in text)
    if any(char.isascii() and char.isalnum() for char in text):
        assert spelled
    assert len(name(text, 70)) <= 70


@given(st.text(min_size=1), st.text(min_size=1))
def test_ids_fit_and_different_ones_stay_different(one: str, other: str) -> None:
    assert 0 < len(identifier(one)) <= 35
    assert ALLOWED.fullmatch(identifier(one))
    assert "//" not in identifier(one)
    assert not identifier(one).startswith("/")
    assert (identifier(one) == identifier(other)) is (one == other)


# --- what keeps a run from being written ----------------------------------------------------------------------------


def test_a_run_that_is_complete_has_no_problem() -> None:
    for complete in (run(), run(several_invoices()), run(with_reference()), run(abroad())):
        assert pain001.why_not(complete) == []


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"iban": "NL91ABNA0417164301"}, ("bad_iban", "transfers.0.iban")),
        ({"iban": "nl91 abna 0417 1643 00"}, ("bad_iban", "transfers.0.iban")),
        ({"iban": None}, ("iban_or_number", "transfers.0.iban")),
        ({"number": "123"}, ("iban_or_number", "transfers.0.iban")),
        ({"bic": "BKAU"}, ("bad_bic", "transfers.0.bic")),
        ({"amount": Decimal(0)}, ("not_positive", "transfers.0.amount")),
        ({"amount": Decimal("-5.00")}, ("not_positive", "transfers.0.amount")),
        ({"amount": Decimal("NaN"), "documents": ()}, ("not_positive", "transfers.0.amount")),
        ({"amount": Decimal("1.005")}, ("too_fine", "transfers.0.amount")),
        ({"amount": Decimal("1000000000.00")}, ("too_high", "transfers.0.amount")),
        ({"amount": Decimal("1E+40")}, ("too_high", "transfers.0.amount")),
        ({"currency": "GBP"}, ("currency_not_allowed", "transfers.0.currency")),
        ({"currency": "XXX"}, ("bad_currency", "transfers.0.currency")),
        ({"name": " "}, ("required", "transfers.0.name")),
        ({"name": "\u2603\ufe0f"[1:]}, ("unreadable", "transfers.0.name")),
        ({"reference": "RF19539007547034"}, ("bad_reference", "transfers.0.reference")),
        ({"address": Address("", "AT")}, ("bad_address", "transfers.0.address")),
        ({"address": Address("Wien", "Austria")}, ("bad_address", "transfers.0.address")),
        ({"execute_on": date(2026, 11, 29)}, ("in_the_past", "transfers.0.execute_on")),
        ({"documents": (Document("1", Decimal("99.99")),)}, ("documents_differ", "transfers.0.documents")),
        ({"iban": "CH9300762011623852957"}, ("no_address", "transfers.0.address")),
    ],
)
def test_what_is_missing_or_wrong_is_named_with_the_payment(values: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problem in why_not(**values)
    with pytest.raises(Refused) as refusal:
        write_pain001(run(transfer(**values)))
    assert any("PAY-2026-00001" in each.message for each in refusal.value.problems)


def test_outside_sepa_a_bank_and_both_addresses_are_needed() -> None:
    bare = run(abroad(clearing=None, address=None))
    assert {("no_bank", "transfers.0.bic"), ("no_address", "transfers.0.address")} <= codes(pain001.why_not(bare))
    assert ("bad_clearing", "transfers.0.clearing") in codes(
        pain001.why_not(run(abroad(clearing=Clearing("USABA", "231380105"))))
    )


def test_an_empty_run_and_a_payment_twice_are_refused() -> None:
    assert codes(pain001.why_not(CreditTransfers("R", run().created_at, "We", ()))) == {("empty_run", "transfers")}
    assert ("twice", "transfers") in codes(pain001.why_not(run(transfer(), transfer())))


def test_two_payments_a_bank_could_not_tell_apart_are_refused() -> None:
    cut = run(several_invoices(), transfer("PAY-2026-00001-1"))
    assert ("shared_id", "transfers") in codes(pain001.why_not(cut))


def test_credit_notes_larger_than_what_fits_beside_them_are_refused() -> None:
    credits = tuple(Document(f"CREDIT-NOTE-{number:030}", Decimal(-10)) for number in range(5))
    invoices = (Document("1", Decimal(30)), Document("2", Decimal(30)))
    assert ("documents_do_not_fit", "transfers.0.documents") in why_not(
        amount=Decimal(10), documents=credits + invoices
    )


# --- remittance -----------------------------------------------------------------------------------------------------


def test_the_suppliers_numbers_stand_in_the_text() -> None:
    documents = (Document("2026/114", Decimal(150)), Document("GS 7", Decimal(-50)))
    (part,) = parts(transfer(documents=documents, note="Customer 4711"))
    assert part.text == "Customer 4711 2026/114, less GS 7"


def test_documents_that_do_not_fit_become_payments_that_add_up() -> None:
    found = parts(several_invoices(40))
    assert [part.end_to_end for part in found] == [f"PAY-2026-00001-{n}" for n in range(1, len(found) + 1)]
    assert sum(part.amount for part in found) == Decimal("404.00")
    assert all(len(part.text or "") <= 140 for part in found)
    numbers = [document.number for part in found for document in part.documents]
    assert numbers == [f"RE-2026-{number:05}" for number in range(40)]
    assert set(payments_by_id(run(several_invoices(40))).values()) == {"PAY-2026-00001"}


def test_a_creditor_reference_stands_alone() -> None:
    root = walk(write_pain001(run(with_reference())))
    base = "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/RmtInf"
    assert texts(root, f"{base}/Strd/CdtrRefInf/Ref") == ["RF18539007547034"]
    assert texts(root, f"{base}/Strd/CdtrRefInf/Tp/CdOrPrtry/Cd") == ["SCOR"]
    assert texts(root, f"{base}/Ustrd") == []


def test_a_payment_without_documents_names_itself() -> None:
    (part,) = parts(transfer(documents=()))
    assert part.text == "PAY-2026-00001"


# --- pain.001 -------------------------------------------------------------------------------------------------------


def test_sepa_and_other_payments_go_in_batches_of_their_own() -> None:
    root = walk(write_pain001(run(transfer("A"), abroad(id="B"), transfer("C", execute_on=DAY + timedelta(days=1)))))
    base = "CstmrCdtTrfInitn/PmtInf"
    assert texts(root, f"{base}/PmtInfId") == [f"RUN-2026-00001-{n}" for n in (1, 2, 3)]
    assert texts(root, f"{base}/ReqdExctnDt/Dt") == ["2026-12-01", "2026-12-01", "2026-12-02"]
    assert texts(root, f"{base}/ChrgBr") == ["SLEV", "SHAR", "SLEV"]
    assert texts(root, f"{base}/PmtTpInf/SvcLvl/Cd") == ["SEPA", "SEPA"]
    assert texts(root, f"{base}/CdtTrfTxInf/CdtrAgt/FinInstnId/ClrSysMmbId/MmbId") == ["231380104"]
    assert texts(root, f"{base}/CdtTrfTxInf/Cdtr/PstlAdr/CtrySubDvsn") == ["MA"]


def test_yen_have_no_decimals() -> None:
    yen = abroad(currency="JPY", amount=Decimal(5000), bic="BOTKJPJT", clearing=None)
    root = walk(write_pain001(run(yen)))
    assert texts(root, "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Amt/InstdAmt") == ["5000"]


cents = st.integers(1, 99_999_999).map(lambda value: Decimal(value).scaleb(-2))


@st.composite
def transfers(draw: Any, make: Any = transfer, plainly: bool = False) -> tuple[Transfer, ...]:
    texts_ = st.text("abcXYZ019 -/.", min_size=1, max_size=20) if plainly else st.text(min_size=1, max_size=30)
    found = []
    for number in range(draw(st.integers(1, 6))):
        amounts = draw(st.lists(cents, min_size=1, max_size=12))
        documents = tuple(Document(f"D{at}" + draw(texts_), each) for at, each in enumerate(amounts))
        found.append(
            make(
                id=f"PAY-2026-{number:05}",
                amount=sum(amounts, Decimal(0)),
                documents=documents,
                name="N" + draw(texts_),
                execute_on=DAY + timedelta(days=draw(st.integers(0, 2))),
            )
        )
    return tuple(found)


@given(transfers(), st.randoms(use_true_random=False))
def test_what_is_written_reads_back_as_the_same_payments(paid: tuple[Transfer, ...], chance: random.Random) -> None:
    written = write_pain001(run(*paid))
    root = walk(written)
    base = "CstmrCdtTrfInitn/PmtInf"
    ids = texts(root, f"{base}/CdtTrfTxInf/PmtId/EndToEndId")
    amounts = [Decimal(each) for each in texts(root, f"{base}/CdtTrfTxInf/Amt/InstdAmt")]
    assert len(set(ids)) == len(ids)
    owners = payments_by_id(run(*paid))
    sums: dict[str, Decimal] = {}
    for id, amount in zip(ids, amounts, strict=True):
        assert amount > 0
        sums[owners[id]] = sums.get(owners[id], Decimal(0)) + amount
    assert sums == {each.id: each.amount for each in paid}
    assert texts(root, "CstmrCdtTrfInitn/GrpHdr/NbOfTxs") == [str(len(ids))]
    assert Decimal(texts(root, "CstmrCdtTrfInitn/GrpHdr/CtrlSum")[0]) == sum(amounts)
    assert sum(Decimal(each) for each in texts(root, f"{base}/CtrlSum")) == sum(amounts)
    assert sum(int(each) for each in texts(root, f"{base}/NbOfTxs")) == len(ids)
    assert all(
        ALLOWED.fullmatch(each) and 0 < len(each) <= 140 for each in texts(root, f"{base}/CdtTrfTxInf/RmtInf/Ustrd")
    )
    shuffled = list(paid)
    chance.shuffle(shuffled)
    assert write_pain001(run(*shuffled)) == written


# --- NACHA ----------------------------------------------------------------------------------------------------------


@given(transfers(american), st.randoms(use_true_random=False))
def test_a_nacha_file_keeps_the_rules_and_reads_back_the_same(
    paid: tuple[Transfer, ...], chance: random.Random
) -> None:
    if nacha.why_not(run(*paid)):
        return  # texts that swell beyond 80 characters when they are spelled
    written = write_nacha(run(*paid))
    lines = written.decode("ascii").splitlines()
    assert {len(line) for line in lines} == {94}
    assert len(lines) % 10 == 0
    found = read_nacha(written)
    assert found.credits == sum(each.amount for each in paid)
    owners = nacha.payments_by_id(run(*paid))
    traces = nacha.payments_by_trace(run(*paid))
    sums: dict[str, Decimal] = {}
    for entry in found.entries:
        assert traces[entry.trace] == owners[entry.id]
        sums[owners[entry.id]] = sums.get(owners[entry.id], Decimal(0)) + Decimal(entry.cents).scaleb(-2)
    assert sums == {each.id: each.amount for each in paid}
    shuffled = list(paid)
    chance.shuffle(shuffled)
    assert write_nacha(run(*shuffled)) == written


def test_people_and_companies_are_paid_in_batches_of_their_own() -> None:
    found = read_nacha(write_nacha(run(american("A"), american("B", is_person=True), american("C", is_savings=True))))
    assert [(batch.entry_class, [entry.code for entry in batch.entries]) for batch in found.batches] == [
        ("CCD", ["22", "32"]),
        ("PPD", ["22"]),
    ]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"clearing": Clearing("USABA", "231380105")}, ("bad_clearing", "transfers.0.clearing")),
        ({"clearing": None}, ("bad_clearing", "transfers.0.clearing")),
        ({"number": "1" * 18}, ("bad_number", "transfers.0.number")),
        ({"amount": Decimal("100000000.00")}, ("too_high", "transfers.0.amount")),
        ({"payer": PAYER}, ("no_originator", "transfers.0.payer.originator")),
    ],
)
def test_a_nacha_file_is_refused_with_the_payment_it_is_about(values: dict[str, Any], problem: tuple[str, str]) -> None:
    assert problem in codes(nacha.why_not(run(american(**values))))
    with pytest.raises(Refused):
        write_nacha(run(american(**values)))


def test_an_american_bank_takes_a_run_for_itself_alone_and_36_files_a_day() -> None:
    elsewhere = replace(US_PAYER, originator=replace(US_PAYER.originator, destination="121042882"))
    several = run(american("A"), american("B", payer=elsewhere))
    assert codes(nacha.why_not(several)) == {("several_banks", "transfers")}
    assert nacha.why_not(run(american(), file_of_day=36)) == []
    assert codes(nacha.why_not(run(american(), file_of_day=37))) == {("too_many_files", "file_of_day")}


@pytest.mark.parametrize("position", [4, 12, 30, 45, 80])
def test_a_changed_digit_in_a_nacha_file_is_found(position: int) -> None:
    lines = write_nacha(run(american())).decode("ascii").splitlines()
    entry = lines[2]
    digit = entry[position - 1]
    lines[2] = entry[: position - 1] + ("8" if digit != "8" else "3") + entry[position:]
    if position == 45:  # our own id is free text
        assert read_nacha("\n".join(lines).encode())
    else:
        with pytest.raises(Refused) as refusal:
            read_nacha("\n".join(lines).encode())
        assert all("Line" in problem.message for problem in refusal.value.problems)


def test_a_return_leads_back_to_the_payment() -> None:
    sent = run(american())
    lines = write_nacha(sent).decode("ascii").splitlines()
    trace = lines[2][79:94]
    lines[2] = lines[2][:1] + "21" + lines[2][3:]
    lines[3] = f"799R03{trace}      23138010{'NO ACCOUNT':44}{trace}"
    (status,) = read_status("\n".join(lines).encode()).statuses
    assert (status.outcome, status.status) == (Outcome.RETURNED, "R03")
    assert nacha.payments_by_trace(sent)[status.instruction or ""] == "PAY-2026-00001"
    assert nacha.payments_by_id(sent)[status.end_to_end or ""] == "PAY-2026-00001"
    assert US_PAYER.clearing is not None
