"""What a file is told by, what is refused and with which words, and what is read out of what is taken."""

from __future__ import annotations

import codecs
import re
from datetime import date
from decimal import Decimal

import pytest

from app.infra.xml import parsing as xml
from app.modules.invoices.domain.arithmetic import recompute
from app.modules.invoices.domain.document import EarlyPayment, Identifier
from app.modules.invoices.domain.facts import facts
from app.modules.invoices.domain.verdict import Verdict
from app.modules.invoices.einvoice import reading, ubl
from app.modules.invoices.einvoice.limits import MEGABYTE, STANDARD, Limits, Unreadable
from app.modules.invoices.einvoice.profiles import profile_name
from app.modules.invoices.einvoice.terms import early_payments
from app.modules.invoices.einvoice.wording import plain, schema_words
from tests.unit.einvoice_samples import CII, UBL, ZUGFERD1


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch):
    """Rules take a second to compile; what they say is tried in tests/einvoice."""
    monkeypatch.setattr(reading, "validate", lambda kind, root, profile, limits: Verdict("valid", kind))


def read(data: bytes | str, name: str = "file", limits: Limits = STANDARD) -> reading.Reading:
    return reading.read(data.encode() if isinstance(data, str) else data, name, limits)


def parsed(data: bytes | str):
    found = read(data)
    assert found.refusal is None, found.refusal
    return found.documents[0].parsed


@pytest.mark.parametrize(
    ("data", "kind"), [(UBL, "ubl_invoice"), (CII, "cii"), (ZUGFERD1, "zugferd1")], ids=["ubl", "cii", "zugferd1"]
)
def test_the_kind_is_told_by_content_whatever_the_name(data, kind):
    for name in ("a.xml", "a.pdf", "a.csv", "a"):
        assert read(data, name).kind == kind


@pytest.mark.parametrize("data", [UBL, CII, ZUGFERD1], ids=["ubl", "cii", "zugferd1"])
def test_the_same_invoice_reads_the_same_in_every_format(data):
    invoice = parsed(data)
    assert (invoice.number, invoice.issued_on, invoice.currency) == ("R-17", date(2026, 1, 31), "EUR")
    assert (invoice.seller.name, invoice.seller.tax_ids) == ("Muster & Söhne", ("DE123456789",))
    assert (invoice.buyer.name, invoice.references.order) == ("Outlay Ltd", "PO-1")
    assert invoice.payment_means[0].account == "DE75512108001245126199"
    line = invoice.lines[0]
    assert (line.name, line.quantity, line.price, line.net) == ("Stuhl", Decimal(2), Decimal(50), Decimal(100))
    assert (line.order_line, line.tax_category, line.tax_rate) == ("10", "S", Decimal(19))
    assert (invoice.totals.net, invoice.totals.tax, invoice.totals.payable) == (100, 19, 119)


@pytest.mark.parametrize(
    "data",
    [
        UBL.encode("utf-16"),
        UBL.replace("UTF-8", "UTF-16").encode("utf-16"),
        UBL.replace("UTF-8", "UTF-16").encode("utf-16-be"),
        codecs.BOM_UTF8 + UBL.encode(),
        UBL.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        UBL.encode("cp1252"),
        UBL.replace("UTF-8", "UTF-16").encode(),
        b"\n\n " + UBL.encode(),
    ],
    ids=[
        "wide-but-says-utf8",
        "utf16",
        "utf16-no-mark",
        "marked",
        "latin1",
        "says-utf8-is-1252",
        "says-utf16-is-utf8",
        "spaces",
    ],
)
def test_encodings_are_read_even_where_the_declaration_lies(data):
    assert parsed(data).seller.name == "Muster & Söhne"


