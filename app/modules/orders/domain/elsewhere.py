"""Orders that were placed elsewhere: what a file says of them, and where that leaves them here (decision 28)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.kernel.choice import Labelled
from app.kernel.days import written
from app.kernel.money import CURRENCIES, Money
from app.kernel.problem import Problem
from app.modules.orders.domain.kinds import CHARGE_CODES, ChargeKind

CANCELLED = "Cancelled where it was placed"
CLOSED = "Closed where it was placed"
MOST_DECIMALS = Decimal("0.000001")
_ZERO, _ONE = Decimal(0), Decimal(1)
_NO_MARKS = ("", "no", "n", "false", "f", "0", "-", "n/a", "none", "not cancelled", "not canceled")
# What still awaits goods or an invoice is open: only where nothing is to come any more has an order ended.
_ENDED = (
    "closed",
    "finally closed",
    "soft closed",
    "complete",
    "completed",
    "compl",
    "done",
    "finished",
    "fulfilled",
    "paid",
    "fully paid",
    "invoiced",
    "fully invoiced",
    "reconciled",
    "liquidated",
    "expired",
    "archived",
)
_CANCELLED = ("void", "voided", "deleted", "rejected", "denied", "withdrawn", "terminated")
_OPEN = (
    "",
    "open",
    "approved",
    "issued",
    "sent",
    "placed",
    "in process",
    "in progress",
    "pending",
    "ordered",
    "on order",
    "dispatched",
    "printed",
    "released",
    "acknowledged",
    "confirmed",
    "active",
    "new",
    "initial",
    "draft",
    "incomplete",
    "on hold",
    "requires reapproval",
    "reopened",
    "back ordered",
    "backordered",
    "backorder",
    "open order",
    "shipped",
    "delivered",
    "received",
    "fully received",
    "received in full",
    "received not invoiced",
    "closed for receiving",
    "closed for invoice",
    "closed for invoicing",
)
_UNDER_WAY = re.compile(r"(part|partial|partially|partly|pending|awaiting)\b.*")
_ORDERED = ("", "no", "none", "-", "line", "order line", "goods", "item", "material", "service", "services")
_CHARGES = {name.casefold(): kind for kind in ChargeKind for name in (kind.label, kind.value.replace("_", " "))}
ALL_CHARGES = ", ".join(kind.label.lower() for kind in ChargeKind)
#: What people call the units of UN/ECE Recommendation 20 that orders are full of.
_UNITS = {
    "each": "C62", "ea": "C62", "piece": "C62", "pieces": "C62", "pcs": "C62", "unit": "C62", "hour": "HUR", "day": "DAY",
    "week": "WEE", "month": "MON", "year": "ANN", "pair": "PR", "pound": "LBR", "foot": "FOT", "square foot": "FTK",
    "gallon": "GLL", "mile": "SMI", "case": "CS", "carton": "CT", "pack": "PK", "roll": "RO", "lot": "LO", "set": "SET",
    "kilogram": "KGM", "kg": "KGM", "litre": "LTR", "liter": "LTR", "metre": "MTR", "meter": "MTR",
}  # fmt: skip


class Standing(Labelled):
    """Where a line has come to in the house it was placed in."""

    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """One line of an order as a file states it."""

    text: str
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    amount: Decimal | None = None
    item: str = ""
    supplier_item: str = ""
    category: str = ""
    tax_percent: Decimal | None = None
    promised_for: date | None = None
    standing: Standing = Standing.OPEN
    charge: ChargeKind | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """An order as a file states it; `row` is where it begins there, and `rows` are how many it takes."""

    number: str
    row: int = 1
    rows: int = 1
    ordered_on: date | None = None
    supplier: str = ""
    supplier_country: str = ""
    buyer: str = ""
    buyer_tax_ids: tuple[str, ...] = ()
    currency: str = ""
    cost_centre: str = ""
    note: str = ""
    stated_net: Decimal | None = None
    lines: tuple[PlacedLine, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def net(self) -> Decimal:
        """Add up what the lines come to."""
        return sum((line.amount or _ZERO for line in self.lines), _ZERO)


def state_of(placed: Placed) -> str:
    """Tell where an order stands here: what has ended elsewhere is on record, what has not begins as a draft."""
    standings = {line.standing for line in placed.lines}
    if standings == {Standing.CANCELLED}:
        return "cancelled"
    return "draft" if Standing.OPEN in standings else "closed"


def parted(placed: Placed) -> tuple[list[PlacedLine], list[PlacedLine]]:
    """Tell the lines of an order from what is charged beside them.

    An allowance lowers lines, a charge that has ended while the rest has not is a line to be given up, and where nothing
    else is ordered the charges are what is ordered.
    """
    is_over = state_of(placed) != "draft"
    parts: dict[bool, list[PlacedLine]] = {False: [], True: []}
    for line in placed.lines:
        is_due = is_over or line.standing is Standing.OPEN
        parts[line.charge is not None and is_due and (line.amount or _ZERO) > 0].append(line)
    return (parts[False], parts[True]) if parts[False] else (parts[True], [])


def charge_of(stated: str) -> ChargeKind | None:
    """Read what kind of charge a row is, none where it is what is ordered; raises ValueError for any other word."""
    word = " ".join(stated.replace("_", " ").casefold().split())
    if word not in _ORDERED and word not in _CHARGES:
        raise ValueError(stated)
    return _CHARGES.get(word)


def charge_kind(code: str, reason: str) -> ChargeKind:
    """Tell the kind of a charge by its code, else by a reason that is the very name of a kind."""
    return CHARGE_CODES.get(code) or _CHARGES.get(reason.casefold(), ChargeKind.OTHER)


def standing_of(cancelled: str, status: str) -> Standing | None:
    """Read the marks of a line; None where the word is not known."""
    word = " ".join(re.sub(r"[\s_\-/]+", " ", status.casefold()).split())
    if cancelled.strip().casefold() not in _NO_MARKS or word.startswith("cancel") or word in _CANCELLED:
        return Standing.CANCELLED
    if word in _ENDED:
        return Standing.CLOSED
    return Standing.OPEN if word in _OPEN or _UNDER_WAY.fullmatch(word) else None


def unit_code(stated: str) -> str:
    """Give the code of a unit by what people call it; codes stay as they are."""
    word = " ".join(stated.casefold().split())
    return _UNITS.get(word) or _UNITS.get(word.removesuffix("s")) or stated


def completed(placed: Placed) -> Placed:
    """Fill in of each line what follows from the rest: a sum without a quantity counts once, an amount is computed."""
    return replace(placed, lines=tuple(_completed(line, placed.currency) for line in placed.lines))


def _completed(line: PlacedLine, currency: str) -> PlacedLine:
    quantity, price = line.quantity, line.unit_price
    if price is None and line.amount is not None and quantity is None:
        quantity, price = (_ONE, line.amount) if line.amount >= 0 else (-_ONE, -line.amount)
    amount = line.amount
    if amount is None and quantity is not None and price is not None and currency in CURRENCIES:
        amount = Money(quantity * price, currency).rounded().amount
    text = line.text or (line.charge.label if line.charge is not None else "")
    return replace(line, text=text, quantity=quantity, unit_price=price, amount=amount)


def why_not_placed(placed: Placed, today: date) -> list[Problem]:
    """Say why an order cannot be taken in as it is stated; `placed` is completed."""
    problems = [
        *placed.problems,
        *(
            Problem("required", f"{label} is missing in the file.", field)
            for field, label, value in (
                ("number", "Number", placed.number),
                ("supplier", "Supplier", placed.supplier),
                ("ordered_on", "Date of the order", placed.ordered_on),
                ("lines", "Every line", placed.lines),
            )
            if not value
        ),
    ]
    if placed.ordered_on is not None and placed.ordered_on > today:
        problems.append(
            Problem("in_future", f"Date of the order: {written(placed.ordered_on)} is still to come.", "ordered_on")
        )
    if placed.currency not in CURRENCIES:
        words = f"Currency: {placed.currency[:10] or 'none'} is stated. Use a three-letter code, such as EUR, or say it for all rows."
        problems.append(Problem("unknown_currency", words, "currency"))
        return problems
    for number, line in enumerate(placed.lines, 1):
        problems += [problem.at(f"lines.{number - 1}") for problem in _why_not_line(number, line, placed.currency)]
    if placed.stated_net is not None and not problems and placed.net != placed.stated_net:
        words = f"The lines come to {placed.net:f} {placed.currency}, the order says {placed.stated_net:f}."
        problems.append(Problem("does_not_add_up", words, "lines"))
    return problems


def _why_not_line(number: int, line: PlacedLine, currency: str) -> Iterable[Problem]:
    if not line.text:
        yield Problem("required", f"Line {number}: it does not say what is ordered.", "text")
    if line.quantity is None or line.unit_price is None or line.amount is None:
        yield Problem("required", f"Line {number}: enter quantity and price, or the amount.", "quantity")
        return
    kept = line.quantity.quantize(MOST_DECIMALS) if line.standing is Standing.OPEN else line.quantity
    computed = Money(kept * line.unit_price, currency).rounded().amount
    if computed != line.amount:
        words = (
            f"Line {number}: {kept.normalize():f} x {line.unit_price:f} is {computed:f}, the file says {line.amount:f}."
        )
        yield Problem("does_not_add_up", words, "amount")
