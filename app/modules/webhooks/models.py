"""Tables of webhooks, and of what was delivered to each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.infra import db
from app.infra.crypto import Encrypted
from app.infra.db import Base
from app.infra.outbox import OutboxEvent
from app.modules.directory.models import Entity, code


def _secret(label: str, column: str) -> Any:
    return db.column(Encrypted(f"webhook.{column}"), label, info={"secret": True, "hidden": True})


class Webhook(db.Row):
    """A server that is told of events; draft until it is switched on and has a secret."""

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("state = 'draft' OR state = 'retired' OR secret IS NOT NULL", name="secret"),
        CheckConstraint("(old_secret IS NULL) = (old_secret_until IS NULL)", name="old_secret"),
        CheckConstraint("(state = 'paused') = (paused_at IS NOT NULL)", name="paused_at"),
    )

    code: Mapped[str] = code()
    name: Mapped[str] = db.text("Name", 100, required=True)
    url: Mapped[str] = db.text("Address", 500, required=True, help="Where events are posted to: https://…")
    events: Mapped[str | None] = db.long_text(
        "Events", help="One to a line: order.issued, or order.* for all of orders. Empty: every event"
    )
    entity_id: Mapped[int | None] = db.link("entity", "Entity", help="Only events of its documents. Empty: of all")
    secret: Mapped[str | None] = _secret("Secret", "secret")
    old_secret: Mapped[str | None] = _secret("Old secret", "old_secret")
    old_secret_until: Mapped[datetime | None] = db.instant("Old secret signs until")
    paused_because: Mapped[str | None] = db.text("Paused because", 500)
    paused_at: Mapped[datetime | None] = db.instant("Paused")
    state: Mapped[str] = db.state("draft", "active", "paused", "retired")

    entity: Mapped[Entity | None] = relationship()

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(Base):
    """One event on its way to one webhook; a record of an act, which nobody edits."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id", name="uq_webhook_delivery_event"),
        CheckConstraint("state NOT IN ('dead', 'skipped') OR error IS NOT NULL", name="error"),
        Index("ix_webhook_delivery_ended", "webhook_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, info={"label": "Delivery"})
    webhook_id: Mapped[int] = db.link("webhook", "Webhook", required=True)
    event_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("outbox_event.id", ondelete="CASCADE"), index=True, info={"label": "Event"}
    )
    name: Mapped[str] = db.text("What happened", 200, required=True)
    tries: Mapped[int] = db.whole("Tries", required=True, default=0)
    status: Mapped[int | None] = db.whole("Status")
    error: Mapped[str | None] = db.text("What stands against it", 500)
    created_at: Mapped[datetime] = db.instant("Created", required=True, index=True)
    due_at: Mapped[datetime | None] = db.instant("Next try")
    ended_at: Mapped[datetime | None] = db.instant("Ended")
    state: Mapped[str] = db.state("waiting", "retrying", "delivered", "dead", "skipped")

    webhook: Mapped[Webhook] = relationship()
    event: Mapped[OutboxEvent] = relationship()
    attempts: Mapped[list[WebhookAttempt]] = relationship(order_by="WebhookAttempt.id", back_populates="delivery")

    def __str__(self) -> str:
        return self.name


class WebhookAttempt(Base):
    """One try of a delivery: what was answered, or why nothing was."""

    __tablename__ = "webhook_attempt"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    delivery_id: Mapped[int] = db.link("webhook_delivery", "Delivery", required=True, ondelete="CASCADE")
    at: Mapped[datetime] = db.instant("When", required=True)
    status: Mapped[int | None] = db.whole("Status")
    milliseconds: Mapped[int] = db.whole("Milliseconds", required=True)
    told: Mapped[str | None] = db.text("Answer or error", 500)

    delivery: Mapped[WebhookDelivery] = relationship(back_populates="attempts")
