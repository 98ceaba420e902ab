"""Comments and files of a row: written, sent, fetched and taken off."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, make_response, redirect, render_template, request
from werkzeug.utils import send_file

from app.console import activity, addresses, loading, shell, shows
from app.console.dialogs import Dialog
from app.console.gate import Visit
from app.console.shell import Crumb, Page
from app.infra import activity as records
from app.infra.files import Store
from app.infra.filetypes import SHOWN_INLINE, safe_name
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource

MOST_FILES = 20
_INERT = "default-src 'none'; sandbox; style-src 'unsafe-inline'; frame-ancestors 'none'"
# Browsers do not start their PDF viewer in a sandbox; it is a sandbox itself and knows nothing of our pages.
_VIEWER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def fragment(visit: Visit, resource: Resource, key: str) -> Any:
    """Give the story of a row alone, for the page that shows it."""
    row = loading.one(visit.context, resource, key)
    return _drawn(activity.build(visit, resource, row))


def comment(visit: Visit, resource: Resource, key: str) -> Any:
    """Say something about a row, and show its story with it."""
    typed = request.form.get("text", "")
    try:
        records.comment(visit.context, resource, key, activity.mentions_as_names(typed))
    except Refused as refusal:
        return _again(visit, resource, key, typed, refusal, file=False)
    return _shown(visit, resource, key)


def upload(visit: Visit, resource: Resource, key: str) -> Any:
    """Attach every file that was sent; those before a refused one stay attached."""
    sent = [each for each in request.files.getlist("file") if each.filename]
    try:
        if not sent:
            raise Refused(Kind.INVALID, Problem("required", "No file was chosen. Choose one or more.", "file"))
        if len(sent) > MOST_FILES:
            raise Refused(Kind.TOO_LARGE, Problem("too_many", f"Send at most {MOST_FILES} files at once.", "file"))
        for each in sent:
            stored = _store().put(each.stream)
            name = safe_name(each.filename or "file", stored.media_type)
            records.attach(visit.context, resource, key, stored, name)
    except Refused as refusal:
        return _again(visit, resource, key, "", refusal, file=True)
    return _shown(visit, resource, key, file=True)


def download(visit: Visit, resource: Resource, key: str, number: int) -> Any:
    """Give a file; pictures and PDF are shown, everything else is offered to be kept, and nothing in it runs."""
    row = loading.one(visit.context, resource, key)
    entry = records.attachment(visit.context, resource, row, number)
    if entry is None:
        raise Refused(Kind.MISSING, Problem("not_found", "This file is not attached here any more."))
    inline = entry.media_type in SHOWN_INLINE
    response: Any = send_file(
        _store().open(entry.digest),
        request.environ,
        mimetype=entry.media_type,
        as_attachment=not inline,
        download_name=entry.name,
        etag=entry.digest,
        response_class=current_app.response_class,
    )
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = _INERT if entry.media_type != "application/pdf" else _VIEWER
    return response


def ask_removal(visit: Visit, resource: Resource, key: str, number: int) -> Any:
    """Ask before a file is taken off a row."""
    row = loading.one(visit.context, resource, key)
    entry = records.attachment(visit.context, resource, row, number)
    if entry is None:
        raise Refused(Kind.MISSING, Problem("not_found", "This file is not attached here any more."))
    url = addresses.of_row(row)
    dialog = Dialog(
        title=f"Remove {entry.name}",
        text=f"{entry.name} is taken off {row}. The record of it stays.",
        action=f"{url}/files/{number}/remove",
        submit="Remove file",
        cancel_url=url,
        tone="bad",
    )
    steps = (Crumb(resource.key_of(row), url), Crumb("Remove file"))
    return shell.render(
        "command.html", Page(dialog.title, shell.crumbs(resource, *steps), url, "narrow"), command=dialog
    )


def remove(visit: Visit, resource: Resource, key: str, number: int) -> Any:
    """Take a file off a row."""
    records.detach(visit.context, resource, key, number)
    flash("File removed", "ok")
    return _leave(addresses.of_key(resource, key))


def _shown(visit: Visit, resource: Resource, key: str, *, file: bool = False) -> Any:
    """Show the story or the files as they are now: alone to a part of a page, else with their page."""
    if request.headers.get("HX-Request") != "true":
        return redirect(addresses.of_key(resource, key) + "#activity", 303)
    told = activity.build(visit, resource, loading.one(visit.context, resource, key))
    return _drawn(told, file=file)


def _again(visit: Visit, resource: Resource, key: str, typed: str, refusal: Refused, *, file: bool) -> Any:
    """Show what was refused with everything that was typed."""
    if refusal.kind in (Kind.MISSING, Kind.FORBIDDEN):
        raise refusal
    row = shows.load(visit, resource, key)
    told = activity.build(visit, resource, row, typed=typed, refusal=refusal, file=file)
    if request.headers.get("HX-Request") == "true":
        return make_response(_drawn(told, file=file), refusal.kind.value)
    page = Page(str(row), shell.crumbs(resource, Crumb(resource.key_of(row))), addresses.of_list(resource))
    document = shows.build(visit, resource, row, told)
    return shell.render("show.html", page, document=document, status=refusal.kind.value)


def _drawn(told: activity.Activity, *, file: bool = False) -> str:
    if file:
        return render_template("_files.html", files_of_row=told.files)
    return render_template("_activity.html", shell=None, activity=told, fragment=True)


def _leave(url: str) -> Any:
    if request.headers.get("HX-Request") == "true":
        return make_response("", 204, {"HX-Redirect": url})
    return redirect(url, 303)


def _store() -> Store:
    store: Store = current_app.extensions["files"]
    return store
