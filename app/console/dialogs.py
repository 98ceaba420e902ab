"""The dialog of a command: what it will do, what it needs to know, and what stands against it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app
from sqlalchemy import inspect as inspect_model

from app.console import actions, addresses, offers, stepping_up, words
from app.console.cells import Sight, cell
from app.console.decode import Raw
from app.console.filters import Option
from app.console.forms import Hidden
from app.console.gate import Visit
from app.console.inputs import Input, Inputs, Summary, by_field, plain, summary
from app.infra import unit
from app.infra.fields import Field, field, humanise, param_fields
from app.infra.unit import Outcome
from app.kernel.command import Command
from app.kernel.problem import Refused
from app.kernel.resource import Resource

MOST_NAMED = 10
MOST_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Named:
    """One of the rows a command is about."""

    label: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Dialog:
    """A command as its dialog shows it."""

    title: str
    text: str
    action: str
    submit: str
    cancel_url: str
    fields: tuple[Input, ...] = ()
    tone: str = ""
    hidden: tuple[Hidden, ...] = ()
    problems: tuple[Summary, ...] = ()
    disabled: str = ""
    rows: tuple[Named, ...] = ()
    more: str = ""


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that is told this once."""

    label: str
    value: str
    id: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a command tells only whoever ran it, and only now."""

    title: str
    text: str
    secrets: tuple[Secret, ...]
    back_url: str
    back_label: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row a command was refused for, with the reasons."""

    label: str
    url: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bulk:
    """What came of a command on several rows."""

    title: str
    done: str
    refused: str
    refusals: tuple[Refusal, ...]
    back_url: str
    back_label: str
    secrets: tuple[Secret, ...] = ()


def of_row(
    visit: Visit, resource: Resource, command: Command, row: Any, raw: Raw | None = None, refusal: Refused | None = None
) -> Dialog:
    """Draw the dialog of a command on one row; after a refusal, with all that was typed."""
    against = () if refusal else unit.why_not(visit.context, resource, command, row)
    version = getattr(row, "version", None)
    hidden = [Hidden("version", str(version))] if version is not None else []
    url = addresses.of_row(row)
    return Dialog(
        title=f"{command.label}: {row}",
        text=_confirmation(visit, resource, command, row) or command.help,
        action=f"{url}/{command.name}",
        submit=actions.submit_label(resource, command),
        cancel_url=url,
        fields=_inputs(visit, resource, command, row, raw, refusal),
        tone="bad" if command.danger else "primary",
        hidden=(*hidden, _mark()),
        problems=_summary(command, refusal),
        disabled=" ".join(problem.message for problem in against),
    )


def of_rows(
    visit: Visit, resource: Resource, command: Command, keys: Sequence[str], raw: Raw | None, refusal: Refused | None
) -> Dialog:
    """Draw the dialog of a command on several rows."""
    counted = words.count(len(keys), *(words.lower_first(title) for title in resource.title))
    more = len(keys) - MOST_NAMED
    return Dialog(
        title=f"{command.label}: {counted}",
        text=command.help,
        action=addresses.of_list(resource, "bulk", command.name),
        submit=f"{command.label} {counted}" if " " not in command.label else command.label,
        cancel_url=addresses.of_list(resource),
        fields=_inputs(visit, resource, command, None, raw, refusal),
        tone="bad" if command.danger else "primary",
        hidden=(*(Hidden("keys", key) for key in keys), Hidden("confirmed", "1")),
        problems=_summary(command, refusal),
        rows=tuple(Named(key) for key in keys[:MOST_NAMED]),
        more=f"and {more} more" if more > 0 else "",
    )


def told(visit: Visit, resource: Resource, command: Command, done: Outcome) -> Told:
    """Show what is told this once, such as the link of an invitation."""
    return Told(
        title=f"{command.label}: {resource.title[0].lower()} {done.key}",
        text="Copy it now: it is shown this once.",
        secrets=tuple(_secrets(done)),
        back_url=addresses.of_key(resource, done.key),
        back_label=f"Go to {words.lower_first(resource.title[0])}",
    )


