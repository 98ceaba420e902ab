"""The small true company that a large one is copied from: people, budgets, and orders in every state, made by commands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import argon2

from app.infra import identity, settings, unit
from app.infra.db import db
from tests.acting import Someone, system
from tests.scenarios.billing import Billing

PASSWORD = "a bench is not a bank"
CENTRES, YEARS, LINES = 100, (2024, 2025, 2026), 5
BUDGET = "90000000000"
THINGS = ("Filter", "Lens", "Mirror", "Cable", "Sensor", "Bracket", "Pump", "Valve", "Board", "Motor")
KINDS = ("narrow", "coated", "spare", "cooled", "sealed", "long", "steel", "small")
#: What becomes of an order, and how many templates of it there are. The first are old and done, the others in work.
DONE, IN_WORK = ("posted", "closed"), ("draft", "submitted", "approved", "issued", "received", "matched", "exception")
EACH = 4


@dataclass
class Company(Billing):
    """Halden with a hundred cost centres, three years of budgets, and the orders that others are copies of."""

    templates: dict[str, list[str]] = field(default_factory=dict)

    def __init__(self) -> None:
        super().__init__()
        self.templates = {}
        self._allow_much()
        self.order_policy()
        self.centres = [f"C{number:03d}" for number in range(1, CENTRES + 1)]
        for code in self.centres:
            self.enter(
                "cost_centre", code=code, name=f"Group {code}", entity="HAL", parent="HAL-0", owner="sofia.rossi"
            )
        for year in YEARS:
            self._plan(year)
        for someone in (self.nadia, self.sofia, self.rita, self.eva):
            self._admit(someone)

    def build(self) -> None:
        """Make the orders, some of each course."""
        for course in (*DONE, *IN_WORK):
            self.templates[course] = [self.template(course, number) for number in range(EACH)]
        db.session.rollback()

    def template(self, course: str, number: int) -> str:
        """Bring an order of five lines as far as its course goes."""
        lines = [self._line(number + 3 * at, at) for at in range(LINES)]
        key = self.order(cost_centre=self.centres[0], lines=lines)
        if course == "draft":
            return key
        self.act(self.nadia, key, "submit")
        if course == "submitted":
            return key
        self.act(self.sofia, key, "approve")
        if course == "approved":
            return key
        self.act(self.nadia, key, "issue", channel="print")
        if course == "issued":
            return key
        self._receive_all(key, lines)
        if course == "received":
            return key
        self._bill(course, key, lines)
        return key

    def _receive_all(self, key: str, lines: Sequence[dict[str, str]]) -> None:
        told = [{"line": str(at), "quantity": line["quantity"]} for at, line in enumerate(lines, 1)]
        receipt = self.enter("receipt", self.rita.context(), order=key, lines=told)
        self.do(self.rita.context(), "receipt", receipt, "post")

    def _bill(self, course: str, key: str, lines: Sequence[dict[str, str]]) -> None:
        """Take in the supplier's invoice; of an exception each piece is 3 EUR dearer."""
        dearer = 3 if course == "exception" else 0
        stated = [(line["text"], line["quantity"], str(int(line["unit_price"]) + dearer)) for line in lines]
        invoice = self.captured(f"R-{key}", *stated, order=key)
        expected = "exception" if course == "exception" else "matched"
        assert self.stands(invoice) == expected, (course, self.stands(invoice), self.exceptions(invoice))
        if course in DONE:
            self.posted(invoice)
        if course == "closed":
            self.act(self.nadia, key, "close")

    def _line(self, number: int, at: int) -> dict[str, str]:
        text = f"{THINGS[number % len(THINGS)]} {KINDS[(number + at) % len(KINDS)]}"
        return self.line(str(40 + 7 * number + at), text=text, quantity=str(1 + (number + at) % 9), tax_code="AT20")

    def _plan(self, year: int) -> None:
        lines = [{"cost_centre": code, "amount": BUDGET, "control": "hard"} for code in self.centres]
        key = self.enter("budget_plan", name=f"Groups {year}", entity="HAL", year=year, lines=lines)
        self.do(system(), "budget_plan", key, "publish")

    def _admit(self, someone: Someone) -> None:
        """Let somebody sign in with the password of the bench, hashed as costly as anybody's."""
        identity._hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)  # noqa: SLF001
        with unit.transaction(system(), "bench.set_password") as bound:
            user = identity.find_user(bound.session, someone.code)
            assert user is not None
            user.password = identity.hash_password(PASSWORD)

    def _allow_much(self) -> None:
        """Lift the limits of requests a minute, which would end each measurement after a second."""
        names = [each.name for each in settings.declared() if each.name.startswith("api.requests_per_minute")]
        for name in names:
            self.do(system(), "setting", name, "change", value="1000000")
