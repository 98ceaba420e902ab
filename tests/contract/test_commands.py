"""Every command keeps what its declaration promises: where it is offered, what it announces, and that nothing is half done."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.fields import param_fields
from app.kernel.command import Command
from app.kernel.event import event_name
from app.kernel.resource import Resource
from tests.contract.doors import address, form_of
from tests.contract.house import RESOURCES, House, Visitor, everything, look, traces
from tests.making import OBSTRUCTED

COMMANDS = [
    pytest.param(resource, command, id=resource.permission(command.name))
    for resource in RESOURCES
    for command in resource.commands
]
#: Commands that have a page of their own instead of a button.
PAGES = {"approval_policy.try_on": "trial"}
every_command = pytest.mark.parametrize(("resource", "command"), COMMANDS)


@dataclass(frozen=True)
class Ready:
    """A row on which a command is possible, and valid arguments."""

    key: str
    arguments: Mapping[str, Any]


@pytest.fixture
def almighty(house: House) -> Visitor:
    return house.almighty()


def first_state(resource: Resource, command: Command) -> str:
    """Name a state in which the command is possible."""
    return next((state for state in resource.states if command.targets(state) is not None), "")


def wrong_states(resource: Resource, command: Command) -> list[str]:
    """Name the states in which the command is not possible."""
    return [state for state in resource.states if command.moves and command.targets(state) is None]


def ready(house: House, resource: Resource, command: Command) -> Ready:
    """Make a row on which the command is possible."""
    key = house.made(resource, first_state(resource, command), house.almighty().id)
    house.maker.prepare(resource, command, key)
    return Ready(key, house.maker.arguments(resource, command, key))


def events(resource: Resource, key: str) -> list[str]:
    statement = text("SELECT name FROM outbox_event WHERE resource = :r AND row_key = :k ORDER BY id")
    with db.engine.connect() as connection:
        return list(connection.execute(statement, {"r": resource.name, "k": key}).scalars())


def buttons(page: str) -> Iterator[tuple[str, str]]:
    """List the greyed buttons of a page with their reasons."""
    for label, reason in re.findall(
        r'aria-disabled="true"[^>]*>(.*?)<span class="visually-hidden">: (.*?)</span>', page, re.DOTALL
    ):
        yield html.unescape(re.sub(r"<[^>]+>", "", label)).strip(), html.unescape(reason)


def offer(visitor: Visitor, resource: Resource, command: Command, key: str) -> dict[str, Any]:
    """Find a command in what the API says can be done with a row."""
    answer = visitor.rest("GET", f"{address(resource, key)}/commands")
    assert answer.status_code == 200
    [found] = [each for each in answer.json["data"] if each["name"] == command.name]
    return dict(found)


@every_command
def test_a_possible_command_is_offered_on_the_page_and_over_rest(
    house: House, almighty: Visitor, resource: Resource, command: Command
) -> None:
    key = ready(house, resource, command).key
    page = almighty.get(address(resource, key))
    offered = offer(almighty, resource, command, key)

    assert page.status_code == 200
    # What waits for a decision is decided at the inbox's door, wherever its buttons stand.
    name = PAGES.get(resource.permission(command.name), command.name)
    assert re.search(rf'"(/inbox)?{address(resource, key)}/{name}["?]', html.unescape(page.text))
    assert command.label not in [label for label, _ in buttons(page.text)]
    assert (offered["possible"], offered["problems"]) == (True, [])
    assert list(offered["parameters"]["properties"]) == [param.name for param in command.params]
    assert offered["href"] == f"/api/v1{address(resource, key)}/{command.name}"


@every_command
def test_its_dialog_asks_for_its_parameters_and_for_nothing_else(
    house: House, almighty: Visitor, resource: Resource, command: Command
) -> None:
    key = ready(house, resource, command).key
    dialog = almighty.get(f"{address(resource, key)}/{command.name}")
    asked = set(re.findall(r'name="([a-z_]+)"', dialog.text.partition("data-o-command")[2].partition("</form>")[0]))

    assert dialog.status_code == 200
    assert asked - {"csrf_token", "version", "repeat"} == set(param_fields(command.params))
    assert html.escape(command.label) in dialog.text


@every_command
def test_an_impossible_command_is_greyed_with_the_reason(
    house: House, almighty: Visitor, resource: Resource, command: Command
) -> None:
    for key in impossible(house, almighty, resource, command):
        found = look(resource, key, almighty.context())
        with unit.reading(almighty.context()) as bound:
            expected = [problem.message for problem in unit.why_not(bound, resource, command, found)]
        db.session.rollback()
        offered = offer(almighty, resource, command, key)
        page = almighty.get(address(resource, key))
        dialog = almighty.get(f"{address(resource, key)}/{command.name}")

        assert expected
        assert (command.label, " ".join(expected)) in list(buttons(page.text))
        assert not offered["possible"]
        assert [problem["message"] for problem in offered["problems"]] == expected
        assert dialog.status_code == 200
        assert all(message in html.unescape(dialog.text) for message in expected)


def impossible(house: House, almighty: Visitor, resource: Resource, command: Command) -> list[str]:
    """Give rows on which the command is not possible: for their state, and for something in the way."""
    keys = [house.row(resource, state, almighty.id) for state in wrong_states(resource, command)]
    if resource.permission(command.name) in OBSTRUCTED:
        key = house.made(resource, first_state(resource, command), almighty.id)
        house.maker.obstruct(resource, command, key)
        keys.append(key)
    return keys


@every_command
def test_who_does_not_hold_it_is_not_offered_it(house: House, resource: Resource, command: Command) -> None:
    reader = house.reader()
    key = house.row(resource, first_state(resource, command), reader.id)
    page = reader.get(address(resource, key))
    listed = reader.get(f"/{resource.plural}")

    assert page.status_code == listed.status_code == 200
    assert f"/{command.name}" not in html.unescape(page.text)
    assert command.label not in [label for label, _ in buttons(page.text)]
    assert f"/bulk/{command.name}" not in listed.text
    assert reader.rest("GET", f"{address(resource, key)}/commands").json == {"data": []}


@every_command
def test_its_event_is_announced_exactly_once(
    house: House, almighty: Visitor, resource: Resource, command: Command
) -> None:
    row = ready(house, resource, command)
    before = events(resource, row.key)
    outcome = unit.execute(almighty.context(), resource, row.key, command.name, row.arguments)
    announced = events(resource, row.key)[len(before) :]

    assert len(announced) == 1
    assert announced[0] in [event_name(resource.name, each) for each in command.events]
    assert [event["name"] for event in outcome.events] == announced


@every_command
def test_the_same_request_sent_again_changes_nothing(
    house: House, almighty: Visitor, resource: Resource, command: Command
) -> None:
    row, key = ready(house, resource, command), uuid4().hex
    path = f"{address(resource, row.key)}/{command.name}"
    send = {"headers": {"Idempotency-Key": key}, "json": dict(row.arguments)}
    first = almighty.rest("POST", path, **send)
    before = everything()
    again = almighty.rest("POST", path, **send)

    assert (first.status_code, again.status_code) == (200, 200), first.text
    assert again.json == {name: told for name, told in first.json.items() if name != "told_once"}
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    assert everything() == before


@every_command
def test_the_same_dialog_sent_again_changes_nothing(
    house: House, almighty: Visitor, resource: Resource, command: Command
) -> None:
    row = ready(house, resource, command)
    path = f"{address(resource, row.key)}/{command.name}"
    dialog = almighty.get(path)
    [mark] = re.findall(r'name="repeat" value="([^"]+)"', dialog.text)
    first = almighty.post(path, {**form_of(row.arguments), "repeat": mark})
    before = everything()
    again = almighty.post(path, {**form_of(row.arguments), "repeat": mark})

    told_once = first.status_code == 200 and "told" in first.text  # a page with a secret comes instead of the row's
    assert told_once or first.status_code == 303, first.text[-2000:]
    assert again.status_code == 303
    assert everything() == before


@every_command
def test_an_old_version_is_refused(house: House, almighty: Visitor, resource: Resource, command: Command) -> None:
    row = ready(house, resource, command)
    version = getattr(look(resource, row.key), "version", None)
    if version is None:
        pytest.skip("its rows have no version")
    before, path = traces(resource), f"{address(resource, row.key)}/{command.name}"
    answer = almighty.rest("POST", path, json=dict(row.arguments), headers={"If-Match": f'"v{version + 1}"'})
    page = almighty.post(path, {**form_of(row.arguments), "version": version + 1})

    assert (answer.status_code, page.status_code) == (412, 412)
    assert answer.json["problems"][0]["code"] == "changed_meanwhile"
    assert traces(resource) == before


@every_command
def test_an_unknown_argument_is_refused(house: House, almighty: Visitor, resource: Resource, command: Command) -> None:
    row = ready(house, resource, command)
    before, path = traces(resource), f"{address(resource, row.key)}/{command.name}"
    sent = {**row.arguments, "colour": "red"}
    answer = almighty.rest("POST", path, json=sent)
    page = almighty.post(path, form_of(sent))

    assert (answer.status_code, page.status_code) == (422, 422)
    assert [(problem["code"], problem["field"]) for problem in answer.json["problems"]] == [("unknown_field", "colour")]
    assert traces(resource) == before


@every_command
def test_every_missing_argument_is_told_at_once(
    house: House, almighty: Visitor, resource: Resource, command: Command
) -> None:
    required = [name for name, each in param_fields(command.params).items() if each.required]
    if not required:
        pytest.skip("it asks for nothing")
    key = ready(house, resource, command).key
    before, path = traces(resource), f"{address(resource, key)}/{command.name}"
    answer = almighty.rest("POST", path, json={})

    assert answer.status_code == 422
    assert [(problem["code"], problem["field"]) for problem in answer.json["problems"]] == [
        ("required", name) for name in required
    ]
    assert almighty.post(path).status_code == 422
    assert traces(resource) == before


@every_command
def test_a_failure_after_the_body_rolls_everything_back(
    house: House, almighty: Visitor, resource: Resource, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ready(house, resource, command)
    before = all_but_numbers()

    def fail(*_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("app.infra.audit.seal", fail)
    with pytest.raises(RuntimeError, match="disk is full"):
        unit.execute(almighty.context(), resource, row.key, command.name, row.arguments)
    assert all_but_numbers() == before


def all_but_numbers() -> dict[str, str]:
    """Tell what stands in every table; a number with gaps stays used although the change that took it failed."""
    return {name: digest for name, digest in everything().items() if name != "number_series"}


@every_command
def test_its_events_leave_the_word_that_names_them_free(resource: Resource, command: Command) -> None:
    assert [each.__name__ for each in command.events if "name" in each.__dataclass_fields__] == []


@every_command
def test_its_help_is_a_sentence_for_users(resource: Resource, command: Command) -> None:
    first = command.help.partition("\n\n")[0]

    assert re.match(r"[A-Z][a-z]+[ ,]", first), "begin with a verb"
    assert first.endswith("."), "end like a sentence"
    assert not re.search(r"!|\bplease\b|\bsuccessful|_|`|\bNone\b|\bself\b", command.help, re.IGNORECASE), (
        "say it in plain words"
    )
    assert len(first) <= 200
