"""What is done with bank statements, besides taking them in."""

from __future__ import annotations

from typing import Annotated, Any

from app.kernel.actor import Context
from app.kernel.command import Ask, command
from app.kernel.problem import Kind, Problem, Refused
from app.modules.invoices.models import Invoice
from app.modules.payments.domain.kinds import Outside
from app.modules.payments.models import Payment
from app.modules.statements import service
from app.modules.statements.domain.events import Explained, Matched, PaymentBooked, Proposed, Told, Undone
from app.modules.statements.domain.kinds import Explained as Meaning
from app.modules.statements.models import BankStatement, StatementLine
from app.modules.statements.service import Booking

Lines = Annotated[list[str], Ask("Lines", "Their numbers, such as 3 or 4.2")]
Why = Annotated[str, Ask("Reason", long=True)]


def _tell(kind: type[Told], statement: BankStatement, lines: list[StatementLine], reason: str = "") -> Any:
    return kind(
        number=statement.number,
        account=statement.account.code,
        open_lines=statement.open_lines,
        lines=tuple(line.number for line in lines),
        reason=reason,
    )


def _named(statement: BankStatement, numbers: list[str], *, is_open: bool) -> list[StatementLine]:
    """Find lines by their numbers; each of them has to be open, or to be done."""
    by_number = {line.number: line for line in statement.lines}
    wanted = list(dict.fromkeys(numbers))
    unknown = [number for number in wanted if number not in by_number]
    if unknown:
        words = f"Lines: {statement.number} has no line {', '.join(unknown)[:60]}."
        raise Refused(Kind.INVALID, Problem("unknown_line", words, "lines"))
    lines = [by_number[number] for number in wanted]
    wrong = [line.number for line in lines if (line.state == "open") is not is_open]
    if wrong:
        state = "matched or explained already. Undo that first" if is_open else "open; there is nothing to undo"
        words = f"Lines: {', '.join(wrong)[:60]} {'is' if len(wrong) == 1 else 'are'} {state}."
        raise Refused(Kind.CONFLICT, Problem("line_done" if is_open else "line_open", words, "lines"))
    return lines


@command("Propose again", moves=["open -> open | reconciled"])
def propose(context: Context, statement: BankStatement) -> Proposed:
    """Hold the open lines against payments as they are now. What is certain is matched at once."""
    service.reconcile(context, statement)
    return _tell(Proposed, statement, [])


@command("Accept", moves=["open -> open | reconciled"])
def accept(context: Context, statement: BankStatement, *, lines: Lines) -> Matched:
    """Let what is proposed for these lines hold."""
    chosen = _named(statement, lines, is_open=True)
    service.accept(context, statement, chosen)
    return _tell(Matched, statement, chosen)


@command("Match", moves=["open -> open | reconciled"])
def match(
    context: Context,
    statement: BankStatement,
    *,
    lines: Lines,
    payments: Annotated[list[Payment], Ask("Payments", "What the lines pay, or what came back")],
    kind: Annotated[Meaning | None, Ask("What the rest is", "Where the lines come to more than the payments")] = None,
    reason: Annotated[str | None, Ask("Reason", "Needed where lines and payments differ", long=True)] = None,
) -> Matched:
    """Bring lines and payments together. What they differ by needs a reason."""
    chosen = _named(statement, lines, is_open=True)
    service.match(context, statement, chosen, list(dict.fromkeys(payments)), kind, reason)
    return _tell(Matched, statement, chosen, reason or "")


@command("Book as payment", moves=["open -> open | reconciled"])
def book(
    context: Context,
    statement: BankStatement,
    *,
    lines: Annotated[list[str], Ask("Line", "The number of one line, such as 3 or 4.2")],
    invoices: Annotated[
        list[Invoice],
        Ask("Invoices", "What the line pays, or credit notes it pays back; posted, and in no payment run"),
    ],
    how: Annotated[Outside | None, Ask("How it was paid", "For money that left; what came in was paid back")] = None,
    reason: Annotated[str, Ask("Reason", "Why it was paid outside a run, or paid back", long=True)],
    kind: Annotated[Meaning | None, Ask("What the rest is", "Where the line comes to more than the invoices")] = None,
    although: Annotated[
        bool, Ask("Paid all the same", "An invoice or supplier is blocked, and the money is gone")
    ] = False,
) -> PaymentBooked:
    """Say that a line paid invoices that no run has paid, or paid credit notes back. They count as paid, under a number of its own.

    Whoever took one of them in cannot say so. What would have kept a run from paying them is told first.
    """
    chosen = _named(statement, lines, is_open=True)
    service.book(context, statement, chosen, list(dict.fromkeys(invoices)), Booking(how, reason, kind, although))
    return _tell(PaymentBooked, statement, chosen, reason)


@command("Explain", moves=["open -> open | reconciled"])
def explain(
    context: Context,
    statement: BankStatement,
    *,
    lines: Lines,
    kind: Annotated[Meaning, Ask("What it is")],
    reason: Why,
) -> Explained:
    """Say what lines are that belong to no payment."""
    chosen = _named(statement, lines, is_open=True)
    service.explain(context, statement, chosen, kind, reason)
    return _tell(Explained, statement, chosen, reason)


@command("Undo", moves=["open | reconciled -> open"])
def undo(context: Context, statement: BankStatement, *, lines: Lines, reason: Why) -> Undone:
    """Open lines again. Their payments have again what they had before."""
    chosen = _named(statement, lines, is_open=False)
    service.undo(context, statement, chosen, reason)
    return _tell(Undone, statement, chosen, reason)
