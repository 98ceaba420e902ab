"""The same request sent twice has one effect: its first answer is kept and given again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.infra import scope
from app.infra.db import Base
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused


class IdempotencyKey(Base):
    """A key a caller chose for one request, what the request was, and what it was answered."""

    __tablename__ = "idempotency_key"

    actor_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    answer: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A caller's key together with the fingerprint of what is asked under it."""

    key: str
    fingerprint: str


def repeat(key: str, *asked: Any) -> Repeat:
    """Make a repeat key out of the caller's key and everything that makes up the request."""
    return Repeat(key[:200], hashlib.sha256(repr(asked).encode()).hexdigest())


def claim(context: Context, asked: Repeat) -> Any | None:
    """Claim a key in the running transaction, or give the answer it was given before.

    A second request with the same key waits here until the first has committed or failed.
    """
    session: Session = context.session
    claimed = session.execute(
        insert(IdempotencyKey.__table__)  # type: ignore[arg-type]
        .values(
            actor_id=context.actor.id, key=asked.key, fingerprint=asked.fingerprint, answer=None, created_at=context.now
        )
        .on_conflict_do_nothing()
    )
    if claimed.rowcount:  # type: ignore[attr-defined]
        return None
    known = session.scalars(
        scope.everything(IdempotencyKey, why="the caller's own key").where(
            IdempotencyKey.actor_id == context.actor.id, IdempotencyKey.key == asked.key
        )
    ).one()
    if known.fingerprint != asked.fingerprint:
        message = "This Idempotency-Key was used for another request. Send a new key with a new request."
        raise Refused(Kind.CONFLICT, Problem("idempotency_key_reused", message))
    return known.answer or {}


def keep(context: Context, asked: Repeat, answer: Any) -> None:
    """Keep the answer beside the key, in the transaction that had the effect."""
    table = IdempotencyKey.__table__
    context.session.execute(
        table.update()  # type: ignore[attr-defined]
        .where(table.c.actor_id == context.actor.id, table.c.key == asked.key)
        .values(answer=answer)
    )
