"""What a bank sends: told by its content, read whole, or refused with the line and the field; nothing is guessed."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.kernel.problem import Refused
from app.modules.payments.domain import reasons
from app.modules.payments.domain.bank import (
    Account,
    Balance,
    BankFile,
    Charge,
    Entry,
    Exchange,
    Outcome,
    Statement,
    what_does_not_add_up,
)
from app.modules.payments.formats.reading import look_at_table, read_statements, read_status
from app.modules.payments.formats.telling import Told


def read(text: str | bytes) -> BankFile:
    return read_statements(text.encode() if isinstance(text, str) else text, "file")


def refusal(text: str | bytes) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        read(text)
    problem = caught.value.problems[0]
    return problem.code, problem.message


def only(text: str | bytes) -> tuple[Statement, Entry]:
    (statement,) = read(text).statements
    (entry,) = statement.entries
    return statement, entry


# --- camt -----------------------------------------------------------------------------------------------------------


def camt(entries: str = "", version: str = "camt.053.001.08", extra: str = "") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId>
<CreDtTm>2026-11-02T18:00:00+01:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id><ElctrncSeqNb>7</ElctrncSeqNb>
<Acct><Id><IBAN>AT611904300234573201</IBAN></Id><Ccy>EUR</Ccy></Acct>{extra}{entries}</Stmt></BkToCstmrStmt></Document>"""


def entry(amount: str = "100.00", side: str = "DBIT", details: str = "", more: str = "") -> str:
    return f"""<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{more}<Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-11-02</Dt></BookgDt><ValDt><DtTm>2026-11-03T00:00:00+01:00</DtTm></ValDt>
<AcctSvcrRef>B1</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls>{details}</NtryDtls></Ntry>"""


def balance(kind: str, amount: str, side: str = "CRDT") -> str:
    return f"""<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>
<Dt><Dt>2026-11-02</Dt></Dt></Bal>"""


DETAIL = """<TxDtls><Refs><EndToEndId>PAY-2026-00001</EndToEndId></Refs><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>
<AmtDtls><InstdAmt><Amt Ccy="USD">108.00</Amt><CcyXchg><SrcCcy>USD</SrcCcy><XchgRate>1.08</XchgRate></CcyXchg></InstdAmt></AmtDtls>
<Chrgs><Rcrd><Amt Ccy="EUR">1.50</Amt><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>
<RltdPties><Dbtr><Pty><Nm>We</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>AT611904300234573201</IBAN></Id></DbtrAcct>
<Cdtr><Pty><Nm>Jansen Bouw BV</Nm></Pty></Cdtr><CdtrAcct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></CdtrAcct></RltdPties>
<RltdAgts><CdtrAgt><FinInstnId><BICFI>ABNANL2A</BICFI></FinInstnId></CdtrAgt></RltdAgts>
<RmtInf><Ustrd>Invoice 114</Ustrd><Strd><RfrdDocInf><Nb>114</Nb></RfrdDocInf><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf>
</Strd></RmtInf></TxDtls>"""


def test_an_entry_of_camt_tells_everything_it_has() -> None:
    statement, found = only(camt(entry(details=DETAIL)))
    assert (statement.id, statement.number, statement.account.iban) == ("S1", "7", "AT611904300234573201")
    assert (found.amount, found.currency) == (Decimal("-100.00"), "EUR")
    assert (found.booked_on, found.value_on) == (date(2026, 11, 2), date(2026, 11, 3))
    assert (found.party.name, found.party.iban, found.party.bic) == ("Jansen Bouw BV", "NL91ABNA0417164300", "ABNANL2A")
    assert (found.remittance.text, found.remittance.reference) == ("Invoice 114", "RF18539007547034")
    assert (found.remittance.documents, found.references.end_to_end) == (("114",), "PAY-2026-00001")
    assert (found.references.bank, found.codes) == ("B1", ("PMNT/ICDT/ESCT",))
    assert found.exchange == Exchange(Decimal("108.00"), "USD", Decimal("1.08"))
    assert found.charges == (Charge(Decimal("1.50"), "EUR", True, None),)


@pytest.mark.parametrize("version", ["02", "04", "08", "13"])
def test_versions_with_a_prefix_without_a_namespace_and_in_an_envelope_read_the_same(version: str) -> None:
    plain = camt(entry(details=DETAIL), f"camt.053.001.{version}")
    bare = plain.replace(f' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"', "")
    prefixed = plain.replace("xmlns=", "xmlns:ns2=").replace("<?xml", "<!xml")
    prefixed = (
        prefixed.replace("</", "</ns2:")
        .replace("<", "<ns2:")
        .replace("<ns2:/ns2:", "</ns2:")
        .replace("<ns2:!xml", "<?xml")
    )
    wrapped = "<Envelope><Header/><Body>" + plain.split("?>", 1)[1] + "</Body></Envelope>"
    expected = read(plain)
    assert expected.format == f"camt.053.001.{version}"
    for text in (bare, prefixed, wrapped):
        assert read(text).entries[0].party == expected.entries[0].party
        assert read(text).entries[0].amount == expected.entries[0].amount


