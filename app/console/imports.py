"""Imports in the console: choose a file, match its columns, check every row, import, and see what became of it."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Flask, current_app, flash, make_response, redirect, request
from werkzeug.datastructures import FileStorage

from app.console import addresses, exports, gate, import_pages, remembered, shell
from app.console.gate import Visit
from app.console.import_pages import ADDRESS, UNDECIDED, of_run
from app.console.shell import Crumb, Flash, Page
from app.infra import identity
from app.infra.transfer import export, matching, report, runs
from app.infra.transfer.runs import ImportRun
from app.infra.transfer.sheets import Options
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource, registry

MENU = "Master data"


def register_imports(app: Flask) -> None:
    """Put the pages of imports at their addresses: two for each resource, and those of a file on its way."""
    for resource in registry:
        if resource.form:
            _register_resource(app, resource)
    pages: list[tuple[str, str, Any, str]] = [
        ("", "list", _list, "GET"),
        ("/<int:run_id>", "show", _show, "GET"),
        ("/<int:run_id>/match", "columns", _columns, "GET"),
        ("/<int:run_id>/match", "match", _match, "POST"),
        ("/<int:run_id>/read", "read", _read, "POST"),
        ("/<int:run_id>/correct", "correct", _correct, "POST"),
        ("/<int:run_id>/start", "start", _start, "POST"),
        ("/<int:run_id>/cancel", "cancel", _cancel, "POST"),
        ("/<int:run_id>/progress", "progress", _progress, "GET"),
        ("/<int:run_id>/refused.csv", "refused", _refused, "GET"),
    ]
    for path, name, answer, method in pages:
        app.add_url_rule(f"{ADDRESS}{path}", f"imports.{name}", answer, methods=[method])
    host = app.appbuilder  # type: ignore[attr-defined]
    host.add_link("imports", href=ADDRESS, icon="database-import", label="Imports", category=MENU, cond=_may_import)


def _register_resource(app: Flask, resource: Resource) -> None:
    address, name = addresses.of_list(resource, "import"), f"imports.{resource.name}"
    app.add_url_rule(address, f"{name}.choose", lambda: _choose(resource), methods=["GET"])
    app.add_url_rule(address, f"{name}.upload", lambda: _upload(resource), methods=["POST"])
    app.add_url_rule(f"{address}/template.csv", f"{name}.template", lambda: _template(resource), methods=["GET"])


def _may_import() -> bool:
    signed_in = identity.current()
    return signed_in is not None and any(
        resource.form and signed_in.actor.may(resource.permission("import")) for resource in registry
    )


def _choose(resource: Resource) -> Any:
    """Ask for a file."""
    visit = gate.visit()
    runs.permit(visit.context, resource)
    return _file_page(resource, import_pages.choose(resource))


def _upload(resource: Resource) -> Any:
    """Take a file in, or say what is wrong with it."""
    visit = gate.visit()
    runs.permit(visit.context, resource)
    mode = request.form.get("mode", "both")
    file = request.files.get("file")
    try:
        run_id = runs.begin(visit.context, resource, _content(file), (file and file.filename) or "file", mode=mode)
    except Refused as refused:
        return _file_page(resource, import_pages.choose(resource, mode, refused.problems), refused.kind.value)
    return redirect(of_run(run_id), 303)


def _template(resource: Resource) -> Any:
    """Give an empty file with every column that can be imported."""
    runs.permit(gate.visit().context, resource)
    out = io.StringIO(newline="")
    csv.writer(out).writerow([column.heading for column in export.full_columns(resource)])
    return _file(f"{resource.plural}.csv", [b"\xef\xbb\xbf", out.getvalue().encode()])


def _list() -> Any:
    """List the imports this person may see."""
    visit = gate.visit()
    if not _may_import() and not visit.actor.may("job.oversee"):
        raise Refused(
            Kind.FORBIDDEN, Problem("forbidden", "Your roles do not allow you to import. Ask an administrator.")
        )
    asked = request.args.get("q", "")[:200]
    found = runs.list_recent(visit.context, asked)
    about = Page("Imports", (Crumb("Imports"),), width="full")
    return shell.render("list.html", about, listing=import_pages.listed(visit, found, asked))


def _show(run_id: int) -> Any:
    """Show an import where it stands."""
    visit = gate.visit()
    run = runs.find(visit.context, run_id)
    if run.state == "matching":
        return _match_page(visit, run)
    if run.state == "checked":
        return _check_page(visit, run)
    about = _about(run)
    return shell.render("job.html", about, job=import_pages.progress(visit, run))


def _columns(run_id: int) -> Any:
    """Show the columns again, after a check that was not to somebody's mind."""
    visit = gate.visit()
    return _match_page(visit, runs.find(visit.context, run_id))


def _match(run_id: int) -> Any:
    """Take what the columns mean, and line up the check."""
    visit = gate.visit()
    run = runs.find(visit.context, run_id)
    columns = [_sent(at, name) for at, name in enumerate(run.columns)]
    common = matching.targets(registry[run.resource])
    fixed = {name: text for name in common if (text := request.form.get(f"fixed-{name}", "").strip())}
    fixed = {name: text for name, text in fixed.items() if name not in columns}
    try:
        runs.match(visit.context, run_id, columns, run.mode, fixed=fixed)
    except Refused as refused:
        if refused.kind is not Kind.INVALID:
            raise
        return _match_page(visit, runs.find(visit.context, run_id), columns, refused, fixed)
    return redirect(of_run(run_id), 303)


