"""Payments under fire: real transactions, and nothing is in two live runs, released twice, or paid while it is held."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.infra import unit
from app.kernel.resource import registry
from tests.concurrency.test_orders_under_fire import at_once, one
from tests.scenarios.paying import Paying


def test_runs_proposed_at_once_share_what_is_due_and_nothing_is_in_two(app: Flask) -> None:
    with app.app_context():
        paying = Paying()
        paying.owed("R-1")
        clerks = [paying.at(each) for each in (paying.hanna, paying.eva, paying.ben)]
        form = {"paying_account": "MAIN", "due_until": "2026-12-31"}
        runs = (lambda context=each: unit.create(context, registry["payment_run"], dict(form)) for each in clerks)
        assert at_once(app, *runs) == ["done", "done", "done"]
        assert (one("SELECT count(*) FROM payment_item"), one("SELECT count(*) FROM payment_left_out")) == (1, 2)


def test_two_treasurers_release_a_run_once(app: Flask) -> None:
    with app.app_context():
        paying = Paying()
        paying.owed("R-1")
        run = paying.approved_run()
        contexts = [paying.at(each) for each in (paying.tomas, paying.jana)]

        def release(context: Any) -> Any:
            return unit.execute(context, registry["payment_run"], run, "release", {})

        answers = at_once(app, *(lambda context=each: release(context) for each in contexts))
        assert answers == ["done", "wrong_state"]
        assert (one("SELECT count(*) FROM payment"), one("SELECT sum(settled) FROM open_item")) == (1, 120)


def test_a_hold_put_on_while_a_run_is_released_comes_before_it_or_after(app: Flask) -> None:
    with app.app_context():
        paying = Paying()
        key = paying.owed("R-1")
        run = paying.approved_run()
        clerk, treasurer = paying.at(paying.ben), paying.at(paying.tomas)
        answers = at_once(
            app,
            lambda: unit.execute(clerk, registry["invoice"], key, "hold", {"reason": "Broken"}),
            lambda: unit.execute(treasurer, registry["payment_run"], run, "release", {}),
        )
        assert answers in (["done", "on_hold"], ["done", "paid_already"])
        assert one("SELECT count(*) FROM payment") == (0 if "on_hold" in answers else 1)
