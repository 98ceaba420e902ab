"""Requests of the demo company over twelve months: most were decided long ago, some wait today, a few are still drafts."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from flask import current_app
from sqlalchemy import text

from app.demo import company, deciders, needs, orders, quotes
from app.infra import activity, files, unit
from app.infra.db import db
from app.kernel.actor import Context
from app.kernel.problem import Refused
from app.kernel.resource import registry

SEED, USUAL = 418, 60
_IN = {"EUR": Decimal(1), "CZK": Decimal(25), "GBP": Decimal("0.85")}
_WORDS = {category: word for word, category in company.SUPPLIER_TRADES}
ActAs = Callable[[str, datetime], Context]


def seed(act_as: ActAs, now: datetime) -> None:
    """Let people ask and others decide, by the policies and budgets of the company."""
    made = _Year(act_as, now)
    for number in range(USUAL):
        made.ask_long_ago(number)
    for need in needs.TODAY:
        made.ask_today(need)
    made.order_newest()


class _Year:
    """Walks through the year of requests, with a source of chance of its own."""

    def __init__(self, act_as: ActAs, now: datetime) -> None:
        self.random = Random(SEED)  # noqa: S311
        self.act_as, self.now, self.store = act_as, now, files.configured(current_app.config)
        self.people = self._rows(
            "SELECT p.code, k.code, e.code, c.code FROM person p JOIN cost_centre k ON k.id = p.cost_centre_id"
            " JOIN entity e ON e.id = k.entity_id JOIN currency c ON c.id = e.base_currency_id"
            " WHERE p.state = 'active' AND EXISTS (SELECT 1 FROM role_grant g JOIN ab_role r ON r.id = g.role_id"
            " WHERE g.user_id = p.user_id AND r.name = 'Requester') ORDER BY p.id"
        )
        self.places = {entity: code for code, _, entity, *_ in reversed(company.LOCATIONS)}
        self.items = self._rows(
            "SELECT i.code, c.code FROM item i JOIN category c ON c.id = i.category_id WHERE i.state = 'active' ORDER BY i.id"
        )

    def ask_long_ago(self, number: int) -> None:
        """Ask for something usual, some months or days ago, and let it take its course."""
        ago = 5 + round(345 * (1 - number / USUAL) ** 1.5)  # a company that grows
        person, centre, entity, currency = self.random.choice(self.people)
        usual = [need for need in needs.USUAL if centre.startswith(need.centres)]
        need = self.random.choice(usual or list(needs.ANYWHERE))
        at = self._moment(ago)
        form = {
            "title": need.title,
            "reason": need.reason,
            "cost_centre": centre,
            "currency": currency,
            "deliver_to": self.places[entity],
            "needed_by": (at.date() + timedelta(days=self.random.choice((14, 21, 30, 45)))).isoformat(),
            "lines": self._lines(need, currency),
        }
        key = unit.create(self.act_as(person, at), registry["request"], form).key
        self._course(key, person, at + timedelta(hours=1), ago, need.category)

    def ask_today(self, need: needs.Today) -> None:
        """Ask for one of the things that stand in somebody's inbox, or on somebody's desk, today."""
        at = self._moment(need.ago)
        lines = [
            {"text": words, "quantity": quantity, "unit": unit_code, "unit_price": price, "category": category}
            for words, quantity, unit_code, price, category in need.lines
        ]
        form = {
            "title": need.title,
            "reason": need.reason,
            "cost_centre": need.centre,
            "currency": "EUR",
            "supplier": self._supplier(need.lines[0][4]),
            "deliver_to": need.deliver_to,
            "needed_by": (self.now.date() + timedelta(days=need.needed_in)).isoformat(),
            "lines": lines,
        }
        key = unit.create(self.act_as(need.person, at), registry["request"], form).key
        for number, supplier in enumerate(need.quotes):
            stored = self.store.put(io.BytesIO(quotes.pdf(supplier, need, at.date(), number)))
            name = f"Quote {supplier}.pdf"
            activity.attach(self.act_as(need.person, at + timedelta(minutes=5)), registry["request"], key, stored, name)
        if need.submitted:
            self._try(self.act_as(need.person, at + timedelta(minutes=20)), key, "submit")

    def order_newest(self) -> None:
        """Let the buyer order yesterday what was approved last: it is on its way."""
        statement = (
            "SELECT DISTINCT ON (r.id) r.number, c.code FROM request r JOIN request_line l ON l.request_id = r.id"
            " JOIN category c ON c.id = l.category_id WHERE r.state = 'approved' ORDER BY r.id DESC, l.id"
        )
        yesterday = self.now - timedelta(days=1)
        any(
            orders.buy(self.act_as, self.random, key, self._supplier(category), yesterday, self.now)
            for key, category in self._rows(statement)
        )

    def _course(self, key: str, person: str, at: datetime, ago: int, category: str) -> None:
        """Submit, decide, and end what was asked for; what is young may still wait."""
        chance = self.random.random()
        if chance < 0.03 or not self._try(self.act_as(person, at), key, "submit"):  # noqa: PLR2004
            self._try(self.act_as(person, at + timedelta(days=3)), key, "discard") if ago > 30 else None  # noqa: PLR2004
            return
        if ago < 6:  # noqa: PLR2004
            return
        if chance < 0.07:  # noqa: PLR2004
            self._try(self.act_as(person, at + timedelta(hours=5)), key, "withdraw", reason="Found one in the cellar")
            return
        at = self._decided(key, person, at, chance)
        is_bought = 0.25 < chance < 0.9  # noqa: PLR2004
        if is_bought and self._state(key) == "approved":
            at = min(at + timedelta(days=self.random.randint(1, 3)), self.now)
            orders.buy(self.act_as, self.random, key, self._supplier(category), at, self.now)
        if self._state(key) == "approved" and ago > 40:  # noqa: PLR2004
            end = min(at + timedelta(days=self.random.randint(10, 30)), self.now)
            reason = {"reason": self.random.choice(needs.CANCELLED)}
            command, given = ("cancel", reason) if chance > 0.96 else ("close", {})  # noqa: PLR2004
            self._try(self.act_as(person, end), key, command, **given)

    def _decided(self, key: str, person: str, at: datetime, chance: float) -> datetime:
        """Let those who are asked decide, one after the other, each after some hours."""
        for turn in range(8):
            asked = deciders.asked("request", key, self.now)
            if not asked:
                break
            at = min(at + timedelta(hours=self.random.randint(2, 50)), self.now)
            context = self.act_as(asked[0], at)
            if turn == 0 and chance < 0.14:  # noqa: PLR2004
                self._try(context, key, "reject", reason=self.random.choice(needs.REJECTED))
            elif turn == 0 and chance < 0.22:  # noqa: PLR2004
                self._try(context, key, "request_changes", reason=self.random.choice(needs.RETURNED))
                activity.comment(self.act_as(person, at), registry["request"], key, self.random.choice(needs.ANSWERED))
                at = min(at + timedelta(hours=20), self.now)
                self._try(self.act_as(person, at), key, "submit")
            else:
                self._try(context, key, "approve", comment=self.random.choice(needs.APPROVED))
        return at

    def _lines(self, need: needs.Usual, currency: str) -> list[dict[str, Any]]:
        lines = []
        for words, unit_code, low, high, most in need.lines:
            items = [code for code, category in self.items if category == need.category]
            quantity = str(self.random.randint(1, most))
            if items and self.random.random() < 0.35:  # noqa: PLR2004
                lines.append({"item": self.random.choice(items), "quantity": quantity})
                continue
            price = Decimal(str(round(low * (high / low) ** self.random.random(), 0))) * _IN[currency]
            line = {"text": words, "quantity": quantity, "unit": unit_code, "category": need.category}
            lines.append({**line, "unit_price": str(price.quantize(Decimal("0.01")))})
        return lines

    def _supplier(self, category: str) -> str | None:
        word = _WORDS.get(category)
        found = self._rows(
            "SELECT code FROM supplier WHERE state = 'approved' AND name LIKE :name ORDER BY id LIMIT 1",
            name=f"% {word}",
        )
        return str(found[0][0]) if found else None

    def _state(self, key: str) -> str:
        return str(self._rows("SELECT state FROM request WHERE number = :key", key=key)[0][0])

    def _try(self, context: Context, key: str, command: str, **arguments: Any) -> bool:
        """Run a command as people would: what the budget or the policy refuses stays as it is."""
        try:
            unit.execute(context, registry["request"], key, command, arguments)
        except Refused:
            return False
        return True

    def _moment(self, ago: float) -> datetime:
        moment = self.now - timedelta(days=ago, minutes=self.random.randint(5, 200))
        while ago > 7 and moment.weekday() > 4:  # noqa: PLR2004
            moment -= timedelta(days=1)
        return moment

    def _rows(self, statement: str, **given: Any) -> list[Any]:
        found = list(db.session.execute(text(statement), given))
        db.session.remove()
        return found
