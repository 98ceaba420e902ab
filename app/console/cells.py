"""Values as pages show them: formatted for the reader, with a link where it leads somewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import inspect as inspect_model
from sqlalchemy import select

from app.console import addresses, words
from app.console.documents import Documents
from app.console.gate import Visit
from app.infra.audit import MASK
from app.infra.fields import Field, label_of_choice
from app.infra.reachable import Reachable, is_withheld
from app.kernel.resource import Resource, registry

GROUPED_FROM = 10_000
OUT_OF_REACH = "Out of your reach"
#: Columns that hold the words of a row, the likeliest first.
TITLES = ("title", "name", "label", "text")


@dataclass(frozen=True, slots=True)
class Saying:
    """How the values of a field are said, and which there are."""

    say: Callable[[Any], str]
    values: Callable[[], Iterable[str]]


_said_states: dict[str, Callable[[Any], tuple[str, str]]] = {}
_said_fields: dict[str, dict[str, Saying]] = {}
_said_titles: dict[str, Callable[[Any], str]] = {}
_said_keys: dict[str, Callable[[str], str]] = {}


@dataclass(frozen=True, slots=True)
class Tag:
    """One of several small things in a cell."""

    text: str
    url: str = ""
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value: its kind, its words, and what its kind needs besides (CONTRACT.md lists it)."""

    kind: str
    text: str = ""
    url: str = ""
    hint: str = ""
    iso: str = ""
    key: str = ""
    currency: str = ""
    value: bool = False
    mono: bool = False
    soft: bool = False
    strong: bool = False
    external: bool = False
    entries: tuple[Tag, ...] = ()
    label: str = ""


class Sight:
    """What one page knows while it writes cells: who reads it, when, and where its references lead."""

    def __init__(self, visit: Visit, fields: Iterable[Field] = (), rows: Sequence[Any] = ()) -> None:
        self.visit = visit
        self.today, self.zone = visit.context.today, visit.zone
        named = list(fields)
        self.reachable = Reachable(visit.context, _referred(named, rows))
        self.documents = Documents(visit, rows)
        self._accounts = _account_names(visit, named, rows)

    def account(self, account_id: int) -> str:
        """Tell the name of the person behind an account; 0 is Outlay itself."""
        if account_id and account_id not in self._accounts:
            self._accounts |= _names_of(self.visit, {account_id})
        return self._accounts.get(account_id, f"Account {account_id}" if account_id else "Outlay")

    def moment(self, value: datetime) -> str:
        """Tell a moment as the organisation's clock showed it."""
        return words.moment(value, self.today, self.zone)


def cell(sight: Sight, each: Field, row: Any) -> Cell | None:
    """Write one field of a row; nothing where it is empty."""
    value = each.of(row)
    if value is None or value == "" or (each.multiple and not value):
        return None
    if (words_ := _said(each, row)) is not None:
        return Cell("number" if is_number(each) else "text", words_.say(value))
    if each.multiple or isinstance(value, list | tuple):
        return Cell("tags", entries=tuple(_tag(sight, part) for part in value))
    if each.kind == "money":
        return _money(each, row, value)
    if each.kind == "state" and each.name == "state":
        return state_of(row, dict(each.choices).get(value, value))
    if url := sight.documents.address(row, each.name):
        return Cell("reference", str(value), url=url)
    write = _WRITERS.get(each.kind, _text)
    return write(sight, each, value)


def say_state(resource: str, say: Callable[[Any], tuple[str, str]]) -> None:
    """Let a slice name the states of its rows as people do, by key and words: a request that waits is in approval."""
    _said_states[resource] = say


def say_title(resource: str, say: Callable[[Any], str]) -> None:
    """Let a slice call its rows by words of its own where they have no name."""
    _said_titles[resource] = say


def say_key(resource: str, say: Callable[[str], str]) -> None:
    """Let a slice tell the keys of its rows in words: nobody orders by C62, they order pieces."""
    _said_keys[resource] = say


def key_in_words(resource: str, key: str) -> str:
    """Tell the key of a row as people call it."""
    return _said_keys[resource](key) if resource in _said_keys else key


def say_field(resource: str, name: str, say: Callable[[Any], str], values: Callable[[], Iterable[str]] = tuple) -> None:
    """Let a slice write a field of its rows in words of its own, such as names that only scripts know.

    `values` lists what there is to choose from when somebody looks for such rows.
    """
    _said_fields.setdefault(name, {})[resource] = Saying(say, values)


def said(resource: Resource | None, name: str) -> Saying | None:
    """Tell how a slice writes a field of its rows, where it has words of its own."""
    return _said_fields.get(name, {}).get(resource.name) if resource else None


def _said(each: Field, row: Any) -> Saying | None:
    return said(registry.of(type(row)), each.name) if each.name in _said_fields else None


def state_of(row: Any, label: str) -> Cell:
    """Write the state of a row as people call it."""
    resource = registry.of(type(row))
    say = _said_states.get(resource.name) if resource else None
    key, told = say(row) if say else (row.state, label)
    return Cell("state", told, key=key)


def text(words_: str, *, url: str = "", mono: bool = False, soft: bool = False, strong: bool = False) -> Cell:
    """Write plain words."""
    return Cell("text", words_, url=url, mono=mono, soft=soft, strong=strong)


