"""Short words for what tests of slices do: run a command, read a row, and see that a refusal left nothing behind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.intake import find_row
from app.infra.unit import Outcome
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.acting import system

Codes = list[tuple[str, str | None]]


def do(context: Context, resource: str, key: str, command: str, **arguments: Any) -> Outcome:
    """Run a command on a row."""
    return unit.execute(context, registry[resource], key, command, arguments)


def edit(context: Context, resource: str, key: str, **values: Any) -> Outcome:
    """Change values of a row."""
    return unit.save(context, registry[resource], key, values)


def enter(context: Context, resource: str, **values: Any) -> str:
    """Enter a row and give its key."""
    return unit.create(context, registry[resource], values).key


@contextlib.contextmanager
def reading(resource: str, key: str, context: Context | None = None) -> Iterator[Any]:
    """Look at a row as it stands in the database; None where the actor does not see it."""
    db.session.rollback()
    db.session.expire_all()
    with unit.reading(context or system()) as bound:
        yield find_row(bound, registry[resource], key)


def sees(context: Context, resource: str, key: str) -> bool:
    """Say whether an actor sees a row."""
    with reading(resource, key, context) as row:
        return row is not None


def why_not(context: Context, resource: str, key: str, command: str) -> list[str]:
    """List the codes that a page would show beside a greyed command."""
    db.session.rollback()
    with unit.reading(context) as bound:
        row = find_row(bound, registry[resource], key)
        [offer] = [offer for offer in unit.offers(bound, registry[resource], row) if offer.command.name == command]
        return [problem.code for problem in offer.problems]


@contextlib.contextmanager
def refused(*expected: tuple[str, str | None]) -> Iterator[list[str]]:
    """Expect a refusal with exactly these problems `(code, field)`, and that it left nothing behind."""
    before = traces()
    messages: list[str] = []
    try:
        yield messages
    except Refused as refusal:
        assert [(problem.code, problem.field) for problem in refusal.problems] == list(expected)
        messages += [problem.message for problem in refusal.problems]
    else:
        raise AssertionError(f"not refused; expected {expected}")
    assert traces() == before


def traces() -> tuple[int, ...]:
    """Count what a change leaves behind: audit entries, events, jobs, and versions of rows."""
    db.session.rollback()
    tables = ("audit_entry", "outbox_event", "job")
    counts = [db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables]
    versions = [
        db.session.execute(text(f"SELECT coalesce(sum(version), 0) FROM {each.model.__tablename__}")).scalar_one()
        for each in registry
        if "version" in each.model.__table__.columns
    ]
    return (*counts, *versions)


def events(name: str) -> list[dict[str, Any]]:
    """List the payloads of an event, the oldest first."""
    db.session.rollback()
    found = db.session.execute(text("SELECT payload FROM outbox_event WHERE name = :n ORDER BY id"), {"n": name})
    return [dict(payload) for (payload,) in found]


def audited(resource: str, key: str) -> list[tuple[str, str]]:
    """List what is on record about a row: command and action, the oldest first."""
    db.session.rollback()
    statement = text(
        "SELECT command, action FROM audit_entry WHERE resource = :r AND (row_key = :k OR (resource = 'person'"
        " AND row_id = (SELECT id FROM person WHERE code = :k))) ORDER BY at, lane, position"  # of people it seals the key
    )
    return [(command, action) for command, action in db.session.execute(statement, {"r": resource, "k": key})]
