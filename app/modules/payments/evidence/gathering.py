"""Which documents stand behind a payment: what was asked, decided, ordered, received and billed, as its reader may open them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.infra import scope
from app.kernel.actor import Context
from app.kernel.resource import Resource, registry
from app.modules.approvals import queries as approvals
from app.modules.invoices.models import InvoiceException
from app.modules.payments.models import Payment
from app.modules.receipts.models import Receipt

_WHY = "whoever may see a payment is told which documents led to it"


@dataclass(frozen=True, slots=True)
class Behind:
    """The documents behind a payment in the order of the process, and the keys of those out of the reader's reach."""

    rows: tuple[tuple[Resource, Any], ...]
    beyond: tuple[tuple[Resource, str], ...]


def behind(context: Context, payment: Payment) -> Behind:
    """Find all that led to a payment, from the first request on."""
    found = list(_chain(context, payment))
    open_to = {(resource.name, row.id) for resource, row in _seen(context, found)}
    return Behind(
        tuple((resource, row) for resource, row in found if (resource.name, row.id) in open_to),
        tuple((resource, resource.key_of(row)) for resource, row in found if (resource.name, row.id) not in open_to),
    )


def _chain(context: Context, payment: Payment) -> Iterator[tuple[Resource, Any]]:
    invoices = _each_once(part.invoice for part in payment.parts)
    orders = _each_once(invoice.order for invoice in invoices)
    requests = _each_once(source.request for order in orders for source in order.sources)
    yield from _decided(context, "request", requests)
    yield from _decided(context, "order", orders)
    yield from _of(context, Receipt, Receipt.order_id, orders)
    yield from _decided(context, "invoice", invoices)
    yield from _of(context, InvoiceException, InvoiceException.invoice_id, invoices)
    if payment.run:
        yield registry["payment_run"], payment.run
    yield registry["payment"], payment


def _decided(context: Context, name: str, rows: Iterable[Any]) -> Iterator[tuple[Resource, Any]]:
    """Give documents, each followed by the rounds in which it was decided."""
    for row in rows:
        yield registry[name], row
        yield from ((registry["approval"], round_) for round_ in approvals.list_rounds(context, name, row.id))


def _of(context: Context, model: Any, link: Any, parents: Iterable[Any]) -> Iterator[tuple[Resource, Any]]:
    """Give the documents that belong to others, the oldest first."""
    resource = registry.of(model)
    assert resource
    statement = scope.everything(model, why=_WHY).where(link.in_([parent.id for parent in parents]))
    yield from ((resource, row) for row in context.session.scalars(statement.order_by(model.id)))


def _each_once(rows: Iterable[Any]) -> list[Any]:
    return list({row.id: row for row in rows if row is not None}.values())


def _seen(context: Context, found: list[tuple[Resource, Any]]) -> Iterator[tuple[Resource, Any]]:
    """Give those the reader may open: what they may not open is named, and nothing of it is told."""
    by_resource: dict[str, list[Any]] = {}
    for resource, row in found:
        by_resource.setdefault(resource.name, []).append(row)
    for name, rows in by_resource.items():
        resource = registry[name]
        if not context.actor.may(resource.permission("read")):
            continue
        within = scope.select_rows(context, resource).where(resource.model.id.in_([row.id for row in rows]))
        ids = set(context.session.scalars(within.with_only_columns(resource.model.id)))
        yield from ((resource, row) for row in rows if row.id in ids)
