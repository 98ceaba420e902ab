"""A revision of an order: what its supplier is told, kept so that papers can be drawn and values gone back to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect

from app.infra.db import Choice
from app.kernel.actor import Context
from app.modules.approvals.domain.content import canonical, digest
from app.modules.orders.domain import amounts, charging
from app.modules.orders.domain.kinds import Channel
from app.modules.orders.models import Order, OrderCharge, OrderLine, OrderRevision, OrderSource, OrderSplit
from app.modules.orders.service.weighing import content_of, day_of, terms_of

#: Values of an order that a revision fixes, by table; what has come about since is not among them.
_HEADER = (
    "supplier_id", "entity_id", "cost_centre_id", "project_id", "currency_id", "deliver_to_id", "promised_for", "payment_days",
    "discount_percent", "discount_days", "instalments", "contact_email", "terms", "note", "ceiling", "valid_from",
    "valid_until", "base_total", "rate", "rate_on", "rate_source", "net_total", "tax_total", "total", "charges_total",
    "deposit_percent", "deposit_amount",
)  # fmt: skip
_LINE = (
    "id", "position", "item_id", "text", "supplier_item", "quantity", "unit_id", "unit_price", "discounts", "amount",
    "tax_code_id", "category_id", "account", "cost_centre_id", "project_id", "promised_for", "received_by", "over_percent",
    "over_quantity",
)  # fmt: skip
_CHARGE = ("id", "position", "kind", "text", "amount", "tax_code_id")
_SPLIT = ("id", "position", "line", "order_line_id", "cost_centre_id", "project_id", "percent", "amount")
_SOURCE = (
    "id", "position", "line", "order_line_id", "request_id", "request_line", "request_line_id", "quantity", "issued_quantity",
    "returned",
)  # fmt: skip
_PARTS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("lines", OrderLine, _LINE),
    ("extra_charges", OrderCharge, _CHARGE),
    ("splits", OrderSplit, _SPLIT),
    ("sources", OrderSource, _SOURCE),
)


def keep(context: Context, order: Order, channel: Channel, note: str | None) -> OrderRevision:
    """Write down what goes to the supplier now."""
    context.session.flush()
    content = canonical(content_for_people(context, order))
    revision = OrderRevision(
        number=order.revision,
        position=order.revision - 1,
        reason=order.amend_reason if order.revision > 1 else None,
        issued_at=context.now,
        issued_by=context.actor.id,
        channel=channel,
        note=note,
        total=order.total,
        hash=digest(content),
        content=content,
        stored=_stored(context, order),
        agreed=canonical({"content": content_of(context, order), "amount": order.base_total}),
    )
    order.revisions.append(revision)
    return revision


def _stored(context: Context, order: Order) -> dict[str, Any]:
    terms = terms_of(order)
    return {
        "order": _values(order, _HEADER),
        **{name: [_values(row, columns) for row in getattr(order, name)] for name, _, columns in _PARTS},
        "charges": [charging.plain(each) for each in charging.charges_of(order, day_of(context, order))],
        "terms": {
            "entity_id": terms.entity_id,
            "currency": terms.currency,
            "base": terms.base,
            "rate": str(terms.rate),
            "rate_on": terms.rate_on.isoformat() if terms.rate_on else None,
            "rate_source": terms.rate_source,
        },
    }


def restore(context: Context, order: Order, revision: OrderRevision) -> None:
    """Go back to what the supplier knows; what has come about since stays."""
    header = revision.stored["order"]
    _set(order, header, tuple(name for name in _HEADER if name in header))
    for name, model, columns in _PARTS:
        present = {row.id: row for row in getattr(order, name)}
        rows = []
        for values in revision.stored.get(name, ()):
            row = present.get(values["id"]) or model()
            kept = ("returned",) if name == "sources" and row in present.values() else ()
            _set(row, values, tuple(each for each in columns if each not in kept))
            rows.append(row)
        setattr(order, name, rows)
    context.session.flush()
    for row in (order, *order.lines, *order.extra_charges, *order.splits, *order.sources):
        links = [each.key for each in inspect(type(row)).relationships if not each.uselist]
        context.session.expire(row, [each for each in links if each != "order"])


def _values(row: Any, columns: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in columns}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return getattr(value, "value", value)


def _set(row: Any, values: dict[str, Any], columns: tuple[str, ...]) -> None:
    for name in columns:
        value = _typed(type(row).__table__.columns[name].type, values[name])
        if getattr(row, name) != value:
            setattr(row, name, value)


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Choice):
        return kind.kind(value)
    wanted = kind.python_type
    return date.fromisoformat(value) if wanted is date else wanted(value)


def content_for_people(context: Context, order: Order) -> dict[str, Any]:
    """Tell everything that stands on the papers of an order, with names in place of references."""
    found = amounts.totals([*order.lines, *order.extra_charges], order.currency.code)
    return {
        "number": order.number,
        "revision": order.revision,
        "kind": order.kind,
        "blanket": order.blanket.number if order.blanket else None,
        "issued_on": context.today,
        "currency": order.currency.code,
        "buyer": _entity(order),
        "contact": {"name": str(order.buyer), "email": order.buyer.email} if order.buyer else {},
        "supplier": _supplier(order),
        "deliver_to": _place(order),
        "promised_for": order.promised_for,
        "payment": {
            "days": order.payment_days,
            "discount_percent": order.discount_percent,
            "discount_days": order.discount_days,
            "instalments": order.instalments,
            "deposit_percent": order.deposit_percent,
            "deposit_amount": order.deposit_amount,
        },
        "terms": order.terms,
        "note": order.note,
        "ceiling": order.ceiling,
        "valid_from": order.valid_from,
        "valid_until": order.valid_until,
        "requests": sorted({source.request.number for source in order.sources}),
        "lines": [_line(order, number, line) for number, line in enumerate(order.lines, 1)],
        "extra_charges": [_charge(charge) for charge in order.extra_charges],
        "net": found.net.amount,
        "tax": found.tax.amount,
        "total": found.gross.amount,
        "rates": [
            {"category": each.category, "percent": each.percent, "base": each.base.amount, "tax": each.tax.amount}
            for each in found.rates
        ],
    }


def _entity(order: Order) -> dict[str, Any]:
    entity = order.entity
    return {
        "code": entity.code,
        "name": entity.name,
        "legal_name": entity.legal_name or entity.name,
        "country": entity.country,
        "tax_id": entity.tax_id,
    }


def _supplier(order: Order) -> dict[str, Any]:
    supplier = order.supplier
    return {
        "code": supplier.code,
        "name": supplier.name,
        "legal_name": supplier.legal_name or supplier.name,
        "country": supplier.country,
        "email": order.contact_email,
        "tax_ids": [{"kind": each.kind, "value": each.value} for each in supplier.tax_ids],
        "endpoint_scheme": supplier.endpoint_scheme,
        "endpoint_id": supplier.endpoint_id,
    }


def _place(order: Order) -> dict[str, Any] | None:
    place = order.deliver_to
    if place is None:
        return None
    return {
        name: getattr(place, name) for name in ("code", "name", "street", "street_2", "postcode", "city", "country")
    }


def _charge(charge: OrderCharge) -> dict[str, Any]:
    tax = charge.tax_code
    return {
        "id": charge.id,
        "kind": charge.kind,
        "text": charge.text,
        "amount": charge.amount,
        "tax_category": tax.category if tax else None,
        "tax_percent": tax.rate if tax else None,
    }


def _line(order: Order, number: int, line: OrderLine) -> dict[str, Any]:
    tax = line.tax_code
    return {
        "id": line.id,
        "number": number,
        "item": line.item.code if line.item else None,
        "supplier_item": line.supplier_item,
        "text": line.text,
        "quantity": line.quantity,
        "unit": line.unit.code if line.unit else None,
        "unit_name": line.unit.name if line.unit else None,
        "unit_price": line.unit_price,
        "discounts": line.discounts,
        "net_price": amounts.net_price(line.unit_price or Decimal(0), line.discounts),
        "amount": line.amount,
        "tax_category": tax.category if tax else None,
        "tax_percent": tax.rate if tax else None,
        "promised_for": line.promised_for,
        "account": line.account,
        "cost_centre": (line.cost_centre or order.cost_centre).code,
    }
