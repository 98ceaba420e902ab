"""How far an invoice may differ: each limit inherited on its own, both directions, empty never unlimited."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.invoices.domain.tolerances import Given, Limit, Measure, Row, Tolerance, Tolerances, figure, plain

D = Decimal
PRICE = Measure.UNIT_PRICE
AMOUNTS = st.none() | st.decimals("0", "1000", places=2)


def row(id: int, **fields: object) -> Row:
    return Row(id=id, code=f"TOL-{id}", measure=PRICE, currency="EUR", **fields)  # type: ignore[arg-type]


def seen(*rows: Row, entity: int | None = 1, supplier: int | None = 5, categories: tuple[int, ...] = (30, 20, 10),
         currency: str = "EUR", rates: dict[str, Decimal] | None = None) -> Tolerance:  # fmt: skip
    return Tolerances(rows, entity, supplier, currency, rates or {}).of(PRICE, categories)


DEFAULT = row(1, over_percent=D(1))
CATEGORY = row(2, category=20, over_percent=D(2))
SUPPLIER = row(3, supplier=5, over_percent=D(3))
ENTITY = row(4, entity=1, over_percent=D(4))


@pytest.mark.parametrize(
    ("rows", "value", "code"),
    [
        ((DEFAULT,), 1, "TOL-1"),
        ((DEFAULT, CATEGORY), 2, "TOL-2"),
        ((CATEGORY, SUPPLIER, DEFAULT), 3, "TOL-3"),
        ((DEFAULT, ENTITY, SUPPLIER, CATEGORY), 4, "TOL-4"),
        ((ENTITY, row(5, entity=1, supplier=5, over_percent=D(5))), 5, "TOL-5"),
        ((ENTITY, row(6, supplier=5, category=30, over_percent=D(6))), 4, "TOL-4"),
        ((CATEGORY, row(7, category=30, over_percent=D(7)), row(8, category=10, over_percent=D(8))), 7, "TOL-7"),
        ((DEFAULT, row(9, entity=2, over_percent=D(9)), row(10, supplier=6, over_percent=D(9))), 1, "TOL-1"),
        ((DEFAULT, row(11, category=99, over_percent=D(9))), 1, "TOL-1"),
        ((DEFAULT, row(12, entity=1, over_percent=D(0))), 0, "TOL-12"),
    ],
)
def test_the_narrowest_row_that_sets_a_limit_gives_it(rows: tuple[Row, ...], value: int, code: str) -> None:
    for order in (rows, rows[::-1]):
        assert seen(*order).over.percent == Given(D(value), int(code[4:]), code)


def test_each_field_is_inherited_on_its_own() -> None:
    found = seen(
        row(1, over_percent=D(1), over_amount=D(10), under_percent=D(50), cap_amount=D(25)),
        row(2, category=20, over_amount=D(20)),
        row(3, supplier=5, under_amount=D(7)),
        row(4, entity=1, over_percent=D(4)),
    )
    assert found.over == Limit(Given(D(4), 4, "TOL-4"), Given(D(20), 2, "TOL-2"))
    assert found.under == Limit(Given(D(50), 1, "TOL-1"), Given(D(7), 3, "TOL-3"))
    assert found.cap == Limit(None, Given(D(25), 1, "TOL-1"))
    assert found.over.rows == (2, 4)
    assert found.over.words("EUR") == "at most 4 % (TOL-4) and 20.00 EUR (TOL-2)"


def test_rows_of_another_measure_give_nothing() -> None:
    assert Tolerances((DEFAULT,), 1, 5).of(Measure.TAX) == Tolerance()


@pytest.mark.parametrize(
    ("limit", "difference", "base", "effect", "allowed"),
    [
        (Limit(), "0", "10", "0", True),
        (Limit(), "0.01", "10", "0.01", False),
        (Limit(Given(D(2), 1, "A")), "0.20", "10", "999", True),
        (Limit(Given(D(2), 1, "A")), "0.21", "10", "0.21", False),
        (Limit(None, Given(D(5), 1, "A")), "5", "0", "5.00", True),
        (Limit(None, Given(D(5), 1, "A")), "5", "0", "5.01", False),
        (Limit(Given(D(2), 1, "A"), Given(D(5), 2, "B")), "0.20", "10", "5", True),
        (Limit(Given(D(2), 1, "A"), Given(D(5), 2, "B")), "0.20", "10", "5.01", False),
        (Limit(Given(D(2), 1, "A"), Given(D(5), 2, "B")), "0.21", "10", "1", False),
        (Limit(Given(D(2), 1, "A")), "0.01", "0", "0.01", False),
        (Limit(Given(D(2), 1, "A")), "-0.20", "-10", "-0.20", True),
        (Limit(Given(D(0), 1, "A"), Given(D(5), 2, "B")), "0.01", "10", "0.01", False),
    ],
)
def test_percent_and_amount_both_hold(limit: Limit, difference: str, base: str, effect: str, allowed: bool) -> None:
    assert limit.allows(Fraction(difference), Fraction(base), D(effect)) is allowed


def test_too_much_and_too_little_have_limits_of_their_own() -> None:
    found = seen(row(1, over_amount=D(1), under_amount=D(100)))
    assert (found.towards(D(1)), found.towards(D(-1))) == (found.over, found.under)
    assert found.over.allows(D(2), D(10), D(2)) is False
    assert found.under.allows(D(-2), D(10), D(-2)) is True


def test_where_no_cap_is_set_a_document_may_differ_no_more_than_a_line() -> None:
    without, capped = seen(row(1, over_amount=D(5))), seen(row(1, over_amount=D(5), cap_amount=D(8)))
    assert (without.cap_towards(D(1)), capped.cap_towards(D(1))) == (without.over, capped.cap)
    assert without.cap_towards(D(-1)) == Limit()
    assert seen(row(1, over_percent=D(2))).cap_towards(D(1)) == Limit()


def test_amounts_are_brought_into_the_currency_of_the_invoice() -> None:
    found = seen(row(1, over_amount=D("10.00"), over_percent=D(3)), currency="CZK", rates={"EUR": D("25.255")})
    assert found.over == Limit(Given(D(3), 1, "TOL-1"), Given(D("252.55"), 1, "TOL-1"))


def test_without_a_rate_nothing_is_guessed() -> None:
    with pytest.raises(ValueError, match="TOL-1: a rate from EUR to CZK is needed"):
        seen(row(1, over_amount=D(10)), currency="CZK")
    assert seen(row(1, over_amount=D(0)), currency="CZK").over.amount == Given(D(0), 1, "TOL-1")


def test_days_are_no_money() -> None:
    rows = (Row(1, "TOL-1", Measure.TERMS, over_amount=D(5), currency="EUR"),)
    limit = Tolerances(rows, currency="CZK").of(Measure.TERMS).over
    assert limit.words("days") == "at most 5 days (TOL-1)"


def test_a_limit_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="under_amount of TOL-1: use zero or more"):
        row(1, under_amount=D(-1))


def test_nothing_set_says_so() -> None:
    assert Limit().words("EUR") == "nothing, because no tolerance is set"


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=4), st.decimals("-1000", "1000", places=2), st.booleans())
def test_empty_is_never_unlimited(
    fields: list[tuple[Decimal | None, Decimal | None]], difference: Decimal, turned: bool
) -> None:
    scopes: list[dict[str, int]] = [{}, {"category": 20}, {"supplier": 5}, {"entity": 1}]
    rows = [row(at + 1, over_percent=one, over_amount=two, **scopes[at]) for at, (one, two) in enumerate(fields)]
    limit = seen(*(rows[::-1] if turned else rows)).over
    percents = [one * 2 for one, _ in reversed(fields) if one is not None]
    amounts = [two for _, two in reversed(fields) if two is not None]
    largest = min([*percents[:1], *amounts[:1]], default=D(0))
    assert limit.allows(difference, D(200), difference) is (abs(difference) <= largest)


@pytest.mark.parametrize(
    ("number", "text"),
    [(D("10.50"), "10.5"), (D("1E+2"), "100"), (D(0), "0"), (Fraction(1, 3), "0.333333"), (Fraction(-5), "-5")],
)
def test_numbers_are_written_without_needless_zeros(number: Decimal | Fraction, text: str) -> None:
    assert plain(number) == text


def test_money_is_written_with_its_coins_and_more_places_where_it_has_them() -> None:
    assert [figure(D(value), "EUR") for value in ("1234.5", "0.0333", "-2")] == [
        "1\xa0234.50 EUR",
        "0.0333 EUR",
        "-2.00 EUR",
    ]
    assert figure(D(500), "JPY") == "500 JPY"
