"""Choices of invoices, with the words people read."""

from __future__ import annotations

from app.kernel.choice import Labelled
from app.modules.requests.domain import Share

__all__ = ["LIVE", "Channel", "Format", "InvoiceKind", "Judged", "Share"]


class InvoiceKind(Labelled):
    """What a document of a supplier asks for."""

    INVOICE = "invoice", "Invoice"
    CREDIT_NOTE = "credit_note", "Credit note"
    DEPOSIT = "deposit", "Deposit invoice"
    FINAL = "final", "Final invoice"
    CORRECTED = "corrected", "Corrected invoice"


class Channel(Labelled):
    """By which door it came in."""

    UPLOAD = "upload", "Upload"
    FOLDER = "folder", "Drop folder"
    HAND = "hand", "Entered by hand"


class Format(Labelled):
    """What the original is."""

    UBL_INVOICE = "ubl_invoice", "UBL invoice"
    UBL_CREDIT_NOTE = "ubl_credit_note", "UBL credit note"
    CII = "cii", "CII"
    ZUGFERD1 = "zugferd1", "ZUGFeRD 1"
    PDF = "pdf", "PDF"
    CSV = "csv", "CSV"
    HAND = "hand", "No e-invoice"


class Judged(Labelled):
    """What the rules of e-invoices say about the original."""

    VALID = "valid", "Valid"
    INVALID = "invalid", "Breaks rules"
    UNREADABLE = "unreadable", "Cannot be read"
    UNCHECKED = "unchecked", "No rules apply"


#: What counts against orders and as a possible duplicate: everything that was not turned away.
LIVE = ("captured", "exception", "matched", "approved", "posted")
