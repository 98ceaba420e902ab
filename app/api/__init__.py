"""The REST door: every declared resource under /api/v1, for scripts and for the console's own requests."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Open the door on this application."""
    from app.api import routes

    routes.register(app)
