"""What a match does to its payment: it is settled, or it came back; and both taken back exactly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.modules.payments import service as payments
from app.modules.payments.domain.reconciliation import Candidate
from app.modules.payments.models import Payment
from app.modules.statements import queries
from app.modules.statements.models import BankStatement, StatementMatch

_ZERO = Decimal(0)
_LIVE = ("sent", "settled")
#: Money may come back this long after it left.
LOOK_BACK = timedelta(days=400)


def candidates(context: Context, statement: BankStatement) -> tuple[dict[str, Payment], list[Candidate]]:
    """List the payments that lines of a statement may belong to, by their numbers, and as they are compared."""
    first = min((line.booked_on for line in statement.lines), default=context.today)
    found = payments.candidates(context, statement.account, first - LOOK_BACK)
    return queries.payments_by_number(context, [each.id for each in found]), found


def lock(context: Context, chosen: Sequence[Payment]) -> None:
    """Take payments for the rest of the transaction, in the order of their ids, as they are now."""
    payments.locked(context, chosen)


def available(payment: Payment, *, is_return: bool) -> Decimal:
    """Tell how much of a payment a line may still be, signed as on a statement: to be found, or come back."""
    if payment.state not in _LIVE:
        return _ZERO
    return payment.settled_amount if is_return else -payment.left


def why_not_chosen(statement: BankStatement, chosen: Sequence[Payment], *, is_return: bool) -> list[Problem]:
    """Say which payments no line of this statement can be."""
    problems = []
    for payment in chosen:
        if payment.paying_account_id != statement.account_id:
            words = f"Payments: {payment.number} was paid from another account than {statement.account.code}."
            problems.append(Problem("other_account", words, "payments"))
        elif not available(payment, is_return=is_return):
            there = (
                "nothing of it left our account yet" if is_return else "all of it was found on statements, or it failed"
            )
            words = f"Payments: {payment.number} is {payment.state}; {there}."
            problems.append(Problem("used_up", words, "payments"))
    return problems


def settle(context: Context, match: StatementMatch) -> None:
    """Count a match for its payment."""
    payment, line, statement = _paid(match), match.line, match.statement
    if not match.is_return:
        is_foreign = payment.currency is not statement.currency
        moved = -line.amount if is_foreign and statement.currency is statement.entity.base_currency else None
        payments.settle(context, payment, line.booked_on, -match.amount, line.bank_id or "", moved)
    elif match.amount != available(payment, is_return=True):
        words = (
            f"Payments: only a part of {payment.number} came back. A payment that comes back whole is opened again;"
            " explain the line instead."
        )
        raise Refused(Kind.CONFLICT, Problem("part_returned", words, "payments"))
    else:
        because = line.stated.get("return_text") or line.text or ""
        payments.returned(context, payment, f"{statement.number}, line {line.number}: {because}".strip(": "))


def take_back(context: Context, match: StatementMatch, reason: str) -> None:
    """Take from a payment what a match had counted; one that no run sent rests on its line alone and is undone with it."""
    payment = _paid(match)
    if match.is_return:
        payments.kept(context, payment)
    elif payment.state not in _LIVE:
        words = f"{payment.number} has come back since. Undo the line on which it came back first."
        raise Refused(Kind.CONFLICT, Problem("returned_since", words, "lines"))
    elif payment.run_id is None:
        payments.undo_outside(context, payment, reason)
    else:
        payments.unsettle(context, payment, -match.amount)


def _paid(match: StatementMatch) -> Payment:
    """Give the payment of a match that is more than proposed for a credit note."""
    assert match.payment is not None
    return match.payment
