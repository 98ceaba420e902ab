"""Imports as they go on: one file, what its columns mean, how far it has come, and every row that was refused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, BinaryIO

from flask import current_app
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    delete,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.infra import audit, filetypes, jobs, personal, scope, unit
from app.infra.db import Base
from app.infra.files import Store
from app.infra.intake import Reader
from app.infra.jobs import Job
from app.infra.taking import first_values
from app.infra.transfer import manners, matching, shapes, sheets
from app.infra.transfer.entries import Plan
from app.infra.transfer.shapes import Shape
from app.infra.transfer.sheets import Options, Sheet
from app.kernel.actor import Context
from app.kernel.counting import counted
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.kernel.resource import Resource, registry

STATES = ("matching", "checking", "checked", "importing", "done", "failed", "cancelled")
UNDER_WAY = ("checking", "importing")
MOST_TOGETHER = 50_000
ATTEMPTS = 3
CHECK, APPLY = "import.check", "import.apply"
AS_FOUND = Options()


class ImportRun(Base):
    """One file on its way in. What the counts say, and how far it has come, is written with the rows themselves."""

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(state) for state in STATES)})", name="state"),
        Index("ix_import_run_actor", "actor_id", "id"),
        Index("ix_import_run_digest", "digest", "resource"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    resource: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[int] = mapped_column(Integer)
    actor_name: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    headings: Mapped[list[str]] = mapped_column(JSONB)
    columns: Mapped[list[str | None]] = mapped_column(JSONB)
    corrections: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB)
    fixed: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    manners: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    sums: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB, server_default="{}")
    mode: Mapped[str] = mapped_column(Text)
    together: Mapped[bool] = mapped_column(Boolean)
    repeated: Mapped[dict[str, list[int]]] = mapped_column(JSONB)
    samples: Mapped[dict[str, list[Any]]] = mapped_column(JSONB)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    total: Mapped[int | None] = mapped_column(Integer)
    next_row: Mapped[int] = mapped_column(Integer, server_default="0")
    blank: Mapped[int] = mapped_column(Integer, server_default="0")
    created: Mapped[int] = mapped_column(Integer, server_default="0")
    changed: Mapped[int] = mapped_column(Integer, server_default="0")
    same: Mapped[int] = mapped_column(Integer, server_default="0")
    refused: Mapped[int] = mapped_column(Integer, server_default="0")
    error: Mapped[str | None] = mapped_column(Text)
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ImportRefusal(Base):
    """One line of a file that stays out, with its cells as they were meant and every reason."""

    __tablename__ = "import_refusal"
    __table_args__ = (Index("ix_import_refusal_run", "run_id", "line", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"))
    line: Mapped[int] = mapped_column(Integer)
    cells: Mapped[list[str]] = mapped_column(JSONB)
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


def begin(
    context: Context,
    resource: Resource,
    stream: BinaryIO,
    name: str,
    options: Options = AS_FOUND,
    *,
    mode: str = "both",
) -> int:
    """Take a file in: find out how it is written, guess what its columns mean, and keep it. Gives the import's id."""
    permit(context, resource)
    sheet = sheets.open_sheet(stream, options)
    stream.seek(0)
    stored = store().put(stream, media_type="application/octet-stream")
    with unit.transaction(context, resource.permission("import")) as bound:
        known = shapes.recall(bound, resource.name, sheet.columns)
        said = options.dates or (known.dates if known else "")
        run = ImportRun(
            resource=resource.name,
            state="matching",
            actor_id=bound.actor.id,
            actor_name=bound.actor.name,
            file_name=filetypes.clean_name(name),
            digest=stored.digest,
            size=stored.size,
            options=_pinned(sheet, said),
            headings=_headings(sheet),
            columns=_guessed(resource, sheet, known),
            corrections={},
            fixed={},
            manners={},
            sums={},
            mode=mode if mode in matching.MODES else "both",
            together=False,
            repeated={},
            samples={},
            created_at=bound.now,
        )
        bound.session.add(run)
        bound.session.flush()
        return int(run.id)


