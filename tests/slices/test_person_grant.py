"""Giving and taking roles: within one's own reach, never to oneself, never two that control each other."""

from __future__ import annotations

import pytest

from app.infra import identity, unit
from app.infra.db import db
from app.kernel.resource import registry
from tests.acting import acting, person, system
from tests.contract.house import make_role
from tests.making import Maker
from tests.slices.doing import audited, do, events, reading, refused


@pytest.fixture
def jana(maker: Maker) -> str:
    return person("jana.novak").code


def roles_of(code: str) -> list[str]:
    with reading("person", code) as row:
        return [str(role) for role in row.roles]


def id_of(resource: str, key: str) -> int:
    with reading(resource, key) as row:
        return int(row.id)


def test_a_role_is_given_everywhere_or_in_one_place(maker: Maker, jana: str) -> None:
    centre = maker.create(registry["cost_centre"])
    entity = maker.key("entity")
    admin = acting("Administrator")
    do(admin, "person", jana, "grant", role="Requester")
    do(admin, "person", jana, "grant", role="buyer", entity=entity)
    do(admin, "person", jana, "grant", role="Approver", entity=entity, cost_centre=centre)
    assert roles_of(jana) == ["Requester", f"Buyer ({entity})", f"Approver ({entity}, {centre})"]
    assert events("person.role_granted")[1] == {"code": jana, "role": "Buyer", "entity": entity, "cost_centre": None}
    assert ("person.grant", "done") in audited("person", jana)


def test_a_role_works_as_soon_as_it_is_given(maker: Maker, jana: str) -> None:
    with unit.reading(system()) as bound:
        user = identity.find_user(bound.session, jana)
    assert not identity.actor_of(db.session(), user).may("supplier.create")
    do(system(), "person", jana, "grant", role="Buyer", entity=maker.key("entity"))
    db.session.rollback()
    actor = identity.actor_of(db.session(), user)
    assert actor.reach("supplier.create").regions == {(id_of("entity", maker.key("entity")), None)}


def test_an_unknown_role_is_refused_with_those_there_are(jana: str) -> None:
    for name in ("Emperor", "Admin", "Public"):
        with refused(("unknown_role", "role")) as messages:
            do(system(), "person", jana, "grant", role=name)
        assert "AP clerk, Administrator, Approver, Auditor, Buyer" in messages[0]


def test_the_same_role_is_not_given_twice_for_one_place(maker: Maker, jana: str) -> None:
    entity = maker.key("entity")
    do(system(), "person", jana, "grant", role="Buyer", entity=entity)
    with refused(("has_role", "role")):
        do(system(), "person", jana, "grant", role="Buyer", entity=entity)
    do(system(), "person", jana, "grant", role="Buyer")


def test_roles_that_permit_two_acts_of_one_person_between_them_are_refused_whatever_they_are_called(
    maker: Maker, jana: str
) -> None:
    make_role("Proposes", "payment_run.create")
    make_role("Agrees", "payment_run.approve")
    here, there = maker.create(registry["entity"]), maker.create(registry["entity"])
    do(system(), "person", jana, "grant", role="Proposes", entity=here)
    for place in ({}, {"entity": here}):
        with refused(("conflicting_roles", "role")) as messages:
            do(system(), "person", jana, "grant", role="Agrees", **place)
        assert "one person could make a payment run and approve it" in messages[0]
    do(system(), "person", jana, "grant", role="Agrees", entity=there)


def test_roles_that_control_each_other_are_refused_where_they_meet(maker: Maker, jana: str) -> None:
    here, there = maker.create(registry["entity"]), maker.create(registry["entity"])
    do(system(), "person", jana, "grant", role="AP clerk", entity=here)
    for place in ({}, {"entity": here}):
        with refused(("conflicting_roles", "role")) as messages:
            do(acting("Administrator"), "person", jana, "grant", role="Treasurer", **place)
        assert "AP clerk" in messages[0]
    do(system(), "person", jana, "grant", role="Treasurer", entity=there)


def test_nobody_gives_themselves_a_role(maker: Maker) -> None:
    ada = person("ada.admin", "Administrator")
    for command in ("grant", "revoke"):
        with refused(("own_access", None)):
            do(ada.context(), "person", ada.code, command, role="Requester")


def test_nobody_gives_a_role_further_than_they_may(maker: Maker, jana: str) -> None:
    here, there = maker.create(registry["entity"]), maker.create(registry["entity"])
    admin = acting("Administrator", entity=id_of("entity", here))
    with refused(("out_of_reach", "entity")):
        do(admin, "person", jana, "grant", role="Buyer")
    with refused(("unknown_reference", "entity")):
        do(admin, "person", jana, "grant", role="Buyer", entity=there)
    do(admin, "person", jana, "grant", role="Buyer", entity=here)
    do(system(), "person", jana, "grant", role="Requester", entity=there)
    with refused(("out_of_reach", "entity")):
        do(admin, "person", jana, "revoke", role="Requester")


def test_a_place_is_one_place(maker: Maker, jana: str) -> None:
    centre, other = maker.create(registry["cost_centre"]), maker.create(registry["entity"])
    with refused(("other_entity", "cost_centre")):
        do(system(), "person", jana, "grant", role="Buyer", entity=other, cost_centre=centre)


def test_a_role_is_taken_from_the_place_it_was_given_for(maker: Maker, jana: str) -> None:
    entity = maker.key("entity")
    do(system(), "person", jana, "grant", role="Buyer", entity=entity)
    with refused(("role_not_held", "role")):
        do(system(), "person", jana, "revoke", role="Buyer")
    do(acting("Administrator"), "person", jana, "revoke", role="Buyer", entity=entity)
    assert roles_of(jana) == []
    assert events("person.role_revoked") == [{"code": jana, "role": "Buyer", "entity": entity, "cost_centre": None}]


def test_a_controller_gives_no_roles(jana: str) -> None:
    with refused(("forbidden", None)):
        do(acting("Controller"), "person", jana, "grant", role="Buyer")
