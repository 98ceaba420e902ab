"""The live preview of a request while it is typed, beside a bare page, in the demo company. `python bench/preview.py`."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

LINES, TURNS, WARM = 10, 60, 5
WHO, BARE = "lena.fischer", "/preferences"
GOAL = 150  # milliseconds, in which 95 of 100 answers are there


def main() -> None:
    import app
    from bench.ground import installation

    with installation(app.create_app, "migrate", "permissions", "demo") as application:
        measure(application)


def measure(application: Any) -> None:
    """Print how long both take, and how many times as long the preview takes."""
    from sqlalchemy import event

    from app.infra import identity
    from app.infra.db import db
    from tests import acting
    from tests.console.browsing import token

    with application.app_context():
        user, engine, items = identity.find_user(db.session(), WHO), db.engine, _items()
        secret = acting.open_session(user)
    client = acting.signed_in(application, acting.Someone(user, WHO, secret))
    form = {**_form(items), "csrf_token": token(client)}
    statements = [0]

    def counted(*_: object) -> None:
        statements[0] += 1

    event.listen(engine, "before_cursor_execute", counted)
    calls = {
        "bare page": lambda: client.get(BARE),
        f"preview, {LINES} lines": lambda: client.post("/requests/preview", data=form),
    }
    found = {name: _timed(call, statements) for name, call in calls.items()}
    event.remove(engine, "before_cursor_execute", counted)
    bare = found["bare page"][1]
    print(f"\n{'':<22}{'CPU ms':>9}{'median ms':>11}{'p95 ms':>9}{'queries':>9}{'times a bare page':>19}")
    for name, (cpu, median, p95, queries) in found.items():
        print(f"{name:<22}{cpu:>9.1f}{median:>11.1f}{p95:>9.1f}{queries:>9}{median / bare:>19.2f}")
    print(f"goal for the preview: p95 below {GOAL} ms on a quiet machine")


def _timed(call: Any, statements: list[int]) -> tuple[float, float, float, int]:
    cpus, walls = [], []
    for turn in range(TURNS + WARM):
        statements[0] = 0
        cpu, wall = time.process_time(), time.perf_counter()
        answer = call()
        if turn >= WARM:  # the first ones warm templates and plans
            cpus.append((time.process_time() - cpu) * 1000)
            walls.append((time.perf_counter() - wall) * 1000)
        assert answer.status_code == 200, (answer.status_code, answer.data[:300])
    walls.sort()
    return statistics.median(cpus), statistics.median(walls), walls[int(len(walls) * 0.95)], statements[0]


def _items() -> list[str]:
    from sqlalchemy import text

    from app.infra.db import db

    statement = text("SELECT code FROM item WHERE state = 'active' AND code LIKE 'LAB%' ORDER BY id LIMIT :most")
    found = [str(code) for code in db.session.execute(statement, {"most": LINES // 2}).scalars()]
    db.session.remove()
    return found


def _form(items: list[str]) -> dict[str, str]:
    """Fill in a form as somebody has it after a while: half of it from the catalogue, half in words, one line shared out."""
    form = {
        "title": "Parts for the bench",
        "reason": "The old ones are worn.",
        "cost_centre": "LAB-340",
        "currency": "CZK",
    }
    form |= {"deliver_to": "BRNO-LAB"}
    for number in range(LINES):
        given = {"quantity": "2"}
        if number < len(items):
            given |= {"item": items[number]}
        else:
            given |= {"text": f"Part {number}", "unit": "C62", "unit_price": "1250.00", "category": "LAB-OPT"}
        form |= {f"lines-{number}-{name}": value for name, value in given.items()}
    for number, (centre, percent) in enumerate((("LAB-340", "60"), ("LAB-350", "40"))):
        split = {"line": str(LINES), "cost_centre": centre, "percent": percent}
        form |= {f"splits-{number}-{name}": value for name, value in split.items()}
    return form


if __name__ == "__main__":
    main()
