"""NACHA: credits to accounts in the United States, PPD for people and CCD for companies, in records of 94 characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from app.kernel.problem import Problem, refuse_if
from app.modules.payments.domain.transfers import (
    Clearing,
    CreditTransfers,
    Originator,
    PayingAccount,
    Transfer,
    why_not_nacha,
)
from app.modules.payments.formats import remittance
from app.modules.payments.formats.characters import identifier, plain
from app.modules.payments.formats.remittance import Part

WIDTH = 94
BLOCK = 10
LONGEST_ADDENDA = 80
LONGEST_ID = 15
_CREDITS_ONLY = "220"
_FILE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True)
class _Batch:
    """Credits of one day from one account, all to people or all to companies."""

    number: int
    entry_class: str
    execute_on: date
    payer: PayingAccount
    originator: Originator
    parts: tuple[Part, ...]
    first_trace: int

    @property
    def bank(self) -> str:
        """Give the first eight digits of our bank's routing number, which all its records carry."""
        return _routing(self.payer.clearing)[:8]

    @property
    def hash(self) -> int:
        """Add up the routing numbers, as a check that none was changed."""
        return sum(int(_routing(part.transfer.clearing)[:8]) for part in self.parts)

    @property
    def cents(self) -> int:
        """Add up what is paid."""
        return sum(_cents(part) for part in self.parts)

    @property
    def records(self) -> int:
        """Count entries and addenda."""
        return 2 * len(self.parts)


def why_not(run: CreditTransfers) -> list[Problem]:
    """Say everything that keeps a run from being written, all at once."""
    problems = [*why_not_nacha(run), *remittance.why_not_told(run, LONGEST_ADDENDA)]
    ids = [_id(part) for part in _parts(run)]
    if len(set(ids)) != len(ids):
        problems.append(Problem("shared_id", "Two payments have the same first 15 characters.", "transfers"))
    return problems


def write_nacha(run: CreditTransfers) -> bytes:
    """Write a run, or refuse it with every reason and the payment each is about."""
    refuse_if(why_not(run))
    batches = _batches(run)
    records = [_file_header(run, batches[0]), *(record for batch in batches for record in _batch_records(batch))]
    blocks = -(-(len(records) + 1) // BLOCK)
    records.append(_file_control(batches, blocks))
    records += ["9" * WIDTH] * (blocks * BLOCK - len(records))
    return "".join(f"{record}\n" for record in records).encode("ascii")


def payments_by_id(run: CreditTransfers) -> dict[str, str]:
    """Lead from the ids in a NACHA file, and in what comes back, to the payments of the run."""
    return {_id(part): part.transfer.id for part in _parts(run)}


def payments_by_trace(run: CreditTransfers) -> dict[str, str]:
    """Lead from the trace numbers of a NACHA file, which returns name, to the payments of the run."""
    return {
        f"{batch.bank}{trace:07}": part.transfer.id
        for batch in _batches(run)
        for trace, part in enumerate(batch.parts, start=batch.first_trace)
    }


def _parts(run: CreditTransfers) -> list[Part]:
    return [part for transfer in run.transfers for part in remittance.parts(transfer, LONGEST_ADDENDA)]


def _batches(run: CreditTransfers) -> list[_Batch]:
    ordered = sorted(_parts(run), key=lambda part: (_batch_key(part.transfer), part.transfer.id))
    batches: list[_Batch] = []
    trace = 1
    for number, (key, group) in enumerate(groupby(ordered, key=lambda part: _batch_key(part.transfer)), start=1):
        parts = tuple(group)
        payer = parts[0].transfer.payer
        if payer.originator is None:
            continue  # refused before: why_not_nacha
        batches.append(_Batch(number, key[2], key[0], payer, payer.originator, parts, trace))
        trace += len(parts)
    return batches


def _batch_key(transfer: Transfer) -> tuple[date, str, str]:
    return transfer.execute_on, transfer.payer.key, "PPD" if transfer.is_person else "CCD"


def _routing(clearing: Clearing | None) -> str:
    return clearing.member if clearing else ""


def _id(part: Part) -> str:
    """Write the payment's number into 15 characters, which leaves no room for dashes where a payment was cut."""
    id = part.transfer.id
    return identifier(id if part.position is None else f"{id.replace('-', '')}-{part.position}", LONGEST_ID)


def _cents(part: Part) -> int:
    return int(part.amount * 100)


def _text(value: str, width: int) -> str:
    return plain(value)[:width].ljust(width)


def _file_header(run: CreditTransfers, batch: _Batch) -> str:
    bank = batch.originator
    return "".join(
        [
            "101",
            bank.destination.rjust(10),
            _text(bank.origin, 10).strip().rjust(10),
            run.created_at.strftime("%y%m%d%H%M"),
            _FILE_LETTERS[run.file_of_day - 1],
            "094101",
            _text(bank.destination_name, 23),
            _text(bank.origin_name, 23),
            " " * 8,
        ]
    )


def _batch_records(batch: _Batch) -> Iterator[str]:
    company = _text(batch.originator.company_id, 10)
    yield "".join(
        [
            f"5{_CREDITS_ONLY}",
            _text(batch.originator.company, 16),
            " " * 20,
            company,
            batch.entry_class,
            "VENDOR PAY",
            " " * 6,
            batch.execute_on.strftime("%y%m%d"),
            " " * 3,
            f"1{batch.bank}{batch.number:07}",
        ]
    )
    for trace, part in enumerate(batch.parts, start=batch.first_trace):
        yield from _entry_records(batch, part, trace)
    yield "".join(
        [
            f"8{_CREDITS_ONLY}{batch.records:06}{_ten_digits(batch.hash)}",
            f"{0:012}{batch.cents:012}",
            company,
            " " * 25,
            f"{batch.bank}{batch.number:07}",
        ]
    )


def _entry_records(batch: _Batch, part: Part, trace: int) -> Iterator[str]:
    transfer = part.transfer
    yield "".join(
        [
            "6",
            "32" if transfer.is_savings else "22",
            _routing(transfer.clearing),
            (transfer.number or "").ljust(17),
            f"{_cents(part):010}",
            _id(part).ljust(LONGEST_ID),
            _text(transfer.name, 22),
            "  1",
            f"{batch.bank}{trace:07}",
        ]
    )
    yield f"705{_text(part.text or part.reference or '', LONGEST_ADDENDA)}0001{trace:07}"


def _file_control(batches: Sequence[_Batch], blocks: int) -> str:
    records = sum(batch.records for batch in batches)
    hashes = sum(batch.hash for batch in batches)
    cents = sum(batch.cents for batch in batches)
    return f"9{len(batches):06}{blocks:06}{records:08}{_ten_digits(hashes)}{0:012}{cents:012}{'':39}"


def _ten_digits(number: int) -> str:
    return f"{number % 10**10:010}"


def dollars(cents: str) -> Decimal:
    """Turn the digits of a record into an amount."""
    return Decimal(cents).scaleb(-2)
