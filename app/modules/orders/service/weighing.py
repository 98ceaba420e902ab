"""An order as budgets and policy see it: what it reserves and commits, what its requests held for it, and its case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.infra import activity
from app.kernel.actor import Context
from app.kernel.calendar import period_of
from app.kernel.money import Money
from app.modules.approvals import queries as approval_queries
from app.modules.approvals.domain.content import Bound
from app.modules.approvals.service import Case, Demand
from app.modules.budgets import service as budgets
from app.modules.budgets.domain import Bucket, Claim, Holding, Impact, Verdict, Weighed
from app.modules.directory import queries as directory
from app.modules.orders import queries
from app.modules.orders.domain import amounts, charging, sourcing
from app.modules.orders.domain.charging import Gone, Payer, Terms
from app.modules.orders.domain.kinds import BINDING
from app.modules.orders.models import Order, OrderLine, OrderRevision
from app.modules.requests import service as requests
from app.modules.requests.models import Request

NAME = "order"


def day_of(context: Context, order: Order) -> date:
    """Tell the day by which a line without a date is charged: when it was submitted, or today."""
    return order.submitted_at.date() if order.submitted_at and order.state != "draft" else context.today


def terms_of(order: Order) -> Terms:
    """Tell in what an order is charged now."""
    return Terms(
        order.entity.id,
        order.currency.code,
        order.entity.base_currency.code,
        order.rate or Decimal(1),
        order.rate_on,
        order.rate_source,
    )


def wanted(context: Context, order: Order) -> tuple[Claim, ...]:
    """Say what an order takes of budgets as it is written now."""
    charges = charging.charges_of(order, day_of(context, order))
    return charging.claims(charges, _gone(order), terms_of(order), amounts.charges_left(order, order.charges_total))


def _gone(order: Order) -> Mapping[int | None, Gone]:
    return {line.id: Gone(line.short_closed_quantity, line.amount_invoiced) for line in order.lines}


@dataclass(frozen=True, slots=True)
class Agreed:
    """What an order agrees to beside its lines, net: charges with their kinds, and a deposit."""

    charges: Decimal
    deposit: Decimal
    kinds: frozenset[str]


def agreed_beside(order: Order) -> Agreed:
    """Tell what holds beside the lines: what the supplier knows, also while the next revision is being written."""
    revision = last_revision(order)
    if revision is None or order.state not in BINDING:
        return Agreed(Decimal(0), Decimal(0), frozenset())
    if order.state == "issued":
        rows = order.extra_charges if order.charges_total else ()
        return Agreed(order.charges_total, order.deposit, frozenset(charge.kind.value for charge in rows))
    header, charges = revision.stored["order"], revision.stored.get("extra_charges", ())
    percent, amount = (_number(header.get(name)) for name in ("deposit_percent", "deposit_amount"))
    deposit = amounts.deposit_of(percent, amount, Decimal(header["net_total"]), order.currency.code)
    whole = sum((Decimal(each["amount"]) for each in charges), Decimal(0))
    return Agreed(whole, deposit, frozenset(each["kind"] for each in charges))


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def last_revision(order: Order) -> OrderRevision | None:
    """Find what the supplier knows."""
    return order.revisions[-1] if order.revisions else None


def holding(order: Order) -> Holding:
    """Say what an order commits: what its supplier was asked for and is neither invoiced nor given up."""
    revision = last_revision(order)
    claims: tuple[Claim, ...] = ()
    if revision is not None:
        kept = revision.stored
        agreed = sum((Decimal(each["amount"]) for each in kept.get("extra_charges", ())), Decimal(0))
        lines = map(charging.read, kept["charges"])
        claims = charging.claims(lines, _gone(order), _terms(kept["terms"]), amounts.charges_left(order, agreed))
    return Holding(NAME, order.id, order.number, Bucket.COMMITTED, claims)


def _terms(kept: Mapping[str, Any]) -> Terms:
    rate_on = date.fromisoformat(kept["rate_on"]) if kept["rate_on"] else None
    return Terms(kept["entity_id"], kept["currency"], kept["base"], Decimal(kept["rate"]), rate_on, kept["rate_source"])


def payers_of(line: OrderLine) -> tuple[Payer, ...]:
    """List who pays a line that is split, as its supplier was asked for it; nobody where one pays it as a whole."""
    revision = last_revision(line.order)
    charges = map(charging.read, revision.stored["charges"]) if revision is not None else ()
    found = next((charge for charge in charges if charge.line_id == line.id and charge.parts), None)
    return charging.payers_of(found) if found is not None else ()


def reservation(context: Context, order: Order, locked: Mapping[int, Request]) -> Holding:
    """Say what an order that is to be decided reserves: what goes beyond its requests and its last revision."""
    held = [*of_requests(context, order, locked), *(holding(order).claims if order.revision else ())]
    more = charging.increase(wanted(context, order), held)
    return Holding(NAME, order.id or 0, order.number or "", Bucket.RESERVED, more)


def live(context: Context, entity_id: int) -> list[Holding]:
    """Say what all orders of an entity reserve and commit now."""
    found = []
    for order in queries.list_live(context, entity_id):
        if order.revision:
            found.append(holding(order))
        if order.state in ("submitted", "approved"):
            asked = {source.request.id: source.request for source in order.sources}
            found.append(reservation(context, order, asked))
    return found


def no_reservation(order: Order) -> Holding:
    """Say that an order reserves nothing any more."""
    return Holding(NAME, order.id, order.number, Bucket.RESERVED)


def of_requests(context: Context, order: Order, locked: Mapping[int, Request]) -> tuple[Claim, ...]:
    """Say what requests let go of once the order goes out."""
    found: list[Claim] = []
    for request in locked.values():
        if request.state != "approved":
            continue
        also: dict[int, Decimal] = {}
        for source in order.sources:
            if source.request is request and source.asked is not None:
                more = max(Decimal(0), source.quantity - source.issued_quantity)
                also[source.asked.id] = also.get(source.asked.id, Decimal(0)) + more
        before, after = requests.holding(context, request).claims, requests.holding(context, request, also).claims
        found += charging.difference(before, after)
    return tuple(found)


def is_covered(order: Order) -> bool:
    """Say whether an order buys nothing but what requests were approved for, at no higher price."""
    base = order.entity.base_currency.code

    def in_base(document: Any, amount: Decimal) -> Decimal:
        return Money(amount, document.currency.code).rounded().at(document.rate or Decimal(1), base).amount

    return sourcing.is_covered(order, in_base)


def has_policy(context: Context, order: Order) -> bool:
    """Say whether a policy for orders is in force where the order is charged."""
    return approval_queries.find_published(context, NAME, order.entity.id) is not None


def case_of(context: Context, order: Order, weighed: Weighed | None = None) -> Case:
    """Lay an order out for policy: who buys, from whom, how much, where it is charged, and what it is bound to."""
    asked = {source.request.id: source.request for source in order.sources}
    weighed = weighed or budgets.weigh(context, reservation(context, order, asked))
    asking = [person for source in order.sources for person in (source.request.requester, source.request.wanted_for)]
    makers = directory.list_by_account(context, order.makers or ())
    centres = [line.cost_centre or order.cost_centre for line in order.lines] or [order.cost_centre]
    assert order.buyer is not None
    return Case(
        resource=NAME,
        row_id=order.id or 0,
        key=order.number or "",
        title=f"{order.supplier}: {order.summary}",
        requester=order.buyer,
        entity=order.entity,
        bound=bound_of(context, order),
        excluded=frozenset(person.id for person in (*asking, *makers) if person is not None),
        cost_centres=_ids([*centres, *(split.cost_centre for split in order.splits)]),
        categories=_ids(line.category for line in order.lines),
        projects=_ids([*(line.project or order.project for line in order.lines), *(s.project for s in order.splits)]),
        supplier=order.supplier.id,
        facts=_facts(context, order, weighed),
        demands=_demands(context, weighed.impacts),
    )


def _facts(context: Context, order: Order, weighed: Weighed) -> dict[str, Any]:
    days = [line.promised_for or order.promised_for for line in order.lines]
    soonest = min((day for day in days if day is not None), default=None)
    highest = max((line.amount for line in order.lines), default=Decimal(0))
    base = order.entity.base_currency.code
    return {
        "currency": order.currency.code,
        "on_behalf": False,
        "lines": len(order.lines),
        "catalogue_only": bool(order.lines) and all(line.item is not None for line in order.lines),
        "free_text": any(line.item is None for line in order.lines),
        "files": activity.count_files(context, NAME, order.id),
        "budget": _standing(weighed),
        "budget_left_percent": min((impact.percent_left for impact in weighed.impacts), default=None),
        "needed_in_days": (soonest - context.today).days if soonest else None,
        "highest_line": Money(max(highest, Decimal(0)), order.currency.code).at(order.rate or 1, base).amount,
        "from_request": is_covered(order),
        **_deposit_facts(order),
    }


def _deposit_facts(order: Order) -> dict[str, Decimal]:
    """Tell policy what is paid before anything arrives, net: in the base currency, and in percent of the order."""
    if not order.deposit:
        return {}
    base, currency = order.entity.base_currency.code, order.currency.code
    percent = order.deposit_percent or amounts.deposit_percent_of(order.deposit, order.net_total)
    return {"deposit": Money(order.deposit, currency).at(order.rate or 1, base).amount, "deposit_percent": percent}


def _standing(weighed: Weighed) -> str | None:
    if any(impact.verdict is not Verdict.FITS for impact in weighed.impacts):
        return "over_soft"
    return "none" if weighed.unbudgeted else "fits"


def bound_of(context: Context, order: Order) -> Bound:
    """Tell what an approval is bound to: the content, and the total in the base currency."""
    total = max(Decimal(0), order.base_total or Decimal(0))
    return Bound(content_of(context, order), total, order.entity.base_currency.code)


def content_of(context: Context, order: Order) -> dict[str, Any]:
    """Give what an approval is bound to; notes, days and quantities stay out (the total is watched apart)."""
    return {
        "kind": order.kind,
        "supplier": _code(order.supplier),
        "currency": order.currency.code,
        "delivery_country": order.deliver_to.country if order.deliver_to else None,
        "cost_centre": _code(order.cost_centre),
        "project": _code(order.project),
        "lines": [_line_content(context, order, line) for line in order.lines],
        "splits": [
            {
                "line": split.line,
                "cost_centre": _code(split.cost_centre),
                "project": _code(split.project),
                "percent": split.percent,
                "amount": split.amount,
            }
            for split in order.splits
        ],
        **_deposit_content(order),
    }


def _deposit_content(order: Order) -> dict[str, Any]:
    """Bind an approval to what is paid before anything arrives; orders without a deposit stay as they were bound."""
    if not order.deposit:
        return {}
    return {"deposit": {"percent": order.deposit_percent, "amount": order.deposit_amount}}


def _line_content(context: Context, order: Order, line: OrderLine) -> dict[str, Any]:
    on = line.promised_for or order.promised_for or day_of(context, order)
    return {
        "item": _code(line.item),
        "text": line.text,
        "unit": _code(line.unit),
        "category": _code(line.category),
        "cost_centre": _code(line.cost_centre),
        "project": _code(line.project),
        "budget_year": period_of(on, order.entity.fiscal_year_start).year,
    }


def _demands(context: Context, impacts: Iterable[Impact]) -> tuple[Demand, ...]:
    """Ask the owner of every budget that is overrun and may be."""
    return tuple(
        Demand(
            "Budget owner",
            f"{impact.label} would be overrun by {-impact.left_after:f} {impact.currency}",
            tuple(owners),
        )
        for impact in impacts
        if impact.verdict is Verdict.OVER_SOFT and (owners := budgets.owners(context, [impact]))
    )


def _ids(rows: Iterable[Any]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(row.id for row in rows if row is not None))


def _code(row: Any) -> str | None:
    return None if row is None else str(row.code)
