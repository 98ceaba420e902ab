"""How accounts are written and shown, who may confirm one, and from when on it may be paid to."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from stdnum import bic as bic_rules
from stdnum import iban as iban_rules
from stdnum.exceptions import ValidationError

from app.kernel.actor import Context
from app.kernel.days import written
from app.kernel.problem import Problem
from app.modules.directory import domain as directory


def compact(value: str | None) -> str | None:
    """Write an account number or code without spaces and dashes, in capitals; None where nothing is left."""
    return re.sub(r"[\s.-]", "", value or "").upper() or None


def identify(country: str | None, iban: str | None, routing: str | None, account_number: str | None) -> str:
    """Name an account so that the same one always has the same name."""
    return iban or f"{country or ''}:{routing or ''}:{account_number or ''}"


def mask(number: str) -> str:
    """Show as much of an account number as is needed to recognise it."""
    if re.match("[A-Z]{2}[0-9]{2}", number):
        return f"{number[:4]} •••• {number[-4:]}"
    return f"•••• {number[-4:] if len(number) >= 8 else number[-2:]}"  # noqa: PLR2004


def is_iban(number: str) -> bool:
    """Tell whether a number can be an IBAN."""
    try:
        # The rules of single countries reject accounts their banks do give out; length and check digits are what counts.
        iban_rules.validate(number, check_country=False)
    except ValidationError:
        return False
    return True


def is_bic(code: str) -> bool:
    """Tell whether a code can be that of a bank."""
    return bool(bic_rules.is_valid(code))


def why_not_account(context: Context, account: Any) -> list[Problem]:
    """Say what is wrong with a bank account."""
    problems = directory.why_not_country(account.country)
    if (account.iban is None) == (account.account_number is None):
        problems.append(Problem("iban_or_number", "IBAN: enter either an IBAN or an account number.", "iban"))
    elif account.iban is not None:
        problems += _why_not_iban(account)
    elif account.country is None:
        problems.append(Problem("required", "Country is missing. Enter where the bank is.", "country"))
    if account.bic is not None and not is_bic(account.bic):
        problems.append(Problem("bad_bic", f"BIC: {account.bic} is not one. It has 8 or 11 characters.", "bic"))
    return problems + (_why_not_proposed(account) if account.state in (None, "proposed") else [])


def _why_not_iban(account: Any) -> list[Problem]:
    if not is_iban(account.iban):
        return [Problem("bad_iban", "IBAN: this is not one. Check for a typing error.", "iban")]
    if account.country != account.iban[:2]:
        words_ = f"Country: the IBAN is of {account.iban[:2]}, not of {account.country}."
        return [Problem("other_country", words_, "country")]
    return []


def _why_not_proposed(account: Any) -> list[Problem]:
    if account.supplier.state == "merged":
        words_ = f"{account.supplier} was merged into {account.supplier.merged_into}. Choose that one."
        return [Problem("merged_already", words_, "supplier")]
    replaced = account.replaces
    if replaced is None:
        return []
    if replaced is account or replaced.supplier is not account.supplier:
        return [Problem("other_supplier", f"Replaces: choose an account of {account.supplier}.", "replaces")]
    if replaced.state != "confirmed":
        words_ = f"Replaces: {replaced} is {replaced.state}; only a confirmed account is replaced."
        return [Problem("not_confirmed", words_, "replaces")]
    return []


def why_not_confirmable(context: Context, account: Any) -> list[Problem]:
    """Say who may not confirm an account: everybody who had a hand in it."""
    problems = []
    if context.actor.hands & set(account.makers):
        problems.append(Problem("own_change", "You entered or changed this account. Someone else confirms it."))
    return [*problems, *_why_not_proposed(account)]


def usable_from(today: date, days: int) -> date:
    """Tell the first day on which a confirmed account may be paid to."""
    return today + timedelta(days=days)


def why_not_payable(state: str, usable: date | None, on: date) -> list[Problem]:
    """Say why nothing may be paid to an account on a day."""
    if state != "confirmed" or usable is None:
        return [Problem("not_confirmed", f"The bank account is {state}. A second person confirms it first.")]
    if on < usable:
        return [Problem("cooling_off", f"The bank account is new. Payments may go to it from {written(usable)}.")]
    return []
