"""The database: one session class that refuses side doors, the base of all tables, and columns that explain themselves."""

from __future__ import annotations

import enum
import logging
import os
import time
import uuid
from datetime import datetime
from typing import Any

import psycopg2
from flask_appbuilder import Model as FabModel
from flask_appbuilder.models.sqla.base import SQLA
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Engine,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    event,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, Mapper, ORMExecuteState, Session, mapped_column
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.infra import clock, prepared
from app.kernel.resource import registry

FabModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


log = logging.getLogger(__name__)

#: Seconds for which a connection that was used counts as alive.
PROVEN_FOR = 1.0


class SideDoor(RuntimeError):
    """A programming error: rows were read or written past `scope` or `unit`."""


class HouseSession(FlaskSession):
    """A session in which declared rows are read through `infra.scope` and written through `infra.unit` only."""

    _engine: Engine | None = None

    def get_bind(self, *args: Any, bind: Any = None, **kwargs: Any) -> Any:
        """Give the one database there is; it need not be looked up for each statement."""
        if self._engine is None:
            self._engine = self._db.engine
        return bind or self._engine


class House(SQLA):
    """The extension that gives each request its session."""

    def _teardown_session(self, problem: BaseException | None) -> None:
        """Let go of the session; a server that went away just now takes back no answer, for nothing is open by then."""
        try:
            super()._teardown_session(problem)
        except SQLAlchemyError as error:
            log.warning("a session ended without its connection: %s", error)
            self.session.registry.clear()


db = House(session_options={"class_": HouseSession, "expire_on_commit": False, "autoflush": False})


class Base(DeclarativeBase):
    """Every table of Outlay."""

    metadata = FabModel.metadata


class Row(Base):
    """A row of a business entity: identified, versioned, stamped, audited and searchable without saying so."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-10)
    version: Mapped[int] = mapped_column(Integer, nullable=False, sort_order=90)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), sort_order=91, info={"label": "Created"}
    )
    changed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), sort_order=92, info={"label": "Changed"}
    )
    created_by: Mapped[int | None] = mapped_column(
        Integer, sort_order=93, info={"label": "Created by", "kind": "account"}
    )
    search: Mapped[Any] = mapped_column(TSVECTOR, nullable=True, deferred=True, sort_order=94, info={"hidden": True})

    __mapper_args__ = {"version_id_col": version}


@event.listens_for(Row, "instrument_class", propagate=True)
def _index_search(mapper: Mapper[Any], cls: type[Row]) -> None:
    """Give every business table the index that search by text needs."""
    table = mapper.local_table
    if isinstance(table, Table) and "search" in table.c:
        Index(f"ix_{table.name}_search", table.c.search, postgresql_using="gin")


class Child(Base):
    """A row that belongs to a document and is edited with it, in the order of `position`."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-10)
    position: Mapped[int] = mapped_column(Integer, nullable=False, default=0, sort_order=-9, info={"label": "Position"})


class Tree:
    """A row in a hierarchy; `path` holds the ids from the root down to the row, as `/3/17/`."""

    path: Mapped[str] = mapped_column(Text, nullable=False, server_default="", index=True, info={"hidden": True})


