"""The statements of each operation that the database takes longest for, with their plans.

`python bench/plans.py --home DIR [--only WORDS] [--least MILLISECONDS]` after `bench/fill.py --home DIR`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main() -> None:
    from bench.run import apart
    from bench.stack import servers

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="directory that bench/fill.py filled")
    parser.add_argument("--only", default="", help="operations whose name holds this")
    parser.add_argument("--least", type=float, default=5.0, help="milliseconds from which a statement is shown")
    given = parser.parse_args()
    with servers(given.home) as environment:
        prepared = apart(environment, given.only)
        tell(environment["DATABASE_URL"], prepared.taken, given.least)


def tell(url: str, taken: dict[str, list[list[tuple[str, Any]]]], least: float) -> None:
    """Print what each operation costs the database, and plans of what is slow."""
    import psycopg2

    shown: set[str] = set()
    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        for name, turns in taken.items():
            if not turns or any("INSERT INTO" in statement for statement, _ in turns[-1]):
                continue
            took = [(_taken(cursor, *each), each) for each in turns[-1]]
            print(f"\n== {name}: {len(took)} statements, {sum(each for each, _ in took):.1f} ms")
            for milliseconds, (statement, values) in took:
                if milliseconds >= least and statement not in shown:
                    shown.add(statement)
                    cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + statement, values)
                    plan = "\n".join(row[0] for row in cursor.fetchall())
                    print(f"-- {milliseconds:.1f} ms\n{' '.join(statement.split())[-1500:]}\n{plan}")
            connection.rollback()


def _taken(cursor: Any, statement: str, values: Any) -> float:
    """Tell the milliseconds of the faster of two times, with everything in memory."""
    found = []
    for _ in range(2):
        begin = time.perf_counter()
        cursor.execute(statement, values)
        found.append(1000 * (time.perf_counter() - begin))
    return min(found)


if __name__ == "__main__":
    main()
