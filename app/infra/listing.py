"""Lists: filters, search, order and pages, read from an address and answered by key, for console, REST and export."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy import inspect as inspect_model
from sqlalchemy.orm import aliased, defer

from app.infra import loading, scope, search, settings
from app.infra.fields import Field, fields_of
from app.infra.intake import Reader
from app.infra.prepared import BY_VALUE
from app.kernel.actor import Context
from app.kernel.problem import Problem
from app.kernel.resource import Resource

COUNT_BOUND = 10_000
SIZES = (25, 50, 100)
MAX_SIZE = 200
OPERATORS = ("from", "to", "has", "not", "empty")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ORDERED = ("integer", "decimal", "money", "date", "instant")
_OWN_WORDS = ("q", "sort", "after", "before", "size", "columns", "view", "fields", "expand")


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition of a list: a field, an operator (`` for "is one of"), the words sent and the values read."""

    field: Field
    operator: str
    raw: tuple[str, ...]
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """Name the condition as it stands in the address."""
        return f"{self.field.name}.{self.operator}" if self.operator else self.field.name


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a list; made from an address by `parse`, and the same address asks the same."""

    text: str = ""
    filters: tuple[Filter, ...] = ()
    sort: str = ""
    descending: bool = False
    after: str = ""
    before: str = ""
    size: int = SIZES[0]


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page with the cursors of its neighbours; an empty cursor means there is none."""

    rows: Sequence[Any]
    next: str = ""
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """How many rows a view has (exact up to a bound) and what its amounts sum to, by field and currency."""

    count: int
    exact: bool
    sums: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)


_of_parts: dict[str, list[str]] = {}


def filter_by_part(resource: Resource, name: str) -> None:
    """Let a list be filtered by what any of its child rows says, such as `lines.category`."""
    if name not in _of_parts.setdefault(resource.name, []):
        _of_parts[resource.name].append(name)


def filter_fields(resource: Resource) -> dict[str, Field]:
    """List what a resource can be filtered by."""
    names = [*resource.filters, *_of_parts.get(resource.name, ())]
    names += [name for name in ("changed_at", "created_at") if name not in names and hasattr(resource.model, name)]
    return fields_of(resource, names)


def sortable(resource: Resource) -> list[str]:
    """List the columns a list can be sorted by."""
    columns = inspect_model(resource.model).columns
    names = [resource.key, *resource.list, "changed_at", "created_at"]
    return [name for name in dict.fromkeys(names) if name in columns and not columns[name].info.get("secret")]


def parse(context: Context, resource: Resource, args: Mapping[str, Sequence[str]]) -> tuple[Query, list[Problem]]:
    """Read a query from the parameters of an address; what is not understood is a problem, never ignored."""
    problems: list[Problem] = []
    filters: list[Filter] = []
    reader, known = Reader(context), filter_fields(resource)
    for name, raw in args.items():
        if name in _OWN_WORDS:
            continue
        found, problem = _read_filter(reader, known, name, raw)
        if problem:
            problems.append(problem)
        elif found:
            filters.append(found)
    sort, descending, wrong = _read_sort(resource, _last(args, "sort") or resource.order or resource.key)
    problems += wrong
    size, wrong = _read_size(_last(args, "size"))
    problems += wrong
    query = Query(
        text=_last(args, "q").strip()[:200],
        filters=tuple(filters),
        sort=sort,
        descending=descending,
        after=_last(args, "after"),
        before=_last(args, "before"),
        size=size,
    )
    for name in ("after", "before"):
        if getattr(query, name) and _cursor_values(resource, query, getattr(query, name)) is None:
            problems.append(Problem("bad_cursor", "This page link is not of this list. Start at the first page.", name))
            query = replace(query, after="", before="")
    return query, problems


def page(context: Context, resource: Resource, query: Query, names: Sequence[str] = (), verb: str = "read") -> Page:
    """Read one page of rows on which `verb` is held; `names` are the columns, whose relations are loaded along."""
    backwards = bool(query.before)
    cursor = _cursor_values(resource, query, query.before or query.after) if query.before or query.after else None
    statement = _ordered(_sought(context, resource, query, verb, cursor), resource, query, backwards=backwards)
    if cursor is not None:
        statement = statement.where(_beyond(resource, query, cursor, backwards=backwards))
    statement = statement.options(*loading.loads(resource.model, names), *_left_out(resource.model)).limit(
        query.size + 1
    )
    rows = list(context.session.scalars(statement.execution_options(**BY_VALUE)).unique())
    more, rows = len(rows) > query.size, rows[: query.size]
    if backwards:
        rows.reverse()
    has_previous = more if backwards else bool(query.after)
    has_next = True if backwards else more
    return Page(
        rows,
        next=_cursor(resource, query, rows[-1]) if rows and has_next else "",
        previous=_cursor(resource, query, rows[0]) if rows and has_previous else "",
    )


