"""Spending as public bodies publish it: every row of every file is in or refused with a reason, to the penny."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.transfer import matching, runs, work
from app.infra.transfer.sheets import Options
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import system
from tests.importing import faults, found

CORPUS = Path(os.environ.get("OUTLAY_CORPUS") or "/nowhere") / "spend"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CORPUS.is_dir(), reason="OUTLAY_CORPUS names no folder")]
COMMON = {"entity": "CITY", "currency": "GBP"}


@pytest.fixture
def city(app: Flask) -> Iterator[None]:
    with app.app_context():
        unit.create(system(), registry["currency"], {"code": "GBP", "name": "Pound"})
        form = {"code": "CITY", "name": "Halden City", "country": "GB", "base_currency": "GBP"}
        unit.create(system(), registry["entity"], form)
        yield


def content_of(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def come_in(name: str, content: bytes, *, said: dict[int, str] | None = None, **options: Any) -> runs.ImportRun:
    """Import a file as the terminal does with --leave-rest: what nothing is said about and nothing matches is left out."""
    fixed = options.pop("fixed", COMMON)
    run_id = runs.begin(system(), registry["spend_record"], io.BytesIO(content), name, Options(**options))
    run = found(run_id)
    columns = [matching.IGNORED if column is None or column in fixed else column for column in run.columns]
    for at, field in (said or {}).items():
        columns = [matching.IGNORED if column == field else column for column in columns]
        columns[at] = field
    runs.match(system(), run_id, columns, fixed=fixed, by_job=False)
    work.check(system(), run_id)
    assert found(run_id).state == "checked", found(run_id).error
    runs.start(system(), run_id, by_job=False)
    work.apply(system(), run_id)
    return found(run_id)


def stored(statement: str, **values: Any) -> Sequence[Any]:
    db.session.rollback()
    return db.session.execute(text(statement), values).all()


def plain_amount(written: str) -> Decimal | None:
    """Read an amount of these files in a way of our own, to compare with."""
    bare = written.strip().replace("£", "").replace(" ", "")
    sign = -1 if bare.startswith("(") or bare.endswith("-") else 1
    bare = bare.strip("()").rstrip("-").replace(",", "")
    try:
        return Decimal(bare) * sign if bare else None
    except InvalidOperation:
        return None


def by_hand(content: bytes, heading: str) -> tuple[int, int, dict[int, Decimal]]:
    """Count rows and blank rows of a file and list the amounts of a column by line, with nothing of Outlay's."""
    encoding = "utf-8-sig"
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        encoding = "windows-1252"
    first, *rest = list(csv.reader(io.StringIO(content.decode(encoding), newline="")))
    at = next(at for at, name in enumerate(first) if name.strip().casefold() == heading.casefold())
    blank = sum(1 for row in rest if not any(cell.strip() for cell in row))
    amounts = {line: plain_amount(row[at]) for line, row in enumerate(rest, 2) if len(row) > at}
    return len(rest), blank, {line: amount for line, amount in amounts.items() if amount is not None}


def check(run: runs.ImportRun, content: bytes, heading: str) -> None:
    """Hold what became of a file against the file."""
    lines, blank, amounts = by_hand(content, heading)
    refused = faults(run)
    # Of a line whose cells have moved nobody can say which is the amount; totals and headings are no rows.
    unreadable = {line for line, code, _ in refused if code in ("ragged", "total_line", "repeated_heading")}
    total = sum((amount for line, amount in amounts.items() if line not in unreadable), Decimal(0))
    assert run.state == "done", run.error
    assert (run.total, run.blank, run.created + run.refused + run.blank) == (lines, blank, lines), run.file_name
    assert len({line for line, _, _ in refused}) == run.refused
    parts = run.sums["amount"]
    assert sum(Decimal(parts.get(part, 0)) for part in ("created", "refused")) == total, run.file_name
    ((rows, amount),) = stored(
        "SELECT count(*), coalesce(sum(amount), 0) FROM spend_record WHERE source_hash = :hash", hash=run.digest
    )
    assert (rows, amount) == (run.created, Decimal(parts.get("created", 0))), run.file_name


#: What stays out: rows with cells of somebody's own to the right of the table, and an amount that ends with a point.
REFUSED = {"2015": {"ragged": 404}, "2017": {"ragged": 124}, "2019": {"not_a_number": 1}}


