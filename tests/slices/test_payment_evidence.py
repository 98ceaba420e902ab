"""The evidence pack: all that explains a payment, sealed, checked without Outlay, and telling nobody what they may not open."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from flask import current_app

from app.infra import unit
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import Someone
from tests.scenarios.paying import Paying
from tests.servers import ROOT

CHECKER = ROOT / "deploy/verify_evidence.py"


@pytest.fixture
def number(paying: Paying) -> str:
    paying.owed("R-1")
    return str(paying.payments(paying.released_run())[0]["number"])


@pytest.fixture
def auditor(paying: Paying) -> Someone:
    return paying.person("erik.lind", "Auditor", cost_centre="HAL-0")


def packed(paying: Paying, someone: Someone, number: str) -> bytes:
    outcome = unit.execute(paying.at(someone), registry["payment"], number, "evidence", {})
    return base64.b64decode(outcome.told["content"])


def contents(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def check(folder: Path, pack: bytes, *more: str) -> subprocess.CompletedProcess[str]:
    """Let a script that knows nothing of Outlay look at a pack."""
    place, key = folder / "pack.zip", folder / "key"
    place.write_bytes(pack)
    key.write_text(current_app.config["OUTLAY_AUDIT_KEY"])
    words = [sys.executable, "-I", str(CHECKER), str(place), "--key-file", str(key), *more]
    return subprocess.run(
        words, capture_output=True, text=True, timeout=60, check=False, env={"PATH": os.environ["PATH"]}
    )


def test_a_pack_tells_the_whole_way_from_order_to_bank(
    paying: Paying, auditor: Someone, number: str, tmp_path: Path
) -> None:
    files = contents(packed(paying, auditor, number))
    record = json.loads(files["record.json"])
    kinds = [document["resource"] for document in record]
    assert kinds == ["request", "approval", "order", "receipt", "invoice", "payment_run", "payment"]
    [original] = [name for name in files if name.startswith("files/IN-")]
    assert files[original].startswith(b"<?xml")
    [order] = [json.loads(data) for name, data in files.items() if name.startswith("records/PO-")]
    assert [revision["content"]["lines"][0]["text"] for revision in order["revisions"]] == ["Lamp"]
    [round_] = [json.loads(data) for name, data in files.items() if name.startswith("records/AV-")]
    assert round_["facts"]
    assert round_["explanation"]
    page = files["index.html"].decode()
    for document in record:
        assert f'id="{document["key"]}"' in page
    assert "<script" not in page
    decided = next(document for document in record if document["resource"] == "approval")
    assert any(table["title"] == "Decisions" and table["lines"] for table in decided["tables"])
    checks = next(table for document in record for table in document["tables"] if table["title"] == "Checks")
    assert len(checks["lines"]) >= 10
    assert json.loads(files["manifest.json"])["beyond"] == []
    result = check(tmp_path, packed(paying, auditor, number))
    assert (result.returncode, result.stderr) == (0, "")


def test_what_is_altered_added_or_taken_away_is_found_offline(paying: Paying, number: str, tmp_path: Path) -> None:
    files = contents(packed(paying, paying.tomas, number))

    def found(changed: dict[str, bytes]) -> str:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, data in changed.items():
                archive.writestr(name, data)
        result = check(tmp_path, out.getvalue())
        assert result.returncode == 1, result
        return result.stderr

    for name in files:
        if name not in ("manifest.json", "seal.txt"):
            assert f"{name} was altered" in found({**files, name: files[name] + b" "})
            assert f"{name} is missing" in found({each: data for each, data in files.items() if each != name})
    assert "the seal does not fit" in found({**files, "manifest.json": files["manifest.json"].replace(b"PAY", b"PAX")})
    assert "more.txt is not in the manifest" in found({**files, "more.txt": b"x"})


def test_entries_of_a_pack_stand_in_the_whole_audit(
    paying: Paying, auditor: Someone, number: str, tmp_path: Path
) -> None:
    pack = packed(paying, auditor, number)
    export = tmp_path / "audit.jsonl"
    assert current_app.test_cli_runner().invoke(args=["outlay", "audit", "export", str(export)]).exit_code == 0
    assert check(tmp_path, pack, "--audit", str(export)).returncode == 0
    first = json.loads(contents(pack)["audit.jsonl"].splitlines()[0])["mac"]
    export.write_text("\n".join(line for line in export.read_text().splitlines() if first not in line))
    result = check(tmp_path, pack, "--audit", str(export))
    assert result.returncode == 1
    assert "does not stand in the audit" in result.stderr


def test_a_pack_names_what_its_reader_may_not_open_and_tells_nothing_of_it(paying: Paying, number: str) -> None:
    files = contents(packed(paying, paying.tomas, number))
    manifest = json.loads(files["manifest.json"])
    shown = {document["key"] for document in json.loads(files["record.json"])}
    hidden = {key for _, key in manifest["beyond"]}
    assert {key[:3] for key in hidden} == {"REQ", "AV-", "PO-", "RCV"}
    assert not shown & hidden
    assert not any(name.split("/")[1] in hidden for name in files if name.startswith("files/"))


def test_who_took_a_pack_is_on_record_and_others_get_none(paying: Paying, number: str) -> None:
    packed(paying, paying.tomas, number)
    with unit.reading(paying.at(paying.tomas)) as bound:
        entries = list(_records(bound, number))
    assert [entry.actor_id for entry in entries if entry.command == "payment.evidence"] == [paying.tomas.id]
    with pytest.raises(Refused):
        packed(paying, paying.hanna, number)


def _records(bound, number):
    from app.infra import scope
    from app.infra.audit import AuditEntry

    statement = scope.everything(AuditEntry, why="a test").where(AuditEntry.row_key == number)
    return bound.session.scalars(statement)
