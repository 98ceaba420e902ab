#!/usr/bin/env python3
"""Check an exported Outlay audit, without Outlay: `python verify_audit.py export.jsonl --key-file KEY`.

Needs Python 3.9 or later and nothing else. It shares no code with the application on purpose, so that whoever
audits the books can read all of it here. With `--anchor earlier.jsonl` it also proves that nothing an earlier export
held has been taken back since. The exit status is 0 when everything holds, 1 when anything is wrong, 2 when it could
not be checked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LANES = 16
FORMAT = "outlay-audit-1"
GENESIS = bytes(32)
SHOWN = 20

Head = tuple[int, int, str, str]  # lane, entries, seal of the last entry, seal of the head
Claim = tuple[int, int, str, str]  # lane, position, seal seen there, who saw it


def spelled(value: object) -> bytes:
    """Spell a value the one way the seals are made over."""
    if holds_inexact(value):
        raise ValueError("it holds something other than text, whole numbers, lists and objects")
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def holds_inexact(value: object) -> bool:
    """Tell whether a value has more than one spelling."""
    if isinstance(value, dict):
        return any(holds_inexact(part) for part in value.values())
    if isinstance(value, list):
        return any(holds_inexact(part) for part in value)
    return not (value is None or isinstance(value, (str, int)))


def sealed(key: bytes, purpose: bytes, content: bytes) -> bytes:
    """Make the seal that only somebody with the key can make."""
    return hmac.new(key, b"outlay.audit." + purpose + b"\0" + content, hashlib.sha256).digest()


class Export:
    """Read an export line by line, and note in `wrong` what does not hold."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.wrong: list[str] = []
        self.broken_lanes: set[int | None] = set()
        self.seals = {lane: [GENESIS] for lane in range(LANES)}
        self.shifts = dict.fromkeys(range(LANES), 0)
        self.heads: list[Head] = []
        self.seen: list[Claim] = []
        self.entries = 0
        self.may_follow: tuple[str, ...] = ("header",)
        self.whole = hmac.new(key, b"outlay.audit.file\0", hashlib.sha256)

    def note(self, text: str, lane: int | None = None) -> None:
        """Keep what is wrong, and the lane it is wrong in."""
        self.broken_lanes.add(lane)
        self.wrong.append(text if lane is None else f"lane {lane}{text}")

    def read(self, lines: Iterable[bytes]) -> None:
        """Check every line, then the ends of the lanes."""
        for number, line in enumerate(lines, 1):
            try:
                self.read_line(line)
            except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
                self.note(f"line {number} was altered: {error}")
        if self.may_follow:
            self.note("the file ends before its last line")
        self.check_heads()

    def read_line(self, line: bytes) -> None:
        """Check the spelling of a line and its place in the file."""
        record = json.loads(line)
        if spelled(record) + b"\n" != line:
            raise ValueError("it is not spelled as an export spells it")
        kind = record["kind"]
        if kind not in self.may_follow:
            raise ValueError(f"{kind} stands where {' or '.join(self.may_follow) or 'nothing'} belongs")
        self.may_follow = () if kind == "footer" else ("entry", "footer")
        if kind == "footer":
            self.read_footer(record)
            return
        self.whole.update(line)
        if kind == "entry":
            self.entries += 1
            self.read_entry(record["entry"], bytes.fromhex(record["mac"]))
        elif (record["format"], record["lanes"]) != (FORMAT, LANES):
            raise ValueError(f"this is no {FORMAT} file with {LANES} lanes")

    def read_entry(self, entry: dict[str, Any], mac: bytes) -> None:
        """Check that an entry follows the one before it in its lane."""
        lane, stated = entry["lane"], entry["position"]
        if lane not in self.seals or not isinstance(stated, int):
            raise ValueError(f"there is no lane {lane} position {stated}")
        seals = self.seals[lane]
        position = len(seals) + self.shifts[lane]
        if stated != position:
            self.note(f" position {position}: here stands position {stated}", lane)
            self.shifts[lane] += stated - position
        elif not hmac.compare_digest(mac, sealed(self.key, b"link", seals[-1] + spelled(entry))):
            self.note(f" position {position}: the seal does not fit this entry and the one before it", lane)
        else:
            where = f"lane {lane} position {position}"
            self.seen += [(*claim, where) for claim in entry.get("witness") or ()]
        seals.append(mac)

    def read_footer(self, record: dict[str, Any]) -> None:
        """Check the seal over the whole file."""
        stated = record.pop("mac")
        self.whole.update(spelled(record))
        for lane, entries, mac, seal in record["heads"]:
            if [type(part) for part in (lane, entries, mac, seal)] != [int, int, str, str]:
                raise TypeError("a head is not two whole numbers and two seals")
            self.heads.append((lane, entries, mac, seal))
        if stated != self.whole.hexdigest():
            self.note("the file was altered: the seal in its last line does not fit")

    def check_heads(self) -> None:
        """Check that every lane ends where its head says."""
        if sorted(head[0] for head in self.heads) != list(range(LANES)):
            self.note(f"there is not one head for each of the {LANES} lanes")
        for lane, entries, mac, seal in self.heads:
            reached = len(self.seals.get(lane, [0])) - 1
            if sealed(self.key, b"head", spelled([lane, entries, mac])).hex() != seal:
                self.note(": the head was altered: its seal does not fit", lane)
            elif entries != reached:
                self.note(f" position {reached}: the head counts {entries} entries, and {reached} are here", lane)
            elif mac != self.seals[lane][-1].hex():
                self.note(f" position {reached}: the last entry is not the one the head names", lane)

    def check_claims(self, claims: list[Claim]) -> None:
        """Check that what others saw of a lane is still there; once a lane is broken this adds only noise."""
        for lane, position, mac, witness in sorted(claims):
            seals = self.seals.get(lane, [])
            if lane not in self.broken_lanes and (position >= len(seals) or seals[position].hex() != mac):
                self.note(f" position {position}: {witness} saw another entry; the lane was set back", lane)


