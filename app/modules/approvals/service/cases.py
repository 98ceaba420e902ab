"""What other slices hand over to have something decided, and what they are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.kernel.actor import Context
from app.kernel.problem import Problem
from app.modules.approvals.domain.content import Bound
from app.modules.approvals.models import Approval
from app.modules.directory.models import Entity, Person


@dataclass(frozen=True, slots=True)
class Demand:
    """A step that a policy does not know of: the owner of an overrun budget, for one. Any of the persons settles it."""

    label: str
    reason: str
    persons: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A document as policy sees it.

    `bound` is what an approval is bound to: every name in its content is material, and what is harmless (title, notes)
    stays out; the total is watched through its amount, in the base currency of the entity. `excluded` are persons (ids)
    who may not decide besides the requester, such as whom it is for and who typed it.
    `facts` are those of domain.facts.GIVEN; what follows from the ids is derived here.
    """

    resource: str
    row_id: int
    key: str
    title: str
    requester: Person
    entity: Entity
    bound: Bound
    excluded: frozenset[int] = frozenset()
    cost_centres: tuple[int, ...] = ()
    categories: tuple[int, ...] = ()
    projects: tuple[int, ...] = ()
    supplier: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    demands: tuple[Demand, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """Somebody who is to decide: the person, the place they fill in their step, and how they were found."""

    person: Person
    place: int
    via: str


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step as it would be asked: who, why, and what had to be done because nobody was there."""

    label: str
    stage: int
    people: tuple[Chosen, ...]
    reason: str
    mode: str
    needed: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would follow if the document were submitted as it is."""

    blocks: tuple[Problem, ...]
    warnings: tuple[str, ...]
    steps: tuple[PlannedStep, ...]
    auto: bool
    policy: str
    sentence: str
    explanation: tuple[Mapping[str, Any], ...] = ()
    usual_days: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a round has come: open, approved, rejected or returned."""

    approval: Approval
    state: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for an account: its own seat, or that of somebody it stands in for today."""

    approval: Approval
    step: str
    reason: str
    since: Any
    due_at: Any
    person: Person
    stands_in: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """A verdict, evaluated once more from the facts and the policy it was made with."""

    rows: tuple[Mapping[str, Any], ...]
    same_verdict: bool
    same_policy: bool


CaseOf = Callable[[Context, Any], Case]
BoundOf = Callable[[Context, Any], Bound]
