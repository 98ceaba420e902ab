"""How a line pays invoices that were in no run, or pays credit notes back: it becomes a payment of its own, matched with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused, refuse_if
from app.modules.invoices.models import Invoice
from app.modules.payments import service as payments
from app.modules.payments.domain.kinds import Outside
from app.modules.payments.models import Payment
from app.modules.payments.service import Left
from app.modules.statements import queries
from app.modules.statements.domain.kinds import Explained, Matched
from app.modules.statements.models import BankStatement, StatementLine, StatementMatch
from app.modules.statements.service import reconciling


@dataclass(frozen=True, slots=True)
class Booking:
    """How the money left (nothing where it came in) and why, what the rest of the line is, and whether blocked invoices count."""

    how: Outside | None
    reason: str
    kind: Explained | None = None
    although: bool = False


def book(
    context: Context,
    statement: BankStatement,
    lines: Sequence[StatementLine],
    invoices: Sequence[Invoice],
    booking: Booking,
) -> None:
    """Let a line be the payment of invoices, or what a supplier pays back."""
    line = _one(lines)
    if line.amount < 0 and booking.how is None:
        words = "How it was paid is missing. Choose how the money left."
        raise Refused(Kind.INVALID, Problem("required", words, "how"))
    _book(context, statement, line, invoices, booking, StatementMatch(how=Matched.BY_HAND))


def refund(context: Context, statement: BankStatement, proposed: Sequence[StatementMatch], how: Matched) -> None:
    """Let a line be what a supplier pays back of the credit notes proposed for it."""
    first = proposed[0]
    notes = [match.invoice for match in proposed if match.invoice]
    match = StatementMatch(how=how, confidence=first.confidence)
    _book(context, statement, first.line, notes, Booking(None, first.reason), match)


def _book(
    context: Context,
    statement: BankStatement,
    line: StatementLine,
    invoices: Sequence[Invoice],
    booking: Booking,
    match: StatementMatch,
) -> None:
    reconciling.withdraw(statement, [line])
    left = Left(
        account=statement.account,
        on=line.booked_on,
        amount=-line.amount,
        to=line.party_account or "",
        reference=line.bank_id or "",
        how=booking.how if line.amount < 0 else None,
        reason=booking.reason,
    )

    def keep(payment: Payment) -> None:
        _fill(context, match, line, payment, booking.reason)
        statement.matches.append(match)
        context.session.flush()

    rest = payments.pay_outside(context, left, invoices, keep, although=booking.although)
    refuse_if(reconciling.why_not_rest(-rest, statement.currency.code, booking.kind))
    reconciling.close(context, line, "matched")
    if rest:
        line.rest, line.kind, line.reason = -rest, booking.kind, booking.reason
    for other in queries.list_proposed_refunds(context, [each.id for each in invoices]):
        reconciling.withdraw(other.statement, [other.line])
    reconciling.sum_up(context, statement)


def _one(lines: Sequence[StatementLine]) -> StatementLine:
    """See that it is one line."""
    if len(lines) != 1:
        words = "Line: choose one. Each is a payment of its own, with a number of its own."
        raise Refused(Kind.INVALID, Problem("one_line", words, "lines"))
    return lines[0]


def _fill(context: Context, match: StatementMatch, line: StatementLine, payment: Payment, reason: str) -> None:
    """Bring a line together with the payment it has become."""
    match.line, match.line_id = line, line.id
    match.payment, match.payment_id, match.amount, match.is_return = payment, payment.id, -payment.amount, False
    match.reason = f"{payment.method.label}: {reason}"[:1000]
    match.state, match.matched_at, match.matched_by = "matched", context.now, context.actor.id