def reread(context: Context, run_id: int, options: Options) -> None:
    """Read the file of an import once more in another way: another encoding, delimiter, heading or sheet."""
    with _changing(context, run_id, "matching", "checking", "checked", "failed") as (bound, run):
        resource = registry[run.resource]
        with contextlib.closing(store().open(run.digest)) as stream:
            sheet = sheets.open_sheet(stream, options)
            known = shapes.recall(bound, resource.name, sheet.columns)
            run.columns = _guessed(resource, sheet, known)
        run.options, run.headings, run.state = _pinned(sheet, options.dates), _headings(sheet), "matching"
        run.corrections, run.samples = {}, {}


def match(
    context: Context,
    run_id: int,
    columns: Sequence[str | None],
    mode: str = "both",
    *,
    fixed: Mapping[str, str] = matching.NOTHING,
    together: bool = False,
    by_job: bool = True,
) -> None:
    """Say what the columns mean, what all new rows have in common and what may be done, and line up the check.

    The caller does the check unless it is done `by_job`.
    """
    with _changing(context, run_id, "matching", "checking", "checked", "failed", "cancelled") as (bound, run):
        with opened(run) as sheet:
            refuse_if(matching.why_not(registry[run.resource], sheet, columns, mode, fixed))
        refuse_if(_unreadable(bound, registry[run.resource], fixed))
        run.columns, run.mode, run.together, run.samples = list(columns), mode, together, {}
        run.fixed = dict(fixed)
        _line_up(bound, run, "checking", CHECK if by_job else "")


def correct(context: Context, run_id: int, line: int, column: int, value: str) -> None:
    """Put another value in the place of one cell, and line up the check again; the file stays as it is."""
    with _changing(context, run_id, "checked") as (bound, run):
        if not 0 <= column < len(run.headings) or run.options["kind"] == "json":
            raise Refused(Kind.MISSING, Problem("unknown_column", "There is no such cell."))
        cells = {**run.corrections.get(str(line), {}), str(column): sheets.storable(value[:5000])}
        run.corrections, run.samples = {**run.corrections, str(line): cells}, {}
        _line_up(bound, run, "checking", CHECK)


def start(context: Context, run_id: int, *, together: bool | None = None, by_job: bool = True) -> None:
    """Line up the import itself: of what was checked, or of what an import that failed has left."""
    with _changing(context, run_id, "checked", "failed") as (bound, run):
        run.together = run.together if together is None else together
        if run.together and (run.total or 0) > MOST_TOGETHER:
            words = f"All or nothing takes up to {MOST_TOGETHER} rows. Let the good rows in, or split the file."
            raise Refused(Kind.INVALID, Problem("too_many_rows", words))
        if run.together and run.state == "checked" and run.refused:
            words = f"{counted(run.refused, 'row is', 'rows are')} refused, so none would go in. Correct them, or let the good rows in."
            raise Refused(Kind.INVALID, Problem("rows_refused", words))
        if not run.samples:
            raise Refused(Kind.CONFLICT, Problem("wrong_state", "The check of this file did not end. Check it first."))
        if run.state == "checked" or run.together:
            reset(bound, run)
        shapes.remember(bound, run.resource, run.headings, run.columns, str(run.options.get("dates", "")))
        _line_up(bound, run, "importing", APPLY if by_job else "")


def cancel(context: Context, run_id: int) -> None:
    """Stop an import: what is in stays in, and no further row follows."""
    with _changing(context, run_id, "matching", "checking", "checked", "importing", "failed") as (bound, run):
        run.state, run.finished_at = "cancelled", bound.now


def reset(bound: Context, run: ImportRun) -> None:
    """Begin again at the first row, and forget who stayed out."""
    bound.session.execute(delete(ImportRefusal).where(ImportRefusal.run_id == run.id))
    run.next_row = run.blank = run.created = run.changed = run.same = run.refused = 0
    run.sums = {}
    run.error = run.finished_at = None


def find(context: Context, run_id: int) -> ImportRun:
    """Find an import of the actor's own, or any for who oversees jobs. A worker's sudden end counts as its failure."""
    run = _seen(context, run_id, lock=False)
    if run.state in UNDER_WAY and run.job_id:
        job = job_of(context, run)
        if job is None or job.state in ("dead", "discarded"):
            context.session.expunge(run)
            run.state, run.error = "failed", (job.error if job else None) or "The work was given up."
    return run


