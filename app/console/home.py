"""The first page: what waits for its reader, what they worked on, and where to begin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_appbuilder.baseviews import BaseView
from sqlalchemy import func, select

from app.console import additions, addresses, gate, kept, shell, words
from app.console.additions import Columns, Ranking, Tile
from app.console.cells import Cell, state_of, title_of
from app.console.gate import Visit
from app.console.host import open_page
from app.console.lists import Empty
from app.console.shell import Page
from app.infra import scope
from app.infra.activity import Comment
from app.infra.audit import AuditEntry
from app.kernel.resource import registry

MOST, MOST_SHORTCUTS = 8, 6
_NOTHING_WAITS = Empty("done", "Nothing waits for you", "When somebody asks you with @ in a comment, it stands here.")
_NOTHING_DONE = Empty("first", "Nothing yet", "What you enter or change stands here, so that you find it again.")
WAITING_DAYS = 30
RECENT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that waits, or that was worked on."""

    title: str
    sub: str
    url: str
    icon: str = ""
    state: Cell | None = None
    age: str = ""
    age_tone: str = ""
    amount: Cell | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Things of one sort, and what is said where there are none."""

    title: str
    entries: tuple[Entry, ...]
    empty: Empty


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A place to begin."""

    label: str
    hint: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Home:
    """The first page as it is shown."""

    greeting: str
    sub: str
    waiting: Block
    recent: Block
    shortcuts: tuple[Shortcut, ...]
    figures: tuple[Tile, ...] = ()
    charts: tuple[Columns, ...] = ()
    rankings: tuple[Ranking, ...] = ()


class HomeView(BaseView):  # type: ignore[misc]
    """The first page."""

    route_base = ""
    default_view = "index"
    template_folder = None

    @open_page("/")
    def index(self) -> Any:
        """Show what waits and what was worked on."""
        visit = gate.visit()
        return shell.render("home.html", Page("Home", width="full"), home=build(visit))


def build(visit: Visit) -> Home:
    """Describe the first page of a person."""
    asked = (*additions.waiting(visit, MOST), *mentions(visit))[:MOST]
    said = additions.figures(visit)
    return Home(
        greeting=f"Good {_part_of_day(visit)}, {visit.actor.name.partition(' ')[0]}",
        sub=_of_when(visit),
        waiting=Block("Waits for you", asked, _NOTHING_WAITS),
        recent=Block("What you worked on", tuple(_recent(visit)), _NOTHING_DONE),
        shortcuts=tuple(_shortcuts(visit)),
        figures=said.tiles,
        charts=said.charts,
        rankings=said.rankings,
    )


def _of_when(visit: Visit) -> str:
    """Name the day, and the time of the figures where they are kept from a moment ago."""
    day, since = words.long_day(visit.context.today), kept.since(visit.context)
    return f"{day} · figures of {words.local(since, visit.zone):%H:%M}" if since else day


def mentions(visit: Visit, most: int = MOST) -> Iterator[Entry]:
    """List where people mentioned the reader lately, among what the reader may see."""
    session, since = visit.context.session, visit.context.now - timedelta(days=WAITING_DAYS)
    name = gate.account_name()
    statement = select(Comment).where(Comment.mentions.contains([name]), Comment.at >= since)
    said = list(session.scalars(statement.order_by(Comment.id.desc()).limit(3 * most)))
    rows = visible(visit, [(each.resource, each.row_id) for each in said])
    for each in [each for each in said if (each.resource, each.row_id) in rows][:most]:
        row = rows[each.resource, each.row_id]
        age = words.age(visit.context.now - each.at)
        yield Entry(
            str(row), f"{each.actor_name}: {each.text[:120]}", addresses.of_row(row) + "#activity", "message-2", age=age
        )


def _recent(visit: Visit) -> Iterator[Entry]:
    """List what the reader entered or changed last, as far as they still see it; not what followed from it by itself."""
    last = func.max(AuditEntry.at).label("at")
    statement = (
        scope.columns(AuditEntry.resource, AuditEntry.row_id, last, why="the reader's own acts")
        .where(AuditEntry.actor_id == visit.actor.id, AuditEntry.row_id.is_not(None))
        .where(AuditEntry.at >= visit.context.now - timedelta(days=RECENT_DAYS))
        .group_by(AuditEntry.resource, AuditEntry.row_id)
        .order_by(last.desc())
        .limit(3 * MOST)
    )
    found = visit.context.session.execute(statement).all()
    rows = visible(visit, [(name, row_id) for name, row_id, _ in found])
    for name, row_id, at in [each for each in found if (each[0], each[1]) in rows and registry[each[0]].form][:MOST]:
        row, resource = rows[name, row_id], registry[name]
        state = getattr(row, "state", None)
        mark = state_of(row, state.capitalize().replace("_", " ")) if state else None
        age = words.age(visit.context.now - at)
        title, key = title_of(resource, row), resource.key_of(row)
        yield Entry(
            title,
            resource.title[0] if title == key else f"{resource.title[0]} {key}",
            addresses.of_row(row),
            resource.icon,
            mark,
            age,
        )


def visible(visit: Visit, wanted: list[tuple[str, int]]) -> dict[tuple[str, int], Any]:
    """Load rows of any resource that the reader may see, one query for each resource."""
    by_resource: dict[str, set[int]] = {}
    for name, row_id in wanted:
        by_resource.setdefault(name, set()).add(row_id)
    found: dict[tuple[str, int], Any] = {}
    for name, ids in by_resource.items():
        resource = next((each for each in registry if each.name == name), None)
        if resource is not None and visit.actor.may(resource.permission("read")):
            statement = scope.select_rows(visit.context, resource).where(resource.model.id.in_(ids))
            found |= {(name, row.id): row for row in visit.context.session.scalars(statement)}
    return found


def _shortcuts(visit: Visit) -> Iterator[Shortcut]:
    """Offer to enter what people take part in; whoever has nothing of the kind begins with master data."""
    daily = [each for each in registry if shell.may_create(visit, each) and shell.is_daily(each)]
    shared = [each for each in daily if each.scope.parties]
    for resource in (shared or daily)[:MOST_SHORTCUTS]:
        label = f"New {words.lower_first(resource.title[0])}"
        yield Shortcut(label, resource.help, resource.icon, addresses.of_list(resource, "new"))


def _part_of_day(visit: Visit) -> str:
    hour = words.local(visit.context.now, visit.zone).hour
    return "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"  # noqa: PLR2004
