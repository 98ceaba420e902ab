"""What a document is about, short enough to stand beside a list: made from its declaration, or by its slice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import render_template
from markupsafe import Markup

from app.console import shows
from app.console.gate import Visit
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


def _declared(visit: Visit, resource: Resource, row: Any) -> Markup:
    sections, children = shows.sections(visit, resource, row), shows.children(visit, resource, row)
    return Markup(render_template("_preview.html", sections=sections, children=children))  # noqa: S704