def test_a_batch_keeps_its_members_and_says_if_they_do_not_add_up() -> None:
    member = DETAIL.replace("100.00", "60.00")
    found = read(camt(entry(details=member + member.replace("60.00", "40.00"))))
    assert [each.amount for each in found.entries[0].members] == [Decimal("-60.00"), Decimal("-40.00")]
    assert found.statements[0].findings == ()
    torn = read(camt(entry(details=member + member)))
    assert [each.code for each in torn.statements[0].findings] == ["batch_differs"]


def test_a_returned_payment_names_the_supplier_and_the_reason() -> None:
    returned = (
        DETAIL.replace("DBIT", "CRDT")
        .replace("<RmtInf>", "<RmtInf>")
        .replace("</RmtInf>", "</RmtInf><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>")
    )
    text = camt(entry(side="CRDT", details=returned, more="<RvslInd>true</RvslInd>"))
    _, found = only(text)
    assert (found.amount, found.is_reversal, found.return_reason) == (Decimal("100.00"), True, "AC04")
    assert found.party.name == "Jansen Bouw BV"
    (status,) = read_status(text.encode()).statuses
    assert (status.outcome, status.causes[0].words) == (Outcome.RETURNED, "The account is closed")


def test_opening_entries_and_closing_are_added_up() -> None:
    right = read(camt(balance("OPBD", "150.00") + entry() + balance("CLBD", "50.00")))
    assert right.statements[0].findings == ()
    wrong = read(camt(balance("OPBD", "150.00") + entry() + balance("CLBD", "60.00")))
    (finding,) = wrong.statements[0].findings
    assert finding.code == "not_balanced"
    assert "+10.00 is not explained" in finding.message


