"""The story of a row in words: who did what, what was said, which files belong to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import request
from flask_appbuilder.security.sqla.models import User

from app.console import addresses, words
from app.console.cells import Sight, currency_of, key_in_words
from app.console.gate import Visit
from app.infra import activity
from app.infra.activity import Attachment, Step
from app.infra.db import Row
from app.infra.fields import Field, child_fields, field, humanise
from app.infra.unit import holds
from app.kernel.command import Command
from app.kernel.event import event_name
from app.kernel.problem import Refused
from app.kernel.resource import Resource

FEW = 20
MANY = 200
#: As many rows of one kind that nobody types are told one by one.
MOST_ROWS = 3
#: As many lines that people write, or that a file brings, are told one by one.
MOST_LINES = 8
LIMIT = "Up to 25 MB each: PDF, pictures, tables, text, e-mail."
TABS = (("", "All"), ("comments", "Comments"), ("changes", "Changes"))
_PICKED_MENTION = re.compile(r"@\[[^\]\n]*\]\(([\w.-]+)\)")
_MENTION = re.compile(r"(@[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9_-])")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")  # of a file or of what was approved; it tells people nothing
_ICONS = {"created": "plus", "deleted": "trash", "attached": "paperclip", "detached": "paperclip", "done": "bolt"}
_ALONE = ("attached", "detached", "commented")


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
    version: int | None
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
    acts = _acts(steps)
    shown = acts if everything else acts[:FEW]
    url = addresses.of_row(row)
    sight = Sight(visit)
    problems = tuple(problem.message for problem in refusal.problems) if refusal else ()
    return Activity(
        url=f"{url}/activity?activity={which}" + ("&all" if everything else ""),
        topic=addresses.topic_of(row),
        version=getattr(row, "version", None),
        person=visit.actor.name,
        tabs=tuple(Tab(label, f"{url}/activity?activity={name}", name == which) for name, label in TABS),
        entries=tuple(_entry(sight, resource, row, act) for act in shown),
        comment=_comment_box(visit, resource, row, typed, () if file else problems),
        files=_files(sight, resource, row, problems if file else ()),
        more_url=f"{url}/activity?activity={which}&all" if len(acts) > len(shown) else "",
    )


def has_story(resource: Resource) -> bool:
    """Say whether people talk about rows of a resource: about documents and master data, not about records of acts."""
    return issubclass(resource.model, Row)


def mentions_as_names(text: str) -> str:
    """Write `@[Jana Novák](jana.novak)`, as the picker sends it, the way comments keep it: `@jana.novak`."""
    return _PICKED_MENTION.sub(r"@\1", text)


def _belongs(step: Step, which: str) -> bool:
    return which not in ("comments", "changes") or (which == "comments") == (
        step.action == "commented" and bool(step.text)
    )


def _acts(steps: Sequence[Step]) -> list[list[Step]]:
    """Put together what one act changed: the row and its lines."""
    acts: list[list[Step]] = []
    for step in steps:
        last = acts[-1][0] if acts else None
        same = last is not None and (step.at, step.actor_id, step.command) == (last.at, last.actor_id, last.command)
        if same and not step.text and step.action not in _ALONE:
            acts[-1].append(step)
        else:
            acts.append([step])
    return acts


def _entry(sight: Sight, resource: Resource, row: Any, act: Sequence[Step]) -> Entry:
    main = next((step for step in act if not step.part), act[0])
    at = At(sight.moment(main.at), main.at.isoformat())
    if main.text:
        return Entry("comment", main.actor, "commented", at, parts=tuple(_parts(main.text)))
    of, _, name = main.command.rpartition(".")
    command = resource.command(name) if of == resource.name else None
    return Entry(
        kind="command" if command else "change",
        who=main.actor,
        text=_told(resource, main, command) if not main.part or command else f"changed the {_noun(resource)}",
        at=at,
        icon=_ICONS.get(main.action, ""),
        diff=tuple(_of_act(sight, resource, row, act)),
    )


def _of_act(sight: Sight, resource: Resource, row: Any, act: Sequence[Step]) -> Iterator[Difference]:
    """Say what an act changed; of many rows it is enough how many came or went."""
    derived = {children.name for children in resource.children if children.fixed}
    rows = Counter(step.part.partition(":")[0] for step in act if step.action in ("created", "deleted"))
    many = [name for name, count in rows.items() if count > (MOST_ROWS if name in derived else MOST_LINES)]
    for step in act:
        name = step.part.partition(":")[0]
        if name not in many or (step.action == "changed" and name not in derived):
            yield from _differences(sight, resource, row, step)
    for name in many:
        made = sum(step.action == "created" for step in act if step.part.partition(":")[0] == name)
        came = "worked out" if name in derived else "entered"
        yield Difference(humanise(name), "", f"{made} {came}" if made else "taken out")


def _told(resource: Resource, step: Step, command: Command | None) -> str:
    """Say what was done, with the words of the command where it was one."""
    if step.action in ("attached", "detached"):
        return f"{'attached' if step.action == 'attached' else 'removed'} {(step.after or {}).get('file', 'a file')}"
    noun = _noun(resource)
    if command is not None:
        done = [humanise(event_name("", event)[1:]).lower() for event in command.events]
        verbs = [each for each in done if " " not in each and each.endswith("ed")]
        said = verbs if len(done) == 1 else [each for each in verbs if each.startswith(command.name.rstrip("e"))]
        return f"{said[0]} the {noun}" if said else f"did “{command.label}”"
    acts = {"created": "entered", "changed": "changed", "deleted": "removed"}
    return f"{acts.get(step.action, humanise(step.action).lower())} the {noun}"


def _noun(resource: Resource) -> str:
    return words.lower_first(resource.title[0])


def _differences(sight: Sight, resource: Resource, row: Any, step: Step) -> Iterator[Difference]:
    """Say what was and what is; a new row is told by its page, a line that came or went by its values."""
    if step.action in _ALONE or (step.action == "created" and not step.part):
        return
    fields, before, after = _fields(resource, step.part), step.before or {}, step.after or {}
    names = [name for name in dict.fromkeys([*fields, *before, *after]) if name in before or name in after]
    holder = _holder(row, step.part)
    told = {
        name: tuple(
            _said(sight, fields, name, side.get(name), _currency(fields, name, side, holder))
            for side in (before, after)
        )
        for name in names
        if not any(_FINGERPRINT.fullmatch(str(side.get(name))) for side in (before, after))
    }
    place = humanise(step.part.partition(":")[0])
    if place and step.action in ("created", "deleted"):
        values = [said for name, said in told.items() if name in fields and fields[name].kind != "boolean"]
        was, now = (", ".join(said[side] for said in values if said[side]) for side in (0, 1))
        yield Difference(place, was, now or ("taken out" if was else ""))
        return
    for name, (was, now) in told.items():
        if was != now and name != "position":
            label = fields[name].label if name in fields else humanise(name)
            yield Difference(f"{place}: {words.lower_first(label)}" if place else label, was, now)


def _holder(row: Any, part: str) -> Any:
    """Find the row that was changed: the document itself, or the line, as long as it is there."""
    name, _, number = part.partition(":")
    lines = getattr(row, name, ()) if name else ()
    return next((line for line in lines if str(line.id) == number), row)


def _currency(fields: Mapping[str, Field], name: str, side: Mapping[str, Any], holder: Any) -> str:
    """Find in which currency an amount was: the one that was changed with it, or the one of its row."""
    each = fields[name] if name in fields else None  # noqa: SIM401 - described as it is asked for
    if each is None or each.kind != "money":
        return ""
    kept = side.get((each.currency or "").partition(".")[0])
    return kept if isinstance(kept, str) else currency_of(each, holder)


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


def _said(sight: Sight, fields: Mapping[str, Field], name: str, value: Any, currency: str = "") -> str:
    """Write a value as the audit keeps it for people."""
    if value is None or value == "":
        return ""
    each = fields[name] if name in fields else None  # noqa: SIM401 - described as it is asked for
    if isinstance(value, bool):
        return "yes" if value else "no"
    if each is not None and each.choices:
        return dict(each.choices).get(str(value), str(value))
    if each is not None and isinstance(value, int) and (each.kind == "account" or each.model is User):
        return sight.account(value)
    if each is not None and isinstance(value, int | str):
        return _written(sight, each, str(value), currency)
    if isinstance(value, dict):
        return ", ".join(f"{humanise(key)}: {part}" for key, part in value.items() if part not in (None, ""))
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def _written(sight: Sight, each: Field, value: str, currency: str) -> str:
    match each.kind:
        case "money":
            return _money(value, currency)
        case "decimal" | "integer":
            return _number(value)
        case "instant":
            return _moment(sight, value)
        case "date":
            return _day(sight, value)
        case "reference" | "text":
            # What a document from outside refers to is kept as its key, under the name of what it refers to.
            return key_in_words(each.target or each.name, value)
    return value


def _money(value: str, currency: str) -> str:
    try:
        return words.money(Decimal(value), currency)
    except InvalidOperation:
        return value


def _moment(sight: Sight, value: str) -> str:
    try:
        return sight.moment(datetime.fromisoformat(value))
    except ValueError:
        return value


def _number(value: str) -> str:
    try:
        return words.number(Decimal(value))
    except InvalidOperation:
        return value


def _day(sight: Sight, value: str) -> str:
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
    if not holds(visit.context, resource, row, "comment"):
        return None
    return CommentBox(f"{addresses.of_row(row)}/comments", typed, problems)


def _files(sight: Sight, resource: Resource, row: Any, problems: tuple[str, ...]) -> Files | None:
    visit = sight.visit
    may = holds(visit.context, resource, row, "attach")
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
