"""A request as budgets and policy see it: what it claims, what that does to the budget, and the case to be decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.infra import activity
from app.kernel.actor import Context
from app.kernel.calendar import period_of
from app.kernel.money import Money
from app.modules.approvals.domain.content import Bound
from app.modules.approvals.service import Case, Demand
from app.modules.budgets import service as budgets
from app.modules.budgets.domain import Bucket, Claim, Holding, Impact, Verdict, Weighed
from app.modules.directory import queries as directory
from app.modules.requests import domain, queries
from app.modules.requests.domain import Portion
from app.modules.requests.models import Request, RequestLine
from app.modules.requests.service.deriving import day_of

NAME = "request"


def holding(context: Context, request: Request, also: Mapping[int, Decimal] | None = None) -> Holding:
    """Say what a request reserves: every part of every line that is not ordered, in the base currency.

    Nothing ordered, the parts come to the last cent of its total. `also` are quantities by line that are about to be.
    """
    parts = list(domain.portions(request, day_of(context, request)))
    base = Money(request.base_total or Decimal(0), request.entity.base_currency.code)
    amounts = domain.in_base((part.amount for part in parts), base)
    left = [domain.left_to_issue(line, (also or {}).get(line.id, Decimal(0))) for line in request.lines]
    shares = [(part, amount, left[part.line]) for part, amount in zip(parts, amounts, strict=False)]
    claims = tuple(_claim(request, part, amount, share) for part, amount, share in shares if share)
    return Holding(NAME, request.id or 0, request.number or "", Bucket.RESERVED, claims)


def _claim(request: Request, part: Portion, amount: Money, share: Decimal) -> Claim:
    claim = Claim(
        entity_id=request.entity.id,
        cost_centre_id=part.cost_centre.id,
        category_id=part.category.id if part.category else None,
        project_id=part.project.id if part.project else None,
        on=part.on,
        amount=(amount * share).rounded().amount,
        field=f"lines.{part.line}",
    )
    if part.amount.currency == amount.currency:
        return claim
    return replace(
        claim,
        original_amount=(part.amount * share).rounded().amount,
        original_currency=part.amount.currency,
        rate=request.rate,
        rate_on=request.rate_on,
        rate_source=request.rate_source,
    )


def live(context: Context, entity_id: int) -> list[Holding]:
    """Say what all requests of an entity reserve now."""
    return [holding(context, request) for request in queries.list_in_flight(context, entity_id)]


def nothing(request: Request) -> Holding:
    """Say that a request reserves nothing any more."""
    return Holding(NAME, request.id, request.number, Bucket.RESERVED)


def case_of(context: Context, request: Request, weighed: Weighed | None = None) -> Case:
    """Lay a request out for policy: who asks, for whom, how much, where it is charged, and what it is bound to.

    `weighed` is what its holding does to the budget, where that is known already.
    """
    weighed = weighed or budgets.weigh(context, holding(context, request))
    parts = list(domain.portions(request, day_of(context, request)))
    centres = [part.cost_centre for part in parts] or [request.cost_centre]
    asking = directory.list_by_account(context, domain.accounts_of(request))
    return Case(
        resource=NAME,
        row_id=request.id or 0,
        key=request.number or "",
        title=request.title or "",
        requester=request.requester,
        entity=request.entity,
        bound=bound_of(context, request),
        excluded=frozenset(person.id for person in asking),
        cost_centres=_ids(centres),
        categories=_ids(line.category for line in request.lines),
        projects=_ids(part.project for part in parts),
        supplier=_only_supplier(request),
        facts=_facts(context, request, weighed),
        demands=_demands(context, weighed.impacts),
    )


def _only_supplier(request: Request) -> int | None:
    """Tell who is to be bought from, where it is one; lines that name several leave it open."""
    named = {request.supplier.id} if request.supplier else set()
    named |= {line.supplier.id for line in request.lines if line.supplier}
    return named.pop() if len(named) == 1 else None


def _facts(context: Context, request: Request, weighed: Weighed) -> dict[str, Any]:
    days = [line.needed_by or request.needed_by for line in request.lines] or [request.needed_by]
    soonest = min((day for day in days if day is not None), default=None)
    base, rate = request.entity.base_currency.code, request.rate or Decimal(1)
    highest = max((line.amount for line in request.lines), default=Decimal(0))
    return {
        "currency": request.currency.code,
        "on_behalf": request.wanted_for not in (None, request.requester),
        "lines": len(request.lines),
        "catalogue_only": bool(request.lines) and all(line.from_catalogue for line in request.lines),
        "free_text": any(line.item is None for line in request.lines),
        "files": activity.count_files(context, NAME, request.id),
        "budget": _standing(weighed),
        "budget_left_percent": min((impact.percent_left for impact in weighed.impacts), default=None),
        "needed_in_days": (soonest - context.today).days if soonest else None,
        "highest_line": Money(highest, request.currency.code).at(rate, base).amount,
    }


def _standing(weighed: Weighed) -> str | None:
    """Say how the request stands to the budget: it fits, it overruns one that may be overrun, or there is none."""
    if any(impact.verdict is not Verdict.FITS for impact in weighed.impacts):
        return "over_soft"
    if weighed.unbudgeted:
        return "none"
    return "fits" if weighed.impacts else None


def bound_of(context: Context, request: Request) -> Bound:
    """Tell what an approval is bound to: the content, and the total in the base currency."""
    return Bound(content_of(request, context), request.base_total or Decimal(0), request.entity.base_currency.code)


def content_of(request: Request, context: Context) -> dict[str, Any]:
    """Give what an approval is bound to; titles, reasons, days and quantities stay out (the total is watched apart)."""
    return {
        "wanted_for": _code(request.wanted_for),
        "supplier": _code(request.supplier),
        "currency": request.currency.code,
        "delivery_country": request.deliver_to.country if request.deliver_to else None,
        "cost_centre": _code(request.cost_centre),
        "project": _code(request.project),
        "lines": [_line_content(context, request, line) for line in request.lines],
        "splits": [
            {
                "line": split.line,
                "cost_centre": _code(split.cost_centre),
                "project": _code(split.project),
                "percent": _plain(split.percent),
                "amount": _plain(split.amount),
            }
            for split in request.splits
        ],
    }


def _line_content(context: Context, request: Request, line: RequestLine) -> dict[str, Any]:
    on = line.needed_by or request.needed_by or day_of(context, request)
    return {
        "item": _code(line.item),
        "text": line.text,
        "unit": _code(line.unit),
        "category": _code(line.category),
        "cost_centre": _code(line.cost_centre),
        "project": _code(line.project),
        "supplier": _code(line.supplier),
        "budget_year": period_of(on, request.entity.fiscal_year_start).year,
    }


def _demands(context: Context, impacts: Iterable[Impact]) -> tuple[Demand, ...]:
    """Ask the owner of every budget that is overrun and may be."""
    over = [impact for impact in impacts if impact.verdict is Verdict.OVER_SOFT]
    return tuple(
        Demand("Budget owner", f"{impact.label} would be overrun by {_overrun(impact)}", tuple(owners))
        for impact in over
        if (owners := budgets.owners(context, [impact]))
    )


def _overrun(impact: Impact) -> str:
    return f"{-impact.left_after:f} {impact.currency}"


def _ids(rows: Iterable[Any]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(row.id for row in rows if row is not None))


def _code(row: Any) -> str | None:
    return None if row is None else str(row.code)


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
