"""Tables of receipts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, relationship

from app.infra import db
from app.infra.db import Child, Row
from app.modules.directory.models import CostCentre, Currency, Entity, Location
from app.modules.orders.models import Order, OrderLine
from app.modules.receipts.domain import Condition


class Receipt(Row):
    """What arrived of an order on one day, or went back."""

    __tablename__ = "receipt"
    __table_args__ = (
        CheckConstraint("(state = 'draft') = (posted_at IS NULL)", name="posted"),
        Index("ix_receipt_created_by", "created_by"),
        Index("ix_receipt_reach", "entity_id", "created_by", "id"),
    )

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    order_id: Mapped[int] = db.link("purchase_order", "Order", required=True)
    received_on: Mapped[date | None] = db.day("Received on", help="Empty: today")
    delivery_note: Mapped[str | None] = db.text("Delivery note", 60, help="The supplier's number")
    location_id: Mapped[int | None] = db.link("location", "Place", help="Empty: where the order goes")
    note: Mapped[str | None] = db.long_text("Note")
    state: Mapped[str] = db.state("draft", "posted", "reversed")
    state_reason: Mapped[str | None] = db.long_text("Reason", help="Why it was reversed")
    posted_at: Mapped[datetime | None] = db.instant("Posted")
    posted_by: Mapped[int | None] = db.whole("Posted by", info={"kind": "account"})
    value: Mapped[Decimal] = db.money(
        "Value", "currency.code", required=True, default=Decimal(0), help="Net, by the prices of the order"
    )
    # Where the order is charged, so that a receipt is seen where its order is.
    entity_id: Mapped[int] = db.link("entity", required=True, index=False)
    cost_centre_id: Mapped[int] = db.link("cost_centre", "Cost centre", required=True)
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True)

    order: Mapped[Order] = relationship()
    location: Mapped[Location | None] = relationship()
    entity: Mapped[Entity] = relationship()
    cost_centre: Mapped[CostCentre] = relationship()
    currency: Mapped[Currency] = relationship(lazy="joined", innerjoin=True)
    lines: Mapped[list[ReceiptLine]] = relationship(
        back_populates="receipt",
        cascade="all, delete-orphan",
        order_by="ReceiptLine.position",
        foreign_keys="ReceiptLine.receipt_id",
    )

    def __str__(self) -> str:
        return self.number


class ReceiptLine(Child):
    """What arrived of one line of the order: a quantity, or for services an amount; below zero it goes back."""

    __tablename__ = "receipt_line"
    __table_args__ = (
        CheckConstraint("line > 0", name="line"),
        CheckConstraint("percent BETWEEN -100 AND 100", name="percent"),
        CheckConstraint("quantity IS NULL OR (amount IS NULL AND percent IS NULL)", name="quantity_or_amount"),
    )

    receipt_id: Mapped[int] = db.link("receipt", required=True, ondelete="CASCADE")
    line: Mapped[int] = db.whole("Line", required=True, help="Of the order; 1 is the first")
    order_line_id: Mapped[int | None] = db.link("order_line", info={"hidden": True})
    quantity: Mapped[Decimal | None] = db.quantity("Quantity", help="Below zero for what goes back")
    amount: Mapped[Decimal | None] = db.money("Amount", "receipt.currency.code", help="For services")
    percent: Mapped[Decimal | None] = db.quantity("Percent", help="Of the ordered amount, instead of an amount")
    condition: Mapped[Condition | None] = db.choice("Condition", Condition, help="Empty: good")
    reason: Mapped[str | None] = db.text("Reason", 500, help="Needed for what goes back")
    came_with_id: Mapped[int | None] = db.link("receipt", "Came with", help="For what goes back: where it had come")
    counted: Mapped[Decimal] = db.quantity("Counted", required=True, default=Decimal(0))

    receipt: Mapped[Receipt] = relationship(back_populates="lines", foreign_keys="ReceiptLine.receipt_id")
    came_with: Mapped[Receipt | None] = relationship(foreign_keys="ReceiptLine.came_with_id")
    order_line: Mapped[OrderLine | None] = relationship()

    @property
    def text(self) -> str:
        """What it is."""
        return str(self.order_line or "")

    def __str__(self) -> str:
        return f"Line {self.line}: {self.text}"
