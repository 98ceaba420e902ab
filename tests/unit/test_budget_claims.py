"""The arithmetic of budgets: what is charged where, which moves lead there, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.budgets.domain import Bucket, Claim, Control, Figures, Holding, Kind, Verdict
from app.modules.budgets.domain.claims import (
    Above,
    Held,
    changes_to,
    covers,
    figure,
    floor_of,
    percent_left,
    target_of,
    tolerance_of,
    verdict_of,
)
from app.modules.budgets.domain.planning import days_of, periods_label, scaled, to_carry

TODAY = date(2026, 11, 22)
CENTS = st.decimals("-100000", "100000", places=2)
POSITIVE = st.decimals("0", "100000", places=2)


@dataclass(frozen=True)
class Cell:
    """A cell as the rules see it."""

    id: int
    cost_centre_id: int | None = None
    category_id: int | None = None
    project_id: int | None = None
    first_on: date = date(2026, 1, 1)
    last_on: date = date(2026, 12, 31)
    entity_id: int = 1


# Cost centres 1 > 2 > 3 and 9; categories 1 > 2; project 1.
ABOVE = Above(
    {1: frozenset({1}), 2: frozenset({1, 2}), 3: frozenset({1, 2, 3}), 9: frozenset({9})},
    {1: frozenset({1}), 2: frozenset({1, 2})},
    {1: frozenset({1})},
)


def claim(amount: Decimal | int = 1, *, entity: int = 1, centre: int | None = 3, category: int | None = 2,
          project: int | None = None, on: date = date(2026, 6, 30), currency: str | None = None) -> Claim:  # fmt: skip
    return Claim(entity, centre, category, project, on, Decimal(amount), "lines.0",
                 Decimal(amount) * 25 if currency else None, currency)  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "claimed", "expected"),
    [
        (Cell(1), claim(), True),
        (Cell(1, 3, 2), claim(), True),
        (Cell(1, 1, 1), claim(), True),
        (Cell(1, 9), claim(), False),
        (Cell(1, 3), claim(centre=2), False),
        (Cell(1, None, 2), claim(category=1), False),
        (Cell(1, None, 1), claim(category=None), False),
        (Cell(1, 1), claim(centre=None), False),
        (Cell(1, project_id=1), claim(), False),
        (Cell(1, project_id=1), claim(project=1), True),
        (Cell(1, entity_id=2), claim(), False),
        (Cell(1, last_on=date(2026, 6, 30)), claim(), True),
        (Cell(1, last_on=date(2026, 6, 29)), claim(), False),
        (Cell(1, first_on=date(2026, 6, 30)), claim(), True),
        (Cell(1, first_on=date(2026, 7, 1)), claim(), False),
    ],
)
def test_a_cell_covers_what_is_the_same_or_below_within_its_days(cell: Cell, claimed: Claim, *, expected: bool) -> None:
    assert covers(cell, claimed, ABOVE) is expected


CELLS = st.lists(
    st.builds(Cell, st.integers(1, 6), st.sampled_from([None, 1, 2, 3, 9]), st.sampled_from([None, 1, 2])),
    max_size=5,
    unique_by=lambda cell: cell.id,
)
CLAIMS = st.lists(
    st.builds(claim, CENTS, centre=st.sampled_from([1, 2, 3, 9]), category=st.sampled_from([None, 1, 2]),
              currency=st.sampled_from([None, "CZK", "USD"])),
    max_size=5,
)  # fmt: skip


def held(bucket: Bucket, claims: list[Claim], cells: list[Cell]) -> tuple[Holding, dict[tuple[int, str | None], Held]]:
    return Holding("request", 1, "REQ-1", bucket, tuple(claims)), target_of(claims, cells, ABOVE)


def replayed(changes: list, start: dict[tuple[int, str | None], Held]) -> dict[tuple[int, str | None], Decimal]:
    amounts = {where: each.amount for where, each in start.items()}
    for change in changes:
        where = (change.cell_id, change.original_currency)
        amounts[where] = amounts.get(where, Decimal(0)) + change.amount
    return {where: amount for where, amount in amounts.items() if amount}


@given(CELLS, CLAIMS, CLAIMS)
def test_the_moves_lead_from_what_is_held_to_what_shall_be_held(
    cells: list[Cell], first: list[Claim], second: list[Claim]
) -> None:
    _, before = held(Bucket.RESERVED, first, cells)
    holding, after = held(Bucket.RESERVED, second, cells)
    changes = changes_to(holding, before, after, TODAY)
    assert replayed(changes, before) == {where: each.amount for where, each in after.items() if each.amount}
    assert all(change.amount for change in changes)
    assert all((change.kind is Kind.RELEASE) == (change.amount < 0) for change in changes)
    assert changes_to(holding, after, after, TODAY) == []


@given(CELLS, CLAIMS)
def test_each_claim_is_charged_in_full_to_each_cell_that_covers_it(cells: list[Cell], claims: list[Claim]) -> None:
    _, target = held(Bucket.COMMITTED, claims, cells)
    for cell in cells:
        charged = sum((each.amount for (cell_id, _), each in target.items() if cell_id == cell.id), Decimal(0))
        assert charged == sum((each.amount for each in claims if covers(cell, each, ABOVE)), Decimal(0))


@given(st.lists(st.tuples(st.sampled_from(list(Bucket)), CENTS)))
def test_figures_add_up_whatever_moves(moves: list[tuple[Bucket, Decimal]]) -> None:
    figures = Figures()
    for bucket, amount in moves:
        figures = figures.moved(bucket, amount)
    raising = {Bucket.PLANNED, Bucket.TRANSFERRED, Bucket.CARRIED}
    expected = sum((amount if bucket in raising else -amount for bucket, amount in moves), Decimal(0))
    assert figures.available == expected == figures.budget - figures.used


@given(POSITIVE, st.none() | st.decimals("0", "100", places=2), st.none() | POSITIVE)
def test_a_tolerance_is_never_more_than_either_of_its_limits(
    budget: Decimal, percent: Decimal | None, amount: Decimal | None
) -> None:
    tolerance = tolerance_of(percent, amount, budget, "EUR")
    assert tolerance >= 0
    assert tolerance == tolerance.quantize(Decimal("0.0001"))
    if amount is not None:
        assert tolerance <= amount
    if percent is not None:
        assert tolerance * 100 <= budget * percent
    if amount is None and percent is None:
        assert tolerance == 0
    assert floor_of(Control.HARD, percent, amount, budget, "EUR") == -tolerance
    assert floor_of(Control.SOFT, percent, amount, budget, "EUR") is None


@given(POSITIVE, CENTS, CENTS, POSITIVE)
def test_a_hard_cell_refuses_exactly_what_would_take_it_below_its_floor(
    this: Decimal, rise: Decimal, left: Decimal, tolerance: Decimal
) -> None:
    hard = verdict_of(Control.HARD, this, rise, left, tolerance)
    soft = verdict_of(Control.SOFT, this, rise, left, tolerance)
    assert (hard is Verdict.OVER_HARD) == (left < -tolerance and rise > 0)
    assert (soft is Verdict.OVER_SOFT) == (left < -tolerance and this > 0)


@given(POSITIVE, st.decimals("0.01", "100", places=2), st.decimals("0.01", "100", places=2))
def test_carrying_over_again_adds_only_what_did_not_go_before(budget: Decimal, first: Decimal, second: Decimal) -> None:
    figures, gone = Figures(planned=budget), Decimal(0)
    for percent in (first, second):
        amount = to_carry(figures, gone, percent, "EUR")
        gone += amount
        figures = figures.moved(Bucket.CARRIED, -amount)
    wanted = (budget * max(first, second) / 100).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    assert gone == wanted
    assert figures.available == budget - wanted >= 0
    assert to_carry(figures, gone, max(first, second), "EUR") == 0


def test_nothing_is_carried_over_from_an_overrun_budget() -> None:
    assert to_carry(Figures(planned=Decimal(5), actual=Decimal(9)), Decimal(0), Decimal(100), "EUR") == 0


@given(POSITIVE, st.decimals("0.01", "10", places=2))
def test_a_copied_amount_is_the_factor_to_the_nearest_coin(amount: Decimal, factor: Decimal) -> None:
    copy = scaled(amount, factor, "EUR")
    assert copy == copy.quantize(Decimal("0.01"))
    assert abs(copy - amount * factor) <= Decimal("0.005")


def test_a_document_holds_nothing_in_the_budget_itself() -> None:
    with pytest.raises(ValueError, match="planned"):
        Holding("request", 1, "REQ-1", "planned")  # type: ignore[arg-type]


def test_words_for_people() -> None:
    assert figure(Decimal(15810), "EUR") == "15\u00a0810.00 EUR"
    assert figure(Decimal("1234567.5"), "JPY") == "1\u00a0234\u00a0568 JPY"
    assert percent_left(Decimal(1), Decimal(3)) == Decimal("33.3")
    assert percent_left(Decimal(1), Decimal(0)) == 0
    assert periods_label(2026, 1, 1, 12) == "2026"
    assert periods_label(2026, 4, 1, 12) == "2026/27"
    assert periods_label(2026, 4, 11, 12) == "Feb to Mar 2027"
    assert days_of(2026, 4, 11, 12) == (date(2027, 2, 1), date(2027, 3, 31))
