"""What an order charges to budgets: each line's open amount, shared out over those who pay it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from app.kernel.money import Money
from app.modules.budgets.domain import Claim
from app.modules.orders.domain.kinds import OrderKind
from app.modules.requests.domain import in_base

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a line that another cost centre or project pays."""

    cost_centre_id: int
    project_id: int | None
    percent: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Payer:
    """A cost centre and project that pay a share of a line, by weight."""

    cost_centre_id: int
    project_id: int | None
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Charge:
    """A line as it is charged: as it stands on the order, or as it stood in an issued revision."""

    line_id: int | None
    index: int
    quantity: Decimal
    amount: Decimal
    cost_centre_id: int
    category_id: int | None
    project_id: int | None
    on: date
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """What of a line is no longer committed: the quantity that is not delivered any more, and what was invoiced."""

    short_closed: Decimal = _ZERO
    invoiced: Decimal = _ZERO


@dataclass(frozen=True, slots=True)
class Terms:
    """In what an order is charged: entity, its currency and base currency, and the rate between them."""

    entity_id: int
    currency: str
    base: str
    rate: Decimal
    rate_on: date | None = None
    rate_source: str | None = None


def charges_of(order: Any, today: date) -> tuple[Charge, ...]:
    """Read the lines of an order as they stand; a blanket order charges nothing, its call-offs do."""
    if order.kind is OrderKind.BLANKET:
        return ()
    return tuple(
        Charge(
            line_id=line.id,
            index=index,
            quantity=line.quantity or _ZERO,
            amount=line.amount or _ZERO,
            cost_centre_id=(line.cost_centre or order.cost_centre).id,
            category_id=line.category.id if line.category else None,
            project_id=_id(line.project or order.project),
            on=line.promised_for or order.promised_for or today,
            parts=tuple(
                Part(split.cost_centre.id, _id(split.project), split.percent, split.amount)
                for split in order.splits
                if split.line == index + 1
            ),
        )
        for index, line in enumerate(order.lines)
    )


def open_amount(charge: Charge, gone: Gone, currency: str) -> Money:
    """Tell what of a line is still to be paid; what goes back is claimed from nobody until it is credited."""
    if charge.amount <= 0 or not charge.quantity:
        return Money.zero(currency)
    left = max(_ZERO, charge.quantity - gone.short_closed) / charge.quantity
    rest = (Money(charge.amount, currency) * left).rounded().amount - gone.invoiced
    return Money(max(_ZERO, rest), currency)


def claims(
    charges: Iterable[Charge], gone: Mapping[int | None, Gone], terms: Terms, beside: Decimal = _ZERO
) -> tuple[Claim, ...]:
    """Share out what is open, and bring it into the base currency without losing a cent.

    `beside` is what is still to be charged beside the lines, such as freight; those who pay the lines pay it.
    """
    charges = tuple(charges)
    portions = [
        each
        for charge, more in zip(charges, _shared(charges, Money(beside, terms.currency)), strict=True)
        for each in _portions(
            charge, open_amount(charge, gone.get(charge.line_id, Gone()), terms.currency) + more, terms
        )
    ]
    whole = sum((claim.amount for claim in portions), _ZERO)
    base = Money(whole, terms.currency).at(terms.rate, terms.base)
    amounts = in_base((Money(claim.amount, terms.currency) for claim in portions), base)
    if terms.currency == terms.base:
        return tuple(portions)
    return tuple(
        replace(
            claim,
            amount=amount.amount,
            original_amount=claim.amount,
            original_currency=terms.currency,
            rate=terms.rate,
            rate_on=terms.rate_on,
            rate_source=terms.rate_source,
        )
        for claim, amount in zip(portions, amounts, strict=False)
    )


def _shared(charges: Sequence[Charge], beside: Money) -> list[Money]:
    """Share an amount out over lines by what they come to; nothing of it goes to what goes back."""
    if not beside or not charges:
        return [Money.zero(beside.currency)] * len(charges)
    weights = [max(_ZERO, charge.amount) for charge in charges]
    return beside.rounded().split(weights if any(weights) else [Decimal(1)] * len(charges))


