"""Where payments are found: as the last stage of every purchase, and on the first page of whoever approves or releases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.console import additions, addresses, cells, stages, words
from app.console.additions import OfferedView
from app.console.gate import Visit
from app.console.home import Entry
from app.console.stages import Stage
from app.infra import scope
from app.infra.fields import humanise
from app.kernel.resource import Resource, registry
from app.modules.payments import queries
from app.modules.payments.models import Payment, PaymentRun

_NAME = "payment_run"
_ACTS = {"submitted": ("approve", "to approve"), "approved": ("release", "to release")}


def waiting(visit: Visit, most: int) -> Iterable[Entry]:
    """List the runs that wait for the reader: to be approved where they had no hand in them, to be released."""
    states = [state for state, (verb, _) in _ACTS.items() if visit.actor.may(f"{_NAME}.{verb}")]
    if not states:
        return []
    model: Any = PaymentRun
    statement = (
        scope.select_rows(visit.context, registry[_NAME]).where(model.state.in_(states)).order_by(model.execute_on)
    )
    found = visit.context.session.scalars(statement.limit(most * 3))
    mine = [row for row in found if row.state != "submitted" or visit.actor.id not in row.makers]
    return [_entry(visit, row) for row in mine[:most]]


def _entry(visit: Visit, row: PaymentRun) -> Entry:
    day = words.day(row.execute_on, visit.context.today)
    return Entry(
        title=f"{row.number} {_ACTS[row.state][1]}",
        sub=f"{words.money(row.total, row.currency.code)}, {words.count(row.items_count, 'item', 'items')}, pays {day}",
        url=addresses.of_row(row),
        icon="coins",
        state=cells.state_of(row, row.state.capitalize()),
    )


def _views(visit: Visit) -> list[OfferedView]:
    return [
        OfferedView(name, label, addresses.of_list(registry[_NAME], args={"state": states, "view": [name]}))
        for name, label, states in (
            ("drafts", "Drafts", ["draft"]),
            ("approve", "To approve", ["submitted"]),
            ("release", "To release", ["approved"]),
            ("bank", "At the bank", ["released"]),
        )
    ]


def _rows(visit: Visit, resource: Resource, row: Any) -> list[Any]:
    """List the payments that belong to a row: of an invoice, of the invoices of an order, or of a run."""
    if isinstance(row, PaymentRun):
        return queries.list_payments(visit.context, row.id)
    if resource.name == "invoice":
        return queries.list_of_invoices(visit.context, [row.id])
    orders = [row.id] if resource.name == "order" else [row.order_id] if hasattr(row, "order_id") else []
    return queries.list_of_orders(visit.context, orders)


def _is_settled(row: Payment) -> bool:
    return row.state == "settled"


def _said(row: Payment) -> tuple[str, str]:
    """Name the state as people do: what is in a file is on its way at the bank."""
    return ("released", "Sent to bank") if row.state == "sent" else (row.state, humanise(row.state))


additions.to_home(waiting)
additions.offer_views(_NAME, _views)
cells.say_state("payment", _said)
stages.declare(Stage(50, "payment", "Payment", "credit-card", _rows, _is_settled))
