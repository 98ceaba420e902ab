"""Rules of receipts: what a line counts, what may arrive, what may go back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from app.kernel.choice import Labelled
from app.kernel.money import Money, Percent
from app.kernel.problem import Problem
from app.modules.orders.domain.kinds import ReceivedBy

_ZERO, _WHOLE = Decimal(0), Decimal(100)


class Condition(Labelled):
    """In which state something arrived."""

    GOOD = "good", "Good"
    DAMAGED = "damaged", "Damaged"
    WRONG = "wrong", "Not what was ordered"


def amount_of(line: Any, currency: str) -> Decimal:
    """Tell how much money a line accepts: as typed, or as a percent of what was ordered."""
    if line.percent is not None:
        return Percent(line.percent).of(Money(line.order_line.amount, currency)).rounded().amount
    return line.amount or _ZERO


def why_not_line(line: Any, order: Any) -> list[Problem]:
    """Say what is wrong with one line by itself."""
    # The lines of the order first: they come in one statement, one after the other in as many as there are.
    known, ordered = order.lines, line.order_line
    if ordered is None:
        return [Problem("unknown_line", f"Line: choose a line of {order.number}, 1 to {len(known)}.", "line")]
    if ordered.received_by is ReceivedBy.NOTHING:
        return [Problem("not_received", f"{ordered} is not received. Leave this line out.", "line")]
    if ordered.received_by is ReceivedBy.AMOUNT:
        return _why_not_amount(line, ordered)
    if line.amount is not None or line.percent is not None:
        return [Problem("by_quantity", f"{ordered} is counted. Enter a quantity only.", "quantity")]
    problems = []
    if not line.quantity:
        words = "Quantity: enter a number above zero, or below it for what goes back."
        problems.append(Problem("not_positive", words, "quantity"))
    elif ordered.unit is not None and _decimals(line.quantity) > ordered.unit.decimals:
        words = f"Quantity: {ordered.unit} is counted with {ordered.unit.decimals} decimals."
        problems.append(Problem("too_many_decimals", words, "quantity"))
    return problems


def _why_not_amount(line: Any, ordered: Any) -> list[Problem]:
    if line.quantity is not None:
        return [Problem("by_amount", f"{ordered} is accepted in money. Enter an amount or a percent.", "quantity")]
    if (line.amount is None) == (line.percent is None):
        return [Problem("amount_or_percent", "Enter either an amount or a percent.", "amount")]
    if not line.amount and not line.percent:
        return [Problem("not_positive", "Enter more than zero, or less for what is taken back.", "amount")]
    return []


def why_not_reasoned(line: Any, counted: Decimal) -> list[Problem]:
    """Say that what goes back needs a reason; a line that is ordered below zero goes back anyway."""
    ordered = line.order_line
    if counted * (ordered.issued_quantity or 1) < 0 and not line.reason:
        return [Problem("required", "Reason is missing. Say why it goes back.", "reason")]
    return []


def why_not_back(line: Any, counted: Decimal, stayed: Decimal) -> list[Problem]:
    """Say that a line names where it had come although nothing goes back, or that no more of that is left."""
    came_with, ordered = line.came_with, line.order_line
    sign = -1 if (ordered.issued_quantity or 1) < 0 else 1
    if came_with is None:
        return []
    if counted * sign > 0:
        words = f"Nothing of this line goes back. Leave {came_with.number} out, or enter the quantity below zero."
        return [Problem("not_going_back", words, "came_with")]
    if (stayed + counted) * sign < 0:
        words = f"Only {_plain(stayed * sign)} of what came with {came_with.number} are left, so no more can go back."
        return [Problem("more_than_received", words, "quantity", {"received": _plain(stayed * sign)})]
    return []


def why_not_came_with(line: Any, receipt: Any) -> list[Problem]:
    """Say that goods did not come with the receipt that is named."""
    named = line.came_with
    if named is None or (named.order is receipt.order and named.state == "posted" and named is not receipt):
        return []
    words = f"Came with: choose a posted receipt of {receipt.order.number}, not {named.number}."
    return [Problem("other_receipt", words, "came_with")]


def why_not_arrived(line: Any, before: Decimal, counted: Decimal, tolerated: Decimal) -> list[Problem]:
    """Say that more would have arrived than was ordered and is tolerated, or more gone back than had come."""
    ordered = line.order_line
    expected = ordered.issued_quantity - ordered.short_closed_quantity
    sign = -1 if ordered.issued_quantity < 0 else 1
    after, most = (before + counted) * sign, expected * sign + tolerated
    if after < 0:
        words = f"Only {_plain(before * sign)} have arrived, so no more can go back."
        return [Problem("more_than_received", words, "quantity", {"received": _plain(before * sign)})]
    if counted * sign > 0 and after > most:
        left = max(_ZERO, expected * sign - before * sign)
        allowed = f" and {_plain(tolerated)} more are tolerated" if tolerated else ""
        words = f"{_plain(left)} are still open{allowed}. Enter at most as many, or amend the order."
        return [Problem("more_than_ordered", words, "quantity", {"open": _plain(left)})]
    return []


def why_not_accepted(before: Decimal, counted: Decimal, expected: Decimal) -> list[Problem]:
    """Say that more would be accepted than was ordered, or more taken back than was accepted."""
    if before + counted < 0:
        words = f"Only {_plain(before)} were accepted, so no more can be taken back."
        return [Problem("more_than_received", words, "amount", {"received": _plain(before)})]
    if counted > 0 and before + counted > expected:
        left = max(_ZERO, expected - before)
        words = f"{_plain(left)} are still open. Enter at most as much, or amend the order."
        return [Problem("more_than_ordered", words, "amount", {"open": _plain(left)})]
    return []


def summed(lines: Iterable[tuple[int, Decimal]]) -> Mapping[int, Decimal]:
    """Add up what several lines count for one line of the order."""
    totals: dict[int, Decimal] = {}
    for line_id, counted in lines:
        totals[line_id] = totals.get(line_id, _ZERO) + counted
    return totals


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
