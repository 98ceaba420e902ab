"""What an order comes to: discounts, amounts of lines, tax by rate, totals, instalments, and shares of progress."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.kernel.money import Money, Percent
from app.modules.orders.domain.kinds import Share

MOST_DISCOUNTS = 3
_HUNDRED = Decimal(100)
_ONE_DISCOUNT = re.compile(r"-?\d{1,3}(\.\d{1,4})?")
_INSTALMENT = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s*%\s*(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Rate:
    """What is taxed at one rate, and the tax on it."""

    category: str
    percent: Decimal
    base: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Totals:
    """What an order comes to, with its tax by rate."""

    net: Money
    tax: Money
    rates: tuple[Rate, ...]

    @property
    def gross(self) -> Money:
        """Tell what is to be paid."""
        return self.net + self.tax


def discounts_of(text: str | None) -> tuple[Decimal, ...]:
    """Read `10+5` as ten percent, then five of the rest; a discount below zero is a surcharge. Raises ValueError."""
    parts = [part.strip() for part in (text or "").split("+") if part.strip()]
    if len(parts) > MOST_DISCOUNTS or not all(_ONE_DISCOUNT.fullmatch(part) for part in parts):
        raise ValueError(text)
    percents = tuple(Decimal(part) for part in parts)
    if any(abs(percent) > _HUNDRED for percent in percents):
        raise ValueError(text)
    return percents


def net_price(unit_price: Decimal, discounts: str | None) -> Decimal:
    """Take each discount off what the one before has left, without rounding."""
    for percent in discounts_of(discounts):
        unit_price = unit_price * (_HUNDRED - percent) / _HUNDRED
    return unit_price


def amount_of(line: Any, currency: str) -> Money:
    """Compute what a line comes to, rounded to the coins of the currency; what goes back is below zero."""
    if line.quantity is None or line.unit_price is None:
        return Money.zero(currency)
    return (Money(net_price(line.unit_price, line.discounts), currency) * line.quantity).rounded()


def totals(lines: Iterable[Any], currency: str) -> Totals:
    """Add up lines, with the tax of each rate on the sum of its lines."""
    zero, bases = Money.zero(currency), dict[tuple[str, Decimal], Money]()
    for line in lines:
        named = (line.tax_code.category.value, line.tax_code.rate) if line.tax_code else ("", Decimal(0))
        bases[named] = bases.get(named, zero) + Money(line.amount, currency)
    rates = tuple(
        Rate(category, percent, base, Percent(percent).of(base).rounded())
        for (category, percent), base in sorted(bases.items(), key=lambda each: each[0])
    )
    net = sum((rate.base for rate in rates), zero)
    return Totals(net, sum((rate.tax for rate in rates), zero), rates)


def deposit_of(percent: Decimal | None, amount: Decimal | None, net: Decimal, currency: str) -> Decimal:
    """Tell what is agreed to be paid before delivery, net: a percent of the order's net total, or an amount."""
    return amount or Percent(percent or Decimal(0)).of(Money(net, currency)).rounded().amount


def deposit_percent_of(deposit: Decimal, net: Decimal) -> Decimal:
    """Tell in percent of an order's net total what is agreed to be paid before delivery as an amount."""
    return (deposit * _HUNDRED / net).quantize(Decimal("0.0001"), ROUND_HALF_UP) if net else _HUNDRED


def charges_left(order: Any, agreed: Decimal) -> Decimal:
    """Tell what is still to be charged beside the lines; nothing once the order is closed."""
    return max(Decimal(0), agreed - order.charges_invoiced) if order.state != "closed" else Decimal(0)


def instalments_of(text: str | None) -> tuple[tuple[Decimal, int], ...]:
    """Read `50 % 0, 50 % 30` as half at once and half after thirty days; raises ValueError unless it makes the whole."""
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    found = [_INSTALMENT.fullmatch(part) for part in parts]
    plan = tuple((Decimal(match[1]), int(match[2])) for match in found if match)
    if len(plan) != len(parts) or (plan and sum(share for share, _ in plan) != _HUNDRED):
        raise ValueError(text)
    return plan


def due(total: Money, plan: Iterable[tuple[Decimal, int]], on: date) -> list[tuple[date, Money]]:
    """Tell when which part of an amount is due; the parts add up to it to the cent."""
    plan = list(plan)
    parts = total.split([share for share, _ in plan]) if plan else []
    return [(on + timedelta(days=days), part) for (_, days), part in zip(plan, parts, strict=True)]


def share_of(done: Iterable[tuple[Decimal, Decimal]]) -> Share:
    """Tell from pairs of done and wanted whether none, a part or all of it came about; signs may differ by pair."""
    pairs = [(abs(have), abs(want)) for have, want in done if want]
    if not any(have for have, _ in pairs):
        return Share.NONE
    return Share.ALL if all(have >= want for have, want in pairs) else Share.PART
