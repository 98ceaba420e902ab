"""Which events a webhook can be told: all that are ever announced, by their names, and no others."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.infra import outbox
from app.kernel.event import Event, event_name
from app.kernel.resource import registry
from app.modules.webhooks import domain, service
from tests.acting import acting, person
from tests.contract.house import Visitor
from tests.importing import faults, imported
from tests.slices.doing import do, edit, enter, reading, refused
from tests.working import execute

ADMINISTRATOR = "Administrator"
FORM = {"code": "shop", "name": "Shop", "url": "https://shop.example.com/hook"}
HOW = "Write one like order.issued to a line, or order.* for all of orders."
MISSPELT = "Events: there is no event order.isued. Did you mean order.issued?"


@pytest.fixture(autouse=True)
def within_app(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def kinds(above: type[Event] = Event) -> Iterator[type[Event]]:
    """List every kind of event there is in the application, without those that only others are made of."""
    for each in above.__subclasses__():
        if each.__subclasses__():
            yield from kinds(each)
        elif each.__module__.startswith("app."):
            yield each


def test_every_kind_of_event_is_declared_by_a_resource_that_announces_it(app: Flask) -> None:
    declared = {kind for each in registry for command in each.commands for kind in command.events}
    declared |= {kind for each in registry for kind in each.announces}
    of_all_rows = {outbox.Created, outbox.Changed, outbox.Commented, outbox.Attached, outbox.Detached}

    assert sorted(str(each) for each in set(kinds()) - declared - of_all_rows) == []
    assert len(declared) > 100


def test_every_event_that_is_announced_can_be_heard_and_all_of_each_kind(app: Flask) -> None:
    names = {name for each in registry if each.name not in domain.OWN for name in outbox.names_of(each)}
    assert {"order.issued", "unit.created", "payment.settled", "job.import_failed", "supplier.commented"} <= names
    names |= {f"{name.partition('.')[0]}.*" for name in names}
    key = enter(acting(ADMINISTRATOR), "webhook", **FORM, events="\n".join(sorted(names)))

    with reading("webhook", key) as webhook:
        assert set(webhook.events.split("\n")) == names


def test_every_subscriber_hears_events_that_there_are(app: Flask) -> None:
    names = {name for each in registry for name in outbox.names_of(each)}
    known = {"*", *names, *(f"{name.partition('.')[0]}.*" for name in names)}
    known |= {f"*.{name.partition('.')[2]}" for name in names}

    # Search asks for edits of all that others name, whoever edits it or not.
    asked = {pattern for name, each in outbox._subscribers.items() if name != "search" for pattern in each.events}
    assert asked - known == set()


@pytest.mark.parametrize(
    ("entered", "told"),
    [
        ("order.isued", MISSPELT),
        ("oder.*", "Events: there is no event oder.*. Did you mean order.*?"),
        ("order.", "Events: there is no event order.. Did you mean order.*?"),
        ("schedule_run.created", f"Events: there is no event schedule_run.created. {HOW}"),
        ("webhook.paused", "Events: there is no event webhook.paused. Did you mean webhook.tested?"),
    ],
)
def test_an_event_that_never_happens_is_refused_and_the_nearest_named(app: Flask, entered: str, told: str) -> None:
    with refused(("unknown_event", "events")) as messages:
        enter(acting(ADMINISTRATOR), "webhook", **FORM, events=f"unit.created\n{entered}\nsupplier.*")
    assert messages == [told]


def test_each_unknown_event_is_named_and_many_in_short_time(app: Flask) -> None:
    with refused(*[("unknown_event", "events")] * domain.MOST_NAMED):
        enter(acting(ADMINISTRATOR), "webhook", **FORM, events="\n".join(f"{'x' * 500}{n}" for n in range(5000)))


def test_page_rest_and_import_refuse_it_in_the_same_words(app: Flask) -> None:
    visitor = Visitor(app, person("ada.admin", ADMINISTRATOR))
    form = {**FORM, "events": "unit.*\norder.isued"}

    page = visitor.post("/webhooks/new", form)
    assert MISSPELT in html.unescape(page.text)
    answer: Any = visitor.rest("POST", "/webhooks", json=form)
    assert [(each["code"], each["field"], each["message"]) for each in answer.json["problems"]] == [
        ("unknown_event", "events", MISSPELT)
    ]
    run = imported("webhook", b"Code,Name,Address,Events\nshop,Shop,https://shop.example.com/hook,order.isued\n")
    assert [(line, code) for line, code, _ in faults(run)] == [(2, "unknown_event")]
    with reading("webhook", "shop") as webhook:
        assert webhook is None


def test_a_webhook_that_was_entered_before_can_be_paused_whatever_its_events_and_address_are_worth_today(
    app: Flask,
) -> None:
    key = enter(acting(ADMINISTRATOR), "webhook", **FORM)
    do(acting(ADMINISTRATOR), "webhook", key, "start")
    execute("UPDATE webhook SET events = 'order.shipped', url = 'http://10.0.0.1/'")

    do(acting(ADMINISTRATOR), "webhook", key, "pause", reason="It hears nothing")
    edit(acting(ADMINISTRATOR), "webhook", key, name="The shop")
    with refused(("unknown_event", "events")):
        edit(acting(ADMINISTRATOR), "webhook", key, events="order.shipped\norder.issued")


def test_what_is_told_to_webhooks_is_named_as_it_is_announced(app: Flask) -> None:
    from app.modules.orders.commands import Issued

    assert event_name("order", Issued) in service.told_to_webhooks()
    assert not {"webhook.started", "webhook_delivery.resent"} & service.told_to_webhooks()
