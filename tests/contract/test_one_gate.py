"""One gate: every command, at every door, for every seeded role, in every state, does what its declaration says.

The slow test is the whole walk. The quick one, over every command and state, takes one role for each set of rights that
roles have to read, to oversee and to run the command; a command's first answer of each kind goes through all doors, the
others through the door itself and, in turns, through the page or REST. What is expected is read off the declaration
(moves, guard, scope) and off `app/roles.py`, never off the machinery under test. A refusal leaves no trace at
all, in any table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.infra.intake import find_row
from app.kernel.command import Command
from app.kernel.event import event_name
from app.kernel.resource import Resource
from app.roles import ROLES
from tests.contract.doors import COMMAND_DOORS, DONE, Answer, Door
from tests.contract.house import RESOURCES, House, Visitor, concerns, everything, holds, kinds_of_roles, look, traces
from tests.making import OBSTRUCTED, PREPARED

CHANNELS = {
    "unit": "test",
    "page": "console",
    "bulk page": "console",
    "REST": "rest",
    "REST bulk": "rest",
    "terminal": "terminal",
}
MAIN_DOORS = (("unit", "page"), ("unit", "REST"))
#: States in which a row needs not to be made ready for a command, although it has to in others.
READY_AS_IT_COMES = {("invoice.withdraw", "approved")}
#: For whom a row was made, and who entered it; 0 is nobody in particular.
Standing = tuple[int, int]
CASES = [
    pytest.param(resource, command, state, id=f"{resource.permission(command.name)}-{state or 'always'}")
    for resource in RESOURCES
    for command in resource.commands
    for state in resource.states or ("",)
]


@dataclass(frozen=True)
class Trial:
    """One role before one row, and what the declaration says to it."""

    visitor: Visitor
    variant: str
    standing: Standing
    key: str
    arguments: Mapping[str, Any]
    kinds: tuple[str, ...]
    codes: tuple[str, ...] | None

    @property
    def is_allowed(self) -> bool:
        return self.kinds == (DONE,)


@pytest.mark.parametrize(("resource", "command", "state"), CASES)
def test_a_command_does_at_every_door_what_its_declaration_says(
    house: House, resource: Resource, command: Command, state: str
) -> None:
    walk(house, resource, command, state, whole=False)


@pytest.mark.slow
@pytest.mark.parametrize(("resource", "command", "state"), CASES)
def test_a_command_does_at_every_door_for_every_role_what_its_declaration_says(
    house: House, resource: Resource, command: Command, state: str
) -> None:
    walk(house, resource, command, state, whole=True)


def walk(house: House, resource: Resource, command: Command, state: str, *, whole: bool) -> None:
    """Let every role try a command on rows in one state: first all that is refused, then what is done."""
    roles = tuple(ROLES) if whole else kinds_of_roles(resource, ("read", "oversee", command.name))
    trials = list(trials_of(house, resource, command, state, roles))
    tried = house.given.setdefault(("tried", resource.permission(command.name), whole), Counter())
    before = everything()
    for trial in trials:
        if not trial.is_allowed:
            check_refusals(resource, command, trial, doors(trial, tried, whole=whole))
    assert everything() == before
    for trial in trials:
        if trial.is_allowed:
            check_effects(house, resource, command, state, trial, doors(trial, tried, whole=whole))


def doors(trial: Trial, tried: Counter[Any], *, whole: bool) -> Mapping[str, Door]:
    """Choose the doors of a trial: the first of its kind goes to all."""
    kind = (trial.kinds, trial.codes, trial.variant)
    tried[kind] += 1
    if whole or tried[kind] == 1:
        return COMMAND_DOORS
    return {name: COMMAND_DOORS[name] for name in MAIN_DOORS[tried[kind] % 2]}


def trials_of(
    house: House, resource: Resource, command: Command, state: str, roles: tuple[str, ...]
) -> Iterator[Trial]:
    """Put each role before each kind of row there is in this state."""
    for role in roles:
        visitor = house.of_role(role)
        assert visitor.bearer and visitor.browser  # made before anything is compared
        for standing in standings(house, resource, visitor):
            for variant in variants(resource, command, state):
                key = row(house, resource, command, state, standing, variant)
                kinds, codes = expected(role, visitor, resource, command, state, key, variant)
                yield Trial(visitor, variant, standing, key, arguments(house, resource, command, key), kinds, codes)


def standings(house: House, resource: Resource, visitor: Visitor) -> tuple[Standing, ...]:
    """List the ways in which somebody can stand to a row: nothing to it, it is theirs, they entered it."""
    if resource.scope.owner:
        return (visitor.id, 0), (house.visitor("someone.else").id, 0)
    return ((0, 0), (visitor.id, 0), (0, visitor.id)) if resource.scope.parties else ((0, 0),)


def variants(resource: Resource, command: Command, state: str) -> tuple[str, ...]:
    """List the ways in which a row can stand before a command: as it came, made ready for it, or with something in its way."""
    if command.moves and command.targets(state) is None:
        return ("plain",)
    name = resource.permission(command.name)
    known = {"prepared": PREPARED, "obstructed": OBSTRUCTED}
    return ("plain", *(variant for variant, table in known.items() if name in table))


def row(house: House, resource: Resource, command: Command, state: str, standing: Standing, variant: str) -> str:
    """Give a row in a state and variant; what happens to one of them is of no concern to the others."""
    changes = {"prepared": house.maker.prepare, "obstructed": house.maker.obstruct}
    known = (resource.name, state, standing, *((variant, command.name) if variant in changes else ()))
    if known not in house.rows:
        key = house.made(resource, state, *standing)
        if variant in changes:
            changes[variant](resource, command, key)
        house.rows[known] = key
    return house.rows[known]


def arguments(house: House, resource: Resource, command: Command, key: str) -> Mapping[str, Any]:
    """Give valid arguments, the same for all who are refused on a row."""
    known = (key, "arguments", resource.permission(command.name))
    if known not in house.given:
        house.given[known] = house.maker.arguments(resource, command, key)
    return house.given[known]


def expected(
    role: str, visitor: Visitor, resource: Resource, command: Command, state: str, key: str, variant: str
) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Read off the declaration what this role is answered: the kind of answer, and the codes where they are declared."""
    if not holds(role, resource.permission("read")):
        return ("forbidden",), None
    permitted = holds(role, resource.permission(command.name))
    if not holds(role, resource.permission("oversee")) and not concerns(resource, look(resource, key), visitor.id):
        return ("missing",) if permitted else ("missing", "forbidden"), None
    if not permitted:
        return ("forbidden",), None
    if command.moves and command.targets(state) is None:
        return ("conflict",), ("wrong_state",)
    against = guarded(visitor, resource, command, key)
    name = resource.permission(command.name)
    if variant == "plain" and name in PREPARED and (name, state) not in READY_AS_IT_COMES:
        return ("conflict",), against or None  # its guard or its body says what is missing
    return (("conflict",), against) if against else ((DONE,), None)


