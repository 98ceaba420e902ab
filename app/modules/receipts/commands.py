"""What is done with receipts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.event import Event
from app.modules.receipts import service
from app.modules.receipts.models import Receipt


@dataclass(frozen=True)
class Told(Event):
    """What everybody who hears of a receipt needs to know; `buyer` is an account."""

    number: str
    order: str
    supplier: str
    buyer: int | None
    value: Decimal
    currency: str
    reason: str = ""


@dataclass(frozen=True)
class Posted(Told):
    """Something has arrived, was accepted, or went back."""


@dataclass(frozen=True)
class Reversed(Told):
    """It counts no longer."""


def _tell(kind: type[Told], receipt: Receipt, reason: str = "") -> Any:
    order = receipt.order
    return kind(
        number=receipt.number,
        order=order.number,
        supplier=order.supplier.name,
        buyer=order.buyer.user_id if order.buyer else None,
        value=receipt.value,
        currency=receipt.currency.code,
        reason=reason,
    )


@command("Post", moves=["draft -> posted"], guard=service.why_not_postable)
def post(context: Context, receipt: Receipt) -> Posted:
    """Count what has arrived. The order shows at once what is still to come."""
    service.post(context, receipt)
    return _tell(Posted, receipt)


@command("Reverse", moves=["posted -> reversed"], danger=True)
def reverse(context: Context, receipt: Receipt, *, reason: Annotated[str, Ask("Reason", long=True)]) -> Reversed:
    """Take a receipt back that was entered by mistake. What really went back is a receipt below zero."""
    service.undo(context, receipt)
    receipt.state_reason = reason
    return _tell(Reversed, receipt, reason)
