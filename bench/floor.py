"""The least a Flask answer with this SQL can cost: a bare view, psycopg2, orjson; served as Outlay is.

`BENCH_FLOOR` names a file with the statements of each operation, a list for each of several turns. Those that write are
sent with keys nobody has, then undone but for their commit, which waits for the disk like any other.
"""

from __future__ import annotations

import itertools
import os
import pickle
import random
import re
import threading
import uuid
from pathlib import Path
from typing import Any

import orjson
import psycopg2
from flask import Flask, Response

app = Flask(__name__)
_turns: dict[int, list[list[tuple[str, Any]]]] = pickle.loads(Path(os.environ["BENCH_FLOOR"]).read_bytes())
_next = itertools.count()
_own = threading.local()
_IDENTITY = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_PLACE = re.compile(r'("position": ?)(\d+)')


@app.get("/healthz")
def healthz() -> str:
    """Say that it serves."""
    return "ok"


@app.get("/<int:operation>")
def answer(operation: int) -> Response:
    """Send the statements of an operation, and what they find as JSON."""
    turns = _turns[operation]
    turn = turns[next(_next) % len(turns)]
    connection = _connection()
    with connection.cursor() as cursor:
        if any("INSERT INTO" in statement for statement, _ in turn):
            mark = random.randrange(10**9)
            cursor.execute("SAVEPOINT floor")
            found = _sent(cursor, [(statement, _fresh(values, mark)) for statement, values in turn])
            cursor.execute("ROLLBACK TO floor")
            connection.commit()
        else:
            found = _sent(cursor, turn)
            connection.rollback()
    return Response(orjson.dumps(found, default=str), mimetype="application/json")


def _sent(cursor: Any, turn: list[tuple[str, Any]]) -> list[Any]:
    found = []
    for statement, values in turn:
        cursor.execute(statement, values)
        found.append(cursor.fetchall() if cursor.description else [])
    return found


def _fresh(values: Any, mark: int) -> Any:
    """Change what must be unique: numbers of documents, places in a sequence, identities."""
    fresh = dict(values)
    for name, value in values.items():
        if isinstance(value, uuid.UUID):
            fresh[name] = str(uuid.uuid4())
        elif name.startswith("position"):
            fresh[name] = value + mark
        elif name == "number":
            fresh[name] = f"F-{mark}"
        elif isinstance(value, str) and value.startswith("[{"):
            moved = _PLACE.sub(lambda found: f"{found[1]}{int(found[2]) + mark}", value)
            fresh[name] = _IDENTITY.sub(lambda _: str(uuid.uuid4()), moved)
    return fresh


def _connection() -> Any:
    """Keep a connection for each thread, as a pool of the same size would."""
    if not hasattr(_own, "connection"):
        _own.connection = psycopg2.connect(os.environ["DATABASE_URL"])
    return _own.connection
