"""From invited to left: who gets in, and who is kept out at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.infra import identity, unit
from app.infra.db import db
from app.kernel.resource import registry
from tests.acting import NOW, PASSWORD, Someone, acting, person, system
from tests.making import Maker
from tests.slices.doing import do, edit, events, reading, refused, why_not


def sign_in(code: str, password: str = PASSWORD) -> bool:
    with unit.transaction(system(), "test.sign_in") as bound:
        return identity.sign_in(bound, code, password, address="::1", agent="test")[0] is not None


def open_doors(user_id: int) -> tuple[int, int]:
    """Count the sessions and tokens that still let somebody in."""
    db.session.rollback()
    sessions = text("SELECT count(*) FROM login_session WHERE user_id = :u AND revoked_at IS NULL")
    tokens = text("SELECT count(*) FROM api_token WHERE user_id = :u AND revoked_at IS NULL")
    return tuple(db.session.execute(each, {"u": user_id}).scalar_one() for each in (sessions, tokens))  # type: ignore[return-value]


def give_token(someone: Someone) -> None:
    with unit.transaction(someone.context(), "test.token") as bound:
        identity.issue_token(bound, "Nightly export", ["item.read"], NOW.date())


def test_an_invitation_is_announced_and_changes_nothing(maker: Maker) -> None:
    key = maker.create(registry["person"])
    assert do(acting("Administrator"), "person", key, "invite").state == "invited"
    assert events("person.invited") == [{"code": key}]


def test_only_the_invited_are_invited(maker: Maker) -> None:
    someone = person("jana.novak")
    with refused(("wrong_state", None)):
        do(system(), "person", someone.code, "invite")


def test_nobody_is_activated_before_they_set_a_password(maker: Maker) -> None:
    key = maker.create(registry["person"])
    assert why_not(system(), "person", key, "activate") == ["no_password"]
    with refused(("no_password", None)):
        do(acting("Administrator"), "person", key, "activate")


def test_an_active_person_gets_in(maker: Maker) -> None:
    someone = person("jana.novak")
    assert events("person.activated") == [{"code": "jana.novak"}]
    assert sign_in(someone.code)


def test_a_suspended_person_is_out_at_once(maker: Maker) -> None:
    someone = person("jana.novak", "Buyer")
    give_token(someone)
    assert open_doors(someone.id) == (1, 1)
    do(acting("Administrator"), "person", someone.code, "suspend", reason="Lost notebook")
    assert open_doors(someone.id) == (0, 0)
    assert not sign_in(someone.code)
    assert events("person.suspended") == [{"code": "jana.novak", "reason": "Lost notebook"}]


def test_a_suspension_needs_a_reason(maker: Maker) -> None:
    someone = person("jana.novak")
    with refused(("required", "reason")):
        do(system(), "person", someone.code, "suspend")


def test_editing_a_suspended_person_does_not_let_them_in(maker: Maker) -> None:
    someone = person("jana.novak")
    do(system(), "person", someone.code, "suspend", reason="Lost notebook")
    edit(system(), "person", someone.code, job_title="Buyer")
    assert not sign_in(someone.code)


def test_a_reinstated_person_gets_in_with_the_roles_they_had(maker: Maker) -> None:
    someone = person("jana.novak", "Buyer")
    do(system(), "person", someone.code, "suspend", reason="Lost notebook")
    assert do(acting("Administrator"), "person", someone.code, "reinstate").state == "active"
    assert sign_in(someone.code)
    with reading("person", someone.code) as row:
        assert ([str(role) for role in row.roles], row.state_reason) == (["Buyer"], None)


def test_somebody_suspended_before_they_ever_came_is_invited_again(maker: Maker) -> None:
    key = maker.create(registry["person"])
    do(system(), "person", key, "suspend", reason="Starts later")
    assert do(system(), "person", key, "reinstate").state == "invited"
    with reading("person", key) as row:
        assert row.user.active is False


def test_nobody_suspends_reinstates_or_dismisses_themselves(maker: Maker) -> None:
    someone = person("ada.admin", "Administrator")
    for command, arguments in (("suspend", {"reason": "x"}), ("leave", {})):
        with refused(("own_access", None)):
            do(someone.context(), "person", someone.code, command, **arguments)


def test_a_buyer_suspends_nobody(maker: Maker) -> None:
    someone = person("jana.novak")
    with refused(("forbidden", None)):
        do(acting("Buyer"), "person", someone.code, "suspend", reason="x")


# --- leaving -------------------------------------------------------------------------------------------------------


def owner_of(resource: str, key: str) -> str | None:
    with reading(resource, key) as row:
        return row.owner.code if row.owner else None


def manager_of(key: str) -> str | None:
    with reading("person", key) as row:
        return row.manager.code if row.manager else None


def give_work(maker: Maker, key: str) -> dict[str, str]:
    """Let somebody own one of each and have two people report to them."""
    owned = {name: maker.create(registry[name], owner=key) for name in ("cost_centre", "category", "project")}
    return {**owned, **{f"report {n}": maker.create(registry["person"], manager=key) for n in (1, 2)}}


def test_whoever_leaves_hands_over_what_they_answer_for(maker: Maker) -> None:
    leaving, staying = person("jana.novak"), person("petr.maly")
    work = give_work(maker, leaving.code)
    do(acting("Administrator"), "person", leaving.code, "leave", successor=staying.code)
    for name in ("cost_centre", "category", "project"):
        assert owner_of(name, work[name]) == "petr.maly"
    assert [manager_of(work[f"report {n}"]) for n in (1, 2)] == ["petr.maly", "petr.maly"]
    assert events("person.left") == [{"code": "jana.novak", "successor": "petr.maly", "handed_over": 5}]


def test_what_is_closed_keeps_the_owner_it_had(maker: Maker) -> None:
    leaving, staying = person("jana.novak"), person("petr.maly")
    key = maker.create(registry["category"], owner=leaving.code)
    do(system(), "category", key, "close")
    do(system(), "person", leaving.code, "leave", successor=staying.code)
    assert owner_of("category", key) == "jana.novak"


def test_nobody_leaves_work_without_a_successor(maker: Maker) -> None:
    leaving = person("jana.novak")
    give_work(maker, leaving.code)
    with refused(("successor_missing", "successor")):
        do(system(), "person", leaving.code, "leave")


def test_a_successor_is_active_and_somebody_else(maker: Maker) -> None:
    leaving, invited = person("jana.novak"), maker.create(registry["person"])
    maker.create(registry["category"], owner=leaving.code)
    with refused(("not_active", "successor")):
        do(system(), "person", leaving.code, "leave", successor=invited)
    with refused(("own_successor", "successor")):
        do(system(), "person", leaving.code, "leave", successor=leaving.code)


def test_a_report_who_takes_over_reports_to_the_manager_above(maker: Maker) -> None:
    boss, leaving, report = person("eva.boss"), person("jana.novak"), person("petr.maly")
    edit(system(), "person", leaving.code, manager=boss.code)
    edit(system(), "person", report.code, manager=leaving.code)
    do(system(), "person", leaving.code, "leave", successor=report.code)
    assert manager_of(report.code) == "eva.boss"


def test_whoever_left_is_out_for_good(maker: Maker) -> None:
    someone = person("jana.novak", "Buyer")
    give_token(someone)
    do(system(), "person", someone.code, "leave")
    assert open_doors(someone.id) == (0, 0)
    assert not sign_in(someone.code)
    with reading("person", someone.code) as row:
        assert (row.roles, row.user.active, row.user.password) == ([], False, "!")
    for command, arguments in (
        ("reinstate", {}),
        ("invite", {}),
        ("grant", {"role": "Buyer"}),
        ("suspend", {"reason": "x"}),
    ):
        with refused(("wrong_state", None)):
            do(system(), "person", someone.code, command, **arguments)
    with refused(("wrong_state", None)):
        edit(system(), "person", someone.code, job_title="Back")


def test_suppliers_follow_to_the_successor(maker: Maker, app: Any) -> None:
    from app.workers import perform

    leaving, staying = person("jana.novak"), person("petr.maly")
    key = maker.create(registry["supplier"], owner=leaving.code)
    maker.create(registry["category"], owner=leaving.code)
    do(system(), "person", leaving.code, "leave", successor=staying.code)
    perform.drain(app)
    assert owner_of("supplier", key) == "petr.maly"
