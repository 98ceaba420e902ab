"""How rows are written for scripts: flat, exact, by key, and never more than the caller may see.

docs/rest.md says the same in words; schemas.py says it as JSON Schema.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import inspect as inspect_model

from app.api.answers import PREFIX
from app.infra import loading, scope
from app.infra.audit import MASK, plain
from app.infra.fields import Field, child_fields, fields_of
from app.infra.reachable import Reachable, is_withheld
from app.kernel.actor import Context
from app.kernel.money import minor_units
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Children, Resource, registry

OUTLAY = {"key": "outlay", "label": "Outlay"}
STAMPS = ("state", "version", "created_at", "changed_at", "created_by")


@dataclass(frozen=True, slots=True)
class Selection:
    """What of a row is written: fields, child rows, and the references written out in full."""

    fields: Mapping[str, Field]
    children: tuple[Children, ...] = ()
    expanded: tuple[str, ...] = ()


@dataclass(slots=True)
class Loaded:
    """What belongs to a page of rows besides their columns: names of accounts, rows behind references, what may be known."""

    reachable: Reachable
    accounts: dict[int, dict[str, str]] = field(default_factory=dict)
    targets: dict[str, dict[Any, dict[str, Any]]] = field(default_factory=dict)


def all_fields(resource: Resource) -> dict[str, Field]:
    """Describe everything a row of a resource can show, child rows apart."""
    shown = [name for _, names in resource.show for name in names]
    stamps = [name for name in STAMPS if hasattr(resource.model, name)]
    children = {each.name for each in resource.children}
    names = [resource.key, *resource.list, *shown, *resource.form, *stamps]
    return fields_of(resource, [name for name in dict.fromkeys(names) if name not in children])


def list_fields(resource: Resource) -> dict[str, Field]:
    """Describe what a list shows when nothing else is asked for."""
    names = [resource.key, *resource.list, *(name for name in ("state", "version") if hasattr(resource.model, name))]
    known = all_fields(resource)
    return {name: known[name] for name in dict.fromkeys(names) if name in known}


def expandable(resource: Resource) -> list[str]:
    """List what `expand` can name: references to declared rows, and child rows."""
    references = [name for name, each in all_fields(resource).items() if _is_expandable(each)]
    return [*references, *(children.name for children in resource.children)]


def selection(resource: Resource, fields: str, expand: str, *, whole: bool) -> Selection:
    """Read `fields=` and `expand=`; `whole` is for a single row, which shows everything when nothing is asked."""
    known = all_fields(resource)
    wanted = _names(fields)
    expanded = _names(expand)
    children = {each.name: each for each in resource.children}
    problems = _unknown("fields", wanted, [*known, *children]) + _unknown("expand", expanded, expandable(resource))
    if problems:
        raise Refused(Kind.INVALID, problems)
    chosen = {name: known[name] for name in wanted if name in known}
    if wanted:
        chosen = {resource.key: known[resource.key], **chosen}
    elif whole:
        chosen = known
    else:
        chosen = list_fields(resource)
    chosen = {**chosen, **{name: known[name] for name in expanded if name in known}}
    shown = [name for name in children if name in wanted or name in expanded or (whole and not wanted)]
    return Selection(chosen, tuple(children[name] for name in shown), tuple(name for name in expanded if name in known))


def write(context: Context, resource: Resource, rows: Sequence[Any], what: Selection) -> list[dict[str, Any]]:
    """Write rows, with a fixed number of queries however many they are."""
    _load(context, resource, rows, what)
    return write_loaded(context, resource, rows, what)


def write_loaded(context: Context, resource: Resource, rows: Sequence[Any], what: Selection) -> list[dict[str, Any]]:
    """Write rows that were read with their `loads`."""
    loaded = Loaded(Reachable(context, _referred(rows, what)), _accounts(context, rows, what.fields))
    for name in what.expanded:
        loaded.targets[name] = _written_targets(context, rows, what.fields[name])
    return [_row(resource, row, what, loaded) for row in rows]


def loads_of(resource: Resource, what: Selection) -> list[Any]:
    """Load every relation that will be written: those to one row joined, lists in one more query each."""
    children = (loading.child_loads(resource.model, each) for each in what.children)
    return [*loading.loads(resource.model, what.fields), *children]


def href(resource: Resource, row: Any) -> str:
    """Give the address of a row."""
    return f"{PREFIX}/{resource.plural}/{quote(resource.key_of(row), safe='')}"


def reference(row: Any) -> dict[str, Any] | None:
    """Write a row that another one names: its key, how it is called, and where it is."""
    if row is None:
        return None
    resource = registry.of(type(row))
    if resource is None:
        return {"key": str(row), "label": str(row), "href": None}
    return {"key": resource.key_of(row), "label": str(row), "href": href(resource, row)}


def referred(row: Any, reachable: Reachable) -> dict[str, Any] | None:
    """Write a row that another one names as far as the reader may know it: out of their reach, its key alone."""
    if row is None or row in reachable:
        return reference(row)
    resource = registry.of(type(row))
    if resource is None or not is_withheld(row):
        return {**(reference(row) or {}), "href": None}
    return {"key": resource.key_of(row), "label": resource.key_of(row), "href": None}


def instant(value: datetime) -> str:
    """Write a moment as RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _unknown(parameter: str, names: Iterable[str], known: Sequence[str]) -> list[Problem]:
    words = ", ".join(known) or "none"
    return [
        Problem("unknown_field", f"{parameter}: there is no {name[:60]}. Use: {words}.", parameter)
        for name in names
        if name not in known
    ]


