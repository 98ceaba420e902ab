"""The one door for changes: every create, edit and command of every slice, from every channel, goes through here."""

from __future__ import annotations

import contextlib
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any, TypeVar, cast

import redis
from sqlalchemy import event
from sqlalchemy import inspect as inspect_row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from app.infra import audit, chain, idempotency, numbers, outbox, proof, savepoints, scope, search, trees, violations
from app.infra.db import Child, HouseSession, Row, db
from app.infra.fields import humanise, param_fields
from app.infra.idempotency import Repeat
from app.infra.intake import Reader, Values, lock_row
from app.kernel.actor import Context
from app.kernel.command import Command
from app.kernel.event import Event, event_name, payload_of
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.kernel.resource import Children, Resource, registry

log = logging.getLogger(__name__)
Result = TypeVar("Result")
ATTEMPTS = 4
_audit_key: Callable[[], bytes]
_nudge: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change led to; `repeated` says that it had been done before under the same Idempotency-Key.

    `told` holds what only this caller learns and nobody later, such as the link of an invitation.
    """

    resource: str
    key: str
    version: int | None
    state: str | None
    events: tuple[dict[str, Any], ...] = ()
    repeated: bool = False
    told: Mapping[str, Any] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """A command as it stands for one row and actor: possible now, or why not."""

    command: Command
    problems: tuple[Problem, ...]

    @property
    def possible(self) -> bool:
        """Say whether nothing stands against it."""
        return not self.problems


def configure(audit_key: Callable[[], bytes], nudge: Callable[[], Any]) -> None:
    """Tell the door the key that seals the audit, and how to wake the relay after a commit."""
    global _audit_key, _nudge
    _audit_key, _nudge = audit_key, nudge


def sealed(purpose: bytes, content: bytes) -> bytes:
    """Seal what leaves the house with the key of the audit, so that whoever has the key can tell whether it was altered."""
    return chain.seal(_audit_key(), purpose, content)


@contextlib.contextmanager
def transaction(context: Context, command: str) -> Iterator[Context]:
    """Open the door: all that happens inside is one change, sealed into the audit and announced, or nothing at all."""
    session: Session = db.session()
    if session.info.get("context") is not None:
        raise RuntimeError("a change is already under way in this session")
    session.rollback()
    last_acts: list[Callable[[], None]] = []
    bound = context.within(session, command, last_acts.append)
    session.info.update(context=bound, audit=[], events=[], nudge=False, held=set())
    try:
        yield bound
        session.flush()
        for act in last_acts:
            act()
        session.flush()
        outbox.write(bound)
        nudge = session.info["nudge"]
        audit.seal(session, _audit_key())
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        for name in ("context", "audit", "events", "held"):
            session.info.pop(name, None)
    if nudge:
        with contextlib.suppress(redis.RedisError):
            _nudge()


@contextlib.contextmanager
def rehearsal(context: Context, command: str) -> Iterator[Context]:
    """Open the door to see what a change would lead to: nothing of it stays, and no document number is used up."""
    try:
        with transaction(context, command) as bound:
            bound.session.info["rehearsed"] = {}
            yield bound
            raise _Rehearsed
    except _Rehearsed:
        return
    finally:
        db.session().info.pop("rehearsed", None)


class _Rehearsed(Exception):
    """Ends a rehearsal."""


class Overtaken(Exception):
    """Raised inside a change when somebody else's came between looking and acting; the same is tried again."""


def abandon() -> None:
    """Let go of whatever a failed request has left open in the session."""
    db.session.rollback()


@contextlib.contextmanager
def reading(context: Context) -> Iterator[Context]:
    """Bind a context to the session for reading; nothing can be written."""
    yield context.within(db.session(), context.command, lambda act: act())


def create(context: Context, resource: Resource, raw: Mapping[str, Any], *, repeat: Repeat | None = None) -> Outcome:
    """Enter a new row from raw values."""
    return _run(
        context,
        resource.permission("create"),
        lambda bound: create_within(bound, resource, raw, Reader(bound)),
        repeat,
    )


