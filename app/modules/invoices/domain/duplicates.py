"""Whether an invoice was captured before: how its number reads, who wrote it, how much, when; a score with its reasons."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from app.modules.suppliers.domain.likeness import Reason, normal_name, similarity

BLOCKS_FROM = 70
WINDOW = 45
_WORTH_TELLING = 40
_SURE = 100
_LONG_NUMBER = 5
_YEAR = 365
_LOOKS_ALIKE = str.maketrans("OIL", "011")
# How far "the same supplier" is certain, in percent: by record, tax id or account; by name; not at all.
_SAME, _SAME_NAME, _LIKE_NAME, _STRANGER = 100, 90, 75, 40
# An invoice is compared with the same others each time it is matched; how a number reads is worked out once.
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Print:
    """What invoices are compared by. `follows` are the numbers it says it corrects or replaces.

    Tax ids and accounts are normalised by the caller (fingerprints will do); `document_id` is the e-invoice's own id,
    `file_hash` that of a file that holds this invoice alone.
    """

    id: int
    key: str
    number: str
    is_credit: bool = False
    supplier: int | None = None
    tax_ids: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    name: str = ""
    currency: str = ""
    amount: Decimal | None = None
    issued_on: date | None = None
    file_hash: str = ""
    document_id: str = ""
    follows: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Suspicion:
    """An invoice that may be the same as the one looked at: the score of 100, and what it is made of.

    The last reason is the supplier; its weight is the percent of the others' sum that counts.
    """

    id: int
    key: str
    number: str
    score: int
    reasons: tuple[Reason, ...]

    def blocks(self, threshold: int = BLOCKS_FROM) -> bool:
        """Say whether somebody has to look before anything goes on."""
        return self.score >= threshold

    def __str__(self) -> str:
        return f"{self.key} ({', '.join(reason.words for reason in self.reasons)}): {self.score} of {_SURE}"


def find(one: Print, others: Iterable[Print], window: int = WINDOW) -> tuple[Suspicion, ...]:
    """List what an invoice may be a copy of, the likeliest first."""
    found = [suspicion for other in others if (suspicion := compare(one, other, window)) is not None]
    return tuple(sorted(found, key=lambda each: (-each.score, each.id)))


def compare(one: Print, other: Print, window: int = WINDOW) -> Suspicion | None:
    """Score how much speaks for two invoices being one; None where nothing does or they are two by their nature."""
    if one.id == other.id:
        return None
    certain = tuple(_certain(one, other))
    if certain:
        return Suspicion(other.id, other.key, other.number, max(each.weight for each in certain), certain)
    if one.is_credit != other.is_credit or _replaces(one, other):
        return None
    reasons = (*_number(one, other, window), *_amount(one, other), *_day(one, other, window))
    weight = sum(reason.weight for reason in reasons)
    if weight < _WORTH_TELLING:
        return None
    supplier = _supplier(one, other)
    score = min(_SURE, weight) * supplier.weight // 100
    return (
        Suspicion(other.id, other.key, other.number, score, (*reasons, supplier)) if score >= _WORTH_TELLING else None
    )


def keys(number: str, issued_on: date | None) -> frozenset[str]:
    """Give the ways a number may be written again, under which an invoice is looked up: equal invoices share one."""
    core, _ = _without_year(number, issued_on)
    digits = _digits(core)
    return frozenset({spelled(number), folded(number), core, digits} - {""})


@lru_cache(_REMEMBERED)
def spelled(number: str) -> str:
    """Write a number in capitals and without separators."""
    return "".join(_segments(number))


@lru_cache(_REMEMBERED)
def folded(number: str) -> str:
    """Write a number so that O and 0, I and 1, and leading zeros no longer matter."""
    return "".join(_folded(segment) for segment in _segments(number))


def _segments(number: str) -> list[str]:
    text = unicodedata.normalize("NFKD", number).upper()
    bare = "".join(char for char in text if not unicodedata.combining(char))
    return re.findall(r"[^\W_]+", bare)


def _folded(segment: str) -> str:
    if any(char.isdecimal() for char in segment):
        segment = segment.translate(_LOOKS_ALIKE)
    return re.sub(r"(?<!\d)0+(?=\d)", "", segment)


@lru_cache(_REMEMBERED)
def _without_year(number: str, issued_on: date | None) -> tuple[str, int | None]:
    """Take the year of the document off a number, and tell which year it was."""
    parts = re.findall(r"\d+|[^\W\d_]+", " ".join(_translated(segment) for segment in _segments(number)))
    years = {} if issued_on is None else {year: year for year in range(issued_on.year - 1, issued_on.year + 2)}
    years |= {year % 100: year for year in list(years)}
    if sum(part.isdecimal() for part in parts) > 1:
        for at, part in enumerate(parts):
            if part.isdecimal() and len(part) in (2, 4) and int(part) in years and at in _ends(parts):
                rest = parts[:at] + parts[at + 1 :]
                return "".join(_folded(each) for each in rest), years[int(part)]
    for at, part in enumerate(parts):
        if part.isdecimal() and len(part) > 6 and int(part[:4]) in years:  # noqa: PLR2004
            rest = [*parts[:at], part[4:], *parts[at + 1 :]]
            return "".join(_folded(each) for each in rest), int(part[:4])
    return "".join(_folded(each) for each in parts), None


def _translated(segment: str) -> str:
    return segment.translate(_LOOKS_ALIKE) if any(char.isdecimal() for char in segment) else segment


def _ends(parts: list[str]) -> tuple[int, int]:
    """Say where an affix can stand: first or last among the parts with digits."""
    numeric = [at for at, part in enumerate(parts) if part.isdecimal()]
    return numeric[0], numeric[-1]


@lru_cache(_REMEMBERED)
def _digits(core: str) -> str:
    """Give the digits alone where they are enough to tell an invoice by, for numbers typed without their prefix."""
    found = re.sub(r"\D", "", core)
    return found if len(found) >= _LONG_NUMBER - 1 else ""


def _certain(one: Print, other: Print) -> Iterator[Reason]:
    if one.file_hash and one.file_hash == other.file_hash:
        yield Reason("same_file", "the same file", _SURE)
    if one.document_id and one.document_id == other.document_id and _supplier(one, other).weight == _SAME:
        yield Reason("same_document_id", "the same e-invoice id", 98)


def _replaces(one: Print, other: Print) -> bool:
    """Say whether one says it corrects or replaces the other."""
    for later, earlier in ((one, other), (other, one)):
        if earlier.number and folded(earlier.number) in {folded(number) for number in later.follows}:
            return folded(later.number) != folded(earlier.number)
    return False


def _number(one: Print, other: Print, window: int) -> Iterator[Reason]:
    first, second = spelled(one.number), spelled(other.number)
    if not first or not second:
        yield Reason("no_number", "a number is missing", 20)
        return
    core, year = _without_year(one.number, one.issued_on)
    other_core, other_year = _without_year(other.number, other.issued_on)
    agree, apart = year == other_year or None in (year, other_year), _days_apart(one, other)
    if one.number == other.number:
        yield Reason("same_number", f"the same number {other.number}", 60)
    elif first == second:
        yield Reason("same_number", f"the same number, written {other.number}", 58)
    elif folded(one.number) == folded(other.number):
        yield Reason("same_number", f"the same number but for zeros and letters like digits: {other.number}", 55)
    elif core and core == other_core and agree:
        yield Reason("same_number", f"the same number but for the year: {other.number}", 50)
    elif _digits(core) and _digits(core) == _digits(other_core) and agree:
        yield Reason("like_number", f"the same digits: {other.number}", 35)
    elif _is_slip(core, other_core) and agree and (apart is None or apart <= window):
        yield Reason("like_number", f"a number like it: {other.number}", 25)
    if apart is not None and apart > _YEAR // 2 and min(len(core), len(other_core)) < _LONG_NUMBER:
        yield Reason("short_number", "the number is short and may return each year", -30)


def _is_slip(one: str, other: str) -> bool:
    """Say whether two digits changed places, or one was left out or typed twice; a digit further on is another invoice."""
    if min(len(one), len(other)) < _LONG_NUMBER or one == other:
        return False
    if len(one) == len(other):
        at = [index for index, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        return len(at) == 2 and at[1] == at[0] + 1 and one[at[0]] == other[at[1]] and one[at[1]] == other[at[0]]  # noqa: PLR2004
    short, long = sorted((one, other), key=len)
    return len(long) == len(short) + 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def _amount(one: Print, other: Print) -> Iterator[Reason]:
    if one.amount is None or other.amount is None or one.currency != other.currency:
        return
    first, second = abs(one.amount), abs(other.amount)
    if first == second:
        yield Reason("same_amount", "the same amount", 30)
    elif abs(first - second) * 100 <= max(first, second):
        yield Reason("like_amount", "an amount within one percent", 10)


def _day(one: Print, other: Print, window: int) -> Iterator[Reason]:
    apart = _days_apart(one, other)
    if apart is None:
        return
    if apart == 0:
        yield Reason("same_day", "the same day", 10)
    elif apart <= window:
        yield Reason("near_day", f"{apart} days apart" if apart > 1 else "one day apart", 5)


def _days_apart(one: Print, other: Print) -> int | None:
    if one.issued_on is None or other.issued_on is None:
        return None
    return abs((one.issued_on - other.issued_on).days)


def _supplier(one: Print, other: Print) -> Reason:
    if one.supplier is not None and one.supplier == other.supplier:
        return Reason("same_supplier", "the same supplier", _SAME)
    if one.tax_ids & other.tax_ids:
        return Reason("same_tax_id", "the same tax id", _SAME)
    if one.accounts & other.accounts:
        return Reason("same_account", "the same bank account", _SAME)
    alike = similarity(normal_name(one.name), normal_name(other.name)) if one.name and other.name else 0
    if alike == 100:  # noqa: PLR2004
        return Reason("same_name", "the same name", _SAME_NAME)
    if alike >= 75:  # noqa: PLR2004
        return Reason("like_name", f"a similar name, {alike} %", _LIKE_NAME)
    return Reason("other_supplier", "another supplier", _STRANGER)
