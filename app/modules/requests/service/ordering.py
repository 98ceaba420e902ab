"""What orders tell a request: how much of each line is on orders, and how much of it suppliers have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.kernel.actor import Context
from app.modules.requests import domain, queries
from app.modules.requests.models import Request


@dataclass(frozen=True, slots=True)
class Ordered:
    """How much of a line is on orders, drafts included, and how much of that suppliers have."""

    quantity: Decimal
    issued: Decimal


def locked(context: Context, ids: Iterable[int]) -> dict[int, Request]:
    """Take requests for the rest of the transaction, with their lines as they are now."""
    return {request.id: request for request in queries.lock_requests(context, ids)}


def note_ordered(context: Context, request: Request, lines: Mapping[int, Ordered]) -> None:
    """Put down what orders have taken of a request that is locked; lines that are not named stay as they are."""
    for line in request.lines:
        if line.id in lines:
            line.quantity_ordered, line.quantity_issued = lines[line.id].quantity, lines[line.id].issued
    request.ordered = domain.share_ordered(request.lines)