def check(key: bytes, path: str, anchor: str | None = None) -> Export:
    """Check a file, and that it still holds all that an earlier one held."""
    export = Export(key)
    with Path(path).open("rb") as lines:
        export.read(lines)
    claims = list(export.seen)
    if anchor:
        earlier = check(key, anchor)
        export.wrong += [f"the earlier export is not sound: {text}" for text in earlier.wrong]
        claims += [(lane, entries, mac, "the earlier export") for lane, entries, mac, _ in earlier.heads]
    export.check_claims(claims)
    return export


def read_key(path: str) -> bytes:
    """Read the audit key, base64 of 32 bytes or more."""
    key = base64.b64decode(Path(path).read_text(encoding="ascii").strip(), validate=True)
    if len(key) < len(GENESIS):
        raise ValueError("it must be base64 of at least 32 bytes")
    return key


def main(arguments: list[str] | None = None) -> int:
    """Say whether the export holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", help="the file to check")
    parser.add_argument("--key-file", required=True, help="the file that holds the audit key, in base64")
    parser.add_argument("--anchor", help="an export made earlier, which must still be contained in this one")
    chosen = parser.parse_args(arguments)
    try:
        key = read_key(chosen.key_file)
    except (OSError, ValueError) as error:
        print(f"The key in {chosen.key_file} cannot be used: {error}.", file=sys.stderr)
        return 2
    try:
        export = check(key, chosen.export, chosen.anchor)
    except OSError as error:
        print(f"The export cannot be read: {error}.", file=sys.stderr)
        return 2
    if not export.wrong:
        print(f"Nothing is wrong: {export.entries} entries in {LANES} lanes, each where it was written.")
        return 0
    for text in export.wrong[:SHOWN]:
        print(text)
    if len(export.wrong) > SHOWN:
        print(f"… and {len(export.wrong) - SHOWN} more")
    print(f"The audit does not hold: {len(export.wrong)} findings.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
