"""Who takes part in a document: they see it wherever it stands, as long as their role may read such documents."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, CompoundSelect, Identity, Index, Integer, Text, or_, select, text
from sqlalchemy.orm import Mapped, aliased, mapped_column

from app.infra.db import Base
from app.kernel.actor import Context
from app.kernel.resource import Resource

#: A document by the name of its resource and its id.
Document = tuple[str, int]


class Party(Base):
    """An account that takes part in a document, and as what: `asked`, `wanted_for`."""

    __tablename__ = "party"
    __table_args__ = (
        Index("uq_party_part", "account_id", "resource", "row_id", "part", unique=True),
        Index("ix_party_row", "resource", "row_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    resource: Mapped[str] = mapped_column(Text)
    row_id: Mapped[int] = mapped_column(BigInteger)
    account_id: Mapped[int] = mapped_column(Integer)
    part: Mapped[str] = mapped_column(Text)


def enter(context: Context, documents: Sequence[Document], people: Sequence[tuple[int, str]]) -> None:
    """Let accounts take part in documents, each as what stands with it; once more changes nothing."""
    if people:
        accounts, parts = zip(*people, strict=True)
        values = {"accounts": list(accounts), "parts": list(parts)}
        context.session.execute(_ENTER, {**_named(documents), **values})


def leave(context: Context, resource: str, row_id: int, account_id: int, part: str) -> None:
    """End what somebody took part as."""
    values = {"resource": resource, "row": row_id, "account": account_id, "part": part}
    context.session.execute(_LEAVE, values)


def dismiss(context: Context, documents: Sequence[Document], part: str) -> None:
    """End what everybody took part in documents as."""
    context.session.execute(_DISMISS, {**_named(documents), "part": part})


def takes_part(resource: Resource, account_id: int) -> ColumnElement[bool]:
    """Match the rows an account entered or takes part in."""
    model: Any = resource.model
    listed = select(Party.row_id).where(Party.account_id == account_id, Party.resource == resource.name)
    return or_(model.created_by == account_id, model.id.in_(listed))


def _named(documents: Sequence[Document]) -> dict[str, list[Any]]:
    resources, rows = zip(*documents, strict=True)
    return {"resources": list(resources), "rows": list(rows)}


def takes_part_only(resource: Resource, account_id: int) -> ColumnElement[bool]:
    """Match the same rows where nothing else is seen: looked up by account, as reading every row would take long."""
    found: ColumnElement[bool] = resource.model.id.in_(select_parts(resource, account_id))
    return found


def select_parts(resource: Resource, account_id: int) -> CompoundSelect[Any]:
    """Select the ids of these rows, some of them twice; documents are never deleted, so all of them are there."""
    own: Any = aliased(resource.model)
    entered = select(own.id).where(own.created_by == account_id)
    listed = select(Party.row_id).where(Party.account_id == account_id, Party.resource == resource.name)
    return entered.union_all(listed)


def first_parts(
    resource: Resource, account_id: int, most: int, *, down: bool, beyond: int | None
) -> ColumnElement[bool]:
    """Match the first of those rows by id, from one on; whoever takes part in thousands has their newest looked up."""
    return _first_parts(resource.model, resource.name, account_id, most, down, beyond)


@lru_cache(maxsize=512)  # to put it together takes longer than to find a page of rows by it, mostly the first page
def _first_parts(
    model: Any, name: str, account_id: int, most: int, down: bool, beyond: int | None
) -> ColumnElement[bool]:
    entered, listed, party = model.__table__.alias(), model.__table__.alias(), Party.__table__.alias()
    own = select(entered.c.id).where(entered.c.created_by == account_id)
    joined = select(listed.c.id).join(party, party.c.row_id == listed.c.id).distinct()
    joined = joined.where(party.c.account_id == account_id, party.c.resource == name)
    firsts = []
    for statement, id in ((own, entered.c.id), (joined, listed.c.id)):
        if beyond is not None:
            statement = statement.where(id < beyond if down else id > beyond)
        firsts.append(select(statement.order_by(id.desc() if down else id.asc()).limit(most).subquery()))
    found: ColumnElement[bool] = model.id.in_(firsts[0].union_all(firsts[1]))
    return found


_ENTER = text(
    "INSERT INTO party (resource, row_id, account_id, part)"
    " SELECT document.resource, document.row_id, account, part"
    " FROM unnest(CAST(:resources AS text[]), CAST(:rows AS bigint[])) AS document (resource, row_id)"
    " CROSS JOIN unnest(CAST(:accounts AS int[]), CAST(:parts AS text[])) AS new (account, part)"
    " ON CONFLICT DO NOTHING"
)
_LEAVE = text(
    "DELETE FROM party WHERE resource = :resource AND row_id = :row AND account_id = :account AND part = :part"
)
_DISMISS = text(
    "DELETE FROM party"
    " USING unnest(CAST(:resources AS text[]), CAST(:rows AS bigint[])) AS document (resource, row_id)"
    " WHERE party.resource = document.resource AND party.row_id = document.row_id AND part = :part"
)
