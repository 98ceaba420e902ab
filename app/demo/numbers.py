"""Tax ids and account numbers that pass every check and belong to nobody in particular."""

from __future__ import annotations

from random import Random

from stdnum import get_cc_module, iban

_SHAPES = {
    "CZ": "CZ########", "DE": "DE#########", "AT": "ATU########", "GB": "GB#########", "SE": "SE##########01",
    "PL": "PL##########", "NL": "NL#########B01", "FI": "FI########", "CH": "CHE#########MWST", "US": "##-#######",
}  # fmt: skip
_IBANS = {
    "CZ": "0100############0000", "DE": "37040044##########", "AT": "20111###########", "SE": "500000############00",
    "PL": "10901014##############00", "NL": "INGB##########", "FI": "123456########", "CH": "00762###########0",
}  # fmt: skip
BICS = {
    "CZ": "KOMBCZPPXXX", "DE": "COBADEFFXXX", "AT": "GIBAATWWXXX", "SE": "ESSESESSXXX", "PL": "WBKPPLPPXXX",
    "NL": "INGBNL2AXXX", "FI": "NDEAFIHHXXX", "CH": "UBSWCHZH80A", "GB": "NWBKGB2LXXX", "US": "CHASUS33XXX",
}  # fmt: skip


def tax_id(random: Random, country: str) -> tuple[str, str]:
    """Find a number of the country that passes its check digits; gives its kind and the number."""
    kind = "tin" if country == "US" else "vat"
    rules = get_cc_module(country.lower(), "ein" if country == "US" else "vat")
    while True:
        number = _filled(random, _SHAPES[country])
        if rules is None or rules.is_valid(number):
            return kind, number


def bank_account(random: Random, country: str) -> dict[str, str]:
    """Make an IBAN, or where there is none an account and routing number."""
    if country in _IBANS:
        while True:
            bare = _filled(random, _IBANS[country])
            number = f"{country}{iban.calc_check_digits(f'{country}00{bare}')}{bare}"
            if iban.is_valid(number):
                return {"iban": number}
    if country == "GB":
        return {"account_number": _filled(random, "########"), "routing": "601613"}
    return {"account_number": _filled(random, "##########"), "routing": "021000021"}


def _filled(random: Random, shape: str) -> str:
    return "".join(str(random.randint(0, 9)) if letter == "#" else letter for letter in shape)