def totals(context: Context, resource: Resource, query: Query, names: Sequence[str] = ()) -> Totals:
    """Count the rows of a view up to the bound, and sum its amounts where all of them were counted."""
    matching = select_matching(context, resource, query)
    asked = query.text or query.filters
    ids = matching.with_only_columns(resource.model.id) if asked else scope.select_ids(context, resource)
    counted = ids.limit(COUNT_BOUND + 1).subquery()
    statement = scope.columns(func.count(), why="counts a scoped view").select_from(counted)
    count = context.session.execute(statement.execution_options(**BY_VALUE)).scalar_one()
    if count > COUNT_BOUND:
        return Totals(COUNT_BOUND, exact=False)
    fields = fields_of(resource, names)
    amounts = {name: each for name, each in fields.items() if each.kind == "money" and each.stored and each.adds_up}
    nothing: dict[str, dict[str, Decimal]] = {name: {} for name in amounts}
    return Totals(count, exact=True, sums=_sums(context, resource, matching, amounts) if amounts and count else nothing)


def _sums(
    context: Context, resource: Resource, matching: Select[Any], amounts: Mapping[str, Field]
) -> dict[str, dict[str, Decimal]]:
    """Sum amounts by their currencies, all of them in one reading of the rows."""
    model = resource.model
    inner = [getattr(model, name).label(f"amount_{name}") for name in amounts]
    inner += [_currency(model, each).label(f"currency_{name}") for name, each in amounts.items()]
    rows = matching.with_only_columns(*inner).subquery()
    currencies = [rows.c[f"currency_{name}"] for name in amounts]
    summed = [func.sum(rows.c[f"amount_{name}"]) for name in amounts]
    sums: dict[str, dict[str, Decimal]] = {name: {} for name in amounts}
    added = select(*currencies, *summed).group_by(*currencies).execution_options(**BY_VALUE)
    for found in context.session.execute(added):
        for name, code, total in zip(amounts, found[: len(amounts)], found[len(amounts) :], strict=True):
            if total is not None:
                sums[name][str(code)] = sums[name].get(str(code), Decimal(0)) + total
    return sums


def every_row(
    context: Context, resource: Resource, query: Query, names: Sequence[str] = (), verb: str = "read"
) -> Iterator[Any]:
    """Read all rows of a view on which `verb` is held, a page at a time."""
    query = replace(query, after="", before="", size=MAX_SIZE)
    while True:
        found = page(context, resource, query, names, verb)
        yield from found.rows
        if not found.next:
            return
        query = replace(query, after=found.next)


def select_matching(context: Context, resource: Resource, query: Query, verb: str = "read") -> Select[Any]:
    """Select the visible rows that match search and filters, in no order."""
    statement = scope.select_rows(context, resource, verb)
    if query.text:
        condition = search.matches(context.session, resource, query.text)
        statement = statement.where(condition if condition is not None else _key_is(resource, query.text))
    for each in query.filters:
        statement = statement.where(_condition(resource, each))
    return statement


def _sought(
    context: Context, resource: Resource, query: Query, verb: str, cursor: tuple[Any, Any] | None
) -> Select[Any]:
    """Select what a page is taken from: of all rows by id only as many as it holds, where that is quicker."""
    if verb == "read" and not query.text and not query.filters and _sorted_by(resource, query) == "id":
        down, beyond = query.descending != bool(query.before), cursor[1] if cursor else None
        first = scope.select_first(context, resource, query.size + 1, down=down, beyond=beyond)
        if first is not None:
            return first
    return select_matching(context, resource, query, verb)


def lookup(context: Context, resource: Resource, text: str, most: int = 20) -> list[Any]:
    """Find the rows to offer in a picker: those that match what was typed so far, or the first ones."""
    statement = scope.select_rows(context, resource)
    key = getattr(resource.model, resource.key)
    if text.strip():
        condition = search.matches(context.session, resource, text)
        by_key = _key_is(resource, text.strip(), prefix=True)
        statement = statement.where(by_key if condition is None else or_(condition, by_key))
    first = statement.order_by(key, resource.model.id).limit(most).execution_options(**BY_VALUE)
    return list(context.session.scalars(first).unique())


