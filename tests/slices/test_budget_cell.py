"""Budgets themselves: corrected by hand, other control, closed and reopened, and guarded by the database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.infra.db import db
from tests.acting import acting, system
from tests.factories.budgets import Office, figures, hold, holding, left
from tests.scenes import Scenes
from tests.slices.doing import do, events, reading, refused, sees


@pytest.fixture
def office(app: Flask, scenes: Scenes) -> Iterator[Office]:
    with app.app_context():
        yield scenes.open(Office.built)


@pytest.fixture
def cell(office: Office) -> str:
    return office.planned({"cost_centre": "IT", "amount": "1000"})[0]


def test_an_adjustment_corrects_the_budget_or_what_was_spent(cell: str) -> None:
    do(acting("Controller"), "budget_cell", cell, "adjust", amount="-100.50", reason="Planned twice")
    do(acting("Controller"), "budget_cell", cell, "adjust", amount="250", of="actual", reason="Before Outlay")
    assert figures(cell) == ("899.50", "0.00", "0.00", "250.00", "0.00", "0.00", "649.50")
    assert [(event["figure"], event["amount"]) for event in events("budget_cell.adjusted")] == [
        ("planned", "-100.5"), ("actual", "250"),
    ]  # fmt: skip
    db.session.rollback()
    found = db.session.execute(
        text("SELECT kind, bucket, reason, actor_id FROM budget_move ORDER BY id DESC LIMIT 1")
    ).one()
    assert tuple(found) == ("adjust", "actual", "Before Outlay", 900)


def test_an_adjustment_never_takes_a_hard_budget_below_what_is_spoken_for(office: Office, cell: str) -> None:
    hold(holding("reserved", office.claim("700")))
    with refused(("over_budget", "amount")) as messages:
        do(system(), "budget_cell", cell, "adjust", amount="-300.01", reason="x")
    assert messages == ["IT · 2026: 300.00 EUR left, this needs 300.01 EUR."]
    with refused(("over_budget", "amount")):
        do(system(), "budget_cell", cell, "adjust", amount="301", of="actual", reason="x")
    with refused(("below_zero", "amount")):
        do(system(), "budget_cell", cell, "adjust", amount="-1000.01", reason="x")
    with refused(("zero", "amount")):
        do(system(), "budget_cell", cell, "adjust", amount="0", reason="x")
    with refused(("too_many_decimals", "amount")):
        do(system(), "budget_cell", cell, "adjust", amount="0.001", reason="x")
    do(system(), "budget_cell", cell, "adjust", amount="-300", reason="x")
    assert left(cell) == "0.00"


def test_control_changes_what_happens_when_a_budget_is_used_up(office: Office, cell: str) -> None:
    do(system(), "budget_cell", cell, "change_control", control="soft", reason="The owner decides")
    hold(holding("reserved", office.claim("1100")))
    with refused(("overrun", "control")) as messages:
        do(system(), "budget_cell", cell, "change_control", control="hard", tolerance_percent="9", reason="x")
    assert messages == ["IT · 2026 is overrun by 100.00 EUR. Raise it first, or allow that much."]
    with refused(("out_of_range", "tolerance_percent"), ("negative", "tolerance_amount")):
        do(
            system(),
            "budget_cell",
            cell,
            "change_control",
            control="hard",
            tolerance_percent="101",
            tolerance_amount="-1",
            reason="x",
        )
    do(system(), "budget_cell", cell, "change_control", control="hard", tolerance_percent="10", reason="As agreed")
    with refused(("over_budget", None)):
        hold(holding("reserved", office.claim("1100.01")))
    [*_, event] = events("budget_cell.control_changed")
    assert (event["control"], event["reason"]) == ("hard", "As agreed")


def test_a_closed_budget_is_still_corrected(office: Office, cell: str) -> None:
    do(system(), "budget_cell", cell, "close", reason="Over")
    with reading("budget_cell", cell) as row:
        assert (row.state, row.state_reason) == ("closed", "Over")
    do(system(), "budget_cell", cell, "adjust", amount="10", reason="x")
    with refused(("wrong_state", None)):
        do(system(), "budget_cell", cell, "close", reason="Over")
    do(system(), "budget_cell", cell, "reopen", reason="A late invoice")
    with reading("budget_cell", cell) as row:
        assert (row.state, row.state_reason, row.available) == ("open", None, 1010)


def test_a_budget_is_seen_where_its_cost_centre_is(office: Office) -> None:
    it, hr, whole = office.planned(
        {"cost_centre": "IT-210", "amount": "1"}, {"cost_centre": "HR", "amount": "1"}, {"amount": "1"}
    )
    context = acting("Controller", cost_centre=office.ids["IT"])
    assert [sees(context, "budget_cell", code) for code in (it, hr, whole)] == [True, False, False]
    db.session.rollback()
    moves = db.session.execute(text("SELECT id::text FROM budget_move ORDER BY id")).scalars().all()
    assert [sees(context, "budget_move", key) for key in moves] == [True, False, False]


# --- the database itself -------------------------------------------------------------------------------------------


def test_the_database_keeps_a_hard_budget_above_its_floor(app: Flask, cell: str) -> None:
    for statement in (
        "UPDATE budget_balance SET reserved = reserved + 1000.01",
        "UPDATE budget_balance SET planned = planned - 0.01, actual = 1000",
        "UPDATE budget_balance SET transferred = -1000.0001",
    ):
        with pytest.raises(IntegrityError, match="ck_budget_balance_floor"), db.engine.begin() as connection:
            connection.execute(text(statement))
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE budget_balance SET reserved = reserved + 1000"))
    with pytest.raises(IntegrityError, match="ck_budget_balance_reserved"), db.engine.begin() as connection:
        connection.execute(text("UPDATE budget_balance SET reserved = -1"))


@pytest.mark.parametrize(
    "statement", ["UPDATE budget_move SET amount = 1", "DELETE FROM budget_move", "TRUNCATE budget_move"]
)
def test_the_database_refuses_to_change_a_move(app: Flask, cell: str, statement: str) -> None:
    with pytest.raises(DBAPIError, match="only ever added to"), db.engine.begin() as connection:
        connection.execute(text(statement))


def test_balances_are_rebuilt_from_moves_and_differences_are_told(app: Flask, office: Office, cell: str) -> None:
    hold(holding("reserved", office.claim("700")))
    fine = app.test_cli_runner().invoke(args=["outlay", "budgets", "verify"])
    assert (fine.exit_code, fine.output) == (0, "1 budget, 0 differences\n")
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE budget_balance SET reserved = 699, floor = -5"))
    found = app.test_cli_runner().invoke(args=["outlay", "budgets", "verify"])
    assert found.exit_code == 1
    assert "BC-000001 reserved: the balance says 699.00, the moves say 700.00" in found.output
    assert "BC-000001 floor: the balance says -5.00, it should be 0.00" in found.output
    assert "1 budget, 2 differences" in found.output
