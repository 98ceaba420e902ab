"""Categories: a tree shared by all entities, with ledger accounts and CPV codes."""

from __future__ import annotations

from app.kernel.resource import registry
from tests.acting import acting, system
from tests.making import Maker
from tests.slices.doing import do, edit, enter, reading, refused


def test_a_category_has_a_checked_cpv_code(maker: Maker) -> None:
    key = maker.create(registry["category"], cpv_code="48000000-8")
    with refused(("bad_cpv", "cpv_code")):
        edit(acting("Controller"), "category", key, cpv_code="48000000-7")


def test_a_category_never_stands_below_itself(maker: Maker) -> None:
    top = maker.create(registry["category"])
    below = maker.create(registry["category"], parent=top)
    with refused(("own_branch", "parent")):
        edit(system(), "category", top, parent=below)


def test_a_category_closes_after_its_parts(maker: Maker) -> None:
    top = maker.create(registry["category"])
    below = maker.create(registry["category"], parent=top)
    with refused(("open_parts", None)):
        do(system(), "category", top, "close")
    do(system(), "category", below, "close")
    do(acting("Controller"), "category", top, "close")
    with refused(("closed_above", "parent")):
        enter(system(), "category", code="NEXT", name="New", parent=top)


def test_an_owner_is_somebody_of_the_organisation(maker: Maker) -> None:
    owner = maker.create(registry["person"])
    key = maker.create(registry["category"], owner=owner)
    with reading("category", key) as category:
        assert category.owner.code == owner
    with refused(("unknown_reference", "owner")):
        edit(system(), "category", key, owner="nobody")
