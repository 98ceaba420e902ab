"""Rules of the catalogue: which prices may stand beside each other, and which one counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Any, Protocol

from app.kernel.actor import Context
from app.kernel.money import exact, minor_units
from app.kernel.problem import Problem
from app.modules.directory import domain as directory

# A price may be finer than the coins it is paid in: screws cost parts of a cent.
MOST_EXTRA_DECIMALS = 4


class Price(Protocol):
    """What one supplier asks for one unit, from a quantity on and for some time."""

    supplier: Any
    currency: Any
    unit_price: Any
    minimum_quantity: Any
    valid_from: Any
    valid_to: Any
    lead_time_days: Any


def is_valid(price: Price, on: date) -> bool:
    """Say whether a price holds on a day."""
    return price.valid_from <= on and (price.valid_to is None or on <= price.valid_to)


def applicable(prices: Iterable[Price], quantity: Decimal, on: date, currency: str | None = None) -> list[Price]:
    """List what each supplier asks for this quantity on this day: of several breaks the highest one reached."""
    best: dict[tuple[int, str], Price] = {}
    for price in prices:
        if not is_valid(price, on) or price.minimum_quantity > exact(quantity):
            continue
        if currency is not None and price.currency.code != currency:
            continue
        key = (id(price.supplier), price.currency.code)
        if key not in best or price.minimum_quantity > best[key].minimum_quantity:
            best[key] = price
    return list(best.values())


def best_price(prices: Iterable[Price], quantity: Decimal, on: date, currency: str) -> Price | None:
    """Choose the lowest price in a currency for this quantity on this day; of equal ones the quicker."""
    offers = applicable(prices, quantity, on, currency)
    unknown = 10_000  # a supplier who names no lead time comes after all who do
    return min(
        offers,
        key=lambda price: (price.unit_price, unknown if price.lead_time_days is None else price.lead_time_days),
        default=None,
    )


def overlap(one: Price, other: Price) -> bool:
    """Say whether two prices would both hold at once for the same supplier, currency and quantity."""
    same = one.supplier is other.supplier and one.currency is other.currency
    same = same and one.minimum_quantity == other.minimum_quantity
    return same and one.valid_from <= (other.valid_to or date.max) and other.valid_from <= (one.valid_to or date.max)


def why_not_item(context: Context, item: Any) -> list[Problem]:
    """Say what is wrong with an item and its prices."""
    problems = [*directory.why_not_code(item.code), *directory.why_not_cpv(item.cpv_code)]
    if item.unspsc_code and not re.fullmatch("[0-9]{8}", item.unspsc_code):
        problems.append(Problem("bad_unspsc", "UNSPSC code: enter 8 digits, such as 43211503.", "unspsc_code"))
    for index, price in enumerate(item.prices):
        problems += [problem.at(f"prices.{index}") for problem in why_not_price(price, item.unit)]
    return problems or why_not_side_by_side(item.prices)


def why_not_price(price: Any, unit: Any) -> list[Problem]:
    """Say what is wrong with one price by itself."""
    problems = []
    if price.unit_price < 0:
        problems.append(Problem("negative", "Unit price: enter zero or more.", "unit_price"))
    if price.minimum_quantity <= 0:
        problems.append(Problem("not_positive", "From quantity: enter a number above zero.", "minimum_quantity"))
    if _decimals(price.minimum_quantity) > unit.decimals:
        words = f"From quantity: {unit} is counted with {unit.decimals} decimals."
        problems.append(Problem("too_many_decimals", words, "minimum_quantity"))
    if _decimals(price.unit_price) > minor_units(price.currency.code) + MOST_EXTRA_DECIMALS:
        problems.append(Problem("too_many_decimals", f"Unit price: too fine for {price.currency}.", "unit_price"))
    if price.valid_to is not None and price.valid_to < price.valid_from:
        problems.append(Problem("wrong_order", "Valid to: choose a day not before the first.", "valid_to"))
    if price.lead_time_days is not None and not 0 <= price.lead_time_days <= 730:  # noqa: PLR2004
        problems.append(Problem("out_of_range", "Lead time in days: enter 0 to 730.", "lead_time_days"))
    if price.supplier.state == "merged":
        words = f"{price.supplier} was merged into {price.supplier.merged_into}. Choose that one."
        problems.append(Problem("merged_already", words, "supplier"))
    return problems


def why_not_side_by_side(prices: Sequence[Any]) -> list[Problem]:
    """List prices that would hold at the same time as an earlier one."""
    return [
        Problem(
            "overlapping_prices",
            f"Valid from: row {first + 1} has a price of this supplier for the same quantity and days. End that one first.",
            f"prices.{second}.valid_from",
        )
        for first, second in combinations(range(len(prices)), 2)
        if overlap(prices[first], prices[second])
    ]


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
