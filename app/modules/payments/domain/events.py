"""What is announced of payments, whichever document made it happen."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.kernel.event import Event


@dataclass(frozen=True)
class Told(Event):
    """What everybody who hears of a payment needs to know; `accounts` are those who made and released it."""

    number: str
    run: str | None
    supplier: str
    amount: Decimal
    currency: str
    invoices: tuple[str, ...]
    reason: str = ""
    accounts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sent(Told):
    """The bank was told to pay; what it pays is open no longer."""


@dataclass(frozen=True)
class Settled(Told):
    """The bank has paid."""


@dataclass(frozen=True)
class Failed(Told):
    """The bank did not pay; what it was for is open again."""


@dataclass(frozen=True)
class Returned(Told):
    """The money came back; what it was for is open again."""


@dataclass(frozen=True)
class Undone(Told):
    """What was found on a statement was no payment after all; what it was said to be for is open again."""


def told(kind: type[Told], payment: Any, reason: str = "") -> Told:
    """Tell of a payment."""
    return kind(
        number=payment.number,
        run=payment.run.number if payment.run else None,
        supplier=payment.supplier.name,
        amount=payment.amount,
        currency=payment.currency.code,
        invoices=tuple(part.invoice.reference for part in payment.parts),
        reason=reason,
        accounts=_behind(payment),
    )


def _behind(payment: Any) -> tuple[int, ...]:
    """Name the accounts of those who made and released it, or who found it on a statement."""
    run = payment.run
    who = {*run.makers, run.released_by} if run else {payment.created_by}
    return tuple(sorted(who - {None}))
