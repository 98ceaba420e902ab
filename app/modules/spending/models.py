"""Tables of spending that was recorded elsewhere."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, relationship

from app.infra import db
from app.infra.db import Row
from app.infra.transfer import batches
from app.infra.transfer.batches import FromFile
from app.modules.directory.models import Category, CostCentre, Currency, Entity
from app.modules.suppliers.models import Supplier

_CURRENCY, _BASE = "currency.code", "entity.base_currency.code"
_DAYS = ("Date", "Date of payment", "Date paid", "Paid date", "Payment date", "Invoice payment date", "Clearing date")


class SpendRecord(FromFile, Row):
    """One payment as somebody else recorded it."""

    __tablename__ = "spend_record"
    __table_args__ = (
        *batches.once("spend_record"),
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("(state = 'set_aside') = (state_reason IS NOT NULL)", name="reason"),
        Index("ix_spend_record_paid", "entity_id", "paid_on"),
    )

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    entity_id: Mapped[int] = db.link("entity", required=True, index=False, help="Who paid")
    stated_supplier: Mapped[str | None] = db.text(
        "Paid to",
        200,
        help="As the file names the supplier",
        info={"called": ("Supplier", "Supplier name", "Vendor", "Vendor name", "Supplier ID(T)", "Payee", "apar_name")},
    )
    our_supplier_id: Mapped[int | None] = db.link(
        "supplier", "Our supplier", help="Empty: found by the name, or entered"
    )
    paid_on: Mapped[date] = db.day(
        "Paid on", required=True, info={"called": (*_DAYS, "Transaction date", "Updated", "Posting date")}
    )
    amount: Mapped[Decimal] = db.money(
        "Amount",
        _CURRENCY,
        required=True,
        help="Net, where the file says so",
        info={"called": ("Net", "Net amount", "Amount", "Value", "Invoice line value (net of VAT)", "Invoice value")},
    )
    tax: Mapped[Decimal | None] = db.money("Tax", _CURRENCY, info={"called": ("VAT", "VAT amount")})
    gross: Mapped[Decimal | None] = db.money("With tax", _CURRENCY, info={"called": ("Gross", "Gross amount")})
    currency_id: Mapped[int] = db.link(
        "currency", "Currency", required=True, info={"called": ("Invoice currency unit", "InvoiceCurrencyUnit")}
    )
    cost_centre_id: Mapped[int | None] = db.link("cost_centre", "Cost centre")
    category_id: Mapped[int | None] = db.link("category", "Category")
    stated_category: Mapped[str | None] = db.text(
        "Category as stated",
        200,
        info={"called": ("Expenditure category", "Expense type", "Spend level", "Expenses type", "Account", "G/L")},
    )
    department: Mapped[str | None] = db.text(
        "Department",
        200,
        info={"called": ("Directorate", "Directotate", "Service area", "Organisational unit", "Expense area")},
    )
    purpose: Mapped[str | None] = db.text(
        "Purpose",
        500,
        info={
            "called": (
                "Description",
                "Expenditure account code description",
                "G/L description",
                "G/L description.",
                "GL description",
                "G/L descript",
                "Narrative",
            )
        },
    )
    reference: Mapped[str | None] = db.text(
        "Reference",
        100,
        help="Number of the document",
        info={"called": ("Document number", "DocumentNo", "SAP document number", "Trans no", "Transaction number")},
    )
    base_amount: Mapped[Decimal | None] = db.money("In base currency", _BASE)
    rate: Mapped[Decimal | None] = db.column(Numeric(20, 10), "Exchange rate")
    rate_on: Mapped[date | None] = db.day("Rate of")
    rate_source: Mapped[str | None] = db.text("Source of the rate", 100)
    state: Mapped[str] = db.state("counted", "set_aside")
    state_reason: Mapped[str | None] = db.text("Why set aside", 500)

    entity: Mapped[Entity] = relationship()
    our_supplier: Mapped[Supplier | None] = relationship()
    currency: Mapped[Currency] = relationship(lazy="joined", innerjoin=True)
    cost_centre: Mapped[CostCentre | None] = relationship()
    category: Mapped[Category | None] = relationship()

    def __str__(self) -> str:
        return f"{self.number} {self.stated_supplier or ''}".strip()
