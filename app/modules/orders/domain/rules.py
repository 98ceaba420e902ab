"""What stands against an order: as it is written, before it is decided, before it goes out, and while it is under way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from app.kernel.days import written
from app.kernel.money import minor_units
from app.kernel.problem import Problem
from app.modules.budgets.domain.claims import figure
from app.modules.orders.domain import amounts
from app.modules.orders.domain.kinds import OrderKind, ReceivedBy
from app.modules.requests.domain import is_goods

LARGEST_TOTAL = Decimal(10) ** 13
_WHOLE = Decimal(100)
_MOST_EXTRA_DECIMALS = 2


def why_not_written(order: Any) -> list[Problem]:
    """Say what cannot be even in a draft."""
    problems = [*_other_entity(order, order.entity), *_why_not_kind(order), *_why_not_instalments(order)]
    problems += _why_not_advance(order)
    for index, line in enumerate(order.lines):
        problems += [problem.at(f"lines.{index}") for problem in _why_not_line(line, order)]
    for index, charge in enumerate(order.extra_charges):
        problems += [problem.at(f"extra_charges.{index}") for problem in _why_not_charge(charge, order)]
    for index, split in enumerate(order.splits):
        problems += [problem.at(f"splits.{index}") for problem in _why_not_split(split, order)]
    for index, source in enumerate(order.sources):
        if not 1 <= (source.line or 0) <= len(order.lines):
            problems.append(_unknown_line(order).at(f"sources.{index}"))
    if not problems and abs(order.total) >= LARGEST_TOTAL:
        problems.append(
            Problem("too_large", f"An order comes to less than {LARGEST_TOTAL:,} {order.currency}.", "lines")
        )
    return problems


def _why_not_kind(order: Any) -> list[Problem]:
    """Say what a blanket order needs, and what only it has."""
    is_blanket = order.kind is OrderKind.BLANKET
    problems = []
    if is_blanket and order.blanket is not None:
        problems.append(Problem("not_needed", "A blanket order calls nothing off. Leave this empty.", "blanket"))
    if is_blanket and order.sources:
        problems.append(
            Problem("not_needed", "Requests are ordered by call-offs, not by the blanket order.", "sources")
        )
    if is_blanket and order.extra_charges:
        problems.append(
            Problem("not_needed", "Charges are agreed with each call-off. Leave this empty.", "extra_charges")
        )
    if is_blanket and (order.deposit_percent or order.deposit_amount):
        words = "A deposit is agreed with each call-off. Leave this empty."
        problems.append(Problem("not_needed", words, "deposit_percent" if order.deposit_percent else "deposit_amount"))
    if not is_blanket and order.ceiling is not None:
        problems.append(Problem("not_needed", "Only a blanket order has a ceiling. Leave this empty.", "ceiling"))
    if is_blanket and order.ceiling is not None and order.ceiling < (order.called_off or 0):
        words = f"Ceiling: {_plain(order.called_off)} are called off already. Enter at least as much."
        problems.append(Problem("below_called_off", words, "ceiling"))
    called = order.blanket
    if called is not None:
        if called.kind is not OrderKind.BLANKET:
            problems.append(Problem("not_blanket", f"{called.number} is no blanket order. Choose one.", "blanket"))
        problems += [
            Problem("not_as_blanket", f"{called.number} is with {theirs}. Choose the same.", field)
            for field in ("supplier", "currency", "entity")
            if (theirs := getattr(called, field)) is not getattr(order, field)
        ]
    return problems


def _why_not_instalments(order: Any) -> list[Problem]:
    try:
        amounts.instalments_of(order.instalments)
    except ValueError:
        words = "Instalments: write percent and days, such as 50 % 0, 50 % 30. They come to 100 %."
        return [Problem("bad_instalments", words, "instalments")]
    return []


def _why_not_charge(charge: Any, order: Any) -> list[Problem]:
    if charge.amount is None:
        return []
    most = minor_units(order.currency.code)
    if _decimals(charge.amount) > most:
        return [Problem("too_many_decimals", f"Amount: use at most {most} decimals.", "amount")]
    return [] if charge.amount > 0 else [Problem("not_positive", "Amount: enter an amount above zero.", "amount")]


def _why_not_advance(order: Any) -> list[Problem]:
    """Say how a deposit is written: as a percent or as an amount."""
    percent, amount = order.deposit_percent, order.deposit_amount
    if percent is not None and amount is not None:
        words = "Deposit: enter either a percent or an amount, not both."
        return [Problem("percent_or_amount", words, "deposit_amount")]
    if percent is not None and not 0 < percent <= _WHOLE:
        words = "Deposit in percent: enter a number above 0, up to 100."
        return [Problem("out_of_range", words, "deposit_percent")]
    if amount is not None and amount <= 0:
        return [Problem("not_positive", "Deposit: enter an amount above zero.", "deposit_amount")]
    return []


def _why_not_line(line: Any, order: Any) -> list[Problem]:
    problems = _other_entity(line, order.entity)
    if (line.unit_price or 0) < 0:
        problems.append(Problem("negative", "Unit price: enter zero or more.", "unit_price"))
    if line.quantity is not None and line.unit is not None and _decimals(line.quantity) > line.unit.decimals:
        words = f"Quantity: {line.unit} is counted with {line.unit.decimals} decimals."
        problems.append(Problem("too_many_decimals", words, "quantity"))
    most = min(4, minor_units(order.currency.code) + _MOST_EXTRA_DECIMALS)
    if line.unit_price is not None and _decimals(line.unit_price) > most:
        problems.append(Problem("too_many_decimals", f"Unit price: use at most {most} decimals.", "unit_price"))
    try:
        amounts.discounts_of(line.discounts)
    except ValueError:
        words = "Discounts: write up to three percents, such as 10+5. Each is taken off what is left."
        problems.append(Problem("bad_discounts", words, "discounts"))
    return [*problems, *_why_not_enough(line)]


def _why_not_enough(line: Any) -> list[Problem]:
    """Say that a line cannot shrink below what has arrived or was invoiced."""
    quantity = line.quantity or Decimal(0)
    done = max(abs(line.quantity_received or 0), abs(line.quantity_invoiced or 0))
    if done and abs(quantity) < done + abs(line.short_closed_quantity or 0):
        words = f"Quantity: {_plain(done)} have been received or invoiced already. Enter at least as many."
        return [Problem("received_already", words, "quantity")]
    return []


def _why_not_split(split: Any, order: Any) -> list[Problem]:
    problems = _other_entity(split, order.entity)
    if not 1 <= (split.line or 0) <= len(order.lines):
        return [*problems, _unknown_line(order)]
    if split.percent is not None and split.amount is not None:
        problems.append(Problem("percent_or_amount", "Enter either a percent or an amount, not both.", "amount"))
    if split.percent is not None and not 0 <= split.percent <= _WHOLE:
        problems.append(Problem("out_of_range", "Percent: enter a number from 0 to 100.", "percent"))
    if split.amount is not None and split.amount < 0:
        problems.append(Problem("negative", "Amount: enter zero or more.", "amount"))
    return problems


def _unknown_line(order: Any) -> Problem:
    return Problem("unknown_line", f"Line: choose a line that stands above, 1 to {len(order.lines)}.", "line")


def _other_entity(row: Any, entity: Any) -> list[Problem]:
    """Say which cost centre or project belongs to another entity than the one that pays."""
    return [
        Problem("other_entity", f"{other} belongs to {other.entity}. Choose one of {entity}.", field)
        for field in ("cost_centre", "project")
        if (other := getattr(row, field)) is not None and other.entity is not entity
    ]


def why_not_complete(order: Any) -> list[Problem]:
    """Say what is missing or no longer open before anybody is asked to decide."""
    problems = [*why_not_supplied(order), *_why_not_open(order)]
    if order.kind is OrderKind.BLANKET:
        problems += [
            Problem("required", f"{label} is missing. Enter it.", field)
            for field, label in (("ceiling", "Ceiling"), ("valid_until", "Valid until"))
            if getattr(order, field) is None
        ]
    elif not order.lines:
        problems.append(Problem("no_lines", "There is nothing in it yet. Enter a line.", "lines"))
    for index, line in enumerate(order.lines):
        problems += [problem.at(f"lines.{index}") for problem in _why_not_line_complete(line, order)]
        problems += why_not_shared_out(order, index)
    needs_place = order.kind is OrderKind.STANDARD and any(is_goods(line) for line in order.lines)
    problems += _why_not_deposit(order)
    if order.deliver_to is None and needs_place:
        problems.append(Problem("required", "Deliver to is missing. Choose where the goods go.", "deliver_to"))
    return problems


def _why_not_deposit(order: Any) -> list[Problem]:
    """Say that no more is paid before delivery than the order comes to."""
    if order.deposit <= max(Decimal(0), order.net_total):
        return []
    whole = figure(order.net_total, order.currency.code)
    return [
        Problem("above_total", f"Deposit: the order comes to {whole} net. Enter at most as much.", "deposit_amount")
    ]


def _why_not_line_complete(line: Any, order: Any) -> list[Problem]:
    problems = [
        Problem("required", f"{label} is missing. {verb} it.", name)
        for name, label, verb in (
            ("text", "Text", "Enter"),
            ("quantity", "Quantity", "Enter"),
            ("unit", "Unit", "Choose"),
            ("unit_price", "Unit price", "Enter"),
            ("category", "Category", "Choose"),
        )
        if getattr(line, name) in (None, "")
    ]
    if line.quantity is not None and not line.quantity and not line.issued_quantity:
        words = "Quantity: enter a number above zero, or below it for what goes back."
        problems.append(Problem("not_positive", words, "quantity"))
    if line.item is not None and line.item.state != "active":
        problems.append(Problem("item_retired", f"{line.item} is no longer bought. Choose another.", "item"))
    return [*problems, *_why_not_open(line)]


def why_not_supplied(order: Any) -> list[Problem]:
    """Say whether nothing may be bought from the supplier, or not yet."""
    supplier = order.supplier
    if supplier.state == "merged":
        words = f"{supplier} was merged into {supplier.merged_into}. Choose that one."
        return [Problem("merged_already", words, "supplier")]
    if supplier.state == "blocked":
        return [Problem("supplier_blocked", f"{supplier} is blocked. Choose another supplier.", "supplier")]
    if supplier.entity is not None and supplier.entity is not order.entity:
        words = f"{supplier} serves {supplier.entity} only. Choose another supplier."
        return [Problem("other_entity", words, "supplier")]
    return []


def why_not_approved_supplier(order: Any) -> list[Problem]:
    """Say that an order waits until its supplier is approved."""
    if order.supplier.state == "prospect":
        words = f"{order.supplier} is not approved yet. Have the supplier approved first."
        return [*why_not_supplied(order), Problem("supplier_not_approved", words, "supplier")]
    return why_not_supplied(order)


def why_not_valid(order: Any, today: date) -> list[Problem]:
    """Say that a blanket order, or the one it calls off, does not hold today."""
    if order.kind is OrderKind.BLANKET:
        if order.valid_until is not None and order.valid_until < today:
            return [Problem("expired", "Valid until: this day has passed. Choose a later one.", "valid_until")]
        return []
    called = order.blanket
    if called is None:
        return []
    if called.state != "issued":
        return [
            Problem("blanket_not_issued", f"{called.number} is {called.state}, so nothing is called off it.", "blanket")
        ]
    if called.valid_until is not None and called.valid_until < today:
        return [
            Problem(
                "expired",
                f"{called.number} was valid until {written(called.valid_until)}. Extend it first.",
                "blanket",
            )
        ]
    if called.valid_from is not None and called.valid_from > today:
        return [Problem("not_yet_valid", f"{called.number} is valid from {written(called.valid_from)} on.", "blanket")]
    return []


def why_not_under_ceiling(order: Any, others: Decimal) -> list[Problem]:
    """Say that a call-off comes to more than the blanket order has left; `others` is called off besides it."""
    called = order.blanket
    if called is None or called.ceiling is None or others + order.net_total <= called.ceiling:
        return []
    currency = order.currency.code
    left, whole = figure(called.ceiling - others, currency), figure(order.net_total, currency)
    words = f"{called.number} has {left} left under its ceiling, this comes to {whole}."
    return [Problem("above_ceiling", words, "blanket", {"left": f"{called.ceiling - others:f}"})]


def _why_not_open(row: Any) -> list[Problem]:
    """Say what is closed and so takes no new costs or goods."""
    found = ((field, getattr(row, field, None)) for field in ("cost_centre", "project", "category", "deliver_to"))
    return [
        Problem("closed", f"{other} is closed. Choose one that is open.", field)
        for field, other in found
        if other is not None and other.state == "closed"
    ]


def why_not_shared_out(order: Any, index: int) -> list[Problem]:
    """Say why the parts of a line do not make the whole."""
    splits = [split for split in order.splits if split.line == index + 1]
    if not splits:
        return []
    where = f"splits.{order.splits.index(splits[-1])}"
    closed = [problem.at(f"splits.{order.splits.index(each)}") for each in splits for problem in _why_not_open(each)]
    percents = [split.percent for split in splits if split.percent is not None]
    parts = [split.amount for split in splits if split.amount is not None]
    if len(percents) != len(splits) and len(parts) != len(splits):
        words = f"Line {index + 1} is shared out partly by percent. Use percents or amounts for all its parts."
        return [*closed, Problem("mixed_split", words, f"{where}.percent")]
    if percents and sum(percents) != _WHOLE:
        words = f"The parts of line {index + 1} come to {_plain(sum(percents))} %. They must come to 100 %."
        return [*closed, Problem("not_whole", words, f"{where}.percent", {"sum": _plain(sum(percents))})]
    whole = abs(order.lines[index].amount or Decimal(0))
    if parts and sum(parts) != whole:
        words = f"The parts of line {index + 1} come to {_plain(sum(parts))}, the line to {_plain(whole)}."
        return [*closed, Problem("not_whole", words, f"{where}.amount", {"sum": _plain(sum(parts))})]
    return closed


def why_not_removed(gone: Iterable[Any]) -> list[Problem]:
    """Say which lines cannot be taken out, as something of them has arrived or was invoiced."""
    return [
        Problem("received_already", f"{line}: received or invoiced already, so the line stays.", "lines")
        for line in gone
        if line.quantity_received or line.amount_received or line.quantity_invoiced or line.amount_invoiced
    ]


def why_not_short(line: Any, quantity: Decimal | None) -> list[Problem]:
    """Say why not so much of a line can be given up."""
    left = line.quantity_open
    if line.received_by is ReceivedBy.AMOUNT and line.amount_received:
        left = line.issued_quantity - line.short_closed_quantity  # money is accepted, the quantity stays as a whole
    if not left:
        return [Problem("nothing_open", "Nothing of this line is open any more.", "line")]
    if quantity is not None and not (0 < abs(quantity) <= abs(left) and (quantity > 0) == (left > 0)):
        words = f"Quantity: {_plain(left)} are open. Enter at most as many, or leave it empty for all."
        return [Problem("more_than_open", words, "quantity", {"open": _plain(left)})]
    return []


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(number: Any) -> str:
    return f"{Decimal(number).normalize():f}"
