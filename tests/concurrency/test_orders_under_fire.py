"""Orders under fire: real transactions, and never more ordered than approved, sent twice, or received and given up at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.infra import unit
from app.infra.db import db
from app.kernel.problem import Refused
from app.kernel.resource import registry
from tests.scenarios.buying import Buying


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[str]:
    """Do several things at the same moment, each in a session of its own; tell what became of each."""
    start, answers = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait()
            try:
                act()
                answers[place] = "done"
            except Refused as refusal:
                answers[place] = refusal.problems[0].code
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


def one(statement: str, **given: Any) -> Any:
    db.session.rollback()
    return db.session.execute(text(statement), given).scalar_one()


def test_two_buyers_never_order_more_of_a_request_than_was_approved(app: Flask) -> None:
    with app.app_context():
        buying = Buying()
        request = buying.approved(lines=[buying.line("90", quantity="10")])
        raw = buying.order_form(lines=[buying.line("90", quantity="6")])
        raw["sources"] = [{"line": 1, "request": request, "request_line": 1, "quantity": "6"}]
        people = [buying.nadia.context(), buying.pavel.context()]
        answers = at_once(
            app, *(lambda context=each: unit.create(context, registry["order"], dict(raw)) for each in people)
        )
        assert answers == ["done", "more_than_approved"]
        assert one("SELECT quantity_ordered FROM request_line") == 6


def test_an_order_that_is_issued_twice_goes_out_once(app: Flask) -> None:
    with app.app_context():
        buying = Buying()
        buying.budget("LAB", "1000")
        key = buying.from_requests(buying.approved("900"))
        buying.act(buying.nadia, key, "submit")
        people = [buying.nadia.context(), buying.pavel.context()]
        answers = at_once(
            app,
            *(
                lambda context=each: unit.execute(context, registry["order"], key, "issue", {"channel": "email"})
                for each in people
            ),
        )
        assert answers == ["done", "wrong_state"]
        assert one("SELECT count(*) FROM order_revision") == 1
        assert one("SELECT count(*) FROM order_sending") == 1
        assert buying.figures("LAB") == ("0", "900")


def test_what_is_received_while_it_is_given_up_is_either_or(app: Flask) -> None:
    with app.app_context():
        buying = Buying()
        rita = buying.person("rita.kral", "Receiver", cost_centre="HAL-0")
        key = buying.issued(lines=[buying.line("90", quantity="10")])
        form = {"order": key, "lines": [{"line": "1", "quantity": "10"}]}
        receipt = buying.enter("receipt", rita.context(), **form)
        give_up = {"line": 1, "reason": "No longer made"}
        receiver, buyer = rita.context(), buying.nadia.context()
        answers = at_once(
            app,
            lambda: unit.execute(receiver, registry["receipt"], receipt, "post", {}),
            lambda: unit.execute(buyer, registry["order"], key, "short_close", give_up),
        )
        assert answers in (["done", "more_than_ordered"], ["done", "nothing_open"])
        assert one("SELECT quantity_received + short_closed_quantity FROM order_line") == 10
