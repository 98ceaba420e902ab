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
_CALLED = {
    "supplier": """Supplier, Supplier name, Vendor, Vendor name, Supplier ID(T), Payee, Payee name, Paid to, apar_name,
        Beneficiary, Beneficiary name, Creditor, Creditor name, Recipient, Recipient name, Merchant, Merchant name,
        Company, Company name, Contractor, Provider, Provider name, Name of supplier, Supplier / payee, Trading name, Name""",
    "paid_on": """Payment date, Date of payment, Date paid, Paid date, Pay date, Paid on, Paid, Invoice payment date, Clearing date,
        Date cleared, Payment run date, BACS date, Cheque date, Date, Transaction date, Date of transaction, Trans date,
        Tran date, Updated, Posting date, Date posted, Post date, Posted date, GL date, Ledger date, Accounting date,
        Voucher date, Document date, Invoice date, Date of invoice, Effective date""",
    "amount": """Net amount, Net, Amount net, Net value, Amount (net), Amount excluding VAT, Amount excl VAT, Amount ex VAT,
        Amount exc VAT, Amount net of VAT, Invoice line value (net of VAT), Net invoice amount, Net spend, Total net,
        Amount, Payment amount, Amount paid, Paid amount, Value, Invoice value, Invoice amount, Line amount, Line value,
        Distribution amount, Invoice distribution amount, Transaction amount, Transaction value, Amount GBP, Value GBP,
        Amount in GBP, Spend, Spend amount, Total amount, Total value, Total payment, Total, Sum of amount, Sum, GBP""",
    "tax": "VAT, VAT amount, Irrecoverable VAT, Irrecoverable VAT amount, VAT value",
    "gross": """Gross, Gross amount, Gross value, Total gross, Amount gross, Amount including VAT, Amount inc VAT,
        Amount incl VAT, Total including VAT, Total inc VAT""",
    "category": """Expenditure category, Expenditure catergory, Expense type, Expenses type, Expenditure type, Spend level,
        Type of expenditure, Expense category, Category description, Detailed expenditure type, Detailed expenses type,
        Merchant category, Procurement category, Procurement classification, Proclass description, Subjective,
        Subjective description, Nominal, Nominal description, Account, Account description, Account name, G/L, Cost element""",
    "department": """Department, Department name, Directorate, Directotate, Directorate name, Service area, Service, Service name,
        Service label, Service division label, Service divison label, Division, Organisational unit, Organisatonal unit,
        Organisation unit, Business unit, Expense area, Strategic group, Section, Team, Portfolio, Committee,
        Cost centre description, Cost centre name""",
    "purpose": """Purpose, Purpose of spend, Purpose of expenditure, Summary of purpose, Summary of the purpose of the expenditure,
        Description, Item description, Line description, Invoice description, Transaction description, Details,
        Expenditure account code description, Account code description, Expenditure description, G/L description, GL description,
        G/L descript, Narrative, Reason""",
    "reference": """Document number, DocumentNo, Document no, SAP document number, Transaction number, Transaction no, Trans no,
        Transaction ID, Transaction reference, Trans ref, Invoice number, Invoice no, Invoice ref, Invoice reference,
        Voucher number, Voucher no, Payment reference, Payment number, Payment ref, Cheque number, Internal reference,
        Unique reference, Reference number, Ref no, Ref""",
    "currency": "Invoice currency unit, Currency unit, Currency code",
}


def _called(field: str) -> dict[str, tuple[str, ...]]:
    """List what public bodies call a column, the surest first."""
    return {"called": tuple(" ".join(name.split()) for name in _CALLED[field].split(","))}


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
        info=_called("supplier"),
    )
    our_supplier_id: Mapped[int | None] = db.link(
        "supplier", "Our supplier", help="Empty: found by the name, or entered"
    )
    paid_on: Mapped[date] = db.day("Paid on", required=True, info=_called("paid_on"))
    amount: Mapped[Decimal] = db.money(
        "Amount",
        _CURRENCY,
        required=True,
        help="Net, where the file says so",
        info=_called("amount"),
    )
    tax: Mapped[Decimal | None] = db.money("Tax", _CURRENCY, info=_called("tax"))
    gross: Mapped[Decimal | None] = db.money("With tax", _CURRENCY, info=_called("gross"))
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True, info=_called("currency"))
    cost_centre_id: Mapped[int | None] = db.link("cost_centre", "Cost centre")
    category_id: Mapped[int | None] = db.link("category", "Category")
    stated_category: Mapped[str | None] = db.text("Category as stated", 200, info=_called("category"))
    department: Mapped[str | None] = db.text("Department", 200, info=_called("department"))
    purpose: Mapped[str | None] = db.text("Purpose", 500, info=_called("purpose"))
    reference: Mapped[str | None] = db.text("Reference", 100, help="Number of the document", info=_called("reference"))
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
