"""How a line pays invoices that were in no run: it becomes a payment of its own, and is matched with it."""

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
from app.modules.statements.domain.kinds import Explained, Matched
from app.modules.statements.models import BankStatement, StatementLine, StatementMatch
from app.modules.statements.service import reconciling


@dataclass(frozen=True, slots=True)
class Booking:
    """How the money left and why in no run, what the rest of the line is, and whether it counts although something is blocked."""

    how: Outside
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
    """Let a line be the payment of invoices."""
    line = _one(lines)
    reconciling.withdraw(statement, [line])
    left = Left(
        account=statement.account,
        on=line.booked_on,
        amount=-line.amount,
        to=line.party_account or "",
        reference=line.bank_id or "",
        how=booking.how,
        reason=booking.reason,
    )

    def keep(payment: Payment) -> None:
        statement.matches.append(_match(context, line, payment, booking.reason))
        context.session.flush()

    rest = payments.pay_outside(context, left, invoices, keep, although=booking.although)
    refuse_if(reconciling.why_not_rest(-rest, statement.currency.code, booking.kind))
    reconciling.close(context, line, "matched")
    if rest:
        line.rest, line.kind, line.reason = -rest, booking.kind, booking.reason
    reconciling.sum_up(context, statement)


def _one(lines: Sequence[StatementLine]) -> StatementLine:
    """See that it is one line, and money that left."""
    if len(lines) != 1:
        words = "Line: choose one. Each is a payment of its own, with a number of its own."
        raise Refused(Kind.INVALID, Problem("one_line", words, "lines"))
    if lines[0].amount > 0:
        words = f"Line: on {lines[0].number} money came in, which pays no invoice. Match it, or explain what it is."
        raise Refused(Kind.CONFLICT, Problem("money_came_in", words, "lines"))
    return lines[0]


def _match(context: Context, line: StatementLine, payment: Payment, reason: str) -> StatementMatch:
    return StatementMatch(
        line=line,
        line_id=line.id,
        payment=payment,
        payment_id=payment.id,
        amount=-payment.amount,
        is_return=False,
        reason=f"{payment.method.label}: {reason}"[:1000],
        how=Matched.BY_HAND,
        state="matched",
        matched_at=context.now,
        matched_by=context.actor.id,
    )
