"""Suppliers imported from a file, rows a second, beside COPY of the same rows. `python bench/imports.py [rows]`."""

from __future__ import annotations

import csv
import gc
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
HEAD = ("Code", "Name", "Street", "Postcode", "Town", "Country", "Currency", "Days to pay", "Website")


def main(rows: int) -> None:
    """Import one file into an installation of its own."""
    import app
    from bench.ground import installation

    with installation(app.create_core, "migrate", "permissions") as application, application.app_context():
        _ground()
        gc.collect()
        gc.freeze()  # as workers do once they are loaded
        print(f"{rows} suppliers              rows a CPU second   rows a second")
        for label, (cpu, wall) in _steps(_file(rows)).items():
            print(f"{label:24} {rows / cpu:20.0f} {rows / wall:15.0f}")


def _ground() -> None:
    from app.infra import unit
    from app.kernel.resource import registry
    from tests.acting import system

    unit.create(system(), registry["currency"], {"code": "EUR", "name": "Euro"})


def _file(rows: int) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for at in range(rows):
        street, postcode = f"Long Street {at % 900}", f"{10000 + at % 80000}"
        name = f"Works {at * 7919 % 100003} of {('Alder', 'Birch', 'Cedar')[at % 3]} Ltd"
        writer.writerow([f"W-{at:06d}", name, street, postcode, "Graz", "AT", "EUR", at % 60, f"https://w{at}.example"])
    return out.getvalue().encode()


def _steps(content: bytes) -> dict[str, tuple[float, float]]:
    """Check the file and import it as a worker does; CPU of this process and time of each."""
    from app.infra import unit
    from app.infra.db import db
    from app.infra.transfer import runs, work
    from app.kernel.resource import registry
    from tests.acting import system

    run_id = runs.begin(system(), registry["supplier"], io.BytesIO(content), "suppliers.csv")
    with unit.reading(system()) as bound:
        columns = [name or "-" for name in runs.find(bound, run_id).columns]
    runs.match(system(), run_id, columns, by_job=False)
    taken = {"check": _timed(lambda: work.check(system(), run_id))}
    runs.start(system(), run_id, by_job=False)
    taken["import"] = _timed(lambda: work.apply(system(), run_id))
    with unit.reading(system()) as bound:
        run = runs.find(bound, run_id)
        assert (run.state, run.refused) == ("done", 0), run.error
    db.session.rollback()
    taken["COPY of the same rows"] = _timed(_copied)
    return taken


def _copied() -> None:
    """Write the rows once more as the database takes them in fastest: no rule, no record, no event."""
    from app.infra.db import db

    raw: Any = db.engine.raw_connection()
    out = io.StringIO()
    with raw.cursor() as cursor:
        cursor.copy_expert("COPY supplier TO STDOUT", out)
        cursor.execute("CREATE TEMP TABLE copied (LIKE supplier INCLUDING ALL)")
        out.seek(0)
        cursor.copy_expert("COPY copied FROM STDIN", out)
    raw.rollback()
    raw.close()


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    act()
    return time.process_time() - cpu, time.perf_counter() - wall


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
