"""An import whose worker ends on every attempt has failed, says so, and goes on where it ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import leases, unit
from app.infra.db import db
from app.infra.transfer import runs, work
from app.kernel.resource import registry
from app.workers import process
from tests.acting import person, system
from tests.importing import as_csv, checked, found

ROWS = as_csv([["Code", "Name"], ["IT", "Computers"], ["OF", "Office"]])


@pytest.fixture(autouse=True)
def within_app(app: Flask) -> Any:
    with app.app_context():
        yield app


def started() -> runs.ImportRun:
    """Line up the import of a file for somebody who may."""
    controller = person("carl.controller", "Controller").context()
    run = checked("category", ROWS, context=controller)
    runs.start(controller, run.id)
    return found(run.id)


def kill_the_worker(job_id: int) -> None:
    """Let a worker take the job and end without a word."""
    with db.engine.begin() as own:
        own.execute(
            text(
                "UPDATE job SET state = 'running', lease = gen_random_uuid(), leased_until = '2000-01-01' WHERE id = :id"
            ),
            {"id": job_id},
        )
    with unit.transaction(process.system_context(), "job.recover") as context:
        assert [each.id for each in leases.recover(context, timedelta(seconds=60))] == [job_id]


def events() -> list[tuple[str, Any]]:
    db.session.rollback()
    statement = text("SELECT name, payload FROM outbox_event WHERE resource = 'job' ORDER BY id")
    return [(row.name, row.payload) for row in db.session.execute(statement)]


def stored(run_id: int) -> Any:
    db.session.rollback()
    return db.session.execute(text("SELECT state, error FROM import_run WHERE id = :id"), {"id": run_id}).one()


def test_after_the_last_attempt_the_import_has_failed_and_its_owner_is_told() -> None:
    run = started()
    for _ in range(runs.ATTEMPTS - 1):
        kill_the_worker(run.job_id)
        assert (stored(run.id).state, events()) == ("importing", [])
    kill_the_worker(run.job_id)

    assert stored(run.id).state == "failed"
    [(name, payload)] = events()
    assert (name, payload["account"], payload["file"]) == ("job.import_failed", run.actor_id, "rows.csv")
    assert payload["outcome"] == stored(run.id).error
    assert "The worker ended before the work did" in payload["outcome"]
    assert "goes on where it ended" in payload["outcome"]


def test_it_is_started_again_and_ends_well() -> None:
    run = started()
    for _ in range(runs.ATTEMPTS):
        kill_the_worker(run.job_id)
    owner = person("dora.controller", "Administrator").context()
    runs.start(owner, run.id)
    work.apply(owner, run.id)
    assert (stored(run.id).state, found(run.id).created) == ("done", 2)


def test_a_job_that_is_discarded_ends_its_import_too() -> None:
    run = started()
    with db.engine.begin() as own:
        own.execute(
            text("UPDATE job SET state = 'dead', error = 'x', finished_at = now() WHERE id = :id"), {"id": run.job_id}
        )
    unit.execute(system(), registry["job"], str(run.job_id), "discard", {})
    assert stored(run.id).state == "failed"
    assert "job.import_failed" in [name for name, _ in events()]


def test_what_should_follow_may_fail_and_the_job_is_given_up_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    run = started()

    def fail(*_: Any) -> None:
        raise RuntimeError("no room for the news")

    monkeypatch.setattr("app.infra.transfer.work._announce", fail)
    for _ in range(runs.ATTEMPTS):
        kill_the_worker(run.job_id)
    with db.engine.connect() as connection:
        assert (
            connection.execute(text("SELECT state FROM job WHERE id = :id"), {"id": run.job_id}).scalar_one() == "dead"
        )
    assert (found(run.id).state, stored(run.id).state) == ("failed", "importing")