def _is_expandable(each: Field) -> bool:
    return each.kind == "reference" and each.target is not None and not each.multiple and "." not in each.name


def _load(context: Context, resource: Resource, rows: Sequence[Any], what: Selection) -> None:
    loads = loads_of(resource, what)
    if not rows or not loads or all(_is_loaded(row, what) for row in rows):
        return
    statement = scope.select_rows(context, resource).where(resource.model.id.in_([row.id for row in rows]))
    context.session.scalars(statement.options(*loads)).unique().all()


def _is_loaded(row: Any, what: Selection) -> bool:
    missing = inspect_model(row).unloaded
    return not any(name.split(".")[0] in missing for name in what.fields) and not what.children


def _accounts(context: Context, rows: Sequence[Any], fields: Mapping[str, Field]) -> dict[int, dict[str, str]]:
    names = [each for each in fields.values() if each.kind == "account"]
    wanted = {value for row in rows for each in names if isinstance(value := each.of(row), int)}
    if not wanted:
        return {}
    columns = (User.id, User.username, User.first_name, User.last_name)
    statement = scope.columns(*columns, why="the names of those who acted on rows the caller sees")
    found = context.session.execute(statement.where(User.id.in_(wanted)))
    return {row.id: {"key": row.username, "label": f"{row.first_name} {row.last_name}".strip()} for row in found}


def _written_targets(context: Context, rows: Sequence[Any], each: Field) -> dict[Any, dict[str, Any]]:
    """Write the rows behind a reference in full, if the caller may see them; the others stay references."""
    target = registry[each.target or ""]
    wanted = {found.id for row in rows if (found := each.of(row)) is not None}
    if not wanted or not context.actor.may(target.permission("read")):
        return {}
    visible = scope.select_rows(context, target).where(target.model.id.in_(wanted))
    found = list(context.session.scalars(visible).unique())
    written = write(context, target, found, Selection(list_fields(target)))
    return {
        row.id: {"key": target.key_of(row), "label": str(row), **each} for row, each in zip(found, written, strict=True)
    }


def _referred(rows: Sequence[Any], what: Selection) -> Iterable[Any]:
    """List every row that the rows and their child rows name."""
    yield from _named_by(rows, what.fields)
    for children in what.children:
        inner = [child for row in rows for child in getattr(row, children.name)]
        yield from _named_by(inner, child_fields(children))


def _named_by(rows: Sequence[Any], fields: Mapping[str, Field]) -> Iterable[Any]:
    for each in fields.values():
        if each.kind == "reference" and each.target:
            for row in rows:
                value = each.of(row)
                yield from (value or ()) if each.multiple else () if value is None else (value,)


def _row(resource: Resource, row: Any, what: Selection, loaded: Loaded) -> dict[str, Any]:
    written: dict[str, Any] = {name: value_of(each, row, loaded) for name, each in what.fields.items()}
    for children in what.children:
        written[children.name] = [_child(children, child, loaded.reachable) for child in getattr(row, children.name)]
    written["href"] = href(resource, row)
    return written


def _child(children: Children, child: Any, reachable: Reachable) -> dict[str, Any]:
    fields, loaded = child_fields(children), Loaded(reachable)
    return {"id": child.id, **{name: value_of(each, child, loaded) for name, each in fields.items()}}


def value_of(each: Field, row: Any, loaded: Loaded) -> Any:
    """Write one field of a row."""
    value = each.of(row)
    if value is None:
        return None
    if each.secret or each.kind == "secret":
        return MASK
    if each.kind == "account" and isinstance(value, int):
        return loaded.accounts.get(value) or (OUTLAY if value == 0 else None)
    if each.name in loaded.targets and not each.multiple:
        return loaded.targets[each.name].get(value.id) or referred(value, loaded.reachable)
    if each.kind == "reference" and each.multiple and each.target:
        return [reference(related) for related in value if related in loaded.reachable]
    if each.kind == "money" and isinstance(value, Decimal):
        return amount(value, _currency(each, row))
    return simple(value, loaded.reachable)


def simple(value: Any, reachable: Reachable) -> Any:
    """Write any value by its type."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return decimal(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, enum.Enum):
        return value.value
    if hasattr(value, "__mapper__"):
        return referred(value, reachable)
    if isinstance(value, list | tuple | set | frozenset):
        return [simple(part, reachable) for part in value]
    if isinstance(value, dict):
        return {str(name): simple(part, reachable) for name, part in value.items()}
    plainly = plain(value)
    return plainly if isinstance(plainly, str | dict | list) else str(value)


def decimal(value: Decimal, least: int = 0) -> str:
    """Write a number exactly, without needless zeros but with at least so many decimals."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    whole, _, fraction = text.partition(".")
    fraction = fraction.ljust(least, "0")
    text = f"{whole}.{fraction}" if fraction else whole
    return text.removeprefix("-") if not value else text


def amount(value: Decimal, currency: str | None) -> str:
    """Write an amount with at least the decimals of its coins."""
    try:
        coins = minor_units(currency or "")
    except ValueError:
        coins = 2
    return decimal(value, coins)


def _currency(each: Field, row: Any) -> str | None:
    """Find the currency of an amount along its path, which may end at a code or at a currency's row."""
    at: Any = row
    base, _, _ = each.name.rpartition(".")
    for name in [*base.split("."), *(each.currency or "").split(".")]:
        at = getattr(at, name, None) if name and at is not None else at
    if at is None or isinstance(at, str):
        return at
    if isinstance(at, enum.Enum):
        return str(at.value)
    resource = registry.of(type(at))
    return resource.key_of(at) if resource else str(at)
