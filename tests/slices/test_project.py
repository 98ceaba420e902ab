"""Projects: with a beginning and an end, within an entity and its cost centres."""

from __future__ import annotations

from app.kernel.resource import registry
from tests.acting import acting, system
from tests.making import Maker
from tests.slices.doing import do, edit, enter, reading, refused, sees


def test_a_project_ends_after_it_began(maker: Maker) -> None:
    key = maker.create(registry["project"], starts_on="2026-05-01", ends_on="2026-05-01")
    with refused(("wrong_order", "ends_on")):
        edit(acting("Controller"), "project", key, ends_on="2026-04-30")


def test_a_project_belongs_to_a_cost_centre_of_its_entity(maker: Maker) -> None:
    centre = maker.create(registry["cost_centre"])
    other = maker.create(registry["entity"])
    with refused(("other_entity", "cost_centre")):
        enter(system(), "project", code="X", name="X", entity=other, cost_centre=centre)


def test_part_of_a_project_is_of_the_same_entity(maker: Maker) -> None:
    whole = maker.create(registry["project"])
    other = maker.create(registry["entity"])
    with refused(("other_entity", "parent")):
        enter(system(), "project", code="X", name="X", entity=other, parent=whole)


def test_a_project_closes_after_its_parts_and_reopens_before_them(maker: Maker) -> None:
    whole = maker.create(registry["project"])
    part = maker.create(registry["project"], parent=whole)
    with refused(("open_parts", None)):
        do(system(), "project", whole, "close")
    do(acting("Controller"), "project", part, "close")
    do(acting("Controller"), "project", whole, "close")
    with refused(("closed_above", None)):
        do(system(), "project", part, "reopen")
    do(acting("Controller"), "project", whole, "reopen")
    do(acting("Controller"), "project", part, "reopen")


def test_a_project_is_seen_with_its_cost_centre(maker: Maker) -> None:
    centre, other = maker.create(registry["cost_centre"]), maker.create(registry["cost_centre"])
    mine, theirs = (
        maker.create(registry["project"], cost_centre=centre),
        maker.create(registry["project"], cost_centre=other),
    )
    with reading("cost_centre", centre) as row:
        context = acting("Requester", cost_centre=row.id)
    assert sees(context, "project", mine)
    assert not sees(context, "project", theirs)