def moment(sight: Sight, value: datetime, label: str = "") -> Cell:
    """Write a moment."""
    return Cell("instant", sight.moment(value), iso=value.astimezone(UTC).isoformat(), label=label)


def linked(value: Cell | None, url: str) -> Cell:
    """Make a cell the link of its row."""
    if value is None:
        return Cell("text", words.NOTHING, url=url)
    return replace(value, url=url) if value.kind == "text" else Cell("text", value.text or words.NOTHING, url=url)


def is_number(each: Field) -> bool:
    """Say whether a column stands at the right edge, so that its figures line up."""
    return each.kind in ("money", "decimal", "integer") and not each.multiple


def title_of(resource: Resource, row: Any) -> str:
    """Call a row by its own words, without the key that stands beside them anyway."""
    if resource.name in _said_titles:
        return _said_titles[resource.name](row)
    whole, key = str(row), resource.key_of(row)
    return whole.removeprefix(key).strip(" :,-\u2013") or whole


def currency_of(each: Field, row: Any) -> str:
    """Find the currency of an amount along its path."""
    at = row
    for name in (each.currency or "").split("."):
        at = getattr(at, name, None) if at is not None else None
    return str(getattr(at, "code", at)) if at is not None else ""


def reference(sight: Sight, value: Any) -> Cell:
    """Write a row that is referred to, with a link if the reader may open it."""
    if value in sight.reachable:
        return Cell("reference", str(value), url=addresses.of_row(value))
    return Cell("text", OUT_OF_REACH, soft=True) if is_withheld(value) else Cell("reference", str(value))


def called(sight: Sight, value: Any) -> str:
    """Call a row that is referred to by its name, if the reader may know it."""
    sight.reachable.look([value])
    return reference(sight, value).text


def stored(value: Any) -> str:
    """Write structured data as people can read it."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) if isinstance(value, dict) else str(value)


def _money(each: Field, row: Any, value: Decimal) -> Cell:
    currency = currency_of(each, row)
    return Cell("money", words.amount(value, currency), currency=currency)


def _text(sight: Sight, each: Field, value: Any) -> Cell:
    return Cell("text", str(value))


def _long_text(sight: Sight, each: Field, value: Any) -> Cell:
    return Cell("longtext", str(value))


def _number(sight: Sight, each: Field, value: Any) -> Cell:
    return Cell("number", words.number(value))


def _whole(sight: Sight, each: Field, value: int) -> Cell:
    """Write a count in groups from five digits on; a year has four, and the number of a row is a name."""
    return Cell("number", str(value) if 0 <= value < GROUPED_FROM or each.name == "id" else words.number(value))


def _day(sight: Sight, each: Field, value: date) -> Cell:
    return Cell("date", words.day(value, sight.today), iso=value.isoformat())


def _instant(sight: Sight, each: Field, value: datetime) -> Cell:
    return moment(sight, value)


def _boolean(sight: Sight, each: Field, value: bool) -> Cell:
    return Cell("boolean", "Yes" if value else "No", value=value)


def _choice(sight: Sight, each: Field, value: Any) -> Cell:
    return Cell("choice", label_of_choice(value) if each.enumeration else str(value))


def _state(sight: Sight, each: Field, value: str) -> Cell:
    return Cell("state", dict(each.choices).get(value, value), key=value)


def _reference(sight: Sight, each: Field, value: Any) -> Cell:
    return reference(sight, value)


def _account(sight: Sight, each: Field, value: int) -> Cell:
    return Cell("person", sight.account(value))


def _secret(sight: Sight, each: Field, value: Any) -> Cell:
    return Cell("masked", MASK)


def _json(sight: Sight, each: Field, value: Any) -> Cell:
    return Cell("longtext", stored(value))


def _tag(sight: Sight, part: Any) -> Tag:
    if part in sight.reachable:
        return Tag(str(part), url=addresses.of_row(part))
    return Tag(OUT_OF_REACH if is_withheld(part) else str(part))


_WRITERS = {
    "longtext": _long_text,
    "integer": _whole,
    "decimal": _number,
    "date": _day,
    "instant": _instant,
    "boolean": _boolean,
    "choice": _choice,
    "state": _state,
    "reference": _reference,
    "account": _account,
    "secret": _secret,
    "json": _json,
}


def _referred(fields: Sequence[Field], rows: Sequence[Any]) -> Iterable[Any]:
    for each in fields:
        if each.kind == "reference":
            for row in rows:
                value = each.of(row)
                yield from (value or ()) if each.multiple else () if value is None else (value,)


def _account_names(visit: Visit, fields: Sequence[Field], rows: Sequence[Any]) -> dict[int, str]:
    names = [each for each in fields if each.kind == "account"]
    ids = {value for each in names for row in rows if (value := each.of(row))}
    return _names_of(visit, ids) if ids else {}


def _names_of(visit: Visit, ids: set[int]) -> dict[int, str]:
    statement = select(User.id, User.first_name, User.last_name).where(User.id.in_(ids))
    found = visit.context.session.execute(statement)
    return {user_id: f"{first} {last}".strip() for user_id, first, last in found}


def is_shown(model: Any, each: Field) -> bool:
    """Say whether a field can be a column of a list: one value that is no secret."""
    column = inspect_model(model).columns.get(each.name)
    return not (
        each.multiple
        or each.secret
        or each.kind in ("secret", "json")
        or (column is not None and column.info.get("hidden"))
    )
