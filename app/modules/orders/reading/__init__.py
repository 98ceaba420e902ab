"""Files with orders that were placed elsewhere, read into plain values: UBL orders, and tables with a line a row."""

from __future__ import annotations

from app.infra.taking import NOTHING_SAID, About
from app.infra.xml import parsing
from app.infra.xml.parsing import Unreadable
from app.kernel.problem import Kind, Problem, Refused
from app.modules.orders.domain.elsewhere import Placed
from app.modules.orders.reading import table, ubl

FIELDS, NEEDED, SAID_FOR_ALL = table.FIELDS, table.NEEDED, table.SAID_FOR_ALL
look = table.look
LARGEST = 25 * parsing.MEGABYTE


def read(data: bytes, about: About = NOTHING_SAID) -> list[Placed]:
    """Read every order in a file, or refuse the file in words."""
    if len(data) > LARGEST:
        words = f"The file has more than {LARGEST // parsing.MEGABYTE} MB. Split it."
        raise Refused(Kind.TOO_LARGE, Problem("too_large", words, "file"))
    if not is_document(data):
        return table.read(data, about)
    try:
        return [ubl.read(parsing.parse(data, parsing.Bounds(xml=LARGEST)).root)]
    except Unreadable as error:
        raise Refused(Kind.INVALID, Problem(error.code, error.text, "file")) from None
    except RecursionError:
        raise Refused(Kind.INVALID, Problem("too_deep", "The file is too deeply nested to be read.", "file")) from None


def is_document(data: bytes) -> bool:
    """Say whether a file is one order, and no table of many."""
    return parsing.looks_like_xml(data)
