"""Nothing declared is forgotten by the tests: every resource can be made, every command and every problem is tried."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest

from app.api.codes import all_codes
from app.kernel.command import Command
from app.kernel.resource import Resource, registry
from app.roles import ROLES
from tests.contract.house import RESOURCES, House, look
from tests.making import FORMS, ROWS

TESTS = Path(__file__).resolve().parents[1]
COMMANDS = [
    pytest.param(resource, command, id=resource.permission(command.name))
    for resource in RESOURCES
    for command in resource.commands
]

#: Codes that no test brings about, with the reason.
UNTRIED: dict[str, str] = {
    "bad_request": "for requests that no client of ours, and no library, can be made to send",
    "too_many": "told by a page in words, without its code: test_problems.py sends 21 files at once",
}


def sources(*folders: str) -> dict[Path, str]:
    """Read the tests that lie in some folders."""
    paths = [path for folder in folders for path in (TESTS / folder).rglob("test_*.py")]
    return {path: path.read_text(encoding="utf-8") for path in paths}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_a_row_of_every_resource_can_be_made(house: House, resource: Resource) -> None:
    key = house.made(resource)

    assert look(resource, key) is not None
    assert resource.name in FORMS or resource.name in ROWS or resource.form


@pytest.mark.parametrize(
    ("resource", "state"),
    [pytest.param(each, state, id=f"{each.name}-{state}") for each in RESOURCES for state in each.states],
)
def test_every_state_can_be_reached(house: House, resource: Resource, state: str) -> None:
    assert look(resource, house.made(resource, state)).state == state


@pytest.mark.parametrize(("resource", "command"), COMMANDS)
def test_every_command_has_a_test_of_its_own(resource: Resource, command: Command) -> None:
    found = [
        path.name
        for path, source in sources("slices").items()
        if f'"{resource.name}"' in source and f'"{command.name}"' in source
    ]
    assert found, f"no test under tests/slices names {resource.name} and {command.name}"


def test_every_problem_is_brought_about_by_a_test() -> None:
    tried = "\n".join(source for path, source in sources(".").items() if path != Path(__file__).resolve())
    forgotten = sorted(code for code in all_codes() if f'"{code}"' not in tried)

    assert forgotten == sorted(UNTRIED), "each code is raised in some test, or stands in UNTRIED with the reason"


def test_every_seeded_role_names_permissions_that_exist() -> None:
    known = [f"{resource}.{verb}" for verb, resource in registry.permissions()] + ["role.read", "role.edit"]
    dead = {
        role: [pattern for pattern in patterns if not fnmatch.filter(known, pattern)]
        for role, patterns in ROLES.items()
    }
    assert {role: patterns for role, patterns in dead.items() if patterns} == {}


def test_every_command_of_every_resource_is_permitted_to_some_seeded_role() -> None:
    patterns = [pattern for held in ROLES.values() for pattern in held]
    nobody = [
        resource.permission(command.name)
        for resource in RESOURCES
        for command in resource.commands
        if not any(fnmatch.fnmatchcase(resource.permission(command.name), pattern) for pattern in patterns)
    ]
    assert nobody == []


def test_names_follow_the_words_of_the_house() -> None:
    for resource in RESOURCES:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", resource.name), resource.name
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", resource.plural), resource.plural
        for command in resource.commands:
            assert re.fullmatch(r"[A-Z][a-z]+([ -][a-z]+)*", command.label), command.label
