"""XML of banks, opened safely: no DOCTYPE, no entities, no network, and names without their namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from app.modules.payments.formats.refusing import refused, shown, too_large
from app.modules.payments.formats.text import LARGEST

_DOCTYPE = b"<!doctype"
Node = Any  # an lxml element; lxml carries no types


def looks_like_xml(data: bytes) -> bool:
    """Tell whether a file begins as XML does, in whichever Unicode encoding."""
    return data[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


def parse(data: bytes) -> Node:
    """Open a document and give its root; whatever could make a parser read or write elsewhere is refused first."""
    if len(data) > LARGEST:
        raise too_large(LARGEST)
    if _DOCTYPE in data.replace(b"\0", b"").lower():
        raise refused(
            "doctype", "The file has a DOCTYPE. Banks send none, and it could make the reader open other files."
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data.lstrip(b" \t\r\n"), parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        line = getattr(error, "lineno", None) or None
        reason = str(getattr(error, "msg", error)).split(", line ")[0].rstrip(".")
        raise refused("not_xml", f"The file is not well-formed XML: {reason[:160]}.", line=line) from None
    if root is None or root.getroottree().docinfo.doctype:
        raise refused(
            "doctype", "The file has a DOCTYPE. Banks send none, and it could make the reader open other files."
        )
    return root


def local(node: Node) -> str:
    """Give the name of an element without its namespace."""
    tag = node.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(node: Node) -> str:
    """Give the namespace of an element, or nothing."""
    tag = node.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def children(node: Node, name: str) -> list[Node]:
    """List the children of a name, in whichever namespace."""
    return [] if node is None else list(node.iterchildren("{*}" + name))


def child(node: Node, *path: str) -> Node:
    """Walk down a path of names, or give None."""
    for name in path:
        if node is None:
            return None
        node = next(node.iterchildren("{*}" + name), None)
    return node


def every(node: Node, *path: str) -> Iterator[Node]:
    """Yield all elements a path of names leads to."""
    if not path:
        yield node
        return
    for step in children(node, path[0]):
        yield from every(step, *path[1:])


def text(node: Node, *path: str) -> str | None:
    """Read the text at the end of a path, without spaces around it; None where there is none."""
    found = child(node, *path)
    return None if found is None else ((found.text or "").strip() or None)


def first(node: Node, *paths: tuple[str, ...]) -> str | None:
    """Read the text at the first of several paths that has one: versions of a format differ in where they put it."""
    return next((found for path in paths if (found := text(node, *path))), None)


def line(node: Node) -> int | None:
    """Say in which line of the file an element stands."""
    return node.sourceline if node is not None else None


def required(node: Node, name: str, owner: str) -> Node:
    """Give a child that has to be there, or refuse the file."""
    found = child(node, name)
    if found is None:
        raise refused("missing_element", f"{shown(owner)} has no {name}.", line=line(node), field=name)
    return found
