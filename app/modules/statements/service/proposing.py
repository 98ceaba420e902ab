"""How lines find what they are: what is certain holds at once, what is likely waits for a person, the rest stays open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

from app.kernel.actor import Context
from app.kernel.problem import Kind, Problem, Refused
from app.modules.invoices.models import Invoice
from app.modules.payments import service as payments
from app.modules.payments.domain import reconciliation
from app.modules.payments.domain.bank import Exchange, Party
from app.modules.payments.domain.reconciliation import Line, Proposal
from app.modules.payments.models import Payment
from app.modules.statements import queries
from app.modules.statements.domain.kinds import Matched
from app.modules.statements.models import BankStatement, StatementLine, StatementMatch
from app.modules.statements.service import booking, reconciling, settling


def reconcile(context: Context, statement: BankStatement) -> None:
    """Hold the open lines of a statement against what was paid and what suppliers owe, and put down what is certain or likely."""
    lines = {str(line.id): line for line in statement.lines if line.state == "open"}
    reconciling.withdraw(statement, lines.values())
    context.session.flush()
    paid, candidates = settling.candidates(context, statement)
    credited, refunds = payments.refundable(context, statement.account)
    known: dict[str, Payment | Invoice] = {**paid, **credited}
    undone = queries.list_undone(context, [line.id for line in lines.values()])
    certain: list[StatementMatch] = []
    for proposal in reconciliation.propose([line_of(line) for line in lines.values()], [*candidates, *refunds]):
        line = lines[proposal.line]
        if any((line.id, use.candidate) in undone for use in proposal.uses):
            continue  # somebody has said that these do not belong together
        found = [_proposed(statement, line, known[use.candidate], use.amount, proposal) for use in proposal.uses]
        certain += found if proposal.is_certain and not _is_asked(context, found) else []
    _settle(context, statement, certain, Matched.CERTAIN)


def _is_asked(context: Context, found: Sequence[StatementMatch]) -> bool:
    """Say that somebody else has to accept it: of several credit notes, or of one the actor has taken in."""
    notes = [match.invoice for match in found if match.invoice]
    return len(notes) > 1 or any(context.actor.hands & set(note.makers or ()) for note in notes)


def _settle(context: Context, statement: BankStatement, matches: Iterable[StatementMatch], how: Matched) -> None:
    """Let what is proposed hold: payments are settled, and what was paid back becomes one."""
    found = list(matches)
    reconciling.settle(context, statement, [match for match in found if match.payment], how)
    refunds = sorted((match for match in found if match.invoice), key=lambda match: match.line.position)
    for _, group in groupby(refunds, key=lambda match: match.line_id):
        booking.refund(context, statement, list(group), how)


def _proposed(
    statement: BankStatement, line: StatementLine, about: Payment | Invoice, amount: Decimal, proposal: Proposal
) -> StatementMatch:
    match = StatementMatch(
        line=line,
        line_id=line.id,
        payment=about if isinstance(about, Payment) else None,
        payment_id=about.id if isinstance(about, Payment) else None,
        invoice=about if isinstance(about, Invoice) else None,
        invoice_id=about.id if isinstance(about, Invoice) else None,
        amount=amount,
        is_return=proposal.kind is reconciliation.Kind.RETURN,
        rest=proposal.rest or None,
        confidence=proposal.confidence,
        reason=" ".join(proposal.reasons)[:1000],
        state="proposed",
    )
    statement.matches.append(match)
    return match


def line_of(line: StatementLine) -> Line:
    """Write a line as it was read, to be looked for."""
    stated, exchange = line.stated, line.stated.get("exchange")
    return Line(
        id=str(line.id),
        amount=line.amount,
        currency=line.statement.currency.code,
        party=Party(line.party, line.party_account, line.party_account),
        text=line.text or "",
        ids=tuple(stated.get("ids", ())),
        groups=tuple(stated.get("groups", ())),
        documents=tuple(stated.get("documents", ())),
        charges=Decimal(stated.get("charges", 0)),
        exchange=Exchange(Decimal(exchange["amount"]), exchange["currency"]) if exchange else None,
        is_return=line.is_return,
        on=line.booked_on,
    )


def accept(context: Context, statement: BankStatement, lines: Sequence[StatementLine]) -> None:
    """Let what is proposed for lines hold, if there is still so much of it."""
    about = {line.id for line in lines}
    proposed = [match for match in statement.matches if match.state == "proposed" and match.line_id in about]
    without = [line.number for line in lines if line.id not in {match.line_id for match in proposed}]
    if without:
        words = f"Lines: nothing is proposed for {', '.join(without)}. Choose the payments, or explain what it is."
        raise Refused(Kind.CONFLICT, Problem("nothing_proposed", words, "lines"))
    _settle(context, statement, proposed, Matched.ACCEPTED)
