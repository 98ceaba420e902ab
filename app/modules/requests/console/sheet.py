"""The form of a request as it is drawn: what and why, lines with the rest of each line behind an opener, and more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.console import forms
from app.console.activity import Files
from app.console.decode import Raw, editable
from app.console.forms import Form, LineRow, Lines
from app.console.gate import Visit
from app.console.inputs import Input, plain
from app.kernel.problem import Refused
from app.modules.requests import service
from app.modules.requests.console import drafts
from app.modules.requests.console import rail as telling
from app.modules.requests.console.rail import Told

#: What a line shows at once, with the width of its column; the rest of it stands behind its opener.
SHOWN = ("text", "quantity", "unit", "unit_price", "category")
REST = ("tax_code", "cost_centre", "project", "supplier", "needed_by")
_SPANS = {"title": 4, "needed_by": 2, "reason": 6, "cost_centre": 3, "supplier": 3}
_MORE = {"wanted_for": 3, "project": 3, "deliver_to": 3, "currency": 3}


@dataclass(frozen=True, slots=True)
class Split:
    """The part of a line that another cost centre pays; `at` is its place among all parts."""

    at: int
    row: LineRow


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its parts; `is_open` shows what stands behind its opener."""

    row: LineRow
    item: str
    splits: tuple[Split, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form of a request as its page shows it."""

    form: Form
    title: str
    said: str
    short: str
    fields: tuple[Input, ...]
    more: tuple[Input, ...]
    more_open: bool
    shown: tuple[Input, ...]
    rest: tuple[Input, ...]
    parts: tuple[Input, ...]
    lines: tuple[Line, ...]
    lines_problems: tuple[str, ...]
    currency: str
    maximum: int
    told: Told
    key: str = ""
    is_draft: bool = True
    files: Files | None = None
    blank: Mapping[str, Any] | None = None


def of_new(visit: Visit, raw: Raw, refusal: Refused | None = None) -> Sheet:
    """Draw the form of a request that nobody has saved yet."""
    form = forms.to_enter(visit, drafts.resource(), raw, refusal)
    asked = raw | {"lines": [line for line in raw.get("lines", []) if not drafts.is_empty(line)]}
    told = telling.tell(visit, service.preview(visit.context, asked), str(raw.get("currency", "")))
    return _sheet(form, told, title="New purchase request", said="Nothing is sent until you submit.")


def of_row(visit: Visit, row: Any, raw: Raw | None = None, refusal: Refused | None = None) -> Sheet:
    """Draw the form of a request: as it is stored, or as it was typed when that was refused."""
    form = forms.to_edit(visit, drafts.resource(), row, raw, refusal)
    told = telling.tell(visit, service.preview(visit.context, raw if raw is not None else row, row), row.currency.code)
    is_draft = row.state == "draft"
    said = f"Draft {row.number}. Nothing is sent until you submit." if is_draft else _in_flight(row)
    title = "Purchase request" if is_draft else f"Edit {row.number}"
    return _sheet(form, told, title=title, said=said, key=row.number, is_draft=is_draft)


def _in_flight(row: Any) -> str:
    return f"{row.number} is {row.state}. A change that matters asks those who agreed once more."


def _sheet(form: Form, told: Told, *, title: str, said: str, key: str = "", is_draft: bool = True) -> Sheet:
    inputs = {each.name: each for section in form.sections for each in section.fields}
    lines, splits = (next(each for each in form.children if each.name == name) for name in ("lines", "splits"))
    columns = {each.name: each for each in lines.columns}
    more = tuple(replace(inputs[name], span=span) for name, span in _MORE.items())
    is_wanted = any(each.problems for each in more) or bool(inputs["wanted_for"].chosen or inputs["project"].chosen)
    return Sheet(
        form=form,
        title=title,
        said=said,
        short="",
        fields=tuple(_field(inputs[name], span) for name, span in _SPANS.items()),
        more=more,
        more_open=is_wanted or not inputs["deliver_to"].chosen or not inputs["currency"].chosen,
        shown=tuple(_column(columns[name]) for name in SHOWN),
        rest=tuple(replace(columns[name], span=3) for name in REST),
        parts=tuple(each for each in splits.columns if each.name != "line"),
        lines=_lines(lines, splits),
        lines_problems=lines.problems,
        currency=told.currency,
        maximum=lines.maximum,
        told=told,
        key=key,
        is_draft=is_draft,
        blank=drafts.BLANK_LINE,
    )


def _field(each: Input, span: int) -> Input:
    """Ask for the title first; a title that is left empty is that of the first line."""
    return replace(each, span=span, required=each.required or each.name == "reason", autofocus=each.name == "title")


def _column(each: Input) -> Input:
    """Give a line few words: what it is, how much, of what, at which price, for which account."""
    label = {"text": "Item"}.get(each.name, each.label)
    return replace(each, label=label, required=True, help="")


def _lines(lines: Lines, splits: Lines) -> tuple[Line, ...]:
    by_line: dict[str, list[Split]] = {}
    for at, split in enumerate(splits.rows):
        by_line.setdefault(str(split.cells["line"].value), []).append(Split(at, split))
    return tuple(_line(row, by_line.get(str(number), ())) for number, row in enumerate(lines.rows, 1))


def _line(row: LineRow, splits: Sequence[Split]) -> Line:
    item = row.cells["item"].value
    own = [name for name in REST if name not in (("tax_code", "supplier") if item else ("tax_code",))]
    told = [row.cells[name] for name in own]
    is_open = bool(splits) or any(cell.value or cell.problems for cell in told)
    return Line(row, str(item or ""), tuple(splits), is_open)


def stored(visit: Visit, row: Any) -> Raw:
    """Give what a request holds as the form would send it, so that problems can be told at its fields."""
    fields = forms.fields_to_edit(drafts.resource())
    raw: Raw = {name: plain(each, each.of(row), visit.zone) for name, each in fields.items()}
    for children in editable(drafts.resource()):
        raw[children.name] = forms.stored_rows(children, row, visit.zone)
    return raw
