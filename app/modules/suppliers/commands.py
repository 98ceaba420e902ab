"""What is done with suppliers and their bank accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.modules.suppliers import queries, service
from app.modules.suppliers.domain import banking, standing
from app.modules.suppliers.models import BankAccount, Supplier

Why = Annotated[str, Ask("Reason", long=True)]


@dataclass(frozen=True)
class Approved(Event):
    """It may be bought from."""

    code: str


@dataclass(frozen=True)
class Blocked(Event):
    """Nothing more is ordered from it or paid to it."""

    code: str
    reason: str


@dataclass(frozen=True)
class Unblocked(Event):
    """It may be bought from again."""

    code: str
    reason: str


@dataclass(frozen=True)
class DuplicatesAcknowledged(Event):
    """Somebody looked at suppliers that look the same and found them to be others."""

    code: str
    reason: str


@dataclass(frozen=True)
class Merged(Event):
    """It was found to be the same as another, which takes its place everywhere."""

    code: str
    into: str
    into_id: int
    reason: str


@dataclass(frozen=True)
class Confirmed(Event):
    """A second person confirmed an account; it may be paid to from a day on."""

    number: str
    supplier: str
    usable_from: date


@dataclass(frozen=True)
class Rejected(Event):
    """A proposed account was found wrong."""

    number: str
    supplier: str
    reason: str


@dataclass(frozen=True)
class Retired(Event):
    """Nothing is paid to an account any more."""

    number: str
    supplier: str
    reason: str


def why_not_approvable(context: Context, supplier: Supplier) -> list[Problem]:
    """Say what stands against buying from a supplier."""
    return standing.why_not_approvable(context, supplier, queries.find_duplicates(context, supplier))


def why_not_acknowledgeable(context: Context, supplier: Supplier) -> list[Problem]:
    """Say that there is no duplicate to look at."""
    return standing.why_not_acknowledgeable(supplier, queries.find_duplicates(context, supplier))


@command("Approve", moves=["prospect -> approved"], guard=why_not_approvable)
def approve(context: Context, supplier: Supplier) -> Approved:
    """Allow buying from the supplier. Someone else than whoever entered it does this."""
    supplier.approved_by = context.actor.id
    return Approved(supplier.code)


@command("Block", moves=["prospect | approved -> blocked"])
def block(context: Context, supplier: Supplier, *, reason: Why) -> Blocked:
    """Stop orders and payments to the supplier until it is unblocked."""
    supplier.state_reason = reason
    return Blocked(supplier.code, reason)


@command("Unblock", moves=["blocked -> approved | prospect"])
def unblock(context: Context, supplier: Supplier, *, reason: Why) -> Unblocked:
    """Allow buying again from a supplier that was approved before; one that never was is a prospect again."""
    supplier.state = "approved" if supplier.approved_by is not None else "prospect"
    supplier.state_reason = None
    return Unblocked(supplier.code, reason)


@command("Not a duplicate", moves=["prospect -> prospect", "approved -> approved"], guard=why_not_acknowledgeable)
def acknowledge_duplicates(context: Context, supplier: Supplier, *, reason: Why) -> DuplicatesAcknowledged:
    """Say why the suppliers that look the same are others. One that turns up later is asked about again."""
    found = {duplicate.profile.id for duplicate in queries.find_duplicates(context, supplier)}
    supplier.distinct_from = sorted(found | set(supplier.distinct_from))
    supplier.distinct_reason = reason
    return DuplicatesAcknowledged(supplier.code, reason)


@command(
    "Merge",
    moves=["prospect | approved | blocked -> merged"],
    danger=True,
    confirm="{name} becomes part of another supplier for good. Its bank accounts wait for a new confirmation there.",
)
def merge(
    context: Context,
    supplier: Supplier,
    *,
    into: Annotated[Supplier, Ask("Into", help="The supplier that stays")],
    reason: Why,
) -> Merged:
    """Make this supplier part of another that is the same; contacts, tax ids and bank accounts go there."""
    refuse_if(standing.why_not_mergeable(supplier, into))
    if not queries.is_in_reach(context, into, "merge"):
        words = f"Your roles do not allow merging into {into}. Choose another."
        raise Refused(Kind.FORBIDDEN, Problem("out_of_reach", words, "into"))
    service.take_over(context, supplier, into)
    supplier.merged_into, supplier.state_reason = into, reason
    return Merged(supplier.code, into.code, into.id, reason)


@command("Confirm", moves=["proposed -> confirmed"], guard=banking.why_not_confirmable, step_up=True)
def confirm(context: Context, account: BankAccount) -> Confirmed:
    """Confirm that the account belongs to the supplier, best by calling a number you already knew.

    It may be paid to when its cooling-off days are over. Whoever entered or changed it cannot confirm it.
    """
    account.confirmed_at, account.confirmed_by = context.now, context.actor.id
    account.usable_from = banking.usable_from(context.today, service.cooling_off_days(context))
    if account.replaces is not None:
        account.replaces.state, account.replaces.state_reason = "retired", f"Replaced by {account.number}"
    return Confirmed(account.number, account.supplier.code, account.usable_from)


@command("Reject", moves=["proposed -> rejected"])
def reject(context: Context, account: BankAccount, *, reason: Why) -> Rejected:
    """Turn the proposed account down; nothing was and will be paid to it."""
    account.state_reason = reason
    return Rejected(account.number, account.supplier.code, reason)


@command("Retire", moves=["confirmed -> retired"])
def retire(context: Context, account: BankAccount, *, reason: Why) -> Retired:
    """Stop paying to the account from now on."""
    account.state_reason = reason
    return Retired(account.number, account.supplier.code, reason)