def _read(run_id: int) -> Any:
    """Read the file in the way that was asked for."""
    visit = gate.visit()
    heading = request.form.get("heading", "")
    delimiter = request.form.get("delimiter", "")
    options = Options(
        encoding=request.form.get("encoding", ""),
        delimiter=delimiter,
        heading=int(heading) if heading.isdigit() and len(heading) < 7 else 0,  # noqa: PLR2004
        sheet=request.form.get("sheet", ""),
        dates=request.form.get("dates", ""),
    )
    try:
        runs.reread(visit.context, run_id, options)
    except Refused as refused:
        if refused.kind is not Kind.INVALID:
            raise
        return _match_page(visit, runs.find(visit.context, run_id), None, refused)
    return redirect(of_run(run_id), 303)


def _correct(run_id: int) -> Any:
    """Take a corrected cell, and line up the check again."""
    visit = gate.visit()
    line, column = request.form.get("row", ""), request.form.get("name", "")
    if not (line.isdigit() and column.isdigit() and len(line) < 9 and len(column) < 9):  # noqa: PLR2004
        raise Refused(Kind.INVALID, Problem("unknown_column", "There is no such cell."))
    runs.correct(visit.context, run_id, int(line), int(column), request.form.get("value", ""))
    return redirect(of_run(run_id), 303)


def _start(run_id: int) -> Any:
    """Line up the import of what was checked."""
    visit = gate.visit()
    try:
        runs.start(visit.context, run_id, together=bool(request.form.get("whole")))
    except Refused as refused:
        run = runs.find(visit.context, run_id)
        if refused.kind is not Kind.INVALID or run.state != "checked":
            raise
        return _check_page(visit, run, refused)
    return redirect(of_run(run_id), 303)


def _cancel(run_id: int) -> Any:
    """Stop an import."""
    visit = gate.visit()
    runs.cancel(visit.context, run_id)
    flash("The import was stopped. Rows that are in stay in.", "info")
    return redirect(of_run(run_id), 303)


def _progress(run_id: int) -> Any:
    """Give how far an import has come, to the page that asks every few seconds; once it is checked, the next page."""
    visit = gate.visit()
    run = runs.find(visit.context, run_id)
    if run.state in ("matching", "checked"):
        answer = make_response("", 204)
        answer.headers["HX-Redirect"] = of_run(run)
        return answer
    return shell.render("job.html", _about(run), job=import_pages.progress(visit, run))


def _refused(run_id: int) -> Any:
    """Give the rows that stayed out, to be corrected and sent again."""
    visit = gate.visit()
    run = runs.find(visit.context, run_id)
    name = f"{registry[run.resource].plural}-refused-{run.id}.csv"
    return _file(name, exports.streamed(visit.context, report.refused_rows(visit.context, run)))


def _match_page(
    visit: Visit,
    run: ImportRun,
    columns: list[str | None] | None = None,
    refused: Refused | None = None,
    fixed: dict[str, str] | None = None,
) -> Any:
    problems = refused.problems if refused else ()
    with runs.opened(run) as sheet:
        known = None if columns is not None else runs.remembered(visit.context, run, sheet)
        if known is not None and remembered.is_afresh():
            columns, known = runs.guessed(run, sheet), None
        intake = import_pages.match(run, sheet, run.columns if columns is None else columns, problems, fixed)
    if known is not None:
        intake["remembered"] = remembered.note(visit, known, of_run(run, "match"))
    return shell.render("import.html", _about(run), intake=intake, status=refused.kind.value if refused else 200)


def _check_page(visit: Visit, run: ImportRun, refused: Refused | None = None) -> Any:
    line, _, identity_ = request.args.get("after", "").partition("-")
    after = (int(line), int(identity_)) if line.isdigit() and identity_.isdigit() else (0, 0)
    problems = refused.problems if refused else ()
    intake = import_pages.check(visit, run, request.args.get("show", ""), after, problems)
    notes = []
    earlier = runs.find_earlier(visit.context, run)
    if earlier is not None:
        notes = [Flash("This very file was imported before.", "warn", of_run(earlier), "Look at that import")]
    status = refused.kind.value if refused else 200
    return shell.render("import.html", _about(run), intake=intake, notes=notes, status=status)


def _file_page(resource: Resource, intake: dict[str, Any], status: int = 200) -> Any:
    about = Page(intake["title"], shell.crumbs(resource, Crumb("Import")), addresses.of_list(resource))
    return shell.render("import.html", about, intake=intake, status=status)


def _about(run: ImportRun) -> Page:
    title = f"Import {registry[run.resource].title[1].lower()}"
    return Page(title, (Crumb("Imports", ADDRESS), Crumb(import_pages.crumb(run))), ADDRESS)


def _sent(at: int, before: str | None) -> str | None:
    """Read what was chosen for a column; a column without heading that nobody was asked about stays as it is."""
    value = request.form.get(f"column-{at}", UNDECIDED)
    if value == UNDECIDED:
        return None
    return value or (before if before == matching.NAMELESS else matching.IGNORED)


def _content(file: FileStorage | None) -> Any:
    if file is None or not file.filename:
        raise Refused(Kind.INVALID, Problem("required", "Choose a file.", "file"))
    return file.stream


def _file(name: str, content: Any) -> Any:
    answer = current_app.response_class(content, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
