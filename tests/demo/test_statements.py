"""The statements of the demo company, beside payments that were sent."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from app.demo import statements
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
