"""Where invoices are found: in the menu, as a stage of every purchase, and in the views that people need."""

from __future__ import annotations

from typing import Any

from app.console import additions, addresses, cells, resource_view, stages
from app.console.actions import Action
from app.console.additions import OfferedView, Place
from app.console.gate import Visit
from app.console.stages import Stage
from app.infra import identity
from app.kernel.resource import Resource, registry
from app.modules.invoices import queries, service
from app.modules.invoices.console import worklist
from app.modules.invoices.console.settling import owners_of
from app.modules.invoices.console.view import CAPTURE, InvoiceView
from app.modules.invoices.domain.kinds import Share
from app.modules.invoices.models import Invoice
from app.modules.orders import queries as order_queries


def _may(permission: str) -> bool:
    signed_in = identity.current()
    return signed_in is not None and signed_in.actor.may(permission)


def _may_settle() -> bool:
    """Say whether exceptions are a task of the reader."""
    signed_in = identity.current()
    return signed_in is not None and signed_in.actor.may("invoice_exception.read") and bool(owners_of(signed_in.actor))


def _none(visit: Visit) -> int:
    return 0


def _views(visit: Visit) -> list[OfferedView]:
    """Offer what an AP clerk begins with, and what is to be paid."""
    invoices = registry[service.NAME]
    return [
        OfferedView(name, label, addresses.of_list(invoices, args={"state": states, "view": [name]}))
        for name, label, states in (
            ("check", "To check", ["captured", "exception"]),
            ("agree", "To approve", ["matched"]),
            ("post", "To post", ["approved"]),
            ("posted", "Posted", ["posted"]),
        )
    ]


def _rows(visit: Visit, resource: Resource, row: Any) -> list[Any]:
    """List the invoices that belong to a row: those of an order, or of the orders of what comes before or after."""
    if resource.name == "request":
        sources = order_queries.list_of_requests(visit.context, [row.id])
        return queries.list_of_order(visit.context, [source.order_id for source in sources])
    if resource.name == "order":
        return queries.list_of_order(visit.context, [row.id])
    if resource.name == "receipt":
        return queries.list_of_order(visit.context, [row.order_id])
    invoice = getattr(row, "invoice", None)
    return [invoice] if isinstance(invoice, Invoice) else list(getattr(row, "invoices", ()))


def _actions(visit: Visit, resource: Resource, row: Any) -> list[Action]:
    """Offer to enter the invoice of an order that was sent."""
    if (
        resource.name != "order"
        or not visit.actor.may("invoice.create")
        or not row.revision
        or row.state == "cancelled"
    ):
        return []
    args = {"order": [row.number], "entity": [row.entity.code], "currency": [row.currency.code]}
    url = addresses.of_list(registry[service.NAME], "new", args=args)
    return [Action("Enter invoice", "link", url, icon="receipt-2")]


def _said(row: Invoice) -> tuple[str, str]:
    """Name the state as people do: what is booked is to pay, on hold or paid."""
    if row.state != "posted":
        return {
            "captured": ("captured", "In check"),
            "exception": ("exception", "Match exception"),
            "matched": ("matched", "Matched"),
            "approved": ("approved", "Approved"),
            "void": ("void", "Void"),
        }.get(row.state, (row.state, row.state.capitalize()))
    if row.paid is Share.ALL:
        return "paid", "Paid"
    return ("on_hold", "On hold" if row.held_because else "Blocked") if row.blocked else ("to_pay", "To pay")


additions.lead_menu(Place("capture", "Take in invoices", "upload", CAPTURE, "t", lambda: _may("invoice.create"), _none))
additions.lead_menu(
    Place("settle", "To settle", "alert-triangle", worklist.URL, "s", _may_settle, worklist.count,
          f"{worklist.URL}/count", "invoice_exception:")
)  # fmt: skip
additions.to_home(worklist.waiting_entries)
additions.offer_views(service.NAME, _views)
cells.say_state(service.NAME, _said)
stages.declare(Stage(40, "invoice", "Invoice", "receipt-2", _rows, lambda row: row.state == "posted"))
stages.offer(_actions)
resource_view.extend(registry[service.NAME], InvoiceView)
resource_view.extend(registry["invoice_exception"], worklist.ExceptionView)
