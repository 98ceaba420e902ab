"""Units of measure as people say them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from app.kernel.counting import plural

# UN/ECE Recommendation 20, as far as people meet it every day.
_UNITS = {
    "C62": "pcs", "H87": "pcs", "EA": "each", "NAR": "pcs", "SET": "sets", "XPP": "pcs", "PR": "pairs",
    "HUR": "hours", "MIN": "minutes", "DAY": "days", "WEE": "weeks", "MON": "months", "ANN": "years",
    "KGM": "kg", "GRM": "g", "TNE": "t", "LTR": "l", "MTR": "m", "MTK": "m²", "MTQ": "m³", "KMT": "km", "KWH": "kWh",
    "LS": "lump sum",
}  # fmt: skip
_ONE = {
    "pcs": "pc", "sets": "set", "pairs": "pair", "hours": "hour", "minutes": "minute", "days": "day", "weeks": "week",
    "months": "month", "years": "year",
}  # fmt: skip


def unit_words(code: str, quantity: Decimal | Fraction | None = None, name: str = "") -> str:
    """Write the code of a unit of measure as people say it, of one or of several; another goes by its name, if it has one."""
    several = _UNITS.get(code.upper(), name or code)
    return several if quantity is None else plural(quantity, _ONE.get(several, several), several)


def said(unit: Any, quantity: Decimal | None) -> str:
    """Write a unit of measure, if there is one, as people say it of a quantity."""
    return unit_words(unit.code, quantity, unit.name.lower()) if unit else ""
