"""Statements come in by every door in the same way: REST, and the terminal with files and folders."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from flask import Flask

from app.infra import unit
from app.infra.jobs import Job
from app.infra.taking import About, Sent
from app.modules.statements import jobs, service
from tests.acting import system
from tests.console.test_statement_pages import Window
from tests.scenarios.banking import Banking, camt053, entry
from tests.scenarios.paying import OURS
from tests.scenarios.test_request_doors import script
from tests.slices.doing import reading


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
    assert "2 files, 1 bank statement taken in, 1 refused" in told.output
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


#: A table that says neither account nor currency, under headings that are known.
NAMELESS = b"Datum;Betrag;Verwendungszweck;Name\n27.11.2026;-4,50;Kontogebuehr;Bank\n28.11.2026;-14,50;Porto;Post\n"


def test_a_table_is_of_the_account_that_is_said_at_every_door(app: Flask, banking: Banking, tmp_path: Path) -> None:
    caller = script(app, banking.tomas)

    def send(data: bytes, *said: str) -> Any:
        form = {"file": (io.BytesIO(data), "day.csv"), "set": list(said)}
        return caller.post("/bank-statements/capture", data=form, content_type="multipart/form-data")

    assert "Choose the account" in send(NAMELESS).text
    assert "PETTY is no paying account that you may use" in send(NAMELESS, "account=PETTY").text
    assert "MAIN is kept in EUR, the file is in USD" in send(NAMELESS, "account=MAIN", "currency=USD").text
    taken = send(NAMELESS, "account=main")
    assert taken.status_code == 201, taken.text
    with reading("bank_statement", "STM-2026-00001") as row:
        assert not any("which account" in remark for remark in row.remarks)
    file = tmp_path / "card.csv"
    file.write_bytes(NAMELESS.replace(b"Kontogebuehr", b"Kartengebuehr").replace(b"Porto", b"Versand"))
    words = ["outlay", "import", "bank-statements", str(file), "--as", "tomas.dvorak", "--set", f"account={OURS}"]
    told = app.test_cli_runner().invoke(args=words)
    assert "STM-2026-00002 open" in told.output, told.output
    window, many = Window(app, banking.tomas), NAMELESS.replace(b"4,50", b"5,50")
    sent = {"file": (io.BytesIO(many), "may.csv"), "account": "MAIN", "match": "yes"}
    asked = window.post("/bank-statements/capture", status=200, **sent).text
    [url] = re.findall(r'href="(/bank-statements/capture/[^"]+)"', asked)
    page = window.get(url)
    assert '<option value="MAIN" selected>' in page
    columns = {"column-0": "booked_on", "column-1": "amount", "column-2": "text", "column-3": "name"}
    done = window.post(url, status=200, act="take", account="MAIN", **columns).text
    assert "STM-2026-00003" in done


def test_a_table_of_a_bank_begins_with_the_columns_and_the_sign_that_were_said_before(
    app: Flask, banking: Banking
) -> None:
    window = Window(app, banking.tomas)

    def asked(day: str) -> tuple[str, str]:
        content = TABLE.replace(b"-", b"").replace(b"11.2026", day.encode())
        found = window.post("/bank-statements/capture", status=200, file=(io.BytesIO(content), f"{day}.csv")).text
        [url] = re.findall(r'href="(/bank-statements/capture/[^"]+)"', found)
        return str(url), window.get(str(url))

    url, page = asked("09.2026")
    said = dict(zip((f"column-{at}" for at in range(4)), ("booked_on", "name", "text", "amount"), strict=True))
    common = {"account": "MAIN", "currency": "EUR", "sign": "reversed"}
    assert "STM-2026-00001" in window.post(url, status=200, act="take", **said, **common).text
    url, page = asked("10.2026")
    assert re.search(r"Columns as matched on \w+ \d+ \w+ by Tom[aá]s Dvo[rř][aá]k\.", page)
    chosen = re.findall(r'<option value="([a-zA-Z_]+)" selected>', page)
    assert chosen == ["booked_on", "name", "text", "amount", "EUR", "reversed"]


def test_a_large_table_keeps_the_account_that_was_said(banking: Banking) -> None:
    sent = Sent(NAMELESS, "day.csv", "HAL", about=About(fixed={"account": "MAIN"}))
    number = service.take_in_later(banking.at(banking.tomas), sent, None)
    with unit.reading(system()) as bound:
        job = bound.session.get_one(Job, number, execution_options={"scoped": True})
        told = dict(job.arguments)
    assert (told["entity"], told["about"]["fixed"]) == ("HAL", {"account": "MAIN"})
    result = jobs.take_in(banking.at(banking.tomas), Job(kind=service.TAKE_IN, arguments=told))
    assert result == {"statements": ["STM-2026-00001"]}


def test_a_terminal_says_what_the_columns_of_a_table_mean(app: Flask, banking: Banking, tmp_path: Path) -> None:
    (tmp_path / "card.csv").write_bytes(TABLE.replace(b"-", b""))
    words = ["outlay", "import", "bank-statements", str(tmp_path / "card.csv"), "--as", "tomas.dvorak"]
    words += [part for each in SAID for part in ("--map", each)]
    fixed = ("account=MAIN", "currency=EUR", "sign=reversed")
    told = app.test_cli_runner().invoke(args=[*words, *(part for each in fixed for part in ("--set", each))])
    assert told.exit_code == 0, told.output
    assert banking.lines("STM-2026-00001") == {"1": "open", "2": "open"}
