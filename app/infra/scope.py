"""The one door for reading rows: what an actor may see of a resource, as a WHERE clause."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, event, false, or_, select, text, true
from sqlalchemy import inspect as inspect_model
from sqlalchemy.orm import Session

from app.infra import parties
from app.infra.db import HouseSession
from app.kernel.actor import Actor, Context
from app.kernel.resource import Resource, registry

Model = TypeVar("Model")
Condition = Callable[[Any, Any], ColumnElement[bool]]
Regions = Iterable[tuple[int | None, int | None]]
_records: set[str] = set()


def records(resource: Resource) -> Resource:
    """Let records about rows of other resources be read as far as the rows they are about (decision 11)."""
    _records.add(resource.name)
    return resource


def select_rows(context: Context, resource: Resource, verb: str = "read") -> Select[Any]:
    """Select the rows of a resource that the actor may read, and on which they hold `verb`."""
    return select(resource.model).where(visible(context.actor, resource, verb)).execution_options(scoped=True)


def select_first(
    context: Context, resource: Resource, most: int, *, down: bool, beyond: int | None
) -> Select[Any] | None:
    """Select the first rows by id, from one on, for an actor who sees what they take part in alone; None for others."""
    if not _sees_parts_only(context.actor, resource):
        return None
    first = parties.first_parts(resource, context.actor.id, most, down=down, beyond=beyond)
    return select(resource.model).where(first).execution_options(scoped=True)


def select_ids(context: Context, resource: Resource) -> Select[Any]:
    """Select the ids of the rows that the actor may read, from the shortest way to them; for counting."""
    if not _sees_parts_only(context.actor, resource):
        return select_rows(context, resource).with_only_columns(resource.model.id)
    return select(parties.select_parts(resource, context.actor.id).subquery().c.id).distinct()


def everything(model: Any, *, why: str) -> Select[Any]:
    """Select rows of a table whoever asks; `why` says what gives the right to look past the actor's scope."""
    if not why:
        raise ValueError("say why rows are read past the actor's scope")
    return select(model).execution_options(scoped=True)


def find(context: Context, model: type[Model], id: int, *, why: str) -> Model | None:
    """Find a row by its id whoever asks; one that this session has read is not read again."""
    if not why:
        raise ValueError("say why rows are read past the actor's scope")
    found: Model | None = context.session.get(model, id, execution_options={"scoped": True})
    return found


def columns(*what: Any, why: str) -> Select[Any]:
    """Select columns or figures whoever asks, as `everything` does for rows."""
    if not why:
        raise ValueError("say why rows are read past the actor's scope")
    return select(*what).execution_options(scoped=True)


def locked(context: Context, model: Any, ids: Iterable[int], *, why: str) -> list[Any]:
    """Take rows for the rest of the transaction, in the order of their ids, as they are in the database now.

    Ids never change, so rows that refer to these may be entered meanwhile: nobody waits, or is deadlocked, for a key.
    """
    return take(context, everything(model, why=why).where(model.id.in_(sorted(set(ids)))).order_by(model.id))


def take(context: Context, statement: Select[Any]) -> list[Any]:
    """Take the rows of a statement, as `locked` takes those of some ids."""
    model = statement.column_descriptions[0]["entity"]
    taken = statement.with_for_update(of=model.__table__, key_share=True).execution_options(populate_existing=True)
    found = list(context.session.scalars(taken))
    note_held(context, found)
    return found


def note_held(context: Context, rows: Iterable[Any]) -> None:
    """Remember rows that the transaction has taken, so that nothing takes them once more."""
    context.session.info.get("held", set()).update((type(row), row.id) for row in rows)


def hold(context: Context, model: Any, id: int) -> None:
    """Take a row for the rest of the transaction without reading it, unless it is taken already."""
    held = context.session.info.get("held", set())
    if (model, id) not in held:
        statement = columns(model.id, why="the row is only taken").where(model.id == id)
        context.session.execute(statement.with_for_update(key_share=True))
        held.add((model, id))


@event.listens_for(HouseSession, "after_flush")
def _hold_what_is_new(session: Session, flush_context: Any) -> None:
    """Count rows that the transaction has entered as taken: nobody else can have them."""
    session.info.get("held", set()).update((type(row), row.id) for row in session.new if hasattr(row, "id"))


