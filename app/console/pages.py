"""Pages that a slice adds to the console, where the generic ones are not enough."""

from __future__ import annotations

from flask_appbuilder.baseviews import BaseView

_added: list[type[BaseView]] = []


def add(view: type[BaseView]) -> None:
    """Add a view of a slice; the console registers it with the host."""
    if view not in _added:
        _added.append(view)


def added() -> list[type[BaseView]]:
    """List the views of slices."""
    return list(_added)
