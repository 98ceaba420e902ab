"""The list of a resource: its rows, views, filters, columns, sums, and what is done with several rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from flask import request

from app.console import additions, addresses, columns, filters, gate, shell, words
from app.console import views as saved
from app.console.cells import TITLES, Cell, Sight, cell, currency_of, linked, title_of
from app.console.columns import Chooser, Column
from app.console.filters import Chip, Editor, Option
from app.console.gate import Visit
from app.infra import listing, preferences
from app.infra.fields import Field, field
from app.infra.listing import Page, Query, Totals
from app.infra.preferences import SavedView
from app.kernel.problem import Problem
from app.kernel.resource import Resource

MOST_SUBS = 3
#: The address of the whole list; without it the list opens with the view that a person chose for that.
ALL = {"view": ["all"]}


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    label: str
    url: str
    tone: str = ""
    icon: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A row as a phone shows it."""

    title: str
    sub: str
    end: Cell | None = None
    mark: Cell | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list."""

    key: str
    label: str
    url: str
    cells: tuple[Cell | None, ...]
    card: Card
    selectable: bool = True
    amount: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A tab over the list."""

    label: str
    url: str
    here: bool = False
    count: int | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class OpenView:
    """The saved view that is shown now."""

    name: str
    changed: bool
    owned: bool
    save_url: str = ""
    delete_url: str = ""
    rename_url: str = ""
    role: str = ""
    first_url: str = ""
    is_first: bool = False
    reset_url: str = ""


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows a page may have."""

    text: str
    url: str
    here: bool


@dataclass(frozen=True, slots=True)
class Foot:
    """What stands under the rows: count and sums of the whole view, and the way to its other pages."""

    text: str
    sums: tuple[Cell, ...] = ()
    range: str = ""
    previous_url: str = ""
    next_url: str = ""
    sizes: tuple[Size, ...] = ()


@dataclass(frozen=True, slots=True)
class Empty:
    """What is said instead of rows: first use, or hidden by filters."""

    kind: str
    title: str
    text: str
    actions: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as its page shows it."""

    title: str
    one: str
    many: str
    url: str
    query: tuple[tuple[str, str], ...]
    views: tuple[View, ...]
    view: OpenView | None
    views_url: str
    roles: tuple[Option, ...]
    search: str
    chips: tuple[Chip, ...]
    clear_url: str
    filters: tuple[Editor, ...]
    columns: tuple[Column, ...]
    rows: tuple[Line, ...]
    bulk: tuple[Link, ...]
    total: int | None
    chooser: Chooser
    density: str
    foot: Foot
    export_urls: tuple[Link, ...]
    import_url: str
    add: Link | None
    empty: Empty | None
    here: str
    topic: str
    mark: str
    search_name: str = "q"


def build(visit: Visit, resource: Resource) -> tuple[Listing, list[Problem]]:
    """Answer the address of a list, with what in it was not understood."""
    query, problems = asked(visit, resource)
    fields = columns.shown(resource)
    page = listing.page(visit.context, resource, query, to_load(fields))
    totals = listing.totals(visit.context, resource, query, list(fields))
    sight = Sight(visit, fields.values(), page.rows)
    return _listing(visit, resource, query, fields, page, totals, sight), problems


def asked(visit: Visit, resource: Resource) -> tuple[Query, list[Problem]]:
    """Read from the address which rows are asked for."""
    return listing.parse(visit.context, resource, request.args.to_dict(flat=False))


