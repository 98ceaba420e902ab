"""Invoices come in by every door in the same way: REST, the page, the terminal, the drop folder."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra.db import db
from app.modules.invoices import jobs
from tests.acting import system
from tests.api.calling import Caller
from tests.scenarios.billing import Billing, ubl
from tests.scenarios.test_request_doors import script


def counted() -> int:
    db.session.rollback()
    return int(db.session.execute(text("SELECT count(*) FROM invoice")).scalar_one())


def sent(caller: Caller, data: bytes, name: str = "invoice.xml", key: str = "", **fields: str) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    form = {"file": (io.BytesIO(data), name), **fields}
    return caller.post("/invoices/capture", data=form, headers=headers, content_type="multipart/form-data")


def test_a_script_takes_an_invoice_in_once_however_often_it_sends_it(app: Flask, billing: Billing) -> None:
    caller, data = script(app, billing.eva), ubl("R-1", ("Lamp", "1", "90"))
    first, again = sent(caller, data, key="k-1"), sent(caller, data, key="k-1")
    [entry] = first.json["data"]
    assert (first.status_code, entry["state"], entry["problems"]) == (201, "matched", [])
    assert first.headers["Location"] == entry["href"] == f"/api/v1/invoices/{entry['key']}"
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert counted() == 1
    other = sent(caller, ubl("R-2", ("Lamp", "1", "90")), key="k-1")
    assert (other.status_code, other.json["problems"][0]["code"]) == (409, "idempotency_key_reused")
    assert counted() == 1


def test_a_file_that_is_no_invoice_is_refused_with_the_reason(app: Flask, billing: Billing) -> None:
    caller = script(app, billing.eva)
    answer = sent(caller, b"GIF89a", "picture.gif")
    assert (answer.status_code, answer.json["problems"][0]["field"]) == (422, "file")
    missing = caller.post("/invoices/capture", data={"entity": "HAL"}, content_type="multipart/form-data")
    assert [problem["code"] for problem in missing.json["problems"]] == ["required"]
    strange = sent(caller, ubl("R-1", ("Lamp", "1", "90")), colour="red")
    assert [problem["code"] for problem in strange.json["problems"]] == ["unknown_field"]
    nameless = b"--x\r\nContent-Disposition: form-data\r\n\r\nred\r\n--x--\r\n"
    odd = caller.post("/invoices/capture", data=nameless, content_type="multipart/form-data; boundary=x")
    assert [problem["code"] for problem in odd.json["problems"]] == ["unknown_field"]
    assert caller.post("/invoices/capture", json={}).status_code == 415
    assert counted() == 0


def test_an_entity_that_is_none_is_refused_with_those_there_are(app: Flask, billing: Billing) -> None:
    answer = sent(script(app, billing.eva), ubl("R-1", ("Lamp", "1", "90")), entity="NOWHERE")
    [problem] = answer.json["problems"]
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "unknown_entity", "entity")
    assert "HAL" in problem["message"]
    assert counted() == 0


def test_whoever_may_not_enter_invoices_takes_none_in(app: Flask, billing: Billing) -> None:
    answer = sent(script(app, billing.rita), ubl("R-1", ("Lamp", "1", "90")))
    assert (answer.status_code, counted()) == (403, 0)


def test_a_reference_that_means_none_is_no_order(billing: Billing) -> None:
    for at, stated in enumerate(("NA", "n/a", "None")):
        key = billing.captured(f"R-{at}", ("Lamp", "1", str(90 + at)), order=stated)
        assert billing.look(key, lambda row: row.order, "invoice") is None
        assert "link" not in billing.exceptions(key)


@pytest.fixture
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set a drop folder, beside which nothing of this machine is touched."""
    monkeypatch.setitem(app.config, "OUTLAY_DROP_FOLDER", str(tmp_path))
    return tmp_path


def dropped(folder: Path, name: str, data: bytes, *, quiet: bool = True) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    changed = (system().now - timedelta(seconds=60 if quiet else 1)).timestamp()
    os.utime(path, (changed, changed))
    return path


def lies(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_dropped_is_taken_once_and_put_away_with_what_became_of_it(billing: Billing, folder: Path) -> None:
    dropped(folder, "HAL/one.xml", ubl("R-1", ("Lamp", "1", "90")))
    dropped(folder, "two.gif", b"GIF89a")
    assert jobs.collect(system(), None) == {"done": 1, "refused": 1}
    assert lies(folder) == ["done/one.xml", "refused/two.gif", "refused/two.gif.reason.txt"]
    assert (folder / "refused/two.gif.reason.txt").read_text().strip()
    assert jobs.collect(system(), None) == {"done": 0, "refused": 0}
    assert counted() == 1


def test_a_file_that_was_taken_before_the_worker_died_is_only_put_away(billing: Billing, folder: Path) -> None:
    data = ubl("R-1", ("Lamp", "1", "90"))
    for _ in range(2):
        dropped(folder, "one.xml", data)
        assert jobs.collect(system(), None)["done"] == 1
    assert (counted(), lies(folder)) == (1, ["done/one (2).xml", "done/one.xml"])


def test_what_somebody_still_writes_is_left_alone(billing: Billing, folder: Path) -> None:
    data = ubl("R-1", ("Lamp", "1", "90"))
    dropped(folder, "one.xml", data[:200], quiet=False)
    dropped(folder, "two.xml.part", data)
    dropped(folder, ".three.xml", data)
    (folder / "four.xml").symlink_to("/etc/hostname")
    assert jobs.collect(system(), None) == {"done": 0, "refused": 0}
    assert (counted(), len(lies(folder))) == (0, 4)


def test_a_folder_of_no_entity_is_refused_with_those_there_are(billing: Billing, folder: Path) -> None:
    dropped(folder, "NOPE/one.xml", ubl("R-1", ("Lamp", "1", "90")))
    assert jobs.collect(system(), None) == {"done": 0, "refused": 1}
    assert "HAL" in (folder / "refused/one.xml.reason.txt").read_text()


def test_without_a_folder_nothing_is_done(app: Flask, billing: Billing) -> None:
    assert not app.config.get("OUTLAY_DROP_FOLDER")
    assert jobs.collect(system(), None) == {"done": 0, "refused": 0}
