"""Lists of many rows: CPU and queries of a page, beside the same page on few rows. `python bench/lists.py [rows]`."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PAGES = (
    ("list", "/suppliers"),
    ("list, filtered", "/suppliers?country=AT&state=approved"),
    ("list, searched", "/suppliers?q=nordlicht+77"),
    ("list, sorted by name", "/suppliers?sort=-name"),
    ("list, deep page", "/suppliers?after={after}"),
    ("show", "/suppliers/B-0000500"),
    ("form", "/suppliers/new"),
    ("picker", "/items/lookup/preferred_supplier?q=nordlicht"),
    ("REST list", "/api/v1/suppliers"),
    ("REST list, filtered", "/api/v1/suppliers?country=AT&state=approved"),
    ("REST list, searched", "/api/v1/suppliers?q=nordlicht+77"),
    ("REST one", "/api/v1/suppliers/B-0000500"),
)
FILL = """
INSERT INTO supplier (code, name, country, currency_id, payment_days, state, version, normal_name, name_keys, search, created_by)
SELECT 'B-' || lpad(n::text, 7, '0'), 'Nordlicht ' || n, (ARRAY['AT','DE','CZ','GB'])[1 + n % 4],
  (SELECT id FROM currency LIMIT 1), 30, (ARRAY['approved','prospect','approved','blocked'])[1 + (n / 7) % 4], 1,
  'nordlicht ' || n, ARRAY['nordlicht', n::text], to_tsvector('simple', 'B-' || n || ' nordlicht ' || n), 0
FROM generate_series({first}, {last}) n
"""
TURNS = 30


def main(rows: int) -> None:
    import app
    from bench.ground import installation

    with installation(app.create_app, "migrate", "permissions") as application:
        measure(application, rows)


def measure(application: object, rows: int) -> None:
    from sqlalchemy import text

    from app.infra.db import db
    from tests import acting
    from tests.making import Maker

    with application.app_context():
        Maker().key("currency")
        buyer = acting.person("bench.buyer", "Buyer")
    client = acting.signed_in(application, buyer)
    few, many = {}, {}
    for target, first, last in ((few, 1, 1000), (many, 1001, rows)):
        with application.app_context(), db.engine.begin() as connection:
            connection.execute(text(FILL.format(first=first, last=last)))
            connection.execute(text("ANALYZE"))
        target.update(figures(application, client))
    print(f"\n{'page':<24}{'CPU ms at 1 000':>16}{f'CPU ms at {rows:,}':>20}{'wall ms':>10}{'ratio':>8}{'queries':>9}")
    for name in many:
        cpu, wall, queries = many[name]
        print(f"{name:<24}{few[name][0]:>16.1f}{cpu:>20.1f}{wall:>10.1f}{cpu / few[name][0]:>8.2f}{queries:>9}")


def figures(application: object, client: object) -> dict[str, tuple[float, float, int]]:
    from sqlalchemy import event

    from app.infra.db import db

    count = [0]
    with application.app_context():
        engine = db.engine

    def counted(*_: object) -> None:
        count[0] += 1

    event.listen(engine, "before_cursor_execute", counted)
    found = {}
    after = ""
    for name, address in PAGES:
        address = address.format(after=after)
        cpus, walls = [], []
        for turn in range(TURNS + 3):
            count[0] = 0
            cpu, wall = time.process_time(), time.perf_counter()
            answer = client.get(address)
            if turn >= 3:  # the first ones warm templates and plans
                cpus.append((time.process_time() - cpu) * 1000)
                walls.append((time.perf_counter() - wall) * 1000)
            assert answer.status_code == 200, (address, answer.status_code, answer.data[:300])
        found[name] = (statistics.median(cpus), statistics.median(walls), count[0])
        if address == "/suppliers":
            after = next((part.split('"')[0].split("&")[0] for part in answer.text.split("after=")[1:]), "")
    event.remove(engine, "before_cursor_execute", counted)
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