@pytest.mark.parametrize("year", ["2013", "2015", "2017", "2019", "2021"])
def test_years_of_salford_come_in_to_the_last_row_and_penny(city: None, year: str) -> None:
    reasons: Counter[str] = Counter()
    lines = 0
    for path in sorted((CORPUS / "salford").glob(f"{year}-*.csv.gz")):
        content = content_of(path)
        run = come_in(path.name.removesuffix(".gz"), content)
        check(run, content, "Net")
        lines += by_hand(content, "Net")[0] - run.blank
        reasons.update({line: code for line, code, _ in faults(run)}.values())
    ((rows, amount),) = stored("SELECT count(*), sum(amount) FROM spend_record")
    suppliers = stored("SELECT count(*) FROM supplier")[0][0]
    print(f"{year}: {lines} rows, {rows} in for {amount}, refused {dict(reasons)}, {suppliers} suppliers")
    assert rows == lines - sum(reasons.values())
    assert dict(reasons) == REFUSED.get(year, {})


@pytest.mark.parametrize("path", sorted((CORPUS / "oxford").glob("*.csv.gz")), ids=lambda path: path.name[:-7])
def test_quarters_of_oxford_come_in_whatever_their_headings(city: None, path: Path) -> None:
    content = content_of(path)
    run = come_in(path.name, content)
    check(run, content, "Amount")
    print(run.created, run.refused, Counter(code for _, code, _ in faults(run)))
    # One quarter was published with times of day in the place of its days.
    assert (run.created == 0) == ("apr-jun-2014" in path.name)


DIRTY = {
    "cabinetoffice-2019-06": "Amount",
    "cabinetoffice-2020-12": "Amount",
    "darlington-2015-06": "Invoice Line Value (net of VAT)",
    "gateshead-2011-06": "Amount",
    "gateshead-2016-12": "Amount",
    "harrogate-2015-04": "Net amount",
    "harrogate-2017-04": "Net Amount",
    "leeds-2011-01": "Net Amount",
    "leeds-2011-03": "Net amount",
    "leeds-2012-04": "Net amount",
    "leeds-2012-11": "NetAmount",
    "london-2013-P01": "Amount",
    "london-2014-P06": "Amount",
    "london-2015-P13": "Amount",
    "london-2019-P04": "Amount",
    "manchester-2019-05": "Net Amount",
}


@pytest.mark.parametrize("name", DIRTY)
def test_dirty_files_come_in_or_are_refused_row_by_row(city: None, name: str) -> None:
    content = content_of(CORPUS / "dirty" / f"{name}.csv.gz")
    run = come_in(f"{name}.csv", content)
    print(name, run.options["encoding"], run.created, run.blank, Counter(code for _, code, _ in faults(run)))
    check(run, content, DIRTY[name])


def test_a_query_as_heading_is_refused_until_the_line_of_the_heading_is_said(city: None) -> None:
    content = content_of(CORPUS / "dirty" / "darlington-2013-05.csv.gz")
    with pytest.raises(Refused) as caught:
        come_in("darlington.csv", content)
    assert [problem.code for problem in caught.value.problems] == ["heading_is_query"]
    with pytest.raises(Refused) as caught:
        come_in("darlington.csv", content, heading=19)
    assert [problem.values["field"] for problem in caught.value.problems] == ["paid_on"]
    run = come_in("darlington.csv", content, heading=19, fixed={**COMMON, "paid_on": "2013-05-31"})
    print(run.created, Counter(code for _, code, _ in faults(run)))
    assert run.created > 900


def test_several_currencies_are_converted_or_refused_for_want_of_a_rate(city: None) -> None:
    for code, rate in (("EUR", "0.72"), ("USD", "0.65")):
        unit.create(system(), registry["currency"], {"code": code, "name": code})
        form = {"currency": code, "base": "GBP", "rate": rate, "valid_on": "2015-01-01", "source": "ECB"}
        unit.create(system(), registry["exchange_rate"], form)
    for path in sorted((CORPUS / "epsrc-currency").glob("*.csv.gz")):
        content = content_of(path)
        run = come_in(path.name, content, fixed={"entity": "CITY"})
        print(path.name, run.created, Counter(code for _, code, _ in faults(run)))
        check(run, content, "Amount")
    found_ = stored(
        "SELECT c.code, sum(amount) <> sum(base_amount) FROM spend_record r JOIN currency c ON c.id = currency_id GROUP BY 1"
    )
    assert {code: differs for code, differs in found_ if code in ("GBP", "USD")} == {"GBP": False, "USD": True}
