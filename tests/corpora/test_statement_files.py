"""Every statement of the corpus goes through the door into one house: taken in, or refused in words."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.taking import Sent
from app.kernel.money import CURRENCIES
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.payments.formats.reading import read_statements
from app.modules.statements import service
from app.modules.statements.domain import filing
from tests.acting import system
from tests.scenarios.office import Office

CORPUS = os.environ.get("OUTLAY_CORPUS")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CORPUS, reason="OUTLAY_CORPUS names no folder")]
FOLDERS = ("camt-genkgo", "bai2-moj", "bai2-moov", "mt940", "ofx-ofxparse", "iso20022-moov")


def files() -> list[Path]:
    root = Path(CORPUS or "") / "payments"
    found = (path for folder in FOLDERS for path in sorted((root / folder).rglob("*")))
    return [path for path in found if path.is_file() and path.suffix not in {".json", ".yml", ".py", ".md"}]


def enter_accounts() -> int:
    """Enter an account of ours for everyone that a file is about; give their number."""
    wanted = set()
    for path in files():
        try:
            read = read_statements(path.read_bytes(), path.name)
        except Refused:
            continue
        for each in read.statements:
            number, currency = each.account.iban or each.account.number, filing.currency_of(each) or "EUR"
            if number and currency in CURRENCIES:
                wanted.add((filing.bare(number), currency))
    known = {row[0] for row in db.session.execute(text("SELECT code FROM currency"))}
    db.session.rollback()
    for code in sorted({currency for _, currency in wanted} - known):
        unit.create(system(), registry["currency"], {"code": code, "name": code})
    for at, (number, currency) in enumerate(sorted(wanted)):
        form = {
            "code": f"A-{at}",
            "name": number,
            "entity": "HAL",
            "currency": currency,
            "holder": "Halden",
            "country": "AT",
        }
        unit.create(
            system(),
            registry["paying_account"],
            {**form, "account_number": number or "0", "routing": str(at), "format": "pain001"},
        )
    return len(wanted)


def test_every_statement_is_taken_in_or_refused_in_words(office: Office) -> None:
    assert enter_accounts() > 50
    ends: Counter[str] = Counter()
    for path in files():
        try:
            taken = service.take_in(system(), Sent(path.read_bytes(), path.name))
        except Refused as refusal:
            assert all(problem.message and problem.code for problem in refusal.problems), path
            ends[refusal.problems[0].code] += 1
        else:
            assert all(each.key and not each.problems for each in taken), path
            ends["taken in"] += 1
    print(dict(ends))
    db.session.rollback()
    statements, lines = (
        db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        for table in ("bank_statement", "statement_line")
    )
    print(statements, "statements", lines, "lines")
    assert ends["taken in"] > len(files()) // 3
    unsaid = db.session.execute(
        text(
            "SELECT s.file_name, s.opening, s.closing, sum(l.amount) FROM bank_statement s JOIN statement_line l ON l.statement_id = s.id"
            " WHERE s.opening IS NOT NULL AND s.closing IS NOT NULL AND s.findings = '[]' AND s.repeated = 0"
            " GROUP BY s.id HAVING s.opening + sum(l.amount) <> s.closing"
        )
    ).all()
    assert unsaid == [], "what does not add up is said on the statement"
