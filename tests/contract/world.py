"""Two entities with cost centres, rows of every resource in each of them, and people who reach differently far.

What each of them may see is computed here from where a row stands, and from nothing that the application says.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import inspect as inspect_model
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.infra import activity, scope, unit
from app.infra.db import db
from app.infra.fields import field as describe
from app.kernel.problem import Refused
from app.kernel.resource import SHARED, Resource, registry
from app.roles import ROLES
from tests.acting import person, system
from tests.contract.house import EVERYTHING, RESOURCES, House, Visitor, concerns, holds, make_role

Region = tuple[str | None, str | None]
PLACES: dict[str, Region] = {
    "here": ("HERE", "HERE-1"),
    "there": ("THERE", "THERE-1"),
    "below": ("HERE", "HERE-11"),
    "nowhere": (None, None),
    "beside": ("HERE", "HERE-2"),
}


@dataclass(frozen=True)
class Seer:
    """Somebody, what they hold by the test's own words, and the regions in which they hold it."""

    name: str
    visitor: Visitor
    role: str
    regions: tuple[Region, ...] = ((None, None),)

    def holds(self, permission: str) -> bool:
        """Say whether they hold a permission anywhere."""
        limits = self.visitor.limits
        if limits and not any(permission.endswith(limit.removeprefix("*")) for limit in limits):
            return False
        if self.role in ROLES:
            return holds(self.role, permission)
        return self.role == EVERYTHING


@dataclass
class World:
    """The rows by resource and place, and the people."""

    house: House
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    seers: dict[str, Seer] = field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    arguments: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[tuple[str, str], int] = field(default_factory=dict)
    everything: dict[str, list[Any]] = field(default_factory=dict)
    by_id: dict[str, dict[Any, Any]] = field(default_factory=dict)
    seen: dict[tuple[str, str], list[str] | None] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    session: Session | None = None

    def every(self, resource: Resource) -> list[Any]:
        """List all rows, as they were when the world was finished; the tests change none."""
        return self.everything[resource.name]

    def keys(self, resource: Resource) -> list[str]:
        """List the keys of all rows."""
        return [resource.key_of(row) for row in self.every(resource)]

    def sees(self, seer: Seer, resource: Resource) -> list[str] | None:
        """List the keys of all rows somebody may see; None where they may not look at all."""
        known = (seer.name, resource.name)
        if known not in self.seen:
            rows = [row for row in self.every(resource) if self.is_visible(seer, resource, row)]
            may = seer.holds(resource.permission("read"))
            self.seen[known] = [resource.key_of(row) for row in rows] if may else None
        return self.seen[known]

    def freeze(self) -> None:
        """Load all rows into a session of the test's own, which no request disturbs."""
        self.session = Session(db.engine.execution_options(isolation_level="AUTOCOMMIT"))
        for resource in RESOURCES:
            rows = self.session.scalars(select(resource.model)).unique()
            self.everything[resource.name] = sorted(rows, key=resource.key_of)
            self.by_id[resource.name] = {row.id: row for row in self.everything[resource.name]}

    def is_visible(self, seer: Seer, resource: Resource, row: Any) -> bool:
        """Say whether a row stands within somebody's reach."""
        if resource.scope.owner or resource.scope.parties:
            if concerns(resource, row, seer.visitor.id):
                return True
            if not seer.holds(resource.permission("oversee")):
                return False
        if is_record(resource) and (None, None) not in seer.regions:
            return self._is_about_visible(seer, row)
        return any(_stands_in(resource, row, region) for region in seer.regions)

    def _is_about_visible(self, seer: Seer, record: Any) -> bool:
        """Say whether a record is about a row within somebody's reach."""
        resource = next((each for each in RESOURCES if each.name == record.resource and not is_record(each)), None)
        if resource is None or not seer.holds(resource.permission("read")):
            return False
        if not is_limited(resource):
            return True
        row = self.by_id[resource.name].get(record.row_id)
        in_region = row is not None and any(_stands_in(resource, row, region) for region in seer.regions)
        return in_region and self.is_visible(seer, resource, row)


def is_record(resource: Resource) -> bool:
    """Say whether rows are records about rows of other resources, as declared (decision 11)."""
    return resource.name in scope._records


def is_limited(resource: Resource) -> bool:
    """Say whether some readers of a resource see rows that others do not."""
    return resource.scope != SHARED or is_record(resource)


def _stands_in(resource: Resource, row: Any, region: Region) -> bool:
    entity, cost_centre = region
    if entity and resource.scope.entity:
        found = _at(row, resource.scope.entity)
        if found is not None and found.code != entity:
            return False
    if cost_centre and resource.scope.cost_centre:
        found = _at(row, resource.scope.cost_centre)
        while found is not None and found.code != cost_centre:
            found = found.parent
        return found is not None
    return True


def _at(row: Any, path: str) -> Any:
    for name in path.split(".") if path != "self" else ():
        row = getattr(row, name) if row is not None else None
    return row


def build(house: House) -> World:
    """Make the rows, then the people."""
    world = World(house)
    _make_places(house)
    for resource in RESOURCES:
        world.rows[resource.name] = _rows(world, resource)
    _make_people(world)
    for resource in RESOURCES:
        for seer in world.seers.values() if resource.scope.owner or resource.scope.parties else ():
            _make_own(world, resource, seer)
    _make_what_tests_need(world)
    world.freeze()
    return world


