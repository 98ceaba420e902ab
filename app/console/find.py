"""Search from anywhere: documents, pages and commands, and the people to mention."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request
from flask_appbuilder.baseviews import BaseView

from app.console import addresses, gate, lookups, shell, words
from app.console.cells import title_of
from app.console.gate import Visit
from app.console.host import open_page
from app.infra import find, search
from app.kernel.resource import Resource, registry

MOST = 6
MOST_PAGES = 8


class FindView(BaseView):  # type: ignore[misc]
    """What Ctrl-K and @ ask."""

    route_base = ""
    default_view = "find"
    template_folder = None

    @open_page("/find")
    def find(self) -> Any:
        """Find what fits the words typed so far, first the few pages and commands; without words, where one may go."""
        visit = gate.visit()
        text = request.args.get("q", "").strip()[:200]
        groups = [*_pages(visit, text), *_commands(visit, text), *_documents(visit, text)]
        return jsonify(groups=[{"label": label, "items": entries} for label, entries in groups if entries])

    @open_page("/mentions")
    def mentions(self) -> Any:
        """Offer people while somebody types a mention."""
        return jsonify(results=lookups.people(gate.visit().context, request.args.get("q", "")))


Found = list[tuple[str, list[dict[str, str]]]]


def _documents(visit: Visit, text: str) -> Found:
    return [
        (group.resource.title[1], [_entry(group.resource, row) for row in group.rows])
        for group in find.find(visit.context, text, most=MOST)
    ]


def _entry(resource: Resource, row: Any) -> dict[str, str]:
    key = resource.key_of(row)
    entry = {"text": title_of(resource, row), "hint": key, "url": addresses.of_row(row), "icon": resource.icon}
    return entry if entry["text"] != key else {**entry, "hint": ""}


def _pages(visit: Visit, text: str) -> Found:
    entries = [
        {"text": entry.label, "hint": group.label, "url": entry.url, "icon": entry.icon}
        for group in shell.menu(visit)
        for entry in group.entries
        if _fits(text, entry.label)
    ]
    return [("Pages", entries[:MOST_PAGES])]


def _commands(visit: Visit, text: str) -> Found:
    entries = []
    for resource in registry:
        label = f"New {words.lower_first(resource.title[0])}"
        if shell.may_create(visit, resource) and _fits(text, label):
            entries.append({"text": label, "url": addresses.of_list(resource, "new"), "icon": "plus"})
    return [("Commands", entries[:MOST_PAGES])]


def _fits(text: str, label: str) -> bool:
    """Say whether each word typed begins a word of the label."""
    of_label = search.words(label)
    return all(any(word.startswith(typed) for word in of_label) for typed in search.words(text))