def written(query: Query, **changes: str | None) -> dict[str, list[str]]:
    """Write a query back as parameters of an address, with some of them changed or (None) left out."""
    args: dict[str, list[str]] = {each.name: list(each.raw) for each in query.filters}
    if query.text:
        args["q"] = [query.text]
    if query.sort:
        args["sort"] = [f"-{query.sort}" if query.descending else query.sort]
    if query.size != SIZES[0]:
        args["size"] = [str(query.size)]
    for name, value in changes.items():
        args.pop(name, None)
        if value is not None:
            args[name] = [value]
    return args


def _last(args: Mapping[str, Sequence[str]], name: str) -> str:
    values = args.get(name) or [""]
    return values if isinstance(values, str) else values[-1]


def _read_filter(
    reader: Reader, known: Mapping[str, Field], name: str, raw: Sequence[str]
) -> tuple[Filter | None, Problem | None]:
    base, _, last = name.rpartition(".")
    field_name, operator = (base, last) if base in known and last in OPERATORS else (name, "")
    each = known.get(field_name)
    if each is None:
        names = ", ".join(known) or "none"
        return None, Problem("unknown_filter", f"There is no filter {name[:60]}. The filters are: {names}.", name[:60])
    if operator in ("from", "to") and each.kind not in _ORDERED:
        return None, Problem("unknown_filter", f"{each.label} has no from and to.", name)
    if operator == "has" and each.kind not in ("text", "longtext"):
        return None, Problem("unknown_filter", f"{each.label} is not searched by text.", name)
    parts = [part for value in ([raw] if isinstance(raw, str) else raw) for part in _split(each, operator, value)]
    if not parts:
        return None, None
    if operator == "empty":
        return Filter(each, operator, tuple(parts[:1]), (parts[0] in ("yes", "true", "1"),)), None
    asked = replace(each, required=False, multiple=False, name=name)
    values = []
    for part in parts[:100]:
        value, problem = _read_bound(reader, asked, operator, part)
        if problem:
            return None, problem
        values.append(value)
    return Filter(each, operator, tuple(parts), tuple(values)), None


def _read_bound(reader: Reader, each: Field, operator: str, part: str) -> tuple[Any, Problem | None]:
    """Read one value of a condition; a day, where moments are asked for, is that whole day where the business is."""
    if each.kind != "instant" or operator not in ("from", "to") or not _DAY.fullmatch(part):
        return reader.read_value(each, part)
    day, problem = reader.read_value(replace(each, kind="date"), part)
    if problem:
        return None, problem
    zone = ZoneInfo(settings.get(reader.context.session, "organisation.time_zone"))
    return datetime.combine(day, time.min if operator == "from" else time.max, zone).astimezone(UTC), None


def _split(each: Field, operator: str, value: str) -> list[str]:
    several = operator in ("", "not") and each.kind in ("state", "choice", "reference")
    return [part.strip() for part in (value.split(",") if several else [value]) if part.strip()]


def _read_sort(resource: Resource, raw: str) -> tuple[str, bool, list[Problem]]:
    name, descending = raw.removeprefix("-"), raw.startswith("-")
    if name in sortable(resource):
        return name, descending, []
    words = f"The list is not sorted by {name[:60]}. Use one of: {', '.join(sortable(resource))}."
    return resource.key, False, [Problem("unknown_sort", words, "sort")]


def _read_size(raw: str) -> tuple[int, list[Problem]]:
    if not raw:
        return SIZES[0], []
    if raw.isdecimal() and len(raw) < 9 and 1 <= int(raw) <= MAX_SIZE:  # noqa: PLR2004
        return int(raw), []
    return SIZES[0], [Problem("out_of_range", f"Size: use a number from 1 to {MAX_SIZE}.", "size")]


def _condition(resource: Resource, each: Filter) -> ColumnElement[bool]:
    return _along(resource.model, each.field.name, each)


def _along(model: Any, path: str, each: Filter) -> ColumnElement[bool]:
    """Put a condition to a row, or to any of the rows that a path leads to."""
    head, _, rest = path.partition(".")
    if rest:
        relation = inspect_model(model).relationships[head]
        inner = _along(relation.mapper.class_, rest, each)
        attribute = getattr(model, head)
        found: ColumnElement[bool] = attribute.any(inner) if relation.uselist else attribute.has(inner)
        return found
    return _holds(_filter_column(model, head, each.field), each)


def _holds(column: Any, each: Filter) -> ColumnElement[bool]:
    if each.operator == "empty":
        return column.is_(None) if each.values[0] else column.is_not(None)
    values = [value.id if hasattr(value, "__mapper__") else value for value in each.values]
    if each.operator in ("from", "to"):
        bound = values[0]
        return column >= bound if each.operator == "from" else column <= bound
    if each.operator == "has":
        return and_(*(column.icontains(value, autoescape=True) for value in values))
    if each.operator == "not":
        return or_(column.is_(None), column.not_in(values))
    if each.field.kind in ("text", "longtext"):
        return func.lower(column).in_([value.lower() for value in values])
    return column.in_(values)


