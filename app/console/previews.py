"""What a document is about, short enough to stand beside a list: made from its declaration, or by its slice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import render_template
from markupsafe import Markup

from app.console import shows
from app.console.gate import Visit
from app.console.related import Table
from app.console.shows import Facts
from app.kernel.resource import Resource

Preview = Callable[[Visit, Any], Markup]
_previews: dict[str, Preview] = {}


def add(resource: str, preview: Preview) -> None:
    """Let a slice draw what its documents are about; `row` comes with everything its page shows."""
    _previews[resource] = preview


def of(visit: Visit, resource: Resource, row: Any) -> Markup:
    """Draw what a document is about."""
    own = _previews.get(resource.name)
    return own(visit, row) if own else _declared(visit, resource, row)


def filled(section: Facts) -> Facts:
    """Leave out what is empty; the page of the row shows it."""
    return replace(section, facts=tuple(fact for fact in section.facts if fact.value is not None))


def _without_empty(table: Table) -> Table:
    """Leave out columns in which nothing stands."""
    kept = [at for at in range(len(table.columns)) if any(row.cells[at] is not None for row in table.rows)]
    rows = tuple(replace(row, cells=tuple(row.cells[at] for at in kept)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[at] for at in kept), rows=rows)


def _declared(visit: Visit, resource: Resource, row: Any) -> Markup:
    sections = [filled(section) for section in shows.sections(visit, resource, row)]
    children = [_without_empty(table) for table in shows.children(visit, resource, row)]
    return Markup(render_template("_preview.html", sections=sections, children=children))  # noqa: S704
