"""The office with somebody who buys: Nadia makes orders out of what was approved, or directly."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.resource import registry
from tests.acting import Someone, system
from tests.scenarios.office import Office

ORDER_RULES: tuple[dict[str, Any], ...] = (
    {"code": "ASKED", "label": "Agreed in requests", "effect": "auto_approve", "reason": "Requests were approved"},
    {
        "code": "HEAD",
        "label": "Head of the laboratory",
        "effect": "require",
        "reason": "Bought directly or dearer",
        "resolver": "person",
        "person": "sofia.rossi",
    },
)


class Buying(Office):
    """The company, with a buyer, and suppliers who have an address."""

    def __init__(self) -> None:
        super().__init__()
        self.nadia = self.person("nadia.brandt", "Buyer", cost_centre="HAL-0")
        self.pavel = self.person("pavel.zeman", "Buyer", cost_centre="HAL-0")
        contact = {"name": "Vera Vega", "email": "orders@vega.example", "is_primary": True}
        self.edit(system(), "supplier", "VEGA", contacts=[contact])

    def order_policy(self, person: str = "sofia.rossi") -> str:
        """Put a policy for orders in force: what requests agreed to passes, all else asks one person."""
        rules = [dict(ORDER_RULES[0]), {**ORDER_RULES[1], "person": person}]
        condition = {"rule": "ASKED", "fact": "from_request", "operator": "is", "value": "yes"}
        form = {"name": "Orders", "document": "order", "entity": "HAL", "fallback_role": "Controller"}
        key = self.enter("approval_policy", **form, material_percent="5", rules=rules, conditions=[condition])
        self.do(system(id=8), "approval_policy", key, "publish")
        return key

    def order_form(self, price: str = "900", **changes: Any) -> dict[str, Any]:
        """Give a complete form of an order of one line."""
        return {
            "supplier": "VEGA",
            "cost_centre": "LAB",
            "currency": "EUR",
            "deliver_to": "WIEN",
            "lines": [self.line(price)],
            **changes,
        }

    def order(self, price: str = "900", by: Someone | None = None, **changes: Any) -> str:
        """Let Nadia draft an order of her own; give its number."""
        return self.enter("order", (by or self.nadia).context(), **self.order_form(price, **changes))

    def from_requests(self, *keys: str, supplier: str | None = None, by: Someone | None = None, **changes: Any) -> str:
        """Let Nadia draft an order for requests, as the page fills it in; give its number."""
        from app.modules.orders import queries, service

        buyer = (by or self.nadia).context()
        db.session.rollback()
        with unit.reading(buyer) as bound:
            found = queries.list_seen_requests(bound, keys)
            raw = service.form_for(bound, registry["order"], found)
        raw.setdefault("supplier", "VEGA")
        chosen = {"supplier": supplier} if supplier else {}
        return self.enter("order", buyer, **{**raw, **chosen, **changes})

    def act(self, someone: Someone, key: str, command: str, **arguments: Any) -> Any:
        """Let somebody run a command on a request or an order."""
        resource = "order" if key.startswith("PO-") else "receipt" if key.startswith("RCV-") else "request"
        return self.do(someone.context(), resource, key, command, **arguments)

    def grant_approver(self, someone: Someone) -> None:
        """Give somebody the right to decide."""
        self.do(system(), "person", someone.code, "grant", role="Approver", entity="HAL")

    def change(self, key: str, at: int = 0, **values: Any) -> Any:
        """Let Nadia change a line of an order."""
        lines = self.lines_of(key)
        lines[at] |= values
        return self.edit(self.nadia.context(), "order", key, lines=lines)

    def lines_of(self, key: str) -> list[dict[str, Any]]:
        """Give the lines of an order as a form sends them."""
        from app.modules.orders import service

        def raw(row: Any) -> list[dict[str, Any]]:
            lines: list[dict[str, Any]] = service.raw_of(row, registry["order"])["lines"]
            return [{"id": str(line.id), **values} for line, values in zip(row.lines, lines, strict=True)]

        return list(self.look(key, raw, "order"))

    def finish(self, key: str, channel: str = "print") -> str:
        """Submit an order, let it be agreed to, and issue it."""
        self.act(self.nadia, key, "submit")
        if self.state_of(key) == "submitted":
            self.act(self.sofia, key, "approve")
        self.act(self.nadia, key, "issue", channel=channel)
        return key

    def issued(self, price: str = "900", channel: str = "print", **request: Any) -> str:
        """Let Lena ask, everybody agree, and Nadia order it from Vega; give the order's number."""
        return self.finish(self.from_requests(self.approved(price, **request)), channel)

    def frame(self, ceiling: str, until: str = "2027-06-30") -> str:
        """Issue a blanket order with Vega."""
        self.order_policy()
        return self.finish(self.order(kind="blanket", ceiling=ceiling, valid_until=until))

    def call_off(self, frame: str, price: str) -> str:
        """Call something off a blanket order, and issue it."""
        return self.finish(self.order(price, blanket=frame))

    def state_of(self, key: str) -> str:
        """Tell the state of an order."""
        return str(self.look(key, lambda row: row.state, "order"))

    def left(self, request: str) -> list[Decimal]:
        """Tell what of the lines of a request is on no order."""
        return list(self.look(request, lambda row: [line.quantity - line.quantity_ordered for line in row.lines]))

    def figures(self, cost_centre: str) -> tuple[str, str]:
        """Tell what is reserved and what is committed of the budgets of a cost centre."""
        db.session.rollback()
        statement = text(
            "SELECT coalesce(sum(b.reserved), 0), coalesce(sum(b.committed), 0) FROM budget_cell c"
            " JOIN budget_balance b ON b.cell_id = c.id JOIN cost_centre k ON k.id = c.cost_centre_id WHERE k.code = :code"
        )
        reserved, committed = db.session.execute(statement, {"code": cost_centre}).one()
        return f"{reserved.normalize():f}", f"{committed.normalize():f}"
