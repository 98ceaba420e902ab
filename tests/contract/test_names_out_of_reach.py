"""Names go no further than the rows they stand in: who reads a row and not what it refers to learns a key at most.

Each resource is read by somebody whose only role is over this resource, so that whatever it refers to is out of reach.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from app.api.representation import all_fields, expandable
from app.infra.db import db
from app.infra.fields import child_fields
from app.infra.reachable import is_withheld
from app.kernel.resource import Resource, registry
from tests.acting import system
from tests.contract.doors import address
from tests.contract.house import RESOURCES, House, Visitor, look, make_role
from tests.importing import exported


def references(resource: Resource) -> list[tuple[str, str]]:
    """List what a row may refer to and others may not know: the child rows it stands in, the name of the field."""
    own = [("", name) for name, each in all_fields(resource).items() if _is_kept_back(resource, each)]
    inner = [
        (children.name, name)
        for children in resource.children
        for name, each in child_fields(children).items()
        if _is_kept_back(resource, each)
    ]
    return own + inner


def _is_kept_back(resource: Resource, each: Any) -> bool:
    target = registry[each.target] if each.kind == "reference" and each.target else None
    return (
        target is not None and target is not resource and target.scope.limited and not hasattr(target.model, "user_id")
    )


#: Where more is told on purpose, and why.
TOLD = {"budget_transfer": "who decides on a transfer is told what it leaves in both budgets, by their names"}
REFERRING = [resource for resource in RESOURCES if references(resource)]


def test_most_of_what_is_bought_refers_to_something() -> None:
    assert {"bank_account", "cost_centre", "project", "person", "request", "budget_cell"} <= {
        each.name for each in REFERRING
    }


@pytest.mark.parametrize("resource", REFERRING, ids=lambda resource: resource.name)
def test_who_reads_a_row_learns_no_name_of_what_it_refers_to(house: House, resource: Resource) -> None:
    reader = only_over(house, resource)
    key = house.made(resource, owner=reader.id)
    rename(target for target in referred(resource, key))
    hidden = {part for row in referred(resource, key) for part in names_of(row)}
    if not hidden or resource.name in TOLD:
        pytest.skip(TOLD.get(resource.name, "a row as it is made refers to nothing that is kept back"))
    told = dict(everything_told(reader, resource, key))

    assert reader.rest("GET", address(resource, key)).status_code == 200
    for where, content in told.items():
        found = [name for name in hidden if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", content)]
        assert not found, (where, found)


@pytest.mark.parametrize("resource", REFERRING, ids=lambda resource: resource.name)
def test_a_key_out_of_reach_leads_nowhere(house: House, resource: Resource) -> None:
    reader = only_over(house, resource)
    key = house.made(resource, owner=reader.id)
    written = reader.rest("GET", address(resource, key)).json
    for side, name in references(resource):
        for row in written[side] if side else [written]:
            if isinstance(row[name], dict):
                assert row[name] == {"key": row[name]["key"], "label": row[name]["key"], "href": None}
            else:
                assert row[name] in (None, [])


def only_over(house: House, resource: Resource) -> Visitor:
    """Find the account that may do everything with rows of one resource, and nothing else."""
    role = f"Only {resource.title[1].lower()}"
    make_role(role, f"{resource.name}.*")
    visitor = house.visitor(f"only.{resource.name.replace('_', '.')}", role)
    assert visitor.bearer and visitor.browser
    return visitor


def referred(resource: Resource, key: str) -> Iterator[Any]:
    """Give the rows that a row and its child rows refer to, and that are kept back."""
    row = look(resource, key, system())
    for side, name in references(resource):
        for holder in getattr(row, side) if side else [row]:
            value = getattr(holder, name)
            yield from (
                each
                for each in (value if isinstance(value, list) else [value])
                if each is not None and is_withheld(each)
            )


def rename(rows: Iterator[Any]) -> None:
    """Give rows names that stand nowhere else."""
    with db.engine.begin() as own:
        for row in rows:
            if "name" in row.__table__.columns:
                statement = text(f"UPDATE {row.__tablename__} SET name = :name WHERE id = :id")
                own.execute(statement, {"name": f"Hidden {row.__tablename__} {row.id}", "id": row.id})


def names_of(row: Any) -> set[str]:
    """Tell how a row is called, without its key."""
    resource = registry.of(type(row))
    assert resource is not None
    called = {str(row).removeprefix(resource.key_of(row)).strip(" :,-"), getattr(row, "name", "")}
    return {name for name in called if isinstance(name, str) and len(name) > 3 and name != resource.key_of(row)}


def everything_told(reader: Visitor, resource: Resource, key: str) -> Iterator[tuple[str, str]]:
    """Read a row at every door."""
    path, expand = address(resource, key), ",".join(expandable(resource))
    fields = ",".join(all_fields(resource))
    for rest in (path, f"{path}?expand={expand}", f"/{resource.plural}?fields={fields}", f"/{resource.plural}?expand={expand}",
                 f"{path}/history", f"{path}/commands", f"/search?q={key:0>2}"):  # fmt: skip
        answer = reader.rest("GET", rest)
        assert answer.status_code == 200, (rest, answer.text)
        yield f"REST {rest}", answer.text
    for page in (path, f"/{resource.plural}", f"{path}/activity", f"/find?q={key}"):
        answer = reader.get(page)
        assert answer.status_code in (200, 404), (page, answer.status_code)
        yield f"page {page}", re.sub(r"<[^>]+>", " ", answer.text)
    for kind in ("csv", "jsonl"):
        yield f"export {kind}", exported(resource, kind, reader.context()).decode()
