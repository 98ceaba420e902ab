"""Amounts of money that never lose a cent, and the percentages applied to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import total_ordering

Number = Decimal | int

# Amounts, prices and rates together need fewer digits than this, so no intermediate result is ever cut.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)

# ISO 4217, active currencies of countries; metals, funds without coins and test codes are left out on purpose.
# BGN and HRK stay although the euro replaced them: documents written in them are still open and still audited.
_CODES_BY_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
        CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK
        HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR
        MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK
        SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD
        XCD XCG YER ZAR ZMW ZWG""",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_MINOR_UNITS = {code: digits for digits, codes in _CODES_BY_MINOR_UNITS.items() for code in codes.split()}
CURRENCIES = frozenset(_MINOR_UNITS)


def minor_units(currency: str) -> int:
    """Say how many decimal places the coins of a currency have."""
    try:
        return _MINOR_UNITS[currency]
    except KeyError:
        raise ValueError(f"{currency!r} is not a currency. Use an ISO 4217 code such as EUR.") from None


def exact(value: Number) -> Decimal:
    """Take a number whose digits are certain, and refuse any other."""
    # A bool is an int to Python, yet never a quantity.
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise TypeError(f"Use Decimal or int for amounts, not {type(value).__name__}.")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{number} is not an amount.")
    return number


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """Hold an amount in one currency; what comes out of a calculation is rounded only when asked."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Refuse an amount that is not exact and a currency that does not exist."""
        minor_units(self.currency)
        object.__setattr__(self, "amount", exact(self.amount))

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Start a sum in this currency."""
        return cls(Decimal(0), currency)

    def __str__(self) -> str:
        """Spell the amount the same everywhere, for messages and logs."""
        return f"{self.amount:f} {self.currency}"

    def __bool__(self) -> bool:
        """Tell whether there is any money in it."""
        return bool(self.amount)

    def __add__(self, other: Money) -> Money:
        """Add money of the same currency."""
        return Money(_EXACT.add(self.amount, self._same(other)), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Take away money of the same currency."""
        return Money(_EXACT.subtract(self.amount, self._same(other)), self.currency)

    def __mul__(self, factor: Number) -> Money:
        """Multiply by a quantity, without rounding."""
        return Money(_EXACT.multiply(self.amount, exact(factor)), self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        """Turn a debit into a credit."""
        return Money(_EXACT.minus(self.amount), self.currency)

    def __abs__(self) -> Money:
        """Give the size of the amount, whichever its sign."""
        return Money(self.amount.copy_abs(), self.currency)

    def __lt__(self, other: Money) -> bool:
        """Compare within one currency."""
        return self.amount < self._same(other)

    def rounded(self) -> Money:
        """Round half up, away from zero, to the coins of the currency."""
        return Money(self.amount.quantize(_step(self.currency), context=_EXACT), self.currency)

    def at(self, rate: Number, to: str) -> Money:
        """Convert at a rate (units of the new currency for one of this), rounded to the coins of the new one."""
        if exact(rate) <= 0:
            raise ValueError(f"An exchange rate must be above zero, not {rate}.")
        return Money(_EXACT.multiply(self.amount, exact(rate)), to).rounded()

    def split(self, weights: Sequence[Number]) -> list[Money]:
        """Share out by weight, by largest remainder, so that the parts add up to the whole to the last cent."""
        portions = [Fraction(exact(weight)) for weight in weights]
        whole = sum(portions)
        if not whole or min(portions) < 0:
            raise ValueError("Weights must be zero or more, and one of them above zero.")
        if self.rounded() != self:
            raise ValueError(f"Round {self} before splitting it: it has parts of a cent.")
        step = _step(self.currency)
        coins = int(abs(self.amount) / step)
        shares = [coins * portion / whole for portion in portions]
        parts = [int(share) for share in shares]
        by_remainder = sorted(range(len(parts)), key=lambda index: parts[index] - shares[index])
        for index in by_remainder[: coins - sum(parts)]:
            parts[index] += 1
        sign = -1 if self.amount < 0 else 1
        return [Money(_EXACT.multiply(step, sign * part), self.currency) for part in parts]

    def _same(self, other: Money) -> Decimal:
        """Give the other amount, if it may be put beside this one."""
        if not isinstance(other, Money):
            raise TypeError(f"Put money beside money, not beside {type(other).__name__}.")
        if other.currency != self.currency:
            raise ValueError(f"{self} and {other} are in different currencies. Convert one first.")
        return other.amount


@dataclass(frozen=True, slots=True, order=True)
class Percent:
    """Hold a rate such as a tax, a discount or a tolerance: Percent(19) is 19 of every hundred."""

    value: Decimal

    def __post_init__(self) -> None:
        """Refuse a rate that is not exact."""
        object.__setattr__(self, "value", exact(self.value))

    def __str__(self) -> str:
        """Spell the rate for messages."""
        return f"{self.value:f} %"

    def of(self, base: Money) -> Money:
        """Take this share of an amount, without rounding."""
        return base * _EXACT.scaleb(self.value, -2)


def _step(currency: str) -> Decimal:
    """Give the smallest coin."""
    return Decimal(1).scaleb(-minor_units(currency))
