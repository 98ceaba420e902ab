"""People: each has an account, kept in step with what is known about them."""

from __future__ import annotations

from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import User

from app.infra import identity
from app.infra.db import db
from app.kernel.resource import registry
from tests.acting import PASSWORD, acting, person, system
from tests.making import Maker
from tests.slices.doing import edit, enter, reading, refused, sees

JANA = {"code": "Jana.Novak", "first_name": "Jana", "last_name": "Novak", "email": "Jana@Example.com"}


def account(code: str) -> Any:
    db.session.rollback()
    return db.session.query(User).filter_by(username=code).one()


def test_a_new_person_has_an_account_that_lets_nobody_in(maker: Maker) -> None:
    key = enter(acting("Administrator"), "person", **JANA)
    user = account("jana.novak")
    assert (key, user.email, user.first_name, user.last_name) == ("jana.novak", "Jana@Example.com", "Jana", "Novak")
    assert user.active is False
    with identity_transaction() as bound:
        assert identity.sign_in(bound, "jana.novak", "!", address="::1", agent="")[0] is None
    with reading("person", key) as row:
        assert (row.state, row.user_id, row.language, str(row)) == ("invited", user.id, "en", "Jana Novak")


def identity_transaction() -> Any:
    from app.infra import unit

    return unit.transaction(system(), "test.sign_in")


def test_a_renamed_person_has_a_renamed_account(maker: Maker) -> None:
    enter(system(), "person", **JANA)
    edit(acting("Administrator"), "person", "jana.novak", last_name="Svoboda", email="jana@svoboda.example")
    user = account("jana.novak")
    assert (user.last_name, user.email, user.active) == ("Svoboda", "jana@svoboda.example", False)


def test_editing_an_active_person_leaves_them_signed_in(maker: Maker) -> None:
    someone = person("petr.maly")
    edit(system(), "person", someone.code, job_title="Buyer")
    assert account(someone.code).active is True
    with identity_transaction() as bound:
        assert identity.sign_in(bound, "petr.maly", PASSWORD, address="::1", agent="")[0] is not None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"email": "other@example.com"}, [("taken", "code")]),
        ({"code": "jana.n", "email": "JANA@example.com"}, [("taken", "email")]),
        ({"code": "JANA.novak", "email": "jana@example.com"}, [("taken", "code")]),
        ({"code": "x", "email": "nowhere"}, [("bad_email", "email")]),
        ({"code": "x", "email": "x@example.com", "approval_limit": "5"}, [("entity_missing", "entity")]),
        ({"code": "x", "email": "x@example.com", "language": "English"[:5]}, [("unknown_language", "language")]),
        ({"code": "x", "email": "x@example.com", "time_zone": "CET+1"}, [("unknown_time_zone", "time_zone")]),
    ],
)
def test_what_is_wrong_with_a_person_is_said_at_its_field(
    maker: Maker, values: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    enter(system(), "person", **JANA)
    with refused(*expected):
        enter(system(), "person", **{**JANA, **values})


def test_a_refused_person_leaves_no_account_behind(maker: Maker) -> None:
    with refused(("unknown_time_zone", "time_zone")):
        enter(system(), "person", **JANA, time_zone="Nowhere")
    assert db.session.query(User).filter_by(username="jana.novak").count() == 0


def test_an_approval_limit_is_not_below_zero(maker: Maker) -> None:
    form = maker.form(registry["person"])
    with refused(("negative", "approval_limit")):
        enter(system(), "person", **{**form, "approval_limit": "-1"})


def test_nobody_manages_themselves_even_through_others(maker: Maker) -> None:
    jana = maker.create(registry["person"])
    petr = maker.create(registry["person"], manager=jana)
    eva = maker.create(registry["person"], manager=petr)
    for manager in (jana, petr, eva):
        with refused(("own_manager", "manager")):
            edit(system(), "person", jana, manager=manager)


def test_people_without_an_entity_are_seen_by_everyone_and_others_by_their_own(maker: Maker) -> None:
    key = maker.create(registry["person"])
    with reading("person", key) as row:
        here = row.entity_id
    assert sees(acting("Requester", entity=here), "person", key)
    assert not sees(acting("Requester", entity=here + 1000), "person", key)
    edit(system(), "person", key, entity=None, approval_limit=None)
    assert sees(acting("Requester", entity=here + 1000), "person", key)


def test_nobody_raises_their_own_limit_or_chooses_their_own_manager(maker: Maker) -> None:
    ada, boss = person("ada.admin", "Administrator"), person("eva.boss")
    entity = maker.key("entity")
    with refused(("own_authority", "approval_limit"), ("own_authority", "manager"), ("own_authority", "entity")):
        edit(ada.context(), "person", ada.code, approval_limit="1000000", manager=boss.code, entity=entity)
    edit(ada.context(), "person", ada.code, job_title="Administrator", approval_limit=None)
    edit(ada.context(), "person", boss.code, approval_limit="1000000", entity=entity)
