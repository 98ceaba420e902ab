"""What surrounds every page: menu, path, person, preferences, messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import current_app, get_flashed_messages, make_response, render_template, request
from flask_appbuilder.menu import MenuItem

from app.console import additions, addresses, gate, pages, words
from app.console.gate import Visit
from app.kernel.resource import Resource, registry

#: The groups of the menu in their order; a group that is not named here comes before Administration.
GROUPS = (
    "",
    "Inbox",
    "Buy",
    "Buying",
    "Pay",
    "Paying",
    "Suppliers",
    "Catalogue",
    "Master data",
    "Control",
    "Administration",
)
#: The letters after G that go to a page; the first resource that takes a letter has it.
LETTERS = {"home": "h"}
MOST_TABS = 4
LIVE_PATH = "/live"
TONES = {"message": "ok", "success": "ok", "info": "info", "warning": "warn", "danger": "bad"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu, of the tabs or of a person's own menu."""

    label: str
    icon: str
    url: str
    here: bool = False
    key: str = ""
    post: bool = False
    rule_before: bool = False
    count: int | None = None
    tone: str = ""
    count_url: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of the menu that belong together."""

    label: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the path to this page."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says about itself."""

    title: str
    crumbs: tuple[Crumb, ...] = ()
    back_url: str = ""
    width: str = "mid"
    phone_title: str = ""


@dataclass(frozen=True, slots=True)
class Flash:
    """A message that waited for the next page."""

    text: str
    tone: str = "ok"
    url: str = ""
    url_label: str = ""


@dataclass(frozen=True, slots=True)
class Shell:
    """Everything around a page."""

    company: str
    home_url: str
    menu: tuple[Group, ...]
    tabs: tuple[Entry, ...]
    primary: Entry | None
    person: dict[str, str]
    person_menu: tuple[Entry, ...]
    find_url: str
    mentions_url: str
    preferences_url: str
    live_url: str
    flashes: tuple[Flash, ...]
    theme: str
    density: str
    keys: bool
    language: str = "en"
    figures: dict[str, str] = field(default_factory=lambda: {"group": words.SPACE, "decimal": "."})


def render(template: str, page: Page, *, status: int = 200, notes: Sequence[Flash] = (), **values: Any) -> Any:
    """Draw a page inside its shell, or the page alone when only a part was asked for."""
    fragment = request.headers.get("HX-Request") == "true"
    drawn = render_template(template, shell=shell(gate.visit(), notes), page=page, fragment=fragment, **values)
    return make_response(drawn, status)


def shell(visit: Visit, notes: Sequence[Flash] = ()) -> Shell:
    """Put together what surrounds the pages of one person."""
    chosen = choices()
    groups = side_bar(visit)
    entries = [entry for group in groups for entry in group.entries if group.label != MASTER_DATA]
    return Shell(
        company=visit.organisation,
        home_url="/",
        menu=groups,
        tabs=tuple(entries[:MOST_TABS]),
        primary=primary(visit),
        person={"name": visit.actor.name, "detail": ", ".join(dict.fromkeys(g.role for g in visit.actor.grants))},
        person_menu=_person_menu(),
        find_url="/find",
        mentions_url="/mentions",
        preferences_url="/preferences",
        live_url=gate.live_origin() + LIVE_PATH,
        flashes=(*notes, *waiting_messages()),
        theme=chosen["theme"],
        density=chosen["density"],
        keys=chosen["keys"],
    )


def choices() -> dict[str, Any]:
    """Tell how the console should look to the person who asks."""
    kept = gate.chosen("console") or {}
    return {
        "theme": kept.get("theme", "auto"),
        "density": kept.get("density", "normal"),
        "keys": kept.get("keys", True),
    }


def menu(visit: Visit) -> tuple[Group, ...]:
    """List the pages this person may open, group by group, out of the host's menu; documents lead what they refer to."""
    documents = {each.name for each in registry if each.number is not None and each.number.yearly}
    groups = [
        Group(
            item.label if item.name != HOME else "",
            tuple(
                _counted(visit, _entry(child))
                for child in sorted(item.childs, key=lambda child: child.name not in documents)
                if child.should_render()
            ),
        )
        for item in sorted(current_app.appbuilder.menu.get_list(), key=_group_place)  # type: ignore[attr-defined]
    ]
    return tuple(group for group in groups if group.entries)


def side_bar(visit: Visit) -> tuple[Group, ...]:
    """Lead to what this person works with; master data that they only look up is found by Ctrl-K and where it is named."""
    looked_up = {
        addresses.of_list(each) for each in registry if each.menu == MASTER_DATA and not may_create(visit, each)
    }
    groups = (
        replace(group, entries=tuple(entry for entry in group.entries if entry.url not in looked_up))
        for group in menu(visit)
    )
    return tuple(group for group in groups if group.entries)


HOME, MASTER_DATA = "Home", "Master data"


def primary(visit: Visit) -> Entry | None:
    """Offer what people begin with on every page; where nothing is named, what is entered most, on the first page only."""
    begun = [registry[name] for name in additions.begun_with()]
    resource = next((each for each in begun if may_create(visit, each)), None)
    if resource is None and request.path == "/":
        resource = next((each for each in registry if is_daily(each) and may_create(visit, each)), None)
    if resource is None:
        return None
    return Entry(f"New {words.lower_first(resource.title[0])}", "plus", addresses.of_list(resource, "new"))


def may_create(visit: Visit, resource: Resource) -> bool:
    """Say whether this person may enter rows of a resource."""
    return bool(resource.form) and visit.actor.may(resource.permission("create"))


def is_daily(resource: Resource) -> bool:
    """Say whether people enter such rows often enough to begin there: it is searched for and goes through states."""
    return bool(resource.search and resource.states)


def crumbs(resource: Resource, *steps: Crumb) -> tuple[Crumb, ...]:
    """Write the path to a page of a resource."""
    first = Crumb(resource.title[1], addresses.of_list(resource) if steps else "")
    return (first, *steps)


def waiting_messages() -> list[Flash]:
    """Take the messages that waited for this page; a part of a page leaves them to the next whole one."""
    if request.headers.get("HX-Request") == "true":
        return []
    waiting: list[Any] = get_flashed_messages(with_categories=True)
    return [Flash(str(text), TONES.get(category, category)) for category, text in waiting]


def _entry(item: MenuItem) -> Entry:
    url = item.get_url()
    elsewhere = any(place.url == request.path for place in additions.places())
    here = request.path == url or (url != "/" and not elsewhere and request.path.startswith(f"{url}/"))
    return Entry(item.label, item.icon, url, here=here, key=getattr(item, "letter", ""))


def _counted(visit: Visit, entry: Entry) -> Entry:
    """Say how much waits at a page; a part of a page shows no menu, so nothing is counted for it."""
    place = next((each for each in additions.places() if each.url == entry.url), None)
    if place is None or request.headers.get("HX-Request") == "true":
        return entry
    return replace(entry, count=place.count(visit), tone="primary", count_url=place.count_url, topic=place.topic)


def _group_place(item: MenuItem) -> float:
    if item.name == HOME:
        return -1
    return GROUPS.index(item.name) if item.name in GROUPS else GROUPS.index("Control") - 0.5


def _person_menu() -> tuple[Entry, ...]:
    entries = [Entry("Preferences", "adjustments-horizontal", "/preferences")]
    entries += [Entry(*each) for each in pages.own()]
    return (*entries, Entry("Sign out", "arrow-back-up", "/sign-out", post=True, rule_before=True))
