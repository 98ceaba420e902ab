"""What the pages of an import show: the file to choose, its columns, its rows after the check, its way in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from app.console import addresses, words
from app.console.cells import Cell
from app.console.filters import Option
from app.console.gate import Visit
from app.console.inputs import Input, Summary
from app.console.lists import Empty, Foot, Link
from app.infra import live
from app.infra.transfer import manners, matching, report, runs, sheets
from app.infra.transfer.runs import ImportRefusal, ImportRun
from app.infra.transfer.sheets import Sheet
from app.kernel.notation import letter
from app.kernel.problem import Problem
from app.kernel.resource import Resource, registry

ADDRESS = "/imports"
UNDECIDED = "?"
TABS = {"all": "All", "created": "New", "changed": "Changed", "same": "Same", "refused": "With errors"}
STATES = {"matching": "Match columns", "checking": "Checking", "checked": "Checked", "importing": "Importing"}
MOST_TO_CORRECT = 5000
ON_A_PAGE = 200


def of_run(run: ImportRun | int, *rest: str) -> str:
    """Give the address of an import, or of one of its parts."""
    run_id = run if isinstance(run, int) else run.id
    return "/".join((ADDRESS, str(run_id), *rest))


def choose(resource: Resource, mode: str = "both", problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """Ask for a file, and say which columns it may have."""
    return {
        "step": "file",
        "title": f"Import {words.lower_first(resource.title[1])}",
        "sub": "Nothing is saved until every row has been checked and you say so.",
        "action": addresses.of_list(resource, "import"),
        "name": "file",
        "accept": ".csv,.tsv,.txt,.xlsx,.json,.jsonl",
        "limit": "CSV, Excel or JSON, at most 25 MB",
        "template_url": addresses.of_list(resource, "import/template.csv"),
        "modes": [
            {"value": value, "text": text, "hint": "", "checked": value == mode}
            for value, text in matching.MODES.items()
        ],
        "columns": [
            {"label": target.label, "required": _is_needed(resource, target), "hint": target.field.help}
            for target in matching.targets(resource).values()
        ],
        "cancel_url": addresses.of_list(resource),
        "problems": _summaries(problems),
    }


def match(
    run: ImportRun,
    sheet: Sheet,
    columns: Sequence[str | None],
    problems: Sequence[Problem] = (),
    fixed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Ask what each column means, with its first values beside it, and what all new rows have in common."""
    resource = registry[run.resource]
    samples = runs.samples_of(sheet)
    at_column = {problem.field: problem.message for problem in problems if problem.field}
    options = [{"value": target.name, "text": target.label} for target in matching.targets(resource).values()]
    mapped = {name for name in columns if name}
    said = run.fixed if fixed is None else fixed
    needed = [] if run.mode == "update" else matching.missing(resource, {*mapped, *said})
    return {
        **_head(run, "match", f"{_written(run)}. Nothing is saved until you import."),
        "action": of_run(run, "match"),
        "columns": [
            {
                "heading": sheet.label(at),
                "samples": samples[at],
                "name": f"column-{at}",
                "value": _chosen(name),
                "entries": options if name is not None else [{"value": UNDECIDED, "text": "Choose a field"}, *options],
                "problem": at_column.get(f"columns.{at}"),
            }
            for at, name in enumerate(columns)
        ],
        "fixed": [] if run.mode == "update" else list(_common(resource, mapped, said, at_column)),
        "missing": [matching.targets(resource)[problem.values["field"]].label for problem in needed],
        "reading": _reading(run),
        "problems": _summaries(problems, of_column=lambda at: f"match-{at + 1}"),
    }


def _common(resource: Resource, mapped: set[str], said: Mapping[str, str], wrong: Mapping[str, str]) -> Iterator[Input]:
    """Offer what new rows need and no column gives, to be said once for all of them."""
    for name, target in matching.targets(resource).items():
        is_asked = target.children is None and name != resource.key and _is_needed(resource, target)
        if name in said or (is_asked and name not in mapped):
            words_ = target.field.help or ("Its code" if target.field.kind == "reference" else "")
            problem = wrong.get(f"fixed.{name}", "")
            yield Input(
                f"fixed-{name}",
                target.label,
                "text",
                said.get(name, ""),
                help=words_,
                problems=(problem,) if problem else (),
            )