def _filter_column(model: Any, name: str, each: Field) -> Any:
    if each.kind == "reference":
        return getattr(model, next(iter(inspect_model(model).relationships[name].local_columns)).key)
    return getattr(model, name)


def _key_is(resource: Resource, text: str, *, prefix: bool = False) -> ColumnElement[bool]:
    column = getattr(resource.model, resource.key)
    if column.type.python_type is not str:
        numeric = column.type.python_type is int and text.isdecimal() and len(text) < 10  # noqa: PLR2004
        return column == int(text) if numeric else column.is_(None)
    return column.istartswith(text, autoescape=True) if prefix else func.lower(column) == text.lower()


def _ordered(statement: Select[Any], resource: Resource, query: Query, *, backwards: bool) -> Select[Any]:
    down = query.descending != backwards
    column, identity = getattr(resource.model, _sorted_by(resource, query)), resource.model.id
    first = column.desc() if down else column.asc()
    if _nullable(resource, query):
        first = first.nulls_first() if backwards else first.nulls_last()
    return statement.order_by(first, identity.desc() if down else identity.asc())


def _beyond(resource: Resource, query: Query, cursor: tuple[Any, Any], *, backwards: bool) -> ColumnElement[bool]:
    value, identity = cursor
    column, id_column = getattr(resource.model, _sorted_by(resource, query)), resource.model.id
    down = query.descending != backwards
    later_id = id_column < identity if down else id_column > identity
    if not _nullable(resource, query):
        here, there = tuple_(column, id_column), tuple_(value, identity)
        return here < there if down else here > there
    if value is None:
        return and_(column.is_(None), later_id) if not backwards else or_(column.is_not(None), later_id)
    later = column < value if down else column > value
    beyond = or_(later, and_(column == value, later_id))
    return beyond if backwards else or_(beyond, column.is_(None))


def _nullable(resource: Resource, query: Query) -> bool:
    return bool(inspect_model(resource.model).columns[_sorted_by(resource, query)].nullable)


def _sorted_by(resource: Resource, query: Query) -> str:
    """Name the column that puts rows in order; documents that are numbered as they are entered stand in that of their ids.

    As text, PO-2026-100000 would come before PO-2026-99999.
    """
    is_numbered = resource.number is not None and query.sort == resource.key and resource.key not in resource.form
    return "id" if is_numbered else query.sort


def _cursor(resource: Resource, query: Query, row: Any) -> str:
    value = getattr(row, _sorted_by(resource, query))
    plain = value if isinstance(value, int | str | bool) or value is None else _cursor_text(value)
    return base64.urlsafe_b64encode(orjson.dumps([query.sort, plain, str(row.id)])).decode().rstrip("=")


def _cursor_text(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(getattr(value, "value", value))


def _cursor_values(resource: Resource, query: Query, cursor: str) -> tuple[Any, Any] | None:
    try:
        sort, value, identity = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if sort != query.sort:
            return None
        kind = inspect_model(resource.model).columns[_sorted_by(resource, query)].type.python_type
        id_kind = inspect_model(resource.model).columns["id"].type.python_type
        return _cursor_read(kind, value), id_kind(identity)
    except (ValueError, TypeError, ArithmeticError, binascii.Error, NotImplementedError):
        return None


def _cursor_read(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    if kind is Decimal:
        return Decimal(value)
    if kind in (int, bool) and isinstance(value, int):
        return value
    if not isinstance(value, str) or "\x00" in value:
        raise TypeError("not a cursor of this list")
    return value


def _currency(model: Any, each: Field) -> Any:
    """Give the column that holds the currency of an amount, or its code at the end of a chain of relations."""
    return at_end(model, (each.currency or "").split("."), "code")


def at_end(model: Any, path: Sequence[str], name: str) -> Any:
    """Give a column of the row at the end of a chain of relations, or of the row itself."""
    if not path:
        return getattr(model, name)
    relation = inspect_model(model).mapper.relationships.get(path[0])
    if relation is None:
        return getattr(model, path[0])
    target = aliased(relation.mapper.class_)
    local = getattr(model, next(iter(relation.local_columns)).key)
    return select(at_end(target, path[1:], name)).where(target.id == local).scalar_subquery()


@lru_cache
def _left_out(model: Any) -> tuple[Any, ...]:
    """Leave what is long and that no list shows, such as an invoice as it was read, to the page of the row."""
    columns = inspect_model(model).columns
    return tuple(defer(getattr(model, name)) for name, column in columns.items() if column.info.get("apart"))
