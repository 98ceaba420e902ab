"""The papers of an order's revision, each a pure function of its content: the same revision gives the same bytes."""

from app.modules.orders.papers.pdf import pdf_of
from app.modules.orders.papers.ubl import xml_of

__all__ = ["name_of", "pdf_of", "xml_of"]


def name_of(number: str, revision: int, suffix: str) -> str:
    """Name the file of a revision: PO-2026-00017-r1.pdf."""
    return f"{number}-r{revision}.{suffix}"
