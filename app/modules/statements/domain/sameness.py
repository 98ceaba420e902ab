"""Which entries of a new statement stand in an earlier one already: banks repeat themselves, money does not."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate

from app.modules.payments.domain.bank import Entry, Statement

_NO_ID = {"NONREF", "NOREF", "NOTPROVIDED", "NONE", "0", ""}


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells an entry from the others of its account; `balance` is what stood on the account after it."""

    booked_on: date
    amount: Decimal
    bank_id: str | None
    balance: Decimal | None
    content: str


def booked_on(entry: Entry, statement: Statement) -> date | None:
    """Tell the day of an entry: as booked, else as valued, else the last day of its statement."""
    return entry.booked_on or entry.value_on or statement.to_on


def marks(statement: Statement) -> list[Mark | None]:
    """Mark the booked entries of a statement, in its order; an entry without any day has no mark."""
    entries = [entry for entry in statement.entries if entry.is_booked]
    opening = statement.opening
    sums = accumulate((entry.amount for entry in entries), initial=opening.amount if opening else Decimal(0))
    balances = list(sums)[1:]
    ids = Counter((entry.booked_on, entry.amount, entry.references.bank) for entry in entries)
    found: list[Mark | None] = []
    for entry, balance in zip(entries, balances, strict=True):
        day, id = booked_on(entry, statement), (entry.references.bank or "").strip()
        is_telling = id.upper() not in _NO_ID and ids[entry.booked_on, entry.amount, entry.references.bank] == 1
        mark = day and Mark(day, entry.amount, id if is_telling else None, balance if opening else None, content(entry))
        found.append(mark or None)
    return found


def content(entry: Entry) -> str:
    """Press what an entry says into one short text, whatever its spelling."""
    party = entry.party
    parts = (
        entry.value_on,
        party.iban or party.number or party.name,
        entry.remittance.text,
        entry.references.end_to_end,
    )
    plain = "|".join(re.sub(r"[\W_]", "", str(part or "")).upper() for part in parts)
    return hashlib.sha256(plain.encode()).hexdigest()


def is_same(one: Mark, other: Mark) -> bool:
    """Say whether two marks are of the same entry; the day and the amount have to agree in any case."""
    if (one.booked_on, one.amount) != (other.booked_on, other.amount):
        return False
    ids_agree = one.bank_id == other.bank_id if one.bank_id and other.bank_id else None
    if ids_agree and one.content == other.content:
        return True
    if one.balance is not None and other.balance is not None:
        return one.balance == other.balance and ids_agree is not False
    return one.content == other.content if ids_agree is None else ids_agree


def repeated(new: Sequence[Mark | None], known: Iterable[Mark]) -> list[bool]:
    """Say of each new entry whether it is known; each known one stands for one new one only."""
    left: dict[tuple[date, Decimal], list[Mark]] = defaultdict(list)
    for other in known:
        left[other.booked_on, other.amount].append(other)
    found = []
    for mark in new:
        alike = left[mark.booked_on, mark.amount] if mark else []
        twin = next((each for each in alike if mark and is_same(mark, each)), None)
        if twin is not None:
            alike.remove(twin)
        found.append(twin is not None)
    return found
