"""What differs between two revisions of an order, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_UNTOLD = {"id", "number", "revision", "issued_on", "rates"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is another one now; empty where there was or is nothing."""

    where: str
    before: str
    after: str


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """List what differs; lines are held against the line they were, wherever they stand now."""
    found = list(_fields("", before, after, {"lines"}))
    old, new = ({line["id"]: line for line in each["lines"]} for each in (before, after))
    for key in {**old, **new}:
        one, other = old.get(key), new.get(key)
        if one is None or other is None:
            line = one or other or {}
            told = f"{line['text']}, {line['quantity']} x {line['unit_price']}"
            where = f"Line {line['number']}"
            found.append(Difference(where, told if one else "", told if other else ""))
        else:
            found += _fields(f"Line {other['number']}: ", one, other, set())
    return found


def _fields(prefix: str, before: Mapping[str, Any], after: Mapping[str, Any], apart: set[str]) -> Iterator[Difference]:
    for name in {**before, **after}:
        one, other = before.get(name), after.get(name)
        if name in apart | _UNTOLD or one == other:
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _fields(f"{prefix}{_words(name, prefix)}, ", one, other, set())
        else:
            yield Difference(f"{prefix}{_words(name, prefix)}", _text(one), _text(other))


def _words(name: str, prefix: str) -> str:
    words = name.replace("_", " ")
    return words if prefix else words.capitalize()


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(filter(None, (_text(part) for part in value.values())))
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value)
    return str(value)
