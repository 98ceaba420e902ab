"""What was changed, by whom, in which command: written in the same transaction, sealed into a keyed hash chain."""

from __future__ import annotations

import enum
import uuid
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    and_,
    bindparam,
    event,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy import inspect as inspect_row
from sqlalchemy.dialects.postgresql import JSON, JSONB, UUID
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import MANYTOONE, Mapped, QueryContext, Session, attributes, mapped_column
from sqlalchemy.orm.util import identity_key

from app.infra import chain, personal
from app.infra.db import Base, Child, HouseSession, Row, uuid7
from app.infra.personal import Private
from app.kernel.actor import Context
from app.kernel.resource import Children, Resource, registry

MASK = "•••"
_UNTOLD = {"id", "version", "created_at", "changed_at", "created_by", "search", "path"}


class AuditEntry(Base):
    """One change, decision or sign-in, as it is sealed into its lane."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_row", "resource", "row_id"),
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_actor", "actor_id", "at"),
    )

    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), unique=True, info={"label": "Entry"})
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), info={"label": "When"})
    actor_id: Mapped[int] = mapped_column(Integer, info={"label": "Who", "kind": "account"})
    actor_name: Mapped[str] = mapped_column(Text, info={"label": "Who"})
    acting_for: Mapped[int | None] = mapped_column(Integer, info={"label": "Acting for", "kind": "account"})
    command: Mapped[str] = mapped_column(Text, info={"label": "Command"})
    channel: Mapped[str] = mapped_column(Text, info={"label": "Door"})
    request_id: Mapped[str] = mapped_column(Text, info={"label": "Request"})
    action: Mapped[str] = mapped_column(Text, info={"label": "Action"})
    resource: Mapped[str] = mapped_column(Text, info={"label": "Kind"})
    row_id: Mapped[int | None] = mapped_column(BigInteger, info={"label": "Row"})
    row_key: Mapped[str] = mapped_column(Text, info={"label": "Document"})
    part: Mapped[str] = mapped_column(Text, server_default="", info={"label": "Part"})
    before: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True), info={"label": "Before"})
    after: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True), info={"label": "After"})
    witness: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True), info={"label": "Witness", "hidden": True})
    mac: Mapped[bytes] = mapped_column(LargeBinary, info={"hidden": True})

    def __str__(self) -> str:
        return " ".join(filter(None, (self.actor_name, self.action, self.resource.replace("_", " "), self.row_key)))


class AuditLane(Base):
    """How far one lane of the chain reaches, under a seal of its own."""

    __tablename__ = "audit_lane"

    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    entries: Mapped[int] = mapped_column(BigInteger)
    mac: Mapped[bytes] = mapped_column(LargeBinary)
    seal: Mapped[bytes] = mapped_column(LargeBinary)


_COLUMNS = [
    "id",
    "at",
    "actor_id",
    "actor_name",
    "acting_for",
    "command",
    "channel",
    "request_id",
    "action",
    "resource",
    "row_id",
    "row_key",
    "part",
    "before",
    "after",
]

_PERSONAL = ("actor_name", "row_key", "before", "after")
_PLAIN = frozenset({str, int, bool})


def prepare(session: Session, key: bytes) -> None:
    """Make the empty lanes of a new installation."""
    table: Any = AuditLane.__table__
    for lane in range(chain.LANES):
        head = chain.Head(lane, 0, chain.GENESIS).sealed(key)
        values = {"lane": lane, "entries": 0, "mac": head.mac, "seal": head.seal}
        session.execute(upsert(table).values(values).on_conflict_do_nothing())


def note(
    context: Context,
    *,
    action: str,
    resource: str,
    row_id: int | None,
    row_key: str | Private,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    part: str = "",
) -> None:
    """Put something on record that the session does not see by itself: a sign-in, a role, a bare command."""
    entry = {
        "id": uuid7(),
        "at": context.now,
        "actor_id": context.actor.id,
        "actor_name": _actor_name(context),
        "acting_for": context.actor.acting_for,
        "command": context.command,
        "channel": context.channel,
        "request_id": context.request_id,
        "action": action,
        "resource": resource,
        "row_id": row_id,
        "row_key": row_key,
        "part": part,
        "before": before,
        "after": after,
    }
    context.session.info.setdefault("audit", []).append(entry)


def tells_of(context: Context, resource: Resource, row: Any, since: int) -> bool:
    """Say whether anything collected from some entry on is about this row, and not only about others it led to."""
    entries = context.session.info["audit"][since:]
    return any((entry["resource"], entry["row_id"]) == (resource.name, row.id) for entry in entries)


def seal(session: Session, key: bytes) -> None:
    """Write the collected entries onto one lane, as the last act before commit; the lane is locked that long only."""
    entries = session.info.pop("audit", [])
    if not entries:
        return
    entries = [{**entry, **_sealed_parts(session, entry)} for entry in entries]
    head, witness = _take_lane(session)
    rows, mac, position = [], head.mac, head.entries
    for entry in entries:
        position += 1
        content = _content({**entry, "witness": witness}, head.lane, position)
        mac = chain.link(key, mac, content)
        rows.append({**content, "mac": f"\\x{mac.hex()}"})
    moved = chain.Head(head.lane, position, mac).sealed(key)
    written = {"given": rows, "of": head.lane, "reached": position, "last": mac, "head": moved.seal}
    session.execute(_WRITE, written)


def _actor_name(context: Context) -> str | Private:
    actor = context.actor
    return actor.name if actor.is_system or not actor.id else Private(actor.id, actor.name)


def _sealed_parts(session: Session, entry: dict[str, Any]) -> dict[str, Any]:
    """Seal what an entry says of people, each under the key of their own (decision 19)."""
    return {name: personal.sealed(session, entry[name], entry["at"]) for name in _PERSONAL}


def links(session: Session) -> Iterator[chain.Link]:
    """Read the whole audit as it was sealed, lane by lane from first to last, without holding it in memory."""
    statement = select(AuditEntry.__table__).order_by(AuditEntry.lane, AuditEntry.position)
    for entry in session.execute(statement.execution_options(yield_per=1000)).mappings():
        yield chain.Link(_content(dict(entry), entry["lane"], entry["position"]), bytes(entry["mac"]))


def excerpt(session: Session, rows: Collection[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    """Read the entries about some rows as they were sealed, oldest first, each with its seal and the one it follows."""
    table, before = AuditEntry.__table__, AuditEntry.__table__.alias("before")
    follows = and_(before.c.lane == table.c.lane, before.c.position == table.c.position - 1)
    statement = (
        select(table, before.c.mac.label("previous"))
        .select_from(table.outerjoin(before, follows))
        .where(tuple_(table.c.resource, table.c.row_id).in_(list(rows)))
        .order_by(table.c.at, table.c.lane, table.c.position)
    )
    for entry in session.execute(statement).mappings():
        content = _content(dict(entry), entry["lane"], entry["position"])
        previous = bytes(entry["previous"]) if entry["previous"] else chain.GENESIS
        yield {"entry": content, "previous": previous.hex(), "mac": bytes(entry["mac"]).hex()}


def heads(session: Session) -> list[chain.Head]:
    """Read how far every lane reaches."""
    rows = session.execute(select(AuditLane.__table__).order_by(AuditLane.lane))
    return [chain.Head(row.lane, row.entries, bytes(row.mac), bytes(row.seal)) for row in rows]


def one_snapshot(session: Session) -> None:
    """Let all that is read from here on show one moment, so that entries and heads belong together."""
    session.close()  # what was read before, such as the time zone, belongs to an earlier moment
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def verify(session: Session, key: bytes, anchor: Iterable[chain.Head] = ()) -> tuple[int, list[chain.Finding]]:
    """Check every seal; gives the number of entries and what is wrong."""
    one_snapshot(session)
    inspection = chain.Inspection(key, anchor)
    count = 0
    for link in links(session):
        inspection.accept(link.entry["lane"], link)
        count += 1
    return count, inspection.finish(heads(session))


def plain(value: Any) -> Any:
    """Turn a column's value into what JSON can hold exactly; amounts and instants become text."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value == value.to_integral() else format(value, "f").rstrip("0")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return repr(value)
    return value


