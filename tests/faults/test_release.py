"""A process killed at each step of a release: the run is sent as a whole with one file, or not at all."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.resource import registry
from tests.acting import context_of, system
from tests.faults.releasing import STEPS
from tests.scenarios.paying import THEN, Paying
from tests.servers import ROOT
from tests.slices.doing import refused

pytestmark = pytest.mark.slow


def killed(app: Flask, run: str, step: str) -> None:
    """Release a run in a process that ends at a step."""
    settings = {name: app.config[name] for name in ("REDIS_URL", "OUTLAY_HOME", "OUTLAY_FILES")}
    database = db.engine.url.render_as_string(hide_password=False).replace("+psycopg2", "")
    environment = {**os.environ, **settings, "DATABASE_URL": database}
    command = [sys.executable, "-m", "tests.faults.releasing", run, step]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def kept(app: Flask) -> set[str]:
    """Name the files for banks in the store by their digests."""
    found = [each for each in Path(app.config["OUTLAY_FILES"]).rglob("*") if each.is_file()]
    return {hashlib.sha256(each.read_bytes()).hexdigest() for each in found if b"pain.001" in each.read_bytes()[:200]}


def counts() -> tuple[Any, ...]:
    """Count payments and events of them, and tell the last number that was given."""
    db.session.rollback()
    statement = text(
        "SELECT (SELECT count(*) FROM payment), (SELECT count(*) FROM outbox_event WHERE name = 'payment.sent'),"
        " (SELECT count(*) FROM outbox_event WHERE name = 'payment_run.released'),"
        " (SELECT coalesce(max(last), 0) FROM number_series WHERE name LIKE 'PAY-%'),"
        " (SELECT coalesce(sum(settled), 0) FROM open_item)"
    )
    return tuple(db.session.execute(statement).one())


@pytest.mark.parametrize("step", STEPS)
def test_a_run_is_sent_once_and_as_one_file_wherever_its_release_is_killed(app: Flask, step: str) -> None:
    with app.app_context():
        paying = Paying()
        paying.owed(f"R-{list(STEPS).index(step)}")  # each test another file, for they share a store
        run = paying.approved_run()
        before = kept(app)
        killed(app, run, step)
        again = context_of(system(id=970).actor, now=THEN)
        if step == "after the commit":
            assert (paying.run_state(run), *counts()) == ("released", 1, 1, 1, 1, 120)
            with refused(("wrong_state", None)):
                unit.execute(again, registry["payment_run"], run, "release", {})
        else:
            assert (paying.run_state(run), *counts()) == ("approved", 0, 0, 0, 0, 0)
            unit.execute(again, registry["payment_run"], run, "release", {})
        assert (paying.run_state(run), *counts()) == ("released", 1, 1, 1, 1, 120)
        digest = hashlib.sha256(paying.file(run)).hexdigest()
        assert kept(app) - before == {digest}
        assert str(paying.look(run, lambda row: row.file_hash, "payment_run")) == digest
