"""Money: nothing is lost, nothing is mixed, nothing is inexact."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import CURRENCIES, Money, Percent, minor_units

cents = st.integers(min_value=-(10**15), max_value=10**15)
weights = st.lists(st.decimals(min_value=0, max_value=10**6, places=4), min_size=1, max_size=8).filter(any)


def euro(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


@pytest.mark.parametrize(
    ("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("HUF", 2), ("ISK", 0), ("XOF", 0)]
)
def test_coins_follow_iso_4217(currency, digits):
    assert minor_units(currency) == digits


def test_every_currency_has_three_capitals():
    assert len(CURRENCIES) == 167
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)


@pytest.mark.parametrize("code", ["eur", "XXX", "", "€", "XAU"])
def test_an_unknown_currency_is_refused(code):
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(Decimal(1), code)


@pytest.mark.parametrize("amount", [1.0, "1.00", True, None])
def test_an_inexact_amount_is_refused(amount):
    with pytest.raises(TypeError, match="Decimal or int"):
        Money(amount, "EUR")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_an_amount_must_be_a_number(amount):
    with pytest.raises(ValueError, match="not an amount"):
        euro(amount)


@pytest.mark.parametrize(
    ("given_amount", "currency", "rounded"),
    [
        ("0.005", "EUR", "0.01"),
        ("-0.005", "EUR", "-0.01"),
        ("0.0049999", "EUR", "0.00"),
        ("2.675", "EUR", "2.68"),
        ("0.5", "JPY", "1"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_rounding_is_half_up_in_the_coins_of_the_currency(given_amount, currency, rounded):
    assert str(Money(Decimal(given_amount), currency).rounded()) == f"{rounded} {currency}"


def test_reckoning_stays_exact_until_rounded():
    assert euro("0.1") + euro("0.2") == euro("0.3")
    assert euro("10") - euro("10.01") == euro("-0.01")
    assert euro("3.3333") * 3 == euro("9.9999")
    assert Decimal("0.5") * euro("0.01") == euro("0.005")
    assert sum([euro("1"), euro("2.50")], Money.zero("EUR")) == euro("3.5")
    assert abs(-euro("2")) == euro("2")
    assert hash(euro("1.0")) == hash(euro("1.00"))


def test_a_small_decimal_context_changes_nothing():
    with localcontext() as context:
        context.prec = 3
        assert euro("123456.78") + euro("0.01") == euro("123456.79")
        assert euro("123456.78") * 2 == euro("246913.56")
        assert -euro("123456.78") == euro("-123456.78")
        assert Percent(Decimal("19.5")).of(euro("123456.78")) == euro("24074.0721")


def test_nothing_is_never_minus_nothing():
    assert str(-Money.zero("EUR")) == "0 EUR"
    assert not euro("0.00")
    assert [str(part) for part in euro("-0.01").split([1, 1])] == ["-0.01 EUR", "0.00 EUR"]


@pytest.mark.parametrize("reckon", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b])
def test_currencies_are_never_mixed(reckon):
    with pytest.raises(ValueError, match="different currencies"):
        reckon(euro("1"), Money(Decimal(1), "USD"))
    with pytest.raises(TypeError, match="beside money"):
        reckon(euro("1"), 1)


def test_money_of_two_currencies_is_not_equal():
    assert euro("1") != Money(Decimal(1), "USD")
    assert euro("1") < euro("1.01") <= euro("1.01") and euro("2") > euro("1") >= euro("1.00")


def test_multiplying_by_an_inexact_number_is_refused():
    with pytest.raises(TypeError, match="not float"):
        euro("1") * 0.5


@pytest.mark.parametrize(
    ("rate", "to", "expected"),
    [("1.0847", "USD", "108.47 USD"), ("162.345", "JPY", "16235 JPY"), ("0.333335", "KWD", "33.334 KWD")],
)
def test_conversion_rounds_to_the_coins_of_the_other_currency(rate, to, expected):
    assert str(euro("100").at(Decimal(rate), to)) == expected


@pytest.mark.parametrize("rate", [Decimal(0), Decimal(-1)])
def test_a_rate_must_be_above_zero(rate):
    with pytest.raises(ValueError, match="above zero"):
        euro("1").at(rate, "USD")


def test_an_inexact_rate_is_refused():
    with pytest.raises(TypeError):
        euro("1").at(1.08, "USD")


@pytest.mark.parametrize(
    ("amount", "shares", "expected"),
    [
        ("100.00", [1, 1, 1], ["33.34", "33.33", "33.33"]),
        ("0.01", [1, 1], ["0.01", "0.00"]),
        ("0.10", [5, 1], ["0.08", "0.02"]),
        ("-100.00", [1, 1, 1], ["-33.34", "-33.33", "-33.33"]),
        ("10.00", [0, 3, 1], ["0.00", "7.50", "2.50"]),
        ("0.05", [Decimal("0.1"), Decimal("0.7"), Decimal("0.2")], ["0.01", "0.03", "0.01"]),
    ],
)
def test_the_largest_remainder_gets_the_odd_cent(amount, shares, expected):
    assert [part.amount for part in euro(amount).split(shares)] == [Decimal(part) for part in expected]


@given(cents, weights)
def test_a_split_adds_up_and_no_part_is_a_cent_off(count, shares):
    whole = Money(Decimal(count).scaleb(-2), "EUR")
    parts = whole.split(shares)
    assert sum(parts, Money.zero("EUR")) == whole
    for part, share in zip(parts, shares, strict=True):
        fair = abs(count) * share / sum(shares)
        assert abs(abs(part.amount) * 100 - fair) < 1 + Decimal("1e-9")
        assert part.rounded() == part
        assert share or not part


@pytest.mark.parametrize("shares", [[], [0, 0], [2, -1]])
def test_weights_without_sense_are_refused(shares):
    with pytest.raises(ValueError, match="Weights"):
        euro("1").split(shares)


def test_parts_of_a_cent_are_not_split_silently():
    with pytest.raises(ValueError, match=r"Round 10\.005 EUR"):
        euro("10.005").split([1, 1])


def test_a_percentage_takes_its_share_unrounded():
    assert Percent(Decimal(19)).of(euro("0.99")) == euro("0.1881")
    assert str(Percent(Decimal("7.7"))) == "7.7 %"
    assert Percent(Decimal(2)) < Percent(Decimal(3))
    with pytest.raises(TypeError):
        Percent(7.7)
