"""The story of a row in words: who did what, what was said, which files belong to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from app.console import addresses, words
from app.console.cells import Sight
from app.console.gate import Visit
from app.infra import activity
from app.infra.activity import Attachment, Step
from app.infra.fields import Field, child_fields, field, humanise
from app.infra.unit import holds
from app.kernel.problem import Refused
from app.kernel.resource import Resource

FEW = 20
MANY = 200
LIMIT = "Up to 25 MB each: PDF, pictures, tables, text, e-mail."
TABS = (("", "All"), ("comments", "Comments"), ("changes", "Changes"))
_PICKED_MENTION = re.compile(r"@\[[^\]\n]*\]\(([\w.-]+)\)")
_MENTION = re.compile(r"(@[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9_-])")
_ICONS = {"created": "plus", "deleted": "trash", "attached": "paperclip", "detached": "paperclip", "done": "bolt"}


@dataclass(frozen=True, slots=True)
class At:
    """A moment, for people and for machines."""

    text: str
    iso: str


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a comment: words, or a person who was asked."""

    text: str
    mention: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A value as it was and as it is."""

    label: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of the story."""

    kind: str
    who: str
    text: str
    at: At
    icon: str = ""
    parts: tuple[Part, ...] = ()
    diff: tuple[Difference, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a row."""

    name: str
    size: str
    type: str
    url: str
    by: str
    at: str
    remove_url: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a row, and where to send more."""

    entries: tuple[File, ...]
    upload_url: str = ""
    limit: str = LIMIT
    name: str = "file"
    problems: tuple[str, ...] = ()
    title: str = "Files"
    note: str = ""
    kind: str = "files"


@dataclass(frozen=True, slots=True)
class CommentBox:
    """Where a comment is written, with what was typed when it was refused."""

    url: str
    value: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tab:
    """A part of the story."""

    label: str
    url: str
    here: bool


@dataclass(frozen=True, slots=True)
class Activity:
    """The story of a row as its page shows it."""

    url: str
    topic: str
    person: str
    tabs: tuple[Tab, ...]
    entries: tuple[Entry, ...]
    comment: CommentBox | None
    files: Files | None
    more_url: str


def build(
    visit: Visit, resource: Resource, row: Any, *, typed: str = "", refusal: Refused | None = None, file: bool = False
) -> Activity:
    """Tell the story of a row; `typed` and `refusal` are what was not taken, a comment or a file."""
    which, everything = request.args.get("activity", ""), "all" in request.args
    steps = [step for step in activity.story(visit.context, resource, row, MANY) if _belongs(step, which)]
    shown = steps if everything else steps[:FEW]
    url = addresses.of_row(row)
    sight = Sight(visit)
    problems = tuple(problem.message for problem in refusal.problems) if refusal else ()
    return Activity(
        url=f"{url}/activity?activity={which}" + ("&all" if everything else ""),
        topic=f"{resource.name}:{resource.key_of(row)}",
        person=visit.actor.name,
        tabs=tuple(Tab(label, f"{url}/activity?activity={name}", name == which) for name, label in TABS),
        entries=tuple(_entry(sight, resource, step) for step in shown),
        comment=_comment_box(visit, resource, row, typed, () if file else problems),
        files=_files(sight, resource, row, problems if file else ()),
        more_url=f"{url}/activity?activity={which}&all" if len(steps) > len(shown) else "",
    )


def mentions_as_names(text: str) -> str:
    """Write `@[Jana Novák](jana.novak)`, as the picker sends it, the way comments keep it: `@jana.novak`."""
    return _PICKED_MENTION.sub(r"@\1", text)


def _belongs(step: Step, which: str) -> bool:
    return which not in ("comments", "changes") or (which == "comments") == (step.action == "commented" and bool(step.text))


def _entry(sight: Sight, resource: Resource, step: Step) -> Entry:
    at = At(sight.moment(step.at), step.at.isoformat())
    if step.text:
        return Entry("comment", step.actor, "commented", at, parts=tuple(_parts(step.text)))
    changes = tuple(_differences(sight, resource, step))
    is_command = step.action in ("done", "changed") and not step.command.endswith((".edit", ".create"))
    return Entry(
        kind="command" if is_command else "change",
        who=step.actor,
        text=_told(resource, step, is_command=is_command),
        at=at,
        icon=_ICONS.get(step.action, ""),
        diff=changes,
        reason=str((step.after or {}).get("reason") or "") if step.action == "done" else "",
    )


def _told(resource: Resource, step: Step, *, is_command: bool) -> str:
    """Say what was done: the words of the command, or what happened to the row or one of its lines."""
    noun = words.lower_first(resource.title[0])
    part = f"a line of {humanise(step.part.partition(':')[0]).lower()}" if step.part else ""
    if step.action in ("attached", "detached"):
        verb = "attached" if step.action == "attached" else "removed"
        return f"{verb} {(step.after or {}).get('file', 'a file')}"
    if step.action == "commented":
        return "commented"
    if is_command and not part:
        command = resource.command(step.command.rpartition(".")[2])
        return f"ran “{command.label}”" if command else humanise(step.command.rpartition(".")[2]).lower()
    verbs = {"created": "entered", "changed": "changed", "deleted": "removed"}
    return f"{verbs.get(step.action, step.action)} {part or f'the {noun}'}"


def _differences(sight: Sight, resource: Resource, step: Step) -> Iterator[Difference]:
    if step.action not in ("created", "changed", "deleted", "done"):
        return
    fields = _fields(resource, step.part)
    before, after = step.before or {}, step.after or {}
    for name in dict.fromkeys([*before, *after]):
        was, now = _said(sight, fields, name, before.get(name)), _said(sight, fields, name, after.get(name))
        if was != now:
            label = fields[name].label if name in fields else humanise(name)
            yield Difference(label, was, now)


def _fields(resource: Resource, part: str) -> Mapping[str, Field]:
    """Describe the fields of a row, or of the kind of line that was changed."""
    name = part.partition(":")[0]
    children = next((each for each in resource.children if each.name == name), None)
    if children is not None:
        return child_fields(children)
    return _Described(resource)


class _Described(dict[str, Field]):
    """Describes the columns of a model as they are asked for; what the audit names and the model does not is unknown."""

    def __init__(self, resource: Resource) -> None:
        super().__init__()
        self._resource = resource

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and hasattr(self._resource.model, name)

    def __missing__(self, name: str) -> Field:
        return field(self._resource.model, name)


def _said(sight: Sight, fields: Mapping[str, Field], name: str, value: Any) -> str:
    """Write a value as the audit keeps it for people."""
    if value is None or value == "":
        return ""
    each = fields[name] if name in fields else None  # noqa: SIM401 - described as it is asked for
    if isinstance(value, bool):
        return "yes" if value else "no"
    if each is not None and each.choices:
        return dict(each.choices).get(str(value), str(value))
    if each is not None and each.kind in ("money", "decimal", "integer") and isinstance(value, int | str):
        return _number(str(value))
    if each is not None and each.kind == "date":
        return _day(sight, str(value))
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def _number(value: str) -> str:
    from decimal import Decimal, InvalidOperation

    try:
        return words.number(Decimal(value))
    except InvalidOperation:
        return value


def _day(sight: Sight, value: str) -> str:
    from datetime import date

    try:
        return words.day(date.fromisoformat(value), sight.today)
    except ValueError:
        return value


def _parts(text: str) -> Iterator[Part]:
    for piece in _MENTION.split(text):
        if piece:
            mention = bool(_MENTION.fullmatch(piece))
            yield Part(piece.removeprefix("@") if mention else piece, mention)


def _comment_box(
    visit: Visit, resource: Resource, row: Any, typed: str, problems: tuple[str, ...]
) -> CommentBox | None:
    if not visit.actor.may(resource.permission("comment")) or not holds(visit.context, resource, row, "comment"):
        return None
    return CommentBox(f"{addresses.of_row(row)}/comments", typed, problems)


def _files(sight: Sight, resource: Resource, row: Any, problems: tuple[str, ...]) -> Files | None:
    visit = sight.visit
    may = visit.actor.may(resource.permission("attach")) and holds(visit.context, resource, row, "attach")
    found = activity.attachments(visit.context, resource, row)
    if not found and not may:
        return None
    url = f"{addresses.of_row(row)}/files"
    entries = tuple(_file(sight, url, each, may=may) for each in found)
    return Files(entries, upload_url=url if may else "", problems=problems, note=str(len(found)) if found else "")


def _file(sight: Sight, url: str, each: Attachment, *, may: bool) -> File:
    return File(
        name=each.name,
        size=words.file_size(each.size),
        type=each.media_type,
        url=f"{url}/{each.id}",
        by=each.actor_name,
        at=sight.moment(each.at),
        remove_url=f"{url}/{each.id}/remove" if may else "",
    )
