"""What slices add to pages that are made for every resource: to the menu, to the first page, to the page of a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.kernel.resource import Resource

if TYPE_CHECKING:
    from app.console.actions import Action
    from app.console.gate import Visit
    from app.console.home import Entry


@dataclass(frozen=True, slots=True)
class Place:
    """A page that leads the menu, with what waits there; `topic` is what an open page listens to for a new count."""

    name: str
    label: str
    icon: str
    url: str
    letter: str
    may_open: Callable[[], bool]
    count: Callable[[Visit], int]
    count_url: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class OfferedView:
    """A view of a list that a slice offers to everybody; its address says `view=name`."""

    name: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Band:
    """What the reader is asked to do with a row now: `Your decision is needed` and in which quality, with buttons."""

    lead: str
    quality: str
    text: str
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """On whom a row waits, where it does not wait for the reader."""

    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain."""

    title: str
    who: str
    state: str
    why: str = ""
    when: str = ""
    icon: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """A card beside a row: who was, is and will be asked."""

    title: str
    steps: tuple[Step, ...]
    url: str = ""
    url_label: str = ""
    kind: str = "chain"


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a bar: how much, how it is written, its colour (`actual`, `commit`, `this`, `over`, `left`), its rows."""

    label: str
    value: Decimal
    text: str
    tone: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A card beside a row: what an amount is made of, each part with the way to the rows that make it."""

    title: str
    total: Decimal
    shares: tuple[Share, ...]
    note: str = ""
    url: str = ""
    url_label: str = ""
    kind: str = "bar"


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure that leads a page, with the way to the rows that make it."""

    label: str
    text: str
    url: str
    unit: str = ""
    hint: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a chart: what stands below it and what it is called, how high, how it is written, and its rows."""

    short: str
    label: str
    value: Decimal
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """A card with a chart of columns of one currency, each with the way to the rows that make it."""

    title: str
    columns: tuple[Column, ...]
    note: str = ""
    url: str = ""
    url_label: str = ""
    kind: str = "columns"


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a ranking: who, how much, which part of the whole, and its rows."""

    label: str
    text: str
    part: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """A card with the largest of something."""

    title: str
    entries: tuple[Ranked, ...]
    note: str = ""
    url: str = ""
    url_label: str = ""


@dataclass(frozen=True, slots=True)
class Addition:
    """What a slice says on the page of a row; the commands named in `taken` have their buttons in the band."""

    band: Band | None = None
    waiting: Waiting | None = None
    rail: tuple[Chain | Bar | Columns, ...] = ()
    taken: tuple[str, ...] = ()
    tiles: tuple[Tile, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a slice says in figures on the first page."""

    tiles: tuple[Tile, ...] = ()
    charts: tuple[Columns, ...] = ()
    rankings: tuple[Ranking, ...] = ()


NOTHING = Addition()
OfRow = Callable[["Visit", Resource, Any], Addition]
OfFigures = Callable[["Visit"], Figures]
Waits = Callable[["Visit", int], "Iterable[Entry]"]
OfViews = Callable[["Visit"], "list[OfferedView]"]
_places: list[Place] = []
_views: dict[str, OfViews] = {}
_begun_with: list[str] = []
_of_rows: list[OfRow] = []
_waits: list[Waits] = []
_figures: list[OfFigures] = []


def lead_menu(place: Place) -> None:
    """Put a page before all others in the menu and in the tabs of the phone."""
    _places.append(place)


def places() -> list[Place]:
    """List the pages that lead the menu."""
    return list(_places)


def offer_views(resource: str, views: OfViews) -> None:
    """Let a slice offer views of its list."""
    _views[resource] = views


def views_of(visit: Visit, resource: Resource) -> list[OfferedView]:
    """List the views a slice offers of its list to this reader."""
    return _views[resource.name](visit) if resource.name in _views else []


def begin_with(resource: str) -> None:
    """Make a new row of a resource the main button of the console, for whoever may enter one."""
    _begun_with.append(resource)


def begun_with() -> list[str]:
    """Name what people enter first of all."""
    return list(_begun_with)


def to_row(say: OfRow) -> None:
    """Let a slice say something on the page of every row."""
    _of_rows.append(say)


def of_row(visit: Visit, resource: Resource, row: Any) -> Addition:
    """Gather what slices say about a row."""
    said = [say(visit, resource, row) for say in _of_rows]
    return Addition(
        band=next((each.band for each in said if each.band), None),
        waiting=next((each.waiting for each in said if each.waiting), None),
        rail=tuple(card for each in said for card in each.rail),
        taken=tuple(name for each in said for name in each.taken),
        tiles=tuple(tile for each in said for tile in each.tiles),
    )


def to_home(waits: Waits) -> None:
    """Let a slice list on the first page what waits for its reader."""
    _waits.append(waits)


def waiting(visit: Visit, most: int) -> list[Entry]:
    """List what waits for the reader, the most urgent first."""
    return [entry for each in _waits for entry in each(visit, most)][:most]


def lead_home(say: OfFigures) -> None:
    """Let a slice lead the first page with figures."""
    _figures.append(say)


def figures(visit: Visit) -> Figures:
    """Gather the figures that lead the first page of the reader."""
    said = [say(visit) for say in _figures]
    return Figures(
        tuple(tile for each in said for tile in each.tiles),
        tuple(chart for each in said for chart in each.charts),
        tuple(ranking for each in said for ranking in each.rankings),
    )
