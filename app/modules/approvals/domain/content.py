"""What an approval is bound to: the hash of the approved content, and which change of it lets the approval stand."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.kernel.money import Money, Percent


@dataclass(frozen=True, slots=True)
class Threshold:
    """By how much a total may rise, counted from what was approved; what is empty allows nothing of its kind."""

    percent: Decimal | None = None
    amount: Decimal | None = None

    def allowed(self, approved: Decimal, currency: str) -> Decimal:
        """Give the highest rise that keeps an approval: the smaller one where both are set, nothing where neither is."""
        base = Money(abs(approved), currency)
        limits = [] if self.amount is None else [self.amount]
        if self.percent is not None:
            limits.append(Percent(self.percent).of(base).rounded().amount)
        return min(limits, default=Decimal(0))


@dataclass(frozen=True, slots=True)
class Bound:
    """What one approval is bound to: named content, and the total in the currency of the books."""

    content: Mapping[str, Any]
    amount: Decimal
    currency: str

    def hash(self) -> str:
        """Give the hash that a decision carries."""
        return digest({"content": self.content, "amount": self.amount, "currency": self.currency})


def digest(value: Any) -> str:
    """Hash a value of plain parts, written in one way only."""
    written = json.dumps(canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def canonical(value: Any) -> Any:
    """Write equal things equally: 5, 5.0 and 5.00 are one amount, and a set has one order."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): canonical(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(part) for part in value]
    if isinstance(value, set | frozenset):
        return sorted((canonical(part) for part in value), key=str)
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"{type(value).__name__} has no canonical form. Use text, numbers, days, lists or names.")


def material_changes(approved: Bound, now: Bound, threshold: Threshold) -> list[str]:
    """Name what changed so much that it has to be decided again; empty when the approval stands.

    Everything named in the content counts. The total counts when it rose by more than the threshold from what was
    approved, so that many small rises count as one.
    """
    before, after = canonical(dict(approved.content)), canonical(dict(now.content))
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if approved.currency != now.currency:
        return [*names, "currency of the books"]
    if now.amount - approved.amount > threshold.allowed(approved.amount, approved.currency):
        names.append("total")
    return names
