"""What valid suppliers and bank accounts look like."""

from __future__ import annotations

import hashlib
from typing import Any

from stdnum import luhn

from app.infra import unit
from app.kernel.resource import registry
from tests.acting import system

_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprst" for vowel in "aeiou"]


def company_name(number: int) -> str:
    """Make up a name that looks like no other number's."""
    digest = hashlib.sha256(str(number).encode()).digest()
    return "".join(_SYLLABLES[byte % len(_SYLLABLES)] for byte in digest[:6]).title()


def vat_number(number: int) -> str:
    """Make a valid Swedish VAT number, another for each number."""
    digits = f"55{number:07d}"
    return f"SE{digits}{luhn.calc_check_digit(digits)}01"


def iban(number: int) -> str:
    """Make a valid German IBAN, another for each number."""
    bank_and_account = f"37040044{number:010d}"
    check = 98 - int(f"{bank_and_account}131400") % 97
    return f"DE{check:02d}{bank_and_account}"


def supplier(maker: Any, number: int) -> dict[str, Any]:
    name = company_name(number)
    return {
        "code": f"S-9{number:04d}",
        "name": name,
        "legal_name": f"{name} AB",
        "country": "SE",
        "currency": maker.key("currency"),
        "payment_days": 30,
        "discount_percent": "2",
        "discount_days": 10,
        "endpoint_scheme": "0088",
        "endpoint_id": "7300010000001",
        "language": "sv",
        "website": f"https://www.{name.lower()}.example",
        "tax_ids": [{"kind": "vat", "country": "SE", "value": vat_number(number)}],
        "contacts": [
            {"name": "Maja Berg", "email": f"maja@{name.lower()}.example", "is_primary": True},
            {"name": "Nils Dahl", "phone": "+46 8 123 456 78"},
        ],
    }


def bank_account(maker: Any, number: int) -> dict[str, Any]:
    return {
        "supplier": maker.key("supplier"),
        "holder": f"Alba {number} AB",
        "iban": iban(number),
        "account_number": None,
        "routing": None,
        "country": "DE",
        "bic": "COBADEFFXXX",
        "currency": maker.key("currency"),
    }


FORMS = {"supplier": supplier, "bank_account": bank_account}


def _make_alike(maker: Any, key: str) -> None:
    """Enter another supplier with the same tax id."""
    resource = registry["supplier"]
    with unit.reading(system()) as bound:
        from app.infra.intake import find_row

        row = find_row(bound, resource, key)
        tax_ids = [{"kind": "vat", "country": each.country, "value": each.value} for each in row.tax_ids]
    maker.create(resource, tax_ids=tax_ids)


def _forget_tax_ids(maker: Any, key: str) -> None:
    unit.save(system(), registry["supplier"], key, {"tax_ids": [], "tax_id_waiver": None})


OBSTRUCTED = {"supplier.approve": _forget_tax_ids}

PREPARED = {"supplier.acknowledge_duplicates": _make_alike}

ARGUMENTS = {
    "supplier.merge": lambda maker, key: {"into": maker.create(registry["supplier"]), "reason": "The same company"},
}
