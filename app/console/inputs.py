"""What a form asks for: one input for each field, with what it holds now or what was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.console import addresses, words
from app.console.cells import currency_of
from app.console.decode import Raw
from app.console.filters import Option, Picked
from app.console.gate import Visit
from app.infra.audit import MASK
from app.infra.fields import Field, humanise
from app.infra.intake import Reader
from app.kernel.problem import Problem
from app.kernel.resource import Resource, registry

_SHORT = 20
_SPANS = {"date": 2, "integer": 2, "boolean": 3, "longtext": 6, "money": 2, "decimal": 2}
_WIDTHS = {"text": "m", "longtext": "xl", "reference": "l", "choice": "m", "boolean": "s"}


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a form (CONTRACT.md lists what each kind needs)."""

    name: str
    label: str
    kind: str
    value: Any = None
    required: bool = False
    help: str = ""
    span: int = 3
    problems: tuple[str, ...] = ()
    entries: tuple[Option, ...] = ()
    chosen: tuple[Picked, ...] = ()
    url: str = ""
    create_url: str = ""
    currency: str = ""
    masked: str = ""
    max_length: int | None = None
    autocomplete: str = ""
    autofocus: bool = False
    width: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the summary of problems, with the field it leads to."""

    text: str
    field_id: str = ""


class Inputs:
    """Draws the inputs of one form: from a row, from what was typed, or empty."""

    def __init__(self, visit: Visit, resource: Resource, prefix: str = "") -> None:
        self.visit, self.resource, self.prefix = visit, resource, prefix
        self._reader = Reader(visit.context)

    def empty(self, each: Field, optional: bool = False) -> Input:
        """Ask for a field of which nothing is known yet but its default."""
        return self.typed(each, plain(each, default_of(each), self.visit.zone), optional=optional)

    def stored(self, each: Field, row: Any) -> Input:
        """Ask for a field that has a value."""
        value = each.of(row)
        currency = currency_of(each, row) if each.kind == "money" else ""
        return self.typed(each, plain(each, value, self.visit.zone), row=row, currency=currency)

    def typed(
        self,
        each: Field,
        value: Any,
        problems: Sequence[str] = (),
        *,
        row: Any = None,
        currency: str = "",
        optional: bool = False,
    ) -> Input:
        """Ask for a field again with exactly what was typed."""
        kind = kind_of(each)
        is_secret = kind == "secret"
        return Input(
            name=each.name,
            label=each.label,
            kind=kind,
            value=bool_of(value) if kind == "boolean" else None if is_secret else value,
            required=each.required and not optional and kind != "boolean",
            help=each.help,
            span=_span(each),
            problems=tuple(problems),
            entries=tuple(Option(name, label) for name, label in each.choices),
            chosen=self._chosen(each, value) if each.kind in ("reference", "account") else (),
            url=addresses.of_lookup(self.resource, self.prefix + each.name) if kind.startswith("reference") else "",
            create_url=self._create_url(each),
            currency=currency,
            masked=MASK if is_secret and row is not None and each.of(row) else "",
            max_length=each.length,
            width=_WIDTHS.get(kind, "s"),
        )

    def _chosen(self, each: Field, value: Any) -> tuple[Picked, ...]:
        keys = value if isinstance(value, list | tuple) else [value]
        return tuple(self._picked(each, str(key)) for key in keys if key not in (None, ""))

    def _picked(self, each: Field, key: str) -> Picked:
        row = self._reader.find(each, key)
        resource = registry.of(type(row))
        return Picked(resource.key_of(row), str(row)) if resource else Picked(key, key)

    def _create_url(self, each: Field) -> str:
        target = registry[each.target] if each.target and each.kind == "reference" else None
        may = target is not None and target.form and self.visit.actor.may(target.permission("create"))
        return addresses.of_list(target, "new") if target is not None and may else ""


def kind_of(each: Field) -> str:
    """Name the kind of input a field needs."""
    kinds = {"state": "choice", "account": "reference", "json": "longtext"}
    kind = kinds.get(each.kind, each.kind)
    if each.secret:
        return "secret"
    return f"{kind}s" if each.multiple and kind in ("choice", "reference") else kind


def default_of(each: Field) -> Any:
    """Give the value a field has when nobody says otherwise."""
    return None if callable(each.default) else each.default


def plain(each: Field, value: Any, zone: str) -> Any:
    """Write a value as it is typed."""
    if value is None:
        return "" if each.kind != "boolean" else None
    if isinstance(value, list | tuple):
        return [plain(each, part, zone) for part in value]
    resource = registry.of(type(value))
    if resource is not None:
        return resource.key_of(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, Decimal | int):
        return words.plain_number(value)
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return str(getattr(value, "value", value))


def bool_of(value: Any) -> bool:
    """Read a box as ticked or not, whether it was stored or sent."""
    return value is True or str(value).lower() in ("1", "yes", "true", "on")


def by_field(problems: Sequence[Problem]) -> Mapping[str, tuple[str, ...]]:
    """Sort problems by the field they are about; those about none stand under an empty name."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.field or "", []).append(problem.message)
    return {name: tuple(messages) for name, messages in found.items()}


def summary(problems: Sequence[Problem], known: Sequence[str], children: Sequence[str] = ()) -> tuple[Summary, ...]:
    """List all problems for the top of the form, each leading to its field where the form has it."""
    return tuple(Summary(_told(problem, children), field_id(problem.field, known, children)) for problem in problems)


def field_id(field: str | None, known: Sequence[str], children: Sequence[str] = ()) -> str:
    """Name the element of a field: `f-name`, `lines-0-item`, `lines-0`, `lines`."""
    head, _, rest = (field or "").partition(".")
    if head in children:
        return f"{head}-{rest.replace('.', '-')}" if rest else head
    return f"f-{field}" if field in known else ""


def prefilled(args: Mapping[str, str], fields: Mapping[str, Field]) -> Raw:
    """Take first values for a new row out of the address."""
    return {name: args[name] for name in fields if args.get(name)}


def _told(problem: Problem, children: Sequence[str]) -> str:
    """Say in which line a problem is, and of which table where they are not simply the lines; people count from 1."""
    head, _, rest = (problem.field or "").partition(".")
    place = rest.partition(".")[0]
    if head not in children or not place.isdigit():
        return problem.message
    line = "Line" if head == "lines" else f"{humanise(head)}, line"
    return f"{line} {int(place) + 1}: {problem.message}"


def _span(each: Field) -> int:
    if each.kind == "text" and each.length and each.length <= _SHORT:
        return 2
    return _SPANS.get(each.kind, 3)
