"""Saved views of a list: its address with a name, one's own or shared with a role."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from flask import flash, request

from app.console import addresses, gate
from app.console.gate import Visit
from app.infra import preferences
from app.kernel.resource import Resource


def save(visit: Visit, resource: Resource) -> str:
    """Keep the present query under a name; give the address of the new view."""
    name, role = request.form.get("name", ""), request.form.get("shared", "")
    query = _query()
    view = preferences.save_view(visit.context, resource, name, query, role or None)
    flash(f"View {name.strip()} saved", "ok")
    return addresses.of_list(resource, args={**parse_qs(query), "view": [str(view)]})


def update(visit: Visit, resource: Resource, view: int) -> str:
    """Keep the present query in a view of one's own."""
    query = _query()
    preferences.update_view(visit.context, view, query)
    flash("View saved", "ok")
    return addresses.of_list(resource, args={**parse_qs(query), "view": [str(view)]})


def rename(visit: Visit, resource: Resource, view: int) -> str:
    """Give a view of one's own another name, and say who sees it; give its address."""
    name = request.form.get("name", "")
    preferences.rename_view(visit.context, view, name, request.form.get("shared") or None)
    flash(f"View {name.strip()} saved", "ok")
    return address(visit, resource, view)


def open_first(visit: Visit, resource: Resource, view: int) -> str:
    """Let the list open with a view, or with everything again if it is that one already; give the view's address."""
    is_first = gate.chosen(_first_place(resource)) == view
    preferences.keep(visit.context, _first_place(resource), None if is_first else view)
    flash("The list opens with everything" if is_first else "The list opens with this view", "ok")
    return address(visit, resource, view)


def first(visit: Visit, resource: Resource) -> str:
    """Give the address of the view with which a list opens, where somebody chose one and still sees it."""
    chosen = gate.chosen(_first_place(resource))
    return address(visit, resource, chosen) if isinstance(chosen, int) else ""


def is_first(resource: Resource, view: int) -> bool:
    """Say whether the list opens with this view."""
    return bool(gate.chosen(_first_place(resource)) == view)


def address(visit: Visit, resource: Resource, view: int) -> str:
    """Give the address of a view that this person sees; nothing where there is none."""
    found = next((each for each in preferences.views(visit.context, resource) if each.id == view), None)
    args = {**parse_qs(found.query), "view": [str(view)]} if found else {}
    return addresses.of_list(resource, args=args) if found else ""


def _first_place(resource: Resource) -> str:
    return f"first_view.{resource.name}"


def remove(visit: Visit, resource: Resource, view: int) -> str:
    """Remove a view of one's own; the rows it showed stay."""
    preferences.remove_view(visit.context, view)
    flash("View removed", "ok")
    return addresses.of_list(resource)


def without(target: str, name: str) -> str:
    """Give an address inside Outlay without one of its parameters."""
    parts = urlsplit(gate.safe_address(target))
    args = {each: values for each, values in parse_qs(parts.query).items() if each != name}
    return addresses.with_args(parts.path, args)


def _query() -> str:
    """Take the query to be kept out of the form, as an address writes it, without what belongs to a page of it."""
    args = parse_qs(request.form.get("query", "").lstrip("?"))
    kept = {name: values for name, values in args.items() if name not in ("view", "after", "before")}
    return addresses.with_args("", kept).removeprefix("?")
