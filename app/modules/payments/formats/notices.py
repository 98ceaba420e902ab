"""A booking notice (camt.054) or statement read as status: what left the account was settled, what came back failed."""

from __future__ import annotations

from collections.abc import Iterator

from app.modules.payments.domain import reasons
from app.modules.payments.domain.bank import BankFile, Entry, Movement, Outcome, PaymentStatus, StatusReport


def report(file: BankFile) -> StatusReport:
    """Turn the entries of a notice into the status of the payments they name."""
    statuses = tuple(status for entry in file.entries for status in _statuses(entry))
    return StatusReport(file.format, file.id, file.created_at, None, statuses, file.findings)


def _statuses(entry: Entry) -> Iterator[PaymentStatus]:
    for movement in entry.members or (entry,):
        if movement.references.end_to_end or movement.references.batch or movement.references.instruction:
            yield _status(entry, movement)


def _status(entry: Entry, movement: Movement) -> PaymentStatus:
    outcome = _outcome(entry, movement)
    reason = movement.return_reason or entry.return_reason
    is_back = outcome is Outcome.RETURNED
    return PaymentStatus(
        status="BOOK" if entry.is_booked else "PDNG",
        outcome=outcome,
        end_to_end=movement.references.end_to_end,
        instruction=movement.references.instruction,
        batch=movement.references.batch or entry.references.batch,
        amount=abs(movement.amount),
        currency=movement.currency,
        causes=(reasons.cause(reason, movement.return_text),) if reason or is_back else (),
        on=entry.booked_on,
        bank_reference=movement.references.bank or entry.references.bank,
    )


def _outcome(entry: Entry, movement: Movement) -> Outcome:
    """Money that comes in and is a reversal or names a reason of return is a payment of ours that failed."""
    if not entry.is_booked:
        return Outcome.PENDING
    if movement.amount < 0:
        return Outcome.SETTLED
    is_coded = any(code.endswith(("/RRTN", "/RJCT", "/RPCR")) for code in (*entry.codes, *movement.codes))
    is_return = entry.is_reversal or is_coded or movement.return_reason or entry.return_reason
    return Outcome.RETURNED if is_return else Outcome.UNKNOWN
