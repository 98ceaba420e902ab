"""Invoices of the demo company: for what it ordered and for what it never orders; most are booked, some are argued about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import text

from app.demo import bills, deciders, quotes
from app.demo.bills import Bill, Item, Party
from app.infra import unit
from app.infra.db import db
from app.infra.taking import Sent
from app.kernel.actor import SYSTEM, Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.invoices import queries, service
from app.modules.orders.domain import amounts
from app.modules.orders.models import Order
from app.modules.suppliers.models import BankAccount

SEED, CLERK, BUYER, RECEIVER = 1126, "priya.nair", "omar.haddad", "jonas.berg"
#: What was open so long ago was settled since; what is younger waits for somebody today.
SETTLED_AFTER = 45
#: What came last is not billed yet: visitors bill it themselves, as the tour in the README tells.
LEFT_TO_VISITORS = 3
_CENT = Decimal("0.01")
_RATES = {"CZ": 21, "AT": 20, "DE": 19, "GB": 20, "NL": 21, "PL": 23, "SE": 25, "FI": 25, "CH": 8}
_STRANGE_ACCOUNT = "DE75512108001245126199"
#: What comes without an order: trade of the supplier, text, price, cost centre, category, and every how many days.
_RUNNING = (
    ("Facility", "Cleaning of halls A and C", "1480.00", "FAC-050", "FAC-CLEAN", 31),
    ("Cloud", "Lines and mobile telephones", "612.40", "IT-210", "IT-SW", 61),
    ("Office", "Paper and coffee, standing delivery", "187.35", "FIN-400", "OFF", 75),
)
#: What is wrong with one invoice after the other: of those that are settled, and of those that wait for somebody.
_OLD = ("", "", "price", "", "quantity", "", "total", "", "", "copy", "", "", "")
_YOUNG = ("price", "quantity", "", "account", "", "total", "copy")
ActAs = Callable[[str, datetime], Context]


@dataclass(frozen=True, slots=True)
class _Ordered:
    """An order as its supplier bills it."""

    number: str
    bill: Bill
    arrived: date


def seed(act_as: ActAs, now: datetime) -> None:
    """Let suppliers bill what they delivered and what runs by itself, and let the company deal with it."""
    made = _Year(act_as, now)
    made.policy()
    for at, each in enumerate(made.ordered()):
        made.billed(at, each)
    made.running()
    made.urgent()
    made.scanned()


def sample(number: str, dearer: Decimal, now: datetime) -> bytes:
    """Write the e-invoice that the supplier of an order might send today, its first price so many percent above the ordered one."""
    with unit.reading(Context(SYSTEM, now, now.date(), "demo-sample", "demo")) as bound:
        order = bound.session.query(Order).execution_options(scoped=True).filter_by(number=number).one_or_none()
        found = _of_order(order, now.date(), _iban(bound, order.supplier_id)) if order else None
        if order is None or found is None:
            raise LookupError(f"There is no order {number} whose supplier and buyer have tax numbers.")
        billed = [row.reference for row in queries.list_of_order(bound, [order.id])]
        if billed:
            raise LookupError(
                f"{number} is billed already: {', '.join(billed)}. Choose an order that no invoice names."
            )
    first = found.bill.items[0]
    price = (first.price * (1 + dearer / 100)).quantize(_CENT)
    return bills.ubl(
        replace(found.bill, number=f"T-{number[-5:]}", items=(replace(first, price=price), *found.bill.items[1:]))
    )


class _Year:
    """Walks through the year of invoices, with a source of chance of its own."""

    def __init__(self, act_as: ActAs, now: datetime) -> None:
        self.random, self.act_as, self.now = Random(SEED), act_as, now  # noqa: S311
        self.young = iter(_YOUNG)

    def policy(self) -> None:
        """Put in force who agrees to what was never ordered."""
        controller, policies = self.act_as("marta.keller", self.now - timedelta(days=299)), registry["approval_policy"]
        step = {"effect": "require", "due_days": 5}
        rules = [
            {**step, "code": "OWNER", "label": "Cost-centre owner", "resolver": "owner_of_cost_centre", "mode": "all",
             "reason": "Nobody ordered it"},
            {**step, "code": "CFO", "label": "CFO", "stage": 2, "resolver": "person", "person": "marta.keller", "fallback": "role",
             "reason": "Total is over 10 000 EUR"},
        ]  # fmt: skip
        conditions = [{"rule": "CFO", "fact": "amount", "operator": "above", "value": "10000"}]
        form = {
            "name": "Invoices without order",
            "document": "invoice",
            "currency": "EUR",
            "fallback_role": "Controller",
        }
        key = unit.create(controller, policies, {**form, "rules": rules, "conditions": conditions}).key
        unit.execute(controller, policies, key, "publish", {})

    def ordered(self) -> list[_Ordered]:
        """List what was ordered and has come, as its suppliers bill it."""
        arrived = dict(self._rows("SELECT order_id, max(received_on) FROM receipt WHERE state = 'posted' GROUP BY 1"))
        with unit.reading(self._system()) as bound:
            found = (
                bound.session.query(Order)
                .execution_options(scoped=True)
                .filter(Order.id.in_(arrived))
                .order_by(Order.id)
            )
            orders = [_of_order(order, arrived[order.id], _iban(bound, order.supplier_id)) for order in found]
        db.session.remove()
        return [each for each in orders if each is not None][:-LEFT_TO_VISITORS]

    def billed(self, at: int, each: _Ordered) -> None:
        """Take in what the supplier sends; every so often something is wrong with it."""
        bill = replace(each.bill, number=f"{self.random.randint(26000, 26999)}{at:03d}")
        is_old = (self.now.date() - bill.on).days > SETTLED_AFTER
        wrong = _OLD[at % len(_OLD)] if is_old else next(self.young, "")
        bill = _spoilt(bill, wrong)
        moment = self._moment(bill.on + timedelta(days=self.random.randint(1, 4)))
        key = self._captured(bill, moment)
        if key is None:
            return
        if wrong == "copy":
            self._copied(bill, moment + timedelta(days=2), is_old=is_old)
        self._settled(key, moment + timedelta(days=1), is_old=is_old)
        self._booked(key, moment + timedelta(days=2))

    def running(self) -> None:
        """Take in what comes month after month and was never ordered; somebody has to agree to each."""
        for trade, words, price, centre, category, days in _RUNNING:
            seller = self._seller(trade)
            if seller is None:
                continue
            party, iban, entity, days_to_pay = seller
            for turn in range(360 // days, 0, -1):
                on = (self.now - timedelta(days=turn * days - 20)).date()
                item = Item(words, Decimal(1), "C62", Decimal(price))
                due, percent = on + timedelta(days=days_to_pay), Decimal(_RATES.get(party.country, 20))
                bill = Bill(f"{centre[:3]}{on:%y%m%d}", on, due, "EUR", percent, party, entity, (item,), iban)
                is_young = turn == 1  # came these days, and still waits for who answers for the cost centre
                moment = self._moment(
                    max(on, (self.now - timedelta(days=5)).date()) if is_young else on + timedelta(days=2)
                )
                key = self._captured(bill, moment)
                if key is not None:
                    self._charged(key, moment, centre, category)
                    self._agreed(key, moment + timedelta(hours=3), is_young=is_young)

    def urgent(self) -> None:
        """Take in what could not wait, and what the budget does not cover."""
        found = self._rows(
            "SELECT k.code, c.code FROM budget_cell b JOIN cost_centre k ON k.id = b.cost_centre_id JOIN entity e ON e.id = k.entity_id"
            " JOIN category c ON c.id = b.category_id WHERE b.control = 'hard' AND b.state = 'open' AND e.code = 'HCZ' ORDER BY b.id LIMIT 1"
        )
        seller = self._seller("Facility")
        if not found or seller is None:
            return
        party, iban, entity, days = seller
        on = (self.now - timedelta(days=6)).date()
        item = Item("Emergency repair after the storm, hall A", Decimal(1), "C62", Decimal("384000.00"))
        bill = Bill(
            f"N{on:%y%m%d}",
            on,
            on + timedelta(days=days),
            "EUR",
            Decimal(_RATES[party.country]),
            party,
            entity,
            (item,),
            iban,
        )
        moment = self._moment(on + timedelta(days=1))
        key = self._captured(bill, moment)
        if key is not None:
            self._charged(key, moment, *found[0])
            self._try(CLERK, moment + timedelta(hours=3), key, "submit")

    def scanned(self) -> None:
        """Leave two plain PDFs on the clerk's desk, as they came this morning."""
        for words in (
            ["Gasthaus Krone", "Bill 4711", "Lunch with visitors: 148.60 EUR"],
            ["Taxi Brno", "Receipt 883", "640 CZK"],
        ):
            context = self.act_as(CLERK, self.now - timedelta(hours=2))
            service.capture(context, Sent(quotes.page(words), f"{words[0]}.pdf", "HCZ"))

    def _captured(self, bill: Bill, moment: datetime) -> str | None:
        if moment > self.now:
            return None
        [found] = service.capture(self.act_as(CLERK, moment), Sent(bills.ubl(bill), f"{bill.number}.xml"))
        return found.key

    def _copied(self, bill: Bill, moment: datetime, *, is_old: bool) -> None:
        """Let a supplier send an invoice twice, with its number written otherwise."""
        key = self._captured(replace(bill, number=f"RE-{bill.number}"), moment)
        if key is not None and is_old:
            self._try(CLERK, moment + timedelta(days=1), key, "turn_away", reason="We have it already")

    def _settled(self, key: str, moment: datetime, *, is_old: bool) -> None:
        """Let the owners of what did not match long ago take it as it was."""
        statement = "SELECT e.number, e.owner FROM invoice_exception e JOIN invoice i ON i.id = e.invoice_id WHERE i.reference = :key AND e.state = 'open'"
        reasons = {"buyer": "Agreed with the supplier on the telephone", "receiver": "Came with the next delivery"}
        for number, owner in self._rows(statement, key=key) if is_old else ():
            who = {"buyer": BUYER, "receiver": RECEIVER}.get(owner)
            if who:
                self._try(who, moment, number, "accept", reason=reasons[owner])
            else:
                self._try(CLERK, moment, key, "turn_away", reason="It does not add up. A corrected one was asked for")

    def _charged(self, key: str, moment: datetime, centre: str, category: str) -> None:
        """Say who pays what was never ordered, and match it."""
        [(line,)] = self._rows(
            "SELECT l.id FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id WHERE i.reference = :key", key=key
        )
        form = {"cost_centre": centre, "lines": [{"id": str(line), "category": category}]}
        unit.save(self.act_as(CLERK, moment + timedelta(hours=1)), registry["invoice"], key, form)
        self._try(CLERK, moment + timedelta(hours=2), key, "match")

    def _agreed(self, key: str, moment: datetime, *, is_young: bool) -> None:
        if not self._try(CLERK, moment, key, "submit") or is_young:
            return
        for _ in range(4):
            asked = deciders.asked("invoice", key, self.now)
            if not asked:
                break
            moment += timedelta(hours=self.random.randint(3, 30))
            self._try(asked[0], moment, key, "approve", comment="As agreed")
        self._try(CLERK, moment + timedelta(hours=5), key, "post")

    def _booked(self, key: str, moment: datetime) -> None:
        if moment < self.now and self._try(CLERK, moment, key, "submit"):
            self._try(CLERK, moment + timedelta(hours=1), key, "post")

    def _seller(self, trade: str) -> tuple[Party, str, Party, int] | None:
        """Find an approved supplier of a trade nearby with its account, the company it bills, and its days to pay."""
        found = self._rows(
            "SELECT s.id, coalesce(s.legal_name, s.name), t.value, s.country, s.payment_days, e.name, e.tax_id, e.country FROM supplier s"
            " JOIN supplier_tax_id t ON t.supplier_id = s.id, entity e WHERE s.state = 'approved' AND e.code = 'HCZ'"
            " AND s.country IN ('CZ', 'AT', 'DE') ORDER BY (s.name LIKE :trade) DESC, s.id DESC LIMIT 1",
            trade=f"%{trade.split(maxsplit=1)[0]}%",
        )
        if not found:
            return None
        supplier_id, name, tax_id, country, days, buyer, buyer_tax_id, buyer_country = found[0]
        with unit.reading(self._system()) as bound:
            iban = _iban(bound, supplier_id)
        return Party(name, tax_id, country), iban, Party(buyer, buyer_tax_id, buyer_country), days

    def _try(self, login: str, moment: datetime, key: str, command: str, **arguments: Any) -> bool:
        """Run a command as people would: what is refused stays as it is."""
        resource = registry["invoice_exception" if key.startswith("EX-") else "invoice"]
        try:
            unit.execute(self.act_as(login, min(moment, self.now)), resource, key, command, arguments)
        except Refused:
            return False
        return True

    def _moment(self, day: date) -> datetime:
        while day.weekday() > 4:  # noqa: PLR2004
            day += timedelta(days=1)
        return datetime.combine(day, time(self.random.randint(8, 14), self.random.randint(0, 59)), self.now.tzinfo)

    def _system(self) -> Context:
        return Context(SYSTEM, self.now, self.now.date(), "demo-invoices", "demo")

    def _rows(self, statement: str, **given: Any) -> list[Any]:
        found = [tuple(row) for row in db.session.execute(text(statement), given)]
        db.session.remove()
        return found


