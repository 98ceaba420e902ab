"""Figures over the rows of a list: declared once by slices, read by pages, REST and exports.

A figure is summed over the very selection its list shows: the same scope, the same reading of the address. So
whoever opens a figure sees the rows that make it, and they add up to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Date as DateColumn
from sqlalchemy import Integer, case, cast, func, literal, select, type_coerce
from sqlalchemy import inspect as inspect_model

from app.infra import listing, scope
from app.infra.fields import field as describe
from app.infra.prepared import BY_VALUE
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource, registry

Args = Mapping[str, Sequence[str]]
_OWN_WORDS = ("by", "fields", "expand")
_OF_ENTITY = "entity."
_LISTS_ONLY = ("sort", "after", "before", "size", "columns", "view")


@dataclass(frozen=True, slots=True)
class Grouping:
    """What figures may be told apart by: a relation, a day by its months, or a text or choice as it stands.

    With `late` a day is told apart by how long it has passed: up to so many days each, and more. `by` is what the
    address calls it, where the name alone is not enough.
    """

    name: str
    label: str
    late: tuple[int, ...] = ()
    by: str = ""

    @property
    def key(self) -> str:
        """Tell what stands for it in an address."""
        return self.by or self.name


@dataclass(frozen=True, slots=True)
class Measure:
    """An amount that is summed, as a column of the resource or an expression over one row of it; or else averaged."""

    name: str
    label: str
    column: Callable[[], Any]
    tone: str = "actual"
    how: str = "sum"


@dataclass(frozen=True)
class Report:
    """One report: over which rows, which amounts, told apart by what; `always` are conditions of its lists.

    `currency` is the path from a row to the currency of its amounts, empty where it measures no money; in a `stacked`
    report the last measure is the whole that the others are parts of. With `parts`, child rows are added up, and what
    opens are the documents they stand in.
    """

    name: str
    title: str
    help: str
    resource: str
    measures: tuple[Measure, ...]
    groupings: tuple[Grouping, ...]
    always: Mapping[str, str] = field(default_factory=dict)
    currency: str = "entity.base_currency"
    parts: str = ""
    stacked: bool = False
    filters: tuple[str, ...] = ()
    icon: str = "chart-bar"

    def grouping(self, name: str) -> Grouping | None:
        """Find what figures are told apart by; the first where nothing is said."""
        return self.groupings[0] if not name else next((each for each in self.groupings if each.key == name), None)


@dataclass(frozen=True, slots=True)
class Figure:
    """The amounts of one group in one currency, over how many rows, and the list that shows them.

    `args` is None where the group is about something the reader may not see.
    """

    key: str
    label: str
    currency: str
    count: int
    amounts: tuple[Decimal, ...]
    args: Mapping[str, Sequence[str]] | None


@dataclass(frozen=True, slots=True)
class Figures:
    """A report as it stands for one reader: its groups, and the whole in each currency and over how many rows.

    Of `groups` in all, those are in `rows` that were asked for.
    """

    report: Report
    grouping: Grouping
    args: Mapping[str, Sequence[str]]
    rows: tuple[Figure, ...]
    totals: Mapping[str, tuple[Decimal, ...]]
    counts: Mapping[str, int]
    groups: int


_reports: dict[str, Report] = {}


def declare(report: Report) -> Report:
    """Enter a report; a name that does not exist stops the start."""
    resource = registry[report.resource]
    for name in (*(each.name for each in report.groupings), *report.always):
        path = name.rpartition(".")[0] if name.rpartition(".")[2] in listing.OPERATORS else name
        if "." in path:
            listing.filter_by_part(resource, path)
    known = listing.filter_fields(resource)
    wrong = [
        name for name in (*report.always, *report.filters) if name.rpartition(".")[0] not in known and name not in known
    ]
    wrong += [each.name for each in report.groupings if each.name not in known]
    if report.name in _reports or wrong:
        raise ValueError(f"report {report.name}: it is taken, or {', '.join(wrong)} cannot be filtered by")
    _reports[report.name] = report
    return report


def reports() -> Iterator[Report]:
    """List all reports."""
    return iter(_reports.values())


def report_at(context: Context, name: str) -> Report:
    """Find a report whose rows the reader may see."""
    report = _reports.get(name)
    if report is None:
        words = f"There is no report {name[:60]}. There are: {', '.join(_reports)}."
        raise Refused(Kind.MISSING, Problem("not_found", words))
    if not may_read(context, report):
        words = (
            f"Your roles do not allow you to see {registry[report.resource].title[1].lower()}. Ask an administrator."
        )
        raise Refused(Kind.FORBIDDEN, Problem("forbidden", words))
    return report


def may_read(context: Context, report: Report) -> bool:
    """Say whether the reader may see rows of what a report is about."""
    return context.actor.may(registry[report.resource].permission("read"))


def compute(context: Context, report: Report, args: Args, most: int | None = None) -> Figures:
    """Add up the rows the reader may see and the address asks for, in one statement; name all groups, or `most` in each currency."""
    resource = registry[report.resource]
    grouping = report.grouping((args.get("by") or [""])[-1])
    if grouping is None:
        words = f"Group by one of {', '.join(each.key for each in report.groupings)}."
        raise Refused(Kind.INVALID, Problem("unknown_choice", words, "by"))
    asked, listed, query = _read(context, report, args)
    gathered = _gathered(context, resource, report, grouping, query)
    found = _sums(context, resource, report, grouping, gathered)
    named, counts, groups = [], Counter[str](), Counter[str]()
    for row in found:
        counts[row.currency] += row.count
        groups[row.currency] += 1
        if most is None or groups[row.currency] <= most:
            named.append(row)
    labels = _Labels(context, resource, grouping, named)
    rows = tuple(labels.figure(row, listed, several=len(groups) > 1) for row in named)
    return Figures(report, grouping, asked, rows, _totals(context, report, gathered, found), counts, len(found))


@dataclass(frozen=True, slots=True)
class Whole:
    """What a report comes to in one currency, over how many rows."""

    currency: str
    count: int
    amounts: tuple[Decimal, ...]


def total(context: Context, report: Report, args: Args) -> tuple[list[Whole], Args]:
    """Add up a report as a whole, the currency of most rows first; and say which list shows the rows."""
    _, listed, query = _read(context, report, args)
    gathered = _gathered(context, registry[report.resource], report, None, query)
    count = func.sum(gathered.c.rows)
    statement = select(gathered.c.currency, count, *_amounts(report, gathered)).group_by(gathered.c.currency)
    told = context.session.execute(
        statement.order_by(count.desc(), gathered.c.currency).execution_options(scoped=True, **BY_VALUE)
    )
    return [Whole(code, int(rows), tuple(Decimal(amount) for amount in rest)) for code, rows, *rest in told], listed


def _read(
    context: Context, report: Report, args: Args
) -> tuple[dict[str, list[str]], dict[str, list[str]], listing.Query]:
    """Read what is asked of a report, and what is asked of the list behind it."""
    asked = {name: list(values) for name, values in args.items() if name not in (*_OWN_WORDS, *_LISTS_ONLY)}
    listed = {**asked, **{name: [value] for name, value in report.always.items()}}
    query, problems = listing.parse(context, registry[report.resource], listed)
    if problems:
        raise Refused(Kind.INVALID, problems)
    return asked, listed, query


@dataclass(frozen=True, slots=True)
class _Sum:
    group: Any
    shown: str | None
    currency: str
    entities: list[int]
    count: int
    amounts: tuple[Decimal, ...]


def _rows(context: Context, resource: Resource, report: Report, grouping: Grouping | None, query: listing.Query) -> Any:
    """Select what is added up: the rows of the list, or their parts, each with its group, entity and amounts."""
    model = resource.model
    statement = listing.select_matching(context, resource, query)
    if report.parts:
        statement = statement.join(getattr(model, report.parts))
    column = _column(resource, report, grouping) if grouping else literal(None)
    own = "" if _is_of_entity(report) else report.currency
    return statement.with_only_columns(
        model.id.label("row"),
        (_group(context, resource, grouping, column) if grouping else column).label("group_"),
        column.label("shown"),
        (listing.at_end(model, own.split("."), "code") if own else literal("")).label("currency"),
        model.entity_id.label("entity"),
        *(measure.column().label(f"m{at}") for at, measure in enumerate(report.measures)),
    ).subquery()


def _is_of_entity(report: Report) -> bool:
    return report.currency.startswith(_OF_ENTITY)


def _gathered(
    context: Context, resource: Resource, report: Report, grouping: Grouping | None, query: listing.Query
) -> Any:
    """Add up rows by group and entity; what is left is little, and is told apart by currency then.

    So the currency of an entity is looked up for each of its groups, not for each row.
    """
    rows = _rows(context, resource, report, grouping, query)
    names = [rows.c.group_, rows.c.currency, rows.c.entity]
    is_text = grouping is not None and describe(resource.model, grouping.name).kind == "text"
    summed = (
        select(
            *names,
            (func.min(rows.c.shown) if is_text else rows.c.group_).label("shown"),
            func.count(func.distinct(rows.c.row) if report.parts else rows.c.row).label("rows"),
            *(each for at, measure in enumerate(report.measures) for each in _parts(measure, rows, at)),
        )
        .group_by(*names)
        .subquery()
    )
    if not _is_of_entity(report):
        return summed
    entity = inspect_model(resource.model).relationships["entity"].mapper.class_
    code = listing.at_end(entity, report.currency.removeprefix(_OF_ENTITY).split("."), "code")
    of_entity = select(code).where(entity.id == summed.c.entity).scalar_subquery()
    kept = [column for column in summed.c if column.key != "currency"]
    return select(*kept, of_entity.label("currency")).subquery()


def _parts(measure: Measure, rows: Any, at: int) -> list[Any]:
    """Give what a measure is made of, so that it can be told of several groups together."""
    column = rows.c[f"m{at}"]
    if measure.how == "avg":
        return [func.sum(column).label(f"m{at}"), func.count(column).label(f"n{at}")]
    return [getattr(func, measure.how)(column).label(f"m{at}")]


def _group(context: Context, resource: Resource, grouping: Grouping, column: Any) -> Any:
    """Bring values that are told together to one: a month, how many days have passed, a text whatever its case."""
    kind = describe(resource.model, grouping.name).kind
    if grouping.late:
        days = type_coerce(literal(context.today, DateColumn).op("-")(column), Integer)
        steps = [(days <= most, at) for at, most in enumerate(grouping.late)]
        return case((column.is_(None), None), *steps, else_=len(grouping.late))
    if kind == "date":
        return cast(func.date_trunc("month", column), DateColumn)
    return func.lower(column) if kind == "text" else column


def _sums(context: Context, resource: Resource, report: Report, grouping: Grouping, gathered: Any) -> list[_Sum]:
    """Tell the selection by group and currency: one currency after the other, that of most rows first.

    Within a currency the largest come first, months and days late in their order; amounts of two are not compared.
    """
    kind = describe(resource.model, grouping.name).kind
    names = [gathered.c.group_, gathered.c.currency]
    amounts = _amounts(report, gathered)
    entities = func.array_agg(func.distinct(gathered.c.entity))
    statement = (
        select(*names, func.min(gathered.c.shown), entities, func.sum(gathered.c.rows), *amounts)
        .group_by(*names)
        .order_by(gathered.c.group_ if kind == "date" else amounts[0].desc(), *names)
        .execution_options(scoped=True, **BY_VALUE)
    )
    found = [
        _Sum(
            key,
            told,
            code,
            [each for each in entities if each is not None],
            int(count),
            tuple(Decimal(a) for a in rest),
        )
        for key, code, told, entities, count, *rest in context.session.execute(statement)
    ]
    counts = Counter[str]()
    for row in found:
        counts[row.currency] += row.count
    return sorted(found, key=lambda row: (-counts[row.currency], row.currency))


def _amounts(report: Report, gathered: Any) -> list[Any]:
    return [func.coalesce(_amount(measure, gathered, at), 0) for at, measure in enumerate(report.measures)]


def _amount(measure: Measure, gathered: Any, at: int) -> Any:
    column = gathered.c[f"m{at}"]
    if measure.how == "avg":
        return func.round(func.sum(column) / func.nullif(func.sum(gathered.c[f"n{at}"]), 0), 2)
    return func.sum(column) if measure.how == "sum" else func.round(getattr(func, measure.how)(column), 2)


def _totals(context: Context, report: Report, gathered: Any, found: Sequence[_Sum]) -> dict[str, tuple[Decimal, ...]]:
    """Give the whole in each currency; what is averaged is averaged over all rows, not over groups."""
    if any(measure.how != "sum" for measure in report.measures) and found:
        whole = select(gathered.c.currency, *_amounts(report, gathered)).group_by(gathered.c.currency)
        told = context.session.execute(whole.execution_options(scoped=True, **BY_VALUE))
        return {code: tuple(Decimal(amount) for amount in rest) for code, *rest in told}
    totals: dict[str, tuple[Decimal, ...]] = {}
    for row in found:
        before = totals.get(row.currency, (Decimal(0),) * len(report.measures))
        totals[row.currency] = tuple(one + other for one, other in zip(before, row.amounts, strict=True))
    return totals


def _column(resource: Resource, report: Report, grouping: Grouping) -> Any:
    """Give the column of a row, or of a part of it, that it is told apart by."""
    model, path = resource.model, grouping.name.split(".")
    if path[0] == report.parts:
        model, path = inspect_model(model).relationships[path[0]].mapper.class_, path[1:]
    at_end = model
    for step in path[:-1]:
        at_end = inspect_model(at_end).relationships[step].mapper.class_
    relation = inspect_model(at_end).relationships.get(path[-1])
    name = next(iter(relation.local_columns)).key if relation is not None else path[-1]
    return listing.at_end(model, path[:-1], name)


class _Labels:
    """Names the groups of a report for one reader, and the lists behind them; what is out of reach stays unnamed."""

    def __init__(self, context: Context, resource: Resource, grouping: Grouping, found: Sequence[_Sum]) -> None:
        self.grouping, self.kind, self.today = grouping, describe(resource.model, grouping.name), context.today
        target = registry[self.kind.target] if self.kind.kind == "reference" and self.kind.target else None
        self.rows = _seen(context, target, {row.group for row in found}) if target else {}
        self.target = target
        entities = {entity for row in found for entity in row.entities}
        self.entities = _seen(context, registry["entity"], entities)

    def figure(self, row: _Sum, listed: Args, *, several: bool) -> Figure:
        """Name one group."""
        label, key, own = self._named(row, listed)
        args = None if own is None else {**listed, **own}
        if args is not None and several and "entity" not in args:
            seen = [self.entities[each].code for each in row.entities if each in self.entities]
            args = {**args, "entity": [",".join(sorted(seen))]} if len(seen) == len(row.entities) else None
        return Figure(key, label, row.currency, row.count, row.amounts, args)

    def _named(self, row: _Sum, listed: Args) -> tuple[str, str, dict[str, list[str]] | None]:
        name = self.grouping.name
        if row.group is None:
            return "Not stated", "", {f"{name}.empty": ["yes"]}
        if isinstance(row.group, date):
            last_day = (row.group.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            return f"{row.group:%Y-%m}", f"{row.group:%Y-%m}", _within(row.group, last_day, name, listed)
        if self.grouping.late:
            return self._late(row.group, listed)
        if self.target is not None:
            other = self.rows.get(row.group)
            if other is None:
                return "Out of your reach", "", None
            return str(other), self.target.key_of(other), {name: [self.target.key_of(other)]}
        value = str(getattr(row.group, "value", row.group))
        words = dict(self.kind.choices).get(value, row.shown or value)
        return str(words), value, {name: [str(row.shown or value) if self.kind.kind == "text" else value]}

    def _late(self, at: int, listed: Args) -> tuple[str, str, dict[str, list[str]]]:
        """Name days that have passed for so long, and the days they are."""
        bounds = self.grouping.late
        least = bounds[at - 1] + 1 if at else None
        most = bounds[at] if at < len(bounds) else None
        label = (
            "Not due yet" if least is None else f"{least} to {most} days late" if most else f"{least} days late or more"
        )
        first = self.today - timedelta(days=most) if most is not None else None
        last = self.today - timedelta(days=least) if least is not None else None
        return label, str(least or 0), _within(first, last, self.grouping.name, listed)


def _seen(context: Context, target: Resource | None, ids: set[Any]) -> dict[Any, Any]:
    """Find the rows among these that the reader may see."""
    wanted = sorted(each for each in ids if each is not None)
    if target is None or not wanted or not context.actor.may(target.permission("read")):
        return {}
    rows = context.session.scalars(scope.select_rows(context, target).where(target.model.id.in_(wanted)))
    return {row.id: row for row in rows}


def _within(first: date | None, last: date | None, name: str, listed: Args) -> dict[str, list[str]]:
    """Ask a list for days, no further than the report itself reaches."""
    asked = {end: (listed.get(f"{name}.{end}") or [""])[-1] for end in ("from", "to")}
    from_ = max(filter(None, (first.isoformat() if first else "", asked["from"])), default="")
    to = min(filter(None, (last.isoformat() if last else "", asked["to"])), default="")
    return {f"{name}.{end}": [day] for end, day in (("from", from_), ("to", to)) if day}


def check_export(context: Context, report: Report) -> None:
    """Refuse to give a report as a file to whoever may not take its rows out."""
    permission = registry[report.resource].permission("export")
    if not context.actor.may(permission):
        words = "Your roles do not allow you to export these rows. Ask an administrator."
        raise Refused(Kind.FORBIDDEN, Problem("forbidden", words, None, {"permission": permission}))


def as_table(found: Figures) -> tuple[list[str], Iterator[list[Any]]]:
    """Give a report as headings and lines of a file."""
    headings = [found.grouping.label, "Key", "Rows", "Currency", *(each.label for each in found.report.measures)]
    return headings, ([row.label, row.key, row.count, row.currency, *row.amounts] for row in found.rows)
