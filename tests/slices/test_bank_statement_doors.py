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


#: A table whose headings no bank of those known here uses.
TABLE = b"Wann;Wer;Wofuer;Plus oder minus\n03.11.2026;Vega Optics;R-100;-12,50\n04.11.2026;Bank;Gebuehr;-4,50\n"
SAID = ["Wann=booked_on", "Wer=name", "C=text", "Plus oder minus=amount"]


def test_a_table_of_a_bank_is_read_as_its_columns_were_said_and_can_be_tried_first(
    app: Flask, banking: Banking
) -> None:
    caller = script(app, banking.tomas)

    def send(**said: object):  # type: ignore[no-untyped-def]
        form = {"file": (io.BytesIO(TABLE), "day.csv"), **said}
        return caller.post("/bank-statements/capture", data=form, content_type="multipart/form-data")

    assert "known here" in send().text
    fixed = ["account=MAIN", "currency=EUR"]
    tried = send(map=SAID, set=fixed, dry_run="true")
    assert (tried.status_code, tried.json["data"][0]["rows"]) == (200, 2), tried.text
    assert caller.get("/bank-statements").json["data"] == []
    assert "unknown_field" in send(map=["Wann=birthday"], set=fixed).text
    assert "unknown_field" in send(map=SAID, set=["colour=red"]).text
    assert "unknown_column" in send(map=["Jemand=name"], set=fixed).text
    taken = send(map=SAID, set=fixed)
    assert taken.status_code == 201, taken.text
    row = caller.get("/bank-statements/STM-2026-00001").json
    assert [(line["amount"], line["party"], line["text"]) for line in row["lines"]] == [
        ("-12.50", "Vega Optics", "R-100"),
        ("-4.50", "Bank", "Gebuehr"),
    ]


def test_a_terminal_says_what_the_columns_of_a_table_mean(app: Flask, banking: Banking, tmp_path: Path) -> None:
    (tmp_path / "card.csv").write_bytes(TABLE.replace(b"-", b""))
    words = ["outlay", "import", "bank-statements", str(tmp_path / "card.csv"), "--as", "tomas.dvorak"]
    words += [part for each in SAID for part in ("--map", each)]
    fixed = ("account=MAIN", "currency=EUR", "sign=reversed")
    told = app.test_cli_runner().invoke(args=[*words, *(part for each in fixed for part in ("--set", each))])
    assert told.exit_code == 0, told.output
    assert banking.lines("STM-2026-00001") == {"1": "open", "2": "open"}
