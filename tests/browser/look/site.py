"""A small site of the console's own templates with made-up values, so that behaviour in the browser is tried without a database."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as Answer

CONSOLE = Path(__file__).parents[3] / "app/console"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SUPPLIERS = ("Vega Calibration s.r.o.", "Brightcell Supply", "Nordlicht Systems GmbH", "Fjord Office AS")
SHORTEST_REASON = 10
Sent = list[tuple[str, str]]


def build(sent: list[Sent]) -> Flask:
    """Make the site; every form that is sent to /save is kept in `sent`."""
    app = Flask(__name__, template_folder=str(CONSOLE / "templates"), static_folder=str(CONSOLE / "static"))
    manifest = json.loads((CONSOLE / "static/manifest.json").read_text())
    app.jinja_env.globals.update(asset=lambda name: f"/static/{manifest[name]}", csrf_token=lambda: "token")
    app.after_request(_with_policy)
    for address, view in (("/list", _list), ("/form", _form), ("/show", _show), ("/kit", _kit), ("/find", _find)):
        app.add_url_rule(address, address, view)
    app.add_url_rule("/suppliers", "suppliers", _suppliers)
    app.add_url_rule("/people", "people", lambda: jsonify(results=[{"id": "7", "text": "Jana Novák"}]))
    app.add_url_rule("/command", "command", _command, methods=["GET", "POST"])
    app.add_url_rule("/save", "save", lambda: _keep(sent), methods=["POST"])
    return app


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve the site on a free port of this machine while the block runs."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _with_policy(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _page(template: str, title: str, **values: Any) -> str:
    entry = {"label": "Suppliers", "icon": "building-store", "url": "/list", "here": True, "key": "s"}
    shell = {
        "company": "Halden Instruments",
        "home_url": "/show",
        "menu": [{"entries": [entry]}],
        "tabs": [entry],
        "person": {"name": "Omar Haddad", "detail": "Purchasing"},
        "person_menu": [{"label": "Sign out", "icon": "logout", "url": "/save", "post": True}],
        "find_url": "/find",
        "mentions_url": "/people",
    }
    return render_template(template, shell=shell, page={"title": title, "crumbs": [{"label": title}]}, **values)


def _keep(sent: list[Sent]) -> Answer:
    sent.append(list(request.form.items(multi=True)))
    return redirect("/show", 303)


def _find() -> Response:
    wanted = request.args.get("q", "").lower()
    found = [{"text": name, "url": "/show", "hint": "Supplier"} for name in SUPPLIERS if wanted in name.lower()]
    return jsonify(groups=[{"label": "Suppliers", "items": found}])


def _suppliers() -> Response:
    wanted = request.args.get("q", "").lower()
    found = [{"id": str(at), "text": name} for at, name in enumerate(SUPPLIERS, 1) if wanted in name.lower()]
    return jsonify(results=found)


def _row(at: int, name: str) -> dict[str, Any]:
    total = {"kind": "money", "text": f"{at}\u00a0134.50"}
    return {
        "key": f"S-{at}", "label": name, "url": "/show", "selectable": True, "amount": f"{at}134.50", "currency": "EUR",
        "cells": [{"kind": "text", "text": name, "url": "/show"}, total], "card": {"title": name, "sub": "Approved"},
    }  # fmt: skip


def _list() -> str:
    columns = [{"key": "name", "label": "Name", "grow": True}, {"key": "total", "label": "Total, EUR", "align": "end"}]
    states = [{"value": name.lower(), "text": name, "checked": name == "Approved"} for name in ("Prospect", "Approved")]
    listing = {
        "title": "Suppliers", "url": "/list", "here": "/list", "query": [["state", "approved"], ["country", "DE"]],
        "views": [{"label": "All", "url": "/list", "here": True}], "chips": [], "columns": columns,
        "rows": [_row(at, name) for at, name in enumerate(SUPPLIERS, 1)],
        "filters": [{"name": "state", "label": "State", "kind": "choice", "entries": states}],
        "bulk": [{"label": "Block", "url": "/command", "tone": "primary"}], "total": 214, "density": "normal",
        "chooser": {"url": "/save", "standard_url": "/save", "entries": [{**one, "shown": True} for one in columns]},
        "foot": {"text": "214 suppliers", "next_url": "/list?after=x"},
    }  # fmt: skip
    return _page("list.html", "Suppliers", listing=listing)


def _form() -> str:
    columns = [
        {"name": "supplier", "label": "Supplier", "kind": "reference", "url": "/suppliers", "required": True},
        {"name": "quantity", "label": "Quantity", "kind": "decimal", "required": True},
        {"name": "unit_price", "label": "Unit price", "kind": "money", "required": True},
        {"name": "from", "label": "From", "kind": "date"},
    ]
    rows = [_line("11", "1", "8\u00a0450.00"), _line("12", "10", "8100.00")]
    lines = {
        "name": "lines",
        "label": "Prices",
        "columns": columns,
        "rows": rows,
        "blank": {"quantity": "1"},
        "ordered": True,
    }
    fields = [{"name": "name", "label": "Name", "kind": "text", "required": True, "problems": ["Enter a name"]}]
    form = {
        "title": "Item", "action": "/save", "submit": "Save item", "cancel_url": "/list", "children": [lines],
        "sections": [{"title": "Item", "fields": fields}],
        "problems": [{"text": "Name: enter a name", "field_id": "f-name"}] if "wrong" in request.args else [],
    }  # fmt: skip
    return _page("form.html", "Item", form=form)


def _line(key: str, quantity: str, price: str) -> dict[str, Any]:
    chosen = [{"id": "1", "text": SUPPLIERS[0]}]
    cells = {
        "supplier": {"value": "1", "chosen": chosen},
        "quantity": {"value": quantity},
        "unit_price": {"value": price},
    }
    return {"id": key, "cells": cells}


def _show() -> str:
    document = {
        "title": SUPPLIERS[2],
        "actions": [
            {"label": "Block", "how": "dialog", "url": "/command", "key": "b"},
            {"label": "Approve", "how": "dialog", "url": "/command", "disabled": "The supplier is approved already."},
        ],
        "activity": {"comment": {"url": "/save"}},
    }
    return _page("show.html", SUPPLIERS[2], document=document)


def _command() -> tuple[str, int, dict[str, str]]:
    reason = request.form.get("reason")
    if reason and len(reason) >= SHORTEST_REASON:
        return "", 204, {"HX-Redirect": "/list"}
    problems = [] if reason is None else ["Say why, in at least 10 characters"]
    field = {
        "name": "reason",
        "label": "Reason",
        "kind": "longtext",
        "required": True,
        "value": reason,
        "problems": problems,
    }
    command = {
        "title": "Block", "action": "/command", "submit": "Block supplier", "cancel_url": "/show", "fields": [field],
        "problems": [{"text": text, "field_id": "f-reason"} for text in problems],
        "rows": [{"label": key} for key in request.form.getlist("keys")],
    }  # fmt: skip
    page = _page("command.html", "Block", command=command, fragment="HX-Request" in request.headers)
    return page, 422 if problems else 200, {}


def _kit() -> str:
    return _page("ui_kit.html", "UI kit")
