"""Who stands in for whom: dated, for some documents, one level deep, and never for the requester."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Delegation:
    """Somebody's seat lent to a deputy from one day to another; what is empty does not limit it."""

    person: int
    deputy: int
    from_on: date
    to_on: date
    document: str | None = None
    entity: int | None = None
    most_amount: Decimal | None = None

    def covers(self, *, on: date, document: str, entity: int, amount: Decimal) -> bool:
        """Say whether it holds for a document on a day; the amount is in the currency of the limit."""
        return (
            self.from_on <= on <= self.to_on
            and self.document in (None, document)
            and self.entity in (None, entity)
            and (self.most_amount is None or amount <= self.most_amount)
        )