def test_what_is_not_booked_yet_does_not_count() -> None:
    pending = entry().replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>PDNG</Sts>")
    found = read(camt(balance("OPBD", "150.00") + pending + balance("CLBD", "150.00"))).statements[0]
    assert (found.entries[0].is_booked, found.findings) == (False, ())


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (camt(entry("1,00")), "bad_amount", "Line 4: Amt is “1,00”"),
        (camt(entry("-1.00")), "bad_amount", "Amounts have no sign here"),
        (camt(entry(side="OUT")), "bad_direction", "It must be CRDT or DBIT"),
        (camt(entry().replace("2026-11-02", "2026-02-30")), "bad_date", "2026-02-30"),
        (camt(entry().replace('Ccy="EUR"', 'Ccy="euro"')), "bad_currency", "“euro”"),
        (camt().replace("Stmt>", "Other>"), "unknown_format", "“camt.053.001.08”"),
        (camt()[:-20], "not_xml", "not well-formed"),
        ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + camt().split("?>", 1)[1], "doctype", "DOCTYPE"),
        (camt().replace("<Document", "<!doctype html><Document"), "doctype", "DOCTYPE"),
        (camt().encode("utf-16"), "doctype", ""),
        ("<a>" * 300 + "</a>" * 300, "not_xml", ""),
        ("", "empty_file", "empty"),
        (b"\x00\x01\x02PK", "not_text", "not text"),
        ("Hello", "unknown_format", "Upload camt.053"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_the_place_and_the_reason(text: str | bytes, code: str, words: str) -> None:
    if isinstance(text, bytes) and code == "doctype":
        text = camt().replace("<Document", "<!DOCTYPE a><Document").replace("UTF-8", "UTF-16").encode("utf-16")
    found, message = refusal(text)
    assert found == code
    assert words in message


# --- MT940 ----------------------------------------------------------------------------------------------------------

MT940 = """:20:STARTUMS
:25:AT611904300234573201
:28C:00027/001
:60F:C261101EUR1000,00
:61:2611021102DR100,00NTRFNONREF//B1
:86:116?00SEPA?20EREF+PAY-2026-00001?21SVWZ+Invoice 114?30ABNANL2A?31NL91ABNA0417164300?32Jansen Bouw?33 BV
:61:2611021102RC5,00NTRFNONREF
:86:some words
:62F:C261102EUR895,00
-
:20:SECOND
:25:12345678/1020304050EUR
:28C:1
:60F:C261101EUR0,
:62F:C261101EUR0,
-
"""


def test_mt940_is_read_statement_by_statement() -> None:
    found = read(MT940)
    first, second = found.statements
    assert (found.format, first.account, first.number) == (
        "MT940", Account(iban="AT611904300234573201", currency="EUR"), "00027/001",
    )  # fmt: skip
    paid, reversed_ = first.entries
    assert (paid.amount, paid.references.end_to_end, paid.remittance.text) == (
        Decimal("-100.00"), "PAY-2026-00001", "Invoice 114",
    )  # fmt: skip
    assert (paid.party.name, paid.party.iban, paid.party.bic) == ("Jansen Bouw BV", "NL91ABNA0417164300", "ABNANL2A")
    assert (reversed_.amount, reversed_.is_reversal) == (Decimal("-5.00"), True)
    assert [each.findings for each in found.statements] == [(), ()]
    assert (second.account.number, second.account.currency) == ("12345678/1020304050", "EUR")


def test_mt940_in_envelopes_and_with_other_line_ends_reads_the_same() -> None:
    expected = read(MT940).entries
    wrapped = "{1:F01BANKXXXX}{2:O940BANKXXXXN}{4:\n" + MT940.split("-\n:20:SECOND", maxsplit=1)[0] + "-}{5:}\n"
    assert read(wrapped).entries == expected
    assert read(MT940.replace("\n", "\r\n")).entries == expected
    assert read(b"\xef\xbb\xbf" + MT940.encode()).entries == expected


def test_a_field_of_mt940_that_cannot_be_read_is_named_with_its_line() -> None:
    code, message = refusal(MT940.replace(":61:2611021102DR100,00", ":61:26110X1102DR100,00"))
    assert code == "bad_field"
    assert message.startswith("Line 5: Field 61 holds")


def test_the_name_of_a_file_on_disk_is_not_opened(tmp_path: Any) -> None:
    secret = tmp_path / "secret.sta"
    secret.write_text(MT940)
    assert refusal(str(secret))[0] == "unknown_format"


def test_other_encodings_are_read_and_said() -> None:
    found = read(MT940.replace("Jansen", "Müller").encode("cp1252"))
    assert found.entries[0].party.name == "Müller Bouw BV"
    assert (found.encoding, found.findings[0].code) == ("windows-1252", "assumed_encoding")


# --- BAI2 -----------------------------------------------------------------------------------------------------------

BAI2 = """01,122099999,123456789,261102,0200,1,,,2/
02,031001234,122099999,1,261102,2359,USD,2/
03,0123456789,,010,100000,,,015,95000,,/
16,475,10000,V,261103,,B1,CHK 7,INVOICE 114, SECOND PART/
88,EREF: PAY-2026-00001
16,195,5000,0,B2,,/
49,210000,5/
98,210000,1,7/
99,210000,1,9/
"""


def test_bai2_is_read_with_signs_by_type_and_text_to_the_end() -> None:
    found = read(BAI2)
    (statement,) = found.statements
    paid, received = statement.entries
    assert (paid.amount, paid.value_on, paid.booked_on) == (Decimal("-100.00"), date(2026, 11, 3), date(2026, 11, 2))
    assert (paid.references.end_to_end, paid.references.bank) == ("PAY-2026-00001", "B1")
    assert paid.remittance.text == "INVOICE 114, SECOND PART EREF: PAY-2026-00001"
    assert (received.amount, received.codes) == (Decimal("50.00"), ("195",))
    assert statement.findings == ()


def test_a_control_total_of_bai2_that_differs_is_a_finding() -> None:
    found = read(BAI2.replace("49,210000", "49,210001"))
    assert [each.code for each in found.statements[0].findings] == ["control_differs"]


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("99,210000,1,9/\n", "", "truncated", "record 99"),
        ("16,475,10000", "16,475,100.00", "bad_amount", "Line 4"),
        ("16,475", "16,890", "bad_code", "neither credit"),
        ("16,475,10000,V", "16,475,10000,Q", "bad_funds", "“Q”"),
        ("88,EREF", "87,EREF", "bad_record", "Line 5"),
        ("261102,2359,USD", "261302,2359,USD", "bad_date", "Line 2"),
        ("2359,USD", "2359,DOL", "bad_currency", "“DOL”"),
    ],
)
def test_a_broken_record_of_bai2_is_named(old: str, new: str, code: str, words: str) -> None:
    found, message = refusal(BAI2.replace(old, new))
    assert found == code
    assert words in message


# --- OFX ------------------------------------------------------------------------------------------------------------

