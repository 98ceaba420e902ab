"""The page of one row: its facts, child rows, what refers to it, its story, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.console import actions, activity, additions, addresses, loading, related, words
from app.console.actions import Action
from app.console.activity import Activity, Files
from app.console.additions import Band, Bar, Chain, Columns, Tile, Waiting
from app.console.cells import TITLES, Cell, Sight, Tag, cell, is_number, moment, text, title_of
from app.console.columns import Column
from app.console.gate import Visit
from app.console.related import Row, Table
from app.console.shell import Flash
from app.infra import unit
from app.infra.fields import Field, child_fields, fields_of
from app.kernel.resource import Children, Resource, registry

#: How many letters stand in one line of a column of facts.
COLUMN = 36
#: What the head of a document says when its title is but its number.
_TOLD = ("supplier", "paying_account", "total", "amount")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is so."""

    label: str
    value: Cell | None
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts that belong together."""

    title: str
    facts: tuple[Fact, ...]
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Document:
    """A row as its page shows it."""

    title: str
    state: Cell | None
    kind_label: str
    subs: tuple[Cell, ...]
    actions: tuple[Action, ...]
    more: tuple[Action, ...]
    notes: tuple[Flash, ...]
    sections: tuple[Facts, ...]
    children: tuple[Table, ...]
    related: tuple[Table, ...]
    activity: Activity | None
    rail: tuple[Chain | Bar | Columns | Facts | Files, ...]
    version: int | None
    band: Band | None = None
    waiting: Waiting | None = None
    tiles: tuple[Tile, ...] = ()


def names(resource: Resource) -> list[str]:
    """List every column the page of a row shows."""
    shown = [name for _, names in resource.show for name in names]
    return list(dict.fromkeys([*shown, *(("state",) if resource.states else ())]))


def load(visit: Visit, resource: Resource, key: str) -> Any:
    """Load a row with everything its page shows."""
    fields = fields_of(resource, names(resource))
    wanted = [*fields, *(each.currency for each in fields.values() if each.currency)]
    return loading.one(visit.context, resource, key, wanted)


def build(visit: Visit, resource: Resource, row: Any, told: Activity | None = None) -> Document:
    """Describe the page of a row; `told` is its story, where it says what was refused."""
    fields = fields_of(resource, names(resource))
    stamps = [name for name in ("created_by",) if hasattr(row, name)]
    sight = Sight(visit, [*fields.values(), *fields_of(resource, stamps).values()], [row])
    said = additions.of_row(visit, resource, row)
    buttons, more = actions.of_row(visit, resource, row, said.taken)
    if told is None and activity.has_story(resource):
        told = activity.build(visit, resource, row)
    return Document(
        title=title_of(resource, row),
        state=cell(sight, fields["state"], row) if "state" in fields else None,
        kind_label=resource.title[0],
        subs=_subs(sight, resource, fields, row),
        actions=buttons,
        more=more,
        notes=(),
        sections=_sections(visit, sight, resource, fields, row),
        children=children(visit, resource, row),
        related=related.tables(visit, resource, row),
        activity=told,
        rail=(*said.rail, *((told.files,) if told and told.files else ()), *_record(sight, row)),
        version=getattr(row, "version", None),
        band=said.band,
        waiting=said.waiting,
        tiles=said.tiles,
    )


def _subs(sight: Sight, resource: Resource, fields: dict[str, Field], row: Any) -> tuple[Cell, ...]:
    """Say what a document is, its key where its title is another, and of a mere number with whom and how much."""
    kind, key = text(resource.title[0]), str(resource.key_of(row))
    if str(row) != key:
        return (kind, text(key, mono=True))
    told = (cell(sight, fields[name], row) for name in _TOLD if name in fields)
    return (kind, *(each for each in told if each is not None))


def _sections(visit: Visit, sight: Sight, resource: Resource, fields: dict[str, Field], row: Any) -> tuple[Facts, ...]:
    """Write the facts; rows that refer to this one stand in tables of their own.

    What is empty is shown as long as it can be filled in, and no section that says nothing.
    """
    in_tables = {name for name in fields if related.has_table(visit, resource, name)}
    told = {title_of(resource, row), str(resource.key_of(row))}  # stands above already
    in_head = {name for name in (resource.key, *TITLES) if name in fields and str(fields[name].of(row)) in told}
    facts = {name: _fact(sight, each, row) for name, each in fields.items() if name not in in_tables | in_head}
    if unit.why_not_editable(resource, row):
        facts = {name: fact for name, fact in facts.items() if fact.value}
    sections = (Facts(title, tuple(facts[name] for name in shown if name in facts)) for title, shown in resource.show)
    return tuple(section for section in sections if any(fact.value for fact in section.facts))


def _fact(sight: Sight, each: Field, row: Any) -> Fact:
    if each.multiple and each.target and each.stored and each.kind == "reference":
        return Fact(each.label, _several(sight, each, row), wide=True)
    value = cell(sight, each, row)
    return Fact(each.label, value, wide=each.kind == "json" or (value is not None and _is_long(value)))


def _is_long(value: Cell) -> bool:
    """Say whether words want the whole width: more than a line of a column, or several lines."""
    return value.kind == "longtext" and (len(value.text) > COLUMN or "\n" in value.text)


def _several(sight: Sight, each: Field, row: Any) -> Cell | None:
    """Name the first few rows of a relation to many; the reader sees those within their reach."""
    target = registry[each.target or ""]
    found, more = loading.some_of(sight.visit.context, row, each.name, target)
    tags = [Tag(str(part), url=addresses.of_row(part)) for part in found]
    if more:
        tags.append(Tag("and more"))
    return Cell("tags", entries=tuple(tags)) if tags else None


def sections(visit: Visit, resource: Resource, row: Any) -> tuple[Facts, ...]:
    """Write the facts of a row alone."""
    fields = fields_of(resource, names(resource))
    return _sections(visit, Sight(visit, fields.values(), [row]), resource, fields, row)


def children(visit: Visit, resource: Resource, row: Any) -> tuple[Table, ...]:
    """Write the child rows of a row."""
    return tuple(_children(visit, resource, each, row) for each in resource.children)


def _children(visit: Visit, resource: Resource, children: Children, row: Any) -> Table:
    rows = list(getattr(row, children.name))
    fields = {name: each for name, each in child_fields(children).items() if _is_said(each, rows)}
    sight = Sight(visit, fields.values(), rows)
    columns = tuple(Column(each.name, each.label, "end" if is_number(each) else "") for each in fields.values())
    lines = tuple(Row(tuple(cell(sight, each, child) for each in fields.values())) for child in rows)
    label = fields_of(resource, [children.name])[children.name].label
    note = words.count(len(rows), "line", "lines") if rows else ""
    return Table(label, columns, lines, empty=f"No {words.lower_first(label)}.", note=note)


def _is_said(each: Field, rows: Sequence[Any]) -> bool:
    """Say whether a column has something to show in any row."""
    return any(each.of(row) not in (None, "", []) for row in rows)


def _record(sight: Sight, row: Any) -> tuple[Facts, ...]:
    created, changed = getattr(row, "created_at", None), getattr(row, "changed_at", None)
    if created is None or changed is None:
        return ()
    facts = [Fact("Created", moment(sight, created)), Fact("Changed", moment(sight, changed))]
    if row.created_by is not None:
        facts.insert(1, Fact("Created by", Cell("person", sight.account(row.created_by))))
    return (Facts("Record", tuple(facts)),)
