"""The page on which somebody says what the columns of a table mean: checked as often as need be, then taken in."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from app.console import addresses, remembered, shell
from app.console.filters import Option
from app.console.gate import Visit
from app.console.inputs import Input, Summary
from app.console.remembered import Note
from app.console.shell import Crumb, Page
from app.console.taking import Came
from app.infra import files, unit
from app.infra.taking import About, Looked, Sent
from app.infra.transfer import manners, shapes
from app.infra.transfer.shapes import Shape
from app.infra.transfer.sheets import Options
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource

STEPS = ("Choose file", "Match columns", "Check", "Take in")
ASK = Came(
    "", text="Say which column is which, or see that it stays as it was matched before.", next_label="Match columns"
)


@dataclass(frozen=True, slots=True)
class Matching:
    """What a resource asks about its tables: fields for columns, what all rows may have in common, and who reads them."""

    resource: Resource
    title: str
    url: str
    fields: Mapping[str, str]
    look: Callable[[Sent], Looked]
    take: Callable[[Visit, Sent], Sequence[Came]]
    common: tuple[Input, ...] = ()
    needed: tuple[str, ...] = ()
    several: frozenset[str] = frozenset()
    #: What of `common` tells how such files are written, and not what is in one.
    lasting: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Said:
    """What columns hold, what all rows have in common, and whether days or months come first."""

    columns: Sequence[str | None]
    fixed: Mapping[str, str]
    dates: str


def is_to_match(visit: Visit, asking: Matching, sent: Sent) -> bool:
    """Say whether columns are to be matched by hand: somebody wants to, or once did so for the same headings."""
    if request.form.get("match") == "yes":
        return True
    try:
        return _recalled(visit, asking, asking.look(sent)) is not None
    except Refused:
        return False


def is_trial() -> bool:
    """Say whether files are only to be tried."""
    return request.form.get("dry_run") == "yes"


def kept(visit: Visit, asking: Matching, sent: Sent) -> str:
    """Keep a file until its columns are matched; give the address of the page that asks about them."""
    stored = files.store().put(io.BytesIO(sent.data), "application/octet-stream")
    told = [visit.actor.id, stored.digest, sent.name, sent.entity, dict(sent.about.fixed)]
    return f"{asking.url}/{_signer().dumps(told)}"


def asked_first(visit: Visit, asking: Matching, sent: Sent) -> Came:
    """Answer a file whose columns somebody wants to match before anything is read of it."""
    return replace(ASK, name=sent.name, title=sent.name, reference="A table", next_url=kept(visit, asking, sent))


def refused(visit: Visit, asking: Matching, sent: Sent, refusal: Refused) -> Came:
    """Tell why a table cannot be read, with the way to say what its columns mean."""
    told = Came(sent.name, text=" ".join(problem.message for problem in refusal.problems))
    try:
        asking.look(sent)
    except Refused:
        return told
    return replace(told, next_url=kept(visit, asking, sent), next_label="Match columns")


def page(visit: Visit, asking: Matching, token: str) -> Any:
    """Ask what the columns of a kept file mean; told that, check what would become of it, or take it in."""
    sent = _opened(visit, token)
    looked = asking.look(sent)
    if request.method == "GET":
        return _first(visit, asking, sent, looked)
    chosen = [request.form.get(f"column-{at}", "") or None for at in range(len(looked.headings))]
    fixed = {each.name: text for each in asking.common if (text := request.form.get(each.name, "").strip())}
    said = _Said(chosen, fixed, request.form.get("dates", ""))
    problems = list(_twice(asking, looked, chosen))
    if problems:
        return _asked(asking, sent, looked, said, problems=problems)
    columns = {looked.key(at): name or "" for at, name in enumerate(chosen)}
    is_trial = request.form.get("act") != "take"
    about = About(columns, fixed, Options(dates=said.dates))
    came = asking.take(visit, replace(sent, about=about, is_trial=is_trial))
    if not is_trial and any(each.reference for each in came):
        _remember(visit, asking, looked, said)
        return _done(asking, sent, came)
    return _asked(asking, sent, looked, said, came=came)


def _first(visit: Visit, asking: Matching, sent: Sent, looked: Looked) -> Any:
    """Begin with the columns as they were matched last under these headings, else as they seem."""
    known = None if remembered.is_afresh() else _recalled(visit, asking, looked)
    if known is None:
        return _asked(asking, sent, looked, _Said(looked.guessed, sent.about.fixed, ""))
    said = _Said(known.columns, {**known.fixed, **sent.about.fixed}, known.dates)
    return _asked(asking, sent, looked, said, note=remembered.note(visit, known, request.path))


def _recalled(visit: Visit, asking: Matching, looked: Looked) -> Shape | None:
    """Tell how columns with these headings were matched before, where they would be read in another way by themselves."""
    known = shapes.recall(visit.context, asking.resource.name, looked.headings)
    if known is None or not set(known.columns) <= {None, *asking.fields}:
        return None
    return known if known.columns != list(looked.guessed) or known.dates or known.fixed else None


def _remember(visit: Visit, asking: Matching, looked: Looked, said: _Said) -> None:
    name = asking.resource.name
    lasting = {each: text for each, text in said.fixed.items() if each in asking.lasting}
    with unit.transaction(visit.context, f"{name}.match_columns") as bound:
        shapes.remember(bound, name, looked.headings, said.columns, said.dates, lasting)


def _asked(
    asking: Matching,
    sent: Sent,
    looked: Looked,
    said: _Said,
    *,
    came: Sequence[Came] = (),
    problems: Sequence[Problem] = (),
    note: Note | None = None,
) -> Any:
    """Draw the columns as they were chosen, below them what would become of the file."""
    wrong = {problem.field: problem.message for problem in problems}
    chosen, fixed = said.columns, said.fixed
    missing = [name for name in asking.needed if name not in chosen and name not in fixed]
    is_in_order = any(each.reference for each in came)
    intake = {
        "step": "match",
        "steps": STEPS,
        "is_checked": bool(came),
        "title": asking.title,
        "sub": f"{sent.name}. Nothing is taken in until you say so.",
        "remembered": note,
        "action": request.path,
        "columns": list(_columns(asking, looked, chosen, wrong)),
        "fixed": [*_common(asking, chosen, fixed), _dates(said.dates)],
        "missing": [asking.fields[name] for name in missing] if not came else [],
        "problems": [
            Summary(each.message, f"match-{int((each.field or '').rpartition('-')[2]) + 1}") for each in problems
        ],
        "came": came,
        "came_title": "What would become of it",
        "cancel_url": addresses.of_list(asking.resource),
        "acts": [
            *([{"value": "take", "label": "Take in", "is_first": True}] if is_in_order else []),
            {"value": "check", "label": "Check again" if came else "Check", "is_first": not is_in_order},
        ],
    }
    status = Kind.INVALID.value if problems or (came and not is_in_order) else 200
    return shell.render("import.html", _about(asking), intake=intake, status=status)


def _columns(
    asking: Matching, looked: Looked, chosen: Sequence[str | None], wrong: Mapping[str | None, str]
) -> Iterator[dict[str, Any]]:
    options = [{"value": name, "text": label} for name, label in asking.fields.items()]
    for at, heading in enumerate(looked.headings):
        yield {
            "heading": heading or f"Column {looked.key(at)}",
            "samples": looked.samples[at],
            "name": f"column-{at}",
            "value": chosen[at] or "",
            "entries": options,
            "problem": wrong.get(f"column-{at}"),
        }


def _done(asking: Matching, sent: Sent, came: Sequence[Came]) -> Any:
    intake = {
        "step": "done",
        "steps": STEPS,
        "title": asking.title,
        "sub": sent.name,
        "came": came,
        "came_title": "What became of it",
        "problems": (),
        "back_url": addresses.of_list(asking.resource),
        "back_label": asking.resource.title[1],
    }
    return shell.render("import.html", _about(asking), intake=intake)


def _about(asking: Matching) -> Page:
    steps = (Crumb("Take in", asking.url), Crumb("Match columns"))
    return Page(asking.title, shell.crumbs(asking.resource, *steps), asking.url)


def _common(asking: Matching, chosen: Sequence[str | None], fixed: Mapping[str, str]) -> Iterator[Input]:
    """Ask what all rows have in common, but not what a column says of each."""
    for each in asking.common:
        if each.name not in chosen or each.name in fixed:
            yield replace(each, value=fixed.get(each.name, ""))


def _dates(said: str) -> Input:
    orders = tuple(Option(name, text) for name, text in manners.DATE_ORDERS.items())
    return Input("dates", "Days", "choice", said, entries=orders, help="Empty: as the values show")


def _twice(asking: Matching, looked: Looked, chosen: Sequence[str | None]) -> Iterator[Problem]:
    """Find fields that two columns fill, where only one may."""
    for at, name in enumerate(chosen):
        if name and name not in asking.fields:
            yield Problem("unknown_field", f"{looked.headings[at]}: there is no such field.", f"column-{at}")
        elif name and name not in asking.several and name in chosen[:at]:
            other = looked.headings[list(chosen).index(name)]
            words = f"{looked.headings[at]}: {asking.fields[name]} is filled by {other} already."
            yield Problem("matched_twice", words, f"column-{at}")


def _opened(visit: Visit, token: str) -> Sent:
    """Find a file that this very person has sent before."""
    try:
        account, digest, name, entity, fixed = _signer().loads(token)
    except (BadSignature, ValueError):
        account, digest, name, entity, fixed = None, "", "", None, {}
    if account != visit.actor.id:
        raise Refused(Kind.MISSING, Problem("not_found", "There is no such file. Send it again."))
    with files.store().open(digest) as content:
        return Sent(content.read(), name, entity, about=About(fixed=fixed))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="table")