def save(
    context: Context,
    resource: Resource,
    key: str,
    raw: Mapping[str, Any],
    *,
    version: int | None = None,
    repeat: Repeat | None = None,
) -> Outcome:
    """Edit a row: set what is sent, leave the rest; `version` is the one the caller has seen."""
    return _run(
        context,
        resource.permission("edit"),
        lambda bound: save_within(bound, resource, key, raw, Reader(bound), version),
        repeat,
    )


def change(context: Context, command: str, body: Callable[[Context], Result]) -> Result:
    """Do several things as one change, and all of it again when others stood in its way."""
    return _run(context, command, body, None)


def attempt(bound: Context, body: Callable[[Context], Result]) -> Result | Refused:
    """Try one part of an open change; what is refused leaves nothing behind, and the rest of the change stands."""
    session: Session = bound.session
    last_acts: list[Callable[[], None]] = []
    try:
        with savepoints.part(session):
            outcome = body(bound.within(session, bound.command, last_acts.append))
            session.flush()
            session.execute(violations.CHECK_DEFERRED)
    except Refused as refused:
        refusal = refused
    except StaleDataError:
        refusal = Refused(Kind.CONFLICT, _changed_meanwhile())
    except DBAPIError as error:
        refusal = violations.of_part(error)
    else:
        for act in last_acts:
            bound.at_end(act)
        return outcome
    return refusal


def create_within(bound: Context, resource: Resource, raw: Mapping[str, Any], reader: Reader) -> Outcome:
    """Enter a new row inside an open transaction, as an import does for many."""
    return _outcome(resource, enter_within(bound, resource, raw, reader), [])


def enter_within(bound: Context, resource: Resource, raw: Mapping[str, Any], reader: Reader) -> Any:
    """Enter a new row inside an open transaction, to go on with it."""
    _permit(bound, resource, "create")
    values, problems = reader.read_row(resource, raw, partial=False)
    refuse_if(problems)
    row = resource.model()
    _assign(resource, row, values)
    if resource.number and not getattr(row, resource.key):
        setattr(row, resource.key, numbers.take(bound, resource.number))
    _conclude(bound, resource, row, "create")
    outbox.emit_created(bound, resource, [row])
    return row


def create_several_within(
    bound: Context, resource: Resource, raws: Sequence[Mapping[str, Any]], reader: Reader
) -> list[Any]:
    """Enter several new rows at once from raw values; the first that cannot be read refuses them all."""
    forms = []
    for raw in raws:
        values, problems = reader.read_row(resource, raw, partial=False)
        refuse_if(problems)
        forms.append(values)
    return enter_several_within(bound, resource, forms)


def enter_several_within(bound: Context, resource: Resource, forms: Sequence[Values]) -> list[Any]:
    """Enter several new rows at once from values that were read: each checked, recorded and announced as one alone is."""
    _permit(bound, resource, "create")
    given = numbers.take_several(bound, resource.number, len(forms)) if resource.number else []
    rows = []
    for position, values in enumerate(forms):
        row = resource.model()
        _assign(resource, row, values)
        if given and not getattr(row, resource.key):
            setattr(row, resource.key, given[position])
        _prepare(bound, resource, row)
        rows.append(row)
    bound.session.flush()
    held = scope.select_rows(bound, resource, "create").where(resource.model.id.in_([row.id for row in rows]))
    if len(bound.session.scalars(held.with_only_columns(resource.model.id)).all()) < len(rows):
        raise Refused(Kind.FORBIDDEN, _out_of_reach())
    outbox.emit_created(bound, resource, rows)
    return rows


def save_within(
    bound: Context,
    resource: Resource,
    key: str,
    raw: Mapping[str, Any],
    reader: Reader,
    version: int | None = None,
) -> Outcome:
    """Edit a row inside an open transaction."""
    row = _lock(bound, resource, key, "edit")
    _check_version(row, version)
    refuse_if(why_not_editable(resource, row), Kind.CONFLICT)
    values, problems = reader.read_row(resource, raw, partial=True)
    refuse_if(problems)
    names = _assign(resource, row, values)
    if names:
        _conclude(bound, resource, row, "edit")
        event_ = outbox.Changed(resource.key_of(row), tuple(names))
        outbox.emit(bound, resource, row, event_)
    return _outcome(resource, row, [])


