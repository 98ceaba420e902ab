"""The least a Flask answer with this SQL can cost: a bare view, psycopg2, orjson; served as Outlay is.

`BENCH_FLOOR` names a file with the statements of each operation, a list for each of several turns.
"""

from __future__ import annotations

import itertools
import os
import pickle
import threading
from pathlib import Path
from typing import Any

import orjson
import psycopg2
from flask import Flask, Response

app = Flask(__name__)
_turns: dict[int, list[list[tuple[str, Any]]]] = pickle.loads(Path(os.environ["BENCH_FLOOR"]).read_bytes())
_next = itertools.count()
_own = threading.local()


@app.get("/healthz")
def healthz() -> str:
    """Say that it serves."""
    return "ok"


@app.get("/<int:operation>")
def answer(operation: int) -> Response:
    """Send the statements of an operation, and what they find as JSON."""
    turns = _turns[operation]
    found = []
    connection = _connection()
    with connection.cursor() as cursor:
        for statement, values in turns[next(_next) % len(turns)]:
            cursor.execute(statement, values)
            found.append(cursor.fetchall() if cursor.description else [])
    connection.rollback()
    return Response(orjson.dumps(found, default=str), mimetype="application/json")


def _connection() -> Any:
    """Keep a connection for each thread, as a pool of the same size would."""
    if not hasattr(_own, "connection"):
        _own.connection = psycopg2.connect(os.environ["DATABASE_URL"])
    return _own.connection