OFX = """OFXHEADER:100
DATA:OFXSGML

<OFX><BANKMSGSRSV1><STMTTRNRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>EUR
<BANKACCTFROM><BANKID>1<ACCTID>123<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20261101<DTEND>20261130
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20261102120000[-5:EST]<TRNAMT>-100,50<FITID>F1<NAME>Jansen &amp; Co<MEMO>Invoice 114</STMTTRN>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261103<TRNAMT>5.00<FITID>F2<PAYEE><NAME>Other</PAYEE></STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>900.00<DTASOF>20261130</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""


def test_ofx_with_open_tags_is_read() -> None:
    (statement,) = read(OFX).statements
    first, second = statement.entries
    assert (first.amount, first.party.name, first.booked_on) == (Decimal("-100.50"), "Jansen & Co", date(2026, 11, 2))
    assert (second.party.name, second.references.bank) == ("Other", "F2")
    assert statement.closing == Balance("CLBD", Decimal("900.00"), "EUR", date(2026, 11, 30))


def test_ofx_refuses_what_it_cannot_place() -> None:
    assert refusal(OFX.replace("-100,50", "1,000.50"))[0] == "bad_amount"
    assert refusal(OFX.replace("<DTPOSTED>20261103", ""))[1].startswith("Line 8: The transaction has no date")
    assert refusal(OFX.replace("<ACCTID>123", ""))[0] == "no_account"


# --- CSV ------------------------------------------------------------------------------------------------------------

SPARKASSE = """"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Kundenreferenz (End-to-End)";\
"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";"Waehrung";"Info"
"DE89370400440532013000";"03.11.26";"04.11.26";"UEBERWEISUNG";"RE 2026-114";"PAY-2026-00017";"Müller; GmbH";\
"DE02120300000000202051";"BYLADEM1001";"-1.234,50";"EUR";"gebucht"
"""
ING = """"Datum","Naam / Omschrijving","Rekening","Tegenrekening","Code","Af Bij","Bedrag (EUR)","Mutatiesoort","Mededelingen"
"20261103","Jansen BV","NL91ABNA0417164300","NL02ABNA0123456789","GT","Af","1234,50","Online","Factuur 17"
"20261104","Piet","NL91ABNA0417164300","","GT","Bij","10,00","Online","Terug"
"""
FRENCH = """Compte;12345
Date de comptabilisation;Libellé opération;Débit;Crédit;Devise
03/11/2026;VIR JANSEN;"1 234,50";;EUR
25/11/2026;VIR RECU;;10,00;EUR
"""
ENGLISH = """Date,Description,Paid out,Paid in,Balance
03/11/2026,ACME,"1,200.00",,800.00
25/11/2026,Refund,,10.00,810.00
"""


def test_a_german_table_is_read() -> None:
    statement, found = only(SPARKASSE)
    assert statement.account == Account(iban="DE89370400440532013000", currency="EUR")
    assert (found.amount, found.currency) == (Decimal("-1234.50"), "EUR")
    assert (found.booked_on, found.value_on) == (date(2026, 11, 3), date(2026, 11, 4))
    assert (found.party.name, found.party.iban) == ("Müller; GmbH", "DE02120300000000202051")
    assert found.references.end_to_end == "PAY-2026-00017"
    assert [each.message for each in read(SPARKASSE).findings] == ["These columns are not read: “Info”."]


def test_a_dutch_table_tells_the_sign_in_a_column() -> None:
    found = read(ING)
    assert [each.amount for each in found.entries] == [Decimal("-1234.50"), Decimal("10.00")]
    assert {each.currency for each in found.entries} == {"EUR"}
    assert found.statements[0].account.iban == "NL91ABNA0417164300"


def test_french_and_english_tables_have_a_column_for_each_side() -> None:
    assert [each.amount for each in read(FRENCH).entries] == [Decimal("-1234.50"), Decimal("10.00")]
    statement = read(ENGLISH).statements[0]
    assert [each.amount for each in statement.entries] == [Decimal("-1200.00"), Decimal("10.00")]
    assert (statement.opening, statement.closing) == (
        Balance("OPBD", Decimal("2000.00"), None, date(2026, 11, 3)),
        Balance("CLBD", Decimal("810.00"), None, date(2026, 11, 25)),
    )


def test_a_missing_row_breaks_the_running_balance() -> None:
    text = ENGLISH + "26/11/2026,Coffee,5.00,,700.00\n"
    found = [each for each in read(text).statements[0].findings if each.code == "balance_breaks"]
    assert found
    assert "line 4" in found[0].message


def test_the_newest_row_may_come_first() -> None:
    head, *rows = ENGLISH.strip().split("\n")
    statement = read("\n".join([head, *rows[::-1]])).statements[0]
    assert statement.opening is not None
    assert statement.opening.amount == Decimal("2000.00")


def table(*rows: str, head: str = "Booking date;Amount;Currency") -> str:
    return "\n".join([head, *rows]) + "\n"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (
            table("03/04/2026;1.50;EUR"),
            "ambiguous_dates",
            "Column “Booking date” can be read in two ways: “03/04/2026”",
        ),
        (table("2026-04-03;1.500;EUR"), "ambiguous_amounts", "Column “Amount” can be read in two ways: “1.500”"),
        (table("2026-04-03;1,5;EUR", "2026-04-03;1.5;EUR"), "mixed_amounts", "(line 3)"),
        (table("13/04/2026;1.5;EUR", "04/13/2026;1.5;EUR"), "mixed_dates", "(line 3)"),
        (table("2026-04-03;EUR 1.50 or so;EUR"), "bad_amount", "Line 2: Column “Amount”"),
        (table("3 of April;1.50;EUR"), "bad_date", "Line 2: Column “Booking date”"),
        (table("2026-04-03;1.50;Euro"), "bad_currency", "“Euro”"),
        (table("2026-04-03;1.50;EUR;more"), "bad_row", "4 values for 3 columns"),
        (table(";1.50;EUR"), "missing_date", "Line 2"),
        (table("2026-04-03;;EUR"), "missing_amount", "Line 2"),
        (table('2026-04-03;"1.50;EUR'), "bad_row", "quotation marks"),
        (table(), "no_statement", "no rows"),
        (table("2026-04-03;1;2", head="Booking date;Amount;Betrag"), "ambiguous_column", "“Amount” and “Betrag”"),
        (table("2026-04-03;1;2", head="Date;Debit;Credit"), "two_amounts", "both a debit"),
        (table("2026-04-03;-1;Bij", head="Datum;Bedrag;Af Bij"), "two_signs", "minus"),
        (table("2026-04-03;1;Neither", head="Datum;Bedrag;Af Bij"), "bad_direction", "“Neither”"),
        (table("2026-04-03;1,234,56;EUR"), "bad_amount", "“1,234,56”"),
    ],
)
def test_what_a_table_leaves_open_is_refused_with_its_column(text: str, code: str, words: str) -> None:
    found, message = refusal(text)
    assert found == code
    assert words in message


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1.234.567,89", "1234567.89"), ("1'234.50", "1234.50"), ("1 234,50", "1234.50"), ("(5.25)", "-5.25"), ("5.25-", "-5.25"),
        ("\u22125.25", "-5.25"), ("€ 5.25", "5.25"), ("5.25 EUR", "5.25"), ("5.25 DR", "-5.25"), (".25", "0.25"), ("1.234.567", "1234567"),
        ("+5", "5"),
    ],
)  # fmt: skip
def test_amounts_are_read_however_they_are_written(written: str, amount: str) -> None:
    assert only(table(f'2026-04-03;"{written}";EUR'))[1].amount == Decimal(amount)


@pytest.mark.parametrize(
    "written", ["2026-04-13", "20260413", "13.04.2026", "13.4.26", "13/04/2026", "13 Apr 2026", "13-avr.-26"]
)
def test_dates_are_read_however_they_are_written(written: str) -> None:
    assert only(table(f"{written};1.50;EUR"))[1].booked_on == date(2026, 4, 13)


def test_one_telling_value_settles_all_others() -> None:
    found = read(table("03/04/2026;1.500;EUR", "25/04/2026;2.50;EUR"))
    assert [(each.booked_on, each.amount) for each in found.entries] == [
        (date(2026, 4, 3), Decimal("1.500")), (date(2026, 4, 25), Decimal("2.50")),
    ]  # fmt: skip


def test_valuta_is_the_value_date_in_german_and_the_currency_in_dutch() -> None:
    assert only(table("03.04.2026;04.04.2026;1", head="Buchungstag;Valuta;Betrag"))[1].value_on == date(2026, 4, 4)
    assert only(table("03.04.2026;EUR;1", head="Datum;Valuta;Bedrag"))[1].currency == "EUR"


def test_rows_of_several_accounts_and_currencies_are_statements_of_their_own() -> None:
    text = table("A;2026-04-03;1;EUR", "B;2026-04-03;2;EUR", "A;2026-04-03;3;USD", head="Account;Date;Amount;Currency")
    found = read(text).statements
    assert [(each.account.number, each.account.currency) for each in found] == [
        ("A", "EUR"),
        ("B", "EUR"),
        ("A", "USD"),
    ]


# --- status ---------------------------------------------------------------------------------------------------------

PAIN002 = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><GrpHdr><MsgId>B</MsgId>
<CreDtTm>2026-11-02T18:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>RUN-1</OrgnlMsgId><OrgnlMsgNmId>pain.001</OrgnlMsgNmId>
<GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>RUN-1-1</OrgnlPmtInfId><PmtInfSts>ACSC</PmtInfSts>
<TxInfAndSts><OrgnlEndToEndId>P1</OrgnlEndToEndId><OrgnlTxRef><Amt><InstdAmt Ccy="EUR">5.00</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>
<TxInfAndSts><OrgnlEndToEndId>P2</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn><AddtlInf>kein Geld</AddtlInf>
</StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"""


