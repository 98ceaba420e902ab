"""What a bank tells: statements with their entries, and what became of payments; plain values, whatever the format."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a file that was read which a person should know; `where` names the statement, line or entry."""

    code: str
    message: str
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The account a statement is about, by IBAN or by the bank's own number."""

    iban: str | None = None
    number: str | None = None
    currency: str | None = None
    bic: str | None = None
    owner: str | None = None

    def __str__(self) -> str:
        """Name the account as the bank does."""
        return self.iban or self.number or "an account without a number"


@dataclass(frozen=True, slots=True)
class Party:
    """Who stands on the other side of an entry, as far as the bank says."""

    name: str | None = None
    iban: str | None = None
    number: str | None = None
    bic: str | None = None

    def __bool__(self) -> bool:
        """Tell whether anything is known."""
        return bool(self.name or self.iban or self.number or self.bic)


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account held on a day; kinds as ISO 20022 names them (OPBD opening booked, CLBD closing booked, …)."""

    kind: str
    amount: Decimal
    currency: str | None
    on: date | None


@dataclass(frozen=True, slots=True)
class Charge:
    """What the bank took for an entry; `is_included` tells whether the amount of the entry is net of it."""

    amount: Decimal
    currency: str | None
    is_included: bool | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Remittance:
    """What the payer wrote: free text, the creditor's reference, and the documents named in a structured way."""

    text: str = ""
    reference: str | None = None
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class References:
    """The ids that lead back to a payment: ours (end to end, instruction, batch, message) and the bank's."""

    end_to_end: str | None = None
    instruction: str | None = None
    batch: str | None = None
    message: str | None = None
    transaction: str | None = None
    bank: str | None = None
    mandate: str | None = None
    cheque: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was instructed in another currency, and the rate that led to the amount on the account."""

    amount: Decimal | None
    currency: str | None
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """Money of one payment: in an entry of its own, or as a member of a batch. Amounts are signed: minus leaves us."""

    amount: Decimal
    currency: str | None
    party: Party = Party()
    remittance: Remittance = Remittance()
    references: References = References()
    codes: tuple[str, ...] = ()
    exchange: Exchange | None = None
    charges: tuple[Charge, ...] = ()
    return_reason: str | None = None
    return_text: str = ""


@dataclass(frozen=True, slots=True)
class Entry(Movement):
    """One line of a statement; `members` are its single payments where the bank booked several in one sum."""

    booked_on: date | None = None
    value_on: date | None = None
    is_reversal: bool = False
    is_booked: bool = True
    description: str = ""
    batch_size: int | None = None
    members: tuple[Movement, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One account over one period: balances, entries, and what does not add up."""

    id: str | None
    number: str | None
    account: Account
    entries: tuple[Entry, ...] = ()
    balances: tuple[Balance, ...] = ()
    from_on: date | None = None
    to_on: date | None = None
    created_at: datetime | None = None
    findings: tuple[Finding, ...] = ()

    def balance(self, *kinds: str) -> Balance | None:
        """Give the balance of the first of these kinds that the bank states."""
        return next((each for kind in kinds for each in self.balances if each.kind == kind), None)

    @property
    def opening(self) -> Balance | None:
        """Say what stood on the account before the first entry."""
        return self.balance("OPBD", "PRCD")

    @property
    def closing(self) -> Balance | None:
        """Say what stood on it after the last."""
        return self.balance("CLBD")


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file of a bank, read whole: its format and version, its statements, and what is odd about it."""

    format: str
    name: str
    statements: tuple[Statement, ...]
    id: str | None = None
    created_at: datetime | None = None
    encoding: str = "utf-8"
    findings: tuple[Finding, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """List the entries of all statements."""
        return tuple(entry for statement in self.statements for entry in statement.entries)


class Outcome(enum.Enum):
    """What a status of a bank means for us."""

    ACCEPTED = "accepted"
    PENDING = "pending"
    SETTLED = "settled"
    PARTLY = "partly"
    REJECTED = "rejected"
    RETURNED = "returned"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a bank says so: its code, what the code means, and its own text."""

    code: str | None
    words: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """What became of one payment (`end_to_end`), of one batch (`batch` alone), or of the whole file (neither)."""

    status: str
    outcome: Outcome
    end_to_end: str | None = None
    instruction: str | None = None
    batch: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    causes: tuple[Cause, ...] = ()
    on: date | None = None
    bank_reference: str | None = None
    correction: str | None = None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A bank's answer to files of ours, in the order it gives it: from the file to the single payment."""

    format: str
    id: str | None
    created_at: datetime | None
    original: str | None
    statuses: tuple[PaymentStatus, ...] = ()
    findings: tuple[Finding, ...] = ()


def what_does_not_add_up(statement: Statement) -> list[Finding]:
    """Compare opening balance, booked entries and closing balance, and each batch with its members."""
    where = statement.id or statement.number
    return [*_unnamed(statement, where), *_unbalanced(statement, where), *_torn_batches(statement, where)]


def _unnamed(statement: Statement, where: str | None) -> list[Finding]:
    findings = []
    if not (statement.account.iban or statement.account.number):
        findings.append(Finding("no_account", "The statement does not say which account it is about.", where))
    if any(entry.currency is None for entry in statement.entries):
        findings.append(Finding("no_currency", "The statement does not say which currency its entries are in.", where))
    return findings


def _unbalanced(statement: Statement, where: str | None) -> list[Finding]:
    opening, closing = statement.opening, statement.closing
    if opening is None or closing is None:
        return []
    booked = [entry for entry in statement.entries if entry.is_booked]
    currencies = {opening.currency, closing.currency, *(entry.currency for entry in booked)}
    if len(currencies) > 1:
        shown = ", ".join(sorted(currency or "none" for currency in currencies))
        words = f"Balances and entries are in different currencies ({shown}), so their sum cannot be checked."
        return [Finding("mixed_currencies", words, where)]
    moved = sum((entry.amount for entry in booked), Decimal(0))
    expected = opening.amount + moved
    if expected == closing.amount:
        return []
    difference = closing.amount - expected
    words = (
        f"The opening balance {opening.amount:f} and the entries {moved:+f} give {expected:f}, but the closing balance is"
        f" {closing.amount:f}: {difference:+f} is not explained."
    )
    return [Finding("not_balanced", words, where)]


def _torn_batches(statement: Statement, where: str | None) -> list[Finding]:
    findings = []
    for position, entry in enumerate(statement.entries, start=1):
        same = [member for member in entry.members if member.currency == entry.currency]
        if not entry.members or len(same) != len(entry.members):
            continue
        together = sum((member.amount for member in same), Decimal(0))
        if together != entry.amount:
            words = (
                f"Entry {position} is {entry.amount:f} {entry.currency}, but the payments in it come to {together:f}."
            )
            findings.append(Finding("batch_differs", words, where))
    return findings
