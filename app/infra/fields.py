"""What a column, a relation, a property or a command's parameter means to people: the one place that reads it off."""

from __future__ import annotations

import enum
import functools
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Date, DateTime, Integer, Numeric, String, Text
from sqlalchemy import inspect as inspect_model
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import RelationshipProperty

from app.infra.db import Choice
from app.kernel.command import Param
from app.kernel.resource import Children, Resource, registry

_PLAIN = {bool: "boolean", int: "integer", Decimal: "decimal", datetime: "instant", date: "date", str: "text"}
KINDS = [
    "text",
    "longtext",
    "integer",
    "decimal",
    "money",
    "date",
    "instant",
    "boolean",
    "choice",
    "state",
    "reference",
    "account",
    "json",
    "secret",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that can be shown, asked, filtered, exported: its name, words, kind and bounds.

    `target` names the resource (or, where none is declared, the model) that a reference points to;
    `currency` is the path to the currency of a money field; `stored` is false for derived properties;
    `called` lists what files from elsewhere call it; `adds_up` is false for amounts whose sum says nothing, as of balances.
    """

    name: str
    label: str
    kind: str
    help: str = ""
    required: bool = False
    nullable: bool = True
    length: int | None = None
    digits: int | None = None
    scale: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    enumeration: type[enum.Enum] | None = None
    target: str | None = None
    model: Any = None
    currency: str | None = None
    multiple: bool = False
    secret: bool = False
    stored: bool = True
    default: Any = None
    called: tuple[str, ...] = ()
    adds_up: bool = True

    def of(self, row: Any) -> Any:
        """Read this field's value off a row, along a dotted path; None where a link is empty."""
        return functools.reduce(lambda at, name: None if at is None else getattr(at, name), self.name.split("."), row)


def humanise(name: str) -> str:
    """Turn `promised_for` into `Promised for`."""
    words = name.removesuffix("_id").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def label_of_choice(member: enum.Enum) -> str:
    """Tell a choice in words: its `label` where it has one."""
    return str(getattr(member, "label", None) or humanise(str(member.value)))


@functools.cache
def field(model: Any, name: str) -> Field:
    """Describe `name` (or a dotted path) of a model."""
    head, _, rest = name.partition(".")
    mapper = inspect_model(model)
    if rest:
        inner = field(mapper.relationships[head].mapper.class_, rest)
        outer = field(model, head).label
        label = outer if inner.label == outer else f"{outer}: {inner.label.lower()}"
        return replace(inner, name=name, label=label, required=False)
    if head in mapper.relationships:
        return _relation_field(mapper.relationships[head])
    if head in mapper.columns:
        return _column_field(head, mapper.columns[head])
    return _property_field(model, head)


def fields_of(resource: Resource, names: typing.Iterable[str]) -> dict[str, Field]:
    """Describe several names of a resource's model, in order."""
    return {name: field(resource.model, name) for name in names}


def child_fields(children: Children) -> dict[str, Field]:
    """Describe the columns of child rows, in order."""
    return {name: field(children.model, name) for name in children.fields}


@functools.cache
def param_fields(params: tuple[Param, ...]) -> dict[str, Field]:
    """Describe the parameters of a command, in order."""
    return {param.name: _param_field(param) for param in params}


def _relation_field(relation: RelationshipProperty[Any]) -> Field:
    column = next(iter(relation.local_columns))
    target = relation.mapper.class_
    declared = registry.of(target)
    label = column.info.get("label") if not relation.uselist else None
    return Field(
        name=relation.key,
        label=label or humanise(relation.key),
        kind="reference",
        help=column.info.get("help", "") if not relation.uselist else "",
        required=not relation.uselist and not column.nullable,
        target=declared.name if declared else None,
        model=target,
        multiple=bool(relation.uselist),
        called=tuple(column.info.get("called", ())) if not relation.uselist else (),
    )


def _column_field(name: str, column: Any) -> Field:
    kind, extra = _kind_of_type(column.type)
    info = column.info
    return Field(
        name=name,
        label=info.get("label") or humanise(name),
        kind=info.get("kind") or kind,
        help=info.get("help", ""),
        required=not column.nullable and column.server_default is None and column.default is None,
        nullable=bool(column.nullable),
        currency=info.get("currency"),
        adds_up=info.get("adds_up", True),
        secret=bool(info.get("secret")),
        default=getattr(column.default, "arg", None) if column.default is not None else None,
        called=tuple(info.get("called", ())),
        **_state_choices(info, extra),
    )


def _state_choices(info: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    if info.get("kind") == "state":
        return {"choices": tuple((name, humanise(name)) for name in info["states"])}
    return extra


def _kind_of_type(type_: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(type_, Choice):
        return "choice", _choices(type_.kind)
    kinds: list[tuple[type, Callable[[Any], tuple[str, dict[str, Any]]]]] = [
        (Boolean, lambda _: ("boolean", {})),
        (DateTime, lambda _: ("instant", {})),
        (Date, lambda _: ("date", {})),
        (Numeric, lambda t: ("decimal", {"digits": t.precision, "scale": t.scale})),
        (Integer, lambda _: ("integer", {})),
        (JSONB, lambda _: ("json", {})),
        (Text, lambda _: ("longtext", {})),
        (String, lambda t: ("text", {"length": t.length})),
    ]
    for kind, describe in kinds:
        if isinstance(type_, kind):
            return describe(type_)
    return ("secret", {}) if type(type_).__name__ == "Encrypted" else ("text", {})


def _choices(kind: type[enum.Enum]) -> dict[str, Any]:
    return {"choices": tuple((str(m.value), label_of_choice(m)) for m in kind), "enumeration": kind}


def _property_field(model: Any, name: str) -> Field:
    attribute = inspect.getattr_static(model, name)
    function = getattr(attribute, "fget", None) or getattr(attribute, "func", None)
    hint = typing.get_type_hints(function, include_extras=True).get("return", str) if function else str
    described = _annotated(hint)
    help_text = (inspect.getdoc(function) or "") if function else ""
    return replace(described, name=name, label=humanise(name), help=help_text, stored=False, required=False)


def _param_field(param: Param) -> Field:
    described = _annotated(param.annotation)
    kind = "longtext" if param.ask.long else "secret" if param.ask.secret else described.kind
    return replace(
        described,
        name=param.name,
        label=param.ask.label or humanise(param.name),
        help=param.ask.help,
        kind=kind,
        secret=param.ask.secret,
        required=param.required,
        default=param.default,
    )


def _annotated(annotation: Any) -> Field:
    """Describe a Python type: `str`, `Decimal`, an enumeration, a model, `X | None`, `list[X]`.

    An amount that is worked out names the path to its currency: `Annotated[Decimal, "currency"]`.
    """
    if typing.get_origin(annotation) is typing.Annotated:
        plain, currency = typing.get_args(annotation)
        return replace(_annotated(plain), kind="money", currency=currency)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        annotation = next(part for part in typing.get_args(annotation) if part is not type(None))
    if typing.get_origin(annotation) in (list, tuple):
        return replace(_annotated(typing.get_args(annotation)[0]), multiple=True)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return Field("", "", "choice", **_choices(annotation))
    if typing.get_origin(annotation) is dict:
        return Field("", "", "json")
    if annotation in _PLAIN:
        described = Field("", "", _PLAIN[annotation], length=2000 if annotation is str else None)
        return replace(described, digits=18, scale=6) if annotation is Decimal else described
    if hasattr(annotation, "__mapper__"):
        declared = registry.of(annotation)
        return Field("", "", "reference", target=declared.name if declared else None, model=annotation)
    return Field("", "", "text")


def is_known_type(annotation: Any) -> bool:
    """Say whether people can be asked for a value of this type."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, list, tuple):
        return all(is_known_type(part) for part in typing.get_args(annotation) if part not in (type(None), ...))
    is_choice = isinstance(annotation, type) and issubclass(annotation, enum.Enum)
    return annotation in _PLAIN or is_choice or hasattr(annotation, "__mapper__")