def check(
    visit: Visit, run: ImportRun, tab: str, after: tuple[int, int], problems: Sequence[Problem] = ()
) -> dict[str, Any]:
    """Show what would become of the rows, those with errors first."""
    shown = [at for at, name in enumerate(run.columns) if name and name != matching.IGNORED]
    tab = tab if tab in TABS else "refused" if run.refused else "all"
    refused = runs.refusals(visit.context, run, after, ON_A_PAGE + 1) if tab == "refused" else []
    more = len(refused) > ON_A_PAGE
    last = refused[ON_A_PAGE - 1] if more else None
    to_save = run.created + run.changed
    may_correct = tab == "refused" and run.options["kind"] != "json" and (run.total or 0) <= MOST_TO_CORRECT
    return {
        **_head(run, "check", f"{run.file_name}, {_rows(run.total or 0)}. Nothing is saved until you import."),
        "action": of_run(run, "start"),
        "views": list(_tabs(run, tab)),
        "columns": [_label(run, at) for at in shown],
        "rows": list(_refused_rows(refused[:ON_A_PAGE], shown) if tab == "refused" else _sample_rows(run, tab, shown)),
        "errors_url": of_run(run, "refused.csv") if tab == "refused" and run.refused else "",
        "next_url": addresses.with_args(of_run(run), {"show": [tab], "after": [f"{last.line}-{last.id}"]})
        if last
        else "",
        "previous_url": addresses.with_args(of_run(run), {"show": [tab]}) if after != (0, 0) else "",
        "correct_url": of_run(run, "correct") if may_correct else "",
        "match_url": of_run(run, "match"),
        "sums": report.sums(run),
        "summary": f"{_rows(to_save)} will be saved, {words.number(run.same)} the same, {words.number(run.refused)} stay out",
        "submit": f"Import {_rows(to_save)}" if to_save else "",
        "whole": run.together,
        "problems": _summaries(problems),
    }


def progress(visit: Visit, run: ImportRun) -> dict[str, Any]:
    """Show how far an import has come, or how it ended."""
    resource = registry[run.resource]
    is_open = run.state in runs.UNDER_WAY
    done, total = run.next_row, run.total or 0
    verb = "Checking" if run.state == "checking" else "Importing"
    return {
        "title": f"Import of {words.lower_first(resource.title[1])}",
        "state": {"checking": "running", "importing": "running"}.get(run.state, run.state),
        "text": _told(run, verb, done, total),
        "done": done,
        "all": total,
        "total": total if is_open else 0,
        "percent_text": f"{100 * done // total} %" if total else "",
        "remaining": _remaining(visit, run),
        "url": of_run(run, "progress"),
        "topic": live.account_topic(visit.actor.id),
        "log": [{"text": told, "tone": "ok", "at": ""} for told in report.sums(run)] if run.state == "done" else [],
        "counts": [] if run.state == "checking" else list(_counts(run)),
        "errors_url": of_run(run, "refused.csv") if run.refused and not is_open else "",
        "again": _again(run) if run.state == "failed" else None,
        "cancel_url": of_run(run, "cancel"),
        "back_url": addresses.of_list(resource),
        "back_label": resource.title[1],
    }


def listed(visit: Visit, found: Sequence[ImportRun], asked: str) -> dict[str, Any]:
    """List imports, the newest first."""
    labels = {"file": "File", "kind": "Kind", "rows": "Rows", "who": "Who", "at": "When", "state": "State"}
    rows = [_line(visit, run) for run in found]
    empty = Empty("first", "No imports yet", "Open a list and choose Import to bring rows in from a file.")
    if asked:
        everything = (Link("All imports", ADDRESS),)
        empty = Empty("filtered", "No import of such a file", "Search for a part of the name of the file.", everything)
    return {
        "title": "Imports", "one": "import", "many": "imports", "url": ADDRESS, "query": (), "views": (), "view": None,
        "views_url": "", "roles": (), "search": asked, "search_name": "q", "chips": (), "clear_url": "", "filters": (),
        "columns": [
            SimpleNamespace(
                key=name, label=label, align="end" if name == "rows" else "", sort_url="", sorted="", grow=name == "file",
                clip=False,
            )
            for name, label in labels.items()
        ],
        "rows": rows, "bulk": (), "total": None, "chooser": None, "density": "normal", "here": ADDRESS,
        "foot": Foot(words.count(len(rows), "import", "imports")), "export_urls": (), "import_url": "", "add": None,
        "empty": None if rows else empty,
    }  # fmt: skip


