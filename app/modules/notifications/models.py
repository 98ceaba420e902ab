"""Tables of what people were told, and how it reached them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.infra import db
from app.infra.db import Base
from app.modules.notifications.domain.kinds import Channel, Kind


def _account() -> Any:
    return mapped_column(Integer, ForeignKey("ab_user.id"), info={"label": "Who", "kind": "account"})


class Notice(Base):
    """Something one person is told: once for each event, however often the event is heard.

    A record of an act, like an event or an audit entry: nobody edits it, comments on it or attaches files to it.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("event", "account_id", name="uq_notice_event"),
        CheckConstraint("(state = 'read') = (read_at IS NOT NULL)", name="read_at"),
        Index("ix_notice_account", "account_id", "id"),
        Index("ix_notice_unread", "account_id", postgresql_where=literal_column("state = 'unread'")),
        Index("ix_notice_row", "resource", "row_key"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, info={"label": "Notice"})
    event: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), info={"label": "Event", "hidden": True})
    account_id: Mapped[int] = _account()
    kind: Mapped[Kind] = db.choice("Kind", Kind, required=True)
    title: Mapped[str] = db.text("Title", 200, required=True)
    text: Mapped[str] = db.long_text("Text", required=True)
    resource: Mapped[str] = mapped_column(Text, info={"label": "Kind of document"})
    row_key: Mapped[str] = mapped_column(Text, info={"label": "Document"})
    amount: Mapped[str | None] = db.text("Amount", 60)
    path: Mapped[str] = mapped_column(Text, info={"label": "Address", "hidden": True})
    created_at: Mapped[datetime] = db.instant("Told", required=True)
    read_at: Mapped[datetime | None] = db.instant("Read")
    state: Mapped[str] = db.state("unread", "read")

    def __str__(self) -> str:
        return self.title


class Delivery(Base):
    """One notice on its way to its person on one channel; `attempts` counts the tries that were made."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("notice_id", "channel", name="uq_delivery_channel"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),
        CheckConstraint("state NOT IN ('failed', 'skipped') OR error IS NOT NULL", name="error"),
        Index("ix_delivery_account", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, info={"label": "Delivery"})
    notice_id: Mapped[int] = db.link("notice", "Notice", required=True, ondelete="CASCADE")
    account_id: Mapped[int] = _account()
    channel: Mapped[Channel] = db.choice("Channel", Channel, required=True)
    address: Mapped[str | None] = db.text("Address", 320)
    attempts: Mapped[int] = db.whole("Tries", required=True, default=0)
    error: Mapped[str | None] = db.text("What stands against it", 500)
    message_id: Mapped[str | None] = db.text("Message id", 320, help="By which mail servers know the letter")
    created_at: Mapped[datetime] = db.instant("Created", required=True)
    due_at: Mapped[datetime | None] = db.instant("Next try")
    sent_at: Mapped[datetime | None] = db.instant("Sent")
    state: Mapped[str] = db.state("waiting", "sent", "failed", "skipped")

    notice: Mapped[Notice] = relationship()

    def __str__(self) -> str:
        return f"{self.channel.label} {self.address}" if self.address else self.channel.label
