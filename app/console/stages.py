"""The way of a purchase, stage by stage: which documents belong together, and what can be made out of one next.

Each slice declares its stage; the pages of all of them show the same way, from wherever one stands on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.console import addresses
from app.console.words import NOTHING
from app.infra import scope
from app.infra.reachable import Reachable
from app.kernel.resource import Resource, registry

if TYPE_CHECKING:
    from app.console.actions import Action
    from app.console.gate import Visit

OfRow = Callable[["Visit", Resource, Any], list[Any]]
OfActions = Callable[["Visit", Resource, Any], "list[Action]"]
#: What comes after what is there so far.
TO_COME = (("invoice", "Invoice", "receipt-2"), ("payment", "Payment", "credit-card"))


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: the documents of a resource, and which of them belong to a row of another stage."""

    place: int
    resource: str
    label: str
    icon: str
    rows: OfRow
    done: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Step:
    """A stage as the page of a row shows it."""

    label: str
    text: str
    icon: str
    state: str
    sub: str = ""
    url: str = ""


_stages: dict[str, Stage] = {}
_actions: list[OfActions] = []


def declare(stage: Stage) -> None:
    """Enter a stage."""
    _stages[stage.resource] = stage


def offer(actions: OfActions) -> None:
    """Let a slice offer to make its document out of a row of another stage."""
    _actions.append(actions)


def actions_of(visit: Visit, resource: Resource, row: Any) -> tuple[Action, ...]:
    """List what can be made out of a row next."""
    return tuple(action for actions in _actions for action in actions(visit, resource, row))


def steps(visit: Visit, resource: Resource, row: Any) -> tuple[Step, ...]:
    """Lay out the way a row belongs to; the reader sees of it what they may."""
    known = [_step(visit, stage, resource, row) for stage in sorted(_stages.values(), key=lambda each: each.place)]
    later = [Step(label, "Not yet", icon, "todo") for name, label, icon in TO_COME if name not in _stages]
    return (*known, *later)


def _step(visit: Visit, stage: Stage, resource: Resource, row: Any) -> Step:
    own = stage.resource == resource.name
    rows = [row] if own else _rows(visit, stage, resource, row)
    if not rows:
        return Step(stage.label, _why_empty(visit, stage, resource), stage.icon, "todo")
    first, more = rows[-1], len(rows) - 1
    done = all(stage.done(each) for each in rows)
    words = f"and {more} more" if more else ""
    key = registry[stage.resource].key_of(first)
    sub = ", ".join(filter(None, (str(first.state).capitalize(), words)))
    return Step(stage.label, key, stage.icon, "done" if done else "now", sub, "" if own else addresses.of_row(first))


def _why_empty(visit: Visit, stage: Stage, resource: Resource) -> str:
    """Say that nothing is there, or only that nothing is shown: to a reader of some documents both look alike."""
    here = _stages.get(resource.name)
    if here is None or stage.place > here.place:
        return "Not yet"
    return NOTHING if scope.is_unlimited(visit.actor, registry[stage.resource]) else "None shown"


def _rows(visit: Visit, stage: Stage, resource: Resource, row: Any) -> list[Any]:
    """List the documents of a stage that this reader may open; whoever sees one need not see what belongs to it."""
    if not visit.actor.may(registry[stage.resource].permission("read")):
        return []
    found = stage.rows(visit, resource, row)
    seen = Reachable(visit.context, found)
    return [each for each in found if each in seen]