class Choice(TypeDecorator[enum.Enum]):
    """An enumeration stored by its value."""

    impl = String(40)
    cache_ok = True

    def __init__(self, kind: type[enum.Enum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: enum.Enum | None, dialect: Any) -> str | None:
        """Store the value of the member."""
        return None if value is None else str(value.value)

    def process_result_value(self, value: Any, dialect: Any) -> enum.Enum | None:
        """Read the member back."""
        return None if value is None else self.kind(value)


def column(
    kind: TypeEngine[Any] | type[TypeEngine[Any]], label: str, *args: Any, required: bool = False, **options: Any
) -> MappedColumn[Any]:
    """Declare a column with its label (and `help`, `info`); `required` makes it NOT NULL."""
    info = {"label": label, **options.pop("info", {})}
    if "help" in options:
        info["help"] = options.pop("help")
    return mapped_column(kind, *args, nullable=not required, info=info, **options)


def text(label: str, length: int = 200, **options: Any) -> MappedColumn[str]:
    """Declare a line of text."""
    return column(String(length), label, **options)


def long_text(label: str, **options: Any) -> MappedColumn[str]:
    """Declare text of several lines."""
    return column(Text, label, **options)


def money(label: str, currency: str = "currency", **options: Any) -> MappedColumn[Any]:
    """Declare an amount; `currency` is the path to its currency on the same row."""
    info = {"kind": "money", "currency": currency, **options.pop("info", {})}
    return column(Numeric(18, 4), label, info=info, **options)


def quantity(label: str, **options: Any) -> MappedColumn[Any]:
    """Declare a quantity, percent or rate with up to six decimals."""
    return column(Numeric(18, 6), label, **options)


def whole(label: str, **options: Any) -> MappedColumn[int]:
    """Declare a whole number."""
    return column(Integer, label, **options)


def flag(label: str, **options: Any) -> MappedColumn[bool]:
    """Declare a yes or no; no unless said otherwise."""
    from sqlalchemy import Boolean, false

    options.setdefault("default", False)
    return column(Boolean, label, required=True, server_default=false(), **options)


def day(label: str, **options: Any) -> MappedColumn[Any]:
    """Declare a calendar day."""
    return column(Date, label, **options)


def instant(label: str, **options: Any) -> MappedColumn[Any]:
    """Declare a moment in time, kept in UTC."""
    return column(DateTime(timezone=True), label, **options)


def choice(label: str, kind: type[enum.Enum], **options: Any) -> MappedColumn[Any]:
    """Declare a choice out of an enumeration; a member's `label` attribute is shown when it has one."""
    return column(Choice(kind), label, **options)


def document(label: str, **options: Any) -> MappedColumn[Any]:
    """Declare structured data that no one edits by hand."""
    return column(JSONB, label, **options)


def link(target: str, label: str = "", **options: Any) -> MappedColumn[Any]:
    """Declare a reference to another table's id; the relation of the same name without `_id` shows it."""
    options.setdefault("index", True)
    ondelete = options.pop("ondelete", None)
    return column(BigInteger, label, ForeignKey(f"{target}.id", ondelete=ondelete), **options)


def state(*states: str) -> MappedColumn[str]:
    """Declare the state of a document; the first is where it starts, and the database knows no others."""
    names = ", ".join(f"'{name}'" for name in states)
    return column(
        String(20),
        "State",
        CheckConstraint(f"state IN ({names})", name="state"),
        required=True,
        default=states[0],
        index=True,
        info={"kind": "state", "states": states},
    )


def uuid7() -> uuid.UUID:
    """Make a UUID version 7: unique, and rising with time."""
    milliseconds = int(clock.system.now().timestamp() * 1000)
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


def is_declared(model: Any) -> bool:
    """Say whether a table holds business rows, which only `scope` may read and `unit` may write."""
    return isinstance(model, type) and (issubclass(model, Row) or registry.of(model) is not None)


event.listen(Engine, "do_execute", prepared.execute)
event.listen(Engine, "handle_error", prepared.let_go)


@event.listens_for(Pool, "checkin")
def _note_use(connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


@event.listens_for(Pool, "connect")
def _greet(connection: Any, record: Any) -> None:
    _take_the_time(connection)


@event.listens_for(Pool, "checkout")
def _prove(connection: Any, record: Any, proxy: Any) -> None:
    """Ask a connection for the time, which shows whether it is still there: one that lay idle, or any once a second."""
    used = record.info.get("used")
    if used is None or (time.monotonic() - used < PROVEN_FOR and clock.machine.was_told()):
        return
    try:
        _take_the_time(connection)
    except psycopg2.Error as problem:
        raise InvalidatePoolError from problem


def _take_the_time(connection: Any) -> None:
    """Set this process's clock by the database's, so that all processes on all machines go by the same one."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        clock.machine.agree(cursor.fetchone()[0])
    connection.autocommit = False


@event.listens_for(HouseSession, "before_flush")
def _refuse_writes_outside_a_unit(session: Session, flush_context: Any, instances: Any) -> None:
    if session.info.get("context") is None and (session.new or session.dirty or session.deleted):
        raise SideDoor("rows are written inside infra.unit only")


@event.listens_for(HouseSession, "do_orm_execute")
def _refuse_reads_past_scope(state: ORMExecuteState) -> None:
    if state.is_column_load or state.is_relationship_load or state.execution_options.get("scoped"):
        return
    if state.is_update or state.is_delete:
        if any(is_declared(mapper.class_) for mapper in state.all_mappers):
            raise SideDoor("declared rows are changed one by one, so that each change is audited")
        return
    if state.is_select and any(is_declared(mapper.class_) for mapper in state.all_mappers):
        raise SideDoor("declared rows are read through infra.scope only")
