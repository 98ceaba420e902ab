"""Sensitive commands ask at every door for a password that was entered lately; a token never passes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.command import Command
from app.kernel.problem import Kind, Refused
from app.kernel.resource import Resource
from tests.contract.doors import address, form_of
from tests.contract.house import RESOURCES, House, Visitor, traces

SENSITIVE = [
    pytest.param(resource, command, id=resource.permission(command.name))
    for resource in RESOURCES
    for command in resource.commands
    if command.step_up
]


@pytest.fixture
def stale(house: House) -> Visitor:
    """Somebody who may do everything, and entered their password the day before yesterday."""
    visitor = house.almighty()
    statement = text("UPDATE login_session SET fresh_at = fresh_at - interval '2 days' WHERE user_id = :user")
    with db.engine.begin() as own:
        own.execute(statement, {"user": visitor.id})
    return visitor


def first_state(resource: Resource, command: Command) -> str:
    return next((state for state in resource.states if command.targets(state) is not None), "")


def test_what_moves_money_rights_or_rules_is_sensitive() -> None:
    known = {
        resource.permission(command.name) for resource in RESOURCES for command in resource.commands if command.step_up
    }
    assert known >= {"bank_account.confirm", "person.grant", "setting.change"}


@pytest.mark.parametrize(("resource", "command"), SENSITIVE)
def test_a_sensitive_command_is_refused_at_every_door_without_a_fresh_password(
    house: House, stale: Visitor, resource: Resource, command: Command
) -> None:
    key = house.made(resource, first_state(resource, command), stale.id)
    house.maker.prepare(resource, command, key)
    arguments = house.maker.arguments(resource, command, key)
    path = f"{address(resource, key)}/{command.name}"
    together = {"keys": [key], "arguments": arguments}
    assert stale.bearer
    before = traces(resource)

    by_token = stale.script("POST", path, json=arguments)
    by_session = stale.rest("POST", path, json=arguments)
    several = stale.rest("POST", f"/{resource.plural}/{command.name}", json=together)
    by_page = stale.post(path, form_of(arguments))
    with pytest.raises(Refused) as refusal:
        unit.execute(replace(stale.context(), fresh_at=None), resource, key, command.name, arguments)

    for answer in (by_token, by_session):
        assert (answer.status_code, [problem["code"] for problem in answer.json["problems"]]) == (
            403,
            ["step_up_required"],
        )
    assert "API token" in by_token.json["detail"]
    assert [problem["code"] for problem in several.json["data"][0]["problems"]] == ["step_up_required"]
    assert by_page.status_code == 403 and "Your password is missing" in by_page.text
    assert (refusal.value.kind, refusal.value.problems[0].code) == (Kind.FORBIDDEN, "step_up_required")
    assert traces(resource) == before
