"""What the form of a request sends, as the raw values of a request, and what a draft that keeps itself is answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request as asked
from werkzeug.datastructures import MultiDict

from app.console import decode, forms, loading, words
from app.console.decode import Form, Raw
from app.console.gate import Visit
from app.console.inputs import prefilled
from app.infra import idempotency, unit
from app.infra.idempotency import Repeat
from app.infra.unit import Outcome
from app.kernel.problem import Refused
from app.kernel.resource import Resource, registry
from app.modules.requests import service
from app.modules.requests.console.rail import placed

LONGEST_TITLE = 160
#: What a line has before anybody has typed anything.
BLANK_LINE = {"quantity": "1"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it came: its values, and where its lines and parts of lines stood."""

    raw: Raw
    lines: tuple[int, ...]
    splits: tuple[int, ...]


def resource() -> Resource:
    """Give the declaration of requests."""
    return registry[service.NAME]


def first_values(visit: Visit, like: str = "", given: Mapping[str, str] | None = None) -> Raw:
    """Give what the form of a new request begins with: one's own place, or what another request asked for."""
    raw = service.blank(visit.context)
    if like:
        raw |= service.copy_of(visit.context, loading.one(visit.context, resource(), like, resource().form))
    raw |= prefilled(given or {}, forms.fields_to_enter(resource()))
    item = (given or {}).get("item", "")
    raw["lines"] = raw.get("lines") or [{**BLANK_LINE, **({"item": item} if item else {})}]
    return raw


def sent(form: Form, zone: str) -> Sent:
    """Read a form: empty lines are left out, and the parts of a line follow it to where it stands now."""
    kept: Form = MultiDict(pair for pair in form.items(multi=True) if pair[0] != "then")
    raw = decode.row(kept, resource(), forms.fields_to_edit(resource()), zone)
    lines = [
        (place, line) for place, line in zip(_places(form, "lines"), raw["lines"], strict=True) if not is_empty(line)
    ]
    at = {str(place + 1): str(number) for number, (place, _) in enumerate(lines, 1)}
    splits = [
        (place, {**split, "line": at[split["line"]]})
        for place, split in zip(_places(form, "splits"), raw["splits"], strict=True)
        if split.get("line") in at and any(value for name, value in split.items() if name not in ("line", "id"))
    ]
    raw["lines"], raw["splits"] = [line for _, line in lines], [split for _, split in splits]
    if "title" in raw and not raw["title"].strip() and lines:
        raw["title"] = str(lines[0][1].get("text", ""))[:LONGEST_TITLE]  # one thing needs no other name than its own
    return Sent(raw, tuple(place for place, _ in lines), tuple(place for place, _ in splits))


def _places(form: Form, name: str) -> list[int]:
    """List where child rows stood that were not taken out, in their order."""
    found = (re.fullmatch(rf"{name}-(\d{{1,4}})-(\w+)", each) for each in form)
    cells = [(int(match[1]), match[2]) for match in found if match]
    removed = {place for place, cell in cells if cell == "removed" and form.get(f"{name}-{place}-removed")}
    return sorted({place for place, _ in cells} - removed)


def is_empty(line: Mapping[str, Any]) -> bool:
    """Say whether nobody has typed anything into a new line yet."""
    return not line.get("id") and not any(value for name, value in line.items() if name != "quantity")


def same_draft(form: Form) -> Repeat | None:
    """Recognise the first saving of a draft when its answer was lost and it is sent again, with more in it by then."""
    return _once(form, "draft", service.NAME)


def same_submit(form: Form, key: str) -> Repeat | None:
    """Recognise a form that is submitted twice."""
    return _once(form, "submit", key)


def _once(form: Form, act: str, about: str) -> Repeat | None:
    mark = form.get("repeat", "")
    return idempotency.repeat(f"{act}:{mark}", about) if re.fullmatch(r"[\w-]{16,64}", mark) else None


def start(visit: Visit, form: Form) -> dict[str, Any]:
    """Make the draft out of the first thing typed."""
    values = sent(form, visit.zone)
    outcome = unit.create(visit.context, resource(), values.raw, repeat=same_draft(form))
    if outcome.repeated:
        outcome = unit.save(visit.context, resource(), outcome.key, values.raw)
    return _answer(visit, outcome, values)


def keep(visit: Visit, key: str, form: Form) -> dict[str, Any]:
    """Keep what was typed since."""
    values = sent(form, visit.zone)
    outcome = unit.save(visit.context, resource(), key, values.raw, version=decode.version(form))
    return _answer(visit, outcome, values)


def _answer(visit: Visit, outcome: Outcome, values: Sent) -> dict[str, Any]:
    """Tell the page what it is now: number, version, and the ids of the lines it made."""
    row = loading.one(visit.context, resource(), outcome.key, ("lines", "splits"))
    ids = {f"lines-{place}-id": str(line.id) for place, line in zip(values.lines, row.lines, strict=False)}
    ids |= {f"splits-{place}-id": str(split.id) for place, split in zip(values.splits, row.splits, strict=False)}
    return {
        "key": outcome.key,
        "version": row.version,
        "ids": ids,
        "said": said(visit, outcome.key),
        "short": short(visit),
    }


def said(visit: Visit, key: str) -> str:
    """Say that nothing is lost and nothing is sent."""
    return f"Saved as draft {key} at {_time(visit)}. Nothing is sent until you submit."


def short(visit: Visit) -> str:
    """Say the same where there is little room."""
    return f"Draft saved {_time(visit)}"


def _time(visit: Visit) -> str:
    return words.clock_time(words.local(visit.context.now, visit.zone))


def refused(refusal: Refused) -> dict[str, Any]:
    """Tell the page why a draft was not saved; what was typed stays in it."""
    problems = [placed(problem) for problem in refusal.problems]
    return {"said": f"Not saved yet. {' '.join(problems[:1])}", "short": "Not saved yet", "problems": problems}


def everything_wrong(visit: Visit, raw: Raw, row: Any, refusal: Refused) -> Refused:
    """Tell all that stands in the way at once, and not only what was found first."""
    found = service.preview(visit.context, raw, row).problems
    more = [problem for problem in found if problem not in refusal.problems]
    return Refused(refusal.kind, (*refusal.problems, *more))


def wanted() -> str:
    """Tell what the button that was pressed asks for besides saving: `submit`, `close` or nothing."""
    return asked.form.get("then", "")
