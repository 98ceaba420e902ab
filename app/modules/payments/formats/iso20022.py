"""Which ISO 20022 message an XML file holds, whatever stands around it."""

from __future__ import annotations

import re

from app.modules.payments.formats import xml
from app.modules.payments.formats.xml import Node

_DEEPEST_ENVELOPE = 4
_VERSION = re.compile(r"(?:camt|pain|pacs|acmt|auth|reda|seev|setr)\.\d{3}\.\d{3}\.\d{2}")


def find(root: Node, names: set[str]) -> tuple[Node, str] | None:
    """Find the message of one of these names in a document or envelope, and say its version where it states one."""
    level = [root]
    for _ in range(_DEEPEST_ENVELOPE):
        for node in level:
            if xml.local(node) in names:
                return node, version(node) or version(root)
        level = [deeper for node in level for deeper in node]
    return None


def version(node: Node) -> str:
    """Read the version off the namespace, such as camt.053.001.08; nothing where there is none."""
    found = _VERSION.search(xml.namespace(node)) or next(
        (match for value in node.attrib.values() if (match := _VERSION.search(value))), None
    )
    return found.group(0) if found else ""


def title(root: Node) -> str:
    """Name a document for people: its version, or its outermost element."""
    document = next((node for node in (root, *root) if xml.local(node) == "Document"), None)
    if document is None:
        return version(root) or xml.local(root)
    return version(document) or xml.local(next(iter(document), document))