def test_a_lying_encoding_is_noted():
    found = read(UBL.encode("cp1252")).documents[0].verdict.findings
    assert [finding.rule for finding in found] == ["OUT-ENCODING"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("<a><b></a>", "not_well_formed"),
        ("<a>", "not_well_formed"),
        ("<FatturaElettronica/>", "other_document"),
        ('<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>', "other_document"),
        (b"PK\x03\x04" + b"\0" * 30, "other_file"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 30, "other_file"),
        (bytes(range(256)) * 4, "other_file"),
        ('{"a": 1, "b": 2}', "other_file"),
        ("Dear Sir or Madam", "other_file"),
        ("a,b\n1,2\n", "unknown_columns"),
    ],
)
def test_what_is_no_invoice_is_refused_with_a_code_and_a_sentence(data, code):
    found = read(data)
    assert found.refused
    assert found.refusal is not None
    assert found.refusal.code == code
    assert found.refusal.text.endswith(".")


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE Invoice SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Invoice [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE Invoice [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]>',
        "<!DOCTYPE Invoice>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_any_document_type_is_refused_before_anything_else_sees_it(prolog, encoding, monkeypatch):
    monkeypatch.setattr(ubl, "read", lambda *_: pytest.fail("a document with a DOCTYPE was read"))
    found = read(UBL.replace("<Invoice", prolog + "<Invoice", 1).encode(encoding))
    assert found.refusal is not None
    assert found.refusal.code == "doctype"


def test_an_entity_nobody_defined_is_not_well_formed():
    assert read(UBL.replace("Stuhl", "&xxe;")).refusal.code == "not_well_formed"


@pytest.mark.parametrize(
    ("data", "limits", "code"),
    [
        ("<a>" * 120 + "</a>" * 120, Limits(), "too_deep"),
        ("<a>" + "<b/>" * 500 + "</a>", Limits(elements=400), "too_many_parts"),
        ("<a " + " ".join(f'b{n}="1"' for n in range(70)) + "/>", Limits(), "too_many_parts"),
        ("<a>" + "x" * 2000 + "</a>", Limits(file=1000), "too_large"),
        ("<a>" + "x" * 2000 + "</a>", Limits(xml=1000), "too_large"),
    ],
    ids=["deep", "many elements", "many attributes", "large file", "large xml"],
)
def test_what_is_too_much_is_refused(data, limits, code):
    assert read(data, limits=limits).refusal.code == code


def test_a_deep_document_costs_no_stack():
    assert read("<a>" * 100_000).refusal.code == "too_deep"


def test_an_envelope_of_the_network_is_opened():
    body = UBL.split("?>", 1)[1]
    name = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
    envelope = f'<e:StandardBusinessDocument xmlns:e="{name}"><e:StandardBusinessDocumentHeader/>{body}</e:StandardBusinessDocument>'
    assert parsed(envelope).number == "R-17"


def test_what_is_neither_amount_nor_day_is_kept_aside():
    invoice = parsed(
        UBL.replace('PayableAmount currencyID="EUR">119', 'PayableAmount currencyID="EUR">1E9999999').replace(
            "2026-01-31", "31 January"
        )
    )
    assert (invoice.totals.payable, invoice.issued_on) == (None, None)
    assert invoice.unread == ("IssueDate: 31 January", "PayableAmount: 1E9999999")


def test_markup_in_a_name_stays_text():
    assert (
        parsed(UBL.replace("Stuhl", "&lt;script&gt;alert(1)&lt;/script&gt;")).lines[0].name
        == "<script>alert(1)</script>"
    )


def test_an_enclosure_is_kept_up_to_a_size():
    enclosed = """<cac:AdditionalDocumentReference><cbc:ID>A1</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject
        mimeCode="text/csv" filename="hours.csv">aG91cnM=</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>
        </cac:AdditionalDocumentReference><cac:AccountingSupplierParty>"""
    data = UBL.replace("<cac:AccountingSupplierParty>", enclosed, 1)
    (kept,) = parsed(data).enclosures
    assert (kept.name, kept.media_type, kept.content, kept.too_large) == ("hours.csv", "text/csv", b"hours", False)
    (named,) = read(data, limits=Limits(enclosure=3)).documents[0].parsed.enclosures
    assert (named.content, named.too_large) == (None, True)


def test_a_credit_note_a_deposit_and_a_self_billed_invoice_are_told_apart():
    assert parsed(UBL.replace(">380<", ">381<")).kind == "credit_note"
    assert parsed(UBL.replace(">380<", ">386<")).kind == "deposit"
    assert parsed(UBL.replace(">380<", ">384<")).kind == "corrected"
    assert parsed(CII.replace(">380<", ">389<")).self_billed


def test_discounts_written_into_the_terms_are_found():
    text = "Zahlbar sofort.\n#SKONTO#TAGE=14#PROZENT=2.25#\n#SKONTO#TAGE=28#PROZENT=1.00#BASISBETRAG=252.94#\n"
    assert early_payments(text) == (
        EarlyPayment(Decimal("2.25"), 14),
        EarlyPayment(Decimal("1.00"), 28, base=Decimal("252.94")),
    )


def test_the_seller_is_known_by_its_electronic_address():
    assert parsed(UBL).seller.endpoint == Identifier("4012345000009", "0088")


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("urn:cen.eu:en16931:2017", "EN 16931"),
        ("urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0", "XRechnung 3.0"),
        ("urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0", "Peppol BIS Billing 3"),
        ("urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended", "Factur-X EXTENDED"),
        ("urn:factur-x.eu:1p0:minimum", "Factur-X MINIMUM"),
        ("urn:factur-x.eu:1p0:basicwl", "Factur-X BASIC WL"),
        ("urn:ferd:CrossIndustryDocument:invoice:1p0:comfort", "ZUGFeRD 1.0 comfort"),
        ("urn:somebody:else", "urn:somebody:else"),
    ],
)
def test_profiles_have_names_for_people(identifier, name):
    assert profile_name(identifier, "cii") == name


