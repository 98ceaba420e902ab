"""What money that moved in no run pays of which invoice: all of it, all less discounts, or a part; what is over is something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Owed:
    """An open item: what is left of it (below zero for credit), and what paying on the day spares."""

    id: int
    left: Decimal
    discount: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class Share:
    """What is paid of an open item, and the discount taken with it."""

    id: int
    amount: Decimal
    discount: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class Shared:
    """What money pays, and what of it pays nothing."""

    shares: tuple[Share, ...]
    rest: Decimal = _ZERO

    @property
    def amount(self) -> Decimal:
        """What it pays in all."""
        return sum((each.amount for each in self.shares), _ZERO)


def share(owed: Sequence[Owed], amount: Decimal) -> Shared:
    """Share money out over open items in their order; credit is set off as a whole, and the last item paid may stay open in part.

    A discount counts only where the money is exactly what is owed less all discounts: a part paid is no discount.
    What is owed to us, and money that comes in for it, are below zero and shared out in the same way.
    """
    total = sum((each.left for each in owed), _ZERO)
    if total < 0:
        theirs = share([Owed(each.id, -each.left) for each in owed], -amount)
        return Shared(tuple(Share(each.id, -each.amount) for each in theirs.shares), -theirs.rest)
    spared = sum((each.discount for each in owed), _ZERO)
    if amount >= total:
        return Shared(tuple(Share(each.id, each.left) for each in owed), amount - total)
    if spared and amount == total - spared:
        return Shared(tuple(Share(each.id, each.left - each.discount, each.discount) for each in owed))
    there = amount - sum((each.left for each in owed if each.left < 0), _ZERO)
    shares = []
    for each in owed:
        part = each.left if each.left < 0 else min(each.left, there)
        there -= max(part, _ZERO)
        if part:
            shares.append(Share(each.id, part))
    return Shared(tuple(shares))
