"""What a bank is told to pay, as plain values, and everything that keeps a run from being written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from stdnum import iso11649
from stdnum.us import rtn

from app.kernel.days import written
from app.kernel.money import CURRENCIES, minor_units
from app.kernel.problem import Problem
from app.modules.suppliers.domain.banking import compact, is_bic, is_iban

# Countries whose banks take part in SEPA, by the first two letters of the IBAN.
_ECONOMIC_AREA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
_FURTHER = "AD AL CH GB GI MC MD ME MK RS SM VA"
EUROPEAN_ECONOMIC_AREA = frozenset(_ECONOMIC_AREA.split())
SEPA = EUROPEAN_ECONOMIC_AREA | frozenset(_FURTHER.split())
LARGEST_SEPA = Decimal("999999999.99")
LARGEST_NACHA = Decimal("99999999.99")
LARGEST = Decimal(10) ** 15
LONGEST_NAME = 140
LONGEST_US_ACCOUNT = 17
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]{0,33}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a party is, in parts: banks no longer take addresses as lines of text."""

    town: str
    country: str
    street: str | None = None
    building: str | None = None
    postcode: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Clearing:
    """A bank by its number in a national system, such as USABA with a routing number or GBDSC with a sort code."""

    system: str
    member: str


@dataclass(frozen=True, slots=True)
class Originator:
    """What an American bank knows us by: who receives the file, who sends it, and the company it is for."""

    destination: str
    destination_name: str
    origin: str
    origin_name: str
    company: str
    company_id: str


