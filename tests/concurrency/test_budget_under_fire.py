"""Budgets under fire: 32 workers at once, real transactions, and a hard budget is never overspent by a cent."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import scope, unit
from app.infra.db import db
from app.kernel.actor import Actor, Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.budgets import service
from app.modules.budgets.domain import Claim, Holding
from app.modules.directory.models import Category
from config import load
from tests.acting import system
from tests.factories.budgets import cells_of, published
from tests.making import Maker
from tests.servers import Addresses

WORKERS, ROUNDS, OWN, SHARED = 32, 40, 2, 8
#: What a budget may say; anything else that reaches a worker fails the test, above all a deadlock.
ANSWERS = {"over_budget", "budget_closed", "below_used", "cell_in_use", "below_zero"}
CENTRES = ("A", "B", "C", "D")
NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
_requests = itertools.count()


@pytest.fixture
def busy(addresses: Addresses, database: str, valkey_url: str) -> Iterator[Flask]:
    """Build the machinery with a connection for each worker and one for each of their numbers."""
    from app import create_core

    settings = load({"DATABASE_URL": database, "REDIS_URL": valkey_url, "OUTLAY_HOME": f"{addresses.directory}/home"})
    # How long somebody waits is a matter of the machine: here they wait as long as it takes.
    patient = {"connect_args": {"options": "-c lock_timeout=0 -c timezone=UTC"}, "pool_timeout": 300}
    options = {**settings["SQLALCHEMY_ENGINE_OPTIONS"], **patient, "pool_size": WORKERS, "max_overflow": WORKERS}
    app = create_core({**settings, "SQLALCHEMY_ENGINE_OPTIONS": options, "TESTING": True})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def acting(number: int) -> Context:
    """Act as one of the workers, each request with an id of its own."""
    actor = Actor(id=1000 + number, name=f"Worker {number}", is_system=True)
    return Context(actor, NOW, NOW.date(), f"fire-{next(_requests)}", "test")


@dataclass
class Field:
    """What the workers fight over: budgets of centres that stand in one of the whole, and documents."""

    plan: str
    cells: list[str]
    entity: int
    centres: list[int]
    documents: list[int]
    held: dict[int, dict[str, Decimal]] = field(default_factory=dict)
    transferred: Counter[str] = field(default_factory=Counter)
    adjusted: list[Decimal] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


@pytest.fixture
def ground(busy: Flask) -> Field:
    maker = Maker()
    maker.create(registry["entity"], code="AT", fiscal_year_start=1)
    maker.create(registry["cost_centre"], code="ALL", entity="AT")
    for code in CENTRES:
        maker.create(registry["cost_centre"], code=code, entity="AT", parent="ALL")
    documents = WORKERS * OWN + SHARED
    for number in range(documents):
        maker.create(registry["category"], code=f"DOC-{number:03d}")
    hard = [{"cost_centre": code, "amount": "4000"} for code in CENTRES[:3]]
    soft = {"cost_centre": "D", "amount": "2000", "control": "soft"}
    spring = {"cost_centre": "A", "from_period": 1, "to_period": 6, "amount": "2500", "tolerance_percent": "4"}
    plan = published(maker, entity="AT", lines=[{"cost_centre": "ALL", "amount": "12000"}, *hard, soft, spring])
    db.session.rollback()
    ids = dict(db.session.execute(text("SELECT code, id FROM cost_centre")).all())
    rows = db.session.execute(text("SELECT id FROM category WHERE code LIKE 'DOC-%' ORDER BY code")).scalars().all()
    [entity] = db.session.execute(text("SELECT id FROM entity WHERE code = 'AT'")).scalars()
    db.session.rollback()
    return Field(plan, cells_of(plan), entity, [ids[code] for code in CENTRES], list(rows))


@dataclass
class Worker:
    """One of those who act at once: a random walk, the same for the same number."""

    ground: Field
    number: int

    def __post_init__(self) -> None:
        self.random = random.Random(self.number)
        self.own = self.ground.documents[self.number * OWN : (self.number + 1) * OWN]

    def run(self, busy: Flask) -> None:
        acts: list[tuple[Callable[[], str], int]] = [
            (self.hold, 55), (self.let_go, 12), (self.transfer, 14), (self.adjust, 8), (self.control, 4), (self.republish, 7),
        ]  # fmt: skip
        for _ in range(ROUNDS):
            act = self.random.choices([act for act, _ in acts], [weight for _, weight in acts])[0]
            with busy.app_context():
                try:
                    answer = act()
                except Refused as refusal:
                    answer = "+".join(sorted({problem.code for problem in refusal.problems}))
                db.session.remove()
            with self.ground.lock:
                self.ground.answers[f"{act.__name__}: {answer}"] += 1

    def hold(self) -> str:
        """Let a document hold something else: reserved, ordered or invoiced, of up to three centres."""
        bucket = self.random.choice(["reserved", "reserved", "reserved", "committed", "actual"])
        claims = tuple(
            Claim(self.ground.entity, self.random.choice(self.ground.centres), None, None,
                  date(2026, self.random.randint(1, 12), 1), Decimal(self.random.randint(1, 90_000)) / 100)
            for _ in range(self.random.randint(1, 3))
        )  # fmt: skip
        return self._hold({bucket: claims})

    def let_go(self) -> str:
        """Let a document hold nothing any more, as when it is withdrawn or cancelled."""
        return self._hold({})

    def _hold(self, claims: dict[str, tuple[Claim, ...]]) -> str:
        shared = self.ground.documents[-SHARED:]
        document = self.random.choice(shared) if self.random.random() < 0.3 else self.random.choice(self.own)

        def body(bound: Context) -> None:
            [row] = scope.locked(bound, Category, [document], why="the document of this test")
            holdings = [
                Holding("request", row.id, row.code, bucket, claims.get(bucket, ()))
                for bucket in ("reserved", "committed", "actual")
            ]
            service.hold(bound, *holdings)

        unit.change(acting(self.number), "test.hold", body)
        if document in self.own:
            total = {bucket: sum((each.amount for each in some), Decimal(0)) for bucket, some in claims.items()}
            self.ground.held[document] = total
        return "done"

    def transfer(self) -> str:
        """Move money between two budgets: one proposes, another confirms."""
        giver, taker = self.random.sample(self.ground.cells, 2)
        amount = Decimal(self.random.randint(1, 60_000)) / 100
        resource = registry["budget_transfer"]
        form = {"from_cell": giver, "to_cell": taker, "amount": str(amount), "reason": "Fire"}
        key = unit.create(acting(self.number), resource, form).key
        unit.execute(acting(self.number), resource, key, "propose", {})
        unit.execute(acting(self.number + 500), resource, key, "confirm", {})
        with self.ground.lock:
            self.ground.transferred[giver] -= amount
            self.ground.transferred[taker] += amount
        return "done"

    def adjust(self) -> str:
        """Correct a budget by hand, up or down."""
        amount = Decimal(self.random.randint(-30_000, 30_000)) / 100 or Decimal(1)
        arguments = {"amount": str(amount), "reason": "Fire"}
        unit.execute(
            acting(self.number), registry["budget_cell"], self.random.choice(self.ground.cells), "adjust", arguments
        )
        with self.ground.lock:
            self.ground.adjusted.append(amount)
        return "done"

    def control(self) -> str:
        """Say once more what happens when a budget is used up; this takes the budget and then its figures."""
        control = "soft" if self.random.random() < 0.5 else "hard"
        try:
            arguments = {"control": control, "reason": "Fire"}
            unit.execute(
                acting(self.number), registry["budget_cell"], self.ground.cells[4], "change_control", arguments
            )
        except Refused as refusal:
            if [problem.code for problem in refusal.problems] != ["overrun"]:
                raise
            return "overrun"
        return "done"

    def republish(self) -> str:
        """Change the plan; two at once find it in another state, or changed."""
        resource, key = registry["budget_plan"], self.ground.plan
        answers = []
        for command in ("revise", "publish"):
            try:
                unit.execute(acting(self.number), resource, key, command, {})
                answers.append("done")
            except Refused as refusal:
                if {problem.code for problem in refusal.problems} != {"wrong_state"}:
                    raise
                answers.append("wrong_state")
        return answers[-1]


@pytest.mark.slow
def test_no_hard_budget_is_overspent_and_no_operation_is_lost(busy: Flask, ground: Field) -> None:
    db.session.remove()
    workers = [Worker(ground, number) for number in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        for outcome in [pool.submit(worker.run, busy) for worker in workers]:
            outcome.result()

    told = {code for answer in ground.answers for code in answer.partition(": ")[2].split("+")}
    assert sum(ground.answers.values()) == WORKERS * ROUNDS >= 1000
    assert told <= {"done", "overrun", "wrong_state", *ANSWERS}, ground.answers
    assert {"done", "over_budget"} <= told, "the budgets were never short: the test proves nothing"
    assert min(_count(ground, act) for act in ("hold", "let_go", "transfer", "adjust")) > 10, ground.answers

    with unit.reading(system()) as bound:
        assert service.verify(bound) == (len(ground.cells), [])
    assert _rows("SELECT count(*) FROM budget_balance WHERE floor IS NOT NULL AND "
                 "planned + transferred + carried - actual - committed - reserved < floor") == [(0,)]  # fmt: skip
    _no_document_lost_anything(ground)
    _no_transfer_or_adjustment_was_lost(ground)
    _was_never_overspent_on_the_way(ground.cells[:4])


def _count(ground: Field, act: str) -> int:
    return sum(count for answer, count in ground.answers.items() if answer == f"{act}: done")


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    db.session.rollback()
    found = [tuple(row) for row in db.session.execute(text(statement), values)]
    db.session.rollback()
    return found


def _no_document_lost_anything(ground: Field) -> None:
    """Each document of one worker holds, in the budget of the whole, what it was last told to."""
    found: dict[int, dict[str, Decimal]] = defaultdict(dict)
    statement = (
        "SELECT source_id, bucket, sum(amount) FROM budget_move m JOIN budget_cell c ON c.id = m.cell_id "
        "WHERE source_resource = 'request' AND c.code = :code GROUP BY 1, 2 HAVING sum(amount) <> 0"
    )
    for document, bucket, amount in _rows(statement, code=ground.cells[0]):
        found[document][bucket] = amount
    shared = set(ground.documents[-SHARED:])
    assert {key: held for key, held in found.items() if key not in shared} == {
        key: held for key, held in ground.held.items() if held
    }


def _no_transfer_or_adjustment_was_lost(ground: Field) -> None:
    statement = "SELECT c.code, sum(amount) FROM budget_move m JOIN budget_cell c ON c.id = m.cell_id WHERE kind = 'transfer' GROUP BY 1"
    assert dict(_rows(statement)) == {code: amount for code, amount in ground.transferred.items() if code}
    [(adjusted,)] = _rows("SELECT sum(amount) FROM budget_move WHERE kind = 'adjust'")
    assert adjusted == sum(ground.adjusted)


def _was_never_overspent_on_the_way(cells: list[str]) -> None:
    """Replay the moves of hard budgets, change by change: after none of them was anything below zero."""
    signs = {"planned": 1, "transferred": 1, "carried": 1, "actual": -1, "committed": -1, "reserved": -1}
    statement = (
        "SELECT bucket, amount, request_id FROM budget_move m JOIN budget_cell c ON c.id = m.cell_id "
        "WHERE c.code = :code ORDER BY m.id"
    )
    for code in cells:
        available, lowest = Decimal(0), Decimal(0)
        for _, change in itertools.groupby(_rows(statement, code=code), key=lambda row: row[2]):
            available += sum((signs[bucket] * amount for bucket, amount, _ in change), Decimal(0))
            lowest = min(lowest, available)
        assert lowest == 0, (code, lowest)


def test_two_who_want_the_last_of_a_budget_get_it_once(busy: Flask, ground: Field) -> None:
    """Both look at the same figures at the same time; the second finds what the first left."""
    both = threading.Barrier(2)
    results: list[str] = []

    def ask(number: int) -> None:
        with busy.app_context():
            claim = Claim(ground.entity, ground.centres[1], None, None, date(2026, 8, 1), Decimal(2_001))

            def body(bound: Context) -> None:
                scope.locked(bound, Category, [ground.documents[number]], why="the document of this test")
                both.wait(timeout=20)
                service.hold(bound, Holding("request", ground.documents[number], f"REQ-{number}", "reserved", (claim,)))

            try:
                unit.change(acting(number), "test.hold", body)
                results.append("done")
            except Refused as refusal:
                results.append(refusal.problems[0].message)
            db.session.remove()

    threads = [threading.Thread(target=ask, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["B · 2026: 1\u00a0999.00 EUR left, this needs 2\u00a0001.00 EUR.", "done"]