def execute(
    context: Context,
    resource: Resource,
    key: str,
    name: str,
    raw: Mapping[str, Any],
    *,
    version: int | None = None,
    repeat: Repeat | None = None,
) -> Outcome:
    """Run a command on one row."""
    command = resource.command(name)
    if command is None:
        raise Refused(Kind.MISSING, Problem("unknown_command", f"{resource.title[0]} has no command {name}."))

    def body(bound: Context) -> Outcome:
        row = _lock(bound, resource, key, name)
        _check_version(row, version)
        refuse_if(why_not(bound, resource, command, row), Kind.CONFLICT)
        if command.step_up:
            proof.check_fresh(bound, command.label)
        arguments, problems = Reader(bound).read_fields(param_fields(command.params), raw)
        refuse_if(problems)
        given = {param.name: arguments.get(param.name, param.default) for param in command.params}
        event_ = _perform(bound, resource, command, row, given)
        told = {"name": event_name(resource.name, event_), **audit.plain(payload_of(event_))}
        return replace(_outcome(resource, row, [told]), told=payload_of(event_, once=True))

    return _run(context, resource.permission(name), body, repeat)


def execute_each(
    context: Context,
    resource: Resource,
    keys: Iterable[str],
    name: str,
    raw: Mapping[str, Any],
    *,
    repeat: Repeat | None = None,
) -> list[tuple[str, Outcome | Refused]]:
    """Run a command on several rows, each for itself and in key order; the answer names every refusal.

    Under a `repeat` each row has a key of its own, so that a request sent again goes on where the first one ended.
    """
    results: list[tuple[str, Outcome | Refused]] = []
    for key in sorted(set(keys)):
        own = replace(repeat, key=f"{repeat.key} {key}"[:500]) if repeat else None
        try:
            results.append((key, execute(context, resource, key, name, raw, repeat=own)))
        except Refused as refusal:
            results.append((key, refusal))
    return results


def offers(context: Context, resource: Resource, row: Any) -> list[Offer]:
    """List the commands of a row that the actor holds here, with what stands against each now."""
    names = scope.verbs_held(context, resource, row, [command.name for command in resource.commands])
    held = [command for command in resource.commands if command.name in names]
    against = why_not_any(context, resource, held, row)
    return [Offer(command, tuple(against[command.name])) for command in held]


def why_not(context: Context, resource: Resource, command: Command, row: Any) -> list[Problem]:
    """Say what stands against a command on this row now: its state, then its guard."""
    return why_not_any(context, resource, [command], row)[command.name]


def why_not_any(
    context: Context, resource: Resource, commands: Iterable[Command], row: Any
) -> dict[str, list[Problem]]:
    """Say of several commands what stands against each; a guard that they share is asked once."""
    told: dict[Any, list[Problem]] = {}
    found = {}
    for command in commands:
        problems = _wrong_state(resource, command, row)
        if not problems and command.guard:
            if command.guard not in told:
                told[command.guard] = list(command.guard(context, row))
            problems = told[command.guard]
        found[command.name] = problems
    return found


def _wrong_state(resource: Resource, command: Command, row: Any) -> list[Problem]:
    state = getattr(row, "state", None)
    if not command.moves or command.targets(state) is not None:
        return []
    sources = " or ".join(dict.fromkeys(humanise(move.source).lower() for move in command.moves))
    rows, here = resource.title[1].lower(), humanise(state or "").lower()
    message = f"{command.label} is for {rows} that are {sources}; this one is {here}."
    return [Problem("wrong_state", message, None, {"state": state})]


def why_not_editable(resource: Resource, row: Any) -> list[Problem]:
    """Say why a row cannot be edited in its present state."""
    state = getattr(row, "state", None)
    if not resource.form:
        return [Problem("not_editable", f"{resource.title[1]} are not edited.")]
    if resource.editable_in and state not in resource.editable_in:
        allowed = " or ".join(humanise(name).lower() for name in resource.editable_in)
        message = f"This {resource.title[0].lower()} is {humanise(state or '').lower()}; it is edited while {allowed}."
        return [Problem("wrong_state", message, None, {"state": state})]
    return []


