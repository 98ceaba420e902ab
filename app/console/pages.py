"""Pages that a slice adds to the console, where the generic ones are not enough."""

from __future__ import annotations

from collections.abc import Callable

from flask_appbuilder.baseviews import BaseView

_added: list[type[BaseView]] = []
_own: list[tuple[str, str, str, Callable[[], bool]]] = []


def add(view: type[BaseView]) -> None:
    """Add a view of a slice; the console registers it with the host."""
    if view not in _added:
        _added.append(view)


def add_own(label: str, icon: str, url: str, may_open: Callable[[], bool] = lambda: True) -> None:
    """Put a page into the menu that everyone has under their own name, if they may open it."""
    if url not in [each[2] for each in _own]:
        _own.append((label, icon, url, may_open))


def own() -> list[tuple[str, str, str]]:
    """List the pages of one's own menu: words, icon and address of each."""
    return [(label, icon, url) for label, icon, url, may_open in _own if may_open()]


def added() -> list[type[BaseView]]:
    """List the views of slices."""
    return list(_added)
