"""What became of payments, as statements and the bank's answers tell: settled, failed, or come back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from app.infra import unit
from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.modules.invoices import service as invoices
from app.modules.invoices.models import Invoice
from app.modules.payments import queries
from app.modules.payments.domain import events
from app.modules.payments.domain.bank import Party
from app.modules.payments.domain.events import Failed, Returned, Settled
from app.modules.payments.domain.reconciliation import Candidate
from app.modules.payments.models import PayingAccount, Payment, PaymentRun

_ZERO = Decimal(0)
_MAY_COME_BACK = timedelta(days=400)
_OVER = ("failed", "returned", "undone")


def candidates(context: Context, account: PayingAccount, since: date | None = None) -> list[Candidate]:
    """List the payments from an account that lines of its statements may belong to, minus as the money leaves."""
    earliest = since or context.today - _MAY_COME_BACK
    return [_candidate(payment) for payment in queries.list_to_reconcile(context, account.id, earliest)]


def refundable(context: Context, account: PayingAccount) -> tuple[dict[str, Invoice], list[Candidate]]:
    """List the credit notes in no run that money on an account may pay back, by reference, plus as the money comes in."""
    found = queries.list_credit_notes(context, account.entity_id, account.currency_id)
    taken = queries.list_taken(context, (item.id for each in found for item in each.open_items))
    free = [each for each in found if not any(item.id in taken for item in each.open_items)]
    return {each.reference: each for each in free}, [_refund(each) for each in free]


def _refund(note: Invoice) -> Candidate:
    named = (note.supplier_number, note.credits.supplier_number if note.credits else None)
    return Candidate(
        id=note.reference,
        open=-note.open_amount,
        currency=note.currency.code,
        ids=tuple(filter(None, (note.reference, note.number))),
        party=Party(name=note.supplier.name if note.supplier else note.stated_supplier),
        documents=tuple(filter(None, named)),
        due_on=note.posted_on,
    )


def _candidate(payment: Payment) -> Candidate:
    account = payment.bank_account
    party = Party(name=payment.supplier.name)
    if account is not None:
        party = Party(account.holder, account.iban, account.account_number, account.bic)
    return Candidate(
        id=payment.number,
        open=-payment.left,
        currency=payment.currency.code,
        ids=(payment.number, *payment.bank_ids),
        groups=tuple(filter(None, (payment.batch, payment.run.number if payment.run else None))),
        party=party,
        documents=tuple(each for part in payment.parts if (each := part.invoice.supplier_number)),
        due_on=payment.execute_on,
        settled=-payment.settled_amount,
    )


def locked(context: Context, payments: Iterable[Payment]) -> None:
    """Take payments with their runs for the rest of the transaction, as they are now; statements call this first."""
    found = list(payments)
    queries.lock_runs(context, {payment.run_id for payment in found if payment.run_id is not None})
    queries.lock_payments(context, {payment.id for payment in found})


def settle(
    context: Context, payment: Payment, on: date, amount: Decimal, reference: str = "", moved: Decimal | None = None
) -> None:
    """Count what a statement shows of a payment (above zero); with all of it there, the payment is settled.

    `moved` is what left an account that is kept in the base currency, where the payment is in another one.
    """
    if payment.state in _OVER:
        raise _conflict("payment_over", f"{payment.number} is {payment.state}. It is not settled any more.")
    if not _ZERO < amount <= payment.left:
        raise _conflict("too_much", f"{payment.number}: {amount:f} is more than the {payment.left:f} that is missing.")
    payment.settled_amount += amount
    payment.bank_reference = reference[:140] or payment.bank_reference
    if moved is not None:
        payment.base_amount = moved
        payment.rate_difference = moved - (payment.booked or _ZERO)
    if not payment.left:
        _settled(context, payment, on)


def unsettle(context: Context, payment: Payment, amount: Decimal) -> None:
    """Take back what was counted by mistake; unless the bank itself said so, the payment is on its way again."""
    if not _ZERO < amount <= payment.settled_amount:
        words = f"{payment.number}: only {payment.settled_amount:f} of it stand on statements."
        raise _conflict("not_settled", words)
    payment.settled_amount -= amount
    if payment.state == "settled" and not payment.settled_by_bank:
        payment.state, payment.settled_on = "sent", None
        close(context, payment.run)


def settled_by_bank(context: Context, payment: Payment, on: date) -> None:
    """Believe the bank that it has paid, before a statement shows it."""
    payment.settled_by_bank = True
    if payment.state == "sent":
        _settled(context, payment, on)


def _settled(context: Context, payment: Payment, on: date) -> None:
    if payment.state == "settled":
        return
    payment.state, payment.settled_on, payment.state_reason = "settled", on, None
    _free(payment)
    unit.announce(context, payment, events.told(Settled, payment))
    close(context, payment.run)


def returned(context: Context, payment: Payment, reason: str) -> None:
    """Open what a payment was for again: the bank did not pay it, or the money came back."""
    if payment.state in _OVER:
        return
    kind = Failed if payment.state == "sent" and not payment.settled_amount else Returned
    payment.state = "failed" if kind is Failed else "returned"
    payment.state_reason = reason[:500]
    count(context, payment, -1)
    _free(payment)
    unit.announce(context, payment, events.told(kind, payment, reason))
    close(context, payment.run)


def kept(context: Context, payment: Payment) -> None:
    """Take back that money came back: it was another's, so the payment stands as before."""
    if payment.state not in ("failed", "returned"):
        raise _conflict("not_returned", f"{payment.number} is {payment.state}. It did not come back.")
    count(context, payment, 1)
    is_settled = payment.settled_by_bank or not payment.left
    payment.state, payment.state_reason = ("settled" if is_settled else "sent"), None
    close(context, payment.run)


def count(context: Context, payment: Payment, sign: int) -> None:
    """Tell invoices that what a payment pays is paid, or is not."""
    if any(part.open_item_id is None for part in payment.parts):
        raise _conflict("not_open", "An invoice it paid is not on the books any more.")
    for part in payment.parts:
        part.undone = sign < 0
    invoices.pay(
        context,
        {part.open_item_id or 0: sign * (part.amount + part.discount) for part in payment.parts},
        {part.invoice_id for part in payment.parts},
    )


def _free(payment: Payment) -> None:
    """Let another run pay what is open again, or still."""
    for item in payment.run.items if payment.run else ():
        if (item.supplier_id, item.bank_account_id) == (payment.supplier_id, payment.bank_account_id):
            item.live = False


def close(context: Context, run: PaymentRun | None) -> None:
    """Say of a run what its payments say together: on its way, settled, or failed as a whole."""
    if run is None:
        return
    context.session.flush()
    states = [payment.state for payment in queries.list_payments(context, run.id) if payment.amount]
    if "sent" in states:
        run.state = "released"
    else:
        run.state = "failed" if all(state in _OVER for state in states) else "settled"


def _conflict(code: str, words: str) -> Refused:
    return Refused(Kind.CONFLICT, Problem(code, words))
