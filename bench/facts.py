"""What tells the copies of orders apart: their day, numbers, supplier, cost centre and people, one row for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

FIRST_DAY, LAST_DAY, TODAY = date(2024, 1, 2), date(2026, 11, 20), date(2026, 11, 22)
MOST_IN_WORK = 400
SERIES = {"po": "PO-{year}", "rcv": "RCV-{year}", "inr": "IN-{year}", "inv": "INV-HAL-{year}", "ex": "EX-{year}"}

_FUNCTIONS = """
CREATE FUNCTION pg_temp.five(number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT lpad(number::text, greatest(5, length(number::text)), '0') $$;
"""
# Two numbers a copy picks things by, apart from each other and from its own number.
_PICK = "(abs(hashint8extended(n, {seed})) %% {among})::int"
_FACTS = """
CREATE TEMP TABLE fact AS
WITH plain AS (
  SELECT n, n <= %(old)s AS old,
    CASE WHEN n <= %(old)s THEN %(first)s::date + ((n - 1) * %(days)s / greatest(%(old)s, 1))::int ELSE %(today)s::date END AS day
  FROM generate_series(1, %(orders)s) n
), dated AS (
  SELECT plain.*, extract(year FROM day)::int AS year, day - %(today)s::date AS shift,
    row_number() OVER (PARTITION BY extract(year FROM day) ORDER BY n) AS seq
  FROM plain
), chosen AS (
  SELECT dated.*,
    CASE WHEN old THEN n %% %(done)s ELSE %(done)s + n %% %(in_work)s END::int AS slot,
    floor(%(suppliers)s * power({fraction} / 1e6, 2))::int AS supplier_at,
    {centre} AS centre_at, {buyer} AS buyer_at
  FROM dated
)
SELECT c.n, c.old, c.slot, c.shift, c.year::text AS year,
  pg_temp.five(po.last + c.seq) AS po, pg_temp.five(rcv.last + c.seq) AS rcv, pg_temp.five(inr.last + c.seq) AS inr,
  pg_temp.five(inv.last + c.seq) AS inv, pg_temp.five(av.last + c.n) AS av, ex.last + 10 * c.seq AS exceptions,
  s.id AS supplier, s.code AS supplier_code, s.name AS supplier_name, s.words,
  k.id AS centre, b.cell, p.id AS buyer, p.account AS buyer_account, p.word AS buyer_word, d.id AS decider, d.account AS decider_account
FROM chosen c
JOIN pick_supplier s ON s.at = c.supplier_at
JOIN pick_centre k ON k.at = c.centre_at
JOIN pick_cell b ON b.centre = k.id AND b.year = c.year
JOIN pick_person p ON p.at = c.buyer_at
JOIN pick_person d ON d.at = c.centre_at
{joins}
JOIN pick_series av ON av.kind = 'av'
"""
_NUMBERS = """
ALTER TABLE fact ADD COLUMN order_number text, ADD COLUMN receipt_number text, ADD COLUMN invoice_reference text,
  ADD COLUMN invoice_number text, ADD COLUMN approval_number text, ADD COLUMN number_keys text[];
UPDATE fact SET order_number = 'PO-' || year || '-' || po, receipt_number = 'RCV-' || year || '-' || rcv,
  invoice_reference = 'IN-' || year || '-' || inr, invoice_number = 'INV-HAL-' || year || '-' || inv,
  approval_number = 'AV-' || av, number_keys = (
    SELECT array_agg(DISTINCT k ORDER BY k) FROM unnest(ARRAY['RPO' || year || po, 'RPO' || year || po::bigint,
      'RPO' || po::bigint, CASE WHEN po::bigint > 999 THEN (po::bigint)::text END]) k WHERE k IS NOT NULL);
ALTER TABLE fact ADD PRIMARY KEY (n);
"""
_FILLED = """
CREATE FUNCTION pg_temp.filled(form text, f fact, rank bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(form, 'qqyear', f.year),
    'qqpo', f.po), 'qqrcv', f.rcv), 'qqinr', f.inr), 'qqinv', f.inv), 'qqav', f.av),
    'qqex', pg_temp.five(f.exceptions + rank)), 'qqa', f.words[1]), 'qqb', f.words[2]), 'qqc', f.words[3]), 'qqd', f.buyer_word) $$
