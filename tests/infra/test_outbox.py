"""Events: written with their change, heard once in effect by each subscriber, in the order of their document."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import text

from app.infra import outbox, unit
from app.infra.db import db
from app.infra.intake import find_row
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.modules.approvals.domain.events import Asked
from app.workers.perform import drain
from tests.acting import system
from tests.working import execute, forget_pauses, rename, rows, subscribed, unit_of_measure


@pytest.fixture(autouse=True)
def inside(app) -> Iterator[None]:
    with app.app_context():
        yield


def write_down(name: str):
    """Make a handler that writes down what it hears, in the transaction in which it hears it."""

    def handle(context, event):
        context.session.execute(
            text("INSERT INTO comment (resource, row_id, at, actor_id, actor_name, text, mentions) "
                 "VALUES (:name, :row, now(), :actor, '', :event, '[]')"),
            {"name": f"heard by {name}", "row": event.row_id, "actor": context.actor.id, "event": str(event.id)},
        )  # fmt: skip

    return handle


def heard(name: str) -> dict[int, list[int]]:
    """Tell which events a subscriber heard of each row, in the order in which they were heard."""
    found = defaultdict(list)
    for row in rows("SELECT row_id, text FROM comment WHERE resource = :name ORDER BY id", name=f"heard by {name}"):
        found[row.row_id].append(int(row.text))
    return dict(found)


def announced(*names: str) -> dict[int, list[int]]:
    """Tell which events stand in the outbox for each row, in their order."""
    found = defaultdict(list)
    for row in rows("SELECT row_id, id FROM outbox_event WHERE name = ANY(:names) ORDER BY id", names=list(names)):
        found[row.row_id].append(row.id)
    return dict(found)


def test_an_event_is_written_with_its_change_and_with_nothing_else(app):
    unit_of_measure("KGM")
    with pytest.raises(Refused):
        unit_of_measure("KGM")
    event = rows("SELECT name, resource, row_key, actor_id, payload FROM outbox_event")
    assert [tuple(row) for row in event] == [("unit.created", "unit", "KGM", 0, {"key": "KGM"})]


def test_what_a_resource_does_not_declare_is_not_announced(app):
    """Whoever subscribes to an event is told when it is misspelt, as all names are known."""
    unit_of_measure("KGM")
    told = r"unit\.asked was announced, which unit does not declare"
    with app.app_context(), unit.transaction(system(), "test") as context:
        row = find_row(context, registry["unit"], "KGM")
        with pytest.raises(TypeError, match=told):
            unit.announce(context, row, Asked((), {}, ()))


def test_each_subscriber_hears_what_it_asked_for(app):
    with (
        subscribed("one", ("unit.created",), write_down("one")),
        subscribed("kind", ("unit.*",), write_down("kind")),
        subscribed("all", ("*",), write_down("all")),
        subscribed("none", ("supplier.*",), write_down("none")),
    ):
        unit_of_measure("KGM")
        rename("KGM", "Kilogram")
        drain(app)
    assert heard("one") == announced("unit.created")
    assert heard("kind") == heard("all") == announced("unit.created", "unit.changed")
    assert heard("none") == {}


def test_subscribers_act_as_outlay_and_under_the_request_of_the_change(app):
    seen = []
    with subscribed("look", ("unit.*",), lambda context, event: seen.append((context, event))):
        context = system()
        unit.create(context, registry["unit"], {"code": "KGM", "name": "Kilogram"})
        drain(app)
    (told, event), *rest = seen
    assert rest == []
    assert (told.actor.is_system, told.request_id, told.channel) == (True, context.request_id, "job")
    assert (event.name, event.row_key, event.request_id) == ("unit.created", "KGM", context.request_id)


def test_an_event_that_cannot_be_heard_holds_back_those_of_its_document_only(app):
    def stumble(context, event):
        if event.row_key == "KGM" and event.name == "unit.created":
            raise ValueError("bad day")
        write_down("careful")(context, event)

    with subscribed("careful", ("unit.*",), stumble), subscribed("quick", ("unit.*",), write_down("quick")):
        for code in ("KGM", "MTR"):
            unit_of_measure(code)
            rename(code, f"Renamed {code}")
        drain(app)
        assert heard("quick") == announced("unit.created", "unit.changed")
        metre = rows("SELECT id FROM unit WHERE code = 'MTR'")[0].id
        assert heard("careful") == {metre: announced("unit.created", "unit.changed")[metre]}
        execute("UPDATE job SET state = 'dead' WHERE attempts > 0 AND kind = 'hear:careful'")
        drain(app)
        assert list(heard("careful")) == [metre]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.data())
def test_whatever_fails_each_subscriber_hears_each_document_in_order_and_once_in_effect(app, data):
    """Two subscribers that stumble at random, several documents, several workers at once."""
    execute("DELETE FROM comment; DELETE FROM job; DELETE FROM outbox_event; DELETE FROM unit WHERE code LIKE 'X%'")
    seed = data.draw(some.integers(0, 10_000))
    changes = data.draw(some.lists(some.sampled_from(["X1", "X2", "X3"]), min_size=1, max_size=15))
    chance = random.Random(seed)

    def stumbling(name):
        def handle(context, event):
            if chance.random() < 0.3:
                raise ValueError("before")
            write_down(name)(context, event)
            if chance.random() < 0.2:
                raise ValueError("after")

        return handle

    with subscribed("a", ("unit.*",), stumbling("a")), subscribed("b", ("unit.*",), stumbling("b")):
        for code in sorted(set(changes)):
            unit_of_measure(code)
        for number, code in enumerate(changes):
            rename(code, f"Name {number}")
        execute("UPDATE job SET max_attempts = 1000")
        for _ in range(200):
            with ThreadPoolExecutor(3) as pool:
                done = sum(pool.map(lambda _: drain(app, 50), range(3)))
            forget_pauses()
            if not done:
                break
    assert heard("a") == heard("b") == announced("unit.created", "unit.changed")


def test_two_announcements_about_one_document_follow_each_other(app):
    """An event about a row that was not locked before is not overtaken by a later one that commits first."""
    unit_of_measure("KGM")
    model = registry["unit"].model
    order, first_has_announced, may_commit = [], threading.Event(), threading.Event()

    def announce(name, before_commit):
        with app.app_context(), unit.transaction(system(), "test") as context:
            from app.infra import scope

            row = context.session.scalars(scope.everything(model, why="test").where(model.code == "KGM")).one()
            outbox.emit(context, registry["unit"], row, outbox.Changed(name, ()))
            before_commit()
            order.append(name)

    def wait_in_first():
        first_has_announced.set()
        assert may_commit.wait(10)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(announce, "first", wait_in_first)
        assert first_has_announced.wait(10)
        second = pool.submit(announce, "second", lambda: None)
        waiting = (
            "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        while not rows(waiting)[0].n and not second.done():
            pass
        may_commit.set()
        first.result()
        second.result()
    assert order == ["first", "second"]
    told = rows("SELECT payload FROM outbox_event WHERE name = 'unit.changed' ORDER BY id")
    assert [row.payload["key"] for row in told] == ["first", "second"]


def test_an_event_outlives_being_heard_and_is_never_changed(app):
    with subscribed("one", ("unit.*",), write_down("one")):
        unit_of_measure("KGM")
        drain(app)
    assert len(rows("SELECT * FROM outbox_event")) == 1
    with pytest.raises(Exception, match="only ever added to"):
        execute("UPDATE outbox_event SET payload = '{}'")
    db.session.remove()
