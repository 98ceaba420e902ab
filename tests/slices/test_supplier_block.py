"""Blocking and unblocking a supplier."""

from __future__ import annotations

from app.kernel.resource import registry
from tests.acting import acting, system
from tests.making import Maker
from tests.slices.doing import audited, do, edit, events, reading, refused


def test_a_blocked_supplier_shows_why(maker: Maker) -> None:
    key = maker.in_state(registry["supplier"], "approved")
    assert do(acting("Buyer"), "supplier", key, "block", reason="Insolvent").state == "blocked"
    with reading("supplier", key) as supplier:
        assert supplier.state_reason == "Insolvent"
    assert events("supplier.blocked") == [{"code": key, "reason": "Insolvent"}]


def test_blocking_needs_a_reason(maker: Maker) -> None:
    key = maker.create(registry["supplier"])
    for reason in ({}, {"reason": "  "}):
        with refused(("required", "reason")):
            do(system(), "supplier", key, "block", **reason)


def test_an_unblocked_supplier_is_what_it_was(maker: Maker) -> None:
    approved, prospect = maker.in_state(registry["supplier"], "approved"), maker.create(registry["supplier"])
    for key, state in ((approved, "approved"), (prospect, "prospect")):
        do(system(), "supplier", key, "block", reason="Insolvent")
        assert do(acting("Buyer"), "supplier", key, "unblock", reason="Refinanced").state == state
        assert ("supplier.unblock", "changed") in audited("supplier", key)
        with reading("supplier", key) as supplier:
            assert supplier.state_reason is None


def test_blocking_is_no_way_around_approval(maker: Maker) -> None:
    key = maker.create(registry["supplier"], acting("Buyer", id=901))
    do(acting("Buyer", id=901), "supplier", key, "block", reason="x")
    assert do(acting("Buyer", id=901), "supplier", key, "unblock", reason="y").state == "prospect"


def test_a_blocked_supplier_is_still_corrected(maker: Maker) -> None:
    key = maker.in_state(registry["supplier"], "blocked")
    edit(acting("Buyer"), "supplier", key, notes="Asked for documents")


def test_a_requester_blocks_nobody(maker: Maker) -> None:
    key = maker.create(registry["supplier"])
    with refused(("forbidden", None)):
        do(acting("Requester"), "supplier", key, "block", reason="x")
