from __future__ import annotations

import dataclasses
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.infra import unit
from app.infra.db import SideDoor, db
from app.infra.idempotency import repeat
from app.kernel.problem import Kind, Refused
from app.kernel.resource import registry
from app.modules.directory.models import Category
from tests.acting import acting, system
from tests.making import Maker


@pytest.fixture(autouse=True)
def within_app(app: Any) -> Any:
    with app.app_context():
        yield


def counts() -> tuple[int, int, int]:
    """Count what a change leaves behind: rows, audit entries, events; but those of the rows a house begins with."""
    begun = "WHERE resource <> 'tolerance'"
    with db.engine.connect() as connection:
        return tuple(
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("category", f"audit_entry {begun}", "outbox_event")
        )


def test_a_change_leaves_a_row_its_audit_and_its_event() -> None:
    outcome = unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"})

    assert (outcome.key, outcome.version, outcome.state) == ("IT", 1, "open")
    assert counts() == (1, 1, 1)


def test_every_problem_is_told_at_once_and_nothing_is_left_behind() -> None:
    before = counts()
    raw = {"code": "no spaces", "nmae": "x", "cpv_code": "30200000-9", "parent": "NOWHERE"}

    with pytest.raises(Refused) as refusal:
        unit.create(system(), registry["category"], raw)

    assert refusal.value.kind is Kind.INVALID
    assert [problem.field for problem in refusal.value.problems] == ["nmae", "name", "parent"]
    assert counts() == before


def test_rules_of_the_row_are_told_at_its_fields() -> None:
    with pytest.raises(Refused) as refusal:
        unit.create(system(), registry["category"], {"code": "IT", "name": "IT", "cpv_code": "30200000-9"})

    assert [problem.field for problem in refusal.value.problems] == ["cpv_code"]


def test_a_key_that_is_taken_is_told_in_words() -> None:
    unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"})

    with pytest.raises(Refused) as refusal:
        unit.create(system(), registry["category"], {"code": "IT", "name": "Again"})

    problem = refusal.value.problems[0]
    assert (refusal.value.kind, problem.code, problem.field) == (Kind.CONFLICT, "taken", "code")
    assert counts() == (1, 1, 1)


def test_an_edit_of_an_old_version_is_refused() -> None:
    unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"})
    unit.save(system(), registry["category"], "IT", {"name": "Computing"}, version=1)

    with pytest.raises(Refused) as refusal:
        unit.save(system(), registry["category"], "IT", {"name": "Machines"}, version=1)

    assert refusal.value.kind is Kind.STALE
    assert counts() == (1, 2, 2)


def test_an_edit_that_changes_nothing_leaves_no_trace() -> None:
    unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"})

    outcome = unit.save(system(), registry["category"], "IT", {"name": "Computers"})

    assert outcome.version == 1
    assert counts() == (1, 1, 1)


def test_a_command_in_the_wrong_state_is_refused_without_a_trace() -> None:
    unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"})

    with pytest.raises(Refused) as refusal:
        unit.execute(system(), registry["category"], "IT", "reopen", {})

    assert refusal.value.kind is Kind.CONFLICT
    assert refusal.value.problems[0].code == "wrong_state"
    assert counts() == (1, 1, 1)


def test_a_command_without_its_permission_is_refused_without_a_trace() -> None:
    unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"})

    with pytest.raises(Refused) as refusal:
        unit.execute(acting("Requester"), registry["category"], "IT", "close", {})

    assert refusal.value.kind is Kind.FORBIDDEN
    assert counts() == (1, 1, 1)


@pytest.mark.parametrize(("minutes", "allowed"), [(None, False), (16, False), (14, True)])
def test_a_sensitive_command_needs_a_fresh_sign_in(
    monkeypatch: pytest.MonkeyPatch, minutes: int | None, allowed: bool
) -> None:
    unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"})
    resource = registry["category"]
    sensitive = dataclasses.replace(resource.command("close"), step_up=True)
    monkeypatch.setitem(resource.__dict__, "commands", (sensitive,))
    context = acting("Controller")
    fresh_at = None if minutes is None else context.now - timedelta(minutes=minutes)
    context = dataclasses.replace(context, fresh_at=fresh_at)

    if allowed:
        assert unit.execute(context, resource, "IT", "close", {}).state == "closed"
    else:
        with pytest.raises(Refused) as refusal:
            unit.execute(context, resource, "IT", "close", {})
        assert (refusal.value.kind, refusal.value.problems[0].code) == (Kind.FORBIDDEN, "step_up_required")
        assert counts() == (1, 1, 1)


