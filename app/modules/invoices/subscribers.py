"""What invoices do when something happens to what they are held against."""

from __future__ import annotations

from collections.abc import Iterable

from app.infra import outbox
from app.infra.outbox import OutboxEvent
from app.kernel.actor import Context
from app.modules.invoices import queries, service
from app.modules.invoices.domain.exceptions import ExceptionKind
from app.modules.invoices.models import Invoice


def match_again(context: Context, event: OutboxEvent) -> None:
    """Hold invoices that wait for something of an order against it as it is now."""
    order = queries.find_order(context, event.resource, event.row_key)
    _match(context, queries.list_to_match_again(context, order.id) if order is not None else ())


def address_again(context: Context, event: OutboxEvent) -> None:
    """Match what is addressed to a company nobody knew, as it may be on file by now."""
    _match(context, queries.list_asked(context, ExceptionKind.ADDRESSEE))


def match_paid_to(context: Context, event: OutboxEvent) -> None:
    """Match what waits for an account, as it is entered, confirmed, refused or used no longer by now."""
    _match(context, queries.list_waiting_for_account(context, event.row_key))


def _match(context: Context, invoices: Iterable[Invoice]) -> None:
    for invoice in invoices:
        [locked] = queries.lock_invoices(context, [invoice.id])
        if locked.state in ("captured", "exception"):
            service.match(context, locked)


def recognise_again(context: Context, event: OutboxEvent) -> None:
    """Match the invoices of a supplier who is on file or approved now and was not when they came."""
    known = {invoice.id for invoice in queries.list_waiting_of(context, event.row_key)}
    for invoice_id in sorted(known | {invoice.id for invoice in queries.list_of_unknown(context)}):
        [locked] = queries.lock_invoices(context, [invoice_id])
        is_known = invoice_id in known or service.recognise_again(context, locked)
        if is_known and locked.state in ("captured", "exception"):
            service.match(context, locked)


outbox.subscribe(
    "invoices.match_again",
    "Match invoices again after a receipt or a change of order",
    ("receipt.posted", "receipt.reversed", "order.issued", "order.short_closed"),
    match_again,
)
outbox.subscribe(
    "invoices.address_again",
    "Match invoices again after a change of company",
    ("entity.created", "entity.changed", "entity.reopened"),
    address_again,
)
outbox.subscribe(
    "invoices.match_paid_to",
    "Match invoices again after a change of bank account",
    (
        "bank_account.created",
        "bank_account.changed",
        "bank_account.confirmed",
        "bank_account.rejected",
        "bank_account.retired",
    ),
    match_paid_to,
)
outbox.subscribe(
    "invoices.recognise_again",
    "Recognise invoices again after a change of supplier",
    ("supplier.created", "supplier.changed", "supplier.approved"),
    recognise_again,
)
