"""A believable company of many orders, consistent with every constraint and every derived figure.

`python bench/fill.py --home DIR --orders 1000|100000|1000000` fills an empty installation in DIR, which keeps its
servers' data for `bench/run.py`; with DATABASE_URL in the environment the rows go there. Made are: orders of five
lines over three years with approvals, receipts, invoices, matches, budget moves, audit; a supplier for each 50 orders,
a person for each 200. At most 400 orders are in work, however many there are. Nothing is paid.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CHUNK = 10_000
BALANCES = """
UPDATE budget_balance b SET reserved = m.reserved, committed = m.committed, actual = m.actual FROM (
  SELECT cell_id, coalesce(sum(amount) FILTER (WHERE bucket = 'reserved'), 0) AS reserved,
    coalesce(sum(amount) FILTER (WHERE bucket = 'committed'), 0) AS committed,
    coalesce(sum(amount) FILTER (WHERE bucket = 'actual'), 0) AS actual
  FROM budget_move GROUP BY cell_id) m WHERE m.cell_id = b.cell_id
"""


def main() -> None:
    from bench.stack import servers

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="directory of the installation")
    parser.add_argument("--orders", type=int, required=True)
    given = parser.parse_args()
    with servers(given.home) as environment:
        fill(environment, given.orders)


def fill(environment: dict[str, str], orders: int) -> None:
    """Make the true company by commands and the many copies by SQL."""
    import app
    import config
    from app.infra.db import db
    from bench.company import Company

    application = app.create_app(config.load({**os.environ, **environment, "LOG_LEVEL": "ERROR"}))
    runner = application.test_cli_runner()
    with timed("tables and permissions"):
        for step in ("migrate", "permissions"):
            assert runner.invoke(args=["outlay", step]).exit_code == 0, step
    with application.app_context():
        with timed("a true company"):
            company = Company()
            company.build()
        connection = db.engine.raw_connection()
        try:
            _copy(connection, company, orders)
            with timed("audit"):
                _seal(connection, application.config["OUTLAY_AUDIT_KEY"])
        finally:
            connection.close()
        with timed("vacuum and statistics"):
            _settle(db.engine)
    with timed("checks"):
        for step in (("budgets", "verify"), ("audit", "verify")):
            outcome = runner.invoke(args=["outlay", *step])
            print("  ", *step, outcome.output.strip())
            assert outcome.exit_code == 0, outcome.output
        with application.app_context():
            check(db)


def _copy(connection: Any, company: Any, orders: int) -> None:
    from bench import copies, facts, forms, partners
    from bench.company import DONE, IN_WORK

    done = [number for course in DONE for number in company.templates[course]]
    in_work = [number for course in IN_WORK for number in company.templates[course]]
    with connection.cursor() as cursor:
        cursor.execute(
            "SET statement_timeout = 0; SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'"
        )
        with timed("suppliers and people"):
            cursor.execute("SELECT id FROM entity WHERE code = 'HAL'")
            [entity] = cursor.fetchone()
            cursor.execute("SELECT id FROM cost_centre WHERE code ~ '^C[0-9]{3}$' ORDER BY id")
            centres = [row[0] for row in cursor.fetchall()]
            suppliers = partners.add_suppliers(cursor, max(200, orders // 50))
            people = partners.add_people(cursor, max(200, orders // 200), entity, centres)
        with timed("what each copy is"):
            copies.keep_templates(cursor, [*done, *in_work])
            forms.write(cursor, len(done))
            facts.offer(cursor, suppliers, people)
            facts.decide(cursor, orders, len(done), len(in_work))
            made = copies.press(cursor)
        connection.commit()
        spent: dict[str, float] = {}
        with timed(f"{orders} orders, their indexes and constraints"), copies.bare(cursor):
            for first in range(1, orders + 1, CHUNK):
                before = time.monotonic()
                for table, _ in made.print(cursor, first, min(first + CHUNK - 1, orders)):
                    spent[table] = spent.get(table, 0) + time.monotonic() - before
                    before = time.monotonic()
                connection.commit()
            print("  ", ", ".join(f"{table} {seconds:.0f} s" for table, seconds in spent.items()))
        with timed("balances and numbers"):
            cursor.execute(BALANCES)
            facts.finish(cursor)
            copies.finish(cursor, made)
        connection.commit()


def _seal(connection: Any, key: str) -> None:
    from app.infra.chain import parse_key
    from bench import seals

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT resource, max(row_id) FROM audit_entry WHERE resource IN ('order', 'invoice') GROUP BY resource"
        )
        last = dict(cursor.fetchall())
    print(
        "  ",
        seals.seal(connection, parse_key(key), {"purchase_order": last["order"], "invoice": last["invoice"]}),
        "entries",
    )
    connection.commit()


def _settle(engine: Any) -> None:
    from sqlalchemy import text

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM (ANALYZE)"))


def check(db: Any) -> None:
    """Hold copies against what the application would have derived: search texts, and the numbers invoices are known by."""
    from sqlalchemy import func, select
    from sqlalchemy.orm import Session

    from app.infra import search
    from app.kernel.resource import registry
    from app.modules.invoices.domain import duplicates

    with Session(db.engine) as session:
        looked = 0
        for name in ("order", "receipt", "invoice", "approval", "invoice_exception", "supplier", "person"):
            model = registry[name].model
            statement = select(model).order_by(func.hashint8(model.id)).limit(40)
            for row in session.scalars(statement):
                derived = func.cast(search.vector(registry[name], row), model.search.type)
                kept = session.execute(select(model.search == derived).where(model.id == row.id)).scalar()
                assert kept, (name, row.id, search.vector(registry[name], row))
                if name == "invoice":
                    assert row.number_keys == sorted(duplicates.keys(row.supplier_number, row.issued_on)), row.id
                looked += 1
    print(f"   {looked} rows are searched as the application derives it")


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    """Tell how long something takes."""
    begin = time.monotonic()
    print(what, flush=True)
    yield
    print(f"   {time.monotonic() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main()
