"""How an order reaches its supplier: a letter by a real SMTP server, with a PDF and an XML that are the same each time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from app.infra.activity import Attachment
from app.infra.db import db
from app.modules.orders import papers
from app.modules.orders.papers.pdf import view_of
from app.workers import perform
from tests.posting import Office as PostOffice
from tests.posting import post_office, posting_through
from tests.scenarios.buying import Buying
from tests.slices.doing import do, reading, refused
from tests.working import forget_pauses

CORPUS = os.environ.get("OUTLAY_CORPUS")


def content_of(key: str, number: int = 1) -> dict[str, Any]:
    with reading("order", key) as row:
        return dict(row.revisions[number - 1].content)


def orders_among(office: PostOffice) -> list[Any]:
    """List the letters to suppliers; people are told by letters as well."""
    return [letter for letter in office.taken if "vega.example" in letter["To"]]


def letter_of(key: str) -> Any:
    with reading("order", key) as row:
        return [(each.state, each.address, each.attempts, each.error) for each in row.sendings]


def test_an_order_goes_out_by_letter_with_both_papers_which_stay_attached(app: Any, buying: Buying) -> None:
    office = PostOffice()
    key = buying.issued("900", channel="email")
    with post_office(office) as port, posting_through(port):
        perform.drain(app)
    assert letter_of(key) == [("sent", "orders@vega.example", 1, None)]
    [letter] = orders_among(office)
    assert letter["Subject"] == f"Purchase order {key} from Halden"
    assert str(letter["Reply-To"].addresses[0].addr_spec) == "nadia.brandt@example.com"
    names = [part.get_filename() for part in letter.iter_attachments()]
    assert names == [f"{key}-r1.pdf", f"{key}-r1.xml"]
    [pdf, xml] = [part.get_payload(decode=True) for part in letter.iter_attachments()]
    assert (pdf[:5], pdf) == (b"%PDF-", papers.pdf_of(content_of(key)))
    assert xml == papers.xml_of(content_of(key))
    with app.app_context():
        kept = db.session.query(Attachment).filter_by(resource="order").order_by(Attachment.id).all()
        assert (kept[0].name, kept[0].media_type) == (f"{key}-r1.pdf", "application/pdf")
        with app.extensions["files"].open(kept[0].digest) as file:
            assert file.read() == pdf


def test_without_a_mail_server_the_letter_says_so_and_is_sent_again_later(app: Any, buying: Buying) -> None:
    key = buying.issued("900", channel="email")
    perform.drain(app)
    [(state, _, _, error)] = letter_of(key)
    assert (state, "mail server" in error) == ("skipped", True)
    office = PostOffice()
    do(buying.nadia.context(), "order", key, "send_again", address="sales@vega.example")
    with post_office(office) as port, posting_through(port):
        perform.drain(app)
    assert letter_of(key)[1][:2] == ("sent", "sales@vega.example")


def test_an_address_that_is_refused_is_put_down_and_a_busy_server_is_tried_again(app: Any, buying: Buying) -> None:
    office = PostOffice(refused={"orders@vega.example": "550 no such user"})
    key = buying.issued("900", channel="email")
    with post_office(office) as port, posting_through(port):
        perform.drain(app)
        assert letter_of(key)[0][0] == "failed"
        office.refused = {"orders@vega.example": "450 later"}
        do(buying.nadia.context(), "order", key, "send_again")
        perform.drain(app)
        assert letter_of(key)[1][:3] == ("waiting", "orders@vega.example", 1)
        office.refused = {}
        forget_pauses()
        perform.drain(app)
    assert letter_of(key)[1][0] == "sent"
    assert len(orders_among(office)) == 1


def test_a_supplier_without_an_address_is_not_written_to(buying: Buying) -> None:
    key = buying.from_requests(buying.approved("900", supplier="KESTREL"))
    buying.act(buying.nadia, key, "submit")
    with refused(("no_address", "channel")):
        buying.act(buying.nadia, key, "issue", channel="email")
    buying.act(buying.nadia, key, "issue", channel="none")
    with refused(("no_address", "address")):
        buying.act(buying.nadia, key, "send_again")


@pytest.mark.skipif(not CORPUS, reason="OUTLAY_CORPUS names no corpus")
def test_the_xml_is_valid_against_the_schema_of_ubl(buying: Buying) -> None:
    schema = etree.XMLSchema(etree.parse(Path(CORPUS or "", "schemas/ubl-2.1-xsd/maindoc/UBL-Order-2.1.xsd")))
    line = buying.line("12.5", quantity="3", tax_code="AT20", discounts="10+5", promised_for="2026-12-01")
    buying.order_policy()
    plain = buying.finish(
        buying.order(
            lines=[line, buying.line("7", quantity="-2")],
            note="<b>&amp; zażółć",
            discount_percent="2",
            discount_days=10,
            deposit_percent="30",
            extra_charges=[
                {"kind": "freight", "text": "Van & crane", "amount": "40"},
                {"kind": "other", "amount": "2.5"},
            ],
        )
    )
    frame = buying.finish(buying.order(kind="blanket", ceiling="5000", valid_until="2027-01-31", lines=[]))
    called = buying.call_off(frame, "90")
    for key in (plain, frame, called):
        drawn = etree.fromstring(papers.xml_of(content_of(key)))
        assert schema.validate(drawn), schema.error_log
        assert papers.pdf_of(content_of(key)) == papers.pdf_of(content_of(key))


def test_charges_and_deposit_stand_on_both_papers(buying: Buying) -> None:
    buying.order_policy()
    charges = [{"kind": "freight", "text": "Van", "amount": "40"}, {"kind": "minimum_order", "amount": "2.50"}]
    line = buying.line("100", quantity="2", tax_code="AT20")
    key = buying.finish(buying.order(lines=[line], extra_charges=charges, deposit_percent="10"))
    content = content_of(key)
    deposit = "Deposit: 10\xa0%, 24.25\xa0EUR net, paid against a deposit invoice and taken off the final one."
    page = view_of(content)
    assert page["sums"] == [
        ["Lines", "200.00"], ["Freight: Van", "40.00"], ["Small order", "2.50"], ["Net", "242.50"],
        ["Tax 20\xa0% on 242.50", "48.50"],
    ]  # fmt: skip
    assert (page["whole"][1], deposit in page["terms"]) == ("291.00", True)
    root = etree.fromstring(papers.xml_of(content))
    names = {name: f"{{*}}{name}" for name in ("AllowanceCharge", "AnticipatedMonetaryTotal", "PaymentTerms")}
    told = [[each.text.strip() for each in part.iter() if each.text] for part in root.findall(names["AllowanceCharge"])]
    assert [[each for each in part if each] for part in told] == [
        ["true", "FC", "Van", "40.00", "S", "20", "VAT"], ["true", "Small order", "2.50", "S", "20", "VAT"],
    ]  # fmt: skip
    sums = {etree.QName(each).localname: each.text for each in root.find(names["AnticipatedMonetaryTotal"])}
    assert sums == {
        "LineExtensionAmount": "200.00", "TaxExclusiveAmount": "242.50", "TaxInclusiveAmount": "291.00",
        "ChargeTotalAmount": "42.50", "PayableAmount": "291.00",
    }  # fmt: skip
    assert deposit in root.find(names["PaymentTerms"]).xpath("string()")


def test_what_people_typed_is_no_markup_on_the_page(buying: Buying) -> None:
    hostile = '#eval("1") $x^2$ *bold* [x] <label> @ref // \\ `code` = heading'
    buying.order_policy()
    key = buying.finish(buying.order(lines=[buying.line("5", text=hostile)], note=hostile, terms=hostile))
    assert papers.pdf_of(content_of(key))[:5] == b"%PDF-"
    assert hostile in etree.fromstring(papers.xml_of(content_of(key))).xpath("string()")
