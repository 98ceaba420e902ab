"""What an operation asks of the database: its statements, taken down while it runs inside this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg2.extensions
from flask import Flask
from sqlalchemy import event

from bench.operations import Operation


@dataclass
class Inside:
    """Sends requests to the application in this process."""

    application: Flask
    known: dict[str, dict[str, str]]

    def __call__(self, method: str, path: str, who: str, body: bytes = b"", kind: str = "") -> tuple[int, bytes]:
        """Send a request as somebody."""
        client = self.application.test_client(use_cookies=False)
        headers = {**self.known[who], **({"Content-Type": kind} if kind else {})}
        answer = client.open(path, method=method, headers=headers, data=body or None, buffered=True)
        return answer.status_code, answer.data


def statements(application: Flask, send: Inside, operation: Operation, turns: int = 3) -> list[list[tuple[str, Any]]]:
    """Run an operation some times, after two that warm up; gives the statements of each turn with their values."""
    from app.infra.db import db

    taken: list[tuple[str, Any]] = []

    def take(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
        sent = [parameters] if isinstance(parameters, dict) else parameters
        taken.extend((statement, {name: _bare(value) for name, value in values.items()}) for values in sent)

    with application.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", take)
    found = []
    try:
        for turn in range(turns + 2):
            taken.clear()
            operation(send, turn)
            if turn >= 2:
                found.append(list(taken))
    finally:
        event.remove(engine, "before_cursor_execute", take)
    return found


def _bare(value: Any) -> Any:
    """Take the bytes out of what a driver wraps them in, which belongs to this process."""
    return bytes(value.adapted) if isinstance(value, psycopg2.extensions.Binary) else value
