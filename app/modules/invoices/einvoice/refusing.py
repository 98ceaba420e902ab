"""What a file is instead of an invoice Outlay reads, so that whoever sent it can be told."""

from __future__ import annotations

from typing import Any

from lxml import etree

from app.modules.invoices.einvoice.limits import Unreadable

_READ = "Outlay reads UBL, CII, Factur-X and ZUGFeRD, PDF and CSV."
_DOCUMENTS = {
    "FatturaElettronica": "an Italian FatturaPA invoice",
    "SCRDMCCBDACIOMessageStructure": "an Order-X order",
    "Faktura": "a Polish KSeF invoice",
    "Facturae": "a Spanish Facturae invoice",
    "Order": "an order",
    "OrderResponse": "an answer to an order",
    "OrderChange": "a change of an order",
    "DespatchAdvice": "a delivery note",
    "ReceiptAdvice": "a receipt of goods",
    "Catalogue": "a catalogue",
    "Quotation": "a quote",
    "Reminder": "a reminder",
    "Statement": "a statement of account",
    "ApplicationResponse": "an answer to a document",
    "CrossIndustryDocument": "a draft of ZUGFeRD older than 1.0",
    "Document": "a bank file",
    "html": "a web page",
    "svg": "a picture (SVG)",
}
_FILES = (
    (b"PK\x03\x04", "a ZIP archive or an office document. Send what is inside"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x89PNG", "a picture. Send the invoice as a PDF"),
    (b"\xff\xd8\xff", "a picture. Send the invoice as a PDF"),
    (b"GIF8", "a picture. Send the invoice as a PDF"),
    (b"BM", "a picture. Send the invoice as a PDF"),
    (b"II*\0", "a picture (TIFF). Send the invoice as a PDF"),
    (b"MM\0*", "a picture (TIFF). Send the invoice as a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old office document. Send a PDF"),
    (b"\x1f\x8b", "a compressed file. Send what is inside"),
    (b"{\\rtf", "a text document (RTF). Send a PDF"),
    (b"{", "JSON. Send the invoice as UBL, CII or PDF"),
)


def other_document(root: Any) -> Unreadable:
    """Name XML that is not an invoice of a kind Outlay reads."""
    name = etree.QName(root).localname
    known = _DOCUMENTS.get(name)
    what = known or f"XML of a kind Outlay does not know (“{name[:60]}”)"
    return Unreadable("other_document", f"The file is {what}, not an invoice Outlay can read. {_READ}")


def other_file(data: bytes) -> Unreadable:
    """Name a file that is neither XML nor PDF nor a table."""
    for sign, what in _FILES:
        if data.startswith(sign):
            return Unreadable("other_file", f"The file is {what}. {_READ}")
    return Unreadable("other_file", f"The file is of no kind Outlay can tell. {_READ}")