def test_a_status_report_goes_from_the_file_to_the_payment() -> None:
    report = read_status(PAIN002.encode())
    assert (report.original, report.format) == ("RUN-1", "pain.002.001.10")
    assert [(each.batch, each.end_to_end, each.outcome) for each in report.statuses] == [
        (None, None, Outcome.PARTLY),
        ("RUN-1-1", None, Outcome.SETTLED),
        ("RUN-1-1", "P1", Outcome.SETTLED),
        ("RUN-1-1", "P2", Outcome.REJECTED),
    ]
    assert report.statuses[2].amount == Decimal("5.00")
    (cause,) = report.statuses[3].causes
    assert (cause.code, cause.words, cause.text) == ("AM04", "The money on our account is not enough", "kein Geld")


def test_a_code_nobody_published_keeps_the_banks_own_words() -> None:
    assert reasons.cause("Z99", "because").words == "The bank's own reason Z99"
    assert reasons.cause(None).words == "The bank gave no code"


@pytest.mark.parametrize("text", ["Hello", camt().replace("BkToCstmrStmt", "Other"), "101 nothing", ""])
def test_what_is_no_status_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_status(text.encode())


# --- anything at all ------------------------------------------------------------------------------------------------

SAMPLES = [camt(entry(details=DETAIL)), MT940, BAI2, OFX, SPARKASSE, ING, FRENCH, ENGLISH, PAIN002]


