"""What valid master data of the organisation look like."""

from __future__ import annotations

from typing import Any

from app.infra import unit
from app.kernel import money
from app.kernel.resource import registry
from tests.acting import system

CURRENCIES = ("EUR", "CZK", "USD", "GBP", "CHF", "PLN", "HUF", "SEK", "DKK", "NOK")
#: With coins first: what factories buy has prices in cents.
_SPARE = sorted(money.CURRENCIES - set(CURRENCIES), key=lambda code: (money.minor_units(code) != 2, code))


def currency(maker: Any, number: int) -> dict[str, Any]:
    code = maker.made.setdefault("currencies", [*CURRENCIES, *_SPARE]).pop(0)
    return {"code": code, "name": f"Currency {code}", "active": True}


def exchange_rate(maker: Any, number: int) -> dict[str, Any]:
    return {
        "currency": maker.key("currency"),
        "base": maker.create(registry["currency"]),
        "rate": "1.0825",
        "valid_on": "2026-03-02",
        "source": f"ECB {number}",
    }


def entity(maker: Any, number: int) -> dict[str, Any]:
    return {
        "code": f"E{number}",
        "name": f"Works {number}",
        "legal_name": f"Works {number} GmbH",
        "country": "AT",
        "tax_id": "ATU13585627",
        "registration_number": None,
        "endpoint_scheme": None,
        "endpoint_id": None,
        "base_currency": maker.key("currency"),
        "fiscal_year_start": 1,
        "time_zone": "Europe/Vienna",
    }


def location(maker: Any, number: int) -> dict[str, Any]:
    return {
        "code": f"L{number}",
        "name": f"Warehouse {number}",
        "entity": maker.key("entity"),
        "street": "Hafenstrasse 1",
        "postcode": "1020",
        "city": "Vienna",
        "country": "AT",
    }


def tax_code(maker: Any, number: int) -> dict[str, Any]:
    return {
        "code": f"AT-{number}",
        "name": f"Standard 20 % ({number})",
        "country": "AT",
        "category": "S",
        "rate": "20",
        "valid_from": "2020-01-01",
        "valid_to": "2030-12-31",
        "active": True,
    }


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def measure(maker: Any, number: int) -> dict[str, Any]:
    code = f"{'XYZ0'[number // 1296]}{_DIGITS[number // 36 % 36]}{_DIGITS[number % 36]}"
    return {"code": code, "name": f"Piece {number}", "decimals": 2, "active": True}


def cost_centre(maker: Any, number: int) -> dict[str, Any]:
    return {"code": f"CC-{number}", "name": f"Department {number}", "entity": maker.key("entity")}


def category(maker: Any, number: int) -> dict[str, Any]:
    return {"code": f"K{number}", "name": f"Computers {number}", "ledger_account": "0640", "cpv_code": "30200000-1"}


def project(maker: Any, number: int) -> dict[str, Any]:
    return {
        "code": f"P-{number}",
        "name": f"Project {number}",
        "entity": maker.key("entity"),
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
    }


def person(maker: Any, number: int) -> dict[str, Any]:
    return {
        "code": f"person.{number}",
        "first_name": f"Jana {number}",
        "last_name": f"Novak {number}",
        "email": f"person.{number}@example.com",
        "job_title": "Buyer",
        "entity": maker.key("entity"),
        "approval_limit": "5000",
        "language": "en",
        "time_zone": "Europe/Vienna",
    }


FORMS = {
    "currency": currency,
    "exchange_rate": exchange_rate,
    "entity": entity,
    "location": location,
    "tax_code": tax_code,
    "unit": measure,
    "cost_centre": cost_centre,
    "category": category,
    "project": project,
    "person": person,
}


def _give_password(maker: Any, key: str) -> None:
    """Give a password as a migration from another system would; without it there is nothing to activate."""
    from app.infra import identity

    with unit.transaction(system(), "test.give_password") as bound:
        user = identity.find_user(bound.session, key)
        user.password = identity.hash_password("correct horse battery staple")


def _give_buyer(maker: Any, key: str) -> None:
    unit.execute(system(), registry["person"], key, "grant", {"role": "Buyer"})


PREPARED = {"person.activate": _give_password, "person.revoke": _give_buyer}

ARGUMENTS = {
    "person.grant": lambda maker, key: {"role": "Buyer"},
    "person.revoke": lambda maker, key: {"role": "Buyer"},
}


def _part_of(name: str, relation: str) -> Any:
    """Enter something below, which has to be closed first."""
    return lambda maker, key: maker.create(registry[name], **{relation: key})


OBSTRUCTED = {
    "person.erase": lambda maker, key: unit.execute(system(), registry["person"], key, "erase", {}),
    "entity.close": _part_of("location", "entity"),
    "cost_centre.close": _part_of("cost_centre", "parent"),
    "category.close": _part_of("category", "parent"),
    "project.close": _part_of("project", "parent"),
}