@dataclass(frozen=True, slots=True)
class PayingAccount:
    """An account of ours that pays, the bank that holds it, and the currencies it may pay in."""

    holder: str
    address: Address | None
    currency: str
    iban: str | None = None
    number: str | None = None
    bic: str | None = None
    clearing: Clearing | None = None
    pays_in: frozenset[str] = frozenset()
    originator: Originator | None = None

    @property
    def key(self) -> str:
        """Name the account so that the same one always has the same name."""
        return self.iban or f"{self.clearing.member if self.clearing else self.bic or ''}:{self.number or ''}"


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice (or a credit note, below zero) that a payment settles, by the supplier's own number."""

    number: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment to one supplier."""

    id: str
    execute_on: date
    amount: Decimal
    currency: str
    payer: PayingAccount
    name: str
    address: Address | None = None
    iban: str | None = None
    number: str | None = None
    bic: str | None = None
    clearing: Clearing | None = None
    is_person: bool = False
    is_savings: bool = False
    documents: tuple[Document, ...] = ()
    reference: str | None = None
    note: str = ""

    @property
    def is_sepa(self) -> bool:
        """Tell whether the payment goes as a SEPA credit transfer: euros between two accounts of the area."""
        accounts = (self.payer.iban or "", self.iban or "")
        return self.currency == "EUR" and all(account[:2] in SEPA for account in accounts)


@dataclass(frozen=True, slots=True)
class CreditTransfers:
    """An approved run: the file written from it is a function of these values alone."""

    id: str
    created_at: datetime
    initiator: str
    transfers: tuple[Transfer, ...]
    initiator_id: str | None = None
    file_of_day: int = 1


def why_not_written(run: CreditTransfers) -> list[Problem]:
    """Say what is missing or wrong before an ISO 20022 file is written, naming the payment."""
    problems = list(_run_problems(run))
    for index, transfer in enumerate(run.transfers):
        found = [*_common(run, transfer), *_accounts(transfer), *_banks(transfer), *_addresses(transfer)]
        problems += [_named(problem, transfer, index) for problem in found]
    return problems


def why_not_nacha(run: CreditTransfers) -> list[Problem]:
    """Say what is missing or wrong before a NACHA file is written, naming the payment."""
    problems = list(_run_problems(run))
    for index, transfer in enumerate(run.transfers):
        found = [*_common(run, transfer), *_american(transfer)]
        problems += [_named(problem, transfer, index) for problem in found]
    routes = {
        (each.payer.originator.destination, each.payer.originator.origin)
        for each in run.transfers
        if each.payer.originator
    }
    if len(routes) > 1:
        words = "The payments leave from accounts at different banks. Make one run per bank."
        problems.append(Problem("several_banks", words, "transfers"))
    if not 1 <= run.file_of_day <= 36:  # noqa: PLR2004
        words = "More than 36 files on one day cannot be told apart by the bank. Send the run tomorrow."
        problems.append(Problem("too_many_files", words, "file_of_day"))
    return problems


def _named(problem: Problem, transfer: Transfer, index: int) -> Problem:
    words = f"Payment {transfer.id} to {transfer.name}: {problem.message}"
    return Problem(
        problem.code, words, f"transfers.{index}.{problem.field}", {**problem.values, "payment": transfer.id}
    )


def _run_problems(run: CreditTransfers) -> Iterator[Problem]:
    if not run.transfers:
        yield Problem("empty_run", "The run has no payments.", "transfers")
    if not run.id.strip():
        yield Problem("required", "The run has no number.", "id")
    if not run.initiator.strip():
        yield Problem("required", "The name of who sends the file is missing.", "initiator")
    for id, count in sorted(Counter(transfer.id for transfer in run.transfers).items()):
        if count > 1:
            yield Problem("twice", f"Payment {id} is in the run {count} times.", "transfers", {"payment": id})


def _common(run: CreditTransfers, transfer: Transfer) -> Iterator[Problem]:
    if not transfer.id.strip():
        yield Problem("required", "the payment has no number.", "id")
    if not transfer.name.strip():
        yield Problem("required", "the supplier's name is missing.", "name")
    elif len(transfer.name) > LONGEST_NAME:
        yield Problem("too_long", f"the name is longer than {LONGEST_NAME} characters.", "name")
    if not transfer.payer.holder.strip():
        yield Problem("required", "the name of the paying account's holder is missing.", "payer.holder")
    if transfer.execute_on < run.created_at.date():
        yield Problem("in_the_past", f"{written(transfer.execute_on)} is before the file is made.", "execute_on")
    yield from _amount(transfer)
    yield from _documents(transfer)


def _amount(transfer: Transfer) -> Iterator[Problem]:
    amount, currency = transfer.amount, transfer.currency
    if currency not in CURRENCIES:
        yield Problem("bad_currency", f"{currency} is not a currency.", "currency")
        return
    allowed = transfer.payer.pays_in or frozenset({transfer.payer.currency})
    if currency not in allowed:
        shown = ", ".join(sorted(allowed))
        yield Problem("currency_not_allowed", f"the account pays in {shown}, not in {currency}.", "currency")
    if not amount.is_finite() or amount <= 0:
        yield Problem("not_positive", f"the amount is {amount}; it must be above zero.", "amount")
    elif amount >= LARGEST or (transfer.is_sepa and amount > LARGEST_SEPA):
        yield Problem("too_high", f"{amount:f} {currency} is more than one payment may carry.", "amount")
    elif amount != amount.quantize(Decimal(1).scaleb(-minor_units(currency))):
        yield Problem("too_fine", f"{amount:f} has more decimals than {currency} has coins.", "amount")


def _documents(transfer: Transfer) -> Iterator[Problem]:
    if transfer.documents:
        total = sum((document.amount for document in transfer.documents), Decimal(0))
        if total != transfer.amount:
            words = f"its documents come to {total:f}, not to {transfer.amount:f}."
            yield Problem("documents_differ", words, "documents")
    if any(not document.number.strip() for document in transfer.documents):
        yield Problem("required", "a document has no number.", "documents")
    if transfer.reference is not None and not iso11649.is_valid(transfer.reference):
        words = f"{transfer.reference} is not a creditor reference: it begins with RF and two check digits."
        yield Problem("bad_reference", words, "reference")


def _accounts(transfer: Transfer) -> Iterator[Problem]:
    payer = transfer.payer
    for where, iban, number in (("payer.", payer.iban, payer.number), ("", transfer.iban, transfer.number)):
        whose = "the paying account" if where else "the supplier's account"
        if (iban is None) == (number is None):
            yield Problem("iban_or_number", f"{whose} needs either an IBAN or a number.", f"{where}iban")
        elif iban is not None and (not is_iban(iban) or compact(iban) != iban):
            yield Problem("bad_iban", f"the IBAN of {whose} is not one.", f"{where}iban")
        elif number is not None and not _ACCOUNT.fullmatch(number):
            yield Problem("bad_number", f"the number of {whose} must have 1 to 34 letters or digits.", f"{where}number")


def _banks(transfer: Transfer) -> Iterator[Problem]:
    payer = transfer.payer
    for where, bic, clearing in (("payer.", payer.bic, payer.clearing), ("", transfer.bic, transfer.clearing)):
        whose = "our bank" if where else "the supplier's bank"
        if bic is not None and (not is_bic(bic) or compact(bic) != bic):
            yield Problem("bad_bic", f"{bic} is not the BIC of a bank: it has 8 or 11 characters.", f"{where}bic")
        if clearing is not None:
            yield from _clearing(clearing, whose, f"{where}clearing")
        if bic is None and clearing is None and not transfer.is_sepa:
            words = f"the BIC or clearing number of {whose} is missing. It is needed outside SEPA."
            yield Problem("no_bank", words, f"{where}bic")


def _clearing(clearing: Clearing, whose: str, field: str) -> Iterator[Problem]:
    is_code = 1 <= len(clearing.system) <= 5 and clearing.system.isascii() and clearing.system.isalnum()  # noqa: PLR2004
    is_member = clearing.member.isascii() and clearing.member.isalnum() and len(clearing.member) <= 28  # noqa: PLR2004
    if clearing.system == "USABA":
        is_member = bool(rtn.is_valid(clearing.member))
    if not is_code or not is_member:
        words = f"{clearing.system} {clearing.member} is not a clearing number of {whose}."
        yield Problem("bad_clearing", words, field)


def _addresses(transfer: Transfer) -> Iterator[Problem]:
    """An address is needed where money leaves the European Economic Area; half an address is never right."""
    needs = not transfer.is_sepa or any(
        (iban or "")[:2] not in EUROPEAN_ECONOMIC_AREA for iban in (transfer.iban, transfer.payer.iban)
    )
    for where, address in (("payer.address", transfer.payer.address), ("address", transfer.address)):
        whose = "our" if where.startswith("payer") else "the supplier's"
        if address is None:
            if needs:
                yield Problem("no_address", f"{whose} address is missing: town and country are needed.", where)
        elif not address.town.strip() or not re.fullmatch("[A-Z]{2}", address.country):
            yield Problem("bad_address", f"{whose} address needs a town and a country of two letters.", where)


def _american(transfer: Transfer) -> Iterator[Problem]:
    payer, originator = transfer.payer, transfer.payer.originator
    if originator is None:
        yield Problem("no_originator", "the paying account has no company id at its bank.", "payer.originator")
    elif not rtn.is_valid(originator.destination):
        yield Problem("bad_clearing", f"{originator.destination} is not a routing number.", "payer.originator")
    if payer.clearing is None or payer.clearing.system != "USABA" or not rtn.is_valid(payer.clearing.member):
        yield Problem("bad_clearing", "our bank's routing number is missing or wrong.", "payer.clearing")
    if transfer.clearing is None or transfer.clearing.system != "USABA" or not rtn.is_valid(transfer.clearing.member):
        yield Problem("bad_clearing", "the routing number of the supplier's bank is missing or wrong.", "clearing")
    number = transfer.number or ""
    if not 1 <= len(number) <= LONGEST_US_ACCOUNT or not number.isascii() or not number.replace("-", "").isalnum():
        yield Problem("bad_number", "the account number must have 1 to 17 letters or digits.", "number")
    if transfer.currency != "USD":
        yield Problem("currency_not_allowed", f"NACHA pays in USD, not in {transfer.currency}.", "currency")
    elif transfer.amount > LARGEST_NACHA:
        yield Problem("too_high", f"NACHA carries at most {LARGEST_NACHA} in one payment.", "amount")