@given(st.binary(max_size=400))
@example(b"\xff\xfe<\x00a\x00")
@example(b"<?xml version='1.0' encoding='utf-7'?><a/>")
@example(b":20:\n:61:")
def test_random_bytes_are_refused(data: bytes) -> None:
    for reader in (lambda data: read_statements(data, "x"), read_status):
        with pytest.raises(Refused):
            reader(data)


@settings(max_examples=150)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 40), st.binary(max_size=12)), max_size=4),
)
def test_a_damaged_file_is_read_or_refused(text: str, damage: list[tuple[int, int, bytes]]) -> None:
    data = bytearray(text.encode())
    for at, gone, put in damage:
        at %= len(data) + 1
        data[at : at + gone] = put
    for reader in (lambda data: read_statements(data, "x"), read_status):
        try:
            reader(bytes(data))
        except Refused as refused:
            assert all(problem.message.endswith((".", ")")) for problem in refused.problems)


def test_mixed_currencies_cannot_be_added_up_and_say_so() -> None:
    statement = Statement(
        "S", None, Account(iban="AT611904300234573201"), (Entry(Decimal(1), "SEK"),),
        (Balance("OPBD", Decimal(0), "EUR", None), Balance("CLBD", Decimal(1), "EUR", None)),
    )  # fmt: skip
    assert [each.code for each in what_does_not_add_up(statement)] == ["mixed_currencies"]


def test_entries_without_a_type_do_not_write_over_each_other() -> None:
    text = MT940.replace("NTRFNONREF//B1", "").replace(":61:2611021102RC5,00NTRFNONREF", ":61:2611021102RC5,00")
    assert [each.amount for each in read(text).entries] == [Decimal("-100.00"), Decimal("-5.00")]


def test_dutch_fields_between_slashes_are_told_apart() -> None:
    details = (
        ":86:/EREF/PAY-2026-00001/CNTP/NL02ABNA0123456789/ABNANL2A/Jansen BV///REMI/USTD//Invoice 114/\n"
        ":62F:C261102EUR900,00\n"
    )
    _, found = only(MT940.split(":86:", maxsplit=1)[0] + details)
    assert (found.party.name, found.party.iban, found.party.bic) == ("Jansen BV", "NL02ABNA0123456789", "ABNANL2A")
    assert (found.references.end_to_end, found.remittance.text) == ("PAY-2026-00001", "Invoice 114")


# --- Dialects -------------------------------------------------------------------------------------------------------


def amounts(text: str) -> list[str]:
    return [f"{entry.amount:f}" for entry in read(text).entries]