def announce(context: Context, row: Any, event_: Event) -> None:
    """Announce an event about another row of the same change, from inside a command or a service."""
    resource = registry.of(type(row))
    if resource is None:
        raise TypeError(f"{type(row).__name__} is not declared as a resource")
    context.session.flush()
    outbox.emit(context, resource, row, event_)


def _run(context: Context, command: str, body: Callable[[Context], Result], repeat: Repeat | None) -> Result:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction(context, command) as bound:
                return cast(Result, _once(bound, body, repeat))
        except DBAPIError as error:
            if attempt == ATTEMPTS or not violations.is_passing(error):
                raise violations.translated(error) from error
            _wait(command, violations.code_of(error), attempt)
        except Overtaken as error:
            if attempt == ATTEMPTS:
                raise Refused(Kind.CONFLICT, violations.BUSY) from error
            _wait(command, "overtaken", attempt)
        except StaleDataError as error:
            raise Refused(Kind.CONFLICT, _changed_meanwhile()) from error
    raise AssertionError("unreachable")


def _wait(command: str, why: str, attempt: int) -> None:
    log.info("retrying %s after %s", command, why)
    time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311


def _once(bound: Context, body: Callable[[Context], Any], repeat: Repeat | None) -> Any:
    if repeat is None:
        return body(bound)
    answer = idempotency.claim(bound, repeat)
    if answer is not None:
        answer = {**answer, "events": tuple(answer.get("events", ())), "repeated": True}
        return Outcome(**answer)
    outcome = body(bound)
    kept = {name: getattr(outcome, name) for name in ("resource", "key", "version", "state", "events")}
    idempotency.keep(bound, repeat, audit.plain(kept))
    return outcome


def _permit(context: Context, resource: Resource, verb: str) -> None:
    if not context.actor.may(resource.permission(verb)):
        raise Refused(Kind.FORBIDDEN, _forbidden(resource, verb))


def _forbidden(resource: Resource, verb: str) -> Problem:
    words = {"read": "see", "create": "enter", "edit": "edit"}
    command = resource.command(verb)
    act = command.label.lower() if command else words.get(verb, verb)
    message = f"Your roles do not allow this here: {act} ({resource.title[1].lower()}). Ask an administrator."
    return Problem("forbidden", message, None, {"permission": resource.permission(verb)})


def _lock(context: Context, resource: Resource, key: str, verb: str) -> Any:
    """Take the row for the rest of the transaction, as it is in the database now, if the actor holds `verb` on it."""
    _permit(context, resource, "read")
    found = lock_row(context, resource, key, verb)
    if found is None:
        raise Refused(Kind.MISSING, Problem("not_found", f"{resource.title[0]} {key[:80]} was not found."))
    row, is_held = found
    if not is_held:
        raise Refused(Kind.FORBIDDEN, _forbidden(resource, verb))
    return row


def holds(context: Context, resource: Resource, row: Any, verb: str) -> bool:
    """Say whether the actor holds `verb` on this row."""
    return bool(scope.verbs_held(context, resource, row, [verb]))


def _check_version(row: Any, version: int | None) -> None:
    if version is not None and row.version != version:
        raise Refused(Kind.STALE, _changed_meanwhile())


def _changed_meanwhile() -> Problem:
    return Problem("changed_meanwhile", "Someone changed this in the meantime. Look at the new version and try again.")


def _assign(resource: Resource, row: Any, values: Values) -> list[str]:
    """Set values on a row and its child rows; tell which fields differ from before."""
    changed = []
    editable = {children.name: children for children in resource.children if not children.fixed}
    for name, value in values.items():
        if name in editable:
            if _assign_children(editable[name], row, value):
                changed.append(name)
        elif getattr(row, name) != value:
            setattr(row, name, value)
            changed.append(name)
    return changed


