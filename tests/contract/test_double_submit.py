"""Two clicks at once have one effect, from pages and from scripts, for every command and every form."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from app.infra.db import db
from app.kernel.command import Command
from app.kernel.event import event_name
from app.kernel.resource import Resource
from tests.contract.doors import address, form_of
from tests.contract.house import RESOURCES, House, Visitor, needs_step_up

Act = Callable[[], int]
WRITTEN = [resource for resource in RESOURCES if resource.form]
#: Commands after which the row is in another state, or which say by their guard that they were done already.
ONCE = [
    pytest.param(resource, command, id=resource.permission(command.name))
    for resource in RESOURCES
    for command in resource.commands
    if command.guard or any(move.source not in move.targets for move in command.moves)
]


@pytest.fixture
def almighty(house: House) -> Visitor:
    return house.almighty()


def at_once(*acts: Act) -> list[int]:
    """Do several things at the same moment; give the statuses in which they ended, the lowest first."""
    barrier, statuses = threading.Barrier(len(acts)), list[Any]()

    def one(act: Act) -> None:
        barrier.wait(60)
        try:
            statuses.append(act())
        except BaseException as error:  # noqa: BLE001 - told by the test itself
            statuses.append(error)

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for status in statuses:
        if isinstance(status, BaseException):
            raise status
    return sorted(statuses)


def click(visitor: Visitor, path: str, values: Mapping[str, Any]) -> Act:
    browser, sent = visitor.second_browser(), {**values, "csrf_token": visitor.csrf}
    return lambda: int(browser.post(path, data=sent).status_code)


def send(visitor: Visitor, path: str, body: Mapping[str, Any], key: str = "") -> Act:
    sensitive = needs_step_up(path)
    client = visitor.second_browser() if sensitive else visitor.app.test_client()
    who = {"X-CSRFToken": visitor.csrf} if sensitive else visitor.bearer
    headers = {**who, **({"Idempotency-Key": key} if key else {})}
    return lambda: int(client.post(f"/api/v1{path}", json=dict(body), headers=headers).status_code)


def ready(house: House, resource: Resource, command: Command) -> tuple[str, dict[str, Any]]:
    """Make a row on which the command is possible, in a state that it leaves."""
    leaving = [state for state in resource.states if any(target != state for target in command.targets(state) or ())]
    possible = [state for state in resource.states if command.targets(state) is not None]
    key = house.made(resource, (leaving or possible or [""])[0], house.almighty().id)
    house.maker.prepare(resource, command, key)
    return key, house.maker.arguments(resource, command, key)


def announced(resource: Resource, command: Command, key: str) -> int:
    """Count how often a row announced a command."""
    names = [event_name(resource.name, each) for each in command.events]
    statement = text("SELECT count(*) FROM outbox_event WHERE resource = :r AND row_key = :k AND name = ANY(:n)")
    with db.engine.connect() as connection:
        return int(connection.execute(statement, {"r": resource.name, "k": key, "n": names}).scalar_one())


@pytest.mark.parametrize(("resource", "command"), ONCE)
@pytest.mark.parametrize("doors", ["page and page", "REST and REST", "page and REST"])
def test_two_clicks_run_a_command_once(
    house: House, almighty: Visitor, resource: Resource, command: Command, doors: str
) -> None:
    key, arguments = ready(house, resource, command)
    before = announced(resource, command, key)
    path = f"{address(resource, key)}/{command.name}"
    door = {"page": lambda: click(almighty, path, form_of(arguments)), "REST": lambda: send(almighty, path, arguments)}
    statuses = at_once(*(door[name]() for name in doors.split(" and ")))

    assert statuses[0] in (200, 303)
    assert statuses[1] == 409
    assert announced(resource, command, key) == before + 1


@pytest.mark.parametrize("resource", WRITTEN, ids=lambda resource: resource.name)
def test_a_form_that_is_sent_twice_enters_one_row(house: House, almighty: Visitor, resource: Resource) -> None:
    page = almighty.get(f"/{resource.plural}/new")
    [mark] = re.findall(r'name="repeat" value="([^"]+)"', page.text)
    form = {**form_of(house.maker.form(resource)), "repeat": mark}
    before = count(resource)
    statuses = at_once(*(click(almighty, f"/{resource.plural}/new", form) for _ in range(2)))

    assert statuses == [303, 303]
    assert count(resource) == before + 1


@pytest.mark.parametrize("resource", WRITTEN, ids=lambda resource: resource.name)
def test_a_request_that_is_sent_twice_enters_one_row(house: House, almighty: Visitor, resource: Resource) -> None:
    form = house.maker.form(resource)
    before = count(resource)
    key = f"enter-{quote(resource.name)}"
    statuses = at_once(*(send(almighty, f"/{resource.plural}", form, key) for _ in range(2)))

    assert statuses == [201, 201]
    assert count(resource) == before + 1


def count(resource: Resource) -> int:
    with db.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {resource.model.__tablename__}")).scalar_one())
