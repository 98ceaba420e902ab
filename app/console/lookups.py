"""What a picker offers while somebody types: rows within their reach, or people."""

from __future__ import annotations

from typing import Any

from app.infra import activity, listing
from app.infra.fields import Field, child_fields, field, param_fields
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Resource, registry


def find(context: Context, resource: Resource, path: str, text: str) -> list[dict[str, str]]:
    """Offer what a field of a form, a line, a command or a filter may refer to."""
    each = field_at(resource, path)
    if each is not None and each.kind == "account":
        return people(context, text)
    if each is None or each.target is None:
        raise Refused(Kind.MISSING, Problem("unknown_field", f"{resource.title[0]} has no picker {path[:60]}."))
    target = registry[each.target]
    return [_offered(target, row) for row in listing.lookup(context, target, text[:200])]


def people(context: Context, text: str) -> list[dict[str, str]]:
    """Offer people by the beginning of their names."""
    found = activity.people_matching(context.session, text[:60])
    return [{"id": user.username, "text": user.get_full_name(), "hint": user.username} for user in found]


def field_at(resource: Resource, path: str) -> Field | None:
    """Find the field that `entity`, `lines.item` or `leave.successor` names."""
    head, _, rest = path.partition(".")
    if not rest:
        shown = {*resource.form, *resource.filters, *resource.list}
        return field(resource.model, head) if head in shown else None
    children = next((each for each in resource.children if each.name == head), None)
    if children is not None:
        return child_fields(children).get(rest)
    command = resource.command(head)
    return param_fields(command.params).get(rest) if command else None


def _offered(target: Resource, row: Any) -> dict[str, str]:
    key, text = target.key_of(row), str(row)
    hint = "" if key in text else key
    return {"id": key, "text": text, "hint": hint} if hint else {"id": key, "text": text}
