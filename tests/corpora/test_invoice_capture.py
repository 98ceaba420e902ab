"""Every e-invoice of the corpus is taken in or refused in words, through the door, into one house."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.money import CURRENCIES
from app.kernel.resource import registry
from tests.acting import system
from tests.scenarios.billing import Billing

CORPUS = os.environ.get("OUTLAY_CORPUS")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CORPUS, reason="OUTLAY_CORPUS names no folder")]


@pytest.fixture
def billing(app: Flask) -> Billing:
    with app.app_context():
        billing = Billing()
        known = {row[0] for row in db.session.execute(text("SELECT code FROM currency"))}
        db.session.rollback()
        for code in sorted(set(CURRENCIES) - known):
            unit.create(system(), registry["currency"], {"code": code, "name": code})
        yield billing


def test_every_file_is_taken_in_or_refused_in_words(billing: Billing) -> None:
    files = sorted(path for path in (Path(CORPUS or "") / "einvoice").rglob("*") if path.is_file())
    ends: Counter[str] = Counter()
    for path in files:
        for found in billing.capture(path.read_bytes(), name=path.name):
            assert (found.key is None) == bool(found.problems), path
            assert all(problem.message for problem in found.problems), path
            ends[found.state or f"refused: {found.problems[0].code}"] += 1
    print(dict(ends))
    taken = ends["captured"] + ends["exception"] + ends["matched"]
    rows = db.session.execute(text("SELECT count(*) FROM invoice")).scalar_one()
    assert (taken, len(files) > 0) == (rows, True)
    assert taken > len(files) * 2 // 3
