"""A part of a change that is refused leaves nothing behind: no value, no audit, no event, no act at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import numbers, unit
from app.infra.db import db
from app.infra.intake import Reader, find_row
from app.infra.transfer import runs, work
from app.infra.unit import Outcome
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Series, registry
from tests.acting import system
from tests.importing import as_csv, checked, counts, found, traces
from tests.making import Maker

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def maker(app: Flask) -> Iterator[Maker]:
    with app.app_context():
        yield Maker()


def rename(bound: Context, key: str, name: str) -> Outcome:
    return unit.save_within(bound, registry["supplier"], key, {"name": name}, Reader(bound))


def refuse(bound: Context) -> Outcome:
    raise Refused(Kind.INVALID, Problem("no", "No."))


def test_half_assigned_values_do_not_leak_into_what_follows(maker: Maker) -> None:
    key = maker.create(registry["supplier"], name="Alba")
    before = traces()

    def half(bound: Context) -> Outcome:
        row = find_row(bound, registry["supplier"], key)
        row.name, row.contacts[0].name, row.contacts[1:] = "Half", "Half", []
        bound.at_end(lambda: acts.append("half"))
        return refuse(bound)

    def flushed(bound: Context) -> Outcome:
        rename(bound, key, "Flushed")
        return refuse(bound)

    acts: list[str] = []
    with unit.transaction(system(), "test") as bound:
        for body in (half, flushed):
            outcome = unit.attempt(bound, body)
            assert isinstance(outcome, Refused)
            row = find_row(bound, registry["supplier"], key)
            assert (row.name, len(row.contacts), row.contacts[0].name) == ("Alba", 2, "Maja Berg")
            assert bound.session.info["audit"] == []
        assert not bound.session.dirty
    assert acts == []
    assert traces() == before


def test_what_stands_beside_a_refused_part_is_kept_with_its_acts_at_the_end(maker: Maker) -> None:
    key = maker.create(registry["supplier"], name="Alba")
    acts: list[str] = []

    def good(bound: Context) -> Outcome:
        bound.at_end(lambda: acts.append("good"))
        return rename(bound, key, "Boreal")

    with unit.transaction(system(), "test") as bound:
        assert isinstance(unit.attempt(bound, refuse), Refused)
        assert isinstance(unit.attempt(bound, good), Outcome)
        assert isinstance(unit.attempt(bound, refuse), Refused)
        assert acts == []
    assert acts == ["good"]
    db.session.rollback()
    assert db.session.execute(text("SELECT name FROM supplier")).scalar_one() == "Boreal"
    story = text("SELECT count(*) FROM audit_entry WHERE action = 'changed' AND row_key = :key")
    assert db.session.execute(story, {"key": key}).scalar_one() == 1


def test_what_the_database_refuses_is_the_refusal_of_its_part(maker: Maker) -> None:
    key = maker.create(registry["unit"])

    def create(bound: Context, **form: Any) -> Outcome:
        return unit.create_within(bound, registry["unit"], form, Reader(bound))

    with unit.transaction(system(), "test") as bound:
        taken = unit.attempt(bound, lambda part: create(part, code=key, name="Again"))
        assert isinstance(taken, Refused)
        assert [problem.code for problem in taken.problems] == ["taken"]
        assert isinstance(unit.attempt(bound, lambda part: create(part, code="NXT", name="New")), Outcome)
    db.session.rollback()
    assert {code for (code,) in db.session.execute(text("SELECT code FROM unit"))} == {key, "NXT"}


def test_a_rehearsal_gives_numbers_that_nobody_uses_up(maker: Maker) -> None:
    series = Series("T", yearly=False)
    given = []
    for _ in range(2):
        with unit.rehearsal(system(), "test") as bound:
            given += [numbers.take(bound, series), numbers.take(bound, series)]
    assert len(set(given)) == 4
    assert all(len(number) > len("T-00001") for number in given)
    with unit.transaction(system(), "test") as bound:
        assert numbers.take(bound, series) == "T-00001"


WORKER = """
import sys
from app import create_core
from app.infra.transfer import work
from tests.acting import system
work.LINES_AT_ONCE = 5
app = create_core()
with app.app_context():
    work.apply(system(), int(sys.argv[1]))
"""


def test_a_worker_killed_in_the_middle_of_an_import_leaves_whole_groups_and_the_next_one_goes_on(
    app: Flask, maker: Maker, database: str
) -> None:
    rows = [[f"{n:03X}", f"Unit {n}"] for n in range(150)]
    run = checked("unit", as_csv([["code", "name"], *rows]))
    runs.start(system(), run.id)
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": app.config["REDIS_URL"],
        "OUTLAY_HOME": app.config["OUTLAY_HOME"],
        "OUTLAY_FILES": app.config["OUTLAY_FILES"],
    }
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(run.id)], cwd=ROOT, env=environment)
    deadline = time.monotonic() + 60
    while count_units() < 20 and worker.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    killed_at = found(run.id)
    assert 20 <= killed_at.created < 150
    assert (killed_at.next_row, count_units()) == (killed_at.created, killed_at.created)
    assert killed_at.created % 5 == 0
    work.apply(system(), run.id)
    done = found(run.id)
    assert (done.state, counts(done), count_units()) == ("done", {"created": 150}, 150)
    db.session.rollback()
    assert db.session.execute(text("SELECT count(*) FROM outbox_event WHERE name = 'unit.created'")).scalar_one() == 150


def count_units() -> int:
    with db.engine.connect() as own:
        return int(own.execute(text("SELECT count(*) FROM unit")).scalar_one())
