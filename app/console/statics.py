"""Styles, scripts, icons and fonts: served with their fingerprint in the address, and then kept by browsers for good."""

from __future__ import annotations

import json
from pathlib import Path

from flask import Blueprint, Flask, Response, request, send_from_directory

FOLDER = Path(__file__).parent / "static"
YEAR = 365 * 24 * 3600

blueprint = Blueprint("console", __name__, template_folder="templates", url_prefix="")


def register(app: Flask) -> None:
    """Serve the files, and let templates name them by `asset('outlay.css')`."""
    manifest = FOLDER / "manifest.json"
    app.extensions["outlay.assets"] = json.loads(manifest.read_text()) if manifest.exists() else {}
    app.jinja_env.globals["asset"] = lambda name: address(app, name)
    app.register_blueprint(blueprint)


def address(app: Flask, name: str) -> str:
    """Give the address of a file, with the fingerprint of its content."""
    return f"/static/{app.extensions['outlay.assets'].get(name, name)}"


@blueprint.get("/static/<path:name>")
def static(name: str) -> Response:
    """Give a file; one asked for by its fingerprint never changes."""
    response = send_from_directory(FOLDER, name, conditional=True, max_age=0)
    if request.args.get("v"):
        response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response
