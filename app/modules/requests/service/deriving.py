"""What follows from the values of a request whenever they are written: who asks, which prices hold, what it comes to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect

from app.infra import parties
from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.problem import Kind, Problem, Refused
from app.modules.catalog import domain as catalog
from app.modules.catalog import queries
from app.modules.directory import queries as directory
from app.modules.directory.models import Person
from app.modules.requests import domain
from app.modules.requests.models import Request, RequestLine


def derive(context: Context, request: Request) -> None:
    """Fill in what nobody types: requester, entity, catalogue prices, accounts, amounts and the total."""
    request.state = request.state or "draft"
    request.revision = request.revision or 1
    if request.requester is None:
        request.requester = _requester(context, request)
    request.entity = request.cost_centre.entity
    if not context.actor.is_system:
        request.makers = sorted({*(request.makers or ()), *context.actor.hands})
    queries.load_prices(context, [line.item for line in request.lines if line.item is not None])
    for line in request.lines:
        _derive_line(context, request, line)
    request.total = sum((line.amount for line in request.lines), Decimal(0))


def _requester(context: Context, request: Request) -> Person:
    """Take whoever acts; a script has no person, and asks in the name of whom it is for."""
    person = directory.find_by_account(context, context.actor.id) or request.wanted_for
    if person is None:
        words = "You are not among the people of the organisation. Say on behalf of whom you ask."
        raise Refused(Kind.INVALID, Problem("no_requester", words, "wanted_for"))
    return person


def _derive_line(context: Context, request: Request, line: RequestLine) -> None:
    if line.item is None:
        line.from_catalogue = False
    elif _is_open_to_prices(request, line):
        _take_from_catalogue(context, request, line)
    line.account = domain.ledger_account(line.category)
    line.amount = domain.amount_of(line, request.currency.code).amount


def _is_open_to_prices(request: Request, line: RequestLine) -> bool:
    """Say whether the catalogue decides anew: in a draft, and later only where what the price depends on has changed."""
    if request.state == "draft" or inspect(line).transient:
        return True
    own, whole = inspect(line).attrs, inspect(request).attrs
    decisive = (own.item, own.quantity, own.supplier, whole.supplier, whole.currency)
    return any(attribute.history.has_changes() for attribute in decisive)


def _take_from_catalogue(context: Context, request: Request, line: RequestLine) -> None:
    item: Any = line.item
    line.text = line.text or item.name
    line.unit, line.category = item.unit, item.category
    line.tax_code = line.tax_code or item.tax_code
    found = _price(context, request, line)
    line.from_catalogue = found is not None
    if found is not None:
        line.unit_price, supplier = found
        if request.supplier is None:
            line.supplier = supplier


def _price(context: Context, request: Request, line: RequestLine) -> tuple[Decimal, Any] | None:
    """Find the catalogue's price in the currency of the request; one in another currency is converted."""
    wanted, item = line.supplier or request.supplier, line.item
    price = domain.catalogue_price(item, line.quantity, context.today, request.currency.code, wanted)
    if price is not None:
        return price.unit_price, price.supplier
    offers = catalog.applicable(item.prices if item else (), line.quantity or Decimal(1), context.today)
    converted = []
    for offer in offers:
        rate = directory.find_rate(context, offer.currency.id, request.currency.id, context.today)
        if rate is not None and wanted in (None, offer.supplier):
            money = Money(offer.unit_price, offer.currency.code).at(rate.rate, request.currency.code)
            converted.append((money.amount, offer.supplier))
    return min(converted, key=lambda each: each[0], default=None)


def convert(context: Context, request: Request, *, anew: bool) -> list[Problem]:
    """Store the total in the base currency with the rate, its day and its source; `anew` by the rate of today."""
    base = request.entity.base_currency
    if anew or request.rate is None or inspect(request).attrs.currency.history.has_changes():
        rate = directory.find_rate(context, request.currency.id, base.id, context.today)
        if rate is None:
            words = f"There is no exchange rate from {request.currency} to {base}. Ask a controller to enter one."
            return [Problem("no_rate", words, "currency")]
        request.rate, request.rate_on, request.rate_source = rate.rate, rate.valid_on, rate.source or None
    assert request.rate is not None
    request.base_total = Money(request.total, request.currency.code).rounded().at(request.rate, base.code).amount
    return []


def enter_parties(context: Context, request: Request) -> None:
    """Let whom it is for, and who asks, see the request, once it has an id."""
    history = inspect(request).attrs.wanted_for.history
    former = [person for person in history.deleted or () if person is not None and person is not request.wanted_for]

    def act() -> None:
        for person in former:
            parties.leave(context, "request", request.id, person.user_id, "wanted_for")
        if request.wanted_for is not None:
            parties.enter(context, [("request", request.id)], [(request.wanted_for.user_id, "wanted_for")])
        if request.requester.user_id != request.created_by:
            parties.enter(context, [("request", request.id)], [(request.requester.user_id, "requester")])

    context.at_end(act)


def day_of(context: Context, request: Request) -> date:
    """Tell the day by which a request without a date is charged: when it was submitted, or today."""
    return request.submitted_at.date() if request.submitted_at and request.state != "draft" else context.today
