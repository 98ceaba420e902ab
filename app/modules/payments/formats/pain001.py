"""pain.001.001.09: a run of payments as the bank takes it; the bytes are a function of the run and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from itertools import groupby
from typing import Any

from app.kernel.money import minor_units
from app.kernel.problem import Problem, refuse_if
from app.modules.payments.domain.transfers import Address, Clearing, CreditTransfers, PayingAccount, why_not_written
from app.modules.payments.formats import remittance
from app.modules.payments.formats.characters import identifier, name
from app.modules.payments.formats.remittance import Part

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LONGEST_NAME = 70
# An element: its name (attributes behind it), and a text or the elements in it. Elements without content are left out.
Element = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Payments of one day, account and currency, all within SEPA or all outside: the bank books them together."""

    id: str
    execute_on: date
    payer: PayingAccount
    currency: str
    is_sepa: bool
    parts: tuple[Part, ...]


def why_not(run: CreditTransfers) -> list[Problem]:
    """Say everything that keeps a run from being written, all at once."""
    return [*why_not_written(run), *remittance.why_not_told(run)]


def batches(run: CreditTransfers) -> tuple[Batch, ...]:
    """Put the payments of a run together as the bank books them, in an order that does not depend on the run's."""
    every = [part for transfer in run.transfers for part in remittance.parts(transfer)]
    ordered = sorted(every, key=lambda part: (_batch_key(part), part.transfer.id))
    found = []
    for position, (key, group) in enumerate(groupby(ordered, key=_batch_key), start=1):
        parts = tuple(group)
        id = identifier(f"{run.id}-{position}")
        found.append(Batch(id, key[0], parts[0].transfer.payer, key[2], parts[0].transfer.is_sepa, parts))
    return tuple(found)


def _batch_key(part: Part) -> tuple[date, str, str, bool]:
    transfer = part.transfer
    return transfer.execute_on, transfer.payer.key, transfer.currency, not transfer.is_sepa


def write_pain001(run: CreditTransfers) -> bytes:
    """Write a run, or refuse it with every reason and the payment each is about."""
    refuse_if(why_not(run))
    found = batches(run)
    parts = [part for batch in found for part in batch.parts]
    document: Element = (
        f'Document xmlns="{NAMESPACE}"',
        [("CstmrCdtTrfInitn", [_header(run, parts), *(_batch(batch) for batch in found)])],
    )
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + "".join(_lines(document, 0))).encode("ascii")


def _lines(element: Element, depth: int) -> Iterator[str]:
    """Spell an element; one without content is left out, for an empty one would not be valid."""
    opening, content = element
    tag, indent = opening.split(" ")[0], "  " * depth
    if isinstance(content, str):
        if content:
            yield f"{indent}<{opening}>{escape(content, quote=False)}</{tag}>\n"
        return
    inside = [line for child in content or () if child is not None for line in _lines(child, depth + 1)]
    if inside:
        yield f"{indent}<{opening}>\n"
        yield from inside
        yield f"{indent}</{tag}>\n"


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:.{minor_units(currency)}f}"


def _sum(parts: Sequence[Part]) -> str:
    """Add up amounts of whatever currency: the control sum is a check on digits, not money."""
    return f"{sum((Decimal(_money(part.amount, part.transfer.currency)) for part in parts), Decimal(0)):f}"


def _header(run: CreditTransfers, parts: Sequence[Part]) -> Element:
    other = [("OrgId", [("Othr", [("Id", identifier(run.initiator_id))])])] if run.initiator_id else None
    return (
        "GrpHdr",
        [
            ("MsgId", identifier(run.id)),
            ("CreDtTm", run.created_at.isoformat(timespec="seconds")),
            ("NbOfTxs", str(len(parts))),
            ("CtrlSum", _sum(parts)),
            ("InitgPty", [("Nm", name(run.initiator, LONGEST_NAME)), ("Id", other)]),
        ],
    )


def _batch(batch: Batch) -> Element:
    payer = batch.payer
    return (
        "PmtInf",
        [
            ("PmtInfId", batch.id),
            ("PmtMtd", "TRF"),
            ("BtchBookg", "true" if batch.is_sepa else "false"),
            ("NbOfTxs", str(len(batch.parts))),
            ("CtrlSum", _sum(batch.parts)),
            ("PmtTpInf", [("SvcLvl", [("Cd", "SEPA")])] if batch.is_sepa else None),
            ("ReqdExctnDt", [("Dt", batch.execute_on.isoformat())]),
            ("Dbtr", [("Nm", name(payer.holder, LONGEST_NAME)), _address(payer.address)]),
            ("DbtrAcct", [("Id", _account(payer.iban, payer.number)), ("Ccy", payer.currency)]),
            ("DbtrAgt", [_bank(payer.bic, payer.clearing) or _unnamed_bank()]),
            ("ChrgBr", "SLEV" if batch.is_sepa else "SHAR"),
            *(_payment(part) for part in batch.parts),
        ],
    )


def _payment(part: Part) -> Element:
    transfer = part.transfer
    amount = _money(part.amount, transfer.currency)
    bank = _bank(transfer.bic, transfer.clearing)
    return (
        "CdtTrfTxInf",
        [
            ("PmtId", [("InstrId", part.end_to_end), ("EndToEndId", part.end_to_end)]),
            ("Amt", [(f'InstdAmt Ccy="{transfer.currency}"', amount)]),
            ("CdtrAgt", [bank]) if bank else None,
            ("Cdtr", [("Nm", name(transfer.name, LONGEST_NAME)), _address(transfer.address)]),
            ("CdtrAcct", [("Id", _account(transfer.iban, transfer.number))]),
            ("RmtInf", [("Ustrd", part.text), _reference(part.reference)]),
        ],
    )


def _reference(reference: str | None) -> Element | None:
    if reference is None:
        return None
    kind: Element = ("Tp", [("CdOrPrtry", [("Cd", "SCOR")]), ("Issr", "ISO")])
    return ("Strd", [("CdtrRefInf", [kind, ("Ref", reference)])])


def _account(iban: str | None, number: str | None) -> list[Element]:
    return [("IBAN", iban)] if iban else [("Othr", [("Id", number)])]


def _bank(bic: str | None, clearing: Clearing | None) -> Element | None:
    if bic is None and clearing is None:
        return None
    member: Element | None = None
    if clearing is not None:
        member = ("ClrSysMmbId", [("ClrSysId", [("Cd", clearing.system)]), ("MmbId", clearing.member)])
    return ("FinInstnId", [("BICFI", bic), member])


def _unnamed_bank() -> Element:
    """Say that our bank knows itself: within SEPA the IBAN is enough."""
    return ("FinInstnId", [("Othr", [("Id", "NOTPROVIDED")])])


def _address(address: Address | None) -> Element | None:
    if address is None:
        return None
    return (
        "PstlAdr",
        [
            ("StrtNm", name(address.street or "", 70)),
            ("BldgNb", name(address.building or "", 16)),
            ("PstCd", name(address.postcode or "", 16)),
            ("TwnNm", name(address.town, 35)),
            ("CtrySubDvsn", name(address.region or "", 35)),
            ("Ctry", address.country),
        ],
    )
