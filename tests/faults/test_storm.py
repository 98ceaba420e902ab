"""Faults while people work: what was acknowledged is there, once, and everybody who hears of it heard it once.

`-s` prints how many faults, acts and errors there were; OUTLAY_STORM says how many faults there are to be.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.infra import clock, outbox
from app.infra.db import db
from bench.company import YEARS, Company
from bench.operations import Sample, course
from bench.people import ACCOUNTS, token
from config import load
from tests.acting import system
from tests.faults import paying
from tests.faults.paying import at_a_page
from tests.faults.storm import Hand, Record, Stage, chosen, faults, people_at_work
from tests.posting import Office, post_office
from tests.receiving import Receiver, receiving
from tests.scenarios.paying import Paying
from tests.slices.doing import do, enter
from tests.waiting import wait_for

pytestmark = pytest.mark.slow
SEED, FAULTS, ROUNDS, CLIENTS = 20261123, int(os.environ.get("OUTLAY_STORM", "100")), 10, 4
SERIES = "INV-HAL-"
TREASURER = "tomas.dvorak"
WEBHOOK = "everything"
#: How long all that was announced may take to reach a receiver that was in trouble.
TELLING = 300
#: What anybody may ask for as often as they like.
AS_OFTEN_AS_LIKED = "payment_run.fetch_file"


class Halden(Company, Paying):
    """The company that pays, also to accounts confirmed today, with budgets for the year in which the test runs."""

    def __init__(self) -> None:
        self.do(system(), "setting", "suppliers.cooling_off_days", "change", value="0")
        super().__init__()
        year = clock.system.now().year
        if year not in YEARS:
            self._plan(year)


@pytest.fixture(scope="module")
def office() -> Iterator[tuple[Office, int]]:
    found = Office()
    with post_office(found) as port:
        yield found, port


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as found:
        yield found


@pytest.fixture(scope="module")
def stage(office: tuple[Office, int]) -> Iterator[Stage]:
    place = Path(tempfile.mkdtemp(prefix="outlay-storm-", dir="/tmp"))
    place.chmod(0o755)
    stage = Stage(place, office[1])
    try:
        yield stage
    finally:
        stage.close()
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def application(stage: Stage) -> Iterator[Flask]:
    from app import create_core

    application = create_core(load({**stage.environment, "LOG_LEVEL": "ERROR"}))
    for step in ("migrate", "permissions"):
        assert application.test_cli_runner().invoke(args=["outlay", step]).exit_code == 0, step
    return application


@pytest.fixture(scope="module")
def known(application: Flask, receiver: Receiver) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Build the company, give its people tokens, and let a server hear of everything."""
    from app.infra import identity

    with application.app_context():
        company = Halden()
        found = {}
        for name, login in {**ACCOUNTS, paying.APPROVER: TREASURER}.items():
            user = identity.find_user(db.session(), login)
            found[name] = {"Authorization": f"Bearer {token(user)}"}
        webhook = enter(system(), "webhook", code=WEBHOOK, name="Everything", url=receiver.url)
        receiver.secrets.append(do(system(), "webhook", webhook, "start").told["secret"])
        db.session.remove()
        db.engine.dispose()
    return found, company.centres


def settled(stage: Stage) -> bool:
    """Say whether everything that was announced has been heard, and no work is under way.

    What webhooks are still to be told waits for minutes behind one that failed; `check_webhooks` hurries it.
    """
    try:
        [(open_jobs,)] = stage.ask(
            "SELECT count(*) FROM job WHERE kind <> 'webhook.deliver'"
            " AND (state = 'running' OR state = 'waiting' AND (event_id IS NOT NULL OR due_at <= now()))"
        )
    except Exception:  # noqa: BLE001  # the database may be coming up again
        return False
    return open_jobs == 0


def lost_and_doubled(stage: Stage, record: Record) -> tuple[list[Any], list[Any]]:
    """Hold what was acknowledged against the record: each act by one request, under one number."""
    counts = {
        (command, key): requests
        for command, key, requests in stage.ask(
            "SELECT command, row_key, count(DISTINCT request_id) FROM audit_entry WHERE row_key IS NOT NULL GROUP BY 1, 2"
        )
    }
    named = {(_on_record(command), key) for command, key in record.acknowledged}
    lost = [act for act in named if not counts.get(act)]
    doubled = [act for act in named if counts.get(act, 0) > 1]
    doubled += [act for act, times in record.acknowledged.items() if times > 1]
    return lost, [act for act in doubled if act[0] != AS_OFTEN_AS_LIKED]


def _on_record(command: str) -> str:
    return "invoice.create" if command == "invoice.capture" else command