def stand_in_line(context: Context, model: Any, ids: Iterable[int]) -> None:
    """Let everyone who is going to take the same rows have them in the order they came, until their transactions end.

    A row that many want goes to whoever is quickest when it is let go, and somebody may wait for ever; a line is fair.
    """
    context.session.execute(_IN_LINE, {"table": model.__tablename__, "ids": sorted(set(ids))})


def beside_others(context: Context, what: str) -> None:
    """Do something many may do at once, but not while somebody does it `alone`; until the transaction ends."""
    context.session.execute(_BESIDE, {"what": what})


def alone(context: Context, what: str) -> None:
    """Do something while nobody else is at it: wait until they have finished, and let later ones wait."""
    context.session.execute(_ALONE, {"what": what})


def visible(actor: Actor, resource: Resource, verb: str = "read") -> ColumnElement[bool]:
    """Say, as a condition, on which rows the actor holds `verb` as well as the right to read."""
    condition = _held(actor, resource, "read")
    return condition if verb == "read" else and_(condition, _held(actor, resource, verb))


def holding(actor: Actor, resource: Resource, verb: str) -> ColumnElement[bool]:
    """Say, as a condition, on which of the rows that the actor may read they hold `verb`."""
    return _held(actor, resource, verb)


def of_entity(resource: Resource, entity: int) -> ColumnElement[bool]:
    """Say, as a condition, which rows of a resource are of an entity."""
    return _in_region(resource, entity, None)


def reach_of(actor: Actor) -> tuple[Any, ...]:
    """Tell all that what somebody sees depends on: who they are, their grants, and what their roles permit."""
    return (actor.id, actor.is_system, actor.grants, actor.limits, *actor.rights.items())


def verbs_held(context: Context, resource: Resource, row: Any, verbs: Iterable[str]) -> set[str]:
    """Tell which verbs the actor holds on a row, all that depend on the row in one statement."""
    actor = context.actor
    mine = [verb for verb in verbs if actor.may(resource.permission(verb))]
    held = {verb for verb in mine if is_unlimited(actor, resource, verb)}
    # Where roles reach equally far for some verbs, one condition answers for all of them.
    alike: dict[Any, list[str]] = {}
    for verb in mine:
        if verb not in held:
            kind = verb if verb == "read" else verb in _ENTERING
            alike.setdefault((actor.reach(resource.permission(verb)), kind), []).append(verb)
    if not alike:
        return held
    conditions = (_held(actor, resource, same[0]).label(f"held_{number}") for number, same in enumerate(alike.values()))
    statement = select_rows(context, resource).where(resource.model.id == row.id).with_only_columns(*conditions)
    found = context.session.execute(statement).first() or [False] * len(alike)
    return held.union(*(same for same, is_held in zip(alike.values(), found, strict=True) if is_held))


def is_unlimited(actor: Actor, resource: Resource, verb: str = "read") -> bool:
    """Say whether an actor holds `verb` on every row, so that no row has to be looked at."""
    verbs = {"read", verb} | ({"oversee"} if resource.scope.owner or resource.scope.parties else set())
    if actor.is_system or not (resource.scope.limited or resource.name in _records):
        return actor.may(resource.permission("read")) and actor.may(resource.permission(verb))
    if resource.scope.owner:
        return all(actor.may(resource.permission(each)) for each in verbs)
    return all(actor.reach(resource.permission(each)).everywhere for each in verbs)


