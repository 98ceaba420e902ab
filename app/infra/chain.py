"""The keyed hash chain that makes every tampering with the audit visible.

The audit is written in several lanes. Each lane is a chain of its own: an entry is sealed together with the seal of
the one before it. A head says, under a seal of its own, how far a lane reaches. Entries may name heads they have seen
(`witness`), so that no lane can be set back to an older state alone.
deploy/verify_audit.py says the same without this application; docs/decisions/03-audit-chain.md says why.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

LANES = 16
SEAL_BYTES = 32
GENESIS = bytes(SEAL_BYTES)

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """Hold one audit entry, which names its `lane` and its `position` counted from 1, with its seal."""

    entry: Entry
    mac: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Say how many entries a lane has and with which seal it ends, under a seal of its own."""

    lane: int
    entries: int
    mac: bytes
    seal: bytes = b""

    def sealed(self, key: bytes) -> Head:
        """Put the seal on, in the transaction that moves the head."""
        return Head(self.lane, self.entries, self.mac, seal(key, b"head", canonical(self.witness())))

    def genuine(self, key: bytes) -> bool:
        """Tell whether somebody who has the key sealed this head."""
        return hmac.compare_digest(self.seal, self.sealed(key).seal)

    def witness(self) -> list[Any]:
        """Give what an entry may say of this head, in its list `witness`."""
        return [self.lane, self.entries, self.mac.hex()]


@dataclass(frozen=True, slots=True)
class Finding:
    """Say what is wrong, and where."""

    code: str
    message: str
    lane: int | None = None
    position: int | None = None


def parse_key(text: str) -> bytes:
    """Read the audit key: base64 of 32 bytes or more."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) < SEAL_BYTES:
        raise ValueError("The audit key must be base64 of at least 32 bytes, as `openssl rand -base64 32` gives.")
    return key


def canonical(value: object) -> bytes:
    """Give the one spelling of a value: sorted keys, ASCII, no spaces; amounts and instants come as text."""
    _check_exact(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def link(key: bytes, previous: bytes, entry: Entry) -> bytes:
    """Seal an entry onto the seal before it; the first of a lane follows GENESIS."""
    if len(previous) != SEAL_BYTES:
        raise ValueError(f"A seal has {SEAL_BYTES} bytes, not {len(previous)}.")
    return seal(key, b"link", previous + canonical(entry))


def verify(
    key: bytes, entries_by_lane: Mapping[int, Iterable[Link]], heads: Iterable[Head], anchor: Iterable[Head] = ()
) -> list[Finding]:
    """Find every tampering; `anchor` are the heads of an earlier export, which today's lanes must still contain."""
    inspection = Inspection(key, anchor)
    for lane, links in entries_by_lane.items():
        for each in links:
            inspection.accept(lane, each)
    return inspection.finish(heads)


@dataclass(slots=True)
class _Lane:
    """Remember the seals seen in one lane; `shift` is how far its positions are off since something was moved."""

    seals: bytearray = field(default_factory=bytearray)
    shift: int = 0

    def reached(self) -> int:
        return len(self.seals) // SEAL_BYTES

    def seal_at(self, position: int) -> bytes:
        """Give the seal of an entry counted from 1, GENESIS for 0, and nothing where there is no entry."""
        end = SEAL_BYTES * position
        return bytes(self.seals[end - SEAL_BYTES : end]) if position > 0 else GENESIS