def test_two_clicks_at_once_have_one_effect() -> None:
    unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"})
    app = _current_app()
    barrier, results = threading.Barrier(2), []

    def click() -> None:
        with app.app_context():
            barrier.wait()
            try:
                unit.execute(system(), registry["category"], "IT", "close", {})
                results.append("closed")
            except Refused as refusal:
                results.append(refusal.problems[0].code)

    threads = [threading.Thread(target=click) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(results) == ["closed", "wrong_state"]
    assert counts() == (1, 2, 2)


def test_a_failure_after_the_body_rolls_everything_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("app.infra.audit.seal", fail)
    with pytest.raises(RuntimeError, match="disk is full"):
        unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"})

    assert counts() == (0, 0, 0)


def test_the_same_key_sent_again_gives_the_same_answer_and_no_second_effect() -> None:
    asked = repeat("key-1", "create", "IT")
    first = unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"}, repeat=asked)
    again = unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"}, repeat=asked)

    assert (first.repeated, again.repeated) == (False, True)
    assert (again.key, again.version) == (first.key, first.version)
    assert counts() == (1, 1, 1)


def test_a_key_used_for_another_request_is_refused() -> None:
    unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"}, repeat=repeat("key-1", "a"))

    with pytest.raises(Refused) as refusal:
        unit.create(system(), registry["category"], {"code": "HR", "name": "People"}, repeat=repeat("key-1", "b"))

    assert refusal.value.problems[0].code == "idempotency_key_reused"
    assert counts() == (1, 1, 1)


def test_a_refused_request_leaves_its_key_free() -> None:
    asked = repeat("key-1", "a")
    with pytest.raises(Refused):
        unit.create(system(), registry["category"], {"code": "IT"}, repeat=asked)

    assert not unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"}, repeat=asked).repeated


def test_the_same_key_from_many_at_once_has_one_effect() -> None:
    app = _current_app()
    outcomes: list[bool] = []

    def send() -> None:
        with app.app_context():
            asked = repeat("key-1", "IT")
            outcome = unit.create(system(), registry["category"], {"code": "IT", "name": "Computers"}, repeat=asked)
            outcomes.append(outcome.repeated)

    threads = [threading.Thread(target=send) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(outcomes) == [False] + [True] * 5
    assert counts() == (1, 1, 1)


def test_rows_are_not_read_past_the_scope() -> None:
    from sqlalchemy import select

    with pytest.raises(SideDoor):
        db.session.execute(select(Category))
    with pytest.raises(SideDoor):
        db.session.get(Category, 1)


def test_rows_are_not_written_outside_the_door() -> None:
    db.session.add(Category(code="IT", name="Computers"))

    with pytest.raises(SideDoor):
        db.session.flush()
    db.session.rollback()


def test_rows_are_not_changed_in_bulk() -> None:
    from sqlalchemy import update

    with pytest.raises(SideDoor), unit.transaction(system(), "test") as bound:
        bound.session.execute(update(Category).values(name="x"))


def test_a_branch_takes_all_below_it_along() -> None:
    maker = Maker()
    entity = maker.key("entity")
    for code, parent in (("A", None), ("B", None), ("A1", "A"), ("A11", "A1")):
        unit.create(system(), registry["cost_centre"], {"code": code, "name": code, "entity": entity, "parent": parent})

    unit.save(system(), registry["cost_centre"], "A1", {"parent": "B"})

    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT code, id, path FROM cost_centre")).all()
    identities = {row.code: row.id for row in rows}
    paths = {row.code: row.path for row in rows}
    assert paths["A11"] == f"/{identities['B']}/{identities['A1']}/{identities['A11']}/"


def test_a_branch_does_not_go_below_itself() -> None:
    maker = Maker()
    entity = maker.key("entity")
    for code, parent in (("A", None), ("A1", "A")):
        unit.create(system(), registry["cost_centre"], {"code": code, "name": code, "entity": entity, "parent": parent})

    with pytest.raises(Refused) as refusal:
        unit.save(system(), registry["cost_centre"], "A", {"parent": "A1"})

    assert refusal.value.problems[0].field == "parent"


def _current_app() -> Any:
    from flask import current_app

    return current_app._get_current_object()


def test_a_session_whose_server_went_away_takes_no_answer_back_and_the_next_one_works(app: Any) -> None:
    with app.app_context():
        backend = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with db.engine.connect() as other:
            assert other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend}).scalar_one()
    with app.app_context():
        assert db.session.execute(text("SELECT 1")).scalar_one() == 1
