"""Whoever may approve or release a run is told that it waits, and whoever made it that a payment failed."""

from __future__ import annotations

from sqlalchemy import text

from app.infra import scope, unit
from app.infra.db import db
from app.infra.outbox import OutboxEvent
from app.modules.notifications import subscribers
from tests.acting import system
from tests.scenarios.paying import Owing, pain002


def told(name: str, hear: object) -> list[tuple[int, str]]:
    """Let the newest event of a name be heard, and list who was told what."""
    with unit.transaction(system(), "test.hear") as bound:
        statement = scope.everything(OutboxEvent, why="a test").where(OutboxEvent.name == name)
        found = bound.session.scalars(statement.order_by(OutboxEvent.id.desc()))
        hear(bound, found.first())  # type: ignore[operator]
    notices = text("SELECT account_id, title FROM notice ORDER BY account_id, id")
    return [(row.account_id, row.title) for row in db.session.execute(notices)]


def test_those_who_may_approve_are_told_and_those_who_made_it_are_not(owing: Owing) -> None:
    run = owing.run()
    owing.pay(owing.hanna, run, "submit")
    both = [(owing.tomas.id, f"{run} waits for your approval"), (owing.jana.id, f"{run} waits for your approval")]
    assert told("payment_run.submitted", subscribers.tell_of_run) == sorted(both)


def test_a_run_that_is_approved_waits_for_its_release(owing: Owing) -> None:
    run = owing.approved_run()
    assert told("payment_run.approved", subscribers.tell_of_run) == [(owing.jana.id, f"{run} waits for release")]


def test_whoever_made_and_released_a_payment_hears_that_it_failed(owing: Owing) -> None:
    run = owing.released_run()
    owing.answer(run, pain002(run, whole="RJCT"), by=owing.jana)
    expected = "PAY-HAL-2026-00001 did not go through"
    found = told("payment.failed", subscribers.tell_of_payment)
    assert found == sorted([(owing.hanna.id, expected), (owing.tomas.id, expected)])