def test_a_correction_among_debits_and_credits_keeps_its_sign() -> None:
    rows = table("2026-03-02;40.00;", "2026-03-03;-40.00;", "2026-03-04;;-15.00", head="Booking date;Debit;Credit")
    assert amounts(rows) == ["-40.00", "40.00", "-15.00"]


def test_debits_that_all_have_a_minus_leave_the_account() -> None:
    rows = table("2026-03-02;-40.00;", "2026-03-03;-5.00;", "2026-03-04;;15.00", head="Booking date;Debit;Credit")
    assert amounts(rows) == ["-40.00", "-5.00", "15.00"]


def test_a_column_that_says_debit_or_credit_is_the_sign_of_amounts_without_one() -> None:
    rows = table("2026-03-02;40.00;debit", "2026-03-03;15.00;credit", head="Date;Amount;Transaction type")
    assert amounts(rows) == ["-40.00", "15.00"]


def test_a_sign_that_is_said_twice_counts_once() -> None:
    rows = table("2026-03-02;-40.00;D", "2026-03-03;15.00;C", head="Date;Amount;D/C")
    assert amounts(rows) == ["-40.00", "15.00"]


def test_balances_and_repeated_headings_among_the_rows_are_no_movements() -> None:
    head = "Date;Description;Amount;Balance"
    rows = (
        "2026-03-01;Opening balance;100.00;100.00",
        "2026-03-02;Paper;-40.00;60.00",
        head,
        "2026-03-03;;;60.00",
        "2026-03-04;Turnover;-40.00;",
    )
    found = read(table(*rows, head=head))
    assert [f"{entry.amount:f}" for entry in found.entries] == ["-40.00"]
    assert [finding.code for finding in found.findings] == ["row_skipped"] * 4
    assert {finding.where for finding in found.findings} == {"line 2", "line 4", "line 5", "line 6"}


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("Bogført dato;Tekst;Beløb;Saldo", "02.03.2026;Papir;-40,00;60,00"),
        ("Bokföringsdag;Beskrivning;Belopp;Saldo", "2026-03-02;Papper;-40,00;60,00"),
        ("Data operacji;Data księgowania;Opis operacji;Kwota", "01/03/2026;02/03/2026;Papier;-40,00"),
        ("Datum provedení;Zpráva pro příjemce;Částka;Měna", "02.03.2026;Papír;-40,00;CZK"),
        ("Fecha operación;Concepto;Importe;Divisa", "02/03/2026;Papel;-40,00;EUR"),
        ("Data contabile;Descrizione;Dare;Avere", "02/03/2026;Carta;-40,00;"),
        ("Transaction date;Posting date;VWZ1;VWZ2;Amount EUR", "2026-02-27;2026-03-02;Paper;A4;-40.00"),
    ],
)
def test_tables_of_many_countries_are_read_with_the_day_first_where_only_days_come_first(head: str, row: str) -> None:
    (only_entry,) = read(table(row, head=head)).entries
    assert (f"{only_entry.amount:f}", str(only_entry.booked_on)) == ("-40.00", "2026-03-02")
    assert only_entry.remittance.text


def test_a_table_without_known_headings_is_told_which_ones_it_needs() -> None:
    code, words = refusal(table("1;2026-03-02;4", "2;2026-03-03;5", head="Nr;Wann;Wieviel"))
    assert code == "no_headings"
    assert "Name the columns Date and Amount" in words
    assert "“Nr”, “Wann”, “Wieviel”" in words


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04....xl/workbook.xml", "an Excel workbook. Save it as CSV."),
        (b"PK\x03\x04....camt.xml", "a ZIP archive. Unpack it"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"!Type:Bank\nD3/2/26\nT-40.00\n^\n", "is QIF"),
        (b"<Invoice><ID>7</ID></Invoice>", "holds \u201cInvoice\u201d"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "is a web page"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt/></Document>', "payment run"),
    ],
)  # fmt: skip
def test_what_is_no_statement_is_called_by_its_name(data: bytes, words: str) -> None:
    code, told = refusal(data)
    assert code == "unknown_format"
    assert words in told


def test_ofx_with_a_period_that_is_no_date_is_read_and_says_so() -> None:
    odd = OFX.replace("<BANKTRANLIST>", "<BANKTRANLIST><DTSTART>010326<DTEND>20260331")
    found = read(odd)
    assert found.entries == read(OFX).entries
    assert [finding.code for finding in found.statements[0].findings] == ["bad_date"]


def test_ofx_amounts_may_have_spaces_between_thousands() -> None:
    assert amounts(re.sub(r"<TRNAMT>[^<\n]*", "<TRNAMT>+1 006.60", OFX, count=1))[0] == "1006.60"