def _make_own(world: World, resource: Resource, seer: Seer) -> None:
    """Make a row that somebody may see because of who they are, wherever it stands."""
    if resource.scope.owner:
        world.house.made(resource, owner=seer.visitor.id)
    else:
        changes = _standing(world, resource, "there", PLACES["there"]) or {}
        _stand(world, "there", PLACES["there"])
        world.house.maker.create(resource, system(id=seer.visitor.id), **changes)


def _make_what_tests_need(world: World) -> None:
    """Make valid forms and arguments, comments and files, sign-ins and tokens: nothing is written afterwards."""
    for resource in RESOURCES:
        if resource.form:
            world.forms[resource.name] = world.house.maker.form(resource)
        for command in resource.commands:
            key = world.house.made(resource)
            world.arguments[resource.permission(command.name)] = world.house.maker.arguments(resource, command, key)
        for key in world.rows[resource.name].values() if activity.has_story(resource) else ():
            stored = world.house.app.extensions["files"].put(io.BytesIO(f"Of {resource.name} {key}".encode()))
            world.files[resource.name, key] = activity.attach(system(), resource, key, stored, "secret.txt")
            activity.comment(system(), resource, key, f"Said about {key}")
    for seer in world.seers.values():
        assert seer.visitor.bearer and seer.visitor.browser


def _make_places(house: House) -> None:
    for code in ("HERE", "THERE"):
        house.maker.create(registry["entity"], code=code)
    parents = {"HERE-1": None, "HERE-11": "HERE-1", "HERE-2": None, "THERE-1": None}
    for code, parent in parents.items():
        entity = code.partition("-")[0]
        house.maker.create(registry["cost_centre"], code=code, entity=entity, parent=parent)


def _rows(world: World, resource: Resource) -> dict[str, str]:
    """Make a row in each place that the resource tells apart."""
    found: dict[str, str] = {}
    places = (
        PLACES if resource.scope.entity or resource.scope.cost_centre else {"here": (None, None), "there": (None, None)}
    )
    for place, region in places.items():
        changes = _standing(world, resource, place, region)
        if changes is None:
            continue
        _stand(world, place, region)
        if places is not PLACES and place == "there":
            changes = _referring(world, resource, place)
        try:
            owned = bool(resource.scope.owner)
            found[place] = world.house.made(resource) if owned else world.house.maker.create(resource, **changes)
        except Refused as refusal:
            assert place == "nowhere", (resource.name, place, refusal.problems)
    _stand(world, "", (None, None))
    return found


def _stand(world: World, place: str, region: Region) -> None:
    """Let what the next row refers to stand in the same place, as far as it has been made there; the rest is shared."""
    maker, (entity, cost_centre) = world.house.maker, region
    somewhere = {resource.name for resource in RESOURCES if is_limited(resource)}
    here = {name: world.rows.get(name, {}).get(place) for name in somewhere}
    here |= {"entity": entity, "cost_centre": cost_centre}
    shared = {name: made for name, made in maker.made.items() if name not in somewhere}
    maker.made = {**shared, **{name: key for name, key in here.items() if key}}


def _standing(world: World, resource: Resource, place: str, region: Region) -> dict[str, Any] | None:
    """Say by which values of its form a row comes to stand in a place; None where it stands nowhere else."""
    changes: dict[str, Any] = {}
    for path, code in ((resource.scope.entity, region[0]), (resource.scope.cost_centre, region[1])):
        head, _, rest = (path or "").partition(".")
        if head not in resource.form:
            continue  # there is none, it is the row itself, or it follows from what the row refers to
        if rest:
            target = registry.of(inspect_model(resource.model).relationships[head].mapper.class_)
            assert target is not None
            code = world.rows[target.name].get(place)
            if code is None:
                return None
        changes[head] = code
    return changes


def _referring(world: World, resource: Resource, place: str) -> dict[str, Any]:
    """Let a row that all may see refer, wherever it can, to rows that only some may see."""
    fields = {name: describe(resource.model, name) for name in resource.form}
    scoped = {
        name: world.rows[each.target][place]
        for name, each in fields.items()
        if each.target and place in world.rows.get(each.target, {}) and registry[each.target].scope != SHARED
    }
    return scoped if not any(fields[name].required for name in scoped) else {}


def _make_people(world: World) -> None:
    house = world.house
    make_role(EVERYTHING, "*")
    nowhere = house.visitor("no.role")
    world.seers["no role"] = Seer("no role", nowhere, "")
    for name, regions in REACHES.items():
        world.seers[name] = Seer(name, _granted(house, name, regions), EVERYTHING, regions)
    for name, limits in TOKENS.items():
        visitor = house.visitor(name.replace(" ", "."), EVERYTHING, limits=limits)
        world.seers[name] = Seer(name, visitor, EVERYTHING)
    for role in ROLES:
        world.seers[role] = Seer(role, house.of_role(role), role)


REACHES: dict[str, tuple[Region, ...]] = {
    "everywhere": ((None, None),),
    "one entity": (("HERE", None),),
    "one cost centre": ((None, "HERE-1"),),
    "one of both": (("HERE", "HERE-2"),),
    "two places": (("THERE", None), (None, "HERE-11")),
}
TOKENS = {"token to read": ("*.read",), "token to comment": ("*.comment",)}


def _granted(house: House, name: str, regions: tuple[Region, ...]) -> Visitor:
    code = name.replace(" ", ".")
    someone = person(code)
    for entity, cost_centre in regions:
        place = {"role": EVERYTHING, "entity": entity, "cost_centre": cost_centre}
        given = {name: value for name, value in place.items() if value}
        unit.execute(system(), registry["person"], code, "grant", given)
    house.people[code] = Visitor(house.app, someone)
    return house.people[code]
