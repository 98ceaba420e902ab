"""Orders as other systems write them: every file is in or refused in words, every row accounted for, sums to the cent."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.taking import Sent, Taken
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.orders import service
from tests.acting import system
from tests.scenarios.office import Office

CORPUS = Path(os.environ.get("OUTLAY_CORPUS") or "/nowhere")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CORPUS.is_dir(), reason="OUTLAY_CORPUS names no folder")]
TABLES = sorted((CORPUS / "spend" / "wvu-purchase-orders").glob("*.XLSX"))


def come_in(path: Path) -> list[Taken]:
    return service.take_in(system(), Sent(path.read_bytes(), path.name, "HAL"))


def by_hand(path: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Read a table with nothing of Outlay's, and tell where each of its orders ended."""
    book = openpyxl.load_workbook(path, read_only=True)
    first, *rest = book.worksheets[0].iter_rows(values_only=True)
    book.close()
    lines = [dict(zip(first, row, strict=True)) for row in rest]
    marks: dict[str, list[Any]] = defaultdict(list)
    for line in lines:
        assert "closed" in line["Closure Status"].lower()
        marks[str(line["Number"])].append(line["Cancelled"])
    return lines, {number: "cancelled" if all(found) else "closed" for number, found in marks.items()}


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name[12:30])
def test_every_line_of_a_university_is_on_record_as_it_ended(office: Office, path: Path) -> None:
    lines, ends = by_hand(path)
    taken = come_in(path)
    refused = [each for each in taken if each.key is None]
    print(Counter(each.state or each.problems[0].code for each in taken), sum(each.amount for each in taken))
    assert refused == []
    assert sum(each.rows for each in taken) == len(lines)
    assert sum(each.amount for each in taken) == sum(Decimal(str(line["Amount"])) for line in lines)
    db.session.rollback()
    found = db.session.execute(text("SELECT placed_as, state, net_total FROM purchase_order")).all()
    assert {number: state for number, state, _ in found} == ends
    assert sum(net for _, _, net in found) == sum(Decimal(str(line["Amount"])) for line in lines)
    counted = "SELECT stated ->> 'standing', count(*), sum(amount) FROM order_line GROUP BY 1"
    stated = {word: (count, amount) for word, count, amount in db.session.execute(text(counted))}
    cancelled = [line for line in lines if line["Cancelled"]]
    assert stated["cancelled"] == (len(cancelled), sum(Decimal(str(line["Amount"])) for line in cancelled))
    assert stated["closed"][0] == len(lines) - len(cancelled)
    assert db.session.execute(text("SELECT count(*) FROM budget_move")).scalar_one() == 0


def test_ubl_documents_are_taken_in_or_named_and_refused(office: Office) -> None:
    unit.create(system(), registry["currency"], {"code": "SEK", "name": "Swedish krona"})
    ends: dict[str, str] = {}
    for path in sorted((CORPUS / "orders").rglob("*.xml")):
        try:
            [one] = come_in(path)
        except Refused as refusal:
            ends[path.name] = refusal.problems[0].code
        else:
            ends[path.name] = one.state or one.problems[0].code
    assert ends.pop("BII03 Order example 01.xml") == "draft"
    assert ends.pop("CENBII-Order-minimal.xml") == "required"
    assert set(ends.values()) == {"other_document"}
    db.session.rollback()
    counted = "SELECT net_total, charges_total, (SELECT count(*) FROM order_line WHERE order_id = o.id)"
    assert db.session.execute(text(f"{counted} FROM purchase_order o")).all() == [(Decimal(6225), Decimal(100), 3)]
    charges = db.session.execute(text("SELECT kind, text, amount FROM order_charge")).all()
    assert charges == [("other", "Transport documents", Decimal(100))]


def test_attacks_are_refused_in_words_and_nothing_is_entered(office: Office) -> None:
    codes: Counter[str] = Counter()
    for path in sorted((CORPUS / "security").rglob("*")):
        if not path.is_file() or path.stat().st_size > 5_000_000:
            continue
        try:
            found = come_in(path)
        except Refused as refusal:
            assert all(problem.message for problem in refusal.problems), path
            codes[refusal.problems[0].code] += 1
        else:
            codes.update(each.problems[0].code for each in found)
            assert all(each.key is None for each in found), path
    print(dict(codes))
    assert sum(codes.values()) > 50
    assert db.session.execute(text("SELECT count(*) FROM purchase_order")).scalar_one() == 0
