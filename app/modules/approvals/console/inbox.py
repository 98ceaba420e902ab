"""The inbox: what waits for its reader across all kinds of documents, with what each is about beside it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from flask import redirect, request
from flask_appbuilder.baseviews import BaseView
from markupsafe import Markup

from app.console import addresses, gate, home, previews, shell, shows, words
from app.console.actions import Action
from app.console.cells import Cell, Sight, cell, title_of
from app.console.forms import Hidden
from app.console.gate import Visit
from app.console.host import open_page
from app.console.lists import Empty, Link, View
from app.console.shell import Crumb, Page
from app.console.shows import Fact
from app.infra import unit
from app.infra.fields import fields_of
from app.kernel.command import Command
from app.kernel.problem import Problem
from app.modules.approvals.console import courses, deciding, items, several, waits
from app.modules.approvals.console import why as explanation
from app.modules.approvals.console.deciding import ACTS, INBOX
from app.modules.approvals.console.items import Item
from app.modules.approvals.console.waits import Asked, Paper
from app.modules.approvals.models import Approval

TEMPLATES = str(Path(__file__).parents[1] / "templates")
MOST_SHOWN = 100
MOST_MENTIONS = 50
_TABS = {"decide": "To decide", "mentions": "Mentions", "sent": "Sent on", "done": "Done"}
_EMPTY = {
    "decide": Empty("done", "Nothing waits for you", "When somebody needs your decision, it stands here."),
    "mentions": Empty("done", "Nobody asked you", "When somebody names you with @ in a comment, it stands here."),
    "sent": Empty("done", "Nothing of yours waits for others", "What you submit stands here until it is decided."),
    "done": Empty("first", "Nothing decided yet", "What you decide stands here, so that you find it again."),
}


@dataclass(frozen=True, slots=True)
class Asking:
    """How the inbox is looked at: which tab, in which order, and on which line one stands."""

    tab: str
    sort: str
    at: str

    def url(self, **changes: str) -> str:
        """Give the address of the inbox looked at like this, or a little otherwise."""
        args = {"tab": self.tab, "sort": self.sort, "at": self.at, **changes}
        usual = {"tab": "decide", "sort": "urgent", "at": ""}
        kept = {name: value for name, value in args.items() if value != usual[name]}
        return f"{INBOX}?{urlencode(kept)}" if kept else INBOX


@dataclass(frozen=True, slots=True)
class Aside:
    """A document beside the list or on a page of its own, with what the reader can decide about it."""

    key: str
    title: str
    state: Cell | None
    url: str
    document_url: str
    facts: tuple[Fact, ...]
    body: Markup
    chain: tuple[Any, ...] = ()
    why_url: str = ""
    quality: str = ""
    after: str = ""
    waiting: str = ""
    amount: Cell | None = None
    who: str = ""
    requester: str = ""
    age: str = ""
    age_tone: str = ""
    place: str = ""
    approve_url: str = ""
    hidden: tuple[Hidden, ...] = ()
    actions: tuple[Action, ...] = ()
    more: tuple[Action, ...] = ()
    disabled: str = ""


@dataclass(frozen=True, slots=True)
class Inbox:
    """The inbox as its page shows it."""

    tabs: tuple[View, ...]
    entries: tuple[Item, ...]
    sum: str
    sorts: tuple[Link, ...]
    sorted_by: str
    selectable: bool
    here: str
    mark: str
    empty: Empty
    aside: Aside | None = None
    more: str = ""


class InboxView(BaseView):  # type: ignore[misc]
    """What waits for the reader, and the decisions that are made there."""

    route_base = INBOX
    default_view = "inbox"
    template_folder = TEMPLATES

    @open_page("")
    def inbox(self) -> Any:
        """Show what waits."""
        visit, asking = gate.visit(), _asking()
        shown = build(visit, asking)
        tab = _TABS[asking.tab]
        return shell.render("inbox.html", Page("Inbox", (Crumb("Inbox", INBOX), Crumb(tab)), width="full"), inbox=shown)

    @open_page("/count")
    def count(self) -> Any:
        """Tell how much waits, for the menu."""
        return shell.render("_inbox_count.html", Page("Inbox"), count=waits.count(gate.visit()))

    @open_page("/bulk/<act>", "POST")
    def several(self, act: str) -> Any:
        """Approve, send back or reject several documents at once."""
        return several.decide(gate.visit(), act)

    @open_page("/<plural>/<path:key>")
    def paper(self, plural: str, key: str) -> Any:
        """Show one document: beside the list, or to decide on a page of its own."""
        visit, asking, resource = gate.visit(), _asking(), deciding.kind_of(plural)
        paper = Paper(resource, shows.load(visit, resource, key))
        beside = request.headers.get("HX-Request") == "true"
        queue = items.to_decide(visit, waits.asked(visit), asking.sort)
        aside = _aside(visit, paper, queue, asking, beside=beside)
        if beside:
            return shell.render("_inbox_aside.html", Page(aside.title), aside=aside)
        if not aside.quality:
            return redirect(addresses.of_row(paper.row))
        page = Page(
            f"Decide: {aside.title}", (Crumb("Inbox", INBOX), Crumb(aside.key)), asking.url(), "narrow", aside.place
        )
        return shell.render("decide.html", page, aside=aside)

    @open_page("/<plural>/<path:key>/<any(approve,request_changes,reject):act>")
    def ask(self, plural: str, key: str, act: str) -> Any:
        """Ask for the reason of a decision."""
        return deciding.ask(gate.visit(), deciding.kind_of(plural), key, act)

    @open_page("/<plural>/<path:key>/<any(approve,request_changes,reject):act>", "POST")
    def decide(self, plural: str, key: str, act: str) -> Any:
        """Decide."""
        return deciding.decide(gate.visit(), deciding.kind_of(plural), key, act)

    @open_page("/<plural>/<path:key>/why")
    def why(self, plural: str, key: str) -> Any:
        """Explain why these people decide."""
        return explanation.page(gate.visit(), deciding.kind_of(plural), key)

    @open_page("/<plural>/<path:key>/hand-over")
    def ask_to_hand_over(self, plural: str, key: str) -> Any:
        """Ask who decides instead."""
        return deciding.ask_to_hand_over(gate.visit(), deciding.kind_of(plural), key)

    @open_page("/<plural>/<path:key>/hand-over", "POST")
    def hand_over(self, plural: str, key: str) -> Any:
        """Let somebody else decide."""
        return deciding.hand_over(gate.visit(), deciding.kind_of(plural), key)


def build(visit: Visit, asking: Asking) -> Inbox:
    """Describe the inbox."""
    asked = waits.asked(visit)
    queue = items.to_decide(visit, asked, asking.sort)
    entries = [entry for entry, _ in queue] if asking.tab == "decide" else _entries(visit, asking.tab)
    shown = entries[:MOST_SHOWN]
    here = next((entry for entry in shown if entry.number == asking.at), shown[0] if shown else None)
    marked = tuple(
        replace(
            entry,
            url=addresses.with_args(entry.url, {"tab": [asking.tab], "sort": [asking.sort]}),
            at_url=asking.url(at=entry.number),
            here=entry is here,
        )
        for entry in shown
    )
    counts = {
        "decide": len(queue),
        "mentions": _count_mentions(visit, asking, entries),
        "sent": waits.count_sent(visit),
    }
    return Inbox(
        tabs=tuple(
            View(label, Asking(name, "urgent", "").url(), name == asking.tab, counts.get(name) or None, _tone(name))
            for name, label in _TABS.items()
        ),
        entries=marked,
        sum=items.waiting_sum(asked) if asking.tab == "decide" and asked else "",
        sorts=tuple(Link(label, asking.url(sort=name, at="")) for name, label in items.SORTS),
        sorted_by=dict(items.SORTS)[asking.sort],
        selectable=asking.tab == "decide",
        here=asking.url(),
        mark=" ".join(entry.number for entry in entries),
        empty=_EMPTY[asking.tab],
        aside=_first(visit, here, queue, asking),
        more=f"and {len(entries) - MOST_SHOWN} more" if len(entries) > MOST_SHOWN else "",
    )


def waiting_entries(visit: Visit, most: int) -> Iterator[home.Entry]:
    """Write for the first page what waits most urgently."""
    if not waits.may_open():
        return
    for entry, each in items.to_decide(visit, waits.asked(visit), "urgent")[:most]:
        icon = each.paper.resource.icon
        yield home.Entry(entry.title, entry.sub, entry.url, icon, None, entry.age, entry.age_tone, entry.amount)


def band_actions(visit: Visit, paper: Paper, then: str) -> tuple[Action, ...]:
    """Offer the decisions on the page of a document, each leading back to it."""
    commands = [command for name in ACTS if (command := paper.resource.command(name))]
    against = unit.why_not_any(visit.context, paper.resource, commands, paper.row)
    return tuple(_act(visit, paper, command, against[command.name], then) for command in commands)


def hand_over_action(paper: Paper, then: str) -> Action:
    """Offer to let somebody else decide."""
    return Action("Hand over", "dialog", items.url_of(paper, "hand-over", then=then), icon="user-share")


def _asking() -> Asking:
    tab, sort = request.args.get("tab", "decide"), request.args.get("sort", "urgent")
    return Asking(
        tab if tab in _TABS else "decide",
        sort if sort in dict(items.SORTS) else "urgent",
        request.args.get("at", "")[:100],
    )


def _tone(tab: str) -> str:
    return "primary" if tab == "decide" else ""


def _entries(visit: Visit, tab: str) -> list[Item]:
    if tab == "sent":
        return items.sent_on(visit, waits.sent(visit))
    return items.decided(visit, waits.done(visit)) if tab == "done" else _mentions(visit)


def _mentions(visit: Visit) -> list[Item]:
    return [_mention(each) for each in home.mentions(visit, MOST_MENTIONS)]


def _mention(each: home.Entry) -> Item:
    """Write the line of a comment; the address of its document tells which one is shown beside it."""
    path = each.url.partition("#")[0]
    key = unquote(path.rpartition("/")[2])
    return Item(f"{path}@{each.age}", key, each.title, each.sub, f"{INBOX}{path}", each.url, age=each.age)


def _count_mentions(visit: Visit, asking: Asking, entries: Sequence[Item]) -> int:
    return len(entries) if asking.tab == "mentions" else len(list(home.mentions(visit, MOST_MENTIONS)))


def _first(visit: Visit, here: Item | None, queue: Sequence[tuple[Item, Asked]], asking: Asking) -> Aside | None:
    """Draw the document of the line one stands on."""
    if here is None:
        return None
    resource = deciding.kind_of(here.url.split("/")[2])
    return _aside(visit, Paper(resource, shows.load(visit, resource, here.key)), queue, asking, beside=True)


def _aside(visit: Visit, paper: Paper, queue: Sequence[tuple[Item, Asked]], asking: Asking, *, beside: bool) -> Aside:
    resource, row = paper.resource, paper.row
    fields = fields_of(resource, ["state"] if resource.states else [])
    sight = Sight(visit, fields.values(), [row])
    shown = Aside(
        key=resource.key_of(row),
        title=title_of(resource, row),
        state=cell(sight, fields["state"], row) if "state" in fields else None,
        url=items.url_of(paper),
        document_url=addresses.of_row(row),
        facts=(),
        body=previews.of(visit, resource, row),
    )
    at = next((number for number, (_, each) in enumerate(queue) if each.paper.row is row or _same(each, paper)), None)
    if at is None:
        return _told(visit, shown, paper)
    entry, asked = queue[at]
    following = queue[at + 1][0] if at + 1 < len(queue) else queue[at - 1][0] if at else None
    then = asking.url(at=following.number if following else "")
    if not beside and following is not None:
        then = addresses.with_args(following.url, {"sort": [asking.sort]})
    shown = replace(_with_round(visit, shown, paper, asked.approval, entry), place=f"{at + 1} of {len(queue)}")
    return _decidable(visit, shown, paper, asked, then, asking.url(at=entry.number) if beside else shown.url)


def _same(each: Asked, paper: Paper) -> bool:
    return each.paper.resource is paper.resource and each.paper.row.id == paper.row.id


def _with_round(visit: Visit, shown: Aside, paper: Paper, approval: Approval, entry: Item) -> Aside:
    requester = str(approval.requester)
    waited = Cell("text", entry.age)
    facts = [Fact("Total", entry.amount), Fact("Requested by", Cell("text", requester)), *_named(visit, paper)]
    return replace(
        shown,
        title=entry.title,
        facts=(*facts, Fact("Waiting", waited)) if entry.age else tuple(facts),
        amount=entry.amount,
        who=_who(paper, requester),
        requester=requester,
        age=entry.age,
        age_tone=entry.age_tone,
        why_url=items.url_of(paper, "why"),
    )


def _decidable(visit: Visit, shown: Aside, paper: Paper, asked: Asked, then: str, back: str) -> Aside:
    approve, *others = band_actions(visit, paper, then)
    remark = Action("Approve with a comment", "dialog", items.url_of(paper, "approve", then=then), icon="message-2")
    version = getattr(paper.row, "version", None)
    hidden = [Hidden("then", then), Hidden("back", back), Hidden("repeat", secrets.token_urlsafe(16))]
    return replace(
        shown,
        quality=courses.quality(asked.seat, asked.stands_in),
        after=courses.next_sentence(asked.approval, asked.seat.step),
        chain=courses.steps(visit, waits.current(visit, paper.resource, paper.row) or asked.approval),
        approve_url=items.url_of(paper, "approve"),
        disabled=approve.disabled,
        hidden=(*hidden, *((Hidden("version", str(version)),) if version is not None else ())),
        actions=tuple(others),
        more=(
            remark,
            hand_over_action(paper, then),
            Action("Open full page", "link", shown.document_url, icon="external-link"),
        ),
    )


def _told(visit: Visit, shown: Aside, paper: Paper) -> Aside:
    """Say of a document that does not wait for the reader where it stands."""
    approval = waits.current(visit, paper.resource, paper.row)
    if approval is None:
        return shown
    entry = items.of_round(paper, approval)
    told = _with_round(visit, shown, paper, approval, entry)
    return replace(told, waiting=courses.waiting_sentence(visit, approval) if approval.state == "open" else "")


def _act(visit: Visit, paper: Paper, command: Command, against: Iterable[Problem], then: str) -> Action:
    name = command.name
    icon, tone, key = ACTS[name]
    reason = " ".join(problem.message for problem in against)
    if not visit.actor.may(paper.resource.permission(name)):
        reason = f"Your roles do not allow this: {words.lower_first(command.label)}."
    if name == "approve":
        args = {"then": then, "back": then, "version": str(getattr(paper.row, "version", ""))}
        return Action(command.label, "post", items.url_of(paper, name, **args), icon, tone, key, reason)
    return Action(command.label, "dialog", items.url_of(paper, name, then=then), icon, tone, key, reason)


def _named(visit: Visit, paper: Paper) -> list[Fact]:
    """Name the supplier and the day it is needed, where the kind of document has them."""
    facts = []
    supplier = getattr(paper.row, "supplier", None)
    if supplier is not None:
        facts.append(Fact("Supplier", Cell("text", getattr(supplier, "name", None) or str(supplier))))
    needed = getattr(paper.row, "needed_by", None)
    if needed is not None:
        facts.append(Fact("Needed by", Cell("date", words.day(needed, visit.context.today), iso=needed.isoformat())))
    return facts


def _who(paper: Paper, requester: str) -> str:
    """Write `Tomás Ruiz for IT-210, from Nordlicht Systems GmbH`."""
    centre, supplier = getattr(paper.row, "cost_centre", None), getattr(paper.row, "supplier", None)
    payer = f" for {centre.code}" if centre is not None else ""
    return f"{requester}{payer}" + (f", from {supplier.name}" if supplier is not None else "")
