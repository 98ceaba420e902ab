"""How lines and payments chosen by hand share their money: exact pairs first, then in order, nothing beyond what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

from app.kernel.problem import Problem

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Share:
    """Money of one line, or of one payment, that is to be brought together; minus leaves our account."""

    id: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Pair:
    """So much of a line is so much of a payment."""

    line: str
    payment: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Pairing:
    """Which lines pay what, and what is left: of lines for which there is no payment, of payments not on the lines."""

    pairs: tuple[Pair, ...]
    lines_left: dict[str, Decimal]
    payments_left: Decimal

    @property
    def difference(self) -> Decimal:
        """What lines come to beyond the payments; the other sign where payments come to more."""
        return sum(self.lines_left.values(), _ZERO) - self.payments_left


def why_not_paired(lines: Sequence[Share], payments: Sequence[Share]) -> list[Problem]:
    """Say why these lines and payments cannot belong together."""
    signs = {share.amount > 0 for share in (*lines, *payments)}
    if len(signs) > 1:
        words = "Lines and payments: choose money that goes one way. What came in is matched for itself."
        return [Problem("two_ways", words, "payments")]
    others = sorted({share.currency for share in payments} - {share.currency for share in lines})
    if others and (len(lines) > 1 or len(payments) > 1):
        words = f"Payments: one in {others[0]} is matched with one line of its own, so that the rate is seen."
        return [Problem("other_currency", words, "payments")]
    return []


def pair(lines: Sequence[Share], payments: Sequence[Share]) -> Pairing:
    """Share the money of lines out over payments."""
    if lines and payments and lines[0].currency != payments[0].currency:
        # What the bank made of it in our currency is its rate, not a difference.
        return Pairing((Pair(lines[0].id, payments[0].id, payments[0].amount),), {}, _ZERO)
    of_lines = {share.id: share.amount for share in lines}
    of_payments = {share.id: share.amount for share in payments}
    pairs = []
    for is_exact in (True, False):
        for line, payment in product(of_lines, of_payments):
            amount = _common(of_lines[line], of_payments[payment])
            if not amount or (is_exact and of_lines[line] != of_payments[payment]):
                continue
            pairs.append(Pair(line, payment, amount))
            of_lines[line] -= amount
            of_payments[payment] -= amount
    left = {line: amount for line, amount in of_lines.items() if amount}
    return Pairing(tuple(pairs), left, sum(of_payments.values(), _ZERO))


def _common(one: Decimal, other: Decimal) -> Decimal:
    """Give the smaller of two amounts that go the same way; nothing where one is used up."""
    return min(one, other, key=abs)
