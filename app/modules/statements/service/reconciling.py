"""How lines and payments come together: what holds is settled, what is left over is told for what it is, and all can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from app.kernel.actor import Context
from app.kernel.money import Money
from app.kernel.problem import Kind, Problem, refuse_if
from app.modules.payments.models import Payment
from app.modules.statements import queries
from app.modules.statements.domain import pairing
from app.modules.statements.domain.kinds import Explained, Matched
from app.modules.statements.domain.pairing import Share
from app.modules.statements.models import BankStatement, StatementLine, StatementMatch
from app.modules.statements.service import settling

_ZERO = Decimal(0)
CHARGE = "The bank's charge, as the statement says."


def withdraw(statement: BankStatement, lines: Iterable[StatementLine]) -> None:
    """Take back what is proposed for lines."""
    about = {line.id for line in lines}
    statement.matches = [
        match for match in statement.matches if not (match.state == "proposed" and match.line_id in about)
    ]


def settle(context: Context, statement: BankStatement, matches: Sequence[StatementMatch], how: Matched) -> None:
    """Let matches hold: their payments are settled, or came back, and their lines are done."""
    paid = [match.payment for match in matches if match.payment]
    settling.lock(context, paid)
    for match in matches:
        settling.settle(context, match)
        match.state, match.how = "matched", how
        match.matched_at, match.matched_by = context.now, context.actor.id
        close(context, match.line, "matched")
        if match.rest:
            match.line.rest, match.line.kind, match.line.reason = match.rest, Explained.FEE, CHARGE
    withdraw(statement, [match.line for match in matches])
    _drop_used_up(context, statement, paid)
    sum_up(context, statement)


def close(context: Context, line: StatementLine, state: str) -> None:
    """Say that nothing is to be done about a line any more."""
    line.state, line.settled_at, line.settled_by, line.reopened = state, context.now, context.actor.id, None


def _drop_used_up(context: Context, statement: BankStatement, payments: Sequence[Payment]) -> None:
    """Take back what is proposed for other lines with payments that have no longer so much to be found."""
    context.session.flush()
    by_id = {payment.id: payment for payment in payments}
    elsewhere = queries.list_proposed_elsewhere(context, by_id, statement.id)
    here = [match for match in statement.matches if match.state == "proposed" and match.payment_id in by_id]
    for match in (*here, *elsewhere):
        if abs(match.amount) <= abs(settling.available(by_id[match.payment_id or 0], is_return=match.is_return)):
            continue
        withdraw(match.statement, [match.line])


def sum_up(context: Context, statement: BankStatement) -> None:
    """Count what is still to be done; with nothing left, the statement is reconciled."""
    statement.open_lines = sum(line.state == "open" for line in statement.lines)
    statement.state = "open" if statement.open_lines else "reconciled"
    context.session.flush()


def match(
    context: Context,
    statement: BankStatement,
    lines: Sequence[StatementLine],
    payments: Sequence[Payment],
    kind: Explained | None,
    reason: str | None,
) -> None:
    """Bring lines and payments together that somebody chose; a difference needs a reason."""
    settling.lock(context, payments)
    is_return = lines[0].amount > 0
    refuse_if(settling.why_not_chosen(statement, payments, is_return=is_return), Kind.CONFLICT)
    currency = statement.currency.code
    shares = [Share(str(line.id), line.amount, currency) for line in lines]
    available = [
        Share(str(payment.id), settling.available(payment, is_return=is_return), payment.currency.code)
        for payment in payments
    ]
    refuse_if(pairing.why_not_paired(shares, available), Kind.CONFLICT)
    paired = pairing.pair(shares, available)
    refuse_if(_why_not_different(paired, currency, kind, reason))
    by_line, by_payment = {str(line.id): line for line in lines}, {str(each.id): each for each in payments}
    withdraw(statement, lines)
    context.session.flush()
    made = []
    for pair in paired.pairs:
        line, payment = by_line[pair.line], by_payment[pair.payment]
        made.append(
            StatementMatch(
                line=line, line_id=line.id, payment=payment, payment_id=payment.id, amount=pair.amount, is_return=is_return,
                reason=reason or "Chosen by hand; the amounts agree.", state="proposed",
            )
        )  # fmt: skip
    statement.matches.extend(made)
    settle(context, statement, made, Matched.BY_HAND)
    for id, amount in paired.lines_left.items():
        line = by_line[id]
        if line.state == "matched":
            line.rest, line.kind, line.reason = amount, kind, reason


def _why_not_different(
    paired: pairing.Pairing, currency: str, kind: Explained | None, reason: str | None
) -> list[Problem]:
    untouched = [line for line in paired.lines_left if line not in {pair.line for pair in paired.pairs}]
    if untouched:
        words = (
            "Lines: the payments come to less than some of the lines alone. Leave out the lines that they do not pay."
        )
        return [Problem("too_many_lines", words, "lines")]
    if not paired.difference:
        return []
    difference = f"{Money(paired.difference, currency).rounded().amount:f}"
    values = {"difference": difference}
    problems = why_not_rest(paired.difference, currency, kind) if paired.lines_left else []
    if not reason:
        words = f"The lines differ by {difference} {currency} from the payments. Say why."
        problems.append(Problem("unexplained", words, "reason", values))
    return problems


def why_not_rest(rest: Decimal, currency: str, kind: Explained | None) -> list[Problem]:
    """Say that what lines come to beyond payments has to be told for what it is."""
    if not rest or kind is not None:
        return []
    difference = f"{Money(rest, currency).rounded().amount:f}"
    words = f"{difference} {currency} of the lines is no payment. Say what it is: a fee, interest or else."
    return [Problem("unexplained", words, "kind", {"difference": difference})]


def explain(
    context: Context, statement: BankStatement, lines: Sequence[StatementLine], kind: Explained, reason: str
) -> None:
    """Say what lines are that belong to no payment."""
    withdraw(statement, lines)
    for line in lines:
        line.kind, line.reason = kind, reason
        close(context, line, "explained")
    sum_up(context, statement)


def undo(context: Context, statement: BankStatement, lines: Sequence[StatementLine], reason: str) -> None:
    """Take back what was said of lines: their payments have again what they had, and the lines are open."""
    about = {line.id for line in lines}
    held = [match for match in statement.matches if match.state == "matched" and match.line_id in about]
    settling.lock(context, [match.payment for match in held if match.payment])
    for match in held:
        settling.take_back(context, match, reason)
        match.state, match.undone_at, match.undone_by = "undone", context.now, context.actor.id
        match.undo_reason = reason
    for line in lines:
        line.state, line.kind, line.rest, line.reason = "open", None, None, None
        line.settled_at, line.settled_by, line.reopened = None, None, reason
    sum_up(context, statement)