def _content(row: dict[str, Any], lane: int, position: int) -> dict[str, Any]:
    content = {name: plain(row[name]) for name in _COLUMNS}
    content["at"] = row["at"].astimezone(UTC).isoformat()
    content["lane"], content["position"] = lane, position
    if row.get("witness"):
        content["witness"] = row["witness"]
    return content


_ENTRY: Any = AuditEntry.__table__
_LANE: Any = AuditLane.__table__
_KEPT = [*_COLUMNS, "lane", "position", "witness", "mac"]
# All entries of a change and how far its lane reaches then, in one statement however many there are.
_GIVEN = func.json_populate_recordset(literal_column("NULL::audit_entry"), bindparam("given", type_=JSON))
_WRITE = (
    update(_LANE)
    .where(_LANE.c.lane == bindparam("of"))
    .values(entries=bindparam("reached"), mac=bindparam("last"), seal=bindparam("head"))
    .add_cte(
        insert(_ENTRY)
        .from_select(_KEPT, select(*map(literal_column, _KEPT)).select_from(_GIVEN.alias("given_entry")))
        .cte("written")
    )
)
_BESIDE = _LANE.alias("beside")
_HEADS = (
    select(_LANE, *(column.label(f"beside_{column.name}") for column in _BESIDE.c))
    .join(_BESIDE, _BESIDE.c.lane == (_LANE.c.lane + 1) % chain.LANES)
    .order_by(func.random())
    .limit(1)
)
_FREE_LANE = _HEADS.with_for_update(of=_LANE, skip_locked=True)


