"""What may be taken in as a statement, and of which account of ours it is."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.kernel.days import written
from app.kernel.problem import Problem
from app.modules.payments.domain.bank import BankFile, Entry, Finding, Statement
from app.modules.payments.domain.reconciliation import Line, lines_of

LARGEST = Decimal(10) ** 14
_DECIMALS = Decimal("0.0001")
_LEAST_DIGITS = 7
_NOT_FINAL = {
    "camt.052": ("an interim report", "Take in the statement of the day, camt.053."),
    "MT942": ("an interim report", "Take in the statement of the day, MT940."),
    "camt.054": ("a notice of bookings", "Take it in at its payment run as the bank's answer; the statement follows."),
}


@dataclass(frozen=True, slots=True)
class Known:
    """An account of ours, by every number that a bank may write for it."""

    id: int
    entity: str
    currency: str
    iban: str | None
    number: str | None
    routing: str | None
    code: str = ""

    @property
    def names(self) -> frozenset[str]:
        """List its numbers: the IBAN, the national number in it, the number alone and behind its routing code."""
        number, routing = bare(self.number), bare(self.routing)
        named = {bare(self.iban), bare((self.iban or "")[4:]), number, routing + number if number else ""}
        return frozenset(named - {""})


def bare(number: str | None) -> str:
    """Write a number so that spelling does not matter."""
    return re.sub(r"[\W_]", "", number or "").upper().lstrip("0")


def why_not_final(file: BankFile) -> list[Problem]:
    """Say that what is not final is no statement: its entries come again, and would count twice."""
    kind = next((kind for kind in _NOT_FINAL if file.format.startswith(kind)), None)
    if kind is None:
        return []
    what, instead = _NOT_FINAL[kind]
    words = f"File: {file.format} is {what}, and what is in it comes again in a statement. {instead}"
    return [Problem("not_final", words, "file")]


def yet_to_come(statement: Statement, today: date) -> list[Finding]:
    """Say that a day of a statement has not come; one day more is let pass, as banks work in other time zones."""
    days = [statement.to_on, *(entry.booked_on for entry in statement.entries if entry.is_booked)]
    last = max((day for day in days if day is not None), default=today)
    if last <= today + timedelta(days=1):
        return []
    words = f"It is of {written(last)}, and today is {written(today)}: no bank has booked that yet. Look whether day and month are right."
    return [Finding("in_the_future", words)]


def currency_of(statement: Statement) -> str | None:
    """Tell in which currency the bank keeps the account."""
    balance = statement.closing or statement.opening
    entry = next((entry for entry in statement.entries if entry.currency), None)
    return statement.account.currency or (balance and balance.currency) or (entry and entry.currency) or None


def find_said(known: Iterable[Known], said: str) -> Known | None:
    """Find the account that somebody names, by its code or by any number that a bank writes for it."""
    same = [each for each in known if each.code.casefold() == said.strip().casefold()]
    found = same or [each for each in known if bare(said) in each.names]
    return found[0] if len(found) == 1 else None


def why_not_said(said: str) -> Problem:
    """Say that somebody names an account that is none of ours, or two that share a number."""
    words = f"Account: {said.strip()[:60]} is no paying account that you may use. Name one by its code, as under Paying accounts."
    return Problem("unknown_account", words, "account")


def find_account(
    statement: Statement, known: Sequence[Known], chosen: Known | None, entity: str | None
) -> Known | None:
    """Find whose statement it is: by its number and currency; where it has no number, by what was chosen."""
    currency = currency_of(statement)
    fitting = [each for each in known if currency in {None, each.currency}]
    if entity:
        fitting = [each for each in fitting if each.entity == entity]
    stated = _number_of(statement, is_chosen=chosen is not None)
    if stated is None:
        own = [each for each in fitting if each == chosen] if chosen else fitting if entity else []
        return own[0] if len(own) == 1 else None
    found = [each for each in fitting if bare(stated) in each.names] or _by_end(bare(stated), fitting)
    return found[0] if found else None


def _number_of(statement: Statement, *, is_chosen: bool) -> str | None:
    """Tell which account a statement says it is of; a name or a few digits say nothing once somebody has chosen one."""
    stated = statement.account.iban or statement.account.number
    digits = sum(each.isdigit() for each in stated or "")
    return None if is_chosen and digits < _LEAST_DIGITS else stated or None


def _by_end(stated: str, known: Iterable[Known]) -> list[Known]:
    """Find the one account whose IBAN ends with what the bank writes, where it writes the account alone."""
    if len(stated) < _LEAST_DIGITS or not stated.isdigit():
        return []
    found = [each for each in known if each.iban and bare(each.iban).endswith(stated)]
    return found if len({each.iban for each in found}) == 1 else []


def why_unknown(statement: Statement, entity: str | None, chosen: Known | None = None) -> Problem:
    """Say of which account a statement is that is not ours, or why it cannot be of the one that was chosen."""
    account, currency = statement.account, currency_of(statement)
    if chosen is not None and _number_of(statement, is_chosen=True) is None:
        if entity and chosen.entity != entity:
            words = f"Account: {chosen.code} is an account of {chosen.entity}, not of {entity}. Choose another."
            return Problem("unknown_account", words, "account")
        words = (
            f"Account: {chosen.code} is kept in {chosen.currency}, the file is in {currency}. Choose another account."
        )
        return Problem("other_currency", words, "account")
    if not (account.iban or account.number):
        words = "Account: the file does not say of which account it is. Choose the account."
        return Problem("no_account", words, "account")
    where = f" of {entity}" if entity else ""
    words = (
        f"Account: {str(account)[:60]}{f' in {currency}' if currency else ''} is no paying account{where}."
        " Enter it under Paying accounts first; nothing of the file was taken in."
    )
    return Problem("unknown_account", words, "file", {"account": str(account)[:60]})


def why_not_entries(statement: Statement, currency: str) -> list[Problem]:
    """Say which entries or balances cannot be kept as they stand."""
    problems: list[Problem] = []
    for at, entry in enumerate(statement.entries, start=1):
        where = f"Entry {at}" if entry.line is None else f"Line {entry.line}, entry {at}"
        if entry.currency not in {None, currency}:
            words = f"{where} is in {entry.currency}, but the account is kept in {currency}."
            problems.append(Problem("other_currency", words, "file", {"entry": at}))
        if not is_storable(entry.amount) or not all(is_storable(member.amount) for member in entry.members):
            words = f"{where}: {entry.amount:f} has more digits than an amount can have (14, and 4 decimals)."
            problems.append(Problem("too_many_digits", words, "file", {"entry": at}))
        if not (entry.booked_on or entry.value_on or statement.to_on):
            problems.append(Problem("no_day", f"{where} has no day of booking.", "file", {"entry": at}))
    for balance in (statement.opening, statement.closing):
        if balance is not None and not is_storable(balance.amount):
            words = f"The balance {balance.amount:f} has more digits than an amount can have (14, and 4 decimals)."
            problems.append(Problem("too_many_digits", words, "file"))
    return problems


def is_storable(amount: Decimal) -> bool:
    """Say whether an amount fits into a column of money as it is."""
    return abs(amount) < LARGEST and amount == amount.quantize(_DECIMALS)


def payments_in(entry: Entry, number: int, currency: str) -> list[Line]:
    """Take an entry apart into the payments in it, each numbered; money of another currency stays together."""
    own = {None, currency}
    lines = lines_of(entry, str(number))
    if len(lines) > 1 and any(line.currency not in own or not line.amount for line in lines):
        lines = lines_of(dataclasses.replace(entry, members=()), str(number))
    return list(lines)