@pytest.mark.parametrize("mark", ["<", "~", "^", ">"])
def test_parts_of_field_86_are_told_apart_whatever_sign_marks_them(mark: str) -> None:
    told = f":86:020{mark}00PRZELEW{mark}20Faktura 7/2026?{mark}21za papier{mark}32PAPIRUS"
    text = f":20:1\n:25:PL61109010140000071219812874\n:28C:1/1\n:60F:C260301PLN100,00\n:61:260302D40,00NTRFNONREF\n{told}\n:62F:C260302PLN60,00\n"
    statement, entry = only(text)
    assert (entry.party.name, entry.remittance.text) == ("PAPIRUS", "Faktura 7/2026?za papier")
    assert statement.findings == ()


def test_the_currency_beside_each_of_two_amounts_is_one_column() -> None:
    rows = table("2026-03-02;60,00;EUR;-40,00;EUR", head="Buchung;Saldo;Währung;Betrag;Währung")
    assert only(rows)[1].currency == "EUR"
    code, words = refusal(table("2026-03-02;60,00;EUR;-40,00;USD", head="Buchung;Saldo;Währung;Betrag;Währung"))
    assert (code, "both hold the currency" in words) == ("ambiguous_column", True)


def test_valuta_is_the_currency_also_beside_a_value_date_and_never_stands_in_for_a_date() -> None:
    assert (
        only(table("SEK;2026-03-02;2026-03-03;-40,00", head="Valuta;Bokföringsdag;Valutadag;Belopp"))[1].currency
        == "SEK"
    )
    code, words = refusal(table("2026/03/02;-40,00;DKK", head="Unknown day;Beløb;Valuta"))
    assert (code, "Name it Date" in words) == ("no_headings", True)


def test_only_a_currency_that_exists_is_taken_from_a_heading() -> None:
    assert only(table("2026-03-02,-40.00", head="Date (UTC),Amount"))[1].currency is None
    assert only(table("2026-03-02,-40.00", head="Date (UTC),Amount (CHF)"))[1].currency == "CHF"


def test_the_one_iban_of_the_rows_is_not_ours_where_ours_stands_above_the_table() -> None:
    head = "Konto;DE89370400440532013000;;\n\nBuchungsdatum;Zahlungsempfänger;IBAN;Betrag"
    rows = ("02.03.26;Vega;DE02120300000000202051;-40", "03.03.26;Vega;DE02120300000000202051;-5,00")
    (statement,) = read(table(*rows, head=head)).statements
    assert statement.account.iban == "DE89370400440532013000"
    assert {entry.party.iban for entry in statement.entries} == {"DE02120300000000202051"}


def test_lines_of_text_below_the_table_are_left_out_and_said() -> None:
    rows = table(
        "2026-03-02;Paper;-40.00", ";;", "Closing balance;60.00 EUR;", "Made by the bank;;", head="Date;Details;Amount"
    )
    found = read(rows)
    assert [f"{entry.amount:f}" for entry in found.entries] == ["-40.00"]
    assert [finding.where for finding in found.findings] == ["line 4", "line 5"]


UNKNOWN = "Wann;Wer;Soviel\n03.04.2026;Vega;12,50\n04.04.2026;Bank;-4,50\n"


def test_what_was_said_of_the_columns_comes_before_their_headings() -> None:
    told = Told({"A": "booked_on", "wer": "name", "Soviel": "amount"}, dates="month", currency="EUR", sign="reversed")
    [statement] = read_statements(UNKNOWN.encode(), "t.csv", told).statements
    assert [(str(each.booked_on), each.amount, each.currency) for each in statement.entries] == [
        ("2026-03-04", Decimal("-12.50"), "EUR"),
        ("2026-04-04", Decimal("4.50"), "EUR"),
    ]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"Wann": "birthday"}, "unknown_field"),
        ({"Niemand": "name"}, "unknown_column"),
        ({"Wann": "booked_on"}, "columns_missing"),
        ({"Wann": "booked_on", "Wer": "amount", "Soviel": "amount"}, "ambiguous_column"),
    ],
)
def test_what_cannot_be_so_is_refused(said: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_statements(UNKNOWN.encode(), "t.csv", Told(said))
    assert refusal.value.problems[0].code == code


def test_a_table_can_be_looked_at_before_anything_is_said() -> None:
    heads, guessed, rows = look_at_table(b"x\nWann;Betrag;Wer\n1.2.2026;5,00;Vega\n", "t.csv")
    assert (heads, guessed, rows) == (["Wann", "Betrag", "Wer"], [None, "amount", None], [["1.2.2026", "5,00", "Vega"]])
