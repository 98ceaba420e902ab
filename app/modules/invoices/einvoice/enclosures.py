"""Files that came inside an e-invoice, each up to a size; one that is larger is named, not kept."""

from __future__ import annotations

from typing import Any

from app.infra.xml.tree import bytes_of
from app.modules.invoices.domain.document import Enclosure
from app.modules.invoices.einvoice.limits import Limits


def enclosure(number: str, description: str, link: str, binary: Any, limits: Limits) -> Enclosure:
    """Take a supporting document as both UBL and CII write it: a link, or base64 with a name and a type."""
    text = "" if binary is None else binary.text or ""
    # Base64 needs four signs for three bytes; line breaks are its only waste.
    too_large = len(text) > limits.enclosure * 3 // 2
    return Enclosure(
        name=(binary.get("filename", "") if binary is not None else "") or number,
        media_type=binary.get("mimeCode", "") if binary is not None else "",
        content=None if too_large or not text else bytes_of(text),
        description=description,
        number=number,
        link=link,
        too_large=too_large,
    )
