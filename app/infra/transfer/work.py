"""The work of an import, done by jobs: the check of all rows, which changes nothing, and the import itself.

Each group of rows is kept together with how far the import has come, so that it happens exactly once whatever
becomes of the worker.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import redis
from sqlalchemy import insert, text
from sqlalchemy.exc import SQLAlchemyError

from app.infra import jobs, outbox, unit
from app.infra.db import db
from app.infra.files import StoreDown
from app.infra.jobs import Job, LeaseLost
from app.infra.transfer import batches, runs
from app.infra.transfer.entries import Entry, Plan, chunks, entries, survey
from app.infra.transfer.runs import APPLY, CHECK, ImportRefusal, ImportRun
from app.infra.transfer.totals import Sums, add_up
from app.infra.transfer.verdicts import REFUSED, Verdict
from app.infra.transfer.writing import write
from app.kernel.actor import Context
from app.kernel.counting import counted
from app.kernel.event import Event
from app.kernel.problem import Refused
from app.kernel.resource import registry

log = logging.getLogger(__name__)
LINES_AT_ONCE = 200
MOST_SAMPLES = 200
_LONGEST_CELL = 300


@dataclass(frozen=True)
class Ended(Event):
    """How an import ended that was left to a job; `outcome` says it in words, `account` is who wants to know."""

    account: int
    file: str
    resource: str
    outcome: str


@dataclass(frozen=True)
class Imported(Ended):
    """All rows were come to; `outcome` counts what became of them."""


@dataclass(frozen=True)
class ImportFailed(Ended):
    """It stopped; `outcome` says why."""


class Superseded(Exception):
    """The import was cancelled, or another worker goes on with it."""


class _Incomplete(Exception):
    """An import of all rows or none has met a row that is refused."""


def check(context: Context, run_id: int, job: Job | None = None) -> dict[str, int]:
    """Try every row of a file in one change that is never kept, and note what would become of each."""

    def act(run: ImportRun, plan: Plan) -> None:
        book = _Book(run, job)
        with unit.rehearsal(_as_import(context, run), registry[run.resource].permission("import")) as bound:
            for group in chunks(entries(plan), _at_once(plan)):
                book.enter(plan, group, write(bound, plan, group))
                bound.session.info["audit"].clear()
        _conclude(context, run, "checked", book)

    return _guarded(context, run_id, "checking", act)


def apply(context: Context, run_id: int, job: Job | None = None) -> dict[str, int]:
    """Import the rows of a file that was checked: the good ones, or all of them or none."""

    def act(run: ImportRun, plan: Plan) -> None:
        if run.together:
            _apply_together(context, run, plan, job)
            return
        for group in chunks(_after(entries(plan), run.next_row), _at_once(plan)):
            _apply_group(context, run, plan, group, job)
        _conclude(context, run, "done", None)

    return _guarded(context, run_id, "importing", act)


def _at_once(plan: Plan) -> int:
    """Tell how many lines are written in one change."""
    return batches.LINES_AT_ONCE if batches.is_used(plan.resource) else LINES_AT_ONCE


def _apply_group(context: Context, run: ImportRun, plan: Plan, group: Sequence[Entry], job: Job | None) -> None:
    """Import some rows, and note in the same change that they are in."""
    done = run.next_row + sum(entry.size for entry in group)

    def body(bound: Context) -> Sums:
        verdicts = write(bound, plan, group)
        bound.session.flush()
        sums = _added_up(run, plan, verdicts)
        _advance(bound.session, run, done, group, verdicts, sums)
        if job is not None:
            jobs.advance(bound, job, done)
        return sums

    run.sums = unit.change(_as_import(context, run), plan.resource.permission("import"), body)
    run.next_row = done
    if job is not None:
        jobs.report(job.id, done, run.total)


def _apply_together(context: Context, run: ImportRun, plan: Plan, job: Job | None) -> None:
    """Import all rows in one change; one that is refused stops all, once every other has been looked at."""

    def body(bound: Context) -> None:
        book = _Book(run, job)
        for group in chunks(entries(plan), _at_once(plan)):
            book.enter(plan, group, write(bound, plan, group))
        if book.counts[REFUSED]:
            raise _Incomplete(book.counts[REFUSED])
        bound.session.flush()
        _close(bound, run, "done")

    try:
        unit.change(_as_import(context, run), plan.resource.permission("import"), body)
    except _Incomplete as incomplete:
        words = f"Nothing was imported: {counted(incomplete.args[0], 'row is', 'rows are')} refused, and all were to go in together."
        _fail(context, run, words, nothing=True)


class _Book:
    """Counts what becomes of the rows of a change that is not kept yet, beside it, for everyone to see."""

    def __init__(self, run: ImportRun, job: Job | None) -> None:
        self.run, self.job, self.done = run, job, 0
        self.counts: Counter[str] = Counter()
        self.samples: dict[str, list[Any]] = {"all": []}
        run.sums = {}
        with db.engine.begin() as own:
            own.execute(_FORGET, {"id": run.id})
            own.execute(_RESTART, {"id": run.id})

    def enter(self, plan: Plan, group: Sequence[Entry], verdicts: Sequence[Verdict]) -> None:
        """Add a group."""
        for verdict in verdicts:
            self.counts[verdict.outcome] += len(verdict.entry.lines)
            self._keep_sample(plan, verdict)
        self.done += sum(entry.size for entry in group)
        self.run.sums = _added_up(self.run, plan, verdicts)
        with db.engine.begin() as own:
            _advance(own, self.run, self.done, group, verdicts, self.run.sums)
        if self.job is not None:
            jobs.report(self.job.id, self.done, self.run.total)

    def _keep_sample(self, plan: Plan, verdict: Verdict) -> None:
        kept = self.samples.setdefault(verdict.outcome, [])
        for line in verdict.entry.lines:
            cells = [text[:_LONGEST_CELL] for text in _meant(plan, line)]
            sample = {"line": line.number, "cells": cells, "outcome": verdict.outcome, "fields": list(verdict.fields)}
            for shelf in (kept, self.samples["all"]):
                if len(shelf) < MOST_SAMPLES:
                    shelf.append(sample)


def _guarded(context: Context, run_id: int, state: str, act: Callable[[ImportRun, Plan], None]) -> dict[str, int]:
    """Do the work on an import that is in this state; what no second attempt would mend is its failure, said in words."""
    run = _take(context, run_id, state)
    if run is None:
        return {}
    try:
        with runs.opened(run) as sheet:
            plan = runs.plan_of(run, sheet)
            if state == "checking":
                plan = _surveyed(context, run, plan)
            act(run, plan)
    except Superseded:
        log.info("import %s was cancelled or taken over", run_id)
    except Refused as refused:
        _fail(context, run, "; ".join(problem.message for problem in refused.problems))
    except (SQLAlchemyError, redis.RedisError, StoreDown, LeaseLost):
        raise
    except Exception as error:
        log.exception("import %s stopped", run_id)
        _fail(
            context, run, f"A fault in Outlay stopped this import after line {run.next_row} ({type(error).__name__})."
        )
    with unit.reading(context) as bound:
        ended = runs.find(replace(bound, actor=context.actor), run_id)
        return {name: getattr(ended, name) for name in ("created", "changed", "same", "refused", "blank")}


def _surveyed(context: Context, run: ImportRun, plan: Plan) -> Plan:
    """Read the whole file once: how long it is, how it is written, and which keys stand in it twice."""
    total, repeated, manners = survey(plan, str(run.options.get("dates", "")))
    kept = {str(at): manner for at, manner in manners.items()}
    values = {"id": run.id, "total": total, "repeated": _json(repeated), "manners": _json(kept)}
    with unit.transaction(context, "import") as bound:
        bound.session.execute(_SURVEYED, values)
    run.total = total
    return replace(plan, repeated=repeated, manners=manners)


def _take(context: Context, run_id: int, state: str) -> ImportRun | None:
    """Take an import in hand: whoever had it before can write nothing of it any more."""
    with unit.transaction(context, "import") as bound:
        run: ImportRun | None = bound.session.get(ImportRun, run_id, populate_existing=True, with_for_update=True)
        if run is None or run.state != state:
            return None
        run.attempts += 1
        bound.session.flush()
        bound.session.refresh(run)
        bound.session.expunge(run)
    return run


def _added_up(run: ImportRun, plan: Plan, verdicts: Sequence[Verdict]) -> Sums:
    """Add up the amounts of the file by what became of their rows."""
    return add_up(plan, run.sums, ((verdict.outcome, line) for verdict in verdicts for line in verdict.entry.lines))


def _advance(
    where: Any, run: ImportRun, done: int, group: Sequence[Entry], verdicts: Sequence[Verdict], sums: Sums
) -> None:
    """Note how far an import has come, and who stayed out; refused to a worker that is not the one at it."""
    counts = Counter[str]()
    for verdict in verdicts:
        counts[verdict.outcome] += len(verdict.entry.lines)
    blank = sum(entry.blank for entry in group)
    came_from = done - sum(entry.size for entry in group)
    values = {
        "id": run.id,
        "attempts": run.attempts,
        "done": done,
        "from": came_from,
        "blank": blank,
        "state": run.state,
        "sums": _json(sums),
    }
    values |= {name: counts[name] for name in ("created", "changed", "same", "refused")}
    if not where.execute(_ADVANCE, values).rowcount:
        raise Superseded
    refused = [row for verdict in verdicts if verdict.outcome == REFUSED for row in _refusals(run, verdict)]
    if refused:
        where.execute(insert(ImportRefusal.__table__), refused)  # type: ignore[arg-type]


def _refusals(run: ImportRun, verdict: Verdict) -> Iterator[dict[str, Any]]:
    """Tell for each line of a refused entry why it stays out; lines without a fault go with those that have one."""
    first = min((fault.line for fault in verdict.faults), default=verdict.entry.lines[0].number)
    for line in verdict.entry.lines:
        problems = [
            {
                "code": fault.problem.code,
                "message": fault.problem.message,
                "field": fault.problem.field,
                "column": fault.column,
            }
            for fault in verdict.faults
            if fault.line == line.number
        ]
        if not problems:
            words = f"It belongs to the same document as line {first}, which is refused."
            problems = [{"code": "same_document", "message": words, "field": None, "column": None}]
        yield {"run_id": run.id, "line": line.number, "cells": _meant(verdict.plan, line), "problems": problems}


def _meant(plan: Plan, line: Any) -> list[str]:
    """Give the cells of a line as they were meant."""
    return [plan.text(line, at) for at in range(len(line.cells))]


def _after(found: Iterator[Entry], done: int) -> Iterator[Entry]:
    """Leave out the entries that are in already."""
    passed = 0
    for entry in found:
        if passed >= done:
            yield entry
        passed += entry.size


def _conclude(context: Context, run: ImportRun, state: str, book: _Book | None) -> None:
    with unit.transaction(_as_import(context, run), registry[run.resource].permission("import")) as bound:
        _close(bound, run, state, book.samples if book else None)


def _close(bound: Context, run: ImportRun, state: str, samples: Any = None) -> None:
    """Bring an import to its end in the change that ends it."""
    statement = {"id": run.id, "attempts": run.attempts, "before": run.state, "state": state, "now": bound.now}
    if not bound.session.execute(_END, {**statement, "samples": _json(samples) if samples else None}).rowcount:
        raise Superseded
    if state == "done":
        kept = bound.session.get(ImportRun, run.id, populate_existing=True)
        runs.note(bound, kept, "imported")
        _announce(bound, kept, Imported, _counted(kept))


def _fail(context: Context, run: ImportRun, words: str, *, nothing: bool = False) -> None:
    """Put down why an import stopped; what was kept until then stays, and it can go on from there."""
    with unit.transaction(context, "import") as bound:
        kept: ImportRun | None = bound.session.get(ImportRun, run.id, populate_existing=True, with_for_update=True)
        if kept is not None and kept.attempts == run.attempts and kept.state == run.state:
            if nothing:
                kept.next_row = kept.created = kept.changed = kept.same = 0
            _end_as_failed(bound, kept, words)


def give_up(context: Context, job: Job) -> None:
    """End an import whose work is not tried again, as when every worker that had it ended suddenly; its owner hears of it."""
    kept: ImportRun | None = context.session.get(
        ImportRun, int(job.arguments["run"]), populate_existing=True, with_for_update=True
    )
    if kept is not None and kept.job_id == job.id and kept.state in runs.UNDER_WAY:
        _end_as_failed(
            context, kept, f"{job.error or 'The work was given up'}. Start it again: it goes on where it ended."
        )


def _end_as_failed(bound: Context, kept: ImportRun, words: str) -> None:
    kept.state, kept.error, kept.finished_at = "failed", words[:2000], bound.now
    _announce(bound, kept, ImportFailed, words)


def _announce(bound: Context, run: ImportRun, kind: type[Ended], outcome: str) -> None:
    """Announce how an import ended that somebody left to a job; one in a terminal says so itself."""
    job = runs.job_of(bound, run) if run.job_id else None
    if job is not None:
        outbox.emit(bound, registry["job"], job, kind(run.actor_id, run.file_name, run.resource, outcome))


def _counted(run: ImportRun) -> str:
    counts = {"entered": run.created, "changed": run.changed, "unchanged": run.same, "refused": run.refused}
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "There was nothing to import."


def _as_import(context: Context, run: ImportRun) -> Context:
    return replace(context, channel="import")


def _json(value: Any) -> str:
    import orjson

    return orjson.dumps(value).decode()


_FORGET = text("DELETE FROM import_refusal WHERE run_id = :id")
_RESTART = text(
    "UPDATE import_run SET next_row = 0, blank = 0, created = 0, changed = 0, same = 0, refused = 0, sums = '{}' WHERE id = :id"
)
_SURVEYED = text(
    "UPDATE import_run SET total = :total, repeated = CAST(:repeated AS jsonb), manners = CAST(:manners AS jsonb) WHERE id = :id"
)
_ADVANCE = text(
    "UPDATE import_run SET next_row = :done, blank = blank + :blank, created = created + :created, "
    "changed = changed + :changed, same = same + :same, refused = refused + :refused, sums = CAST(:sums AS jsonb) "
    "WHERE id = :id AND attempts = :attempts AND state = :state AND next_row = :from"
)
_END = text(
    "UPDATE import_run SET state = :state, finished_at = :now, samples = coalesce(CAST(:samples AS jsonb), samples) "
    "WHERE id = :id AND attempts = :attempts AND state = :before"
)

# Workers know these by name as soon as the machinery is loaded.
jobs.declare(CHECK, "Check a file", lambda context, job: check(context, int(job.arguments["run"]), job), "heavy")
jobs.declare(APPLY, "Import a file", lambda context, job: apply(context, int(job.arguments["run"]), job), "heavy")
for _kind in (CHECK, APPLY):
    jobs.when_given_up(_kind, give_up)
