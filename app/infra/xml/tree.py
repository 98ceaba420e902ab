"""Reading values out of a parsed document: texts trimmed, amounts exact, days checked, and what is neither kept aside."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"[+-]?(\d{1,24}(\.\d{0,24})?|\.\d{1,24})")
_COUNT = re.compile(r"[0-9]{1,4}")
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


def number_of(text: str) -> Decimal | None:
    """Take a decimal number as XML writes it, and nothing else for one."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def day_of(text: str) -> date | None:
    """Take a day, written 2026-01-31 or 20260131, with or without a time after it."""
    match = _DAY.match(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def bytes_of(text: str) -> bytes | None:
    """Take what base64 holds."""
    try:
        return base64.b64decode(re.sub(r"\s+", "", text), validate=True)
    except (binascii.Error, ValueError):
        return None


class Tree:
    """A document and the names of its vocabularies; remembers what could not be read as what it should be."""

    def __init__(self, root: Any, names: Mapping[str, str]) -> None:
        self.root = root
        self.names = dict(names)
        self.unread: list[str] = []

    def one(self, node: Any, path: str) -> Any | None:
        """Find the first element there."""
        return None if node is None else node.find(path, self.names)

    def all(self, node: Any, path: str) -> list[Any]:
        """Find every element there."""
        return [] if node is None else node.findall(path, self.names)

    def text(self, node: Any, path: str = "") -> str:
        """Take the text there, trimmed; empty when there is none."""
        found = self.one(node, path) if path else node
        return "" if found is None else (found.text or "").strip()

    def texts(self, node: Any, path: str) -> tuple[str, ...]:
        """Take every text there that is not empty."""
        return tuple(text for text in (self.text(found) for found in self.all(node, path)) if text)

    def attribute(self, node: Any, path: str, name: str) -> str:
        """Take an attribute of the element there."""
        found = self.one(node, path)
        return "" if found is None else str(found.get(name, "")).strip()

    def number(self, node: Any, path: str = "") -> Decimal | None:
        """Take an amount, a quantity or a percent."""
        text = self.text(node, path)
        value = number_of(text)
        if text and value is None:
            self.unread.append(f"{_name(path)}: {text[:60]}")
        return value

    def count(self, node: Any, path: str) -> int | None:
        """Take a small whole number, such as days."""
        text = self.text(node, path)
        return int(text) if _COUNT.fullmatch(text) else None

    def day(self, node: Any, path: str = "") -> date | None:
        """Take a day, also where the date is wrapped in an element of its own."""
        found = self.one(node, path) if path else node
        text = "" if found is None else "".join(found.itertext()).strip()
        value = day_of(text)
        if text and value is None:
            self.unread.append(f"{_name(path)}: {text[:60]}")
        return value


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
