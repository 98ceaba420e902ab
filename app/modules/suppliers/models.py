"""Tables of suppliers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, String, Text, literal_column
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.infra import db
from app.infra.crypto import Encrypted
from app.infra.db import Child, Row
from app.modules.directory.models import Currency, Entity, Person, code, country
from app.modules.suppliers.domain import banking, standing
from app.modules.suppliers.domain.standing import TaxIdKind


class Supplier(Row):
    """A company or person the organisation buys from; one without an entity serves all entities."""

    __tablename__ = "supplier"
    __table_args__ = (
        CheckConstraint("payment_days BETWEEN 0 AND 365", name="payment_days"),
        CheckConstraint("discount_percent > 0 AND discount_percent < 100", name="discount_percent"),
        CheckConstraint("discount_days BETWEEN 0 AND payment_days", name="discount_days"),
        CheckConstraint("(discount_percent IS NULL) = (discount_days IS NULL)", name="discount"),
        CheckConstraint("(endpoint_scheme IS NULL) = (endpoint_id IS NULL)", name="endpoint"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged"),
        CheckConstraint("merged_into_id <> id", name="merged_into"),
        Index("ix_supplier_name_keys", "name_keys", postgresql_using="gin"),
    )
    constraint_problems = {
        "ck_supplier_payment_days": ("out_of_range", "Days to pay: enter 0 to 365.", "payment_days"),
        "ck_supplier_discount_percent": (
            "out_of_range",
            "Discount in percent: enter a number between 0 and 100.",
            "discount_percent",
        ),
        "ck_supplier_discount_days": (
            "out_of_range",
            "Discount days: enter at most the days to pay.",
            "discount_days",
        ),
    }

    code: Mapped[str] = code(help="Taken from the number series when empty, such as S-00001")
    name: Mapped[str] = db.text("Name", 200, required=True)
    legal_name: Mapped[str | None] = db.text("Legal name", 200, help="As registered, where it differs")
    street: Mapped[str | None] = db.text("Street", 70)
    postcode: Mapped[str | None] = db.text("Postcode", 16)
    town: Mapped[str | None] = db.text("Town", 35, help="Needed to pay a supplier outside the European Economic Area")
    country: Mapped[str] = country(required=True)
    entity_id: Mapped[int | None] = db.link("entity", help="Only this entity buys from it. Empty: all entities")
    currency_id: Mapped[int] = db.link(
        "currency", "Currency", required=True, help="Of new orders, unless changed there"
    )
    owner_id: Mapped[int | None] = db.link("person", "Owner", help="Looks after the relation")
    payment_days: Mapped[int] = db.whole("Days to pay", required=True, default=30, help="From the invoice date")
    discount_percent: Mapped[Decimal | None] = db.quantity("Discount in percent", help="For early payment")
    discount_days: Mapped[int | None] = db.whole("Discount days", help="From the invoice date")
    endpoint_scheme: Mapped[str | None] = db.text("Endpoint scheme", 4, help="Peppol list of schemes, such as 0088")
    endpoint_id: Mapped[str | None] = db.text("Endpoint id", 50, help="Address for e-invoices in that scheme")
    website: Mapped[str | None] = db.text("Website", 200)
    language: Mapped[str | None] = db.text("Language", 5, help="Of letters to it, such as en or de-AT")
    tax_id_waiver: Mapped[str | None] = db.text("Why no tax id", 200, help="Needed for approval where there is none")
    notes: Mapped[str | None] = db.long_text("Notes")
    state: Mapped[str] = db.state("prospect", "approved", "blocked", "merged")
    state_reason: Mapped[str | None] = db.text("Reason", 500, help="Why it was blocked or merged")
    approved_by: Mapped[int | None] = db.whole("Approved by", info={"kind": "account"})
    merged_into_id: Mapped[int | None] = db.link("supplier", "Merged into")
    distinct_reason: Mapped[str | None] = db.text("Why no duplicate", 500)
    distinct_from: Mapped[list[int]] = mapped_column(JSONB, default=list, server_default="[]", info={"hidden": True})
    normal_name: Mapped[str] = mapped_column(String(200), index=True, info={"hidden": True})
    name_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), info={"hidden": True})

    entity: Mapped[Entity | None] = relationship()
    currency: Mapped[Currency] = relationship()
    owner: Mapped[Person | None] = relationship()
    merged_into: Mapped[Supplier | None] = relationship(remote_side="Supplier.id")
    tax_ids: Mapped[list[SupplierTaxId]] = relationship(
        back_populates="supplier", cascade="all, delete-orphan", order_by="SupplierTaxId.position"
    )
    contacts: Mapped[list[SupplierContact]] = relationship(
        back_populates="supplier", cascade="all, delete-orphan", order_by="SupplierContact.position"
    )
    bank_accounts: Mapped[list[BankAccount]] = relationship(back_populates="supplier", order_by="BankAccount.id")

    @property
    def terms(self) -> str:
        """When it is to be paid."""
        return standing.describe_terms(self.payment_days, self.discount_percent, self.discount_days)

    def __str__(self) -> str:
        return self.name


class SupplierTaxId(Child):
    """A number under which a supplier is known to an authority."""

    __tablename__ = "supplier_tax_id"

    supplier_id: Mapped[int] = db.link("supplier", required=True, ondelete="CASCADE")
    kind: Mapped[TaxIdKind] = db.choice("Kind", TaxIdKind, required=True)
    country: Mapped[str] = country(required=True)
    value: Mapped[str] = db.text("Number", 40, required=True)
    normal: Mapped[str] = mapped_column(String(40), index=True, info={"hidden": True})

    supplier: Mapped[Supplier] = relationship(back_populates="tax_ids")

    def __str__(self) -> str:
        return f"{self.value} ({self.kind.label}, {self.country})"


class SupplierContact(Child):
    """Somebody to talk to at a supplier."""

    __tablename__ = "supplier_contact"
    __table_args__ = (
        # Checked at commit, so that the mark can move from one contact to another in one change.
        ExcludeConstraint(
            ("supplier_id", "="),
            using="btree",
            where=literal_column("is_primary"),
            name="uq_supplier_contact_primary",
            deferrable=True,
            initially="DEFERRED",
        ),
    )

    supplier_id: Mapped[int] = db.link("supplier", required=True, ondelete="CASCADE")
    name: Mapped[str] = db.text("Name", 120, required=True)
    role: Mapped[str | None] = db.text("Role", 80)
    email: Mapped[str | None] = db.text("E-mail", 200)
    phone: Mapped[str | None] = db.text("Phone", 40)
    is_primary: Mapped[bool] = db.flag("Main contact")
    email_domain: Mapped[str | None] = mapped_column(String(200), index=True, info={"hidden": True})

    supplier: Mapped[Supplier] = relationship(back_populates="contacts")

    def __str__(self) -> str:
        return self.name


class BankAccount(Row):
    """An account a supplier wants to be paid to; it pays nothing until a second person confirmed it and some days passed."""

    __tablename__ = "bank_account"
    __table_args__ = (
        CheckConstraint("(iban IS NULL) <> (account_number IS NULL)", name="iban"),
        CheckConstraint(
            "state <> 'confirmed' OR (confirmed_by IS NOT NULL AND usable_from IS NOT NULL)", name="confirmed"
        ),
        CheckConstraint("confirmed_by IS NULL OR NOT (confirmed_by = ANY (makers))", name="confirmed_by"),
        Index(
            "uq_bank_account_live",
            "supplier_id",
            "fingerprint",
            "state",
            unique=True,
            postgresql_where=literal_column("state IN ('proposed', 'confirmed')"),
        ),
    )
    constraint_problems = {
        "ck_bank_account_iban": ("iban_or_number", "IBAN: enter either an IBAN or an account number.", "iban"),
        "ck_bank_account_confirmed_by": ("own_change", "Whoever changed the account does not confirm it.", None),
        "uq_bank_account_live": ("taken", "IBAN: the supplier has this account already.", "iban"),
    }

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    supplier_id: Mapped[int] = db.link("supplier", required=True)
    holder: Mapped[str] = db.text("Account holder", 140, required=True, help="As the bank knows them")
    country: Mapped[str | None] = country()
    iban: Mapped[str | None] = db.column(Encrypted("bank_account.iban"), "IBAN", info={"secret": True})
    account_number: Mapped[str | None] = db.column(
        Encrypted("bank_account.account_number"), "Account number", info={"secret": True}, help="Where there is no IBAN"
    )
    routing: Mapped[str | None] = db.text("Routing code", 20, help="Sort code, ABA or BSB, where there is no IBAN")
    bic: Mapped[str | None] = db.text("BIC", 11, help="Such as GIBAATWWXXX")
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True)
    replaces_id: Mapped[int | None] = db.link("bank_account", "Replaces", help="Retired when this one is confirmed")
    state: Mapped[str] = db.state("proposed", "confirmed", "rejected", "retired")
    state_reason: Mapped[str | None] = db.text("Reason", 500)
    confirmed_at: Mapped[datetime | None] = db.instant("Confirmed")
    confirmed_by: Mapped[int | None] = db.whole("Confirmed by", info={"kind": "account"})
    usable_from: Mapped[date | None] = db.day("Usable from", help="First day on which payments may go to it")
    makers: Mapped[list[int]] = mapped_column(ARRAY(Integer), info={"hidden": True})
    fingerprint: Mapped[str] = mapped_column(String(64), index=True, info={"hidden": True})

    supplier: Mapped[Supplier] = relationship(back_populates="bank_accounts")
    currency: Mapped[Currency] = relationship()
    replaces: Mapped[BankAccount | None] = relationship(remote_side="BankAccount.id")

    @property
    def masked(self) -> str:
        """Beginning and end of the account, as it is shown."""
        return banking.mask(self.iban or self.account_number or "")

    def __str__(self) -> str:
        return f"{self.masked} {self.currency.code}"