def _portions(charge: Charge, whole: Money, terms: Terms) -> Iterator[Claim]:
    if not whole:
        return
    payers = payers_of(charge)
    for payer, amount in zip(payers, whole.split([each.weight for each in payers]), strict=True):
        if amount:
            yield Claim(
                terms.entity_id,
                payer.cost_centre_id,
                charge.category_id,
                payer.project_id,
                charge.on,
                amount.amount,
                field=f"lines.{charge.index}",
            )


def payers_of(charge: Charge) -> tuple[Payer, ...]:
    """List who pays a line, each with their share: its parts, else whoever pays it as a whole."""
    parts = tuple(
        Payer(part.cost_centre_id, part.project_id or charge.project_id, weight)
        for part in charge.parts
        if (weight := part.percent or part.amount or _ZERO)
    )
    whole = Payer(charge.cost_centre_id, charge.project_id, Decimal(1))
    if not parts:
        return (whole,)
    rest = charge.amount - sum(payer.weight for payer in parts)
    return parts if rest <= 0 or any(part.percent for part in charge.parts) else (*parts, replace(whole, weight=rest))


def increase(wanted: Iterable[Claim], held: Iterable[Claim]) -> tuple[Claim, ...]:
    """List what is asked beyond what is held already for the same purpose; what is less somewhere frees nothing yet."""
    left: dict[Any, Decimal] = {}
    for claim in held:
        left[_purpose(claim)] = left.get(_purpose(claim), _ZERO) + claim.amount
    more = []
    for claim in wanted:
        used = min(claim.amount, max(_ZERO, left.get(_purpose(claim), _ZERO)))
        left[_purpose(claim)] = left.get(_purpose(claim), _ZERO) - used
        if claim.amount > used:
            more.append(_scaled(claim, claim.amount - used))
    return tuple(more)


def difference(before: Iterable[Claim], after: Iterable[Claim]) -> tuple[Claim, ...]:
    """List what is held before and no longer after."""
    return increase(before, after)


def _scaled(claim: Claim, amount: Decimal) -> Claim:
    if claim.original_amount is None or claim.original_currency is None:
        return replace(claim, amount=amount)
    original = (Money(claim.original_amount, claim.original_currency) * (amount / claim.amount)).rounded()
    return replace(claim, amount=amount, original_amount=original.amount)


def _purpose(claim: Claim) -> tuple[Any, ...]:
    return (claim.entity_id, claim.cost_centre_id, claim.category_id, claim.project_id)


def _id(row: Any) -> int | None:
    return None if row is None else int(row.id)


def plain(charge: Charge) -> dict[str, Any]:
    """Write a charge so that a revision can keep it."""
    return {
        "line_id": charge.line_id,
        "index": charge.index,
        "quantity": str(charge.quantity),
        "amount": str(charge.amount),
        "cost_centre_id": charge.cost_centre_id,
        "category_id": charge.category_id,
        "project_id": charge.project_id,
        "on": charge.on.isoformat(),
        "parts": [
            {
                "cost_centre_id": part.cost_centre_id,
                "project_id": part.project_id,
                "percent": _text(part.percent),
                "amount": _text(part.amount),
            }
            for part in charge.parts
        ],
    }


def read(kept: Mapping[str, Any]) -> Charge:
    """Read a charge that a revision has kept."""
    return Charge(
        line_id=kept["line_id"],
        index=kept["index"],
        quantity=Decimal(kept["quantity"]),
        amount=Decimal(kept["amount"]),
        cost_centre_id=kept["cost_centre_id"],
        category_id=kept["category_id"],
        project_id=kept["project_id"],
        on=date.fromisoformat(kept["on"]),
        parts=tuple(
            Part(part["cost_centre_id"], part["project_id"], _number(part["percent"]), _number(part["amount"]))
            for part in kept["parts"]
        ),
    )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