def _listing(
    visit: Visit, resource: Resource, query: Query, fields: dict[str, Field], page: Page, totals: Totals, sight: Sight
) -> Listing:
    conditions = filters.conditions(sight, resource, query)
    kept = _address_args(query)
    views = preferences.views(visit.context, resource)
    link = link_column(resource, fields)
    return Listing(
        title=resource.title[1],
        one=words.lower_first(resource.title[0]),
        many=words.lower_first(resource.title[1]),
        url=addresses.of_list(resource),
        query=tuple((name, value) for name, values in kept.items() for value in values),
        views=_tabs(visit, resource, views),
        view=_open_view(visit, resource, views, kept),
        views_url=addresses.of_list(resource, "views"),
        roles=tuple(Option(role, role) for role in sorted({grant.role for grant in visit.actor.grants})),
        search=query.text,
        chips=conditions.chips,
        clear_url=addresses.of_list(resource, args=ALL),
        filters=conditions.editors,
        columns=columns.heads(resource, query, fields, link),
        rows=tuple(line(sight, resource, fields, row, link) for row in page.rows),
        bulk=_bulk(visit, resource),
        total=totals.count if totals.exact else None,
        chooser=columns.chooser(resource, fields),
        density=shell.choices()["density"],
        foot=_foot(resource, query, page, totals),
        export_urls=_exports(visit, resource, kept),
        import_url=_import_url(visit, resource),
        add=_add(visit, resource),
        empty=None if page.rows else _empty(visit, resource, query),
        here=gate.here(),
        topic=f"{resource.name}:",
        mark=_mark(resource, page, totals),
    )


def line(sight: Sight, resource: Resource, fields: dict[str, Field], row: Any, link: str) -> Line:
    """Write one row."""
    url = addresses.of_row(row)
    cells = {name: cell(sight, each, row) for name, each in fields.items()}
    cells[link] = linked(cells[link], url)
    amount = next((each for each in fields.values() if each.kind == "money"), None)
    value = amount.of(row) if amount else None
    return Line(
        key=resource.key_of(row),
        label=str(row),
        url=url,
        cells=tuple(cells.values()),
        card=_card(resource, fields, row, cells),
        amount=words.plain_number(value) if value is not None else "",
        currency=currency_of(amount, row) if amount and value is not None else "",
    )


def link_column(resource: Resource, fields: dict[str, Field]) -> str:
    """Choose the column whose cells lead to the rows: the one with their words, else the key."""
    named = [name for name in (*TITLES, resource.key) if name in fields]
    return named[0] if named else next(iter(fields))


def _card(resource: Resource, fields: dict[str, Field], row: Any, cells: dict[str, Cell | None]) -> Card:
    kinds = {name: each.kind for name, each in fields.items()}
    end = next((name for name, kind in kinds.items() if kind == "money" and cells[name]), "")
    mark = next((name for name, kind in kinds.items() if kind == "state"), "")
    title = title_of(resource, row)
    # A count says nothing without its heading.
    told = [found for name, found in cells.items() if name not in (end, mark) and kinds[name] != "integer"]
    texts = [found.text for found in told if found and found.text]
    rest = [text for text in texts if f" {text} " not in f" {title} "]  # what the title says is not said again
    return Card(title, " · ".join(rest[:MOST_SUBS]), cells.get(end), cells.get(mark))


def to_load(fields: dict[str, Field]) -> list[str]:
    """Name what is to be loaded with the rows: the columns, and where their currencies come from."""
    return [*fields, *(each.currency for each in fields.values() if each.currency)]


def _address_args(query: Query) -> dict[str, list[str]]:
    args = listing.written(query)
    for name in ("columns", "view"):
        if request.args.get(name):
            args[name] = [request.args[name]]
    return args


def _tabs(visit: Visit, resource: Resource, views: Sequence[SavedView]) -> tuple[View, ...]:
    opened = request.args.get("view", "")
    every = View("All", addresses.of_list(resource, args=ALL), here=opened == "all" or not request.query_string)
    offered = (View(view.label, view.url, here=opened == view.name) for view in additions.views_of(visit, resource))
    saved_ones = (View(view.name, _view_url(resource, view), here=opened == str(view.id)) for view in views)
    return (every, *offered, *saved_ones)


def _view_url(resource: Resource, view: SavedView) -> str:
    return addresses.of_list(resource, args={**parse_qs(view.query), "view": [str(view.id)]})


def _open_view(
    visit: Visit, resource: Resource, views: Sequence[SavedView], kept: dict[str, list[str]]
) -> OpenView | None:
    view = next((each for each in views if str(each.id) == request.args.get("view", "")), None)
    if view is None:
        return None
    changed = _asked(resource, kept) != _asked(resource, parse_qs(view.query))
    owned = view.user_id == visit.actor.id
    place = addresses.of_list(resource, "views", str(view.id))
    return OpenView(
        view.name,
        changed,
        owned,
        save_url=place if owned and changed else "",
        delete_url=f"{place}/remove" if owned else "",
        rename_url=f"{place}/rename" if owned else "",
        role=view.role or "",
        first_url=f"{place}/first",
        is_first=saved.is_first(resource, view.id),
        reset_url=_view_url(resource, view) if changed else "",
    )