class Inspection:
    """Walk over entries, each lane from its first to its last, and collect what is wrong with them."""

    def __init__(self, key: bytes, anchor: Iterable[Head] = ()) -> None:
        self.findings: list[Finding] = []
        self._key = key
        self._lanes = {lane: _Lane() for lane in range(LANES)}
        self._claims: dict[tuple[int, int, bytes], str] = {}
        for head in anchor:
            self._claim(head.lane, head.entries, head.mac, "the earlier export")

    def accept(self, lane: int, each: Link) -> None:
        """Check the next entry of a lane."""
        if lane not in self._lanes:
            self.find("unknown_lane", f"there are only {LANES} lanes", lane)
            return
        walked = self._lanes[lane]
        position = walked.reached() + 1 + walked.shift
        stated = each.entry.get("position")
        if each.entry.get("lane") != lane or stated != position:
            message = f"here stands an entry of lane {each.entry.get('lane')} position {stated}"
            self.find("misplaced", message, lane, position)
            walked.shift += stated - position if isinstance(stated, int) else 0
        elif not self._fits(each, walked.seal_at(walked.reached()), f"lane {lane} position {position}"):
            self.find("altered", "the seal does not fit this entry and the one before it", lane, position)
        walked.seals += each.mac[:SEAL_BYTES].ljust(SEAL_BYTES, b"\0")

    def finish(self, heads: Iterable[Head]) -> list[Finding]:
        """Check where each lane ends, and what its witnesses saw, and give everything found."""
        by_lane: dict[int, Head] = {}
        for head in heads:
            if head.lane in by_lane or head.lane not in self._lanes:
                self.find("head_extra", "there is a head too many", head.lane)
            by_lane[head.lane] = head
        for lane, walked in self._lanes.items():
            self._check_end(lane, walked, by_lane.get(lane))
        # Once a lane is known to be broken, what its witnesses saw adds nothing but noise.
        broken = {finding.lane for finding in self.findings}
        for (lane, position, mac), witness in sorted(self._claims.items()):
            if lane not in broken and not self._holds(lane, position, mac):
                broken.add(lane)
                message = f"{witness} saw another entry here; the lane was set back to an older state"
                self.find("set_back", message, lane, position)
        return self.findings

    def find(self, code: str, what: str, lane: int | None = None, position: int | None = None) -> None:
        """Note something wrong."""
        place = "" if lane is None else f"lane {lane}: " if position is None else f"lane {lane} position {position}: "
        self.findings.append(Finding(code, place + what, lane, position))

    def _fits(self, each: Link, previous: bytes, place: str) -> bool:
        """Check one seal; what a genuine entry says of other lanes is kept until it is confirmed."""
        try:
            if not hmac.compare_digest(each.mac, link(self._key, previous, each.entry)):
                return False
            for lane, entries, mac in each.entry.get("witness") or ():
                self._claim(lane, entries, bytes.fromhex(mac), place)
        except (TypeError, ValueError, RecursionError):
            return False
        return True

    def _check_end(self, lane: int, walked: _Lane, head: Head | None) -> None:
        reached = walked.reached()
        if head is None:
            self.find("head_missing", "the head is missing", lane)
        elif not head.genuine(self._key):
            self.find("head_altered", "the head was altered: its seal does not fit", lane)
        elif head.entries != reached:
            self.find("cut", f"the head counts {head.entries} entries, and {reached} are here", lane, reached)
        elif head.mac != walked.seal_at(reached):
            self.find("altered", "the last entry is not the one the head names", lane, reached)

    def _claim(self, lane: int, position: int, mac: bytes, witness: str) -> None:
        if not self._holds(lane, position, mac):
            self._claims.setdefault((lane, position, mac), witness)

    def _holds(self, lane: int, position: int, mac: bytes) -> bool:
        return lane in self._lanes and self._lanes[lane].seal_at(position) == mac


def seal(key: bytes, purpose: bytes, content: bytes) -> bytes:
    """Make the seal that only somebody with the key can make; one made for a purpose is worth nothing for another."""
    return hmac.new(key, b"outlay.audit." + purpose + b"\0" + content, hashlib.sha256).digest()


def _check_exact(value: object) -> None:
    """Refuse what JSON would spell in more than one way."""
    if value is None or type(value) in (str, int):
        return
    if isinstance(value, dict):
        for name, part in value.items():
            if not isinstance(name, str):
                raise TypeError(f"Audit entries name their values by text, not by {type(name).__name__}.")
            _check_exact(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _check_exact(part)
    elif not isinstance(value, str | int):
        raise TypeError(f"Audit entries hold text and whole numbers, not {type(value).__name__}: write it as text.")
