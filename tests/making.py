"""Makes valid rows of any resource: values by the kind of each field, and what a factory knows better."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from app.infra import unit
from app.infra.fields import Field, child_fields, field, param_fields
from app.kernel.actor import Context
from app.kernel.command import Command
from app.kernel.money import CURRENCIES
from app.kernel.resource import Resource, registry
from tests import factories
from tests.acting import system

Form = Callable[["Maker", int], dict[str, Any]]
FORMS: dict[str, Form] = {}
ARGUMENTS: dict[str, Callable[[Maker, Any], dict[str, Any]]] = {}
ROUTES: dict[tuple[str, str], Callable[[Maker, str], str | None]] = {}
PREPARED: dict[str, Callable[[Maker, str], None]] = {}
OBSTRUCTED: dict[str, Callable[[Maker, str], None]] = {}
ROWS: dict[str, Callable[[Maker], str]] = {}

for _module in pkgutil.iter_modules(factories.__path__):
    _known = importlib.import_module(f"tests.factories.{_module.name}")
    FORMS.update(getattr(_known, "FORMS", {}))
    ARGUMENTS.update(getattr(_known, "ARGUMENTS", {}))
    ROUTES.update(getattr(_known, "ROUTES", {}))
    PREPARED.update(getattr(_known, "PREPARED", {}))
    OBSTRUCTED.update(getattr(_known, "OBSTRUCTED", {}))
    ROWS.update(getattr(_known, "ROWS", {}))


class Maker:
    """Makes rows through the door, as Outlay itself; each number is used once.

    Rows that belong to somebody (a session, a job) are made for the account `owner`; for documents in which people
    take part, `owner` is who is going to act on them (0: nobody in particular).
    """

    def __init__(self, owner: int = 0) -> None:
        self.number = 0
        self.made: dict[str, Any] = {}
        self.owner = owner

    def next(self) -> int:
        """Give a number that was not used yet."""
        self.number += 1
        return self.number

    def forget(self) -> None:
        """Let the next rows refer to other rows than those before; of currencies there are only so many."""
        are_scarce = len(self.made.get("currencies", CURRENCIES)) < len(CURRENCIES) // 2
        kept = {"currency"} if are_scarce else set()
        self.made = {name: made for name, made in self.made.items() if not isinstance(made, str) or name in kept}

    def resource(self, name: str) -> Resource:
        """Find a resource by its name."""
        return registry[name]

    def form(self, resource: Resource) -> dict[str, Any]:
        """Make a valid form: every required field, and the optional ones that need no other row."""
        number = self.next()
        known = FORMS[resource.name](self, number) if resource.name in FORMS else {}
        names = list(resource.form) if resource.number else [resource.key, *resource.form]
        form = {}
        for name in dict.fromkeys(names):
            if name in known:
                form[name] = known[name]
            else:
                described = field(resource.model, name)
                if described.required or described.kind not in ("reference", "account"):
                    form[name] = self.value(described, number)
        for children in resource.children:
            if not children.fixed:
                form[children.name] = known.get(children.name, [self.child(children, row) for row in (1, 2)])
        return {**form, **known}

    def child(self, children: Any, number: int) -> dict[str, Any]:
        fields = child_fields(children)
        return {name: self.value(each, number) for name, each in fields.items() if each.required}

    def value(self, each: Field, number: int) -> Any:
        """Make a value of a field's kind."""
        if each.kind == "reference":
            return self.key(each.target) if each.target else None
        if each.kind in ("choice", "state"):
            return each.choices[0][0]
        text = f"{each.name[:8]}{number}"[: each.length or 40]
        return {
            "boolean": True,
            "integer": 1,
            "decimal": "2.5",
            "money": "12.50",
            "date": "2026-03-01",
            "instant": "2026-03-01T10:00:00+00:00",
            "json": {},
        }.get(each.kind, text)

    def key(self, name: str) -> str:
        """Give the key of some row of a resource, made once."""
        if name not in self.made:
            self.made[name] = self.create(registry[name])
        return self.made[name]

    def create(self, resource: Resource, context: Context | None = None, **changes: Any) -> str:
        """Make a row and give its key; one that nobody enters in a form comes about in its own way."""
        if resource.name in ROWS:
            return ROWS[resource.name](self)
        return unit.create(context or system(), resource, {**self.form(resource), **changes}).key

    def arguments(self, resource: Resource, command: Command, row_key: str) -> dict[str, Any]:
        """Make valid arguments for a command."""
        name = resource.permission(command.name)
        if name in ARGUMENTS:
            return ARGUMENTS[name](self, row_key)
        fields = param_fields(command.params)
        number = self.next()
        return {name: self.value(each, number) for name, each in fields.items() if each.required}

    def in_state(self, resource: Resource, state: str, by: int = 0) -> str:
        """Make a row, entered by some account, and bring it to a state by running commands, as people would."""
        key = self.create(resource, system(id=by))
        route = ROUTES.get((resource.name, state))
        if route:
            # What only another beginning leads to is another row: its route gives the key.
            return route(self, key) or key
        for name in _shortest(resource, state):
            command = resource.command(name)
            assert command
            self.prepare(resource, command, key)
            unit.execute(system(id=990), resource, key, name, self.arguments(resource, command, key))
        return key

    def prepare(self, resource: Resource, command: Command, key: str) -> None:
        """Do what has to be so before a command is possible on this row."""
        prepared = PREPARED.get(resource.permission(command.name))
        if prepared:
            prepared(self, key)

    def obstruct(self, resource: Resource, command: Command, key: str) -> bool:
        """Do what makes a command impossible on this row although its state is right; say whether anything can."""
        obstructed = OBSTRUCTED.get(resource.permission(command.name))
        if obstructed:
            obstructed(self, key)
        return obstructed is not None


def _shortest(resource: Resource, state: str) -> list[str]:
    """Find the fewest commands that lead from the first state to another."""
    trails: dict[str, list[str]] = {resource.states[0]: []} if resource.states else {}
    frontier = list(trails)
    while frontier and state not in trails:
        here = frontier.pop(0)
        for command in resource.commands:
            for target in (command.targets(here) or ()) if command.moves else ():
                if target not in trails:
                    trails[target] = [*trails[here], command.name]
                    frontier.append(target)
    return trails[state]