def _asked(resource: Resource, args: dict[str, list[str]]) -> dict[str, list[str]]:
    """Give what an address asks for, leaving out what would be so anyway."""
    usual = {"sort": [resource.order or resource.key], "size": [str(listing.SIZES[0])]}
    return {name: values for name, values in args.items() if name != "view" and usual.get(name) != values}


def _bulk(visit: Visit, resource: Resource) -> tuple[Link, ...]:
    held = [command for command in resource.commands if visit.actor.may(resource.permission(command.name))]
    return tuple(
        Link(command.label, addresses.of_list(resource, "bulk", command.name), tone="bad" if command.danger else "")
        for command in held
    )


def _foot(resource: Resource, query: Query, page: Page, totals: Totals) -> Foot:
    one, many = (words.lower_first(title) for title in resource.title)
    counted = words.count(totals.count, one, many) if totals.exact else f"{words.number(totals.count)}+ {many}"
    is_first = not (query.after or query.before)
    shown = f"1\u2013{len(page.rows)}" if is_first and page.rows else ""
    return Foot(
        text=counted,
        sums=tuple(_sums(resource, totals)),
        range=shown if page.next or page.previous else "",
        previous_url=_page_url(resource, query, before=page.previous) if page.previous else "",
        next_url=_page_url(resource, query, after=page.next) if page.next else "",
        sizes=tuple(
            Size(str(size), _page_url(resource, query, size=str(size)), size == query.size) for size in listing.SIZES
        ),
    )


def _sums(resource: Resource, totals: Totals) -> Iterator[Cell]:
    """Write the sums of columns; where several columns are added up, each is called by its name."""
    for name, sums in totals.sums.items():
        label = words.lower_first(field(resource.model, name).label) if len(totals.sums) > 1 else ""
        for currency, total in sorted(sums.items()):
            if total or not any(sums.values()):
                yield Cell("money", words.amount(total, currency), currency=currency, label=label)
                label = ""


def _page_url(resource: Resource, query: Query, **changes: str) -> str:
    args = {**_address_args(query), **{name: [value] for name, value in changes.items()}}
    return addresses.of_list(resource, args=args)


def _exports(visit: Visit, resource: Resource, kept: dict[str, list[str]]) -> tuple[Link, ...]:
    if not visit.actor.may(resource.permission("export")):
        return ()
    return (
        Link("This view as an Excel workbook", addresses.of_list(resource, "xlsx", args=kept)),
        Link("This view as CSV", addresses.of_list(resource, "csv", args=kept)),
    )


def _mark(resource: Resource, page: Page, totals: Totals) -> str:
    """Sum up what a list shows, so that an open page can tell whether it would look different now."""
    rows = [(resource.key_of(row), getattr(row, "version", None)) for row in page.rows]
    sums = sorted((name, *sum_) for name, by_currency in totals.sums.items() for sum_ in by_currency.items())
    return hashlib.blake2b(repr((rows, totals.count, sums)).encode(), digest_size=8).hexdigest()


def _import_url(visit: Visit, resource: Resource) -> str:
    may = bool(resource.form) and visit.actor.may(resource.permission("import"))
    return addresses.of_list(resource, "import") if may else ""


def _add(visit: Visit, resource: Resource) -> Link | None:
    if not shell.may_create(visit, resource):
        return None
    return Link(f"New {words.lower_first(resource.title[0])}", addresses.of_list(resource, "new"), icon="plus")


def _empty(visit: Visit, resource: Resource, query: Query) -> Empty:
    many = words.lower_first(resource.title[1])
    if query.text or query.filters or query.after or query.before:
        everything = Link(f"Show all {many}", addresses.of_list(resource, args=ALL), primary=True)
        what = "the search" if query.text and not query.filters else "or remove a filter"
        return Empty("filtered", f"No {many} match", f"Change {what} to see more.", (everything,))
    add = _add(visit, resource)
    actions = (Link(add.label, add.url, primary=True),) if add else ()
    return Empty("first", f"No {many} yet", resource.help or f"Here you will find all {many}.", actions)
