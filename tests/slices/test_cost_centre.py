"""Cost centres: a tree within an entity, with owners, that opens and closes from its leaves."""

from __future__ import annotations

import pytest

from app.kernel.resource import registry
from tests.acting import acting, system
from tests.making import Maker
from tests.slices.doing import do, edit, enter, events, reading, refused, sees


@pytest.fixture
def tree(maker: Maker) -> tuple[str, str, str]:
    """Make a root, a branch and a leaf of one entity."""
    resource = registry["cost_centre"]
    root = maker.create(resource)
    branch = maker.create(resource, parent=root)
    return root, branch, maker.create(resource, parent=branch)


def path_of(key: str) -> str:
    with reading("cost_centre", key) as centre:
        return str(centre.path)


def id_of(key: str) -> int:
    with reading("cost_centre", key) as centre:
        return int(centre.id)


def test_a_cost_centre_knows_the_way_from_its_root(tree: tuple[str, str, str]) -> None:
    assert path_of(tree[2]) == "/" + "".join(f"{id_of(key)}/" for key in tree)


def test_a_branch_that_moves_takes_all_below_it_along(maker: Maker, tree: tuple[str, str, str]) -> None:
    _root, branch, leaf = tree
    other = maker.create(registry["cost_centre"])
    edit(acting("Controller"), "cost_centre", branch, parent=other)
    assert path_of(leaf) == f"/{id_of(other)}/{id_of(branch)}/{id_of(leaf)}/"
    edit(system(), "cost_centre", branch, parent=None)
    assert path_of(leaf) == f"/{id_of(branch)}/{id_of(leaf)}/"


@pytest.mark.parametrize(("row", "below"), [(0, 2), (0, 1), (1, 1), (1, 2)])
def test_a_cost_centre_never_stands_below_itself(tree: tuple[str, str, str], row: int, below: int) -> None:
    with refused(("own_branch", "parent")):
        edit(system(), "cost_centre", tree[row], parent=tree[below])


def test_a_cost_centre_stays_within_the_entity_of_its_parent(maker: Maker, tree: tuple[str, str, str]) -> None:
    other = maker.create(registry["entity"])
    with refused(("other_entity", "parent")):
        enter(system(), "cost_centre", code="X", name="X", entity=other, parent=tree[0])


def test_a_branch_closes_after_its_leaves_and_reopens_before_them(tree: tuple[str, str, str]) -> None:
    root, branch, leaf = tree
    with refused(("open_parts", None)):
        do(system(), "cost_centre", branch, "close")
    for key in (leaf, branch, root):
        do(acting("Controller"), "cost_centre", key, "close")
    assert [each["code"] for each in events("cost_centre.closed")] == [leaf, branch, root]
    with refused(("closed_above", None)):
        do(system(), "cost_centre", leaf, "reopen")
    for key in (root, branch, leaf):
        assert do(system(), "cost_centre", key, "reopen").state == "open"


def test_a_cost_centre_closes_after_its_projects(maker: Maker, tree: tuple[str, str, str]) -> None:
    project = maker.create(registry["project"], cost_centre=tree[2])
    with refused(("open_parts", None)) as messages:
        do(system(), "cost_centre", tree[2], "close")
    assert project in messages[0]
    do(system(), "project", project, "close")
    do(system(), "cost_centre", tree[2], "close")


def test_nothing_new_begins_below_a_closed_cost_centre(maker: Maker, tree: tuple[str, str, str]) -> None:
    do(system(), "cost_centre", tree[2], "close")
    entity = maker.key("entity")
    with refused(("closed_above", "parent")):
        enter(system(), "cost_centre", code="NEXT", name="New", entity=entity, parent=tree[2])


def test_closing_what_is_closed_is_refused(tree: tuple[str, str, str]) -> None:
    do(system(), "cost_centre", tree[2], "close")
    with refused(("wrong_state", None)):
        do(system(), "cost_centre", tree[2], "close")


def test_a_right_to_a_cost_centre_reaches_to_all_below_and_nothing_above(tree: tuple[str, str, str]) -> None:
    context = acting("Controller", cost_centre=id_of(tree[1]))
    assert [sees(context, "cost_centre", key) for key in tree] == [False, True, True]
    edit(context, "cost_centre", tree[2], name="Renamed")
    with refused(("not_found", None)):
        edit(context, "cost_centre", tree[0], name="Renamed")


def test_nobody_moves_a_cost_centre_out_of_their_own_reach(tree: tuple[str, str, str]) -> None:
    context = acting("Controller", cost_centre=id_of(tree[1]))
    with refused(("out_of_reach", None)):
        edit(context, "cost_centre", tree[2], parent=None)