def crumb(run: ImportRun) -> str:
    """Name an import in the path of its page."""
    return f"{registry[run.resource].title[1]}, {run.file_name}"


def _line(visit: Visit, run: ImportRun) -> dict[str, Any]:
    when = words.moment(run.created_at, visit.context.today, visit.zone)
    state = Cell("state", key=run.state, text=STATES.get(run.state, ""))
    cells = (
        Cell("text", run.file_name, of_run(run)),
        Cell("text", registry[run.resource].title[1]),
        Cell("number", words.number(run.total or 0)),
        Cell("person", run.actor_name),
        Cell("instant", when, iso=run.created_at.isoformat()),
        state,
    )
    card = {"title": run.file_name, "sub": f"{registry[run.resource].title[1]}, {when}", "end": None, "mark": state}
    line = {"key": str(run.id), "label": run.file_name, "url": of_run(run), "selectable": False}
    return {**line, "cells": cells, "card": card, "amount": "", "currency": ""}


def _head(run: ImportRun, step: str, sub: str) -> dict[str, Any]:
    resource = registry[run.resource]
    title = f"Import {words.lower_first(resource.title[1])}"
    return {"step": step, "title": title, "sub": sub, "cancel_url": addresses.of_list(resource)}


def _is_needed(resource: Resource, target: matching.Target) -> bool:
    is_numbered = resource.number is not None and target.name == resource.key
    return target.field.required and not is_numbered


def _chosen(name: str | None) -> str:
    return UNDECIDED if name is None else "" if name in (matching.IGNORED, matching.NAMELESS) else name


def _written(run: ImportRun) -> str:
    """Tell how the file was read, and where that is a guess."""
    if run.options["kind"] == "json":
        return f"{run.file_name}, JSON"
    if run.options["kind"] == "xlsx":
        return f"{run.file_name}, sheet {run.options['sheet']}"
    encoding = sheets.ENCODINGS.get(run.options["encoding"], "UTF-16")
    guessed = "" if run.options["sure"] else " (a guess: look at the letters with accents)"
    return f"{run.file_name}, {encoding}{guessed}, {sheets.DELIMITERS[run.options['delimiter']].lower()} between cells"


def _reading(run: ImportRun) -> dict[str, Any] | None:
    """Offer to read the file in another way."""
    kind = run.options["kind"]
    if kind == "json":
        return None
    line = Input(
        "heading", "Line with the names of the columns", "integer", str(run.options["heading"]), required=True, span=2
    )
    orders = tuple(Option(name, text) for name, text in manners.DATE_ORDERS.items())
    said = run.options.get("dates", "")
    dates = Input("dates", "Days", "choice", said, span=2, entries=orders, help="Empty: as the values show")
    if kind == "xlsx":
        names = tuple(Option(name, name) for name in run.options["sheets"])
        fields = [Input("sheet", "Sheet", "choice", run.options["sheet"], required=True, entries=names), line, dates]
    else:
        encoding = {"utf-16-le": "utf-16", "utf-16-be": "utf-16"}.get(run.options["encoding"], run.options["encoding"])
        encodings = tuple(Option(value, text) for value, text in sheets.ENCODINGS.items())
        delimiters = tuple(Option(value, text) for value, text in sheets.DELIMITERS.items())
        fields = [
            Input("encoding", "Encoding", "choice", encoding, required=True, span=2, entries=encodings),
            Input(
                "delimiter",
                "Between cells",
                "choice",
                run.options["delimiter"],
                required=True,
                span=2,
                entries=delimiters,
            ),
            line,
            dates,
        ]
    return {"action": of_run(run, "read"), "fields": fields}


