"""Rules of requests: what a line comes to, how it is shared out, what is missing, and which changes matter."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.kernel.actor import Context
from app.kernel.choice import Labelled
from app.kernel.money import Money, minor_units
from app.kernel.problem import Problem
from app.modules.catalog import domain as catalog

LARGEST_TOTAL = Decimal(10) ** 13
WHOLE = Decimal(100)
MOST_EXTRA_DECIMALS = 4
# UN/ECE units in which work and time are counted; whatever is counted in others arrives somewhere.
SERVICE_UNITS = frozenset({"SEC", "MIN", "HUR", "DAY", "WEE", "MON", "ANN", "LS", "E48", "E51", "ACT"})
IN_FLIGHT = ("submitted", "approved")


class Share(Labelled):
    """How much of something has come about."""

    NONE = "none", "Not yet"
    PART = "part", "In part"
    ALL = "all", "All"


class Change(enum.Enum):
    """What a change of a field means for an approval that was asked for or given."""

    MATERIAL = "material"
    TOTAL = "total"
    HARMLESS = "harmless"
    DERIVED = "derived"


# Every field stands here; a new one without a class fails the tests. `TOTAL` matters by what it adds to the total,
# `DERIVED` follows from others or from what happened. Where a harmless field moves another budget year or
# delivery country, the content of the approval holds that year and country, and the change is material after all.
CHANGES: dict[str, dict[str, Change]] = {
    "request": {
        "title": Change.HARMLESS, "reason": Change.HARMLESS, "needed_by": Change.HARMLESS, "deliver_to": Change.HARMLESS,
        "wanted_for": Change.MATERIAL, "cost_centre": Change.MATERIAL, "project": Change.MATERIAL,
        "supplier": Change.MATERIAL, "currency": Change.MATERIAL,
        "number": Change.DERIVED, "requester": Change.DERIVED, "entity": Change.DERIVED, "state": Change.DERIVED,
        "revision": Change.DERIVED, "submitted_at": Change.DERIVED, "returned_reason": Change.DERIVED,
        "state_reason": Change.DERIVED, "total": Change.DERIVED, "base_total": Change.DERIVED, "rate": Change.DERIVED,
        "rate_on": Change.DERIVED, "rate_source": Change.DERIVED, "makers": Change.DERIVED, "ordered": Change.DERIVED,
    },
    "lines": {
        "item": Change.MATERIAL, "text": Change.MATERIAL, "unit": Change.MATERIAL, "category": Change.MATERIAL,
        "cost_centre": Change.MATERIAL, "project": Change.MATERIAL, "supplier": Change.MATERIAL,
        "quantity": Change.TOTAL, "unit_price": Change.TOTAL,
        "tax_code": Change.HARMLESS, "needed_by": Change.HARMLESS,
        "amount": Change.DERIVED, "account": Change.DERIVED, "from_catalogue": Change.DERIVED,
        "quantity_ordered": Change.DERIVED, "quantity_issued": Change.DERIVED,
    },
    "splits": {
        "line": Change.MATERIAL, "cost_centre": Change.MATERIAL, "project": Change.MATERIAL,
        "percent": Change.MATERIAL, "amount": Change.MATERIAL,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Portion:
    """The part of a line that one cost centre pays, in the currency of the request."""

    line: int
    cost_centre: Any
    category: Any
    project: Any
    on: date
    amount: Money


def amount_of(line: Any, currency: str) -> Money:
    """Compute what a line comes to, rounded to the coins of the currency."""
    if line.quantity is None or line.unit_price is None:
        return Money.zero(currency)
    return (Money(line.unit_price, currency) * line.quantity).rounded()


def catalogue_price(item: Any, quantity: Decimal | None, on: date, currency: str, supplier: Any) -> Any | None:
    """Choose the price the catalogue names for this quantity on this day, of the supplier when one is wanted."""
    prices = [price for price in item.prices if supplier is None or price.supplier is supplier]
    return catalog.best_price(prices, quantity or Decimal(1), on, currency)


def ledger_account(category: Any) -> str | None:
    """Find the ledger account of a category: its own, or the nearest above it."""
    while category is not None and not category.ledger_account:
        category = category.parent
    return None if category is None else str(category.ledger_account)


def splits_of(request: Any, index: int) -> list[Any]:
    """List how a line (counted from 0) is shared out; people count lines from 1."""
    return [split for split in request.splits if split.line == index + 1]


def portions(request: Any, today: date) -> Iterator[Portion]:
    """Share every line out over the cost centres that pay it; the parts of a line add up to its amount to the cent."""
    for index, line in enumerate(request.lines):
        whole = Money(line.amount or Decimal(0), request.currency.code)
        if not whole:
            continue
        on = line.needed_by or request.needed_by or today
        own = (line.cost_centre or request.cost_centre, line.project or request.project)
        for (cost_centre, project), amount in _shares(whole, own, splits_of(request, index)):
            if amount:
                yield Portion(index, cost_centre, line.category, project, on, amount)


def _shares(whole: Money, own: tuple[Any, Any], splits: list[Any]) -> Iterator[tuple[tuple[Any, Any], Money]]:
    places = [(split.cost_centre, split.project or own[1]) for split in splits]
    percents = [split.percent or Decimal(0) for split in splits]
    if any(percents):
        yield from zip(places, whole.split(percents), strict=True)
        return
    left = whole
    for place, split in zip(places, splits, strict=True):
        amount = Money(split.amount or Decimal(0), whole.currency).rounded()
        left -= amount
        yield place, amount
    yield own, left


def in_base(parts: Iterable[Money], base_total: Money) -> list[Money]:
    """Share the total in the base currency out as the parts are in theirs, so that no cent is lost by converting.

    What is charged and what is given back are shared out each for itself, so parts may be below zero.
    """
    weights = [part.amount for part in parts]
    charged = [max(weight, Decimal(0)) for weight in weights]
    back = [max(-weight, Decimal(0)) for weight in weights]
    if not any(charged) or not any(back):
        return base_total.split(list(map(abs, weights))) if any(weights) else []
    rate = base_total.amount / total if (total := sum(weights)) else Decimal(1)
    whole = Money(sum(charged) * rate, base_total.currency).rounded()
    shares = zip(whole.split(charged), (whole - base_total).split(back), strict=True)
    return [plus - minus for plus, minus in shares]


def left_to_issue(line: Any, also: Decimal = Decimal(0)) -> Decimal:
    """Tell which part of a line, from 0 to 1, no supplier has been asked for yet; `also` counts what is about to be."""
    if not line.quantity:
        return Decimal(1)
    return max(Decimal(0), line.quantity - (line.quantity_issued or 0) - also) / line.quantity


def share_ordered(lines: Iterable[Any]) -> Share:
    """Tell how much of a request suppliers have been asked for."""
    pairs = [(line.quantity_issued, line.quantity or Decimal(0)) for line in lines]
    if not any(issued for issued, _ in pairs):
        return Share.NONE
    return Share.ALL if all(issued >= wanted for issued, wanted in pairs) else Share.PART


def is_goods(line: Any) -> bool:
    """Say whether a line is something that arrives somewhere, and not work or time."""
    return line.unit is None or line.unit.code not in SERVICE_UNITS


def why_not_written(request: Any) -> list[Problem]:
    """Say what cannot be even in a draft."""
    problems = _other_entity(request, request.entity, "")
    for index, line in enumerate(request.lines):
        problems += [problem.at(f"lines.{index}") for problem in _why_not_line(line, request)]
    for index, split in enumerate(request.splits):
        problems += [problem.at(f"splits.{index}") for problem in _why_not_split(split, request)]
    if not problems and request.total >= LARGEST_TOTAL:
        problems.append(
            Problem("too_large", f"A request comes to less than {LARGEST_TOTAL:,} {request.currency}.", "lines")
        )
    return problems


def _why_not_line(line: Any, request: Any) -> list[Problem]:
    problems = _other_entity(line, request.entity, "")
    for name, label in (("quantity", "Quantity"), ("unit_price", "Unit price")):
        if (getattr(line, name) or 0) < 0:
            problems.append(Problem("negative", f"{label}: enter zero or more.", name))
    if line.quantity_ordered and line.quantity_ordered > (line.quantity or 0):
        words = f"Quantity: {_plain(line.quantity_ordered)} are on orders already. Enter at least as many."
        problems.append(Problem("ordered_already", words, "quantity"))
    if line.quantity is not None and line.unit is not None and _decimals(line.quantity) > line.unit.decimals:
        words = f"Quantity: {line.unit} is counted with {line.unit.decimals} decimals."
        problems.append(Problem("too_many_decimals", words, "quantity"))
    most = minor_units(request.currency.code) + MOST_EXTRA_DECIMALS
    if line.unit_price is not None and _decimals(line.unit_price) > most:
        problems.append(Problem("too_many_decimals", f"Unit price: use at most {most} decimals.", "unit_price"))
    return problems


def _why_not_split(split: Any, request: Any) -> list[Problem]:
    problems = _other_entity(split, request.entity, "")
    if not 1 <= (split.line or 0) <= len(request.lines):
        words = f"Line: choose a line that stands above, 1 to {len(request.lines)}."
        return [*problems, Problem("unknown_line", words, "line")]
    if split.percent is not None and split.amount is not None:
        problems.append(Problem("percent_or_amount", "Enter either a percent or an amount, not both.", "amount"))
    if split.percent is not None and not 0 <= split.percent <= WHOLE:
        problems.append(Problem("out_of_range", "Percent: enter a number from 0 to 100.", "percent"))
    if split.amount is not None and split.amount < 0:
        problems.append(Problem("negative", "Amount: enter zero or more.", "amount"))
    if split.amount is not None and _decimals(split.amount) > minor_units(request.currency.code):
        words = f"Amount: {request.currency} has {minor_units(request.currency.code)} decimals."
        problems.append(Problem("too_many_decimals", words, "amount"))
    return problems


def _other_entity(row: Any, entity: Any, prefix: str) -> list[Problem]:
    """Say which cost centre or project belongs to another entity than the one that pays."""
    problems = []
    for field in ("cost_centre", "project"):
        other = getattr(row, field)
        if other is not None and other.entity is not entity:
            words = f"{other} belongs to {other.entity}. Choose one of {entity}."
            problems.append(Problem("other_entity", words, prefix + field))
    return problems


def why_not_complete(request: Any) -> list[Problem]:
    """Say what is missing or no longer open before anybody is asked to decide."""
    problems = [*_why_not_source(request), *_why_not_open(request)]
    if not request.lines:
        problems.append(Problem("no_lines", "There is nothing in it yet. Enter a line.", "lines"))
    for index, line in enumerate(request.lines):
        problems += [problem.at(f"lines.{index}") for problem in _why_not_line_complete(line, request)]
        problems += _why_not_shared_out(request, index)
    if request.deliver_to is None and any(is_goods(line) for line in request.lines):
        problems.append(Problem("required", "Deliver to is missing. Choose where the goods go.", "deliver_to"))
    return problems


def _why_not_line_complete(line: Any, request: Any) -> list[Problem]:
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
    if line.quantity is not None and line.quantity <= 0:
        problems.append(Problem("not_positive", "Quantity: enter a number above zero.", "quantity"))
    if line.item is not None and line.item.state != "active":
        words = f"{line.item} is no longer bought. Choose another, or describe what you need in words."
        problems.append(Problem("item_retired", words, "item"))
    return [*problems, *_why_not_source(line, request.entity), *_why_not_open(line)]


def _why_not_source(row: Any, entity: Any = None) -> list[Problem]:
    """Say whether nothing may be bought from the supplier that is wanted."""
    supplier, entity = row.supplier, entity or getattr(row, "entity", None)
    if supplier is None:
        return []
    if supplier.state == "merged":
        words = f"{supplier} was merged into {supplier.merged_into}. Choose that one."
        return [Problem("merged_already", words, "supplier")]
    if supplier.state == "blocked":
        return [Problem("supplier_blocked", f"{supplier} is blocked. Choose another supplier, or none.", "supplier")]
    if supplier.entity is not None and supplier.entity is not entity:
        words = f"{supplier} serves {supplier.entity} only. Choose another supplier, or none."
        return [Problem("other_entity", words, "supplier")]
    return []


def _why_not_open(row: Any) -> list[Problem]:
    """Say what is closed and so takes no new costs or goods."""
    found = ((field, getattr(row, field, None)) for field in ("cost_centre", "project", "category", "deliver_to"))
    return [
        Problem("closed", f"{other} is closed. Choose one that is open.", field)
        for field, other in found
        if other is not None and other.state == "closed"
    ]


def _why_not_shared_out(request: Any, index: int) -> list[Problem]:
    """Say why the parts of a line do not make the whole."""
    splits = splits_of(request, index)
    if not splits:
        return []
    where = f"splits.{request.splits.index(splits[-1])}"
    closed = [problem.at(f"splits.{request.splits.index(each)}") for each in splits for problem in _why_not_open(each)]
    percents = [split.percent for split in splits if split.percent is not None]
    amounts = [split.amount for split in splits if split.amount is not None]
    if len(percents) != len(splits) and len(amounts) != len(splits):
        words = f"Line {index + 1} is shared out partly by percent. Use percents or amounts for all its parts."
        return [*closed, Problem("mixed_split", words, f"{where}.percent")]
    if percents and sum(percents) != WHOLE:
        words = f"The parts of line {index + 1} come to {_plain(sum(percents))} %. They must come to 100 %."
        return [*closed, Problem("not_whole", words, f"{where}.percent", {"sum": _plain(sum(percents))})]
    whole = request.lines[index].amount or Decimal(0)
    if amounts and sum(amounts) != whole:
        words = f"The parts of line {index + 1} come to {_plain(sum(amounts))}, the line to {_plain(whole)}."
        return [*closed, Problem("not_whole", words, f"{where}.amount", {"sum": _plain(sum(amounts))})]
    return closed


def why_not_for(request: Any) -> list[Problem]:
    """Say whether somebody who has left is asked for."""
    if request.wanted_for is not None and request.wanted_for.state == "left":
        return [Problem("left", f"{request.wanted_for} has left. Choose someone else.", "wanted_for")]
    return []


def why_not_in_time(request: Any, today: date) -> list[Problem]:
    """Say which day has passed already."""
    dated = [("needed_by", request), *((f"lines.{index}.needed_by", line) for index, line in enumerate(request.lines))]
    return [
        Problem("in_the_past", "Needed by: choose today or a later day.", field)
        for field, row in dated
        if row.needed_by is not None and row.needed_by < today
    ]


def accounts_of(request: Any) -> frozenset[int]:
    """Name the accounts of those who ask: the requester, whom it is for, and whoever had a hand in it."""
    people = (request.requester, request.wanted_for)
    own = {person.user_id for person in people if person is not None}
    return frozenset({*own, *(request.makers or ()), *([request.created_by] if request.created_by else [])})


def why_not_asker(context: Context, request: Any) -> list[Problem]:
    """Say that what is asked for is changed by those who ask, and not by those who decide."""
    if context.actor.is_system or context.actor.hands & accounts_of(request):
        return []
    words = f"{request.requester} asked for this and changes it. Request changes instead."
    return [Problem("not_yours", words, None, {"requester": request.requester.code})]


def why_not_overseen(context: Context, request: Any) -> list[Problem]:
    """Say that somebody takes part, and neither asks nor looks after the requests of this cost centre."""
    if not why_not_asker(context, request) or _oversees(context, request):
        return []
    words = f"This is for {request.requester}, who asked for it."
    return [Problem("not_yours", words, None, {"requester": request.requester.code})]


def why_not_cancellable(context: Context, request: Any) -> list[Problem]:
    """Say why an approved request cannot be let be: it is another's, or it is on an order."""
    if any(line.quantity_ordered for line in request.lines):
        words = "It is on an order already. Cancel that first, or close the request."
        return [*why_not_overseen(context, request), Problem("ordered_already", words)]
    return why_not_overseen(context, request)


def _oversees(context: Context, request: Any) -> bool:
    return any(
        entity in (None, request.entity.id) and (centre is None or f"/{centre}/" in request.cost_centre.path)
        for entity, centre in context.actor.reach("request.oversee").regions
    )


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(number: Any) -> str:
    return f"{Decimal(number).normalize():f}"
