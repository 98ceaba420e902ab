"""A worker killed in the middle of an import: every row is in once, and the sums agree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.transfer import batches, runs, work
from app.kernel.resource import registry
from tests.acting import system
from tests.faults.importing import ROWS_AT_ONCE, STEPS
from tests.importing import as_csv, counts, found, taken_in
from tests.servers import ROOT

pytestmark = pytest.mark.slow
ROWS = 35


def stored(statement: str) -> list[tuple[Any, ...]]:
    db.session.rollback()
    return [tuple(row) for row in db.session.execute(text(statement))]


@pytest.mark.parametrize("step", STEPS)
def test_a_batch_is_in_once_wherever_its_worker_is_killed(
    app: Flask, postgres_url: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "LINES_AT_ONCE", ROWS_AT_ONCE)
    with app.app_context():
        unit.create(system(), registry["currency"], {"code": "GBP", "name": "Pound"})
        form = {"code": "CITY", "name": "City", "country": "GB", "base_currency": "GBP"}
        unit.create(system(), registry["entity"], form)
        lines = [["2021-03-01", f"{number}.50", f"Firm {number % 7} Ltd"] for number in range(ROWS)]
        content = as_csv([["Date of payment", "Net", "Supplier name"], *lines])
        run_id = taken_in("spend_record", content, fixed={"entity": "CITY", "currency": "GBP"})
        work.check(system(), run_id)
        runs.start(system(), run_id, by_job=False)
        environment = {
            **os.environ,
            "DATABASE_URL": postgres_url,
            "REDIS_URL": app.config["REDIS_URL"],
            "OUTLAY_HOME": app.config["OUTLAY_HOME"],
            "OUTLAY_FILES": app.config["OUTLAY_FILES"],
        }
        command = [sys.executable, "-m", "tests.faults.importing", str(run_id), step]
        ended = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True)
        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2000:]
        kept = 2 * ROWS_AT_ONCE if step == "after the commit" else ROWS_AT_ONCE
        assert stored("SELECT count(*) FROM spend_record") == [(kept,)]
        work.apply(system(), run_id)
        run = found(run_id)
        assert (run.state, counts(run)) == ("done", {"created": ROWS})
        assert stored("SELECT count(*), count(DISTINCT source_line), sum(amount) = 612.5 FROM spend_record") == [
            (ROWS, ROWS, True)
        ]
        assert run.sums["amount"] == {"created": "612.50"}
        assert stored("SELECT count(*) FROM supplier") == [(7,)]
        assert stored("SELECT sum((after->>'rows')::int) FROM audit_entry WHERE action = 'taken_in'") == [(ROWS,)]
