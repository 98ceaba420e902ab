"""A page asks the database the same few things, however many rows it shows; how many is committed in query_counts.json.

`UPDATE_QUERY_COUNTS=1 pytest tests/contract/test_query_counts.py` writes the file anew.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app.infra import listing
from app.infra.db import db
from app.kernel.resource import Resource
from tests.contract.doors import address
from tests.contract.entering import enter, full
from tests.contract.house import RESOURCES, House, Visitor

BASELINE = Path(__file__).with_name("query_counts.json")
ROWS, KINDS = 25, 5
#: Written now and then, when a sign-in or token was last used.
NOW_AND_THEN = ("UPDATE login_session SET seen_at", "UPDATE api_token SET used_at")
every_resource = pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)


@pytest.fixture
def almighty(house: House) -> Visitor:
    return house.almighty()


@contextlib.contextmanager
def counted() -> Iterator[list[str]]:
    """List the statements that are sent meanwhile."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(NOW_AND_THEN):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def ask(visitor: Visitor, path: str) -> list[str]:
    """Open an address, once to warm up and once to count."""
    for _ in range(2):
        with counted() as statements:
            answer = (
                visitor.rest("GET", path.removeprefix("/api/v1")) if path.startswith("/api/") else visitor.get(path)
            )
        assert answer.status_code == 200, path
    return statements


def crowd(house: House, resource: Resource) -> str:
    """Make as many rows as fit a page, in groups that refer to different rows; give the key of the last.

    What comes about by the way of other rows is made each time: the newest would be those of other tests.
    """
    known = ("crowd", resource.name)
    if known not in house.given or not resource.form:
        owner = house.almighty().id
        for number in range(ROWS):
            if number % (ROWS // KINDS) == 0:
                house.maker.forget()
            made = (
                enter(house, resource, wishes(house, resource)) if resource.form else house.made(resource, owner=owner)
            )
            house.given[known] = made
    return str(house.given[known])


def wishes(house: House, resource: Resource) -> dict[str, Any]:
    """Wish for a reference wherever one is possible; what was refused once is not wished for again."""
    refused = house.given.setdefault(("refused", resource.name), set())
    wished = _Wishes({name: value for name, value in full(house, resource).items() if name not in refused})
    wished.refused = refused
    return wished


class _Wishes(dict[str, Any]):
    """Wishes that remember which of them were given up."""

    refused: set[str]

    def __delitem__(self, name: str) -> None:
        self.refused.add(name)
        super().__delitem__(name)


def newest(resource: Resource) -> str:
    """Ask for the newest rows first."""
    return "sort=-created_at&" if "created_at" in listing.sortable(resource) else ""


def paths(resource: Resource, key: str) -> dict[str, str]:
    """Name the pages and answers that are counted."""
    found = {
        "list": f"/{resource.plural}?{newest(resource)}size={ROWS}",
        "show": address(resource, key),
        "REST list": f"/api/v1/{resource.plural}?{newest(resource)}size={ROWS}",
        "REST show": f"/api/v1{address(resource, key)}",
    }
    return {**found, "form": f"{address(resource, key)}/edit"} if resource.form else found


@every_resource
def test_as_many_queries_are_sent_as_were_committed(house: House, almighty: Visitor, resource: Resource) -> None:
    key = crowd(house, resource)
    counts = {name: len(ask(almighty, path)) for name, path in paths(resource, key).items()}
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        known = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
        known[resource.name] = counts
        told = {each.name: known[each.name] for each in RESOURCES if each.name in known}
        BASELINE.write_text(json.dumps(told, indent=2) + "\n")
    assert json.loads(BASELINE.read_text()).get(resource.name) == counts


@every_resource
def test_more_rows_need_no_more_queries(house: House, almighty: Visitor, resource: Resource) -> None:
    crowd(house, resource)
    for door in ("", "/api/v1"):
        few, many = (
            ask(almighty, f"{door}/{resource.plural}?{newest(resource)}size={size}") for size in (ROWS // KINDS, ROWS)
        )
        assert len(few) == len(many), "\n".join(statement[:200] for statement in many if statement not in few)


def test_the_baseline_names_what_there_is_and_nothing_else() -> None:
    assert list(json.loads(BASELINE.read_text())) == [resource.name for resource in RESOURCES]