def _summaries(problems: Sequence[Problem], of_column: Any = None) -> list[Summary]:
    found = []
    for problem in problems:
        place = (problem.field or "").removeprefix("columns.")
        found.append(Summary(problem.message, of_column(int(place)) if of_column and place.isdigit() else ""))
    return found


def _tabs(run: ImportRun, here: str) -> Iterator[dict[str, Any]]:
    numbers = {"all": (run.total or 0) - run.blank, "created": run.created, "changed": run.changed}
    numbers |= {"same": run.same, "refused": run.refused}
    for name, label in TABS.items():
        tone = "warn" if name == "refused" and run.refused else ""
        url = addresses.with_args(of_run(run), {"show": [name]})
        yield {"label": label, "url": url, "here": name == here, "count": words.number(numbers[name]), "tone": tone}


def _label(run: ImportRun, at: int) -> str:
    return run.headings[at] or f"Column {letter(at)}"


def _refused_rows(found: Sequence[ImportRefusal], shown: Sequence[int]) -> Iterator[dict[str, Any]]:
    for refusal in found:
        wrong = {problem["column"] for problem in refusal.problems}
        yield {
            "number": refusal.line,
            "key": str(refusal.line),
            "cells": [
                {"name": str(at), "value": refusal.cells[at] if at < len(refusal.cells) else "", "bad": at in wrong}
                for at in shown
            ],
            "wrong": [problem["message"] for problem in refusal.problems],
        }


def _sample_rows(run: ImportRun, tab: str, shown: Sequence[int]) -> Iterator[dict[str, Any]]:
    labels = {name: target.label for name, target in matching.targets(registry[run.resource]).items()}
    for sample in run.samples.get(tab, ()):
        fields = ", ".join(labels.get(name, name) for name in sample["fields"])
        result = {"created": "New", "same": "Same", "refused": "Stays out"}.get(sample["outcome"], f"Changed: {fields}")
        cells = [
            {"name": str(at), "value": sample["cells"][at] if at < len(sample["cells"]) else "", "bad": False}
            for at in shown
        ]
        yield {"number": sample["line"], "key": str(sample["line"]), "cells": cells, "wrong": [], "result": result}


def _rows(count: int) -> str:
    return words.count(count, "row", "rows")


def _told(run: ImportRun, verb: str, done: int, total: int) -> str:
    if run.state in runs.UNDER_WAY:
        return (
            f"{verb} row {words.number(done)} of {words.number(total)}" if total else f"{verb}: the file is being read"
        )
    return f"{run.error} {report.summary(run)}" if run.error else report.summary(run)


def _counts(run: ImportRun) -> Iterator[dict[str, Any]]:
    labels = {"created": "New", "changed": "Changed", "same": "Same", "refused": "Stayed out", "blank": "Blank"}
    for name, label in labels.items():
        count = getattr(run, name)
        if count or name != "blank":
            yield {"label": label, "text": words.number(count), "tone": "bad" if name == "refused" and count else ""}


def _again(run: ImportRun) -> dict[str, Any]:
    """Offer what can be done about an import that failed: go on, or check the file once more."""
    if not run.samples:
        return {"url": of_run(run, "match"), "label": "Match columns again", "post": False}
    label = f"Go on after row {words.number(run.next_row)}" if run.next_row else "Try again"
    return {"url": of_run(run, "start"), "label": label, "post": True, "whole": run.together}


def _remaining(visit: Visit, run: ImportRun) -> str:
    """Guess how long it still takes, from how long it took so far."""
    job = runs.job_of(visit.context, run)
    if run.state not in runs.UNDER_WAY or job is None or job.started_at is None or not run.total or not run.next_row:
        return ""
    passed = (visit.context.now - job.started_at).total_seconds()
    left = int(passed * (run.total - run.next_row) / run.next_row)
    return f"About {words.count(left, 'second', 'seconds') if left < 90 else words.count(left // 60, 'minute', 'minutes')} left."  # noqa: PLR2004
