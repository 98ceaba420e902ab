"""A request on its way: each act tells whom it concerns, exactly once; switched off, nobody."""

from __future__ import annotations

import pytest

from app.infra import unit
from app.modules.notifications import service
from app.modules.notifications.domain.kinds import Kind
from app.workers import perform
from bench.stack import free_port
from tests.acting import system
from tests.posting import posting_through
from tests.scenarios.office import Office
from tests.slices.doing import do
from tests.slices.test_notice import told
from tests.working import rows

KINDS = (Kind.APPROVAL_ASKED, Kind.APPROVAL_DECIDED, Kind.APPROVAL_RETURNED)


def new(app, before: list) -> list[tuple[str, str]]:
    """Do all that is due, and list who was told what since."""
    perform.drain(app)
    after = told()
    for each in before:
        after.remove(each)
    return after


@pytest.mark.parametrize("is_on", [True, False])
def test_app_13_asking_agreeing_refusing_and_asking_again_each_tell_once_or_not_at_all(
    app, office: Office, is_on
) -> None:
    for kind in KINDS:
        do(system(), "setting", kind.setting, "change", value="yes" if is_on else "no")
    asked, decided, returned = (kind.value for kind in KINDS)

    def expect(before: list, *pairs: tuple[str, str]) -> list:
        assert new(app, before) == (sorted(pairs) if is_on else [])
        return told()

    key = office.submitted("900")
    before = expect([], ("sofia.rossi", asked))
    office.act(office.sofia, key, "approve")
    before = expect(before, (office.lena.code, decided))
    other = office.submitted("900")
    before = expect(before, ("sofia.rossi", asked))
    office.act(office.sofia, other, "request_changes", reason="Which one?")
    before = expect(before, (office.lena.code, returned))
    office.act(office.lena, other, "submit")
    before = expect(before, ("sofia.rossi", asked))
    office.act(office.sofia, other, "reject", reason="Not this year")
    expect(before, (office.lena.code, decided))


def test_a_step_after_a_step_asks_the_next_and_tells_who_asked_that_others_still_decide(app, office: Office) -> None:
    key = office.submitted("6000")
    perform.drain(app)
    before = told()
    office.act(office.sofia, key, "approve", comment="Fine")

    assert new(app, before) == sorted([(office.lena.code, "approval_decided"), (office.omar.code, "approval_asked")])
    [notice] = rows("SELECT title, text, path, amount FROM notice WHERE kind = 'approval_decided'")
    assert notice.title == f"{key}: Sofia Rossi approved it"
    assert notice.text.endswith("Others still have to decide.\n\nFine")
    assert notice.path == f"/requests/{key}"
    [asked] = rows("SELECT text FROM notice WHERE account_id = :id", id=office.omar.id)
    assert "asks you to decide on this request: " in asked.text


def test_a_dead_mail_server_stops_no_purchase(app, office: Office) -> None:
    with posting_through(free_port()):
        key = office.submitted("900")
        perform.drain(app)
        office.act(office.sofia, key, "approve")
        perform.drain(app)
    assert office.state(key) == "approved"
    found = rows("SELECT channel, state, count(*) AS n FROM delivery GROUP BY 1, 2 ORDER BY 1")
    assert [tuple(row) for row in found] == [("email", "waiting", 2), ("in_app", "sent", 2)]
    with unit.reading(office.sofia.context()) as bound:
        assert service.unread(bound) == 1