def _take_lane(session: Session) -> tuple[chain.Head, list[list[Any]] | None]:
    """Take a lane nobody is writing to; wait for one only when all are taken.

    Beside it stands the head of the neighbouring lane, so that a lane cannot be set back alone.
    """
    row = session.execute(_FREE_LANE).first()
    if row is None:
        any_lane = session.execute(select(_LANE.c.lane).order_by(func.random()).limit(1)).scalar_one()
        row = session.execute(_HEADS.where(_LANE.c.lane == any_lane).with_for_update(of=_LANE)).one()
    neighbour = chain.Head(row.beside_lane, row.beside_entries, bytes(row.beside_mac))
    head = chain.Head(row.lane, row.entries, bytes(row.mac), bytes(row.seal))
    return head, [neighbour.witness()] if neighbour.entries else None


@event.listens_for(AuditEntry, "load")
def _open_when_read(entry: AuditEntry, context: QueryContext) -> None:
    """Let readers see what is about people, as far as nobody was erased; the rows keep it sealed."""
    for name in _PERSONAL:
        kept = entry.__dict__.get(name)
        if kept is not None:
            attributes.set_committed_value(entry, name, personal.opened(context.session, kept))


@event.listens_for(AuditEntry, "refresh")
def _open_when_read_again(entry: AuditEntry, context: QueryContext, _: Any) -> None:
    _open_when_read(entry, context)


@event.listens_for(HouseSession, "after_flush")
def _record_changes(session: Session, flush_context: Any) -> None:
    context = session.info.get("context")
    for row in session.new:
        _record(context, row, "created")
    for row in session.dirty:
        _record(context, row, "changed")
    for state, (is_delete, list_only) in flush_context.states.items():
        if is_delete and not list_only:
            _record(context, state.obj(), "deleted")


def _record(context: Context | None, row: Any, action: str) -> None:
    if context is None or not isinstance(row, Row | Child):
        return
    before, after = _differences(row, action)
    if action == "changed" and not after:
        return
    resource, document, part = _place(row)
    note(
        context,
        action=action,
        resource=resource.name if resource else row.__tablename__,
        row_id=document.id,
        row_key=key_on_record(resource, document) if resource else str(document.id),
        part=part,
        before=before if action != "created" else None,
        after=after if action != "deleted" else None,
    )


