"""Forms to enter and edit a row with its child rows; what was typed stays, whatever is refused."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.console import addresses, words
from app.console.cells import title_of
from app.console.decode import Raw, editable
from app.console.gate import Visit
from app.console.inputs import Input, Inputs, Summary, by_field, default_of, plain, summary
from app.infra.fields import Field, child_fields, field
from app.infra.intake import MAX_CHILDREN
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Children, Resource

#: How many columns the grid of a form has.
GRID = 6


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together."""

    title: str
    fields: tuple[Input, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class LineCell:
    """What one cell of a child row holds."""

    value: Any = None
    chosen: tuple[Any, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineRow:
    """A child row in the editor."""

    cells: Mapping[str, LineCell]
    id: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lines:
    """The editor of one kind of child rows."""

    name: str
    label: str
    columns: tuple[Input, ...]
    rows: tuple[LineRow, ...]
    add_label: str
    blank: Mapping[str, Any]
    ordered: bool = True
    maximum: int = MAX_CHILDREN
    currency: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value that travels with a form unseen."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Again:
    """A second button."""

    name: str
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody saved in between."""

    text: str
    url: str
    url_label: str


@dataclass(frozen=True, slots=True)
class Watch:
    """What an open form listens to, so that its writer hears when somebody else saves the row."""

    topic: str
    url: str
    version: int


@dataclass(frozen=True, slots=True)
class Form:
    """A form as its page shows it."""

    title: str
    action: str
    submit: str
    cancel_url: str
    sections: tuple[Section, ...]
    children: tuple[Lines, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    again: Again | None = None
    problems: tuple[Summary, ...] = ()
    conflict: Conflict | None = None
    sub: str = ""
    watch: Watch | None = None


def fields_to_enter(resource: Resource) -> dict[str, Field]:
    """List what a new row is asked for: its key, unless it is numbered, and the form."""
    names = resource.form if resource.number or resource.key in resource.form else (resource.key, *resource.form)
    return {name: field(resource.model, name) for name in names}


def fields_to_edit(resource: Resource) -> dict[str, Field]:
    """List what an existing row is asked for."""
    return {name: field(resource.model, name) for name in resource.form}


def to_enter(visit: Visit, resource: Resource, raw: Raw, refusal: Refused | None = None) -> Form:
    """Draw the form of a new row, with what is known or was typed already."""
    fields = fields_to_enter(resource)
    drawing = _Drawing(visit, resource, fields, refusal)
    optional = {resource.key} if resource.number else set()
    inputs = {
        name: drawing.typed(each, raw[name]) if name in raw else drawing.inputs.empty(each, name in optional)
        for name, each in fields.items()
    }
    return Form(
        title=f"New {words.lower_first(resource.title[0])}",
        sub=resource.help,
        action=addresses.of_list(resource, "new"),
        submit=f"Save {words.lower_first(resource.title[0])}",
        cancel_url=addresses.of_list(resource),
        sections=_sections(resource, _focused(inputs)),
        children=tuple(drawing.lines(children, raw.get(children.name, [])) for children in editable(resource)),
        hidden=(_mark(),),
        again=Again("again", "1", "Save and add another"),
        problems=drawing.summary(),
    )


def to_edit(visit: Visit, resource: Resource, row: Any, raw: Raw | None = None, refusal: Refused | None = None) -> Form:
    """Draw the form of a row: as it is stored, or as it was typed when that was refused."""
    fields = fields_to_edit(resource)
    drawing = _Drawing(visit, resource, fields, refusal)
    inputs = {
        name: drawing.typed(each, raw[name], row)
        if raw is not None and name in raw
        else drawing.inputs.stored(each, row)
        for name, each in fields.items()
    }
    rows = {children.name: stored_rows(children, row, visit.zone) for children in editable(resource)}
    url = addresses.of_row(row)
    return Form(
        title=f"Edit {title_of(resource, row)}",
        action=f"{url}/edit",
        submit="Save changes",
        cancel_url=url,
        sections=_sections(resource, inputs),
        children=tuple(
            drawing.lines(children, rows[children.name] if raw is None else raw.get(children.name, []))
            for children in editable(resource)
        ),
        hidden=(Hidden("version", str(row.version)), _mark()),
        problems=drawing.summary(),
        conflict=_conflict(refusal, url),
        watch=Watch(addresses.topic_of(row), f"{url}/activity", row.version),
    )


def copied(visit: Visit, resource: Resource, row: Any) -> Raw:
    """Take the values of a row for a new one like it; its key and its secrets stay its own."""
    fields = {name: each for name, each in fields_to_edit(resource).items() if name != resource.key}
    raw = {name: plain(each, each.of(row), visit.zone) for name, each in fields.items() if not each.secret}
    for children in editable(resource):
        raw[children.name] = [
            {name: value for name, value in each.items() if name != "id"}
            for each in stored_rows(children, row, visit.zone)
        ]
    return raw


class _Drawing:
    """Draws inputs with the problems found in them."""

    def __init__(self, visit: Visit, resource: Resource, fields: Mapping[str, Field], refusal: Refused | None) -> None:
        self.visit, self.resource, self.fields = visit, resource, fields
        self.inputs = Inputs(visit, resource)
        self.problems: Sequence[Problem] = refusal.problems if refusal else ()
        self.by_field = by_field(self.problems)

    def typed(self, each: Field, value: Any, row: Any = None) -> Input:
        return self.inputs.typed(each, value, self.by_field.get(each.name, ()), row=row)

    def summary(self) -> tuple[Summary, ...]:
        return summary(self.problems, list(self.fields), [children.name for children in editable(self.resource)])

    def lines(self, children: Children, rows: Sequence[Raw]) -> Lines:
        fields = child_fields(children)
        inputs = Inputs(self.visit, self.resource, f"{children.name}.")
        label = field(self.resource.model, children.name).label
        return Lines(
            name=children.name,
            label=label,
            columns=tuple(inputs.typed(each, None) for each in fields.values()),
            rows=tuple(self._line(children, fields, inputs, index, raw) for index, raw in enumerate(rows)),
            add_label="Add line",
            blank={
                name: plain(each, default_of(each), self.visit.zone)
                for name, each in fields.items()
                if default_of(each)
            },
            problems=self.by_field.get(children.name, ()),
        )

    def _line(self, children: Children, fields: Mapping[str, Field], inputs: Inputs, index: int, raw: Raw) -> LineRow:
        where = f"{children.name}.{index}"
        cells = {}
        for name, each in fields.items():
            drawn = inputs.typed(each, raw.get(name, ""), self.by_field.get(f"{where}.{name}", ()))
            cells[name] = LineCell(drawn.value, drawn.chosen, drawn.problems)
        return LineRow(cells, str(raw.get("id") or ""), self.by_field.get(where, ()))


def stored_rows(children: Children, row: Any, zone: str) -> list[Raw]:
    """Write the child rows of a row as they are typed, with their ids."""
    fields = child_fields(children)
    return [
        {"id": str(child.id), **{name: plain(each, each.of(child), zone) for name, each in fields.items()}}
        for child in getattr(row, children.name)
    ]


def _sections(resource: Resource, inputs: Mapping[str, Input]) -> tuple[Section, ...]:
    """Arrange inputs under the titles of the row's page; what stands under none there follows the one before it."""
    titles = {name: title for title, names in resource.show for name in names}
    arranged: dict[str, list[Input]] = {title: [] for title, _ in resource.show}
    title = resource.show[0][0]
    for name, each in inputs.items():
        title = titles.get(name, title)
        arranged[title].append(each)
    return tuple(Section(title, _in_rows(fields)) for title, fields in arranged.items() if fields)


def _in_rows(fields: Sequence[Input]) -> tuple[Input, ...]:
    """Widen fields so that each row of the grid is full, except before a field that takes a row for itself."""
    done: list[Input] = []
    row: list[Input] = []
    for each in [*fields, None]:
        width = sum(other.span for other in row)
        if each is None or width + each.span > GRID:
            if each is not None and each.span < GRID and len(row) > 1:
                widest = max(row, key=lambda other: other.span)
                row = [replace(other, span=other.span + GRID - width) if other is widest else other for other in row]
            done += row
            row = []
        if each is not None:
            row.append(each)
    return tuple(done)


def _focused(inputs: dict[str, Input]) -> dict[str, Input]:
    first = next(iter(inputs), None)
    return {name: replace(each, autofocus=True) if name == first else each for name, each in inputs.items()}


def _mark() -> Hidden:
    """Mark this drawing of a form, so that sending it twice has one effect."""
    return Hidden("repeat", secrets.token_urlsafe(16))


def _conflict(refusal: Refused | None, url: str) -> Conflict | None:
    if refusal is None or refusal.kind is not Kind.STALE:
        return None
    text = "Someone saved this while you were editing. Saving again puts your values over theirs."
    return Conflict(text, url, "See what it is now")
