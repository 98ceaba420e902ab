"""Tables of requests."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, literal_column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.infra import db
from app.infra.db import Child, Row
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
from app.modules.requests.domain import Share
from app.modules.suppliers.models import Supplier


class Request(Row):
    """Something a person asks the organisation to buy."""

    __tablename__ = "request"
    __table_args__ = (
        Index("ix_request_created_by", "created_by"),
        Index("ix_request_reach", "entity_id", "created_by", "id"),
        CheckConstraint("total >= 0", name="total"),
        CheckConstraint("revision > 0", name="revision"),
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint(
            "state NOT IN ('submitted', 'approved', 'rejected', 'closed') OR"
            " (submitted_at IS NOT NULL AND base_total IS NOT NULL AND rate IS NOT NULL)",
            name="submitted",
        ),
    )

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    title: Mapped[str] = db.text("Title", 160, required=True)
    reason: Mapped[str | None] = db.long_text(
        "Why do you need it?", help="Whoever decides reads this first. Two sentences are enough."
    )
    requester_id: Mapped[int] = db.link("person", "Requested by", required=True)
    wanted_for_id: Mapped[int | None] = db.link("person", "On behalf of", help="Who needs it, if it is not you")
    entity_id: Mapped[int] = db.link("entity", required=True, index=False)
    cost_centre_id: Mapped[int] = db.link(
        "cost_centre", "Cost centre", required=True, help="Pays unless a line says otherwise"
    )
    project_id: Mapped[int | None] = db.link("project", "Project")
    supplier_id: Mapped[int | None] = db.link("supplier", "Supplier", help="Leave empty and Purchasing will find one.")
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True)
    needed_by: Mapped[date | None] = db.day("Needed by")
    deliver_to_id: Mapped[int | None] = db.link("location", "Deliver to", help="Where goods go")
    state: Mapped[str] = db.state("draft", "submitted", "approved", "rejected", "closed", "cancelled")
    revision: Mapped[int] = db.whole("Revision", required=True, default=1)
    submitted_at: Mapped[datetime | None] = db.instant("Submitted")
    returned_reason: Mapped[str | None] = db.long_text("Came back because")
    state_reason: Mapped[str | None] = db.long_text("Reason", help="Why it was rejected, withdrawn or cancelled")
    total: Mapped[Decimal] = db.money("Total", "currency.code", required=True, default=Decimal(0))
    base_total: Mapped[Decimal | None] = db.money("Total in base currency", "entity.base_currency.code")
    rate: Mapped[Decimal | None] = db.column(
        Numeric(20, 10), "Exchange rate", help="Of the base currency for one of the request's"
    )
    rate_on: Mapped[date | None] = db.day("Rate of")
    rate_source: Mapped[str | None] = db.text("Source of the rate", 100)
    ordered: Mapped[Share] = db.choice(
        "Ordered", Share, required=True, default=Share.NONE, server_default=Share.NONE.value
    )
    makers: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), server_default=literal_column("'{}'"), info={"hidden": True}
    )

    requester: Mapped[Person] = relationship(foreign_keys=requester_id)
    wanted_for: Mapped[Person | None] = relationship(foreign_keys=wanted_for_id)
    entity: Mapped[Entity] = relationship()
    cost_centre: Mapped[CostCentre] = relationship()
    project: Mapped[Project | None] = relationship()
    supplier: Mapped[Supplier | None] = relationship()
    currency: Mapped[Currency] = relationship(lazy="joined", innerjoin=True)
    deliver_to: Mapped[Location | None] = relationship()
    lines: Mapped[list[RequestLine]] = relationship(
        back_populates="request", cascade="all, delete-orphan", order_by="RequestLine.position"
    )
    splits: Mapped[list[RequestSplit]] = relationship(
        back_populates="request", cascade="all, delete-orphan", order_by="RequestSplit.position"
    )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class RequestLine(Child):
    """One thing asked for: an item of the catalogue, or what is needed in words."""

    __tablename__ = "request_line"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint("unit_price >= 0", name="unit_price"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("quantity_ordered >= 0", name="quantity_ordered"),
        CheckConstraint("quantity_issued >= 0", name="quantity_issued"),
    )

    request_id: Mapped[int] = db.link("request", required=True, ondelete="CASCADE")
    item_id: Mapped[int | None] = db.link(
        "item", "Item", help="Of the catalogue. Text, unit, category and price come from it"
    )
    text: Mapped[str | None] = db.text("Text", 200)
    quantity: Mapped[Decimal | None] = db.quantity("Quantity")
    unit_id: Mapped[int | None] = db.link("unit", "Unit")
    unit_price: Mapped[Decimal | None] = db.money(
        "Unit price", "request.currency.code", help="Net. An estimate will do"
    )
    amount: Mapped[Decimal] = db.money("Amount", "request.currency.code", required=True, default=Decimal(0))
    category_id: Mapped[int | None] = db.link("category", "Category")
    account: Mapped[str | None] = db.text("Ledger account", 20)
    tax_code_id: Mapped[int | None] = db.link("tax_code", "Tax code")
    cost_centre_id: Mapped[int | None] = db.link("cost_centre", "Cost centre", help="If another one pays this line")
    project_id: Mapped[int | None] = db.link("project", "Project")
    supplier_id: Mapped[int | None] = db.link("supplier", "Supplier", help="If another one than above")
    needed_by: Mapped[date | None] = db.day("Needed by")
    from_catalogue: Mapped[bool] = db.flag("Catalogue price")
    quantity_ordered: Mapped[Decimal] = db.quantity(
        "On orders", required=True, default=Decimal(0), server_default="0", help="Drafts of orders included"
    )
    quantity_issued: Mapped[Decimal] = db.quantity(
        "Ordered", required=True, default=Decimal(0), server_default="0", help="On orders that suppliers have"
    )

    request: Mapped[Request] = relationship(back_populates="lines")
    item: Mapped[Item | None] = relationship()
    unit: Mapped[Unit | None] = relationship(lazy="joined")
    category: Mapped[Category | None] = relationship(lazy="joined")
    tax_code: Mapped[TaxCode | None] = relationship()
    cost_centre: Mapped[CostCentre | None] = relationship()
    project: Mapped[Project | None] = relationship()
    supplier: Mapped[Supplier | None] = relationship()

    def __str__(self) -> str:
        return self.text or "Line without text"


class RequestSplit(Child):
    """The part of a line that another cost centre or project pays, as a percent or an amount."""

    __tablename__ = "request_split"
    __table_args__ = (
        CheckConstraint("line > 0", name="line"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("percent IS NULL OR amount IS NULL", name="percent_or_amount"),
    )

    request_id: Mapped[int] = db.link("request", required=True, ondelete="CASCADE")
    line: Mapped[int] = db.whole("Line", required=True, help="1 is the first")
    cost_centre_id: Mapped[int] = db.link("cost_centre", "Cost centre", required=True)
    project_id: Mapped[int | None] = db.link("project", "Project")
    percent: Mapped[Decimal | None] = db.quantity("Percent")
    amount: Mapped[Decimal | None] = db.money("Amount", "request.currency.code", help="Instead of a percent")

    request: Mapped[Request] = relationship(back_populates="splits")
    cost_centre: Mapped[CostCentre] = relationship()
    project: Mapped[Project | None] = relationship()

    def __str__(self) -> str:
        return f"Line {self.line}: {self.cost_centre}"
