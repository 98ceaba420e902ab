"""Accounts that pay, and accounts that are paid to: what follows when they are written, and when they may be used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import inspect

from app.infra import crypto
from app.kernel.actor import Context
from app.kernel.money import CURRENCIES
from app.kernel.problem import Problem
from app.modules.directory import domain as directory
from app.modules.invoices.models import Invoice
from app.modules.payments.domain.kinds import FileFormat
from app.modules.payments.models import PayingAccount
from app.modules.suppliers.domain import banking
from app.modules.suppliers.models import BankAccount, Supplier


def keep(context: Context, account: PayingAccount) -> None:
    """Write an account in one way only, and let a second person look at every change before it pays again."""
    for name in ("iban", "account_number", "routing", "bic", "destination", "origin"):
        setattr(account, name, banking.compact(getattr(account, name)))
    account.country = account.country.upper() if account.country else None
    if account.iban and not account.country:
        account.country = account.iban[:2]
    account.also_pays_in = " ".join(dict.fromkeys((account.also_pays_in or "").upper().split())) or None
    account.format = account.format or FileFormat.PAIN001
    account.state = account.state or "proposed"
    known = banking.identify(account.country, account.iban, account.routing, account.account_number)
    account.fingerprint = crypto.keyring().blind_index(known, "bank_account")
    _ask_again(context, account)


def _ask_again(context: Context, account: PayingAccount) -> None:
    attributes = inspect(account).attrs
    columns = [column.key for column in inspect(PayingAccount).columns if column.key not in ("search", "makers")]
    changed = any(attributes[name].history.has_changes() for name in columns)
    if account.state == "confirmed" and changed:
        account.state, account.confirmed_at, account.confirmed_by = "proposed", None, None
        account.makers = []
    account.makers = sorted({*(account.makers or ()), *context.actor.hands})


def why_not_account(context: Context, account: PayingAccount) -> list[Problem]:
    """Say what is wrong with a paying account."""
    problems = [*directory.why_not_code(account.code), *directory.why_not_country(account.country)]
    if (account.iban is None) == (account.account_number is None):
        problems.append(Problem("iban_or_number", "IBAN: enter either an IBAN or an account number.", "iban"))
    elif account.iban is not None and not banking.is_iban(account.iban):
        problems.append(Problem("bad_iban", "IBAN: this is not one. Check for a typing error.", "iban"))
    if account.bic is not None and not banking.is_bic(account.bic):
        problems.append(Problem("bad_bic", f"BIC: {account.bic} is not one. It has 8 or 11 characters.", "bic"))
    unknown = [code for code in (account.also_pays_in or "").split() if code not in CURRENCIES]
    if unknown:
        words = f"Also pays in: {', '.join(unknown)} is no currency. Enter codes such as USD CHF."
        problems.append(Problem("bad_currency", words, "also_pays_in"))
    return problems + (_why_not_nacha(account) if account.format is FileFormat.NACHA else [])


def _why_not_nacha(account: PayingAccount) -> list[Problem]:
    wanted = ("account_number", "routing", "destination", "destination_name", "origin", "company_id")
    return [
        Problem("required", f"{_label(name)} is missing. A NACHA file needs it.", name)
        for name in wanted
        if not getattr(account, name)
    ]


def _label(name: str) -> str:
    return str(PayingAccount.__table__.columns[name].info["label"])


def why_not_confirmable(context: Context, account: PayingAccount) -> list[Problem]:
    """Say who may not confirm an account: everybody who had a hand in it."""
    if context.actor.hands & set(account.makers):
        return [Problem("own_change", "You entered or changed this account. Someone else confirms it.")]
    return []


def why_not_paying(account: PayingAccount) -> list[Problem]:
    """Say why nothing is paid from an account."""
    if account.state == "confirmed":
        return []
    words = f"{account.code} is {account.state}. A second person confirms it before it pays."
    return [Problem("account_not_confirmed", words, "paying_account")]


def currencies_of(account: PayingAccount) -> tuple[str, ...]:
    """List the currencies an account pays in, its own first."""
    others = (code for code in (account.also_pays_in or "").split() if code != account.currency.code)
    return account.currency.code, *others


def payer_of(account: PayingAccount) -> dict[str, Any]:
    """State an account as a run is written from it."""
    is_nacha = account.format is FileFormat.NACHA
    return {
        "code": account.code,
        "format": account.format.value,
        "holder": account.holder,
        "street": account.street,
        "postcode": account.postcode,
        "town": account.town,
        "country": account.country,
        "iban": account.iban,
        "number": account.account_number,
        "bic": account.bic,
        "routing": account.routing,
        "currency": account.currency.code,
        "pays_in": sorted(currencies_of(account)),
        "company_id": account.company_id,
        "destination": account.destination if is_nacha else None,
        "destination_name": account.destination_name if is_nacha else None,
        "origin": account.origin if is_nacha else None,
    }


def payee_of(supplier: Supplier) -> Supplier:
    """Tell who is paid: a supplier, or the one it became part of."""
    return supplier.merged_into or supplier


def why_not_paid(supplier: Supplier) -> list[Problem]:
    """Say why nothing is paid to a supplier."""
    if supplier.state != "blocked":
        return []
    because = f": {supplier.state_reason}" if supplier.state_reason else ""
    return [Problem("supplier_blocked", f"{supplier.name} is blocked{because}. Unblock it first.")]


def choose(invoice: Invoice, known: Sequence[BankAccount], on: date) -> tuple[BankAccount | None, list[Problem]]:
    """Choose the account an invoice is paid to: the one it names, else the only one there is; or say why there is none."""
    if invoice.account_fingerprint is not None:
        named = [each for each in known if each.fingerprint == invoice.account_fingerprint]
        return _the_one(named, on, f"The invoice wants to be paid to {invoice.masked_account}, which is not known.")
    fitting = [each for each in known if each.state == "confirmed"]
    same = [each for each in fitting if each.currency is invoice.currency] or fitting
    if len(same) > 1:
        words = "The supplier has several bank accounts. Put the invoice in and choose one."
        return None, [Problem("several_accounts", words)]
    return _the_one(same or known, on, "The supplier has no bank account. Enter one, and let it be confirmed.")


def _the_one(found: Sequence[BankAccount], on: date, words: str) -> tuple[BankAccount | None, list[Problem]]:
    best = max(found, key=lambda each: (each.state == "confirmed", each.state == "proposed", each.id), default=None)
    if best is None:
        return None, [Problem("no_account", words)]
    return best, why_not_usable(best, on)


def why_not_usable(account: BankAccount, on: date) -> list[Problem]:
    """Say why nothing is paid to an account on a day: it is not confirmed, or too new."""
    problems = banking.why_not_payable(account.state, account.usable_from, on)
    return [Problem(each.code, f"{account.masked}: {each.message}") for each in problems]
