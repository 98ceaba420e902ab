"""Webhooks: who is told what, in which order, how often, and what is never spoken to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.infra import breaker, outside
from app.infra.db import db
from app.modules.webhooks import domain, queries
from app.workers import perform
from tests.acting import NOW, acting, person, system
from tests.receiving import Receiver, reaching, receiving
from tests.slices.doing import audited, do, edit, enter, events, reading, refused, why_not
from tests.working import execute, forget_pauses, rename, rows, unit_of_measure

ADMINISTRATOR = "Administrator"


@pytest.fixture(autouse=True)
def within_app(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(outside, "LONGEST", timedelta(seconds=1))
    monkeypatch.setattr(outside.post, "__defaults__", (timedelta(seconds=1),))
    with app.app_context(), reaching():
        yield


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as found:
        yield found


def listening(receiver: Receiver, name: str = "warehouse", **values: Any) -> str:
    """Enter a webhook and switch it on; the receiver learns its secret."""
    key = enter(acting(ADMINISTRATOR), "webhook", code=name, name=f"The {name}", url=receiver.url, **values)
    receiver.secrets.append(do(acting(ADMINISTRATOR), "webhook", key, "start").told["secret"])
    return key


def work(app: Flask) -> None:
    """Do all that is due, and only that."""
    db.session.rollback()
    perform.drain(app)


def deliveries(*states: str) -> list[Any]:
    found = rows(
        "SELECT d.*, w.code AS webhook FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id ORDER BY d.id"
    )
    return [each for each in found if not states or each.state in states]


def test_a_receiver_is_told_what_happened_signed_and_by_its_declared_words(app: Flask, receiver: Receiver) -> None:
    listening(receiver, events="unit.*")
    unit_of_measure("BOX")
    rename("BOX", "Box of ten")
    work(app)

    assert receiver.forged == []
    assert receiver.types() == ["unit.created", "unit.changed"]
    [created, changed] = receiver.taken
    assert created["data"] == {
        "resource": "unit", "key": "BOX", "path": "/api/v1/units/BOX", "details": {"key": "BOX"},
    }  # fmt: skip
    assert changed["data"]["details"] == {"key": "BOX", "fields": ["name"]}
    assert receiver.ids() == [
        str(row.public_id) for row in rows("SELECT public_id FROM outbox_event WHERE name LIKE 'unit.%' ORDER BY id")
    ]
    assert created["headers"]["content-type"] == "application/json"
    assert [(each.state, each.tries, each.status, each.error) for each in deliveries()] == [
        ("delivered", 1, 200, None)
    ] * 2
    [attempt] = rows("SELECT * FROM webhook_attempt ORDER BY id LIMIT 1")
    assert (attempt.status, attempt.told) == (200, "thank you")


def test_without_a_webhook_that_hears_it_an_event_leaves_nothing(app: Flask, receiver: Receiver) -> None:
    unit_of_measure("BOX")
    assert rows("SELECT 1 FROM job WHERE kind = 'hear:webhooks'") == []
    key = listening(receiver, events="order.issued\nsupplier.*")
    unit_of_measure("BAG")
    assert rows("SELECT 1 FROM job WHERE kind = 'hear:webhooks'") == []

    edit(acting(ADMINISTRATOR), "webhook", key, events="unit.created, order.issued")
    unit_of_measure("CAN")
    work(app)

    assert [each["data"]["key"] for each in receiver.taken] == ["CAN"]
    with reading("webhook", key) as webhook:
        assert webhook.events == "order.issued\nunit.created"


def test_what_webhooks_do_themselves_is_told_to_none(app: Flask, receiver: Receiver) -> None:
    key = listening(receiver)
    do(acting(ADMINISTRATOR), "webhook", key, "pause", reason="A new server")
    do(acting(ADMINISTRATOR), "webhook", key, "resume", send_skipped=False)
    work(app)

    assert receiver.types() == []


def test_a_test_arrives_also_while_all_else_is_paused_and_tells_what_was_answered(
    app: Flask, receiver: Receiver
) -> None:
    key = enter(acting(ADMINISTRATOR), "webhook", code="warehouse", name="Warehouse", url=receiver.url)
    assert why_not(acting(ADMINISTRATOR), "webhook", key, "send_test") == ["wrong_state"]
    receiver.secrets.append(do(acting(ADMINISTRATOR), "webhook", key, "start").told["secret"])
    do(acting(ADMINISTRATOR), "webhook", key, "pause", reason="A new server")
    do(acting(ADMINISTRATOR), "webhook", key, "send_test")
    receiver.status = 500
    do(acting(ADMINISTRATOR), "webhook", key, "send_test")
    receiver.status = 200
    perform.drain(app, most=2)
    work(app)

    assert receiver.types() == ["webhook.tested", "webhook.tested"]


def test_a_test_that_fails_is_not_repeated(app: Flask, receiver: Receiver) -> None:
    key, receiver.status, receiver.body = listening(receiver), 500, b"out\x1b[31m of\norder"
    do(acting(ADMINISTRATOR), "webhook", key, "send_test")
    work(app)
    forget_pauses()
    work(app)

    [delivery] = deliveries("dead")
    assert (delivery.tries, delivery.status) == (1, 500)
    assert delivery.error == "The receiver answered 500: out [31m of order"
    assert receiver.asked == 1


def test_the_secret_is_shown_once_and_nowhere_else(app: Flask, receiver: Receiver) -> None:
    key = listening(receiver)
    [secret] = receiver.secrets
    assert secret.startswith("whsec_")
    everything = str(rows("SELECT row_to_json(w)::text FROM webhook w")) + str(
        rows("SELECT before::text, after::text FROM audit_entry WHERE resource = 'webhook'")
    ) + str(events("webhook.started")) + str(rows("SELECT row_to_json(j)::text FROM job j"))  # fmt: skip
    assert secret not in everything
    assert secret.removeprefix("whsec_") not in everything
    assert ("webhook.start", "changed") in audited("webhook", key)


def test_both_secrets_sign_until_the_overlap_is_over(app: Flask, receiver: Receiver) -> None:
    key = listening(receiver)
    old = receiver.secrets[0]
    new = do(acting(ADMINISTRATOR), "webhook", key, "rotate_secret", hours="2").told["secret"]
    unit_of_measure("BOX")
    execute("UPDATE webhook SET old_secret_until = now() + interval '1 hour'")
    work(app)
    receiver.secrets = [new]
    unit_of_measure("BAG")
    work(app)
    execute("UPDATE webhook SET old_secret_until = now() - interval '1 minute'")
    receiver.secrets = [old]
    unit_of_measure("CAN")
    work(app)

    assert [each["data"]["key"] for each in receiver.taken] == ["BOX", "BAG"]
    assert [json.loads(each)["data"]["key"] for each in receiver.forged] == ["CAN"]
    with refused(("out_of_range", "hours")):
        do(acting(ADMINISTRATOR), "webhook", key, "rotate_secret", hours="169")


def test_a_secret_others_know_signs_no_more_at_once(app: Flask, receiver: Receiver) -> None:
    key = listening(receiver)
    do(acting(ADMINISTRATOR), "webhook", key, "rotate_secret", hours="0")
    unit_of_measure("BOX")
    work(app)

    assert receiver.taken == []
    assert len(receiver.forged) == 1


def test_what_fails_is_tried_again_under_the_same_id_and_those_behind_it_wait(app: Flask, receiver: Receiver) -> None:
    listening(receiver, events="unit.*")
    receiver.status = 503
    for code in ("BOX", "BAG", "CAN"):
        unit_of_measure(code)
    work(app)
    assert [(each.state, each.tries) for each in deliveries()] == [("retrying", 1), ("waiting", 0), ("waiting", 0)]
    [first, *_] = deliveries()
    assert timedelta(seconds=3) < first.due_at - rows("SELECT at FROM webhook_attempt")[0].at < timedelta(seconds=7)

    forget_pauses()
    work(app)
    assert receiver.asked == 2
    receiver.status = 200
    forget_pauses()
    work(app)

    assert [each["data"]["key"] for each in receiver.taken] == ["BOX", "BAG", "CAN"]
    assert receiver.ids()[0] == str(rows("SELECT public_id FROM outbox_event WHERE row_key = 'BOX'")[0].public_id)
    assert [(each.state, each.tries) for each in deliveries()] == [("delivered", 3), ("delivered", 1), ("delivered", 1)]


def fail_all(app: Flask, tries: int = len(domain.PAUSES) + 1) -> None:
    """Let a delivery fail as often as it is tried."""
    for _ in range(tries):
        breaker.forget()
        forget_pauses()
        work(app)


def test_what_is_given_up_is_told_to_administrators_once_and_the_next_goes_on(app: Flask, receiver: Receiver) -> None:
    anna = person("anna.admin", ADMINISTRATOR)
    key = listening(receiver, events="unit.*")
    receiver.status = 500
    for code in ("BOX", "BAG"):
        unit_of_measure(code)
    fail_all(app)

    assert [(each.state, each.tries) for each in deliveries()] == [("dead", 8), ("retrying", 1)]
    [notice] = rows("SELECT * FROM notice WHERE account_id = :id AND kind = 'webhook_in_trouble'", id=anna.id)
    assert notice.title == "Events do not get through to the webhook warehouse"
    assert "given up after 8 tries" in notice.text

    receiver.status = 200
    unit_of_measure("CAN")
    breaker.forget()
    work(app)
    forget_pauses()
    work(app)
    assert [each["data"]["key"] for each in receiver.taken] == ["BAG", "CAN"]

    do(acting(ADMINISTRATOR), "webhook", key, "replay", since=(NOW - timedelta(days=36500)).isoformat())
    work(app)
    assert [each["data"]["key"] for each in receiver.taken] == ["BAG", "CAN", "BOX"]


def notices(who: Any) -> list[str]:
    found = rows(
        "SELECT text FROM notice WHERE account_id = :id AND kind = 'webhook_in_trouble' ORDER BY id", id=who.id
    )
    return [each.text for each in found]


def test_a_receiver_to_which_nothing_gets_through_any_more_pauses_its_webhook_and_misses_nothing(
    app: Flask, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "AT_ONCE", 2)
    anna = person("anna.admin", ADMINISTRATOR)
    key = listening(receiver, events="unit.*")
    receiver.status = 503
    codes = ("BOX", "BAG", "CAN", "JAR", "PAD", "SET")
    for code in codes[:4]:
        unit_of_measure(code)
    fail_all(app)
    fail_all(app, domain.TRIES_AFTER_ONE_GIVEN_UP - 2)
    assert [(each.state, each.tries) for each in deliveries()[:2]] == [("dead", 8), ("retrying", 4)]
    fail_all(app, 1)

    assert [(each.state, each.tries) for each in deliveries()] == [
        ("dead", 8), ("skipped", 5), ("skipped", 0), ("skipped", 0),
    ]  # fmt: skip
    because = "Nothing gets through: one event was given up, and the next failed 5 times. The receiver answered 503: thank you."
    with reading("webhook", key) as webhook:
        assert (webhook.state, webhook.paused_because) == ("paused", because)
    [_, notice] = notices(anna)
    assert notice.startswith(f"It was paused. {because}")
    asked = receiver.asked
    unit_of_measure("PAD")
    fail_all(app, 2)
    assert receiver.asked == asked
    assert len(notices(anna)) == 2

    receiver.status = 200
    do(acting(ADMINISTRATOR), "webhook", key, "resume")
    unit_of_measure("SET")
    breaker.forget()
    work(app)
    assert [each["data"]["key"] for each in receiver.taken] == list(codes[1:])


def test_what_was_given_up_before_it_was_resumed_or_before_a_success_pauses_nothing(
    app: Flask, receiver: Receiver
) -> None:
    key = listening(receiver, events="unit.*")
    receiver.status = 500
    unit_of_measure("BOX")
    fail_all(app)
    receiver.status = 200
    unit_of_measure("BAG")
    work(app)
    receiver.status = 500
    unit_of_measure("CAN")
    fail_all(app, 6)
    assert [each.state for each in deliveries()] == ["dead", "delivered", "retrying"]

    fail_all(app, 2)
    assert [each.state for each in deliveries()] == ["dead", "delivered", "dead"]
    do(acting(ADMINISTRATOR), "webhook", key, "pause", reason="A new server")
    do(acting(ADMINISTRATOR), "webhook", key, "resume")
    before = NOW - timedelta(days=1)  # the clock of tests stands still
    execute("UPDATE webhook_delivery SET ended_at = :before WHERE ended_at IS NOT NULL", before=before)
    unit_of_measure("JAR")
    fail_all(app, 6)
    assert [(each.state, each.tries) for each in deliveries()][3] == ("retrying", 6)


def test_one_delivery_is_sent_again_with_the_same_id(app: Flask, receiver: Receiver) -> None:
    key = listening(receiver)
    unit_of_measure("BOX")
    work(app)
    [delivery] = deliveries()
    do(acting(ADMINISTRATOR), "webhook_delivery", str(delivery.id), "resend")
    work(app)

    assert len(receiver.taken) == 2
    assert len(set(receiver.ids())) == 1
    do(acting(ADMINISTRATOR), "webhook", key, "retire")
    assert why_not(acting(ADMINISTRATOR), "webhook_delivery", str(delivery.id), "resend") == ["webhook_not_active"]


def test_a_delivery_need_not_wait_until_it_is_due(app: Flask, receiver: Receiver) -> None:
    listening(receiver)
    receiver.status = 500
    unit_of_measure("BOX")
    work(app)
    receiver.status = 200
    work(app)
    assert receiver.taken == []

    do(acting(ADMINISTRATOR), "webhook_delivery", str(deliveries()[0].id), "hasten")
    execute("UPDATE job SET due_at = now() WHERE due_at = :now", now=NOW)  # the clock of tests stands still
    work(app)
    assert len(receiver.taken) == 1


def test_a_paused_webhook_is_sent_nothing_and_what_it_missed_goes_first_when_it_resumes(
    app: Flask, receiver: Receiver
) -> None:
    key = listening(receiver, events="unit.*")
    with refused(("required", "reason")):
        do(acting(ADMINISTRATOR), "webhook", key, "pause", reason=" ")
    do(acting(ADMINISTRATOR), "webhook", key, "pause", reason="A new server")
    for code in ("BOX", "BAG"):
        unit_of_measure(code)
    work(app)
    assert [(each.state, each.error) for each in deliveries()] == [("skipped", "The webhook was paused.")] * 2
    assert receiver.asked == 0

    do(acting(ADMINISTRATOR), "webhook", key, "resume")
    unit_of_measure("CAN")
    work(app)
    assert [each["data"]["key"] for each in receiver.taken] == ["BOX", "BAG", "CAN"]


def test_what_waits_when_it_is_paused_is_skipped(app: Flask, receiver: Receiver) -> None:
    key = listening(receiver, events="unit.*")
    receiver.status = 500
    for code in ("BOX", "BAG"):
        unit_of_measure(code)
    work(app)
    do(acting(ADMINISTRATOR), "webhook", key, "pause", reason="A new server")
    forget_pauses()
    work(app)

    assert [each.state for each in deliveries()] == ["skipped", "skipped"]
    assert receiver.asked == 1


def test_a_receiver_that_is_gone_pauses_its_webhook(app: Flask, receiver: Receiver) -> None:
    anna = person("anna.admin", ADMINISTRATOR)
    key = listening(receiver, events="unit.*")
    receiver.status = 410
    for code in ("BOX", "BAG"):
        unit_of_measure(code)
    work(app)

    assert receiver.asked == 1
    assert [each.state for each in deliveries()] == ["skipped", "skipped"]
    with reading("webhook", key) as webhook:
        assert (webhook.state, webhook.paused_because) == ("paused", "The receiver answered 410: it is gone.")
    assert len(rows("SELECT 1 FROM notice WHERE account_id = :id AND kind = 'webhook_in_trouble'", id=anna.id)) == 1


def test_a_retired_webhook_hears_nothing(app: Flask, receiver: Receiver) -> None:
    key = listening(receiver)
    do(acting(ADMINISTRATOR), "webhook", key, "retire")
    unit_of_measure("BOX")
    work(app)

    assert receiver.asked == 0
    assert why_not(acting(ADMINISTRATOR), "webhook", key, "rotate_secret") == ["wrong_state"]


def test_an_endless_or_slow_answer_a_redirect_and_silence_cost_a_moment_and_are_tried_again(
    app: Flask, receiver: Receiver
) -> None:
    listening(receiver, events="unit.*")
    told = []
    unit_of_measure("BOX")
    for changes in (
        {"delay": 3.0},
        {"delay": 0.0, "pace": 0.2, "body": b"x" * 100},
        {"pace": 0.0, "status": 302, "headers": {"Location": "http://127.0.0.1:1/"}, "body": b""},
        {"status": 404, "headers": {}, "body": b"y" * 5_000_000},
    ):
        for name, value in changes.items():
            setattr(receiver, name, value)
        breaker.forget()
        forget_pauses()
        work(app)
        told.append(deliveries()[0].error)

    assert told[:3] == [
        "No answer in time",
        "No answer in time",
        "The receiver answered 302, and redirects are not followed.",
    ]
    assert told[3] == f"The receiver answered 404: {'y' * domain.LONGEST_EXCERPT}"
    assert deliveries()[0].tries == 4


def test_a_receiver_that_refuses_connections_is_let_alone_after_a_few_tries(app: Flask) -> None:
    silent = Receiver()
    with receiving(silent):
        listening(silent, events="unit.*")
    unit_of_measure("BOX")
    for _ in range(breaker.FAILURES_TO_OPEN + 3):
        forget_pauses()
        work(app)

    [delivery] = deliveries()
    assert delivery.tries == breaker.FAILURES_TO_OPEN
    assert delivery.error == "The connection failed: [Errno 111] Connection refused"


def test_one_that_fails_does_not_hold_up_another(app: Flask, receiver: Receiver) -> None:
    with receiving(Receiver(delay=3)) as hanging:
        listening(hanging, "hanging", events="unit.*")
        listening(receiver, "well", events="unit.*")
        for code in ("BOX", "BAG", "CAN"):
            unit_of_measure(code)
        work(app)

    assert [each["data"]["key"] for each in receiver.taken] == ["BOX", "BAG", "CAN"]
    assert hanging.asked == 1


def test_only_events_of_its_entity_are_told(office: Any, app: Flask, receiver: Receiver) -> None:
    listening(receiver, entity="OTHER", events="cost_centre.*\nunit.*")
    unit_of_measure("BOX")
    edit(system(), "cost_centre", "FAR", name="Very far away")
    edit(system(), "cost_centre", rows("SELECT code FROM cost_centre WHERE code <> 'FAR' LIMIT 1")[0].code, name="Near")
    work(app)

    assert [(each["type"], each["data"]["key"]) for each in receiver.taken] == [("cost_centre.changed", "FAR")]


def test_who_administers_one_entity_cannot_listen_to_others(office: Any, app: Flask, receiver: Receiver) -> None:
    [entity] = rows("SELECT id, code FROM entity ORDER BY id LIMIT 1")
    here = acting(ADMINISTRATOR, entity=entity.id)
    with refused(("entity_needed", "entity")):
        enter(here, "webhook", code="all", name="All", url=receiver.url)
    everywhere = listening(receiver)
    with refused(("entity_needed", "entity")):
        edit(here, "webhook", everywhere, url="https://elsewhere.example/")
    assert enter(here, "webhook", code="ours", name="Ours", url=receiver.url, entity=entity.code) == "ours"


def test_an_event_that_nobody_may_read_any_more_takes_its_deliveries_along(app: Flask, receiver: Receiver) -> None:
    listening(receiver)
    unit_of_measure("BOX")
    work(app)
    execute("DELETE FROM job WHERE event_id IS NOT NULL")
    execute("DELETE FROM outbox_event WHERE row_key = 'BOX'")

    assert deliveries() == []
    assert rows("SELECT 1 FROM webhook_attempt") == []


def test_of_an_erased_person_nothing_is_left_of_what_was_delivered(app: Flask, receiver: Receiver) -> None:
    listening(receiver, events="person.*")
    jana, otto = person("jana.novakova", "Requester"), person("otto.kern", "Buyer")
    do(system(), "person", jana.code, "leave", successor=otto.code)
    work(app)
    assert "jana.novakova" in {each["data"]["key"] for each in receiver.taken}
    do(system(), "person", jana.code, "erase")
    work(app)
    work(app)

    held = [
        each.id
        for each in rows(
            "SELECT d.id FROM webhook_delivery d JOIN outbox_event e ON e.id = d.event_id WHERE e.row_key = 'jana.novakova'"
        )
    ]
    assert len(held) <= 1, "but what tells the receiver whom to forget"
    assert deliveries() != []


def test_deliveries_are_kept_for_their_days(app: Flask, receiver: Receiver) -> None:
    from tests.working import line_up

    listening(receiver)
    for code in ("BOX", "BAG"):
        unit_of_measure(code)
    work(app)
    execute(
        "UPDATE webhook_delivery SET ended_at = now() - interval '91 days' WHERE id = (SELECT min(id) FROM webhook_delivery)"
    )
    line_up("remove_old_webhook_deliveries")
    work(app)

    assert len(deliveries()) == 1


def test_an_address_an_event_or_a_name_that_cannot_be_is_refused_at_its_field(app: Flask) -> None:
    who = acting(ADMINISTRATOR)
    with refused(("bad_address", "url"), ("unknown_event", "events")):
        enter(who, "webhook", code="x", name="X", url="ftp://example.org/", events="oder.issued")
    with refused(("bad_code", "code")):
        enter(who, "webhook", code="a/b", name="X", url="https://example.org/")
