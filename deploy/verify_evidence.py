#!/usr/bin/env python3
"""Check an evidence pack, without Outlay: `python verify_evidence.py PAY-….zip --key-file KEY`.

Needs Python 3.9 or later and nothing else, and shares no code with the application on purpose. Every file of the pack is
compared with the manifest, the manifest with its seal, and each entry of the audit with the seal it was written under. With
`--audit export.jsonl` (checked by verify_audit.py before) it also proves that the entries stand in the whole audit. The exit
status is 0 when everything holds, 1 when anything is wrong, 2 when it could not be checked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

FORMAT = "outlay-evidence-1"
MANIFEST, SEAL, AUDIT = "manifest.json", "seal.txt", "audit.jsonl"
LARGEST = 1024 * 1024 * 1024  # bytes that all files of a pack may have together


def sealed(key: bytes, purpose: bytes, content: bytes) -> str:
    """Make the seal that only somebody with the key can make."""
    return hmac.new(key, b"outlay.audit." + purpose + b"\0" + content, hashlib.sha256).hexdigest()


def check(key: bytes, archive: zipfile.ZipFile, audit: Path | None) -> Iterator[str]:
    """Give every fault of a pack."""
    names = archive.namelist()
    if len(set(names)) != len(names):
        yield "a file is in the pack twice"
    manifest = archive.read(MANIFEST)
    if not hmac.compare_digest(sealed(key, b"evidence", manifest), archive.read(SEAL).decode().strip()):
        yield "the seal does not fit the manifest: it was altered, or the key is another one"
        return
    about = json.loads(manifest)
    if about["format"] != FORMAT:
        yield f"this is no {FORMAT} pack"
        return
    listed = about["files"]
    wrong = {
        name: fault for name, stated in listed.items() if (fault := compare(archive, names, name, stated["sha256"]))
    }
    yield from wrong.values()
    yield from (f"{name} is not in the manifest" for name in sorted({*names} - {*listed, MANIFEST, SEAL}))
    if AUDIT not in wrong:
        lines = archive.read(AUDIT).splitlines()
        if len(lines) != about["entries"]:
            yield f"{len(lines)} entries of the audit are here, and the manifest counts {about['entries']}"
        yield from check_entries(key, lines, whole(audit) if audit else None)


def compare(archive: zipfile.ZipFile, names: list[str], name: str, stated: str) -> str:
    """Say what is wrong with a file; nothing when it is the one that was packed."""
    if name not in names:
        return f"{name} is missing"
    return "" if hashlib.sha256(archive.read(name)).hexdigest() == stated else f"{name} was altered"


def check_entries(key: bytes, lines: list[bytes], known: dict[tuple[int, int], str] | None) -> Iterator[str]:
    """Check each entry under its seal, and where the whole audit is at hand, its place there."""
    for line in lines:
        found = json.loads(line)
        entry, place = found["entry"], (found["entry"]["lane"], found["entry"]["position"])
        where = f"the entry of lane {place[0]} position {place[1]}"
        content = bytes.fromhex(found["previous"]) + spelled(entry)
        if not hmac.compare_digest(sealed(key, b"link", content), found["mac"]):
            yield f"{where} was altered"
        elif known is not None and known.get(place) != found["mac"]:
            yield f"{where} does not stand in the audit"


def whole(audit: Path) -> dict[tuple[int, int], str]:
    """Read from an export of the audit which seal stands where."""
    found = {}
    with audit.open("rb") as lines:
        for line in lines:
            record = json.loads(line)
            if record["kind"] == "entry":
                found[record["entry"]["lane"], record["entry"]["position"]] = record["mac"]
    return found


def spelled(value: object) -> bytes:
    """Spell a value the one way the seals are made over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def main() -> int:
    """Check what the command line names, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    parser.add_argument(
        "--key-file", type=Path, required=True, help="the audit key: base64, as var/keys/audit-key holds it"
    )
    parser.add_argument("--audit", type=Path, help="an export of the whole audit in which the entries must stand")
    asked = parser.parse_args()
    try:
        key = base64.b64decode(asked.key_file.read_text().strip(), validate=True)
        with zipfile.ZipFile(asked.pack) as archive:
            if sum(each.file_size for each in archive.infolist()) > LARGEST:
                print(f"The pack would unfold to more than {LARGEST} bytes; it was not opened.", file=sys.stderr)
                return 2
            wrong = list(check(key, archive, asked.audit))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        print(f"It could not be checked: {error}", file=sys.stderr)
        return 2
    for each in wrong:
        print(each, file=sys.stderr)
    print(f"{asked.pack.name}: {'nothing was altered' if not wrong else f'{len(wrong)} findings'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
