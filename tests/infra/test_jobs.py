"""Jobs: kept with their change, done once in effect, in whose name, and what becomes of failures."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.infra import clock, jobs, leases, scope, unit
from app.infra.db import db
from app.infra.jobs import LeaseLost
from app.kernel.actor import Actor
from app.kernel.problem import Refused
from app.kernel.resource import registry
from app.workers import perform, process
from app.workers.perform import Shift, drain
from tests.acting import context_of, person, system
from tests.working import declared, execute, forget_pauses, line_up, read, rows, states

LEASE = timedelta(seconds=60)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> clock.FrozenClock:
    standing = clock.FrozenClock(datetime(2026, 11, 22, 10, 0, tzinfo=UTC))
    monkeypatch.setattr(clock, "system", standing)
    return standing


@pytest.fixture(autouse=True)
def inside(app) -> Iterator[None]:
    """Let the test itself look at the database; what works does so in contexts of its own."""
    with app.app_context():
        yield


def note(context, job):
    """Leave a trace in the database: a comment on nothing."""
    context.session.execute(
        text("INSERT INTO comment (resource, row_id, at, actor_id, actor_name, text, mentions) "
             "VALUES ('note', :row, now(), :actor, :name, :text, '[]')"),
        {"row": job.id, "actor": context.actor.id, "name": context.actor.name, "text": job.arguments.get("text", "")},
    )  # fmt: skip
    return {"noted": job.id}


def notes() -> list:
    return rows("SELECT row_id, actor_id, text FROM comment WHERE resource = 'note' ORDER BY id")


def hand_out(queue: str = "light", most: int = 10) -> leases.Handed:
    with unit.transaction(process.system_context(), "test") as context:
        return leases.hand_out(context, queue, most, LEASE)


def begin(handed: leases.Handed, lease: str) -> list:
    with unit.transaction(process.system_context(), "test") as context:
        return leases.begin(context, handed.lease, (*handed.fresh, *handed.tried), lease, LEASE)


def test_work_exists_only_if_its_change_is_kept(app):
    with declared("note", note):
        with pytest.raises(ZeroDivisionError), unit.transaction(system(), "test") as context:
            jobs.enqueue(context, "note", {})
            context.session.flush()
            raise ZeroDivisionError
        assert states("note") == []
        kept = line_up("note", {"text": "hello"})
        assert drain(app) == 1
    assert [(row.row_id, row.text) for row in notes()] == [(kept, "hello")]
    job = read(kept)
    assert (job.state, job.attempts, job.result, job.lease, job.error) == ("done", 1, {"noted": kept}, None, None)


def test_an_effect_and_the_mark_that_it_is_done_are_kept_together_or_not_at_all(app):
    def break_after_note(context, job):
        note(context, job)
        raise ValueError("the address https://bot:hunter2@example.com/ said no\nand more")

    with declared("note", break_after_note):
        job_id = line_up("note")
        drain(app)
    assert notes() == []
    job = read(job_id)
    assert (job.state, job.attempts, job.lease, job.finished_at) == ("waiting", 1, None, None)
    assert job.error == "ValueError: the address https://bot:[hidden]@example.com/ said no"


def test_what_fails_at_the_very_end_of_the_transaction_leaves_the_job_undone(app):
    def fail_at_commit(context, job):
        note(context, job)

        def refuse():
            raise RuntimeError("no number left")

        context.at_end(refuse)

    with declared("note", fail_at_commit):
        job_id = line_up("note")
        drain(app)
    assert notes() == []
    assert (read(job_id).state, read(job_id).error) == ("waiting", "RuntimeError: no number left")


def test_a_database_error_is_told_without_its_statement_and_values(app):
    def divide(context, job):
        context.session.execute(text("SELECT 1 / (:secret - 7)"), {"secret": 7})

    with declared("divide", divide):
        job_id = line_up("divide")
        drain(app)
    assert read(job_id).error == "DivisionByZero: division by zero"


def test_work_is_done_with_the_rights_of_who_asked_and_within_the_limits_of_their_token(app):
    seen = {}

    def look(context, job):
        actor = context.actor
        seen[job.arguments["who"]] = (actor.id, actor.acting_for, actor.may("item.edit"), actor.may("supplier.read"))
        seen["request", job.arguments["who"]] = (context.request_id, context.channel, context.command)

    buyer = person("nora.buyer", "Buyer")
    whole = buyer.context()
    limited = context_of(Actor(buyer.id, "Nora", limits=frozenset({"supplier.read"}), acting_for=7))
    drain(app)
    with declared("look", look):
        line_up("look", {"who": "whole"}, context=whole)
        line_up("look", {"who": "limited"}, context=limited)
        line_up("look", {"who": "outlay"})
        assert drain(app) == 3
    assert seen["whole"] == (buyer.id, None, True, True)
    assert seen["limited"] == (buyer.id, 7, False, True)
    assert seen["outlay"] == (0, None, True, True)
    assert seen["request", "whole"] == (whole.request_id, "job", "job.look")


def test_the_work_of_an_account_that_was_closed_meanwhile_is_not_done(app):
    buyer = person("nora.buyer", "Buyer")
    drain(app)
    with declared("note", note):
        job_id = line_up("note", context=buyer.context())
        execute("UPDATE ab_user SET active = false WHERE id = :id", id=buyer.id)
        drain(app)
    assert notes() == []
    assert read(job_id).error == "PermissionError: the account that asked for this is not active any more"


def test_a_job_that_always_fails_is_dead_after_its_attempts_and_is_retried_by_command(app):
    broken = [True]

    def poison(context, job):
        note(context, job)
        if broken[0]:
            raise ValueError("bad day")

    with declared("poison", poison):
        job_id = line_up("poison", max_attempts=3)
        for attempt in (1, 2, 3):
            assert drain(app) == 1
            assert (read(job_id).attempts, read(job_id).error) == (attempt, "ValueError: bad day")
            forget_pauses()
        assert read(job_id).state == "dead"
        assert read(job_id).finished_at is not None
        assert drain(app) == 0
        broken[0] = False
        outcome = unit.execute(system(), registry["job"], str(job_id), "retry", {})
        assert (outcome.state, outcome.events[0]["name"]) == ("waiting", "job.retried")
        assert drain(app) == 1
    assert (read(job_id).state, read(job_id).attempts, len(notes())) == ("done", 1, 1)
    told = rows("SELECT action, command, row_key FROM audit_entry WHERE resource = 'job'")
    assert [tuple(row) for row in told] == [("done", "job.retry", str(job_id))]


def test_pauses_grow_and_are_never_the_same_for_all(frozen, app):
    def fail(context, job):
        raise ValueError("bad day")

    with declared("fail", fail):
        ids = [line_up("fail", context=context_of(system().actor, now=frozen.now())) for _ in range(20)]
        drain(app)
    pauses = [(read(job_id).due_at - frozen.now()).total_seconds() for job_id in ids]
    assert all(3.75 <= pause <= 6.25 for pause in pauses)
    assert len(set(pauses)) > 10
    assert 33 < perform.pause_after(3).total_seconds() < 57
    assert perform.pause_after(40).total_seconds() <= 6 * 3600 * 1.25


def test_a_pause_is_kept(frozen, app):
    with declared("note", note):
        job_id = line_up("note", context=context_of(system().actor, now=frozen.now()), after=timedelta(minutes=5))
        frozen.advance(timedelta(minutes=4))
        assert drain(app) == 0
        frozen.advance(timedelta(minutes=1))
        assert drain(app) == 1
    assert read(job_id).state == "done"


def test_a_dead_job_holds_its_stream_back_until_it_is_discarded(app):
    def poison_first(context, job):
        if job.arguments["text"] == "first":
            raise ValueError("bad day")
        note(context, job)

    with declared("poison", poison_first):
        first, second, third = (line_up("poison", {"text": each}, stream="s", max_attempts=1) for each in
                                ("first", "second", "third"))  # fmt: skip
        other = line_up("poison", {"text": "other"}, stream="t")
        assert drain(app) == 2
        assert [read(each).state for each in (first, second, third, other)] == ["dead", "waiting", "waiting", "done"]
        unit.execute(system(), registry["job"], str(first), "discard", {})
        drain(app)
        assert [read(each).state for each in (first, second, third)] == ["discarded", "done", "done"]
    assert [row.text for row in notes()] == ["other", "second", "third"]


def test_a_retried_job_is_still_done_before_those_behind_it(app):
    attempts = []

    def fail_once(context, job):
        attempts.append(job.arguments["text"])
        if len(attempts) == 1:
            raise ValueError("bad day")

    with declared("work", fail_once):
        first = line_up("work", {"text": "first"}, stream="s", max_attempts=1)
        line_up("work", {"text": "second"}, stream="s")
        drain(app)
        unit.execute(system(), registry["job"], str(first), "retry", {})
        drain(app)
    assert attempts == ["first", "first", "second"]


def test_only_the_head_of_each_stream_is_handed_out(app):
    with declared("note", note):
        a1, _a2 = line_up("note", stream="a"), line_up("note", stream="a")
        b1, free = line_up("note", stream="b"), line_up("note")
        handed = hand_out()
        assert handed.fresh == (a1, b1, free)
        assert hand_out().fresh == ()
        begun = begin(handed, str(uuid.uuid4()))
        assert [job.id for job in begun] == [a1, b1, free]
        assert hand_out().fresh == ()


def test_much_that_waits_behind_one_that_is_not_due_hides_nothing_else(app, monkeypatch):
    """As when a receiver of webhooks is away: what is due behind it fills all that is looked through at first."""
    monkeypatch.setattr(leases, "LOOKED_THROUGH", 5)
    with declared("note", note):
        line_up("note", stream="away", after=timedelta(days=36500))
        for _ in range(20):
            line_up("note", stream="away")
        dead, _behind = line_up("note", stream="dead"), line_up("note", stream="dead")
        execute("UPDATE job SET state = 'dead' WHERE id = :id", id=dead)
        b1, _b2, free, c1 = (line_up("note", stream=each) for each in ("b", "b", None, "c"))
        later = line_up("note", after=timedelta(days=36500))

        assert hand_out(most=2).fresh == (b1, free)
        assert hand_out().fresh == (c1,)
        assert hand_out("outside").fresh == ()
        execute("UPDATE job SET due_at = created_at WHERE id = :id", id=later)
        assert hand_out().fresh == (later,)


def test_two_relays_at_once_never_hand_out_the_same_job(app):
    with declared("note", note):
        ids = {line_up("note") for _ in range(40)}
        gate = threading.Barrier(4)

        def relay(_):
            gate.wait()
            with app.app_context():
                return [job_id for _ in range(10) for job_id in hand_out(most=3).fresh]

        with ThreadPoolExecutor(4) as pool:
            handed = [job_id for part in pool.map(relay, range(4)) for job_id in part]
    assert len(handed) == len(set(handed))
    assert set(handed) == ids


def test_a_message_that_comes_twice_is_done_once(app):
    with declared("note", note):
        line_up("note")
        handed = hand_out()
        assert perform.work_off(Shift(app), handed.lease, handed.fresh) == 1
        assert perform.work_off(Shift(app), handed.lease, handed.fresh) == 0
    assert len(notes()) == 1


def test_a_lost_message_is_sent_again_after_its_lease_and_the_old_one_does_nothing(frozen, app):
    with declared("note", note):
        job_id = line_up("note", context=context_of(system().actor, now=frozen.now()))
        lost = hand_out()
        assert hand_out().fresh == ()
        frozen.advance(timedelta(seconds=61))
        again = hand_out()
        assert again.fresh == (job_id,)
        assert perform.work_off(Shift(app), lost.lease, lost.fresh) == 0
        assert perform.work_off(Shift(app), again.lease, again.fresh) == 1
    assert (len(notes()), read(job_id).attempts) == (1, 1)


def test_a_worker_that_was_away_longer_than_its_lease_leaves_no_trace(frozen, app):
    def be_overtaken(context, job):
        note(context, job)
        if not overtaken:
            overtaken.append(job.id)
            frozen.advance(timedelta(seconds=61))
            thread = threading.Thread(target=take_over)
            thread.start()
            thread.join()

    def take_over():
        with app.app_context():
            with unit.transaction(process.system_context(), "test") as context:
                assert [row.id for row in leases.recover(context, LEASE)] == overtaken
            drain(app)

    overtaken = []
    with declared("note", be_overtaken):
        job_id = line_up("note", context=context_of(system().actor, now=frozen.now()))
        drain(app)
    assert [row.row_id for row in notes()] == [job_id]
    assert (read(job_id).state, read(job_id).attempts) == ("done", 2)


def test_a_job_whose_worker_ended_counts_an_attempt_and_the_last_one_makes_it_dead(frozen, app):
    with declared("note", note):
        job_id = line_up("note", context=context_of(system().actor, now=frozen.now()), max_attempts=2)
        for attempts, state in ((1, "waiting"), (2, "dead")):
            assert len(begin(hand_out(), str(uuid.uuid4()))) == 1
            frozen.advance(timedelta(seconds=61))
            with unit.transaction(process.system_context(), "test") as context:
                leases.recover(context, LEASE)
            job = read(job_id)
            assert (job.state, job.attempts, job.error) == (state, attempts, "The worker ended before the work did")


def test_a_lease_is_extended_while_its_worker_lives(frozen, app):
    with declared("note", note):
        line_up("note", context=context_of(system().actor, now=frozen.now()))
        lease = str(uuid.uuid4())
        begin(hand_out(), lease)
        for _ in range(5):
            frozen.advance(timedelta(seconds=40))
            with db.engine.begin() as own:
                leases.extend(own, lease, frozen.now() + LEASE)
            with unit.transaction(process.system_context(), "test") as context:
                assert leases.recover(context, LEASE) == []


def test_work_asked_for_or_held_while_the_clock_was_ahead_does_not_wait_for_that_time(frozen, app, monkeypatch):
    ahead = clock.FrozenClock(frozen.now() + timedelta(days=400))
    asked = context_of(system().actor, now=ahead.now())
    with declared("note", note):
        held, waiting = (line_up("note", context=asked, stream="s") for _ in range(2))
        with monkeypatch.context() as wrong:
            wrong.setattr(clock, "system", ahead)
            begin(hand_out(most=1), str(uuid.uuid4()))
        later = line_up("note", context=context_of(system().actor, now=frozen.now()), after=timedelta(days=300))
        assert (read(held).state, drain(app)) == ("running", 0)
        with unit.transaction(process.system_context(), "test") as context:
            assert [row.id for row in leases.recover(context, LEASE)] == [held]
        assert drain(app) == 2
    assert [read(each).state for each in (held, waiting, later)] == ["done", "done", "waiting"]


def test_what_has_failed_before_is_sent_alone(app):
    from app.workers import relay

    handed = leases.Handed("lease", fresh=tuple(range(1, 8)), tried=(20, 21))
    assert relay._messages(handed, 3) == [[1, 2, 3], [4, 5, 6], [7], [20], [21]]


def test_a_stream_is_followed_by_the_worker_that_holds_it(app):
    with declared("note", note):
        ids = [line_up("note", {"text": str(number)}, stream="s") for number in range(5)]
        handed = hand_out()
        assert handed.fresh == (ids[0],)
        assert perform.work_off(Shift(app), handed.lease, handed.fresh) == 5
    assert [row.text for row in notes()] == ["0", "1", "2", "3", "4"]


def test_a_worker_that_is_asked_to_go_home_finishes_the_job_under_way_and_gives_the_rest_back(app):
    over = []

    def work(context, job):
        note(context, job)
        over.append(True)

    with declared("note", work):
        ids = [line_up("note") for _ in range(3)]
        handed = hand_out()
        assert perform.work_off(Shift(app, lambda: bool(over)), handed.lease, handed.fresh) == 1
        assert [(read(each).state, read(each).attempts) for each in ids] == [
            ("done", 1),
            ("waiting", 0),
            ("waiting", 0),
        ]
        assert hand_out().fresh == tuple(ids[1:])


def test_work_that_takes_too_long_is_interrupted_and_leaves_nothing(app, monkeypatch):
    def linger(context, job):
        note(context, job)
        threading.Event().wait(20)

    monkeypatch.setitem(perform.LIMITS, "light", 0.2)
    with declared("linger", linger):
        job_id = line_up("linger")
        drain(app)
    assert notes() == []
    assert read(job_id).error.startswith("TookTooLong: the work took longer than")


def test_heavy_work_goes_on_where_its_last_kept_step_ended(app):
    begun_at = []

    def in_steps(context, job):
        begun_at.append(job.progress)
        for step in range(job.progress, 5):
            with unit.transaction(context, "test.step") as bound:
                note(bound, job)
                jobs.advance(bound, job, step + 1)
            if len(begun_at) == 1 and step == 2:
                raise ValueError("bad day")
        return {"steps": 5}

    with declared("steps", in_steps, "heavy"):
        job_id = line_up("steps")
        drain(app)
        forget_pauses()
        drain(app)
    assert begun_at == [0, 3]
    assert len(notes()) == 5
    assert (read(job_id).state, read(job_id).progress, read(job_id).result) == ("done", 5, {"steps": 5})


def test_a_heavy_worker_that_lost_its_lease_cannot_keep_another_step(app):
    kept = []

    def in_steps(context, job):
        execute("UPDATE job SET lease = gen_random_uuid() WHERE id = :id", id=job.id)
        with pytest.raises(LeaseLost), unit.transaction(context, "test.step") as bound:
            note(bound, job)
            jobs.advance(bound, job, 1)
        kept.append(notes())
        raise LeaseLost

    with declared("steps", in_steps, "heavy"):
        job_id = line_up("steps")
        drain(app)
    assert kept == [[]]
    assert (read(job_id).state, read(job_id).progress) == ("running", 0)


def test_progress_is_seen_while_the_work_is_under_way(app):
    seen = []

    def work(context, job):
        jobs.report(job.id, 3, 10)
        seen.extend(rows("SELECT progress, total, state FROM job WHERE id = :id", id=job.id))

    with declared("work", work):
        line_up("work")
        drain(app)
    assert [tuple(row) for row in seen] == [(3, 10, "running")]


def test_a_unique_key_gives_the_job_that_is_under_way_and_a_new_one_when_it_is_done(app):
    with declared("note", note):
        first = line_up("note", unique_key="rebuild")
        assert line_up("note", unique_key="rebuild") == first
        assert line_up("note", unique_key="other") != first
        drain(app)
        second = line_up("note", unique_key="rebuild")
        assert second != first
        drain(app)
    assert states("note") == ["done", "done", "done"]


def test_a_unique_key_holds_when_several_ask_at_once(app):
    gate = threading.Barrier(6)

    def ask(_):
        with app.app_context():
            gate.wait()
            return line_up("note", unique_key="rebuild")

    with declared("note", note), ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(ask, range(6)))) == 1
    assert states("note") == ["waiting"]


def test_a_dead_job_is_not_retried_beside_the_same_work(app):
    def fail(context, job):
        raise ValueError("bad day")

    with declared("fail", fail):
        dead = line_up("fail", unique_key="rebuild", max_attempts=1)
        drain(app)
        other = line_up("fail", unique_key="rebuild")
        with pytest.raises(Refused) as refused:
            unit.execute(system(), registry["job"], str(dead), "retry", {})
    assert [problem.code for problem in refused.value.problems] == ["same_work_under_way"]
    assert refused.value.problems[0].message == f"Job {other} does the same work already. Discard this one."
    assert read(dead).state == "dead"


def test_work_that_this_version_does_not_know_is_kept_for_one_that_does(app):
    with declared("note", note):
        job_id = line_up("note")
    drain(app)
    assert read(job_id).error == "LookupError: this version of Outlay does not know the work note"
    assert read(job_id).state == "waiting"


def test_people_see_their_own_jobs_and_overseers_all(app):
    from app.infra import scope

    buyer, other = person("nora.buyer", "Buyer"), person("adam.admin", "Administrator")
    with declared("note", note):
        own, foreign = line_up("note", context=buyer.context()), line_up("note")
    session = db.session()
    rights = {"Buyer": frozenset({"job.read"})}
    reader = context_of(Actor(buyer.id, "Nora", buyer.context().actor.grants, rights))
    seen = set(session.scalars(scope.select_rows(reader, registry["job"]).with_only_columns(jobs.Job.id)))
    assert seen == {own}
    seen = set(session.scalars(scope.select_rows(other.context(), registry["job"]).with_only_columns(jobs.Job.id)))
    assert {own, foreign} <= seen


def test_what_outlay_does_as_itself_is_nobodys_own_work() -> None:
    someone = person("omar.haddad", "Buyer")
    with declared("asked", note), declared("followed", note, as_system=True):
        asked = line_up("asked", context=someone.context())
        followed = line_up("followed", context=someone.context())
    assert (read(asked).actor_id, read(followed).actor_id) == (someone.id, 0)
    seen = scope.select_rows(someone.context(), registry["job"])
    assert [job.id for job in db.session().scalars(seen)] == [asked]
