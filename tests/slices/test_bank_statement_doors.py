"""Statements come in by every door in the same way: REST, and the terminal with files and folders."""

from __future__ import annotations

import io
from pathlib import Path

from flask import Flask

from tests.scenarios.banking import Banking, camt053, entry
from tests.scenarios.test_request_doors import script


def test_a_script_takes_a_statement_in_once_and_says_what_its_lines_are(app: Flask, banking: Banking) -> None:
    caller, data = script(app, banking.tomas), camt053(entry("-4.50", text="Fee"))

    def send(key: str = "k-1", caller=caller):  # type: ignore[no-untyped-def]
        form = {"file": (io.BytesIO(data), "day.xml")}
        return caller.post(
            "/bank-statements/capture", data=form, headers={"Idempotency-Key": key}, content_type="multipart/form-data"
        )

    first, again = send(), send()
    assert first.status_code == 201, first.text
    [taken] = first.json["data"]
    assert (first.status_code, taken["key"], taken["state"]) == (201, "STM-2026-00001", "open")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    twice = send("k-2")
    assert (twice.status_code, twice.json["problems"][0]["code"]) == (409, "taken_in_already")
    assert send("k-3", script(app, banking.vera)).status_code == 403
    row = caller.get("/bank-statements/STM-2026-00001").json
    assert [(line["number"], line["amount"], line["state"]) for line in row["lines"]] == [("1", "-4.50", "open")]
    said = {"lines": ["1"], "kind": "fee", "reason": "Monthly fee"}
    assert caller.post("/bank-statements/STM-2026-00001/explain", json=said).json["state"] == "reconciled"


def test_a_terminal_takes_in_files_and_folders_and_tells_of_each(app: Flask, banking: Banking, tmp_path: Path) -> None:
    (tmp_path / "day.xml").write_bytes(camt053(entry("-4.50")))
    (tmp_path / "notes.txt").write_text("Nothing of the bank")
    words = ["outlay", "import", "bank-statements", str(tmp_path), "--as", "tomas.dvorak"]
    told = app.test_cli_runner().invoke(args=words)
    assert told.exit_code == 1
    assert f"{tmp_path}/day.xml: STM-2026-00001 open" in told.output
    assert "notes.txt: refused. " in told.output
    assert "2 files, 1 bank statements taken in, 1 refused" in told.output
    again = app.test_cli_runner().invoke(args=words)
    assert "it was taken in before, as STM-2026-00001" in again.output
