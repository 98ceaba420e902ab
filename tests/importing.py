"""Files in and out in tests: exported as the terminal does it, imported through every step and without a worker."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.listing import Query
from app.infra.transfer import export, matching, runs, work
from app.infra.transfer.runs import ImportRun
from app.infra.transfer.sheets import Options
from app.kernel.actor import Context
from app.kernel.resource import Resource, registry
from tests.acting import system

AS_FOUND = Options()


def exported(resource: Resource, kind: str = "csv", context: Context | None = None, **options: Any) -> bytes:
    """Export all rows of a resource with everything an import of them needs."""
    db.session.rollback()
    with unit.reading(context or system()) as bound:
        columns = export.full_columns(resource)
        return b"".join(export.export(bound, resource, Query(), columns, kind, **options))


def as_csv(rows: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    """Write a file as a person would have it."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def rows_of(content: bytes) -> list[list[str]]:
    """Read a file that was written."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def taken_in(
    resource: str,
    content: bytes,
    *,
    name: str = "rows.csv",
    said: Mapping[str, str] | None = None,
    fixed: Mapping[str, str] | None = None,
    mode: str = "both",
    together: bool = False,
    context: Context | None = None,
    options: Options = AS_FOUND,
) -> int:
    """Upload a file and match its columns; the check is lined up."""
    context = context or system()
    run_id = runs.begin(context, registry[resource], io.BytesIO(content), name, options)
    with runs.opened(found(run_id)) as sheet:
        columns, problems = matching.by_words(found(run_id).columns, sheet, said or {})
    assert problems == []
    runs.match(context, run_id, columns, mode, fixed=fixed or {}, together=together)
    return run_id


def checked(resource: str, content: bytes, **options: Any) -> ImportRun:
    """Check a file."""
    run_id = taken_in(resource, content, **options)
    work.check(options.get("context") or system(), run_id)
    return found(run_id)


def imported(resource: str, content: bytes, **options: Any) -> ImportRun:
    """Check a file and import it."""
    run = checked(resource, content, **options)
    assert run.state == "checked", run.error
    context = options.get("context") or system()
    runs.start(context, run.id)
    work.apply(context, run.id)
    return found(run.id)


def found(run_id: int) -> ImportRun:
    """Look at an import as it stands in the database."""
    db.session.rollback()
    db.session.expire_all()
    with unit.reading(system()) as bound:
        return runs.find(bound, run_id)


def counts(run: ImportRun) -> dict[str, int]:
    """Tell what became of the rows, leaving out what did not happen."""
    names = ("created", "changed", "same", "refused", "blank")
    return {name: getattr(run, name) for name in names if getattr(run, name)}


def faults(run: ImportRun) -> list[tuple[int, str, str | None]]:
    """List why lines stayed out: line, code and heading."""
    with unit.reading(system()) as bound:
        return [
            (refusal.line, problem["code"], None if problem["column"] is None else run.headings[problem["column"]])
            for refusal in runs.refusals(bound, run, most=100_000)
            for problem in refusal.problems
        ]


def traces() -> dict[str, int]:
    """Count what changes leave behind."""
    tables = ("audit_entry", "outbox_event", "job")
    db.session.rollback()
    found_ = {table: db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}
    db.session.rollback()
    return found_
