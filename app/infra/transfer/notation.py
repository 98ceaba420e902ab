"""JSON: a list of objects, or one object a line; child rows stand as a list inside and become lines of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, BinaryIO

from app.infra.transfer import sheets
from app.infra.transfer.cells import text_of
from app.infra.transfer.sheets import Flaw, Line, Options, Sheet

_CHUNK = 256 * 1024
_LONGEST = 5 * 1024 * 1024
_START = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*(?:\{\s*[\"}]|\]))")
_SPACE = re.compile(r"[ \t\r\n]*")
Found = tuple[int, Mapping[str, Any] | Flaw]


def is_json(head: bytes) -> bool:
    """Recognise a list of objects, or an object, at the beginning of a file."""
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    return bool(_START.match(text))


def open_json(stream: BinaryIO, options: Options) -> Sheet:
    """Read all names once, as an object may lack any of them, and get ready to read the objects."""
    stream.seek(0)
    head = stream.read(4096)
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    many = head.decode("utf-16" if encoding == "utf-16" else "utf-8-sig", "replace").lstrip()[:1] == "["

    def objects() -> Iterator[Found]:
        return _listed(stream, encoding) if many else _by_line(stream, encoding)

    names: dict[str, None] = {}
    for _, found in objects():
        if not isinstance(found, Flaw):
            names.update(dict.fromkeys(_names(found)))
    columns = tuple(names)
    if not columns:
        raise sheets.refused("heading_missing", "The file has no object with named values.")
    if len(columns) > sheets.MAX_COLUMNS:
        raise sheets.refused("too_many_columns", f"The objects have {len(columns)} names. Use {sheets.MAX_COLUMNS}.")

    def lines() -> Iterator[Line]:
        return sheets.limited(line for number, found in objects() for line in _lines(number, found, columns))

    return Sheet("json", columns, lines, 0, encoding)


def _by_line(stream: BinaryIO, encoding: str) -> Iterator[Found]:
    for number, text in enumerate(sheets.text_of(stream, encoding, newline="\n"), 1):
        if not text.strip():
            yield number, {}
            continue
        try:
            yield number, _object(_decoder.decode(text))
        except (ValueError, RecursionError) as error:
            yield number, Flaw("broken_json", f"This line is not one JSON object: {_words(error)}.")


def _listed(stream: BinaryIO, encoding: str) -> Iterator[Found]:
    """Read the objects of a list one by one; where the list itself is broken the file is refused."""
    source, number = _chunks(stream, encoding), 0
    text = next(source, "")
    at = _after(text, 0) + 1
    while True:
        at = _after(text, at)
        if text[at : at + 1] == "]":
            return _refuse_more(text[at + 1 :], source)
        if text[at : at + 1] == ",":
            at += 1
            continue
        try:
            value, at = _decoder.raw_decode(text, at)
            number += 1
            yield number, _object(value)
        except (_Wrong, RecursionError) as error:
            raise sheets.refused("broken_json", f"Object {number + 1} is broken: {_words(error)}.") from error
        except ValueError as error:
            more = next(source, None) if _is_cut(text, error) and len(text) - at < _LONGEST else None
            if more is None:
                words = f"The list is not closed, or broken after object {number}."
                raise sheets.refused("broken_json", words) from error
            text, at = text[at:] + more, 0


def _refuse_more(text: str, source: Iterator[str]) -> None:
    if text.strip() or any(more.strip() for more in source):
        raise sheets.refused(
            "broken_json", "Something stands after the end of the list. Send one list, or one object a line."
        )


def _is_cut(text: str, error: ValueError) -> bool:
    """Say whether a value may be broken only because the rest of it has not been read."""
    return getattr(error, "pos", 0) >= len(text) - 16 or "Unterminated" in str(error)


def _after(text: str, begin: int) -> int:
    match = _SPACE.match(text, begin)
    return match.end() if match else begin


def _chunks(stream: BinaryIO, encoding: str) -> Iterator[str]:
    text = sheets.text_of(stream, encoding, newline=None)
    while chunk := text.read(_CHUNK):
        yield chunk


class _Wrong(ValueError):
    """JSON that can be read and is not meant."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Wrong("a name stands twice in one object")
    return found


def _no_such_number(text: str) -> Any:
    raise _Wrong(f"{text} is not a number")


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_float=Decimal, parse_constant=_no_such_number)


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _Wrong("it is not an object")
    return value


def _words(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:120].lower()


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, Mapping) for part in value)


def _names(found: Mapping[str, Any]) -> Iterator[str]:
    for name, value in found.items():
        if _is_rows(value):
            yield from (f"{name}.{inner}" for part in value for inner in part)
        elif value != []:
            yield name


def _lines(number: int, found: Mapping[str, Any] | Flaw, columns: tuple[str, ...]) -> Iterator[Line]:
    """Write an object as one line, or as one for each of its child rows with its own values on all of them."""
    if isinstance(found, Flaw):
        yield Line(number, ("",) * len(columns), (found,))
        return
    rows = {name: value for name, value in found.items() if _is_rows(value)}
    own = {name: _cell(value) for name, value in found.items() if name not in rows}
    for position in range(max((len(value) for value in rows.values()), default=1)):
        cells = dict(own)
        for name, value in rows.items():
            if position < len(value):
                cells.update({f"{name}.{inner}": _cell(part) for inner, part in value[position].items()})
        texts = tuple(cells.get(column, "") for column in columns)
        undecoded = [at for at, text in enumerate(texts) if "\ufffd" in text]
        yield Line(number, texts, tuple(Flaw("not_decoded", "has bytes that are not text.", at) for at in undecoded))


def _cell(value: Any) -> str:
    """Write a JSON value as a cell; an object with a `key` names a row, as REST writes it."""
    if isinstance(value, Mapping) and "key" in value:
        return text_of(value["key"])
    return text_of(value)
