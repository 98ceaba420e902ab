"""Tables of orders."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.infra import db
from app.infra.db import Child, Row
from app.infra.transfer import batches
from app.infra.transfer.batches import FromFile
from app.modules.catalog.models import Item
from app.modules.directory.models import (
    Category,
    CostCentre,
    Currency,
    Entity,
    Location,
    Person,
    Project,
    TaxCode,
    Unit,
)
from app.modules.orders.domain import amounts
from app.modules.orders.domain.kinds import Answer, Channel, ChargeKind, OrderKind, ReceivedBy, Share
from app.modules.orders.domain.revisions import compare
from app.modules.requests.models import Request, RequestLine
from app.modules.suppliers.models import Supplier

_CURRENCY, _BASE = "currency.code", "entity.base_currency.code"


def _quantity(label: str, **options: Any) -> Any:
    return db.quantity(label, required=True, default=Decimal(0), server_default="0", **options)


class Order(FromFile, Row):
    """What is bought from a supplier, or with a blanket order what may be called off."""

    __tablename__ = "purchase_order"
    __table_args__ = (
        Index("ix_purchase_order_created_by", "created_by"),
        Index("ix_purchase_order_reach", "entity_id", "created_by", "id"),
        Index("ix_purchase_order_arrival", "state", "received"),
        Index(
            "ix_purchase_order_open_commitment",
            "open_commitment",
            postgresql_where=literal_column("open_commitment > 0"),
        ),
        Index(
            "ix_purchase_order_received_not_invoiced",
            "received_not_invoiced",
            postgresql_where=literal_column("received_not_invoiced > 0"),
        ),
        *batches.once("purchase_order"),
        UniqueConstraint("entity_id", "placed_as", name="uq_purchase_order_placed_as"),
        CheckConstraint("(placed_as IS NULL) = (source_hash IS NULL)", name="placed_as"),
        CheckConstraint("revision >= 0", name="revision"),
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("payment_days BETWEEN 0 AND 365", name="payment_days"),
        CheckConstraint("discount_percent > 0 AND discount_percent < 100", name="discount_percent"),
        CheckConstraint("(discount_percent IS NULL) = (discount_days IS NULL)", name="discount"),
        CheckConstraint("deposit_percent > 0 AND deposit_percent <= 100", name="deposit_percent"),
        CheckConstraint("deposit_amount > 0", name="deposit_amount"),
        CheckConstraint("deposit_percent IS NULL OR deposit_amount IS NULL", name="deposit"),
        CheckConstraint("ceiling > 0", name="ceiling"),
        CheckConstraint("valid_until >= valid_from", name="valid_until"),
        CheckConstraint("kind <> 'blanket' OR blanket_id IS NULL", name="blanket"),
        CheckConstraint("called_off >= 0 AND (called_off = 0 OR called_off <= ceiling)", name="called_off"),
        CheckConstraint(
            "state NOT IN ('issued', 'amending', 'closed') OR"
            " (revision > 0 AND issued_at IS NOT NULL AND base_total IS NOT NULL AND rate IS NOT NULL) OR"
            " (state = 'closed' AND revision = 0 AND placed_as IS NOT NULL)",
            name="issued",
        ),
    )
    constraint_problems = {
        "ck_purchase_order_payment_days": ("out_of_range", "Days to pay: enter 0 to 365.", "payment_days"),
        "ck_purchase_order_discount_percent": (
            "out_of_range",
            "Discount in percent: enter a number between 0 and 100.",
            "discount_percent",
        ),
        "ck_purchase_order_discount": (
            "required",
            "Discount: enter both the percent and the days, or neither.",
            "discount_percent",
        ),
        "ck_purchase_order_ceiling": ("not_positive", "Ceiling: enter an amount above zero.", "ceiling"),
        "ck_purchase_order_valid_until": (
            "wrong_order",
            "Valid until: choose a day not before the first.",
            "valid_until",
        ),
        "ck_purchase_order_called_off": (
            "above_ceiling",
            "The blanket order has less left under its ceiling.",
            "blanket",
        ),
    }

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    kind: Mapped[OrderKind] = db.choice("Kind", OrderKind, required=True, default=OrderKind.STANDARD)
    blanket_id: Mapped[int | None] = db.link("purchase_order", "Calls off", help="The blanket order it is part of")
    supplier_id: Mapped[int] = db.link("supplier", "Supplier", required=True)
    entity_id: Mapped[int] = db.link("entity", required=True, index=False)
    cost_centre_id: Mapped[int] = db.link(
        "cost_centre", "Cost centre", required=True, help="Pays unless a line says otherwise"
    )
    project_id: Mapped[int | None] = db.link("project", "Project")
    buyer_id: Mapped[int | None] = db.link("person", "Buyer", help="Looks after it. Empty: you")
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True)
    deliver_to_id: Mapped[int | None] = db.link("location", "Deliver to", help="Where goods go")
    promised_for: Mapped[date | None] = db.day("Promised for", help="When the supplier delivers")
    payment_days: Mapped[int | None] = db.whole("Days to pay", help="Empty: as the supplier's terms")
    discount_percent: Mapped[Decimal | None] = db.quantity("Discount in percent", help="For early payment")
    discount_days: Mapped[int | None] = db.whole("Discount days")
    instalments: Mapped[str | None] = db.text(
        "Instalments", 120, help="Percent and days after the order, such as 50 % 0, 50 % 30"
    )
    deposit_percent: Mapped[Decimal | None] = db.quantity(
        "Deposit in percent", help="Of the net total, paid before delivery against deposit invoices"
    )
    deposit_amount: Mapped[Decimal | None] = db.money(
        "Deposit", _CURRENCY, help="Net, instead of a percent: what all deposit invoices may come to"
    )
    contact_email: Mapped[str | None] = db.text(
        "Order e-mail", 200, help="Where the order is sent. Empty: main contact"
    )
    terms: Mapped[str | None] = db.long_text("Terms", help="Printed on the order")
    note: Mapped[str | None] = db.long_text("Note to supplier", help="Printed on the order")
    state: Mapped[str] = db.state("draft", "submitted", "approved", "issued", "amending", "closed", "cancelled")
    revision: Mapped[int] = db.whole("Revision", required=True, default=0, help="As last issued; 0 was never issued")
    placed_as: Mapped[str | None] = db.text("Placed as", 60, help="Its number where it was placed, if not here")
    amend_reason: Mapped[str | None] = db.long_text("Amended because")
    returned_reason: Mapped[str | None] = db.long_text("Came back because")
    state_reason: Mapped[str | None] = db.long_text("Reason", help="Why it was rejected, closed or cancelled")
    submitted_at: Mapped[datetime | None] = db.instant("Submitted")
    issued_at: Mapped[datetime | None] = db.instant("Issued", help="When the present revision went out")
    ordered_on: Mapped[date | None] = db.day("Ordered on", help="When the first revision went out")
    acknowledged_on: Mapped[date | None] = db.day("Acknowledged on")
    acknowledged_by: Mapped[int | None] = db.whole("Acknowledged by", info={"kind": "account"})
    acknowledged_as: Mapped[Answer | None] = db.choice("Supplier's answer", Answer)
    supplier_reference: Mapped[str | None] = db.text("Supplier's number", 60)
    charges_total: Mapped[Decimal] = db.money(
        "Extra charges", _CURRENCY, required=True, default=Decimal(0), server_default="0", help="Net, agreed in all"
    )
    net_total: Mapped[Decimal] = db.money("Net total", _CURRENCY, required=True, default=Decimal(0))
    tax_total: Mapped[Decimal] = db.money("Tax", _CURRENCY, required=True, default=Decimal(0))
    total: Mapped[Decimal] = db.money("Total", _CURRENCY, required=True, default=Decimal(0))
    base_total: Mapped[Decimal | None] = db.money("Net total in base currency", _BASE)
    rate: Mapped[Decimal | None] = db.column(
        Numeric(20, 10), "Exchange rate", help="Of the base currency for one of the order's"
    )
    rate_on: Mapped[date | None] = db.day("Rate of")
    rate_source: Mapped[str | None] = db.text("Source of the rate", 100)
    ceiling: Mapped[Decimal | None] = db.money("Ceiling", _CURRENCY, help="Of a blanket order: net, for all call-offs")
    valid_from: Mapped[date | None] = db.day("Valid from")
    valid_until: Mapped[date | None] = db.day("Valid until", help="Last day on which a blanket order is called off")
    called_off: Mapped[Decimal] = db.money(
        "Called off", _CURRENCY, required=True, default=Decimal(0), server_default="0"
    )
    received: Mapped[Share] = db.choice("Received", Share, required=True, default=Share.NONE)
    invoiced: Mapped[Share] = db.choice("Invoiced", Share, required=True, default=Share.NONE)
    charges_invoiced: Mapped[Decimal] = db.money(
        "Charges invoiced", _CURRENCY, required=True, default=Decimal(0), server_default="0"
    )
    deposit_invoiced: Mapped[Decimal] = db.money(
        "Deposit invoiced", _CURRENCY, required=True, default=Decimal(0), server_default="0"
    )
    paid: Mapped[Share] = db.choice("Paid", Share, required=True, default=Share.NONE)
    amount_paid: Mapped[Decimal] = db.money(
        "Amount paid", _CURRENCY, required=True, default=Decimal(0), server_default="0"
    )
    open_commitment: Mapped[Decimal] = db.money(
        "Not invoiced", _CURRENCY, required=True, default=Decimal(0), server_default="0", help="Net, of what was issued"
    )
    received_not_invoiced: Mapped[Decimal] = db.money(
        "Received, not invoiced", _CURRENCY, required=True, default=Decimal(0), server_default="0", help="Net"
    )
    makers: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), server_default=literal_column("'{}'"), info={"hidden": True}
    )

    blanket: Mapped[Order | None] = relationship(remote_side="Order.id")
    supplier: Mapped[Supplier] = relationship()
    entity: Mapped[Entity] = relationship()
    cost_centre: Mapped[CostCentre] = relationship()
    project: Mapped[Project | None] = relationship()
    buyer: Mapped[Person | None] = relationship()
    currency: Mapped[Currency] = relationship(lazy="joined", innerjoin=True)
    deliver_to: Mapped[Location | None] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderLine.position"
    )
    extra_charges: Mapped[list[OrderCharge]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderCharge.position"
    )
    splits: Mapped[list[OrderSplit]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderSplit.position"
    )
    sources: Mapped[list[OrderSource]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderSource.position"
    )
    revisions: Mapped[list[OrderRevision]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderRevision.number"
    )
    sendings: Mapped[list[OrderSending]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderSending.id"
    )

    @property
    def deposit(self) -> Decimal:
        """What is agreed to be paid before delivery, net; zero where nothing is."""
        return amounts.deposit_of(self.deposit_percent, self.deposit_amount, self.net_total, self.currency.code)

    @property
    def summary(self) -> str:
        """What is bought, in a few words."""
        texts = [line.text for line in self.lines if line.text]
        more = f" and {len(texts) - 1} more" if len(texts) > 1 else ""
        return f"{texts[0]}{more}" if texts else str(self.supplier)

    def __str__(self) -> str:
        return self.number


class OrderLine(Child):
    """One thing that is ordered, or with a quantity below zero goes back; and how far it has come."""

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("unit_price >= 0", name="unit_price"),
        CheckConstraint("over_percent BETWEEN 0 AND 1000", name="over_percent"),
        CheckConstraint("over_quantity >= 0", name="over_quantity"),
    )

    order_id: Mapped[int] = db.link("purchase_order", required=True, ondelete="CASCADE")
    item_id: Mapped[int | None] = db.link("item", "Item", help="Of the catalogue")
    text: Mapped[str | None] = db.text("Text", 300)
    supplier_item: Mapped[str | None] = db.text("Supplier's number", 60)
    quantity: Mapped[Decimal | None] = db.quantity("Quantity", help="Below zero for what goes back")
    unit_id: Mapped[int | None] = db.link("unit", "Unit")
    unit_price: Mapped[Decimal | None] = db.money("Unit price", f"order.{_CURRENCY}", help="Net, before discounts")
    discounts: Mapped[str | None] = db.text("Discounts", 24, help="In percent, one after the other, such as 10+5")
    amount: Mapped[Decimal] = db.money("Amount", f"order.{_CURRENCY}", required=True, default=Decimal(0))
    tax_code_id: Mapped[int | None] = db.link("tax_code", "Tax code")
    category_id: Mapped[int | None] = db.link("category", "Category")
    account: Mapped[str | None] = db.text("Ledger account", 20)
    cost_centre_id: Mapped[int | None] = db.link("cost_centre", "Cost centre", help="If another one pays this line")
    project_id: Mapped[int | None] = db.link("project", "Project")
    promised_for: Mapped[date | None] = db.day("Promised for")
    received_by: Mapped[ReceivedBy | None] = db.choice(
        "Received", ReceivedBy, help="Empty: lump sums by amount, all else by quantity"
    )
    over_percent: Mapped[Decimal | None] = db.quantity("Over-receipt in percent", help="Empty: as set for all orders")
    over_quantity: Mapped[Decimal | None] = db.quantity(
        "Over-receipt at most", help="As a quantity. Empty: as set for all orders"
    )
    short_closed_quantity: Mapped[Decimal] = _quantity("Not delivered any more")
    short_closed_reason: Mapped[str | None] = db.text("Why not", 500)
    issued_quantity: Mapped[Decimal] = _quantity("Issued quantity", help="As the supplier knows it")
    quantity_received: Mapped[Decimal] = _quantity("Received")
    amount_received: Mapped[Decimal] = db.money(
        "Accepted", f"order.{_CURRENCY}", required=True, default=Decimal(0), server_default="0"
    )
    quantity_invoiced: Mapped[Decimal] = _quantity("Invoiced quantity")
    amount_invoiced: Mapped[Decimal] = db.money(
        "Invoiced", f"order.{_CURRENCY}", required=True, default=Decimal(0), server_default="0"
    )

    stated: Mapped[dict[str, str] | None] = mapped_column(JSONB, info={"label": "As stated", "hidden": True})

    order: Mapped[Order] = relationship(back_populates="lines")
    item: Mapped[Item | None] = relationship()
    unit: Mapped[Unit | None] = relationship(lazy="joined")
    category: Mapped[Category | None] = relationship(lazy="joined")
    tax_code: Mapped[TaxCode | None] = relationship(lazy="joined")
    cost_centre: Mapped[CostCentre | None] = relationship()
    project: Mapped[Project | None] = relationship()

    @property
    def quantity_open(self) -> Decimal:
        """What is still to come."""
        return self.issued_quantity - self.short_closed_quantity - self.quantity_received

    def __str__(self) -> str:
        return self.text or "Line without text"


class OrderCharge(Child):
    """What is charged once beside the lines, such as freight; `amount` is net and shared out over the lines."""

    __tablename__ = "order_charge"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    order_id: Mapped[int] = db.link("purchase_order", required=True, ondelete="CASCADE")
    kind: Mapped[ChargeKind] = db.choice("Kind", ChargeKind, required=True, default=ChargeKind.FREIGHT)
    text: Mapped[str | None] = db.text("Text", 200)
    amount: Mapped[Decimal] = db.money("Amount", f"order.{_CURRENCY}", required=True, help="Net")
    tax_code_id: Mapped[int | None] = db.link("tax_code", "Tax code", help="Empty: as the largest line")

    order: Mapped[Order] = relationship(back_populates="extra_charges")
    tax_code: Mapped[TaxCode | None] = relationship()

    def __str__(self) -> str:
        return f"{self.kind.label}: {self.text}" if self.text else self.kind.label


class OrderSplit(Child):
    """The part of a line that another cost centre or project pays, as a percent or an amount."""

    __tablename__ = "order_split"
    __table_args__ = (
        CheckConstraint("line > 0", name="line"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("percent IS NULL OR amount IS NULL", name="percent_or_amount"),
    )

    order_id: Mapped[int] = db.link("purchase_order", required=True, ondelete="CASCADE")
    line: Mapped[int] = db.whole("Line", required=True, help="1 is the first")
    order_line_id: Mapped[int | None] = db.link("order_line", ondelete="CASCADE", info={"hidden": True})
    cost_centre_id: Mapped[int] = db.link("cost_centre", "Cost centre", required=True)
    project_id: Mapped[int | None] = db.link("project", "Project")
    percent: Mapped[Decimal | None] = db.quantity("Percent")
    amount: Mapped[Decimal | None] = db.money("Amount", f"order.{_CURRENCY}", help="Instead of a percent")

    order: Mapped[Order] = relationship(back_populates="splits")
    order_line: Mapped[OrderLine | None] = relationship()
    cost_centre: Mapped[CostCentre] = relationship()
    project: Mapped[Project | None] = relationship()

    def __str__(self) -> str:
        return f"Line {self.line}: {self.cost_centre}"


class OrderSource(Child):
    """How much of an approved request a line of the order is for; `returned` is what went back to it undelivered."""

    __tablename__ = "order_source"
    __table_args__ = (
        CheckConstraint("line > 0", name="line"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("returned BETWEEN 0 AND quantity", name="returned"),
    )

    order_id: Mapped[int] = db.link("purchase_order", required=True, ondelete="CASCADE")
    line: Mapped[int] = db.whole("Line", required=True, help="Of this order; 1 is the first")
    order_line_id: Mapped[int | None] = db.link("order_line", ondelete="CASCADE", info={"hidden": True})
    request_id: Mapped[int] = db.link("request", "Request", required=True)
    request_line: Mapped[int] = db.whole("Line of the request", required=True, help="1 is the first")
    request_line_id: Mapped[int | None] = db.link("request_line", info={"hidden": True})
    quantity: Mapped[Decimal] = db.quantity("Quantity", required=True)
    issued_quantity: Mapped[Decimal] = _quantity("Issued")
    returned: Mapped[Decimal] = _quantity("Went back")

    order: Mapped[Order] = relationship(back_populates="sources")
    order_line: Mapped[OrderLine | None] = relationship()
    request: Mapped[Request] = relationship()
    asked: Mapped[RequestLine | None] = relationship()

    def __str__(self) -> str:
        return f"Line {self.line}: {self.request.number} line {self.request_line}"


class OrderRevision(Child):
    """An order as it went to its supplier: written once, and what its papers are drawn from.

    `content` is what people read, `stored` the values to go back to, `agreed` what an approval was bound to then.
    """

    __tablename__ = "order_revision"
    __table_args__ = (UniqueConstraint("order_id", "number", name="uq_order_revision_number"),)

    order_id: Mapped[int] = db.link("purchase_order", required=True, ondelete="CASCADE")
    number: Mapped[int] = db.whole("Revision", required=True)
    reason: Mapped[str | None] = db.long_text("Why")
    issued_at: Mapped[datetime] = db.instant("Issued", required=True)
    issued_by: Mapped[int] = db.whole("Issued by", required=True, info={"kind": "account"})
    channel: Mapped[Channel] = db.choice("Sent", Channel, required=True)
    note: Mapped[str | None] = db.long_text("Note")
    total: Mapped[Decimal] = db.money("Total", f"order.{_CURRENCY}", required=True)
    hash: Mapped[str] = db.text("Hash of its content", 64, required=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, info={"label": "Content", "hidden": True})
    stored: Mapped[dict[str, Any]] = mapped_column(JSONB, info={"label": "Values", "hidden": True})
    agreed: Mapped[dict[str, Any]] = mapped_column(JSONB, info={"label": "Agreed", "hidden": True})

    order: Mapped[Order] = relationship(back_populates="revisions")

    @property
    def changes(self) -> list[dict[str, str]]:
        """Say field by field what differs from the revision before: where, before and after."""
        earlier = next((each for each in self.order.revisions if each.number == self.number - 1), None)
        return [asdict(each) for each in compare(earlier.content, self.content)] if earlier is not None else []

    def __str__(self) -> str:
        return f"Revision {self.number}"


class OrderSending(Child):
    """One letter with a revision on its way to the supplier."""

    __tablename__ = "order_sending"
    __table_args__ = (
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),
        CheckConstraint("state NOT IN ('failed', 'skipped') OR error IS NOT NULL", name="error"),
    )

    order_id: Mapped[int] = db.link("purchase_order", required=True, ondelete="CASCADE")
    revision: Mapped[int] = db.whole("Revision", required=True)
    address: Mapped[str] = db.text("Address", 320, required=True)
    attempts: Mapped[int] = db.whole("Tries", required=True, default=0)
    error: Mapped[str | None] = db.text("What stands against it", 500)
    message_id: Mapped[str] = db.text("Message id", 320, required=True)
    due_at: Mapped[datetime | None] = db.instant("Next try")
    sent_at: Mapped[datetime | None] = db.instant("Sent")
    state: Mapped[str] = db.state("waiting", "sent", "failed", "skipped")

    order: Mapped[Order] = relationship(back_populates="sendings")

    def __str__(self) -> str:
        return f"Revision {self.revision} to {self.address}"
