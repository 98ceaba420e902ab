"""How numbers, amounts, days and moments are written for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time

from app.kernel.counting import plural
from app.kernel.money import minor_units

LOCALE = Locale("en", "GB")
SPACE = "\u00a0"
NOTHING = "\u2013"
#: Words of events that end otherwise than most; what begins with none of them names a thing first: role granted.
_PARTICIPLES = frozenset({"held", "left", "sent", "set", "short", "undone", "withdrawn"})


def number(value: Decimal | int, least: int = 0, most: int | None = None) -> str:
    """Write `18 640.00`: groups apart by a space that does not break, at least and at most so many decimals."""
    digits = max(_decimals(value), least)
    digits = digits if most is None else min(digits, most)
    return f"{Decimal(value):,.{digits}f}".replace(",", SPACE).replace("-", "\u2212")


def amount(value: Decimal | int, currency: str | None = None) -> str:
    """Write an amount with the coins of its currency, and with more decimals only where a price has them."""
    return number(value, coins(currency))


def money(value: Decimal | int, currency: str | None) -> str:
    """Write an amount with its currency: `18 640.00 EUR`."""
    return f"{amount(value, currency)}{SPACE}{currency}" if currency else amount(value, currency)


def coins(currency: str | None) -> int:
    """Say how many decimals amounts of a currency have; two where it is not known."""
    try:
        return minor_units(currency or "")
    except ValueError:
        return 2


def measured(value: Decimal | int | None, unit: str) -> str:
    """Write a quantity with its unit, if it has one: `5 pcs`."""
    return NOTHING if value is None else f"{number(value)}{SPACE}{unit}".strip()


def plain_number(value: Decimal | int) -> str:
    """Write a number as it is typed into a form: no groups, no needless zeros."""
    return (
        format(value, "f").rstrip("0").rstrip(".") if isinstance(value, Decimal) and value % 1 else format(value, ".0f")
    )


@lru_cache(maxsize=4096)
def day(value: date, today: date) -> str:
    """Write `Tue 15 Dec`, and the year instead of the weekday when it is another year."""
    pattern = "EEE d MMM" if value.year == today.year else "d MMM y"
    return _tidy(format_date(value, pattern, locale=LOCALE))


def long_day(value: date) -> str:
    """Write `Tuesday 15 December 2026`."""
    return _tidy(format_date(value, "EEEE d MMMM y", locale=LOCALE))


def moment(value: datetime, today: date, zone: str) -> str:
    """Write `Sat 21 Nov, 09:12` as the clock on the wall of the organisation showed it."""
    there = local(value, zone)
    return f"{day(there.date(), today)}, {clock_time(there)}"


def local(value: datetime, zone: str) -> datetime:
    """Give a moment as the clock on the wall of the organisation shows it."""
    return value.astimezone(ZoneInfo(zone))


def clock_time(value: datetime) -> str:
    """Write `09:12`."""
    return str(format_time(value, "HH:mm", locale=LOCALE))


def age(since: timedelta) -> str:
    """Write how long something is ago in its largest unit: `3 h`, `2 d`."""
    minutes = int(since.total_seconds() // 60)
    if minutes < 1:
        return "now"
    for size, unit in ((60 * 24, "d"), (60, "h"), (1, "min")):
        if minutes >= size:
            return f"{minutes // size}{SPACE}{unit}"
    return "now"


def file_size(size: int) -> str:
    """Write `214 kB`."""
    for limit, unit in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if size >= limit:
            return f"{number(Decimal(size) / limit, most=1 if size < 10 * limit else 0)}{SPACE}{unit}"
    return f"{size}{SPACE}bytes"


def count(value: int | Decimal, one: str, many: str) -> str:
    """Write `1 supplier`, `14 suppliers`."""
    return f"{number(value)}{SPACE}{plural(value, one, many)}"


def lower_first(text: str) -> str:
    """Put a label inside a sentence, leaving abbreviations as they are: `VAT id` stays."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def joined(parts: list[str], last: str = "and") -> str:
    """Write `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}" if parts else ""


def happened(kind: str, key: str, events: Sequence[str]) -> str:
    """Tell what was done with a row, by the first event it announced: `REQ-2026-00042 approved`, `Job 17 retried`."""
    said = events[0].rpartition(".")[2].replace("_", " ") if events else "changed"
    name = f"{kind} {key}" if key.isdecimal() else key
    first = said.partition(" ")[0]
    return f"{name} {said}" if first.endswith("ed") or first in _PARTICIPLES else f"{name}: {said}"


def _decimals(value: Decimal | int) -> int:
    if isinstance(value, int):
        return 0
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _tidy(text: str) -> str:
    return text.replace("Sept", "Sep")
