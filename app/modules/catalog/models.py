"""Tables of the catalogue."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, relationship

from app.infra import db
from app.infra.db import Child, Row
from app.modules.directory.models import Category, Currency, TaxCode, Unit, code
from app.modules.suppliers.models import Supplier


class Item(Row):
    """Something that can be ordered, in one unit, from one or more suppliers."""

    __tablename__ = "item"
    __table_args__ = (
        CheckConstraint(r"cpv_code ~ '^\d{8}-\d$'", name="cpv_code"),
        CheckConstraint(r"unspsc_code ~ '^\d{8}$'", name="unspsc_code"),
    )

    code: Mapped[str] = code(40)
    name: Mapped[str] = db.text("Name", 200, required=True)
    description: Mapped[str | None] = db.long_text("Description")
    category_id: Mapped[int] = db.link("category", "Category", required=True)
    unit_id: Mapped[int] = db.link("unit", "Unit", required=True)
    tax_code_id: Mapped[int | None] = db.link("tax_code", "Tax code", help="Unless the order says otherwise")
    preferred_supplier_id: Mapped[int | None] = db.link("supplier", "Preferred supplier", help="Offered first")
    manufacturer: Mapped[str | None] = db.text("Manufacturer", 120)
    manufacturer_number: Mapped[str | None] = db.text("Manufacturer's number", 60)
    cpv_code: Mapped[str | None] = db.text("CPV code", 10, help="Empty: as its category")
    unspsc_code: Mapped[str | None] = db.text("UNSPSC code", 8, help="8 digits, such as 43211503")
    state: Mapped[str] = db.state("active", "retired")
    state_reason: Mapped[str | None] = db.text("Reason", 500, help="Why it is no longer bought")

    category: Mapped[Category] = relationship()
    unit: Mapped[Unit] = relationship()
    tax_code: Mapped[TaxCode | None] = relationship()
    preferred_supplier: Mapped[Supplier | None] = relationship()
    prices: Mapped[list[ItemPrice]] = relationship(
        back_populates="item", cascade="all, delete-orphan", order_by="ItemPrice.position"
    )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ItemPrice(Child):
    """What a supplier asks for an item, from a quantity on and for some time.

    That no two prices of a supplier hold at once for the same quantity is checked under the lock of the item, as the
    database could only say it with an extension that not every server has (btree_gist).
    """

    __tablename__ = "item_price"
    __table_args__ = (
        CheckConstraint("unit_price >= 0", name="unit_price"),
        CheckConstraint("minimum_quantity > 0", name="minimum_quantity"),
        CheckConstraint("valid_to >= valid_from", name="valid_to"),
        CheckConstraint("lead_time_days BETWEEN 0 AND 730", name="lead_time_days"),
        Index("ix_item_price_offer", "supplier_id", "supplier_number"),
    )

    item_id: Mapped[int] = db.link("item", required=True, ondelete="CASCADE")
    supplier_id: Mapped[int] = db.link("supplier", "Supplier", required=True)
    supplier_number: Mapped[str | None] = db.text("Supplier's number", 60)
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True)
    unit_price: Mapped[Decimal] = db.money("Unit price", "currency.code", required=True)
    minimum_quantity: Mapped[Decimal] = db.quantity("From quantity", required=True, default=Decimal(1))
    valid_from: Mapped[date] = db.day("Valid from", required=True)
    valid_to: Mapped[date | None] = db.day("Valid to", help="Empty: until further notice")
    lead_time_days: Mapped[int | None] = db.whole("Lead time in days")

    item: Mapped[Item] = relationship(back_populates="prices")
    supplier: Mapped[Supplier] = relationship()
    currency: Mapped[Currency] = relationship()

    def __str__(self) -> str:
        return f"{self.unit_price.normalize():f} {self.currency} from {self.minimum_quantity.normalize():f}"
