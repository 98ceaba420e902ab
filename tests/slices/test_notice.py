"""Who is told what, once, and never more than they may see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from app.infra import activity, live, outbox, preferences, unit
from app.infra.db import db
from app.infra.transfer.work import Imported
from app.kernel.resource import registry
from app.modules.notifications import service
from app.modules.notifications.domain.kinds import Kind
from app.modules.notifications.subscribers import APPROVALS, REQUESTS
from app.workers import perform
from tests.acting import Someone, acting, person, system
from tests.slices.doing import do, events, refused
from tests.working import rows

pytestmark = pytest.mark.usefixtures("maker")


def announce(name: str, told: dict[str, Any], *, resource: str = "unit", key: str = "", by: int = 0) -> None:
    """Announce an event on a row of a resource, in the name of an account."""
    context = system() if not by else replace(system(), actor=replace(system().actor, id=by, is_system=True))
    with unit.transaction(context, "test.announce") as bound:
        row = _row(bound, resource, key)
        outbox._keep(bound, registry[resource], row, name, told)


def _row(bound: Any, resource: str, key: str) -> Any:
    from app.infra.intake import find_row

    return find_row(bound, registry[resource], key)


def told() -> list[tuple[str, str]]:
    """List who was told what, in order: login name and kind."""
    found = rows(
        "SELECT u.username, n.kind FROM notice n JOIN ab_user u ON u.id = n.account_id ORDER BY u.username, n.kind"
    )
    return [(row.username, row.kind) for row in found]


def approval(
    name: str, key: str, *accounts: Someone, actor: int = 0, title: str = "Three laptops", **told: Any
) -> None:
    """Announce something about a round of decisions about a supplier, which everybody here may see."""
    document = {
        "resource": "supplier",
        "key": key,
        "title": title,
        "amount": "4500",
        "currency": "EUR",
        "requester": "Paul Pokorny",
    }
    content = {"accounts": [each.id for each in accounts], "document": document, **told}
    announce(name, content, resource="supplier", key=key, by=actor)


@pytest.fixture
def supplier(maker) -> str:
    return maker.key("supplier")


@pytest.fixture
def nora(maker) -> Someone:
    return person("nora.novak", "Approver")


@pytest.fixture
def paul(maker) -> Someone:
    return person("paul.pokorny", "Requester")


def switch(kind: Kind, value: str) -> None:
    do(system(), "setting", kind.setting, "change", value=value)


@pytest.mark.parametrize(("event", "kind"), [*APPROVALS.items()])
def test_app_13_each_kind_tells_each_person_once_when_it_is_on_and_nobody_when_it_is_off(
    app, supplier, nora, paul, event, kind
):
    approval(event, supplier, nora, paul)
    perform.drain(app)
    assert told() == [("nora.novak", kind.value), ("paul.pokorny", kind.value)]

    switch(kind, "no")
    approval(event, supplier, nora, paul)
    perform.drain(app)
    assert len(told()) == 2

    switch(kind, "yes")
    approval(event, supplier, nora, paul)
    perform.drain(app)
    assert len(told()) == 4


@pytest.mark.parametrize(("event", "kind"), [*REQUESTS.items()])
def test_app_13_whom_a_request_is_for_hears_once_what_becomes_of_it(app, supplier, nora, paul, event, kind):
    content = {
        "number": supplier,
        "title": "Three laptops",
        "requester": nora.id,
        "wanted_for": paul.id,
        "total": "4500",
        "currency": "EUR",
        "reason": "",
    }

    def happen() -> None:
        from app.modules.notifications import subscribers

        announce(event, content, resource="supplier", key=supplier, by=nora.id)
        assert subscribers.REQUESTS[event] is kind
        perform.drain(app)

    happen()
    assert told() == [("paul.pokorny", kind.value)]
    switch(kind, "no")
    happen()
    assert told() == [("paul.pokorny", kind.value)]


def test_a_notice_says_who_asks_for_what_in_words_and_leads_there(app, supplier, nora, paul):
    approval("approval.asked", supplier, nora, actor=paul.id)
    perform.drain(app)
    [notice] = rows("SELECT * FROM notice")

    assert notice.title == f"{supplier} waits for your decision"
    assert notice.text == (
        "Paul Pokorny asks you to decide on this supplier: Three laptops, 4\N{NARROW NO-BREAK SPACE}500.00 EUR."
    )
    assert (notice.resource, notice.row_key, notice.path) == ("supplier", supplier, f"/suppliers/{supplier}")
    assert (notice.state, notice.read_at) == ("unread", None)


def test_a_decision_carries_its_verdict_and_its_comment(app, supplier, nora, paul):
    approval(
        "approval.decided",
        supplier,
        paul,
        actor=nora.id,
        by="Nora Novak",
        verdict="reject",
        outcome="open",
        comment="Too many.\nTake two.",
    )
    perform.drain(app)
    [notice] = rows("SELECT title, text FROM notice")

    assert notice.title == f"{supplier}: Nora Novak rejected it"
    assert notice.text.endswith("EUR. Others still have to decide.\n\nToo many.\nTake two.")


def test_nobody_hears_of_their_own_act(app, supplier, nora, paul):
    approval("approval.decided", supplier, nora, paul, actor=nora.id)
    perform.drain(app)

    assert told() == [("paul.pokorny", "approval_decided")]


@pytest.mark.parametrize("command", ["suspend", "leave"])
def test_whoever_was_suspended_or_left_is_told_nothing(app, supplier, nora, paul, command):
    arguments = {"reason": "On leave"} if command == "suspend" else {}
    do(system(id=990), "person", nora.code, command, **arguments)
    approval("approval.asked", supplier, nora, paul)
    perform.drain(app)

    assert told() == [("paul.pokorny", "approval_asked")]
    assert rows("SELECT count(*) AS n FROM delivery WHERE account_id = :id", id=nora.id)[0].n == 0


def test_who_may_not_see_a_document_is_not_told_of_it(app, maker, supplier, nora):
    stranger = person("sam.stranger")
    approval("approval.asked", supplier, nora, stranger)
    perform.drain(app)

    assert told() == [("nora.novak", "approval_asked")]


def test_an_event_heard_twice_tells_once(app, supplier, nora):
    approval("approval.asked", supplier, nora)
    perform.drain(app)
    occasion = service.Occasion(
        rows("SELECT event FROM notice")[0].event,
        Kind.APPROVAL_ASKED,
        registry["supplier"],
        supplier,
        0,
        {"key": supplier},
    )
    with unit.transaction(system(), "test.again") as bound:
        assert service.tell(bound, occasion, [nora.id]) == []
    assert len(told()) == 1


def test_the_database_itself_refuses_a_second_notice_of_an_event(app, maker, supplier, nora):
    approval("approval.asked", supplier, nora)
    perform.drain(app)
    copy = "INSERT INTO notice (event, account_id, kind, title, text, resource, row_key, path, created_at, state) "
    copy += "SELECT event, account_id, kind, title, text, resource, row_key, path, created_at, 'unread' FROM notice"
    with pytest.raises(Exception, match="uq_notice_event"):
        rows(copy + " RETURNING id")


def test_a_mention_tells_whom_it_names_and_nobody_who_cannot_look(app, maker, nora, paul):
    supplier = maker.key("supplier")
    person("sam.stranger")
    activity.comment(paul.context(), registry["supplier"], supplier, "Ask @nora.novak, @sam.stranger and @paul.pokorny")
    activity.comment(paul.context(), registry["supplier"], supplier, "Nobody is meant")
    perform.drain(app)
    [notice] = rows("SELECT title, text, account_id FROM notice")

    assert notice.account_id == nora.id
    assert notice.title == f"Paul Pokorny mentioned you on {supplier}"
    assert notice.text == (f"Paul Pokorny wrote about {supplier}:\n\nAsk @nora.novak, @sam.stranger and @paul.pokorny")


def test_words_of_others_cannot_reach_behind_the_values_of_a_notice(app, supplier, nora, paul):
    approval("approval.asked", supplier, nora, actor=paul.id, title="{{ who.__class__ }} {% raw %}\x1b\u202e")
    perform.drain(app)

    assert "{{ who.__class__ }} {% raw %}" in rows("SELECT text FROM notice")[0].text
    assert not {"\x1b", "\u202e"} & set(rows("SELECT text FROM notice")[0].text)


def test_unread_notices_are_counted_until_they_are_read_one_by_one_or_several_at_once(app, supplier, nora, paul):
    for _ in range(3):
        approval("approval.asked", supplier, nora, paul)
    perform.drain(app)
    resource = registry["notice"]
    with unit.reading(nora.context()) as bound:
        assert service.unread(bound) == 3
        listed = service.list_unread(bound)
    keys = [str(notice.id) for notice in listed]
    assert keys == sorted(keys, key=int, reverse=True)

    do(nora.context(), "notice", keys[0], "mark_read")
    results = unit.execute_each(nora.context(), resource, keys, "mark_read", {})

    assert [getattr(result, "state", None) for _, result in sorted(results)].count("read") == 2
    with unit.reading(nora.context()) as bound:
        assert (service.unread(bound), service.list_unread(bound)) == (0, [])
    with unit.reading(paul.context()) as bound:
        assert service.unread(bound) == 3
    assert len(events("notice.marked_read")) == 3


def test_nobody_reads_or_marks_the_notices_of_another(app, supplier, nora, paul):
    approval("approval.asked", supplier, nora)
    perform.drain(app)
    key = str(rows("SELECT id FROM notice")[0].id)

    with refused(("not_found", None)):
        do(paul.context(), "notice", key, "mark_read")
    with refused(("not_found", None)):
        do(acting("Administrator"), "notice", key, "mark_read")


def test_open_pages_of_the_person_are_told_when_a_notice_is_there(app, supplier, nora, monkeypatch):
    hints = []
    monkeypatch.setattr(live, "hint", lambda topic, data: hints.append((topic, data)))
    approval("approval.asked", supplier, nora)
    perform.drain(app)
    number = rows("SELECT id FROM notice")[0].id

    assert [hint for hint in hints if hint[0].startswith("account:")] == [(f"account:{nora.id}", {"notice": number})]
    [delivery] = rows("SELECT * FROM delivery WHERE channel = 'in_app'")
    assert (delivery.state, delivery.attempts, delivery.error) == ("sent", 1, None)


def test_the_end_of_an_import_is_told_to_whoever_left_it_to_a_job(app, maker, nora):
    ended = Imported(nora.id, "units.csv", "unit", "2 entered, 1 refused")
    with unit.transaction(nora.context(), "test.import") as bound:
        from app.infra import jobs

        job = jobs.enqueue(bound, "import.check", {"run": 0})
        bound.session.flush()
        outbox.emit(bound, registry["job"], job, ended)
    perform.drain(app)
    [notice] = rows("SELECT * FROM notice")

    assert (notice.account_id, notice.kind) == (nora.id, "import_done")
    assert (notice.title, notice.text) == ("The import of units.csv has ended", "2 entered, 1 refused")
    assert notice.path == f"/jobs/{job.id}"


def test_a_choice_against_e_mail_of_a_kind_leaves_the_notice_and_says_why_no_letter_went_out(app, supplier, nora):
    service.choose_email(nora.context(), set(Kind) - {Kind.APPROVAL_ASKED})
    approval("approval.asked", supplier, nora)
    approval("approval.reminded", supplier, nora)
    perform.drain(app)
    found = rows(
        "SELECT n.kind, d.state, d.error FROM delivery d JOIN notice n ON n.id = d.notice_id "
        "WHERE channel = 'email' ORDER BY n.kind"
    )

    assert [tuple(row) for row in found] == [
        ("approval_asked", "skipped", "They chose not to get this by e-mail."),
        ("approval_reminded", "skipped", "No mail server is configured."),
    ]
    assert len(told()) == 2
    service.choose_email(nora.context(), set(Kind))
    db.session.rollback()
    assert preferences.get(db.session(), nora.id, service.NO_EMAIL) is None


def test_what_was_told_leaves_no_document_half_done_when_telling_fails(app, supplier, nora, monkeypatch):
    def fail(*_: Any) -> None:
        raise RuntimeError("the words are lost")

    monkeypatch.setattr(service, "written", fail)
    approval("approval.asked", supplier, nora)
    perform.drain(app)

    assert told() == []
    [job] = rows("SELECT state, error FROM job WHERE kind = 'hear:notices.approvals'")
    assert (job.state, job.error) == ("waiting", "RuntimeError: the words are lost")
    monkeypatch.undo()
    with db.engine.begin() as own:
        own.execute(text("UPDATE job SET due_at = '2000-01-01' WHERE state = 'waiting'"))
    perform.drain(app)
    assert told() == [("nora.novak", "approval_asked")]
