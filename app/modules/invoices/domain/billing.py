"""What may be billed of an order: quantities in its units, prices per unit, deposits, and charges shared out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from app.kernel.money import Money, Percent
from app.modules.invoices.domain.case import ZERO, Bill, BillLine, Case, Deposit, Done, Method, Order, OrderLine
from app.modules.invoices.domain.tolerances import figure
from app.modules.orders.domain.kinds import CHARGE_CODES

# Codes of UN/ECE Recommendation 20, and ones suppliers invent, that all say "piece".
_PIECES = frozenset({"C62", "H87", "EA", "PCE", "PCS", "PC", "NAR", "ST", "STK", "XPP"})
_CHARGE_CODES = {"FI": "finance", **{code: kind.value for code, kind in CHARGE_CODES.items()}}
_CHARGE_WORDS = (
    (
        "freight",
        "freight|shipping|delivery|carriage|postage|porto|versand|fracht|lieferkosten|transport|doprava|poštovné",
    ),
    ("packing", "packing|packaging|verpackung|balné"),
    ("insurance", "insurance|versicherung|pojištění"),
    ("minimum_order", "minimum order|small order|mindermenge|mindestmenge"),
    ("finance", r"late fee|reminder fee|interest\b|mahn|verzugszins|úrok"),
)


@dataclass(frozen=True, slots=True)
class Billable:
    """How much of an order line may be billed in all, how much was, and what this invoice adds; signs as ordered.

    `stays` is what came and is kept, below which nothing is credited; zero where nothing is held against receipts.
    """

    limit: Fraction
    before: Fraction
    now: Fraction
    stays: Fraction = Fraction(0)

    @property
    def after(self) -> Fraction:
        """Tell how much is billed with this invoice."""
        return self.before + self.now

    @property
    def surplus(self) -> Fraction:
        """Tell what is billed beyond the limit (above zero), or credited beyond what was billed or went back (below zero)."""
        if self.now > 0:
            return max(Fraction(0), self.after - max(self.limit, Fraction(0)))
        return min(Fraction(0), self.after - max(Fraction(0), min(self.before, self.stays)))

    @property
    def went_back(self) -> Fraction:
        """Tell what was billed and is not kept, so that it is to be credited."""
        return max(Fraction(0), self.before - self.stays)


def limit_of(line: OrderLine, method: Method) -> Decimal:
    """Tell how much of a line may be billed: what came under three-way matching, what was ordered otherwise."""
    return line.came if method is Method.THREE_WAY and line.needs_receipt else line.ordered


def to_bill(line: OrderLine, method: Method) -> Decimal:
    """Tell what is still to be billed; below zero is to be credited because it went back."""
    return limit_of(line, method) - line.was_billed


def factor(unit: str, into: str, conversions: Mapping[tuple[str, str], Decimal]) -> Fraction | None:
    """Tell how many of one unit make one of another; None where nobody says."""
    unit, into = unit.upper(), into.upper()
    if unit == into or not unit or not into or {unit, into} <= _PIECES:
        return Fraction(1)
    if (unit, into) in conversions:
        return Fraction(conversions[unit, into])
    if conversions.get((into, unit)):
        return 1 / Fraction(conversions[into, unit])
    return None


def billed_quantity(line: BillLine, ordered: OrderLine, case: Case) -> Fraction | None:
    """Tell in the order's unit how much a line bills; None where the unit cannot be converted or nothing is stated."""
    if line.amount_only or line.quantity is None:
        return Fraction(0) if line.amount_only else None
    one = factor(line.unit, ordered.unit, case.conversions)
    return None if one is None else Fraction(line.quantity) * one


def stated_price(line: BillLine, ordered: OrderLine, case: Case) -> Fraction | None:
    """Tell the price of one of the order's units, after the line's allowances; None where it cannot be told."""
    one = factor(line.unit, ordered.unit, case.conversions)
    if one is None or not line.quantity:
        return None
    if line.price is None or not line.price_base:
        return Fraction(line.net) / Fraction(line.quantity) / one
    price = Fraction(line.price) / Fraction(line.price_base) - Fraction(line.allowances) / Fraction(line.quantity)
    return price / one


