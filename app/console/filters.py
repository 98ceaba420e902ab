"""The filters of a list: the chips that are set, and the editors behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from flask import request

from app.console import addresses, cells, words
from app.console.cells import Sight
from app.infra import listing
from app.infra.fields import Field, label_of_choice
from app.infra.listing import Filter, Query
from app.kernel.resource import Resource, registry

_RANGES = {"money": "money", "decimal": "number", "integer": "number", "date": "date", "instant": "date"}
_WORDS = {"from": "from", "to": "up to", "has": "has", "not": "not"}


@dataclass(frozen=True, slots=True)
class Option:
    """A value to choose."""

    value: str
    text: str
    checked: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Picked:
    """A row chosen in a picker."""

    id: str
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Editor:
    """The editor of one filter, by the kind of its field."""

    name: str
    label: str
    kind: str
    entries: tuple[Option, ...] = ()
    url: str = ""
    chosen: tuple[Picked, ...] = ()
    value: str = ""
    from_name: str = ""
    to_name: str = ""
    from_value: str = ""
    to_value: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set."""

    name: str
    label: str
    text: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything that narrows a list: what is set, and what can be."""

    chips: tuple[Chip, ...] = ()
    editors: tuple[Editor, ...] = field(default=())


def conditions(sight: Sight, resource: Resource, query: Query) -> Conditions:
    """Describe the filters of a list as its address sets them."""
    by_name = {each.name: each for each in query.filters}
    editors = tuple(_editor(sight, resource, each, by_name) for each in listing.filter_fields(resource).values())
    chips = tuple(_chip(sight, resource, query, each) for each in query.filters)
    return Conditions(chips, editors)


def _editor_name(resource: Resource, each: Field) -> str:
    """Name an editor as the parameter that it sends; text is searched for, not compared, unless it is chosen."""
    is_typed = each.kind in ("text", "longtext") and not _choices(resource, each)
    return f"{each.name}.has" if is_typed else each.name


def _choices(resource: Resource, each: Field) -> tuple[tuple[str, str], ...]:
    """List what there is to choose from, with its words."""
    words_ = cells.said(resource, each.name)
    if words_ is not None:
        return tuple(sorted(((value, words_.say(value)) for value in words_.values()), key=lambda pair: pair[1]))
    return tuple(each.choices) if each.kind in ("choice", "state") else ()


def _words_of(sight: Sight, each: Field, value: Any) -> str:
    if value is None:
        return words.NOTHING
    if each.kind == "account":
        return sight.account(value)
    if each.kind == "state":
        return dict(each.choices).get(value, str(value))
    if each.kind == "choice":
        return label_of_choice(value) if each.enumeration else str(value)
    if each.kind == "boolean":
        return "yes" if value else "no"
    if each.kind == "date":
        return words.day(value, sight.today)
    if each.kind == "instant":
        return sight.moment(value)
    if each.kind in ("money", "decimal", "integer"):
        return words.number(value)
    return str(value)


def _chip(sight: Sight, resource: Resource, query: Query, each: Filter) -> Chip:
    rest = replace(query, filters=tuple(other for other in query.filters if other is not each))
    if each.operator == "empty":
        said = "empty" if each.values[0] else "not empty"
    else:
        names = cells.said(resource, each.field.name) if each.operator in ("", "not") else None
        say = names.say if names else partial(_words_of, sight, each.field)
        values = words.joined([say(value) for value in each.values[:3]], "or")
        more = len(each.values) - 3
        said = " ".join(filter(None, (_WORDS.get(each.operator, ""), values, f"and {more} more" if more > 0 else "")))
    kept = {name: [request.args[name]] for name in ("columns", "view") if request.args.get(name)}
    url = addresses.of_list(resource, args={**listing.written(rest), **(kept or {"view": ["all"]})})
    return Chip(_editor_name(resource, each.field), each.field.label, said, url)


def _editor(sight: Sight, resource: Resource, each: Field, by_name: dict[str, Filter]) -> Editor:
    name = _editor_name(resource, each)
    set_now = by_name.get(name)
    raw: Sequence[str] = set_now.raw if set_now else ()
    if choices := _choices(resource, each):
        options = tuple(Option(value, label, value in raw) for value, label in choices)
        return Editor(name, each.label, "choice", entries=options)
    if each.kind in ("reference", "account"):
        values = set_now.values if set_now else ()
        picked = tuple(_picked(sight, each, value, key) for value, key in zip(values, raw, strict=False))
        return Editor(name, each.label, "reference", url=addresses.of_lookup(resource, each.name), chosen=picked)
    if each.kind in _RANGES:
        ends = {end: by_name.get(f"{each.name}.{end}") for end in ("from", "to")}
        shown = {end: condition.raw[0] if condition else "" for end, condition in ends.items()}
        return Editor(
            each.name, each.label, _RANGES[each.kind],
            from_name=f"{each.name}.from", to_name=f"{each.name}.to", from_value=shown["from"], to_value=shown["to"],
        )  # fmt: skip
    if each.kind == "boolean":
        value = ("1" if set_now.values[0] else "0") if set_now else ""
        return Editor(name, each.label, "boolean", value=value)
    return Editor(name, each.label, "text", value=raw[0] if raw else "")


def _picked(sight: Sight, each: Field, value: Any, key: str) -> Picked:
    if each.kind == "account":
        return Picked(key, sight.account(value))
    resource = registry.of(type(value))
    return Picked(resource.key_of(value) if resource else key, str(value) if resource else key)
