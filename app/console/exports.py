"""A list as a file: the rows and columns that are shown, all pages of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import current_app, stream_with_context

from app.console import columns, lists
from app.console.gate import Visit
from app.infra.transfer import export
from app.kernel.actor import Context
from app.kernel.problem import Kind, Refused
from app.kernel.resource import Resource


def file(visit: Visit, resource: Resource, kind: str) -> Any:
    """Send a view as CSV or as a workbook, while it is read."""
    query, problems = lists.asked(visit, resource)
    if problems:
        raise Refused(Kind.INVALID, problems)
    known = export.exportable(resource)
    names = [name for name in columns.shown(resource) if name in known]
    pieces = export.export(visit.context, resource, query, export.shown_columns(resource, names), kind, mark=True)
    response = current_app.response_class(streamed(visit.context, pieces), content_type=export.FORMATS[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{resource.plural}-{visit.context.today}.{kind}"'
    return response


def streamed(context: Context, pieces: Iterator[Any]) -> Iterator[Any]:
    """Send pieces as they are read; the session that reads them lets its connection go with the last one.

    It is the session of the request, which has been taken out of `db.session` by the time the first piece is sent.
    """

    def closing() -> Iterator[Any]:
        try:
            yield from pieces
        finally:
            context.session.close()

    return stream_with_context(closing())
