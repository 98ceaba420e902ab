"""What a browser sends in a form, as the raw values that `infra.intake` reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from app.infra import idempotency
from app.infra.fields import Field, child_fields
from app.infra.idempotency import Repeat
from app.kernel.resource import Children, Resource

Form = MultiDict[str, str]
Raw = dict[str, Any]

#: What forms say about themselves; everything else is a value, and an unknown one is refused.
OWN_WORDS = frozenset({"csrf_token", "version", "again", "repeat", "confirmed", "keys", "all", "query", "own_password"})
_CELL = re.compile(r"(\d{1,4})-(\w+)")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")


def values(form: Form, fields: Mapping[str, Field], zone: str) -> Raw:
    """Give what was sent, field by field; a box that is not ticked sends nothing and means no."""
    raw: Raw = {name: "no" for name, each in fields.items() if each.kind == "boolean"}
    for name in form:
        if name in OWN_WORDS:
            continue
        raw[name] = _sent(fields.get(name), form.getlist(name), zone)
    return {name: value for name, value in raw.items() if not _keeps_secret(fields.get(name), value)}


def row(form: Form, resource: Resource, fields: Mapping[str, Field], zone: str) -> Raw:
    """Give what was sent for a row with its child rows; a form shows all child rows, so none sent means none left."""
    flat, cells = _parted(form, resource)
    raw = values(flat, fields, zone)
    for children in editable(resource):
        raw[children.name] = _rows(children, cells[children.name], zone)
    return raw


def first_rows(form: Form, resource: Resource, zone: str) -> Raw:
    """Give the child rows that the address of a new row begins with: `tax_ids-0-value=ATU12345675`."""
    _, cells = _parted(form, resource)
    return {
        children.name: _rows(children, cells[children.name], zone)
        for children in editable(resource)
        if cells[children.name]
    }


def _parted(form: Form, resource: Resource) -> tuple[Form, dict[str, dict[int, Form]]]:
    """Tell the values of a row from those of its child rows, by kind and place."""
    flat: Form = MultiDict()
    cells: dict[str, dict[int, Form]] = {children.name: {} for children in editable(resource)}
    for name, sent in form.items(multi=True):
        head, _, rest = name.partition("-")
        place = _CELL.fullmatch(rest) if head in cells else None
        if place:
            cells[head].setdefault(int(place[1]), MultiDict()).add(place[2], sent)
        elif not (head in cells and rest == "count"):
            flat.add(name, sent)
    return flat, cells


def editable(resource: Resource) -> list[Children]:
    """List the kinds of child rows that are edited with their document."""
    return [children for children in resource.children if not children.fixed]


def version(form: Form) -> int | None:
    """Give the version of the row that the sender had before their eyes."""
    sent = form.get("version", "")
    return int(sent) if sent.isdigit() and len(sent) < 10 else None  # noqa: PLR2004


def repeat(form: Form, *asked: Any) -> Repeat | None:
    """Recognise the same form sent twice by the mark it was drawn with."""
    mark = form.get("repeat", "")
    if not re.fullmatch(r"[\w-]{16,64}", mark):
        return None
    left_out = ("csrf_token", "own_password")
    sent = sorted((name, value) for name, value in form.items(multi=True) if name not in left_out)
    return idempotency.repeat(f"form:{mark}", *asked, sent)


def _rows(children: Children, sent: dict[int, Form], zone: str) -> list[Raw]:
    fields = child_fields(children)
    rows = []
    for index in sorted(sent):
        cells = sent[index]
        if cells.pop("removed", ""):
            continue
        identity = cells.pop("id", "")
        raw = values(cells, fields, zone)
        rows.append({"id": identity, **raw} if identity else raw)
    return rows


def _sent(each: Field | None, sent: list[str], zone: str) -> Any:
    if each is None:
        return sent[-1]
    if each.multiple:
        return [value for value in sent if value]
    if each.kind == "instant" and _MOMENT.fullmatch(sent[-1]):
        return datetime.fromisoformat(sent[-1]).replace(tzinfo=ZoneInfo(zone)).isoformat()
    return sent[-1]


def _keeps_secret(each: Field | None, value: Any) -> bool:
    """Say whether a secret was left empty, which keeps the one that is stored."""
    return each is not None and (each.secret or each.kind == "secret") and value == ""
