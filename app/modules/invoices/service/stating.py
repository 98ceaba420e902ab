"""What an invoice states, kept as it was read and told to people again; its original, and pictures of its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from app.infra import activity, files
from app.infra.activity import Attachment
from app.infra.filetypes import FileRefused
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import registry
from app.modules.invoices.domain.document import Parsed, PaymentMeans
from app.modules.invoices.domain.facts import Section, facts
from app.modules.invoices.einvoice import pdf
from app.modules.invoices.einvoice.limits import STANDARD, Unreadable
from app.modules.invoices.models import Invoice
from app.modules.suppliers.domain import banking

_PDF = "application/pdf"


def kept(parsed: Parsed) -> dict[str, Any]:
    """Write a document as it is stored: accounts only hinted at, and what came inside stays in the original."""
    means = tuple(_hinted(each) for each in parsed.payment_means)
    found: dict[str, Any] = _plain(asdict(replace(parsed, payment_means=means, enclosures=())))
    return found


def _hinted(means: PaymentMeans) -> PaymentMeans:
    hinted = {
        name: banking.mask(account) if (account := getattr(means, name)) else ""
        for name in ("account", "debited_account", "card")
    }
    return replace(means, **hinted)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items() if each not in (None, "", (), [], {})}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, date | timedelta) else value


def read_again(invoice: Invoice) -> Parsed | None:
    """Give what an e-invoice states, as it was stored; nothing where somebody entered it by hand."""
    return msgspec.convert(invoice.parsed, Parsed, strict=False) if invoice.parsed else None


def stated(invoice: Invoice) -> tuple[Section, ...]:
    """Tell an e-invoice to people, every field it has in words; nothing where somebody entered it by hand."""
    parsed = read_again(invoice)
    return facts(parsed) if parsed else ()


def original(context: Context, invoice: Invoice) -> Attachment | None:
    """Find the file an invoice came as: the one whose content it was read from, else the first attached to it."""
    known = sorted(activity.attachments(context, registry["invoice"], invoice), key=lambda each: each.id)
    if invoice.file_hash:
        return next((each for each in known if each.digest == invoice.file_hash), None)
    return known[0] if known and invoice.parsed else None


def is_original(context: Context, invoice: Invoice, attachment: Attachment) -> bool:
    """Say whether an invoice was read from a file, which then stays with it for good."""
    found = original(context, invoice)
    return found is not None and found.id == attachment.id


def has_pages(attachment: Attachment | None) -> bool:
    """Say whether there are pages to look at."""
    return attachment is not None and attachment.media_type == _PDF


def count_pages(digest: str) -> int:
    """Count the pages of a PDF; one that cannot be found or opened has none."""
    try:
        return _pages(digest)
    except (Unreadable, FileRefused):
        return 0


@lru_cache(maxsize=1024)
def _pages(digest: str) -> int:
    return pdf.picture(_content(digest), 1, STANDARD).pages


def picture(attachment: Attachment, page: int) -> bytes:
    """Draw a page of an original as a picture."""
    try:
        return pdf.picture(_content(attachment.digest), page, STANDARD).png
    except Unreadable as error:
        raise Refused(Kind.MISSING, Problem("not_found", error.text)) from None


def _content(digest: str) -> bytes:
    with files.store().open(digest) as file:
        return file.read()