def outcome(
    resource: Resource, command: Command, results: Sequence[tuple[str, Outcome | Refused]], back_url: str
) -> Bulk:
    """Tell what came of it: how many were done, and each refusal with its reasons."""
    titles = [words.lower_first(title) for title in resource.title]
    refusals = tuple(
        Refusal(key, addresses.of_key(resource, key), tuple(problem.message for problem in each.problems))
        for key, each in results
        if isinstance(each, Refused)
    )
    done = len(results) - len(refusals)
    return Bulk(
        title=f"{command.label}: {words.count(len(results), *titles)}",
        done=f"Done for {words.count(done, *titles)}."
        if done
        else f"Nothing was done: all {len(results)} were refused.",
        refused=f"{words.count(len(refusals), *titles)} stayed as they were." if refusals else "",
        refusals=refusals,
        secrets=tuple(
            secret for _, each in results if isinstance(each, Outcome) for secret in _secrets(each, each.key)
        ),
        back_url=back_url,
        back_label=f"Back to {words.lower_first(resource.title[1])}",
    )


def _secrets(done: Outcome, whose: str = "") -> Iterator[Secret]:
    for name, value in done.told.items():
        shown = current_app.config["OUTLAY_BASE_URL"] + value if str(value).startswith("/") else str(value)
        label = ": ".join(filter(None, (whose, humanise(name))))
        yield Secret(label, shown, f"told-{done.key}-{name}")


def _inputs(
    visit: Visit, resource: Resource, command: Command, row: Any, raw: Raw | None, refusal: Refused | None
) -> tuple[Input, ...]:
    """Ask for what the command needs; what the row has under the same name stands there already.

    Reasons are written anew: why somebody says no is not why somebody asked.
    """
    inputs = Inputs(visit, resource, f"{command.name}.")
    problems = by_field(refusal.problems if refusal else ())
    drawn = []
    for name, each in param_fields(command.params).items():
        if raw is not None and name in raw:
            drawn.append(inputs.typed(each, raw[name], problems.get(name, ())))
        elif row is not None and each.required and _is_kept(resource, each):
            drawn.append(inputs.typed(each, _as_entered(getattr(row, name), each, visit.zone)))
        else:
            drawn.append(inputs.empty(each))
    offered = (_offered(visit, resource, command, row, each) for each in drawn)
    return (*offered, *stepping_up.inputs(visit, command, problems.get(stepping_up.FIELD, ())))


def _is_kept(resource: Resource, each: Field) -> bool:
    return each.kind != "longtext" and each.name in inspect_model(resource.model).column_attrs


def _as_entered(value: Any, each: Field, zone: str) -> Any:
    if isinstance(value, bool) and each.kind != "boolean":
        return "yes" if value else "no"
    return plain(each, value, zone)


def _offered(visit: Visit, resource: Resource, command: Command, row: Any, drawn: Input) -> Input:
    """Turn free text into a choice where the slice knows what can be meant."""
    offer = offers.of(f"{resource.name}.{command.name}.{drawn.name}")
    if offer is None:
        return drawn
    entries = tuple(Option(value, value) for value in offer(visit.context, row))
    return replace(drawn, kind="choice", entries=entries, help="")


def _summary(command: Command, refusal: Refused | None) -> tuple[Summary, ...]:
    known = [*param_fields(command.params), stepping_up.FIELD]
    return summary(refusal.problems, known) if refusal else ()


def _confirmation(visit: Visit, resource: Resource, command: Command, row: Any) -> str:
    """Fill the question of a command with the row's values, as people read them."""
    return command.confirm.format_map(_Words(visit, resource, row)) if command.confirm else ""


class _Words(dict[str, str]):
    """Gives the values of a row by name, in words."""

    def __init__(self, visit: Visit, resource: Resource, row: Any) -> None:
        super().__init__()
        self._sight, self._resource, self._row = Sight(visit), resource, row

    def __missing__(self, name: str) -> str:
        shown = cell(self._sight, field(self._resource.model, name), self._row)
        if shown is None:
            return words.NOTHING
        return f"{shown.text}{words.SPACE}{shown.currency}" if shown.currency else shown.text


def _mark() -> Hidden:
    return Hidden("repeat", secrets.token_urlsafe(16))
