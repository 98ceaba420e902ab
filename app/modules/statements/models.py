"""Tables of statements: what the bank says, line by line, and what was said about each line."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, String, UniqueConstraint, literal_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.infra import db
from app.infra.crypto import Encrypted
from app.infra.db import Child, Row
from app.modules.directory.models import Currency, Entity
from app.modules.invoices.models import Invoice
from app.modules.payments.models import PayingAccount, Payment
from app.modules.statements.domain.kinds import Explained, Matched
from app.modules.suppliers.domain import banking

_CURRENCY, _OF_LINE, _OF_MATCH = "currency.code", "statement.currency.code", "currency.code"


class BankStatement(Row):
    """What the bank says was booked on one account of ours in one period; nobody edits it."""

    __tablename__ = "bank_statement"
    __table_args__ = (UniqueConstraint("file_hash", "place", name="uq_bank_statement_file"),)
    constraint_problems = {
        "uq_bank_statement_file": ("taken_in_already", "This file was taken in before. Nothing was changed.", "file")
    }

    number: Mapped[str] = db.text("Number", 20, required=True, unique=True)
    account_id: Mapped[int] = db.link("paying_account", "Account", required=True)
    entity_id: Mapped[int] = db.link("entity", required=True)
    currency_id: Mapped[int] = db.link("currency", "Currency", required=True)
    from_on: Mapped[date | None] = db.day("From")
    to_on: Mapped[date | None] = db.day("To", index=True)
    opening: Mapped[Decimal | None] = db.money("Opening balance", _CURRENCY, info={"adds_up": False})
    closing: Mapped[Decimal | None] = db.money("Closing balance", _CURRENCY, info={"adds_up": False})
    gap: Mapped[Decimal | None] = db.money(
        "Missing before", _CURRENCY, help="By how much it begins elsewhere than the statement before it ended"
    )
    stated_number: Mapped[str | None] = db.text("The bank's number", 100)
    format: Mapped[str] = db.text("Format", 40, required=True)
    file_name: Mapped[str] = db.text("File", 200, required=True)
    file_hash: Mapped[str] = db.text("SHA-256 of the file", 64, required=True)
    place: Mapped[int] = db.whole("Place in the file", required=True)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]", info={"hidden": True})
    repeated: Mapped[int] = db.whole(
        "Left out", required=True, default=0, server_default="0", help="Entries that stood in an earlier statement"
    )
    open_lines: Mapped[int] = db.whole("Open lines", required=True, default=0, server_default="0")
    state: Mapped[str] = db.state("open", "reconciled")

    account: Mapped[PayingAccount] = relationship()
    entity: Mapped[Entity] = relationship()
    currency: Mapped[Currency] = relationship(lazy="joined", innerjoin=True)
    lines: Mapped[list[StatementLine]] = relationship(
        back_populates="statement", cascade="all, delete-orphan", order_by="StatementLine.position"
    )
    matches: Mapped[list[StatementMatch]] = relationship(
        back_populates="statement", cascade="all, delete-orphan", order_by="StatementMatch.id"
    )

    @property
    def remarks(self) -> list[str]:
        """What is odd about it, in words."""
        return [str(finding["message"]) for finding in self.findings]

    def __str__(self) -> str:
        return self.number


class StatementLine(Child):
    """One payment on a statement: what the bank says of it never changes, what was said about it may."""

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("statement_id", "number", name="uq_statement_line_number"),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("(state = 'explained') <= (kind IS NOT NULL AND reason IS NOT NULL)", name="explained"),
        CheckConstraint(
            "(rest IS NULL) OR (state = 'matched' AND kind IS NOT NULL AND reason IS NOT NULL)", name="rest"
        ),
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled_at"),
        Index("ix_statement_line_entry", "account_id", "booked_on", "entry_amount"),
    )

    statement_id: Mapped[int] = db.link("bank_statement", required=True, ondelete="CASCADE")
    account_id: Mapped[int] = db.link("paying_account", required=True, index=False, info={"hidden": True})
    number: Mapped[str] = db.text("Line", 20, required=True, help="3.2 is the second payment in the third entry")
    booked_on: Mapped[date] = db.day("Booked", required=True)
    value_on: Mapped[date | None] = db.day("Value")
    amount: Mapped[Decimal] = db.money("Amount", _OF_LINE, required=True, help="Below zero it left our account")
    party: Mapped[str | None] = db.text("Other party", 200)
    party_account: Mapped[str | None] = db.column(
        Encrypted("statement_line.party_account"), "Their account", info={"secret": True}
    )
    text: Mapped[str | None] = db.long_text("Text")
    end_to_end: Mapped[str | None] = db.text("End-to-end id", 140)
    bank_id: Mapped[str | None] = db.text("Bank's id", 140)
    is_return: Mapped[bool] = db.flag("Return", help="Money that came back")
    stated: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", info={"hidden": True})
    entry: Mapped[int] = mapped_column(Integer, info={"hidden": True})
    entry_amount: Mapped[Decimal] = mapped_column(Numeric(18, 4), info={"hidden": True})
    entry_id: Mapped[str | None] = mapped_column(String(140), info={"hidden": True})
    balance: Mapped[Decimal | None] = mapped_column(Numeric(18, 4), info={"hidden": True})
    content: Mapped[str] = mapped_column(String(64), info={"hidden": True})
    state: Mapped[str] = db.state("open", "matched", "explained")
    kind: Mapped[Explained | None] = db.choice("What it is", Explained)
    rest: Mapped[Decimal | None] = db.money(
        "Of it no payment", _OF_LINE, help="The bank's charge, or what else was explained"
    )
    reason: Mapped[str | None] = db.text("Reason", 500)
    settled_at: Mapped[datetime | None] = db.instant("Settled")
    settled_by: Mapped[int | None] = db.whole("Settled by", info={"kind": "account"})
    reopened: Mapped[str | None] = db.text("Why opened again", 500)

    statement: Mapped[BankStatement] = relationship(back_populates="lines")

    @property
    def masked_account(self) -> str:
        """Beginning and end of their account."""
        return banking.mask(self.party_account) if self.party_account else ""

    def __str__(self) -> str:
        return f"Line {self.number}"


class StatementMatch(Child):
    """So much of a line is so much of a payment: proposed, or so, or undone; with the reason.

    What a supplier may have paid back is proposed for its credit note; once that holds it is a payment like any other.
    """

    __tablename__ = "statement_match"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("(payment_id IS NULL) = (invoice_id IS NOT NULL)", name="payment_or_invoice"),
        CheckConstraint("payment_id IS NOT NULL OR state = 'proposed'", name="proposed"),
        CheckConstraint("confidence BETWEEN 0 AND 100", name="confidence"),
        CheckConstraint("(state = 'proposed') = (matched_at IS NULL)", name="matched_at"),
        CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", name="undone_at"),
        CheckConstraint("(state = 'undone') = (undo_reason IS NOT NULL)", name="undo_reason"),
        Index(
            "uq_statement_match_live",
            "line_id",
            "payment_id",
            unique=True,
            postgresql_where=literal_column("state <> 'undone'"),
        ),
    )

    statement_id: Mapped[int] = db.link("bank_statement", required=True, ondelete="CASCADE")
    line_id: Mapped[int] = db.link("statement_line", "Line", required=True, ondelete="CASCADE")
    payment_id: Mapped[int | None] = db.link("payment", "Payment")
    invoice_id: Mapped[int | None] = db.link("invoice", "Credit note", help="That the supplier may have paid back")
    amount: Mapped[Decimal] = db.money(
        "Amount", _OF_MATCH, required=True, help="Of the payment; above zero it came back"
    )
    is_return: Mapped[bool] = db.flag("Return", help="The payment came back")
    rest: Mapped[Decimal | None] = mapped_column(Numeric(18, 4), info={"hidden": True})
    confidence: Mapped[int | None] = db.whole("Confidence", help="Percent, as it was proposed")
    reason: Mapped[str] = db.text("Reason", 1000, required=True)
    how: Mapped[Matched | None] = db.choice("How", Matched)
    state: Mapped[str] = db.state("proposed", "matched", "undone")
    matched_at: Mapped[datetime | None] = db.instant("Matched")
    matched_by: Mapped[int | None] = db.whole("Matched by", info={"kind": "account", "label": "By"})
    undone_at: Mapped[datetime | None] = db.instant("Undone")
    undone_by: Mapped[int | None] = db.whole("Undone by", info={"kind": "account"})
    undo_reason: Mapped[str | None] = db.text("Why undone", 500)

    statement: Mapped[BankStatement] = relationship(back_populates="matches")
    line: Mapped[StatementLine] = relationship()
    payment: Mapped[Payment | None] = relationship()
    invoice: Mapped[Invoice | None] = relationship()

    @property
    def about(self) -> Payment | Invoice:
        """What the line is brought together with."""
        found = self.payment or self.invoice
        assert found is not None
        return found

    @property
    def currency(self) -> Currency:
        """The currency of that."""
        return self.about.currency

    @property
    def of_line(self) -> str:
        """The line it is about."""
        return self.line.number

    def __str__(self) -> str:
        return f"{self.line}: {self.about}"