def job_of(context: Context, run: ImportRun) -> Job | None:
    """Find the job that is at an import, or was."""
    statement = scope.everything(Job, why="the job of an import the caller may see").where(Job.id == run.job_id)
    found: Job | None = context.session.scalars(statement.execution_options(populate_existing=True)).first()
    return found


def list_recent(context: Context, text: str = "", most: int = 50) -> list[ImportRun]:
    """List the imports the actor may see, the newest first; `text` is a part of the name of the file."""
    statement = select(ImportRun).where(*_mine(context)).order_by(ImportRun.id.desc()).limit(most)
    if text.strip():
        statement = statement.where(ImportRun.file_name.icontains(text.strip(), autoescape=True))
    return list(context.session.scalars(statement))


def find_earlier(context: Context, run: ImportRun) -> ImportRun | None:
    """Find an import that took in the very same file before."""
    return _find_twin(context, run, ImportRun.state == "done")


def find_broken_off(context: Context, run: ImportRun) -> ImportRun | None:
    """Find an import of the very same file in a terminal that ended before its last row."""
    mine = ImportRun.actor_id == context.actor.id
    return _find_twin(context, run, (ImportRun.state == "importing") & ImportRun.job_id.is_(None) & mine)


def _find_twin(context: Context, run: ImportRun, condition: Any) -> ImportRun | None:
    same = (ImportRun.digest == run.digest, ImportRun.resource == run.resource, ImportRun.id != run.id)
    statement = select(ImportRun).where(*same, condition).order_by(ImportRun.id.desc())
    found: ImportRun | None = context.session.scalars(statement).first()
    return found


def refusals(context: Context, run: ImportRun, after: tuple[int, int] = (0, 0), most: int = 200) -> list[ImportRefusal]:
    """List the refused lines of an import in the order of the file, a part at a time."""
    beyond = (ImportRefusal.line > after[0]) | ((ImportRefusal.line == after[0]) & (ImportRefusal.id > after[1]))
    statement = select(ImportRefusal).where(ImportRefusal.run_id == run.id, beyond)
    return list(context.session.scalars(statement.order_by(ImportRefusal.line, ImportRefusal.id).limit(most)))


def permit(context: Context, resource: Resource) -> None:
    """Refuse an actor who may not import, or may neither enter nor edit what the file holds."""
    may = [verb for verb in ("create", "edit") if context.actor.may(resource.permission(verb))]
    if not resource.form or not context.actor.may(resource.permission("import")) or not may:
        words = f"Your roles do not allow you to import {resource.title[1].lower()}. Ask an administrator."
        raise Refused(Kind.FORBIDDEN, Problem("forbidden", words, None, {"permission": resource.permission("import")}))


def store() -> Store:
    """Give the store that keeps the files of this installation."""
    found: Store = current_app.extensions["files"]
    return found


@contextlib.contextmanager
def opened(run: ImportRun) -> Iterator[Sheet]:
    """Open the file of an import exactly as it was read before."""
    options = {name: value for name, value in run.options.items() if name in Options.__dataclass_fields__}
    with contextlib.closing(store().open(run.digest)) as stream:
        yield sheets.open_sheet(stream, Options(**options))


def plan_of(run: ImportRun, sheet: Sheet) -> Plan:
    """Give the plan by which the file of an import becomes rows."""
    return Plan(
        registry[run.resource],
        sheet,
        list(run.columns),
        run.mode,
        run.repeated,
        _corrections(run),
        run.fixed,
        {int(at): manner for at, manner in run.manners.items()},
        run.file_name,
        run.digest,
    )


def guessed(run: ImportRun, sheet: Sheet) -> list[str | None]:
    """Guess the columns of an import by their headings alone, whatever was matched before."""
    return _guessed(registry[run.resource], sheet, None)


def remembered(context: Context, run: ImportRun, sheet: Sheet) -> Shape | None:
    """Tell how such columns were matched before, where those of this import are so, and a guess would be another."""
    known = shapes.recall(context, run.resource, sheet.columns)
    is_so = known is not None and run.columns == _guessed(registry[run.resource], sheet, known)
    return known if is_so and run.columns != guessed(run, sheet) else None


def samples_of(sheet: Sheet) -> list[list[str]]:
    """Give the first different values of each column, so that people see what they match."""
    return first_values((line.cells for line in sheet.lines() if not line.torn), len(sheet.columns))


