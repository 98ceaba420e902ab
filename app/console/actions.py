"""The commands of a row as buttons: possible now, or greyed with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from app.console import addresses, words
from app.console.gate import Visit
from app.infra import unit
from app.infra.unit import Offer
from app.kernel.command import Command
from app.kernel.resource import Resource

MOST_BUTTONS = 3
OPEN_AND_CLOSED = 2


@dataclass(frozen=True, slots=True)
class Action:
    """A button or an entry of the menu."""

    label: str
    how: str
    url: str
    icon: str = ""
    tone: str = ""
    key: str = ""
    disabled: str = ""
    rule_before: bool = False


def of_row(
    visit: Visit, resource: Resource, row: Any, taken: tuple[str, ...] = ()
) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
    """Offer what can be done with a row: a few buttons for what is possible, the rest in a menu; not what is `taken`."""
    offers = [offer for offer in unit.offers(visit.context, resource, row) if offer.command.name not in taken]
    url = addresses.of_row(row)
    possible = [offer for offer in offers if offer.possible and not offer.command.danger]
    ahead = next_step(resource, getattr(row, "state", None))
    forward = next((offer for offer in possible if offer.command is ahead), None)
    buttons = [replace(_of_offer(row, url, forward), tone="primary")] if forward else []
    if may_edit(visit, resource, row):
        buttons.append(Action("Edit", "link", f"{url}/edit", icon="pencil", key="e"))
    buttons += [_of_offer(row, url, offer) for offer in possible if offer is not forward]
    others = [_of_offer(row, url, offer) for offer in offers if not offer.possible or offer.command.danger]
    others += _copy(visit, resource, url)
    rest = [replace(each, tone="") for each in buttons[MOST_BUTTONS:]]
    return tuple(buttons[:MOST_BUTTONS]), (*rest, *_with_rule(others, after=bool(rest)))


def next_step(resource: Resource, state: str | None) -> Command | None:
    """Name the step that is declared first from a state; who may not take it is shown none of the others as the main one."""
    steps = (each for each in resource.commands if state and each.moves and each.targets(state) is not None)
    return next((each for each in steps if leads_on(resource, each)), None)


def leads_on(resource: Resource, command: Command) -> bool:
    """Say whether a command is a next step: what asks for a reason, or only opens and closes, is none."""
    moves_on = any(move.source not in ("*", *move.targets) for move in command.moves)
    return moves_on and len(resource.states) > OPEN_AND_CLOSED and all(each.name != "reason" for each in command.params)


def may_edit(visit: Visit, resource: Resource, row: Any) -> bool:
    """Say whether this person may edit this row as it is now."""
    may = bool(resource.form) and not unit.why_not_editable(resource, row)
    return may and unit.holds(visit.context, resource, row, "edit")


def submit_label(resource: Resource, command: Command) -> str:
    """Say on the button what it does and to what, unless the command's words say it already."""
    return command.label if " " in command.label else f"{command.label} {words.lower_first(resource.title[0])}"


def needs_dialog(command: Command) -> bool:
    """Say whether something is asked before a command runs."""
    return bool(command.params or command.confirm)


def reason(offer: Offer) -> str:
    """Say why a command is not possible now."""
    return " ".join(problem.message for problem in offer.problems)


def _of_offer(row: Any, url: str, offer: Offer) -> Action:
    command = offer.command
    how = "dialog" if needs_dialog(command) else "post"
    version = getattr(row, "version", None)
    target = f"{url}/{command.name}" + (f"?version={version}" if how == "post" and version is not None else "")
    return Action(command.label, how, target, tone="bad" if command.danger else "", disabled=reason(offer))


def _copy(visit: Visit, resource: Resource, url: str) -> list[Action]:
    may = bool(resource.form) and visit.actor.may(resource.permission("create"))
    copy = addresses.of_list(resource, "new", args={"like": [url.rpartition("/")[2]]})
    return [Action("Duplicate", "link", copy, icon="copy")] if may else []


def _with_rule(actions: Iterable[Action], *, after: bool) -> list[Action]:
    listed = list(actions)
    if listed and after:
        listed[0] = replace(listed[0], rule_before=True)
    return listed
