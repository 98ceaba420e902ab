"""Resources: business entities declared once, and the registry the generic readers walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.kernel.actor import Context
from app.kernel.command import Command
from app.kernel.event import Event
from app.kernel.problem import Problem

Rule = Callable[[Context, Any], list[Problem]]
GENERIC_VERBS = ("read", "export", "comment", "attach")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows a permission opens: by entity and cost centre (paths on the row), or by owner, or all.

    A path is a relation or a chain of them (`cost_centre.entity`); `self` is the row itself.
    A row without an entity belongs to all entities. `owner` names the column that holds the owner's account.
    With `parties`, readers see the rows they take part in, and those of their region only with `oversee`.
    """

    entity: str | None = None
    cost_centre: str | None = None
    owner: str | None = None
    parties: bool = False

    @property
    def limited(self) -> bool:
        """Say whether a permission may open some rows and not others."""
        return bool(self.entity or self.cost_centre or self.owner or self.parties)


SHARED = Scope()


def within(entity: str | None = None, cost_centre: str | None = None) -> Scope:
    """Show rows of the entities and cost centres where the reader's permission holds."""
    return Scope(entity=entity, cost_centre=cost_centre)


def between(entity: str | None = None, cost_centre: str | None = None) -> Scope:
    """Show rows to those who take part in them, and with `<resource>.oversee` to those in whose region they are."""
    return Scope(entity=entity, cost_centre=cost_centre, parties=True)


def own(owner: str) -> Scope:
    """Show everyone their own rows; whoever holds `<resource>.oversee` sees all."""
    return Scope(owner=owner)


@dataclass(frozen=True, slots=True)
class Children:
    """Rows that live and die with their document, in the order of `position`; edited in its form unless fixed."""

    name: str
    model: Any
    fields: tuple[str, ...]
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """How documents are numbered: prefix, per entity and year or once for all, with or without gaps."""

    prefix: str
    yearly: bool = True
    gapless: bool = False
    digits: int = 5


@dataclass(frozen=True, eq=False)
class Resource:
    """One business entity, as every generic reader sees it.

    `key` is the unique column in URLs; `list`, `show`, `form` name columns, relations or properties of the model;
    `prepare` derives what follows from the values just entered, `check` then returns what is wrong with the row;
    `number` fills the key when it is left empty; `order` is how lists are sorted at first (`-number`: newest first);
    `announces` is what happens to its rows beside its commands, such as that a bank has paid.
    """

    name: str
    model: Any
    title: tuple[str, str]
    menu: str
    key: str
    list: tuple[str, ...]
    show: tuple[tuple[str, tuple[str, ...]], ...]
    form: tuple[str, ...] = ()
    editable_in: tuple[str, ...] = ()
    children: tuple[Children, ...] = ()
    filters: tuple[str, ...] = ()
    search: Mapping[str, str] = field(default_factory=dict)
    scope: Scope = SHARED
    personal: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    announces: tuple[type[Event], ...] = ()
    prepare: Callable[[Context, Any], None] | None = None
    check: Rule | None = None
    number: Series | None = None
    order: str = ""
    icon: str = "file-text"
    help: str = ""

    @property
    def plural(self) -> str:
        """Name the resource in URLs: `cost-centres`."""
        return self.title[1].lower().replace(" ", "-")

    @property
    def states(self) -> tuple[str, ...]:
        """List the states of the document, the initial one first; empty when it has none."""
        column = self.model.__table__.columns.get("state")
        return () if column is None else tuple(column.info.get("states", ()))

    @property
    def verbs(self) -> tuple[str, ...]:
        """List every verb that can be permitted on this resource."""
        generic = (*GENERIC_VERBS, "create", "edit", "import") if self.form else GENERIC_VERBS
        overseen = ("oversee",) if self.scope.owner or self.scope.parties else ()
        return (*generic, *overseen, *(command.name for command in self.commands))

    def permission(self, verb: str) -> str:
        """Name a permission on this resource: `order.issue`."""
        return f"{self.name}.{verb}"

    def command(self, name: str) -> Command | None:
        """Find a command of this resource by name."""
        return next((command for command in self.commands if command.name == name), None)

    def key_of(self, row: Any) -> str:
        """Tell how people address this row."""
        return str(getattr(row, self.key))


class Registry:
    """All resources of this installation, in the order they were added."""

    def __init__(self) -> None:
        self._by_name: dict[str, Resource] = {}
        self._by_model: dict[Any, Resource] = {}

    def add(self, resource: Resource) -> Resource:
        """Enter a resource; a name that does not exist on its model stops the start."""
        wrong = list(_wrong_names(resource)) + list(_wrong_states(resource))
        if resource.name in self._by_name:
            wrong.append("the name is taken")
        if any(other.plural == resource.plural for other in self):
            wrong.append(f"the address /{resource.plural} is taken")
        if wrong:
            raise ValueError(f"resource {resource.name}: " + "; ".join(wrong))
        self._by_name[resource.name] = resource
        self._by_model[resource.model] = resource
        return resource

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Resource:
        return self._by_name[name]

    def of(self, model: Any) -> Resource | None:
        """Find the resource that declares this model."""
        return self._by_model.get(model)

    def by_plural(self, plural: str) -> Resource | None:
        """Find the resource that lives at this address."""
        return next((resource for resource in self if resource.plural == plural), None)

    def permissions(self) -> list[tuple[str, str]]:
        """List every (verb, resource) pair that exists."""
        return [(verb, resource.name) for resource in self for verb in resource.verbs]


registry = Registry()


def _wrong_names(resource: Resource) -> Iterator[str]:
    named = [("key", (resource.key,)), ("list", resource.list), ("form", resource.form), ("filters", resource.filters)]
    named += [(f"show {title}", names) for title, names in resource.show]
    named += [("search", tuple(resource.search)), ("personal", resource.personal)]
    named += [("scope", tuple(filter(None, (resource.scope.entity, resource.scope.cost_centre, resource.scope.owner))))]
    for where, names in named:
        for name in names:
            if name != "self" and not hasattr(resource.model, name.split(".")[0]):
                yield f"{where} names {name!r}, which {resource.model.__name__} does not have"
    for children in resource.children:
        if not hasattr(resource.model, children.name):
            yield f"children {children.name!r} is not a relation of {resource.model.__name__}"
        for name in children.fields:
            if not hasattr(children.model, name):
                yield f"children {children.name!r} names {name!r}, which {children.model.__name__} does not have"


def _wrong_states(resource: Resource) -> Iterator[str]:
    known = {*resource.states, "*"}
    for state in resource.editable_in:
        if state not in known:
            yield f"editable_in names the unknown state {state!r}"
    for command in resource.commands:
        for move in command.moves:
            for state in (move.source, *move.targets):
                if state not in known:
                    yield f"command {command.name} names the unknown state {state!r}"
