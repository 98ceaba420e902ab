"""When an invoice is due: payment terms, instalments, discount for paying early, and what holds where the invoice differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from app.kernel.calendar import add_months, end_of_month
from app.kernel.counting import counted
from app.kernel.days import written
from app.kernel.money import Money, Percent

_WHOLE = Decimal(100)
_LAST_DAY = 31


@dataclass(frozen=True, slots=True)
class Terms:
    """Payment terms: days, then the end of that month if asked, then the next such day of a month if one is named.

    `instalments` are percent and days each; they take the place of `days`. The discount counts from the same day.
    """

    days: int = 30
    to_end_of_month: bool = False
    day_of_month: int | None = None
    discount_percent: Decimal | None = None
    discount_days: int | None = None
    instalments: tuple[tuple[Decimal, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse terms that say nothing."""
        if self.day_of_month is not None and not 1 <= self.day_of_month <= _LAST_DAY:
            raise ValueError(f"A month has no day {self.day_of_month}. Use 1 to 31.")
        if self.instalments and sum(share for share, _ in self.instalments) != _WHOLE:
            raise ValueError("Instalments come to 100 percent together.")
        if any(share <= 0 or days < 0 for share, days in self.instalments):
            raise ValueError("An instalment is above zero percent, in zero days or more.")
        if (self.discount_percent is None) != (self.discount_days is None):
            raise ValueError("A discount has both a percent and days.")
        if self.discount_percent is not None and not 0 < self.discount_percent < _WHOLE:
            raise ValueError("A discount is above 0 and below 100 percent.")


@dataclass(frozen=True, slots=True)
class Discount:
    """What paying until a day spares, with the parts of it that are net and tax."""

    until: date
    total: Money
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A part of an invoice that is due on one day; below zero for a credit note."""

    due_on: date
    amount: Money
    discount: Discount | None = None


@dataclass(frozen=True, slots=True)
class Taxed:
    """What is billed at one rate of tax."""

    net: Money
    tax: Money

    @property
    def gross(self) -> Money:
        """Give both together."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Due:
    """The day that holds, by our terms or as the supplier states; `difference` is days from ours to theirs."""

    on: date
    difference: int
    text: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a payment from an account in another currency settles an invoice, in that currency.

    `exchange` is what it cost more than booked, below zero where the rate moved in our favour.
    """

    discount: Money
    exchange: Money


def due_day(terms: Terms, start: date, days: int | None = None) -> date:
    """Tell when something is due that counts from a day."""
    day = start + timedelta(days=terms.days if days is None else days)
    if terms.to_end_of_month:
        day = end_of_month(day)
    if terms.day_of_month is not None:
        day = _next_day_of_month(day, terms.day_of_month)
    return day


def _next_day_of_month(day: date, wanted: int) -> date:
    last = end_of_month(day)
    in_this = last.replace(day=min(wanted, last.day))
    if in_this >= day:
        return in_this
    following = end_of_month(add_months(day.replace(day=1), 1))
    return following.replace(day=min(wanted, following.day))


def open_items(
    total: Money, terms: Terms, start: date, taxed: Sequence[Taxed] = (), *, net_only: bool = False
) -> tuple[OpenItem, ...]:
    """Make the parts that are to be paid, by instalments, so that they add up to the total to the cent.

    A credit note is due at once, because it is set off against what is paid next, and brings no discount.
    """
    if total.amount < 0:
        return (OpenItem(start, total),)
    plan = terms.instalments or ((_WHOLE, terms.days),)
    weights = [share for share, _ in plan]
    amounts = total.split(weights)
    discounts = _discounts(total, terms, start, taxed, weights, net_only=net_only)
    dates = [due_day(terms, start, days) for _, days in plan]
    merged: dict[date, OpenItem] = {}
    for due_on, amount, discount in zip(dates, amounts, discounts, strict=True):
        merged[due_on] = _together(merged.get(due_on), OpenItem(due_on, amount, discount))
    return tuple(merged[day] for day in sorted(merged))


def _discounts(
    total: Money, terms: Terms, start: date, taxed: Sequence[Taxed], weights: Sequence[Decimal], *, net_only: bool
) -> list[Discount | None]:
    """Share the discount of the whole out over the instalments."""
    if terms.discount_percent is None or not total:
        return [None for _ in weights]
    until = start + timedelta(days=terms.discount_days or 0)
    whole = early_payment(
        terms.discount_percent, until, taxed or (Taxed(total, Money.zero(total.currency)),), net_only=net_only
    )
    nets, taxes = whole.net.split(weights), whole.tax.split(weights)
    return [Discount(until, net + tax, net, tax) for net, tax in zip(nets, taxes, strict=True)]


def _together(one: OpenItem | None, other: OpenItem) -> OpenItem:
    if one is None:
        return other
    discount = one.discount
    if discount is not None and other.discount is not None:
        more = other.discount
        discount = Discount(
            discount.until, discount.total + more.total, discount.net + more.net, discount.tax + more.tax
        )
    return replace(one, amount=one.amount + other.amount, discount=discount)


def early_payment(percent: Decimal, until: date, taxed: Sequence[Taxed], *, net_only: bool = False) -> Discount:
    """Tell what paying until a day spares: of the gross amount, with its tax split out, or of the net amount alone.

    The total is rounded once, and net and tax are shared out of it by largest remainder, so that they add up to it.
    """
    rate = Percent(percent)
    zero = Money.zero(taxed[0].net.currency)
    net = sum((part.net for part in taxed), zero)
    tax = sum((part.tax for part in taxed), zero)
    if net_only or tax.amount <= 0:
        total = rate.of(net if net_only else net + tax).rounded()
        return Discount(until, total, total, zero)
    total = rate.of(net + tax).rounded()
    parts = total.split([net.amount, tax.amount])
    return Discount(until, total, parts[0], parts[1])


def due_of(agreed: date, stated: date | None) -> Due:
    """Choose the day on which an invoice is due: the later one, ours where the invoice states none."""
    if stated is None or stated == agreed:
        return Due(agreed, 0, f"Due on {written(agreed)}, as agreed.")
    difference = (stated - agreed).days
    days = counted(abs(difference), "day")
    if difference > 0:
        words = f"Due on {written(stated)} as the invoice states, {days} later than agreed ({written(agreed)})."
        return Due(stated, difference, words)
    words = f"Due on {written(agreed)} as agreed; the invoice states {written(stated)}, {days} earlier."
    return Due(agreed, difference, words)


def better_discount(agreed: Terms, percent: Decimal | None, days: int | None) -> Terms:
    """Take the discount an invoice offers where it is better for us in percent and in days, or where none was agreed."""
    if percent is None or days is None:
        return agreed
    if agreed.discount_percent is not None and agreed.discount_days is not None:
        better = (percent, days) != (agreed.discount_percent, agreed.discount_days)
        if not (better and percent >= agreed.discount_percent and days >= agreed.discount_days):
            return agreed
    return replace(agreed, discount_percent=percent, discount_days=days)


def settle(open_amount: Money, rate: Decimal, moved: Money, discount_percent: Decimal | None = None) -> Settlement:
    """Tell discount and exchange difference of a payment that settles all of an amount booked at a rate.

    `moved` is what left the account, in its currency; `rate` is that currency for one of the invoice's.
    """
    booked = open_amount.at(rate, moved.currency)
    zero = Money.zero(moved.currency)
    discount = zero if discount_percent is None else Percent(discount_percent).of(booked).rounded()
    return Settlement(discount, moved - (booked - discount))
