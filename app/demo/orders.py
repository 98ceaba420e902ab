"""Orders of the demo company: the buyer orders what was approved, and it arrives, in part or as a whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from app.demo import deciders
from app.infra import unit
from app.infra.db import db
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.orders import queries as order_queries
from app.modules.orders import service as orders
from app.modules.receipts import service as receipts

BUYER, RECEIVER = "nadia.brandt", "jonas.berg"
ActAs = Callable[[str, datetime], Context]


def buy(act_as: ActAs, random: Random, request: str, supplier: str | None, at: datetime, now: datetime) -> bool:
    """Order an approved request a day or two later, and receive it after some time, if that has come; say whether it went."""
    key = _ordered(act_as, request, supplier, at, now)
    if key is None:
        return False
    arrives = at + timedelta(days=random.randint(3, 18))
    parts = 2 if random.random() < 0.2 else 1  # noqa: PLR2004
    for part in range(parts):
        if arrives < now:
            _received(
                act_as(RECEIVER, arrives), key, is_last=part == parts - 1, note=f"DN-{random.randint(10000, 99999)}"
            )
        arrives += timedelta(days=6)
    return True


def _ordered(act_as: ActAs, request: str, supplier: str | None, at: datetime, now: datetime) -> str | None:
    """Fill the order from the request as the page does, let those agree who are asked, and send it out."""
    resource, context = registry["order"], act_as(BUYER, at)
    with unit.reading(context) as bound:
        [found] = order_queries.list_seen_requests(bound, [request])
        raw = orders.form_for(bound, resource, [found])
    db.session.remove()
    if not raw.get("lines") or not (raw.get("supplier") or supplier):
        return None
    try:
        key = unit.create(context, resource, {"supplier": supplier, **raw}).key
        unit.execute(context, resource, key, "submit", {})
        while who := deciders.asked("order", key, now):
            at = min(at + timedelta(hours=20), now)
            unit.execute(act_as(who[0], at), resource, key, "approve", {})
        unit.execute(act_as(BUYER, at), resource, key, "issue", {"channel": "print"})
    except Refused:
        return None
    return key


def _received(context: Context, key: str, *, is_last: bool, note: str) -> None:
    resource = registry["receipt"]
    with unit.reading(context) as bound:
        found = order_queries.find_seen(bound, key)
        raw = receipts.form_for(bound, found) if found is not None else {"lines": []}
    db.session.remove()
    lines: list[dict[str, Any]] = raw["lines"] if is_last else raw["lines"][:1]
    if not lines:
        return
    try:
        number = unit.create(context, resource, {**raw, "lines": lines, "delivery_note": note}).key
        unit.execute(context, resource, number, "post", {})
    except Refused:
        return
