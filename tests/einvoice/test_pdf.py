"""PDFs with an invoice inside, without one, locked, damaged, and made to burst."""

from __future__ import annotations

import io
import zlib

import pypdf
import pytest
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from app.modules.invoices.einvoice.limits import MEGABYTE, STANDARD, Limits
from app.modules.invoices.einvoice.reading import Reading, read
from tests.unit.einvoice_samples import CII, UBL, ZUGFERD1


def made(*files: tuple[str, bytes], text: str = "", password: str | None = None, owner: str | None = None) -> bytes:
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(200, 200)
    if text:
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 10 100 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
    for name, data in files:
        writer.add_attachment(name, data)
    if password is not None:
        writer.encrypt(password, owner, algorithm="AES-256")
    return saved(writer)


def saved(writer: pypdf.PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def opened(data: bytes, limits: Limits = STANDARD) -> Reading:
    return read(data, "invoice.pdf", limits)


@pytest.mark.parametrize("name", ["factur-x.xml", "rechnung.XML", "a", "invoice.pdf", "../../etc/passwd"])
def test_the_invoice_inside_is_found_whatever_it_is_called(name):
    found = opened(made((name, CII.encode())))
    assert (found.kind, found.container, found.documents[0].parsed.number) == ("cii", "pdf", "R-17")
    assert found.xml == CII.encode()


def test_ubl_inside_a_pdf_is_read_too():
    assert opened(made(("x", UBL.encode()))).kind == "ubl_invoice"


def test_of_two_inside_the_newer_standard_counts_and_other_files_are_enclosed():
    found = opened(made(("old.xml", ZUGFERD1.encode()), ("new.xml", CII.encode()), ("hours.csv", b"a,b")))
    assert found.kind == "cii"
    assert {each.name for each in found.documents[0].parsed.enclosures} == {"old.xml", "hours.csv"}


def test_a_file_that_hangs_on_a_page_or_on_the_catalog_only_is_found():
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(200, 200)
    stream = DecodedStreamObject()
    stream.set_data(CII.encode())
    files = DictionaryObject({NameObject("/F"): writer._add_object(stream)})
    file = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Filespec"),
            NameObject("/F"): TextStringObject("x"),
            NameObject("/EF"): files,
        }
    )
    note = DictionaryObject(
        {NameObject("/Subtype"): NameObject("/FileAttachment"), NameObject("/FS"): writer._add_object(file)}
    )
    page[NameObject("/Annots")] = ArrayObject([writer._add_object(note)])
    assert opened(saved(writer)).kind == "cii"
    del page["/Annots"]
    assert opened(saved(writer)).kind == "pdf"
    writer._root_object[NameObject("/AF")] = ArrayObject([writer._add_object(file)])
    assert opened(saved(writer)).kind == "cii"


def test_a_tree_of_names_that_leads_back_to_itself_is_walked_once():
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    branch = DictionaryObject()
    place = writer._add_object(branch)
    branch[NameObject("/Kids")] = ArrayObject([place] * 1000)
    writer._root_object[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): place})
    found = opened(saved(writer))
    assert (found.kind, found.by_hand, found.refusal) == ("pdf", True, None)


def test_a_plain_pdf_is_entered_by_hand_and_its_words_are_kept():
    found = opened(made(text="Invoice 4711"))
    assert (found.kind, found.by_hand, found.refused, found.pages) == ("pdf", True, False, 1)
    assert "Invoice 4711" in found.text


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        (b"<a><b></a>", "not_well_formed"),
        (b"<FatturaElettronica/>", "other_document"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "doctype"),
    ],
)
def test_a_pdf_whose_data_cannot_be_read_is_entered_by_hand_and_says_why(inside, code):
    found = opened(made(("factur-x.xml", inside)))
    assert (found.by_hand, found.refusal.code, found.documents) == (True, code, ())


def test_a_locked_pdf_is_refused():
    found = opened(made(("factur-x.xml", CII.encode()), password="secret"))
    assert (found.refused, found.refusal.code) == (True, "encrypted")


def test_a_pdf_that_only_forbids_changes_is_read():
    assert opened(made(("factur-x.xml", CII.encode()), password="", owner="secret")).kind == "cii"


@pytest.mark.parametrize("keep", [10, 200, 600], ids=str)
def test_a_cut_off_pdf_is_read_or_refused_never_an_error(keep):
    found = opened(made(("factur-x.xml", CII.encode()))[:keep])
    assert found.by_hand or found.refusal.code == "damaged"


def test_noise_that_calls_itself_a_pdf_is_refused():
    found = opened(b"%PDF-1.7\n" + bytes(range(256)) * 50)
    assert (found.refused, found.refusal.code) == (True, "damaged")


def bomb(times: int) -> StreamObject:
    """Pack a stream that unpacks to so many megabytes."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * MEGABYTE) for _ in range(times)) + packer.flush()
    stream = StreamObject()
    stream._data = packed
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    stream[NameObject("/Length")] = NumberObject(len(packed))
    return stream


def test_a_file_that_unpacks_to_too_much_is_refused():
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    files = DictionaryObject({NameObject("/F"): writer._add_object(bomb(200))})
    file = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Filespec"),
            NameObject("/F"): TextStringObject("factur-x.xml"),
            NameObject("/EF"): files,
        }
    )
    writer._root_object[NameObject("/AF")] = ArrayObject([writer._add_object(file)])
    data = saved(writer)
    assert len(data) < MEGABYTE
    found = opened(data)
    assert (found.refused, found.refusal.code) == (True, "too_large")


def test_a_page_that_unpacks_to_too_much_costs_its_words_only():
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(200, 200)
    page[NameObject("/Contents")] = writer._add_object(bomb(200))
    found = opened(saved(writer))
    assert (found.by_hand, found.text) == (True, "")


def test_a_filter_upon_filters_is_refused():
    stream = bomb(20)
    stream._data = zlib.compress(zlib.compress(stream._data))
    stream[NameObject("/Filter")] = ArrayObject([NameObject("/FlateDecode")] * 3)
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    files = DictionaryObject({NameObject("/F"): writer._add_object(stream)})
    file = DictionaryObject({NameObject("/F"): TextStringObject("x"), NameObject("/EF"): files})
    writer._root_object[NameObject("/AF")] = ArrayObject([writer._add_object(file)])
    assert opened(saved(writer), Limits(xml=5 * MEGABYTE)).refusal.code == "too_large"
