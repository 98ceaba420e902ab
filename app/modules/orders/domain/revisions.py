"""What differs between two revisions of an order, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    found = list(_fields("", before, after, set(_ROWS)))
    for name, (where, tell) in _ROWS.items():
        old, new = ({row["id"]: row for row in each.get(name, ())} for each in (before, after))
        for key in {**old, **new}:
            one, other = old.get(key), new.get(key)
            if one is None or other is None:
                row = one or other or {}
                found.append(Difference(where(row), tell(row) if one else "", tell(row) if other else ""))
            else:
                found += _fields(f"{where(other)}: ", one, other, set())
    return found


def _of_line(line: Mapping[str, Any]) -> str:
    return f"{line['text']}, {line['quantity']} x {line['unit_price']}"


def _of_charge(charge: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, (charge["text"], charge["amount"])))


#: Rows that are held against the row they were: how they are called, and what is told of one that is new or gone.
_ROWS: dict[str, tuple[Callable[[Mapping[str, Any]], str], Callable[[Mapping[str, Any]], str]]] = {
    "lines": (lambda line: f"Line {line['number']}", _of_line),
    "extra_charges": (lambda charge: f"Charge for {_text(charge['kind']).replace('_', ' ')}", _of_charge),
}


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
