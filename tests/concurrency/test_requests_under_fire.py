"""Requests under fire: 32 people at once ask, decide, change their minds and move money, and every cent is accounted for.

Processes, threads and waits are those of production: nobody waits longer for a lock than a user would. `-s` prints figures.
"""

from __future__ import annotations

import itertools
import logging
import multiprocessing
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.infra import unit
from app.infra.db import db
from app.infra.intake import find_row
from app.infra.unit import Outcome
from app.kernel.actor import Actor, Context
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.approvals import service as approvals
from app.modules.budgets.domain.claims import Figures, tolerance_of
from app.modules.requests import service as requests
from config import load
from tests.acting import context_of, system
from tests.factories.budgets import cells_of
from tests.scenarios.office import Office
from tests.servers import Addresses

SEED, PROCESSES, THREADS, ROUNDS, SHARED = 20261123, 8, 4, 40, 16
WORKERS, MOST_TRIES = PROCESSES * THREADS, 20
#: What the rules may answer; anything else that reaches somebody fails the test.
ANSWERS = {"over_budget", "wrong_state", "not_waiting", "not_asked"}
IN_FLIGHT = ("submitted", "approved")
PEOPLE = ("lena.fischer", "sofia.rossi", "jana.novak", "omar.haddad", "marta.keller", "karl.weber")
#: What may be tried with a document in a state, and how often.
TRIED: dict[str, tuple[tuple[str, int], ...]] = {
    "draft": (("submit", 9), ("discard", 1)),
    "submitted": (("approve", 11), ("reject", 1), ("request_changes", 1), ("withdraw", 2), ("edit", 4)),
    "approved": (("edit", 4), ("cancel", 3), ("close", 1)),
}


_lock = threading.Lock()


@dataclass
class Ledger:
    """What was acknowledged, what was refused, and how long it took: written by all, read when the fire is out."""

    done: list[tuple[str, str, Outcome]] = field(default_factory=list)
    moved: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    retried: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    told_to_wait: int = 0

    def add(self, other: Ledger) -> None:
        """Take over what another process wrote."""
        for name in vars(self):
            part = getattr(self, name)
            if isinstance(part, Counter):
                part.update(getattr(other, name))
            else:
                setattr(self, name, part + getattr(other, name))

    def named(self, *commands: str) -> int:
        """Count what was acknowledged of some commands."""
        return sum(1 for _, command, _ in self.done if command in commands)


