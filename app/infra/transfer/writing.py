"""Entries of a file written through the door, each for itself: entered, changed, found the same, or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import func

from app.infra import loading, scope, unit
from app.infra.intake import Reader, Values
from app.infra.transfer import batches
from app.infra.transfer.cells import text_of
from app.infra.transfer.entries import Entry, Plan, child_rows, raw_row, value_of
from app.infra.transfer.matching import Target
from app.infra.transfer.verdicts import CHANGED, CREATED, REFUSED, SAME, Verdict, refused
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.kernel.resource import Children, Resource


def write(bound: Context, plan: Plan, group: Sequence[Entry]) -> list[Verdict]:
    """Write a group of entries inside an open change; what is refused leaves nothing behind."""
    reader = Reader(bound)
    written = [entry for entry in group if entry.lines]
    known = find_known(bound, plan, [entry.key for entry in written if entry.key and not entry.faults])
    verdicts = dict(_write_at_once(bound, plan, reader, written))
    waiting: list[Entry] = []
    for entry in written:
        row, line = known.get(entry.key.casefold()), entry.lines[0].number
        if line in verdicts:
            continue
        if entry.faults:
            verdicts[line] = Verdict(plan, entry, REFUSED, entry.key, faults=entry.faults)
        elif row is None:
            waiting.append(entry)
        else:
            # What comes later in the file may rest on what comes before it.
            verdicts |= _create_all(bound, plan, reader, waiting)
            waiting = []
            verdicts[line] = _change(bound, plan, reader, entry, row)
    verdicts |= _create_all(bound, plan, reader, waiting)
    return [verdicts[entry.lines[0].number] for entry in written]


def _write_at_once(bound: Context, plan: Plan, reader: Reader, group: Sequence[Entry]) -> dict[int, Verdict]:
    """Write the new rows among some entries at once, where their resource allows it."""
    may = bound.actor.may(plan.resource.permission("create"))
    if plan.mode == "update" or not may or not batches.is_used(plan.resource):
        return {}
    return batches.write(bound, plan, reader, [entry for entry in group if not entry.key and not entry.faults])


def find_known(bound: Context, plan: Plan, keys: Sequence[str]) -> Mapping[str, Any]:
    """Find the rows that keys name, in one query for all, or a second for those written in another case."""
    resource = plan.resource
    column = getattr(resource.model, resource.key)
    wanted: Sequence[Any] = keys
    is_text = resource.model.__table__.columns[resource.key].type.python_type is str
    if not is_text:
        wanted = [int(key) for key in keys if key.isdigit() and int(key) < 2**63]
    found = _select(bound, plan, column.in_(wanted)) if wanted else []
    known = {resource.key_of(row): row for row in found}
    others = [key.lower() for key in keys if key not in known] if is_text else []
    loose: dict[str, list[Any]] = {}
    for row in _select(bound, plan, func.lower(column).in_(others)) if others else ():
        loose.setdefault(resource.key_of(row).casefold(), []).append(row)
    alone = {key: rows[0] for key, rows in loose.items() if len(rows) == 1}
    return {**alone, **{key.casefold(): row for key, row in known.items()}}


def _select(bound: Context, plan: Plan, condition: Any) -> list[Any]:
    names = [target.name for _, target in plan.own]
    names += [target.name for side in plan.inner.values() for _, target in side]
    statement = (
        scope.select_rows(bound, plan.resource).where(condition).options(*loading.loads(plan.resource.model, names))
    )
    return list(bound.session.scalars(statement.execution_options(populate_existing=True)).unique())


def _create_all(bound: Context, plan: Plan, reader: Reader, entries: Sequence[Entry]) -> dict[int, Verdict]:
    """Enter new rows, as many at once as their resource allows; what cannot be read is looked at after those before it."""
    verdicts: dict[int, Verdict] = {}
    ready: dict[int, tuple[Entry, Values]] = {}
    for entry in entries:
        line, values = entry.lines[0].number, _read_new(bound, plan, reader, entry)
        if values is not None:
            ready[line] = entry, values
            continue
        verdicts |= _enter(bound, plan, reader, list(ready.values()))
        ready = {}
        verdicts[line] = _create(bound, plan, reader, entry)
    return verdicts | _enter(bound, plan, reader, list(ready.values()))


def _read_new(bound: Context, plan: Plan, reader: Reader, entry: Entry) -> Values | None:
    """Read an entry as the form of a new row; nothing where it has to be looked at by itself."""
    is_numbered = bool(entry.key and plan.resource.number and plan.resource.key not in plan.resource.form)
    may = bound.actor.may(plan.resource.permission("create"))
    if plan.mode == "update" or is_numbered or not may or not batches.is_entered_together(plan.resource):
        return None
    raw = raw_row(plan, entry, partial=False)
    if not entry.key:
        raw.pop(plan.resource.key, None)
    values, problems = reader.read_row(plan.resource, raw, partial=False)
    return None if problems else values


def _enter(bound: Context, plan: Plan, reader: Reader, ready: Sequence[tuple[Entry, Values]]) -> dict[int, Verdict]:
    """Enter rows at once; where something stands against one of them, halve them until it stands alone."""
    if len(ready) <= 1:
        return {entry.lines[0].number: _create(bound, plan, reader, entry) for entry, _ in ready}
    forms = [values for _, values in ready]
    rows = unit.attempt(bound, lambda part: unit.enter_several_within(part, plan.resource, forms))
    if isinstance(rows, Refused):
        half = len(ready) // 2
        return _enter(bound, plan, reader, ready[:half]) | _enter(bound, plan, reader, ready[half:])
    reader.forget(plan.resource.name)
    keys = [plan.resource.key_of(row) for row in rows]
    return {
        entry.lines[0].number: Verdict(plan, entry, CREATED, key) for (entry, _), key in zip(ready, keys, strict=True)
    }


def _create(bound: Context, plan: Plan, reader: Reader, entry: Entry) -> Verdict:
    resource = plan.resource
    label = plan.label_of_key
    if plan.mode == "update":
        words = f"{label}: {entry.key[:80] or 'no row'} was not found, and this import only changes rows."
        return refused(plan, entry, [Problem("not_found", words, resource.key)])
    if entry.key and resource.number and resource.key not in resource.form:
        words = f"{label}: {entry.key[:80]} was not found. Leave it empty to enter a new row, which gets a number."
        return refused(plan, entry, [Problem("not_found", words, resource.key)])
    raw = raw_row(plan, entry, partial=False)
    if not entry.key:
        raw.pop(resource.key, None)
    outcome = _attempted(bound, resource, reader, raw, lambda part: unit.create_within(part, resource, raw, reader))
    if isinstance(outcome, Refused):
        return refused(plan, entry, outcome.problems)
    reader.forget(resource.name)
    return Verdict(plan, entry, CREATED, outcome.key)


def _change(bound: Context, plan: Plan, reader: Reader, entry: Entry, row: Any) -> Verdict:
    resource, key = plan.resource, plan.resource.key_of(row)
    if plan.mode == "create":
        words = f"{plan.label_of_key}: {key} exists already, and this import only enters new rows."
        return refused(plan, entry, [Problem("taken", words, resource.key)])
    raw = {**_own_changes(plan, reader, entry, row), **_inner_changes(plan, entry, row)}
    if not raw:
        return Verdict(plan, entry, SAME, key)
    outcome = _attempted(
        bound, resource, reader, raw, lambda part: unit.save_within(part, resource, key, raw, reader), partial=True
    )
    if isinstance(outcome, Refused):
        return refused(plan, entry, outcome.problems)
    return Verdict(plan, entry, CHANGED, outcome.key, tuple(raw))


def _attempted(
    bound: Context,
    resource: Resource,
    reader: Reader,
    raw: Mapping[str, Any],
    act: Callable[[Context], unit.Outcome],
    *,
    partial: bool = False,
) -> unit.Outcome | Refused:
    """Try an entry; what can be seen from its values alone is refused before the database is asked."""
    _, problems = reader.read_row(resource, raw, partial=partial)
    if problems and bound.actor.may(resource.permission("edit" if partial else "create")):
        return Refused(Kind.INVALID, problems)
    return unit.attempt(bound, act)


def _own_changes(plan: Plan, reader: Reader, entry: Entry, row: Any) -> dict[str, Any]:
    """Give the raw values of the cells that say something else than the row does."""
    raw = raw_row(plan, entry, partial=True)
    changes = {}
    for _, target in plan.own:
        if target.name not in raw or target.name not in plan.resource.form or target.name == plan.resource.key:
            continue
        if not _is_same(reader, target, raw[target.name], target.field.of(row)):
            changes[target.name] = raw[target.name]
    return changes


def _is_same(reader: Reader, target: Target, raw: Any, present: Any) -> bool:
    """Compare as text first: what an export would write is no change, whoever may see what it names."""
    if raw == text_of(present) or (raw == "" and present in (None, [], "")):
        return True
    value, problem = reader.read_value(target.field, raw)
    return problem is None and bool(value == present)


def _inner_changes(plan: Plan, entry: Entry, row: Any) -> dict[str, Any]:
    """Give the child rows of an entry where they differ; a file that lists none leaves them alone."""
    changes: dict[str, Any] = {}
    for name, side in plan.inner.items():
        wanted = child_rows(plan, entry, name)
        present = list(getattr(row, name))
        if not wanted or [_texts(side, child) for child in present] == [_plain(each) for each in wanted]:
            continue
        children = next(each for each in plan.resource.children if each.name == name)
        changes[name] = _paired(children, side, wanted, present)
    return changes


def _texts(side: Sequence[tuple[int, Target]], child: Any) -> dict[str, str]:
    return {target.own: text_of(getattr(child, target.own)) for _, target in side}


def _plain(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: text_of(value) for name, value in row.items()}


def _paired(
    children: Children, side: Sequence[tuple[int, Target]], wanted: Sequence[Mapping[str, Any]], present: list[Any]
) -> list[dict[str, Any]]:
    """Let each child row go on as the one that says the same, or else as the next one left.

    What a file has no column for stays as it is. A row with a secret goes on only as itself.
    """
    left = list(present)
    pairs: dict[int, Any] = {}
    for position, row in enumerate(wanted):
        same = next((child for child in left if _texts(side, child) == _plain(row)), None)
        if same is not None:
            pairs[position] = same
            left.remove(same)
    rows = []
    keeps_secrets = any(each.field.secret or each.field.kind == "secret" for each in _all(children))
    for position, row in enumerate(wanted):
        child = pairs.get(position)
        if child is None and left and not keeps_secrets:
            child = left.pop(0)
        rows.append(_raw_child(children, row, child))
    return rows


def _all(children: Children) -> list[Target]:
    from app.infra.fields import child_fields

    return [
        Target(f"{children.name}.{name}", each.label, each, children) for name, each in child_fields(children).items()
    ]


def _raw_child(children: Children, row: Mapping[str, Any], child: Any) -> dict[str, Any]:
    if child is None:
        return {name: value for name, value in row.items() if value not in ("", None)}
    kept = {target.own: value_of(target, text_of(getattr(child, target.own))) for target in _all(children)}
    return {**kept, **row, "id": child.id}
