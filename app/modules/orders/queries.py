"""Reads of orders that have a name in the business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from app.infra import scope
from app.kernel.actor import Context
from app.kernel.resource import registry
from app.modules.catalog.models import Item
from app.modules.directory.models import Category, CostCentre, Entity, TaxCode, Unit
from app.modules.orders.domain.elsewhere import Placed, unit_code
from app.modules.orders.models import Order, OrderLine, OrderRevision, OrderSending, OrderSource
from app.modules.requests.models import Request, RequestLine
from app.modules.requests.service import Ordered

_WHY = "what is on orders counts whoever ordered it"


def sum_taken(context: Context, request_ids: Iterable[int], order_id: int | None) -> dict[int, Ordered]:
    """Tell by request line what all other orders that were not cancelled have taken."""
    statement = (
        scope.columns(
            OrderSource.request_line_id,
            func.sum(OrderSource.quantity - OrderSource.returned),
            func.sum(func.greatest(OrderSource.issued_quantity - OrderSource.returned, 0)),
            why=_WHY,
        )
        .join(Order, Order.id == OrderSource.order_id)
        .where(OrderSource.request_id.in_(sorted(set(request_ids))), Order.state != "cancelled")
        .group_by(OrderSource.request_line_id)
    )
    if order_id is not None:
        statement = statement.where(OrderSource.order_id != order_id)
    found = context.session.execute(statement)
    return {line_id: Ordered(quantity, issued) for line_id, quantity, issued in found}


def lock_orders(context: Context, ids: Iterable[int]) -> list[Order]:
    """Take orders in the order of their ids, and read their lines anew under the lock."""
    why = "what is received, invoiced or called off counts for the order whoever may see it"
    found: list[Order] = scope.locked(context, Order, ids, why=why)
    lines = scope.everything(OrderLine, why=why).where(OrderLine.order_id.in_([each.id for each in found]))
    fresh = context.session.scalars(lines.execution_options(populate_existing=True)).all()
    for order in found:
        own = [line for line in fresh if line.order_id == order.id]
        set_committed_value(order, "lines", sorted(own, key=lambda line: line.position))
    return found


def list_live(context: Context, entity_id: int) -> list[Order]:
    """List the orders of an entity that hold money: asked about, agreed to, or with their suppliers."""
    statement = scope.everything(Order, why="a plan is charged with all that is ordered").where(
        Order.entity_id == entity_id, Order.state.in_(("submitted", "approved", "issued", "amending"))
    )
    return list(context.session.scalars(statement.order_by(Order.id)))


def sum_called_off(context: Context, blanket_id: int, order_id: int | None) -> Decimal:
    """Add up what was called off a blanket order, besides one of its call-offs."""
    statement = scope.columns(func.coalesce(func.sum(Order.net_total), 0), why=_WHY).where(
        Order.blanket_id == blanket_id, Order.revision > 0, Order.state != "cancelled"
    )
    if order_id is not None:
        statement = statement.where(Order.id != order_id)
    return Decimal(context.session.execute(statement).scalar_one())


def find_reverse_charge(context: Context, country: str) -> TaxCode | None:
    """Find the code of a country under which the buyer owes the tax, or with which none is owed."""
    statement = scope.everything(TaxCode, why="a tax code is the same for everyone").where(
        TaxCode.country == country, TaxCode.active
    )
    known = {code.category.value: code for code in context.session.scalars(statement.order_by(TaxCode.id.desc()))}
    return next((known[each] for each in ("AE", "K", "G", "Z", "O", "E") if each in known), None)


def find_seen(context: Context, key: str) -> Order | None:
    """Find an order by its number, if the actor may see it."""
    statement = scope.select_rows(context, registry["order"]).where(Order.number == key)
    found: Order | None = context.session.scalars(statement).first()
    return found


def list_seen_requests(context: Context, keys: Iterable[str]) -> list[Request]:
    """List the requests of these numbers that the actor may see."""
    statement = scope.select_rows(context, registry["request"]).where(Request.number.in_(sorted(set(keys))))
    return list(context.session.scalars(statement.order_by(Request.id)))


def list_of_requests(context: Context, request_ids: Iterable[int]) -> list[OrderSource]:
    """List what orders have taken of requests, with the orders the actor may see."""
    seen = scope.select_rows(context, registry["order"]).with_only_columns(Order.id)
    statement = scope.everything(OrderSource, why="the orders themselves are those the actor may see").where(
        OrderSource.request_id.in_(sorted(set(request_ids))), OrderSource.order_id.in_(seen)
    )
    return list(context.session.scalars(statement.options(joinedload(OrderSource.order)).order_by(OrderSource.id)))


def list_request_lines(context: Context, ids: Iterable[int]) -> dict[int, RequestLine]:
    """Read lines of requests by their ids."""
    statement = select(RequestLine).where(RequestLine.id.in_(sorted(set(ids)))).execution_options(scoped=True)
    return {line.id: line for line in context.session.scalars(statement)}


def find_sending(context: Context, sending_id: int) -> OrderSending | None:
    """Find one letter by its id."""
    statement = scope.everything(OrderSending, why="a letter is carried for whoever sent it")
    found: OrderSending | None = context.session.scalars(statement.where(OrderSending.id == sending_id)).first()
    return found


def list_unsent(context: Context, order_id: int) -> list[OrderSending]:
    """List the letters of an order that nobody has tried to hand in yet."""
    statement = scope.everything(OrderSending, why="a letter is carried for whoever sent it")
    waiting = statement.where(
        OrderSending.order_id == order_id, OrderSending.state == "waiting", OrderSending.attempts == 0
    )
    return list(context.session.scalars(waiting.order_by(OrderSending.id)))


def find_revision(context: Context, order_id: int, number: int) -> OrderRevision:
    """Find a revision of an order by its number."""
    statement = scope.everything(OrderRevision, why="what went out is sent and drawn as it was")
    wanted = statement.where(OrderRevision.order_id == order_id, OrderRevision.number == number)
    found: OrderRevision = context.session.scalars(wanted).one()
    return found


@dataclass(frozen=True, slots=True)
class Codes:
    """What this house calls the things that an order from elsewhere names."""

    units: Mapping[str, tuple[str, int]]
    categories: Mapping[str, str]
    items: Mapping[str, str]
    taxes: Mapping[Decimal, str]

    def unit(self, named: str, quantity: Decimal) -> str | None:
        """Give a unit of ours in which the quantity can be counted."""
        code, decimals = self.units.get(named.casefold(), ("", 0))
        fits = quantity == quantity.quantize(Decimal(1).scaleb(-decimals))
        return code if code and fits else None

    def tax(self, percent: Decimal | None) -> str | None:
        """Give the tax code of ours with a rate that is stated."""
        return self.taxes.get(percent) if percent is not None else None


def list_codes(context: Context, entity: Entity, placed: Placed) -> Codes:
    """Find units, categories, items and tax codes that an order names by code or name."""
    why = "master data is the same for everyone"
    named = sorted({unit_code(line.unit).casefold() for line in placed.lines})
    units = context.session.scalars(
        scope.everything(Unit, why=why).where(or_(func.lower(Unit.code).in_(named), func.lower(Unit.name).in_(named)))
    )
    words = sorted({line.category.casefold() for line in placed.lines} - {""})
    is_named = or_(func.lower(Category.code).in_(words), func.lower(Category.name).in_(words))
    categories = context.session.scalars(scope.everything(Category, why=why).where(is_named, Category.state == "open"))
    numbers = sorted({line.item.casefold() for line in placed.lines} - {""})
    items = context.session.scalars(scope.everything(Item, why=why).where(func.lower(Item.code).in_(numbers)))
    taxes = scope.everything(TaxCode, why=why).where(
        TaxCode.country == entity.country, TaxCode.active, TaxCode.rate > 0
    )
    return Codes(
        {name.casefold(): (unit.code, unit.decimals) for unit in units for name in (unit.name, unit.code)},
        {name.casefold(): each.code for each in categories for name in (each.name, each.code)},
        {each.code.casefold(): each.code for each in items},
        {tax.rate: tax.code for tax in context.session.scalars(taxes.order_by(TaxCode.id.desc()))},
    )


def find_placed(context: Context, entity_id: int, number: str) -> Order | None:
    """Find the order of an entity that was placed elsewhere under a number, seen by the actor or not."""
    statement = scope.everything(Order, why="an order placed elsewhere is taken in once")
    found: Order | None = context.session.scalars(
        statement.where(Order.entity_id == entity_id, Order.placed_as == number)
    ).first()
    return found


def find_cost_centre(context: Context, entity_id: int, code: str) -> CostCentre | None:
    """Find an open cost centre of an entity by its code."""
    statement = scope.everything(CostCentre, why="an order says who pays").where(
        CostCentre.entity_id == entity_id, func.lower(CostCentre.code) == code.lower(), CostCentre.state == "open"
    )
    found: CostCentre | None = context.session.scalars(statement).first()
    return found


def list_top_cost_centres(context: Context, entity_id: int) -> list[CostCentre]:
    """List the open cost centres of an entity that stand below no other."""
    statement = scope.everything(CostCentre, why="what names nobody is charged at the top").where(
        CostCentre.entity_id == entity_id, CostCentre.parent_id.is_(None), CostCentre.state == "open"
    )
    return list(context.session.scalars(statement.order_by(CostCentre.id).limit(2)))
