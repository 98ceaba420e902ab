"""What an order takes of approved requests: under the lock of the requests, never more than was approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect

from app.infra import parties
from app.kernel.actor import Context
from app.kernel.problem import Problem, refuse_if
from app.kernel.resource import Resource
from app.modules.orders import queries
from app.modules.orders.domain import sourcing
from app.modules.orders.models import Order, OrderLine, OrderSource, OrderSplit
from app.modules.requests import service as requests
from app.modules.requests.models import Request, RequestLine
from app.modules.requests.service import Ordered

_ZERO, _WHOLE = Decimal(0), Decimal(100)


def align(order: Order) -> None:
    """Let parts and sources follow their line to where it stands now; those of a line that is gone go with it."""
    for name in ("splits", "sources"):
        rows = [row for row in getattr(order, name) if _follows(order, row)]
        if len(rows) != len(getattr(order, name)):
            setattr(order, name, rows)


def _follows(order: Order, row: Any) -> bool:
    is_new = row.order_line is None or inspect(row).attrs.line.history.has_changes()
    if is_new:
        row.order_line = order.lines[row.line - 1] if 1 <= (row.line or 0) <= len(order.lines) else None
        return True
    if row.order_line not in order.lines:
        return False
    row.line = order.lines.index(row.order_line) + 1
    return True


def take(context: Context, order: Order) -> None:
    """Claim of requests what the order is for; refuses what nobody approved or others have ordered meanwhile."""
    gone = [source.request for source in inspect(order).attrs.sources.history.deleted or ()]
    wanted = {source.request.id for source in order.sources} | {request.id for request in gone}
    if not wanted:
        return
    locked = requests.locked(context, wanted)
    others = queries.sum_taken(context, wanted, order.id)
    for source in order.sources:
        source.returned, source.issued_quantity = source.returned or _ZERO, source.issued_quantity or _ZERO
        _name_line(source, locked[source.request.id])
    _follow_quantities(order, others)
    refuse_if(_why_not_taken(order, others))
    _note(context, order, locked, others)
    _enter_parties(context, order)


def _name_line(source: OrderSource, request: Request) -> None:
    if source.asked is not None and not inspect(source).attrs.request_line.history.has_changes():
        source.request_line = next((at for at, each in enumerate(request.lines, 1) if each is source.asked), 0)
        return
    number = source.request_line or 0
    source.asked = request.lines[number - 1] if 1 <= number <= len(request.lines) else None


def _follow_quantities(order: Order, others: Mapping[int, Ordered]) -> None:
    """Share a changed quantity of a line out over the requests it is for, unless somebody said how."""
    for line in order.lines:
        sources = [source for source in order.sources if source.order_line is line]
        changed = inspect(line).attrs.quantity.history
        said = any(inspect(source).attrs.quantity.history.has_changes() for source in sources)
        if not sources or said or not (changed.has_changes() and changed.deleted) or (line.quantity or 0) <= 0:
            continue
        most = [_left_for(source, others) for source in sources]
        shares = sourcing.shared_out(line.quantity or _ZERO, [each.quantity for each in sources], most)
        for source, share in zip(sources, shares, strict=True):
            source.quantity = share
        order.sources = [source for source in order.sources if source.quantity]


def _left_for(source: OrderSource, others: Mapping[int, Ordered]) -> Decimal:
    if source.asked is None:
        return _ZERO
    taken = others[source.asked.id].quantity if source.asked.id in others else _ZERO
    return max(_ZERO, (source.asked.quantity or _ZERO) - taken)


def _why_not_taken(order: Order, others: Mapping[int, Ordered]) -> list[Problem]:
    left: dict[int, Decimal] = {}
    problems = []
    for index, source in enumerate(order.sources):
        found = sourcing.why_not_source(source)
        if not found and source.asked is not None:
            known = left.setdefault(source.asked.id, _left_for(source, others))
            is_new = inspect(source).transient or inspect(source).pending
            found = [*(sourcing.why_not_approved(source) if is_new else ()), *sourcing.why_not_left(source, known)]
            left[source.asked.id] = known - (source.quantity - source.returned)
        problems += [problem.at(f"sources.{index}") for problem in found]
    return problems


def lock(context: Context, order: Order) -> dict[int, Request]:
    """Take the requests an order is for, for the rest of the transaction."""
    return requests.locked(context, {source.request.id for source in order.sources})


def tell(context: Context, order: Order) -> dict[int, Request]:
    """Tell the requests of an order what it takes of them now; gives them, locked."""
    wanted = {source.request.id for source in order.sources}
    if not wanted:
        return {}
    locked = requests.locked(context, wanted)
    _note(context, order, locked, queries.sum_taken(context, wanted, order.id))
    return locked


def _note(context: Context, order: Order, locked: Mapping[int, Request], others: Mapping[int, Ordered]) -> None:
    totals = {line.id: others.get(line.id, Ordered(_ZERO, _ZERO)) for each in locked.values() for line in each.lines}
    if order.state != "cancelled":
        for source in order.sources:
            if source.asked is not None:
                before = totals[source.asked.id]
                issued = max(_ZERO, source.issued_quantity - source.returned)
                totals[source.asked.id] = Ordered(
                    before.quantity + source.quantity - source.returned, before.issued + issued
                )
    for request in locked.values():
        requests.note_ordered(context, request, {line.id: totals[line.id] for line in request.lines})


def _enter_parties(context: Context, order: Order) -> None:
    """Let those who asked see what is ordered for them, once the order has an id."""

    def act() -> None:
        for request in {source.request.id: source.request for source in order.sources}.values():
            for person in (request.requester, request.wanted_for):
                if person is not None:
                    parties.enter(context, [("order", order.id)], [(person.user_id, "asked_for")])

    context.at_end(act)


def add(context: Context, order: Order, request: Request) -> int:
    """Put everything that is left of a request on an order, together with the same thing for others; give the lines."""
    added = 0
    for number, asked in enumerate(request.lines, 1):
        left = sourcing.left_of(asked)
        if not left:
            continue
        line = _line_for(order, request, asked, number)
        place = order.lines.index(line) + 1
        order.sources.append(
            OrderSource(
                line=place,
                order_line=line,
                request=request,
                request_line=number,
                asked=asked,
                quantity=left,
                issued_quantity=_ZERO,
                returned=_ZERO,
                position=len(order.sources),
            )
        )
        taken = sum((each.quantity for each in order.sources if each.order_line is line), _ZERO)
        least = sourcing.least_of(line.item, order.supplier, context.today)
        line.quantity = max(taken, least)
        added += 1
    return added


def _line_for(order: Order, request: Request, asked: RequestLine, number: int) -> OrderLine:
    splits = [split for split in request.splits if split.line == number]
    known = [line for line in order.lines if sourcing.belongs_to(line, order, asked, request)]
    shared = {split.line for split in order.splits}
    for line in known:
        if not splits and order.lines.index(line) + 1 not in shared and line.issued_quantity in (None, _ZERO):
            return line
    centre, project = asked.cost_centre or request.cost_centre, asked.project or request.project
    line = OrderLine(
        item=asked.item,
        text=asked.text,
        unit=asked.unit,
        category=asked.category,
        tax_code=asked.tax_code,
        cost_centre=None if centre is order.cost_centre else centre,
        project=None if project is order.project else project,
        promised_for=asked.needed_by or request.needed_by,
        unit_price=_price(order, request, asked),
        position=len(order.lines),
    )
    order.lines.append(line)
    _share_line(order, line, asked, splits)
    return line


def _price(order: Order, request: Request, asked: RequestLine) -> Decimal | None:
    """Take the price that was approved, unless the catalogue names the supplier's own."""
    prices = asked.item.prices if asked.item is not None else ()
    if any(price.supplier is order.supplier and price.currency is order.currency for price in prices):
        return None
    return asked.unit_price if request.currency is order.currency else None


