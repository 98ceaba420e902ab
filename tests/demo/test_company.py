"""The demo company as people find it: everything it decided explains itself, and everybody can do their day's work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.infra import identity, scope, unit
from app.infra.db import db
from app.infra.intake import find_row
from app.kernel.resource import registry
from app.modules.approvals import service as approvals
from app.modules.approvals.models import Approval
from app.modules.requests import service as requests
from config import load
from tests import servers
from tests.acting import system
from tests.servers import Addresses

pytestmark = pytest.mark.slow
DECIDERS = ("jana.novak", "sofia.rossi", "marta.keller", "omar.haddad", "jonas.berg", "greta.vogel")


@pytest.fixture(scope="module")
def halden(
    addresses: Addresses, valkey_url: str, worker: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """Seed the company into a database of its own."""
    from app import create_core
    from app.demo import seeding

    name = f"outlay_demo_{worker}"
    url = servers.create_database(addresses, name, servers.ensure_template(addresses))
    home = {"OUTLAY_HOME": f"{addresses.directory}/home", "OUTLAY_FILES": str(tmp_path_factory.mktemp("files"))}
    app = create_core({**load({"DATABASE_URL": url, "REDIS_URL": valkey_url, **home}), "TESTING": True})
    with app.app_context():
        seeding.seed()
        yield app
        db.session.remove()
        db.engine.dispose()
    servers.drop_database(addresses, name)


def rows(statement: str) -> list[Any]:
    db.session.rollback()
    return list(db.session.execute(text(statement)).all())


def rounds(bound: Any) -> list[Approval]:
    found = scope.everything(Approval, why="every round of the company is read again").order_by(Approval.id)
    return list(bound.session.scalars(found))


def test_every_verdict_is_reached_again_from_what_was_stored(halden: Flask) -> None:
    with unit.reading(system()) as bound:
        found = rounds(bound)
        assert len(found) > 60
        assert {"open", "approved", "rejected", "returned"} <= {each.state for each in found}
        for approval in found:
            told = approvals.explain(bound, approval)
            assert (told.same_verdict, told.same_policy) == (True, True), approval.number
    db.session.rollback()


def test_every_step_and_decision_stands_on_a_rule_that_still_asks_for_it(halden: Flask) -> None:
    steps = decisions = 0
    with unit.reading(system()) as bound:
        for approval in rounds(bound):
            told = approvals.explain(bound, approval).rows
            required = {each["rule"] for each in told if each["effect"] == "require" and each["counted"]}
            demanded = {"demand"} if approval.explanation["demands"] else set()
            assert required <= {step.rule for step in approval.steps} <= required | demanded, approval.number
            assert all(step.reason and step.seats for step in approval.steps), approval.number
            assert all(seat.via for seat in approval.seats), approval.number
            assert all(each.content_hash == approval.content_hash for each in approval.decisions), approval.number
            assert not any(each["counted"] for each in told if each["effect"] == "block"), approval.number
            steps, decisions = steps + len(approval.steps), decisions + len(approval.decisions)
    db.session.rollback()
    assert min(steps, decisions) > 60


def test_a_block_names_its_rule_with_what_was_expected_and_found(halden: Flask) -> None:
    """A refusal leaves nothing behind, so what blocks is told while one types, and is told the same again."""
    [(draft,)] = rows("SELECT number FROM request WHERE title = 'Rack for the second build cluster'")
    [(blocked,)] = rows("SELECT min(code) FROM supplier WHERE state = 'blocked'")
    with unit.reading(system()) as bound:
        row = find_row(bound, registry["request"], draft)
        told = [requests.preview(bound, {"supplier": blocked}, row).approval for _ in range(2)]
    db.session.rollback()
    assert told[0] is not None
    assert told[0] == told[1]
    [block] = [each for each in told[0].explanation if each["effect"] == "block"]
    [condition] = block["conditions"]
    assert (block["counted"], condition["expected"], condition["actual"]) == (True, "is blocked", "blocked")
    assert [problem.code for problem in told[0].blocks] == ["blocked"]


def test_whoever_decides_may_ask_as_well(halden: Flask) -> None:
    db.session.rollback()
    for login in DECIDERS:
        actor = identity.actor_of(db.session(), identity.find_user(db.session(), login))
        assert actor.may("request.create"), login
    db.session.rollback()


def test_what_is_asked_today_comes_with_its_quotes(halden: Flask) -> None:
    found = dict(
        rows(
            "SELECT r.title, count(*) FROM request r JOIN attachment a ON a.resource = 'request' AND a.row_id = r.id"
            " WHERE a.media_type = 'application/pdf' GROUP BY 1"
        )
    )
    assert found["Storage array for the build cluster"] == 3
    assert len(found) >= 5
    [(files,)] = rows(
        "SELECT a.facts->'values'->>'files' FROM approval a WHERE a.title = 'Storage array for the build cluster'"
    )
    assert files == "3"


def test_its_budgets_are_rebuilt_from_their_moves_to_the_same(halden: Flask) -> None:
    result = halden.test_cli_runner().invoke(args=["outlay", "budgets", "verify"])
    assert (result.exit_code, result.output.endswith(" 0 differences\n")) == (0, True), result.output
