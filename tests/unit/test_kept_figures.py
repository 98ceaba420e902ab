"""Figures that take long are kept for a few minutes, each for those who see the same; what is quick never is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.console import kept
from app.kernel.actor import Actor, Context, Grant


class Asked:
    """Counts how often figures are looked for."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.times


@pytest.fixture
def context(monkeypatch: Any) -> Context:
    monkeypatch.setattr(kept, "_kept", {})
    buyer = Actor(7, "Nadia", (Grant("Buyer"),), {"Buyer": frozenset({"order.read"})})
    return Context(buyer, datetime(2026, 3, 2, 9, tzinfo=UTC), date(2026, 3, 2), "test", session=Session())


def later(context: Context, minutes: int) -> Context:
    return replace(context, now=context.now + timedelta(minutes=minutes), session=Session())


def test_what_was_found_quickly_is_looked_for_again(context: Context, monkeypatch: Any) -> None:
    monkeypatch.setattr(kept, "LONG", 60)
    asked = Asked()
    assert [kept.found(context, ("spend",), asked) for _ in range(2)] == [1, 2]


def test_what_took_long_is_kept_for_five_minutes_for_this_reader_and_this_question(
    context: Context, monkeypatch: Any
) -> None:
    monkeypatch.setattr(kept, "LONG", -1)
    asked = Asked()
    assert [kept.found(context, ("spend",), asked) for _ in range(2)] == [1, 1]
    assert kept.found(context, ("late",), asked) == 2
    assert kept.found(later(context, 4), ("spend",), asked) == 1
    assert kept.found(later(context, 6), ("spend",), asked) == 3


def test_a_reader_is_told_from_when_the_oldest_of_what_they_are_given_is(context: Context, monkeypatch: Any) -> None:
    monkeypatch.setattr(kept, "LONG", -1)
    kept.found(context, ("spend",), Asked())
    assert kept.since(context) is None
    four = later(context, 4)
    kept.found(later(context, 3), ("late",), Asked())
    for what in ("spend", "late"):
        kept.found(four, (what,), Asked())
    assert kept.since(four) == context.now


def test_somebody_else_or_the_same_person_with_other_roles_is_never_shown_it(
    context: Context, monkeypatch: Any
) -> None:
    monkeypatch.setattr(kept, "LONG", -1)
    asked = Asked()
    actor = context.actor
    others = (replace(actor, id=actor.id + 1), replace(actor, grants=()), replace(actor, limits=frozenset({"order.*"})))
    seen = [kept.found(replace(context, actor=each), ("spend",), asked) for each in (actor, *others)]
    assert seen == [1, 2, 3, 4]


def test_not_more_is_kept_than_memory_allows(context: Context, monkeypatch: Any) -> None:
    monkeypatch.setattr(kept, "LONG", -1)
    monkeypatch.setattr(kept, "MOST", 3)
    for number in range(10):
        kept.found(context, (number,), Asked())
    assert len(kept._kept) <= 3
