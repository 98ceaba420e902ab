"""How far an invoice may differ from what was agreed, and which row of the tolerances says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from app.kernel.choice import Labelled
from app.kernel.counting import counted
from app.kernel.money import Money, minor_units

Number = Decimal | Fraction
DAYS = "days"
_FIELDS = ("over_percent", "over_amount", "under_percent", "under_amount", "cap_percent", "cap_amount")


class Measure(Labelled):
    """What is allowed to differ. Amounts are money on the line or document; those of terms are days."""

    QUANTITY = "quantity", "Quantity"
    UNIT_PRICE = "unit_price", "Unit price"
    LINE_TOTAL = "line_total", "Line total"
    CHARGES = "charges", "Charges"
    TAX = "tax", "Tax"
    DOCUMENT_TOTAL = "document_total", "Document total"
    PAYABLE = "payable", "Payable amount"
    TERMS = "terms", "Payment terms"
    RECEIPT = "receipt", "Over-receipt"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the tolerances: for an entity, a supplier, a category, or with none of them for everything.

    An empty field inherits. Percents are of what was expected; amounts are in `currency`, days for terms.
    """

    id: int
    code: str
    measure: Measure
    entity: int | None = None
    supplier: int | None = None
    category: int | None = None
    over_percent: Decimal | None = None
    over_amount: Decimal | None = None
    under_percent: Decimal | None = None
    under_amount: Decimal | None = None
    cap_percent: Decimal | None = None
    cap_amount: Decimal | None = None
    currency: str = ""

    def __post_init__(self) -> None:
        """Refuse a limit below zero."""
        for name in _FIELDS:
            value: Decimal | None = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name} of {self.code}: use zero or more, not {value}.")


@dataclass(frozen=True, slots=True)
class Given:
    """One limit, and the row it comes from."""

    value: Decimal
    row: int
    code: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A percent and an amount that both hold; where one is given it alone counts, where none is, nothing is allowed."""

    percent: Given | None = None
    amount: Given | None = None

    @property
    def is_given(self) -> bool:
        """Say whether any row declares it."""
        return self.percent is not None or self.amount is not None

    @property
    def rows(self) -> tuple[int, ...]:
        """Name the rows it comes from."""
        return tuple(sorted({given.row for given in (self.percent, self.amount) if given is not None}))

    def allows(self, difference: Number, base: Number, effect: Number) -> bool:
        """Say whether a difference is tolerated: its share of the base, and its effect in money."""
        if not self.is_given:
            return not difference
        if self.percent is not None:
            allowed = Fraction(self.percent.value) * abs(Fraction(base)) / 100
            if abs(Fraction(difference)) > allowed:
                return False
        return self.amount is None or abs(Fraction(effect)) <= self.amount.value

    def words(self, unit: str) -> str:
        """Say what is allowed, in a currency or in days, and by which rows."""
        if not self.is_given:
            return "nothing, because no tolerance is set"
        parts = []
        if self.percent is not None:
            parts.append(f"{plain(self.percent.value)} % ({self.percent.code})")
        if self.amount is not None:
            parts.append(f"{_amount(self.amount.value, unit)} ({self.amount.code})")
        return "at most " + " and ".join(parts)


NOTHING = Limit()


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is allowed on one line in each direction, and what all tolerated lines of a document may come to."""

    over: Limit = NOTHING
    under: Limit = NOTHING
    cap: Limit = NOTHING

    def towards(self, effect: Number) -> Limit:
        """Give the limit of the direction: over costs us more than expected, under less."""
        return self.under if effect < 0 else self.over

    def cap_towards(self, effect: Number) -> Limit:
        """Give the limit of the document; where no cap is set, the amount that holds for a line holds for the document.

        A percent needs no such help: what is within a percent of each line is within that percent of them all.
        """
        return self.cap if self.cap.is_given else Limit(None, self.towards(effect).amount)


@dataclass(frozen=True, slots=True)
class Tolerances:
    """All rows, seen from one invoice: its entity, its supplier, its currency.

    `rates` are units of the invoice's currency for one of a row's; they are needed for every other currency of a row.
    """

    rows: tuple[Row, ...] = ()
    entity: int | None = None
    supplier: int | None = None
    currency: str = "EUR"
    rates: Mapping[str, Decimal] = field(default_factory=dict)

    def of(self, measure: Measure, categories: Sequence[int] = ()) -> Tolerance:
        """Inherit each limit on its own, from the narrowest row that sets it; categories from the nearest upwards."""
        chain = sorted(
            (row for row in self.rows if row.measure is measure and self._applies(row, categories)),
            key=lambda row: (_narrowness(row, categories), row.id),
        )
        found = {name: self._first(chain, name) for name in _FIELDS}
        return Tolerance(
            Limit(found["over_percent"], found["over_amount"]),
            Limit(found["under_percent"], found["under_amount"]),
            Limit(found["cap_percent"], found["cap_amount"]),
        )

    def _applies(self, row: Row, categories: Sequence[int]) -> bool:
        return (
            row.entity in (None, self.entity)
            and row.supplier in (None, self.supplier)
            and (row.category is None or row.category in categories)
        )

    def _first(self, chain: Iterable[Row], name: str) -> Given | None:
        for row in chain:
            value: Decimal | None = getattr(row, name)
            if value is not None:
                is_money = name.endswith("_amount") and row.measure is not Measure.TERMS
                return Given(self._converted(row, value) if is_money else value, row.id, row.code)
        return None

    def _converted(self, row: Row, value: Decimal) -> Decimal:
        """Bring an amount into the currency of the invoice; without a rate there is no limit to compare with."""
        if row.currency in ("", self.currency) or not value:
            return value
        if row.currency not in self.rates:
            raise ValueError(f"{row.code}: a rate from {row.currency} to {self.currency} is needed.")
        return Money(value, row.currency).at(self.rates[row.currency], self.currency).amount


def _narrowness(row: Row, categories: Sequence[int]) -> tuple[bool, bool, int]:
    """Order rows: entity before supplier before category before all; a near category before one further up."""
    category = len(categories) if row.category is None else categories.index(row.category)
    return row.entity is None, row.supplier is None, category


def plain(number: Number) -> str:
    """Write a number without needless zeros, with at most six decimals."""
    if isinstance(number, Fraction):
        number = (Decimal(number.numerator) / Decimal(number.denominator)).quantize(Decimal("0.000001"))
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def figure(amount: Number, currency: str) -> str:
    """Write an amount of money with the coins of its currency, and more decimals where it has parts of a coin."""
    number = Decimal(plain(amount))
    exponent = number.as_tuple().exponent
    digits = max(minor_units(currency), -exponent if isinstance(exponent, int) else 0)
    return f"{number:,.{digits}f} {currency}".replace(",", "\u00a0")


def _amount(value: Decimal, unit: str) -> str:
    return counted(value, "day") if unit == DAYS else figure(value, unit)
