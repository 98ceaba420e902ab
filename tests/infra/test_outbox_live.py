"""Live updates: who hears what, and a hint that reaches an open page."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import redis
from flask import Request
from werkzeug.test import EnvironBuilder

from app.infra import live as hints
from app.infra import unit
from app.infra.intake import Reader
from app.kernel.actor import Actor, Grant
from app.kernel.resource import registry
from app.workers import live
from app.workers.perform import drain
from tests.acting import Someone, person, system
from tests.working import declared, line_up, rows, unit_of_measure


@pytest.fixture
def server(app) -> Iterator[live.Live]:
    serving = live.Live(app)
    with app.app_context():
        yield serving
    serving.hub._listeners.clear()


def request(app, *, sid: str = "", path: str = "/live", method: str = "GET", origin: str = "") -> Request:
    headers = {"Origin": origin} if origin else {}
    if sid:
        client = app.test_client()
        with client.session_transaction() as session:
            session["sid"] = sid
        headers["Cookie"] = f"outlay={client.get_cookie('outlay').value}"
    return Request(EnvironBuilder(path=path, method=method, headers=headers).get_environ())


def read(stream: Iterator[str]) -> tuple[str, dict]:
    """Read the next event of a stream; signs of life are not events."""
    lines = next(each for each in stream if not each.startswith(":")).splitlines()
    return lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))


def open_stream(server: live.Live, app, someone: Someone) -> Iterator[str]:
    """Open a stream and wait until it hears; what was told before and comes late is passed over."""
    answer = server.answer(request(app, sid=someone.secret))
    assert answer.status_code == 200
    stream = iter(answer.response)
    assert next(stream) == "retry: 5000\n\n"
    assert read(stream) == ("missed", {})  # the subscription stands
    hints.hint(hints.account_topic(someone.id), {"from": "here"})
    while read(stream) != ("account", {"from": "here"}):
        pass
    return stream


def test_only_who_is_signed_in_hears_something(app, server):
    assert server.answer(request(app)).status_code == 401
    assert server.answer(request(app, sid="guessed")).status_code == 401
    nora = person("nora.buyer", "Buyer")
    answer = server.answer(request(app, sid=nora.secret))
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    unit.execute(system(), registry["person"], "nora.buyer", "suspend", {"reason": "Left the house"})
    assert server.answer(request(app, sid=nora.secret)).status_code == 401


def test_a_page_of_another_site_hears_nothing_and_ours_may_send_its_cookie(app, server):
    nora = person("nora.buyer", "Buyer")
    assert server.answer(request(app, sid=nora.secret, origin="https://evil.example")).status_code == 403
    assert len(server.origins) == 2, "by the number and by the name of this machine"
    for origin in server.origins:
        answer = server.answer(request(app, sid=nora.secret, origin=origin))
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Cache-Control"] == "no-store"
    assert server.answer(request(app, path="/else")).status_code == 404
    assert server.answer(request(app, method="POST")).status_code == 405
    assert server.answer(request(app, path="/healthz")).status_code == 200


def test_keys_are_told_only_to_those_who_may_see_every_row(app):
    rights = {"Some": frozenset({"cost_centre.read", "unit.read", "job.read"}), "All": frozenset({"job.oversee"})}
    limited = live.listener_of(Actor(5, "Nora", (Grant("Some", entity=3),), rights))
    assert {"unit"} <= limited.full
    assert {"cost_centre", "job"} <= limited.bare
    assert "supplier" not in limited.full | limited.bare
    everywhere = live.listener_of(Actor(5, "Nora", (Grant("Some"), Grant("All")), rights))
    assert {"unit", "cost_centre", "job"} <= everywhere.full
    for listener in (limited, everywhere):
        listener.hear(
            "resource:cost_centre", {"resource": "cost_centre", "key": "CC-1", "event": "cost_centre.changed"}
        )
        listener.hear("resource:supplier", {"resource": "supplier", "key": "S-1"})
        listener.hear("account:6", {"job": 1})
    assert limited.waiting.get_nowait() == 'event: resource\ndata: {"resource":"cost_centre"}\n\n'
    assert "CC-1" in everywhere.waiting.get_nowait()
    assert limited.waiting.empty()
    assert everywhere.waiting.empty()


def test_a_change_reaches_an_open_page(app, server):
    nora = person("nora.buyer", "Buyer")
    drain(app)
    stream = open_stream(server, app, nora)
    unit_of_measure("KGM")
    assert read(stream) == ("resource", {"resource": "unit", "key": "KGM", "event": "unit.created"})


def test_another_installation_on_the_same_valkey_is_not_heard(app, server):
    nora = person("nora.buyer", "Buyer")
    stream = open_stream(server, app, nora)
    number = app.extensions["valkey"].get_connection_kwargs()["db"]
    with redis.Redis.from_url(app.config["REDIS_URL"]) as other:
        other.connection_pool.connection_kwargs["db"] = number + 1
        hints.publish(other, [(hints.account_topic(nora.id), {"from": "elsewhere"})])
    hints.hint(hints.account_topic(nora.id), {"from": "home"})
    assert read(stream) == ("account", {"from": "home"})


def test_a_page_hears_once_of_a_change_with_parts_and_never_of_one_that_was_not_kept(app, server, monkeypatch):
    sent = []
    monkeypatch.setattr(hints, "publish", lambda valkey, told: sent.append([data["key"] for _, data in told]))

    def enter(bound, code):
        unit.create_within(bound, registry["unit"], {"code": code, "name": code}, Reader(bound))

    with unit.transaction(system(), "test") as bound:
        unit.attempt(bound, lambda part: enter(part, "KGM"))
        enter(bound, "LTR")
        assert not sent
    assert sent == [["KGM", "LTR"]]
    with pytest.raises(RuntimeError), unit.transaction(system(), "test") as bound:
        enter(bound, "MTR")
        raise RuntimeError
    with unit.rehearsal(system(), "test") as bound:
        enter(bound, "MTR")
    assert len(sent) == 1


def test_people_hear_how_far_their_own_jobs_are(app, server):
    from app.infra import jobs

    nora = person("nora.buyer", "Buyer")
    drain(app)
    stream = open_stream(server, app, nora)
    with declared("work", lambda context, job: jobs.report(job.id, 1, 2)):
        line_up("work")
        number = line_up("work", context=nora.context())
        drain(app)
    assert read(stream) == ("account", {"job": number, "done": 1, "total": 2})
    assert read(stream) == ("account", {"job": number, "kind": "work", "state": "done"})


def test_a_page_that_does_not_keep_up_is_told_that_it_missed_something():
    listener = live.Listener(5, frozenset({"unit"}), frozenset())
    for number in range(live.MOST_WAITING + 1):
        listener.hear("resource:unit", {"key": str(number)})
    assert listener.waiting.get_nowait() == live.MISSED
    assert listener.waiting.empty()


def test_a_page_that_is_closed_is_forgotten(app, server):
    nora = person("nora.buyer", "Buyer")
    stream = open_stream(server, app, nora)
    assert len(server.hub._listeners) == 1
    stream.close()
    assert not server.hub._listeners


def test_a_stream_shows_signs_of_life_and_ends_after_a_while(app, server, monkeypatch):
    monkeypatch.setattr(live, "PING_SECONDS", 0.01)
    monkeypatch.setattr(live, "LONGEST_SECONDS", 0.05)
    listener = live.Listener(5, frozenset(), frozenset())
    told = [each for each in live._stream(server.hub, listener) if each != live.MISSED]
    assert told[0] == "retry: 5000\n\n"
    assert set(told[1:]) == {": ping\n\n"}


def test_a_hint_that_cannot_be_sent_is_dropped_and_the_change_is_kept(app, monkeypatch):
    import redis

    def away(*_):
        raise redis.ConnectionError("away")

    monkeypatch.setattr(hints, "publish", away)
    with app.app_context():
        unit_of_measure("KGM")
        assert [row.code for row in rows("SELECT code FROM unit")] == ["KGM"]


def test_a_page_hears_what_changed_between_its_drawing_and_its_listening(server):
    server.hub._started = True  # the subscription stands; what comes in is told by hand
    server.hub._tell("resource:unit", {"resource": "unit", "key": "KGM"})
    listener = live.Listener(5, frozenset({"unit"}), frozenset())
    server.hub.join(listener)
    assert '"KGM"' in listener.waiting.get_nowait()
    stranger = live.Listener(6, frozenset(), frozenset())
    server.hub.join(stranger)
    assert stranger.waiting.empty()


@pytest.mark.parametrize(
    ("base", "origins"),
    [
        ("https://outlay.example", ("https://outlay.example",)),
        ("http://localhost:8000", ("http://localhost:8000", "http://127.0.0.1:8000")),
        ("http://127.0.0.1:8000/", ("http://127.0.0.1:8000", "http://localhost:8000")),
    ],
)
def test_only_a_machine_of_ones_own_is_called_by_two_names(base, origins):
    assert live._origins(base) == origins