def check_deliveries(stage: Stage) -> None:
    """See that every event was heard by everybody who hears it, each once, and in the order of its document.

    Events are listed first: what a schedule announces meanwhile has the next round to be heard in.
    """
    announced = stage.ask("SELECT id, name FROM outbox_event")
    wait_for(lambda: settled(stage), "all that is announced is heard")
    heard = {
        (event, kind): state
        for event, kind, state in stage.ask("SELECT event_id, kind, state FROM job WHERE event_id IS NOT NULL")
    }
    for event, name in announced:
        for subscriber in set(outbox.subscribers_of(name)) - {"webhooks"}:
            assert heard.get((event, f"hear:{subscriber}")) == "done", (event, name, subscriber)


def check_webhooks(stage: Stage, receiver: Receiver) -> None:
    """See that every event since it listens reached the receiver, signed, and those of a document in their order."""
    announced = stage.ask(
        "SELECT id, public_id::text, resource || row_id FROM outbox_event WHERE resource NOT LIKE 'webhook%%' AND id >"
        " (SELECT id FROM outbox_event WHERE name = 'webhook.started' AND row_key = %s) ORDER BY id", WEBHOOK)  # fmt: skip
    # Each try that bears a wrong time is refused; eight are all a delivery has, so workers are told the right one first.
    time.sleep(2 * clock.TOLERANCE.total_seconds())
    deadline = time.monotonic() + TELLING
    while stage.ask(
        "SELECT 1 FROM job WHERE kind IN ('hear:webhooks', 'webhook.deliver') AND state IN ('waiting', 'running') LIMIT 1"
    ):
        assert time.monotonic() < deadline, stage.ask(
            "SELECT state, error, count(*) FROM webhook_delivery GROUP BY 1, 2"
        )
        stage.ask(
            "UPDATE job SET due_at = now() WHERE kind = 'webhook.deliver' AND state = 'waiting' AND due_at > now()"
        )
        time.sleep(0.5)
    known = {public: (id, document) for id, public, document in announced}
    came = [each for each in dict.fromkeys(receiver.ids()) if each in known]
    assert set(came) == set(known), [
        stage.ask(
            "SELECT e.id, e.name, e.row_key, e.at, now(), array(SELECT j.kind || ' ' || j.state FROM job j WHERE j.event_id = e.id),"
            " array(SELECT d.state || ' ' || a.at || ' ' || coalesce(a.told, '') FROM webhook_delivery d JOIN webhook_attempt a"
            " ON a.delivery_id = d.id WHERE d.event_id = e.id ORDER BY a.id)"
            " FROM outbox_event e WHERE e.public_id::text = %s",
            public,
        )
        for public in known.keys() - set(came)
    ]
    last: dict[str, int] = {}
    for public in came:
        id, document = known[public]
        assert id > last.get(document, 0), (document, public)
        last[document] = id
    given_up = stage.ask(
        "SELECT d.event_id, d.name, d.state, array(SELECT a.at || ' ' || coalesce(a.told, '') FROM webhook_attempt a"
        " WHERE a.delivery_id = d.id ORDER BY a.id) FROM webhook_delivery d WHERE d.state <> 'delivered'"
    )
    assert given_up == []
    print(f"{len(known)} events reached the receiver, in {receiver.asked} tries", flush=True)


def check_numbers(stage: Stage) -> None:
    """See that posted invoices are numbered from one on without a gap, and nothing bears a number twice."""
    numbers = sorted(int(number.rpartition("-")[2]) for (number,) in stage.ask(
        "SELECT number FROM invoice WHERE number LIKE %s", f"{SERIES}%"))  # fmt: skip
    assert numbers == list(range(1, len(numbers) + 1))
    for table, column in (("purchase_order", "number"), ("receipt", "number"), ("invoice", "reference")):
        assert stage.ask(f"SELECT {column} FROM {table} GROUP BY 1 HAVING count(*) > 1") == []


def check_letters(stage: Stage, office: Office) -> None:
    """See that each letter that counts as sent arrived, and that each that arrived bears an id on record."""
    arrived = {str(letter["Message-ID"]) for letter in office.taken}
    known = stage.ask("SELECT message_id, state FROM delivery WHERE message_id IS NOT NULL")
    assert {id for id, state in known if state == "sent"} <= arrived
    assert arrived <= {id for id, _ in known}


def check_clocks(stage: Stage, database_was_wrong: bool) -> None:
    """See that nothing waits for a time that has not come, nor is on record for one that the database never told."""
    wait_for(
        lambda: stage.ask("SELECT count(*) FROM schedule_run WHERE slot_at > now()") == [(0,)],
        "no slot is in the future",
    )
    assert stage.ask("SELECT count(*) FROM job WHERE leased_until > now() + interval '1 minute'") == [(0,)]
    if database_was_wrong:
        return
    for table, column in (
        ("audit_entry", "at"),
        ("outbox_event", "at"),
        ("job", "finished_at"),
        ("payment_run", "changed_at"),
    ):
        assert stage.ask(f"SELECT count(*) FROM {table} WHERE {column} > now() + interval '1 minute'") == [(0,)], table