def _share_line(order: Order, line: OrderLine, asked: RequestLine, splits: Iterable[Any]) -> None:
    """Take over who pays which part; amounts become percents, as the price may be another."""
    splits, left = list(splits), _WHOLE
    for split in splits:
        percent = split.percent
        if percent is None:
            share = (split.amount or _ZERO) * _WHOLE / asked.amount if asked.amount else left
            percent = left if split is splits[-1] else share.quantize(Decimal("0.000001"))
        left -= percent
        order.splits.append(
            OrderSplit(
                line=order.lines.index(line) + 1,
                order_line=line,
                cost_centre=split.cost_centre,
                project=split.project,
                percent=percent,
                position=len(order.splits),
            )
        )


def form_for(context: Context, resource: Resource, found: list[Request], supplier: Any = None) -> dict[str, Any]:
    """Give the raw values of a new order for requests: their supplier, place, currency, and all that is left of them."""
    first = found[0]
    wanted = [
        each for request in found for each in (request.supplier, *(line.supplier for line in request.lines)) if each
    ]
    chosen = supplier or (wanted[0] if wanted else _offered(found))
    order = Order(
        supplier=chosen, cost_centre=first.cost_centre, project=first.project, deliver_to=first.deliver_to,
        currency=first.currency, promised_for=min((each.needed_by for each in found if each.needed_by), default=None),
    )  # fmt: skip
    for request in found:
        add(context, order, request)
    return raw_of(order, resource)


def _offered(found: list[Request]) -> Any:
    """Find who sells what is asked for, where the catalogue knows somebody."""
    items = [line.item for request in found for line in request.lines if line.item is not None]
    return next((item.preferred_supplier for item in items if item.preferred_supplier), None)


def raw_of(order: Order, resource: Resource) -> dict[str, Any]:
    """Write the values of an order as its form has them."""
    raw = {name: _raw(getattr(order, name)) for name in resource.form if getattr(order, name) is not None}
    for children in resource.children:
        if not children.fixed:
            rows = getattr(order, children.name)
            raw[children.name] = [{name: _raw(getattr(row, name)) for name in children.fields} for row in rows]
    return raw


def _raw(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Request | Order):
        return value.number
    code = getattr(value, "code", value)
    return getattr(code, "value", code)
