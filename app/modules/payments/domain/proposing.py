"""What a run proposes to pay: what is due, what is worth paying early, and credit notes set off; nothing below zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.kernel.money import Money
from app.kernel.problem import Problem

_DAYS_OF_YEAR = 365
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Due:
    """One open item as a run sees it: how much of it is open until when, to which account, and what stands against it."""

    item: int
    invoice: int
    reference: str
    supplier: int
    supplier_name: str
    due_on: date
    left: Decimal
    account: int | None = None
    discount_until: date | None = None
    discount: Decimal = _ZERO
    obstacles: tuple[Problem, ...] = ()

    @property
    def group(self) -> tuple[int, int]:
        """Name who is paid, and where: all of a group is one payment."""
        return self.supplier, self.account or 0


@dataclass(frozen=True, slots=True)
class Terms:
    """By what a run chooses: the day it pays, until when things are due, and from which yearly yield it pays early."""

    execute_on: date
    due_until: date
    currency: str
    take_discounts: bool = True
    least_yield: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class Pay:
    """What is paid of an open item, the discount taken, and why now."""

    due: Due
    amount: Decimal
    discount: Decimal
    because: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An open item that is not paid, and why."""

    due: Due
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a run pays, and what it leaves out."""

    items: tuple[Pay, ...]
    left_out: tuple[LeftOut, ...]


def propose(dues: Iterable[Due], terms: Terms) -> Proposal:
    """Choose what is paid, and say of everything else that is due why not."""
    wanted = sorted(dues, key=lambda due: (due.supplier_name, due.supplier, due.due_on, due.item))
    chosen: list[Pay] = []
    left_out: list[LeftOut] = []
    for due in wanted:
        pay = _chosen(due, terms) if due.left > 0 else None
        if due.obstacles and (pay or due.left < 0):
            left_out.append(_left_out(due))
        elif pay:
            chosen.append(pay)
    credits_ = [due for due in wanted if due.left < 0 and not due.obstacles]
    set_off, waiting = set_off_credits(chosen, credits_)
    return Proposal((*chosen, *set_off), (*left_out, *waiting))


def _left_out(due: Due) -> LeftOut:
    return LeftOut(due, due.obstacles[0].code, " ".join(problem.message for problem in due.obstacles))


def _chosen(due: Due, terms: Terms) -> Pay | None:
    """Say what is paid of an item that is due, or whose discount would be lost before the next run."""
    discount = discount_of(due, terms)
    if due.due_on <= terms.due_until:
        when = "Overdue" if due.due_on < terms.execute_on else "Due"
        spared = f", {_off(due, discount, terms)}" if discount else ""
        return Pay(due, due.left - discount, discount, f"{when}{spared}")
    if not discount or due.discount_until is None or due.discount_until > terms.due_until:
        return None
    gain = yearly_yield(due.left, discount, (due.due_on - terms.execute_on).days)
    if gain < terms.least_yield:
        return None
    words = f"{_off(due, discount, terms)}, which is {gain:.0f} % a year"
    return Pay(due, due.left - discount, discount, words)


def _off(due: Due, discount: Decimal, terms: Terms) -> str:
    return f"{Money(discount, terms.currency).rounded().amount:f} off until {due.discount_until:%-d %B %Y}"


def discount_of(due: Due, terms: Terms) -> Decimal:
    """Tell what is taken off for paying on the day of the run."""
    if not terms.take_discounts or due.discount_until is None or due.discount_until < terms.execute_on:
        return _ZERO
    return min(due.discount, due.left)


def yearly_yield(left: Decimal, discount: Decimal, days: int) -> Decimal:
    """Tell what paying so many days early brings, in percent a year."""
    if days <= 0 or left <= discount:
        return Decimal(0)
    return discount / (left - discount) * _DAYS_OF_YEAR / days * 100


def set_off_credits(chosen: Sequence[Pay], credits_: Sequence[Due]) -> tuple[list[Pay], list[LeftOut]]:
    """Set credit notes off against what their supplier is paid, the oldest first, and never more than that."""
    rest: dict[tuple[int, int], Decimal] = {}
    for pay in chosen:
        rest[pay.due.group] = rest.get(pay.due.group, _ZERO) + pay.amount
    taken, waiting = [], []
    for due in credits_:
        groups = [group for group in rest if group[0] == due.supplier and rest[group] > 0]
        if not groups:
            words = f"Nothing is paid to {due.supplier_name} from which it could be taken off. It waits for an invoice."
            waiting.append(LeftOut(due, "credit_waits", words))
            continue
        group = max(groups, key=lambda each: (rest[each], each))
        amount = max(due.left, -rest[group])
        rest[group] += amount
        part = "" if amount == due.left else f", {-(due.left - amount):f} of it waits"
        taken.append(Pay(replace(due, account=group[1]), amount, _ZERO, f"Credit note set off{part}"))
    return taken, waiting
