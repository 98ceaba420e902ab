"""Which columns a list has: the declared ones, those a person chose, or those the address names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from sqlalchemy import inspect as inspect_model

from app.console import addresses, gate
from app.console.cells import is_number, is_shown
from app.console.gate import Visit
from app.infra import listing, preferences
from app.infra.fields import Field, fields_of
from app.infra.listing import Query
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource

MOST = 30


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column."""

    key: str
    label: str
    align: str = ""
    sort_url: str = ""
    sorted: str = ""
    grow: bool = False
    clip: bool = False


@dataclass(frozen=True, slots=True)
class Choosable:
    """A column in the chooser."""

    key: str
    label: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Chooser:
    """Where columns are chosen, and what there is to choose from, the shown ones first and in their order."""

    url: str
    standard_url: str
    entries: tuple[Choosable, ...]


def available(resource: Resource) -> dict[str, Field]:
    """List every field that can be a column."""
    told = (name for _, names in resource.show for name in names)
    names = [*resource.list, resource.key, *told, *resource.form, *resource.filters]
    stamps = [
        name for name in ("created_at", "created_by", "changed_at") if name in inspect_model(resource.model).columns
    ]
    fields = fields_of(resource, dict.fromkeys([*names, *stamps]))
    return {name: each for name, each in fields.items() if name in resource.list or is_shown(resource.model, each)}


def shown(resource: Resource) -> dict[str, Field]:
    """List the columns to show now."""
    known = available(resource)
    named = request.args.get("columns", "")
    chosen = named.split(",") if named else gate.chosen(_place(resource), [])
    names = [name for name in dict.fromkeys(chosen or ()) if name in known][:MOST] or list(resource.list)
    return {name: known[name] for name in names}


def choose(visit: Visit, resource: Resource, names: Sequence[str]) -> None:
    """Keep the columns a person chose, on the server and at once; none chosen is the standard."""
    known = available(resource)
    unknown = [name for name in names if name not in known]
    if unknown:
        words = f"There is no column {unknown[0][:60]}. The columns are: {', '.join(known)}."
        raise Refused(Kind.INVALID, Problem("unknown_field", words, "column"))
    chosen = list(dict.fromkeys(names))[:MOST]
    preferences.keep(visit.context, _place(resource), None if chosen in ([], list(resource.list)) else chosen)


def heads(resource: Resource, query: Query, fields: dict[str, Field], link: str) -> tuple[Column, ...]:
    """Write the heads, each with the address that sorts by it."""
    sortable = listing.sortable(resource)
    widest = _widest(resource, fields, link)
    return tuple(_head(resource, query, each, sortable, widest) for each in fields.values())


def chooser(resource: Resource, fields: dict[str, Field]) -> Chooser:
    """Offer the columns: those shown, then the others."""
    known = available(resource)
    names = [*fields, *(name for name in known if name not in fields)]
    url = addresses.of_list(resource, "columns")
    return Chooser(url, f"{url}/standard", tuple(Choosable(name, known[name].label, name in fields) for name in names))


def _widest(resource: Resource, fields: dict[str, Field], link: str) -> str:
    """Choose the column that takes what room is left: the words of the rows, and where a number leads to them those beside it."""
    if link != resource.key and fields[link].kind == "text":
        return link
    return next((name for name, each in fields.items() if name != link and _is_wordy(each)), link)


def _is_wordy(each: Field) -> bool:
    return each.kind in ("text", "longtext", "reference")


def _head(resource: Resource, query: Query, each: Field, sortable: Sequence[str], widest: str) -> Column:
    is_sorted = query.sort == each.name
    turned = each.name if not is_sorted or query.descending else f"-{each.name}"
    args = {**listing.written(query, sort=turned), **_kept_columns()}
    return Column(
        key=each.name,
        label=each.label,
        align="end" if is_number(each) else "",
        sort_url=addresses.of_list(resource, args=args) if each.name in sortable else "",
        sorted=("descending" if query.descending else "ascending") if is_sorted else "",
        grow=each.name == widest,
        clip=_is_wordy(each) and each.name not in (widest, resource.key),
    )


def _kept_columns() -> dict[str, list[str]]:
    named = request.args.get("columns", "")
    return {"columns": [named]} if named else {}


def _place(resource: Resource) -> str:
    return f"columns.{resource.name}"