def note(context: Context, run: ImportRun, action: str) -> None:
    """Put on record what became of a file."""
    counts = {name: getattr(run, name) for name in ("created", "changed", "same", "refused", "blank")}
    told = {"import": run.id, "file": run.file_name, "sha256": run.digest, **counts}
    audit.note(context, action=action, resource=run.resource, row_id=None, row_key=run.file_name, after=told)


def _guessed(resource: Resource, sheet: Sheet, known: Shape | None) -> list[str | None]:
    """Guess the columns, as they were matched last; one without a heading is asked about if something stands in it."""
    samples = samples_of(sheet)
    guessed = matching.guess(resource, sheet.columns)
    if known:
        guessed = [
            last if heading else name for heading, last, name in zip(sheet.columns, known.columns, guessed, strict=True)
        ]
    return [None if name == matching.NAMELESS and samples[at] else name for at, name in enumerate(guessed)]


def _headings(sheet: Sheet) -> list[str]:
    return [sheets.storable(heading) for heading in sheet.columns]


def _unreadable(bound: Context, resource: Resource, fixed: Mapping[str, str]) -> list[Problem]:
    """Say what is wrong with the values all new rows are to have."""
    known, reader = matching.targets(resource), Reader(bound)
    read = {name: reader.read_value(known[name].field, text) for name, text in fixed.items()}
    return [problem.at("fixed") for _, problem in read.values() if problem]


def _pinned(sheet: Sheet, dates: str) -> dict[str, Any]:
    """Keep how a file was read, so that it is never read in another way later."""
    if dates and dates not in manners.DATE_ORDERS:
        raise Refused(Kind.INVALID, Problem("unknown_choice", "Dates: use day or month, whichever comes first."))
    options = Options(sheet.encoding, sheet.delimiter, sheet.heading, sheet.name, dates)
    return {**asdict(options), "kind": sheet.kind, "sure": sheet.is_encoding_sure, "sheets": list(sheet.names)}


def _corrections(run: ImportRun) -> Mapping[int, Mapping[int, str]]:
    return {int(line): {int(at): text for at, text in cells.items()} for line, cells in run.corrections.items()}


def _line_up(bound: Context, run: ImportRun, state: str, kind: str) -> None:
    run.state, run.error, run.job_id = state, None, None
    if kind:
        key = f"import:{run.id}:{run.attempts}"
        job = jobs.enqueue(bound, kind, {"run": run.id}, unique_key=key, max_attempts=ATTEMPTS)
        bound.session.flush()
        run.job_id = job.id


@contextlib.contextmanager
def _changing(context: Context, run_id: int, *states: str) -> Iterator[tuple[Context, ImportRun]]:
    """Take an import for a change, if it is in one of these states."""
    with unit.transaction(context, "import") as bound:
        run = _seen(bound, run_id, lock=True)
        permit(replace(bound), registry[run.resource])
        if run.state not in states:
            words = f"This import is {run.state}. Look at it again."
            raise Refused(Kind.CONFLICT, Problem("wrong_state", words, None, {"state": run.state}))
        yield bound, run


def _seen(context: Context, run_id: int, *, lock: bool) -> ImportRun:
    statement = select(ImportRun).where(ImportRun.id == run_id, *_mine(context))
    if lock:
        statement = statement.with_for_update()
    run: ImportRun | None = context.session.scalars(statement.execution_options(populate_existing=True)).first()
    if run is None or run.resource not in {resource.name for resource in registry}:
        raise Refused(Kind.MISSING, Problem("not_found", f"Import {run_id} was not found."))
    return run


def _mine(context: Context) -> list[Any]:
    oversees = context.actor.is_system or context.actor.may("job.oversee")
    return [] if oversees else [ImportRun.actor_id == context.actor.id]


def _tell(context: Context, account: int) -> list[dict[str, Any]]:
    own = select(ImportRun).where(ImportRun.actor_id == account).order_by(ImportRun.id)
    told = context.session.scalars(own)
    return [{"at": run.created_at.isoformat(), "file": run.file_name, "resource": run.resource} for run in told]


def _forget(context: Context, account: int, was: str, alias: str) -> None:
    for run in context.session.scalars(select(ImportRun).where(ImportRun.actor_id == account)):
        run.actor_name = alias


personal.keeps("imports", _tell, _forget)
