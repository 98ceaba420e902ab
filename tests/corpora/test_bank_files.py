"""Files of banks, good and bad on purpose: read as others read them, or refused in words. Needs OUTLAY_CORPUS."""

from __future__ import annotations

import base64
import json
import os
import random
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from app.kernel.money import minor_units
from app.kernel.problem import Refused
from app.modules.payments.domain.bank import BankFile, Entry, Movement, Outcome
from app.modules.payments.formats.nacha_reading import read_nacha
from app.modules.payments.formats.pain001 import write_pain001
from app.modules.payments.formats.reading import read_statements, read_status
from tests.unit.bank_samples import abroad, run, several_invoices, with_reference

CORPUS = Path(os.environ.get("OUTLAY_CORPUS", ""))
pytestmark = pytest.mark.skipif(not os.environ.get("OUTLAY_CORPUS"), reason="OUTLAY_CORPUS names no corpus")
PAYMENTS = CORPUS / "payments"


def files(folder: str, *endings: str) -> list[Path]:
    found = (path for path in sorted((PAYMENTS / folder).rglob("*")) if path.is_file())
    return [path for path in found if path.name.endswith(endings) or not endings]


def named(paths: list[Path]) -> list[Any]:
    return [pytest.param(path, id=str(path.relative_to(PAYMENTS))) for path in paths]


def read(path: Path) -> BankFile | list[str]:
    """Read a file, or give the codes of its refusal; anything else fails the test."""
    try:
        return read_statements(path.read_bytes(), path.name)
    except Refused as refusal:
        assert all(problem.message and problem.code for problem in refusal.problems)
        return [problem.code for problem in refusal.problems]


# What is no statement, and why. Every other file with these endings has to be read.
REFUSED = {
    "invalid_file2": "not_xml",
    "camt053.v2.wrong.xml": "no_statement",
    "sample-parseError.txt": "unknown_format",
    "empty_86.sta": "no_statement",
    "empty_line.sta": "no_statement",
    "reference.sta": "no_statement",
    "empty_non_swift.sta": "no_statement",
    "account_listing_aggregation.ofx": "no_statement",
    "bank_small.ofx": "no_statement",
    "error_message.ofx": "bank_error",
    "date_missing.ofx": "missing_element",
    "decimal_error.ofx": "bad_date",
    "signon_fail.ofx": "bank_error",
    "signon_success.ofx": "no_statement",
}
STATEMENTS = ("camt-genkgo", "bai2-moj", "bai2-moov", "mt940", "ofx-ofxparse")


@pytest.mark.parametrize("folder", STATEMENTS)
def test_every_sample_is_read_or_refused_for_the_reason_that_it_is_there_for(folder: str) -> None:
    outcomes = {path.name: read(path) for path in files(folder) if path.suffix not in {".json", ".yml"}}
    assert outcomes
    wrong = {
        name: outcome if isinstance(outcome, list) else "read"
        for name, outcome in outcomes.items()
        if (outcome != [REFUSED[name]] if name in REFUSED else isinstance(outcome, list))
    }
    assert wrong == {}


