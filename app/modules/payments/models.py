"""Tables of payments: the accounts that pay, runs with what they propose and leave out, and what was sent."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, String, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.infra import db
from app.infra.crypto import Encrypted
from app.infra.db import Child, Row
from app.modules.directory.models import Currency, Entity, code, country
from app.modules.invoices.models import Invoice, OpenItem
from app.modules.payments.domain.kinds import FileFormat, Method
from app.modules.suppliers.domain import banking
from app.modules.suppliers.models import BankAccount, Supplier

_OF_RUN, _OF_PAYMENT = "run.currency.code", "payment.currency.code"
_CURRENCY, _BASE = "currency.code", "entity.base_currency.code"
_ZERO = Decimal(0)


class PayingAccount(Row):
    """An account of ours that pays; every change of it is confirmed by a second person before it pays again."""

    __tablename__ = "paying_account"
    __table_args__ = (
        CheckConstraint("(iban IS NULL) <> (account_number IS NULL)", name="iban"),
        CheckConstraint("state <> 'confirmed' OR confirmed_by IS NOT NULL", name="confirmed"),
        CheckConstraint("confirmed_by IS NULL OR NOT (confirmed_by = ANY (makers))", name="confirmed_by"),
        Index(
            "uq_paying_account_live",
            "fingerprint",
            unique=True,
            postgresql_where=literal_column("state IN ('proposed', 'confirmed')"),
        ),
    )
    constraint_problems = {
        "ck_paying_account_iban": ("iban_or_number", "IBAN: enter either an IBAN or an account number.", "iban"),
        "ck_paying_account_confirmed_by": ("own_change", "Whoever changed the account does not confirm it.", None),
        "uq_paying_account_live": ("taken", "IBAN: there is such an account already.", "iban"),
    }

    code: Mapped[str] = code()
    name: Mapped[str] = db.text("Name", 120, required=True, help="As we call it, such as Main account")
    entity_id: Mapped[int] = db.link("entity", required=True, help="Whose account it is")
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True)
    also_pays_in: Mapped[str | None] = db.text("Also pays in", 60, help="Codes of currencies, such as USD CHF")
    format: Mapped[FileFormat] = db.choice("File for the bank", FileFormat, required=True, default=FileFormat.PAIN001)
    holder: Mapped[str] = db.text("Account holder", 140, required=True, help="As the bank knows us")
    street: Mapped[str | None] = db.text("Street", 70)
    postcode: Mapped[str | None] = db.text("Postcode", 16)
    town: Mapped[str | None] = db.text("Town", 35, help="Needed for payments that leave the European Economic Area")
    country: Mapped[str | None] = country()
    bank_name: Mapped[str | None] = db.text("Bank", 120)
    iban: Mapped[str | None] = db.column(Encrypted("paying_account.iban"), "IBAN", info={"secret": True})
    account_number: Mapped[str | None] = db.column(
        Encrypted("paying_account.account_number"),
        "Account number",
        info={"secret": True},
        help="Where there is no IBAN",
    )
    routing: Mapped[str | None] = db.text("Routing code", 20, help="Sort code, ABA or BSB, where there is no IBAN")
    bic: Mapped[str | None] = db.text("BIC", 11, help="Such as GIBAATWWXXX")
    company_id: Mapped[str | None] = db.text("Company id", 35, help="By which the bank knows who sends its files")
    destination: Mapped[str | None] = db.text(
        "Immediate destination", 9, help="NACHA: routing number of the bank that receives the file"
    )
    destination_name: Mapped[str | None] = db.text("Destination name", 23, help="NACHA: name of that bank")
    origin: Mapped[str | None] = db.text("Immediate origin", 10, help="NACHA: the number the bank gave us as sender")
    state: Mapped[str] = db.state("proposed", "confirmed", "retired")
    state_reason: Mapped[str | None] = db.text("Reason", 500)
    confirmed_at: Mapped[datetime | None] = db.instant("Confirmed")
    confirmed_by: Mapped[int | None] = db.whole("Confirmed by", info={"kind": "account"})
    makers: Mapped[list[int]] = mapped_column(ARRAY(Integer), info={"hidden": True})
    fingerprint: Mapped[str] = mapped_column(String(64), index=True, info={"hidden": True})

    entity: Mapped[Entity] = relationship()
    currency: Mapped[Currency] = relationship(lazy="joined", innerjoin=True)

    @property
    def masked(self) -> str:
        """Beginning and end of the account, as it is shown."""
        return banking.mask(self.iban or self.account_number or "")

    def __str__(self) -> str:
        return self.name


class PaymentRun(Row):
    """What is paid together from one account on one day: proposed, approved over its content, and sent as one file."""

    __tablename__ = "payment_run"
    __table_args__ = (
        CheckConstraint("due_until >= execute_on", name="due_until"),
        CheckConstraint(
            "currency_id IS NOT NULL AND execute_on IS NOT NULL AND due_until IS NOT NULL", name="complete"
        ),
        CheckConstraint("(approved_at IS NULL) = (approved_hash IS NULL)", name="approved"),
        CheckConstraint("approved_by IS NULL OR NOT (approved_by = ANY (makers))", name="approved_by"),
        CheckConstraint(
            "state NOT IN ('approved', 'released', 'settled', 'failed') OR approved_by IS NOT NULL",
            name="approved_state",
        ),
        CheckConstraint(
            "state NOT IN ('released', 'settled', 'failed') OR approved_hash = content_hash", name="content_hash"
        ),
    )
    constraint_problems = {
        "ck_payment_run_due_until": (
            "before_execution",
            "Due until: choose the day of payment or a later one.",
            "due_until",
        ),
        "ck_payment_run_approved_by": ("own_run", "Whoever made the run does not approve it.", None),
    }

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    paying_account_id: Mapped[int] = db.link("paying_account", "Pays from", required=True)
    entity_id: Mapped[int] = db.link("entity", required=True)
    currency_id: Mapped[int] = db.link("currency", "Currency", help="Empty: that of the account")
    execute_on: Mapped[date] = db.day("Pay on", help="Empty: today")
    due_until: Mapped[date] = db.day("Due until", help="Empty: seven days after that")
    take_discounts: Mapped[bool] = db.flag("Take discounts", default=True, help="Pay early where that spares enough")
    note: Mapped[str | None] = db.long_text("Note")
    state: Mapped[str] = db.state("draft", "submitted", "approved", "released", "settled", "failed", "cancelled")
    state_reason: Mapped[str | None] = db.long_text("Reason", help="Why it was sent back or cancelled")
    total: Mapped[Decimal] = db.money("Total", _CURRENCY, required=True, default=_ZERO, server_default="0")
    discounts: Mapped[Decimal] = db.money("Discounts", _CURRENCY, required=True, default=_ZERO, server_default="0")
    items_count: Mapped[int] = db.whole("Items", required=True, default=0, server_default="0")
    submitted_at: Mapped[datetime | None] = db.instant("Submitted")
    submitted_by: Mapped[int | None] = db.whole("Submitted by", info={"kind": "account"})
    approved_at: Mapped[datetime | None] = db.instant("Approved")
    approved_by: Mapped[int | None] = db.whole("Approved by", info={"kind": "account"})
    released_at: Mapped[datetime | None] = db.instant("Released")
    released_by: Mapped[int | None] = db.whole("Released by", info={"kind": "account"})
    content: Mapped[str | None] = db.column(Encrypted("payment_run.content"), "Content", info={"hidden": True})
    content_hash: Mapped[str | None] = db.text("SHA-256 of the content", 64, help="What the approval is bound to")
    approved_hash: Mapped[str | None] = mapped_column(String(64), info={"hidden": True})
    file_of_day: Mapped[int] = db.whole("File of the day", required=True, default=1, server_default="1")
    file_name: Mapped[str | None] = db.text("File", 120)
    file_hash: Mapped[str | None] = db.text("SHA-256 of the file", 64, index=True)
    file_size: Mapped[int | None] = db.whole("Bytes")
    makers: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), default=list, server_default=literal_column("'{}'"), info={"hidden": True}
    )

    paying_account: Mapped[PayingAccount] = relationship()
    entity: Mapped[Entity] = relationship()
    currency: Mapped[Currency] = relationship(lazy="joined", innerjoin=True)
    items: Mapped[list[PaymentItem]] = relationship(
        back_populates="run", cascade="all, delete-orphan", order_by="PaymentItem.position"
    )
    left_out: Mapped[list[PaymentLeftOut]] = relationship(
        back_populates="run", cascade="all, delete-orphan", order_by="PaymentLeftOut.position"
    )
    answers: Mapped[list[BankAnswer]] = relationship(
        back_populates="run", cascade="all, delete-orphan", order_by="BankAnswer.position"
    )
    payments: Mapped[list[Payment]] = relationship(back_populates="run", order_by="Payment.id")

    def __str__(self) -> str:
        return self.number


class PaymentItem(Child):
    """One open item that a run pays, as a whole or in part; a credit note stands below zero."""

    __tablename__ = "payment_item"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("discount >= 0 AND discount_tax BETWEEN 0 AND discount", name="discount"),
        Index("uq_payment_item_live", "open_item_id", unique=True, postgresql_where=literal_column("live")),
    )
    constraint_problems = {
        "uq_payment_item_live": (
            "in_other_run",
            "It is in another payment run already. Take it out there first.",
            "items",
        )
    }

    run_id: Mapped[int] = db.link("payment_run", required=True, ondelete="CASCADE")
    invoice_id: Mapped[int] = db.link("invoice", "Invoice", required=True)
    open_item_id: Mapped[int | None] = db.link("open_item", ondelete="SET NULL", info={"hidden": True})
    supplier_id: Mapped[int] = db.link("supplier", "Supplier", required=True, help="Who is paid")
    bank_account_id: Mapped[int] = db.link("bank_account", "To account", required=True)
    due_on: Mapped[date] = db.day("Due", required=True)
    open_amount: Mapped[Decimal] = db.money("Open", _OF_RUN, required=True)
    amount: Mapped[Decimal] = db.money("Pays", _OF_RUN, required=True)
    discount: Mapped[Decimal] = db.money("Discount", _OF_RUN, required=True, default=_ZERO, server_default="0")
    discount_tax: Mapped[Decimal] = db.money(
        "Tax in it", _OF_RUN, required=True, default=_ZERO, server_default="0", help="Part of the discount that is tax"
    )
    because: Mapped[str] = db.text("Why now", 200, required=True)
    live: Mapped[bool] = db.flag("Live", default=True, info={"hidden": True})

    run: Mapped[PaymentRun] = relationship(back_populates="items")
    invoice: Mapped[Invoice] = relationship()
    open_item: Mapped[OpenItem | None] = relationship()
    supplier: Mapped[Supplier] = relationship()
    bank_account: Mapped[BankAccount] = relationship()

    def __str__(self) -> str:
        return str(self.invoice)


class PaymentLeftOut(Child):
    """One open item that a run could have paid and does not, and why."""

    __tablename__ = "payment_left_out"

    run_id: Mapped[int] = db.link("payment_run", required=True, ondelete="CASCADE")
    invoice_id: Mapped[int] = db.link("invoice", "Invoice", required=True)
    supplier_id: Mapped[int] = db.link("supplier", "Supplier", required=True)
    due_on: Mapped[date] = db.day("Due", required=True)
    amount: Mapped[Decimal] = db.money("Open", _OF_RUN, required=True)
    code: Mapped[str] = db.text("Code", 40, required=True)
    reason: Mapped[str] = db.text("Why not", 500, required=True)

    run: Mapped[PaymentRun] = relationship(back_populates="left_out")
    invoice: Mapped[Invoice] = relationship()
    supplier: Mapped[Supplier] = relationship()

    def __str__(self) -> str:
        return self.reason


class BankAnswer(Child):
    """A file in which the bank says what became of a run; the same file counts once."""

    __tablename__ = "bank_answer"
    __table_args__ = (UniqueConstraint("run_id", "digest", name="uq_bank_answer_digest"),)
    constraint_problems = {
        "uq_bank_answer_digest": ("taken_in_already", "This file was taken in before. Nothing was changed.", "file")
    }

    run_id: Mapped[int] = db.link("payment_run", required=True, ondelete="CASCADE")
    name: Mapped[str] = db.text("File", 200, required=True)
    digest: Mapped[str] = mapped_column(String(64), info={"label": "SHA-256", "hidden": True})
    format: Mapped[str] = db.text("Format", 60, required=True)
    message: Mapped[str | None] = db.text("Message id", 100)
    taken_at: Mapped[datetime] = db.instant("Taken in", required=True)
    taken_by: Mapped[int] = db.whole("By", required=True, info={"kind": "account"})
    settled: Mapped[int] = db.whole("Settled", required=True, default=0)
    failed: Mapped[int] = db.whole("Failed", required=True, default=0)
    summary: Mapped[str] = db.text("In words", 1000, required=True)

    run: Mapped[PaymentRun] = relationship(back_populates="answers")

    def __str__(self) -> str:
        return self.name


class Payment(Row):
    """Money that went to one supplier, below zero what came back, and every document it pays; its number has no gaps."""

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("CASE WHEN method = 'refund' THEN amount < 0 ELSE amount >= 0 END", name="amount"),
        CheckConstraint(
            "CASE WHEN amount < 0 THEN settled_amount BETWEEN amount AND 0 ELSE settled_amount BETWEEN 0 AND amount END",
            name="settled_amount",
        ),
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("(run_id IS NULL) = (outside_because IS NOT NULL)", name="outside_because"),
    )

    number: Mapped[str] = db.text("Number", 30, required=True, unique=True)
    run_id: Mapped[int | None] = db.link("payment_run", "Payment run")
    method: Mapped[Method] = db.choice("Method", Method, required=True, default=Method.TRANSFER)
    entity_id: Mapped[int] = db.link("entity", required=True)
    supplier_id: Mapped[int] = db.link("supplier", "Supplier", required=True)
    paying_account_id: Mapped[int] = db.link("paying_account", "Our account", required=True)
    bank_account_id: Mapped[int | None] = db.link("bank_account", "Supplier's account")
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True)
    amount: Mapped[Decimal] = db.money("Amount", _CURRENCY, required=True)
    discount: Mapped[Decimal] = db.money("Discount", _CURRENCY, required=True, default=_ZERO, server_default="0")
    execute_on: Mapped[date] = db.day("Day", required=True)
    outside_because: Mapped[str | None] = db.text("Why outside a run", 500)
    despite: Mapped[str | None] = db.text("Paid although", 1000, help="What stood against it, and somebody said so")
    state: Mapped[str] = db.state("sent", "settled", "returned", "failed", "undone")
    state_reason: Mapped[str | None] = db.text("Reason", 500, help="Why the bank did not pay, or money came back")
    bank_says: Mapped[str | None] = db.text("Bank says", 200, help="The last word of the bank about it")
    settled_on: Mapped[date | None] = db.day("Settled on")
    settled_amount: Mapped[Decimal] = db.money(
        "On statements", _CURRENCY, required=True, default=_ZERO, server_default="0", help="Found on bank statements"
    )
    bank_reference: Mapped[str | None] = db.text("Bank's reference", 140)
    rate: Mapped[Decimal | None] = db.column(
        Numeric(20, 10), "Exchange rate", help="Of the base currency for one of the payment's, on the day of release"
    )
    rate_on: Mapped[date | None] = db.day("Rate of")
    rate_source: Mapped[str | None] = db.text("Source of the rate", 100)
    base_amount: Mapped[Decimal | None] = db.money("Cost in base currency", _BASE)
    booked: Mapped[Decimal | None] = db.money("Booked in base currency", _BASE, help="By the rates of the invoices")
    rate_difference: Mapped[Decimal | None] = db.money(
        "Rate difference", _BASE, help="Cost more than booked; below zero: less"
    )
    bank_ids: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default="[]", info={"hidden": True})
    batch: Mapped[str | None] = db.text("Batch", 35, help="In which the bank books it", index=True)
    settled_by_bank: Mapped[bool] = db.flag("Settled by the bank's word", info={"hidden": True})

    run: Mapped[PaymentRun | None] = relationship(back_populates="payments")
    entity: Mapped[Entity] = relationship()
    supplier: Mapped[Supplier] = relationship()
    paying_account: Mapped[PayingAccount] = relationship()
    bank_account: Mapped[BankAccount | None] = relationship()
    currency: Mapped[Currency] = relationship(lazy="joined", innerjoin=True)
    parts: Mapped[list[PaymentPart]] = relationship(
        back_populates="payment", cascade="all, delete-orphan", order_by="PaymentPart.position"
    )

    @property
    def left(self) -> Decimal:
        """What is not found on bank statements yet."""
        return self.amount - self.settled_amount

    def __str__(self) -> str:
        return self.number


class PaymentPart(Child):
    """What a payment pays of one open item, below zero for a credit note set off in it."""

    __tablename__ = "payment_part"

    payment_id: Mapped[int] = db.link("payment", required=True, ondelete="CASCADE")
    invoice_id: Mapped[int] = db.link("invoice", "Invoice", required=True)
    open_item_id: Mapped[int | None] = db.link("open_item", ondelete="SET NULL", info={"hidden": True})
    amount: Mapped[Decimal] = db.money("Amount", _OF_PAYMENT, required=True)
    discount: Mapped[Decimal] = db.money("Discount", _OF_PAYMENT, required=True, default=_ZERO, server_default="0")
    discount_tax: Mapped[Decimal] = db.money("Tax in it", _OF_PAYMENT, required=True, default=_ZERO, server_default="0")
    undone: Mapped[bool] = db.flag("Taken back", help="The bank did not pay it, or the money came back")

    payment: Mapped[Payment] = relationship(back_populates="parts")
    invoice: Mapped[Invoice] = relationship()
    open_item: Mapped[OpenItem | None] = relationship()

    def __str__(self) -> str:
        return str(self.invoice)