def check_books(application: Flask) -> None:
    """See that budgets rebuild to the same, and that the audit holds together."""
    runner = application.test_cli_runner()
    for words, ending in ((["budgets", "verify"], " 0 differences\n"), (["audit", "verify"], "")):
        result = runner.invoke(args=["outlay", *words])
        assert result.exit_code == 0, result.output
        assert result.output.endswith(ending), result.output
    with application.app_context():
        db.session.remove()
        db.engine.dispose()


def test_without_valkey_people_read_ask_decide_and_pay_and_what_waits_is_done_when_it_is_back(
    stage: Stage, application: Flask, known: Any
) -> None:
    tokens, centres = known
    stage.revive()
    stage.wait_until_healthy()
    stage.valkey.process.kill()
    stage.valkey.process.wait()
    record = Record()
    hand = Hand(stage, tokens, record)
    assert hand("GET", "/api/v1/orders?size=1", "buyer")[0] == 200
    steps = list(course(hand, Sample([], [], [], centres), 0))
    assert steps[-1] == "post invoice"
    assert record.shown == {}
    stage.revive()
    wait_for(lambda: settled(stage), "all is heard and done")
    check_deliveries(stage)


def test_with_the_store_of_files_gone_all_but_files_works_and_says_what_is_missing(stage: Stage, known: Any) -> None:
    tokens, centres = known
    stage.revive()
    stage.wait_until_healthy()
    hand = Hand(stage, tokens, Record())
    files, aside = stage.place / "files", stage.place / "files-aside"
    files.rename(aside)
    files.write_bytes(b"")
    try:
        steps = course(hand.at_once, Sample([], [], [], centres), 0)
        assert [next(steps) for _ in range(6)][-1] == "post receipt"
        with pytest.raises(AssertionError, match=r"503.*Files cannot"):
            next(steps)
    finally:
        files.unlink()
        aside.rename(files)


def test_nothing_is_lost_and_nothing_happens_twice_in_a_storm_of_faults(
    stage: Stage, office: tuple[Office, int], receiver: Receiver, application: Flask, known: Any
) -> None:
    dice, done = random.Random(SEED), Counter()
    tokens, centres = known
    everything: dict[str, int] = {"acts": 0, "courses": 0, "runs": 0}
    shown: Counter[str] = Counter()
    released: dict[str, str] = {}
    hurt = faults(stage, office[0], receiver, dice)
    stage.revive()
    stage.wait_until_healthy()
    [(orders,)] = stage.ask("SELECT count(*) FROM purchase_order")
    for turn in range(ROUNDS):
        tokens[paying.RELEASER] = at_a_page(application, TREASURER)
        with people_at_work(stage, tokens, centres, CLIENTS) as record:
            for _ in range(FAULTS // ROUNDS):
                name = chosen(hurt, dice)
                hurt[name]()
                done[name] += 1
                time.sleep(dice.uniform(0.1, 1.2))
                stage.revive()
        assert record.gave_up == []
        wait_for(lambda: settled(stage), f"round {turn}: all is heard and done")
        assert lost_and_doubled(stage, record) == ([], [])
        orders += sum(verb == "order.create" for verb, _ in record.acknowledged)
        assert stage.ask("SELECT count(*) FROM purchase_order") == [(orders,)]
        check_deliveries(stage)
        check_numbers(stage)
        check_clocks(stage, database_was_wrong=bool(done["clock of PostgreSQL put wrong"]))
        check_letters(stage, office[0])
        check_webhooks(stage, receiver)
        released.update(record.released)
        paying.check_payments(stage.ask, Hand(stage, tokens, Record()), released)
        check_books(application)
        everything["acts"] += sum(record.acknowledged.values())
        everything["courses"] += record.courses
        everything["runs"] += len(record.released)
        shown.update(record.shown)
        assert shown["500"] == 0, (stage.place / "web.log").read_text()[-20_000:]
        print(f"round {turn + 1}: {dict(done)} {everything} shown {dict(shown)}", flush=True)
    assert everything["courses"] > 0
    assert everything["runs"] > 0
    assert sum(done.values()) == FAULTS // ROUNDS * ROUNDS
    print(f"{sum(done.values())} faults, {everything['acts']} acts acknowledged, 0 lost, 0 doubled, "
          f"{sum(shown.values())} errors shown")  # fmt: skip
