"""The doors of Outlay: the same command through each of them, and what each of them answered, in the same words."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from app.infra import unit
from app.infra.fields import param_fields
from app.infra.unit import Outcome
from app.kernel.command import Command
from app.kernel.problem import Kind, Refused
from app.kernel.resource import Resource
from tests.contract.house import Visitor

DONE = "done"
KINDS = {kind.value: kind.name.lower() for kind in Kind}


@dataclass(frozen=True)
class Answer:
    """What came of it: done, or why it was refused (the name of the kind); codes where the door tells them."""

    kind: str
    told: str = ""
    codes: tuple[str, ...] | None = None
    messages: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        return self.kind == DONE


Door = Callable[[Visitor, Resource, Command, str, Mapping[str, Any]], Answer]


def at_unit(visitor: Visitor, resource: Resource, command: Command, key: str, arguments: Mapping[str, Any]) -> Answer:
    """Go through the door itself."""
    return answer_of(lambda: unit.execute(visitor.context(), resource, key, command.name, arguments))


def by_page(visitor: Visitor, resource: Resource, command: Command, key: str, arguments: Mapping[str, Any]) -> Answer:
    """Send the dialog of a row."""
    return of_page(visitor.post(f"{address(resource, key)}/{command.name}", form_of(arguments)))


def by_bulk_page(
    visitor: Visitor, resource: Resource, command: Command, key: str, arguments: Mapping[str, Any]
) -> Answer:
    """Send the dialog of several rows, of which there is one."""
    values = {**form_of(arguments), "keys": key, "confirmed": "1"}
    response = visitor.post(f"/{resource.plural}/bulk/{command.name}", values)
    if response.status_code != 200:
        return of_page(response)
    told = html.unescape(response.text)
    return Answer(DONE if re.search(r"Done for 1\s", told) else "refused", told)


def by_rest(visitor: Visitor, resource: Resource, command: Command, key: str, arguments: Mapping[str, Any]) -> Answer:
    """Send the command of a row to the API."""
    path = f"/{resource.plural}/{quote(key, safe='')}/{command.name}"
    return of_rest(visitor.rest("POST", path, json=dict(arguments)))


def by_bulk_rest(
    visitor: Visitor, resource: Resource, command: Command, key: str, arguments: Mapping[str, Any]
) -> Answer:
    """Send the command of several rows, of which there is one, to the API."""
    sent = {"keys": [key], "arguments": dict(arguments)}
    response = visitor.rest("POST", f"/{resource.plural}/{command.name}", json=sent)
    if response.status_code != 200:
        return of_rest(response)
    [entry] = response.json["data"]
    return of_problems(entry["status"], entry["problems"])


def by_terminal(
    visitor: Visitor, resource: Resource, command: Command, key: str, arguments: Mapping[str, Any]
) -> Answer:
    """Run the command from a terminal, as the person."""
    words = [f"{name}={','.join(value) if isinstance(value, list) else value}" for name, value in arguments.items()]
    result = visitor.terminal("do", resource.name, key, command.name, *words, "--as", visitor.code)
    assert result.exit_code in (0, 1), result.output
    return Answer("refused" if result.exit_code else DONE, result.output)


COMMAND_DOORS: dict[str, Door] = {
    "unit": at_unit,
    "page": by_page,
    "bulk page": by_bulk_page,
    "REST": by_rest,
    "REST bulk": by_bulk_rest,
    "terminal": by_terminal,
}


def answer_of(act: Callable[[], Outcome]) -> Answer:
    """Do something at the door itself, and put what came of it into words."""
    try:
        act()
    except Refused as refusal:
        problems = refusal.problems
        codes = tuple(problem.code for problem in problems)
        return Answer(refusal.kind.name.lower(), codes=codes, messages=tuple(problem.message for problem in problems))
    return Answer(DONE)


def of_page(response: Any) -> Answer:
    """Read the answer of a page: it leads on when it is done."""
    if response.status_code == 303:
        return Answer(DONE, response.headers["Location"])
    if response.status_code == 200 and "told" in response.text:  # what is shown this once comes instead of the row
        return Answer(DONE, response.request.path.rpartition("/")[0])
    assert response.status_code in KINDS, (response.status_code, response.text[-2000:])
    return Answer(KINDS[response.status_code], html.unescape(response.text))


def of_rest(response: Any) -> Answer:
    """Read the answer of the API."""
    if response.status_code in (200, 201):
        return Answer(DONE)
    assert response.status_code in KINDS, (response.status_code, response.text)
    return of_problems(response.status_code, response.json["problems"])


def of_problems(status: int, problems: Sequence[Mapping[str, Any]]) -> Answer:
    """Read problems as the API tells them."""
    if status == 200:
        return Answer(DONE)
    messages = tuple(problem["message"] for problem in problems)
    return Answer(KINDS[status], "\n".join(messages), tuple(problem["code"] for problem in problems), messages)


def address(resource: Resource, key: str) -> str:
    """Give the page of a row."""
    return f"/{resource.plural}/{quote(key, safe='')}"


def form_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Write values as a browser sends them; child rows by their place."""
    form: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list) and all(isinstance(each, Mapping) for each in value):
            for place, each in enumerate(value):
                form.update({f"{name}-{place}-{inner}": _typed(given) for inner, given in each.items()})
        else:
            form[name] = _typed(value)
    return {name: value for name, value in form.items() if value is not None}


def _typed(value: Any) -> Any:
    if isinstance(value, bool):
        return "1" if value else None
    return "" if value is None else value


def takes_text(command: Command) -> list[str]:
    """List the parameters of a command that take any text."""
    return [name for name, each in param_fields(command.params).items() if each.kind in ("text", "longtext")]
