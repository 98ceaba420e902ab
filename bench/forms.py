"""Search texts of templates with gaps where copies differ, written by the application's own search."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.infra import search
from app.infra.db import db
from app.kernel.resource import registry
from app.modules.approvals.models import Approval
from app.modules.invoices.models import Invoice
from app.modules.orders.models import Order
from app.modules.receipts.models import Receipt

NAME, PO = "qqa qqb qqc", "PO-qqyear-qqpo"


def write(cursor: Any, done: int) -> None:
    """Put beside each template row its search text with gaps; templates from slot `done` on keep their supplier."""
    cursor.execute("SELECT slot, id FROM template")
    for slot, identity in cursor.fetchall():
        for table, row_id, vector in _vectors(identity, is_old=slot < done):
            _keep(cursor, table, row_id, vector)


def _keep(cursor: Any, table: str, row_id: int, vector: str) -> None:
    cursor.execute(f"ALTER TABLE t_{table} ADD COLUMN IF NOT EXISTS search_form text")
    cursor.execute(f"UPDATE t_{table} SET search_form = %s WHERE id = %s", (vector, row_id))


def _vectors(order_id: int, *, is_old: bool) -> list[tuple[str, int, str]]:
    """Read an order with its documents, change in memory what tells copies apart, and look at what is searched."""
    with Session(db.engine, autoflush=False) as session:
        order = session.get_one(Order, order_id)
        was = order.supplier.name
        receipts, invoices = _of(session, Receipt, order_id), _of(session, Invoice, order_id)
        exceptions = [each for invoice in invoices for each in invoice.exceptions]
        rounds = select(Approval).where(Approval.resource == "order", Approval.row_id == order_id)
        approvals = list(session.scalars(rounds))
        number, order.number = order.number, PO
        for each in receipts:
            each.number = "RCV-qqyear-qqrcv"
        for each in invoices:
            each.reference, each.supplier_number, each.stated_order = "IN-qqyear-qqinr", f"R-{PO}", PO
            each.number = each.number and "INV-HAL-qqyear-qqinv"
            each.stated_supplier = NAME if is_old else each.stated_supplier
        for each in exceptions:
            each.number = "EX-qqyear-qqex"
        for each in approvals:
            each.number, each.document_key = "AV-qqav", PO
            each.title = each.title.replace(was, NAME) if is_old else each.title
            each.requester.last_name = "qqd" if is_old else each.requester.last_name
        order.supplier.name = NAME if is_old else was
        rows = [order, *receipts, *invoices, *exceptions, *approvals]
        found = [(row.__tablename__, row.id, search.vector(_declared(row), row)) for row in rows]
        session.rollback()
        assert number != PO
        return found


def _of(session: Session, model: Any, order_id: int) -> list[Any]:
    return list(session.scalars(select(model).where(model.order_id == order_id)))


def _declared(row: Any) -> Any:
    found = registry.of(type(row))
    assert found is not None
    return found
