"""A command for several rows at once: asked about, run on each, and every refusal told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from flask import request

from app.console import addresses, decode, dialogs, shell, stepping_up, words
from app.console.decode import Raw
from app.console.gate import Visit
from app.console.shell import Crumb, Page
from app.infra import listing, unit
from app.infra.fields import param_fields
from app.infra.intake import Reader
from app.kernel.command import Command
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource

Draw = Callable[..., Any]


def answer(visit: Visit, resource: Resource, command: Command, draw: Draw) -> Any:
    """Ask first; once confirmed, run the command on each row and tell what came of it."""
    keys = _keys(visit, resource)
    if not request.form.get("confirmed"):
        return draw(dialogs.of_rows(visit, resource, command, keys, None, None))
    fields = param_fields(command.params)
    raw = decode.values(request.form, fields, visit.zone)
    refusal = None
    if wrong := Reader(visit.context).read_fields(fields, raw)[1]:
        refusal = Refused(Kind.INVALID, wrong)
    else:
        try:
            visit = stepping_up.prove(visit, command)
        except Refused as refused:
            refusal = refused
    if refusal:
        return draw(dialogs.of_rows(visit, resource, command, keys, raw, refusal), refusal)
    return _run(visit, resource, command, keys, raw)


def _run(visit: Visit, resource: Resource, command: Command, keys: list[str], raw: Raw) -> Any:
    results = unit.execute_each(visit.context, resource, keys, command.name, raw)
    outcome = dialogs.outcome(resource, command, results, addresses.of_list(resource))
    page = Page(outcome.title, shell.crumbs(resource, Crumb(command.label)), outcome.back_url, "narrow")
    return shell.render("bulk.html", page, bulk=outcome)


def _keys(visit: Visit, resource: Resource) -> list[str]:
    """List the rows that were ticked, or all rows of the view."""
    keys = (
        _whole_view(visit, resource) if request.form.get("all") else list(dict.fromkeys(request.form.getlist("keys")))
    )
    if not keys:
        raise Refused(Kind.INVALID, Problem("required", "No row is chosen. Tick at least one.", "keys"))
    if len(keys) > dialogs.MOST_ROWS:
        most = words.number(dialogs.MOST_ROWS)
        raise Refused(
            Kind.TOO_LARGE, Problem("too_many_rows", f"At most {most} rows at once. Narrow the view.", "keys")
        )
    return keys


def _whole_view(visit: Visit, resource: Resource) -> list[str]:
    own = {"csrf_token", "all", "keys", "confirmed"}
    sent = {name: request.form.getlist(name) for name in request.form if name not in own}
    args = parse_qs(sent.pop("query", [""])[0].lstrip("?")) or sent
    query, problems = listing.parse(visit.context, resource, args)
    if problems:
        raise Refused(Kind.INVALID, problems)
    keys: list[str] = []
    for row in listing.every_row(visit.context, resource, replace(query, after="", before="")):
        keys.append(resource.key_of(row))
        if len(keys) > dialogs.MOST_ROWS:
            break
    return keys
