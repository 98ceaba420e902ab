"""Quotes that hang on requests of the demo company: one page of words each, as a supplier would send it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from app.demo.needs import Today

# The first quote is the one that is asked for; the others are a little dearer.
_DEARER = (Decimal(1), Decimal("1.06"), Decimal("1.14"))


def pdf(supplier: str, need: Today, on: date, number: int) -> bytes:
    """Write the quote of a supplier for what somebody needs."""
    factor = _DEARER[number % len(_DEARER)]
    rows = [
        (words, Decimal(quantity), (Decimal(price) * factor).quantize(Decimal("0.01")))
        for words, quantity, _, price, _ in need.lines
    ]
    total = sum((quantity * price for _, quantity, price in rows), Decimal(0))
    lines = [supplier, "", f"Quote of {on:%d.%m.%Y}, valid until {on + timedelta(days=60):%d.%m.%Y}", ""]
    lines += [f"{quantity} x {words}: {price} EUR each" for words, quantity, price in rows]
    lines += ["", f"Total without tax: {total:.2f} EUR", "Delivery within four weeks, payable within 30 days."]
    return page(lines)


def page(lines: list[str]) -> bytes:
    """Set lines of text on one page of A4."""
    shown = " T* ".join(f"({_escaped(line)}) Tj" for line in lines)
    content = f"BT /F1 11 Tf 16 TL 60 770 Td {shown} ET".encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    written, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return (
        written
        + head
        + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(written))
    )


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