def key_on_record(resource: Resource, row: Any) -> str | Private:
    """Give the key of a row as it goes on record; the key of a person names them, and can be erased."""
    key, account = resource.key_of(row), _account_behind(row)
    return key if account is None else Private(account, key)


def _account_behind(row: Any) -> int | None:
    """Find the account of the person that a row is about, if it is about one and says so."""
    resource = registry.of(type(row))
    return getattr(row, "user_id", None) if resource is not None and resource.personal else None


def _differences(row: Any, action: str) -> tuple[dict[str, Any], dict[str, Any]]:
    attributes_ = inspect_row(row).attrs if action != "created" else None
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    declared = registry.of(type(row))
    account, private = _account_behind(row), {declared.key, *declared.personal} if declared else set()
    for key, name, link, column in _on_record(row.__class__):
        if attributes_ is None:
            old, new = None, row.__dict__.get(key)
        else:
            history = attributes_[key].history
            if action == "changed" and not history.has_changes():
                continue
            new = history.added[0] if history.added else (history.unchanged[0] if history.unchanged else None)
            old = history.deleted[0] if history.deleted else (new if action == "deleted" else None)
            if action == "changed" and plain(old) == plain(new):
                continue
        before[name], after[name] = _told(row, link, column, old), _told(row, link, column, new)
        if account is not None and key in private:
            before[name], after[name] = _private(account, before[name]), _private(account, after[name])
    return before, after


@cache
def _on_record(model: type) -> tuple[tuple[str, str, Any, Any], ...]:
    """List what of a kind of row goes on record: attribute, the name it has there, the link it is the key of, column."""
    mapper: Any = inspect_row(model)
    links = {next(iter(each.local_columns)).key: each for each in mapper.relationships if each.direction is MANYTOONE}
    found = []
    for attribute in mapper.column_attrs:
        link, column = links.get(attribute.key), attribute.columns[0]
        is_parent = link is not None and issubclass(model, Child) and bool(link.back_populates)
        if attribute.key not in _UNTOLD and not column.info.get("hidden") and not is_parent:
            found.append((attribute.key, link.key if link else attribute.key, link, column))
    return tuple(found)


def _told(row: Any, link: Any, column: Any, value: Any) -> Any:
    """Tell a value as it is put on record: a secret masked, a link by the key of the row it points to."""
    if value is None:
        return None
    if column.info.get("secret"):
        return MASK
    if link is not None:
        target = link.mapper.class_
        session = inspect_row(row).session
        other = session.identity_map.get(identity_key(target, value)) if session else None
        declared = registry.of(target)
        if other is not None and declared is not None:
            return key_on_record(declared, other)
    return plain(value)


def _private(account: int, value: Any) -> Any:
    return Private(account, str(value)) if value is not None else None


def document_of(row: Any) -> Any:
    """Find the document a child row belongs to."""
    return _place(row)[1]


def _place(row: Any) -> tuple[Resource | None, Any, str]:
    """Find the document a row belongs to: itself, or for a child row its parent and where it stands there."""
    resource = registry.of(type(row))
    if resource or not isinstance(row, Child):
        return resource, row, ""
    found = _kept_in(type(row))
    if found is None:
        return None, row, ""
    candidate, children = found
    parent = _parent(candidate, children, row)
    return (candidate if parent is not None else None), parent or row, f"{children.name}:{row.id}"


@cache
def _kept_in(model: type) -> tuple[Resource, Children] | None:
    """Find the resource whose documents hold rows of a kind, and as what."""
    return next(((each, children) for each in registry for children in each.children if children.model is model), None)


def _parent(resource: Resource, children: Children, row: Any) -> Any:
    relation = inspect_row(resource.model).relationships[children.name]
    if not relation.back_populates:
        return None
    history = inspect_row(row).attrs[relation.back_populates].history
    known = [*history.added, *history.unchanged, *history.deleted]
    return next((parent for parent in known if parent is not None), None) or getattr(row, relation.back_populates)
