"""A document in words: every field and child row that its pages show, as text that stays true when the data change."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.infra import activity
from app.infra.audit import plain
from app.infra.fields import Field, child_fields, fields_of, humanise
from app.infra.reachable import Reachable, is_withheld
from app.kernel.actor import Context
from app.kernel.resource import Children, Resource, registry
from app.modules.directory import queries as directory

_MOST = 1000  # entries of one document's story
_LONG = 120  # characters of a value in it


@dataclass(frozen=True, slots=True)
class Table:
    """Child rows: their headings, and a line for each."""

    title: str
    headings: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One document in words, with what happened to it and what hangs on it."""

    resource: str
    kind: str
    key: str
    title: str
    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    tables: tuple[Table, ...]
    story: tuple[tuple[str, str, str], ...]
    files: tuple[activity.Attachment, ...]


class Teller:
    """Writes values for one reader: names out of their reach are told as keys at most (decision 17)."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._reachable = Reachable(context)
        self._accounts: dict[int, str] = {}

    def tell(self, resource: Resource, row: Any) -> Told:
        """Put a document into words."""
        groups = tuple((title, self._facts(fields_of(resource, names).values(), row)) for title, names in resource.show)
        return Told(
            resource.name,
            resource.title[0],
            resource.key_of(row),
            str(row),
            tuple((title, facts) for title, facts in groups if facts),
            tuple(table for each in resource.children if (table := self._table(each, row)).lines),
            tuple(_happened(step) for step in reversed(activity.story(self._context, resource, row, _MOST))),
            tuple(activity.attachments(self._context, resource, row)),
        )

    def _facts(self, fields: Iterable[Field], row: Any) -> tuple[tuple[str, str], ...]:
        told = ((each.label, self._text(each, row)) for each in fields)
        return tuple((label, text) for label, text in told if text)

    def _table(self, children: Children, row: Any) -> Table:
        fields = [each for each in child_fields(children).values() if not each.secret]
        lines = tuple(tuple(self._text(each, child) for each in fields) for child in getattr(row, children.name))
        return Table(children.name.replace("_", " ").capitalize(), tuple(each.label for each in fields), lines)

    def _text(self, each: Field, row: Any) -> str:
        value = None if each.secret else each.of(row)
        if value is None or value == "":
            return ""
        if isinstance(value, list | tuple):
            return ", ".join(self._one(each, part) for part in value)
        if each.kind == "money" and each.currency:
            return f"{plain(value)} {_currency(each, row)}".strip()
        return self._one(each, value)

    def _one(self, each: Field, value: Any) -> str:
        if each.kind == "account":
            return self._account(value)
        if each.choices:
            return dict(each.choices).get(getattr(value, "value", value), str(plain(value)))
        if isinstance(value, datetime):
            return value.isoformat(timespec="seconds")
        if isinstance(value, dict):
            return json.dumps(plain(value), ensure_ascii=False)
        return self._named(value) if registry.of(type(value)) else str(plain(value))

    def _account(self, account: int) -> str:
        if account not in self._accounts:
            people = directory.list_by_account(self._context, [account])
            self._accounts[account] = str(people[0]) if people else "Outlay"
        return self._accounts[account]

    def _named(self, row: Any) -> str:
        """Name a row that is referred to, as far as the reader may know it."""
        self._reachable.look([row])
        if row in self._reachable or not is_withheld(row):
            return str(row)
        resource = registry.of(type(row))
        assert resource
        return resource.key_of(row)


def _happened(step: activity.Step) -> tuple[str, str, str]:
    """Tell one entry of a document's story: when, who, and what they did or said."""
    changed = [
        f"{humanise(name)}: {_short((step.before or {}).get(name))} \N{RIGHTWARDS ARROW} {_short(value)}"
        for name, value in (step.after or {}).items()
    ]
    what = step.text or "; ".join([humanise(step.command.rpartition(".")[2] or step.action), *changed])
    return step.at.isoformat(timespec="seconds"), step.actor, what


def _short(value: Any) -> str:
    text = "\N{EN DASH}" if value is None else str(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]}\N{HORIZONTAL ELLIPSIS}"


def _currency(each: Field, row: Any) -> str:
    """Read the code of an amount's currency, which stands at the end of a path."""
    return str(
        functools.reduce(lambda at, name: None if at is None else getattr(at, name), str(each.currency).split("."), row)
        or ""
    )