def _held(actor: Actor, resource: Resource, verb: str) -> ColumnElement[bool]:
    """Say on which rows an actor holds a verb; said once for as long as their grants and rights stay as they are."""
    if actor.is_system:
        return true()
    return _said(_Asked(reach_of(actor), resource.name, verb, actor, resource))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question of scope: equal to another by what its answer depends on."""

    who: tuple[Any, ...]
    resource: str
    verb: str
    actor: Actor = dataclass_field(compare=False)
    on: Resource = dataclass_field(compare=False)


@lru_cache(maxsize=4096)
def _said(asked: _Asked) -> ColumnElement[bool]:
    return _condition(asked.actor, asked.on, asked.verb)


def _condition(actor: Actor, resource: Resource, verb: str) -> ColumnElement[bool]:
    if not actor.may(resource.permission(verb)):
        return false()
    if resource.name in _records:
        return _about_seen_rows(actor, resource, verb)
    if resource.scope.owner:
        if actor.may(resource.permission("oversee")):
            return true()
        return getattr(resource.model, resource.scope.owner) == actor.id
    in_region = _in_regions(actor, resource, verb)
    if not resource.scope.parties or verb in _ENTERING:
        return in_region
    if verb == "read":
        if _sees_parts_only(actor, resource):
            return parties.takes_part_only(resource, actor.id)
        in_region = and_(in_region, _in_regions(actor, resource, "oversee"))
    return or_(parties.takes_part(resource, actor.id), in_region)


def _sees_parts_only(actor: Actor, resource: Resource) -> bool:
    """Say whether somebody sees nothing of a resource but what they entered or take part in."""
    if actor.is_system or resource.scope.owner or not resource.scope.parties or resource.name in _records:
        return False
    if not actor.may(resource.permission("read")):
        return False
    reach = actor.reach(resource.permission("oversee"))
    return not (reach.everywhere or reach.regions)


_IN_LINE = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(:table || ' ' || id, 0)) FROM unnest(CAST(:ids AS bigint[])) AS id"
)
_BESIDE = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:what, 0))")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")
# Whoever takes part in a row may not, for that alone, move it to where their roles do not reach.
_ENTERING = frozenset({"create", "edit", "import"})


def _in_regions(actor: Actor, resource: Resource, verb: str) -> ColumnElement[bool]:
    reach = actor.reach(resource.permission(verb))
    if not (resource.scope.entity or resource.scope.cost_centre) and reach.regions:
        return true()
    if reach.everywhere:
        return true()
    return _in_any(resource, reach.regions)


def _in_any(resource: Resource, regions: Regions) -> ColumnElement[bool]:
    ordered = sorted(regions, key=str)
    return or_(false(), *(_in_region(resource, entity, cost_centre) for entity, cost_centre in ordered))


def _about_seen_rows(actor: Actor, resource: Resource, verb: str) -> ColumnElement[bool]:
    """Match records about rows that the actor may read, where they may read records."""
    reach = actor.reach(resource.permission(verb))
    if reach.everywhere:
        return true()
    model: Any = resource.model
    shared: list[str] = []
    about: list[ColumnElement[bool]] = []
    for each in registry:
        if each.name in _records or not actor.may(each.permission("read")):
            continue
        if each.scope.limited:
            rows = select(each.model.id).where(visible(actor, each), _in_any(each, reach.regions))
            about.append(and_(model.resource == each.name, model.row_id.in_(rows)))
        else:
            shared.append(each.name)
    return or_(model.resource.in_(shared), *about)


def _in_region(resource: Resource, entity: int | None, cost_centre: int | None) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if entity is not None and resource.scope.entity:
        parts.append(_along(resource.model, resource.scope.entity, lambda column, _: _of_entity(column, entity)))
    if cost_centre is not None and resource.scope.cost_centre:
        parts.append(
            _along(resource.model, resource.scope.cost_centre, lambda column, tree: _below(column, tree, cost_centre))
        )
    return and_(true(), *parts)


def _of_entity(column: Any, entity: int) -> ColumnElement[bool]:
    """Match rows of the entity, and those that belong to no entity in particular."""
    return or_(column == entity, column.is_(None))


def _below(column: Any, tree: Any, top: int) -> ColumnElement[bool]:
    return column.in_(select(tree.id).where(tree.path.contains(f"/{top}/", autoescape=True)))


def _along(model: Any, path: str, condition: Condition) -> ColumnElement[bool]:
    """Apply a condition to the id at the end of a chain of relations."""
    if path == "self":
        return condition(model.id, model)
    head, _, rest = path.partition(".")
    relation = inspect_model(model).relationships[head]
    column = next(iter(relation.local_columns))
    target = relation.mapper.class_
    if not rest:
        return condition(column, target)
    return column.in_(select(target.id).where(_along(target, rest, condition)))