def test_rules_are_told_in_a_sentence():
    text = "[BR-16]-An Invoice shall have at least one Invoice line (BG-25)."
    assert plain("BR-16", text) == ("An Invoice must have at least one Invoice line.", ("BG-25",))
    assert plain("BR-CO-10", "[BR-CO-10]-Sum (BT-106) = …")[0] == "The total of the lines is not the sum of the lines."
    assert "reverse charge" in plain("BR-AE-09", "")[0]
    assert schema_words("Element '{urn:x}DueDate': This element is not expected.").startswith(
        "“Due date” is not allowed"
    )


def test_a_parser_that_is_asked_for_too_much_says_so():
    with pytest.raises(Unreadable, match="more than 1 MB"):
        xml.parse(b"<a>" + b" " * (2 * MEGABYTE) + b"</a>", Limits(xml=MEGABYTE))


@pytest.mark.parametrize("data", [UBL, CII, ZUGFERD1], ids=["ubl", "cii", "zugferd1"])
def test_a_document_with_odd_values_anywhere_is_read_or_refused(data):
    odd = (
        "",
        "-",
        "1e999",
        "NaN",
        "9" * 5000,
        "0",
        "٣",
        "20261399",
        "0000-00-00",
        "&#0;",
        "<x/>",
        "\ud7ff",
        " " * 3000,
    )
    texts = [match.span(1) for match in re.finditer(r">([^<>]+)<", data)]
    for number, (begin, end) in enumerate(texts):
        found = read(data[:begin] + odd[number % len(odd)] + data[end:])
        assert found.documents or found.refusal
        for each in found.documents:
            recompute(each.parsed)
            facts(each.parsed)


@pytest.mark.parametrize("data", [UBL, CII, ZUGFERD1], ids=["ubl", "cii", "zugferd1"])
def test_a_document_that_lacks_any_part_is_still_read(data):
    for match in re.finditer(r"<(\w+:\w+)[^<>]*>[^<>]*</\1>", data):
        (each,) = read(data[: match.start()] + data[match.end() :]).documents
        facts(each.parsed)


def test_words_of_strangers_cost_no_time_in_a_message():
    message = "Element 'A': '" + "(BT-1" + " " * 100_000 + "' is not a valid value of the atomic type 'xs:date'."
    assert len(schema_words(message)) < 300
    assert plain("X-1", "[X-1]-A (BT-1, BT-2 and BG-3) shall (once) be (BT-4).")[0] == "A must (once) be."
