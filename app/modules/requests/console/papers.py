"""The page of a request, and what the inbox shows of it: what is bought, the budget after it, why, and who decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import render_template
from markupsafe import Markup

from app.console import actions, activity, addresses, cells, previews, shows, stages, words
from app.console.actions import Action
from app.console.activity import Files
from app.console.additions import Chain, Step
from app.console.cells import Cell, Sight, called, cell
from app.console.gate import Visit
from app.console.shell import Flash
from app.console.shows import Document, Fact, Facts
from app.infra.fields import child_fields, fields_of
from app.kernel.problem import Problem
from app.modules.directory.domain import units
from app.modules.requests import domain, service
from app.modules.requests.console import drafts
from app.modules.requests.console import rail as telling
from app.modules.requests.console.rail import Check, Told, Use
from app.modules.requests.models import Request, RequestLine

WEIGHED = ("draft", *domain.IN_FLIGHT)
_FACTS = ("reason", "wanted_for", "deliver_to", "project", "supplier", "base_total", "state_reason")


@dataclass(frozen=True, slots=True)
class Bought:
    """One line as people read it."""

    text: str
    code: str
    url: str
    account: str
    quantity: str
    unit_price: str
    total: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """A card beside the request: what holds and what does not."""

    entries: tuple[Check, ...]
    title: str = "Policy checks"
    kind: str = "checks"


@dataclass(frozen=True, slots=True)
class Paper:
    """A request as its page and the inbox show it."""

    row: Request
    document: Document
    lines: tuple[Bought, ...]
    note: str
    total: str
    currency: str
    uses: tuple[Use, ...]
    when: str
    steps: tuple[stages.Step, ...]


def build(visit: Visit, key: str) -> Paper:
    """Describe the page of a request."""
    row = shows.load(visit, drafts.resource(), key)
    document, told = shows.build(visit, drafts.resource(), row), _told(visit, row)
    buttons, more = _with_copy(document)
    buttons = (*stages.actions_of(visit, drafts.resource(), row), *buttons)
    changed = replace(
        document,
        subs=_subs(visit, row),
        actions=buttons,
        more=more,
        notes=_notes(row),
        sections=(Facts("What and why", _facts(visit, row)),),
        children=(),
        related=(),
        rail=_rail(row, document, told),
    )
    return _paper(visit, row, changed, told)


def _told(visit: Visit, row: Request) -> Told | None:
    """Tell what it does to the budget and who would decide, while that is still to come or holds money."""
    return telling.tell(visit, service.preview(visit.context, row)) if row.state in WEIGHED else None


def _paper(visit: Visit, row: Request, document: Document, told: Told | None) -> Paper:
    currency = row.currency.code
    supplier = called(Sight(visit), row.supplier) if row.supplier else ""
    return Paper(
        row=row,
        document=document,
        lines=tuple(_bought(visit, row, index, line) for index, line in enumerate(row.lines)),
        note=", ".join(filter(None, (supplier, f"prices net, in {currency}"))),
        total=words.amount(row.total, currency),
        currency=currency,
        uses=told.uses if told else (),
        when="with this" if row.state == "approved" else "if this is approved",
        steps=stages.steps(visit, drafts.resource(), row),
    )


def _subs(visit: Visit, row: Request) -> tuple[Cell, ...]:
    needed = row.needed_by
    named = [
        Cell("text", row.number, mono=True),
        Cell("person", str(row.requester)),
        Cell("text", called(Sight(visit), row.cost_centre)),
    ]
    if needed:
        named.append(Cell("date", words.day(needed, visit.context.today), iso=needed.isoformat(), label="Needed by"))
    return tuple(named)


def _facts(visit: Visit, row: Request) -> tuple[Fact, ...]:
    fields = fields_of(drafts.resource(), _FACTS)
    sight = Sight(visit, fields.values(), [row])
    shown = {name: cell(sight, each, row) for name, each in fields.items()}
    if row.base_total is not None and row.currency is row.entity.base_currency:
        shown["base_total"] = None
    facts = [Fact(fields[name].label, value, wide=name == "reason") for name, value in shown.items() if value]
    return tuple(facts) or (Fact(fields["reason"].label, None, wide=True),)


def _notes(row: Request) -> tuple[Flash, ...]:
    returned = row.state == "draft" and row.returned_reason
    return (Flash(f"Came back: {row.returned_reason}", "warn"),) if returned else ()


def _with_copy(document: Document) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
    """Put copying, which people do often here, among the buttons, and printing into the menu."""
    copies = [replace(each, label="Copy") for each in document.more if each.label == "Duplicate"]
    others = [each for each in document.more if each.label != "Duplicate"]
    rest = (*others, Action("Print", "print", "", icon="printer"))
    room = len(document.actions) < actions.MOST_BUTTONS
    return ((*document.actions, *copies), rest) if room else (document.actions, (*rest, *copies))


def _rail(row: Request, document: Document, told: Told | None) -> tuple[Any, ...]:
    """Put beside the request who decides, what holds, and its files; a draft shows who would decide."""
    chains = [card for card in document.rail if card.kind == "chain"]
    if told and row.state == "draft":
        chains = [_planned(told)] if told.steps else []
    found = [Checks(told.checks)] if told and told.checks else []
    return (*chains, *found, *(card for card in document.rail if card.kind != "chain"))


def _planned(told: Told) -> Chain:
    steps = (Step(step.title, step.who, "todo", why=step.why, number=str(at)) for at, step in enumerate(told.steps, 1))
    return Chain("What happens when you submit", tuple(steps))


def _bought(visit: Visit, row: Request, index: int, line: RequestLine) -> Bought:
    currency = row.currency.code
    return Bought(
        text=line.text or words.NOTHING,
        code=line.item.code if line.item else "",
        url=addresses.of_row(line.item) if line.item and visit.actor.may("item.read") else "",
        account=" ".join(filter(None, (line.account, line.category.name if line.category else ""))),
        quantity=words.measured(line.quantity, units.said(line.unit, line.quantity)),
        unit_price=words.amount(line.unit_price, currency) if line.unit_price is not None else words.NOTHING,
        total=words.amount(line.amount, currency),
        notes=_line_notes(visit, row, index, line),
    )


def _line_notes(visit: Visit, row: Request, index: int, line: RequestLine) -> tuple[str, ...]:
    """Say of a line what differs from the request: who pays, for what project, from whom, until when."""
    fields = child_fields(next(each for each in drafts.resource().children if each.name == "lines"))
    sight = Sight(visit)
    named = [(name, getattr(line, name)) for name in ("cost_centre", "project", "supplier")]
    own = [f"{fields[name].label}: {called(sight, value)}" for name, value in named if value is not None]
    if line.needed_by:
        own.append(f"Needed by {words.day(line.needed_by, visit.context.today)}")
    return (*own, *(_part(sight, row, split) for split in domain.splits_of(row, index)))


def _part(sight: Sight, row: Request, split: Any) -> str:
    share = (
        f"{words.number(split.percent)}{words.SPACE}%"
        if split.percent is not None
        else words.money(split.amount or 0, row.currency.code)
    )
    return f"{share} for {', '.join(called(sight, each) for each in (split.cost_centre, split.project) if each)}"


def state_of(row: Request) -> tuple[str, str]:
    """Name the state of a request as people do: who waits is in approval, what came back is returned."""
    if row.state == "submitted":
        return "in_approval", "In approval"
    if row.state == "draft" and row.returned_reason:
        return "returned", "Returned"
    return row.state, row.state.capitalize()


def no_draft(row: Request) -> Problem:
    """Say that a request on its way is not changed by the way."""
    return Problem("wrong_state", f"{row.number} is {state_of(row)[1].lower()}. Save your changes with the button.")


def preview(visit: Visit, row: Request) -> Markup:
    """Draw what the inbox shows of a request."""
    told = _told(visit, row)
    story = activity.build(visit, drafts.resource(), row)
    files: Files | None = replace(story.files, upload_url="") if story.files and story.files.entries else None
    empty = shows.Document(row.title, None, "", (), (), (), (), (), (), (), None, (), row.version)
    paper = _paper(visit, row, empty, told)
    checks = told.checks if told else ()
    return Markup(render_template("_request_preview.html", paper=paper, files=files, checks=checks))  # noqa: S704


cells.say_state("request", state_of)
previews.add("request", preview)