def guarded(visitor: Visitor, resource: Resource, command: Command, key: str) -> tuple[str, ...]:
    """Ask the guard alone what stands against a command."""
    if command.guard is None:
        return ()
    db.session.rollback()
    with unit.reading(visitor.context()) as bound:
        found = find_row(bound, resource, key)
        codes = tuple(problem.code for problem in command.guard(bound, found))
    db.session.rollback()
    return codes


def check_refusals(resource: Resource, command: Command, trial: Trial, doors: Mapping[str, Door]) -> None:
    """Try all doors; each refuses for the same reason, and nothing is left behind."""
    told: Answer | None = None
    before = traces(resource)
    for name, door in doors.items():
        answer = door(trial.visitor, resource, command, trial.key, trial.arguments)
        where = (name, trial.visitor.code, trial.variant, answer.kind, answer.told[-1500:])
        assert answer.kind in (*trial.kinds, "refused"), where
        if told is None:
            told = answer
            assert trial.codes is None or answer.codes == trial.codes, where
        elif "forbidden" not in (told.kind, answer.kind):
            assert all(message in answer.told for message in told.messages), (*where, told.messages)
            assert answer.codes in (None, told.codes), where
        assert traces(resource) == before, where


def check_effects(
    house: House, resource: Resource, command: Command, state: str, trial: Trial, doors: Mapping[str, Door]
) -> None:
    """Go through all doors, each with a fresh row; each time the same comes of it."""
    targets = command.targets(state or None) or ()
    for name, door in doors.items():
        key = row(house, resource, command, state, trial.standing, trial.variant)
        given = house.maker.arguments(resource, command, key)
        since, on_record = latest_event(), recorded(resource, command, key, trial.visitor)
        answer = door(trial.visitor, resource, command, key, given)
        where = (name, trial.visitor.code, trial.variant, key, answer)
        assert answer.is_done, where
        assert getattr(look(resource, key), "state", "") in (targets or ("",)), where
        assert announced(resource, key, since) in [[event_name(resource.name, each)] for each in command.events], where
        assert set(recorded(resource, command, key, trial.visitor) - on_record) == {CHANNELS[name]}, where
        house.spend(key)


def latest_event() -> int:
    with db.engine.connect() as connection:
        return int(connection.execute(text("SELECT coalesce(max(id), 0) FROM outbox_event")).scalar_one())


def announced(resource: Resource, key: str, since: int) -> list[str]:
    """List the events of a row since another."""
    statement = text("SELECT name FROM outbox_event WHERE id > :since AND resource = :r AND row_key = :k ORDER BY id")
    with db.engine.connect() as connection:
        return list(connection.execute(statement, {"since": since, "r": resource.name, "k": key}).scalars())


def recorded(resource: Resource, command: Command, key: str, visitor: Visitor) -> Counter[str]:
    """Count by door what is on record of a command, a row and a person."""
    statement = text(
        "SELECT channel FROM audit_entry WHERE resource = :r AND row_id = :i AND command = :c AND actor_id = :a"
    )
    row_id = look(resource, key).id
    values = {"r": resource.name, "i": row_id, "c": resource.permission(command.name), "a": visitor.id}
    with db.engine.connect() as connection:
        return Counter(connection.execute(statement, values).scalars())
