"""Rows entered with as much in them as their rules allow, and read back from each door in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

from app.infra import unit
from app.infra.audit import MASK
from app.infra.fields import Field, child_fields
from app.infra.fields import field as describe
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.kernel.resource import Resource
from tests.acting import system
from tests.contract.house import House

TRIES = 8


def form_fields(resource: Resource, *, new: bool) -> dict[str, Field]:
    """Describe what a form asks for."""
    names = (resource.key, *resource.form) if new and not resource.number else resource.form
    return {name: describe(resource.model, name) for name in dict.fromkeys(names)}


def full(house: House, resource: Resource) -> dict[str, Any]:
    """Say what a form would hold if every field that can be left empty were filled in too."""
    fields = form_fields(resource, new=True)
    names = [name for name, each in fields.items() if each.kind == "reference" and each.target and not each.required]
    return {name: house.maker.key(fields[name].target or "") for name in names}


def bare(resource: Resource) -> dict[str, Any]:
    """Say what a form would hold if nothing were filled in that can be left empty."""
    fields = form_fields(resource, new=True)
    empty: dict[str, Any] = {name: None for name, each in fields.items() if not each.required and each.nullable}
    return {**empty, **{children.name: [] for children in resource.children if not children.fixed}}


def enter(house: House, resource: Resource, wished: dict[str, Any], context: Context | None = None) -> str:
    """Enter a row with what is wished for, giving up the wishes that its rules refuse."""
    form, wishes = house.maker.form(resource), wished
    for _ in range(TRIES):
        try:
            return unit.create(context or system(), resource, {**form, **wishes}).key
        except Refused as refusal:
            give_up(wishes, refusal)
    raise AssertionError(f"{resource.name} is refused again and again")


def give_up(wishes: dict[str, Any], refusal: Refused) -> None:
    """Leave out what stands in the way; a row that is refused although nothing was wished for fails the test."""
    against = {(problem.field or "").partition(".")[0] for problem in refusal.problems}
    refused = [name for name in wishes if name in against] or list(wishes)[-1:]
    assert refused, refusal.problems
    for name in refused:
        del wishes[name]


def said(each: Field, value: Any) -> Any:
    """Put a value that was sent, or one that REST gives, into the same words."""
    if value in (None, ""):
        return None
    if each.secret or each.kind == "secret":
        return MASK
    if isinstance(value, Mapping):
        return value["key"]
    if each.kind in ("decimal", "money"):
        return Decimal(str(value))
    if each.kind in ("text", "longtext"):
        return str(value).strip()
    return value


def sent_of(resource: Resource, form: Mapping[str, Any]) -> dict[str, Any]:
    """Put all that was sent for a row into words, child rows included."""
    told = {name: said(each, form[name]) for name, each in form_fields(resource, new=True).items() if name in form}
    for children in resource.children:
        if children.name in form:
            told[children.name] = [_child(children, row) for row in form[children.name]]
    return told


def _child(children: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    fields = child_fields(children)
    given = {name: said(each, row.get(name)) for name, each in fields.items()}
    plain = {
        name: each.default for name, each in fields.items() if each.default is not None and not callable(each.default)
    }
    return {name: plain.get(name) if value is None else value for name, value in given.items()}


class Page(HTMLParser):
    """What a browser makes of a page: its words, the values of its attributes, and what would run or load."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.values: list[str] = []
        self.alive: list[str] = []
        self._within: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._within.append(tag)
        self.values += [value for value in given.values() if value]
        self.alive += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        if tag == "script" and "src" not in given:
            self.alive.append("script")
        if (given.get("href") or "").lower().lstrip().startswith("javascript:"):
            self.alive.append(f"{tag} href")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def shows(self, text: str) -> bool:
        """Say whether a text stands on the page just as it was entered."""
        return any(text in part for part in (*self.words, *self.values))
