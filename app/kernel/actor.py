"""Who acts, with what rights and how far they reach, and the context that carries it through a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Grant:
    """A role given to a person, for everything or for one entity and/or one cost centre with all below it."""

    role: str
    entity: int | None = None
    cost_centre: int | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a permission holds: any of these regions. A region is (entity or all, cost centre or all)."""

    regions: frozenset[tuple[int | None, int | None]] = frozenset()

    @property
    def everywhere(self) -> bool:
        """Say whether nothing limits this reach."""
        return (None, None) in self.regions


EVERYWHERE = Reach(frozenset({(None, None)}))


@dataclass(frozen=True, slots=True)
class Actor:
    """The person, service account or part of Outlay that does something.

    `id` is the account (ab_user.id), 0 for Outlay itself. `limits` narrows a token to some permissions.
    """

    id: int
    name: str
    grants: tuple[Grant, ...] = ()
    rights: Mapping[str, frozenset[str]] = field(default_factory=dict)
    limits: frozenset[str] | None = None
    acting_for: int | None = None
    is_system: bool = False
    token: int | None = None

    def may(self, permission: str) -> bool:
        """Say whether this permission (`order.issue`) is held anywhere."""
        if self.is_system:
            return True
        if self.limits is not None and not _within_limits(permission, self.limits):
            return False
        return any(permission in self.rights.get(grant.role, ()) for grant in self.grants)

    def reach(self, permission: str) -> Reach:
        """Tell where this permission holds; an empty reach when it is not held."""
        if self.is_system:
            return EVERYWHERE
        if not self.may(permission):
            return Reach()
        return Reach(
            frozenset((g.entity, g.cost_centre) for g in self.grants if permission in self.rights.get(g.role, ()))
        )

    @property
    def hands(self) -> frozenset[int]:
        """Name the accounts behind an act: whoever acts, and whom they act for."""
        return frozenset({self.id} if self.acting_for is None else {self.id, self.acting_for})

    @property
    def permissions(self) -> frozenset[str]:
        """List every permission held anywhere."""
        held = frozenset(p for grant in self.grants for p in self.rights.get(grant.role, ()))
        return held if self.limits is None else frozenset(p for p in held if _within_limits(p, self.limits))


def _within_limits(permission: str, limits: frozenset[str]) -> bool:
    resource, _, verb = permission.partition(".")
    return permission in limits or f"{resource}.*" in limits or f"*.{verb}" in limits or "*" in limits


SYSTEM = Actor(id=0, name="Outlay", is_system=True)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a command may know besides its arguments: who, when, by which door, in which transaction.

    `fresh_at` is when the actor last proved who they are; a token never does. `session` is the open session;
    `at_end` lets a command defer an act whose lock must be short to the very end (a gapless number).
    """

    actor: Actor
    now: datetime
    today: date
    request_id: str
    channel: str = "internal"
    command: str = ""
    fresh_at: datetime | None = None
    session: Any = None
    at_end: Callable[[Callable[[], None]], None] = lambda act: act()

    def within(self, session: Any, command: str, at_end: Callable[[Callable[[], None]], None]) -> Context:
        """Bind this context to an open transaction and the command that runs in it."""
        return replace(self, session=session, command=command, at_end=at_end)
