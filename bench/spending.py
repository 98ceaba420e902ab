"""Rows of spending taken in per second of CPU and of the clock, beside reading the file alone. `python bench/spending.py [rows]`."""

from __future__ import annotations

import csv
import io
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
FIRMS = 400
COMMON = {"entity": "CITY", "currency": "GBP"}


def main(rows: int) -> None:
    import app
    from bench.ground import installation

    with installation(app.create_core, "migrate", "permissions") as application, application.app_context():
        measure(rows)


def measure(rows: int) -> None:
    """Import files of the same firms one after the other; the first one meets them for the first time."""
    from app.infra import unit
    from app.kernel.resource import registry
    from tests.acting import system

    for name, form in (
        ("currency", {"code": "GBP", "name": "Pound"}),
        ("entity", {"code": "CITY", "name": "City", "country": "GB", "base_currency": "GBP"}),
    ):
        if name == "entity" or not _known("GBP"):
            unit.create(system(), registry[name], form)
    print(f"{rows} rows, {FIRMS} firms      rows a CPU second   rows a second")
    for turn, label in ((1, "firms new"), (2, "firms known")):
        content = file_of(rows, turn)
        for step, (cpu, wall) in steps(content).items():
            print(f"{label:12} {step:14} {rows / cpu:16.0f} {rows / wall:15.0f}")


def _known(code: str) -> bool:
    from sqlalchemy import text

    from app.infra.db import db

    found = db.session.execute(text("SELECT 1 FROM currency WHERE code = :code"), {"code": code}).first()
    db.session.rollback()
    return found is not None


def steps(content: bytes) -> dict[str, tuple[float, float]]:
    """Take the file in, read it, check it and import it; CPU of this process and time of each."""
    from app.infra import unit
    from app.infra.transfer import runs, work
    from app.infra.transfer.entries import survey
    from app.kernel.resource import registry
    from tests.acting import system

    run_id = runs.begin(system(), registry["spend_record"], io.BytesIO(content), "bench.csv")

    def run():
        with unit.reading(system()) as bound:
            return runs.find(bound, run_id)

    columns = [name or "-" for name in run().columns]
    runs.match(system(), run_id, columns, fixed=COMMON, by_job=False)

    def read() -> None:
        with runs.opened(run()) as sheet:
            survey(runs.plan_of(run(), sheet))

    taken = {"read alone": timed(read), "check": timed(lambda: work.check(system(), run_id))}
    runs.start(system(), run_id, by_job=False)
    taken["import"] = timed(lambda: work.apply(system(), run_id))
    assert run().state == "done", run().error
    assert run().refused == 0
    return taken


def timed(act) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    act()
    return time.process_time() - cpu, time.perf_counter() - wall


def file_of(rows: int, turn: int) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["Authority Name", "Date of Payment", "DocumentNo", "Gross", "VAT", "Net", "Vendor Name", "Service Area", "GL Description"])  # fmt: skip
    for number in range(rows):
        net = f"{number % 9000}.{number % 100:02d}"
        day = f"2021-{1 + number % 12:02d}-{1 + number % 28:02d}"
        writer.writerow(["City", day, f"{turn}-{number}", net, "0.00", net, f"Firm {number % FIRMS} Works Ltd", "Parks", "Materials"])  # fmt: skip
    return out.getvalue().encode()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
