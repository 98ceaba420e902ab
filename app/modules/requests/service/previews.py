"""What would happen if a request were submitted as it stands in the form: shown while it is typed, and never written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal
from typing import Any

from app.infra.intake import Reader
from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.problem import Problem, Refused
from app.kernel.resource import Resource, registry
from app.modules.approvals import service as approvals
from app.modules.budgets import service as budgets
from app.modules.budgets.domain import Impact, Weighed
from app.modules.directory import queries as directory
from app.modules.requests import domain, queries
from app.modules.requests.models import Request, RequestLine
from app.modules.requests.service.deriving import convert, derive
from app.modules.requests.service.weighing import NAME, case_of, holding

# A copy is asked for by whoever makes it, for a day of their own.
NOT_COPIED = ("wanted_for", "needed_by")


@dataclass(frozen=True, slots=True)
class PricedLine:
    """What a line comes to, and what the catalogue filled in; `keys` name what it refers to as a form does."""

    text: str
    unit_price: Decimal | None
    amount: Decimal
    account: str | None
    category: str
    unit: str
    supplier: str
    from_catalogue: bool
    tax_code: str = ""
    keys: Mapping[str, str] = dataclass_field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rail:
    """What stands beside the form: the total, what is missing, what it does to the budget, and who would decide.

    `approval` is None as long as nobody can be named, because what decides over it is missing.
    """

    total: Money | None
    base_total: Money | None
    lines: tuple[PricedLine, ...]
    problems: tuple[Problem, ...]
    budget: Weighed
    approval: approvals.Preview | None

    @property
    def impacts(self) -> tuple[Impact, ...]:
        """Budgets it is charged to."""
        return self.budget.impacts

    @property
    def sentence(self) -> str:
        """Tell in one sentence who has to agree, and why."""
        return self.approval.sentence if self.approval else ""


def preview(context: Context, given: Request | Mapping[str, Any], row: Request | None = None) -> Rail:
    """Tell what would happen on submitting: of a request, or of a form's raw values over the row it edits."""
    resource = registry[NAME]
    if isinstance(given, Request) and given.state in domain.IN_FLIGHT:
        return _weighed(context, given, [])
    raw, row = ({}, given) if isinstance(given, Request) else (given, row)
    values, problems = Reader(context).read_row(resource, raw, partial=True)
    request = _unwritten(resource, values, row)
    if request.cost_centre is None or request.currency is None:
        return Rail(None, None, (), tuple(problems), Weighed(), None)
    try:
        derive(context, request)
    except Refused as refusal:
        return Rail(None, None, (), (*problems, *refusal.problems), Weighed(), None)
    problems += [problem for problem in _missing(context, request) if problem not in problems]
    problems += convert(context, request, anew=request.state == "draft" or request.rate is None)
    return _weighed(context, request, problems)


def _missing(context: Context, request: Request) -> list[Problem]:
    title = [] if request.title else [Problem("required", "Title is missing. Enter it.", "title")]
    written = [*title, *domain.why_not_written(request), *domain.why_not_for(request)]
    return [*written, *domain.why_not_complete(request), *domain.why_not_in_time(request, context.today)]


def _weighed(context: Context, request: Request, problems: list[Problem]) -> Rail:
    total = Money(request.total, request.currency.code)
    lines = tuple(_priced(line) for line in request.lines)
    if request.base_total is None or any(problem.code in ("too_large", "no_rate", "negative") for problem in problems):
        return Rail(total, None, lines, tuple(problems), Weighed(), None)
    weighed = budgets.weigh(context, holding(context, request))
    approval = approvals.preview(context, case_of(context, request, weighed))
    found = [*problems, *weighed.problems, *approval.blocks]
    base = Money(request.base_total, request.entity.base_currency.code)
    return Rail(total, base, lines, tuple(found), weighed, approval)


def _priced(line: RequestLine) -> PricedLine:
    return PricedLine(
        text=line.text or "",
        unit_price=line.unit_price,
        amount=line.amount,
        account=line.account,
        category=str(line.category or ""),
        unit=str(line.unit or ""),
        supplier=str(line.supplier or ""),
        from_catalogue=line.from_catalogue,
        tax_code=str(line.tax_code or ""),
        keys={name: _raw(getattr(line, name)) or "" for name in ("item", "unit", "category", "tax_code")},
    )


def _unwritten(resource: Resource, values: Mapping[str, Any], row: Request | None) -> Request:
    """Put a request together that stands in no session, so that nothing of it can be written."""
    request = Request()
    if row is not None:
        kept = (*resource.form, "id", "number", "state", "revision", "submitted_at", "rate", "rate_on", "rate_source")
        for name in (*kept, "requester", "makers", "created_by"):
            setattr(request, name, getattr(row, name))
    for name in resource.form:
        if name in values:
            setattr(request, name, values[name])
    for children in resource.children:
        name, fields = children.name, children.fields
        rows = values[name] if name in values else [_values(child, fields) for child in getattr(row, name, ())]
        setattr(request, name, [_child(children.model, each, fields) for each in rows])
    return request


def _child(model: Any, values: Mapping[str, Any], fields: tuple[str, ...]) -> Any:
    child = model()
    for name in fields:
        setattr(child, name, values.get(name))
    return child


def _values(child: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(child, name) for name in fields}


def blank(context: Context) -> dict[str, Any]:
    """Give what the form for a new request begins with: one's own cost centre, its currency, and where goods go."""
    person = directory.find_by_account(context, context.actor.id)
    centre = person.cost_centre if person else None
    if centre is None or centre.state == "closed":
        return {}
    place = queries.find_usual_place(context, person.id, centre.entity_id) if person else None
    begun = {"cost_centre": centre.code, "currency": centre.entity.base_currency.code}
    return {**begun, "deliver_to": place.code} if place else begun


def copy_of(context: Context, request: Request) -> dict[str, Any]:
    """Give the raw values of a new request that asks for the same again; days and decisions are not copied."""
    resource = registry[NAME]
    copied: dict[str, Any] = {name: _raw(getattr(request, name)) for name in resource.form if name not in NOT_COPIED}
    for children in resource.children:
        fields = tuple(name for name in children.fields if name not in NOT_COPIED)
        rows = [_values(child, fields) for child in getattr(request, children.name)]
        copied[children.name] = [{name: _raw(value) for name, value in row.items()} for row in rows]
    return copied


def _raw(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return getattr(value, "code", value)
