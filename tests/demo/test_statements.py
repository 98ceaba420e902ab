"""The statements of the demo company, beside payments that were sent."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.demo import statements
from app.infra import clock
from app.infra.db import db
from tests.scenarios.banking import Banking


def test_one_statement_is_done_and_the_next_one_waits_for_somebody(app: Flask) -> None:
    with app.app_context():
        banking = Banking()
        banking.paid("100")
        statements.seed(lambda login, moment: banking.at(banking.tomas), banking.now)
        db.session.rollback()
        found = db.session.execute(text("SELECT state, open_lines, gap FROM bank_statement ORDER BY id")).all()
        assert [tuple(row) for row in found] == [("reconciled", 0, None), ("open", 3, None)]


def test_the_sample_statement_of_a_run_shows_what_it_paid_and_goes_on_from_the_last_balance(app: Flask) -> None:
    with app.app_context():
        banking = Banking()
        banking.paid("100")
        statements.seed(lambda login, moment: banking.at(banking.tomas), banking.now)
        banking.paid("70", number="R-2")
        run = db.session.execute(text("SELECT number FROM payment_run ORDER BY id DESC")).scalar()
        file = statements.sample(str(run), banking.now)
        key = statements._taken(banking.at(banking.tomas), file, "sample.xml")
        db.session.rollback()
        known = text("SELECT open_lines, gap FROM bank_statement WHERE number = :key")
        assert db.session.execute(known, {"key": key}).one() == (1, None)


def test_there_is_no_sample_statement_of_a_run_that_paid_nothing(app: Flask) -> None:
    with app.app_context(), pytest.raises(LookupError, match="no released run RUN-2026-00077"):
        statements.sample("RUN-2026-00077", clock.system.now())
