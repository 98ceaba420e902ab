"""What the supplier reads on the statement: the numbers of the invoices, in as many payments as that takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stdnum import iso11649

from app.kernel.problem import Problem
from app.modules.payments.domain.transfers import CreditTransfers, Document, Transfer
from app.modules.payments.formats.characters import identifier, plain

LONGEST = 140
_BETWEEN = ", "


@dataclass(frozen=True, slots=True)
class Part:
    """A payment as the bank gets it: a transfer whose documents do not fit into one text becomes several."""

    transfer: Transfer
    end_to_end: str
    amount: Decimal
    documents: tuple[Document, ...]
    text: str | None
    reference: str | None
    position: int | None = None


def parts(transfer: Transfer, longest: int = LONGEST) -> tuple[Part, ...]:
    """Cut a transfer into payments whose texts name every document; the amounts add up to the transfer.

    A creditor reference stands alone, as SEPA wants it. Credit notes go with the first payment, which has to stay
    above zero.
    """
    if transfer.reference is not None:
        reference = iso11649.compact(transfer.reference)
        return (_part(transfer, None, transfer.documents, None, reference),)
    whole = _text(transfer, transfer.documents)
    if len(whole) <= longest:
        return (_part(transfer, None, transfer.documents, whole, None),)
    groups = _groups(transfer, longest)
    return tuple(
        _part(transfer, position, group, _text(transfer, group), None) for position, group in enumerate(groups, start=1)
    )


def why_not_told(run: CreditTransfers, longest: int = LONGEST) -> list[Problem]:
    """Say which payments cannot name their documents, and which names nobody could read."""
    problems = []
    for index, transfer in enumerate(run.transfers):
        is_amount = transfer.amount.is_finite() and transfer.amount > 0
        found = parts(transfer, longest) if is_amount else ()
        if any(part.amount <= 0 or len(part.text or "") > longest for part in found):
            words = (
                f"Payment {transfer.id} to {transfer.name}: its documents do not fit into texts of {longest} characters."
                " Pay fewer of them, or credit notes with larger invoices."
            )
            problems.append(_problem("documents_do_not_fit", words, index, "documents", transfer))
        for field, value in _written(transfer):
            if value.strip() and not any(char.isalnum() for char in plain(value)):
                words = f"Payment {transfer.id}: {value} has no letter or digit a bank can take."
                problems.append(_problem("unreadable", words, index, field, transfer))
    return problems + _shared_ids(run, longest)


def _shared_ids(run: CreditTransfers, longest: int) -> list[Problem]:
    """Find payments that a bank could not tell apart: PAY-1 cut into PAY-1-1, beside another PAY-1-1."""
    owners: dict[str, set[str]] = {}
    for transfer in run.transfers:
        for part in parts(transfer, longest):
            owners.setdefault(part.end_to_end, set()).add(transfer.id)
    return [
        Problem("shared_id", f"Payments {' and '.join(sorted(ids))} would both be {id} for the bank.", "transfers")
        for id, ids in sorted(owners.items())
        if len(ids) > 1
    ]


def payments_by_id(run: CreditTransfers, longest: int = LONGEST) -> dict[str, str]:
    """Lead from the end-to-end ids of a file back to the payments of the run."""
    return {part.end_to_end: transfer.id for transfer in run.transfers for part in parts(transfer, longest)}


def _written(transfer: Transfer) -> Iterator[tuple[str, str]]:
    """Name what a bank has to be able to read."""
    yield "name", transfer.name
    yield "payer.holder", transfer.payer.holder
    for field, address in (("address", transfer.address), ("payer.address", transfer.payer.address)):
        if address is not None:
            yield field, address.town


def _problem(code: str, words: str, index: int, field: str, transfer: Transfer) -> Problem:
    return Problem(code, words, f"transfers.{index}.{field}", {"payment": transfer.id})


def _part(
    transfer: Transfer, position: int | None, documents: tuple[Document, ...], text: str | None, reference: str | None
) -> Part:
    id = transfer.id if position is None else f"{transfer.id}-{position}"
    amount = transfer.amount
    if position is not None:
        amount = sum((document.amount for document in documents), Decimal(0))
    return Part(transfer, identifier(id), amount, documents, text, reference, position)


def _text(transfer: Transfer, documents: Sequence[Document]) -> str:
    numbers = _BETWEEN.join(_number(document) for document in documents)
    return plain(" ".join(part for part in (transfer.note, numbers) if part) or transfer.id)


def _number(document: Document) -> str:
    number = plain(document.number)
    return number if document.amount >= 0 else f"less {number}"


def _groups(transfer: Transfer, longest: int) -> list[tuple[Document, ...]]:
    credits = [document for document in transfer.documents if document.amount < 0]
    invoices = [document for document in transfer.documents if document.amount >= 0]
    groups: list[list[Document]] = []
    # The largest invoices stand beside the credit notes, so that the first payment stays above zero.
    largest = sorted(invoices, key=lambda document: (-document.amount, document.number)) if credits else invoices
    for document in [*credits, *largest]:
        if groups and len(_text(transfer, [*groups[-1], document])) <= longest:
            groups[-1].append(document)
        else:
            groups.append([document])
    return [tuple(group) for group in groups]