def test_iso_messages_that_are_statements_are_read_and_all_others_named() -> None:
    for path in files("iso20022-moov", ".xml") + files("iso20022-prowide", ".xml"):
        root = path.read_text(errors="replace")
        is_statement = any(
            f"<{name}" in root for name in ("BkToCstmrStmt", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn")
        )
        outcome = read(path)
        assert isinstance(outcome, BankFile) if is_statement else outcome in (["unknown_format"], ["not_xml"]), path


def test_status_reports_name_file_batch_and_payment_with_their_reasons() -> None:
    found = [read_status(path.read_bytes()) for path in files("iso20022-moov") if path.name.startswith("pain002")]
    assert [(report.original, [status.outcome for status in report.statuses]) for report in found] == [
        ("MsgId-CHDD-Musterfile", [Outcome.ACCEPTED]),
        ("MsgId-005", [Outcome.REJECTED]),
        ("MsgId-001", [Outcome.PARTLY, Outcome.REJECTED]),
    ]
    last = found[-1].statuses[-1]
    assert (last.end_to_end, last.causes[0].code) == ("EndToEndId-001-03-04", "AC01")
    assert last.causes[0].words == "The account number is wrong or missing"


def test_returned_payments_in_a_notice_are_returns() -> None:
    for path in files("iso20022-moov", ".xml"):
        if "returns" in path.name:
            (status,) = read_status(path.read_bytes()).statuses
            assert (status.outcome, status.causes[0].code) == (Outcome.RETURNED, "AC01")


# --- camt beside what genkgo/camt reads -----------------------------------------------------------------------------


def money(value: dict[str, Any] | None) -> tuple[int, str] | None:
    return None if value is None else (int(value["getAmount"]), value["getCurrency"]["getCode"])


def cents(amount: Decimal, currency: str | None) -> tuple[int, str | None]:
    return int((amount * 10 ** minor_units(currency or "EUR")).to_integral_value()), currency


def day(value: dict[str, str] | None) -> date | None:
    return None if value is None else datetime.fromisoformat(value["0"]).date()


def records(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the statements of a dump in which everything that repeats stands once."""
    found = document["getRecords"]
    if found == ["__RECURSIVITY__"]:
        return [document["getEntries"][0]["getRecord"]]
    return found


@pytest.mark.parametrize("path", named(files("camt-genkgo", ".json")) if os.environ.get("OUTLAY_CORPUS") else [])
def test_camt_is_read_as_another_reader_reads_it(path: Path) -> None:
    expected = json.loads(path.read_text())
    found = read_statements(path.with_suffix(".xml").read_bytes(), path.name)
    assert found.id == expected["getGroupHeader"]["getMessageId"]
    for statement, record in zip(found.statements, records(expected), strict=True):
        assert statement.id == record["getId"]
        account = statement.account
        assert (account.iban or account.number) == record["getAccount"]["getIdentification"]
        balances = [(cents(each.amount, each.currency), each.on) for each in statement.balances]
        assert balances == [(money(each["getAmount"]), day(each["getDate"])) for each in record.get("getBalances", [])]
    entries = expected["getEntries"]
    assert len(found.entries) == len(entries)
    for entry, other in zip(found.entries, entries, strict=True):
        assert cents(entry.amount, entry.currency) == money(other["getAmount"])
        assert (entry.booked_on, entry.value_on) == (day(other["getBookingDate"]), day(other["getValueDate"]))
        assert entry.is_reversal is other["getReversalIndicator"]
        assert entry.is_booked is (other["getStatus"] != "PDNG")
        assert entry.description == other["getAdditionalInfo"]
        _compare_details(entry, other)


def _compare_details(entry: Entry, other: dict[str, Any]) -> None:
    details = other["getTransactionDetails"]
    if details == ["__RECURSIVITY__"]:
        details = [other["getTransactionDetail"]]
    movements: tuple[Movement, ...] = (entry.members or (entry,)) if details else ()
    for movement, detail in zip(movements, details, strict=True):
        reference = detail["getReference"] or {}
        if reference.get("getEndToEndId") not in {None, "NOTPROVIDED"}:
            assert movement.references.end_to_end == reference["getEndToEndId"]
        names = {
            party["getRelatedPartyType"]["getName"]
            for party in detail["getRelatedParties"]
            if isinstance(party, dict) and party["getRelatedPartyType"].get("getName")
        }
        assert movement.party.name is None or not names or movement.party.name in names
        remittance = detail["getRemittanceInformation"] or {}
        if remittance.get("getMessage"):
            told = f"{movement.remittance.text} {movement.remittance.reference}"
            assert remittance["getMessage"].split()[0] in told


# --- MT940 beside what its tests expect -----------------------------------------------------------------------------


class Dump(yaml.SafeLoader):
    """Read the dumps of Python objects without making the objects."""


def _python(loader: yaml.Loader, suffix: str, node: yaml.Node) -> Iterator[Any]:
    if isinstance(node, yaml.SequenceNode):
        items = loader.construct_sequence(node, deep=True)
        if suffix.endswith("decimal.Decimal"):
            yield Decimal(items[0])
        elif suffix.endswith("models.Date"):
            packed = items[0] if isinstance(items[0], bytes) else base64.b64decode(items[0])
            yield date(packed[0] * 256 + packed[1], packed[2], packed[3])
        else:
            yield items
    else:
        values: dict[str, Any] = {}
        yield values  # a transaction points back to its file
        if isinstance(node, yaml.MappingNode):
            values.update(loader.construct_mapping(node))


Dump.add_multi_constructor("tag:yaml.org,2002:python/", _python)


def _expected(path: Path) -> list[dict[str, Any]]:
    document = yaml.load(path.read_text(encoding="utf-8", errors="replace"), Dump)  # builds plain values only
    return [each["data"] for each in document["transactions"]]


@pytest.mark.parametrize("path", named(files("mt940", ".yml")) if os.environ.get("OUTLAY_CORPUS") else [])
def test_mt940_is_read_as_its_samples_expect(path: Path) -> None:
    found = read(path.with_suffix(".sta"))
    expected = [each for each in _expected(path) if "amount" in each]
    if isinstance(found, list):
        assert expected == []
        return
    assert len(found.entries) == len(expected)
    for entry, other in zip(found.entries, expected, strict=True):
        # A reversed credit leaves the account; the dumps are from a time when the library booked it as a receipt.
        sign = -1 if other["status"] == "RC" else 1
        assert entry.amount == other["amount"]["amount"] * sign
        assert entry.value_on == other["date"]
        assert entry.is_reversal is other["status"].startswith("R")
        assert entry.booked_on in {other.get("entry_date"), other["date"]}
        if other.get("currency") and entry.currency:
            assert entry.currency == other["currency"]
        # The dumps lose a bank's reference behind NONREF, which the library now keeps.
        if other.get("bank_reference"):
            assert entry.references.bank == other["bank_reference"]
        if other.get("id"):
            assert entry.codes[0] == other["id"]
        if (other.get("purpose") or "").isascii() and other.get("purpose"):
            assert " ".join(other["purpose"].split()).split()[0] in entry.remittance.text
        if other.get("end_to_end_reference") not in {None, "NONREF"}:
            assert entry.references.end_to_end == other["end_to_end_reference"].strip()


# --- NACHA ----------------------------------------------------------------------------------------------------------

# Names do not say so, yet the files break a rule: the samples of options that switch rules off, and cut-outs.
BROKEN = {
    "issue702-1.ach": "no_batch",  # an empty file, which one bank sends
    "flattenADVBatchesMultipleBatchHeaders.ach": "bad_total",  # its control says 600000, its batches 600078
    "moov-ids.ach": "bad_trace",  # traces of another bank, and a hash of nines
    "nonascii-utf8.ach": "bad_total",  # 12 addenda that its controls do not count
    "shr-credit.ach": "bad_total",  # one batch cut out of 665
    "skip-validation.ach": "required",  # no destination, all trace numbers zero
    "return-PPD-custom-reason-code.ach": "bad_reason",  # R97 is one bank's own
    "txp-debit.ach": "bad_sequence",  # the addenda's last columns are two to the left
    "return-no-batch-header.ach": "no_file_header",
    "bh-ed-ad-bh-ed-ad-ed-ad.ach": "no_file_header",
}


def _is_bad_by_name(path: Path) -> bool:
    words = ("invalid", "Invalid", "Err", "noFileControl")
    return "crashers" in path.parts or any(word in path.name for word in words)


@pytest.mark.parametrize("path", named(files("nacha-moov", ".ach")) if os.environ.get("OUTLAY_CORPUS") else [])
def test_nacha_samples_keep_the_rules_unless_they_are_broken_on_purpose(path: Path) -> None:
    try:
        found = read_nacha(path.read_bytes())
    except Refused as refusal:
        assert _is_bad_by_name(path) or refusal.problems[0].code == BROKEN[path.name]
        assert all(problem.values.get("line") for problem in refusal.problems)
    else:
        assert not _is_bad_by_name(path)
        assert path.name not in BROKEN
        assert found.entries


def test_another_format_is_no_nacha_file() -> None:
    for path in files("nacha-moov", ".json"):
        with pytest.raises(Refused):
            read_nacha(path.read_bytes())


def test_returns_and_changes_come_out_as_status() -> None:
    cor = next(path for path in files("nacha-moov", "cor-read.ach"))
    (change,) = read_status(cor.read_bytes()).statuses
    assert (change.outcome, change.status, change.correction) == (Outcome.CHANGED, "C01", "1918171614")
    returned = next(path for path in files("nacha-moov", "issue1620_return.ach"))
    (status,) = read_status(returned.read_bytes()).statuses
    assert (status.outcome, status.status, status.amount) == (Outcome.RETURNED, "R03", Decimal("0.01"))
    assert status.instruction == "062000010000001"


# --- what is written ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [run(), run(several_invoices()), run(with_reference()), run(abroad())])
def test_what_is_written_is_valid_by_the_schema(written: Any) -> None:
    schema = etree.XMLSchema(etree.parse(CORPUS / "schemas" / "iso20022-xsd" / "pain.001.001.09.xsd"))
    schema.assertValid(etree.fromstring(write_pain001(written)))


# --- harm -----------------------------------------------------------------------------------------------------------


def _attacks() -> Iterator[Path]:
    for folder in ("xml-defusedxml", "xxe-patt", "zip-yauzl", "csv-injection", "payloads-patt"):
        yield from (path for path in sorted((CORPUS / "security" / folder).rglob("*")) if path.is_file())


def test_files_made_to_do_harm_are_refused() -> None:
    count = 0
    for path in _attacks():
        for reader in (lambda data: read_statements(data, "attack"), read_status):
            with pytest.raises(Refused):
                reader(path.read_bytes())
        count += 1
    assert count > 50


@pytest.mark.parametrize("folder", [*STATEMENTS, "iso20022-moov", "nacha-moov"])
def test_damaged_samples_are_read_or_refused_and_never_crash(folder: str) -> None:
    chance = random.Random(folder)
    samples = [path.read_bytes() for path in files(folder) if path.suffix not in {".json", ".yml"}]
    for _ in range(400):
        data = bytearray(chance.choice(samples))
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) + 1)
            change = chance.choice(
                [b"-", b"9" * 25, b"", b"\0", b'"', b"\n", b"/", b":", bytes([chance.randrange(256)])]
            )
            data[at : at + chance.choice([0, 1, 1, 40])] = change
        for reader in (lambda data: read_statements(data, "damaged"), read_status):
            try:
                reader(bytes(data))
            except Refused as refusal:
                assert refusal.problems