def _assign_children(children: Children, row: Any, wanted: list[Values]) -> bool:
    present = {child.id: child for child in getattr(row, children.name)}
    kept: list[Any] = []
    problems: list[Problem] = []
    for position, values in enumerate(wanted):
        identity = values.pop("id", None)
        child = present.get(identity) if identity else children.model()
        if child is None or child in kept:
            where = f"{children.name}.{position}"
            problems.append(Problem("unknown_row", "This row is not part of the document any more.", where))
            continue
        for name, value in {**values, "position": position}.items():
            if getattr(child, name) != value:
                setattr(child, name, value)
        kept.append(child)
    refuse_if(problems)
    setattr(row, children.name, kept)
    return any(inspect_row(child).modified for child in kept) or [*present.values()] != kept


def _conclude(context: Context, resource: Resource, row: Any, verb: str) -> None:
    """Check the row's own rules, write it, and see that the actor has not moved it out of their own reach."""
    _prepare(context, resource, row)
    context.session.flush()
    if not holds(context, resource, row, verb):
        raise Refused(Kind.FORBIDDEN, _out_of_reach())


def _prepare(context: Context, resource: Resource, row: Any) -> None:
    """Derive what follows from a row's values, and see that they are in order."""
    if resource.prepare:
        resource.prepare(context, row)
    if resource.check:
        refuse_if(resource.check(context, row))
    trees.settle(context, row)
    context.session.add(row)


def _out_of_reach() -> Problem:
    message = "This would put it where your roles do not reach. Choose an entity and cost centre of yours."
    return Problem("out_of_reach", message)


def _perform(context: Context, resource: Resource, command: Command, row: Any, arguments: dict[str, Any]) -> Event:
    state = getattr(row, "state", None)
    targets = command.targets(state) or ()
    recorded = len(context.session.info["audit"])
    event_ = command.run(context, row, **arguments)
    if not isinstance(event_, command.events):
        raise TypeError(f"{resource.name}.{command.name} announced {event_!r}, which it does not declare")
    if command.moves and row.state == state and len(targets) == 1:
        row.state = targets[0]
    if command.moves and row.state not in targets:
        raise RuntimeError(f"{resource.name}.{command.name} led to {row.state}, declared are {targets}")
    if resource.check:
        refuse_if(resource.check(context, row))
    trees.settle(context, row)
    context.session.flush()
    if not audit.tells_of(context, resource, row, since=recorded):
        told = {
            name: _noted(value) for name, value in arguments.items() if value is not None and not _secret(command, name)
        }
        audit.note(
            context,
            action="done",
            resource=resource.name,
            row_id=row.id,
            row_key=audit.key_on_record(resource, row),
            after=told,
        )
    outbox.emit(context, resource, row, event_)
    return event_


def _noted(value: Any) -> Any:
    """Put an argument on record: a row by its key, as its name is not for everyone who reads the record."""
    resource = registry.of(type(value))
    return audit.key_on_record(resource, value) if resource else str(value)


def _secret(command: Command, name: str) -> bool:
    return param_fields(command.params)[name].secret


def _outcome(resource: Resource, row: Any, events: list[dict[str, Any]]) -> Outcome:
    return Outcome(
        resource=resource.name,
        key=resource.key_of(row),
        version=getattr(row, "version", None),
        state=getattr(row, "state", None),
        events=tuple(events),
    )


@event.listens_for(HouseSession, "before_flush")
def _stamp_and_index(session: Session, flush_context: Any, instances: Any) -> None:
    context: Context | None = session.info.get("context")
    if context is None:
        return
    new = session.new
    changed = [*new, *(row for row in session.dirty if session.is_modified(row))]
    for row in dict.fromkeys([*changed, *_carry_up(session, changed)]):
        if isinstance(row, Row):
            if row in new:
                row.created_at, row.created_by = context.now, context.actor.id
            row.changed_at = context.now
            search.index(row)


def _carry_up(session: Session, changed: Iterable[Any]) -> Iterator[Any]:
    """Count a changed child row as a change of its document, which so gets a new version and search text."""
    for row in changed:
        if isinstance(row, Child):
            document = audit.document_of(row)
            if document is not row and document in session and document not in session.new:
                flag_modified(document, "changed_at")
                yield document
