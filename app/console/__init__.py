"""The console: pages for people, made from the declarations; it knows no slice."""

from __future__ import annotations

from flask import Flask

#: Pages without a resource of their own, as (verb, name); the release brings them into the role tables.
PAGE_PERMISSIONS: tuple[tuple[str, str], ...] = (("read", "role"), ("edit", "role"))


def register(app: Flask) -> None:
    """Open the console's door: the gate before it, the host's views behind it, an answer to every failure."""
    from app.console import errors, gate, host_views, imports, statics

    gate.guard(app)
    statics.register(app)
    errors.register(app)
    host_views.register(app)
    imports.register_imports(app)
