"""One gate for what is entered and edited too: the door itself, REST, the page and the import answer every role alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import pytest

from app.infra import unit
from app.infra.db import db
from app.kernel.problem import Refused
from app.kernel.resource import Resource
from app.roles import ROLES
from tests.contract.doors import Answer, address, answer_of, form_of, of_page, of_rest
from tests.contract.house import RESOURCES, House, Visitor, everything, holds, kinds_of_roles, look, make_role, traces
from tests.importing import counts, imported

WRITTEN = [resource for resource in RESOURCES if resource.form]
every_written = pytest.mark.parametrize("resource", WRITTEN, ids=lambda resource: resource.name)
every_state = pytest.mark.parametrize(
    ("resource", "state"),
    [
        pytest.param(each, state, id=f"{each.name}-{state or 'always'}")
        for each in WRITTEN
        for state in each.states or ("",)
    ],
)
Form = Mapping[str, Any]


def create_at_unit(visitor: Visitor, resource: Resource, form: Form) -> Answer:
    return answer_of(lambda: unit.create(visitor.context(), resource, form))


def create_by_rest(visitor: Visitor, resource: Resource, form: Form) -> Answer:
    return of_rest(visitor.rest("POST", f"/{resource.plural}", json=dict(form)))


def create_by_page(visitor: Visitor, resource: Resource, form: Form) -> Answer:
    return of_page(visitor.post(f"/{resource.plural}/new", form_of(form)))


def edit_at_unit(visitor: Visitor, resource: Resource, key: str, form: Form) -> Answer:
    return answer_of(lambda: unit.save(visitor.context(), resource, key, form))


def edit_by_rest(visitor: Visitor, resource: Resource, key: str, form: Form) -> Answer:
    return of_rest(visitor.rest("PATCH", address(resource, key), json=dict(form), headers={"If-Match": "*"}))


def edit_by_page(visitor: Visitor, resource: Resource, key: str, form: Form) -> Answer:
    return of_page(visitor.post(f"{address(resource, key)}/edit", form_of(form)))


CREATE: dict[str, Callable[[Visitor, Resource, Form], Answer]] = {
    "unit": create_at_unit,
    "REST": create_by_rest,
    "page": create_by_page,
}
EDIT: dict[str, Callable[[Visitor, Resource, str, Form], Answer]] = {
    "unit": edit_at_unit,
    "REST": edit_by_rest,
    "page": edit_by_page,
}


def everybody(house: House) -> list[tuple[str, Visitor]]:
    """List a person for each role, signed in before anything is compared."""
    people = [(role, house.of_role(role)) for role in ROLES]
    assert all(visitor.bearer and visitor.browser for _, visitor in people)
    return people


Doors = Mapping[str, Callable[..., Answer]]


def doors(known: Doors, role: str, resource: Resource) -> Doors:
    """Choose the doors of a role: all for one of each set of rights over the resource, the door itself for the others."""
    return known if role in kinds_of_roles(resource) else {"unit": known["unit"]}


def seen_by(house: House, visitor: Visitor, resource: Resource, state: str = "") -> str:
    """Make a row that this person sees: one of their own, or one they entered, where others would not see it."""
    concerned = visitor.id if resource.scope.owner or resource.scope.parties else 0
    return house.made(resource, state, concerned, visitor.id if resource.scope.parties else 0)


def form_for(house: House, visitor: Visitor, resource: Resource) -> dict[str, Any]:
    """Give a valid form of a row; of their own, or about what concerns them, where they see nothing else."""
    house.maker.owner = visitor.id if resource.scope.owner or resource.scope.parties else 0
    return house.maker.form(resource)


def permitted(role: str, resource: Resource, *verbs: str) -> bool:
    return all(holds(role, resource.permission(verb)) for verb in ("read", *verbs))


@every_written
def test_a_row_is_entered_by_whom_the_roles_permit_it(house: House, resource: Resource) -> None:
    people, form = everybody(house), house.maker.form(resource)
    before = everything()
    for role, visitor in people:
        for name, door in doors(CREATE, role, resource).items() if not permitted(role, resource, "create") else ():
            answer = door(visitor, resource, form)
            assert answer.kind == "forbidden", (name, role, answer)
    assert everything() == before
    for role, visitor in people:
        for name, door in doors(CREATE, role, resource).items() if permitted(role, resource, "create") else ():
            answer = door(visitor, resource, form_for(house, visitor, resource))
            assert answer.is_done, (name, role, answer)


@every_state
def test_a_row_is_edited_by_whom_the_roles_permit_it_while_its_state_allows_it(
    house: House, resource: Resource, state: str
) -> None:
    people = everybody(house)
    shared = "" if resource.scope.parties or resource.scope.owner else house.made(resource, state)
    keys = {role: shared or seen_by(house, visitor, resource, state) for role, visitor in people}
    change = changes(house, resource)
    open_now = not resource.editable_in or state in resource.editable_in
    before = everything()
    for role, visitor in people:
        allowed = permitted(role, resource, "edit")
        for name, door in doors(EDIT, role, resource).items() if not (allowed and open_now) else ():
            answer = door(visitor, resource, keys[role], change)
            assert answer.kind == ("conflict" if allowed else "forbidden"), (name, role, answer)
            assert not allowed or answer.codes in (None, ("wrong_state",)), (name, role, answer)
    assert everything() == before
    for role, visitor in people:
        for name, door in doors(EDIT, role, resource).items() if permitted(role, resource, "edit") and open_now else ():
            before_edit = traces(resource)
            key = seen_by(house, visitor, resource, state)
            answer = door(visitor, resource, key, changes(house, resource))
            assert answer.is_done, (name, role, answer)
            assert traces(resource) != before_edit


def changes(house: House, resource: Resource) -> dict[str, Any]:
    """Give new values of everything in the form, child rows included."""
    names = {*resource.form, *(children.name for children in resource.children)} - {resource.key}
    return {name: value for name, value in house.maker.form(resource).items() if name in names}


@every_written
def test_a_file_is_taken_in_from_whom_the_roles_permit_it(house: House, resource: Resource) -> None:
    people, form = everybody(house), house.maker.form(resource)
    before = everything()
    for role, visitor in people:
        if not may_import(role, resource):
            with pytest.raises(Refused) as refusal:
                taken_in(visitor, resource, form)
            assert refusal.value.kind.name == "FORBIDDEN", role
    assert everything() == before
    for role, visitor in people:
        if may_import(role, resource):
            verdict = taken_in(visitor, resource, form_for(house, visitor, resource))
            assert verdict == ({"created"} if permitted(role, resource, "create") else {"refused"}), role


def may_import(role: str, resource: Resource) -> bool:
    """Say whether a role may take files in, and do at least one of the things a file can do."""
    return permitted(role, resource, "import") and any(permitted(role, resource, verb) for verb in ("create", "edit"))


@every_written
def test_a_file_changes_rows_only_where_edits_are_allowed(house: House, resource: Resource) -> None:
    """What is imported goes through the same gate, row by row."""
    closed = [state for state in resource.states if resource.editable_in and state not in resource.editable_in]
    for verb, states in (("create", ("",)), ("edit", closed)):
        importer = importing(house, resource, verb)
        for state in states:
            key = seen_by(house, importer, resource, state)
            before = row_digest(resource, key)
            verdict = taken_in(importer, resource, {resource.key: key, **changes(house, resource)})
            assert verdict == {"refused"}, (verb, state)
            assert row_digest(resource, key) == before
    before_all = traces(resource)[0]
    assert taken_in(importing(house, resource, "edit"), resource, house.maker.form(resource)) == {"refused"}
    assert traces(resource)[0] == before_all


def importing(house: House, resource: Resource, verb: str) -> Visitor:
    """Find somebody who may import and see, and of what an import does only one thing: enter, or edit."""
    role = f"Importer of {resource.title[1].lower()} to {verb}"
    make_role(role, "*.read", resource.permission("import"), resource.permission(verb))
    return house.visitor(f"{verb}.{resource.name}", role)


def row_digest(resource: Resource, key: str) -> tuple[int, str]:
    row = look(resource, key)
    told = row.version, str(row.changed_at)
    db.session.rollback()
    return told


def taken_in(visitor: Visitor, resource: Resource, form: Form) -> set[str]:
    """Take one row in as a file, through all steps; tell what became of it and of its child rows."""
    content = orjson.dumps(form) + b"\n"
    run = imported(resource.name, content, name="rows.jsonl", context=visitor.context())
    assert run.state == "done", run.error
    return set(counts(run))


def test_the_gate_is_seen_open_and_closed(house: House) -> None:
    """Guard against roles of which none, or each, may do everything."""
    for verb in ("create", "edit", "import"):
        answers = {permitted(role, resource, verb) for role in ROLES for resource in WRITTEN}
        assert answers == {True, False}