def _iban(bound: Context, supplier_id: int) -> str:
    """Give the account that was confirmed, where the supplier has one."""
    known = bound.session.query(BankAccount).execution_options(scoped=True)
    found = known.filter_by(supplier_id=supplier_id, state="confirmed").order_by(BankAccount.id).first()
    return (found.iban or "") if found else ""


def _spoilt(bill: Bill, wrong: str) -> Bill:
    """Let something be wrong with an invoice, as it happens."""
    first = bill.items[0]
    if wrong == "price":
        return replace(
            bill, items=(replace(first, price=(first.price * Decimal("1.06")).quantize(_CENT)), *bill.items[1:])
        )
    if wrong == "quantity":
        return replace(bill, items=(replace(first, quantity=first.quantity + 1), *bill.items[1:]))
    if wrong == "total":
        return replace(bill, surplus=Decimal("4.20"))
    return replace(bill, iban=_STRANGE_ACCOUNT) if wrong == "account" else bill


def _of_order(order: Order, arrived: date, iban: str) -> _Ordered | None:
    """Write the invoice of an order, dated when the last of it had come."""
    supplier, entity = order.supplier, order.entity
    if not supplier.tax_ids or not entity.tax_id:
        return None
    items = tuple(
        Item(line.text or "", line.quantity or Decimal(0), line.unit.code if line.unit else "C62",
             amounts.net_price(line.unit_price or Decimal(0), line.discounts), at)
        for at, line in enumerate(order.lines, 1)
    )  # fmt: skip
    seller = Party(supplier.legal_name or supplier.name, supplier.tax_ids[0].value, supplier.country)
    percent = Decimal(_RATES.get(supplier.country, 20))
    due = arrived + timedelta(days=order.payment_days or 30)
    buyer = Party(entity.legal_name or entity.name, entity.tax_id, entity.country)
    bill = Bill("", arrived, due, order.currency.code, percent, seller, buyer, items, iban, order.number)
    return _Ordered(order.number, bill, arrived)