"""


def decide(cursor: Any, orders: int, done: int, in_work: int) -> int:
    """Decide what each copy is; of the templates the first `done` are of old orders. Gives how many copies are old."""
    old = orders - min(MOST_IN_WORK, orders * 2 // 5)
    _stand_by(cursor)
    counts = {}
    for name in ("supplier", "centre", "person"):
        cursor.execute(f"SELECT count(*) FROM pick_{name}")
        counts[name] = cursor.fetchone()[0]
    joins = "\n".join(f"JOIN pick_series {kind} ON {kind}.kind = '{kind}' AND {kind}.year = c.year" for kind in SERIES)
    statement = _FACTS.format(
        fraction=_PICK.format(seed=1, among=1_000_000),
        centre=_PICK.format(seed=2, among=counts["centre"]),
        buyer=_PICK.format(seed=3, among=counts["person"]),
        joins=joins,
    )
    values = {"old": old, "orders": orders, "done": done, "in_work": in_work, "suppliers": counts["supplier"]}
    days = {"first": FIRST_DAY, "today": TODAY, "days": (LAST_DAY - FIRST_DAY).days}
    cursor.execute(statement, {**values, **days})
    cursor.execute(_NUMBERS)
    cursor.execute(_FILLED)
    return old


def offer(cursor: Any, suppliers: Sequence[tuple[int, str]], people: Sequence[tuple[int, int]]) -> None:
    """Lay out whom copies may choose from."""
    cursor.execute(_FUNCTIONS)
    cursor.execute(
        "CREATE TEMP TABLE pick_supplier AS SELECT row_number() OVER (ORDER BY id) - 1 AS at, id, code, name,"
        " string_to_array(lower(name), ' ') AS words FROM supplier WHERE id = ANY(%s)",
        ([identity for identity, _ in suppliers],),
    )
    cursor.execute(
        "CREATE TEMP TABLE pick_person AS SELECT row_number() OVER (ORDER BY id) - 1 AS at, id, user_id AS account,"
        " lower(last_name) AS word FROM person WHERE id = ANY(%s)",
        ([identity for identity, _ in people],),
    )


def _stand_by(cursor: Any) -> None:
    """Lay out cost centres, their budgets, and how far the numbers are."""
    cursor.execute(
        "CREATE TEMP TABLE pick_centre AS SELECT row_number() OVER (ORDER BY id) - 1 AS at, id FROM cost_centre WHERE code ~ '^C[0-9]{3}$'"
    )
    cursor.execute(
        "CREATE TEMP TABLE pick_cell AS SELECT id AS cell, cost_centre_id AS centre, year FROM budget_cell"
        " WHERE cost_centre_id IN (SELECT id FROM pick_centre)"
    )
    cursor.execute("CREATE TEMP TABLE pick_series (kind text, year int, name text, last bigint)")
    for kind, form in {**SERIES, "av": "AV"}.items():
        for year in range(FIRST_DAY.year, TODAY.year + 1) if "{" in form else (None,):
            name = form.format(year=year)
            cursor.execute(
                "INSERT INTO pick_series SELECT %s, %s, %s, coalesce((SELECT last FROM number_series WHERE name = %s), 0)",
                (kind, year, name, name),
            )


def finish(cursor: Any) -> None:
    """Let the series of numbers stand where the copies ended; gapless ones at the last number that was given."""
    last = "SELECT s.name, CASE s.kind WHEN 'inv' THEN s.last + count(*) FILTER (WHERE f.old) WHEN 'ex' THEN max(f.exceptions) + 9 WHEN 'av' THEN s.last + max(f.n) ELSE s.last + max(f.seq) END"
    cursor.execute(
        f"INSERT INTO number_series (name, last) {last} FROM (SELECT *, row_number() OVER (PARTITION BY year ORDER BY n) AS seq"
        " FROM fact) f JOIN pick_series s ON s.year::text = f.year OR s.year IS NULL GROUP BY s.name, s.kind, s.last"
        " ON CONFLICT (name) DO UPDATE SET last = excluded.last"
    )
