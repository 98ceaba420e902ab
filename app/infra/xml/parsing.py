"""XML of strangers: any DOCTYPE refused before entities could mean anything, nothing fetched, sizes and depth bounded."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

MEGABYTE = 1024 * 1024

# What libxml2 says when bytes and declared encoding do not belong together.
_ENCODING_ERRORS = frozenset({9, 31, 32, 81})
_DECLARATION = re.compile(r"\A<\?xml[^>]*\?>")
_CLAIMS_WIDE = re.compile(rb"<\?xml[^>]*encoding=.(?:utf-?(?:16|32)|ucs)", re.IGNORECASE)
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNMARKED_WIDE = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much XML is looked at, in bytes and counts; what goes beyond is refused, never read in part."""

    xml: int = 30 * MEGABYTE
    elements: int = 400_000
    attributes: int = 60
    depth: int = 100


class Unreadable(Exception):
    """Somebody's file cannot be read: a code for programs, a sentence for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed document, and whether its bytes had to be read in another encoding than it says."""

    root: Any
    recoded: bool = False


class _Guard:
    """Watch a document go by, building nothing, and stop at the first thing that is too much."""

    def __init__(self, limits: Bounds) -> None:
        self.limits = limits
        self.depth = 0
        self.elements = 0

    def doctype(self, name: str, public: str, system: str) -> None:
        """Refuse what can define entities."""
        raise Unreadable(
            "doctype", "The file has a document type definition. Documents of business have none; ask for it without."
        )

    def start(self, tag: str, attributes: Any) -> None:
        """Count an element and what hangs on it."""
        self.depth += 1
        self.elements += 1
        if self.depth > self.limits.depth:
            raise Unreadable("too_deep", f"The file is nested deeper than {self.limits.depth} levels.")
        if self.elements > self.limits.elements:
            raise Unreadable("too_many_parts", f"The file has more than {self.limits.elements} elements.")
        if len(attributes) > self.limits.attributes:
            raise Unreadable("too_many_parts", f"An element has more than {self.limits.attributes} attributes.")

    def end(self, tag: str) -> None:
        """Leave an element."""
        self.depth -= 1

    def close(self) -> None:
        """Have nothing to hand over."""


def looks_like_xml(data: bytes) -> bool:
    """Tell by its first sign whether a file means to be XML, in any encoding."""
    head = data[:400]
    for mark, encoding in _WIDE:
        if head.startswith(mark):
            return head[: len(head) // 4 * 4].decode(encoding, "replace").lstrip("\ufeff \t\r\n").startswith("<")
    if any(head.startswith(sign) for sign, _ in _UNMARKED_WIDE):
        return True
    return head.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n").startswith(b"<")


def parse(data: bytes, limits: Bounds) -> Source:
    """Read XML, or say why not."""
    if len(data) > limits.xml:
        raise Unreadable("too_large", f"The XML has more than {limits.xml // 1024 // 1024} MB.")
    data = data.strip(b" \t\r\n") if data[:1] in (b" ", b"\t", b"\r", b"\n") else data
    try:
        return Source(_parsed(data, limits))
    except etree.XMLSyntaxError as error:
        if error.code not in _ENCODING_ERRORS and not _is_wide(data) and not _CLAIMS_WIDE.match(data):
            raise Unreadable("not_well_formed", f"The file is not well-formed XML: {_reason(error)}.") from None
    try:
        return Source(_parsed(_recoded(data), limits), recoded=True)
    except etree.XMLSyntaxError as error:
        raise Unreadable("not_well_formed", f"The file is not well-formed XML: {_reason(error)}.") from None


def written(root: Any) -> bytes:
    """Write a document out afresh, so that whoever reads it next sees what was understood here and nothing else."""
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True, with_tail=False))


def _parsed(data: bytes, limits: Bounds) -> Any:
    options = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": True}
    etree.fromstring(data, etree.XMLParser(target=_Guard(limits), **options))
    return etree.fromstring(data, etree.XMLParser(remove_comments=True, remove_pis=True, **options))


def _is_wide(data: bytes) -> bool:
    return data.startswith(tuple(mark for mark, _ in _WIDE + _UNMARKED_WIDE))


def _recoded(data: bytes) -> bytes:
    """Take the bytes for what they are when the declaration lies: wide, UTF-8, or else Western European."""
    text = _decoded(data).lstrip("\ufeff \t\r\n")
    return _DECLARATION.sub("", text).encode("utf-8")


def _decoded(data: bytes) -> str:
    for mark, encoding in _WIDE + _UNMARKED_WIDE:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _reason(error: Any) -> str:
    return str(error.msg).split(", line")[0].rstrip(".") + f" (line {error.lineno})"