def agreed_price(ordered: OrderLine, rate: Decimal | None) -> Fraction:
    """Tell the agreed price of one unit, in the invoice's currency."""
    return Fraction(ordered.unit_price) / Fraction(ordered.price_base or 1) * Fraction(1 if rate is None else rate)


def net_of(line: BillLine, currency: str) -> Money | None:
    """Compute what a line comes to from its own quantity, price and allowances; None where one is missing."""
    if line.quantity is None or line.price is None or not line.price_base:
        return None
    exact = Fraction(line.quantity) * Fraction(line.price) / Fraction(line.price_base) - Fraction(line.allowances)
    return money(exact, currency).rounded()


def money(amount: Fraction | Decimal, currency: str) -> Money:
    """Make money of an exact number, with far more places than coins have where it has no end."""
    if isinstance(amount, Fraction):
        scaled = Decimal(round(amount * 10**12))
        amount = scaled.scaleb(-12)
    return Money(amount, currency)


def deposit_of(net: Money, percent: Decimal) -> Money:
    """Tell what a deposit of so many percent comes to, net."""
    return Percent(percent).of(net).rounded()


def agreed_in(case: Case, agreed: Callable[[Order], Decimal]) -> Money:
    """Add up what the orders agree to of something, in the invoice's currency."""
    exact = sum((Fraction(agreed(order)) * Fraction(order.rate or 1) for order in case.orders), Fraction(0))
    return money(exact, case.bill.currency).rounded()


def before(whole: Money, left: Money, done: Iterable[Done]) -> str:
    """Say how much of what is agreed was billed before, and by which invoices; nothing where none was."""
    names = ", ".join(dict.fromkeys(each.document for each in done))
    if whole == left or not names:
        return ""
    return f", {figure((whole - left).amount, whole.currency)} of that billed before ({names})"


def takes_off(line: BillLine, deposits: Sequence[Deposit]) -> Deposit | None:
    """Find the deposit invoice a line takes off."""
    return next((deposit for deposit in deposits if line.deposit and deposit.number == line.deposit), None)


def taken_off(bill: Bill, deposits: Sequence[Deposit]) -> Decimal:
    """Tell how much of deposits, with tax, an invoice takes off: by lines below zero, or as paid in advance."""
    total = bill.prepaid
    for line in bill.lines:
        deposit = takes_off(line, deposits)
        if deposit is not None and deposit.net:
            part = money(Fraction(-line.net) * Fraction(deposit.gross) / Fraction(deposit.net), bill.currency)
            total += part.rounded().amount
    return total


def completes(case: Case, order: Order) -> bool:
    """Say whether nothing of an order is left to bill after this invoice."""
    for ordered in order.lines:
        lines = [line for line in case.bill.lines if line.order_line == ordered.id]
        if ordered.by_amount:
            now = sum((Fraction(line.net) for line in lines), Fraction(0))
        else:
            now = sum((billed_quantity(line, ordered, case) or Fraction(0) for line in lines), Fraction(0))
        if abs(Fraction(ordered.was_billed) + now) < abs(ordered.ordered):
            return False
    return bool(order.lines)


def charge_kind(code: str, text: str) -> str:
    """Tell what kind of charge something is, by its code of UNTDID 7161 or by its words; empty: none, or unknown."""
    if code.upper() in _CHARGE_CODES:
        return _CHARGE_CODES[code.upper()]
    lowered = unicodedata.normalize("NFC", text).casefold()
    return next((kind for kind, words in _CHARGE_WORDS if re.search(rf"\b(?:{words})", lowered)), "")


def spread(charge: Money, lines: Sequence[BillLine]) -> dict[int, Money]:
    """Share a charge out over the lines it came with, by their amounts, so that each cost centre pays its part."""
    bearing = [line for line in lines if not line.charge and not line.deposit and line.net]
    if not bearing:
        return {}
    parts = charge.rounded().split([abs(line.net) for line in bearing])
    return {line.number: part for line, part in zip(bearing, parts, strict=True)}


def sum_of(lines: Sequence[BillLine]) -> Decimal:
    """Add up what lines come to."""
    return sum((line.net for line in lines), ZERO)
