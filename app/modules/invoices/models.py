"""Tables of invoices: as their suppliers stated them, what they are held against, and what is to be paid."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, Numeric, String, Text, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.infra import db
from app.infra.crypto import Encrypted
from app.infra.db import Child, Row
from app.modules.directory.models import Category, CostCentre, Currency, Entity, Project, code
from app.modules.invoices.domain.case import Method
from app.modules.invoices.domain.checks import CheckName, Verdict
from app.modules.invoices.domain.exceptions import Action, ExceptionKind, Owner
from app.modules.invoices.domain.kinds import Channel, Format, InvoiceKind, Judged, Share
from app.modules.invoices.domain.tolerances import Measure
from app.modules.orders.models import Order, OrderLine
from app.modules.suppliers.domain import banking
from app.modules.suppliers.models import Supplier

_CURRENCY, _BASE = "currency.code", "entity.base_currency.code"
_OF_LINE = f"invoice.{_CURRENCY}"
_ZERO = Decimal(0)
#: What reports read of posted invoices, so that they need not fetch whole invoices.
_REPORTED = ("id", "entity_id", "supplier_id", "kind", "base_total", "state", "created_by")


class Invoice(Row):
    """An invoice or credit note; its amounts are its supplier's, and a credit note's stand as it states them."""

    __tablename__ = "invoice"
    __table_args__ = (
        Index("ix_invoice_created_by", "created_by"),
        Index("ix_invoice_reach", "entity_id", "created_by", "id"),
        Index(
            "ix_invoice_posted",
            "posted_on",
            postgresql_include=_REPORTED,
            postgresql_where=literal_column("posted_on IS NOT NULL"),
        ),
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("payment_days BETWEEN 0 AND 365", name="payment_days"),
        CheckConstraint("discount_percent > 0 AND discount_percent < 100", name="discount_percent"),
        CheckConstraint("(discount_percent IS NULL) = (discount_days IS NULL)", name="discount"),
        CheckConstraint(
            "state NOT IN ('posted', 'void') OR (supplier_id IS NOT NULL AND posted_on IS NOT NULL"
            " AND base_total IS NOT NULL AND rate IS NOT NULL AND total IS NOT NULL)",
            name="posted",
        ),
        CheckConstraint("(held_until IS NULL) OR (held_because IS NOT NULL)", name="held"),
        Index("ix_invoice_number_keys", "number_keys", postgresql_using="gin"),
    )
    constraint_problems = {
        "ck_invoice_payment_days": ("out_of_range", "Days to pay: enter 0 to 365.", "payment_days"),
        "ck_invoice_discount_percent": (
            "out_of_range",
            "Discount in percent: enter a number between 0 and 100.",
            "discount_percent",
        ),
        "ck_invoice_discount": (
            "required",
            "Discount: enter both the percent and the days, or neither.",
            "discount_percent",
        ),
    }

    reference: Mapped[str] = db.text("Reference", 20, required=True, unique=True)
    number: Mapped[str | None] = db.text("Number", 30, unique=True, help="Ours, without gaps, given when it is posted")
    kind: Mapped[InvoiceKind] = db.choice("Kind", InvoiceKind, required=True, default=InvoiceKind.INVOICE)
    supplier_number: Mapped[str | None] = db.text("Supplier's number", 100, help="As printed on the invoice")
    supplier_id: Mapped[int | None] = db.link("supplier", "Supplier")
    stated_supplier: Mapped[str | None] = db.text("Sent by", 200, help="As the invoice names its supplier")
    entity_id: Mapped[int] = db.link("entity", required=True, index=False, help="Whose invoice it is")
    cost_centre_id: Mapped[int | None] = db.link("cost_centre", "Cost centre", help="Pays unless a line says otherwise")
    project_id: Mapped[int | None] = db.link("project", "Project")
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True)
    order_id: Mapped[int | None] = db.link("purchase_order", "Order", help="What it bills. Lines may bill others too")
    stated_order: Mapped[str | None] = db.text("Order as stated", 100)
    credits_id: Mapped[int | None] = db.link("invoice", "Credits", help="The invoice a credit note is for")
    stated_preceding: Mapped[str | None] = db.text("Refers to", 200, help="Earlier invoices, as stated")
    method: Mapped[Method | None] = db.choice("Matched", Method, help="Empty: by the order, where there is one")
    issued_on: Mapped[date | None] = db.day("Invoice date")
    delivered_on: Mapped[date | None] = db.day("Delivered on")
    stated_due_on: Mapped[date | None] = db.day("Due as stated")
    received_on: Mapped[date | None] = db.day("Received on", help="Empty: today")
    payment_days: Mapped[int | None] = db.whole("Days to pay", help="Empty: as ordered, or as the supplier's terms")
    discount_percent: Mapped[Decimal | None] = db.quantity("Discount in percent", help="For early payment")
    discount_days: Mapped[int | None] = db.whole("Discount days")
    terms_text: Mapped[str | None] = db.long_text("Terms as stated")
    account: Mapped[str | None] = db.column(
        Encrypted("invoice.account"), "Pay to", info={"secret": True}, help="IBAN or account number on the invoice"
    )
    account_fingerprint: Mapped[str | None] = mapped_column(String(64), index=True, info={"hidden": True})
    payment_reference: Mapped[str | None] = db.text("Payment reference", 140)
    lines_total: Mapped[Decimal | None] = db.money("Sum of lines", _CURRENCY)
    allowances: Mapped[Decimal | None] = db.money("Allowances", _CURRENCY)
    charges: Mapped[Decimal | None] = db.money("Charges", _CURRENCY)
    net_total: Mapped[Decimal | None] = db.money("Net total", _CURRENCY)
    tax_total: Mapped[Decimal | None] = db.money("Tax", _CURRENCY)
    total: Mapped[Decimal | None] = db.money("Total", _CURRENCY, help="With tax, as stated")
    prepaid: Mapped[Decimal | None] = db.money("Paid in advance", _CURRENCY)
    rounding: Mapped[Decimal | None] = db.money("Rounding", _CURRENCY)
    payable: Mapped[Decimal | None] = db.money("Payable", _CURRENCY)
    base_total: Mapped[Decimal | None] = db.money("Total in base currency", _BASE)
    rate: Mapped[Decimal | None] = db.column(
        Numeric(20, 10), "Exchange rate", help="Of the base currency for one of the invoice's"
    )
    rate_on: Mapped[date | None] = db.day("Rate of")
    rate_source: Mapped[str | None] = db.text("Source of the rate", 100)
    open_amount: Mapped[Decimal] = db.money("Open", _CURRENCY, required=True, default=_ZERO, server_default="0")
    paid: Mapped[Share] = db.choice("Paid", Share, required=True, default=Share.NONE)
    blocked: Mapped[bool] = db.flag(
        "Blocked", help="An exception is open, it is on hold, or its account may not be paid"
    )
    held_because: Mapped[str | None] = db.text("On hold because", 500)
    held_until: Mapped[date | None] = db.day("On hold until", help="The last day on which nothing is paid")
    state: Mapped[str] = db.state("captured", "exception", "matched", "approved", "posted", "void", "rejected")
    state_reason: Mapped[str | None] = db.long_text("Reason", help="Why it was rejected or made void")
    posted_on: Mapped[date | None] = db.day("Posted on")
    voided_on: Mapped[date | None] = db.day("Void since")
    channel: Mapped[Channel] = db.choice("Came by", Channel, required=True, default=Channel.HAND)
    format: Mapped[Format] = db.choice("Format", Format, required=True, default=Format.HAND)
    profile: Mapped[str | None] = db.text("Profile", 300)
    rules: Mapped[str | None] = db.text("Judged by", 100, help="The rules and their version")
    judged: Mapped[Judged] = db.choice("Rules say", Judged, required=True, default=Judged.UNCHECKED)
    adds_up: Mapped[bool | None] = db.column(Boolean, "Adds up", help="By our own arithmetic")
    findings: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, default=list, server_default="[]", info={"label": "Findings", "hidden": True, "apart": True}
    )
    parsed: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, server_default="{}", info={"label": "As read", "hidden": True, "apart": True}
    )
    recognition: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, server_default="{}", info={"label": "Recognised by", "hidden": True, "apart": True}
    )
    file_hash: Mapped[str | None] = db.text("SHA-256 of the file", 64, index=True)
    document_id: Mapped[str | None] = db.text("E-invoice id", 200, index=True)
    number_keys: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=list, server_default=literal_column("'{}'"), info={"hidden": True}
    )
    makers: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), default=list, server_default=literal_column("'{}'"), info={"hidden": True}
    )

    supplier: Mapped[Supplier | None] = relationship()
    entity: Mapped[Entity] = relationship()
    cost_centre: Mapped[CostCentre | None] = relationship()
    project: Mapped[Project | None] = relationship()
    currency: Mapped[Currency] = relationship(lazy="joined", innerjoin=True)
    order: Mapped[Order | None] = relationship()
    credits: Mapped[Invoice | None] = relationship(remote_side="Invoice.id")
    lines: Mapped[list[InvoiceLine]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", order_by="InvoiceLine.position"
    )
    splits: Mapped[list[InvoiceSplit]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", order_by="InvoiceSplit.position"
    )
    adjustments: Mapped[list[InvoiceAdjustment]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", order_by="InvoiceAdjustment.position"
    )
    taxes: Mapped[list[InvoiceTax]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", order_by="InvoiceTax.position"
    )
    checks: Mapped[list[InvoiceCheck]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", order_by="InvoiceCheck.position"
    )
    open_items: Mapped[list[OpenItem]] = relationship(
        back_populates="invoice", cascade="all, delete-orphan", order_by="OpenItem.position"
    )
    exceptions: Mapped[list[InvoiceException]] = relationship(
        back_populates="invoice", order_by="InvoiceException.id", viewonly=True
    )

    @property
    def summary(self) -> str:
        """Whose invoice it is and how they number it."""
        return f"{self.supplier or self.stated_supplier or 'Unknown supplier'} {self.supplier_number or ''}".strip()

    @property
    def masked_account(self) -> str:
        """Beginning and end of the account it wants to be paid to, as it is shown."""
        return banking.mask(self.account) if self.account else ""

    def __str__(self) -> str:
        return self.number or self.reference


class InvoiceLine(Child):
    """One line as stated, what it bills, and where it is charged."""

    __tablename__ = "invoice_line"
    __table_args__ = (
        CheckConstraint("price_base > 0", name="price_base"),
        CheckConstraint("confidence BETWEEN 0 AND 100", name="confidence"),
    )
    constraint_problems = {
        "ck_invoice_line_price_base": ("not_positive", "Price per: enter a number above zero.", "price_base")
    }

    invoice_id: Mapped[int] = db.link("invoice", required=True, ondelete="CASCADE")
    text: Mapped[str | None] = db.text("Text", 500)
    item: Mapped[str | None] = db.text("Item number", 100, help="As stated")
    quantity: Mapped[Decimal | None] = db.quantity("Quantity")
    unit: Mapped[str | None] = db.text("Unit", 20, help="As stated")
    price: Mapped[Decimal | None] = db.column(
        Numeric(24, 10),
        "Price",
        info={"kind": "money", "currency": _OF_LINE},
        help="Net, for as many as the next column says",
    )
    price_base: Mapped[Decimal] = db.quantity("Price per", required=True, default=Decimal(1), server_default="1")
    reduction: Mapped[Decimal] = db.money(
        "Allowances", _OF_LINE, required=True, default=_ZERO, server_default="0", help="Less charges of the line"
    )
    amount: Mapped[Decimal | None] = db.money("Amount", _OF_LINE, help="Net, as stated")
    tax_category: Mapped[str | None] = db.text("Tax category", 3, help="List UNTDID 5305, such as S")
    tax_rate: Mapped[Decimal | None] = db.quantity("Tax in percent")
    order_id: Mapped[int | None] = db.link("purchase_order", "Bills order", help="Empty: the order of the invoice")
    order_line: Mapped[int | None] = db.whole("Order line", help="1 is the first. Empty: not linked")
    deposit: Mapped[str | None] = db.text("Takes off deposit", 20, help="The deposit invoice, by our number or theirs")
    ordered_id: Mapped[int | None] = db.link("order_line", "Bills", info={"hidden": True})
    confidence: Mapped[int | None] = db.whole("Sure in percent")
    link_reason: Mapped[str | None] = db.text("Linked because", 300)
    proposed: Mapped[str | None] = db.text("May bill", 60, help="An order line that is not certain enough to be taken")
    amount_only: Mapped[bool] = db.flag("Money only", help="Corrects the amount and no quantity")
    category_id: Mapped[int | None] = db.link("category", "Category")
    ledger_account: Mapped[str | None] = db.text("Ledger account", 20)
    cost_centre_id: Mapped[int | None] = db.link("cost_centre", "Cost centre", help="If another one pays this line")
    project_id: Mapped[int | None] = db.link("project", "Project")

    invoice: Mapped[Invoice] = relationship(back_populates="lines")
    order: Mapped[Order | None] = relationship()
    ordered: Mapped[OrderLine | None] = relationship(lazy="selectin")
    category: Mapped[Category | None] = relationship()
    cost_centre: Mapped[CostCentre | None] = relationship()
    project: Mapped[Project | None] = relationship()

    def __str__(self) -> str:
        return self.text or ""


class InvoiceSplit(Child):
    """The part of a line that another cost centre or project pays, as a percent or an amount."""

    __tablename__ = "invoice_split"
    __table_args__ = (
        CheckConstraint("line > 0", name="line"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        CheckConstraint("(percent IS NULL) <> (amount IS NULL)", name="percent_or_amount"),
    )
    constraint_problems = {
        "ck_invoice_split_percent_or_amount": (
            "percent_or_amount",
            "Percent: enter either a percent or an amount.",
            "splits",
        )
    }

    invoice_id: Mapped[int] = db.link("invoice", required=True, ondelete="CASCADE")
    line: Mapped[int] = db.whole("Line", required=True, help="1 is the first")
    cost_centre_id: Mapped[int] = db.link("cost_centre", "Cost centre", required=True)
    project_id: Mapped[int | None] = db.link("project", "Project")
    percent: Mapped[Decimal | None] = db.quantity("Percent")
    amount: Mapped[Decimal | None] = db.money("Amount", _OF_LINE, help="Instead of a percent")
    as_ordered: Mapped[bool] = db.flag("As ordered", info={"hidden": True})

    invoice: Mapped[Invoice] = relationship(back_populates="splits")
    cost_centre: Mapped[CostCentre] = relationship()
    project: Mapped[Project | None] = relationship()

    def __str__(self) -> str:
        return f"Line {self.line}: {self.cost_centre}"


class InvoiceAdjustment(Child):
    """A charge (above zero) or an allowance (below zero) on the whole document."""

    __tablename__ = "invoice_adjustment"

    invoice_id: Mapped[int] = db.link("invoice", required=True, ondelete="CASCADE")
    text: Mapped[str | None] = db.text("What for", 300)
    code: Mapped[str | None] = db.text("Code", 10, help="Lists UNTDID 7161 and 5189")
    amount: Mapped[Decimal] = db.money("Amount", _OF_LINE, required=True, help="Below zero for an allowance")
    tax_category: Mapped[str | None] = db.text("Tax category", 3)
    tax_rate: Mapped[Decimal | None] = db.quantity("Tax in percent")

    invoice: Mapped[Invoice] = relationship(back_populates="adjustments")

    def __str__(self) -> str:
        return self.text or self.code or ""


class InvoiceTax(Child):
    """The tax of one category and rate, as stated."""

    __tablename__ = "invoice_tax"

    invoice_id: Mapped[int] = db.link("invoice", required=True, ondelete="CASCADE")
    category: Mapped[str] = db.text("Category", 3, required=True, help="List UNTDID 5305, such as S")
    rate: Mapped[Decimal | None] = db.quantity("Rate in percent")
    basis: Mapped[Decimal | None] = db.money("Taxable amount", _OF_LINE)
    amount: Mapped[Decimal | None] = db.money("Tax", _OF_LINE)
    reason: Mapped[str | None] = db.text("Why no tax", 300)

    invoice: Mapped[Invoice] = relationship(back_populates="taxes")

    def __str__(self) -> str:
        return f"{self.category} {self.rate}"


class InvoiceCheck(Child):
    """One check of the match, as it came out last: expected, actual, difference, the tolerance used, the verdict."""

    __tablename__ = "invoice_check"

    invoice_id: Mapped[int] = db.link("invoice", required=True, ondelete="CASCADE")
    name: Mapped[CheckName] = db.choice("Check", CheckName, required=True)
    verdict: Mapped[Verdict] = db.choice("Verdict", Verdict, required=True)
    lines: Mapped[str | None] = db.text("Lines", 200)
    expected: Mapped[str | None] = db.text("Expected", 300)
    actual: Mapped[str | None] = db.text("Actual", 300)
    difference: Mapped[str | None] = db.text("Difference", 60)
    unit: Mapped[str | None] = db.text("In", 20)
    tolerance: Mapped[str | None] = db.text("Allowed", 500)
    effect: Mapped[Decimal | None] = db.money("Costs us", _OF_LINE, help="Below zero: spares us")
    about: Mapped[str | None] = db.text("About", 60, help="The order or rate it was found of")
    code: Mapped[str] = db.text("Found", 40, required=True)
    text: Mapped[str] = db.text("In words", 1000, required=True)

    invoice: Mapped[Invoice] = relationship(back_populates="checks")

    def __str__(self) -> str:
        return self.text


class InvoiceException(Row):
    """One reason why an invoice does not match: somebody settles it, and nothing is paid while it is open."""

    __tablename__ = "invoice_exception"
    __table_args__ = (
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled_at"),
        CheckConstraint("state <> 'accepted' OR reason IS NOT NULL", name="reason"),
        Index(
            "uq_invoice_exception_open",
            "invoice_id",
            "mark",
            unique=True,
            postgresql_where=literal_column("state = 'open'"),
        ),
    )

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    invoice_id: Mapped[int] = db.link("invoice", "Invoice", required=True)
    kind: Mapped[ExceptionKind] = db.choice("Kind", ExceptionKind, required=True)
    owner: Mapped[Owner] = db.choice("For", Owner, required=True, help="Whose task it is")
    text: Mapped[str] = db.text("What does not match", 1000, required=True)
    code: Mapped[str] = db.text("Found", 40, required=True)
    lines: Mapped[str | None] = db.text("Lines", 200)
    due_on: Mapped[date] = db.day("Due", required=True)
    actions: Mapped[list[str]] = mapped_column(JSONB, info={"hidden": True})
    mark: Mapped[str] = mapped_column(String(200), info={"hidden": True})
    seen: Mapped[str] = mapped_column(Text, info={"hidden": True})
    state: Mapped[str] = db.state("open", "accepted", "waiting", "solved", "dropped")
    settled: Mapped[Action | None] = db.choice("Settled by", Action)
    settled_at: Mapped[datetime | None] = db.instant("Settled")
    settled_by: Mapped[int | None] = db.whole("Settled by account", info={"kind": "account", "label": "By"})
    reason: Mapped[str | None] = db.long_text("Reason")

    invoice: Mapped[Invoice] = relationship(back_populates="exceptions")

    @property
    def entity(self) -> Entity:
        """Whose invoice it is about."""
        return self.invoice.entity

    def __str__(self) -> str:
        return f"{self.number} {self.kind.label}"


class OpenItem(Child):
    """One part of a posted invoice that is to be paid by a day; below zero it is set off against others."""

    __tablename__ = "open_item"
    __table_args__ = (
        CheckConstraint("(discount_until IS NULL) = (discount IS NULL)", name="discount"),
        CheckConstraint(
            "CASE WHEN amount < 0 THEN settled BETWEEN amount AND 0 ELSE settled BETWEEN 0 AND amount END",
            name="settled",
        ),
    )

    invoice_id: Mapped[int] = db.link("invoice", required=True, ondelete="CASCADE")
    due_on: Mapped[date] = db.day("Due", required=True)
    amount: Mapped[Decimal] = db.money("Amount", _OF_LINE, required=True)
    settled: Mapped[Decimal] = db.money("Settled", _OF_LINE, required=True, default=_ZERO, server_default="0")
    discount_until: Mapped[date | None] = db.day("Discount until")
    discount: Mapped[Decimal | None] = db.money("Discount", _OF_LINE, help="If paid by that day")

    invoice: Mapped[Invoice] = relationship(back_populates="open_items")

    @property
    def left(self) -> Decimal:
        """What is still to be paid."""
        return self.amount - self.settled

    def __str__(self) -> str:
        return f"Due {self.due_on}"


class Tolerance(Row):
    """How far invoices may differ from what was agreed; an empty limit inherits from the next wider row."""

    __tablename__ = "tolerance"
    __table_args__ = (
        *(
            CheckConstraint(f"{name} >= 0", name=name)
            for name in ("over_percent", "over_amount", "under_percent", "under_amount", "cap_percent", "cap_amount")
        ),
        UniqueConstraint(
            "measure",
            "entity_id",
            "supplier_id",
            "category_id",
            name="uq_tolerance_measure",
            postgresql_nulls_not_distinct=True,
        ),
    )
    constraint_problems = {
        **{
            f"ck_tolerance_{name}": (
                "not_positive",
                f"{label}: enter zero or more, or leave it empty to inherit.",
                name,
            )
            for name, label in (
                ("over_percent", "Over by percent"),
                ("over_amount", "Over by amount"),
                ("under_percent", "Under by percent"),
                ("under_amount", "Under by amount"),
                ("cap_percent", "Document by percent"),
                ("cap_amount", "Document by amount"),
            )
        },
        "uq_tolerance_measure": (
            "taken",
            "There is a tolerance of this measure for the same rows. Change that one.",
            "measure",
        ),
    }

    code: Mapped[str] = code()
    measure: Mapped[Measure] = db.choice("Measure", Measure, required=True)
    entity_id: Mapped[int | None] = db.link("entity", help="Empty: all entities")
    supplier_id: Mapped[int | None] = db.link("supplier", "Supplier", help="Empty: all suppliers")
    category_id: Mapped[int | None] = db.link("category", "Category", help="With all below it. Empty: all categories")
    currency_id: Mapped[int | None] = db.link("currency", "Currency", help="Of the amounts. Empty: the invoice's")
    over_percent: Mapped[Decimal | None] = db.quantity("Over by percent", help="Of what was expected. Empty inherits")
    over_amount: Mapped[Decimal | None] = db.column(
        Numeric(18, 4), "Over by amount", help="In money, or days for terms. Empty inherits"
    )
    under_percent: Mapped[Decimal | None] = db.quantity("Under by percent", help="Empty inherits")
    under_amount: Mapped[Decimal | None] = db.column(Numeric(18, 4), "Under by amount", help="Empty inherits")
    cap_percent: Mapped[Decimal | None] = db.quantity("Document by percent", help="All lines together. Empty inherits")
    cap_amount: Mapped[Decimal | None] = db.column(
        Numeric(18, 4), "Document by amount", help="All lines together. Empty inherits"
    )

    entity: Mapped[Entity | None] = relationship()
    supplier: Mapped[Supplier | None] = relationship()
    category: Mapped[Category | None] = relationship()
    currency: Mapped[Currency | None] = relationship()

    def __str__(self) -> str:
        return self.code
