"""Names that scripts and records use, as people read them: resources, commands and doors."""

from __future__ import annotations

from app.console import actions, words
from app.infra import jobs
from app.infra.fields import humanise
from app.kernel.resource import Resource, registry

_DOORS = {"rest": "REST", "demo": "Demo company"}
#: What every row has, besides the commands of its own.
_ALWAYS = {"create": "Enter", "edit": "Edit", "import": "Import"}


def of_resource(name: str) -> str:
    """Name a kind of row: `payment_run` is a payment run."""
    resource = _resource(name)
    return resource.title[0] if resource else humanise(name)


def of_command(name: str) -> str:
    """Name a command as its button does: `payment_run.release` is Release payment run."""
    head, _, verb = name.partition(".")
    if head == "job":
        return jobs.title_of(verb)
    resource = _resource(head)
    found = resource.command(verb) if resource else None
    if resource and found:
        return actions.submit_label(resource, found)
    if resource and verb in _ALWAYS:
        return f"{_ALWAYS[verb]} {words.lower_first(resource.title[0])}"
    return humanise(verb or head)


def of_door(name: str) -> str:
    """Name the door something came in by."""
    return _DOORS.get(name, humanise(name))


def of_action(name: str) -> str:
    """Name what was done to a row, as a cell begins."""
    return humanise(name)


def _resource(name: str) -> Resource | None:
    return next((each for each in registry if each.name == name), None)