class _Retries(logging.Handler):
    """Counts how often a change was tried again, by what stood in its way."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(logging.INFO)
        self.ledger = ledger

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith("retrying"):
            self.ledger.retried[str(record.args[1])] += 1  # type: ignore[index]


@pytest.fixture
def busy(addresses: Addresses, database: str, valkey_url: str) -> Iterator[Flask]:
    """Build the machinery as in production, with a connection for each thread and one for each of their numbers."""
    from app import create_core

    settings = load({"DATABASE_URL": database, "REDIS_URL": valkey_url, "OUTLAY_HOME": f"{addresses.directory}/home"})
    options = {**settings["SQLALCHEMY_ENGINE_OPTIONS"], "pool_size": THREADS, "max_overflow": THREADS}
    assert "lock_timeout=10s" in options["connect_args"]["options"]
    app = create_core({**settings, "SQLALCHEMY_ENGINE_OPTIONS": options, "TESTING": True})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@dataclass
class Ground:
    """A company whose budgets are too small for what it wants."""

    office: Office
    cells: list[str]
    shared: list[str]
    people: dict[str, Actor]


@pytest.fixture
def ground(busy: Flask) -> Ground:
    office = Office()
    lines = [
        {"cost_centre": "HAL-0", "amount": "560000"},
        {"cost_centre": "LAB", "amount": "300000", "tolerance_percent": "2"},
        {"cost_centre": "IT", "amount": "280000"},
        {"cost_centre": "LAB", "category": "OPT", "amount": "40000", "control": "soft"},
    ]
    plan = office.enter("budget_plan", name="All", entity="HAL", cost_centre="HAL-0", year=2026, lines=lines)
    office.do(system(), "budget_plan", plan, "publish")
    people = {code: getattr(office, code.partition(".")[0]).context().actor for code in PEOPLE}
    shared = [office.ask(str(400 + 100 * number)) for number in range(SHARED)]
    return Ground(office, cells_of(plan), shared, people)


class Worker:
    """One of those who act at once: a random walk, the same for the same number."""

    def __init__(self, ground: Ground, ledger: Ledger, number: int) -> None:
        self.ground, self.ledger, self.number = ground, ledger, number
        self.random = random.Random(SEED + number)
        self.states: dict[str, str] = dict.fromkeys(ground.shared, "draft")
        self.own: list[str] = []

    def run(self, app: Flask) -> None:
        for _ in range(ROUNDS):
            with app.app_context():
                self._turn()
                db.session.remove()

    def _turn(self) -> None:
        if self.random.random() < 0.08:
            self._timed("transfer", self._transfer)
            return
        live = [key for key in self.own if self.states[key] in TRIED]
        if self.random.random() < 0.25:
            key = self.random.choice(self.ground.shared)
            self.states[key] = self.ground.office.state(key)
        elif len(live) < 3:
            key = unit.create(self._as("lena.fischer"), registry["request"], self._form()).key
            self.own.append(key)
            self.states[key] = "draft"
        else:
            key = self.random.choice(live)
        tried = TRIED.get(self.states[key])
        if tried:
            command = self.random.choices([name for name, _ in tried], [weight for _, weight in tried])[0]
            self._timed(command, lambda: self._act(key, command))

    def _timed(self, command: str, act: Callable[[], None]) -> None:
        """Act, and do it again where a slow machine says that others are before: the line is fair, so it ends."""
        begun = time.perf_counter()
        for _ in range(MOST_TRIES):
            answer = self._answer(act)
            if answer != "busy":
                break
            with _lock:
                self.ledger.told_to_wait += 1
        with _lock:
            self.ledger.took.append(time.perf_counter() - begun)
            if answer:
                self.ledger.refused[f"{command}: {answer}"] += 1

    def _answer(self, act: Callable[[], None]) -> str:
        try:
            act()
        except Refused as refusal:
            return "+".join(sorted({each.code for each in refusal.problems}))
        return ""

    def _act(self, key: str, command: str) -> None:
        resource, asker = registry["request"], self._as("lena.fischer")
        if command == "edit":
            outcome = unit.save(asker, resource, key, self._change(key))
        elif command in ("approve", "reject", "request_changes"):
            arguments = {} if command == "approve" else {"reason": "Fire"}
            outcome = unit.execute(self._as(self._asked(key)), resource, key, command, arguments)
        else:
            arguments = {"reason": "Fire"} if command in ("withdraw", "cancel") else {}
            outcome = unit.execute(asker, resource, key, command, arguments)
        self.states[key] = outcome.state or ""
        with _lock:
            self.ledger.done.append((key, command, outcome))

    def _transfer(self) -> None:
        giver, taker = self.random.sample(self.ground.cells[1:], 2)
        amount, resource = Decimal(self.random.randint(1, 900_000)) / 100, registry["budget_transfer"]
        form = {"from_cell": giver, "to_cell": taker, "amount": str(amount), "reason": "Fire"}
        key = unit.create(self._as("marta.keller"), resource, form).key
        unit.execute(self._as("marta.keller"), resource, key, "propose", {})
        outcome = unit.execute(self._as("karl.weber"), resource, key, "confirm", {})
        with _lock:
            self.ledger.done.append((key, "transfer", outcome))
            self.ledger.moved[giver] -= amount  # type: ignore[assignment]
            self.ledger.moved[taker] += amount  # type: ignore[assignment]

    def _as(self, code: str) -> Context:
        return replace(context_of(self.ground.people[code]), request_id=uuid4().hex)

    def _asked(self, key: str) -> str:
        """Name somebody who is asked now; between this look and the act it may be somebody else."""
        with unit.reading(system()) as bound:
            row = find_row(bound, registry["request"], key)
            found = approvals.current(bound, "request", row.id)
            asked = sorted(seat.person.code for seat in found.seats if seat.state == "open") if found else []
        db.session.rollback()
        return self.random.choice(asked or ["sofia.rossi"])

    def _form(self) -> dict[str, Any]:
        return {**self.ground.office.form(), **self._content(), "title": f"Fire {self.number}"}

    def _content(self) -> dict[str, Any]:
        """Ask for something else: another centre, other lines and parts, a small order of the catalogue now and then."""
        if self.random.random() < 0.1:
            return {"lines": [{"item": "LAMP", "quantity": str(self.random.randint(1, 2))}], "splits": []}
        office, centre = self.ground.office, self.random.choice(("LAB", "IT"))
        category = self.random.choice(("OPT", "HW", "HW-NB"))
        lines = [office.line(self._price(), category=category) for _ in range(self.random.randint(1, 3))]
        if self.random.random() < 0.5:
            return {"cost_centre": centre, "lines": lines, "splits": []}
        parts = [
            {"line": 1, "cost_centre": "LAB", "percent": "33.33"},
            {"line": 1, "cost_centre": "IT", "percent": "66.67"},
        ]
        return {"cost_centre": centre, "lines": lines, "splits": parts}

    def _price(self) -> str:
        return str(Decimal(self.random.randint(100, 900_000)) / 100)

    def _change(self, key: str) -> dict[str, Any]:
        """Change what is asked for, mostly in a way that matters."""
        if self.random.random() < 0.2:
            return {"title": f"Fire {self.number}, {self.random.randint(1, 10**6)}"}
        return self._content()


@dataclass
class _Fire:
    """What processes inherit when they are forked, and so need not be told."""

    app: Flask
    ground: Ground

    def burn(self, process: int) -> Ledger:
        """Let the threads of one process act, with connections of its own."""
        ledger, told = Ledger(), logging.getLogger("app.infra.unit")
        told.addHandler(_Retries(ledger))
        told.setLevel(logging.INFO)
        with self.app.app_context():
            db.engine.dispose(close=False)
        with ThreadPoolExecutor(THREADS) as pool:
            numbers = range(process * THREADS, (process + 1) * THREADS)
            for outcome in [pool.submit(Worker(self.ground, ledger, each).run, self.app) for each in numbers]:
                outcome.result()
        return ledger


_fires: list[_Fire] = []


def _burn(process: int) -> Ledger:
    return _fires[-1].burn(process)


@pytest.mark.slow
def test_no_request_is_lost_doubled_or_paid_from_what_is_not_there(busy: Flask, ground: Ground) -> None:
    db.session.remove()
    db.engine.dispose()
    _fires.append(_Fire(busy, ground))
    ledger, begun = Ledger(), time.perf_counter()
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        for part in pool.imap_unordered(_burn, range(PROCESSES)):
            ledger.add(part)
    _tell(ledger, time.perf_counter() - begun)

    codes = {code for answer in ledger.refused for code in answer.partition(": ")[2].split("+")}
    assert len(ledger.took) >= 1000
    assert codes <= ANSWERS, ledger.refused
    assert set(ledger.retried) <= {"overtaken"}, "two waited for each other"
    assert "over_budget" in codes, "the budgets were never short: the test proves nothing"
    tried = ("submit", "approve", "reject", "request_changes", "withdraw", "cancel", "close", "edit", "transfer")
    assert min(ledger.named(name) for name in tried) > 0, Counter(name for _, name, _ in ledger.done)

    _every_operation_stands_once(ledger)
    _documents_stand_where_they_were_last_told_to(ledger)
    _budgets_hold_what_documents_say(ground)
    _rounds_are_about_what_documents_say()
    _transfers_add_up(ledger)
    _was_never_overspent_on_the_way(ground.cells[:3])
    _the_database_itself_refuses_a_cent_more(ground.cells[0])
    for command, words in ((["budgets", "verify"], "0 differences"), (["audit", "verify"], "0 findings")):
        result = busy.test_cli_runner().invoke(args=["outlay", *command])
        assert (result.exit_code, words in result.output) == (0, True), result.output


def _tell(ledger: Ledger, seconds: float) -> None:
    """Print the figures of the run."""
    done = Counter(command for _, command, _ in ledger.done)
    took = sorted(ledger.took)
    print(f"\n{WORKERS} workers, seed {SEED}: {len(took)} operations in {seconds:.0f} s")
    print("  acknowledged:", sum(done.values()), dict(done.most_common()))
    print("  refused by a rule:", sum(ledger.refused.values()), dict(ledger.refused.most_common()))
    print("  tried again by the door, unseen:", sum(ledger.retried.values()), dict(ledger.retried))
    print("  told to try again after 10 s in line:", ledger.told_to_wait)
    print(
        f"  seconds for one: median {statistics.median(took):.2f}, p95 {took[int(len(took) * 0.95)]:.2f}, most {took[-1]:.2f}"
    )


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    db.session.rollback()
    found = [tuple(row) for row in db.session.execute(text(statement), values)]
    db.session.rollback()
    return found


def _every_operation_stands_once(ledger: Ledger) -> None:
    """Events and decisions on record are those that were acknowledged, document by document, neither more nor fewer."""
    acknowledged = Counter(
        (key, event["name"])
        for key, command, outcome in ledger.done
        if command != "transfer"
        for event in outcome.events
    )
    recorded = Counter(
        (key, name)
        for key, name in _rows(
            "SELECT row_key, name FROM outbox_event WHERE resource = 'request'"
            " AND name NOT IN ('request.created', 'request.changed', 'request.reopened')"
        )
    )
    assert recorded == acknowledged
    said = Counter(verdict for (verdict,) in _rows("SELECT verdict FROM approval_decision WHERE channel <> 'policy'"))
    assert said == {
        "approve": ledger.named("approve"),
        "reject": ledger.named("reject"),
        "return": ledger.named("request_changes"),
    }


def _documents_stand_where_they_were_last_told_to(ledger: Ledger) -> None:
    last: dict[str, Outcome] = {}
    for key, command, outcome in ledger.done:
        if command != "transfer" and (key not in last or (outcome.version or 0) >= (last[key].version or 0)):
            last[key] = outcome
    found = {key: (state, version) for key, state, version in _rows("SELECT number, state, version FROM request")}
    assert {key: found[key] for key in last} == {key: (each.state, each.version) for key, each in last.items()}


def _budgets_hold_what_documents_say(ground: Ground) -> None:
    """Each request on its way holds its total in the budget of the whole, and every other one nothing."""
    wanted = {
        key: total for key, total, state in _rows("SELECT number, base_total, state FROM request") if state in IN_FLIGHT
    }
    statement = (
        "SELECT source_key, sum(amount) FROM budget_move m JOIN budget_cell c ON c.id = m.cell_id "
        "WHERE c.code = :code AND source_resource = 'request' GROUP BY 1 HAVING sum(amount) <> 0"
    )
    held = dict(_rows(statement, code=ground.cells[0]))
    assert held == {key: total for key, total in wanted.items() if total}


def _rounds_are_about_what_documents_say() -> None:
    """What is submitted or approved has exactly the round that says so, bound to what it asks for now."""
    with unit.reading(system()) as bound:
        for number, state in _rows("SELECT number, state FROM request ORDER BY number"):
            request = find_row(bound, registry["request"], number)
            found = approvals.current(bound, "request", request.id)
            expected = {"submitted": "open", "approved": "approved"}.get(state)
            if expected is None:
                assert found is None or found.state not in ("open", "approved") or state == "closed", (
                    number,
                    found.state,
                )
                continue
            assert found is not None
            assert found.state == expected, number
            assert approvals.changes_since(found, requests.bound_of(bound, request)) == [], number
    db.session.rollback()


def _transfers_add_up(ledger: Ledger) -> None:
    statement = (
        "SELECT c.code, sum(amount) FROM budget_move m JOIN budget_cell c ON c.id = m.cell_id"
        " WHERE kind = 'transfer' GROUP BY 1 HAVING sum(amount) <> 0"
    )
    assert dict(_rows(statement)) == {code: amount for code, amount in ledger.moved.items() if amount}


def _was_never_overspent_on_the_way(cells: list[str]) -> None:
    """Replay the moves of hard budgets in the order they were written: after no change was less left than allowed."""
    for code in cells:
        [(percent,)] = _rows("SELECT tolerance_percent FROM budget_cell WHERE code = :code", code=code)
        figures, least = Figures(), Decimal(0)
        moves = _rows(
            "SELECT request_id, bucket, amount FROM budget_move m JOIN budget_cell c ON c.id = m.cell_id"
            " WHERE c.code = :code ORDER BY m.id",
            code=code,
        )
        for _, change in itertools.groupby(moves, key=lambda move: move[0]):
            for _, bucket, amount in change:
                figures = figures.moved(bucket, amount)
            least = min(least, figures.available + tolerance_of(percent, None, figures.budget, "EUR"))
        assert least == 0, (code, least)


def _the_database_itself_refuses_a_cent_more(code: str) -> None:
    statement = text(
        "UPDATE budget_balance SET reserved = reserved + 0.01 + planned + transferred + carried - actual - committed"
        " - reserved - floor WHERE cell_id = (SELECT id FROM budget_cell WHERE code = :code)"
    )
    with pytest.raises(IntegrityError, match="ck_budget_balance_floor"), db.engine.begin() as connection:
        connection.execute(statement, {"code": code})
