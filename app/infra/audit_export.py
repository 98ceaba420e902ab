"""The audit as a file of JSON lines that can be checked without this application.

A header line, one line for each entry, and a footer line with the heads and a seal over every byte before it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.infra.chain import LANES, Entry, Finding, Head, Inspection, Link, canonical

FORMAT = "outlay-audit-1"


def write(key: bytes, about: Entry, links: Iterable[Link], heads: Iterable[Head]) -> Iterator[bytes]:
    """Give the lines of the file; links and heads must be read from one snapshot of the database."""
    seal = _FileSeal(key)
    yield seal.line({"kind": "header", "format": FORMAT, "lanes": LANES, "about": dict(about)})
    for each in links:
        yield seal.line({"kind": "entry", "entry": dict(each.entry), "mac": each.mac.hex()})
    rows = [[*head.witness(), head.seal.hex()] for head in heads]
    yield seal.footer({"kind": "footer", "heads": rows})


@dataclass(frozen=True, slots=True)
class Report:
    """Say what is wrong with an export, and, for the day it becomes an anchor, which heads it ends with."""

    findings: list[Finding]
    heads: list[Head]
    entries: int


def verify(key: bytes, lines: Iterable[bytes], anchor: Iterable[Head] = ()) -> Report:
    """Find every change made to the file, or to the audit before it was exported."""
    inspection, seal = Inspection(key, anchor), _FileSeal(key)
    heads: list[Head] = []
    follows: tuple[str, ...] = ("header",)
    for number, line in enumerate(lines, 1):
        try:
            record = _parse(line, follows)
            follows = _accept(record, inspection, seal, heads)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            inspection.find("line", f"line {number}: this line was altered: {error}")
    if follows:
        inspection.find("cut", "the file ends before its last line")
    return Report(inspection.finish(heads), heads, seal.entries)


class _FileSeal:
    """Seal the bytes of a file line by line."""

    def __init__(self, key: bytes) -> None:
        self._mac = hmac.new(key, b"outlay.audit.file\0", hashlib.sha256)
        self.entries = -1

    def line(self, record: Entry) -> bytes:
        """Spell a line and take it in."""
        line = canonical(record) + b"\n"
        self._mac.update(line)
        self.entries += 1
        return line

    def footer(self, record: Entry) -> bytes:
        """Spell the last line, which carries the seal over all lines and itself."""
        self._mac.update(canonical(record))
        return canonical({**record, "mac": self._mac.hexdigest()}) + b"\n"


def _parse(line: bytes, follows: tuple[str, ...]) -> dict[str, Any]:
    record = json.loads(line)
    if not isinstance(record, dict) or canonical(record) + b"\n" != line:
        raise ValueError("it is not spelled as an export spells it")
    if record["kind"] not in follows:
        raise ValueError(f"{record['kind']} stands where {' or '.join(follows) or 'nothing'} belongs")
    return record


def _accept(record: dict[str, Any], inspection: Inspection, seal: _FileSeal, heads: list[Head]) -> tuple[str, ...]:
    """Check one line, and say which kinds of line may follow."""
    if record["kind"] == "footer":
        stated = record.pop("mac")
        heads.extend(_head(row) for row in record["heads"])
        if seal.footer(record) != canonical({**record, "mac": stated}) + b"\n":
            inspection.find("file_altered", "the file was altered: the seal in its last line does not fit")
        return ()
    seal.line(record)
    if record["kind"] == "header":
        if record["format"] != FORMAT or record["lanes"] != LANES:
            inspection.find("line", f"line 1: this is no {FORMAT} file with {LANES} lanes")
    else:
        entry = record["entry"]
        inspection.accept(entry.get("lane"), Link(entry, bytes.fromhex(record["mac"])))
    return "entry", "footer"


def _head(row: Any) -> Head:
    lane, entries, mac, seal = row
    if not isinstance(lane, int) or not isinstance(entries, int):
        raise TypeError("a head is not two whole numbers and two seals")
    return Head(lane, entries, bytes.fromhex(mac), bytes.fromhex(seal))
