"""A worker killed between handing a letter in and noting it: the letter goes out again, and mail servers know it again."""

from __future__ import annotations

import os

import psycopg2
import pytest

from app.infra import jobs, outbox
from tests.acting import person
from tests.faults import hands
from tests.faults.conftest import Crew, directory, kill
from tests.posting import SENDER, Office, post_office
from tests.slices.test_notice import approval
from tests.waiting import wait_for
from tests.working import execute, rows

pytestmark = pytest.mark.slow
__all__ = ["directory"]


@pytest.fixture
def post(app, addresses, postgres_url, directory, monkeypatch):
    """Let a relay and workers of this test hand in their letters at a server of this test."""
    office = Office()
    crew = Crew(postgres_url, f"{addresses.directory}/home", directory)
    crew.lease_seconds = 2
    known = dict(jobs._kinds), dict(outbox._subscribers), dict(jobs._schedules)
    hands.declare()
    with post_office(office) as port, app.app_context():
        for name, value in {"HOST": "127.0.0.1", "PORT": str(port), "SECURITY": "none", "FROM": SENDER}.items():
            monkeypatch.setitem(os.environ, f"OUTLAY_SMTP_{name}", value)
        execute(hands.HEARD)
        try:
            yield crew, office
        finally:
            crew.stop()
            execute("DROP TABLE heard")
            for registered, before in zip((jobs._kinds, outbox._subscribers, jobs._schedules), known, strict=True):
                registered.clear()
                registered.update(before)


def delivery() -> object:
    found = rows("SELECT * FROM delivery WHERE channel = 'email'")
    return found[0] if found else None


def test_a_letter_whose_worker_was_killed_goes_out_again_under_the_same_id(post, maker, postgres_url):
    crew, office = post
    supplier, nora = maker.key("supplier"), person("nora.novak", "Approver")
    holder = psycopg2.connect(postgres_url)
    try:
        crew.start("relay")
        worker = crew.start("runner", "--queue", "light")
        # Whoever notes that the letter is out has to wait for this lock, and is killed while it waits.
        office.when_taken = lambda: _hold(holder) if len(office.taken) == 1 else None
        approval("approval.asked", supplier, nora)
        wait_for(lambda: office.taken, "the server took the letter")
        wait_for(_waits, "the worker waits to note it")
        kill(worker)
        assert delivery().state == "waiting"
    finally:
        holder.close()
    crew.start("runner", "--queue", "light")
    wait_for(lambda: delivery().state == "sent", "the letter is noted as sent")

    assert len(office.taken) == 2
    assert {taken["Message-ID"] for taken in office.taken} == {delivery().message_id}
    assert delivery().attempts == 1
    assert len(rows("SELECT 1 FROM notice")) == 1


def _hold(holder: psycopg2.extensions.connection) -> None:
    with holder.cursor() as cursor:
        cursor.execute("SELECT 1 FROM delivery WHERE channel = 'email' FOR UPDATE")


def _waits() -> bool:
    return bool(rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE delivery%'"))
