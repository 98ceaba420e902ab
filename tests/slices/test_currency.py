"""Currencies: those of ISO 4217, with the coins they have."""

from __future__ import annotations

import pytest

from tests.acting import acting, system
from tests.making import Maker
from tests.slices.doing import edit, enter, reading, refused


@pytest.mark.parametrize(("code", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_a_currency_knows_its_coins(maker: Maker, code: str, digits: int) -> None:
    enter(acting("Administrator"), "currency", code=code, name=code)
    with reading("currency", code) as currency:
        assert (currency.minor_units, currency.active, str(currency)) == (digits, True, code)


def test_a_code_of_no_country_is_refused(maker: Maker) -> None:
    with refused(("unknown_currency", "code")):
        enter(system(), "currency", code="QQQ", name="Quatloo")


def test_a_code_is_taken_once(maker: Maker) -> None:
    enter(system(), "currency", code="EUR", name="Euro")
    with refused(("taken", "code")):
        enter(system(), "currency", code="EUR", name="Euro again")


def test_the_code_of_a_currency_stays(maker: Maker) -> None:
    enter(system(), "currency", code="EUR", name="Euro")
    with refused(("unknown_field", "code")):
        edit(system(), "currency", "EUR", code="USD")


def test_a_requester_enters_no_currency(maker: Maker) -> None:
    with refused(("forbidden", None)):
        enter(acting("Requester"), "currency", code="EUR", name="Euro")
