"""How a table writes numbers and days, found out from all of them together; what stays unclear is not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from app.modules.invoices.einvoice.limits import Unreadable

_COMMA = re.compile(r",(?!\d{3}(?!\d))|\.\d{3},")
_POINT = re.compile(r"\.(?!\d{3}(?!\d))|,\d{3}\.")
_DIGITS = re.compile(r"-?\d{1,20}(\.\d{1,10})?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?|(\d{4})(\d{2})(\d{2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Numbers:
    """Which sign parts the decimals."""

    decimal: Literal[",", "."]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Numbers:
        """Find out, or refuse where both notations stand side by side or only `1,234` is there to tell."""
        texts = [re.sub(r"[^\d.,]", "", text) for text in texts]
        comma, point = any(map(_COMMA.search, texts)), any(map(_POINT.search, texts))
        if comma and point:
            raise Unreadable("unclear_numbers", "Some numbers are written 1,234.56 and some 1.234,56. Write all alike.")
        if not comma and not point and any("," in text or "." in text for text in texts):
            raise Unreadable(
                "unclear_numbers", "Whether 1,234 means a thousand or one cannot be told. Write two decimals."
            )
        return cls("," if comma else ".")

    def read(self, text: str) -> Decimal | None:
        """Read a number; an empty cell is none, and anything else refuses the file."""
        bare = re.sub(r"[\s'\u2019\u00a0\u202f€£$]", "", text)
        bare = re.sub(r"^[A-Z]{3}(?=[\d(-])", "", bare)
        negative = (bare.startswith("(") and bare.endswith(")")) or bare.endswith("-")
        bare = bare.strip("()").rstrip("-")
        bare = bare.replace("." if self.decimal == "," else ",", "").replace(",", ".")
        if not bare:
            return None
        if not _DIGITS.fullmatch(bare):
            raise Unreadable("broken_row", f"“{text[:40]}” is not a number.")
        return -Decimal(bare) if negative else Decimal(bare)


@dataclass(frozen=True, slots=True)
class Dates:
    """Whether 03/04/2026 is in March or in April; None where no date in the table tells."""

    day_first: bool | None

    @classmethod
    def of(cls, texts: Iterable[str]) -> Dates:
        """Find out from the dates that can only be read one way."""
        found = [tuple(map(int, match.groups()[:2])) for text in texts if (match := _SLASHED.fullmatch(text))]
        day_first, month_first = (
            any(first > _MONTHS for first, _ in found),
            any(second > _MONTHS for _, second in found),
        )
        return cls(day_first if day_first != month_first else None)

    def read(self, text: str) -> date | None:
        """Read a day, or none where it cannot be told."""
        try:
            if match := _ISO.fullmatch(text):
                return date(*(int(part) for part in match.groups() if part))
            if match := _DOTTED.fullmatch(text):
                day, month, year = map(int, match.groups())
                return date(year, month, day)
            if (match := _SLASHED.fullmatch(text)) and self.day_first is not None:
                first, second, year = map(int, match.groups())
                return date(year, second, first) if self.day_first else date(year, first, second)
        except ValueError:
            pass
        return None

    def unread(self, text: str) -> str:
        """Name a date that could not be read."""
        return f"Date: {text[:40]}" if text and self.read(text) is None else ""
