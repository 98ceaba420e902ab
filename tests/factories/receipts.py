"""What valid receipts look like: of orders that were issued."""

from __future__ import annotations

from typing import Any

from app.infra import parties, unit
from app.infra.intake import find_row
from app.kernel.resource import registry
from tests.acting import system
from tests.factories.orders import ROUTES as ORDER_ROUTES


def receipt(maker: Any, number: int) -> dict[str, Any]:
    """Make a form for part of an issued order."""
    return {
        "order": _order(maker),
        "received_on": "2026-11-20",
        "delivery_note": f"LS-{number}",
        "lines": [{"line": 1, "quantity": "1"}],
    }


def _order(maker: Any) -> str:
    """Issue one order that is large enough for every receipt of a test."""
    if "issued_order" not in maker.made:
        orders = registry["order"]
        line = {"text": "Screw", "unit": maker.key("unit"), "category": maker.key("category")}
        key = maker.create(orders, lines=[{**line, "quantity": "100000", "unit_price": "0.01"}])
        ORDER_ROUTES["order", "issued"](maker, key)
        maker.made["issued_order"] = key
    if maker.owner:
        _let_ask(maker.owner, maker.made["issued_order"])
    return str(maker.made["issued_order"])


def _let_ask(account: int, order: str) -> None:
    """Let somebody have asked for what an order is about: who receives for themselves sees no other."""
    with unit.transaction(system(), "test.ask") as bound:
        row = find_row(bound, registry["order"], order)
        parties.enter(bound, [("order", row.id)], [(account, "asked_for")])


FORMS = {"receipt": receipt}


def _too_many(maker: Any, key: str) -> None:
    unit.save(system(), registry["receipt"], key, {"lines": [{"line": "1", "quantity": "999999"}]})


OBSTRUCTED = {"receipt.post": _too_many}
