"""How approved requests become lines of an order: what belongs together, how much is left, how much has to be bought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.kernel.problem import Problem
from app.modules.catalog import domain as catalog

_ZERO = Decimal(0)


def left_of(asked: Any) -> Decimal:
    """Tell how much of a request's line is on no order yet."""
    return max(_ZERO, (asked.quantity or _ZERO) - (asked.quantity_ordered or _ZERO))


def belongs_to(line: Any, order: Any, asked: Any, request: Any) -> bool:
    """Say whether a line of a request may be bought in a line of an order: the same thing, paid in the same place."""
    if line.item is not asked.item or (line.item is None and line.text != asked.text):
        return False
    own = ((line.cost_centre or order.cost_centre), (line.project or order.project), line.unit, line.category)
    theirs = (
        (asked.cost_centre or request.cost_centre),
        (asked.project or request.project),
        asked.unit,
        asked.category,
    )
    return all(one is other for one, other in zip(own, theirs, strict=True))


def least_of(item: Any, supplier: Any, on: date) -> Decimal:
    """Tell the smallest quantity that a supplier sells of an item; zero where nobody says."""
    offers = [
        price.minimum_quantity
        for price in (item.prices if item is not None else ())
        if price.supplier is supplier and catalog.is_valid(price, on)
    ]
    return min(offers, default=_ZERO)


def shared_out(quantity: Decimal, taken: Sequence[Decimal], most: Sequence[Decimal]) -> list[Decimal]:
    """Share a line's quantity out over what it is for: as before as far as it goes, the rest up to what each allows."""
    shares, left = [], quantity
    for have in taken:
        shares.append(min(have, left))
        left -= shares[-1]
    for at, allowed in enumerate(most):
        more = min(left, max(_ZERO, allowed - shares[at]))
        shares[at] += more
        left -= more
    return shares


def give_back(sources: Sequence[Any], surplus: Decimal, quantity: Decimal) -> None:
    """Let undelivered quantity go back to the requests it was for: what was bought beyond them goes first, then the last."""
    left = max(_ZERO, quantity - max(_ZERO, surplus))
    for source in reversed(sources):
        back = min(left, source.quantity - source.returned)
        source.returned += back
        left -= back


def why_not_source(source: Any) -> list[Problem]:
    """Say why a request cannot be ordered: it is not approved, or it has no such line."""
    request = source.request
    if source.asked is None:
        words = f"{request.number} has lines 1 to {len(request.lines)}. Choose one of them."
        return [Problem("unknown_line", words, "request_line")]
    return []


def why_not_approved(source: Any) -> list[Problem]:
    """Say that only what is approved is ordered."""
    if source.request.state == "approved":
        return []
    words = f"{source.request.number} is {source.request.state}. Only approved requests are ordered."
    return [Problem("request_not_approved", words, "request")]


def why_not_left(source: Any, left: Decimal) -> list[Problem]:
    """Say that more is ordered than was approved; `left` is what other orders and lines have left of it."""
    if source.quantity - source.returned <= left:
        return []
    whole = f"{source.asked.quantity.normalize():f}"
    words = f"{source.request.number}, line {source.request_line}: {left.normalize():f} of {whole} are left to order. Enter at most as many."
    return [Problem("more_than_approved", words, "quantity", {"left": f"{left.normalize():f}"})]


def is_covered(order: Any, in_base: Any) -> bool:
    """Say whether an order buys nothing but what was approved, from whom and where it was, at no higher price.

    `in_base` turns an amount of a document into the base currency. Freight and the like have room in what was approved
    and is not used by the lines.
    """
    if not order.lines or order.blanket is not None:
        return False
    left = [_left_by_line(order, index, line, in_base) for index, line in enumerate(order.lines)]
    known = [each for each in left if each is not None and each >= 0]
    return len(known) == len(left) and in_base(order, order.charges_total) <= sum(known)


def _left_by_line(order: Any, index: int, line: Any, in_base: Any) -> Decimal | None:
    """Tell what was approved for a line and is not used by it; None where something else was approved, or nothing."""
    sources = [source for source in order.sources if source.line == index + 1 and source.asked is not None]
    agreed = _ZERO
    for source in sources:
        request, asked = source.request, source.asked
        wanted = asked.supplier or request.supplier
        if request.state != "approved" or not belongs_to(line, order, asked, request):
            return None
        if wanted is not None and wanted is not order.supplier:
            return None
        if _splits(request, asked) != _order_splits(order, index):
            return None
        agreed += in_base(request, asked.amount * source.quantity / asked.quantity) if asked.quantity else _ZERO
    return Decimal(agreed - in_base(order, line.amount)) if sources else None


def _splits(request: Any, asked: Any) -> list[Any]:
    number = next((at for at, each in enumerate(request.lines, 1) if each is asked), 0)
    return sorted(
        (split.cost_centre.id, split.percent or split.amount) for split in request.splits if split.line == number
    )


def _order_splits(order: Any, index: int) -> list[Any]:
    return sorted(
        (split.cost_centre.id, split.percent or split.amount) for split in order.splits if split.line == index + 1
    )
